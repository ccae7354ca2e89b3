"""A RawTable with its mapping to a ParsedTable: canonical columns of typed values, and what was noticed on the way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import numpy as np

from geo.ingest.cells import Parsed, Unreadable, Value, parse, told
from geo.ingest.columns import ColumnMap
from geo.ingest.fields import Field, Kind
from geo.ingest.places import Places
from geo.ingest.reading import RawTable
from geo.ingest.reasons import Finding, Severity
from geo.ingest.written import WRITTEN, from_text


@dataclass
class ParsedTable:
    """Rows of one kind. `values` holds a list per mapped field; `shapes` is None where the file carries none.

    `keep` is true for rows that are still to be loaded; `kept_fields` names, by position, the fields whose cell could
    not be read: a known value in the store is then left alone. `places` are lon/lat of the shapes, once known.
    `written` holds, by position, field → text of the cell where the value is not plainly that; `source_crs` names the
    system that the shapes came in, and how it was known.
    """

    kind: Kind
    rows: np.ndarray
    values: dict[str, list[Value]]
    shapes: np.ndarray | None
    unread: Mapping[int, str]
    findings: list[Finding] = field(default_factory=list)
    kept_fields: dict[int, set[str]] = field(default_factory=dict)
    places: Places = field(default_factory=Places)
    keep: np.ndarray = field(default_factory=lambda: np.empty(0, dtype=bool))
    written: dict[int, dict[str, str]] = field(default_factory=dict)
    source_crs: str | None = None

    def __post_init__(self) -> None:
        self.keep = np.ones(len(self.rows), dtype=bool)

    def __len__(self) -> int:
        return len(self.rows)

    def column(self, name: str) -> list[Any]:
        """Return a field's values; all None where the file has no such column."""
        return self.values.get(name) or [None] * len(self)

    def kept(self) -> list[int]:
        """Return the positions of the rows that are still to be loaded."""
        return [int(position) for position in np.flatnonzero(self.keep).tolist()]

    def codes(self) -> list[str | None]:
        """Return the codes of all rows (the units of service periods)."""
        return self.column("unit" if self.kind.name == "service-periods" else "code")

    def code(self, position: int) -> str | None:
        """Return the code of a row (the unit of a service period)."""
        cells = self.values.get("unit" if self.kind.name == "service-periods" else "code")
        return None if not cells or cells[position] is None else str(cells[position])

    def note(
        self,
        position: int,
        severity: Severity,
        key: str,
        name: str | None = None,
        text: object = "",
        detail: Mapping[str, Any] | None = None,
    ) -> None:
        """Note a finding about a row; a refusal takes the row out."""
        header = self.kind.field(name).header if name else ""
        row, place = int(self.rows[position]), self.places.get(position)
        finding = Finding(
            row, self.code(position), severity, key, name, str(text)[:80], header, place, detail
        )
        self.findings.append(finding)
        if severity == "refused":
            self.keep[position] = False

    def tell(self, position: int, name: str, cell: object) -> None:
        """Keep what a cell says beside its value; an empty cell says nothing."""
        text = told(cell)
        if text:
            self.written.setdefault(position, {})[name] = text

    def count(self, severity: Severity) -> int:
        """Return how many rows have a finding of this severity."""
        return len({finding.row for finding in self.findings if finding.severity == severity and finding.row})


def parse_table(raw: RawTable, mapping: ColumnMap) -> ParsedTable:
    """Parse every mapped column; a cell that cannot be read is noted (and its row refused where it is required)."""
    columns = mapping.columns()
    fields = [one for one in mapping.kind.fields if one.name in columns]
    shapes = None if mapping.kind.shape == "none" else raw.shapes
    table = ParsedTable(mapping.kind, raw.rows, {}, shapes, raw.unread)
    # The code first, so that every later finding can name it.
    for one in fields:
        header = columns[one.name]
        values = _parse_column(raw.columns[header], as_named(one, header), table)
        table.values[one.name] = (
            [_next_day(value) for value in values] if one.means_last_day(header) else values
        )
    for one in fields:
        if one.required:
            _require(one, table)
    for header in (WRITTEN.header, WRITTEN.name):
        _tell_again(table, raw.columns.get(header, []))
    return table


def _tell_again(table: ParsedTable, cells: list[Any]) -> None:
    """Take what an export of ours says was written once, where the file itself says nothing of the field."""
    for position, cell in enumerate(cells):
        for name, text in from_text(table.kind, cell).items():
            if name in table.values and name not in table.written.get(position, ()):
                table.tell(position, name, text)


def as_named(one: Field, header: str) -> Field:
    """Return the field with the sense of its flag turned where the header is the canonical name (`no_security`)."""
    if one.type == "flag" and header in (one.name, one.stored):
        return Field(one.name, one.header, one.type, column=one.column, lacks=False)
    return one


def _next_day(value: Value) -> Value:
    """Return the day after a date; the last one of the calendar, which means "for ever", stays."""
    return value + timedelta(days=1) if isinstance(value, date) and value < date.max else value


def _parse_column(cells: list[Any], one: Field, table: ParsedTable) -> list[Value]:
    """Parse every different cell once; only those that there is something to say about are looked at row by row."""
    # Equal numbers of different types (1, 1.0, True) are no equal cells.
    mixed = len(set(map(type, cells)) - {type(None)}) > 1
    keys: list[Any] = list(zip(map(type, cells), cells, strict=True)) if mixed else cells
    known = {key: _try(key[1] if mixed else key, one) for key in dict.fromkeys(keys)}
    remarkable = {key for key, outcome in known.items() if _remarkable(outcome, key[1] if mixed else key)}
    values = {
        key: None if isinstance(outcome, Unreadable) else outcome.value for key, outcome in known.items()
    }
    parsed = [values[key] for key in keys]
    if remarkable:
        for position, key in enumerate(keys):
            if key in remarkable:
                parsed[position] = _remarked(known[key], cells[position], (position, one), table)
    return parsed


def _remarkable(outcome: Parsed | Unreadable, cell: object) -> bool:
    """Whether there is more to do with a cell than to take its value."""
    if isinstance(outcome, Unreadable) or outcome.doubt or isinstance(outcome.value, list):
        return True
    return told(cell) != "" if outcome.value is None else _negative(outcome.value)


def _negative(value: Value) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value < 0


def _remarked(outcome: Parsed | Unreadable, cell: object, at: tuple[int, Field], table: ParsedTable) -> Value:
    """Note what there is to say about a cell; returns its value, a list of its own for every row."""
    position, one = at
    if isinstance(outcome, Unreadable):
        table.tell(position, one.name, cell)
        _unreadable(table, position, one, outcome)
        return None
    value = outcome.value
    if value is None or outcome.doubt or value == []:
        table.tell(position, one.name, cell)
    if outcome.doubt:
        table.note(position, "suspicious", outcome.doubt, one.name, cell)
    if _negative(value):
        table.kept_fields.setdefault(position, set()).add(one.name)
        table.note(position, "suspicious", "negative", one.name, cell)
        table.tell(position, one.name, cell)
        return None
    return list(value) if isinstance(value, list) else value


def _try(cell: object, one: Field) -> Parsed | Unreadable:
    try:
        return parse(cell, one)
    except Unreadable as error:
        return error


def _unreadable(table: ParsedTable, position: int, one: Field, error: Unreadable) -> None:
    if not one.required:
        table.kept_fields.setdefault(position, set()).add(one.name)
        table.note(position, "suspicious", error.key, one.name, error)


def _require(one: Field, table: ParsedTable) -> None:
    for position, value in enumerate(table.values[one.name]):
        if value is None:
            table.note(position, "refused", "required", one.name)
