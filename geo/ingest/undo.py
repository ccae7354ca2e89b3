"""Undo of a whole import (撤销导入): possible while nothing was built on it, refused by name otherwise."""

from __future__ import annotations

from typing import Any

from psycopg2.sql import SQL, Composable, Identifier
from sqlalchemy import text
from sqlalchemy.orm import Session

from geo.errors import Conflict, NotFound
from geo.ingest import queries, undo_words
from geo.ingest.fields import KINDS
from geo.ingest.matching.learning import forget
from geo.store.engine import Scope, Store
from geo.store.tables import HISTORY

_FIND = text(
    "SELECT id, kind, area, subject, source, undone_by FROM change_set WHERE id = :change_set FOR UPDATE"
)

# What may refer to a code of each table: (table, column).
_CHILDREN: dict[str, tuple[tuple[str, str], ...]] = {
    "region": (("region", "parent"), ("grid", "neighbourhood"), ("community", "neighbourhood"),
               ("building_group", "neighbourhood"), ("firm", "region")),
    "grid": (("branch", "grid"),),
    "community": (("building_group", "community"), ("building", "community"), ("branch", "community"),
                  ("service_period", "unit"), ("package_unit", "unit")),
    "building_group": (("building", "building_group"), ("service_period", "unit"), ("package_unit", "unit")),
    "firm": (("service_period", "firm"),),
}  # fmt: skip

_MINE = SQL("""
CREATE TEMP TABLE mine ON COMMIT DROP AS
WITH RECURSIVE mine AS (
    SELECT id, {key} AS code, valid, closed_by FROM {table} WHERE opened_by = %(change_set)s
    UNION
    SELECT again.id, again.{key}, again.valid, again.closed_by
      FROM mine
      JOIN change_set gone ON gone.id = mine.closed_by AND gone.undone_by IS NOT NULL
      JOIN {table} again ON again.opened_by = gone.undone_by AND again.{key} = mine.code AND again.valid = mine.valid)
SELECT mine.id, mine.code, mine.closed_by,
       EXISTS (SELECT 1 FROM change_set gone WHERE gone.id = mine.closed_by AND gone.undone_by IS NOT NULL) AS came_back
  FROM mine""")
"""What the import opened, and what the undoing of later imports opened again of it: the same code and dates."""
_READY = SQL("ANALYZE mine")
_DONE = SQL("DROP TABLE mine")
_LATER = SQL("""
SELECT mine.code, mine.closed_by AS change_set, row.source_row FROM mine JOIN {table} row ON row.id = mine.id
 WHERE mine.closed_by IS NOT NULL AND NOT mine.came_back ORDER BY mine.id LIMIT 5""")
_BESIDE = SQL("""
SELECT DISTINCT ON (again.id) again.{key} AS code, kept.opened_by AS change_set, kept.source_row
  FROM {table} again
  JOIN {table} kept ON kept.{key} = again.{key} AND kept.valid && again.valid AND upper_inf(kept.recorded)
 WHERE again.closed_by = %(change_set)s AND kept.id NOT IN (SELECT id FROM mine)
 ORDER BY again.id, kept.id LIMIT 5""")
"""What the import replaced, and would be known again beside what somebody wrote of the same days since."""
_BORN = SQL("""
SELECT DISTINCT mine.code FROM mine
 WHERE NOT EXISTS (SELECT 1 FROM {table} other WHERE other.code = mine.code
                     AND (other.closed_by = %(change_set)s
                          OR upper_inf(other.recorded) AND other.id NOT IN (SELECT id FROM mine)))""")
"""Codes that nobody will know after the undoing."""
_REFERRING = SQL("""
SELECT child.{column} AS code, count(*) AS times, {made_by} AS change_set FROM {child} child
 WHERE child.{column} = ANY (%(codes)s) AND {still_known} GROUP BY 1 ORDER BY 1 LIMIT 5""")
_MADE_BY, _NOBODY = SQL("max(child.opened_by)"), SQL("NULL::bigint")
_MAKERS = SQL("SELECT id, kind, source, actor FROM change_set WHERE id = ANY (%(numbers)s)")
_KNOWN = SQL("upper_inf(child.recorded)")
_KNOWN_OF_OTHERS = SQL("upper_inf(child.recorded) AND child.id NOT IN (SELECT id FROM mine)")
_ANY = SQL("true")
_CLOSE = SQL("""
UPDATE {table} SET recorded = tstzrange(lower(recorded), %(stamp)s), closed_by = %(undo)s
 WHERE id IN (SELECT id FROM mine) AND upper_inf(recorded)""")
_REOPEN = SQL("""
INSERT INTO {table} ({columns}, recorded, opened_by)
SELECT {columns}, tstzrange(%(stamp)s, NULL), %(undo)s FROM {table} WHERE closed_by = %(change_set)s""")
_MARK = SQL("UPDATE change_set SET undone_by = %(undo)s WHERE id = %(change_set)s")
_FORGET = SQL("SELECT forget_codes(%(change_set)s)")
_CLOCKS = frozenset({"id", "area_m2", "recorded", "opened_by", "closed_by", "source_row"})


def undo_import(store: Store, scope: Scope, change_set: int) -> int:
    """Undo an import: its rows are closed, the rows that it closed are known again; returns the undo's change set.

    Imports are undone last first; what was undone already no longer stands in the way of those before it.

    Nothing is erased: what was known in between stays in the history. Raises NotFound for a change set that is not in
    the asker's area, Conflict (naming what stands in the way) where it is no import, is undone already, or something
    was built on it.
    """
    with store.begin(scope) as session:
        found = session.execute(_FIND, {"change_set": change_set}).one_or_none()
        if found is None:
            raise NotFound("no such import in your area")
        if found.kind != "import" or found.subject not in KINDS:
            raise Conflict("only an import can be undone as a whole")
        if found.undone_by is not None:
            raise Conflict("this import is undone already", extra={"undone_by": found.undone_by})
        undoing = Undoing(session, KINDS[found.subject].table, change_set)
        undoing.lock(found.area)
        undoing.check()
        by = undoing.carry_out(found.area, found.subject, found.source)
        forget(session, change_set)
        return by


class Undoing:
    """The undoing of what one change set did to one table, on one open transaction."""

    def __init__(self, session: Session, table: str, change_set: int) -> None:
        self._session = session
        self._name = table
        self._table = Identifier(table)
        self._change_set = change_set

    def _run(self, statement: Composable, **values: Any) -> Any:
        return queries.run(self._session, statement, **{"change_set": self._change_set, **values})

    def lock(self, area: str) -> None:
        """Wait for imports into the same city."""
        self._run(queries.LOCK, city=area[:4])

    def check(self) -> None:
        """Raise Conflict where later work, itself not undone, stands on this import."""
        key = Identifier("unit" if self._name == "service_period" else "code")
        self._run(_MINE.format(key=key, table=self._table))
        self._run(_READY)
        for key_word, statement in (("changed", _LATER), ("beside", _BESIDE)):
            later = self._run(statement.format(key=key, table=self._table)).all()
            if later:
                self._refuse(key_word, [dict(row._mapping) for row in later])
        children = _CHILDREN.get(self._name, ())
        if not children:
            return
        born = [code for (code,) in self._run(_BORN.format(table=self._table))]
        for child, column in children:
            known: Composable = (
                _ANY if child not in HISTORY else _KNOWN_OF_OTHERS if child == self._name else _KNOWN
            )
            asked = _REFERRING.format(
                column=Identifier(column), child=Identifier(child), still_known=known,
                made_by=_MADE_BY if child in HISTORY else _NOBODY,
            )  # fmt: skip
            referring = self._run(asked, codes=born).all()
            if referring:
                self._refuse("used", [{**row._mapping, "used_by": child} for row in referring])

    def _refuse(self, how: str, built: list[dict[str, Any]]) -> None:
        """Say what stands in the way: the code, the row of this import, and whose change set came later."""
        numbers = [each["change_set"] for each in built if each["change_set"]]
        makers = {row.id: row for row in self._run(_MAKERS, numbers=numbers)}
        for each in built:
            maker = makers.get(each["change_set"])
            each.update(kind=maker and maker.kind, source=maker and maker.source, by=maker and maker.actor)
            if how != "used":
                each["changed_by"] = each["change_set"]
        zh, en = undo_words.in_the_way(how, built[0])
        raise Conflict(en, extra={"zh": zh, "built_on": built})

    def carry_out(self, area: str, subject: str, source: str | None) -> int:
        """Close what the import opened, know again what it closed, forget the codes that it brought."""
        undo = self.open(area, subject, source)
        self.restore(undo)
        if self._name != "service_period":
            self._run(_FORGET)
        self.mark(undo)
        return undo

    def open(self, area: str, subject: str, source: str | None) -> int:
        """Open the change set of an undoing, which may reach several tables; returns its number."""
        opened = {"kind": "undo", "area": area, "subject": subject, "source": source}
        return int(self._run(queries.OPEN_CHANGE_SET, **opened, source_crs=None, sha256=None).scalar_one())

    def restore(self, undo: int) -> None:
        """Close what the change set opened in this table, and know again what it closed."""
        stamp = self._run(queries.STAMP).scalar_one()
        columns = [column.name for column in HISTORY[self._name].columns if column.name not in _CLOCKS]
        names = SQL(", ").join(Identifier(name) for name in columns)
        self._run(_CLOSE.format(table=self._table), stamp=stamp, undo=undo)
        self._run(_REOPEN.format(table=self._table, columns=names), stamp=stamp, undo=undo)
        self._run(_DONE)

    def mark(self, undo: int) -> None:
        """Note that the change set is undone."""
        self._run(_MARK, undo=undo)
