"""The single steps of a walk over connected packages (:mod:`geo.bundling.proof.walk`): take, shut out, go back."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from geo.bundling.compiling.compiled import bare, inlined
from geo.bundling.forms.arrays import Floats, Whole
from geo.bundling.proof.near_hub import Field, Near

FREE, TAKEN, SHUT = 0, 1, 2


class Walk(NamedTuple):
    """Where a walk stands; it can be gone on with."""

    status: Whole
    touch: Whole
    """Per place: how many atoms taken touch it."""
    trail: Whole
    """Places shut out, in the order in which they were."""
    vertex: Whole
    """By depth: the place taken, with the next place to try, and the trail's and ways' length before it."""
    pointer: Whole
    mark: Whole
    sums: Floats
    """(depth, columns)."""
    up: Floats
    """(depth, columns): how much the free places can still add."""
    down: Floats
    value: Floats
    """(depth, 3): true cost, eased cost, least by penalties."""
    areas: Whole
    """(depth): areas reached into."""
    seen_areas: Whole
    numbers: Whole
    """depth (-1 before the start), steps, length of the trail, packages found."""
    best: Floats
    """Cost of the cheapest package found; the room left."""


@inlined
def _scan(
    near: Near, status: Whole, taken: float, value: float, lower: float, upper: float, price: float
) -> float:
    """Least cost of what can still become of a package: free places by worth, the last one in part."""
    load = taken
    if load < lower and price < np.inf:
        value += price * (lower - load)
    elif load > upper:
        value += price * (load - upper)
    main = near.main
    for place in range(1, len(status)):
        if status[place] != FREE:
            continue
        eased = near.eased[place]
        left = near.amounts[place, main]
        if left <= 0:
            value += min(eased, 0.0)
            continue
        rate = eased / left
        while left > 0:
            if load < lower:
                part, slope = min(left, lower - load), -price
            elif load < upper:
                part, slope = min(left, upper - load), 0.0
            else:
                part, slope = left, price
            if rate + slope >= 0:
                return value
            value += rate * part
            if price < np.inf:
                value += slope * part
            load += part
            left -= part
    if load < lower and price == np.inf:
        return np.inf
    return value


@inlined
def _shut(walk: Walk, near: Near, depth: int, place: int) -> None:
    """Shut a free place out of everything deeper."""
    walk.status[place] = SHUT
    walk.trail[walk.numbers[2]] = place
    walk.numbers[2] += 1
    walk.value[depth, 2] += max(0.0, -near.penalty[place])
    for column in range(walk.sums.shape[1]):
        amount = near.amounts[place, column]
        if amount > 0:
            walk.up[depth, column] -= amount
        else:
            walk.down[depth, column] -= amount


@bare
def shut_cut_off(walk: Walk, near: Near, depth: int, queue: Whole, reached: Whole, stamp: int) -> None:
    """Shut out the free places that those taken no longer reach."""
    size, count = len(walk.status), 0
    for place in range(size):
        if walk.status[place] == FREE and walk.touch[place] > 0:
            reached[place] = stamp
            queue[count] = place
            count += 1
    head = 0
    while head < count:
        here = queue[head]
        head += 1
        for which in range(near.next_at[here], near.next_at[here + 1]):
            other = near.next[which]
            if walk.status[other] == FREE and reached[other] != stamp:
                reached[other] = stamp
                queue[count] = other
                count += 1
    for place in range(size):
        if walk.status[place] == FREE and reached[place] != stamp:
            _shut(walk, near, depth, place)


@bare
def shut_with_kin(field: Field, walk: Walk, near: Near, depth: int, place: int) -> bool:
    """Shut out a place and those of its group; False when one of them is taken."""
    group = field.kin[near.atoms[place]]
    if walk.status[place] == FREE:
        _shut(walk, near, depth, place)
    if group >= 0:
        for other in range(len(walk.status)):
            if field.kin[near.atoms[other]] == group:
                if walk.status[other] == TAKEN:
                    return False
                if walk.status[other] == FREE:
                    _shut(walk, near, depth, other)
    return True


@bare
def hopeful(field: Field, walk: Walk, near: Near, depth: int, beta: float, constant: float) -> bool:
    """Whether anything that keeps the rules and costs little enough can come of this branch."""
    arrays, room = field.arrays, walk.best[1]
    border = beta * arrays.border_price * max(walk.areas[depth] - 1, 0)
    if walk.value[depth, 2] + border + constant > room:
        return False
    for column in range(walk.sums.shape[1]):
        if arrays.price[column] == np.inf:
            load = walk.sums[depth, column]
            hair = 1e-12 * (abs(load) + walk.up[depth, column] - walk.down[depth, column])
            if load + walk.up[depth, column] < arrays.lower[column] - hair:
                return False
            if load + walk.down[depth, column] > arrays.upper[column] + hair:
                return False
    if near.main < 0:
        return True
    main = near.main
    price = arrays.price[main] if arrays.price[main] == np.inf else beta * arrays.price[main]
    least = _scan(
        near,
        walk.status,
        walk.sums[depth, main],
        walk.value[depth, 1] + near.offset,
        arrays.lower[main],
        arrays.upper[main],
        price,
    )
    return bool(least + border + constant <= room)


@bare
def take(field: Field, walk: Walk, near: Near, depth: int, place: int) -> bool:
    """Take a free place into the package, one level deeper; False when a rule forbids it at once."""
    arrays, atom = field.arrays, near.atoms[place]
    deeper = depth + 1
    walk.numbers[0] = deeper
    walk.vertex[deeper], walk.pointer[deeper], walk.mark[deeper] = place, 1, walk.numbers[2]
    walk.status[place] = TAKEN
    for part in range(3):
        walk.value[deeper, part] = walk.value[depth, part]
    walk.value[deeper, 0] += near.cost[place]
    walk.value[deeper, 1] += near.eased[place]
    walk.value[deeper, 2] += max(0.0, near.penalty[place])
    for column in range(walk.sums.shape[1]):
        amount = near.amounts[place, column]
        walk.sums[deeper, column] = walk.sums[depth, column] + amount
        walk.up[deeper, column] = walk.up[depth, column] - max(amount, 0.0)
        walk.down[deeper, column] = walk.down[depth, column] - min(amount, 0.0)
    walk.areas[deeper] = walk.areas[depth]
    for which in range(arrays.units_at[atom], arrays.units_at[atom + 1]):
        area = arrays.area[arrays.units[which]]
        walk.seen_areas[area] += 1
        if walk.seen_areas[area] == 1:
            walk.areas[deeper] += 1
    for which in range(near.next_at[place], near.next_at[place + 1]):
        walk.touch[near.next[which]] += 1
    fine = True
    for which in range(near.foes_at[place], near.foes_at[place + 1]):
        other = near.foes[which]
        if walk.status[other] == FREE:
            fine = fine and shut_with_kin(field, walk, near, deeper, other)
        elif walk.status[other] == TAKEN:
            fine = False
    if arrays.lock[atom] >= 0:
        for other in range(len(walk.status)):
            lock = arrays.lock[near.atoms[other]]
            if walk.status[other] == FREE and lock >= 0 and lock != arrays.lock[atom]:
                _shut(walk, near, deeper, other)
    group = field.kin[atom]
    if group >= 0:
        there = 0
        for other in range(len(walk.status)):
            if field.kin[near.atoms[other]] == group and walk.status[other] != SHUT:
                there += 1
        fine = fine and there == field.kin_at[group + 1] - field.kin_at[group]
    return fine


@inlined
def _free_from(walk: Walk, mark: int) -> None:
    """Undo what was shut out since the trail had this length (sums are kept by depth)."""
    while walk.numbers[2] > mark:
        walk.numbers[2] -= 1
        walk.status[walk.trail[walk.numbers[2]]] = FREE


@bare
def step_back(field: Field, walk: Walk, near: Near) -> None:
    """Give back the place taken last."""
    arrays, depth = field.arrays, walk.numbers[0]
    place = walk.vertex[depth]
    _free_from(walk, walk.mark[depth])
    walk.status[place] = FREE
    atom = near.atoms[place]
    for which in range(arrays.units_at[atom], arrays.units_at[atom + 1]):
        walk.seen_areas[arrays.area[arrays.units[which]]] -= 1
    for which in range(near.next_at[place], near.next_at[place + 1]):
        walk.touch[near.next[which]] -= 1
    walk.numbers[0] = depth - 1
