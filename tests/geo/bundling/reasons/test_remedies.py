"""The smallest change of a rule: found by solving, within a budget, and never a plan of another problem."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import pytest

from geo.bundling import Activity, Link, Problem, Solution, solve
from geo.bundling.reasons.relax import Rule
from geo.bundling.reasons.remedies import Trial, smallest_change
from tests.geo.bundling.cases import strip


def plan(problem: Problem) -> Solution | None:
    found = solve(problem, effort=0.1)
    return found if isinstance(found, Solution) else None


def trial(problem: Problem, left: int = 60, stop: Callable[[], bool] = lambda: False) -> Trial:
    return Trial(problem, plan, left, stop)


def full(**rules: object) -> Problem:
    """Six in a row that must all find a place."""
    return strip(6, leave_out_price=None, **rules)


@pytest.mark.parametrize(
    ("problem", "rule", "to"),
    [
        (full(activities=(Activity("households", None, 200),), packages=2), Rule("upper", "households"), 300),
        (full(activities=(Activity("households", None, 200),), packages=2), Rule("most"), 3),
        (full(activities=(Activity("households", 400, None),), packages=2), Rule("lower", "households"), 300),
        (full(max_members=2, packages=2), Rule("max_members"), 3),
        (full(activities=(Activity("households", 200, None),), packages=4), Rule("fewest"), 3),
    ],
)
def test_a_bound_gives_no_more_than_it_must(problem: Problem, rule: Rule, to: float) -> None:
    change = smallest_change(problem, rule, trial(problem))
    assert change is not None
    assert (change.to, change.figures["change"]) == (to, "move")


def test_the_gap_told_is_the_longest_that_the_plan_cannot_do_without() -> None:
    base = full(activities=(Activity("households", 200, 600),), packages=2)
    gaps = {"u1": 40.0, "u4": 70.0}
    links = tuple(dataclasses.replace(x, cut="gap", gap=gaps[x.a]) if x.a in gaps else x for x in base.links)
    # u0, u1 | u2 u3 u4 | u5: one of the two must open, the nearer leaves u5 alone
    problem = dataclasses.replace(base, links=(*links, Link("u0", "u5", 500.0, "gap")))
    change = smallest_change(problem, Rule("gap"), trial(problem))
    assert change is not None
    assert change.to in (70.0, 500.0)
    assert change.plan.labels()[str(change.figures["unit"])] == change.figures["package"]


def test_without_room_for_everyone_the_units_left_out_are_told() -> None:
    problem = full(activities=(Activity("households", None, 200),), packages=2)
    change = smallest_change(problem, Rule("place_all"), trial(problem))
    assert change is not None
    assert (change.to, change.figures["change"], change.figures["count"]) == (None, "drop", 2)
    assert change.figures["load"] == 200


def test_a_rule_that_is_not_at_fault_changes_nothing() -> None:
    problem = full(activities=(Activity("households", None, 200),), packages=2, max_members=5)
    assert smallest_change(problem, Rule("max_members"), trial(problem)) is None


def test_the_budget_and_a_stop_end_the_search_for_changes() -> None:
    problem = full(activities=(Activity("households", None, 200),), packages=2)
    spent = trial(problem, left=1)
    assert smallest_change(problem, Rule("upper", "households"), spent) is not None
    assert spent.spent
    assert spent.left == 0
    stopped = trial(problem, stop=lambda: True)
    assert smallest_change(problem, Rule("upper", "households"), stopped) is None
    assert stopped.left == 60


def test_a_plan_that_keeps_every_rule_is_kept_as_a_rescue_and_not_as_a_change() -> None:
    problem = full(activities=(Activity("households", None, 300),), packages=2)
    looked = trial(problem)
    assert smallest_change(problem, Rule("upper", "households"), looked) is None
    assert looked.rescue is not None
    assert not looked.rescue.left_out
