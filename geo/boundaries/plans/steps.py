"""Steps of a draft (步骤): each keeps the rows that it replaced and those it made, so it is undone to the bit."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from shapely.geometry.base import BaseGeometry
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from geo.boundaries.plans import rows
from geo.boundaries.plans.cells import Cell, gone_row
from geo.boundaries.plans.rows import Draft
from geo.errors import BadInput, Conflict
from geo.store.sql import query
from geo.store.tables import grid_plan_step


@dataclass(frozen=True, slots=True)
class Edit:
    """What a step does: cells before and after by code (None = not there).

    `grown` only gained a vertex on an unchanged line; `line` is the new border; `left` what was asked and not done,
    with why; `what` is what the step remembers of its request.
    """

    operation: str
    before: Mapping[str, Cell | None]
    after: Mapping[str, Cell | None]
    grown: frozenset[str] = frozenset()
    line: BaseGeometry | None = None
    left: tuple[tuple[str, BaseGeometry], ...] = ()
    what: Mapping[str, Any] = field(default_factory=dict)
    kept: Mapping[str, dict[str, Any] | None] | None = None
    """What the draft keeps of the cells afterwards, where that does not follow from the two sides."""

    def rows(self) -> dict[str, dict[str, Any] | None]:
        """Return what the draft keeps of each cell afterwards."""
        if self.kept is not None:
            return dict(self.kept)
        found: dict[str, dict[str, Any] | None] = {}
        for code, cell in self.after.items():
            old = self.before.get(code)
            found[code] = cell.as_row() if cell is not None else None if old is None else gone_row(old)
        return found


def take(db: Session, draft: Draft, edit: Edit, **more: Any) -> int:
    """Write an edit as the draft's next step; steps that were undone are forgotten. Returns the plan's new version."""
    number = int(draft.row.position) + 1
    s = grid_plan_step.c
    db.execute(delete(grid_plan_step).where(s.plan == draft.id, s.number >= number))
    what = {"operation": edit.operation, **edit.what}
    kept = edit.rows()
    codes, after = sorted(kept), json.dumps(kept, ensure_ascii=False)
    values = {"plan": draft.id, "number": number, "codes": codes, "after": after}
    values |= {"what": json.dumps(what, ensure_ascii=False), "world": _world(more, draft)}
    db.execute(query("geo.boundaries", "plan_step"), values)
    _replay(db, draft, [number], forward=True)
    # The first step settles what ground the draft stands on.
    ground = {"world": list(draft.world), "based_on": func.now()} if draft.fresh else {}
    return rows.advance(db, draft, position=number, **{**ground, **more})


def _world(more: Mapping[str, Any], draft: Draft) -> str | None:
    if "world" not in more:
        return None
    return json.dumps({"before": list(draft.world), "after": list(more["world"])})


@dataclass(frozen=True, slots=True)
class Travel:
    """A way through the steps: the numbers passed, in order, and whether forward."""

    numbers: tuple[int, ...]
    forward: bool
    position: int


def way(db: Session, draft: Draft, *, forward: bool, to: int | None = None) -> Travel:
    """Return the steps that undoing (or doing again) passes. Raises Conflict where there are none."""
    here, last = int(draft.row.position), count(db, draft.id)
    goal = to if to is not None else here + (1 if forward else -1)
    if not 0 <= goal <= last and to is not None:
        raise BadInput(f"the draft has {last} steps", field="to")
    forward = goal > here if to is not None else forward
    if goal == here or not 0 <= goal <= last:
        raise Conflict("there is no step to do again" if forward else "there is no step to take back")
    numbers = range(here + 1, goal + 1) if forward else range(here, goal, -1)
    return Travel(tuple(numbers), forward, goal)


def touched(db: Session, draft: Draft, travel: Travel) -> list[str]:
    """Return the codes of the cells that a way changes."""
    s = grid_plan_step.c
    code = func.unnest(s.codes)
    return sorted(set(db.scalars(select(code).where(s.plan == draft.id, s.number.in_(travel.numbers)))))


def go(db: Session, draft: Draft, travel: Travel) -> int:
    """Undo or do again; returns the plan's new version."""
    _replay(db, draft, travel.numbers, forward=travel.forward)
    side = "after" if travel.forward else "before"
    s = grid_plan_step.c
    worlds = db.execute(
        select(s.number, s.world).where(
            s.plan == draft.id, s.number.in_(travel.numbers), s.world.is_not(None)
        )
    ).all()
    last = sorted(worlds, key=lambda row: row.number, reverse=not travel.forward)
    ground = {"world": last[-1].world[side]} if last else {}
    return rows.advance(db, draft, position=travel.position, **ground)


def count(db: Session, plan: int) -> int:
    """Return how many steps a draft has, undone ones among them."""
    return int(
        db.scalar(
            select(func.coalesce(func.max(grid_plan_step.c.number), 0)).where(grid_plan_step.c.plan == plan)
        )
        or 0
    )


def listed(db: Session, draft: Draft) -> list[dict[str, Any]]:
    """Return the steps of a draft in order, as its history shows them."""
    s = grid_plan_step.c
    found = db.execute(
        select(s.number, s.what, s.codes, s.actor, s.at).where(s.plan == draft.id).order_by(s.number)
    )
    return [
        {
            "number": row.number, "operation": row.what.get("operation"), "cells": row.codes,
            "summary": {key: value for key, value in row.what.items() if key != "operation"},
            "at": row.at.isoformat(), "by": row.actor, "undone": row.number > draft.row.position,
        }
        for row in found
    ]  # fmt: skip


def _replay(db: Session, draft: Draft, numbers: Sequence[int], *, forward: bool) -> None:
    for number in numbers:
        values = {"plan": draft.id, "number": number, "forward": forward}
        db.execute(query("geo.boundaries", "plan_forget"), values)
        db.execute(query("geo.boundaries", "plan_replay"), values)


def copy_of(db: Session, plan: int, draft: Draft) -> None:
    """Give a new plan the cells of a draft as its first step, on the same ground."""
    values = {"plan": plan, "of": draft.id, "world": list(draft.world)}
    if db.execute(query("geo.boundaries", "plan_copy"), values).first() is not None:
        _replay(db, rows.read(db, plan), [1], forward=True)
