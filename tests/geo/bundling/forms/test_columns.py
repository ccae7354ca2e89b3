"""Packages as columns: what each costs and keeps by itself, against sums worked out one by one."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from geo.bundling import Activity, Problem
from geo.bundling.forms.arrays import OUT, arrays_of, rows
from geo.bundling.forms.columns import columns_of, groups_of, keeps_rules
from geo.bundling.forms.model import compile_problem
from tests.geo.bundling.cases import grid, package_faults, strip


def _medoid(problem: Problem, members: list[int]) -> float:
    units = [problem.units[i] for i in members]
    return min(
        sum(u.weights["households"] * math.hypot(u.x - hub.x, u.y - hub.y) for u in units) for hub in units
    )


@given(st.sets(st.integers(0, 15), min_size=1), st.floats(150, 900))
def test_a_column_costs_and_keeps_what_its_members_say(members: set[int], upper: float) -> None:
    problem = grid(4, activities=(Activity("households", 150, upper),), max_members=6, packages=3)
    arrays = arrays_of(compile_problem(problem))
    columns = columns_of(arrays, [sorted(members)])
    assert columns.distance[0] == _medoid(problem, sorted(members))
    names = [problem.units[i].id for i in sorted(members)]
    assert bool(keeps_rules(arrays, columns)[0]) == (not package_faults(problem, names))


def test_broken_bounds_and_crossed_borders_have_their_price() -> None:
    problem = grid(4, activities=(Activity("households", 150, 250),), soft={"households": 2.0, "border": 7.0})
    arrays = arrays_of(compile_problem(problem))
    columns = columns_of(
        arrays, [[0, 1, 2], [0], [0, 1]]
    )  # the border runs between the second and third column
    assert columns.soft.round(5).tolist() == [2.0 * 50 + 7.0, 100.0, 0.0]


def test_what_stays_out_is_in_no_group() -> None:
    at, atoms = groups_of(np.array([1, OUT, 0, 1]), 2)
    assert (at.tolist(), atoms.tolist()) == ([0, 1, 3], [2, 0, 3])


def test_neighbours_of_each_atom_are_a_row() -> None:
    arrays = arrays_of(compile_problem(strip(3, packages=1)))
    assert (arrays.next_at.tolist(), arrays.next.tolist()) == ([0, 1, 3, 4], [1, 0, 2, 1])
    assert rows([])[0].tolist() == [0]
