"""The workbook opens again: text is text, every sum is a formula, and the formulas come to the round's own figures."""

from __future__ import annotations

import dataclasses
import io
import re
from collections.abc import Iterable
from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from itertools import pairwise
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.utils import get_column_letter

from geo.tender.schedule import cost_of, income_of
from maps.documents import RoundPaper
from maps.documents.lot_schedule import OVERVIEW, TERMS, UNITS, lot_schedule


def _book(paper: RoundPaper) -> Workbook:
    return load_workbook(io.BytesIO(lot_schedule(paper)))


class Sheets:
    """As much of a spreadsheet as the workbook uses: COUNT, COUNTIF(S), SUMIF, SUM, ROUND of a product, and IF."""

    def __init__(self, book: Workbook) -> None:
        self.book = book
        self.value = cache(self._value)

    def _value(self, sheet: str, at: str) -> Any:
        held = self.book[sheet][at].value
        if isinstance(held, str) and self.book[sheet][at].data_type == "f":
            return self._formula(sheet, held[1:])
        return Decimal(str(held)) if isinstance(held, int | float) else held

    def _cells(self, sheet: str, text: str) -> list[Any]:
        place, _, cells = text.rpartition("!")
        name = place.strip("'") or sheet
        first, _, last = cells.replace("$", "").partition(":")
        found = self.book[name][f"{first}:{last or first}"]
        return [self.value(name, cell.coordinate) for row in found for cell in row]

    def _formula(self, sheet: str, text: str) -> Any:
        if match := re.fullmatch(r'IF\(COUNT\((.+?)\)=(\d),ROUND\((.+?),2\),"—"\)', text):
            counted = [value for part in match[1].split(",") for value in self._cells(sheet, part)]
            if sum(isinstance(each, Decimal) for each in counted) != int(match[2]):
                return "—"
            product = Decimal(1)
            for factor in match[3].split("*"):
                product *= Decimal(factor) if factor.isdigit() else self._cells(sheet, factor)[0]
            return product.quantize(Decimal("0.01"), ROUND_HALF_UP)
        if match := re.fullmatch(r'IF\(COUNT\((.+?)\)=0,"—",SUM\(\1\)\)', text):
            if not any(isinstance(each, Decimal) for each in self._cells(sheet, match[1])):
                return "—"
            return self._formula(sheet, f"SUM({match[1]})")
        if match := re.fullmatch(
            r'IF\(AND\((\w+)>0,COUNTIFS\((.+?),(\w+),(.+?),"<>—"\)=0\),"—",(SUMIF\(.+\))\)', text
        ):
            mine = zip(self._cells(sheet, match[2]), self._cells(sheet, match[4]), strict=True)
            wanted = self._cells(sheet, match[3])[0]
            told = any(code == wanted and each != "—" for code, each in mine)
            unknown = self._cells(sheet, match[1])[0] > 0 and not told
            return "—" if unknown else self._formula(sheet, match[5])
        if match := re.fullmatch(r"SUM\((.+)\)", text):
            return sum(
                (each for each in self._cells(sheet, match[1]) if isinstance(each, Decimal)), Decimal(0)
            )
        match = re.fullmatch(r'(COUNTIF|COUNTIFS|SUMIF)\((.+?),(\w+)(?:,(.+?))?(?:,"—")?\)', text)
        assert match, text
        wanted = self._cells(sheet, match[3])[0]
        hits = [each == wanted for each in self._cells(sheet, match[2])]
        if match[1] == "COUNTIF":
            return Decimal(sum(hits))
        beside = self._cells(sheet, match[4])
        if match[1] == "COUNTIFS":
            return Decimal(sum(hit and each == "—" for hit, each in zip(hits, beside, strict=True)))
        return sum(
            (each for hit, each in zip(hits, beside, strict=True) if hit and isinstance(each, Decimal)),
            Decimal(0),
        )


def test_the_formulas_come_to_the_figures_of_the_round(paper: RoundPaper) -> None:
    sheets = Sheets(_book(paper))
    for row, package in enumerate(paper.packages, 4):
        units = package.units
        told = [sheets.value(OVERVIEW, f"{column}{row}") for column in "EFGHI"]
        assert told == [
            len(units),
            sum(u.households or 0 for u in units),
            sum(u.residents or 0 for u in units),
            sum(u.floor_area or 0 for u in units),
            sum(u.floor_area is None for u in units),
        ]
        unknown = [sheets.value(OVERVIEW, f"{column}{row}") for column in "PQR"]
        assert unknown == [
            sum(u.households is None for u in units),
            sum(income_of(u.money()) is None for u in units),
            sum(cost_of(paper.money, u.money()) is None for u in units),
        ]
        years = package.years(paper)
        if all(year.subsidy is not None for year in years):
            subsidies = [sheets.value(OVERVIEW, f"{column}{row}") for column in "LMN"]
            assert subsidies == [year.subsidy for year in years]
            assert sheets.value(OVERVIEW, f"O{row}") == sum(subsidies)
            assert sheets.value(OVERVIEW, f"K{row}") == years[0].cost
        if years[0].income is not None:
            assert sheets.value(OVERVIEW, f"J{row}") == years[0].income
    last = 4 + len(paper.packages)
    assert sheets.value(OVERVIEW, f"A{last}") == "合计"
    every = [unit for package in paper.packages for unit in package.units]
    assert sheets.value(OVERVIEW, f"F{last}") == sum(u.households or 0 for u in every)
    assert sheets.value(OVERVIEW, f"H{last}") == sum(u.floor_area or 0 for u in every)


def test_a_package_of_which_nothing_is_known_shows_dashes_and_no_noughts(paper: RoundPaper) -> None:
    blank = [
        replace(each, households=None, residents=None, floor_area=None, fee=None)
        for each in paper.packages[0].units
    ]
    first = replace(paper.packages[0], units=tuple(blank))
    sheets = Sheets(_book(replace(paper, packages=(first, *paper.packages[1:]))))
    assert [sheets.value(OVERVIEW, f"{column}4") for column in "FGHJKLMNO"] == ["—"] * 9
    assert sheets.value(OVERVIEW, "F5") > 0
    last = 4 + len(paper.packages)
    assert sheets.value(OVERVIEW, f"F{last}") > 0, "the sum counts what is known"
    alone = Sheets(_book(replace(paper, packages=(first,))))
    assert [alone.value(OVERVIEW, f"{column}5") for column in "FGHJKLMNO"] == ["—"] * 9
    assert alone.value(OVERVIEW, "I5") == len(blank)


def test_every_sum_is_a_formula(paper: RoundPaper) -> None:
    sheet = _book(paper)[OVERVIEW]
    for row in range(4, 5 + len(paper.packages)):
        assert all(sheet.cell(row, column).data_type == "f" for column in range(5, 19))


def test_names_that_begin_like_formulas_are_text_and_lose_nothing_but_control_characters(
    paper: RoundPaper,
) -> None:
    book = _book(paper)
    cells = [book[UNITS].cell(row, 5) for row in range(4, 14)]
    assert [cell.value for cell in cells][:5] == [
        "和平苑",
        "=1+1小区",
        "@银屏<b>花园</b>",
        "+铁路新村",
        "-机床厂&宿舍",
    ]
    assert {cell.data_type for cell in cells} == {"s"}
    assert [bool(cell.quotePrefix) for cell in cells][:3] == [False, True, True]
    assert book[UNITS]["B5"].data_type == "s"
    terms = {row[0].value: row[1] for row in book[TERMS].iter_rows(min_row=4, max_col=2)}
    assert (terms["户数范围"].value, terms["户数范围"].data_type) == ("=300–1500 户", "s")


def test_unknown_is_a_dash_that_no_sum_counts(paper: RoundPaper) -> None:
    sheets = Sheets(_book(paper))
    assert sheets.value(UNITS, "H8") == "—"
    assert sheets.value(UNITS, "M6") == "—"
    assert sheets.value(UNITS, "O10") == "—"


def test_it_is_set_up_to_be_printed(paper: RoundPaper) -> None:
    book = _book(paper)
    for sheet in book:
        assert (sheet.page_setup.orientation, sheet.page_setup.paperSize) == ("landscape", 9)
        assert sheet.print_title_rows == "$3:$3"
        assert sheet.freeze_panes == "A4"
        assert sheet.oddFooter.left.text == "示例区住房&&城乡建设局"
        assert sheet.title in sheet.oddHeader.center.text
        assert sheet.print_area.startswith(f"'{sheet.title}'!$A$3:")
    assert book[TERMS].sheet_properties.pageSetUpPr.fitToPage


def _digits(sheet: Any, columns: Iterable[int]) -> float:
    return sum(sheet.column_dimensions[get_column_letter(column)].width for column in columns)


@pytest.mark.parametrize("years", [1, 3, 10])
def test_no_page_shrinks_its_figures_and_each_says_whose_they_are(paper: RoundPaper, years: int) -> None:
    """At 84 % a landscape A4 holds 132 digits: every page keeps within, the first columns included."""
    money = paper.money.model_copy(update={"years": years, "subsidy": paper.money.subsidy[:years]})
    book = _book(dataclasses.replace(paper, money=money))
    for name, repeated in ((OVERVIEW, 3), (UNITS, 5)):
        sheet = book[name]
        assert sheet.page_setup.scale == 84
        assert not (sheet.sheet_properties.pageSetUpPr and sheet.sheet_properties.pageSetUpPr.fitToPage)
        assert sheet.print_title_cols == f"$A:${get_column_letter(repeated)}"
        ends = [0, *(each.id for each in sheet.col_breaks.brk), sheet.max_column]
        for first, last in pairwise(ends):
            columns = {*range(1, repeated + 1), *range(first + 1, last + 1)}
            assert _digits(sheet, columns) <= 132


def test_a_round_without_packages_is_an_empty_schedule(paper: RoundPaper) -> None:
    empty = RoundPaper(**{**{name: getattr(paper, name) for name in paper.__slots__}, "packages": ()})
    assert Sheets(_book(empty)).value(OVERVIEW, "A4") == "合计"
