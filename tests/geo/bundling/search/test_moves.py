"""What a move is said to change is what it changes: every shift and push, against a state made afresh."""

from __future__ import annotations

import itertools
import math
from random import Random

import numpy as np
import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from geo.bundling import Problem
from geo.bundling.forms.arrays import OUT
from geo.bundling.search.anneal import push_change
from geo.bundling.search.moves import may_join, shift_change, whole_without
from geo.bundling.search.state import State, new_state, out_cost
from tests.examples import examples
from tests.geo.bundling.cases import problems, strip
from tests.geo.bundling.search.drafts import Begun, begun, whole

MOST = 40
"""Moves looked at in one plan."""


def sums(here: Begun, state: State) -> np.ndarray:
    """Distance with lean and what stays out, hard, soft."""
    out = [a for a in np.flatnonzero(state.label == OUT).tolist() if here.arrays.component[a] >= 0]
    price = sum(out_cost(here.arrays, here.weights, atom) for atom in out)
    distance = math.fsum(state.cost) + math.fsum(state.lean) + price
    return np.array([distance, math.fsum(state.hard), math.fsum(state.soft)])


def after(here: Begun, labels: dict[int, int]) -> np.ndarray:
    changed = here.state.label.copy()
    for atom, package in labels.items():
        changed[atom] = package
    return sums(here, new_state(here.arrays, changed, len(here.state.first), here.weights))


def assert_told(here: Begun, told: tuple[float, float, float], labels: dict[int, int]) -> None:
    found = after(here, labels) - sums(here, here.state)
    assert np.allclose(found, told, rtol=1e-7, atol=1e-4), (labels, found, told)


def last(here: Begun, atom: int, balance: float) -> bool:
    """Whether an atom is all there is of a package that leans: the search never empties one by a move."""
    package = here.state.label[atom]
    return bool(balance and package != OUT and here.state.size[package] == 1)


PLANS = (problems(), st.integers(1, 5), st.sampled_from([0.0, 2.0]), st.integers(0, 1000))


@examples(60)
@given(*PLANS)
def test_a_shift_changes_what_is_said(problem: Problem, packages: int, balance: float, seed: int) -> None:
    here = begun(problem, packages, balance=balance)
    if here is None:
        return
    free = [a for a in range(len(here.model.atoms)) if here.arrays.component[a] >= 0]
    goals = [OUT, *np.flatnonzero(here.state.size > 0).tolist()]
    moves = [(a, p) for a in free for p in goals if here.state.label[a] != p and not last(here, a, balance)]
    for atom, there in Random(seed).sample(moves, min(MOST, len(moves))):
        told = shift_change(here.arrays, here.state, here.weights, atom, there)
        assert_told(here, told, {atom: there})


@examples(60)
@given(*PLANS)
def test_a_push_changes_what_is_said(problem: Problem, packages: int, balance: float, seed: int) -> None:
    here = begun(problem, max(packages, 2), balance=balance)
    if here is None:
        return
    label, standing = here.state.label, np.flatnonzero(here.state.size > 0).tolist()
    free = [a for a in range(len(here.model.atoms)) if here.arrays.component[a] >= 0]
    pushes = [
        (atom, pushed, onward)
        for atom, pushed in itertools.permutations(free, 2)
        for onward in standing
        if label[pushed] not in (OUT, label[atom], onward) and not last(here, atom, balance)
    ]
    for atom, pushed, onward in Random(seed).sample(pushes, min(MOST, len(pushes))):
        there = int(label[pushed])
        told = push_change(
            here.arrays, here.state, here.weights, atom, there, pushed, onward, 1.0, 1.0, math.inf
        )
        event("swap" if onward == label[atom] else "from outside" if label[atom] == OUT else "three packages")
        assert_told(here, told, {atom: there, pushed: onward})
        refused = push_change(
            here.arrays, here.state, here.weights, atom, there, pushed, onward, 1.0, 1.0, -math.inf
        )
        assert refused[0] == math.inf


@examples(60)
@given(problems(), st.integers(1, 4))
def test_a_package_is_whole_without_an_atom_when_a_walk_says_so(problem: Problem, packages: int) -> None:
    here = begun(problem, packages)
    if here is None:
        return
    label = here.state.label
    for atom in np.flatnonzero(label != OUT).tolist():
        rest = [a for a in np.flatnonzero(label == label[atom]).tolist() if a != atom]
        assert whole_without(here.arrays, here.state, atom, -1) == whole(here.model, rest)
        for joined in np.flatnonzero(label != label[atom]).tolist():
            if here.arrays.component[joined] >= 0:
                found = whole_without(here.arrays, here.state, atom, joined)
                assert found == whole(here.model, [*rest, joined]), (atom, joined)


@examples(40)
@given(problems(), st.integers(1, 4))
def test_foes_keep_each_other_out_unless_they_leave(problem: Problem, packages: int) -> None:
    here = begun(problem, packages)
    if here is None:
        return
    for atom, foes in enumerate(here.model.apart):
        for package in range(len(here.state.first)):
            inside = {foe for foe in foes if here.state.label[foe] == package}
            assert may_join(here.arrays, here.state, atom, package, -1) == (not inside)
            for leaver in inside:
                assert may_join(here.arrays, here.state, atom, package, leaver) == (inside == {leaver})


def test_the_last_of_a_package_may_not_leave_it() -> None:
    here = begun(strip(3, packages=3), 3)
    assert here is not None
    assert not any(whole_without(here.arrays, here.state, atom, -1) for atom in range(3))
    told = shift_change(here.arrays, here.state, here.weights, 0, int(here.state.label[1]))
    assert told == pytest.approx((100.0, 0.0, 0.0))
