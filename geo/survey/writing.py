"""What was confirmed, into the records: many units with values of their own, in a few statements and one change set.

As `geo.boundaries.editing.save` does for one unit: the version in force changes from a date, and later versions that
hold the replaced value follow.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from psycopg2.sql import SQL, Composable, Identifier, Literal
from sqlalchemy import Table
from sqlalchemy.orm import Session

from geo.errors import BadInput, Conflict
from geo.ingest.queries import run
from geo.store.history import data_columns
from geo.store.tables import service_period
from geo.survey.fields import ASKED

Picked = Mapping[str, Mapping[str, Any]]
"""Code of a unit → field → new stored value."""

_REACHED = SQL("""
CREATE TEMP TABLE reached ON COMMIT DROP AS
WITH picked AS (SELECT key AS code, value AS fresh FROM jsonb_each(%(picked)s::jsonb)),
     now AS (SELECT c.id, c.code, p.fresh, jsonb_build_object({known}) AS known
               FROM picked p JOIN {table} c ON c.code = p.code AND upper_inf(c.recorded) AND c.valid @> %(at)s)
SELECT now.id AS row, now.fresh, true AS in_force FROM now
UNION ALL
SELECT c.id, kept.fresh, false
  FROM now JOIN {table} c ON c.code = now.code AND c.id <> now.id AND upper_inf(c.recorded) AND lower(c.valid) >= %(at)s
 CROSS JOIN LATERAL (
       SELECT jsonb_object_agg(f.key, f.value) AS fresh FROM jsonb_each(now.fresh) f
        WHERE jsonb_build_object({known}) -> f.key = now.known -> f.key) kept
 WHERE kept.fresh IS NOT NULL""")
"""The versions that change: in force on the day, and the later ones that hold what is replaced."""
_COUNT = SQL("SELECT count(*), count(*) FILTER (WHERE in_force) FROM reached")
_DROP = SQL("DROP TABLE reached")
_CLOSE = SQL("""
UPDATE {table} c SET recorded = tstzrange(lower(c.recorded), %(stamp)s), closed_by = %(by)s
  FROM reached r WHERE r.row = c.id AND upper_inf(c.recorded)""")
_KEEP = SQL("""
INSERT INTO {table} ({columns}, valid, recorded, opened_by)
SELECT {current}, daterange(lower(c.valid), %(at)s), tstzrange(%(stamp)s, NULL), %(by)s
  FROM reached r JOIN {table} c ON c.id = r.row
 WHERE r.in_force AND coalesce(lower(c.valid), '-infinity') < %(at)s""")
_OPEN = SQL("""
INSERT INTO {table} ({columns}, valid, recorded, opened_by)
SELECT {fresh}, CASE WHEN r.in_force THEN daterange(greatest(lower(c.valid), %(at)s), upper(c.valid)) ELSE c.valid END,
       tstzrange(%(stamp)s, NULL), %(by)s
  FROM reached r JOIN {table} c ON c.id = r.row CROSS JOIN LATERAL jsonb_populate_record(c, r.fresh) f""")
_TOLD = ("source_crs", "written")


def change_units(db: Session, table: Table, picked: Picked, at: date, stamp: datetime, by: int) -> None:
    """Change fields of many units from a date on. Raises BadInput where one is not there on it, Conflict in a race."""
    names = [name for name in ASKED if name in table.c]
    known = SQL(", ").join(SQL("{}, c.{}").format(Literal(name), Identifier(name)) for name in names)
    columns = [column.name for column in data_columns(table)]
    shared = {"table": Identifier(table.name), "columns": _listed([*columns, *_told(table)])}
    values = {"at": at, "stamp": stamp, "by": by}
    run(db, _REACHED.format(table=shared["table"], known=known), at=at, picked=json.dumps(picked))
    reached, in_force = tuple(run(db, _COUNT).one())
    if in_force != len(picked):
        raise BadInput(f"{len(picked) - in_force} of the units are not there on {at}", field="from_date")
    if run(db, _CLOSE.format(table=shared["table"]), **values).rowcount != reached:
        raise Conflict("somebody else changed the same units at this moment; look at the difference again")
    run(db, _KEEP.format(**shared, current=_each("c", [*columns, *_told(table)])), **values)
    run(db, _OPEN.format(**shared, fresh=_fresh(table, columns)), **values)
    run(db, _DROP)


def _told(table: Table) -> list[str]:
    return [name for name in _TOLD if name in table.c]


def _listed(names: list[str]) -> Composable:
    return SQL(", ").join(Identifier(name) for name in names)


def _each(alias: str, names: list[str]) -> Composable:
    return SQL(", ").join(SQL("{}.{}").format(Identifier(alias), Identifier(name)) for name in names)


def _fresh(table: Table, columns: list[str]) -> Composable:
    """The new values; what a file once wrote of a value that is replaced goes with it."""
    told = {
        "source_crs": SQL("c.source_crs"),
        "written": SQL("nullif(c.written - ARRAY(SELECT jsonb_object_keys(r.fresh)), '{{}}')").format(),
    }
    return SQL(", ").join([_each("f", columns), *(told[name] for name in _told(table))])


_MODES = SQL("""
CREATE TEMP TABLE moded ON COMMIT DROP AS
SELECT p.key AS unit, p.value #>> '{{}}' AS mode, c.id AS current,
       CASE substr(p.key, 13, 1) WHEN 'S' THEN 'building_group' ELSE 'community' END AS unit_kind,
       (SELECT min(lower(n.valid)) FROM service_period n
         WHERE n.unit = p.key AND upper_inf(n.recorded) AND lower(n.valid) > %(at)s) AS next
  FROM jsonb_each(%(picked)s::jsonb) p
  LEFT JOIN service_period c ON c.unit = p.key AND upper_inf(c.recorded) AND c.valid @> %(at)s""").format()
_CLOSE_MODES = SQL("""
UPDATE service_period c SET recorded = tstzrange(lower(c.recorded), %(stamp)s), closed_by = %(by)s
  FROM moded m WHERE m.current = c.id AND upper_inf(c.recorded)""")
_KEEP_MODES = SQL("""
INSERT INTO service_period ({columns}, valid, recorded, opened_by)
SELECT {current}, daterange(lower(c.valid), %(at)s), tstzrange(%(stamp)s, NULL), %(by)s
  FROM moded m JOIN service_period c ON c.id = m.current
 WHERE coalesce(lower(c.valid), '-infinity') < %(at)s""")
_OPEN_MODES = SQL("""
INSERT INTO service_period (unit_kind, unit, mode, note, valid, recorded, opened_by)
SELECT m.unit_kind, m.unit, m.mode, %(note)s, daterange(%(at)s, m.next), tstzrange(%(stamp)s, NULL), %(by)s
  FROM moded m""")
_STILL = SQL("SELECT count(current) FROM moded")
_BEGUN = SQL("SELECT unit, next FROM moded WHERE next <= %(until)s ORDER BY unit LIMIT 1")


_CUT = SQL("""
SELECT c.unit, coalesce(u.name, '') AS name, coalesce(f.name, c.firm) AS firm, lower(c.valid) AS begins,
       upper(c.valid) AS ends
  FROM service_period c
  LEFT JOIN LATERAL (SELECT n.name FROM community n WHERE n.code = c.unit AND upper_inf(n.recorded)
                     UNION ALL
                     SELECT n.name FROM building_group n WHERE n.code = c.unit AND upper_inf(n.recorded)
                      LIMIT 1) u ON true
  LEFT JOIN LATERAL (SELECT n.name FROM firm n WHERE n.code = c.firm AND upper_inf(n.recorded)
                      ORDER BY lower(n.valid) DESC NULLS LAST LIMIT 1) f ON true
 WHERE c.unit = ANY (%(units)s) AND upper_inf(c.recorded) AND c.valid @> %(at)s AND c.firm IS NOT NULL
 ORDER BY c.unit""")


def contracts_cut(db: Session, units: Sequence[str], at: date) -> list[dict[str, Any]]:
    """Return the contracts that a new mode of these units would end on a day, each with its unit, firm and days."""
    return [dict(row._mapping) for row in run(db, _CUT, units=list(units), at=at)]


def change_modes(
    db: Session, picked: Mapping[str, str], at: date, stamp: datetime, by: int, note: str, *, until: date
) -> None:
    """Note how units are served from a date on, up to the next period that is known: the firm of before is not assumed.

    Raises BadInput where another period begins between the date and the day whose values were shown (`until`), Conflict
    in a race.
    """
    columns = [column.name for column in data_columns(service_period)]
    names = [*columns, *_told(service_period)]
    values = {"at": at, "stamp": stamp, "by": by}
    run(db, _MODES, at=at, picked=json.dumps(dict(picked)))
    begun = tuple(run(db, _BEGUN, until=until).first() or ())
    if begun:
        raise BadInput(
            f"the service of {begun[0]} as shown begins on {begun[1]}: choose no earlier day",
            field="from_date",
        )
    if run(db, _CLOSE_MODES, **values).rowcount != run(db, _STILL).scalar_one():
        raise Conflict("somebody else changed the same services at this moment; look at the difference again")
    run(db, _KEEP_MODES.format(columns=_listed(names), current=_each("c", names)), **values)
    run(db, _OPEN_MODES, **values, note=note)
