"""Every rule told as binding is checked: the exchange quoted breaks this rule alone and betters the plan.

On random maps the same is looked at in ``test_properties``.
"""

from __future__ import annotations

import dataclasses

import pytest

from geo.bundling import Activity, Centre, Link, Package, Parts, Problem, Rules, Solution, Unit, solve
from geo.bundling.reasons.binding import binding_rules
from tests.geo.bundling.cases import grid, strip
from tests.geo.bundling.truths import binding_is_true

HOUSEHOLDS = (Activity("households", 300, 500),)


def bound_by(problem: Problem) -> dict[str, dict[str, object]]:
    answer = solve(problem)
    assert isinstance(answer, Solution), answer
    for reason in answer.binding:
        assert binding_is_true(problem, answer, reason), reason
    return {reason.code: dict(reason.figures) for reason in answer.binding}


def changed(problem: Problem, name: str, **changes: object) -> Problem:
    units = tuple(dataclasses.replace(u, **changes) if u.id == name else u for u in problem.units)
    return dataclasses.replace(problem, units=units)


def test_a_bound_that_stops_a_nearer_hub_is_named_with_what_it_would_take() -> None:
    # u2 lies next to u3, but the package of u3 is full
    problem = strip(6, activities=(Activity("households", None, 300),), packages=2)
    figures = bound_by(changed(problem, "u2", x=299.0))
    assert (figures["binds_upper"]["limit"], figures["binds_upper"]["value"]) == (300, 400)


@pytest.mark.parametrize(
    ("rules", "code"),
    [
        (Rules(packages=2, max_members=3), "binds_packages"),
        (Rules(packages=(1, 2)), "binds_packages"),
    ],
)
def test_the_number_of_packages_binds_where_a_split_saves(rules: Rules, code: str) -> None:
    assert code in bound_by(dataclasses.replace(strip(6), rules=rules))


def test_borders_barriers_locks_and_foes_bind_where_they_cost() -> None:
    units = tuple(
        Unit(n, x, 0, {"households": 100}, within=w)
        for n, x, w in (("a", 0, "E"), ("b", 100, "E"), ("c", 440, "E"), ("d", 500, "W"), ("e", 600, "W"))
    )
    ways = tuple(Link(a, b, 5.0) for a, b in ("ab", "bc", "cd", "de"))
    base = Problem(units, ways, Rules((Activity("households", 100, 400),), packages=2, within=True))
    assert bound_by(base)["binds_within"]["unit"] == "c"
    open_ways = Rules((Activity("households", 100, 400),), packages=2)
    river = dataclasses.replace(
        base, rules=open_ways, links=(*ways[:2], Link("c", "d", 5.0, "barrier"), ways[3])
    )
    assert bound_by(river)["binds_barrier"]["metres"] == 5.0
    foes = dataclasses.replace(base, rules=dataclasses.replace(open_ways, apart=(("c", "d"),)))
    assert bound_by(foes)["binds_apart"]["unit"] in ("c", "d")
    locked = changed(changed(dataclasses.replace(base, rules=open_ways), "c", lock="A"), "a", lock="A")
    assert bound_by(locked)["binds_lock"]["unit"] == "c"


def test_a_unit_left_out_for_one_rule_alone_shows_in_what_binds() -> None:
    figures = bound_by(grid(3, activities=(Activity("households", 300, 400),), packages=2))
    assert figures["binds_upper"]["from"] is None


def test_the_capacity_of_a_given_centre_binds() -> None:
    rules = Rules((Activity("households"),), centres=(Centre("u1", 400), Centre("u4", 200)))
    problem = dataclasses.replace(strip(6), rules=rules)
    packages = (
        Package("P01", ("u0", "u1", "u2", "u3"), "u1", {"households": 400.0}),
        Package("P02", ("u4", "u5"), "u4", {"households": 200.0}),
    )
    plan = Solution(packages, {}, Parts(0.0, 0.0, 50_000.0, 100.0), None, None, False, "budget", 1, 0.0)
    (reason,) = binding_rules(problem, plan)
    assert (reason.code, reason.figures["unit"], reason.figures["over"]) == ("binds_capacity", "u3", 100)
    assert reason.figures["saves"] == 10_000


def test_a_plan_that_nothing_holds_back_has_no_binding_rule() -> None:
    assert bound_by(strip(4, activities=HOUSEHOLDS)) == {}
