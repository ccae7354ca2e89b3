"""Editing one community (小区) or stand-alone building (单体楼): every field with source, date and who.

A save mends (更正) what was always so, or changes (变更) what is so from a date on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, Table, func, select
from sqlalchemy.orm import Session

from geo.boundaries.codes import region_prefix
from geo.boundaries.layers import Moment
from geo.errors import BadInput, NotFound, Stale
from geo.store import history
from geo.store.tables import building_group, change_set, community

EDITABLE = (
    "name", "aliases", "address", "kind", "built_year", "building_count", "households", "residents", "floor_area",
    "no_managing_unit", "no_property_service", "no_security", "fee", "collection_rate", "willing", "anchor", "vote",
)  # fmt: skip
"""Fields of the form. The code is for ever; boundary and neighbourhood are edited on the map."""


def _table(code: str) -> Table:
    """The table of a unit: the letter of its code says which."""
    return building_group if code[12:13] == "S" else community


def _editable(code: str) -> tuple[str, ...]:
    return tuple(name for name in EDITABLE if name in _table(code).c)


_META = (change_set.c.kind, change_set.c.actor, change_set.c.at, change_set.c.source, change_set.c.reason)


@dataclass(frozen=True, slots=True)
class Form:
    """A community as its form shows it: the version to edit from, its fields with their origin, its history.

    `source_crs` is the system that its shape came in, and how it was known; None where it came of no file.
    """

    code: str
    version: int
    fields: dict[str, dict[str, Any]]
    history: list[dict[str, Any]]
    source_crs: str | None = None


def form(db: Session, code: str, moment: Moment) -> Form:
    """Return the form of a unit; raises NotFound outside the area or the date."""
    rows = [
        row for row in _rows(db, code) if moment.known_at is None or row.recorded.lower <= moment.known_at
    ]
    now = _in_force(rows, moment.as_of, moment.known_at)
    fields = {name: _origin(rows, now, name) for name in ("neighbourhood", *_editable(code))}
    return Form(code, now.id, fields, [_step(row) for row in reversed(rows)], now.source_crs)


def save(
    db: Session, code: str, version: int, values: Mapping[str, Any], *, as_of: date, from_date: date | None
) -> int:
    """Save fields of a unit and return the new version.

    With `from_date` it is a change in the world from that day on; without, a correction of what was always so: both
    reach every version, earlier or scheduled, that holds the replaced value.
    Raises Stale (with the other version) when somebody saved first, BadInput on an unknown field.
    """
    table = _table(code)
    unknown = sorted(set(values) - set(_editable(code)))
    if unknown:
        raise BadInput(f"not a field of its form: {', '.join(unknown)}", field=unknown[0])
    rows = _rows(db, code, lock=True)
    now = _in_force(rows, as_of)
    if now.id != version:
        raise Stale(
            "somebody saved this unit first",
            extra={"current": {"version": now.id, "values": _plain(now), **_step(now)}},
        )
    fresh = {name: value for name, value in values.items() if getattr(now, name) != value}
    if not fresh:
        return version
    kind = "correction" if from_date is None else "change"
    by = history.open_change_set(db, kind, region_prefix(now.neighbourhood), f"{table.name} {code}")
    if from_date is not None:
        _refuse_wrong_date(now, from_date)
        history.change(db, table, [now.id], from_date, fresh, by)
    for row, values_there in _others(rows, now, fresh, from_date):
        history.correct(db, table, row.id, values_there, by)
    return int(_in_force(_rows(db, code), as_of).id)


def _others(
    rows: Sequence[Row[Any]], now: Any, fresh: Mapping[str, Any], from_date: date | None
) -> list[tuple[Row[Any], dict[str, Any]]]:
    """Return the versions that a save reaches beside a change's own: what was replaced is replaced wherever it stands.

    A correction mends every version that holds the wrong value; a change goes on into the later versions that do.
    """
    reached = []
    for row in rows:
        later = (
            from_date is not None and row.id != now.id and row.valid.lower and row.valid.lower >= from_date
        )
        if row.recorded.upper is None and (from_date is None or later):
            there = {name: value for name, value in fresh.items() if getattr(row, name) == getattr(now, name)}
            reached += [(row, there)] if there else []
    return reached


def _refuse_wrong_date(now: Row[Any], from_date: date) -> None:
    begins, ends = now.valid.lower, now.valid.upper
    if ends is not None and from_date >= ends:
        raise BadInput(f"this version ends on {ends}; choose an earlier day", field="from_date")
    if begins is not None and from_date < begins:
        raise BadInput(f"this version begins on {begins}; choose a later day", field="from_date")


def _rows(db: Session, code: str, *, lock: bool = False) -> Sequence[Row[Any]]:
    """Return every version ever known, oldest first, with the change set that brought it."""
    table = _table(code)
    columns = [c for c in table.c if c.name != "geom"]
    statement = (
        select(*columns, *(c.label(f"set_{c.name}") for c in _META))
        .join(change_set, change_set.c.id == table.c.opened_by)
        .where(table.c.code == code)
        .order_by(table.c.id)
    )
    if lock:
        # One writer per unit: the second waits here, then finds its version stale.
        db.execute(select(func.pg_advisory_xact_lock(func.hashtext(f"{table.name} {code}"))))
    rows = db.execute(statement).all()
    if not rows:
        raise NotFound(f"no {table.name.replace('_', ' ')} {code} in your area", field="code")
    return rows


def _in_force(rows: Sequence[Row[Any]], day: date, known_at: datetime | None = None) -> Any:
    for row in rows:
        known = row.recorded.upper is None if known_at is None else known_at in row.recorded
        if known and day in row.valid:
            return row
    raise NotFound(f"this unit is not there on {day}", field="as_of")


def _origin(rows: Sequence[Row[Any]], now: Any, name: str) -> dict[str, Any]:
    """Return a field's value and the version that first brought it: everything since then held the same value.

    `row` is the row of the file that it came in; `written` what stands there, where the value is not plainly that.
    """
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
        "row": first.source_row,
        "written": (now.written or {}).get(name),
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
    return {name: getattr(row, name) for name in EDITABLE if hasattr(row, name)}
