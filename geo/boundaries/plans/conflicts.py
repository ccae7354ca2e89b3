"""Ground that changed under a draft (底图变化): what was published meanwhile, and what of it the draft changes too."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from geo.boundaries.plans.borders import only_grew
from geo.boundaries.plans.cells import Cell, at_rows
from geo.boundaries.plans.rows import EDITABLE, Draft, published_now
from geo.store.tables import grid_plan_cell


def stale(db: Session, draft: Draft) -> dict[str, Any] | None:
    """Return which cells changed on the ground since the draft was begun, and where it changes the same; None: none."""
    if draft.fresh or draft.row.state not in (*EDITABLE, "submitted", "approved"):
        return None
    here, there = changed_ground(db, draft)
    moved = sorted({*here, *there})
    if not moved:
        return None
    conflicts = in_conflict(db, draft, here, there)
    parents = sorted({draft.layer.parent_of(code) for code in conflicts})
    return {"cells": moved, "conflicts": conflicts, "neighbourhoods": parents}


def changed_ground(db: Session, draft: Draft) -> tuple[dict[str, Cell], dict[str, Cell]]:
    """Return cells by code as the draft knows them and as they are now, where the two differ in a row."""
    now = published_now(db, draft.layer, draft.prefix)
    gone, fresh = set(draft.world) - set(now), set(now) - set(draft.world)
    return at_rows(db, draft, sorted(gone)), at_rows(db, draft, sorted(fresh))


def in_conflict(db: Session, draft: Draft, here: dict[str, Cell], there: dict[str, Cell]) -> list[str]:
    """Return the cells that both the draft and the ground changed; a vertex on an unchanged line is no change."""
    c = grid_plan_cell.c
    mine = set(db.scalars(select(c.code).where(c.plan == draft.id, c.base.is_not(None))))
    return sorted(
        code
        for code in mine & {*here, *there}
        if code not in here or code not in there or not _same_land(here[code], there[code])
    )


def _same_land(old: Cell, new: Cell) -> bool:
    return (old.name, old.kind) == (new.name, new.kind) and only_grew(old.shape, new.shape)
