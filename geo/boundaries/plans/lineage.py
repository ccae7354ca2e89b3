"""Old → new (新旧对照、沿革): what a draft moves, which cell comes from which, what becomes of branches and teams."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from geo.boundaries.compare import Comparison, Homes, compare
from geo.boundaries.homes import homes_in
from geo.boundaries.plans import cells as drafted
from geo.boundaries.plans import rows
from geo.boundaries.plans.borders import only_grew
from geo.boundaries.plans.cells import Cell, Shape, shapes_of
from geo.boundaries.plans.figures import counted
from geo.boundaries.plans.planes import plane_of
from geo.boundaries.plans.rows import Draft
from geo.errors import BadInput
from geo.store import history
from geo.store.tables import branch, grid, grid_plan_cell


@dataclass(frozen=True, slots=True)
class Descent:
    """What a draft touches, before and after, and how the two compare; `came_from` as confirmed where it was."""

    before: Mapping[str, Cell]
    after: Mapping[str, Cell]
    compared: Comparison
    came_from: Mapping[str, tuple[str, ...]]
    homes: Any

    def heirs(self) -> dict[str, list[str]]:
        """Return for each old cell the cells that come from it."""
        found: dict[str, list[str]] = {code: [] for code in self.before}
        for new, origins in self.came_from.items():
            for old in origins:
                found.setdefault(old, []).append(new)
        return {code: sorted(new) for code, new in found.items()}


def descent(db: Session, draft: Draft, as_of: date) -> Descent:
    """Compare what a draft touches with what is published: lineage by overlap, and what the planner said instead."""
    before = drafted.published(db, draft)
    c = grid_plan_cell.c
    codes = list(db.scalars(select(c.code).where(c.plan == draft.id, ~c.gone)))
    after = drafted.load(db, draft, codes=codes)
    shapes = [cell.shape for cell in (*before.values(), *after.values())]
    homes = homes_in(db, shapes, as_of) if shapes else None
    people = Homes(homes.points, homes.households) if homes else None
    # a draft that changes nothing has no place for a plane
    now = _less_grown(shapes_of(before), shapes_of(after))
    found = compare(shapes_of(before), now, plane=plane_of(shapes) if shapes else _flat, homes=people)
    derived = {code: found.came_from.get(code, ()) for code in after}
    said = {code: tuple(old) for code, old in draft.row.lineage.items() if code in after}
    return Descent(before, after, found, {**derived, **said}, homes)


def _less_grown(before: Mapping[str, Shape], after: Mapping[str, Shape]) -> dict[str, Shape]:
    """Return new shapes; a vertex on an unchanged border is no change, so such a cell has its old shape."""
    return {
        code: before[code] if code in before and only_grew(before[code], shape) else shape
        for code, shape in after.items()
    }


def _flat(points: Any) -> Any:
    return points


def compared(db: Session, plan: int, as_of: date) -> dict[str, Any]:
    """Return what a draft changes: cells old and new with figures, land and people that move, branches and teams."""
    draft = rows.read(db, plan)
    found = descent(db, draft, as_of)
    was, now = (counted(side, found.homes) if found.homes else {} for side in (found.before, found.after))
    heirs = found.heirs()
    codes = sorted({*found.before, *found.after})
    return {
        "cells": [
            {
                "code": code, "name": (found.after.get(code) or found.before[code]).name,
                "fate": found.compared.fate.get(code, "reshaped"), "came_from": list(found.came_from.get(code, ())),
                "heirs": heirs.get(code, []), "before": was.get(code), "after": now.get(code),
            }
            for code in codes
        ],
        "moves": [
            {"old": one.old, "new": one.new, "area_m2": round(one.area_m2, 1), "buildings": one.buildings,
             "households": one.households}
            for one in found.compared.moves if one.area_m2 >= 0.05 or one.buildings
        ],
        "totals": {
            "area_m2": round(found.compared.area_m2, 1), "buildings": found.compared.buildings,
            "households": found.compared.households,
        },
        "lineage": {code: list(old) for code, old in sorted(found.came_from.items())},
        "confirmed": bool(draft.row.lineage),
        "branches": branches(db, draft, heirs, as_of),
        "teams": teams(db, draft, found, heirs),
    }  # fmt: skip


def branches(
    db: Session, draft: Draft, heirs: Mapping[str, Sequence[str]], day: date
) -> list[dict[str, Any]]:
    """Return the branches of cells that end, with where each may go, and where it goes: one heir, or as was said."""
    gone = ended(db, draft)
    if draft.layer.name != "grids" or not gone:
        return []
    c = branch.c
    found = db.execute(
        select(c.id, c.code, c.name, c.grid)
        .where(c.grid.in_(gone), history.holds_on(branch, day))
        .order_by(c.code)
    )
    told = []
    for row in found:
        to = list(heirs.get(row.grid, ()))
        said = draft.row.settled.get(row.code)
        goes = said if said in to else to[0] if len(to) == 1 else None
        told.append(
            {"id": row.id, "code": row.code, "name": row.name, "grid": row.grid, "heirs": to, "to": goes}
        )
    return told


def teams(
    db: Session, draft: Draft, found: Descent, heirs: Mapping[str, Sequence[str]]
) -> list[dict[str, Any]]:
    """Return the teams and responsible bodies of grids that end, and the new grids that take them over.

    A grid that comes from one alone takes its team over; of several, only what they agree on.
    """
    gone = ended(db, draft)
    if draft.layer.name != "grids" or not gone:
        return []
    g = grid.c
    ids = [cell.base.row for cell in found.before.values() if cell.base is not None]
    posts = {
        row.code: (row.team, row.responsible)
        for row in db.execute(select(g.code, g.team, g.responsible).where(g.id.in_(ids)))
    }
    told = []
    for code in gone:
        team, responsible = posts[code]
        to = [
            new
            for new in heirs.get(code, ())
            if all(posts.get(other) == posts[code] for other in found.came_from[new])
        ]
        told.append(
            {
                "grid": code,
                "team": team,
                "responsible": responsible,
                "heirs": list(heirs.get(code, ())),
                "to": to,
            }
        )
    return told


def ended(db: Session, draft: Draft) -> list[str]:
    """Return the cells that a draft ends."""
    return drafted.ended(db, draft)


def confirm(
    db: Session,
    plan: int,
    lineage: Mapping[str, Sequence[str]],
    settled: Mapping[str, str],
    version: int | None,
) -> int:
    """Keep what the planner says of lineage (new → old) and of branches (branch → cell); returns the version.

    Raises BadInput for a cell that the draft does not have.
    """
    draft = rows.locked(db, plan, version, (*rows.EDITABLE, "submitted"))
    c = grid_plan_cell.c
    known = {row.code: row.gone for row in db.execute(select(c.code, c.gone).where(c.plan == plan))}
    after = {code for code, gone in known.items() if not gone}
    before = set(drafted.published(db, draft))
    for new, old in lineage.items():
        if new not in after:
            raise BadInput(f"the draft neither makes nor changes {new}", field=f"lineage.{new}")
        if set(old) - before:
            raise BadInput(
                f"{sorted(set(old) - before)[0]} is none of what the draft changes", field=f"lineage.{new}"
            )
    for name, cell in settled.items():
        if cell not in after:
            raise BadInput(f"the draft neither makes nor changes {cell}", field=f"branches.{name}")
    return rows.advance(
        db, draft, lineage={key: list(value) for key, value in lineage.items()}, settled=dict(settled)
    )
