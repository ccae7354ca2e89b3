"""The small parts: shares, numbering, cuts, rows and groups."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from shapely import LineString

from data.demo.codes import reading_order
from data.demo.cutting import Cell, Habit, cut_until
from data.demo.layout import ORDINARY_OLD, footprint, group_shape, groups, place, turn
from data.demo.skeleton import make_warp
from data.demo.streams import share_out, stream


@given(st.integers(0, 10**6), arrays(float, st.integers(1, 40), elements=st.floats(0.01, 1000)))
def test_shares_add_up_and_are_off_by_less_than_one(total: int, weights: np.ndarray) -> None:
    shares = share_out(total, weights)
    assert shares.sum() == total
    assert (np.abs(shares - total * weights / weights.sum()) < 1).all()


def test_streams_are_apart_and_repeatable() -> None:
    assert stream(1, "land").random() == stream(1, "land").random()
    assert len({stream(1, "land").random(), stream(1, "sites").random(), stream(2, "land").random()}) == 3


def test_numbers_run_from_north_to_south_and_west_to_east() -> None:
    boxes = [shapely.box(x, y, x + 1, y + 1) for y in (0, 1) for x in (1, 0)]
    assert reading_order(boxes).tolist() == [3, 2, 1, 0]


@given(st.integers(2, 30), st.integers(0, 1000))
def test_cuts_keep_the_area_and_the_count(count: int, seed: int) -> None:
    free = Habit((np.empty(0), np.empty(0)), 0.0, 0.05)
    square = Cell(shapely.box(0, 0, 900, 700), 0.1, 0)
    cells, lines = cut_until([square], count, lambda c: float(c.polygon.area), free, stream(seed, "cuts"))
    assert len(cells) == count
    assert len(lines) == count - 1
    assert sum(c.polygon.area for c in cells) == pytest.approx(630_000)


def test_too_many_cells_are_refused() -> None:
    free = Habit((np.empty(0), np.empty(0)), 0.0, 0.0)
    with pytest.raises(ValueError, match="cannot be cut"):
        cut_until([], 2, lambda c: float(c.polygon.area), free, stream(1, "cuts"))


@given(st.integers(0, 10_000))
def test_the_warp_never_folds_the_plane(seed: int) -> None:
    warp = make_warp(stream(seed, "skeleton"))
    side = np.linspace(-5000, 5000, 60)
    grid = np.stack(np.meshgrid(side, side), axis=-1)
    moved = warp(grid.reshape(-1, 2)).reshape(60, 60, 2)
    along, across = np.diff(moved, axis=1)[:-1], np.diff(moved, axis=0)[:, :-1]
    assert (along[..., 0] * across[..., 1] - along[..., 1] * across[..., 0] > 0).all()


@given(st.integers(1, 24), st.floats(-0.7, 0.7), st.integers(0, 100))
def test_buildings_keep_off_grid_lines_and_groups_share_the_yard(
    wanted: int, angle: float, seed: int
) -> None:
    site = shapely.box(39_528_000, 3_526_000, 39_528_300, 3_526_260)
    line = LineString([(39_528_140, 3_525_900), (39_528_160, 3_526_400)])
    local = turn(site, angle, [line], 6.0)
    boxes = place(local, ORDINARY_OLD, wanted, stream(seed, "layout"))
    roofs = [footprint(local, box) for box in boxes]
    assert len(boxes) == wanted
    assert all(site.contains(roof) and not roof.intersects(line) for roof in roofs)
    parts = groups(boxes, 4)
    yards = [group_shape(local, part, site) for part in parts]
    assert sorted(i for part in parts for i in part.members) == list(range(len(boxes)))
    assert all(yard.contains(roofs[i]) for part, yard in zip(parts, yards, strict=True) for i in part.members)
    assert not any(a.intersects(b) for n, a in enumerate(yards) for b in yards[n + 1 :])
