"""Rows that found no community, as a workbook that an office can mend and hand in again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from io import BytesIO
from typing import Any, Final

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

_REASON, _NEAREST, _ROW = "未匹配原因", "最相近的小区", "原行号"
MOST_ROWS: Final = 2**20 - 1
"""Rows below the head that a sheet holds; what is more goes on in the next."""


def listed(headers: Sequence[str], rows: Iterable[Mapping[str, Any]], *, most: int = MOST_ROWS) -> bytes:
    """Return an XLSX of all the rows as they stand in their file, with number, reason and the nearest community.

    `headers` are the file's columns, `rows` are taken one by one. Every cell is text: no formula is one.
    """
    book = Workbook(write_only=True)
    sheet: Any = None

    def line(values: Sequence[str]) -> None:
        written = []
        for value in values:
            cell = WriteOnlyCell(sheet, ILLEGAL_CHARACTERS_RE.sub("", value))
            cell.data_type, cell.number_format = "s", "@"
            written.append(cell)
        sheet.append(written)

    for at, row in enumerate(rows):
        if at % most == 0:
            sheet = _begun(book, at // most)
            line([*headers, _ROW, _REASON, _NEAREST])
        own = dict(row["original"])
        nearest = row["candidates"][0] if row["candidates"] else None
        near = f"{nearest['name']}（{nearest['code']}）" if nearest else ""
        line([*(own.get(header, "") for header in headers), str(row["number"]), row["reason"]["zh"], near])
    if sheet is None:
        sheet = _begun(book, 0)
        line([*headers, _ROW, _REASON, _NEAREST])
    buffer = BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def _begun(book: Workbook, number: int) -> Any:
    sheet = book.create_sheet("未匹配" if not number else f"未匹配{number + 1}")
    sheet.freeze_panes = "A2"
    return sheet
