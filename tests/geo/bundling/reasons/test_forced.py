"""What counting alone calls impossible is impossible, by trying every plan of a few units."""

from __future__ import annotations

import dataclasses

from hypothesis import event, given
from hypothesis import strategies as st

from geo.bundling import Activity, Link, Problem, Rules, Unit
from geo.bundling.reasons.conflicts import proven_conflict
from tests.examples import examples
from tests.geo.bundling.cases import problems, strip
from tests.geo.bundling.truths import any_plan


@examples(150)
@given(problems(most=6))
def test_a_conflict_proven_without_a_search_leaves_no_plan(problem: Problem) -> None:
    found = proven_conflict(problem)
    event(found.code if found else "none")
    if found is not None:
        assert not any_plan(problem), found


@st.composite
def trees(draw: st.DrawFn) -> Problem:
    """Six units on a tree that must all be placed, light and heavy ones, some to be kept apart."""
    weights = draw(st.lists(st.sampled_from([20, 50, 90, 150, 260]), min_size=6, max_size=6))
    units = tuple(Unit(f"u{i}", 10.0 * i, 0.0, {"households": w}) for i, w in enumerate(weights))
    links = tuple(Link(f"u{draw(st.integers(0, i - 1))}", f"u{i}") for i in range(1, 6))
    pairs = st.tuples(st.integers(0, 2), st.integers(3, 5)).map(lambda p: (f"u{p[0]}", f"u{p[1]}"))
    rules = Rules(
        (Activity("households", draw(st.sampled_from([None, 60, 120])), draw(st.sampled_from([200, 320]))),),
        packages=draw(st.sampled_from([None, (1, 2), (1, 3)])),
        apart=tuple(draw(st.lists(pairs, max_size=4))),
        leave_out_price=None,
    )
    return Problem(units, links, rules)


@examples(150)
@given(trees())
def test_pockets_and_crowds_are_true(problem: Problem) -> None:
    found = proven_conflict(problem)
    event(found.code if found else "none")
    if found is not None:
        assert not any_plan(problem), found


def test_a_pocket_on_each_side_counts_together() -> None:
    problem = strip(5, 50.0, activities=(Activity("households", 150, 200),), leave_out_price=None)
    units = tuple(
        dataclasses.replace(u, weights={"households": 120}) if u.id == "u2" else u for u in problem.units
    )
    found = proven_conflict(dataclasses.replace(problem, units=units))
    assert found is not None
    assert (found.code, found.figures["unit"], found.figures["pockets"]) == ("pocket", "u2", 2)
    assert found.figures["value"] == 320
