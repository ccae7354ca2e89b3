"""`python -m data.demo OUTFOLDER [--seed N]`: write the files of the demo district and print its totals."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from . import SEED, make_district, write_files
from .files import describe


def main() -> int:
    """Run the command. Exit status 0 done, 1 no district from this seed, 2 usage."""
    parser = argparse.ArgumentParser(prog="python -m data.demo", description=__doc__)
    parser.add_argument("folder", type=Path, help="folder to write the office files to")
    parser.add_argument("--seed", type=int, default=SEED, help=f"default {SEED}")
    options = parser.parse_args()
    try:
        district = make_district(options.seed)
    except ValueError as error:
        sys.stderr.write(f"seed {options.seed} gives no district: {error}\n")
        return 1
    for path in write_files(district, options.folder):
        sys.stdout.write(f"{path}\n")
    sys.stdout.write(describe(district))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
