"""The audit (审计), for the auditor (审计员)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, time, timedelta
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query

from api.deps import Actor, AuditDb, Limit, Store, allow, parse_date
from geo.people import trail
from geo.people.trail import Wanted
from geo.settings import CHINA_TIME

router = APIRouter(prefix="/api/audit", tags=["audit"])

Text = Annotated[str | None, Query(min_length=1, max_length=100)]
"""A filter; left out, it lets everything through."""


@router.get("", dependencies=[allow("auditor")])
def list_audit(
    db: AuditDb,
    store: Store,
    actor: Actor,
    limit: Limit,
    before: Annotated[int | None, Query(ge=1, lt=2**63)] = None,
    who: Text = None,
    action: Text = None,
    success: bool | None = None,
    since: Text = None,
    until: Text = None,
) -> dict[str, object]:
    """List the audit, newest first; `since` and `until` are days in China, both included."""
    outside = trail.others(store, actor.areas)
    wanted = Wanted(actor.areas, before, limit + 1, who, action, success, others=outside)
    rows = trail.read(db, _between(wanted, since, until))
    filters = {"who": who, "action": action, "success": success, "since": since, "until": until}
    return {"rows": rows[:limit], "links": _next(rows, limit, filters)}


@router.get("/verify", dependencies=[allow("auditor")])
def verify_audit(db: AuditDb) -> dict[str, object]:
    """Follow the chain of hashes through every row, and name the first that was tampered with."""
    return trail.verify(db)


def _between(wanted: Wanted, since: str | None, until: str | None) -> Wanted:
    first = _midnight(since, "since") if since else None
    last = _midnight(until, "until") + timedelta(days=1) if until else None
    return replace(wanted, since=first, until=last)


def _midnight(day: str, field: str) -> datetime:
    return datetime.combine(parse_date(day, field), time(), CHINA_TIME)


def _next(rows: list[dict[str, object]], limit: int, filters: Mapping[str, object]) -> list[dict[str, str]]:
    if len(rows) <= limit:
        return []
    kept = {
        name: str(value).lower() if value is True or value is False else value
        for name, value in filters.items()
    }
    query = {
        "limit": limit,
        "before": rows[limit - 1]["id"],
        **{k: v for k, v in kept.items() if v is not None},
    }
    return [{"rel": "next", "href": f"/api/audit?{urlencode(query)}"}]
