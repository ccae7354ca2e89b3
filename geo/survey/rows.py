"""The cells of a workbook to rows of its survey: sheets renamed, columns moved, rows added, codes damaged."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from openpyxl.utils import get_column_letter

from geo.ingest.cells import Unreadable, parse, plain, unified
from geo.ingest.fields import Field
from geo.ingest.readers import EXPLANATIONS
from geo.survey import sheet as names
from geo.survey.answers import Answer, answer, said
from geo.survey.fields import Asked, applies

_DAY: Final = Field("day", names.DAY, "date")
_REMARKS: Final = {
    names.OUTCOME: "outcome",
    names.CONTACT: "contact",
    names.PHONE: "phone",
    names.NOTE: "note",
}
_WHOLE: Final = re.compile(r"[0-9]{12}[CS][0-9]{3}")
"""A code that is not damaged: where it is none of the survey's, its row is somebody else's, whatever its name."""
_DASHES: Final = frozenset({"", "—", "-", "--", "——"})
_MOST_LOOKED_AT: Final = 30
"""Rows in which a header is looked for."""


@dataclass(frozen=True, slots=True)
class Marks:
    """Whose survey a workbook says it is."""

    survey: int
    key: str


@dataclass(frozen=True, slots=True)
class Known:
    """A unit of the survey: its name and kind as they went out."""

    name: str
    kind: str


@dataclass(frozen=True, slots=True)
class Row:
    """A row that is one of the survey's: its answers by field, with the cell that each stands in."""

    unit: str
    answers: Mapping[str, Answer]
    places: Mapping[str, str]
    outcome: str | None
    surveyor: str | None
    day: date | None
    contact: str | None
    phone: str | None
    note: str | None


@dataclass(frozen=True, slots=True)
class Stray:
    """A row, or a sheet (`row` 0), that is none of the survey's, or was taken with a doubt, and why."""

    sheet: str
    row: int
    why: str
    text: str


@dataclass(slots=True)
class Filled:
    """What a workbook holds."""

    rows: list[Row] = field(default_factory=list)
    strays: list[Stray] = field(default_factory=list)


def marks_of(book: Mapping[str, Any]) -> Marks | None:
    """Return what the hidden sheet says; None where it is gone or spoilt."""
    for sheet in book["sheets"]:
        if sheet["name"] == names.BASE:
            pairs = {
                str(cells[0]): cells[1]
                for _, cells in sheet["rows"]
                if len(cells) > 1 and cells[0] is not None
            }
            number, key = plain(pairs.get("survey")), plain(pairs.get("key"))
            if number and key and number.isascii() and number.isdigit() and len(number) < 19:
                return Marks(int(number), key)
    return None


def rows_of(book: Mapping[str, Any], asked: Sequence[Asked], units: Mapping[str, Known]) -> Filled:
    """Return the rows of a workbook. `units` are those of the survey that the asker may write, by code."""
    found = Filled()
    tables = [
        table
        for sheet in book["sheets"]
        if sheet["name"] != names.BASE and sheet["name"] not in EXPLANATIONS
        if (table := _table(sheet, asked, found)) is not None
    ]
    coded = {code for table in tables for _, code in table.coded(units)}
    by_name = _by_name(units, coded)
    seen: dict[str, Row] = {}
    for table in tables:
        for number, cells in table.body:
            row = table.read(number, cells, units, by_name, found)
            if row is None:
                continue
            if row.unit not in seen:
                seen[row.unit] = row
            elif seen[row.unit].answers != row.answers:
                found.strays.append(Stray(table.name, number, "twice", table.told(cells)))
    found.rows = list(seen.values())
    return found


def _by_name(units: Mapping[str, Known], coded: set[str]) -> dict[str, str]:
    """Return name → code of the units that no row names by its code, where the name is one unit's alone."""
    once: dict[str, list[str]] = {}
    for code, known in units.items():
        once.setdefault(_bare(known.name), []).append(code)
    return {name: codes[0] for name, codes in once.items() if len(codes) == 1 and codes[0] not in coded}


def _bare(text: object) -> str:
    return re.sub(r"\s", "", unified(said(text)))


@dataclass(frozen=True)
class _Table:
    """A sheet whose header was found: column by what it holds."""

    name: str
    columns: Mapping[str, int]
    asked: Sequence[Asked]
    body: Sequence[tuple[int, Sequence[Any]]]
    surveyor: str | None
    day: date | None

    def cell(self, cells: Sequence[Any], header: str) -> Any:
        """Return what a row holds under a header; None where there is no such column."""
        at = self.columns.get(header)
        return cells[at] if at is not None and at < len(cells) else None

    def coded(self, units: Mapping[str, Known]) -> Iterator[tuple[int, str]]:
        """Yield (row number, code) of the rows whose code is one of the survey's."""
        for number, cells in self.body:
            code = _code(self.cell(cells, names.CODE))
            if code in units:
                yield number, code

    def told(self, cells: Sequence[Any]) -> str:
        """Return a row as a person would read it out, in short, without who was met and how to reach them."""
        kept_back = {self.columns.get(names.CONTACT), self.columns.get(names.PHONE)}
        texts = (said(cell) for at, cell in enumerate(cells) if at not in kept_back)
        return " | ".join(text for text in texts if text not in _DASHES)[:200]

    def read(
        self,
        number: int,
        cells: Sequence[Any],
        units: Mapping[str, Known],
        by_name: Mapping[str, str],
        found: Filled,
    ) -> Row | None:
        """Return the row as one of the survey's; where it is none, say so among the strays."""
        written = _code(self.cell(cells, names.CODE))
        named = "" if _WHOLE.fullmatch(written) else by_name.get(_bare(self.cell(cells, names.NAME)), "")
        code = written if written in units else named
        if not code:
            self._stray(number, cells, written, found)
            return None
        if code != written:
            found.strays.append(Stray(self.name, number, "by_name", f"{written} → {code}"))
        return self._row(number, cells, code, units[code])

    def _stray(self, number: int, cells: Sequence[Any], written: str, found: Filled) -> None:
        rest = [cell for at, cell in enumerate(cells) if at != self.columns.get(names.CODE)]
        if any(said(cell) not in _DASHES for cell in rest):
            why = "added" if written in ("", names.ADDED) else "foreign"
            found.strays.append(Stray(self.name, number, why, self.told(cells)))

    def _row(self, number: int, cells: Sequence[Any], code: str, known: Known) -> Row:
        here = [one for one in self.asked if one.field.header in self.columns and applies(one, known.kind)]
        answers = {one.name: answer(one, self.cell(cells, one.field.header)) for one in here}
        places = {one.name: self._place(number, one.field.header) for one in here}
        remarks = {name: said(self.cell(cells, header)) or None for header, name in _REMARKS.items()}
        outcome = remarks.pop("outcome")
        return Row(code, answers, places, outcome, self.surveyor, self.day, **remarks)

    def _place(self, number: int, header: str) -> str:
        return f"{self.name}!{get_column_letter(self.columns[header] + 1)}{number}"


def _code(cell: object) -> str:
    return re.sub(r"\s", "", plain(cell) or "").upper()


def _table(sheet: Mapping[str, Any], asked: Sequence[Asked], found: Filled) -> _Table | None:
    rows = sheet["rows"]
    known = _headers(asked)
    for at, (_, cells) in enumerate(rows[:_MOST_LOOKED_AT]):
        columns: dict[str, int] = {}
        for column, cell in enumerate(cells):
            if isinstance(cell, str) and (name := known.get(_bare(cell))) is not None:
                columns.setdefault(name, column)
        if len(columns) >= 2 and (names.CODE in columns or names.NAME in columns):
            surveyor, day = _signed(rows[:at])
            return _Table(sheet["name"], columns, asked, rows[at + 1 :], surveyor, day)
    if rows:
        found.strays.append(Stray(sheet["name"], 0, "no_header", ""))
    return None


def _headers(asked: Sequence[Asked]) -> dict[str, str]:
    """Return what a header may be called → the header that it stands for."""
    fixed = (names.CODE, names.NAME, *_REMARKS)
    called = {_bare(other): one.field.header for one in asked for other in one.field.also}
    called |= {_bare(one.field.header): one.field.header for one in asked}
    return {**called, **{name: name for name in fixed}, "小区编码": names.CODE, "小区名称": names.NAME}


def _signed(rows: Sequence[tuple[int, Sequence[Any]]]) -> tuple[str | None, date | None]:
    """Return who surveyed and when, from the cells to the right of their labels above the header."""
    beside: dict[str, Any] = {}
    for _, cells in rows:
        for cell, right in zip(cells, [*cells[1:], None], strict=True):
            if isinstance(cell, str) and (word := _bare(cell).rstrip(":")) in (names.SURVEYOR, names.DAY):
                beside.setdefault(word, right)
    return said(beside.get(names.SURVEYOR)) or None, _day(beside.get(names.DAY))


def _day(cell: object) -> date | None:
    try:
        value = parse(cell, _DAY).value
    except Unreadable:
        return None
    return value if isinstance(value, date) else None
