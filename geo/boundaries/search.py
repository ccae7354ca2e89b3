"""Finding a place by name, alias or code (查询)."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from geo.store.sql import query


def search(db: Session, words: str, as_of: date, limit: int = 20) -> list[dict[str, Any]]:
    """Return up to `limit` regions, grids, communities and stand-alone buildings: exact hits first, each boxed."""
    if not words.strip():
        return []
    values = {"words": words.strip(), "as_of": as_of, "limit": limit}
    found: list[dict[str, Any]] = db.execute(query("geo.boundaries", "search"), values).scalar_one()
    return found
