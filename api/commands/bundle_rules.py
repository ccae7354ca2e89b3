"""From the command line and the files of `wangge bundle` to a bundling problem."""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray

from api.commands.bundle_files import UnitTable, near, read_lines
from api.commands.bundle_lists import read_centres, read_groups, read_links
from api.commands.bundle_weights import Weight
from geo.bundling import Activity, Link, Problem, Reason, Rules, Unit, neighbours, touching
from geo.bundling.problem import BORDER
from geo.errors import BadInput

GAP = 300.0
"""Metres between neighbours, where nothing else is said."""

Say = Callable[[str], None]


@dataclass(frozen=True)
class Asked:
    """What is to be solved. ``unknown``: units that cannot be bundled, with the reason."""

    problem: Problem
    unknown: Mapping[str, Reason]


def asked(args: argparse.Namespace, table: UnitTable, say: Say) -> Asked:
    """Put the problem together; ``say`` gets warnings. Raises BadInput with field and place."""
    weights: Sequence[Weight] = args.weights or []
    amounts = {weight.name: table.table.numbers(weight.name) for weight in weights}
    missing = _missing(table.ids, amounts)
    if len(missing) == len(table.ids):
        field = next(iter(missing.values()))
        raise BadInput(f"the {field} of no unit is known", field=field)
    if missing and args.all:
        unit, field = next(iter(missing.items()))
        place = table.table.place(table.ids.index(unit))
        raise BadInput(f"{place}: {field} is not known, and --all leaves nobody out", field=field)
    if weights:
        _refuse_negative(table, weights[0].name, amounts[weights[0].name])
    known = [row for row, unit in enumerate(table.ids) if unit not in missing]
    rows = {unit: row for row, unit in enumerate(table.ids)}
    problem = Problem(
        _units(args, table, amounts, known),
        tuple(
            link for link in _links(args, table, rows, say) if link.a not in missing and link.b not in missing
        ),
        _rules(args, rows, missing, {name: column[known] for name, column in amounts.items()}),
        args.objective,
        measured=not args.links,
    )
    reasons = {
        unit: Reason("unknown_weight", f"its {field} is not known", {"field": field})
        for unit, field in missing.items()
    }
    return Asked(problem, reasons)


def _missing(ids: Sequence[str], amounts: Mapping[str, NDArray[np.float64]]) -> dict[str, str]:
    """Units with a weight that is not known, and which; unknown is not zero."""
    found: dict[str, str] = {}
    for field, column in amounts.items():
        for row in np.flatnonzero(np.isnan(column)).tolist():
            found.setdefault(ids[row], field)
    return found


def _refuse_negative(table: UnitTable, field: str, column: NDArray[np.float64]) -> None:
    below = np.flatnonzero(column < 0)
    if len(below):
        place = table.table.place(int(below[0]))
        raise BadInput(
            f"{place}: {field} {column[below[0]]:g} is negative; the first weight may not be", field=field
        )


def _units(
    args: argparse.Namespace,
    table: UnitTable,
    amounts: Mapping[str, NDArray[np.float64]],
    known: Sequence[int],
) -> tuple[Unit, ...]:
    count, fields = len(table.ids), table.table
    x, y = table.points()
    within = fields.texts(args.within) if args.within else [None] * count
    anchors = fields.flags(args.anchors) if args.anchors else [False] * count
    locks = fields.texts(args.lock) if args.lock else [None] * count
    columns = {name: column.tolist() for name, column in amounts.items()}
    return tuple(
        Unit(
            table.ids[row],
            float(x[row]),
            float(y[row]),
            {name: column[row] for name, column in columns.items()},
            within[row],
            anchors[row],
            locks[row],
        )
        for row in known
    )


# ---- rules ------------------------------------------------------------------------------------------------


def _rules(
    args: argparse.Namespace,
    rows: Mapping[str, int],
    missing: Mapping[str, str],
    amounts: Mapping[str, NDArray[np.float64]],
) -> Rules:
    weights: Sequence[Weight] = args.weights or []
    soft = {weight.name: weight.price for weight in weights if weight.price is not None}
    if args.border_price is not None:
        soft[BORDER] = args.border_price
    return Rules(
        tuple(_activity(weight, amounts[weight.name], args.packages) for weight in weights),
        packages=args.packages,
        max_members=args.max_members,
        within=bool(args.within) and args.border_price is None,
        anchors=bool(args.anchors),
        together=_groups(args.together, rows, missing),
        apart=_groups(args.apart, rows, missing),
        centres=read_centres(args.centres, rows, missing) if args.centres else (),
        leave_out_price=None if args.all else args.leave_out_price or 1.0,
        soft=soft,
    )


def _groups(
    path: Path | None, rows: Mapping[str, int], missing: Mapping[str, str]
) -> tuple[tuple[str, ...], ...]:
    """Groups of units that can be bundled; those with an unknown weight stay out whatever their group."""
    groups = read_groups(path, rows) if path else ()
    kept = (tuple(unit for unit in group if unit not in missing) for group in groups)
    return tuple(group for group in kept if len(group) > 1)


def _activity(
    weight: Weight, amounts: NDArray[np.float64], packages: int | tuple[int, int] | None
) -> Activity:
    mean = math.fsum(amounts) / packages if isinstance(packages, int) else math.nan

    def bound(text: str | None) -> float | None:
        if text is None:
            return None
        return float(text[:-1]) / 100 * mean if text.endswith("%") else float(text)

    if weight.tolerance is not None:
        return Activity(weight.name, mean - weight.tolerance * abs(mean), mean + weight.tolerance * abs(mean))
    return Activity(weight.name, bound(weight.min), bound(weight.max))


# ---- neighbours -------------------------------------------------------------------------------------------


def _links(args: argparse.Namespace, table: UnitTable, rows: Mapping[str, int], say: Say) -> Sequence[Link]:
    if args.links:
        return read_links(args.links, rows)
    barriers, bridges = (_lines(path, table, say) if path else None for path in (args.barriers, args.bridges))
    if args.rook or args.queen:
        return touching(table.plane, corners=args.queen, barriers=barriers, bridges=bridges, with_cut=True)
    gap = GAP if args.gap is None else args.gap
    return neighbours(table.plane, gap, barriers, bridges, with_cut=True)


def _lines(path: Path, table: UnitTable, say: Say) -> gpd.GeoDataFrame:
    lines = read_lines(path, table)
    warning = near(path, lines, table)
    if warning:
        say(warning)
    return lines
