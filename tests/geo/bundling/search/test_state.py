from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.bundling import Problem
from geo.bundling.forms.arrays import arrays_of
from geo.bundling.forms.columns import columns_of, local_rules
from geo.bundling.forms.model import compile_problem
from geo.bundling.search.anneal import Schedule
from geo.bundling.search.improve import anneal, generator, whole_map
from geo.bundling.search.pool import new_pool, packages_of
from tests.examples import examples
from tests.geo.bundling.cases import grid, problems
from tests.geo.bundling.search.drafts import (
    NEVER,
    assert_hard_form,
    assert_sums_are_those_of_a_fresh_state,
    begun,
)


@examples(40)
@given(problems(), st.integers(1, 5), st.integers(0, 3))
def test_moves_keep_the_sums_and_packages_whole(problem: Problem, packages: int, seed: int) -> None:
    start = begun(problem, packages)
    if start is None:
        return
    arrays, state, weights = start.arrays, start.state, start.weights
    assert_hard_form(start.model, state.label)
    locked = [(atom, state.label[atom]) for atom in np.flatnonzero(arrays.lock >= 0)]
    window = whole_map(arrays, len(state.first))
    anneal(arrays, state, weights, window, Schedule(), 3000, generator(seed, "test"), NEVER)
    assert_sums_are_those_of_a_fresh_state(arrays, state, weights)
    assert_hard_form(start.model, state.label)
    assert all(state.label[atom] == package for atom, package in locked)


def annealed(slices: int, monkeypatch: pytest.MonkeyPatch) -> tuple[list[int], list[list[int]]]:
    monkeypatch.setattr("geo.bundling.search.improve.SLICE", slices)
    problem = grid(8)
    start = begun(problem, 9)
    assert start is not None
    arrays, state, weights = start.arrays, start.state, start.weights
    pool = new_pool(500, 10_000)
    schedule = Schedule(record_from=0.2)
    anneal(
        arrays,
        state,
        weights,
        whole_map(arrays, len(state.first)),
        schedule,
        20_000,
        generator(4, "s"),
        NEVER,
        pool,
    )
    at, atoms = packages_of(pool)
    return state.label.tolist(), [atoms[a:b].tolist() for a, b in itertools.pairwise(at.tolist())]


def test_slices_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    assert annealed(10**9, monkeypatch) == annealed(777, monkeypatch)


def test_the_pool_holds_each_package_once_and_each_keeps_its_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    _, packages = annealed(10**9, monkeypatch)
    assert len({tuple(each) for each in packages}) == len(packages) > 20
    arrays = arrays_of(compile_problem(grid(8)))
    columns = columns_of(arrays, packages)
    assert local_rules(arrays, columns.at, columns.atoms).all()


def test_a_full_pool_takes_no_more() -> None:
    start = begun(grid(8), 9)
    assert start is not None
    arrays, state, weights = start.arrays, start.state, start.weights
    for pool in (new_pool(3, 1000), new_pool(1000, 30)):
        window = whole_map(arrays, len(state.first))
        anneal(
            arrays, state, weights, window, Schedule(record_from=0.0), 5000, generator(1, "p"), NEVER, pool
        )
        assert pool.used[0] <= len(pool.at) - 1
        assert pool.used[1] <= len(pool.atoms)


def test_annealing_never_leaves_a_worse_plan_than_it_met() -> None:
    start = begun(grid(8), 9)
    assert start is not None
    arrays, state, weights = start.arrays, start.state, start.weights
    window = whole_map(arrays, len(state.first))
    rng = generator(1, "best")
    anneal(arrays, state, weights, window, Schedule(), 50_000, rng, NEVER)
    good = state.cost.sum()
    anneal(arrays, state, weights, window, Schedule(hot=5.0, cold=4.0), 500, rng, NEVER)
    assert state.cost.sum() <= good * (1 + 1e-12)
