"""One transaction in: staging by COPY, then set-based into history under one change set (变更集)."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import psycopg2
import shapely
from psycopg2.sql import SQL, Composable
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from geo.errors import BadInput, Conflict
from geo.ingest import queries
from geo.ingest.checks import grounds
from geo.ingest.fields import Kind
from geo.ingest.queries import Statements
from geo.ingest.tables import ParsedTable
from geo.ingest.written import told_as
from geo.store.engine import Scope
from geo.store.tables import HISTORY

_CLOCKS = frozenset({"id", "area_m2", "valid", "recorded", "opened_by", "closed_by"})
_TOLD = frozenset({"source_row", "source_crs", "written"})
_ROWS, _PIECE = 20_000, 2**20
"""Rows that are text at a time, and letters that the driver takes at a time."""
_AT_ONCE = 50_000
"""Rows that one statement opens: between two of them it is told how far it is, and can be stopped."""
_SRID = (4490).to_bytes(4, "little").hex()
"""What PostGIS reads behind the type of a shape whose flag 0x20 says that its system follows."""
_LIMITS = SQL(
    "SELECT set_config('lock_timeout', '60s', true), set_config('statement_timeout', '900s', true),"
    " set_config('work_mem', '128MB', true)"
)
"""For one transaction. The rows of a statement are kept for its triggers: beyond `work_mem` in a file."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where the rows came from: the file's name, its system and its SHA-256."""

    source: str
    source_crs: str | None
    sha256: str


class Loading:
    """One import's statements on one open transaction."""

    def __init__(self, session: Session, table: ParsedTable) -> None:
        self._session = session
        self._table = table
        self._columns = [
            column.name for column in HISTORY[table.kind.table].columns if column.name not in _CLOCKS | _TOLD
        ]
        self._given = [name for name in self._columns if name in _given(table)]
        self._statements = Statements(table.kind.table, self._columns, self._given)

    def run(self, statement: Composable, **values: Any) -> Any:
        """Execute a composed statement through the session, so that its errors are translated like any other's."""
        return queries.run(self._session, statement, **values)

    def lock(self, city: str) -> None:
        """Wait for other imports into the same city: two of them would lock each other's rows in another order."""
        self.run(_LIMITS)
        self.run(queries.LOCK, city=city)

    def stage(self) -> None:
        """Copy the rows that are kept into the staging table."""
        self.run(self._statements.stage())
        statement = queries.as_text(self._session, self._statements.copy())
        driver: Any = self._session.connection().connection.driver_connection
        with driver.cursor() as cursor:
            try:
                cursor.copy_expert(statement, _Pieces(_pieces(self._table, self._given)), size=_PIECE)
            except psycopg2.Error as error:
                raise DBAPIError.instance(statement, None, error, psycopg2.Error) from error
        self.run(SQL("ANALYZE incoming"))

    def decide(self, valid_from: date | None, today: date) -> dict[str, int]:
        """Decide the fate of every staged row; returns counts by `new`, `changed`, `unchanged`."""
        self.run(self._statements.decide(), at=valid_from or today, start=valid_from)
        return {str(fate): int(count) for fate, count in self.run(queries.COUNT)}

    def write(self, scope: Scope, origin: Origin, told: Callable[[float], None] = lambda _share: None) -> int:
        """Open a change set and write history under it; returns its number. `told` hears what share is opened.

        Raises Conflict where somebody else changed one of the rows since they were compared.
        """
        stamp = self.run(queries.STAMP).scalar_one()
        area = common_area(self._table, scope)
        change_set = self.run(
            queries.OPEN_CHANGE_SET, kind="import", area=area, subject=self._table.kind.name,
            source=origin.source, source_crs=origin.source_crs, sha256=origin.sha256,
        ).scalar_one()  # fmt: skip
        close, keep_old, insert = self._statements.write()
        to_close = self.run(queries.TO_CLOSE).scalar_one()
        if to_close and self.run(close, stamp=stamp, change_set=change_set).rowcount != to_close:
            raise Conflict("somebody else changed the same rows at this moment; import the file again")
        fields = [told_as(self._table.kind.field(name)) for name in self._table.values]
        written = {"crs": self._table.source_crs, "fields": fields}
        values = {"stamp": stamp, "change_set": change_set}
        if to_close:
            self.run(keep_old, **values)
        rows = len(self._table.kept())
        for after in range(0, rows, _AT_ONCE):
            told(after / rows)
            self.run(insert, after=after, until=after + _AT_ONCE, **values, **written)
        return int(change_set)


def common_area(table: ParsedTable, scope: Scope) -> str:
    """Return the longest region prefix that all kept rows share.

    Raises BadInput where they share none that the asker may write: one change set belongs to one area.
    """
    shared = _shared_prefix(table)
    length = max((n for n in (0, 2, 4, 6, 9, 12) if n <= len(shared)), default=0)
    area = shared[:length]
    if not area.startswith(tuple(scope.areas)):
        raise BadInput("the file spans several of your areas: load it area by area", field="file")
    return area


def city_of(table: ParsedTable) -> str:
    """Return the first four digits of the ground, the key of the import lock."""
    return _shared_prefix(table)[:4]


def _shared_prefix(table: ParsedTable) -> str:
    """Return what the grounds of all kept rows begin with: of sorted texts, the first and last decide."""
    lying = grounds(table)
    kept = [lying[position] for position in table.kept()]
    first, last = min(kept), max(kept)
    length = next(
        (i for i, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), min(len(first), len(last))
    )
    return first[:length]


# ---------------------------------------------------------------- rows as the text of COPY


def _given(table: ParsedTable) -> set[str]:
    """Return the stored columns that this file has a say in."""
    fields = {table.kind.field(name).stored for name in table.values} - {"start", "end"}
    has_shapes = table.shapes is not None and table.kind.shape != "none"
    return fields | ({"geom"} if has_shapes else set())


def _pieces(table: ParsedTable, given: list[str]) -> Iterator[str]:
    """Yield the text of COPY by some thousand rows: all of a large file at once is several times its size."""
    kept = table.kept()
    for first in range(0, len(kept), _ROWS):
        yield "".join(_lines(table, given, kept[first : first + _ROWS]))


class _Pieces:
    """Pieces of text as the driver reads a file."""

    def __init__(self, pieces: Iterator[str]) -> None:
        self._pieces = pieces
        self._open = io.StringIO()

    def read(self, size: int) -> str:
        """Return so many letters, fewer at the end of a piece, none at the end of all."""
        found = self._open.read(size)
        while not found and (piece := next(self._pieces, None)) is not None:
            self._open = io.StringIO(piece)
            found = self._open.read(size)
        return found


def _lines(table: ParsedTable, given: list[str], kept: list[int]) -> Iterator[str]:
    columns = [_column(table, name, kept) for name in given]
    if table.kind.name == "service-periods":
        starts, ends = table.column("start"), table.column("end")
        columns.append([f"[{starts[p]},{ends[p] or ''})" for p in kept])
    rows = map(str, table.rows[kept].tolist())
    for cells in zip(rows, _left_alone(table, kept), _written(table, kept), *columns, strict=True):
        yield "\t".join(cells) + "\n"


def _left_alone(table: ParsedTable, kept: list[int]) -> list[str]:
    """Return for every row the stored columns whose cell could not be read."""
    fields = table.kept_fields
    return [_array(sorted(_stored(table.kind, fields[p]))) if p in fields else "{}" for p in kept]


def _written(table: ParsedTable, kept: list[int]) -> list[str]:
    names = {name: told_as(table.kind.field(name)) for name in table.values}
    told = table.written
    return [
        _cell({names[name]: text for name, text in told[p].items()}) if told.get(p) else r"\N" for p in kept
    ]


def _stored(kind: Kind, names: set[str]) -> set[str]:
    return {kind.field(name).stored for name in names}


def _column(table: ParsedTable, stored: str, kept: list[int]) -> list[str]:
    if stored == "geom":
        assert table.shapes is not None
        hexes = shapely.to_wkb(table.shapes[kept], hex=True, byte_order=1).tolist()
        return [r"\N" if text is None else f"{text[:8]}20{_SRID}{text[10:]}" for text in hexes]
    members = [one for one in table.kind.fields if one.stored == stored and one.name in table.values]
    if members[0].key:
        values = {one.key: table.values[one.name] for one in members}
        return [_cell({key: cells[p] for key, cells in values.items() if cells[p] is not None}) for p in kept]
    column = table.values[members[0].name]
    return _cells([column[p] for p in kept])


def _cells(values: list[Any]) -> list[str]:
    """Return the texts of a column, each different value made once."""
    types = set(map(type, values)) - {type(None)}
    if len(types) > 1 or list in types:
        return [_cell(value) for value in values]
    known = {value: _cell(value) for value in dict.fromkeys(values)}
    return [known[value] for value in values]


def _cell(value: Any) -> str:
    if value is None:
        return r"\N"
    if isinstance(value, bool):
        return "t" if value else "f"
    if isinstance(value, list):
        return _array(value)
    if isinstance(value, dict):
        return _escaped(json.dumps(value, ensure_ascii=False))
    return _escaped(repr(value) if isinstance(value, float) else str(value))


def _array(values: list[str]) -> str:
    quoted = ('"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"' for value in values)
    return _escaped("{" + ",".join(quoted) + "}")


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")
