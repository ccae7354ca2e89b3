"""Proofs of problems in which too many packages could be in a better plan, so that they go branch by branch."""

from __future__ import annotations

import dataclasses
from unittest.mock import patch

import numpy as np
from hypothesis import HealthCheck, given, settings

from geo.bundling import Activity, Problem
from geo.bundling.forms.arrays import arrays_of
from geo.bundling.forms.model import compile_problem
from geo.bundling.proof import branching
from geo.bundling.proof.grain import grain_of
from geo.bundling.proof.grounds import ground_of, left_out, tightened
from tests.geo.bundling.cases import grid, problems, strip
from tests.geo.bundling.proof.test_exact import agrees_with_every_plan

SLOW = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


@SLOW
@given(problems(most=9))
def test_branch_by_branch_a_proof_agrees_with_every_plan_there_is(problem: Problem) -> None:
    with patch.object(branching, "FEW", ()), patch.object(branching, "FEW_BELOW", ()):
        agrees_with_every_plan(problem)


def test_no_package_holds_half_a_household() -> None:
    # four packages of 75 at least would need 300 households in halves; there are 300, but 50 a unit
    problem = strip(6, activities=(Activity("households", 75, 225),), leave_out_price=None)
    every = dataclasses.replace(
        problem, units=tuple(dataclasses.replace(u, weights={"households": 50.0}) for u in problem.units)
    )
    ground = ground_of(every)
    assert ground.room == 3
    assert np.allclose(ground.field.arrays.lower, 100)
    assert np.allclose(ground.field.arrays.upper, 200)


def test_what_may_stay_out_at_most_bounds_what_packages_hold() -> None:
    problem = grid(3, activities=(Activity("households", 200, 500),), packages=2)
    ground = ground_of(problem)
    loads = ground.field.arrays.amounts[:, 0]
    left = left_out(ground, ground.out_weight, 100.0)
    assert np.isclose(left[0], 100.0)
    tight = tightened(ground._replace(packages=(1, 2)), left)
    assert np.isclose(tight.field.arrays.lower[0], max(200, loads.sum() - 100 - 500))
    assert tight.packages[0] == int(np.ceil((loads.sum() - 100) / 500 - 1e-6))


def test_values_of_plans_differ_by_whole_households() -> None:
    problem = grid(3, activities=(Activity("households", 250, 500),), soft={"households": 0.5})
    arrays = arrays_of(compile_problem(problem))
    out = np.full(len(arrays.component), np.inf)
    loads = arrays.amounts[:, 0]
    step = np.gcd.reduce(np.append(loads, [250, 500]).astype(int))
    assert np.isclose(grain_of(arrays, out, 1.0), 0.5 * step, rtol=1e-4)
    assert grain_of(arrays, out, 0.0) == 0
    assert np.isclose(grain_of(arrays, loads, 0.0), np.gcd.reduce(loads.astype(int)), rtol=1e-5)
    assert grain_of(arrays, loads / 3, 0.0) == 0
