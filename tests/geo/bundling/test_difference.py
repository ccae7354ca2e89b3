"""How much two plans differ, against every way to match their packages."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.bundling.difference import changed_share
from tests.examples import examples

LABELS = st.lists(st.sampled_from([None, "P", "Q", "R", "S"]), min_size=1, max_size=12)


def best_match(one: list[str | None], other: list[str | None]) -> float:
    names = sorted(set(one) - {None})
    others = [*sorted(set(other) - {None}), *(f"nobody {i}" for i in range(len(names)))]
    stay = 0
    for match in itertools.permutations(others, len(names)):
        to = dict(zip(names, match, strict=True)) | {None: None}
        stay = max(stay, sum(to[a] == b for a, b in zip(one, other, strict=True)))
    return 1 - stay / len(one)


@examples(80)
@given(LABELS, st.data())
def test_the_share_is_that_of_the_best_match_of_packages(one: list[str | None], data: st.DataObject) -> None:
    size = len(one)
    other = data.draw(st.lists(st.sampled_from([None, "A", "B", "C"]), min_size=size, max_size=size))
    here = {str(i): label for i, label in enumerate(one)}
    there = {str(i): label for i, label in enumerate(other)}
    assert changed_share(here, there) == pytest.approx(best_match(one, other))
    assert changed_share(here, there) == pytest.approx(changed_share(there, here))
    renamed = {unit: label and f"new {label}" for unit, label in here.items()}
    assert changed_share(here, renamed) == 0.0


def test_no_units_are_no_difference() -> None:
    assert changed_share({}, {}) == 0.0
