"""What was imported (导入记录): change sets of the area, each with the report of the job that made it, if one did."""

from __future__ import annotations

from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from geo.errors import NotFound
from geo.jobs import find_import
from geo.store.engine import Scope

# A change set of a larger area can be read from inside it, as the source of what it brought; it is not listed there.
_LIST = text("""
SELECT id, kind, actor, at, area, subject, source, source_crs, source_sha256, undone_by FROM change_set
 WHERE kind IN ('import', 'undo') AND subject !~ '^survey ' AND id < :before AND area ^@ ANY (scope_areas())
 ORDER BY id DESC LIMIT :limit""")
_ONE = text("""
SELECT id, kind, actor, at, area, subject, source, source_crs, source_sha256, undone_by FROM change_set
 WHERE kind IN ('import', 'undo') AND id = :id AND area ^@ ANY (scope_areas())""")
_NEWEST = 2**62


def list_imports(session: Session, limit: int = 100, before: int | None = None) -> list[dict[str, Any]]:
    """Return imports and their undoing, newest first, below the number `before`."""
    rows = session.execute(_LIST, {"limit": limit, "before": before or _NEWEST})
    return [dict(row._mapping) for row in rows]


def read_import(session: Session, scope: Scope, number: int) -> dict[str, Any]:
    """Return one import with its report (None for one made on the command line). Raises NotFound."""
    row = session.execute(_ONE, {"id": number}).one_or_none()
    if row is None:
        raise NotFound("no such import in your area")
    job = find_import(session, scope, number, row.at)
    return {**dict(row._mapping), "report": None if job is None else job.result}
