"""`./run bench [serving loading packing starting]`: tables of medians and ratios, the machine's line on top.

Every peer runs in the same minute on the same machine; figures of a busy machine say so by the load on top.
"""

from __future__ import annotations

import argparse
import sys

from tests.bench import loading, packing, serving, starting
from tests.bench.ground import Ground, demo
from tests.bench.measure import machine, say

PARTS = {"serving": serving.run, "loading": loading.run, "packing": packing.run, "starting": starting.run}


def database(ground: Ground) -> str:
    with ground.bare() as connection, connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('server_version'), postgis_full_version()")
        server, postgis = cursor.fetchone()
    return f"PostgreSQL {server.split()[0]}, {' '.join(postgis.replace('POSTGIS=', 'PostGIS ').split()[:2])}"


def main() -> int:
    parser = argparse.ArgumentParser(prog="./run bench", description=__doc__)
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], metavar="PART", help=", ".join(PARTS))
    chosen = parser.parse_args().parts or list(PARTS)
    say(machine())
    with demo() as ground:
        say(database(ground))
        for part in chosen:
            PARTS[part](ground)
        ground.store.dispose()
    return 0


if __name__ == "__main__":
    sys.exit(main())
