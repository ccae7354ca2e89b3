"""The workbook that goes out (摸底表): rows with drop-downs, a legend, and a hidden sheet that knows the base.

Only what is to be filled in is unlocked; the protection has no password, it keeps hands from slipping. Everything
written is text, a number or a day: a name that begins like a formula stays a name.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from openpyxl import Workbook
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from geo.ingest.exported import word
from geo.survey import sheet_style as style
from geo.survey.fields import Asked, applies, chosen
from geo.survey.legend import write_legend

BASE: Final = "_base"
"""Name of the hidden sheet: whose survey this is, of which moment, and every value as it went out."""
CODE, NAME, PLACE, FIRM, LAST = "编码", "名称", "社区", "现物业企业", "上次摸底"
OUTCOME, CONTACT, PHONE, NOTE = "摸底情况", "联系人", "联系电话", "备注"
SURVEYOR, DAY = "摸底人", "摸底日期"
OUTCOMES: Final = {"已摸底": "done", "无法进入": "unreachable", "未摸底": ""}
ADDED: Final = "新增"
"""What stands in place of a code in the blank rows at the end, for communities that no map has."""
HEADER_ROW: Final = 4
SPARE_ROWS: Final = 10
_LOCKED: Final = (CODE, NAME, PLACE, FIRM, LAST)
_REMARKS: Final = (OUTCOME, CONTACT, PHONE, NOTE)
_NO_TITLE = re.compile(r"[\[\]:*?/\\'\x00-\x1f]")


@dataclass(frozen=True, slots=True)
class Unit:
    """One row: a unit, what is told of it (`about`: names of places, firm, last survey), its values as sent."""

    unit: str
    unit_kind: str
    neighbourhood: str
    name: str
    about: Mapping[str, Any]
    sent: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Survey:
    """The head of a survey as its sheets show it."""

    number: int
    title: str
    area_name: str
    as_of: date
    known_at: datetime
    key: str
    fields: tuple[str, ...]


def write_book(survey: Survey, units: Sequence[Unit], path: Path, *, each: bool) -> None:
    """Write one workbook: a sheet per neighbourhood (`each`) or one of all. Units come in order of code."""
    book = Workbook()
    book.remove(book.worksheets[0])
    book.properties.creator, book.properties.title = "wangge", f"{survey.title} {survey.number}"
    asked = chosen(survey.fields)
    taken: set[str] = set()
    for place, rows in _sheets(survey, units, each):
        sheet = book.create_sheet(_title(place, taken))
        _write_sheet(sheet, survey, place, asked, rows, several=not each)
    write_legend(book, survey.title, asked)
    _write_base(book, survey, asked, units)
    book.save(path)


def write_books(survey: Survey, units: Sequence[Unit], path: Path) -> None:
    """Write a zip of workbooks, one per neighbourhood: each can be handed to who fills it in."""
    with TemporaryDirectory(prefix="wangge-survey-") as folder, zipfile.ZipFile(path, "w") as archive:
        taken: set[str] = set()
        for place, rows in _sheets(survey, units, each=True):
            made = Path(folder) / "made.xlsx"
            write_book(survey, rows, made, each=True)
            archive.write(made, f"{survey.number}-{_title(place, taken)}.xlsx")


def _sheets(survey: Survey, units: Sequence[Unit], each: bool) -> Iterable[tuple[str, list[Unit]]]:
    if not each:
        yield survey.area_name, list(units)
        return
    for code, rows in groupby(units, key=lambda one: one.neighbourhood):
        here = list(rows)
        yield here[0].about.get("neighbourhood") or code, here


def _title(place: str, taken: set[str]) -> str:
    """Return a name that Excel takes for a sheet, and that no other sheet has."""
    bare = _NO_TITLE.sub("", place).strip()[:24] or "摸底"
    name, number = bare, 1
    while name in taken:
        number += 1
        name = f"{bare} {number}"
    taken.add(name)
    return name


def columns(asked: Sequence[Asked], *, several: bool) -> list[str]:
    """Return the headers of a sheet in order; `several` neighbourhoods share it."""
    head = [name for name in _LOCKED if several or name != PLACE]
    return [*head, *(one.field.header for one in asked), *_REMARKS]


def _write_sheet(
    sheet: Worksheet,
    survey: Survey,
    place: str,
    asked: Sequence[Asked],
    rows: Sequence[Unit],
    *,
    several: bool,
) -> None:
    headers = columns(asked, several=several)
    last = HEADER_ROW + len(rows) + SPARE_ROWS
    _write_head(sheet, survey, place, len(rows))
    for column, header in enumerate(headers, start=1):
        style.head(sheet.cell(HEADER_ROW, column), header)
        sheet.column_dimensions[get_column_letter(column)].width = style.width(header)
    for number, unit in enumerate(rows, start=HEADER_ROW + 1):
        _write_row(sheet, number, headers, asked, unit)
    for number in range(HEADER_ROW + len(rows) + 1, last + 1):
        _write_spare(sheet, number, headers)
    for one in asked:
        letter = get_column_letter(headers.index(one.field.header) + 1)
        style.check(sheet, one, letter, HEADER_ROW + 1, last)
        style.show_gaps(sheet, letter, HEADER_ROW + 1, HEADER_ROW + len(rows))
    style.check_list(sheet, OUTCOMES, get_column_letter(headers.index(OUTCOME) + 1), HEADER_ROW + 1, last)
    style.lay_out(sheet, HEADER_ROW, headers.index(NAME) + 1, len(headers), last, f"{survey.title} · {place}")


def _write_head(sheet: Worksheet, survey: Survey, place: str, count: int) -> None:
    style.title(sheet.cell(1, 1), f"{survey.title}表 第 {survey.number} 号 · {place} · 共 {count} 个")
    style.label(sheet.cell(2, 1), SURVEYOR)
    style.open_text(sheet.cell(2, 2), None)
    style.label(sheet.cell(2, 3), DAY)
    style.open_day(sheet, sheet.cell(2, 4), survey.as_of)
    told = "白色格可填，黄色格是库中还不清楚的；问不清的选“不清楚”，不要猜。数据截至"
    style.hint(sheet.cell(3, 1), f"{told} {survey.as_of.isoformat()}。各栏含义见“填写说明”。")


def _write_row(
    sheet: Worksheet, number: int, headers: Sequence[str], asked: Sequence[Asked], unit: Unit
) -> None:
    about = unit.about
    fixed = {CODE: unit.unit, NAME: unit.name, PLACE: about.get("neighbourhood"), FIRM: about.get("firm"),
             LAST: about.get("surveyed_on")}  # fmt: skip
    by_header = {one.field.header: one for one in asked}
    open_ = {OUTCOME: None, CONTACT: about.get("contact"), PHONE: about.get("phone"), NOTE: None}
    for column, header in enumerate(headers, start=1):
        cell = sheet.cell(number, column)
        if header in fixed:
            style.locked(cell, fixed[header])
        elif header in open_:
            style.open_text(cell, open_[header])
        elif applies(by_header[header], unit.unit_kind):
            style.open_value(
                cell, by_header[header], word(by_header[header].field, unit.sent.get(by_header[header].name))
            )
        else:
            style.locked(cell, "—")


def _write_spare(sheet: Worksheet, number: int, headers: Sequence[str]) -> None:
    for column, header in enumerate(headers, start=1):
        cell = sheet.cell(number, column)
        if header == CODE:
            style.locked(cell, ADDED)
        else:
            style.open_text(cell, None)


def _write_base(book: Workbook, survey: Survey, asked: Sequence[Asked], units: Sequence[Unit]) -> None:
    """Write the hidden sheet: head in pairs, then the stored values of every row."""
    sheet = book.create_sheet(BASE)
    sheet.sheet_state = "hidden"
    sheet.protection.sheet = True
    for pair in (
        ("survey", survey.number), ("key", survey.key), ("as_of", survey.as_of.isoformat()),
        ("known_at", survey.known_at.isoformat()), ("fields", ",".join(one.name for one in asked)),
    ):  # fmt: skip
        sheet.append(pair)
    sheet.append(["unit", *(one.name for one in asked)])
    for unit in units:
        sheet.append([unit.unit, *(unit.sent.get(one.name) for one in asked)])
    for row in sheet.iter_rows():
        for cell in row:
            style.as_text(cell)
