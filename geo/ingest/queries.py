"""The statements of an import: staging, deciding row by row in sets, closing and opening history.

Identifiers come from `geo.ingest.fields` only (a whitelist) and are quoted by psycopg2.sql; values are bound.
Parameters: `at` (the date from which a change holds), `start` (the date from which something new is valid, or NULL),
`stamp` (the moment of knowledge, read after the lock so that it lies behind every committed row), `change_set`, `crs`
(the system that the file's shapes came in), `fields` (those that the file carries, as `written` names them), `after`
and `until` (the places, by code, of the rows that one statement opens).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from psycopg2.sql import SQL, Composable, Identifier, Literal
from sqlalchemy import CursorResult
from sqlalchemy.orm import Session


def as_text(session: Session, statement: Composable) -> str:
    """Return a composed statement as text, its identifiers quoted for the session's connection."""
    driver: Any = session.connection().connection.driver_connection
    return str(statement.as_string(driver))


def run(session: Session, statement: Composable, **values: Any) -> CursorResult[Any]:
    """Execute a composed statement through the session, so that its errors are translated like any other's."""
    return session.connection().exec_driver_sql(as_text(session, statement), values)


STAGE = SQL("""
CREATE TEMP TABLE incoming ON COMMIT DROP AS
SELECT 0::bigint AS source_row, '{{}}'::text[] AS kept, NULL::jsonb AS written, {columns} FROM {table} WITH NO DATA""")

COPY = SQL("COPY incoming (source_row, kept, written, {columns}) FROM STDIN")

_DECIDE = SQL("""
CREATE TEMP TABLE decided ON COMMIT DROP AS
SELECT row_number() OVER (ORDER BY i.code) AS place, i.source_row, c.id AS current,
       CASE WHEN c.id IS NULL AND NOT EXISTS (
                 SELECT 1 FROM {table} k WHERE k.code = i.code AND upper_inf(k.recorded)) THEN 'new'
            WHEN c.id IS NULL THEN 'changed'
            WHEN ROW({merged}) IS DISTINCT FROM ROW({current}) THEN 'changed'
            ELSE 'unchanged' END AS fate,
       CASE WHEN lower(c.valid) IS NULL OR lower(c.valid) < %(at)s
            THEN daterange(lower(c.valid), %(at)s) END AS old_valid,
       CASE WHEN c.id IS NOT NULL THEN daterange(%(at)s, upper(c.valid))
            WHEN n.first IS NULL AND n.known IS NULL THEN daterange(%(start)s, NULL)
            ELSE daterange(%(at)s, n.first) END AS new_valid
  FROM incoming i
  LEFT JOIN {table} c ON c.code = i.code AND upper_inf(c.recorded) AND c.valid @> %(at)s
  LEFT JOIN LATERAL (
       SELECT min(lower(k.valid)) FILTER (WHERE lower(k.valid) > %(at)s) AS first, min(k.id) AS known
         FROM {table} k WHERE c.id IS NULL AND k.code = i.code AND upper_inf(k.recorded)) n ON true""")
"""Rows with a code: new, changed from a date, or unchanged; a code that is known only for other dates fills the gap."""

_DECIDE_PERIOD = SQL("""
CREATE TEMP TABLE decided ON COMMIT DROP AS
SELECT row_number() OVER (ORDER BY i.unit) AS place, i.source_row, c.id AS current,
       CASE WHEN c.id IS NULL THEN 'new'
            WHEN ROW({merged}, i.valid) IS DISTINCT FROM ROW({current}, c.valid) THEN 'changed'
            ELSE 'unchanged' END AS fate,
       NULL::daterange AS old_valid, i.valid AS new_valid
  FROM incoming i
  LEFT JOIN {table} c ON c.unit = i.unit AND upper_inf(c.recorded) AND lower(c.valid) = lower(i.valid)""")
"""A service period has no code: its unit and first day are its key, and another content replaces it."""

COUNT = SQL("SELECT fate, count(*) FROM decided GROUP BY fate")

TO_CLOSE = SQL("SELECT count(*) FROM decided WHERE fate = 'changed' AND current IS NOT NULL")

LOCK = SQL("SELECT pg_advisory_xact_lock(hashtext('wangge.import:' || %(city)s))")
STAMP = SQL("SELECT clock_timestamp()")

OPEN_CHANGE_SET = SQL("""
INSERT INTO change_set (kind, area, subject, source, source_crs, source_sha256)
VALUES (%(kind)s, %(area)s, %(subject)s, %(source)s, %(source_crs)s, %(sha256)s) RETURNING id""")

_CLOSE = SQL("""
UPDATE {table} c SET recorded = tstzrange(lower(c.recorded), %(stamp)s), closed_by = %(change_set)s
  FROM decided d WHERE d.current = c.id AND d.fate = 'changed' AND upper_inf(c.recorded)""")

_KEEP_OLD = SQL("""
INSERT INTO {table} ({columns}, source_crs, written, valid, recorded, opened_by)
SELECT {current}, c.source_crs, c.written, d.old_valid, tstzrange(%(stamp)s, NULL), %(change_set)s
  FROM decided d JOIN {table} c ON c.id = d.current
 WHERE d.fate = 'changed' AND d.old_valid IS NOT NULL""")

_OPEN = SQL("""
INSERT INTO {table} ({columns}, source_row, source_crs, written, valid, recorded, opened_by)
SELECT {merged}, i.source_row, {crs}, CASE WHEN c.written IS NULL THEN i.written ELSE
       nullif((c.written - %(fields)s::text[]) || coalesce(i.written, '{{}}'), '{{}}') END,
       d.new_valid, tstzrange(%(stamp)s, NULL), %(change_set)s
  FROM decided d JOIN incoming i USING (source_row) LEFT JOIN {table} c ON c.id = d.current
 WHERE d.fate <> 'unchanged' AND d.place > %(after)s AND d.place <= %(until)s ORDER BY d.place""")
"""Some rows at a time, by code: what belongs together lies together, and the indexes grow where they grew last."""

_CRS = (SQL("c.source_crs"), SQL("CASE WHEN i.geom IS NULL THEN c.source_crs ELSE %(crs)s END"))
"""The system of a row's shape, which is the known one or the file's: without and with shapes in the file."""

_SHAPE = SQL("""
       CASE WHEN c.geom IS NULL THEN i.geom
            WHEN i.geom IS NULL OR i.geom = c.geom OR ST_SnapToGrid(i.geom, 1e-9) = ST_SnapToGrid(c.geom, 1e-9)
              OR (ST_NPoints(i.geom) = ST_NPoints(c.geom) AND NOT EXISTS (
                  SELECT FROM ST_DumpPoints(i.geom) a FULL JOIN ST_DumpPoints(c.geom) b USING (path)
                   WHERE ST_DWithin(a.geom, b.geom, 1e-9) IS NOT TRUE)) THEN c.geom
            ELSE i.geom END""")
"""The known shape where the file's is no other: a way to another system and back, or fifteen figures, move a corner by
some 1e-13 degrees, and a table with one edited row would be all changes. 1e-9 degrees are a tenth of a millimetre. The
grid answers most at once; only corners beside one of its edges are held against each other one by one."""

_DEFAULTS: dict[str, Composable] = {"team": SQL("'{{}}'::jsonb").format(), "aliases": SQL("'{{}}'::text[]").format(),
                                    "came_from": SQL("'{{}}'::text[]").format()}  # fmt: skip


class Statements:
    """The statements for one table: `columns` are all of its value columns, `given` those that the file carries."""

    def __init__(self, table: str, columns: Sequence[str], given: Sequence[str]) -> None:
        self._table = Identifier(table)
        self._columns = list(columns)
        self._given = list(given)
        self._period = table == "service_period"

    def _names(self, names: Sequence[str]) -> Composable:
        return SQL(", ").join(Identifier(name) for name in names)

    def _current(self) -> Composable:
        return SQL(", ").join(SQL("c.{}").format(Identifier(name)) for name in self._columns)

    def _merged(self) -> Composable:
        """Each column's value after the import: the file's, or the known one where the file has no say."""
        return SQL(", ").join(self._value(name) for name in self._columns)

    def _value(self, name: str) -> Composable:
        column, default = Identifier(name), _DEFAULTS.get(name)
        if name not in self._given:
            return (
                SQL("coalesce(c.{}, {})").format(column, default) if default else SQL("c.{}").format(column)
            )
        if name == "geom":
            return _SHAPE
        choice = SQL("CASE WHEN {0} = ANY (i.kept) THEN c.{1} ELSE i.{1} END").format(Literal(name), column)
        return SQL("coalesce({}, {})").format(choice, default) if default else choice

    def stage(self) -> Composable:
        """Make the empty staging table: COPY is not allowed on a table under row-level security."""
        return STAGE.format(columns=self._names(self._staged()), table=self._table)

    def copy(self) -> Composable:
        """Fill the staging table from the text of COPY."""
        return COPY.format(columns=self._names(self._staged()))

    def _staged(self) -> list[str]:
        return [*self._given, *(["valid"] if self._period else [])]

    def decide(self) -> Composable:
        """Decide every staged row's fate."""
        template = _DECIDE_PERIOD if self._period else _DECIDE
        return template.format(table=self._table, merged=self._merged(), current=self._current())

    def write(self) -> list[Composable]:
        """Close what changes, keep its past, open what is new: in this order."""
        shared = {"table": self._table, "columns": self._names(self._columns)}
        return [
            _CLOSE.format(table=self._table),
            _KEEP_OLD.format(**shared, current=self._current()),
            _OPEN.format(**shared, merged=self._merged(), crs=_CRS[self._given.count("geom")]),
        ]
