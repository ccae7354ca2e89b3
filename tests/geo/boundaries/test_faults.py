"""What the grid checks find, on squares whose faults are known, and in the demo district."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import box

from geo.boundaries.faults import GridRules, grid_faults, tessellation_faults
from geo.store.engine import Scope, Store

WEST, SOUTH, SIDE = 117.3, 31.8, 0.01
OUTLINE = box(WEST, SOUTH, WEST + SIDE, SOUTH + SIDE)
RULES = GridRules()
METRE = 1 / 94_600
"""Of longitude at 31.8° north, in degrees."""


def cells(*, shift: float = 0.0, left: bool = True) -> np.ndarray:
    """Two halves of the outline, the right one moved east by `shift` degrees."""
    middle = WEST + SIDE / 2
    halves = [box(WEST, SOUTH, middle, SOUTH + SIDE)] if left else []
    halves.append(box(middle + shift, SOUTH, WEST + SIDE, SOUTH + SIDE))
    return np.array(halves, dtype=object)


def kinds(shapes: np.ndarray, rules: GridRules = RULES) -> dict[str, float]:
    return {
        fault.kind: fault.detail.get("area_m2", 0)
        for fault in tessellation_faults("n", OUTLINE, shapes, rules)
    }


def test_exact_cells_have_no_fault() -> None:
    assert kinds(cells()) == {}


def test_no_cells_is_one_fault_at_a_place_inside() -> None:
    (fault,) = tessellation_faults("n", OUTLINE, np.array([], dtype=object), RULES)
    assert fault.kind == "no_grids"
    assert OUTLINE.contains(shapely.Point(fault.place))
    assert fault.as_json()["place"] == [round(value, 8) for value in fault.place]


@given(metres=st.floats(0.2, 200))
@settings(max_examples=40, deadline=None)
def test_a_moved_edge_is_a_gap_or_an_overlap_of_its_own_size(metres: float) -> None:
    gap, overlap = kinds(cells(shift=metres * METRE)), kinds(cells(shift=-metres * METRE))
    height = 1109  # metres of a hundredth of a degree of latitude here
    assert set(gap) == {"gap"}
    assert set(overlap) == {"overlap"}
    assert gap["gap"] == pytest.approx(metres * height, rel=0.01, abs=1)
    assert overlap["overlap"] == pytest.approx(gap["gap"], rel=0.01, abs=1)


def test_a_missing_half_is_a_gap_and_a_cell_beyond_is_outside() -> None:
    assert set(kinds(cells(left=False))) == {"gap"}
    beyond = np.append(
        cells(), np.array([box(WEST + SIDE, SOUTH, WEST + 2 * SIDE, SOUTH + SIDE)], dtype=object)
    )
    assert set(kinds(beyond)) == {"outside"}


def test_slivers_are_told_apart_by_the_rules() -> None:
    sliver = cells(shift=0.02 * METRE)  # two centimetres wide, a kilometre long: large enough, too narrow
    assert kinds(sliver) == {}
    assert set(kinds(sliver, GridRules(gap_width_m=0.001))) == {"gap"}
    assert kinds(sliver, GridRules(gap_width_m=0.001, gap_area_m2=1000)) == {}


def test_the_demo_tiles_exactly_and_its_large_grids_are_reported_not_refused(
    demo: Store, district: Scope
) -> None:
    with demo.begin(district) as db:
        faults = grid_faults(db, "990101", date(2026, 11, 1), RULES)
        looser = grid_faults(db, "990101", date(2026, 11, 1), GridRules(households=(0, 10**6)))
    assert {fault.severity for fault in faults} == {"warning"}
    assert {fault.kind for fault in faults} <= {"too_many_households", "too_few_households"}
    assert all(fault.detail["bounds"] == [300, 500] for fault in faults)
    assert looser == []


def test_another_areas_faults_are_not_seen(demo: Store) -> None:
    with demo.begin(Scope("planner", ("990102",))) as db:
        assert grid_faults(db, "990101", date(2026, 11, 1), RULES) == []
