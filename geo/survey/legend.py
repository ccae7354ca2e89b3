"""What every column of a survey sheet means (填写说明), what may stand in it, and whose rule that is."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Final

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font
from openpyxl.worksheet.properties import PageSetupProperties

from geo.ingest.readers import EXPLANATIONS
from geo.survey.fields import UNCLEAR, Asked
from geo.survey.sheet_style import as_text

_WIDTHS: Final = (20, 30, 46, 50)
_RULES: Final = (
    "灰色格锁定，不要改；白色格可填，黄色格是库中还不清楚的。工作表加了保护，没有密码。",
    f"不清楚的选“{UNCLEAR}”，不要猜，也不要填 0；不清楚的不会当作“无”。",
    "没有变化的不用改；看过并确认无误的，“摸底情况”选“已摸底”，这一行才算完成。",
    "进不去的选“无法进入”，并在备注里写原因。",
    "图上没有的小区填在表末“新增”行，写清名称和地址，由街道另行上图。",
    "填好表头的摸底人和摸底日期，按 .xlsx 格式保存，原文件送回；可以分批送回。",
)
_REMARKS: Final = (
    ("编码、名称", "锁定", "送回后靠编码找到小区", "行政区划与小区编码"),
    ("现物业企业、上次摸底", "锁定", "供核对", "服务期台账；历次摸底"),
    ("摸底情况", "已摸底、无法进入、未摸底", "这一行看过没有", "本次摸底"),
    ("联系人、联系电话", "文字", "现场联系人；只随摸底表保存和发出，不上图", "本次摸底"),
    ("备注", "文字", "要说明的情况", "本次摸底"),
)


def write_legend(book: Workbook, title: str, asked: Sequence[Asked]) -> None:
    """Add the sheet that explains the others."""
    sheet = book.create_sheet(EXPLANATIONS[1])
    sheet.append([f"{title}表填写说明"])
    sheet["A1"].font = Font(bold=True, size=14)
    for number, rule in enumerate(_RULES, start=1):
        sheet.append([f"{number}. {rule}"])
    sheet.append([])
    sheet.append(["栏目", "可填", "含义", "依据或来源"])
    for cell in sheet[sheet.max_row]:
        cell.font = Font(bold=True)
    for one in asked:
        sheet.append([one.field.header, _may_be(one), one.meaning, one.rule])
    for row in _REMARKS:
        sheet.append(row)
    for letter, width in zip("ABCD", _WIDTHS, strict=True):
        sheet.column_dimensions[letter].width = width
    for cells in sheet.iter_rows(min_row=len(_RULES) + 3):
        for cell in cells:
            as_text(cell).alignment = Alignment(wrap_text=True, vertical="top")
        sheet.row_dimensions[cells[0].row].height = 15 * max(map(_lines, cells, _WIDTHS))
    sheet.protection.sheet = True
    sheet.page_setup.orientation, sheet.page_setup.fitToHeight = "landscape", 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)


def _lines(cell: Any, width: int) -> int:
    """How many lines a text of Chinese takes: spreadsheets do not find that out for a file made elsewhere."""
    return max(1, math.ceil(2 * len(str(cell.value or "")) / width))


def _may_be(one: Asked) -> str:
    if one.words:
        return "、".join(one.words)
    if one.field.type == "text":
        return f"文字，至多 {one.most:.0f} 字"
    if one.field.type == "share":
        return f"百分数，0% 至 100%；或“{UNCLEAR}”"
    kind = {"integer": "整数", "number": "数"}[one.field.type]
    return f"{kind}，{one.least:g} 至 {one.most:.0f}；或“{UNCLEAR}”"
