"""The inbox (待办): what waits for a person, by roles and area, each with where to go."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import asdict
from datetime import date
from typing import Any, Final

from sqlalchemy import delete, func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from geo.store.sql import query
from geo.store.tables import grid_plan
from geo.store.tender_tables import inbox_read
from geo.tender.ahead import expiring, trials
from geo.tender.inbox_items import Item, Reader
from geo.tender.inbox_rounds import of_rounds
from geo.tender.inbox_words import said

__all__ = ["Reader", "inbox", "mark"]

_KEPT: Final = text("now() - interval '180 days'")
"""For so long it is known what somebody read."""


def inbox(db: Session, reader: Reader, today: date, *, ending_days: int) -> list[dict[str, Any]]:
    """Return what waits for somebody on the business date, what is due first, each with when it was marked as read."""
    items = [
        *of_rounds(db, reader, today), *_plans(db, reader), *_surveys(db, reader, today),
        *_ahead(db, reader, today, ending_days),
    ]  # fmt: skip
    own = select(inbox_read.c.key, inbox_read.c.at).where(inbox_read.c.actor == reader.name)
    marks = {row.key: row.at for row in db.execute(own)}
    return [
        {**asdict(each), "key": each.key, "read_at": marks.get(each.key)}
        for each in sorted(items, key=lambda each: (each.due is None, each.due, each.kind))
    ]


def mark(db: Session, reader: Reader, keys: Collection[str], *, read: bool) -> int:
    """Mark items as read, or as not read; returns how many marks changed. What is no item any more is forgotten."""
    mine = inbox_read.c.actor == reader.name
    db.execute(delete(inbox_read).where(mine, inbox_read.c.at < _KEPT))
    if not keys:
        return 0
    if not read:
        gone = delete(inbox_read).where(mine, inbox_read.c.key.in_(keys)).returning(inbox_read.c.key)
        return len(db.execute(gone).all())
    rows = [{"actor": reader.name, "key": key, "at": func.now()} for key in sorted(set(keys))]
    made = insert(inbox_read).values(rows).on_conflict_do_nothing().returning(inbox_read.c.key)
    return len(db.execute(made).all())


def _surveys(db: Session, reader: Reader, today: date) -> Iterator[Item]:
    """What came back and waits, and what should have come back, for those who may confirm it."""
    if not {"planner", "officer"} & set(reader.roles):
        return
    for row in db.execute(query("geo.tender", "inbox_surveys"), {"day": today}):
        words = {"name": row.title, "number": row.id}
        link = f"/surveys/{row.id}"
        if row.open:
            zh, en = said("survey_confirm", **words, count=row.open, units=row.units)
            yield Item("survey_confirm", zh, en, link, row.open, since=row.returned_at, survey=row.id)
        if row.due is not None and row.due < today and row.outstanding:
            zh, en = said("survey_overdue", **words, count=row.outstanding)
            yield Item("survey_overdue", zh, en, link, row.outstanding, due=row.due, survey=row.id)


def _plans(db: Session, reader: Reader) -> Iterator[Item]:
    mine = select(
        grid_plan.c.id, grid_plan.c.title, grid_plan.c.state, grid_plan.c.author, grid_plan.c.submitted_by,
        grid_plan.c.remark, grid_plan.c.changed_at,
    ).where(grid_plan.c.state.in_(("submitted", "approved", "returned")))  # fmt: skip
    for row in db.execute(mine.order_by(grid_plan.c.id)):
        kind = _plan_kind(row, reader)
        if kind is not None:
            zh, en = said(kind, name=row.title, remark=row.remark or "")
            yield Item(kind, zh, en, f"/plans/{row.id}", plan=row.id, since=row.changed_at)


def _plan_kind(row: Any, reader: Reader) -> str | None:
    own = reader.name in (row.author, row.submitted_by)
    if row.state == "returned":
        return "plan_returned" if own and "planner" in reader.roles else None
    if own or "reviewer" not in reader.roles:
        return None
    return "plan_approve" if row.state == "submitted" else "plan_publish"


def _ahead(db: Session, reader: Reader, today: date, days: int) -> Iterator[Item]:
    if not {"officer", "supervisor"} & set(reader.roles):
        return
    found = [each for area in reader.areas for each in expiring(db, area, today, days)["contracts"]]
    risks = [each for each in found if each["risk"]]
    if risks:
        zh, en = said("expiring", count=len(risks), days=days)
        due = date.fromisoformat(min(each["end"] for each in risks))
        yield Item("expiring", zh, en, "/rounds?tab=expiring", len(risks), due=due)
    if "officer" in reader.roles:
        due_ones = [
            each
            for area in reader.areas
            for each in trials(db, area, today)
            if each["state"] in ("due", "lapsed")
        ]
        if due_ones:
            zh, en = said("trials_due", count=len(due_ones))
            due = date.fromisoformat(min(each["end"] for each in due_ones))
            yield Item("trials_due", zh, en, "/rounds?tab=trials", len(due_ones), due=due)
