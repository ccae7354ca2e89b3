"""Undo of a whole import (撤销导入): possible while nothing was built on it, refused by name otherwise."""

from __future__ import annotations

from typing import Any

from psycopg2.sql import SQL, Composable, Identifier
from sqlalchemy import text
from sqlalchemy.orm import Session

from geo.errors import Conflict, NotFound
from geo.ingest import queries
from geo.ingest.fields import KINDS
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

_LATER = SQL(
    "SELECT {key}, closed_by FROM {table} WHERE opened_by = %(change_set)s AND closed_by IS NOT NULL LIMIT 5"
)
_BORN = SQL("""
SELECT mine.code FROM {table} mine WHERE mine.opened_by = %(change_set)s
   AND NOT EXISTS (SELECT 1 FROM {table} other WHERE other.code = mine.code AND other.opened_by <> %(change_set)s)""")
_REFERRING = SQL("""
SELECT child.{column}, count(*) FROM {child} child
 WHERE child.{column} = ANY (%(codes)s) AND {still_known} GROUP BY 1 ORDER BY 1 LIMIT 5""")
_KNOWN = SQL("upper_inf(child.recorded) AND child.opened_by <> %(change_set)s")
_ANY = SQL("true")
_CLOSE = SQL("""
UPDATE {table} SET recorded = tstzrange(lower(recorded), %(stamp)s), closed_by = %(undo)s
 WHERE opened_by = %(change_set)s AND upper_inf(recorded)""")
_REOPEN = SQL("""
INSERT INTO {table} ({columns}, recorded, opened_by)
SELECT {columns}, tstzrange(%(stamp)s, NULL), %(undo)s FROM {table} WHERE closed_by = %(change_set)s""")
_MARK = SQL("UPDATE change_set SET undone_by = %(undo)s WHERE id = %(change_set)s")
_FORGET = SQL("SELECT forget_codes(%(change_set)s)")
_CLOCKS = frozenset({"id", "area_m2", "recorded", "opened_by", "closed_by"})


def undo_import(store: Store, scope: Scope, change_set: int) -> int:
    """Undo an import: its rows are closed, the rows that it closed are known again; returns the undo's change set.

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
        undoing = _Undoing(session, KINDS[found.subject].table, change_set)
        undoing.lock(found.area)
        undoing.check()
        return undoing.carry_out(found.area, found.subject, found.source)


class _Undoing:
    """One undo on one open transaction."""

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
        """Raise Conflict where later work stands on this import."""
        key = Identifier("unit" if self._name == "service_period" else "code")
        later = self._run(_LATER.format(key=key, table=self._table)).all()
        if later:
            self._refuse([{"code": code, "changed_by": closed_by} for code, closed_by in later])
        children = _CHILDREN.get(self._name, ())
        if not children:
            return
        born = [code for (code,) in self._run(_BORN.format(table=self._table))]
        for child, column in children:
            known = _KNOWN if child in HISTORY else _ANY
            statement = _REFERRING.format(
                column=Identifier(column), child=Identifier(child), still_known=known
            )
            referring = self._run(statement, codes=born).all()
            if referring:
                self._refuse([{"code": code, "used_by": child, "times": times} for code, times in referring])

    def _refuse(self, built: list[dict[str, Any]]) -> None:
        first = built[0]
        raise Conflict(
            f"later work stands on this import, for example on {first['code']}", extra={"built_on": built}
        )

    def carry_out(self, area: str, subject: str, source: str | None) -> int:
        """Close what the import opened, know again what it closed, forget the codes that it brought."""
        stamp = self._run(queries.STAMP).scalar_one()
        opened = {"kind": "undo", "area": area, "subject": subject, "source": source}
        undo = self._run(queries.OPEN_CHANGE_SET, **opened, source_crs=None, sha256=None).scalar_one()
        columns = [column.name for column in HISTORY[self._name].columns if column.name not in _CLOCKS]
        names = SQL(", ").join(Identifier(name) for name in columns)
        self._run(_CLOSE.format(table=self._table), stamp=stamp, undo=undo)
        self._run(_REOPEN.format(table=self._table, columns=names), stamp=stamp, undo=undo)
        if self._name != "service_period":
            self._run(_FORGET)
        self._run(_MARK, undo=undo)
        return int(undo)
