"""Drawing on a draft (绘制): an operation previewed or kept as a step, and the way back and forth through the steps."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from geo.boundaries.homes import Homes
from geo.boundaries.plans import answers, cells, figures, operations, rows, steps
from geo.boundaries.plans.borders import newly_cut
from geo.boundaries.plans.refusals import told
from geo.boundaries.plans.requests import Operation
from geo.boundaries.plans.rows import Draft
from geo.boundaries.plans.steps import Edit
from geo.boundaries.tessellation import Refused

CUT_DEGREES = 0.5 / 111_320**2
"""A building is cut where a second cell has more of it than half a square metre (less, away from the equator)."""


def operate(
    db: Session, plan: int, wanted: Operation, *, as_of: date, version: int | None = None
) -> dict[str, Any]:
    """Do an operation on a draft, or show what it would do; see `requests` and `answers`.

    Raises Refused with the place, Stale when the plan moved on since `version`, Conflict when it is no draft.
    """
    draft = rows.read(db, plan) if wanted.preview else rows.locked(db, plan, version)
    rows.expect(draft, rows.EDITABLE)
    try:
        edit = operations.edit(db, draft, wanted, as_of)
        homes = figures.near(db, edit.before, edit.after, as_of)
        _refuse_cut_buildings(edit, homes)
    except Refused as refusal:
        raise told(refusal) from refusal
    return settle(db, draft, edit, homes, preview=wanted.preview)


def settle(
    db: Session, draft: Draft, edit: Edit, homes: Homes, *, preview: bool, **more: Any
) -> dict[str, Any]:
    """Describe an edit, and keep it as the next step unless it is only looked at."""
    answer = answers.described(db, draft, edit, homes)
    if preview:
        return {"version": draft.row.version, "position": draft.row.position, **answer}
    version = steps.take(db, draft, edit, **more)
    return {"version": version, "position": draft.row.position + 1, **answer}


def travel(
    db: Session, plan: int, *, forward: bool, as_of: date, to: int | None = None, version: int | None = None
) -> dict[str, Any]:
    """Take steps back, or do them again: one, or as many as lead to a position. To the bit. Raises Conflict."""
    draft = rows.locked(db, plan, version)
    way = steps.way(db, draft, forward=forward, to=to)
    codes = steps.touched(db, draft, way)
    before = cells.load(db, draft, codes=codes)
    fresh = steps.go(db, draft, way)
    after = cells.load(db, rows.read(db, plan), codes=codes)
    both = {code: (before.get(code), after.get(code)) for code in sorted({*before, *after})}
    edit = Edit(
        "redo" if way.forward else "undo",
        {code: pair[0] for code, pair in both.items()},
        {code: pair[1] for code, pair in both.items()},
    )
    homes = figures.near(db, edit.before, edit.after, as_of)
    return {"version": fresh, "position": way.position, **answers.described(db, draft, edit, homes)}


def _refuse_cut_buildings(edit: Edit, homes: Homes) -> None:
    """No building is split: a new border through one is refused, one that was cut before may stay."""
    if edit.line is None or edit.operation == "merge":
        return
    before = {code: cell and cell.shape for code, cell in edit.before.items()}
    after = {code: cell and cell.shape for code, cell in edit.after.items()}
    hit = newly_cut(before, after, homes.footprints, CUT_DEGREES)
    if len(hit):
        codes = [str(homes.codes[i]) for i in hit]
        message = f"{len(codes)} building(s) are cut, the first is {codes[0]}; no building is split"
        refusal = Refused(message, homes.footprints[hit[0]], field="line")
        refusal.extra = {"buildings": codes}
        raise refusal
