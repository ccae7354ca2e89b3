"""Improving a plan by annealing (改进): the whole map, or a window of it while the rest stands still."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from hashlib import blake2b
from typing import NamedTuple

import numpy as np

from geo.bundling.compiling.compiled import bare
from geo.bundling.forms.arrays import OUT, Arrays, Whole
from geo.bundling.search.anneal import BLOCK, Schedule, run_moves
from geo.bundling.search.pool import Pool, new_pool
from geo.bundling.search.state import State, Weights, move

SLICE = 400_000
"""Moves between two looks at the stops: some 0.1 to 0.3 seconds."""
NOTHING = new_pool(0, 0)
"""A pool that keeps nothing."""


class Watch:
    """The safety stops: a cancel signal and a time limit, looked at between slices of moves.

    ``left``: seconds until the time limit, inf where there is none.
    """

    def __init__(
        self,
        stop: Callable[[], str | None],
        left: Callable[[], float] = lambda: math.inf,
        above: Watch | None = None,
    ) -> None:
        self._stop, self.left, self._above = stop, left, above
        self.struck: str | None = None
        self.hurried = False

    def __call__(self) -> bool:
        """Whether to stop now; once struck, for good."""
        if self.struck is None:
            self.struck = self._stop()
        return self.struck is not None

    def hurry(self) -> None:
        """Note that work is made shorter to keep the time limit."""
        self.hurried = True
        if self._above is not None:
            self._above.hurry()

    def keeping(self, share: float) -> Watch:
        """A watch that strikes earlier, so that ``share`` of the time left now is kept for what comes after."""
        kept = share * self.left()
        if not math.isfinite(kept):
            return self

        def left() -> float:
            return self.left() - kept

        def stop() -> str | None:
            if not self() and left() <= 0.0:
                self.hurry()
                return "time_limit"
            return self.struck

        return Watch(stop, left, self)


class Window(NamedTuple):
    """Part of a map: atoms that may move, and (per package) whether they may move there."""

    movable: Whole
    active: np.ndarray


def generator(seed: int, name: str) -> np.ndarray:
    """State of the kernels' random numbers, different for each name."""
    digest = blake2b(f"{seed}/{name}".encode(), digest_size=8).digest()
    return np.array([int.from_bytes(digest, "little")], dtype=np.uint64)


def whole_map(arrays: Arrays, packages: int) -> Window:
    """Every atom that is not locked, barred or without neighbours; on large maps neighbours are near in the list."""
    free = (arrays.lock < 0) & (np.diff(arrays.next_at) > 0) & (arrays.component >= 0)
    return Window(_in_strips(arrays, np.flatnonzero(free)), np.ones(packages, dtype=np.bool_))


def _in_strips(arrays: Arrays, atoms: Whole) -> Whole:
    """Atoms from west to east in strips from south to north, so that a block of moves is about a square."""
    strips = round(math.sqrt(len(atoms) / BLOCK))
    if strips < 2:
        return atoms
    unit = arrays.units[arrays.units_at[atoms]]
    strip = np.empty(len(atoms), dtype=np.int64)
    strip[np.argsort(arrays.y[unit], kind="stable")] = np.arange(len(atoms)) * strips // len(atoms)
    return np.asarray(atoms[np.lexsort((arrays.x[unit], strip))], dtype=np.int64)


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
    part: float = 1.0,
) -> None:
    """Run a schedule of so many moves and leave the best plan met in ``state``, the start included.

    ``tell`` hears the share of moves done. When ``watch`` strikes the best so far is left. Where there is a time
    limit, and ``part`` of the time left is too short for all moves, the schedule goes faster, so that it ends cold.
    """
    movable, active = window
    if not len(movable) or moves <= 0:
        return
    best, level = state.label[movable], np.array([np.inf])
    until, begin = time.monotonic() + part * watch.left(), 0
    while begin < moves and not watch():
        slice_began, end = time.monotonic(), min(begin + SLICE, moves)
        run_moves(
            arrays, state, weights, pool, schedule, movable, active, best, level, rng, begin, end, moves
        )
        if tell is not None:
            tell(end / moves)
        if math.isfinite(until) and end < moves:
            now = time.monotonic()
            room = max(until - now, 0.0) * (end - begin) / max(now - slice_began, 1e-6)
            if room < moves - end:
                watch.hurry()
                end, moves = _faster(end, moves, room)
        begin = end
    put(arrays, state, weights, movable, best)


def _faster(done: int, moves: int, room: float) -> tuple[int, int]:
    """Moves done and in all, where there is room for so many more: as far along the schedule as before."""
    share = done / moves
    total = max(round(room / (1.0 - share)), 1)
    return min(round(share * total), total), total


@bare
def put(arrays: Arrays, state: State, weights: Weights, atoms: Whole, labels: Whole) -> None:
    """Give some atoms new labels and mend every sum."""
    for place in range(len(atoms)):
        if state.label[atoms[place]] != labels[place]:
            move(arrays, state, weights, atoms[place], OUT)
    for place in range(len(atoms)):
        if state.label[atoms[place]] != labels[place]:
            move(arrays, state, weights, atoms[place], labels[place])
