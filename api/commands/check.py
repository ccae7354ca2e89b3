"""`wangge check` (检查) and `wangge repair` (修复): the faults of anyone's cells, with no database; see docs/check.md.

Exit status: 0 no fault, 1 failed (a file or a value cannot be taken), 2 wrong usage, 3 there are faults (left).
This module reads the command line alone: the readers take seconds to import.
"""

from __future__ import annotations

import argparse
from importlib import import_module
from pathlib import Path
from typing import Final

from api.commands.bundle import number
from geo.settings import Settings

REPORTS: Final = (".gpkg", ".geojson", ".json", ".csv")
SHAPES: Final = (".gpkg", ".geojson")


def add_parsers(chosen: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `check` and `repair`, which need no database."""
    check = chosen.add_parser(
        "check",
        help="find the faults of cells that should fit each other",
        description="Find invalid rings, gaps, overlaps, slivers, cut buildings, wrong sizes and wrong codes.",
        epilog="Exit status: 0 no fault, 1 failed, 2 wrong usage, 3 faults. See docs/check.md.",
    )
    check.add_argument("--out", type=Path, metavar="FILE", help="all faults: .gpkg or .geojson with their shapes, "
                       ".json or .csv with a point of each")  # fmt: skip
    _add_common(check)
    check.set_defaults(run=run_check, usage_error=check.error)
    repair = chosen.add_parser(
        "repair",
        help="mend what needs nobody's decision",
        description="Make rings valid, stitch borders, give slivers to a neighbour; list what is left.",
        epilog="Exit status: 0 nothing left, 1 failed, 2 wrong usage, 3 faults are left. See docs/check.md.",
    )
    repair.add_argument(
        "--out", type=Path, required=True, metavar="FILE", help="the mended cells: .gpkg or .geojson"
    )
    repair.add_argument("--report", type=Path, metavar="FILE", help="what is left, as --out of check")
    _add_common(repair)
    repair.set_defaults(run=run_repair, usage_error=repair.error)


def _add_common(parser: argparse.ArgumentParser) -> None:
    files = parser.add_argument_group("files")
    add = files.add_argument
    add(
        "cells",
        metavar="FILE",
        type=Path,
        help="the cells: .gpkg, .geojson, .shp or any other that import takes",
    )
    add("--layer", metavar="NAME", help="the layer of FILE, where it has several")
    add(
        "--id",
        metavar="FIELD",
        help="field that names a cell (default: code, id, 网格编码, 编码, or the row's number)",
    )
    add("--parent", type=Path, metavar="FILE", help="the area that the cells have to cover exactly")
    add(
        "--buildings",
        type=Path,
        metavar="FILE",
        help="footprints or points; none may lie in two cells, or in none",
    )
    add(
        "--crs", metavar="EPSG", help="the coordinate system that FILE has to have; taken where it names none"
    )
    _add_rules(parser)
    _add_codes(parser)
    parser.add_argument("--rows", type=_whole, default=20, metavar="N", help="faults to print (default 20)")


def _add_rules(parser: argparse.ArgumentParser) -> None:
    rules = parser.add_argument_group("rules")
    add = rules.add_argument
    add(
        "--sliver-area",
        type=_amount,
        default=0.5,
        metavar="M2",
        help="land with less area is a sliver (default 0.5)",
    )
    add(
        "--sliver-width",
        type=_amount,
        default=0.05,
        metavar="M",
        help="so is what is narrower (default 0.05)",
    )
    add("--building-tolerance", type=_amount, default=0.5, metavar="M2", help="so much of a building may lie in "
        "another cell (default 0.5)")  # fmt: skip
    add(
        "--households",
        metavar="FIELD",
        help="households of FILE, else of --buildings; held against --min and --max",
    )
    add("--min", type=_amount, default=300.0, metavar="N", help="least households of a cell (default 300)")
    add("--max", type=_amount, default=500.0, metavar="N", help="most households of a cell (default 500)")
    add(
        "--kind",
        metavar="FIELD",
        help="kind of a cell: dedicated (专属网格) is exempt, special (老旧小区) is 100–300",
    )


def _add_codes(parser: argparse.ArgumentParser) -> None:
    codes = parser.add_argument_group("codes")
    add = codes.add_argument
    add("--codes", metavar="FIELD", help="field of the codes; looked at only where this is given")
    add(
        "--digits",
        type=_whole,
        metavar="N",
        help="length of a code, such as 15; then the order of numbers too",
    )
    add("--prefix", metavar="CODE", help="what every code begins with")
    add(
        "--parent-code",
        metavar="FIELD",
        help="field with the code of a cell's parent, which its own begins with",
    )
    add("--retired", type=Path, metavar="CSV", help="a column `code` of codes that are never given again")


def _amount(text: str) -> float:
    value = number(text)
    if value is None or value < 0:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of at least zero")
    return value


def _whole(text: str) -> int:
    if not text.isdecimal() or len(text) > 6:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number")
    return int(text)


def run_check(args: argparse.Namespace, settings: Settings) -> int:
    """Check the usage, then the cells; see the module for the exit status."""
    _refuse_misuse(args, args.out, REPORTS, "--out")
    return int(import_module("api.commands.check_run").check_file(args))


def run_repair(args: argparse.Namespace, settings: Settings) -> int:
    """Check the usage, then mend the cells; see the module for the exit status."""
    _refuse_misuse(args, args.out, SHAPES, "--out")
    _refuse_misuse(args, args.report, REPORTS, "--report")
    return int(import_module("api.commands.check_run").repair_file(args))


def _refuse_misuse(args: argparse.Namespace, out: Path | None, ends: tuple[str, ...], option: str) -> None:
    """What argparse cannot see by one option alone; ends with status 2."""
    if out is not None and out.suffix.lower() not in ends:
        args.usage_error(f"{option} must end in {', '.join(ends)}")
    read = (args.cells, args.parent, args.buildings, args.retired)
    if out is not None and any(path and path.absolute() == out.absolute() for path in read):
        args.usage_error(f"{option} would overwrite {out}")
    if args.max < args.min:
        args.usage_error("--max is below --min")
    if args.codes is None and (args.digits or args.prefix or args.parent_code or args.retired):
        args.usage_error("--digits, --prefix, --parent-code and --retired say what --codes are held against")
