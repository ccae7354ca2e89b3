"""The bound against full enumeration: below the best plan that leaves out the same weight, on every small map."""

from __future__ import annotations

import math

from hypothesis import HealthCheck, assume, given, settings

from geo.bundling import Activity, Problem, Solution, solve
from tests.geo.bundling.cases import grid, package_faults, problems
from tests.geo.bundling.truths import labellings


def cost(problem: Problem, group: list[int]) -> float:
    units = problem.units
    return min(
        sum(
            problem.distance_weight(units[u]) * math.dist((units[u].x, units[u].y), (units[h].x, units[h].y))
            for u in group
        )
        for h in group
    )


def best_by_enumeration(problem: Problem) -> tuple[float, float] | None:
    """Least weight left out, and the least distance with it; None when no plan keeps the rules."""
    units, (low, high) = problem.units, problem.rules.package_range()
    faulty: dict[tuple[int, ...], bool] = {}
    best = None
    for labels in labellings(len(units)):
        groups = [[u for u, label in enumerate(labels) if label == p] for p in range(max(labels) + 1)]
        if not max(low, 1) <= len(groups) <= high:
            continue
        for group in groups:
            if tuple(group) not in faulty:
                faulty[tuple(group)] = bool(package_faults(problem, [units[u].id for u in group]))
        if any(faulty[tuple(group)] for group in groups):
            continue
        out = sum(problem.load(units[u]) for u, label in enumerate(labels) if label < 0)
        if best is None or out <= best[0]:
            key = (out, sum(cost(problem, group) for group in groups))
            best = key if best is None else min(best, key)
    return best


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(problems(most=6))
def test_no_plan_is_below_the_bound_and_no_proof_is_wrong(problem: Problem) -> None:
    rules = problem.rules
    plain = not (rules.together or rules.soft or any(unit.lock for unit in problem.units))
    assume(len(problem.units) >= 4 and plain and rules.leave_out_price is not None)
    best, answer = best_by_enumeration(problem), solve(problem)
    if not isinstance(answer, Solution):
        assert best is None or not answer.proven
        return
    assert best is not None
    assert answer.parts.left_out >= best[0] - 1e-9
    if answer.bound is not None and answer.parts.left_out <= best[0] + 1e-9:
        assert answer.bound <= best[1] * (1 + 1e-9) + 1e-9
        assert not answer.proven or answer.parts.distance <= best[1] * (1 + 1e-7) + 1e-9


def test_a_short_list_of_near_units_stays_below_the_full_one() -> None:
    # 19 × 19 units are enough for hubs to look at their nearest only
    small = solve(grid(19, activities=(Activity("households", 700, 1100),), packages=40), effort=0.05)
    assert isinstance(small, Solution)
    assert small.bound is not None
    assert 0 < small.bound <= small.parts.distance
