"""A plan under change as flat arrays, with the sums behind the objective; loops over it are compiled.

Per package the column sums, and per member unit the summed distance of all members to it: so the moving
hub (medoid) of a changed package costs one minimum over its members. Members are a linked list of units.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from geo.bundling.compiling.compiled import bare, inlined
from geo.bundling.forms.arrays import OUT, Arrays, Floats, Whole

X, Y, PULL, TOWARDS = 0, 1, 2, 3
"""Columns of :attr:`State.body`."""
HAIR = 0.02
"""Constant share that makes a bound missed by a hair dearer than one kept exactly."""


class Weights(NamedTuple):
    """What the parts weigh against each other while searching (plans are compared part by part).

    ``hard`` per share of a package's usual sum broken, ``soft`` per price, ``out`` per load left out,
    ``out_one`` per atom left out, ``balance`` per squared share off ``mean``; all in distance cost.
    """

    scale: Floats
    hard: float
    soft: float
    out: float
    out_one: float
    balance: float
    mean: float
    usual: float
    """Distance cost that a package of the mean size would have about its middle."""
    unit_cost: float
    """The same per atom: the measure of temperatures."""


class State(NamedTuple):
    """The plan and its sums. Rows of packages may be empty; ``label`` is OUT for atoms that stay out."""

    label: Whole
    body: Floats
    """Per unit: x, y, pull, and the summed distance cost of its package's members to it."""
    after: Whole
    """Per unit: the next member of its package, -1 at the end; with ``before``."""
    before: Whole
    first: Whole
    size: Whole
    """Atoms per package."""
    cost: Floats
    hard: Floats
    soft: Floats
    lean: Floats
    sums: Floats
    areas: Whole
    """Units per package and area, where borders cost; else one zero."""
    sign: np.ndarray
    """Per package: exclusive or of its atoms' tokens, the same for the same members."""
    token: np.ndarray
    stamp: Whole
    todo: Whole
    clock: Whole


def new_state(arrays: Arrays, labels: Whole, packages: int, weights: Weights) -> State:
    """A state that holds the plan ``labels`` of ``packages`` packages."""
    atoms, units, columns = len(arrays.component), len(arrays.x), len(arrays.lower)
    bordered = arrays.border_price > 0
    areas = int(arrays.area.max()) + 1 if bordered and units else 1
    state = State(
        label=np.array(labels, dtype=np.int64),
        body=np.column_stack([arrays.x, arrays.y, arrays.pull, np.zeros(units)]).reshape(units, 4),
        after=np.full(units, -1, dtype=np.int64),
        before=np.full(units, -1, dtype=np.int64),
        first=np.full(packages, -1, dtype=np.int64),
        size=np.zeros(packages, dtype=np.int64),
        cost=np.zeros(packages),
        hard=np.zeros(packages),
        soft=np.zeros(packages),
        lean=np.zeros(packages),
        sums=np.zeros((packages, columns)),
        areas=np.zeros((packages if bordered else 1, areas), dtype=np.int64),
        sign=np.zeros(packages, dtype=np.uint64),
        token=_tokens(atoms),
        stamp=np.zeros(atoms, dtype=np.int64),
        todo=np.zeros(atoms + 1, dtype=np.int64),
        clock=np.zeros(1, dtype=np.int64),
    )
    rebuild(arrays, state, weights)
    return state


def _tokens(count: int) -> np.ndarray:
    """A fixed 64-bit number per atom."""
    return np.random.default_rng(20_260_101).integers(1, 2**63, size=count, dtype=np.uint64)


def weights_of(arrays: Arrays, packages: int, balance: float = 0.0) -> Weights:
    """Weights that fit the size of the map and the number of packages."""
    served = max(packages, 1)
    width, height = (float(np.ptp(v)) if len(v) else 0.0 for v in (arrays.x, arrays.y))
    radius = max(math.sqrt(max(width * height, width, height, 1.0) / served), 1.0)
    mean = max(float(arrays.load.sum()) / served, 1e-9)
    usual = max(float(arrays.pull.sum()) / served, 1e-9) * radius
    scale = np.maximum(np.abs(arrays.amounts).sum(axis=0) / served, 1e-9)
    # the least that a soft rule can cost in earnest: a border, or a hundredth of a usual sum
    priced = [float(p * s) * 0.01 for p, s in zip(arrays.price, scale, strict=True) if 0 < p < math.inf]
    least = min([*priced, *([arrays.border_price] if arrays.border_price > 0 else [])], default=1.0)
    return Weights(
        scale=scale,
        hard=4.0 * usual,
        soft=0.5 * usual / least,
        out=20.0 * usual / mean,
        out_one=0.5 * usual,
        balance=balance * usual,
        mean=mean,
        usual=usual,
        unit_cost=usual * served / max(len(arrays.component), 1),
    )


@bare
def rebuild(arrays: Arrays, state: State, weights: Weights) -> None:
    """Work out every sum afresh from the labels."""
    state.first[:] = -1
    state.size[:] = 0
    state.sums[:] = 0.0
    state.areas[:] = 0
    state.sign[:] = np.uint64(0)
    state.cost[:] = 0.0
    for atom in range(len(state.label)):
        package = state.label[atom]
        if package >= 0:
            link_in(arrays, state, atom, package)
    for package in range(len(state.first)):
        one = state.first[package]
        while one >= 0:
            total = 0.0
            other = state.first[package]
            while other >= 0:
                total += state.body[other, PULL] * apart(state, one, other)
                other = state.after[other]
            state.body[one, TOWARDS] = total
            one = state.after[one]
        settle(arrays, state, weights, package)


@inlined
def apart(state: State, one: int, other: int) -> float:
    """Metres between two units."""
    dx = state.body[one, X] - state.body[other, X]
    dy = state.body[one, Y] - state.body[other, Y]
    return float(np.sqrt(dx * dx + dy * dy))


@inlined
def towards(arrays: Arrays, state: State, atom: int, unit: int) -> float:
    """Distance cost of an atom to a unit."""
    total = 0.0
    for which in range(arrays.units_at[atom], arrays.units_at[atom + 1]):
        other = arrays.units[which]
        total += state.body[other, PULL] * apart(state, other, unit)
    return total


@bare
def settle(arrays: Arrays, state: State, weights: Weights, package: int) -> None:
    """Refresh cost and what is broken of a package from its sums."""
    best = np.inf
    unit = state.first[package]
    while unit >= 0:
        best = min(best, state.body[unit, TOWARDS])
        unit = state.after[unit]
    if best == np.inf:
        state.cost[package] = state.hard[package] = state.soft[package] = state.lean[package] = 0.0
        return
    state.cost[package] = best
    hard, soft = broken_after(arrays, state, weights, package, -1, -1)
    state.hard[package], state.soft[package] = hard, soft
    state.lean[package] = lean_after(arrays, state, weights, package, -1, -1)


@inlined
def broken_after(
    arrays: Arrays, state: State, weights: Weights, package: int, add: int, drop: int
) -> tuple[float, float]:
    """What ``package`` breaks after ``add`` has come and ``drop`` has left (-1 = nobody): hard, soft."""
    hard = soft = 0.0
    for column in range(state.sums.shape[1]):
        load = state.sums[package, column]
        if add >= 0:
            load += arrays.amounts[add, column]
        if drop >= 0:
            load -= arrays.amounts[drop, column]
        if load < arrays.lower[column]:
            miss = arrays.lower[column] - load
        elif load > arrays.upper[column]:
            miss = load - arrays.upper[column]
        else:
            continue
        if arrays.price[column] == np.inf:
            hard += miss / weights.scale[column] + HAIR
        else:
            soft += miss * arrays.price[column]
    if arrays.border_price > 0:
        soft += arrays.border_price * (_areas_after(arrays, state, package, add, drop) - 1)
    return hard, soft


@inlined
def _areas_after(arrays: Arrays, state: State, package: int, add: int, drop: int) -> int:
    """Areas that ``package`` would reach into; the counts are changed, looked at, and changed back."""
    _count_areas(arrays, state, package, add, 1)
    _count_areas(arrays, state, package, drop, -1)
    found = 0
    for area in range(state.areas.shape[1]):
        if state.areas[package, area] > 0:
            found += 1
    _count_areas(arrays, state, package, add, -1)
    _count_areas(arrays, state, package, drop, 1)
    return max(found, 1)


@inlined
def _count_areas(arrays: Arrays, state: State, package: int, atom: int, step: int) -> None:
    if atom >= 0:
        for which in range(arrays.units_at[atom], arrays.units_at[atom + 1]):
            state.areas[package, arrays.area[arrays.units[which]]] += step


@inlined
def lean_after(arrays: Arrays, state: State, weights: Weights, package: int, add: int, drop: int) -> float:
    """Price of the load off the mean after a move."""
    if weights.balance == 0.0 or state.sums.shape[1] == 0:
        return 0.0
    load = state.sums[package, 0]
    if add >= 0:
        load += arrays.amounts[add, 0]
    if drop >= 0:
        load -= arrays.amounts[drop, 0]
    off = load / weights.mean - 1.0
    return float(weights.balance * off * off)


@bare
def link_in(arrays: Arrays, state: State, atom: int, package: int) -> None:
    """Enter an atom into a package's list, sums, areas and sign; distances are the caller's."""
    state.label[atom] = package
    for which in range(arrays.units_at[atom], arrays.units_at[atom + 1]):
        unit = arrays.units[which]
        head = state.first[package]
        state.before[unit], state.after[unit] = -1, head
        if head >= 0:
            state.before[head] = unit
        state.first[package] = unit
        if arrays.border_price > 0:
            state.areas[package, arrays.area[unit]] += 1
    for column in range(state.sums.shape[1]):
        state.sums[package, column] += arrays.amounts[atom, column]
    state.size[package] += 1
    state.sign[package] ^= state.token[atom]


@bare
def link_out(arrays: Arrays, state: State, atom: int) -> None:
    """Strike an atom from its package's list, sums, areas and sign; distances are the caller's."""
    package = state.label[atom]
    state.label[atom] = -1
    for which in range(arrays.units_at[atom], arrays.units_at[atom + 1]):
        unit = arrays.units[which]
        left, right = state.before[unit], state.after[unit]
        if left >= 0:
            state.after[left] = right
        else:
            state.first[package] = right
        if right >= 0:
            state.before[right] = left
        if arrays.border_price > 0:
            state.areas[package, arrays.area[unit]] -= 1
    for column in range(state.sums.shape[1]):
        state.sums[package, column] -= arrays.amounts[atom, column]
    state.size[package] -= 1
    state.sign[package] ^= state.token[atom]


@bare
def move(arrays: Arrays, state: State, weights: Weights, atom: int, package: int) -> None:
    """Put an atom into a package (or OUT) and mend every sum; contiguity is the caller's."""
    here = state.label[atom]
    if here >= 0:
        link_out(arrays, state, atom)
        unit = state.first[here]
        while unit >= 0:
            state.body[unit, TOWARDS] -= towards(arrays, state, atom, unit)
            unit = state.after[unit]
        settle(arrays, state, weights, here)
    if package >= 0:
        unit = state.first[package]
        while unit >= 0:
            state.body[unit, TOWARDS] += towards(arrays, state, atom, unit)
            unit = state.after[unit]
        link_in(arrays, state, atom, package)
        for which in range(arrays.units_at[atom], arrays.units_at[atom + 1]):
            own = arrays.units[which]
            total = 0.0
            unit = state.first[package]
            while unit >= 0:
                total += state.body[unit, PULL] * apart(state, own, unit)
                unit = state.after[unit]
            state.body[own, TOWARDS] = total
        settle(arrays, state, weights, package)


@inlined
def out_cost(arrays: Arrays, weights: Weights, atom: int) -> float:
    """Price of leaving an atom out."""
    return float(arrays.atom_load[atom] * weights.out + weights.out_one)


@bare
def energy(arrays: Arrays, state: State, weights: Weights, hard: float, soft: float) -> float:
    """The searched sum: distance, what is broken at the given weights, and what stays out."""
    total = 0.0
    for package in range(len(state.first)):
        total += state.cost[package] + state.lean[package]
        total += hard * state.hard[package] + soft * state.soft[package]
    for atom in range(len(state.label)):
        if state.label[atom] == OUT and arrays.component[atom] >= 0:
            total += out_cost(arrays, weights, atom)
    return total
