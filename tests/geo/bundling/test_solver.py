from __future__ import annotations

import dataclasses
import math
from typing import Any

import pytest

from geo.bundling import (
    Activity,
    BundlingError,
    Centre,
    Infeasible,
    Link,
    Problem,
    Rules,
    Solution,
    Unit,
    alternatives,
    check,
    solve,
)
from tests.geo.bundling.cases import grid, plan_faults, strip

HOUSEHOLDS = (Activity("households", 300, 500),)


def solved(problem: Problem, **how: object) -> Solution:
    """Without the proof, which has tests of its own."""
    answer = solve(problem, **({"exact": False} | how))
    assert isinstance(answer, Solution), answer
    assert plan_faults(problem, answer.labels()) == set()
    return answer


def refused(problem: Problem) -> Infeasible:
    answer = solve(problem)
    assert isinstance(answer, Infeasible), answer
    return answer


def with_unit(problem: Problem, name: str, **changes: object) -> Problem:
    units = tuple(dataclasses.replace(u, **changes) if u.id == name else u for u in problem.units)
    return dataclasses.replace(problem, units=units)


def test_a_grid_is_bundled_whole_and_its_bound_holds() -> None:
    answer = solved(grid(6, activities=HOUSEHOLDS, packages=9), effort=0.5)
    assert len(answer.packages) == 9
    assert not answer.left_out
    # nine squares or T-shapes of four: one hub and three at 100 m, or a row
    assert answer.bound is not None
    assert 9 * 30_000 <= answer.parts.distance <= 9 * 40_000 * 1.05
    assert answer.bound <= answer.parts.distance
    assert answer.stopped_by == "budget"


def test_the_hub_is_the_best_member() -> None:
    answer = solved(strip(5, packages=1))
    assert answer.packages[0].hub == "u2"
    assert answer.parts.distance == 100 + 100 + 200 + 200


def test_distance_counts_units_or_their_weight() -> None:
    heavy = strip(3, 100, activities=(Activity("households", None, None),), packages=1)
    assert solved(heavy).parts.distance == 20_000
    assert solved(dataclasses.replace(heavy, objective="dist")).parts.distance == 200


def test_an_empty_problem_has_an_empty_plan_unless_packages_are_asked_for() -> None:
    assert solved(Problem((), (), Rules())).packages == ()
    assert refused(Problem((), (), Rules(packages=1))).conflict[0].code == "no_units"


def test_zero_packages_leave_everything_out() -> None:
    assert set(solved(strip(3, packages=0)).left_out) == {"u0", "u1", "u2"}


def test_units_without_weight_are_bundled_all_the_same() -> None:
    problem = with_unit(grid(4, activities=HOUSEHOLDS), "r0c0", weights={"households": 0})
    assert not solved(problem).left_out


def test_a_giant_stays_out_and_is_told_why() -> None:
    problem = with_unit(grid(4, activities=HOUSEHOLDS), "r1c1", weights={"households": 9000})
    reason = solved(problem).left_out["r1c1"]
    assert reason.code == "too_large"
    assert (reason.figures["value"], reason.figures["limit"]) == (9000, 500)
    must = dataclasses.replace(problem, rules=dataclasses.replace(problem.rules, leave_out_price=None))
    assert refused(must).conflict[0].figures["unit"] == "r1c1"


def test_an_island_is_told_its_nearest_neighbour_as_known() -> None:
    base = grid(3, activities=HOUSEHOLDS)
    units = (
        *base.units,
        Unit("far", 0, 1000, {"households": 120}),
        Unit("over", -50, 0, {"households": 120}),
    )
    cut = (Link("far", "r0c0", 512, "gap"), Link("over", "r0c0", 50, "barrier"))
    reasons = solved(dataclasses.replace(base, units=units, links=base.links + cut)).left_out
    assert (reasons["far"].code, reasons["far"].figures["metres"]) == ("isolated", 512)
    assert reasons["over"].figures["cut"] == "barrier"
    assert "512 m" in reasons["far"].text
    plain = solved(dataclasses.replace(base, units=units)).left_out
    assert plain["far"].figures["metres"] == 1000


def test_a_small_component_stays_out_as_a_whole() -> None:
    base = grid(3, activities=HOUSEHOLDS)
    pair = (Unit("p", 5000, 0, {"households": 100}), Unit("q", 5100, 0, {"households": 100}))
    problem = dataclasses.replace(base, units=base.units + pair, links=(*base.links, Link("p", "q")))
    reasons = solved(problem).left_out
    assert reasons["p"].code == reasons["q"].code == "component_below"
    assert reasons["p"].figures["value"] == 200


def test_locks_hold_and_name_their_package() -> None:
    problem = with_unit(grid(6, activities=HOUSEHOLDS), "r0c0", lock="北片")
    problem = with_unit(with_unit(problem, "r0c1", lock="北片"), "r5c5", lock="P07")
    labels = solved(problem).labels()
    assert (labels["r0c0"], labels["r0c1"], labels["r5c5"]) == ("北片", "北片", "P07")


def test_units_that_must_go_together_do_and_foes_do_not() -> None:
    rules = Rules(HOUSEHOLDS, together=(("r0c0", "r0c2"),), apart=(("r3c3", "r3c4"), ("r4c4", "r4c5")))
    labels = solved(dataclasses.replace(grid(6), rules=rules)).labels()
    assert labels["r0c0"] == labels["r0c2"] is not None
    assert labels["r3c3"] != labels["r3c4"]


def test_packages_stay_within_their_area_and_hold_an_anchor() -> None:
    problem = grid(6, activities=HOUSEHOLDS, within=True, anchors=True)
    for name in ("r0c0", "r2c1", "r4c2", "r1c4", "r3c4", "r5c4"):
        problem = with_unit(problem, name, anchor=True)
    answer = solved(problem)
    assert answer.packages
    assert "no_room" in {reason.code for reason in answer.left_out.values()} or not answer.left_out


def test_a_priced_bound_may_be_missed_and_is_paid_for() -> None:
    problem = strip(4, activities=(Activity("households", 250, 250),), packages=2, soft={"households": 2.0})
    answer = solved(problem)
    assert answer.parts.soft == 2.0 * (50 + 50)
    assert not answer.left_out


def test_a_priced_border_is_paid_per_further_area() -> None:
    problem = dataclasses.replace(grid(2, packages=1), rules=Rules(packages=1, soft={"border": 7.0}))
    assert solved(problem).parts.soft == 7.0


@pytest.mark.parametrize(
    ("problem", "code"),
    [
        (grid(3, activities=(Activity("households", 5000, None),)), "component_below"),
        (grid(3, activities=HOUSEHOLDS, packages=4), "too_many_packages"),
        (grid(3, activities=HOUSEHOLDS, packages=1, leave_out_price=None), "too_few_packages"),
        (strip(1, activities=HOUSEHOLDS), "isolated"),
        (strip(7, activities=(Activity("households", 400, 450),), leave_out_price=None), "no_whole_number"),
        (grid(3, packages=2, anchors=True), "no_anchor"),
        (with_unit(grid(3, packages=2, anchors=True), "r0c0", anchor=True), "too_few_anchors"),
        (with_unit(with_unit(grid(3, packages=1), "r0c0", lock="A"), "r2c2", lock="B"), "locks_over_count"),
        (with_unit(with_unit(strip(2, together=(("u0", "u1"),)), "u0", lock="A"), "u1", lock="B"), "locks"),
        (
            with_unit(strip(3, together=(("u0", "u2"),), apart=(("u0", "u2"),)), "u0", lock="A"),
            "apart_together",
        ),
    ],
)
def test_what_conflicts_is_named(problem: Problem, code: str) -> None:
    answer = refused(problem)
    assert answer.conflict[0].code == code
    assert answer.proven


def test_what_the_search_does_not_find_is_called_impossible_only_with_a_proof() -> None:
    units = tuple(Unit(n, 0, 0, {"households": w}) for n, w in (("a", 700), ("b", 800)))
    problem = Problem(units, (Link("a", "b"),), Rules((Activity("households", 900, 1100),)))
    assert refused(problem).proven
    answer = solve(problem, exact=False)
    assert isinstance(answer, Infeasible)
    assert not answer.proven


def test_cancel_and_time_limit_are_safety_stops_that_still_answer() -> None:
    problem = grid(8, activities=HOUSEHOLDS)
    assert solved(problem, cancel=lambda: True).stopped_by == "cancel"
    assert solved(problem, time_limit=0).stopped_by == "time_limit"


def test_progress_rises_to_one() -> None:
    told: list[float] = []
    solved(grid(4, activities=HOUSEHOLDS), progress=lambda done, _: told.append(done))
    assert told == sorted(told)
    assert told[-1] == 1.0


def test_more_effort_is_never_worse_by_much_and_seeds_are_kept() -> None:
    problem = grid(6, activities=HOUSEHOLDS, packages=9)
    little, much = solved(problem, effort=0.2, seed=5), solved(problem, effort=1, seed=5)
    assert much.parts.distance <= little.parts.distance * 1.02
    assert little.seed == 5


def test_alternatives_differ_and_the_best_comes_first() -> None:
    problem = grid(6, activities=HOUSEHOLDS)
    plans = alternatives(problem, 3, effort=0.3, exact=False)
    assert not isinstance(plans, Infeasible)
    assert len({frozenset(p.members for p in plan.packages) for plan in plans}) == len(plans) == 3
    assert all(check(problem, plan.labels()) == [] for plan in plans)
    assert plans[0].parts.left_out == min(plan.parts.left_out for plan in plans)


def test_alternatives_of_an_impossible_problem_name_the_conflict() -> None:
    assert isinstance(alternatives(grid(3, activities=HOUSEHOLDS, packages=4), 2), Infeasible)


@pytest.mark.parametrize(
    ("how", "field"),
    [
        ({"effort": 0.0}, "effort"),
        ({"effort": -1.0}, "effort"),
        ({"effort": math.nan}, "effort"),
        ({"effort": math.inf}, "effort"),
        ({"seed": -1}, "seed"),
        ({"time_limit": -1.0}, "time_limit"),
        ({"time_limit": math.nan}, "time_limit"),
    ],
)
@pytest.mark.parametrize("centres", [(), (Centre("u0", 300),)])
def test_a_setting_that_means_nothing_is_refused_by_name(
    how: dict[str, Any], field: str, centres: tuple[Centre, ...]
) -> None:
    with pytest.raises(BundlingError) as refused:
        solve(strip(4, centres=centres), **how)
    assert refused.value.field == field
