"""Exchanges next to a plan: each breaks one rule alone, and none that does is missed."""

from __future__ import annotations

import dataclasses

from hypothesis import event, given

from geo.bundling import Activity, Link, Problem, Rules, Solution
from geo.bundling.forms.arrays import OUT
from geo.bundling.reasons.exchanges import Standing, exchanges
from geo.bundling.settle import solve
from tests.examples import examples
from tests.geo.bundling.cases import plan_faults, problems, strip
from tests.geo.bundling.truths import distance_of, soft_of

KINDS = {"upper": None, "lower": None, "barrier": "contiguity", "gap": "contiguity"}


def rule_of(broken: tuple[str, str]) -> str:
    """The rule as the other checker calls it."""
    kind, activity = broken
    return activity if kind in ("upper", "lower") else KINDS.get(kind) or kind


@examples(40)
@given(problems())
def test_an_exchange_breaks_one_rule_alone_and_none_is_missed(problem: Problem) -> None:
    plan = solve(problem, effort=0.1, exact=False)
    if not isinstance(plan, Solution) or not plan.packages:
        return
    standing, labels = Standing(problem, plan), plan.labels()
    names = [package.id for package in plan.packages]
    found = {(each.unit, each.target): each for each in exchanges(standing)}
    for each in found.values():
        event(each.broken[0][0])
        moved = labels | {problem.units[each.unit].id: names[each.target]}
        assert plan_faults(problem, moved) - {"leave_out"} == {rule_of(each.broken[0])}
        if each.source != OUT:
            assert distance_of(problem, labels) - distance_of(problem, moved) >= each.saves - 1e-6
            assert soft_of(problem, moved) <= soft_of(problem, labels) + 1e-6
    beside = {
        (a, labels[b])
        for x in problem.links
        if x.cut is None
        for a, b in ((x.a, x.b), (x.b, x.a))
        if labels[b]
    }
    for name, target in sorted(beside):
        unit, goal = standing.index[name], names.index(str(target))
        if labels[name] is None and len(plan_faults(problem, labels | {name: target}) - {"leave_out"}) == 1:
            assert (unit, goal) in found, (name, target)


def test_what_lies_on_a_link_is_told_least_first() -> None:
    base = strip(3, packages=1, within=True)
    units = (*base.units[:2], dataclasses.replace(base.units[2], within="west"))
    links = (Link("u0", "u1"), Link("u1", "u2"), Link("u0", "u2", 9.0, "gap"))
    problem = Problem(units, links, Rules((Activity("households"),), packages=1, within=True))
    plan = solve(problem, effort=0.1, exact=False)
    assert isinstance(plan, Solution)
    standing = Standing(problem, plan)
    assert [standing.way(link) for link in links] == ["open", "within", "gap"]
    (found,) = exchanges(standing)
    assert (found.link, found.broken) == (links[1], (("within", ""),))
    assert standing.room_left(0) == float("inf")
