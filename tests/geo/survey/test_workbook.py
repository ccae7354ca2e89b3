"""Real workbooks, written and read as files: what went out comes back, and what was edited is found once."""

from __future__ import annotations

import shutil
import subprocess
from datetime import UTC, date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.survey.difference import Item, items
from geo.survey.fields import ASKED, chosen
from geo.survey.reading import _sheets
from geo.survey.rows import Filled, Known, marks_of, rows_of
from geo.survey.sheet import BASE, HEADER_ROW, Survey, Unit, write_book, write_books
from tests.geo.survey.conftest import column, row_of
from tests.geo.survey.test_answers import values

HERE = "990101001001"
FIELDS = tuple(ASKED)
SURVEY = Survey(
    7, "三防摸底", "和安里街道", date(2026, 11, 1), datetime(2026, 11, 1, tzinfo=UTC), "a-key", FIELDS
)
HOSTILE = '=HYPERLINK("http://x","点我")'


def unit(number: int, place: str = HERE, name: str = "", **sent: Any) -> Unit:
    known = {field: sent.get(field) for field in FIELDS}
    return Unit(
        f"{place}C{number:03d}",
        "community",
        place,
        name or f"小区{number}",
        {"neighbourhood": f"社区{place[-1]}"},
        known,
    )


def building(number: int) -> Unit:
    known = {name: None for name, one in ASKED.items() if one.everywhere}
    return Unit(f"{HERE}S{number:03d}", "building_group", HERE, f"{number}号楼", {}, known)


def read(path: Path) -> dict[str, Any]:
    return {"sheets": _sheets(path, path.name)}


def taken(path: Path, units: list[Unit]) -> Filled:
    return rows_of(read(path), chosen(FIELDS), {one.unit: Known(one.name, one.unit_kind) for one in units})


def differing(filled: Filled, units: list[Unit]) -> list[tuple[str, Item]]:
    """What differs from what went out, when nothing else changed meanwhile."""
    sent = {one.unit: one.sent for one in units}
    found = []
    for row in filled.rows:
        told = {
            name: {
                "text": one.text,
                "came": one.came,
                "reads": one.reads,
                "doubt": one.doubt,
                "place": "",
                "settled": None,
            }
            for name, one in row.answers.items()
        }
        found += [(row.unit, item) for item in items(sent[row.unit], told, sent[row.unit], surveyed=True)]
    return [(code, item) for code, item in found if item.kind != "same"]


def edited(path: Path, hand: Any) -> Path:
    book = openpyxl.load_workbook(path)
    hand(book)
    book.save(path)
    return path


@pytest.fixture
def units() -> list[Unit]:
    return [unit(1, households=12, no_security=True, name=HOSTILE), unit(2, mode="market", collection_rate=0.855),
            building(1), unit(3, f"{HERE[:-1]}2", address="+86", households=0)]  # fmt: skip


@pytest.fixture
def sheet(units: list[Unit], tmp_path: Path) -> Path:
    path = tmp_path / "摸底.xlsx"
    write_book(SURVEY, units, path, each=True)
    return path


# ---- what goes out -------------------------------------------------------------------------------------------


def test_only_what_is_to_be_filled_in_is_open(sheet: Path) -> None:
    made = openpyxl.load_workbook(sheet).worksheets[0]
    assert made.protection.sheet
    assert made.protection.password is None
    row = row_of(made, f"{HERE}C001")
    locked = {made.cell(HEADER_ROW, cell.column).value for cell in made[row] if cell.protection.locked}
    assert locked == {"编码", "名称", "现物业企业", "上次摸底"}
    assert not made["B2"].protection.locked
    assert not made["D2"].protection.locked
    alone = row_of(made, f"{HERE}S001")
    assert made.cell(alone, column(made, "人防物防技防")).protection.locked
    assert not made.cell(alone, column(made, "户数")).protection.locked


def test_drop_downs_and_limits_are_excels_own(sheet: Path) -> None:
    made = openpyxl.load_workbook(sheet).worksheets[0]
    checks = {str(one.sqref).split(":")[0]: one for one in made.data_validations.dataValidation}

    def check(header: str) -> Any:
        return checks[made.cell(HEADER_ROW + 1, column(made, header)).coordinate]

    assert (check("人防物防技防").type, check("人防物防技防").formula1) == ("list", '"有,无,不清楚"')
    assert check("服务方式").formula1.endswith('无物业,不清楚"')
    assert "INT(" in check("户数").formula1
    assert check("收缴率").formula1.startswith("IF(ISNUMBER(")
    assert checks["D2"].type == "date"
    assert all(len(one.formula1) <= 255 for one in made.data_validations.dataValidation)


def test_it_prints_on_a4_landscape_with_its_head_on_each_page(sheet: Path) -> None:
    book = openpyxl.load_workbook(sheet)
    made = book.worksheets[0]
    assert (made.page_setup.orientation, made.page_setup.paperSize, made.page_setup.fitToHeight) == (
        "landscape",
        9,
        0,
    )
    assert made.print_title_rows == f"${HEADER_ROW}:${HEADER_ROW}"
    assert made.freeze_panes == f"C{HEADER_ROW + 1}"
    assert "&P" in made.oddFooter.right.text
    assert book[BASE].sheet_state == "hidden"
    assert {"填写说明", "社区1", "社区2"} <= set(book.sheetnames)


def test_no_name_becomes_a_formula(sheet: Path) -> None:
    for made in openpyxl.load_workbook(sheet).worksheets:
        assert [
            cell.coordinate for cells in made.iter_rows() for cell in cells if cell.data_type == "f"
        ] == []


def test_the_hidden_sheet_knows_the_base(sheet: Path) -> None:
    marks = marks_of(read(sheet))
    assert marks is not None
    assert (marks.survey, marks.key) == (7, "a-key")
    base = openpyxl.load_workbook(sheet)[BASE]
    header = next(cells for cells in base.iter_rows(values_only=True) if cells[0] == "unit")
    kept = next(cells for cells in base.iter_rows(values_only=True) if cells[0] == f"{HERE}C001")
    assert kept[header.index("households")] == 12


def test_a_parcel_holds_one_workbook_for_each_neighbourhood(units: list[Unit], tmp_path: Path) -> None:
    path = tmp_path / "parcel.zip"
    write_books(SURVEY, units, path)
    shutil.unpack_archive(path, tmp_path / "out")
    books = sorted((tmp_path / "out").iterdir())
    assert len(books) == 2
    assert sum(len(taken(book, units).rows) for book in books) == len(units)


# ---- what comes back -----------------------------------------------------------------------------------------


@settings(max_examples=25)
@given(st.data())
def test_out_and_back_is_no_difference_and_an_edited_cell_is_one(data: st.DataObject) -> None:
    units = [
        unit(number, **{name: data.draw(values(name) | st.none()) for name in FIELDS if name != "address"})
        for number in range(1, 4)
    ]
    at, field = (
        data.draw(st.sampled_from(units)),
        data.draw(st.sampled_from([n for n in FIELDS if n != "address"])),
    )
    new = data.draw(values(field).filter(lambda value: value != at.sent[field]))
    with TemporaryDirectory() as folder:
        path = Path(folder) / "s.xlsx"
        write_book(SURVEY, units, path, each=data.draw(st.booleans()))
        assert differing(taken(path, units), units) == []

        def hand(book: Any) -> None:
            from geo.ingest.exported import word

            made = book.worksheets[0]
            made.cell(row_of(made, at.unit), column(made, ASKED[field].field.header)).value = word(
                ASKED[field].field, new
            )

        found = differing(taken(edited(path, hand), units), units)
    assert [(code, item.field) for code, item in found] == [(at.unit, field)]


def test_rows_and_columns_may_move_and_sheets_be_renamed(sheet: Path, units: list[Unit]) -> None:
    def hand(book: Any) -> None:
        made = book.worksheets[0]
        made.title = "张三填的"
        made.cell(row_of(made, f"{HERE}C002"), column(made, "户数")).value = 20
        made.move_range(f"A{HEADER_ROW}:Z40", rows=3, cols=2)
        rows = list(made.iter_rows(min_row=HEADER_ROW + 4, max_row=HEADER_ROW + 6))
        for one, other in zip(rows[0], rows[2], strict=True):
            one.value, other.value = other.value, one.value

    filled = taken(edited(sheet, hand), units)
    assert filled.strays == []
    assert [(code, item.field, item.came) for code, item in differing(filled, units)] == [
        (f"{HERE}C002", "households", 20)
    ]


def test_a_damaged_code_is_matched_by_its_name_and_said(sheet: Path, units: list[Unit]) -> None:
    def hand(book: Any) -> None:
        made = book.worksheets[0]
        row = row_of(made, f"{HERE}C002")
        made.cell(row, 1).value = 9.90101001001e11
        made.cell(row, column(made, "户数")).value = "２０户"

    filled = taken(edited(sheet, hand), units)
    assert [(one.why, one.row) for one in filled.strays] == [("by_name", HEADER_ROW + 2)]
    assert [item.came for _, item in differing(filled, units)] == [20]


def test_rows_that_are_none_of_the_surveys_are_listed_with_their_text(sheet: Path, units: list[Unit]) -> None:
    def hand(book: Any) -> None:
        made = book.worksheets[0]
        last = made.max_row
        made.cell(last, 2).value, made.cell(last, column(made, "备注")).value = "新发现小区", "在铁路边"
        made.cell(last, column(made, "联系电话")).value = "13800000000"
        made.cell(last - 1, 1).value, made.cell(last - 1, 2).value = "990101009001C001", "别处的"
        made.cell(last - 2, 1).value, made.cell(last - 2, column(made, "户数")).value = f"{HERE}C001", 99
        made.delete_rows(row_of(made, f"{HERE}C002"))
        book.create_sheet("草稿").append(["随手记"])

    filled = taken(edited(sheet, hand), units)
    assert {one.why for one in filled.strays} == {"added", "foreign", "twice", "no_header"}
    assert any("新发现小区 | 在铁路边" in one.text for one in filled.strays)
    assert not any("13800000000" in one.text for one in filled.strays)
    assert f"{HERE}C002" not in {row.unit for row in filled.rows}
    assert differing(filled, units) == []


def test_who_surveyed_and_when_stands_above_the_header(sheet: Path, units: list[Unit]) -> None:
    def hand(book: Any) -> None:
        made = book.worksheets[0]
        made["B2"], made["D2"] = "王敏", date(2026, 11, 5)
        row = row_of(made, f"{HERE}C001")
        made.cell(row, column(made, "摸底情况")).value = "无法进入"
        made.cell(row, column(made, "联系电话")).value = 13800000000

    filled = taken(edited(sheet, hand), units)
    first = next(row for row in filled.rows if row.unit == f"{HERE}C001")
    assert (first.surveyor, first.day, first.outcome, first.phone) == (
        "王敏",
        date(2026, 11, 5),
        "无法进入",
        "13800000000",
    )
    assert next(row for row in filled.rows if row.unit.startswith(f"{HERE[:-1]}2")).surveyor is None


def test_a_sheet_that_libreoffice_saved_comes_back(sheet: Path, units: list[Unit], tmp_path: Path) -> None:
    office = shutil.which("soffice") or shutil.which("libreoffice")
    if office is None:
        pytest.skip("no LibreOffice in PATH: apt-get install libreoffice-calc")
    out = tmp_path / "office"
    command = [office, "--headless", f"-env:UserInstallation=file://{tmp_path}/profile", "--convert-to", "xlsx",
               "--outdir", str(out), str(sheet)]  # fmt: skip
    subprocess.run(command, check=True, capture_output=True, timeout=180)
    filled = taken(out / sheet.name, units)
    assert (len(filled.rows), filled.strays, differing(filled, units)) == (len(units), [], [])
