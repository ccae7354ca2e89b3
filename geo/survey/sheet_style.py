"""How a survey sheet looks, prints and checks: cells locked or open, drop-downs, limits, A4 landscape."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any, Final

from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.formatting.rule import Rule
from openpyxl.styles import Alignment, Border, Font, PatternFill, Protection, Side
from openpyxl.styles.differential import DifferentialStyle
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.header_footer import HeaderFooterItem, _HeaderFooterPart
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from geo.survey.fields import UNCLEAR, Asked

_LINE: Final = Side(style="thin", color="B9C4D0")
_BOX: Final = Border(left=_LINE, right=_LINE, top=_LINE, bottom=_LINE)
_GREY: Final = PatternFill("solid", fgColor="EEF2F6")
_HEAD: Final = PatternFill("solid", fgColor="D6E2EE")
_GAP: Final = PatternFill("solid", bgColor="FFF4C2")
_OPEN: Final = Protection(locked=False)
_WRAP: Final = Alignment(vertical="center", wrap_text=True)
_FORMATS: Final = {"share": "0.0%", "integer": "0", "number": "General"}
_WIDTHS: Final = {"编码": 19, "名称": 22, "社区": 14, "现物业企业": 26, "上次摸底": 12, "地址": 26, "服务方式": 13,
                  "备注": 24, "联系电话": 14}  # fmt: skip
_A4: Final = 9
_HEAD_HEIGHT: Final = 32
_ROW_HEIGHT: Final = 30
"""Points: two lines of print, or one of handwriting."""


def as_text(cell: Any) -> Any:
    """Keep a text a text, also where it begins like a formula; returns the cell."""
    if isinstance(cell.value, str):
        cell.value = ILLEGAL_CHARACTERS_RE.sub("", cell.value)
        cell.data_type = "s"
        cell.number_format = "@"
    return cell


def title(cell: Any, text: str) -> None:
    """Write the line on top."""
    cell.value = text
    as_text(cell).font = Font(bold=True, size=14)


def label(cell: Any, text: str) -> None:
    """Write what the cell to the right asks for."""
    cell.value = text
    cell.font = Font(bold=True)
    cell.alignment = Alignment(horizontal="right")


def hint(cell: Any, text: str) -> None:
    """Write how the sheet is filled in."""
    cell.value = text
    cell.font = Font(color="66727F")


def head(cell: Any, text: str) -> None:
    """Write a header."""
    cell.value = text
    cell.font, cell.fill, cell.border = Font(bold=True), _HEAD, _BOX
    cell.alignment = Alignment(horizontal="center", vertical="center", wrap_text=True)


def locked(cell: Any, value: Any) -> None:
    """Write what is not to be changed."""
    cell.value = value
    as_text(cell)
    cell.fill, cell.border, cell.alignment = _GREY, _BOX, _WRAP


def open_text(cell: Any, value: Any) -> None:
    """Write a cell for any text."""
    cell.value = value
    as_text(cell)
    cell.number_format = "@"
    cell.border, cell.alignment, cell.protection = _BOX, _WRAP, _OPEN


def open_value(cell: Any, asked: Asked, value: Any) -> None:
    """Write a cell for a value of a field."""
    open_text(cell, value)
    if asked.field.type in _FORMATS:
        cell.number_format = _FORMATS[asked.field.type]


def open_day(sheet: Worksheet, cell: Any, since: date) -> None:
    """Write a cell for a day; one long before the survey was sent is a slip."""
    cell.number_format = "yyyy-mm-dd"
    cell.border, cell.protection = _BOX, _OPEN
    first = f"DATE({since.year - 1},1,1)"
    check = DataValidation(type="date", operator="greaterThanOrEqual", formula1=first, allow_blank=True)
    check.error, check.showErrorMessage = "请填日期，如 2026-11-01", True
    check.add(cell.coordinate)
    sheet.add_data_validation(check)


def check_list(sheet: Worksheet, words: Iterable[str], letter: str, first: int, last: int) -> None:
    """Give a column a drop-down."""
    check = DataValidation(type="list", formula1=f'"{",".join(words)}"', allow_blank=True)
    check.error, check.showErrorMessage = "请从下拉列表中选择", True
    check.add(f"{letter}{first}:{letter}{last}")
    sheet.add_data_validation(check)


def check(sheet: Worksheet, asked: Asked, letter: str, first: int, last: int) -> None:
    """Give a column what it admits: a drop-down, or a number within limits, or the word for what is not known."""
    if asked.words:
        check_list(sheet, asked.words, letter, first, last)
        return
    if asked.field.type not in _FORMATS:
        return
    cell = f"{letter}{first}"
    whole = f",{cell}=INT({cell})" if asked.field.type == "integer" else ""
    within = f"AND({cell}>={asked.least:g},{cell}<={asked.most:.0f}{whole})"
    formula = f'IF(ISNUMBER({cell}),{within},{cell}="{UNCLEAR}")'
    made = DataValidation(type="custom", formula1=formula, allow_blank=True)
    kind = {"integer": "整数", "share": "0%–100%", "number": "数"}[asked.field.type]
    limits = "" if asked.field.type == "share" else f"（{asked.least:g} 至 {asked.most:.0f}）"
    made.error, made.showErrorMessage = (
        f"请填{kind}{limits}，或“{UNCLEAR}”",
        True,
    )
    made.promptTitle, made.prompt, made.showInputMessage = asked.field.header[:32], asked.meaning[:255], True
    made.add(f"{letter}{first}:{letter}{last}")
    sheet.add_data_validation(made)


def show_gaps(sheet: Worksheet, letter: str, first: int, last: int) -> None:
    """Colour what is not known yet, so that nobody has to look for it."""
    look = DifferentialStyle(fill=_GAP)
    rule = Rule(type="expression", formula=[f"LEN(TRIM({letter}{first}))=0"], dxf=look)
    sheet.conditional_formatting.add(f"{letter}{first}:{letter}{last}", rule)


def width(header: str) -> float:
    """Return the width of a column in characters."""
    return _WIDTHS.get(header, max(9.0, 2.0 * min(len(header), 7)))


def lay_out(sheet: Worksheet, header_row: int, frozen: int, columns: int, last: int, footer: str) -> None:
    """Freeze the head, protect without a password, and set the printing: A4 landscape, head on each page, numbers."""
    sheet.freeze_panes = f"{get_column_letter(frozen + 1)}{header_row + 1}"
    sheet.auto_filter.ref = f"A{header_row}:{get_column_letter(columns)}{last}"
    guard = sheet.protection
    guard.sheet = True
    # Of these, true means forbidden.
    guard.autoFilter = guard.sort = guard.formatColumns = guard.formatRows = False
    sheet.print_title_rows = f"{header_row}:{header_row}"
    sheet.print_area = f"A1:{get_column_letter(columns)}{last}"
    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", _A4
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    margins = sheet.page_margins
    margins.left = margins.right = 0.4
    margins.top = margins.bottom = 0.6
    margins.header = margins.footer = 0.3
    sheet.row_dimensions[header_row].height = _HEAD_HEIGHT
    for row in range(header_row + 1, last + 1):
        sheet.row_dimensions[row].height = _ROW_HEIGHT
    sheet.HeaderFooter.oddFooter = HeaderFooterItem(
        left=_HeaderFooterPart(footer.replace("&", "&&")), right=_HeaderFooterPart("第 &P 页 共 &N 页")
    )
