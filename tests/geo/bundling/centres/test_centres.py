"""Given centres against every plan there is: optimum, contiguity, capacity, conventions, conflicts."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.bundling import Activity, Centre, Infeasible, Link, Problem, Rules, Solution, Unit, check, solve
from geo.bundling.centres.reasons import none_met
from geo.bundling.centres.sites import sites_of
from geo.bundling.forms.arrays import OUT, arrays_of
from geo.bundling.forms.model import compile_problem
from tests.bench.bundling_centres import centred_map
from tests.geo.bundling.cases import grid, reachable, strip, usable

HOUSEHOLDS = (Activity("households"),)


@st.composite
def centred(draw: st.DrawFn) -> Problem:
    """At most seven units round at most three centres, with every kind of rule now and then."""
    count = draw(st.integers(1, 7))
    places = draw(
        st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2)), min_size=count, max_size=count, unique=True)
    )
    units = [
        Unit(
            f"u{number}",
            100.0 * x,
            100.0 * y,
            {
                "households": draw(st.sampled_from([0, 10, 35, 60, 100.5])),
                "income": draw(st.integers(-20, 30)),
            },
            draw(st.sampled_from(["east", "west"])),
            draw(st.booleans()),
        )
        for number, (x, y) in enumerate(places)
    ]
    links = [
        Link(a.id, b.id)
        for a, b in itertools.combinations(units, 2)
        if math.hypot(a.x - b.x, a.y - b.y) <= 150 and draw(st.integers(0, 9)) > 0
    ]
    ids = [unit.id for unit in units]
    chosen = draw(st.lists(st.sampled_from(ids), min_size=1, max_size=3, unique=True))
    costs = draw(st.sampled_from([(0.0,), (0.0, 3000.0, 9000.0)]))
    centres = tuple(
        Centre(name, draw(st.sampled_from([None, 100, 150.5, 200, 300])), draw(st.sampled_from(costs)))
        for name in chosen
    )
    activities = [Activity("households")]
    if draw(st.integers(0, 3)) == 0:
        activities.append(
            Activity("income", draw(st.sampled_from([None, 0])), draw(st.sampled_from([None, 40])))
        )
    two = st.lists(st.sampled_from(ids), min_size=2, max_size=2, unique=True).map(tuple)
    group = st.one_of(st.just(()), two.map(lambda pair: (pair,))) if count > 1 else st.just(())
    rules = Rules(
        tuple(activities),
        packages=draw(st.sampled_from([None, None, 1, 2, (1, 2)])),
        max_members=draw(st.sampled_from([None, None, None, 3])),
        within=draw(st.sampled_from([False, False, True])),
        anchors=draw(st.sampled_from([False, False, False, True])),
        apart=draw(group),
        centres=centres,
        leave_out_price=draw(st.sampled_from([None, 1.0])),
        soft=draw(st.sampled_from([{}, {}, {"border": 5.0}])),
    )
    return Problem(tuple(units), tuple(links), rules, draw(st.sampled_from(["wdist", "dist"])))


def every_plan(problem: Problem):
    """(left out weight, number out, soft, distance + fixed costs) of every plan that keeps the rules."""
    rules, ids = problem.rules, [unit.id for unit in problem.units]
    units = {unit.id: unit for unit in problem.units}
    links = usable(problem)
    fewest, most = rules.opened_range()
    places = [centre.id for centre in rules.centres]
    for plan in itertools.product([None, *places], repeat=len(ids)):
        labels = dict(zip(ids, plan, strict=True))
        opened = sorted({hub for hub in plan if hub is not None})
        if not fewest <= len(opened) <= most or (not opened and most > 0):
            continue
        if rules.leave_out_price is None and None in plan:
            continue
        if not all(_allowed(problem, units, links, labels, hub) for hub in opened):
            continue
        out = [name for name in ids if labels[name] is None]
        soft = 0.0
        total = sum(centre.fixed_cost for centre in rules.centres if centre.id in opened)
        for hub in opened:
            members = [units[name] for name in ids if labels[name] == hub]
            soft += (
                rules.soft.get("border", 0)
                * (len({each.within for each in members}) - 1)
                * (not rules.within)
            )
            total += sum(
                problem.distance_weight(each) * math.hypot(each.x - units[hub].x, each.y - units[hub].y)
                for each in members
            )
        yield sum(units[name].weights["households"] for name in out), len(out), soft, total


def _allowed(problem, units, links, labels, hub) -> bool:
    rules = problem.rules
    members = [name for name in labels if labels[name] == hub]
    if hub not in members or reachable(hub, set(members), links) != set(members):
        return False
    capacity = next(centre.capacity for centre in rules.centres if centre.id == hub)
    if capacity is not None and sum(units[name].weights["households"] for name in members) > capacity:
        return False
    for activity in rules.activities[1:]:
        load = sum(units[name].weights[activity.name] for name in members)
        if activity.lower is not None and load < activity.lower:
            return False
        if activity.upper is not None and load > activity.upper:
            return False
    if rules.max_members is not None and len(members) > rules.max_members:
        return False
    if rules.anchors and not any(units[name].anchor for name in members):
        return False
    return not any(len(set(group) & set(members)) > 1 for group in rules.apart)


@settings(max_examples=60, deadline=None)
@given(centred())
def test_small_problems_are_solved_to_the_best_of_every_plan(problem: Problem) -> None:
    answer = solve(problem)
    best = min(every_plan(problem), default=None)
    if best is None:
        assert isinstance(answer, Infeasible)
        assert answer.proven
        assert answer.conflict[0].text
        return
    assert isinstance(answer, Solution)
    assert check(problem, answer.labels()) == []
    assert answer.proven
    reached = (
        answer.parts.left_out / (problem.rules.leave_out_price or 1.0),
        len(answer.left_out),
        answer.parts.soft,
        answer.parts.distance + answer.parts.fixed,
    )
    assert reached == pytest.approx(best, rel=1e-6, abs=1e-5)
    assert answer.bound <= reached[3] * (1 + 1e-9) + 1e-6
    for package in answer.packages:
        assert package.hub in package.members
        assert package.hub in {centre.id for centre in problem.rules.centres}
    for reason in answer.left_out.values():
        assert "did not find" not in reason.text


def test_every_centre_opens_and_holds_its_own_unit() -> None:
    problem = strip(6, activities=HOUSEHOLDS, centres=(Centre("u0", 300), Centre("u1", 500)))
    answer = solve(problem)
    assert [(package.hub, package.members) for package in answer.packages] == [
        ("u0", ("u0",)),
        ("u1", ("u1", "u2", "u3", "u4", "u5")),
    ]
    assert answer.parts.distance == 100 * (100 + 200 + 300 + 400)


def test_candidates_are_chosen_by_number_or_by_fixed_costs() -> None:
    centres = (Centre("u0", 600, 10.0), Centre("u2", 600, 10.0), Centre("u5", 600, 1e6))
    free = solve(strip(6, activities=HOUSEHOLDS, centres=centres))
    assert [package.hub for package in free.packages] == ["u0", "u2"]
    assert free.parts.fixed == 20.0
    one = solve(strip(6, activities=HOUSEHOLDS, centres=centres, packages=1))
    assert [package.hub for package in one.packages] == ["u2"]
    every = solve(strip(6, activities=HOUSEHOLDS, centres=centres, packages=3))
    assert [package.hub for package in every.packages] == ["u0", "u2", "u5"]


def test_kilometres_give_the_plan_that_metres_give() -> None:
    def scaled(by: float) -> Problem:
        units = tuple(Unit(f"u{i}", by * i * i, 0.0, {"households": 50 + i}) for i in range(8))
        links = tuple(Link(f"u{i}", f"u{i + 1}") for i in range(7))
        centres = (Centre("u1", 260, 30 * by), Centre("u6", 240, 30 * by))
        return Problem(units, links, Rules(HOUSEHOLDS, centres=centres))

    metres, kilometres = solve(scaled(100.0)), solve(scaled(0.1))
    assert metres.labels() == kilometres.labels()
    assert metres.parts.distance == pytest.approx(1000 * kilometres.parts.distance)


@pytest.mark.parametrize(
    ("problem", "code"),
    [
        (
            strip(4, activities=HOUSEHOLDS, centres=(Centre("u0", 399),), leave_out_price=None),
            "capacity_below_total",
        ),
        (strip(2, activities=HOUSEHOLDS, centres=(Centre("u0", 99), Centre("u1", 500))), "centre_too_small"),
        (strip(2, activities=HOUSEHOLDS, centres=(Centre("u0"),), packages=2), "too_few_centres"),
        (
            strip(
                3, activities=HOUSEHOLDS, centres=(Centre("u0"), Centre("u2")), together=(("u0", "u1", "u2"),)
            ),
            "centres_together",
        ),
        (
            # u0 lies behind u1's centre, which u1 fills
            strip(
                3, activities=HOUSEHOLDS, centres=(Centre("u1", 100), Centre("u2", 900)), leave_out_price=None
            ),
            "beyond_centres",
        ),
    ],
)
def test_what_stands_against_a_plan_is_named(problem: Problem, code: str) -> None:
    answer = solve(problem)
    assert isinstance(answer, Infeasible)
    assert answer.proven
    assert answer.conflict[0].code == code


def test_a_map_without_a_centre_is_left_out_with_its_reason() -> None:
    units = tuple(Unit(f"u{i}", 100.0 * i, 0.0, {"households": 10}) for i in range(4))
    problem = Problem(units, (Link("u0", "u1"), Link("u2", "u3")), Rules(HOUSEHOLDS, centres=(Centre("u0"),)))
    answer = solve(problem)
    assert {name: reason.code for name, reason in answer.left_out.items()} == {
        "u2": "no_centre",
        "u3": "no_centre",
    }
    refused = solve(
        Problem(units, problem.links, Rules(HOUSEHOLDS, centres=(Centre("u0"),), leave_out_price=None))
    )
    assert refused.conflict[0].code == "no_centre"


def tight(side: int, seed: int, slack: float = 0.02) -> Problem:
    """A square of units of uneven weight round six centres with little slack."""
    rng = np.random.default_rng(seed)
    base = grid(side)
    units = tuple(
        Unit(unit.id, unit.x, unit.y, {"households": float(rng.integers(40, 400))}) for unit in base.units
    )
    total = sum(unit.weights["households"] for unit in units)
    chosen = rng.choice(len(units), 6, replace=False)
    share = rng.uniform(0.8, 1.2, 6)
    centres = tuple(
        Centre(units[place].id, float(total * (1 + slack) * part))
        for place, part in zip(chosen, share / share.sum(), strict=True)
    )
    return Problem(units, base.links, Rules(HOUSEHOLDS, centres=centres, leave_out_price=None))


@pytest.mark.parametrize("seed", [1])
def test_tight_capacities_are_kept_and_the_gap_is_small(seed: int) -> None:
    problem = tight(12, seed, 0.03)
    answer = solve(problem, seed=seed, effort=0.2)
    assert check(problem, answer.labels()) == []
    assert answer.gap < 0.02
    again = solve(problem, seed=seed, effort=0.2)
    assert again.labels() == answer.labels()


def test_a_plan_by_hand_is_checked_against_its_centres() -> None:
    problem = strip(4, activities=HOUSEHOLDS, centres=(Centre("u0", 200), Centre("u2", 150)))
    found = check(problem, {"u0": "A", "u1": "A", "u2": "B", "u3": "B"})
    assert [(each.rule, each.value, each.limit) for each in found] == [("capacity", 200.0, 150)]
    found = check(problem, {"u0": "A", "u1": "A", "u2": "A", "u3": "B"})
    assert {each.rule for each in found} == {"centres", "capacity"}


def test_cancel_stops_and_says_so() -> None:
    answer = solve(tight(13, 3), cancel=lambda: True)
    assert answer.stopped_by == "cancel"


@pytest.mark.parametrize("looks", [0, 400])
def test_a_stop_without_a_plan_says_how_near_the_search_was(looks: int) -> None:
    problem = centred_map(80, 8, 0.02, 101)
    asked = 0

    def cancel() -> bool:
        nonlocal asked
        asked += 1
        return asked > looks

    answer = solve(problem, cancel=cancel)
    cost = solve(problem).parts.distance
    if looks:
        assert check(problem, answer.labels()) == []
        assert answer.bound <= answer.parts.distance
        return
    assert (answer.proven, answer.stopped_by) == (False, "cancel")
    (reason,) = answer.conflict
    assert reason.code == "not_found"
    capacity = {centre.id: centre.capacity for centre in problem.rules.centres}
    assert reason.figures["centre"] in capacity
    assert 0 < reason.figures["most"] <= reason.figures["over"]
    assert f"{reason.figures['most']:,.0f} of it at {reason.figures['centre']}" in reason.text
    assert 0 < reason.figures.get("least", 1.0) <= cost


def test_what_the_nearest_plan_lacks_is_told_of_that_plan() -> None:
    model = compile_problem(strip(6, activities=HOUSEHOLDS, centres=(Centre("u0", 250), Centre("u5", 360))))
    sites = sites_of(model, arrays_of(model))
    reason = none_met(sites, np.array([0, 0, 0, 0, 1, 1]), 70_000.4)
    assert (reason.figures["over"], reason.figures["most"], reason.figures["centre"]) == (150, 150, "u0")
    assert reason.text.endswith(
        "no less than 70,000. The nearest holds 150 beyond the capacities, 150 of it at u0"
    )
    without = none_met(sites, np.array([0, 0, 0, OUT, 1, 1]), None)
    assert without.figures == {"centres": 2}
