"""The bound against full enumeration under every rule, and against every plan that a search finds."""

from __future__ import annotations

import math

from hypothesis import assume, example, given
from hypothesis import strategies as st

from geo.bundling import Activity, Link, Problem, Rules, Unit
from geo.bundling.bounds.lower_bound import loosened, lower_bound
from geo.bundling.forms.arrays import arrays_of
from geo.bundling.forms.model import Contradiction, compile_problem
from tests.examples import examples
from tests.geo.bundling.cases import grid, problems
from tests.geo.bundling.every_plan import best_key


def one_among_islands() -> Problem:
    """Islands, one of them heavy: prices of 1e17, whose rounding once lifted the bound above the optimum of 0."""
    places = [(0.0, 0.0, 0), (0.0, 100.0, 0), (0.0, 300.0, 0), (200.0, 0.0, 5000), (400.0, 0.0, 17)]
    units = tuple(
        Unit(f"u{i}", x, y, {"households": load, "income": 0}) for i, (x, y, load) in enumerate(places)
    )
    activities = (Activity("households", None, None), Activity("income", 0, None))
    return Problem(units, (Link("u0", "u1"),), Rules(activities, packages=1))


@example(problem=one_among_islands(), rounds=5, known=False)
@examples(80)
@given(problems(most=7), st.sampled_from([1, 5, 60]), st.booleans())
def test_no_plan_is_below_the_bound(problem: Problem, rounds: int, known: bool) -> None:
    best = best_key(problem)
    assume(best is not None and problem.units)
    assert best is not None
    left_out, _, soft, distance = best
    try:
        arrays = arrays_of(loosened(compile_problem(problem)))
    except Contradiction:
        return
    bound = lower_bound(
        arrays,
        packages=problem.rules.package_range(),
        left_out=left_out,
        value=distance if known else math.inf,
        rounds=rounds,
        soft=soft,
    )
    if bound is not None:
        assert bound.value <= distance * (1 + 1e-9) + 1e-6


def test_the_bound_of_even_pairs_is_met() -> None:
    problem = grid(4, activities=(Activity("households", 200, 200),), packages=8)
    bound = lower_bound(arrays_of(compile_problem(problem)), packages=(8, 8), value=80_000.0, rounds=100)
    assert bound is not None
    assert bound.value > 80_000 * 0.999


def test_more_rules_never_lower_the_bound_much() -> None:
    plain = grid(6, activities=(Activity("households", 300, 500),), packages=9)
    ruled = grid(6, activities=(Activity("households", 300, 500),), packages=9, max_members=4)
    found = [
        lower_bound(arrays_of(compile_problem(each)), packages=(9, 9), rounds=150) for each in (plain, ruled)
    ]
    assert found[0] is not None
    assert found[1] is not None
    assert found[1].value >= found[0].value * 0.99


def test_without_a_possible_package_there_is_no_bound() -> None:
    problem = Problem(grid(2).units, (), Rules((Activity("households", 500, 600),)))
    assert lower_bound(arrays_of(compile_problem(problem)), packages=(0, math.inf)) is None
