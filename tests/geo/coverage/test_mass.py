"""Points to areas in bulk: the answers of exact predicates, whatever the areas and the points."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.coverage.mass import NOBODY, Located, Mosaic, load, save


def exact(codes: list[str], shapes: list, x: np.ndarray, y: np.ndarray) -> tuple[list, list]:
    """The rule, word by word: the smallest code among those that the point lies in or on the border of."""
    owners, borders = [], []
    for px, py in zip(x, y, strict=True):
        met = sorted(
            (code, bool(shapely.contains_xy(shape, px, py)))
            for code, shape in zip(codes, shapes, strict=True)
            if shape is not None and shapely.intersects_xy(shape, px, py)
        )
        owners.append(met[0][0] if met else None)
        borders.append(not met[0][1] if met else False)
    return owners, borders


def named(mosaic: Mosaic, found: Located) -> list:
    return [mosaic.codes[owner] if owner != NOBODY else None for owner in found.owner]


def test_a_tessellation_its_corners_and_its_outside() -> None:
    codes = [f"{n:02d}" for n in range(9)]
    shapes = [shapely.box(c, r, c + 1, r + 1) for r in range(3) for c in range(3)]
    x, y = (values.ravel() for values in np.meshgrid(np.arange(-0.5, 4, 0.5), np.arange(-0.5, 4, 0.5)))
    mosaic = Mosaic.of(codes, shapes)
    found = mosaic.locate(x, y)
    owners, borders = exact(codes, shapes, x, y)
    assert named(mosaic, found) == owners
    assert found.on_border.tolist() == borders
    assert sum(borders) > 20


def test_the_order_in_which_areas_are_given_does_not_matter() -> None:
    shapes = [shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)]
    for order in ([0, 1], [1, 0]):
        mosaic = Mosaic.of([["A", "B"][i] for i in order], [shapes[i] for i in order])
        assert named(mosaic, mosaic.locate(np.array([1.0]), np.array([0.5]))) == ["A"]


def test_holes_parts_and_areas_that_lie_over_each_other() -> None:
    ring = shapely.box(0, 0, 10, 10).difference(shapely.box(4, 4, 6, 6))
    parts = shapely.union(shapely.box(12, 0, 13, 1), shapely.box(14, 0, 15, 1))
    codes, shapes = ["C", "B", "A"], [ring, parts, shapely.box(8, 8, 13, 13)]
    x, y = (values.ravel() for values in np.meshgrid(np.linspace(-1, 16, 69), np.linspace(-1, 14, 61)))
    mosaic = Mosaic.of(codes, shapes)
    found = mosaic.locate(x, y)
    owners, borders = exact(codes, shapes, x, y)
    assert named(mosaic, found) == owners
    assert found.on_border.tolist() == borders


def test_places_that_are_none_lie_nowhere() -> None:
    mosaic = Mosaic.of(["A"], [shapely.box(0, 0, 1, 1)])
    odd = np.array([np.nan, np.inf, -np.inf, 1e308, -1e308, 0.5])
    assert mosaic.locate(odd, np.full(6, 0.5)).owner.tolist() == [NOBODY] * 5 + [0]
    assert mosaic.locate(np.full(6, 0.5), odd).owner.tolist() == [NOBODY] * 5 + [0]


@pytest.mark.parametrize("shapes", [[], [None], [shapely.Polygon()]])
def test_no_areas_hold_no_point(shapes: list) -> None:
    mosaic = Mosaic.of(["A"][: len(shapes)], shapes)
    assert mosaic.locate(np.array([0.0, 5.0]), np.array([0.0, 5.0])).owner.tolist() == [NOBODY, NOBODY]


def test_a_mosaic_comes_back_from_its_file(tmp_path: Path) -> None:
    mosaic = Mosaic.of(["A", "B", "C"], [shapely.box(0, 0, 1, 1), None, shapely.box(1, 0, 2, 1)])
    save(mosaic, tmp_path / "m.npz")
    again = load(tmp_path / "m.npz")
    x, y = np.random.default_rng(1).uniform(-0.5, 2.5, (2, 2000))
    assert named(again, again.locate(x, y)) == named(mosaic, mosaic.locate(x, y))
    assert again.codes.tolist() == ["A", "B", "C"]


_rings = st.lists(st.tuples(st.integers(0, 24), st.integers(0, 24)), min_size=3, max_size=9, unique=True)


@settings(max_examples=150)
@given(st.lists(_rings, min_size=1, max_size=6), st.integers(0, 2**32 - 1))
def test_any_areas_any_points(rings: list, seed: int) -> None:
    shapes = [shapely.make_valid(shapely.Polygon(ring)) for ring in rings]
    shapes = [
        shapely.unary_union([p for p in shapely.get_parts(s) if p.geom_type == "Polygon"]) for s in shapes
    ]
    codes = [f"{n}" for n in range(len(shapes))]
    rng = np.random.default_rng(seed)
    # Whole and half numbers fall on corners and edges as often as beside them.
    x, y = rng.integers(-2, 52, (2, 300)) / 2
    x, y = np.append(x, rng.uniform(-1, 25, 300)), np.append(y, rng.uniform(-1, 25, 300))
    mosaic = Mosaic.of(codes, shapes)
    found = mosaic.locate(x, y)
    owners, borders = exact(codes, shapes, x, y)
    assert named(mosaic, found) == owners
    assert found.on_border.tolist() == borders


def test_inside_is_what_a_tree_of_points_says() -> None:
    rng = np.random.default_rng(7)
    cells = shapely.voronoi_polygons(
        shapely.multipoints(rng.uniform(0, 1, (200, 2))), extend_to=shapely.box(0, 0, 1, 1)
    )
    shapes = list(shapely.get_parts(cells))
    codes = [f"{n:03d}" for n in range(len(shapes))]
    x, y = rng.uniform(0, 1, (2, 50_000))
    found = Mosaic.of(codes, shapes).locate(x, y)
    area, point = shapely.STRtree(shapely.points(x, y)).query(shapes, "contains")
    expected = np.full(len(x), NOBODY)
    expected[point] = area
    assert np.array_equal(np.where(found.on_border, NOBODY, found.owner), expected)
