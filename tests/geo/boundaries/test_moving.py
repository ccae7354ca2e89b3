"""Vertices that move: every cell that has one follows, and nothing folds."""

from __future__ import annotations

import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import MultiPolygon, Point, Polygon

from geo.boundaries import tessellation as ts
from geo.boundaries.tessellation import Refused, tessellate
from tests.bench.edits import voronoi
from tests.geo.boundaries.test_tessellation import board, taken


def test_a_node_moves_in_every_cell():
    tess = board()
    after = taken(tess, ts.move_vertex(tess, Point(1, 1), Point(1.2, 1.3)))
    shared = [code for code, cell in after.cells.items() if (1.2, 1.3) in cell.exterior.coords]
    assert sorted(shared) == ["a0", "a1", "b0", "b1"]


def test_a_border_without_a_vertex_there_gets_one():
    tess = board()
    change = ts.move_vertex(tess, Point(1, 1.5), Point(1.2, 1.5))
    assert set(change.after) == {"a1", "b1"}
    assert taken(tess, change).cells["a1"].area == pytest.approx(1.1)


def test_moving_refuses_what_would_fold_or_leave_the_boundary():
    tess = board()
    with pytest.raises(Refused, match="fold"):
        ts.move_vertex(tess, Point(1, 1), Point(2.5, 2.5))
    with pytest.raises(Refused, match="outer boundary"):
        ts.move_vertex(tess, Point(1, 0), Point(1, 0.2))
    with pytest.raises(Refused, match="no border here"):
        ts.move_vertex(tess, Point(1.5, 1.5), Point(1.6, 1.5))
    after = tess.apply(ts.move_vertex(tess, Point(1, 0), Point(1, -0.2), outer=True))
    assert shapely.coverage_is_valid(after.shapes)
    with pytest.raises(Refused, match=r"meet another|fold"):
        ts.move_vertex(tess, Point(1, 0), Point(1, 1), outer=True)


@pytest.mark.parametrize("stored", [lambda cell: cell, lambda cell: MultiPolygon([cell])])
def test_a_triangle_cannot_be_turned_inside_out(stored):
    ring = [(0, 0), (4, 0), (4, 4), (0, 4)]
    tip, left, right = (2, 3), (1, 1), (3, 1)
    parts = {
        "in": [tip, left, right], "south": [ring[0], ring[1], right, left],
        "east": [ring[1], ring[2], tip, right], "west": [ring[3], ring[0], left, tip], "north": [ring[2], ring[3], tip],
    }  # fmt: skip
    tess = tessellate({code: stored(Polygon(points)) for code, points in parts.items()})
    with pytest.raises(Refused, match="fold"):
        ts.move_vertex(tess, Point(tip), Point(2, 0.5))


@settings(max_examples=60)
@given(st.integers(0, 10**6), st.integers(0, 10**6), st.floats(-80, 80), st.floats(-80, 80), st.booleans())
def test_any_vertex_moves_soundly_or_is_refused(seed: int, pick: int, dx: float, dy: float, stored: bool):
    tess = voronoi(seed, 12)
    if stored:  # as the store keeps cells
        tess = tessellate({code: MultiPolygon([cell]) for code, cell in tess.cells.items()})
    vertices = shapely.get_coordinates(tess.shapes)
    here = vertices[pick % len(vertices)]
    try:
        change = ts.move_vertex(tess, Point(here), Point(here[0] + dx, here[1] + dy))
    except Refused:
        return
    taken(tess, change)
