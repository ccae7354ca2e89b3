"""Reasons given again by other rules than a plan was made under; and why a unit with neighbours stays out."""

from __future__ import annotations

import dataclasses

from hypothesis import event, given

from geo.bundling import Activity, Link, Problem, Solution, Unit
from geo.bundling.reasons.explain import explained_again
from geo.bundling.settle import solve
from geo.bundling.variants import with_rules
from tests.examples import examples
from tests.geo.bundling.cases import grid, plan_faults, problems, reason_is_true, strip


def solved(problem: Problem) -> Solution | None:
    plan = solve(problem, effort=0.1, exact=False)
    return plan if isinstance(plan, Solution) else None


@examples(40)
@given(problems())
def test_a_plan_made_under_more_rules_is_told_truly_by_those_asked_or_not_at_all(problem: Problem) -> None:
    tight = with_rules(problem, max_members=2)
    plan = solved(tight)
    if plan is None or problem.rules.max_members is not None or plan_faults(problem, plan.labels()):
        return
    again = explained_again(problem, plan)
    event("told" if again is not None else "a unit is out for the added rule alone")
    if again is not None:
        assert again.keys() == plan.left_out.keys()
        told = dataclasses.replace(plan, left_out=again)
        for unit, reason in again.items():
            assert reason_is_true(problem, told, unit, reason), (unit, reason)


@examples(30)
@given(problems())
def test_by_the_same_rules_the_reasons_are_the_same(problem: Problem) -> None:
    plan = solved(problem)
    if plan is None or "group_not_placed" in {reason.code for reason in plan.left_out.values()}:
        return
    again = explained_again(problem, plan)
    if again is not None:
        assert {u: r.code for u, r in again.items()} == {u: r.code for u, r in plan.left_out.items()}


def test_units_that_a_package_could_take_have_no_reason_by_these_rules() -> None:
    problem = strip(3, packages=1)
    plan = solved(with_rules(problem, max_members=2))
    assert plan is not None
    assert len(plan.left_out) == 1
    assert explained_again(problem, plan) is None


def test_each_package_beside_is_told_with_what_it_would_hold() -> None:
    problem = grid(3, activities=(Activity("households", 300, 400),), packages=2)
    plan = solved(problem)
    assert plan is not None
    (reason,) = plan.left_out.values()
    assert "; it holds only 100 households < 300; with an upper bound of 500" in reason.text
    plan = solved(with_rules(problem, activities=(Activity("households", 100, 400),)))
    assert plan is not None
    (reason,) = plan.left_out.values()
    assert (reason.code, reason.figures["value"], reason.figures["limit"]) == ("no_room", 500, 400)
    assert "all 2 packages asked for are in use" in reason.text


def test_no_package_touches_a_unit_behind_others_that_are_out() -> None:
    base = strip(4, activities=(Activity("households", 150, 200),), packages=1)
    far = (Unit("x", 900, 0, {"households": 190}), Unit("y", 990, 0, {"households": 5}))
    problem = dataclasses.replace(base, units=base.units + far, links=(*base.links, Link("x", "y")))
    plan = solved(problem)
    assert plan is not None
    codes = {name: reason.code for name, reason in plan.left_out.items()}
    assert set(codes.values()) <= {"next_to_no_package", "no_room"}
    for name, reason in plan.left_out.items():
        assert reason_is_true(problem, plan, name, reason)
