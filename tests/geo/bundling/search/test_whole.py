"""The whole search: a plan within every limit, or none; never one that is worse than a start."""

from __future__ import annotations

import dataclasses
from random import Random

from hypothesis import event, given
from hypothesis import strategies as st

from geo.bundling import Activity, Problem, Rules
from geo.bundling.search.improve import Watch
from geo.bundling.search.whole import Search, Style, _best_total, find_plan
from tests.examples import examples
from tests.geo.bundling.cases import grid, problems
from tests.geo.bundling.every_plan import by_packages
from tests.geo.bundling.search.drafts import NEVER, assert_hard_form, compiled_with_rooms

PLAIN = Style()


def search_of(problem: Problem, style: Style = PLAIN, watch: Watch = NEVER) -> Search | None:
    found = compiled_with_rooms(problem)
    if found is None:
        return None
    model, arrays, rooms = found
    return Search(model, arrays, rooms, style, 0.1, 1, watch, lambda _done, _plan: None)


@examples(30)
@given(problems(most=8), st.sampled_from([Style(), Style(balance=1.0), Style(lean=0.25), Style(lean=-0.25)]))
def test_a_plan_found_is_one_of_all_there_are(problem: Problem, style: Style) -> None:
    search = search_of(problem, style)
    if search is None or search.limits[0] > search.limits[1] or search.limits[1] < 1:
        return
    plan = find_plan(search)
    event("a plan" if plan else "none")
    if plan is None:
        return
    assert plan.key.broken == 0
    assert_hard_form(search.model, plan.labels)
    fewest, most = search.limits
    assert fewest <= plan.packages <= most
    best = by_packages(problem)[plan.packages]
    price = problem.rules.leave_out_price or 0.0
    mine = (round(plan.key.left_out, 4), plan.key.out, round(plan.key.soft, 4), round(plan.key.distance, 3))
    assert mine >= (round(best[0] * price, 4), 0, 0.0, 0.0)
    if mine[0] == round(best[0] * price, 4) and mine[2] <= round(best[2], 4):
        assert mine[3] >= round(best[3], 3) - 0.002 or mine[1] != best[1]


@examples(40)
@given(problems(), st.sampled_from([0.0, 0.25, -0.25]))
def test_the_number_of_packages_tried_lies_within_the_limits(problem: Problem, lean: float) -> None:
    search = search_of(problem, Style(lean=lean))
    if search is None or search.limits[0] > search.limits[1]:
        return
    fewest, most = search.limits
    assert fewest <= _best_total(search)[0] <= most


def test_a_stop_at_once_still_gives_a_plan_of_the_map_and_progress_never_ends_early() -> None:
    problem = grid(6, activities=(Activity("households", 300, 500),), packages=9)
    search = search_of(problem, watch=Watch(lambda: "time_limit"))
    assert search is not None
    plan = find_plan(search)
    assert plan is None or plan.packages == 9
    told: list[float] = []
    full = search_of(problem)
    assert full is not None
    assert find_plan(dataclasses.replace(full, tell=lambda done, _: told.append(done))) is not None
    assert max(told) <= 0.9


def test_starts_that_all_froze_with_a_bound_broken_are_begun_again_warmer() -> None:
    drawn, names = Random(2), ("households", "fee", "area")
    plain = grid(13)
    weights = [{name: float(drawn.randint(60, 140)) for name in names} for _ in plain.units]
    units = tuple(
        dataclasses.replace(unit, weights=each) for unit, each in zip(plain.units, weights, strict=True)
    )
    means = {name: sum(each[name] for each in weights) / 17 for name in names}
    held = tuple(Activity(name, lower=0.95 * mean, upper=1.05 * mean) for name, mean in means.items())
    problem = dataclasses.replace(plain, units=units, rules=Rules(activities=held, packages=17))
    search = search_of(problem)
    assert search is not None
    plan = find_plan(dataclasses.replace(search, effort=1.0))
    assert plan is not None
    assert_hard_form(search.model, plan.labels)
