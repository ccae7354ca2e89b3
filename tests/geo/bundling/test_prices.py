"""The price of a rule is what the plan without it saves, and that plan keeps every other rule."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import event, given

from geo.bundling import Activity, Link, Problem, Solution, price_of_rules, solve
from tests.examples import examples
from tests.geo.bundling.cases import grid, plan_faults, problems
from tests.geo.bundling.truths import distance_of, soft_of

HOUSEHOLDS = (Activity("households", 300, 500),)
BROKEN = {
    "barrier": {"contiguity"},
    "packages": {"packages"},
    "lock": {"lock"},
    "anchors": {"anchors"},
    "within": {"within"},
    "max_members": {"max_members"},
    "together": {"together"},
    "apart": {"apart"},
}


def priced(problem: Problem, answer: Solution) -> dict[str, float]:
    found = price_of_rules(problem, answer)
    for price in found:
        assert price.reason.text
        if price.plan is None:
            assert price.change.distance == 0
            continue
        labels = price.plan.labels()
        faults = plan_faults(problem, labels)
        assert faults <= BROKEN.get(price.rule, {price.rule})
        assert (price.reason.code == "price_chance") == (not faults and not price.rule.startswith("price of"))
        saved = distance_of(problem, labels) - distance_of(problem, answer.labels())
        assert price.change.distance == pytest.approx(saved, abs=1e-6)
        dearer = soft_of(problem, labels) - soft_of(problem, answer.labels())
        if price.rule != "within":
            assert price.change.soft == pytest.approx(dearer, abs=1e-6)
    return {price.rule: price.change.distance for price in found}


@examples(12)
@given(problems(most=10))
def test_every_price_is_told_truly(problem: Problem) -> None:
    answer = solve(problem, effort=0.1)
    if isinstance(answer, Solution):
        for rule, distance in priced(problem, answer).items():
            event(f"{rule} {'costs' if distance < 0 else 'is free'}")


def test_anchors_borders_and_barriers_have_their_price() -> None:
    base = grid(6, activities=HOUSEHOLDS, anchors=True, within=True, packages=9)
    units = tuple(
        dataclasses.replace(unit, anchor=unit.id[1] in "05" or unit.id[3] == "3") for unit in base.units
    )
    ways = tuple(
        Link(x.a, x.b, 0, "barrier") if {x.a[:2], x.b[:2]} == {"r1", "r2"} else x for x in base.links
    )
    problem = dataclasses.replace(base, units=units, links=ways)
    answer = solve(problem)
    assert isinstance(answer, Solution), answer
    found = priced(problem, answer)
    assert set(found) == {"anchors", "within", "barrier", "packages"}
    assert min(found.values()) < 0


def test_a_stop_gives_what_was_priced_so_far() -> None:
    problem = grid(4, activities=HOUSEHOLDS, max_members=5, packages=4)
    answer = solve(problem)
    assert isinstance(answer, Solution)
    assert price_of_rules(problem, answer, cancel=lambda: True) == ()
    told: list[float] = []
    assert len(price_of_rules(problem, answer, progress=lambda done, _: told.append(done))) == 2
    assert told == [0.5, 1.0]
