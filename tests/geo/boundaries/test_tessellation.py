"""Edits of a tessellation: what each does, what it refuses and where, and that nothing else changes by a bit."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString, MultiPolygon, Point, Polygon, box

from geo.boundaries import tessellation as ts
from geo.boundaries.tessellation import Change, Refused, Tessellation, tessellate
from tests.bench.edits import broken, identical


def board(columns: int = 3, rows: int = 3) -> Tessellation:
    """Unit squares: a0 b0 c0 from west to east, then a1 …"""
    return tessellate(
        {f"{'abcdef'[x]}{y}": box(x, y, x + 1, y + 1) for x in range(columns) for y in range(rows)}
    )


def taken(tess: Tessellation, change: Change) -> Tessellation:
    """The next tessellation, held against everything that must be so."""
    after = tess.apply(change)
    assert broken(tess, after, change) == []
    return after


# ---- what a tessellation is -------------------------------------------------------------------------------


def test_polygons_that_do_not_fit_are_refused_with_the_place():
    with pytest.raises(Refused, match="does not fit") as refused:
        tessellate({"a": box(0, 0, 1, 1), "b": box(0.9, 0, 2, 1)})
    assert 0.8 < refused.value.place[0] < 1.1
    with pytest.raises(Refused, match="Self-intersection"):
        tessellate({"a": Polygon([(0, 0), (1, 1), (1, 0), (0, 1)])})
    with pytest.raises(Refused, match="no plane polygon"):
        tessellate({"a": Point(0, 0)})


def test_a_vertex_on_a_neighbours_edge_is_put_into_it():
    tess = tessellate({"w": box(0, 0, 1, 3), "e1": box(1, 0, 2, 1), "e2": box(1, 1, 2, 3)})
    assert shapely.get_num_coordinates(tess.cells["w"]) == 6
    assert tess.cells["e1"].equals_exact(box(1, 0, 2, 1))


def test_arcs_nodes_outline_and_holes():
    ring = {code: cell for code, cell in board().cells.items() if code != "b1"}
    tess = tessellate(ring)
    assert [hole.area for hole in tess.holes()] == [1.0]
    assert sum(part.area for part in tess.outline()) == 8.0
    arcs = tess.arcs()
    sides = {frozenset((arc.left, arc.right)) for arc in arcs}
    assert frozenset(("a0", "b0")) in sides
    assert sum(arc.line.length for arc in arcs) == pytest.approx(24)
    for arc in arcs:  # the left is on the left
        a, b = shapely.get_coordinates(arc.line)[:2]
        left = Point((a + b) / 2 + 0.1 * np.array([a[1] - b[1], b[0] - a[0]]))
        assert arc.left is None or tess.cells[arc.left].contains(left)
    assert len(tess.nodes()) == 12


def test_a_ring_without_a_node_is_one_arc():
    tess = tessellate({"in": box(1, 1, 2, 2), "out": box(0, 0, 3, 3).difference(box(1, 1, 2, 2))})
    assert sorted((arc.left or "", arc.right or "", arc.line.is_closed) for arc in tess.arcs()) == [
        ("in", "out", True), ("out", "", True),
    ]  # fmt: skip


# ---- split ------------------------------------------------------------------------------------------------


def test_split_gives_neighbours_the_same_vertex_and_nothing_more():
    tess = board()
    change = ts.split(tess, "b1", LineString([(0.5, 1.3), (2.6, 1.7)]), ("x", "y"))
    after = taken(tess, change)
    assert set(change.after) == {"b1", "x", "y", "a1", "c1"}
    assert change.grown == {"a1", "c1"}
    assert after.cells["c1"].area == 1
    assert (
        after.cells["x"].centroid.y > after.cells["y"].centroid.y
    )  # both as far west: the northern one first


def test_split_through_a_node_puts_no_vertex_in():
    tess = board()
    change = ts.split(tess, "b1", LineString([(1, 1), (2, 2)]), ("x", "y"))
    assert change.grown == frozenset()
    taken(tess, change)


def test_split_snaps_to_vertices_within_the_tolerance():
    tess = board()
    change = ts.split(tess, "b1", LineString([(0.98, 0.97), (2.01, 2.02)]), ("x", "y"), tolerance=0.1)
    assert change.grown == frozenset()
    taken(tess, change)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (LineString([(1.2, 1.2), (1.8, 1.8)]), "ends inside"),
        (LineString([(0, 3.5), (3, 3.5)]), "does not cut"),
        (LineString([(1, 0.9), (1.5, 2.2), (1.8, 0.9)]), "parts, not two"),
        (LineString([(0, 1.2), (3, 1.8), (3, 1.2), (0, 1.8)]), "crosses itself"),
        (LineString([(1, 1), (2, 1)]), "does not cut"),
        (LineString([(1.5, 1.5), (1.5, 1.5)]), "empty"),
    ],
)
def test_split_refuses_with_a_reason(line: LineString, words: str):
    with pytest.raises(Refused, match=words):
        ts.split(board(), "b1", line, ("x", "y"))


def test_split_refuses_a_sliver_a_taken_id_and_a_cell_of_parts():
    tess = board()
    with pytest.raises(Refused, match="sliver") as refused:
        ts.split(tess, "b1", LineString([(1.0, 1.03), (2.0, 1.03)]), ("x", "y"), least_width=0.04)
    assert refused.value.place is not None
    with pytest.raises(Refused, match="already"):
        ts.split(tess, "b1", LineString([(0, 1.5), (3, 1.5)]), ("x", "a0"))
    with pytest.raises(Refused, match="no cell"):
        ts.split(tess, "zz", LineString([(0, 1.5), (3, 1.5)]), ("x", "y"))
    two = tessellate({"m": MultiPolygon([box(0, 0, 1, 1), box(5, 5, 6, 6)])})
    with pytest.raises(Refused, match="several parts"):
        ts.split(two, "m", LineString([(0, 0.5), (1, 0.5)]), ("x", "y"))


# ---- merge, give, fill ------------------------------------------------------------------------------------


def test_merge_joins_and_refuses_a_corner():
    tess = board()
    after = taken(tess, ts.merge(tess, ["a0", "b0", "b1"], "n"))
    assert after.cells["n"].area == 3
    with pytest.raises(Refused, match="share no border"):
        ts.merge(tess, ["a0", "b1"], "a0")
    with pytest.raises(Refused, match="two cells"):
        ts.merge(tess, ["a0", "a0"], "a0")


def test_merging_all_round_a_cell_leaves_it_as_a_hole():
    tess = board()
    ring = [code for code in tess.cells if code != "b1"]
    after = taken(tess, ts.merge(tess, ring, "ring"))
    assert len(after.cells["ring"].interiors) == 1


def test_give_goes_to_the_longest_border():
    tess = tessellate({"thin": box(0, 0, 5, 0.1), "up": box(0, 0.1, 5, 3), "side": box(5, 0, 6, 3)})
    after = taken(tess, ts.give(tess, "thin"))
    assert set(after.cells) == {"up", "side"}


def test_give_one_part():
    tess = tessellate({"m": MultiPolygon([box(0, 0, 1, 1), box(2, 0, 3, 1)]), "b": box(1, 0, 2, 1)})
    after = taken(tess, ts.give(tess, "m", part=Point(2.5, 0.5)))
    assert after.cells["b"].area == 2
    assert isinstance(after.cells["m"], Polygon)
    with pytest.raises(Refused, match="no part there"):
        ts.give(tess, "m", part=Point(9, 9))


def test_fill_by_a_neighbour_or_a_new_cell():
    tess = tessellate({code: cell for code, cell in board().cells.items() if code != "b1"})
    assert taken(tess, ts.fill(tess, Point(1.5, 1.5), "b0")).cells["b0"].area == 2
    assert taken(tess, ts.fill(tess, Point(1.5, 1.5), "new")).cells["new"].area == 1
    with pytest.raises(Refused, match="no hole"):
        ts.fill(tess, Point(0.5, 0.5), "new")
    with pytest.raises(Refused, match="does not border"):
        ts.fill(tess, Point(1.5, 1.5), "a0")


# ---- draw -------------------------------------------------------------------------------------------------


def test_draw_over_others_takes_from_each():
    tess = board()
    change = ts.draw(tess, "n", box(0.5, 0.5, 1.5, 1.5))
    after = taken(tess, change)
    assert after.cells["n"].area == 1
    assert after.cells["a0"].area == 0.75
    assert set(change.named()) == {"n", "a0", "a1", "b0", "b1"}


def test_draw_inside_one_cell_makes_a_hole_in_it():
    after = taken(board(), ts.draw(board(), "n", box(1.2, 1.2, 1.4, 1.4)))
    assert len(after.cells["b1"].interiors) == 1


def test_draw_only_where_no_cell_is():
    tess = tessellate({code: cell for code, cell in board().cells.items() if code != "b1"})
    after = taken(tess, ts.draw(tess, "n", box(0.5, 0.5, 1.5, 2.5), over=False))
    assert after.cells["n"].area == 0.5
    with pytest.raises(Refused, match="no free land"):
        ts.draw(board(), "n", box(0.5, 0.5, 1.5, 1.5), over=False)


def test_draw_stops_at_the_outer_boundary_unless_it_is_meant():
    tess = board()
    assert taken(tess, ts.draw(tess, "n", box(2.5, 0.2, 3.5, 0.8))).cells["n"].area == pytest.approx(0.3)
    after = tess.apply(ts.draw(tess, "n", box(2.5, 0.2, 3.5, 0.8), outer=True))
    assert after.cells["n"].area == pytest.approx(0.6)
    assert shapely.coverage_is_valid(after.shapes)


@pytest.mark.parametrize(
    ("shape", "words"),
    [
        (box(0.9, 0.9, 2.1, 2.1), "nothing would be left of b1"),
        (box(0.9, 1.2, 2.1, 1.6), "fall into 2 parts"),
    ],
)
def test_draw_refuses_to_swallow_or_to_part_a_cell(shape: Polygon, words: str):
    with pytest.raises(Refused, match=words) as refused:
        ts.draw(board(), "n", shape)
    assert 1 <= refused.value.place[0] <= 2


# ---- borders ----------------------------------------------------------------------------------------------


def test_reshape_leads_both_cells():
    tess = board()
    change = ts.reshape(tess, ("a1", "b1"), LineString([(1, 1.2), (0.6, 1.5), (1, 1.8)]))
    after = taken(tess, change)
    assert after.cells["a1"].area == pytest.approx(1 - 0.12)
    assert after.cells["b1"].area == pytest.approx(1 + 0.12)
    assert change.grown == frozenset()


def test_reshape_that_crosses_the_border_back_and_forth():
    tess = board()
    line = LineString([(1, 1.1), (0.7, 1.3), (1.3, 1.6), (1, 1.9)])
    after = taken(tess, ts.reshape(tess, ("a1", "b1"), line))
    assert after.cells["a1"].area + after.cells["b1"].area == pytest.approx(2)


def test_reshape_from_node_to_node_replaces_the_whole_border():
    tess = board()
    after = taken(tess, ts.reshape(tess, ("a1", "b1"), LineString([(1, 1), (1.3, 1.5), (1, 2)])))
    assert after.cells["a1"].area == pytest.approx(1.15)


def test_reshape_of_an_island():
    tess = tessellate({"in": box(1, 1, 2, 2), "out": box(0, 0, 3, 3).difference(box(1, 1, 2, 2))})
    after = taken(tess, ts.reshape(tess, ("in", "out"), LineString([(1.2, 2), (1.5, 2.5), (1.8, 2)])))
    assert after.cells["in"].area == pytest.approx(1.15)


@pytest.mark.parametrize(
    ("pair", "line", "words"),
    [
        (("a1", "c1"), LineString([(1, 1.2), (1.3, 1.5), (1, 1.8)]), "share no border"),
        (("a1", "b1"), LineString([(1.2, 1.2), (1.4, 1.5)]), "fewer than two"),
        (("a1", "b1"), LineString([(1, 1.2), (0.5, 2.5), (1, 1.8)]), "runs out of the two|does not part"),
        (
            ("b0", "b1"),
            LineString([(1.2, 1), (1.5, 3.5), (1.8, 1)]),
            "runs out of the two|does not part|parts",
        ),
    ],
)
def test_reshape_refuses_with_a_reason(pair: tuple[str, str], line: LineString, words: str):
    with pytest.raises(Refused, match=words):
        ts.reshape(board(), pair, line)


def test_snap_draws_borders_onto_a_road_with_its_bends():
    tess = board()
    road = LineString([(1.02, -1), (1.02, 1.4), (1.05, 1.5), (1.02, 1.6), (1.02, 4)])
    change = ts.snap(tess, [road], 0.06)
    after = taken(tess, change)
    border = shapely.intersection(after.cells["a1"], after.cells["b1"])
    assert (1.05, 1.5) in shapely.line_merge(border).coords
    assert (1.0, 0.0) in after.cells["a0"].exterior.coords  # the outer boundary stays


def test_snap_to_the_parent_moves_the_outer_boundary_where_it_is_meant():
    tess = board()
    parent = box(-0.01, -0.01, 3.01, 3.01)
    after = tess.apply(ts.snap(tess, [parent], 0.05, outer=True))
    assert shapely.coverage_union_all(after.shapes).equals(parent)
    with pytest.raises(Refused, match="nothing lies within"):
        ts.snap(tess, [parent], 0.05)
    with pytest.raises(Refused, match="above zero"):
        ts.snap(tess, [parent], 0)


def test_a_building_changes_its_home():
    tess = board()
    at_border, away = box(0.9, 1.4, 1.05, 1.6), box(0.6, 1.4, 0.7, 1.6)
    after = taken(tess, ts.rehome(tess, at_border, ("a1", "b1")))
    assert after.cells["b1"].covers(at_border)
    after = taken(tess, ts.rehome(tess, away, ("a1", "b1"), margin=0.01))
    assert after.cells["b1"].buffer(1e-9).covers(away)
    assert after.cells["a1"].area == pytest.approx(1 - 0.41 * 0.22)
    with pytest.raises(Refused, match="cut a building"):
        ts.rehome(tess, away, ("a1", "b1"), clear=[away, box(0.8, 1.55, 0.85, 1.65)])


# ---- any line at all --------------------------------------------------------------------------------------


coordinate = st.floats(-0.5, 3.5, allow_nan=False)
near_grid = st.sampled_from([0.0, 1.0, 2.0, 3.0, 1 + 2**-52, 1 - 2**-53, 2 + 2**-51, 0.1 + 0.2 + 0.7])
number = st.one_of(coordinate, near_grid)


@settings(max_examples=150)
@given(st.lists(st.tuples(number, number), min_size=2, max_size=6), st.sampled_from([None, 1e-9, 0.01, 0.1]))
def test_any_line_splits_soundly_or_is_refused(points: list[tuple[float, float]], tolerance: float | None):
    tess = board()
    try:
        change = ts.split(tess, "b1", LineString(points), ("x", "y"), tolerance=tolerance)
    except Refused:
        return
    taken(tess, change)


@settings(max_examples=100)
@given(st.lists(st.tuples(number, number), min_size=2, max_size=6), st.sampled_from([None, 1e-9, 0.01, 0.1]))
def test_any_line_reshapes_soundly_or_is_refused(points: list[tuple[float, float]], tolerance: float | None):
    tess = board()
    try:
        change = ts.reshape(tess, ("b1", "b2"), LineString(points), tolerance=tolerance)
    except Refused:
        return
    taken(tess, change)


@settings(max_examples=100)
@given(
    st.lists(st.tuples(number, number), min_size=3, max_size=6), st.booleans(), st.sampled_from([None, 0.05])
)
def test_any_ring_is_drawn_soundly_or_is_refused(
    points: list[tuple[float, float]], over: bool, tolerance: float | None
):
    ring = Polygon(points)
    tess = tessellate({code: cell for code, cell in board().cells.items() if code != "b1"})
    if not ring.is_valid:
        return
    try:
        change = ts.draw(tess, "n", ring, over=over, tolerance=tolerance)
    except Refused:
        return
    taken(tess, change)


def test_a_change_is_applied_to_what_it_began_with():
    tess = board()
    one = ts.split(tess, "b1", LineString([(0, 1.5), (3, 1.5)]), ("x", "y"))
    after = tess.apply(one)
    with pytest.raises(Refused, match="changed meanwhile"):
        after.apply(one)
    assert identical(after.apply(one.undone()).cells, tess.cells)
