from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.ingest.cells import Unreadable, parse, plain
from geo.ingest.export import guarded
from geo.ingest.exported import word
from geo.ingest.fields import KINDS, Field
from geo.ingest.formats import unguarded

INTEGER = Field("households", "户数", "integer")
NUMBER = Field("floor_area", "建筑面积(㎡)", "number")
SHARE = Field("collection_rate", "收缴率", "share")
DAY = Field("start", "开始日期", "date")
LACKS = KINDS["communities"].field("no_managing_unit")
MODE = KINDS["service-periods"].field("mode")
TEXT = Field("name", "名称")


@pytest.mark.parametrize(
    ("cell", "field", "value"),
    [
        ("1124户", INTEGER, 1124),
        ("1,124 户", INTEGER, 1124),
        ("１１２４", INTEGER, 1124),
        (1124.0, INTEGER, 1124),
        ("1.2万", INTEGER, 12000),
        ("暂无信息", INTEGER, None),
        ("—", INTEGER, None),
        (float("nan"), INTEGER, None),
        ("", INTEGER, None),
        ("80000.5㎡", NUMBER, 80000.5),
        ("85%", SHARE, 0.85),
        ("0.85", SHARE, 0.85),
        ("有", LACKS, False),
        ("无", LACKS, True),
        ("不详", LACKS, None),
        (True, LACKS, False),
        ("2026年11月1日", DAY, date(2026, 11, 1)),
        ("2026/11/1", DAY, date(2026, 11, 1)),
        ("2026-11-01T00:00:00", DAY, date(2026, 11, 1)),
        ("20261101", DAY, date(2026, 11, 1)),
        (46327, DAY, date(2026, 11, 1)),
        ("无物业", MODE, "none"),
        ("无", MODE, "none"),
        ("market", MODE, "market"),
        ("  和平路　", TEXT, "和平路"),
    ],
)
def test_what_people_type_becomes_a_value(cell: Any, field: Field, value: Any) -> None:
    assert parse(cell, field).value == value


@pytest.mark.parametrize(
    ("cell", "field"),
    [
        ("约一千", INTEGER),
        ("100-200", INTEGER),
        ("12.5", INTEGER),
        (1e400, NUMBER),
        ("1e400", NUMBER),
        ("120%", SHARE),
        ("2026-13-01", DAY),
        ("去年", DAY),
        ("也许", LACKS),
        ("包租", MODE),
        (str(2**31), INTEGER),
    ],
)
def test_what_is_no_value_is_said_and_never_guessed(cell: Any, field: Field) -> None:
    with pytest.raises(Unreadable):
        parse(cell, field)


def test_a_rate_over_one_is_doubtful() -> None:
    parsed = parse("85", SHARE)
    assert (parsed.value, parsed.doubt) == (0.85, "percent")


@given(st.integers(0, 2**31 - 1), st.sampled_from(["{}", "{:,}", " {} 户", "{}人"]))
def test_numbers_survive_their_dress(number: int, dress: str) -> None:
    assert parse(dress.format(number), INTEGER).value == number


@given(st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1))
def test_a_text_goes_out_and_comes_back(written: str) -> None:
    kept = parse(written, TEXT).value
    if kept is not None:
        assert unguarded(guarded(kept)) == kept


@given(st.dates(date(1900, 1, 1), date(2199, 12, 31)))
def test_a_day_goes_out_and_comes_back(day: date) -> None:
    assert parse(word(DAY, day), DAY).value == day


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_every_word_of_a_choice_or_flag_comes_back(kind: Any) -> None:
    for field in kind.fields:
        for value in set(field.choices.values()) if field.type == "choice" else ():
            assert parse(word(field, value), field).value == value
        for flag in (True, False) if field.type == "flag" else ():
            assert parse(word(field, flag), field).value is flag


def test_codes_that_a_spreadsheet_made_numbers_are_codes_again() -> None:
    assert plain(990101001001.0) == "990101001001"
