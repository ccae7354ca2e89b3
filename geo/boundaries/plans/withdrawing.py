"""Withdrawing a published plan before its day (撤回): what it closed is open again, what it opened never held."""

from __future__ import annotations

from datetime import date

from sqlalchemy import Table, func, select, text
from sqlalchemy.orm import Session

from geo.boundaries.plans import rows
from geo.boundaries.plans.publishing import one_at_a_time
from geo.boundaries.plans.review import refuse_same_person
from geo.boundaries.plans.rows import Draft
from geo.errors import Conflict
from geo.store import history
from geo.store.tables import HISTORY

_RETIRE = text("SELECT retire_codes(:kind, :codes, :day)")
_UNRETIRE = text("SELECT unretire_codes(:kind, :codes, :day)")
_RECODED = ("building_group", "building")
"""What may go on under another code with its community or group; a code is of one of them, by its digits."""


def withdraw(db: Session, plan: int, actor: str, *, today: date, version: int | None = None) -> int:
    """Take a publication back whose day has not come; neither its author nor who submitted it may. Returns the version.

    The codes that it gave are retired with it. Raises Conflict, naming the codes, where something was built on it.
    """
    draft = rows.locked(db, plan, version, ("published",))
    refuse_same_person(draft, actor)
    if draft.row.valid_from <= today:
        raise Conflict(f"the plan holds since {draft.row.valid_from}: what has been cannot be withdrawn")
    one_at_a_time(db, draft)
    made = int(draft.row.published_in)
    _refuse_built_on(db, made)
    by = history.open_change_set(db, "undo", draft.prefix, f"grid plan {plan}", reason=draft.row.title)
    given, taken = _codes(draft)
    day = draft.row.valid_from
    for kind, codes in taken.items():
        db.execute(_UNRETIRE, {"kind": kind, "codes": codes, "day": day})
    for table in HISTORY.values():
        history.close_known(db, table, _opened(db, table, made), by)
    for table in HISTORY.values():
        closed = list(db.scalars(select(table.c.id).where(table.c.closed_by == made)))
        if closed:
            history.repeat(db, table, closed, by, {}, table.c.valid)
    for kind, codes in given.items():
        db.execute(_RETIRE, {"kind": kind, "codes": codes, "day": day})
    return rows.advance(db, draft, state="withdrawn", reviewed_by=actor)


def _codes(draft: Draft) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """Return the codes that a publication gave and those that it took, by kind: of cells, and of what hangs on them."""
    outcome, own = draft.row.outcome, draft.layer.table.name
    recoded = outcome.get("recoded", {})
    given = {name: list(recoded.values()) for name in _RECODED} if recoded else {}
    taken = {name: list(recoded) for name in _RECODED} if recoded else {}
    given[own] = [*given.get(own, ()), *outcome["opened"]]
    taken[own] = [*taken.get(own, ()), *outcome["ended"]]
    return given, taken


def _opened(db: Session, table: Table, by: int) -> list[int]:
    return list(db.scalars(select(table.c.id).where(table.c.opened_by == by)))


def _refuse_built_on(db: Session, made: int) -> None:
    """Raise Conflict where a row that the publication opened was closed since: somebody went on from there."""
    for table in HISTORY.values():
        if "code" not in table.c:
            continue
        later = select(table.c.code).where(table.c.opened_by == made, ~func.upper_inf(table.c.recorded))
        codes = sorted(set(db.scalars(later)))
        if codes:
            raise Conflict("something was built on this plan; take that back first", extra={"cells": codes})
