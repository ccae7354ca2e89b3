"""An empty sheet to fill in (导入模板): the headers that the importer knows, and what each of them means."""

from __future__ import annotations

from io import BytesIO

from openpyxl import Workbook
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from geo.errors import NotFound
from geo.ingest.fields import KINDS, Field, words_of
from geo.ingest.readers import EXPLANATIONS

_TYPES = {
    "text": "文字", "code": "编码（文字）", "integer": "整数", "number": "数", "share": "比率", "flag": "有/无",
    "date": "日期，如 2026-11-01", "choice": "选择", "list": "文字，以、分隔",
}  # fmt: skip


def template(kind: str) -> bytes:
    """Return the workbook of a kind: a sheet with its headers and one that explains them. Raises NotFound."""
    if kind not in KINDS:
        raise NotFound(f"unknown kind {kind!r}", field="kind")
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = KINDS[kind].title
    explained = book.create_sheet(EXPLANATIONS[0])
    explained.append(["表头", "字段", "类型", "必填", "说明"])
    for column, one in enumerate(KINDS[kind].fields, start=1):
        letter = get_column_letter(column)
        cell = sheet.cell(1, column, one.header)
        cell.font = Font(bold=True)
        sheet.column_dimensions[letter].width = max(12, 2 * len(one.header) + 4)
        if one.type in ("code", "text", "date"):
            sheet.column_dimensions[letter].number_format = "@"  # or the spreadsheet turns codes into numbers
        explained.append(
            [one.header, one.name, _TYPES[one.type], "是" if one.required else "", _explanation(one)]
        )
    for letter, width in zip("ABCDE", (22, 22, 22, 8, 60), strict=True):
        explained.column_dimensions[letter].width = width
    sheet.freeze_panes = "A2"
    buffer = BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def _explanation(one: Field) -> str:
    words = "、".join(words_of(one.choices).values()) if one.choices else ""
    return one.help or words
