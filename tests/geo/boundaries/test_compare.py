"""What a redrawing moves, and which cell came from which."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from shapely import LineString, box

from geo.boundaries import tessellation as ts
from geo.boundaries.compare import Homes, compare


def board() -> ts.Tessellation:
    return ts.tessellate({f"c{x}": box(x * 10, 0, x * 10 + 10, 10) for x in range(4)})


def homes() -> Homes:
    return Homes(shapely.points([[2, 5], [8, 5], [12, 5], [25, 5]]), np.array([10.0, 20.0, 30.0, np.nan]))


def test_nothing_moves_where_nothing_changed():
    same = compare(board().cells, board().cells, homes=homes())
    assert same.moves == ()
    assert set(same.fate.values()) == {"unchanged"}
    assert same.came_from["c0"] == ("c0",)


def test_a_split_moves_all_of_a_cell_and_keeps_its_neighbour():
    tess = board()
    after = tess.apply(ts.split(tess, "c0", LineString([(5, -1), (5, 11)]), ("w", "e")))
    found = compare(tess.cells, after.cells, homes=homes())
    assert (found.fate["c0"], found.fate["w"], found.fate["c1"]) == ("split", "new", "unchanged")
    assert found.came_from["w"] == found.came_from["e"] == ("c0",)
    assert [(move.new, move.area_m2, move.households) for move in found.moves] == [
        ("e", 50, 20),
        ("w", 50, 10),
    ]
    assert found.unsettled({"c0": ["branch"], "c1": ["other"]}) == {"branch": ["e", "w"]}


def test_a_merge_and_a_reshape():
    tess = board()
    merged = tess.apply(ts.merge(tess, ["c0", "c1"], "n"))
    led = merged.apply(ts.reshape(merged, ("n", "c2"), LineString([(20, 2), (26, 5), (20, 8)])))
    found = compare(tess.cells, led.cells, homes=homes())
    assert found.came_from["n"] == ("c1", "c0", "c2") or set(found.came_from["n"]) == {"c0", "c1", "c2"}
    assert (found.fate["c0"], found.fate["c2"], found.fate["n"]) == ("merged", "reshaped", "new")
    moved = {(move.old, move.new): move for move in found.moves}
    assert moved["c2", "n"].area_m2 == pytest.approx(18)
    assert moved["c2", "n"].households is None  # nobody counted them: unknown, not zero
    assert found.households is None


def test_land_that_is_won_and_lost():
    found = compare({"a": box(0, 0, 10, 10)}, {"b": box(5, 0, 15, 10)})
    assert {(move.old, move.new): move.area_m2 for move in found.moves} == {
        ("a", "b"): 50, ("a", None): 50, (None, "b"): 50,
    }  # fmt: skip
    assert found.fate == {"a": "redrawn", "b": "new"}
    assert compare({"a": box(0, 0, 1, 1)}, {"b": box(5, 0, 6, 1)}).fate["a"] == "ended"
