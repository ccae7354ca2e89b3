"""Lists of `wangge bundle` that name units: links, centres, groups. All CSV, each fault told with its line."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from api.commands.bundle_tables import Table, read_csv
from geo.bundling import Centre, Link
from geo.errors import BadInput


def read_links(path: Path, rows: Mapping[str, int]) -> tuple[Link, ...]:
    """Read `from,to[,gap]` (metres; empty: 0); ``rows`` are the units there are. A pair may stand twice."""
    table = read_csv(path, ("from", "to"))
    starts, ends = _units(table, "from", rows), _units(table, "to", rows)
    gaps = _amounts(table, "gap") if "gap" in table.columns else [None] * len(starts)
    loop = next((row for row, pair in enumerate(zip(starts, ends, strict=True)) if pair[0] == pair[1]), None)
    if loop is not None:
        raise BadInput(f"{table.place(loop)} links {starts[loop]} to itself", field="to")
    return tuple(Link(a, b, gap or 0.0) for a, b, gap in zip(starts, ends, gaps, strict=True))


def read_centres(path: Path, rows: Mapping[str, int], missing: Mapping[str, str]) -> tuple[Centre, ...]:
    """Read `id,capacity[,fixed_cost]`; an empty capacity is no limit, an empty cost none.

    ``missing``: units that cannot be bundled, with the field that is not known.
    """
    table = read_csv(path, ("id", "capacity"))
    ids = _units(table, "id", rows)
    if not ids:
        raise BadInput(f"{table.name} holds no centres", field="centres")
    for row, unit in enumerate(ids):
        if ids.index(unit) != row:
            raise BadInput(f"{table.place(row)}: the centre {unit} occurs twice", field="id")
        if unit in missing:
            raise BadInput(
                f"{table.place(row)}: the {missing[unit]} of {unit} is not known", field=missing[unit]
            )
    capacities = _amounts(table, "capacity")
    costs = _amounts(table, "fixed_cost") if "fixed_cost" in table.columns else [None] * len(ids)
    return tuple(
        Centre(unit, capacity, cost or 0.0)
        for unit, capacity, cost in zip(ids, capacities, costs, strict=True)
    )


def read_groups(path: Path, rows: Mapping[str, int]) -> tuple[tuple[str, ...], ...]:
    """Read `id,group`: the units of each group, in the order of the file."""
    table = read_csv(path, ("id", "group"))
    ids = _units(table, "id", rows)
    groups: dict[str, list[str]] = {}
    for row, (unit, group) in enumerate(zip(ids, table.texts("group"), strict=True)):
        if group is None:
            raise BadInput(f"{table.place(row)} has no group", field="group")
        if unit in groups.setdefault(group, []):
            raise BadInput(f"{table.place(row)}: {unit} is in the group {group} already", field="id")
        groups[group].append(unit)
    for group, members in groups.items():
        if len(members) < 2:
            raise BadInput(f"{table.name}: the group {group} has one unit only, {members[0]}", field="group")
    return tuple(map(tuple, groups.values()))


def _units(table: Table, field: str, rows: Mapping[str, int]) -> list[str]:
    """A column of ids, each of a unit that there is."""
    found: list[str] = []
    for row, unit in enumerate(table.texts(field)):
        if unit is None:
            raise BadInput(f"{table.place(row)} has no {field}", field=field)
        if unit not in rows:
            raise BadInput(f"{table.place(row)}: there is no unit {unit!r}", field=field)
        found.append(unit)
    return found


def _amounts(table: Table, field: str) -> list[float | None]:
    """A column of numbers of at least zero, None where a cell is empty."""
    found = table.numbers(field)
    below = np.flatnonzero(found < 0)
    if len(below):
        row = int(below[0])
        raise BadInput(f"{table.place(row)}: {field} {found[row]:g} is below zero", field=field)
    return [None if np.isnan(value) else float(value) for value in found]
