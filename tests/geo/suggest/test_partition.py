"""Divisions of made-up neighbourhoods: exact cover, uncut buildings, limits or reasons, roads."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import box

from geo.suggest import CannotSuggest, Ground, Limits, Proposal, ground, partition
from geo.suggest.outlines import cuts
from tests.geo.suggest.towns import town, wild


def sound(area: Ground, made: Proposal) -> None:
    """What holds for every proposal, whatever it is good for."""
    shapes = np.array([grid.shape for grid in made.grids], dtype=object)
    assert shapely.is_valid(shapes).all()
    assert shapely.coverage_is_valid(shapes)
    assert shapely.symmetric_difference(shapely.union_all(shapes), area.within).area < 1e-3
    assert abs(shapely.area(shapes).sum() - area.within.area) < 1e-3
    assert not cuts(area, shapes).any()
    held = sorted(building for grid in made.grids for building in grid.buildings)
    assert held == list(range(len(area.buildings)))
    for grid in made.grids:
        assert grid.households == pytest.approx(area.households[list(grid.buildings)].sum())
        points = shapely.point_on_surface(area.buildings[list(grid.buildings)])
        assert shapely.intersects(grid.shape, points).all()
    assert [grid.number for grid in made.grids] == list(range(1, len(made.grids) + 1))
    assert all(grid.shape.geom_type == "Polygon" for grid in made.grids)


def test_grids_keep_the_limits_and_follow_the_streets() -> None:
    area = town()
    (made,) = partition(area)
    sound(area, made)
    assert all(300 <= grid.households <= 500 and grid.reason is None for grid in made.grids)
    assert made.figures.on_roads is not None
    assert made.figures.on_roads > 0.6
    assert made.reasons == ()


def test_same_seed_same_grids_and_another_number_on_request() -> None:
    area = town()
    one, other = (partition(area, seed=4)[0] for _ in range(2))
    assert [g.shape.wkb for g in one.grids] == [g.shape.wkb for g in other.grids]
    more = partition(area, Limits(100, 700), grids=8)[0]
    assert len(more.grids) == 8
    sound(area, more)


def test_alternatives_differ_and_say_what_they_are_better_at() -> None:
    area = town(4, 2, seed=3)
    made = partition(area, n=3)
    assert len(made) == 3
    for each in made:
        sound(area, each)
    assert any(each.better_at for each in made)
    assert len({each.cells for each in made}) == 3


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 10_000))
def test_strewn_houses(seed: int) -> None:
    area = wild(seed)
    if len(area.buildings) < 8:
        return
    (made,) = partition(area, Limits(100, 260), effort=0.2)
    sound(area, made)
    for grid in made.grids:
        assert (grid.reason is None) == (100 <= grid.households <= 260)
    assert bool(made.reasons) == any(grid.reason for grid in made.grids)


def test_a_building_above_the_limit_is_named() -> None:
    area = town(2, 1)
    figures = area.households.copy()
    figures[4] = 900
    (made,) = partition(ground(area.within, area.buildings, figures, area.roads), Limits(100, 300))
    (reason,) = made.reasons
    assert (reason.code, reason.figures["households"]) == ("cell_above", 900)
    told = [grid.reason.code for grid in made.grids if grid.reason]
    assert "holds_large_building" in told


def test_a_number_that_cannot_be_shared_out() -> None:
    area = ground(box(0, 0, 100, 50), [box(10, 10, 30, 30), box(60, 10, 80, 30)], [280, 270])
    (made,) = partition(area)
    assert [reason.code for reason in made.reasons] == ["no_number"]
    assert [grid.reason.code for grid in made.grids if grid.reason] == ["above_limit"]
    assert made.grids[0].households == 550


def test_limits_that_do_not_fit_the_houses() -> None:
    area = ground(box(0, 0, 150, 50), [box(x, 10, x + 20, 30) for x in (10, 60, 110)], [390, 20, 390])
    (made,) = partition(area, Limits(395, 405))
    assert any(grid.reason for grid in made.grids)
    assert made.reasons
    assert "package" not in " ".join(reason.text for reason in made.reasons)


def test_touching_and_overlapping_houses_stay_whole() -> None:
    row = [box(10 + 20 * i, 10, 30 + 20 * i, 30) for i in range(8)]
    double = box(85, 20, 100, 40)
    area = ground(box(0, 0, 200, 60), [*row, double], [50.0] * 9)
    (made,) = partition(area, Limits(100, 350))
    sound(area, made)
    assert [grid.households for grid in made.grids if grid.reason] == []


def test_parts_of_a_neighbourhood_apart_are_covered_too() -> None:
    islands = shapely.union_all([box(0, 0, 100, 50), box(200, 0, 300, 50)])
    area = ground(islands, [box(10, 10, 30, 30), box(60, 10, 80, 30), box(210, 10, 230, 30)], [100, 100, 100])
    (made,) = partition(area, Limits(200, 350))
    assert [grid.shape.geom_type for grid in made.grids] == ["MultiPolygon"]
    assert made.grids[0].shape.equals(islands)


@pytest.mark.parametrize(
    ("within", "houses", "figures", "field"),
    [
        (box(0, 0, 0, 0), [], [], "within"),
        (shapely.Point(0, 0), [], [], "within"),
        (box(0, 0, 9, 9), [box(1, 1, 2, 2)], [float("nan")], "households"),
        (box(0, 0, 9, 9), [box(1, 1, 2, 2)], [-1], "households"),
        (box(0, 0, 9, 9), [box(1, 1, 2, 2)], [], "households"),
        (box(0, 0, 9, 9), [shapely.Point(1, 1)], [1], "buildings"),
    ],
)
def test_bad_ground_is_named(within: object, houses: list[object], figures: list[float], field: str) -> None:
    with pytest.raises(CannotSuggest) as error:
        ground(within, houses, figures)
    assert error.value.field == field


def test_bad_wishes() -> None:
    area = town(1, 1)
    for wish in ({"n": 0}, {"grids": 0}):
        with pytest.raises(CannotSuggest):
            partition(area, **wish)
    with pytest.raises(CannotSuggest):
        partition(ground(box(0, 0, 9, 9), [], []))
    for low, high in ((500, 300), (-1, 5), (0, 0), (float("nan"), 5)):
        with pytest.raises(CannotSuggest):
            Limits(low, high)
