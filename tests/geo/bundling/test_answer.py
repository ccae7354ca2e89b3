"""A refusal is looked into, and a plan met on the way is not thrown away."""

from __future__ import annotations

import math
from typing import Any

import pytest

from geo.bundling import (
    Activity,
    Centre,
    Infeasible,
    Link,
    Problem,
    Reason,
    Rules,
    Solution,
    Unit,
    check,
    solve,
)
from geo.bundling.answer import LOOKED_THROUGH, Proofs, with_reasons
from geo.bundling.plan import StoppedBy
from geo.bundling.proof.generation import Budget
from tests.geo.bundling.cases import strip

PAIRS = strip(4, activities=(Activity("households", 150, 250),), packages=2, leave_out_price=None)


def refusing(stopped_by: StoppedBy = "budget", *, proven: bool = False) -> Any:
    """A solver that finds no plan, whatever it is asked."""

    def solve(problem: Problem, **how: Any) -> Solution | Infeasible:
        return Infeasible((Reason("not_found", "none found"),), proven, stopped_by, how.get("seed", 7), 0.5)

    return with_reasons(solve)


def test_a_plan_that_the_search_had_missed_is_the_answer_when_it_turns_up() -> None:
    answer = refusing()(PAIRS, seed=3)
    assert isinstance(answer, Solution)
    assert check(PAIRS, answer.labels()) == []
    assert (answer.bound, answer.proven, answer.seed) == (None, False, 3)
    assert answer.seconds >= 0.5


@pytest.mark.parametrize("stopped_by", ["cancel", "time_limit"])
def test_after_a_safety_stop_nothing_more_is_looked_for(stopped_by: StoppedBy) -> None:
    answer = refusing(stopped_by)(PAIRS)
    assert isinstance(answer, Infeasible)
    assert [reason.code for reason in answer.conflict] == ["not_found"]


def test_given_centres_are_told_what_would_lead_to_a_plan() -> None:
    problem = strip(4, centres=(Centre("u1", 3),), leave_out_price=None)
    answer = refusing(proven=True)(problem)
    assert isinstance(answer, Infeasible)
    assert [reason.code for reason in answer.conflict] == ["not_found", "rule_capacity", "rule_place_all"]
    missed = strip(4, centres=(Centre("u1", 400),))
    assert isinstance(refusing()(missed), Solution)


def test_without_time_left_the_conflict_stands_as_it_was_found() -> None:
    problem = strip(4, activities=(Activity("households", 150, 250),), packages=3, leave_out_price=None)
    for how in ({"time_limit": 0.5}, {"cancel": lambda: True}):
        answer = refusing()(problem, **how)
        assert isinstance(answer, Infeasible)
        assert answer.conflict[0].code == "too_many_packages"
        assert all(reason.figures.get("change") is None for reason in answer.conflict[1:])


def test_a_change_that_the_search_makes_nothing_of_is_found_by_looking_at_every_plan() -> None:
    """Seven packages are asked for; the search meets no plan of fewer either, though there are some."""
    rows = (
        ("u0", 210, 286, 42, 55),
        ("u1", 527, 676, 140, 11),
        ("u2", 79, 495, 92, 4),
        ("u3", 440, 476, 52, -42),
        ("u4", 451, 430, 128, -20),
        ("u5", 648, 373, 1, -1),
    )
    units = tuple(
        Unit(name, x, y, {"households": load, "income": income}, lock="P01" if name == "u2" else None)
        for name, x, y, load, income in rows
    )
    pairs = ("u2 u0", "u3 u0", "u3 u1", "u4 u1", "u4 u3", "u5 u3", "u5 u4")
    links = tuple(Link(*pair.split()) for pair in pairs)
    activities = (Activity("households", 218, 505), Activity("income", -50))
    rules = Rules(activities, packages=7, leave_out_price=None)
    answer = solve(Problem(units, links, rules))
    assert isinstance(answer, Infeasible)
    fewest = next(reason for reason in answer.conflict if reason.code == "rule_fewest")
    assert fewest.figures["to"] in (1, 2)


def test_looks_through_every_plan_share_one_budget_of_work_and_each_takes_some() -> None:
    """What many rules in conflict ask for is bounded, however many sets of them are looked at."""
    proofs = Proofs(Budget(400_000, lambda: False))
    settled = 0
    while proofs.reaches(PAIRS):
        before = proofs.budget.steps
        found = proofs.of(PAIRS)
        assert proofs.budget.steps < before
        settled += found is not None and found.labels is not None
    assert 1 <= settled <= 8
    assert proofs.of(PAIRS) is None
    assert not Proofs(Budget(400_000, lambda: False)).reaches(strip(LOOKED_THROUGH + 1))


def test_a_small_problem_with_very_many_packages_is_looked_through_to_its_end() -> None:
    """Without the upper bound 37,138 packages are possible; comparing them pair by pair would take hours."""
    units = tuple(
        Unit(f"u{i:02}", 200.0 * (i % 4), 200.0 * (i // 4), {"households": 100.0 + 10 * (i % 5)})
        for i in range(16)
    )
    near = ((a, b) for a in units for b in units if a.id < b.id and math.dist((a.x, a.y), (b.x, b.y)) < 300)
    links = tuple(Link(a.id, b.id) for a, b in near)
    rules = Rules((Activity("households", 300, 500),), packages=6)
    answer = solve(Problem(units, links, rules))
    assert isinstance(answer, Infeasible)
    assert [reason.code for reason in answer.conflict] == ["looked_through", "rule_lower", "rule_fewest"]
    assert "at 270 instead of 300 there is a plan" in answer.conflict[1].text
