"""What is said to let a left-out unit in does let it in: tried by the checker on the plan at hand.

On random maps the same is looked at in ``test_properties``.
"""

from __future__ import annotations

import dataclasses

import geopandas as gpd
from shapely import LineString, Point

from geo.bundling import Activity, Link, Problem, Rules, Solution, Unit, neighbours, solve
from tests.geo.bundling.cases import grid, strip
from tests.geo.bundling.truths import remedy_is_true

HOUSEHOLDS = (Activity("households", 300, 500),)


def left_out(problem: Problem) -> dict[str, dict[str, object]]:
    answer = solve(problem)
    assert isinstance(answer, Solution), answer
    for name, reason in answer.left_out.items():
        assert remedy_is_true(problem, answer, name, reason), (name, reason)
    return {name: dict(reason.figures) | {"text": reason.text} for name, reason in answer.left_out.items()}


def test_an_island_is_told_at_which_gap_it_would_join_which_package() -> None:
    base = grid(3, activities=(Activity("households", 300, 1000),), packages=1)
    units = (*base.units, Unit("far", 0, 1000, {"households": 90}))
    problem = dataclasses.replace(base, units=units, links=(*base.links, Link("far", "r0c0", 512, "gap")))
    far = left_out(problem)["far"]
    assert (far["join_metres"], far["join_gap"], far["join_package"]) == (512, 520, "P01")
    assert "at a gap of 520 m it would join P01" in far["text"]


def test_a_way_in_is_not_told_where_the_package_is_full() -> None:
    base = grid(3, activities=(Activity("households", 300, 900),), packages=1)
    units = (*base.units, Unit("far", 0, 1000, {"households": 90}))
    problem = dataclasses.replace(base, units=units, links=(*base.links, Link("far", "r0c0", 512, "gap")))
    far = left_out(problem)["far"]
    assert "join_package" not in far
    # nor could it be a package of its own: one is the most
    assert "bound" not in far


def test_the_least_change_of_a_bound_is_told() -> None:
    tight = strip(7, activities=(Activity("households", 200, 300),), packages=2)
    out = next(iter(left_out(tight).values()))
    assert (out["bound"], out["bound_now"], out["bound_to"]) == ("upper", 300, 400)
    giant = dataclasses.replace(
        tight, units=(dataclasses.replace(tight.units[0], weights={"households": 350}), *tight.units[1:])
    )
    found = left_out(dataclasses.replace(giant, rules=dataclasses.replace(tight.rules, packages=None)))
    assert (found["u0"]["bound"], found["u0"]["bound_to"], found["u0"]["bound_package"]) == (
        "upper",
        350,
        None,
    )


def test_units_too_few_for_a_package_are_told_at_which_bound_they_are_one() -> None:
    base = grid(3, activities=HOUSEHOLDS)
    pair = (Unit("p", 5000, 0, {"households": 100}), Unit("q", 5100, 0, {"households": 100}))
    problem = dataclasses.replace(base, units=base.units + pair, links=(*base.links, Link("p", "q")))
    found = left_out(problem)["p"]
    assert (found["bound"], found["bound_to"], found["bound_units"]) == ("lower", 200, "p, q")


def test_borders_and_barriers_are_told_as_ways_in() -> None:
    units = tuple(
        Unit(n, x, 0, {"households": 100}, within=w)
        for n, x, w in (("a", 0, "E"), ("b", 100, "E"), ("c", 200, "E"), ("d", 300, "W"))
    )
    ways = (Link("a", "b", 5), Link("b", "c", 5), Link("c", "d", 5))
    rules = Rules((Activity("households", 200, 400),), within=True)
    assert left_out(Problem(units, ways, rules))["d"]["join_over"] == "within"
    river = (*ways[:2], Link("c", "d", 5, "barrier"))
    assert (
        left_out(Problem(units, river, dataclasses.replace(rules, within=False)))["d"]["join_over"]
        == "barrier"
    )


def test_no_gap_is_promised_across_a_river_that_nobody_looked_for() -> None:
    """Beyond the river the near packages are full; to the one with room farther off a wider gap alone opens nothing."""
    places = {"z": (0, 0, 150), "near": (250, 0, 1000), "full": (560, 0, 1000), "room": (600, 320, 900)}
    shapes = [Point(x, y) for x, y, _ in places.values()]
    frame = gpd.GeoDataFrame({"id": list(places)}, geometry=shapes, crs=4527)
    river = [LineString([(100, -5000), (100, 5000)])]
    units = tuple(Unit(name, x, y, {"households": load}) for name, (x, y, load) in places.items())
    rules = Rules((Activity("households", 900, 1100),))
    known = neighbours(frame, 300, river, with_cut=True)
    told = left_out(Problem(units, tuple(known), rules))["z"]
    assert "join_package" not in told
    wide = neighbours(frame, 700, river, with_cut=True)
    assert "z" in left_out(Problem(units, tuple(wide), rules))
    dry = left_out(Problem(units, tuple(neighbours(frame, 240, with_cut=True)), rules))["z"]
    assert dry["join_gap"] == 680


def test_no_gap_is_promised_where_links_were_given_or_cut_by_hand() -> None:
    """A wider gap opens no link that a list does not hold or that was taken out."""
    shapes = {"z": (0, 0, 150), "full": (200, 0, 1000), "room": (400, 0, 900)}
    units = tuple(Unit(name, x, y, {"households": load}) for name, (x, y, load) in shapes.items())
    rules = Rules((Activity("households", 900, 1100),))
    listed = Problem(units, (Link("z", "full", 0.0),), rules, measured=False)
    assert "join_package" not in left_out(listed)["z"]
    assert left_out(dataclasses.replace(listed, measured=True))["z"]["join_package"]
