"""Of a smallest set of rules none can be spared, whatever proof says that they conflict."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from geo.bundling.reasons.relax import Rule
from geo.bundling.reasons.smallest import smallest_set
from tests.examples import examples

RULES = [Rule(kind) for kind in "abcdefg"]
SETS = st.lists(st.sets(st.sampled_from(RULES), min_size=1), min_size=1, max_size=4)


@examples(150)
@given(SETS)
def test_none_of_the_set_can_be_spared(conflicts: list[set[Rule]]) -> None:
    def stands(some: Sequence[Rule]) -> bool:
        return any(each <= set(some) for each in conflicts)

    found = smallest_set(RULES, stands)
    assert stands(found)
    assert found == sorted(found)
    assert not any(stands([rule for rule in found if rule != gone]) for gone in found)


@examples(150)
@given(SETS, st.sets(st.sampled_from(RULES)))
def test_a_proof_that_more_rules_hide_still_gets_a_set_that_stands(
    conflicts: list[set[Rule]], hiding: set[Rule]
) -> None:
    def stands(some: Sequence[Rule]) -> bool:
        hidden = 0 < len(hiding & set(some)) < len(hiding)
        return not hidden and any(each <= set(some) for each in conflicts)

    if stands(RULES):
        assert stands(smallest_set(RULES, stands))
