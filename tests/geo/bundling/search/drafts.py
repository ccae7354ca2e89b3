"""Plans in the making for the tests of the search, and what must hold of any of them."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import NamedTuple

import numpy as np

from geo.bundling import Problem
from geo.bundling.forms.arrays import OUT, Arrays, Whole, arrays_of
from geo.bundling.forms.model import Contradiction, Model, compile_problem
from geo.bundling.forms.rooms import Room, room_of
from geo.bundling.search.improve import Watch, generator
from geo.bundling.search.starts import first_labels, share_out
from geo.bundling.search.state import State, Weights, energy, new_state, weights_of
from geo.bundling.search.windows import Map
from tests.geo.bundling.cases import reachable

NEVER = Watch(lambda: None)


class Begun(NamedTuple):
    """A first plan with everything around it."""

    model: Model
    arrays: Arrays
    rooms: Sequence[Room]
    counts: Sequence[int]
    state: State
    weights: Weights

    def on(self, seed: int = 1) -> Map:
        """The plan as the windows take it."""
        return Map(self.arrays, self.state, self.weights, generator(seed, "test"), NEVER)


def compiled_with_rooms(problem: Problem) -> tuple[Model, Arrays, list[Room]] | None:
    """None where rules contradict each other or no package fits anywhere."""
    try:
        model = compile_problem(problem)
    except Contradiction:
        return None
    rooms = [room_of(model, atoms) for atoms in model.components]
    if not any(room.most for room in rooms) or any(room.locks > room.most for room in rooms):
        return None
    return model, arrays_of(model), rooms


def begun(
    problem: Problem, packages: int, *, balance: float = 0.0, halving: bool = False, seed: int = 1
) -> Begun | None:
    """A first plan of about so many packages."""
    found = compiled_with_rooms(problem)
    if found is None:
        return None
    model, arrays, rooms = found
    least = sum(room.locks for room in rooms if room.most)
    most = sum(room.most for room in rooms)
    counts = share_out(rooms, model, min(max(packages, least, 1), most))
    assert counts is not None
    labels = first_labels(model, arrays, rooms, counts, Random(seed), halving=halving)
    weights = weights_of(arrays, sum(counts), balance)
    state = new_state(arrays, labels, sum(counts) + 2, weights)
    return Begun(model, arrays, rooms, counts, state, weights)


def assert_sums_are_those_of_a_fresh_state(arrays: Arrays, state: State, weights: Weights) -> None:
    fresh = new_state(arrays, state.label, len(state.first), weights)
    for name in ("size", "areas", "sign"):
        assert np.array_equal(getattr(state, name), getattr(fresh, name)), name
    for name in ("cost", "hard", "soft", "lean", "sums"):
        assert np.allclose(getattr(state, name), getattr(fresh, name), rtol=1e-9, atol=1e-6), name


def whole(model: Model, members: Sequence[int]) -> bool:
    """Whether some atoms are one piece of the neighbour graph, by a walk over pairs; nobody is no piece."""
    names = {str(atom) for atom in members}
    pairs = [(str(a), str(b)) for a in members for b in model.neighbours[a]]
    return bool(names) and reachable(min(names), names, pairs) == names


def assert_hard_form(model: Model, labels: Whole) -> None:
    """What no plan in the making breaks: packages in one piece, foes apart, barred out, one lock a package."""
    for package in sorted(set(labels.tolist()) - {OUT}):
        members = np.flatnonzero(labels == package).tolist()
        assert whole(model, members), (package, members)
        assert not any(model.apart[atom] & set(members) for atom in members)
        assert len({model.lock[atom] for atom in members} - {None}) <= 1
    assert all(labels[atom] == OUT for atom in model.barred)
    assert all(labels[a] != OUT for a, lock in enumerate(model.lock) if lock is not None)


def energy_at(begun_: Begun, strict: float) -> float:
    """What the search adds up, with broken rules as dear as at the end of a schedule."""
    weights = begun_.weights
    return energy(begun_.arrays, begun_.state, weights, weights.hard * strict, weights.soft * strict)
