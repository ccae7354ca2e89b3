"""Every connected package around a hub that costs at most so much (枚举), none twice.

Depth first: a package is output where it stands, then each touching atom in turn is taken (and walked on
from) and afterwards shut out. A branch ends where no package in it can be cheap enough: first by the summed
penalties of :mod:`geo.bundling.proof.near_hub`, which cost one addition, then by a scan that fills the main sum with
the atoms left, best worth first (a continuous two-sided knapsack); or where a hard bound, a group that goes
together, or an atom cut off by those shut out, rules out all that is left.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from geo.bundling.compiling.compiled import bare, compiled
from geo.bundling.forms.arrays import Floats, Whole
from geo.bundling.proof.near_hub import Field, Near, look_around
from geo.bundling.proof.walk_steps import (
    FREE,
    Walk,
    hopeful,
    shut_cut_off,
    shut_with_kin,
    step_back,
    take,
)

DONE, TIRED, FULL = 0, 1, 2
"""How a walk ended: all seen; its steps used up; no room to write down what it found."""
HAIR = 1e-11
"""Relative difference below which two sums of metres count as equal: lost packages would break a proof."""


class Found(NamedTuple):
    """Packages written down: atoms row by row; ``size`` holds the number of packages and of atoms."""

    at: Whole
    atoms: Whole
    cost: Floats
    hub: Whole
    size: Whole


def paper(packages: int, atoms: int) -> Found:
    """Room for so many packages and atoms."""
    return Found(
        np.zeros(packages + 1, dtype=np.int64),
        np.empty(atoms, dtype=np.int64),
        np.empty(packages),
        np.empty(packages, dtype=np.int64),
        np.zeros(2, dtype=np.int64),
    )


@compiled
def set_out(field: Field, near: Near, room: float) -> Walk:
    """A walk that has not begun, with room for packages that cost at most ``room``."""
    size, columns = near.amounts.shape
    depth = size + 2
    return Walk(
        np.zeros(size, dtype=np.int64),
        np.zeros(size, dtype=np.int64),
        np.empty(size + 1, dtype=np.int64),
        np.empty(depth, dtype=np.int64),
        np.empty(depth, dtype=np.int64),
        np.empty(depth, dtype=np.int64),
        np.zeros((depth, columns)),
        np.zeros((depth, columns)),
        np.zeros((depth, columns)),
        np.zeros((depth, 3)),
        np.zeros(depth, dtype=np.int64),
        np.zeros(len(field.arrays.x), dtype=np.int64),
        np.array([-1, 0, 0, 0]),
        np.array([np.inf, room]),
    )


@bare
def _worth_writing(
    field: Field, walk: Walk, near: Near, depth: int, hub: int, beta: float, constant: float, alpha: float
) -> float:
    """Cost of the package as it stands; inf when it breaks a rule, costs too much, or belongs to another hub."""
    arrays = field.arrays
    soft = arrays.border_price * max(walk.areas[depth] - 1, 0)
    for column in range(walk.sums.shape[1]):
        load = walk.sums[depth, column]
        if load < arrays.lower[column] or load > arrays.upper[column]:
            if arrays.price[column] == np.inf:
                return np.inf
            off = arrays.lower[column] - load if load < arrays.lower[column] else load - arrays.upper[column]
            soft += arrays.price[column] * off
    cost = walk.value[depth, 0] + beta * soft + constant
    if cost > walk.best[1]:
        return np.inf
    for level in range(depth + 1):
        group = field.kin[near.atoms[walk.vertex[level]]]
        if group >= 0:
            there = 0
            for other in range(depth + 1):
                if field.kin[near.atoms[walk.vertex[other]]] == group:
                    there += 1
            if there < field.kin_at[group + 1] - field.kin_at[group]:
                return np.inf
    if alpha > 0 and not _is_middle(field, walk, near, depth, hub):
        return np.inf
    return float(cost)


@bare
def _is_middle(field: Field, walk: Walk, near: Near, depth: int, hub: int) -> bool:
    """Whether no other unit of the package is a better hub (beyond rounding)."""
    arrays = field.arrays
    own = 0.0
    for level in range(depth + 1):
        own += field.far[near.atoms[walk.vertex[level]], hub]
    for level in range(depth + 1):
        atom = near.atoms[walk.vertex[level]]
        for which in range(arrays.units_at[atom], arrays.units_at[atom + 1]):
            other = 0.0
            for member in range(depth + 1):
                other += field.far[near.atoms[walk.vertex[member]], arrays.units[which]]
            if other < own * (1 - HAIR):
                return False
    return True


@compiled
def walk_on(
    field: Field,
    near: Near,
    walk: Walk,
    found: Found,
    hub: int,
    alpha: float,
    beta: float,
    constant: float,
    keep: int,
    steps: int,
) -> int:
    """Go on with a walk for at most ``steps`` steps.

    ``constant`` is added to every package's cost. After ``keep`` packages only cheaper ones than the cheapest
    found are looked for. Returns DONE, TIRED (call again) or FULL (call again with fresh paper).
    """
    numbers, size = walk.numbers, len(near.atoms)
    queue = np.empty(size, dtype=np.int64)
    reached = np.zeros(size, dtype=np.int64)
    stamp = 0
    enter = False
    if numbers[0] < 0:
        if numbers[1] > 0 or near.least + constant > walk.best[1]:
            return DONE
        fine = _take_first(field, walk, near)
        numbers[1] += 1
        if not fine:
            step_back(field, walk, near)
            return DONE
        enter = True
    goal = numbers[1] + steps
    while numbers[0] >= 0:
        depth = numbers[0]
        if enter:
            enter = False
            if found.size[0] + 1 >= len(found.cost) or found.size[1] + depth + 1 >= len(found.atoms):
                walk.pointer[depth] = -1  # look at this package again
                return FULL
            walk.pointer[depth] = 1
            cost = _worth_writing(field, walk, near, depth, hub, beta, constant, alpha)
            if cost < np.inf:
                package, end = found.size[0], found.size[1]
                for level in range(depth + 1):
                    found.atoms[end + level] = near.atoms[walk.vertex[level]]
                found.at[package + 1] = end + depth + 1
                found.cost[package], found.hub[package] = cost, hub
                found.size[0] += 1
                found.size[1] += depth + 1
                numbers[3] += 1
                walk.best[0] = min(walk.best[0], cost)
                if numbers[3] >= keep:
                    walk.best[1] = min(walk.best[1], walk.best[0] - HAIR * abs(walk.best[0]))
            numbers[1] += 1
        if walk.pointer[depth] < 0:
            enter = True
            continue
        if numbers[1] >= goal:
            return TIRED
        place = walk.pointer[depth]
        while place < size and not (walk.status[place] == FREE and walk.touch[place] > 0):
            place += 1
        if place >= size:
            step_back(field, walk, near)
            if numbers[0] >= 0 and not _left_behind(
                field, walk, near, numbers[0], beta, constant, queue, reached, stamp + 1
            ):
                walk.pointer[numbers[0]] = size
            stamp += 1
            continue
        walk.pointer[depth] = place + 1
        numbers[1] += 1
        if take(field, walk, near, depth, place) and hopeful(field, walk, near, depth + 1, beta, constant):
            enter = True
            continue
        step_back(field, walk, near)
        stamp += 1
        if not _left_behind(field, walk, near, depth, beta, constant, queue, reached, stamp):
            walk.pointer[depth] = size
    return DONE


@compiled
def _take_first(field: Field, walk: Walk, near: Near) -> bool:
    """Take the hub's own atom at depth 0, from a level -1, which is the last row: no walk is that deep."""
    walk.value[-1, 2] = near.least - max(0.0, near.penalty[0])  # the penalty of the hub is in already
    for column in range(near.amounts.shape[1]):
        for place in range(len(near.atoms)):
            walk.up[-1, column] += max(near.amounts[place, column], 0.0)
            walk.down[-1, column] += min(near.amounts[place, column], 0.0)
    return take(field, walk, near, -1, 0)


@bare
def _left_behind(
    field: Field,
    walk: Walk,
    near: Near,
    depth: int,
    beta: float,
    constant: float,
    queue: Whole,
    reached: Whole,
    stamp: int,
) -> bool:
    """Shut out the place tried last at this depth and what it alone led to; whether hope is left."""
    place = walk.pointer[depth] - 1
    if not shut_with_kin(field, walk, near, depth, place):
        return False
    for which in range(near.next_at[place], near.next_at[place + 1]):
        other = near.next[which]
        if walk.status[other] == FREE and walk.touch[other] == 0:
            shut_cut_off(walk, near, depth, queue, reached, stamp)
            break
    return hopeful(field, walk, near, depth, beta, constant)


@compiled
def price_hubs(
    field: Field,
    hubs: Whole,
    alpha: float,
    beta: float,
    worth: Floats,
    constant: float,
    rooms: Floats,
    pressed: Floats,
    keep: int,
    steps: int,
    found: Found,
) -> tuple[Floats, Whole, int]:
    """Walk around each hub for at most ``steps`` steps.

    ``rooms``: per hub, the most that a package may cost, ``constant`` included. ``pressed`` (units, columns) is
    taken up and written back. Returns, per hub, the cost of the cheapest package found, else its room; in a walk
    that did not end, what surely no package undercuts. And how the walk ended, and the steps of all walks.
    """
    best = np.empty(len(hubs))
    ended = np.empty(len(hubs), dtype=np.int64)
    spent = 0
    for number in range(len(hubs)):
        hub, room = hubs[number], rooms[number]
        near = look_around(field, hub, alpha, beta, worth, room - constant, pressed[hub])
        pressed[hub] = near.pressed
        walk = set_out(field, near, room)
        ended[number] = walk_on(field, near, walk, found, hub, alpha, beta, constant, keep, steps)
        spent += walk.numbers[1]
        best[number] = min(walk.best[0], room)
        if ended[number] != DONE:
            best[number] = min(best[number], near.least + constant)
    return best, ended, spent
