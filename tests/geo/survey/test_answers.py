"""What a cell answers: the words of an office, never a guess."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.ingest.exported import word
from geo.survey.answers import answer, equal
from geo.survey.fields import ASKED, UNCLEAR, chosen

VALUES = {
    "flag": st.booleans(),
    "integer": st.integers(0, 2_000_000),
    "number": st.floats(0, 999, allow_nan=False),
    "share": st.floats(0, 1, allow_nan=False),
    "text": st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=50),
}


def values(name: str) -> st.SearchStrategy[Any]:
    field = ASKED[name].field
    if name == "built_year":
        return st.integers(1800, 2200)
    return st.sampled_from(sorted(set(field.choices.values()))) if field.choices else VALUES[field.type]


@pytest.mark.parametrize("name", ASKED)
@given(data=st.data())
def test_what_a_sheet_writes_is_read_as_what_it_was(name: str, data: st.DataObject) -> None:
    value = data.draw(values(name) | st.none())
    told = answer(ASKED[name], word(ASKED[name].field, value))
    # A text like 未知 or - says that nobody knows: that is what it is read as.
    assert told.reads
    assert equal(told.came, value) or (ASKED[name].field.type == "text" and told.came is None)


@pytest.mark.parametrize("name", ASKED)
@pytest.mark.parametrize("cell", [UNCLEAR, "", None, "  ", "—", "不知道", "未知", "？"])
def test_nobody_knows_is_not_nothing(name: str, cell: str | None) -> None:
    assert (answer(ASKED[name], cell).came, answer(ASKED[name], cell).reads) == (None, True)


@pytest.mark.parametrize(
    ("name", "cell", "came", "doubt"),
    [
        ("no_security", "有 门岗", False, "remark"), ("no_security", "无（门岗已撤）", True, "remark"),
        ("no_security", "無", True, None), ("households", "１２ 户", 12, None), ("households", "1,200户", 1200, None),
        ("collection_rate", "85%", 0.85, None), ("collection_rate", 85, 0.85, "percent"), ("mode", "無物業", "none", None),
        ("built_year", "1998年建成", 1998, None), ("willing", "愿意", True, None), ("vote", "否决", "failed", None),
        ("address", "=1+1", "=1+1", None),
    ],
)  # fmt: skip
def test_texts_of_offices_are_read(name: str, cell: Any, came: Any, doubt: str | None) -> None:
    told = answer(ASKED[name], cell)
    assert (told.came, told.doubt, told.reads) == (came, doubt, True)


@pytest.mark.parametrize(
    ("name", "cell"),
    [("households", "十来户"), ("households", -3), ("households", 3e9), ("households", "12-15"), ("no_security", "有时有"),
     ("mode", "外包"), ("built_year", 98), ("collection_rate", 120), ("fee", "面议"), ("address", "x" * 201)],
)  # fmt: skip
def test_what_is_no_value_is_asked_with_its_text(name: str, cell: Any) -> None:
    told = answer(ASKED[name], cell)
    assert (told.came, told.reads) == (None, False)
    assert told.text


def test_what_is_asked_stands_in_the_order_of_the_sheet() -> None:
    assert [one.name for one in chosen(["households", "no_security"])] == ["no_security", "households"]
