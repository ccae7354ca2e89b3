"""Comments on a plan (批注): who said what, of which cell or place. They are never rewritten."""

from __future__ import annotations

from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from geo.boundaries.plans import rows
from geo.store.tables import grid_plan_comment

Place = tuple[float, float]


def listed(db: Session, plan: int) -> list[dict[str, Any]]:
    """Return the comments of a plan, oldest first. Raises NotFound for a plan of another area."""
    rows.read(db, plan)
    c = grid_plan_comment.c
    return [_told(row) for row in db.execute(select(grid_plan_comment).where(c.plan == plan).order_by(c.id))]


def say(
    db: Session, plan: int, words: str, *, cell: str | None = None, place: Place | None = None
) -> dict[str, Any]:
    """Add a comment; it changes no version, so nobody who draws is held up. Raises NotFound."""
    rows.read(db, plan)
    lon, lat = place or (None, None)
    values = {"plan": plan, "text": words, "cell": cell, "lon": lon, "lat": lat}
    return _told(db.execute(insert(grid_plan_comment).values(**values).returning(grid_plan_comment)).one())


def _told(row: Any) -> dict[str, Any]:
    return {
        "id": row.id, "at": row.at.isoformat(), "author": row.actor, "author_name": row.actor, "text": row.text,
        "cell": row.cell, "place": None if row.lon is None else [row.lon, row.lat],
    }  # fmt: skip
