"""Large neighbourhoods (大邻域): clusters of packages improved while the rest of the map stands still.

A window is annealed afresh a few times and its best plan put together from all packages met; a window around
a broken package is annealed until its rules are kept; and packages wander from where one is spared cheaply
to where one more helps most, which single moves never find (city and countryside in one map).
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
WANDERING = 24
"""Packages of a window that may win or lose one: ten per cent of tolerance each way make room for it."""
WANDERED = Schedule(hot=0.4, cold=0.02, soft=0.1, strict=10.0)


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


class Trial(NamedTuple):
    """What a window would be with another number of packages: its atoms, their labels, the change of energy."""

    atoms: Whole
    labels: Whole
    change: float


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


def wander(on: Map, order: np.random.Generator, *, free: bool, most: float) -> int:
    """Let packages go from windows that spare one cheaply to those that gain most by one more; how many went.

    ``free``: the number of packages may change too, up to ``most``.
    """
    fewer: list[Trial] = []
    more: list[Trial] = []
    closed = (on.state.size == 0).astype(np.int64)
    spare = np.flatnonzero(on.state.size == 0)
    for package in order.permutation(np.flatnonzero(on.state.size > 0)).tolist():
        if closed[package] or on.watch() or not len(spare):
            continue
        packages = around(on, package, WANDERING, closed)
        if len(packages) < 3:
            continue
        fewer += _without_one(on, packages)
        more += _with_one_more(on, packages, int(spare[0]))
    return _exchange(on, fewer, more, free=free, most=most)


def _exchange(on: Map, fewer: list[Trial], more: list[Trial], *, free: bool, most: float) -> int:
    went, used = 0, set[int]()
    standing = int(np.count_nonzero(on.state.size))
    more.sort(key=lambda trial: trial.change)
    fewer.sort(key=lambda trial: trial.change)
    for gain in more:
        spare = np.flatnonzero(on.state.size == 0)
        if int(gain.atoms[0]) in used or not len(spare):
            continue
        if free and gain.change < 0 and standing < most:
            used.add(int(gain.atoms[0]))
            _take(on, gain, int(spare[0]))
            standing, went = standing + 1, went + 1
            continue
        loss = next((t for t in fewer if int(t.atoms[0]) not in used | {int(gain.atoms[0])}), None)
        if loss is None or gain.change + loss.change >= -1e-6 * on.weights.usual:
            continue
        used |= {int(gain.atoms[0]), int(loss.atoms[0])}
        _take(on, loss, OUT)
        _take(on, gain, int(np.flatnonzero(on.state.size == 0)[0]))
        went += 1
    return went


def _take(on: Map, trial: Trial, new: int) -> None:
    """Carry out a trial; the package that it founded gets the number ``new``."""
    labels = trial.labels.copy()
    labels[labels == FOUNDED] = new
    put(on.arrays, on.state, on.weights, trial.atoms, labels)


FOUNDED = -2
"""Label of the package that a trial founds."""


def _without_one(on: Map, packages: Whole) -> list[Trial]:
    """The window with its lightest package given to its neighbours, annealed."""
    window = window_of(on, packages, lost=False)
    locked = on.state.label[on.arrays.lock >= 0]
    free = [p for p in packages.tolist() if p not in locked]
    if not free:
        return []
    chosen = min(free, key=lambda p: (float(on.state.cost[p]), p))
    window.active[chosen] = False
    labels = _absorbed(on, window, chosen)
    return [] if chosen in labels else _tried(on, window, packages, labels, -1)


def _absorbed(on: Map, window: Window, package: int) -> Whole:
    """Labels of the window's atoms after the neighbours of a package have swallowed it ring by ring."""
    label = on.state.label.copy()
    todo = set(np.flatnonzero(label == package).tolist())
    while todo:
        ring = {}
        for atom in sorted(todo):
            near = on.arrays.next[on.arrays.next_at[atom] : on.arrays.next_at[atom + 1]]
            goals = [int(p) for p in label[near] if p not in (OUT, package) and window.active[p]]
            if goals:
                ring[atom] = min(goals, key=lambda p: float(on.state.sums[p, :1].sum()))
        if not ring:
            break
        for atom, goal in ring.items():
            label[atom] = goal
        todo -= ring.keys()
    return np.asarray(label[window.movable], dtype=np.int64)


def _with_one_more(on: Map, packages: Whole, new: int) -> list[Trial]:
    """The window with its dearest package halved, annealed."""
    window = window_of(on, packages, lost=False)
    chosen = max(packages.tolist(), key=lambda p: (float(on.state.cost[p]), p))
    inside = window.movable[on.state.label[window.movable] == chosen]
    if len(inside) < 2:
        return []
    window.active[new] = True
    labels = on.state.label[window.movable]
    half = _half(on, chosen, inside)
    labels[np.isin(window.movable, half)] = new
    return _tried(on, window, packages, labels, new)


def _half(on: Map, package: int, inside: Whole) -> list[int]:
    """Atoms of a package to split off so that both parts are connected; a single one if need be."""
    label, next_at, following = on.state.label, on.arrays.next_at, on.arrays.next
    seen, walk = {int(inside[0])}, [int(inside[0])]
    for atom in walk:
        for other in following[next_at[atom] : next_at[atom + 1]].tolist():
            if label[other] == package and other not in seen:
                seen.add(other)
                walk.append(other)
    # the last of a breadth-first walk never cut off those before them
    free = set(inside.tolist())
    tail: list[int] = []
    for atom in reversed(walk[1:]):
        if atom not in free or (tail and len(tail) >= len(walk) // 2):
            break
        if not tail or set(following[next_at[atom] : next_at[atom + 1]].tolist()) & set(tail):
            tail.append(atom)
        else:
            break
    return tail


def _tried(on: Map, window: Window, packages: Whole, labels: Whole, new: int) -> list[Trial]:
    """Anneal a window from new labels, note what it becomes, and put it back."""
    before, movable = on.state.label[window.movable], window.movable
    level = _level(on, packages, -1)
    put(on.arrays, on.state, on.weights, movable, labels)
    anneal(on.arrays, on.state, on.weights, window, WANDERED, MOVES * len(movable), on.rng, on.watch)
    after = on.state.label[movable]
    change = _level(on, packages, new) - level
    change += _out(on, movable, after) - _out(on, movable, before)
    put(on.arrays, on.state, on.weights, movable, before)
    if new >= 0:
        after[after == new] = FOUNDED
    return [Trial(movable, after, change)]


def _level(on: Map, packages: Whole, new: int) -> float:
    """Energy of the packages of a window at the last weights."""
    whole = packages if new < 0 else np.append(packages, new)
    broken = WANDERED.strict * (
        on.weights.hard * on.state.hard[whole] + on.weights.soft * on.state.soft[whole]
    )
    return float((on.state.cost[whole] + on.state.lean[whole] + broken).sum())


def _out(on: Map, atoms: Whole, labels: Whole) -> float:
    out = atoms[labels == OUT]
    return float(on.arrays.atom_load[out].sum() * on.weights.out + len(out) * on.weights.out_one)
