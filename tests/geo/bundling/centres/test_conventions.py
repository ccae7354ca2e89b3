"""The conventions of the published service-area problems, one by one."""

from __future__ import annotations

import dataclasses

import pytest

from geo.bundling import Activity, Centre, Infeasible, Link, Problem, Rules, Unit, check, solve
from tests.geo.bundling.cases import strip

POPULATION = (Activity("population"),)


def road(weights: list[float], centres: tuple[Centre, ...], **rules: object) -> Problem:
    """Units along a road at every kilometre, coordinates in kilometres."""
    units = tuple(Unit(f"u{i}", float(i), 0.0, {"population": w}) for i, w in enumerate(weights))
    links = tuple(Link(f"u{i}", f"u{i + 1}") for i in range(len(units) - 1))
    return Problem(units, links, Rules(POPULATION, centres=centres, leave_out_price=None, **rules))


def test_sap_costs_population_times_kilometres_to_the_given_centre_not_to_the_best_member() -> None:
    answer = solve(road([1, 2, 30, 4], (Centre("u0"),)))
    assert answer.parts.distance == 2 * 1 + 30 * 2 + 4 * 3
    assert answer.packages[0].hub == "u0"
    assert answer.parts.fixed == 0
    plain = solve(dataclasses.replace(road([1, 2, 30, 4], (Centre("u0"),)), objective="dist"))
    assert plain.parts.distance == 1 + 2 + 3


def test_sap_opens_every_centre_even_one_that_helps_nobody() -> None:
    answer = solve(road([5, 5, 5], (Centre("u0"), Centre("u1"), Centre("u2", 5))))
    assert sorted(package.hub for package in answer.packages) == ["u0", "u1", "u2"]
    assert answer.parts.distance == 0


def test_sap_keeps_the_capacity_exactly_with_the_centre_s_own_population_in_it() -> None:
    full = solve(road([5, 5, 5], (Centre("u0", 10), Centre("u2", 5))))
    assert {package.hub: package.loads["population"] for package in full.packages} == {"u0": 10, "u2": 5}
    none = solve(road([5, 5, 5], (Centre("u0", 9.9), Centre("u2", 5))))
    assert isinstance(none, Infeasible)
    assert none.proven


def test_sap_connects_each_area_to_its_centre_over_its_own_units() -> None:
    # u2 is nearer to u0 than to u3, but u1 between them is a centre of its own
    answer = solve(road([1, 1, 1, 1, 1], (Centre("u0"), Centre("u1", 1), Centre("u4"))))
    assert {package.hub: package.members for package in answer.packages} == {
        "u0": ("u0",),
        "u1": ("u1",),
        "u4": ("u2", "u3", "u4"),
    }


def test_cflsap_pays_for_open_centres_only_and_treats_a_closed_one_as_any_unit() -> None:
    centres = (Centre("u0", None, 3.0), Centre("u2", None, 100.0), Centre("u4", None, 3.0))
    answer = solve(road([1, 1, 1, 1, 1], centres))
    # one centre: 10 and 3; two: 1 + 2 + 1 and 6
    assert (answer.parts.distance, answer.parts.fixed) == (4, 6)
    assert "u2" in {unit for package in answer.packages for unit in package.members}
    assert answer.proven
    assert answer.bound == pytest.approx(10)


def test_ckflsap_opens_just_so_many_whatever_they_cost() -> None:
    centres = tuple(Centre(f"u{i}", None, 50.0) for i in range(5))
    for count in (1, 2, 3):
        answer = solve(road([1, 1, 1, 1, 1], centres, packages=count))
        assert len(answer.packages) == count
        assert answer.parts.fixed == 50 * count
        assert answer.parts.distance == {1: 6, 2: 3, 3: 2}[count]


def test_a_checked_plan_keeps_the_same_conventions() -> None:
    problem = strip(4, activities=(Activity("households"),), centres=(Centre("u0", 200), Centre("u3", 200)))
    assert check(problem, {"u0": "A", "u1": "A", "u2": "B", "u3": "B"}) == []
    apart = check(problem, {"u0": "A", "u1": "B", "u2": "A", "u3": "B"})
    assert {each.rule for each in apart} == {"contiguity"}
