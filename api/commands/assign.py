"""`wangge assign FILE --out FILE`: each point of a CSV or Parquet with the areas that hold it, in the same order.

Exit status: 0 done, 1 failed, 2 wrong usage.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from api.commands.files import day, everywhere
from api.opening import open_store
from geo.boundaries.layers import Moment
from geo.coverage.mass_layers import DEFAULT_LAYERS, LAYERS, parse_layers
from geo.coverage.mass_run import FORMATS, MassOptions, assign_file
from geo.settings import Settings

DONE, USAGE = 0, 2


def add_parsers(chosen: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `assign`."""
    parser = chosen.add_parser(
        "assign",
        help="say for every point of a file which areas hold it: CSV or Parquet",
        description="Every row comes back in order with a code per layer and its position: inside, border (the smaller"
        " code is given), outside (of every layer) or unread (no place in it).",
    )
    parser.add_argument("file", type=Path, metavar="FILE", help=".csv or .parquet with a place in each row")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help=".csv or .parquet")
    parser.add_argument(
        "--layers", metavar="A,B", help=f"of {', '.join(LAYERS)} (default: {','.join(DEFAULT_LAYERS)})"
    )
    parser.add_argument("--crs", metavar="EPSG:n", help="the system of the places (default: EPSG:4326)")
    parser.add_argument("--x", metavar="COLUMN", help="longitude or east, where its name does not tell")
    parser.add_argument("--y", metavar="COLUMN", help="latitude or north")
    parser.add_argument(
        "--as-of", type=day, metavar="DATE", help="the date whose areas hold (default: today)"
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Assign one file; the counts go to standard output."""
    format_ = arguments.out.suffix.lower().lstrip(".")
    if format_ not in FORMATS:
        sys.stderr.write("wangge assign: --out must end in .csv or .parquet\n")
        return USAGE
    options = MassOptions(parse_layers(arguments.layers), arguments.crs, arguments.x, arguments.y, format_)
    moment = Moment(arguments.as_of or settings.business_date())
    arguments.file.open("rb").close()  # what cannot be read is said before anything is started
    store = open_store(settings)
    try:
        counts = assign_file(store, everywhere(), moment, arguments.file, arguments.out, options)
    finally:
        store.dispose()
    told = ", ".join(f"{name} {count}" for name, count in counts.items())
    sys.stdout.write(f"{told}; written to {arguments.out}\n")
    return DONE
