"""`./run bench [PART …] [--full] [--problems N]`: tables of medians and ratios, the machine's line on top.

Every peer runs in the same minute on the same machine; figures of a busy machine say so by the load on top.
Parts: serving, loading, assigning, packing, starting, planning, city, malformed (on a demo installation of their
own); bundling, peers,
problems, maps, sequences, partition.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from tests.bench import (
    assigning,
    bundling,
    bundling_maps,
    city,
    loading,
    malformed,
    packing,
    partition,
    peers,
    planning,
    random_problems,
    sequences,
    serving,
    starting,
)
from tests.bench.ground import Ground, demo
from tests.bench.measure import machine, say

ON_A_DEMO = {
    "serving": serving.run,
    "loading": loading.run,
    "assigning": assigning.run,
    "packing": packing.run,
    "starting": starting.run,
    "planning": planning.run,
    "city": city.run,
    "malformed": malformed.run,
}
PURE = ("bundling", "peers", "problems", "maps", "sequences", "partition")
FEW_PROBLEMS = 100


def database(ground: Ground) -> str:
    with ground.bare() as connection, connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('server_version'), postgis_full_version()")
        server, postgis = cursor.fetchone()
    return f"PostgreSQL {server.split()[0]}, {' '.join(postgis.replace('POSTGIS=', 'PostGIS ').split()[:2])}"


def pure(part: str, full: bool, problems: int, first: int) -> None:
    """A part that needs no database."""
    match part:
        case "bundling":
            bundling.run(full)
        case "peers":
            peers.run(full)
        case "problems":
            random_problems.run(problems)
        case "maps":
            bundling_maps.run()
        case "partition":
            partition.run()
        case "sequences":
            sequences.run(*(2000, 50) if full else (problems, 2 if first == 0 else 0), first)


def on_a_demo(parts: Sequence[str]) -> None:
    with demo() as ground:
        say(database(ground))
        for part in parts:
            ON_A_DEMO[part](ground)
        ground.store.dispose()


def main() -> int:
    parser = argparse.ArgumentParser(prog="./run bench", description=__doc__)
    every = [*ON_A_DEMO, *PURE]
    parser.add_argument("parts", nargs="*", choices=[*every, []], metavar="PART", help=", ".join(every))
    parser.add_argument("--full", action="store_true", help="all sizes, five seeds (hours), not a quick look")
    parser.add_argument("--problems", type=int, metavar="N", help="so many random problems")
    parser.add_argument("--first", type=int, default=0, metavar="SEED", help="sequences from this seed on")
    args = parser.parse_args()
    chosen = args.parts or (["problems"] if args.problems else every)
    say(machine())
    grounded = [part for part in chosen if part in ON_A_DEMO]
    if grounded:
        on_a_demo(grounded)
    for part in chosen:
        if part in PURE:
            pure(part, args.full, args.problems or (1000 if args.full else FEW_PROBLEMS), args.first)
    return 0


if __name__ == "__main__":
    sys.exit(main())
