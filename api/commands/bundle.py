"""`wangge bundle`: bundle anyone's units (划片打包) from files to files, with no database; see docs/bundle.md.

Exit status: 0 solved, 1 failed (a file or a value cannot be taken), 2 wrong usage, 3 no solution.
This module reads the command line alone: the engine and the readers take seconds to import.
"""

from __future__ import annotations

import argparse
import math
import os
from importlib import import_module
from pathlib import Path
from typing import Final

from api.commands.bundle_weights import NewWeight, OfWeight, Weight
from geo.settings import Settings

OUT_FORMATS: Final = (".gpkg", ".csv")
MOST_PLANS: Final = 100


# ---- values -----------------------------------------------------------------------------------------------


def number(text: str) -> float | None:
    """A finite number, None for any other text.

    >>> number("12.5"), number("1e999"), number("1_0"), number("")
    (12.5, None, None, None)
    """
    try:
        value = float(text) if "_" not in text else math.nan
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _bound(text: str) -> str:
    """`900`, or `90%` of the mean load."""
    if number(text.removesuffix("%")) is None:
        raise argparse.ArgumentTypeError(
            f"{text!r} is neither a number nor a share of the mean load such as 90%"
        )
    return text


def _tolerance(text: str) -> float:
    """`10%` or `±10%` as 0.1."""
    share = number(text.removeprefix("±").removesuffix("%")) if text.endswith("%") else None
    if share is None or not 0 <= share <= 100:
        raise argparse.ArgumentTypeError(f"{text!r} is no share of the mean load such as 10%")
    return share / 100


def _count(text: str) -> int | tuple[int, int]:
    """`60` or `55-65`."""
    low, dash, high = text.partition("-")
    plain = low.isdecimal() and (high.isdecimal() if dash else True)
    if not plain or len(text) > 20 or int(low) < 1 or (dash and int(high) < int(low)):
        raise argparse.ArgumentTypeError(f"{text!r} is neither a number from 1 nor a range such as 55-65")
    return (int(low), int(high)) if dash else int(low)


def _above_zero(text: str) -> float:
    value = number(text)
    if value is None or value <= 0:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number above zero")
    return value


def _not_negative(text: str) -> float:
    value = number(text)
    if value is None or value < 0:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of at least zero")
    return value


def _plans(text: str) -> int:
    if not text.isdecimal() or len(text) > 4 or not 1 <= int(text) <= MOST_PLANS:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1 to {MOST_PLANS}")
    return int(text)


def _at_least_one(text: str) -> int:
    if not text.isdecimal() or len(text) > 9 or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of at least one")
    return int(text)


def _seed(text: str) -> int:
    if not text.isdecimal() or int(text) > 2**31:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 0 to 2147483648")
    return int(text)


# ---- the command line -------------------------------------------------------------------------------------


def add_parsers(chosen: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `bundle`, which needs no database."""
    parser = chosen.add_parser(
        "bundle",
        help="bundle neighbouring units into packages",
        description="Bundle neighbouring units into connected packages within bounds, and say why units stay out.",
        epilog="Exit status: 0 solved, 1 failed, 2 wrong usage, 3 no solution (the conflict is named). Ctrl-C ends "
        "the search and writes the best plan so far; again, it ends at once. Examples: docs/bundle.md.",
    )
    _add_files(parser)
    _add_rules(parser)
    _add_neighbours(parser)
    _add_search(parser)
    parser.set_defaults(run=run, usage_error=parser.error)


def _add_files(parser: argparse.ArgumentParser) -> None:
    files = parser.add_argument_group("files")
    add = files.add_argument
    add("units", metavar="UNITS", type=Path, help="polygons or points (.gpkg, .geojson, .shp or any other "
        "that import takes), or a .csv or .xlsx with id,x,y,… in metres or id,lon,lat,…")  # fmt: skip
    add("--layer", metavar="NAME", help="the layer or sheet of UNITS, where it has several")
    add("--id", metavar="FIELD", help="field with the ids (default: id, code, or the row's number from 0)")
    add("--mend", action="store_true", help="make invalid polygons valid instead of refusing them")
    add("--out", type=Path, required=True, metavar="FILE", help=".gpkg or .csv with id,package,hub")
    add("--report", type=Path, metavar="JSON", help="objective, bound, gap, packages, reasons")


def _add_rules(parser: argparse.ArgumentParser) -> None:
    rules = parser.add_argument_group("rules")
    add = rules.add_argument
    add("--weight", action=NewWeight, dest="weights", metavar="FIELD", help="a field to balance; the first also "
        "weighs distance and what is left out; may be repeated, each with its own bounds")  # fmt: skip
    add("--min", action=OfWeight, type=_bound, metavar="N", help="least sum per package; 90%% is a share of the "
        "mean load, where --packages is one number")  # fmt: skip
    add("--max", action=OfWeight, type=_bound, metavar="N", help="greatest sum per package, or e.g. 110%%")
    add("--tolerance", action=OfWeight, type=_tolerance, metavar="SHARE", help="e.g. 10%%: at most so far from "
        "the mean load, short for --min 90%% --max 110%%")  # fmt: skip
    add("--price", action=OfWeight, type=_not_negative, metavar="P", help="the bounds of this weight may be broken, "
        "at this price for each unit short or over")  # fmt: skip
    add("--packages", type=_count, metavar="K", help="number of packages, or a range such as 55-65")
    add("--max-members", type=_at_least_one, metavar="N", help="most units in a package")
    add("--within", metavar="FIELD", help="packages stay inside one value of this field")
    add("--border-price", type=_not_negative, metavar="P", help="they may cross it, at this price for each further "
        "value in a package")  # fmt: skip
    add("--anchors", metavar="FIELD", help="every package needs a unit where this field is true")
    add("--centres", type=Path, metavar="CSV", help="id,capacity[,fixed_cost]: the hubs. Without --packages "
        "all are used, unless they have a fixed cost; with it, so many of them")  # fmt: skip
    add("--together", type=Path, metavar="CSV", help="id,group: units of a group share a package")
    add("--apart", type=Path, metavar="CSV", help="id,group: no two units of a group share a package")
    add("--lock", metavar="FIELD", help="units with a value here stay in the package of that name")
    left = rules.add_mutually_exclusive_group()
    left.add_argument("--all", action="store_true", help="no unit may be left out")
    left.add_argument("--leave-out-price", type=_above_zero, metavar="P", help="price of leaving out one of the "
                      "first weight (default 1)")  # fmt: skip


def _add_neighbours(parser: argparse.ArgumentParser) -> None:
    neighbours = parser.add_argument_group("neighbours")
    kind = neighbours.add_mutually_exclusive_group()
    kind.add_argument("--gap", type=_not_negative, metavar="METRES", help="units at most this far apart are "
                      "neighbours (default 300)")  # fmt: skip
    kind.add_argument(
        "--rook", action="store_true", help="polygons that share a piece of border are neighbours"
    )
    kind.add_argument(
        "--queen", action="store_true", help="polygons that touch, be it at a corner, are neighbours"
    )
    kind.add_argument(
        "--links", type=Path, metavar="CSV", help="from,to[,gap]: these neighbours and no others"
    )
    neighbours.add_argument(
        "--barriers", type=Path, metavar="FILE", help="lines or areas that cut neighbours apart"
    )
    neighbours.add_argument("--bridges", type=Path, metavar="FILE", help="where a barrier can be crossed")


def _add_search(parser: argparse.ArgumentParser) -> None:
    search = parser.add_argument_group("search")
    add = search.add_argument
    add("--alternatives", type=_plans, default=1, metavar="N", help="write N different plans: OUT, "
        "OUT-2, OUT-3 …")  # fmt: skip
    add("--objective", choices=("wdist", "dist"), default="wdist", help="distance to the hub, weighted by the "
        "first field or once per unit")  # fmt: skip
    add(
        "--exact",
        action="store_true",
        help="go on until the plan is proven to be the best, as far as that goes",
    )
    add("--effort", type=_above_zero, default=1.0, metavar="F", help="multiplies the work done (default 1)")
    add("--seed", type=_seed, default=1, metavar="N", help="same seed, same answer (default 1)")
    add("--time-limit", type=_not_negative, metavar="SECONDS", help="a safety stop")
    add("--progress", action=argparse.BooleanOptionalAction, default=None, help="show how far it is (default: "
        "on a terminal)")  # fmt: skip


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Check the usage, then read, bundle and write; see the module for the exit status."""
    _check_usage(args)
    return int(import_module("api.commands.bundle_run").run(args, settings))


def _check_usage(args: argparse.Namespace) -> None:
    """What argparse cannot see by one option alone; ends with status 2."""
    for sentence in _misuse(args, args.weights or []):
        args.usage_error(sentence)


def _misuse(args: argparse.Namespace, weights: list[Weight]) -> list[str]:
    one_number = isinstance(args.packages, int)
    bounded = any(weight.min is not None or weight.tolerance is not None for weight in weights)
    share = next((option for weight in weights if (option := weight.share_of_mean())), None)
    found = {
        "--out must end in .gpkg or .csv": args.out.suffix.lower() not in OUT_FORMATS,
        "give a --min, a number of --packages or --centres: without one, every unit alone is best": (
            args.packages is None and not args.centres and not bounded
        ),
        f"{share} in % of the mean load needs a fixed number of --packages": bool(share) and not one_number,
        "--tolerance stands for --min and --max: give one or the other": any(
            weight.tolerance is not None and (weight.min or weight.max) for weight in weights
        ),
        "a --price needs bounds that it is the price of": any(
            weight.price is not None and not (weight.min or weight.max or weight.tolerance is not None)
            for weight in weights
        ),
        "--border-price says what crossing --within costs: name that field too": (
            args.border_price is not None and not args.within
        ),
        "--barriers and --bridges say nothing about given --links": bool(
            args.links and (args.barriers or args.bridges)
        ),
        "--exact proves one plan: leave --alternatives out": args.exact and args.alternatives > 1,
        "--bridges cross --barriers: name those too": bool(args.bridges and not args.barriers),
        **_clashes(args),
    }
    return [sentence for sentence, wrong in found.items() if wrong]


def _clashes(args: argparse.Namespace) -> dict[str, bool]:
    """Files that would be overwritten by another."""
    read = {
        option: getattr(args, name)
        for option, name in {
            "UNITS": "units", "--links": "links", "--centres": "centres", "--together": "together",
            "--apart": "apart", "--barriers": "barriers", "--bridges": "bridges",
        }.items()
    }  # fmt: skip
    plans = [
        (f"plan {number} of --alternatives", args.out.with_stem(f"{args.out.stem}-{number}"))
        for number in range(2, args.alternatives + 1)
        if args.out.name
    ]
    found, taken = {}, {os.path.realpath(path): option for option, path in read.items() if path}
    for target, path in [("--out", args.out), *plans, ("--report", args.report)]:
        source = taken.setdefault(os.path.realpath(path), target) if path else target
        found[f"{target} would overwrite {source}"] = source != target
    return found
