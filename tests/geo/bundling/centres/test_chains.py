"""Units that must go together round given centres: a chain tried between them stands in no other plan's way."""

from __future__ import annotations

import dataclasses
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.bundling import Activity, Centre, Infeasible, Link, Problem, Rules, Solution, Unit, check, solve
from tests.examples import examples
from tests.geo.bundling.centres.test_centres import centred

LOADS = {"a": (0, 200, 0), "c": (0, 0, 40), "m": (200, 0, 40), "b": (400, 0, 40)}


def road(*centres: str, **rules: object) -> Problem:
    """a - c - m - b, of which a and b must go together: they hold 120, a centre takes 76."""
    units = tuple(Unit(name, x, y, {"households": load}) for name, (x, y, load) in LOADS.items())
    links = (Link("a", "c"), Link("c", "m"), Link("m", "b"))
    sites = tuple(Centre(name, 76) for name in centres)
    return Problem(
        units, links, Rules((Activity("households"),), together=(("a", "b"),), centres=sites, **rules)
    )


@pytest.mark.parametrize(("problem", "weight"), [(road("c"), 40), (road("c", "m", packages=1), 40)])
def test_a_group_without_room_stays_out_and_leaves_its_chain_to_others(
    problem: Problem, weight: float
) -> None:
    answer = solve(problem)
    assert isinstance(answer, Solution)
    assert check(problem, answer.labels()) == []
    assert sum(package.loads["households"] for package in answer.packages) == weight
    assert answer.left_out["a"].code == "group_not_placed"


@pytest.mark.parametrize("packages", [1, 2])
def test_that_the_chains_tried_do_not_fit_is_no_proof(packages: int) -> None:
    answer = solve(road("c", "m", packages=packages, leave_out_price=None))
    assert isinstance(answer, Infeasible)
    assert not answer.proven
    assert "proven" not in answer.conflict[0].text
    assert "lightest chain" in answer.conflict[0].text


@st.composite
def together(draw: st.DrawFn) -> Problem:
    problem = draw(centred().filter(lambda each: len(each.units) > 1))
    ids = [unit.id for unit in problem.units]
    pair = draw(st.lists(st.sampled_from(ids), min_size=2, max_size=3, unique=True))
    return dataclasses.replace(problem, rules=dataclasses.replace(problem.rules, together=(tuple(pair),)))


def any_plan(problem: Problem) -> bool:
    """Whether some assignment to the centres keeps every rule, all of them tried."""
    ids = [unit.id for unit in problem.units]
    hubs = [None, *(centre.id for centre in problem.rules.centres)]
    return any(
        all(name is None or labels[name] == name for name in plan) and not check(problem, labels)
        for plan in itertools.product(hubs, repeat=len(ids))
        if set(plan) != {None}
        for labels in [dict(zip(ids, plan, strict=True))]
    )


@examples(60)
@given(together())
def test_what_is_proven_impossible_is_and_what_is_told_keeps_the_rules(problem: Problem) -> None:
    answer = solve(problem)
    if isinstance(answer, Solution):
        assert check(problem, answer.labels()) == []
    elif answer.proven:
        assert not any_plan(problem)
