"""Loads the queries that lie as `.sql` files beside their domain module."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from sqlalchemy import TextClause, text


@cache
def query(package: str, name: str) -> TextClause:
    """Return the statement in `<package>/sql/<name>.sql`; values are always bound (`:name`), never pasted."""
    return text((files(package) / "sql" / f"{name}.sql").read_text(encoding="utf-8"))
