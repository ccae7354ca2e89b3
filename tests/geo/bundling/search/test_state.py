from __future__ import annotations

import itertools
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.bundling import Problem
from geo.bundling.forms.arrays import OUT, Arrays, arrays_of
from geo.bundling.forms.columns import columns_of, local_rules
from geo.bundling.forms.model import Contradiction, Model, compile_problem
from geo.bundling.forms.rooms import room_of
from geo.bundling.search.anneal import Schedule
from geo.bundling.search.improve import Watch, anneal, generator, whole_map
from geo.bundling.search.pool import new_pool, packages_of
from geo.bundling.search.starts import first_labels, share_out
from geo.bundling.search.state import State, Weights, new_state, weights_of
from tests.examples import examples
from tests.geo.bundling.cases import grid, problems, reachable

NEVER = Watch(lambda: None)


def begun(problem: Problem, packages: int) -> tuple[Model, Arrays, State, Weights] | None:
    """A first plan of about so many packages, or None where no package fits."""
    try:
        model = compile_problem(problem)
    except Contradiction:
        return None
    arrays = arrays_of(model)
    rooms = [room_of(model, atoms) for atoms in model.components]
    least = sum(room.locks for room in rooms if room.most)
    most = sum(room.most for room in rooms)
    if most < 1 or any(room.locks > room.most for room in rooms):
        return None
    counts = share_out(rooms, model, min(max(packages, least), most))
    assert counts is not None
    labels = first_labels(model, arrays, rooms, counts, Random(1))
    weights = weights_of(arrays, sum(counts))
    return model, arrays, new_state(arrays, labels, sum(counts) + 1, weights), weights


def assert_sums_are_those_of_a_fresh_state(arrays: Arrays, state: State, weights: Weights) -> None:
    fresh = new_state(arrays, state.label, len(state.first), weights)
    for name in ("size", "areas", "sign"):
        assert np.array_equal(getattr(state, name), getattr(fresh, name)), name
    for name in ("cost", "hard", "soft", "lean", "sums"):
        assert np.allclose(getattr(state, name), getattr(fresh, name), rtol=1e-9, atol=1e-6), name


def assert_packages_are_whole(model: Model, state: State) -> None:
    pairs = [(str(a), str(b)) for a, near in enumerate(model.neighbours) for b in near]
    for package in np.flatnonzero(state.size):
        members = {str(atom) for atom in np.flatnonzero(state.label == package)}
        assert reachable(min(members), members, pairs) == members


@examples(40)
@given(problems(), st.integers(1, 5), st.integers(0, 3))
def test_moves_keep_the_sums_and_packages_whole(problem: Problem, packages: int, seed: int) -> None:
    start = begun(problem, packages)
    if start is None:
        return
    model, arrays, state, weights = start
    assert_packages_are_whole(model, state)
    locked = [(atom, state.label[atom]) for atom in np.flatnonzero(arrays.lock >= 0)]
    window = whole_map(arrays, len(state.first))
    anneal(arrays, state, weights, window, Schedule(), 3000, generator(seed, "test"), NEVER)
    assert_sums_are_those_of_a_fresh_state(arrays, state, weights)
    assert_packages_are_whole(model, state)
    assert all(state.label[atom] == package for atom, package in locked)
    assert all(state.label[atom] == OUT for atom in model.barred)


def annealed(slices: int, monkeypatch: pytest.MonkeyPatch) -> tuple[list[int], list[list[int]]]:
    monkeypatch.setattr("geo.bundling.search.improve.SLICE", slices)
    problem = grid(8)
    start = begun(problem, 9)
    assert start is not None
    _, arrays, state, weights = start
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
    _, arrays, state, weights = start
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
    _, arrays, state, weights = start
    window = whole_map(arrays, len(state.first))
    rng = generator(1, "best")
    anneal(arrays, state, weights, window, Schedule(), 50_000, rng, NEVER)
    good = state.cost.sum()
    anneal(arrays, state, weights, window, Schedule(hot=5.0, cold=4.0), 500, rng, NEVER)
    assert state.cost.sum() <= good * (1 + 1e-12)
