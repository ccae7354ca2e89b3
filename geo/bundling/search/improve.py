"""Improving a plan by annealing (改进): the whole map, or a window of it while the rest stands still."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import blake2b
from typing import NamedTuple

import numpy as np

from geo.bundling.compiling.compiled import bare
from geo.bundling.forms.arrays import OUT, Arrays, Whole
from geo.bundling.search.anneal import Schedule, run_moves
from geo.bundling.search.pool import Pool, new_pool
from geo.bundling.search.state import State, Weights, move

SLICE = 400_000
"""Moves between two looks at the stops: some 0.1 to 0.3 seconds."""
NOTHING = new_pool(0, 0)
"""A pool that keeps nothing."""


class Watch:
    """The safety stops: a cancel signal and a time limit, looked at between slices of moves."""

    def __init__(self, stop: Callable[[], str | None]) -> None:
        self._stop = stop
        self.struck: str | None = None

    def __call__(self) -> bool:
        """Whether to stop now; once struck, for good."""
        if self.struck is None:
            self.struck = self._stop()
        return self.struck is not None


class Window(NamedTuple):
    """Part of a map: atoms that may move, and (per package) whether they may move there."""

    movable: Whole
    active: np.ndarray


def generator(seed: int, name: str) -> np.ndarray:
    """State of the kernels' random numbers, different for each name."""
    digest = blake2b(f"{seed}/{name}".encode(), digest_size=8).digest()
    return np.array([int.from_bytes(digest, "little")], dtype=np.uint64)


def whole_map(arrays: Arrays, packages: int) -> Window:
    """Every atom that is not locked, barred or without neighbours."""
    free = (arrays.lock < 0) & (np.diff(arrays.next_at) > 0) & (arrays.component >= 0)
    return Window(np.flatnonzero(free), np.ones(packages, dtype=np.bool_))


def anneal(
    arrays: Arrays,
    state: State,
    weights: Weights,
    window: Window,
    schedule: Schedule,
    moves: int,
    rng: np.ndarray,
    watch: Watch,
    pool: Pool = NOTHING,
    tell: Callable[[float], None] | None = None,
) -> None:
    """Run a schedule of so many moves and leave the best plan met in ``state``, the start included.

    ``tell`` hears the share of moves done. When ``watch`` strikes the best so far is left.
    """
    movable, active = window
    if not len(movable) or moves <= 0:
        return
    best, level = state.label[movable], np.array([np.inf])
    for begin in range(0, moves, SLICE):
        if watch():
            break
        end = min(begin + SLICE, moves)
        run_moves(
            arrays, state, weights, pool, schedule, movable, active, best, level, rng, begin, end, moves
        )
        if tell is not None:
            tell(end / moves)
    put(arrays, state, weights, movable, best)


@bare
def put(arrays: Arrays, state: State, weights: Weights, atoms: Whole, labels: Whole) -> None:
    """Give some atoms new labels and mend every sum."""
    for place in range(len(atoms)):
        if state.label[atoms[place]] != labels[place]:
            move(arrays, state, weights, atoms[place], OUT)
    for place in range(len(atoms)):
        if state.label[atoms[place]] != labels[place]:
            move(arrays, state, weights, atoms[place], labels[place])
