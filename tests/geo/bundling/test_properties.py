"""What must hold for any problem: an answer that keeps every rule, or a true reason; never a crash."""

from __future__ import annotations

import dataclasses

from hypothesis import HealthCheck, event, given, settings

from geo.bundling import Activity, Infeasible, Problem, alternatives, check, solve
from tests.geo.bundling.cases import grid, plan_faults, problems, reason_is_true

QUICK = settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))


@QUICK
@given(problems())
def test_an_answer_keeps_every_rule_or_says_why_not(problem: Problem) -> None:
    answer = solve(problem)
    if isinstance(answer, Infeasible):
        event(answer.conflict[0].code)
        assert answer.conflict[0].text
        return
    labels = answer.labels()
    assert set(labels) == {unit.id for unit in problem.units}
    assert plan_faults(problem, labels) == set()
    assert check(problem, labels) == []
    for unit_id, reason in answer.left_out.items():
        event(reason.code)
        assert reason_is_true(problem, answer, unit_id, reason), (unit_id, reason)


@QUICK
@given(problems())
def test_the_same_problem_seed_and_effort_give_the_same_answer(problem: Problem) -> None:
    one, other = solve(problem, seed=3), solve(problem, seed=3)
    assert dataclasses.replace(one, seconds=0.0) == dataclasses.replace(other, seconds=0.0)


@QUICK
@given(problems(most=9))
def test_the_bound_is_below_every_plan_found_that_is_as_good_in_the_parts_before(problem: Problem) -> None:
    plans = alternatives(problem, 3)
    if isinstance(plans, Infeasible):
        return
    for one in plans:
        for other in plans:
            # a plan with terms of its own has its bound among the plans that keep them
            free = not any(reason.code.startswith("terms_") for reason in one.better_at)
            same = one.parts.left_out == other.parts.left_out and one.parts.soft >= other.parts.soft
            if free and same and one.bound is not None:
                assert one.bound <= other.parts.distance * (1 + 1e-9)
    assert len({frozenset(package.members for package in plan.packages) for plan in plans}) == len(plans)


def test_check_agrees_with_the_other_checker_on_broken_plans() -> None:
    problem = grid(4, activities=(Activity("households", 300, 500),), max_members=4, within=True)
    for shift in range(1, 7):
        labels = {unit.id: f"P{place // shift}" for place, unit in enumerate(problem.units)}
        assert {each.rule for each in check(problem, labels)} == plan_faults(problem, labels)
