"""Large neighbourhoods (大邻域): clusters of packages improved while the rest of the map stands still.

A window is annealed afresh a few times and its best plan put together from all packages met; a window around
a broken package is annealed until its rules are kept.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from geo.bundling.compiling.compiled import bare
from geo.bundling.forms.arrays import OUT, Arrays, Whole
from geo.bundling.forms.columns import measured
from geo.bundling.programmes.partition import choose
from geo.bundling.search.anneal import Schedule
from geo.bundling.search.improve import Watch, Window, anneal, put
from geo.bundling.search.pool import Pool, new_pool, packages_of
from geo.bundling.search.state import State, Weights

PACKAGES = 16
"""Packages of a window: enough for load to travel, few enough for set partitioning."""
SEVERAL_PACKAGES = 8
"""The same where several sums are bounded: there the window is gone through a few times."""
SEVERAL_ROUNDS = 4
PUSHES = 0.85
"""Share of pushes where several sums of a package lie between bounds."""
RUNS, MOVES = 2, 400
"""Annealing runs of a window, and moves per atom in each."""
KEPT = 2500
"""Most packages that a window's runs keep for recombination."""
FRESH = Schedule(hot=0.25, cold=0.015, soft=0.2, strict=10.0, record_from=0.3)
MENDING = Schedule(hot=0.3, cold=0.02, soft=2.0, strict=50.0)
MENDING_SIZES = (5, 10, 20, 40, 40)
FEW = 400
"""Atoms that even a small map counts as, where mending is limited by moves per atom."""
MENDING_RUNS = 3
"""Times that the same window is mended at most."""
STRENGTHENING_SIZES = (16, 16, 24, 32)
MOST_LOST = 12
"""Left-out atoms that each round of mending looks at."""


class Map(NamedTuple):
    """A plan in work with what it takes to change it."""

    arrays: Arrays
    state: State
    weights: Weights
    rng: np.ndarray
    watch: Watch
    patience: float = math.inf
    """Moves per atom of the map that one mending may take."""
    several: bool = False
    """Whether several sums of a package lie between bounds."""

    def schedule(self, usual: Schedule) -> Schedule:
        """A schedule with more pushes where a shift alone breaks one bound or another."""
        return usual._replace(pushes=PUSHES) if self.several else usual


@bare
def gather(arrays: Arrays, state: State, start: int, most: int, found: Whole, seen: Whole) -> int:
    """The first ``most`` packages around package ``start``, by steps over the neighbour graph; how many.

    ``seen``: per package, 0 where it may be gathered; those gathered are marked.
    """
    found[0] = start
    seen[start] = 1
    count, at = 1, 0
    while at < count < most:
        unit = state.first[found[at]]
        at += 1
        while unit >= 0:
            atom = arrays.atom_of[unit]
            unit = state.after[unit]
            for which in range(arrays.next_at[atom], arrays.next_at[atom + 1]):
                package = state.label[arrays.next[which]]
                if package >= 0 and seen[package] == 0 and count < most:
                    seen[package] = 1
                    found[count] = package
                    count += 1
    return count


@bare
def mark_window(arrays: Arrays, state: State, active: np.ndarray, found: Whole, lost: bool) -> int:
    """Atoms that may move within the ``active`` packages; with ``lost`` those beside them that stay out too."""
    count = 0
    for atom in range(len(state.label)):
        if arrays.lock[atom] >= 0 or arrays.component[atom] < 0:
            continue
        inside = False
        if state.label[atom] >= 0:
            inside = active[state.label[atom]] and arrays.next_at[atom + 1] > arrays.next_at[atom]
        elif lost:
            for which in range(arrays.next_at[atom], arrays.next_at[atom + 1]):
                package = state.label[arrays.next[which]]
                inside = inside or (package >= 0 and active[package])
        if inside:
            found[count] = atom
            count += 1
    return count


def around(on: Map, package: int, most: int, closed: Whole | None = None) -> Whole:
    """Up to ``most`` packages around one, sorted; ``closed`` (per package, 1 = not these) is marked."""
    found = np.zeros(len(on.state.first), dtype=np.int64)
    seen = np.zeros(len(on.state.first), dtype=np.int64) if closed is None else closed
    return np.sort(found[: gather(on.arrays, on.state, package, most, found, seen)])


def window_of(on: Map, packages: Whole, *, lost: bool = True) -> Window:
    """The window of some packages, with the atoms beside them that stay out if ``lost``."""
    active = np.zeros(len(on.state.first), dtype=np.bool_)
    active[packages] = True
    found = np.zeros(len(on.state.label), dtype=np.int64)
    return Window(found[: mark_window(on.arrays, on.state, active, found, lost)], active)


def sweep(on: Map, order: np.random.Generator, rounds: int) -> Iterator[float]:
    """Improve windows all over the map, ``rounds`` times; yields the share done."""
    most = SEVERAL_PACKAGES if on.several else PACKAGES
    rounds *= SEVERAL_ROUNDS if on.several else 1
    for turn in range(rounds):
        pending = order.permutation(np.flatnonzero(on.state.size > 0)).tolist()
        total, done = max(len(pending), 1), set[int]()
        for number, package in enumerate(pending):
            if package in done or on.watch():
                continue
            packages = around(on, package, most)
            # neighbouring windows overlap: only the inner half counts as dealt with
            done.update(around(on, package, most // 2).tolist())
            improve(on, packages)
            yield (turn + number / total) / rounds


def strengthen(on: Map) -> None:
    """Improve windows around packages that still break a hard bound: first of all a plan must keep the rules."""
    for size in STRENGTHENING_SIZES:
        for package in np.flatnonzero(on.state.hard > 0).tolist():
            if on.state.hard[package] > 0 and not on.watch():
                improve(on, around(on, package, size))


def improve(on: Map, packages: Whole) -> None:
    """Anneal a window afresh a few times, then put its best plan together from all packages met."""
    window = window_of(on, packages)
    atoms = len(window.movable)
    pool = new_pool(KEPT, KEPT * max(2 * atoms // len(packages), 1))
    for _ in range(RUNS):
        anneal(
            on.arrays, on.state, on.weights, window, on.schedule(FRESH), MOVES * atoms, on.rng, on.watch, pool
        )
    if atoms and not on.watch():
        recombine(on, packages, pool)


def recombine(on: Map, packages: Whole, pool: Pool) -> None:
    """Replace the packages of a window by the best plan of as many packages that the pool holds."""
    state = on.state
    active = np.zeros(len(state.first), dtype=np.bool_)
    active[packages] = True
    atoms = np.flatnonzero((state.label != OUT) & active[state.label])
    place = np.full(len(state.first), -1, dtype=np.int64)
    place[packages] = np.arange(len(packages))
    start = np.full(len(state.label), OUT, dtype=np.int64)
    start[atoms] = place[state.label[atoms]]
    columns = measured(on.arrays, *packages_of(pool))
    found = choose(
        on.arrays,
        columns,
        (len(packages), len(packages)),
        start,
        atoms,
        nodes=10,
        iterations=20_000,
        stop=on.watch,
    )
    if found is not None:
        _relabel(on, atoms, found[atoms], packages)


def _relabel(on: Map, atoms: Whole, numbers: Whole, packages: Whole) -> None:
    """Number new packages as the old ones they hold locked atoms of, the others by what is left."""
    names: dict[int, int] = {}
    for atom, number in zip(atoms.tolist(), numbers.tolist(), strict=True):
        if on.arrays.lock[atom] >= 0 and number != OUT:
            names[number] = int(on.state.label[atom])
    free = [package for package in packages.tolist() if package not in names.values()]
    for number in sorted(set(numbers.tolist()) - {OUT} - names.keys()):
        names[number] = free.pop(0)
    names[OUT] = OUT
    labels = np.array([names[number] for number in numbers.tolist()], dtype=np.int64)
    put(on.arrays, on.state, on.weights, atoms, labels)


def mend(on: Map) -> None:
    """Anneal around each package that breaks a hard bound, and around what stays out, in growing windows.

    Hard rules are dear then, and leaving out dearer than any distance; the best plan met is never worse. What a
    window did not mend in a few runs it will not: on a small map many packages have the same one.
    """
    tried: Counter[frozenset[int]] = Counter()
    room = on.patience * max(len(on.state.label), FEW)
    for size in MENDING_SIZES:
        for package in np.flatnonzero(on.state.hard > 0).tolist():
            if on.state.hard[package] > 0 and room > 0 and not on.watch():
                room -= _strictly(on, package, size, tried)
        for atom in lost(on)[:MOST_LOST]:
            near = on.arrays.next[on.arrays.next_at[atom] : on.arrays.next_at[atom + 1]]
            beside = on.state.label[near]
            if on.state.label[atom] == OUT and (beside != OUT).any() and room > 0 and not on.watch():
                room -= _strictly(on, int(beside[beside != OUT][0]), size, tried)


def _strictly(on: Map, package: int, size: int, tried: Counter[frozenset[int]]) -> int:
    """Mend one window; the moves that it took."""
    packages = around(on, package, size)
    which = frozenset(packages.tolist())
    tried[which] += 1
    if tried[which] > MENDING_RUNS:
        return 0
    window = window_of(on, packages)
    moves = 600 * len(window.movable)
    anneal(on.arrays, on.state, on.weights, window, on.schedule(MENDING), moves, on.rng, on.watch)
    return moves


def lost(on: Map) -> list[int]:
    """Atoms that stay out though packages could hold them, heaviest first."""
    out = np.flatnonzero((on.state.label == OUT) & (on.arrays.component >= 0))
    order = np.argsort(-on.arrays.atom_load[out], kind="stable")
    return [int(atom) for atom in out[order]]
