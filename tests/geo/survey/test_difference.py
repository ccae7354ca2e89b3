"""The difference three ways, on every combination of what went out, came back and is there today."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from geo.survey.answers import equal
from geo.survey.difference import WRITES, Item, items

VALUES = st.sampled_from([None, 0, 1, 1.0, 2.5, True, False, "market"])
FIELDS = ("households", "no_security", "mode", "fee")


def told(came: Any, *, reads: bool = True, settled: int | None = None) -> dict[str, Any]:
    return {"text": "x", "came": came, "reads": reads, "doubt": None, "place": "A1", "settled": settled}


@given(
    st.dictionaries(st.sampled_from(FIELDS), VALUES, min_size=1), st.dictionaries(st.sampled_from(FIELDS), VALUES),
    st.dictionaries(st.sampled_from(FIELDS), VALUES), st.booleans(),
)  # fmt: skip
def test_each_field_is_there_once_and_only_what_nobody_touched_is_ticked(
    sent: dict[str, Any], came: dict[str, Any], now: dict[str, Any], surveyed: bool
) -> None:
    answers = {name: told(value) for name, value in came.items() if name in sent}
    found = list(items(sent, answers, now, surveyed=surveyed))
    assert len({one.field for one in found}) == len(found)
    assert set(answers) <= {one.field for one in found}
    for one in found:
        if one.ticked:
            assert equal(one.now, one.sent)
            assert one.came is not None
        assert (one.kind == "same") == equal(one.came, one.now)
        assert one.kind in (*WRITES, "same")
        if one.kind != "same":
            assert (one.kind == "elsewhere") == equal(one.sent, one.came)
            assert (one.kind == "conflict") == (
                not equal(one.sent, one.now) and not equal(one.sent, one.came)
            )
    silent = {name for name in sent if name not in answers}
    elsewhere = {name for name in silent if surveyed and not equal(sent[name], now.get(name))}
    assert {one.field for one in found} - set(answers) == elsewhere


@given(VALUES, VALUES)
def test_what_cannot_be_read_or_is_settled_is_never_written_again(sent: Any, now: Any) -> None:
    def one(answer: dict[str, Any]) -> Item:
        (found,) = items({"fee": sent}, {"fee": answer}, {"fee": now}, surveyed=True)
        return found

    assert one(told(None, reads=False)).kind == "unreadable"
    assert one(told(3, settled=9)).kind == "settled"
    assert not one(told(None, reads=False)).ticked
    assert not one(told(3, settled=9)).ticked
