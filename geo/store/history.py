"""Writing on two clocks: a correction closes what was known, a change closes what was true. Nothing is overwritten."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import (
    ARRAY,
    Column,
    ColumnElement,
    Date,
    Table,
    Text,
    and_,
    bindparam,
    cast,
    func,
    insert,
    literal,
    null,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import DATERANGE, JSONB
from sqlalchemy.orm import Session

from geo.store.tables import change_set

_CLOCKS = {"id", "valid", "recorded", "opened_by", "closed_by"}
_TOLD = {"source_row", "source_crs", "written"}
"""What the file wrote: no fact of the world. It goes with the values that it is about."""


def data_columns(table: Table) -> list[Column[Any]]:
    """Return the columns of a history table that hold facts: no clocks, no generated columns."""
    return [c for c in table.columns if c.name not in _CLOCKS | _TOLD and c.computed is None]


def open_change_set(db: Session, kind: str, area: str, subject: str, **more: str | None) -> int:
    """Start a change set in the present scope and return its id; the database audits it by itself."""
    row = insert(change_set).values(kind=kind, area=area, subject=subject, **more)
    return int(db.execute(row.returning(change_set.c.id)).scalar_one())


def holds_on(table: Table, day: date) -> ColumnElement[bool]:
    """Return the condition that a row is known today and true on a day."""
    return and_(func.upper_inf(table.c.recorded), table.c.valid.op("@>")(literal(day, Date)))


def close_known(db: Session, table: Table, ids: Sequence[int], by: int) -> None:
    """End the knowledge clock of rows now: they stay readable with `known_at` before this moment."""
    db.execute(
        update(table)
        .where(table.c.id.in_(bindparam("ids", expanding=True)), func.upper_inf(table.c.recorded))
        .values(recorded=func.tstzrange(func.lower(table.c.recorded), func.now()), closed_by=by),
        {"ids": list(ids)},
    )


def correct(db: Session, table: Table, row_id: int, values: Mapping[str, Any], by: int) -> None:
    """Mend a mistake (更正): the row is known no more, a mended one takes its place for the same time in the world."""
    close_known(db, table, [row_id], by)
    _copy(db, table, [row_id], by, values, valid=table.c.valid)


def change(
    db: Session, table: Table, ids: Sequence[int], from_date: date, values: Mapping[str, Any], by: int
) -> None:
    """Note a change in the world (变更): the old values hold up to `from_date`, the new ones from it on.

    Where a row begins on or after `from_date` the new values take its whole time.
    """
    close_known(db, table, ids, by)
    begins = func.lower(table.c.valid)
    earlier = or_(begins.is_(None), begins < from_date)
    _copy(db, table, ids, by, {}, valid=func.daterange(begins, from_date), where=earlier)
    later = func.daterange(func.greatest(begins, from_date), func.upper(table.c.valid))
    _copy(db, table, ids, by, values, valid=later)


def end(db: Session, table: Table, ids: Sequence[int], on_date: date, by: int) -> None:
    """Note that things ceased to be on a date: what was true before it stays true."""
    close_known(db, table, ids, by)
    begins = func.lower(table.c.valid)
    earlier = or_(begins.is_(None), begins < on_date)
    _copy(db, table, ids, by, {}, valid=func.daterange(begins, on_date), where=earlier)


def cut(db: Session, table: Table, ids: Sequence[int], from_date: date, by: int) -> None:
    """End rows in the world: what they say held up to `from_date`, and nothing of it from then on."""
    close_known(db, table, ids, by)
    begins = func.lower(table.c.valid)
    earlier = or_(begins.is_(None), begins < from_date)
    _copy(db, table, ids, by, {}, valid=func.daterange(begins, from_date), where=earlier)


def repeat(
    db: Session, table: Table, ids: Sequence[int], by: int, values: Mapping[str, Any], valid: Any
) -> None:
    """Note of something else what rows say: copies with other values (its code among them) and their own time."""
    _copy(db, table, ids, by, values, valid=valid)


def _copy(
    db: Session,
    table: Table,
    ids: Sequence[int],
    by: int,
    values: Mapping[str, Any],
    *,
    valid: Any,
    where: Any = None,
) -> None:
    """Insert copies of rows with some values replaced and another time in the world."""
    columns = data_columns(table)
    source = [literal(values[c.name], c.type).label(c.name) if c.name in values else c for c in columns]
    told = _still_told(table, values)
    rows = select(*source, *told.values(), cast(valid, DATERANGE), literal(by)).where(
        table.c.id.in_(bindparam("ids", expanding=True))
    )
    if where is not None:
        rows = rows.where(where)
    names = [*(c.name for c in columns), *told, "valid", "opened_by"]
    db.execute(insert(table).from_select(names, rows), {"ids": list(ids)})


def _still_told(table: Table, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a copy keeps of what the file wrote: nothing about a value that is replaced."""
    crs = null() if "geom" in values else table.c.source_crs
    rest = table.c.written.op("-")(literal(sorted(values), ARRAY(Text))) if values else table.c.written
    return {"source_crs": crs, "written": func.nullif(rest, literal({}, JSONB))}
