"""The lot schedule (标段一览表) as a workbook: packages, units and terms, its sums as formulas, set up to be printed.

Names are stored as text whatever they begin with. What is unknown is a dash, which no sum counts, and how many dashes
stand behind a sum is counted beside it.
"""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from typing import Any, Final

from openpyxl import Workbook
from openpyxl.cell.cell import Cell
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter, quote_sheetname
from openpyxl.worksheet.header_footer import HeaderFooterItem
from openpyxl.worksheet.page import PageMargins
from openpyxl.worksheet.pagebreak import Break, ColBreak
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from maps.documents.papers import KINDS, UNKNOWN, RoundPaper, Step, clean, day, unwatched

MEDIA_TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
OVERVIEW, UNITS, TERMS = "标包一览", "标包明细", "参数与说明"
_THIN = Side(style="thin", color="FF7F7F7F")
_BOX = Border(left=_THIN, right=_THIN, top=_THIN, bottom=_THIN)
_HEAD = PatternFill("solid", fgColor="FFE8EDF3")
_FONT = "宋体"
_INT, _AREA, _MONEY, _SHARE = "#,##0", "#,##0.00", "#,##0.00", "0.0%"
_SCALE, _PAGE = 84, 132
"""Per cent at which sheets are printed, and the digits that A4 across holds then, in the widest of common typefaces."""
_FIRST_RATE = 4
"""Row of the terms in which the first year's subsidy stands."""
_UNIT_HEADS = (
    "标包编号", "标包名称", "序号", "编码", "名称", "类型", "街道", "户数", "常住人口", "建筑面积（㎡）",
    "物业费（元/㎡·月）", "收缴率", "年物业费收入（元）", "年服务成本（元）",
)  # fmt: skip
_FORMULA = re.compile(r"^[=+\-@\t\r]")


def lot_schedule(paper: RoundPaper, step: Step = unwatched) -> bytes:
    """Return the workbook of a round."""
    book = Workbook()
    overview = book.active
    assert isinstance(overview, Worksheet)
    overview.title = OVERVIEW
    units, terms = book.create_sheet(UNITS), book.create_sheet(TERMS)
    _terms(terms, paper)
    step(0.2)
    last = _units(units, paper)
    step(0.7)
    _overview(overview, paper, last)
    for sheet, repeated, first in ((overview, 3, 9), (units, 5, 12), (terms, 0, 0)):
        _print_setup(sheet, paper)
        _pages_across(sheet, repeated, first)
    book.calculation.fullCalcOnLoad = True
    book.properties.title, book.properties.creator = clean(paper.title), clean(paper.maker)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _terms(sheet: Worksheet, paper: RoundPaper) -> None:
    """Rates and costs that the formulas of the other sheets point at, then rules and days."""
    _title(sheet, "参数与说明", 2)
    _heads(sheet, 3, ("项目", "内容"))
    row = _FIRST_RATE
    for number in range(1, paper.money.years + 1):
        rate = paper.money.subsidy[number - 1] if number <= len(paper.money.subsidy) else 0
        _row(sheet, row, [f"第 {number} 年补贴标准（元/㎡·年）", rate], [None, "0.00####"])
        row += 1
    cost = paper.money.cost_per_m2 if paper.money.cost_per_m2 is not None else paper.money.cost_per_household
    by = "元/㎡·月" if paper.money.cost_per_m2 is not None else "元/户·月"
    _row(sheet, row, [f"服务成本（{by}）", UNKNOWN if cost is None else cost], [None, "0.00####"])
    told = [("区域", paper.area), ("合同起始日（计划）", day(paper.start)), ("数据截止", day(paper.as_of)),
            ("编制单位", paper.maker), ("编制日期", day(paper.made_on)),
            *((label, day(when)) for label, when in paper.dates), *paper.rules]  # fmt: skip
    for label, text in told:
        row += 1
        _row(sheet, row, [label, text], [None, None])
    note = f"“{UNKNOWN}”为数据不明，合计不含不明项，不明项数另列；金额逐户（栋、小区）四舍五入到分后合计。"
    _row(sheet, row + 1, ["说明", note], [None, None])
    _widths(sheet, (30, 70))


def _units(sheet: Worksheet, paper: RoundPaper) -> int:
    """One row a unit; returns the last row."""
    years = paper.money.years
    heads = (*_UNIT_HEADS, *(f"第 {n} 年补贴（元）" for n in range(1, years + 1)))
    _title(sheet, f"{clean(paper.title)} 标包明细", len(heads))
    _heads(sheet, 3, heads)
    formats = [None] * 7 + [_INT, _INT, _AREA, "0.00", _SHARE, _MONEY, _MONEY] + [_MONEY] * years
    row = 3
    for package in paper.packages:
        for place, unit in enumerate(package.units, 1):
            row += 1
            values: list[Any] = [package.code, package.name, place, unit.code, unit.name,
                                 KINDS.get(unit.kind, unit.kind), unit.subdistrict or UNKNOWN]  # fmt: skip
            figures = (unit.households, unit.residents, unit.floor_area, unit.fee, unit.collection_rate)
            values += [UNKNOWN if figure is None else figure for figure in figures]
            _row(sheet, row, [*values, *([None] * (2 + years))], formats)
            _unit_formulas(sheet, row, paper)
    _widths(sheet, (7, 12, 5, 17, 18, 8, 10, 7, 8, 12, 8, 7, 14, 13, *([13] * years)))
    return row


def _unit_formulas(sheet: Worksheet, row: int, paper: RoundPaper) -> None:
    terms = quote_sheetname(TERMS)
    years, by_area = paper.money.years, paper.money.cost_per_m2 is not None
    income = f'=IF(COUNT(J{row},K{row},L{row})=3,ROUND(J{row}*K{row}*12*L{row},2),"{UNKNOWN}")'
    amount, cost = f"{'J' if by_area else 'H'}{row}", f"{terms}!$B${_FIRST_RATE + years}"
    _formula(sheet, row, 13, income)
    _formula(sheet, row, 14, f'=IF(COUNT({amount},{cost})=2,ROUND({amount}*{cost}*12,2),"{UNKNOWN}")')
    for number in range(years):
        rate = f"{terms}!$B${_FIRST_RATE + number}"
        _formula(sheet, row, 15 + number, f'=IF(COUNT(J{row})=1,ROUND(J{row}*{rate},2),"{UNKNOWN}")')


def _overview(sheet: Worksheet, paper: RoundPaper, last: int) -> None:
    """One row a package, every figure a formula over the units, and the row of sums."""
    years = paper.money.years
    heads = ("序号", "标包编号", "标包名称", "所属街道", "服务对象", "户数", "常住人口", "建筑面积（㎡）",
             "面积不明", "年物业费收入（元）", "年服务成本（元）",
             *(f"第 {n} 年补贴（元）" for n in range(1, years + 1)), "补贴合计（元）",
             "户数不明", "收入不明", "成本不明")  # fmt: skip
    _title(sheet, f"{clean(paper.title)} 标包一览表", len(heads))
    sheet.cell(
        2,
        1,
        f"区域：{clean(paper.area)}　数据截止：{day(paper.as_of)}　编制：{clean(paper.maker)}　{day(paper.made_on)}",
    )
    _heads(sheet, 3, heads)
    formats = [None] * 4 + [_INT, _INT, _INT, _AREA, _INT] + [_MONEY] * (years + 3) + [_INT] * 3
    for row, package in enumerate(paper.packages, 4):
        _row(sheet, row, [row - 3, package.code, package.name, package.subdistricts or UNKNOWN,
                          *([None] * (years + 11))], formats)  # fmt: skip
        codes = _range("A", last)
        _formula(sheet, row, 5, f"=COUNTIF({codes},B{row})")
        for column, source in zip((6, 7, 8), "HIJ", strict=True):
            _formula(sheet, row, column, _total(codes, row, _range(source, last)))
        _formula(sheet, row, 9, f'=COUNTIFS({codes},B{row},{_range("J", last)},"{UNKNOWN}")')
        for place in range(years + 2):
            source = _range(get_column_letter(13 + place), last)
            _formula(sheet, row, 10 + place, _total(codes, row, source))
        _formula(sheet, row, 12 + years, _sum(f"L{row}:{get_column_letter(11 + years)}{row}"))
        for place, source in enumerate("HMN"):
            _formula(
                sheet,
                row,
                13 + years + place,
                f'=COUNTIFS({codes},B{row},{_range(source, last)},"{UNKNOWN}")',
            )
    _sums(sheet, 4 + len(paper.packages), 15 + years, formats)
    _widths(sheet, (5, 7, 16, 20, 8, 9, 9, 14, 8, 15, 15, *([13] * years), 14, 7, 7, 7))


def _sums(sheet: Worksheet, row: int, columns: int, formats: Sequence[str | None]) -> None:
    _row(sheet, row, ["合计", *([None] * (columns - 1))], formats)
    for column in range(5, columns + 1):
        letter = get_column_letter(column)
        _formula(sheet, row, column, _sum(f"{letter}4:{letter}{row - 1}") if row > 4 else "=0")
    for column in range(1, columns + 1):
        sheet.cell(row, column).font = Font(name=_FONT, size=10, bold=True)


def _total(codes: str, row: int, source: str) -> str:
    """What is known of a package's units, added up; a dash where it has units and nothing of any is known."""
    known = f'COUNTIFS({codes},B{row},{source},"<>{UNKNOWN}")'
    return f'=IF(AND(E{row}>0,{known}=0),"{UNKNOWN}",SUMIF({codes},B{row},{source}))'


def _sum(cells: str) -> str:
    """The sum of cells; a dash where all of them are dashes."""
    return f'=IF(COUNT({cells})=0,"{UNKNOWN}",SUM({cells}))'


def _range(column: str, last: int) -> str:
    return f"{quote_sheetname(UNITS)}!${column}$4:${column}${max(last, 4)}"


def _formula(sheet: Worksheet, row: int, column: int, formula: str) -> None:
    sheet.cell(row, column).value = formula


def _row(sheet: Worksheet, row: int, values: Sequence[Any], formats: Sequence[str | None]) -> None:
    for column, (value, shown) in enumerate(zip(values, formats, strict=True), 1):
        cell = sheet.cell(row, column)
        assert isinstance(cell, Cell)
        if isinstance(value, str):
            _text(cell, value)
        else:
            cell.value = value
        cell.border, cell.font = _BOX, Font(name=_FONT, size=10)
        cell.number_format = shown or "General"
        side = "right" if shown else "left"
        cell.alignment = Alignment(horizontal=side, vertical="center", wrap_text=not shown)


def _text(cell: Cell, text: str) -> None:
    """Store text as text: also where it begins like a formula, and marked so that editing it does not make it one."""
    cell.value = clean(text)
    cell.data_type = "s"
    cell.quotePrefix = bool(_FORMULA.match(clean(text)))


def _title(sheet: Worksheet, text: str, columns: int) -> None:
    sheet.merge_cells(start_row=1, start_column=1, end_row=1, end_column=columns)
    cell = sheet.cell(1, 1)
    assert isinstance(cell, Cell)
    _text(cell, text)
    cell.font = Font(name=_FONT, size=16, bold=True)
    cell.alignment = Alignment(horizontal="center", vertical="center")
    sheet.row_dimensions[1].height = 30


def _heads(sheet: Worksheet, row: int, heads: Sequence[str]) -> None:
    for column, head in enumerate(heads, 1):
        cell = sheet.cell(row, column, head)
        cell.font, cell.fill, cell.border = Font(name=_FONT, size=10, bold=True), _HEAD, _BOX
        cell.alignment = Alignment(horizontal="center", vertical="center", wrap_text=True)
    sheet.row_dimensions[row].height = 44
    sheet.freeze_panes = f"A{row + 1}"
    sheet.print_title_rows = f"{row}:{row}"


def _widths(sheet: Worksheet, widths: Sequence[float]) -> None:
    for column, width in enumerate(widths, 1):
        sheet.column_dimensions[get_column_letter(column)].width = width


def _print_setup(sheet: Worksheet, paper: RoundPaper) -> None:
    """A4 across, the title over and page numbers under every page, the head row on each."""
    setup = sheet.page_setup
    setup.orientation, setup.paperSize = "landscape", 9
    sheet.print_options.horizontalCentered = True
    sheet.page_margins = PageMargins(left=0.4, right=0.4, top=0.8, bottom=0.7, header=0.3, footer=0.3)
    header, footer = sheet.oddHeader, sheet.oddFooter
    assert isinstance(header, HeaderFooterItem)
    assert isinstance(footer, HeaderFooterItem)
    header.center.size, header.center.font = 14, f"{_FONT},Bold"
    for part, text in (
        (header.left, _escaped(paper.area)),
        (header.center, _escaped(f"{paper.title} {sheet.title}")),
        (header.right, f"数据截止：{day(paper.as_of)}"),
        (footer.left, _escaped(paper.maker)),
        (footer.center, "第 &P 页，共 &N 页"),
        (footer.right, day(paper.made_on)),
    ):
        part.text = text
    # The title of the sheet would be cut where the first columns come again: on paper it stands over each page.
    sheet.print_area = f"A3:{get_column_letter(sheet.max_column)}{sheet.max_row}"


def _escaped(text: str) -> str:
    """Text for the head or the foot of a page, where & begins an instruction."""
    return clean(text).replace("&", "&&")


def _pages_across(sheet: Worksheet, repeated: int, first: int) -> None:
    """Print at a size that reads: as many pages side by side as the columns need, the first columns again on each.

    `first`: the last column of the first page. Without columns to repeat the sheet is as wide as the page.
    """
    if not repeated:
        sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
        sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
        return
    sheet.print_title_cols = f"A:{get_column_letter(repeated)}"
    sheet.page_setup.pageOrder, sheet.page_setup.scale = "overThenDown", _SCALE
    wide = [sheet.column_dimensions[get_column_letter(n)].width for n in range(1, sheet.max_column + 1)]
    sheet.col_breaks = ColBreak()
    sheet.col_breaks.append(Break(id=first))
    taken = sum(wide[:repeated])
    for column in range(first + 1, len(wide) + 1):
        if taken + wide[column - 1] > _PAGE:
            sheet.col_breaks.append(Break(id=column - 1))
            taken = sum(wide[:repeated])
        taken += wide[column - 1]
