"""Rows that found no community, as a workbook that an office can mend and hand in again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from io import BytesIO
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

_REASON, _NEAREST, _ROW = "未匹配原因", "最相近的小区", "原行号"


def listed(rows: Sequence[Mapping[str, Any]]) -> bytes:
    """Return an XLSX of the rows as they stand in their file, with number, reason and the nearest community.

    Every cell is text: what looks like a formula is none.
    """
    cells = [dict(row["original"]) for row in rows]
    headers = list(dict.fromkeys(header for row in cells for header in row))
    book = Workbook(write_only=True)
    sheet = book.create_sheet("未匹配")
    sheet.freeze_panes = "A2"

    def line(values: Sequence[str]) -> None:
        written = []
        for value in values:
            cell = WriteOnlyCell(sheet, ILLEGAL_CHARACTERS_RE.sub("", value))
            cell.data_type, cell.number_format = "s", "@"
            written.append(cell)
        sheet.append(written)

    line([*headers, _ROW, _REASON, _NEAREST])
    for row, own in zip(rows, cells, strict=True):
        nearest = row["candidates"][0] if row["candidates"] else None
        near = f"{nearest['name']}（{nearest['code']}）" if nearest else ""
        line(
            [
                *(own.get(header, "") for header in headers),
                str(row["number"]),
                row["reason"]["zh"],
                near,
            ]
        )
    buffer = BytesIO()
    book.save(buffer)
    return buffer.getvalue()
