"""What is told of given centres is true: what binds, and what would lead to a plan."""

from __future__ import annotations

import dataclasses
import math

import pytest
from hypothesis import assume, given, settings

from geo.bundling import Activity, Centre, Infeasible, Problem, Rules, Solution, check, solve
from tests.geo.bundling.cases import strip
from tests.geo.bundling.centres.test_centres import centred

HOUSEHOLDS = (Activity("households"),)


def with_capacity(problem: Problem, room: dict[str, float | None]) -> Problem:
    centres = tuple(
        dataclasses.replace(each, capacity=room.get(each.id, each.capacity)) for each in problem.rules.centres
    )
    return dataclasses.replace(problem, rules=dataclasses.replace(problem.rules, centres=centres))


@settings(max_examples=60, deadline=None)
@given(centred())
def test_a_capacity_told_to_bind_alone_stops_the_exchange_told(problem: Problem) -> None:
    answer = solve(problem)
    assume(isinstance(answer, Solution))
    where = {unit.id: unit for unit in problem.units}
    hubs = {package.id: package.hub for package in answer.packages}
    for reason in answer.binding:
        if reason.code != "binds_capacity":
            continue
        unit, target = str(reason.figures["unit"]), str(reason.figures["to"])
        moved = {**answer.labels(), unit: target}
        assert {each.rule for each in check(problem, moved)} == {"capacity"}
        assert check(with_capacity(problem, {hubs[target]: None}), moved) == []
        if reason.figures["from"] is not None:
            here, one, other = where[unit], where[hubs[target]], where[hubs[str(reason.figures["from"])]]
            saved = problem.distance_weight(here) * (
                math.hypot(here.x - other.x, here.y - other.y) - math.hypot(here.x - one.x, here.y - one.y)
            )
            assert math.isclose(saved, float(reason.figures["saves"] or 0), rel_tol=1e-9)


@settings(max_examples=60, deadline=None)
@given(centred())
def test_every_capacity_that_alone_stops_a_better_plan_is_told(problem: Problem) -> None:
    answer = solve(problem)
    assume(isinstance(answer, Solution))
    assume(not problem.rules.soft)
    told = {str(reason.figures["rule"]) for reason in answer.binding if reason.code == "binds_capacity"}
    hubs = {package.id: package.hub for package in answer.packages}
    where = {unit.id: unit for unit in problem.units}
    labels = answer.labels()
    for link in problem.links:
        for unit, beside in ((link.a, link.b), (link.b, link.a)):
            source, target = labels[unit], labels[beside]
            if target is None or source is None or source == target or hubs[source] == unit:
                continue
            here, one, other = where[unit], where[hubs[target]], where[hubs[source]]
            saved = problem.distance_weight(here) * (
                math.hypot(here.x - other.x, here.y - other.y) - math.hypot(here.x - one.x, here.y - one.y)
            )
            broken = check(problem, {**labels, unit: target})
            if saved > 1e-5 and [each.rule for each in broken] == ["capacity"]:
                assert hubs[target] in told


@settings(max_examples=60, deadline=None)
@given(centred())
def test_what_is_told_to_lead_to_a_plan_does(problem: Problem) -> None:
    answer = solve(problem)
    assume(isinstance(answer, Infeasible))
    for reason in answer.conflict[1:]:
        if reason.code == "rule_capacity":
            names = str(reason.figures["centres"]).split(", ")
            assert reason.figures["count"] == len(names)
            assert isinstance(solve(with_capacity(problem, dict.fromkeys(names))), Solution)
        else:
            assert reason.code == "rule_place_all"
            out = str(reason.figures["units"]).split(", ")
            loose = dataclasses.replace(
                problem, rules=dataclasses.replace(problem.rules, leave_out_price=1.0)
            )
            found = solve(loose)
            assert isinstance(found, Solution)
            held = sum(problem.load(unit) for unit in problem.units if unit.id in found.left_out)
            assert held <= float(reason.figures["load"] or 0) + 1e-6
            assert len(out) == reason.figures["count"]


def test_a_capacity_short_by_so_much_is_told_with_the_plan_that_more_would_give() -> None:
    centres = (Centre("u0", 300), Centre("u5", 200))
    answer = solve(strip(6, activities=HOUSEHOLDS, centres=centres, leave_out_price=None))
    assert isinstance(answer, Infeasible)
    head, more, out = answer.conflict
    assert (head.code, head.figures["short"]) == ("capacity_below_total", 100)
    assert (more.code, more.figures["more"], more.figures["by"]) == ("rule_capacity", 100, 100)
    assert more.text in {
        "the capacities: with 400 instead of 300 at u0 there is a plan",
        "the capacities: with 300 instead of 200 at u5 there is a plan",
    }
    assert (out.code, out.figures["count"], out.figures["load"]) == ("rule_place_all", 1, 100)


@pytest.mark.parametrize(
    ("centres", "told"),
    [
        ((Centre("u0", 0),), "with 100 instead of 0 at u0"),
        ((Centre("u0", 0), Centre("u2", 100)), "with 100 instead of 0 at u0"),
        ((Centre("u0", 0), Centre("u1", 0)), "with 100 instead of 0 at u0, 100 instead of 0 at u1"),
    ],
)
def test_no_more_room_is_told_than_is_enough_even_where_there_was_none(
    centres: tuple[Centre, ...], told: str
) -> None:
    answer = solve(strip(4, activities=HOUSEHOLDS, centres=centres))
    assert isinstance(answer, Infeasible)
    assert f"{told} there is a plan" in answer.conflict[1].text


def test_a_capacity_binds_with_what_it_costs() -> None:
    centres = (Centre("u2", 300), Centre("u5", 300))
    answer = solve(strip(6, activities=HOUSEHOLDS, centres=centres))
    assert isinstance(answer, Solution)
    (reason,) = [each for each in answer.binding if each.code == "binds_capacity"]
    assert (reason.figures["rule"], reason.figures["limit"], reason.figures["over"]) == ("u2", 300, 100)
    assert (reason.figures["unit"], reason.figures["saves"]) == ("u3", 10_000)


def test_nothing_is_told_where_capacities_are_not_what_stands_against_a_plan() -> None:
    rules = Rules(HOUSEHOLDS, packages=3, centres=(Centre("u0", 100),), leave_out_price=None)
    answer = solve(dataclasses.replace(strip(3, activities=HOUSEHOLDS), rules=rules))
    assert isinstance(answer, Infeasible)
    assert [reason.code for reason in answer.conflict] == ["too_few_centres"]
