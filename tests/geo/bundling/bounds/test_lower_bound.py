"""The bound against full enumeration: below the best plan that leaves out the same weight, on every small map."""

from __future__ import annotations

import math

from hypothesis import event, given

from geo.bundling import Activity, Problem, Solution, solve
from geo.bundling.bounds.lower_bound import Bound, lower_bound
from geo.bundling.forms.arrays import arrays_of
from geo.bundling.forms.model import compile_problem
from geo.bundling.settle import solve as settle
from tests.examples import examples
from tests.geo.bundling.cases import grid, problems
from tests.geo.bundling.every_plan import best_key


@examples(40)
@given(problems(most=8))
def test_no_plan_is_below_the_bound_and_no_proof_is_wrong(problem: Problem) -> None:
    best, answer = best_key(problem), settle(problem, effort=0.1)
    if not isinstance(answer, Solution):
        assert best is None or not answer.proven
        return
    assert best is not None
    left_out, out, soft, distance = best
    price = problem.rules.leave_out_price or 0.0
    mine = (answer.parts.left_out / price if price else 0.0, float(len(answer.left_out)), answer.parts.soft)
    level = all(math.isclose(a, b, abs_tol=1e-5) for a, b in zip(mine, (left_out, out, soft), strict=True))
    event("as good as the best in the parts before" if level else "worse in a part before")
    if answer.bound is not None and level:
        assert answer.bound <= distance * (1 + 1e-9) + 1e-6
    if answer.proven:
        assert level
        assert answer.parts.distance <= distance * (1 + 1e-7) + 1e-6


def test_a_short_list_of_near_units_stays_below_the_full_one() -> None:
    # 19 × 19 units are enough for hubs to look at their nearest only
    small = solve(grid(19, activities=(Activity("households", 700, 1100),), packages=40), effort=0.05)
    assert isinstance(small, Solution)
    assert small.bound is not None
    assert 0 < small.bound <= small.parts.distance


def test_without_time_for_all_rounds_the_bound_is_of_fewer_and_still_below_every_plan() -> None:
    model = compile_problem(grid(5, activities=(Activity("households", 300, 500),), packages=6))
    plan = solve(model.problem)
    assert isinstance(plan, Solution)

    def bound(left: float) -> Bound:
        found = lower_bound(
            arrays_of(model), packages=(6, 6), value=2 * plan.parts.distance, left=lambda: left
        )
        assert found is not None
        return found

    short, long = bound(0.0), bound(1e9)
    assert short.rounds == 1
    assert long.rounds > 100
    assert 0 < short.value < long.value <= plan.parts.distance
