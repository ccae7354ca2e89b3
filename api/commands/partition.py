"""`wangge partition`: divide a neighbourhood into grids (网格划分) from files, with no database; see docs/partition.md.

Exit status: 0 every grid within the limits, 1 failed (a file or a value cannot be taken), 2 wrong usage, 3 grids miss
the limits (they are written, with the reasons).
This module reads the command line alone: the engine and the readers take seconds to import.
"""

from __future__ import annotations

import argparse
import math
from importlib import import_module
from pathlib import Path
from typing import Final

from geo.settings import Settings

OUT_FORMATS: Final = (".gpkg", ".geojson")


def _figure(text: str) -> float:
    try:
        value = float(text) if "_" not in text else math.nan
    except ValueError:
        value = math.nan
    if not (math.isfinite(value) and value >= 0):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of at least zero")
    return value


def _above_zero(text: str) -> float:
    value = _figure(text)
    if not value:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number above zero")
    return value


def _count(text: str) -> int:
    if not text.isdecimal() or not 1 <= len(text) <= 6 or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of at least one")
    return int(text)


def add_parsers(chosen: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `partition`, which needs no database."""
    parser = chosen.add_parser(
        "partition",
        help="divide a neighbourhood into grids",
        description="Divide a neighbourhood into grids within limits of households: in one piece, compact, borders on "
        "roads where roads are, no building cut, nothing left over.",
        epilog="Exit status: 0 every grid within the limits, 1 failed, 2 wrong usage, 3 grids miss the limits (they "
        "are written, with the reasons). Examples: docs/partition.md.",
    )
    _add_files(parser)
    _add_wishes(parser)
    parser.set_defaults(run=run, usage_error=parser.error)


def _add_files(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument_group(
        "files (.gpkg, .geojson, .shp or any other that import takes)"
    ).add_argument
    add("--buildings", type=Path, required=True, metavar="FILE", help="footprints with households")
    add("--within", type=Path, required=True, metavar="FILE", help="the outline of the neighbourhood")
    add("--households", required=True, metavar="FIELD", help="field of the buildings with their households")
    add(
        "--roads",
        type=Path,
        action="append",
        metavar="FILE",
        help="lines that borders should follow; may be repeated",
    )
    add(
        "--waters",
        type=Path,
        action="append",
        metavar="FILE",
        help="rivers, railways: lines or areas, as good",
    )
    add(
        "--lines",
        type=Path,
        action="append",
        metavar="FILE",
        help="other lines to cut along: compounds, old borders",
    )
    add("--today", type=Path, metavar="FILE", help="today's grids: change them as little as the limits allow")
    add("--merge", type=Path, action="append", metavar="FILE", help="a layer of grids to merge into one with the "
        "others (多网合一); repeat it for each")  # fmt: skip
    add("--code", metavar="FIELD", help="field with the codes of --today or --merge grids (default: code, id, or the "
        "row's number from 0)")  # fmt: skip
    add("--mend", action="store_true", help="make invalid polygons valid instead of refusing them")
    add("--out", type=Path, required=True, metavar="FILE", help=".gpkg or .geojson of the grids")
    add("--report", type=Path, metavar="JSON", help="figures, reasons, what changes, conflicts")


def _add_wishes(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument_group("grids").add_argument
    add("--min", type=_figure, default=300.0, metavar="N", help="least households of a grid (default 300)")
    add("--max", type=_above_zero, default=500.0, metavar="N", help="most households of a grid (default 500)")
    add("--grids", type=_count, metavar="K", help="so many grids (default: as many as bring their mean nearest to "
        "the middle of the limits)")  # fmt: skip
    add(
        "--alternatives",
        type=_count,
        default=1,
        metavar="N",
        help="write N different divisions: OUT, OUT-2 …",
    )
    add("--effort", type=_above_zero, default=1.0, metavar="F", help="multiplies the work done (default 1)")
    add("--seed", type=_count, default=1, metavar="N", help="same seed, same grids (default 1)")


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Check the usage, then read, divide and write; see the module for the exit status."""
    found = {
        "--out must end in .gpkg or .geojson": args.out.suffix.lower() not in OUT_FORMATS,
        f"--min {args.min:g} is above --max {args.max:g}": args.min > args.max,
        "--today changes grids there are, --merge makes one layer of several: give one or the other": bool(
            args.today and args.merge
        ),
        "--alternatives and --grids are for new grids, not for --today or --merge": bool(
            (args.today or args.merge) and (args.alternatives > 1 or args.grids)
        ),
    }
    for sentence in (sentence for sentence, wrong in found.items() if wrong):
        args.usage_error(sentence)
    return int(import_module("api.commands.partition_run").run(args, settings))
