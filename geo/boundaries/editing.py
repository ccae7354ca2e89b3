"""Editing one community (小区): every field with source, date and who; mended (更正) or changed from a date (变更)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Row, func, select
from sqlalchemy.orm import Session

from geo.boundaries.codes import region_prefix
from geo.boundaries.layers import Moment
from geo.errors import BadInput, NotFound, Stale
from geo.store import history
from geo.store.tables import change_set, community

EDITABLE = (
    "name", "aliases", "address", "kind", "built_year", "building_count", "households", "residents", "floor_area",
    "no_managing_unit", "no_property_service", "no_security", "fee", "collection_rate",
)  # fmt: skip
"""Fields of the form. The code is for ever; boundary and neighbourhood are edited on the map."""

_META = (change_set.c.kind, change_set.c.actor, change_set.c.at, change_set.c.source, change_set.c.reason)


@dataclass(frozen=True, slots=True)
class Form:
    """A community as its form shows it: the version to edit from, its fields with their origin, its history."""

    code: str
    version: int
    fields: dict[str, dict[str, Any]]
    history: list[dict[str, Any]]


def form(db: Session, code: str, moment: Moment) -> Form:
    """Return the form of a community; raises NotFound outside the area or the date."""
    rows = _rows(db, code)
    now = _in_force(rows, moment.as_of)
    fields = {name: _origin(rows, now, name) for name in ("neighbourhood", *EDITABLE)}
    return Form(code, now.id, fields, [_step(row) for row in reversed(rows)])


def save(
    db: Session, code: str, version: int, values: Mapping[str, Any], *, as_of: date, from_date: date | None
) -> int:
    """Save fields of a community and return the new version.

    With `from_date` it is a change in the world from that day on; without, a correction of what was always so.
    Raises Stale (with the other version) when somebody saved first, BadInput on an unknown field.
    """
    unknown = sorted(set(values) - set(EDITABLE))
    if unknown:
        raise BadInput(f"not a field of a community's form: {', '.join(unknown)}", field=unknown[0])
    rows = _rows(db, code, lock=True)
    now = _in_force(rows, as_of)
    if now.id != version:
        raise Stale(
            "somebody saved this community first",
            extra={"current": {"version": now.id, "values": _plain(now), **_step(now)}},
        )
    fresh = {name: value for name, value in values.items() if getattr(now, name) != value}
    if not fresh:
        return version
    kind = "correction" if from_date is None else "change"
    by = history.open_change_set(db, kind, region_prefix(now.neighbourhood), f"community {code}")
    if from_date is None:
        history.correct(db, community, now.id, fresh, by)
    else:
        _refuse_wrong_date(now, from_date)
        history.change(db, community, [now.id], from_date, fresh, by)
    return int(_in_force(_rows(db, code), as_of if from_date is None else max(as_of, from_date)).id)


def _refuse_wrong_date(now: Row[Any], from_date: date) -> None:
    ends = now.valid.upper
    if ends is not None and from_date >= ends:
        raise BadInput(f"this version ends on {ends}; choose an earlier day", field="from_date")


def _rows(db: Session, code: str, *, lock: bool = False) -> Sequence[Row[Any]]:
    """Return every version ever known, oldest first, with the change set that brought it."""
    columns = [c for c in community.c if c.name != "geom"]
    statement = (
        select(*columns, *(c.label(f"set_{c.name}") for c in _META))
        .join(change_set, change_set.c.id == community.c.opened_by)
        .where(community.c.code == code)
        .order_by(community.c.id)
    )
    if lock:
        # One writer per community: the second waits here, then finds its version stale.
        db.execute(select(func.pg_advisory_xact_lock(func.hashtext(f"community {code}"))))
    rows = db.execute(statement).all()
    if not rows:
        raise NotFound(f"no community {code} in your area", field="code")
    return rows


def _in_force(rows: Sequence[Row[Any]], day: date) -> Any:
    for row in rows:
        if row.recorded.upper is None and day in row.valid:
            return row
    raise NotFound(f"this community is not there on {day}", field="as_of")


def _origin(rows: Sequence[Row[Any]], now: Any, name: str) -> dict[str, Any]:
    """Return a field's value and the version that first brought it: everything since then held the same value."""
    first = now
    for row in sorted((row for row in rows if row.id < now.id), key=lambda row: -row.id):
        if getattr(row, name) != getattr(now, name):
            break
        first = row
    return {
        "value": getattr(now, name),
        "source": first.set_source or first.set_kind,
        "at": first.set_at.isoformat(),
        "who": first.set_actor,
        "valid_from": first.valid.lower.isoformat() if first.valid.lower else None,
    }


def _step(row: Row[Any]) -> dict[str, Any]:
    return {
        "version": row.id,
        "kind": row.set_kind,
        "who": row.set_actor,
        "at": row.set_at.isoformat(),
        "source": row.set_source,
        "valid_from": row.valid.lower.isoformat() if row.valid.lower else None,
        "valid_to": row.valid.upper.isoformat() if row.valid.upper else None,
        "known_until": row.recorded.upper.isoformat() if row.recorded.upper else None,
        "values": _plain(row),
    }


def _plain(row: Row[Any]) -> dict[str, Any]:
    return {name: getattr(row, name) for name in EDITABLE}
