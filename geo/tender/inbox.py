"""The inbox (待办): what waits for a person, by roles and area, each with where to go."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from geo.store.tables import grid_plan
from geo.tender.ahead import expiring, trials
from geo.tender.inbox_items import Item, Reader
from geo.tender.inbox_rounds import of_rounds
from geo.tender.inbox_words import said

__all__ = ["Reader", "inbox"]


def inbox(db: Session, reader: Reader, today: date, *, ending_days: int) -> list[dict[str, Any]]:
    """Return what waits for somebody on the business date, what is due first."""
    items = [*of_rounds(db, reader, today), *_plans(db, reader), *_ahead(db, reader, today, ending_days)]
    return [asdict(each) for each in sorted(items, key=lambda each: (each.due is None, each.due, each.kind))]


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
