"""Packages wander (标包迁移) from where one is spared cheaply to where one more helps most.

Single moves never find that: in a city with countryside in one map a package is dissolved here and founded there.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from geo.bundling.forms.arrays import OUT, Whole
from geo.bundling.search.anneal import Schedule
from geo.bundling.search.improve import Window, anneal, put
from geo.bundling.search.windows import MOVES, Map, around, window_of

WANDERING = 24
"""Packages of a window that may win or lose one: ten per cent of tolerance each way make room for it."""
WANDERED = Schedule(hot=0.4, cold=0.02, soft=0.1, strict=10.0)
FOUNDED = -2
"""Label of the package that a trial founds."""


class Trial(NamedTuple):
    """What a window would be with another number of packages: its atoms, their labels, the change of energy."""

    atoms: Whole
    labels: Whole
    change: float


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
