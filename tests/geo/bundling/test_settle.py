"""When an answer is proven, what the proof may change of it, and that stops are told."""

from __future__ import annotations

from typing import Any

import pytest

from geo.bundling import Activity, Infeasible, Link, Problem, Rules, Solution, Unit, check, settle, solver
from geo.bundling.settle import SMALL, solve
from tests.geo.bundling.cases import grid, strip

PAIRS = strip(6, activities=(Activity("households", 150, 350),), packages=(2, 3))


def solved(problem: Problem, **how: Any) -> Solution:
    answer = solve(problem, effort=0.1, **how)
    assert isinstance(answer, Solution), answer
    assert check(problem, answer.labels()) == []
    return answer


def test_small_problems_are_proven_unless_one_says_no() -> None:
    proven = solved(PAIRS)
    assert (proven.proven, proven.gap, proven.stopped_by) == (True, 0.0, "proven")
    assert proven.bound == proven.parts.distance
    plain = solved(PAIRS, exact=False)
    assert plain.parts == proven.parts
    assert plain.bound is None or plain.bound <= proven.parts.distance


def test_larger_problems_are_proven_on_request() -> None:
    problem = strip(SMALL + 1, activities=(Activity("households", 300, 400),), packages=(8, 13))
    assert not solved(problem).proven
    assert solved(problem, exact=True).proven


def test_a_better_plan_of_the_proof_replaces_that_of_the_search(monkeypatch: pytest.MonkeyPatch) -> None:
    """Four in a square by pairs: the search is made to answer with the long pairs."""
    units = tuple(
        Unit(name, x, y, {"households": 100})
        for name, x, y in (("a", 0, 0), ("b", 10, 0), ("c", 0, 500), ("d", 10, 500))
    )
    links = tuple(Link(*pair) for pair in ("ab", "cd", "ac", "bd"))
    rules = Rules((Activity("households", 200, 200),), apart=(("a", "b"), ("c", "d")))
    problem = Problem(units, links, rules)
    poor = solver.solve(problem, effort=0.1)
    assert isinstance(poor, Solution)
    assert poor.parts.distance == 100_000
    monkeypatch.setattr(settle.solver, "solve", lambda _problem, **_how: poor)
    free = Problem(units, links, Rules((Activity("households", 200, 200),)))
    better = solved(free)
    assert [package.members for package in better.packages] == [("a", "b"), ("c", "d")]
    assert (better.parts.distance, better.proven) == (2_000, True)


def test_that_nothing_was_found_becomes_a_proof_where_all_was_looked_at() -> None:
    units = tuple(Unit(n, 0, 0, {"households": w}) for n, w in (("a", 700), ("b", 800)))
    problem = Problem(units, (Link("a", "b"),), Rules((Activity("households", 900, 1100),)))
    unproven, proven = solve(problem, exact=False), solve(problem)
    assert isinstance(unproven, Infeasible)
    assert isinstance(proven, Infeasible)
    assert (unproven.proven, proven.proven) == (False, True)
    assert "one may exist" in unproven.conflict[0].text
    assert "one may exist" not in proven.conflict[0].text


def test_a_stop_during_the_proof_is_told_and_the_plan_kept() -> None:
    calls = iter(range(10**9))
    problem = grid(6, activities=(Activity("households", 300, 500),), packages=9)
    searched = 0

    def count() -> bool:
        nonlocal searched
        searched += 1
        return False

    plain = solved(problem, exact=False, cancel=count)
    stopped = solved(problem, cancel=lambda: next(calls) > searched)
    assert not stopped.proven
    assert stopped.stopped_by == "cancel"
    assert stopped.parts.distance <= plain.parts.distance


def test_locked_units_whose_lightest_chain_does_not_fit_are_placed_with_another() -> None:
    # three light units in a row are one member too many, the heavy one fits
    weights = {"a": 10, "b": 10, "heavy": 90, "l1": 1, "l2": 1, "l3": 1}
    units = tuple(
        Unit(name, 100.0 * place, 0.0, {"households": weight}, lock="kept" if name in "ab" else None)
        for place, (name, weight) in enumerate(weights.items())
    )
    links = tuple(
        Link(*pair)
        for pair in (("a", "heavy"), ("heavy", "b"), ("a", "l1"), ("l1", "l2"), ("l2", "l3"), ("l3", "b"))
    )
    answer = solved(Problem(units, links, Rules((Activity("households"),), packages=(1, 2), max_members=3)))
    labels = answer.labels()
    assert answer.proven
    assert {labels["a"], labels["b"], labels["heavy"]} == {"kept"}
    assert answer.left_out == {}


def test_what_may_be_broken_for_nothing_stands_in_the_way_of_no_better_plan() -> None:
    # no package of less than all has an income of zero, and none needs one
    units = tuple(
        Unit(name, x, y, {"households": load, "income": income})
        for name, x, y, load, income in (
            ("a", 0, 0, 100, -40),
            ("b", 200, 0, 20, -30),
            ("c", 400, 0, 140, -30),
            ("d", 0, 200, 140, -20),
            ("e", 200, 200, 110, 60),
        )
    )
    links = tuple(Link(*pair) for pair in ("cb", "da", "eb", "ed"))
    rules = Rules(
        (Activity("households", 197), Activity("income", 0)), soft={"households": 1.0, "income": 0.0}
    )
    answer = solved(Problem(units, links, rules))
    assert answer.proven
    assert (answer.parts.soft, len(answer.packages)) == (0.0, 2)
    assert answer.parts.distance == pytest.approx(55_112.698, abs=0.01)
