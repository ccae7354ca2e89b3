"""From draft to approval (送审、审核、退回): what stands in the way, who may decide, and why."""

from __future__ import annotations

from datetime import date

import shapely
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from geo.boundaries.plans import cells, conflicts, faults, rows
from geo.boundaries.plans.faults import Fault
from geo.boundaries.plans.rows import Draft
from geo.errors import Conflict, Forbidden
from geo.store.tables import grid_plan_cell


def submit(
    db: Session, plan: int, actor: str, version: int | None = None, *, as_of: date, reason: str | None = None
) -> int:
    """Hand a draft in (送审): it must change something, stand on today's ground, and have no errors of its own.

    `reason` says why its warnings are to be accepted. Raises Conflict with the faults and their places.
    """
    draft = rows.locked(db, plan, version)
    if not db.scalar(select(func.count()).select_from(grid_plan_cell).where(grid_plan_cell.c.plan == plan)):
        raise Conflict("this plan changes nothing yet")
    refuse_conflicts(db, draft)
    warnings = [one.as_json() for one in refuse_errors(db, draft, as_of)]
    if reason == "" and warnings:
        message = f"say why {len(warnings)} warning(s) are to be accepted"
        raise Conflict(message, field="reason", extra={"faults": warnings, "reason": "reason-needed"})
    return rows.advance(db, draft, state="submitted", submitted_by=actor, remark=None, reason=reason or None)


def refuse_errors(db: Session, draft: Draft, as_of: date) -> list[Fault]:
    """Return the warnings of what a draft touches. Raises Conflict with its errors and their places."""
    found, _ = faults.of_all(db, draft, as_of)
    mine = _of_touched(db, draft, found)
    errors = [one for one in mine if one.finding.severity == "error"]
    if errors:
        told = [one.as_json() for one in errors]
        first = errors[0].finding.kind
        raise Conflict(
            f"{len(errors)} fault(s) stand in the way, the first is a {first}", extra={"faults": told}
        )
    return mine


def refuse_conflicts(db: Session, draft: Draft) -> None:
    """Raise Conflict, naming the cells, where the ground changed that the draft changes too."""
    found = conflicts.stale(db, draft)
    if found and found["conflicts"]:
        raise Conflict(
            "the ground changed since this plan was begun; take the changes in first",
            extra={"stale": True, "cells": found["conflicts"], "grids": found["conflicts"], **found},
        )


def _of_touched(db: Session, draft: Draft, found: list[Fault]) -> list[Fault]:
    """Return the faults of what the draft touches; others were there before it, and are not its to mend."""
    c = grid_plan_cell.c
    codes = set(db.scalars(select(c.code).where(c.plan == draft.id)))
    now = cells.load(db, draft, codes=sorted(codes))
    shapes = [
        *(cell.shape for cell in now.values()),
        *(cell.shape for cell in cells.published(db, draft).values()),
    ]
    tree = shapely.STRtree(shapes)
    return [
        one
        for one in found
        if codes & set(one.finding.cells)
        or (
            not one.finding.cells
            and one.finding.shape is not None
            and len(tree.query(one.finding.shape, "intersects"))
        )
    ]


def approve(db: Session, plan: int, actor: str, version: int | None = None) -> int:
    """Approve a submitted plan (审核通过); neither its author nor who submitted it may."""
    draft = rows.locked(db, plan, version, ("submitted",))
    refuse_same_person(draft, actor)
    return rows.advance(
        db, draft, state="approved", reviewed_by=actor, approved_by=actor, approved_at=func.now()
    )


def give_back(db: Session, plan: int, actor: str, remark: str, version: int | None = None) -> int:
    """Return a plan to its author with a reason (退回)."""
    draft = rows.locked(db, plan, version, ("submitted", "approved"))
    return rows.advance(
        db, draft, state="returned", reviewed_by=actor, remark=remark, approved_by=None, approved_at=None
    )


def refuse_same_person(draft: Draft, actor: str) -> None:
    """Raise Forbidden for who drew or submitted a plan: a second person decides."""
    if actor in (draft.row.author, draft.row.submitted_by):
        raise Forbidden("a second person decides: neither the author nor who submitted it")
