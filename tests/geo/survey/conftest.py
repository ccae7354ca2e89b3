"""A survey of the demo's neighbourhood, sent, filled in as an office would, and taken back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from geo.store.engine import Scope, Store
from geo.survey.issuing import write_sheets
from geo.survey.sending import Wanted, send
from geo.survey.taking import read_books, take

TODAY = date(2026, 11, 1)
SUBDISTRICT = "990101001000"
PLANNER = Scope("planner", ("990101",))

Fill = Callable[[openpyxl.Workbook], None]


class Office:
    """The hands that a sheet goes through."""

    def __init__(self, store: Store, folder: Path) -> None:
        self.store, self.folder, self.files = store, folder, 0

    def send(self, area: str = SUBDISTRICT, **wanted: Any) -> int:
        with self.store.begin(PLANNER) as db:
            return send(db, Wanted(area, TODAY, **wanted))

    def sheet(self, number: int, **how: Any) -> Path:
        self.files += 1
        path = self.folder / f"survey-{self.files}.xlsx"
        with self.store.begin(PLANNER) as db:
            write_sheets(db, number, path, **how)
        return path

    def fill(self, path: Path, hand: Fill, name: str = "") -> Path:
        """Open a workbook, fill it in, save it under another name."""
        book = openpyxl.load_workbook(path)
        hand(book)
        self.files += 1
        filled = self.folder / (name or f"filled-{self.files}.xlsx")
        book.save(filled)
        return filled

    def take(self, number: int, *paths: Path, scope: Scope = PLANNER) -> list[dict[str, Any]]:
        books = read_books([(path, path.name) for path in paths])
        with self.store.begin(scope) as db:
            return take(db, number, books, day=TODAY)


@pytest.fixture
def office(demo_copy: Store, tmp_path: Path) -> Office:
    return Office(demo_copy, tmp_path)


def column(sheet: Any, header: str) -> int:
    """The number of a column by its header."""
    for cells in sheet.iter_rows(max_row=6):
        for cell in cells:
            if cell.value == header:
                return int(cell.column)
    raise AssertionError(header)


def row_of(sheet: Any, code: str) -> int:
    """The number of the row of a unit."""
    at = column(sheet, "编码")
    return next(cells[0].row for cells in sheet.iter_rows(min_row=5) if cells[at - 1].value == code)


def write(book: Any, code: str, header: str, value: Any) -> None:
    """Write a value into the row of a unit, on whichever sheet it stands."""
    for sheet in book.worksheets:
        if sheet.sheet_state == "visible" and any(
            cells[0].value == code for cells in sheet.iter_rows(min_row=5)
        ):
            sheet.cell(row_of(sheet, code), column(sheet, header)).value = value
            return
    raise AssertionError(code)
