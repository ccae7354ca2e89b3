"""What several plans are said to be better at is what their figures say."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.bundling import Package, Parts, Reason, Solution
from geo.bundling.told import marks_of, told_apart
from tests.examples import examples

MARKS = ("left_out", "soft", "distance", "imbalance", "packages")


def made(left_out: float, soft: float, distance: float, imbalance: float, packages: int) -> Solution:
    """A plan of six units with such parts."""
    names = [f"u{i}" for i in range(6)]
    groups = [tuple(names[p::packages]) for p in range(packages)]
    return Solution(
        tuple(Package(f"P{p}", group, group[0], {}) for p, group in enumerate(groups)),
        {},
        Parts(left_out, soft, distance, imbalance),
        None, None, False, "budget", 1, 0.0,
        better_at=(Reason("terms_kept", "held to every priced rule"),),
    )  # fmt: skip


FEW = st.sampled_from([0.0, 1.0, 2.0])
PLANS = st.lists(st.builds(made, FEW, FEW, FEW, FEW, st.integers(1, 3)), min_size=2, max_size=4)


@examples(100)
@given(PLANS)
def test_each_plan_is_told_by_what_it_is_least_in(plans: list[Solution]) -> None:
    told = told_apart(plans)
    marks = [marks_of(plan) for plan in plans]
    for place, (plan, mine) in enumerate(zip(told, marks, strict=True)):
        reason, *terms = plan.better_at
        assert [term.code for term in terms] == ["terms_kept"]
        others = [other for number, other in enumerate(marks) if number != place]
        best = [mark for mark in MARKS if all(mine[mark] < other[mark] for other in others)]
        gains = [mark for mark in MARKS if mine[mark] < marks[0][mark]]
        assert reason.figures["best"] == ", ".join(best)
        assert {mark: reason.figures[mark] for mark in MARKS} == mine
        if place == 0:
            assert reason.code == "better_first"
        else:
            assert reason.code == f"better_{(best or gains or ['other'])[0]}"
        assert reason.figures["left_out_change"] == mine["left_out"] - marks[0]["left_out"]
        assert (reason.figures["distance_change"] is None) == (marks[0]["distance"] == 0)


def test_sentences_name_gain_and_price() -> None:
    first, even = told_apart([made(0, 0, 100, 8, 2), made(0, 0, 110, 2, 3)])
    assert first.better_at[0].text == (
        "first by the order of the objective: has the shortest distance and has the fewest packages"
    )
    assert even.better_at[0].text == (
        "has the evenest packages (distance +10.0%, mean deviation 2 instead of 8, 3 packages instead of 2)"
    )


def test_a_plan_as_good_is_told_by_how_many_units_are_elsewhere() -> None:
    first, same = told_apart([made(0, 0, 100, 8, 2), made(0, 0, 100, 8, 2)])
    assert first.better_at[0].text.endswith("is as good as any by the order of the objective")
    assert (same.better_at[0].code, same.better_at[0].figures["changed"]) == ("better_other", 0.0)


@pytest.mark.parametrize("count", [0, 1])
def test_one_plan_is_compared_with_nobody(count: int) -> None:
    plans = [made(0, 0, 1, 1, 1)] * count
    assert told_apart(plans) == tuple(plans)
