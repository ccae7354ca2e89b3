"""Alternatives differ, none is dominated, and what each is said to be better at it is better at."""

from __future__ import annotations

import dataclasses
import itertools
import math
from random import Random

import pytest
from hypothesis import given

from geo.bundling import (
    Activity,
    BundlingError,
    Infeasible,
    Link,
    Problem,
    Rules,
    Solution,
    Unit,
    alternatives,
    check,
)
from tests.examples import examples
from tests.geo.bundling.cases import grid, plan_faults, problems, reason_is_true, strip
from tests.geo.bundling.truths import distance_of, soft_of

HOUSEHOLDS = (Activity("households", 300, 500),)


def marks(problem: Problem, plan: Solution) -> dict[str, float]:
    """What plans are compared by, worked out anew."""
    labels = plan.labels()
    loads = [
        sum(problem.load(unit) for unit in problem.units if unit.id in package.members)
        for package in plan.packages
    ]
    mean = sum(loads) / len(loads) if loads else 0.0
    return {
        "left_out": sum(problem.load(unit) for unit in problem.units if labels[unit.id] is None),
        "out": float(len(plan.left_out)),
        "soft": soft_of(problem, labels),
        "distance": distance_of(problem, labels),
        "imbalance": sum(abs(load - mean) for load in loads) / len(loads) if loads else 0.0,
        "packages": float(len(loads)),
    }


def moved(one: Solution, other: Solution) -> float:
    """Least share of units elsewhere, over all ways to match packages of small plans."""
    a, b = one.labels(), other.labels()
    names = [package.id for package in one.packages]
    others = [package.id for package in other.packages]
    others += [f"none {i}" for i in range(max(0, len(names) - len(others)))]
    best = 0
    for match in itertools.permutations(others, len(names)):
        to = dict(zip(names, match, strict=True))
        best = max(best, sum(b[u] == (None if p is None else to[p]) for u, p in a.items()))
    return 1 - best / len(a)


def worse(one: dict[str, float], other: dict[str, float]) -> bool:
    better = any(other[mark] < one[mark] - 1e-6 for mark in one)
    return better and all(other[mark] <= one[mark] for mark in one)


def look_at(problem: Problem, plans: tuple[Solution, ...]) -> None:
    found = [marks(problem, plan) for plan in plans]
    assert [m["left_out"] for m in found] == sorted(m["left_out"] for m in found)
    for plan, mine in zip(plans, found, strict=True):
        assert plan_faults(problem, plan.labels()) == set()
        assert mine["soft"] == pytest.approx(plan.parts.soft, abs=1e-6)
        assert mine["distance"] == pytest.approx(plan.parts.distance, abs=1e-6)
        assert mine["imbalance"] == pytest.approx(plan.parts.imbalance, abs=1e-6)
        assert not any(worse(mine, other) for other in found)
        for unit, reason in plan.left_out.items():
            assert reason_is_true(problem, plan, unit, reason), (unit, reason)
        if len(plans) > 1:
            told_truly(plan, mine, found)
        # a plan with terms of its own has its bound among the plans that keep them
        if plan.bound is not None and not any(reason.code.startswith("terms_") for reason in plan.better_at):
            for other in found:
                if other["left_out"] == mine["left_out"] and other["soft"] <= mine["soft"]:
                    assert plan.bound <= other["distance"] * (1 + 1e-9) + 1e-9
    for one, other in itertools.combinations(plans, 2):
        if len(one.packages) == len(other.packages) <= 6:
            assert moved(one, other) >= 0.05 - 1e-9


def told_truly(plan: Solution, mine: dict[str, float], found: list[dict[str, float]]) -> None:
    reason = plan.better_at[0]
    assert reason.text
    for mark in filter(None, str(reason.figures["best"]).split(", ")):
        assert all(mine[mark] < other[mark] for other in found if other is not mine)
    change = reason.figures["distance_change"]
    if change is not None:
        assert mine["distance"] / found[0]["distance"] - 1 == pytest.approx(float(change), abs=1e-9)


@examples(20)
@given(problems(most=12))
def test_plans_are_different_undominated_and_truly_told(problem: Problem) -> None:
    plans = alternatives(problem, 3, effort=0.1)
    if not isinstance(plans, Infeasible):
        look_at(problem, plans)


@pytest.mark.parametrize(
    "rules",
    [
        {"activities": HOUSEHOLDS},
        {"activities": (Activity("households", 200, 600),), "packages": 9},
        {"activities": HOUSEHOLDS, "soft": {"border": 50.0}},
        {"activities": HOUSEHOLDS, "within": True},
    ],
)
def test_three_plans_are_met_on_an_ordinary_map(rules: dict[str, object]) -> None:
    problem = grid(6, **rules)
    units = tuple(
        dataclasses.replace(unit, weights={"households": 60 + 37 * place % 83})
        for place, unit in enumerate(problem.units)
    )
    problem = dataclasses.replace(problem, units=units)
    plans = alternatives(problem, 3, effort=0.3, exact=False)
    assert not isinstance(plans, Infeasible)
    assert len(plans) >= 3
    look_at(problem, plans)
    for plan in plans:
        assert plan.bound is None or plan.bound <= plan.parts.distance


def test_on_a_small_map_a_plan_that_is_a_little_evener_is_another() -> None:
    drawn = Random(11)
    units = tuple(
        Unit(f"u{i}", drawn.uniform(0, 1200), drawn.uniform(0, 1200), {"households": drawn.randint(50, 400)})
        for i in range(9)
    )
    links = tuple(
        Link(a.id, b.id)
        for a, b in itertools.combinations(units, 2)
        if math.dist((a.x, a.y), (b.x, b.y)) < 600
    )
    mean = sum(unit.weights["households"] for unit in units) / 3
    rules = Rules((Activity("households", 0.75 * mean, 1.25 * mean),), packages=3)
    plans = alternatives(Problem(units, links, rules), 3)
    assert not isinstance(plans, Infeasible)
    assert len(plans) == 3
    look_at(Problem(units, links, rules), plans)


def test_one_is_the_solution_and_none_is_refused() -> None:
    plans = alternatives(strip(4, activities=(Activity("households", 150, 250),)), 1)
    assert isinstance(plans, tuple)
    assert [plan.better_at for plan in plans] == [()]
    with pytest.raises(BundlingError, match="0 alternatives"):
        alternatives(strip(4), 0)


def test_a_stop_still_gives_a_plan_and_progress_rises_to_one() -> None:
    problem, told = grid(6, activities=HOUSEHOLDS), []
    plans = alternatives(problem, 3, time_limit=0)
    assert isinstance(plans, tuple)
    assert len(plans) == 1
    alternatives(problem, 3, effort=0.2, progress=lambda done, _: told.append(done))
    assert told == sorted(told)
    assert told[-1] == 1.0
    assert check(problem, plans[0].labels()) == []
