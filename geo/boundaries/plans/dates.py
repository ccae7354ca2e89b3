"""The days on which grids changed (变更日期): where the as-of slider stops."""

from __future__ import annotations

from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from geo.boundaries.codes import region_prefix
from geo.store.tables import grid


def change_dates(db: Session, region: str | None = None) -> list[date]:
    """Return every day on which a grid of an area began or ceased to be, as is known today, in order."""
    c = grid.c
    sides = [
        select(side(c.valid).label("day")).where(
            func.upper_inf(c.recorded), c.code.op("^@")(region_prefix(region) if region else "")
        )
        for side in (func.lower, func.upper)
    ]
    days = sides[0].union(sides[1]).subquery()
    return list(db.scalars(select(days.c.day).where(days.c.day.is_not(None)).order_by(days.c.day)))
