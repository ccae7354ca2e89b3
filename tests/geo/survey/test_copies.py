"""Copies of one sheet that several hands fill in, and files that reach further than who sends them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from geo.errors import BadInput, TooLarge
from geo.store.engine import Scope
from geo.survey.confirming import confirm
from geo.survey.progress import difference
from geo.survey.taking import read_books
from tests.geo.survey.conftest import SUBDISTRICT, TODAY, Office, column, row_of, write
from tests.geo.survey.test_round_trip import confirmed, kinds, ticks, units


def test_a_copy_in_which_nobody_touched_a_row_takes_no_answer_back(office: Office) -> None:
    number = office.send()
    first, second = [one.unit for one in units(office, number)[:2]]
    office.take(number, office.fill(office.sheet(number), lambda book: write(book, first, "户数", 7)))
    office.take(number, office.fill(office.sheet(number), lambda book: write(book, second, "户数", 8)))
    assert kinds(office, number) == {(first, "households"): "changed", (second, "households"): "changed"}
    confirmed(office, number)
    office.take(number, office.fill(office.sheet(number), lambda book: write(book, second, "备注", "看过")))
    assert set(kinds(office, number).values()) == {"settled"}


def test_nobody_could_get_in_takes_no_answer_back(office: Office) -> None:
    number = office.send()
    code = units(office, number)[0].unit
    office.take(number, office.fill(office.sheet(number), lambda book: write(book, code, "户数", 7)))
    office.take(
        number, office.fill(office.sheet(number), lambda book: write(book, code, "摸底情况", "无法进入"))
    )
    assert kinds(office, number) == {(code, "households"): "changed"}


def test_what_a_sub_district_could_not_take_of_a_file_the_district_takes(office: Office) -> None:
    number = office.send("990101000000")
    own, other = (
        next(one.unit for one in units(office, number) if one.unit.startswith(place))
        for place in (SUBDISTRICT[:9], "990101002")
    )

    def hand(book: Any) -> None:
        write(book, own, "户数", 7)
        write(book, other, "户数", 8)

    path = office.fill(office.sheet(number), hand)
    assert office.take(number, path, scope=Scope("local", (SUBDISTRICT[:9],)))[0]["answers"] == 1
    whole = office.take(number, path)[0]
    assert (whole["again"], whole["answers"]) == (False, 2)
    assert set(kinds(office, number)) == {(own, "households"), (other, "households")}
    assert office.take(number, path)[0]["again"] is True


def test_who_has_two_sub_districts_takes_both_at_once_and_confirms_each(office: Office) -> None:
    number = office.send("990101000000")
    two = Scope("two", (SUBDISTRICT[:9], "990101002"))
    picked = [next(one.unit for one in units(office, number) if one.unit.startswith(p)) for p in two.areas]

    def hand(book: Any) -> None:
        for code in picked:
            write(book, code, "户数", 7)

    assert office.take(number, office.fill(office.sheet(number), hand), scope=two)[0]["answers"] == 2
    with office.store.begin(two) as db:
        wanted = ticks(difference(db, number, TODAY))
        with pytest.raises(BadInput, match="area by area"):
            confirm(db, number, wanted, day=TODAY, from_date=TODAY)
        for tick in wanted:
            assert confirm(db, number, [tick], day=TODAY, from_date=TODAY).units == 1
    assert set(kinds(office, number).values()) == {"settled"}


def test_a_whole_code_of_elsewhere_is_never_taken_by_its_name(office: Office) -> None:
    """Two communities of one name: a sheet that holds the other one's row says nothing of ours."""
    number = office.send()
    here = units(office, number)[0]

    def hand(book: Any) -> None:
        for sheet in book.worksheets:
            if sheet.sheet_state == "visible" and any(
                cells[0].value == here.unit for cells in sheet.iter_rows()
            ):
                at = row_of(sheet, here.unit)
                sheet.cell(at, column(sheet, "编码")).value = "990101009001C001"
                sheet.cell(at, column(sheet, "户数")).value = 77

    report = office.take(number, office.fill(office.sheet(number), hand))[0]
    assert [one["why"] for one in report["strays"]] == ["foreign"]
    assert kinds(office, number) == {}


def test_rows_beyond_the_most_are_refused_and_not_left_out(tmp_path: Path) -> None:
    path = tmp_path / "表.csv"
    path.write_text("编码,名称\n" + "990101001001C001,甲\n" * 20_000, "utf-8")
    with pytest.raises(TooLarge, match="20000 rows"):
        read_books([(path, path.name)])
