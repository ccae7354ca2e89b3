"""What one hub may draw near (围绕一个中心): the atoms that a cheap package around it can hold, and at what worth.

For a hub h and worths u of atoms, a package S around h costs α·Σ far(a, h) + β·soft(S) - Σ u. Its bounds are
relaxed with multipliers y per bounded sum (y > 0 presses up to the lower bound, y < 0 down to the upper, never
harder than a soft bound's price), which leaves for each atom a *penalty*: what taking it (> 0) or missing it
(< 0) adds to the least that any package around h costs. Penalties add up, along paths too: an atom whose
cheapest way to the hub costs more than the room left is in no package worth having (Lagrangian probing).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from geo.bundling.compiling.compiled import compiled
from geo.bundling.forms.arrays import Arrays, Floats, Whole


class Field(NamedTuple):
    """What does not change while packages are priced. a atoms, u units."""

    arrays: Arrays
    far: Floats
    """(a, u): Σ pull · metres of the atom's units to the unit as a hub."""
    kin: Whole
    """Per atom: number of the group that is taken whole or not at all, -1 for most."""
    kin_at: Whole
    kin_atoms: Whole
    """Atoms of each such group."""


class Near(NamedTuple):
    """The atoms around one hub: place 0 is the hub's own, the others follow by falling worth per amount."""

    atoms: Whole
    cost: Floats
    """α·far - worth, the true part of each atom."""
    eased: Floats
    """Cost with the multipliers of all bounded sums but the main one: what the scan of the main one uses."""
    penalty: Floats
    amounts: Floats
    """(m, columns)."""
    main: int
    """Bounded sum that the scan keeps exactly, -1 when there is none to keep."""
    offset: float
    """What the multipliers of the other sums add to every package."""
    least: float
    """No package around this hub costs less."""
    pressed: Floats
    """The multipliers, to begin with next time."""
    next_at: Whole
    next: Whole
    foes_at: Whole
    foes: Whole


@compiled
def far_table(arrays: Arrays) -> Floats:
    """(atoms, units): distance part of an atom when the unit is its hub."""
    atoms, units = len(arrays.component), len(arrays.x)
    far = np.zeros((atoms, units))
    for atom in range(atoms):
        for which in range(arrays.units_at[atom], arrays.units_at[atom + 1]):
            unit = arrays.units[which]
            for hub in range(units):
                far[atom, hub] += arrays.pull[unit] * np.hypot(
                    arrays.x[unit] - arrays.x[hub], arrays.y[unit] - arrays.y[hub]
                )
    return far


@compiled
def _slope(y: float, cost: Floats, amount: Floats, inside: np.ndarray, lower: float, upper: float) -> float:
    """Slope, just right of multiplier ``y``, of the least cost of the relaxed package."""
    found = lower if y >= 0 else upper
    for place in range(len(cost)):
        a = amount[place]
        reduced = cost[place] - y * a
        if place == 0 or (inside[place] and (reduced < 0 or (reduced == 0 and a > 0))):
            found -= a
    return found


@compiled
def _best_multiplier(
    cost: Floats, amount: Floats, inside: np.ndarray, lower: float, upper: float, price: float
) -> float:
    """Where the least cost of the relaxed package is highest: a breakpoint, 0, or a price's end."""
    marks = np.empty(len(cost) + 3)
    marks[0] = 0.0
    count = 1
    for place in range(1, len(cost)):
        if inside[place] and amount[place] != 0:
            mark = cost[place] / amount[place]
            if abs(mark) < price:
                marks[count] = mark
                count += 1
    if price < np.inf:
        marks[count], marks[count + 1] = -price, price
        count += 2
    marks = np.sort(marks[:count])
    low = 0 if upper < np.inf else np.searchsorted(marks, 0.0)
    high = count - 1 if lower > -np.inf else np.searchsorted(marks, 0.0, side="right") - 1
    while low < high:
        middle = (low + high) // 2
        if _slope(marks[middle], cost, amount, inside, lower, upper) > 0:
            low = middle + 1
        else:
            high = middle
    return float(marks[low])


@compiled
def _press(
    cost: Floats,
    amounts: Floats,
    inside: np.ndarray,
    lower: Floats,
    upper: Floats,
    price: Floats,
    y: Floats,
    rounds: int,
) -> None:
    """Raise the least cost by one multiplier after the other; ``y`` is changed."""
    count = len(y)
    bent = np.empty(len(cost))
    for _ in range(rounds):
        for column in range(count):
            if lower[column] == -np.inf and upper[column] == np.inf:
                continue
            for place in range(len(cost)):
                bent[place] = cost[place]
                for other in range(count):
                    if other != column:
                        bent[place] -= y[other] * amounts[place, other]
            y[column] = _best_multiplier(
                bent, amounts[:, column], inside, lower[column], upper[column], price[column]
            )
        if count == 1:
            break


@compiled
def _ways(start: int, weight: Floats, next_at: Whole, following: Whole, inside: np.ndarray) -> Floats:
    """Least summed weight of a path from ``start`` to each place, its end included, its start not."""
    count = len(weight)
    best = np.full(count, np.inf)
    done = np.zeros(count, dtype=np.bool_)
    best[start] = 0.0
    for _ in range(count):
        here = -1
        for place in range(count):
            if not done[place] and best[place] < np.inf and (here < 0 or best[place] < best[here]):
                here = place
        if here < 0:
            break
        done[here] = True
        for which in range(next_at[here], next_at[here + 1]):
            other = following[which]
            if inside[other] and best[here] + weight[other] < best[other]:
                best[other] = best[here] + weight[other]
    return best


@compiled
def look_around(
    field: Field, hub: int, alpha: float, beta: float, worth: Floats, room: float, y: Floats
) -> Near:
    """The atoms that a package around ``hub`` costing at most ``room`` can hold, in the order of the scan."""
    arrays = field.arrays
    own, count = arrays.atom_of[hub], len(arrays.component)
    columns = len(arrays.lower)
    place_of = np.full(count, -1, dtype=np.int64)
    atoms = np.empty(count, dtype=np.int64)
    atoms[0], size = own, 1
    foe = np.zeros(count, dtype=np.bool_)
    for which in range(arrays.foes_at[own], arrays.foes_at[own + 1]):
        foe[arrays.foes[which]] = True
    for atom in range(count):
        lock = arrays.lock[atom]
        shut = foe[atom] or (arrays.lock[own] >= 0 and lock >= 0 and lock != arrays.lock[own])
        # where distance costs nothing every member is as good a hub: the first atom stands for all
        shut = shut or (alpha == 0 and atom < own)
        if atom != own and arrays.component[atom] == arrays.component[own] and not shut:
            atoms[size] = atom
            size += 1
    atoms = atoms[:size].copy()
    for place in range(size):
        place_of[atoms[place]] = place
    next_at = np.zeros(size + 1, dtype=np.int64)
    following = np.empty(len(arrays.next), dtype=np.int64)
    links = 0
    for place in range(size):
        for which in range(arrays.next_at[atoms[place]], arrays.next_at[atoms[place] + 1]):
            if place_of[arrays.next[which]] >= 0:
                following[links] = place_of[arrays.next[which]]
                links += 1
        next_at[place + 1] = links
    cost = np.empty(size)
    amounts = np.empty((size, columns))
    for place in range(size):
        cost[place] = alpha * field.far[atoms[place], hub] - worth[atoms[place]]
        for column in range(columns):
            amounts[place, column] = arrays.amounts[atoms[place], column]
    inside = np.ones(size, dtype=np.bool_)
    _within_reach(amounts, arrays.upper, arrays.price, next_at, following, inside)
    price = beta * arrays.price
    for column in range(columns):
        if arrays.price[column] == np.inf:
            price[column] = np.inf
    pressed = y.copy()
    least = -np.inf
    penalty = np.empty(size)
    for _ in range(3):
        _press(cost, amounts, inside, arrays.lower, arrays.upper, price, pressed, 4)
        least = 0.0
        for column in range(columns):
            if pressed[column] > 0:
                least += pressed[column] * arrays.lower[column]
            elif pressed[column] < 0:
                least += pressed[column] * arrays.upper[column]
        for place in range(size):
            penalty[place] = cost[place]
            for column in range(columns):
                penalty[place] -= pressed[column] * amounts[place, column]
            if place == 0:
                least += penalty[0]
            elif inside[place]:
                least += min(penalty[place], 0.0)
        if least > room:
            break
        ways = _ways(0, np.maximum(penalty, 0.0), next_at, following, inside)
        gone = 0
        for place in range(1, size):
            if inside[place] and least + ways[place] > room:
                inside[place] = False
                gone += 1
        if gone == 0:
            break
    return _packed(field, atoms, cost, penalty, amounts, inside, pressed, price, least)


@compiled
def _within_reach(
    amounts: Floats, upper: Floats, price: Floats, next_at: Whole, following: Whole, inside: np.ndarray
) -> None:
    """Shut out atoms to which no path from the hub stays under a hard upper bound."""
    for column in range(len(upper)):
        weight = amounts[:, column].copy()
        if upper[column] == np.inf or price[column] < np.inf or weight.min() < 0:
            continue
        ways = _ways(0, weight, next_at, following, inside)
        for place in range(1, len(weight)):
            if weight[0] + ways[place] > upper[column]:
                inside[place] = False


@compiled
def _packed(
    field: Field,
    atoms: Whole,
    cost: Floats,
    penalty: Floats,
    amounts: Floats,
    inside: np.ndarray,
    pressed: Floats,
    price: Floats,
    least: float,
) -> Near:
    """Only the atoms still inside, those first that bring most per amount of the main sum."""
    arrays = field.arrays
    columns = len(pressed)
    main, heaviest = -1, 0.0
    for column in range(columns):
        if amounts[:, column].min() >= 0:
            weight = abs(pressed[column]) * amounts[:, column].mean()
            held = arrays.upper[column] < np.inf or arrays.lower[column] > -np.inf
            if held and (main < 0 or weight > heaviest):
                main, heaviest = column, weight
    offset = 0.0
    for column in range(columns):
        if column != main:
            offset += pressed[column] * (arrays.lower[column] if pressed[column] > 0 else 0.0)
            offset += pressed[column] * (arrays.upper[column] if pressed[column] < 0 else 0.0)
    eased = cost.copy()
    for column in range(columns):
        if column != main:
            eased -= pressed[column] * amounts[:, column]
    rate = np.empty(len(cost))
    for place in range(len(cost)):
        weight = amounts[place, main] if main >= 0 else 0.0
        if weight > 0:
            rate[place] = eased[place] / weight
        else:
            rate[place] = -np.inf if eased[place] < 0 else np.inf
        if not inside[place]:
            rate[place] = np.nan
    rate[0] = -np.inf
    order = np.argsort(rate, kind="mergesort")[: inside.sum()]
    # the hub's own atom comes first, whatever else costs nothing
    where = 0
    while order[where] != 0:
        where += 1
    for place in range(where, 0, -1):
        order[place] = order[place - 1]
    order[0] = 0
    kept = atoms[order]
    place_of = np.full(len(arrays.component), -1, dtype=np.int64)
    for place in range(len(kept)):
        place_of[kept[place]] = place
    next_at, following = _rows_inside(kept, place_of, arrays.next_at, arrays.next)
    foes_at, foes = _rows_inside(kept, place_of, arrays.foes_at, arrays.foes)
    return Near(
        kept,
        cost[order],
        eased[order],
        penalty[order],
        amounts[order],
        main,
        offset,
        least,
        pressed,
        next_at,
        following,
        foes_at,
        foes,
    )


@compiled
def _rows_inside(kept: Whole, place_of: Whole, at: Whole, values: Whole) -> tuple[Whole, Whole]:
    """Rows of ``values`` of the atoms kept, as places, those outside dropped."""
    found_at = np.zeros(len(kept) + 1, dtype=np.int64)
    total = 0
    for place in range(len(kept)):
        total += at[kept[place] + 1] - at[kept[place]]
    found = np.empty(total, dtype=np.int64)
    size = 0
    for place in range(len(kept)):
        for which in range(at[kept[place]], at[kept[place] + 1]):
            if place_of[values[which]] >= 0:
                found[size] = place_of[values[which]]
                size += 1
        found_at[place + 1] = size
    return found_at, found[:size].copy()
