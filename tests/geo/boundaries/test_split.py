"""Splitting keeps a tessellation a tessellation, whatever the line."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely import LineString, Polygon, box

from geo.boundaries.split import CannotSplit, split

SIZE = 0.004  # degrees, about 400 m: a grid of a city


def tessellation(seed: int, rows: int = 4) -> dict[str, Polygon]:
    """Quadrilaterals that share every edge exactly, shaken out of the square."""
    rng = np.random.default_rng(seed)
    nodes = np.stack(np.meshgrid(np.arange(rows + 1.0), np.arange(rows + 1.0)), axis=-1)
    nodes[1:-1, 1:-1] += rng.uniform(-0.3, 0.3, (rows - 1, rows - 1, 2))
    nodes = nodes * SIZE + (117.3, 31.86)
    return {
        f"{r}{c}": Polygon([nodes[r, c], nodes[r, c + 1], nodes[r + 1, c + 1], nodes[r + 1, c]])
        for r in range(rows)
        for c in range(rows)
    }


def applied(cells: dict[str, Polygon], code: str, line: LineString) -> dict[str, Polygon]:
    made = split(cells, code, line)
    rest = {other: shape for other, shape in cells.items() if other != code}
    return {**rest, **made.neighbours, f"{code}a": made.parts[0], f"{code}b": made.parts[1]}


@given(
    seed=st.integers(0, 10**6),
    cell=st.integers(0, 15),
    angle=st.floats(0, np.pi),
    off=st.floats(-0.2, 0.2),
    bend=st.floats(-0.15, 0.15),
)
def test_a_split_leaves_no_gap_no_overlap_and_no_loss(
    seed: int, cell: int, angle: float, off: float, bend: float
) -> None:
    cells = tessellation(seed)
    code = sorted(cells)[cell]
    whole = cells[code]
    centre = np.array(whole.centroid.coords[0])
    along = np.array([np.cos(angle), np.sin(angle)]) * SIZE * 2
    across = np.array([-np.sin(angle), np.cos(angle)]) * SIZE
    middle = centre + across * (off + bend)
    line = LineString([centre - along + across * off, middle, centre + along + across * off])
    try:
        after = applied(cells, code, line)
    except CannotSplit:
        return  # a line that does not cut this shape in two is refused; nothing else is to be shown
    shapes = np.array(list(after.values()))
    assert shapely.coverage_is_valid(shapes)
    assert shapely.coverage_is_valid(shapes, gap_width=1e-7)
    assert shapely.is_valid(shapes).all()
    parts = [after[f"{code}a"], after[f"{code}b"]]
    assert sum(part.area for part in parts) == pytest.approx(whole.area, rel=1e-9)
    outline = shapely.union_all(list(cells.values()))
    assert shapely.union_all(shapes).symmetric_difference(outline).area <= 1e-15
    for other, shape in cells.items():
        if other != code and after[other] is not shape:
            assert len(after[other].exterior.coords) == len(shape.exterior.coords) + 1
            assert after[other].area == pytest.approx(shape.area, rel=1e-12)


@given(
    seed=st.integers(0, 10**6),
    cuts=st.lists(st.tuples(st.integers(0, 99), st.floats(0, np.pi)), min_size=5, max_size=12),
)
def test_many_splits_one_after_the_other(seed: int, cuts: list[tuple[int, float]]) -> None:
    cells = tessellation(seed, rows=3)
    for number, angle in cuts:
        code = sorted(cells)[number % len(cells)]
        centre = np.array(cells[code].representative_point().coords[0])
        along = np.array([np.cos(angle), np.sin(angle)]) * SIZE * 3
        try:
            cells = applied(cells, code, LineString([centre - along, centre + along]))
        except CannotSplit:
            continue
    assert shapely.coverage_is_valid(np.array(list(cells.values())), gap_width=1e-7)


def test_a_cut_beside_a_vertex_goes_through_it() -> None:
    cells = {"a": box(0, 0, 1, 1), "b": box(1, 0, 2, 1)}
    made = split(cells, "a", LineString([(-0.1, -0.1 + 2e-7), (1.1, 1.1 + 2e-7)]))
    assert made.neighbours == {}
    assert {len(part.exterior.coords) for part in made.parts} == {4}


def test_holes_go_to_the_side_they_lie_on() -> None:
    ring = Polygon(box(0, 0, 4, 4).exterior, [box(1, 1, 1.5, 1.5).exterior])
    made = split({"a": ring}, "a", LineString([(2, -1), (2, 5)]))
    assert [len(part.interiors) for part in made.parts] == [1, 0]


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ([(5, 5), (6, 6)], "does not cross"),
        ([(-1, 0.5), (0.5, 0.5)], "ends inside"),
        ([(0.2, 0.2), (0.8, 0.8)], "ends inside"),
        ([(0, 0), (1, 0)], "does not cross"),
        ([(-1, 0.5), (2, 0.5), (2, 0.7), (-1, 0.7)], "2 times"),
        ([(-1, 0.2), (0.8, 0.2), (0.8, 0.8), (0.5, 0.1)], "crosses itself"),
        ([(-1, 1e-7), (2, 1e-7)], "sliver|edge|begins and ends|does not cross"),
    ],
)
def test_a_line_that_does_not_cut_is_refused_with_the_reason(
    line: list[tuple[float, float]], why: str
) -> None:
    with pytest.raises(CannotSplit, match=why):
        split({"a": box(0, 0, 1, 1)}, "a", LineString(line))
