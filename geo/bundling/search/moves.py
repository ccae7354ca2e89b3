"""What a move would change, without making it: distance, bounds, borders, and whether packages stay whole."""

from __future__ import annotations

import numpy as np

from geo.bundling.compiling.compiled import bare, inlined
from geo.bundling.forms.arrays import OUT, Arrays
from geo.bundling.search.state import (
    PULL,
    TOWARDS,
    State,
    Weights,
    X,
    Y,
    apart,
    broken_after,
    lean_after,
    towards,
)


@inlined
def cost_after(arrays: Arrays, state: State, package: int, add: int, drop: int) -> float:
    """Distance of ``package`` after ``add`` has come and ``drop`` has left (-1 = nobody); 0 when empty."""
    body = state.body
    plain = (add < 0 or arrays.units_at[add + 1] - arrays.units_at[add] == 1) and (
        drop < 0 or arrays.units_at[drop + 1] - arrays.units_at[drop] == 1
    )
    if not plain:
        return _cost_after_group(arrays, state, package, add, drop)
    best, own = np.inf, 0.0
    comer = arrays.units[arrays.units_at[add]] if add >= 0 else -1
    leaver = arrays.units[arrays.units_at[drop]] if drop >= 0 else -1
    unit = state.first[package]
    if comer >= 0 and leaver >= 0:
        cx, cy, cp = body[comer, X], body[comer, Y], body[comer, PULL]
        lx, ly, lp = body[leaver, X], body[leaver, Y], body[leaver, PULL]
        while unit >= 0:
            if unit != leaver:
                x, y = body[unit, X], body[unit, Y]
                far = np.sqrt((x - cx) * (x - cx) + (y - cy) * (y - cy))
                gone = np.sqrt((x - lx) * (x - lx) + (y - ly) * (y - ly))
                own += body[unit, PULL] * far
                best = min(best, body[unit, TOWARDS] + cp * far - lp * gone)
            unit = state.after[unit]
        return min(best, own)
    if comer >= 0:
        cx, cy, cp = body[comer, X], body[comer, Y], body[comer, PULL]
        while unit >= 0:
            x, y = body[unit, X], body[unit, Y]
            far = np.sqrt((x - cx) * (x - cx) + (y - cy) * (y - cy))
            own += body[unit, PULL] * far
            best = min(best, body[unit, TOWARDS] + cp * far)
            unit = state.after[unit]
        return min(best, own)
    lx, ly, lp = body[leaver, X], body[leaver, Y], body[leaver, PULL]
    while unit >= 0:
        if unit != leaver:
            x, y = body[unit, X], body[unit, Y]
            gone = np.sqrt((x - lx) * (x - lx) + (y - ly) * (y - ly))
            best = min(best, body[unit, TOWARDS] - lp * gone)
        unit = state.after[unit]
    return 0.0 if best == np.inf else best


@bare
def _cost_after_group(arrays: Arrays, state: State, package: int, add: int, drop: int) -> float:
    """:func:`cost_after` where an atom of several units comes or goes."""
    best = np.inf
    unit = state.first[package]
    while unit >= 0:
        if drop < 0 or arrays.atom_of[unit] != drop:
            total = state.body[unit, TOWARDS]
            if add >= 0:
                total += towards(arrays, state, add, unit)
            if drop >= 0:
                total -= towards(arrays, state, drop, unit)
            best = min(best, total)
        unit = state.after[unit]
    if add >= 0:
        for which in range(arrays.units_at[add], arrays.units_at[add + 1]):
            own = arrays.units[which]
            total = towards(arrays, state, add, own)
            unit = state.first[package]
            while unit >= 0:
                if drop < 0 or arrays.atom_of[unit] != drop:
                    total += state.body[unit, PULL] * apart(state, own, unit)
                unit = state.after[unit]
            best = min(best, total)
    return 0.0 if best == np.inf else best


@inlined
def may_join(arrays: Arrays, state: State, atom: int, package: int, leaver: int) -> bool:
    """Whether the rules of apart units let ``atom`` into ``package`` once ``leaver`` has left."""
    for which in range(arrays.foes_at[atom], arrays.foes_at[atom + 1]):
        foe = arrays.foes[which]
        if state.label[foe] == package and foe != leaver:
            return False
    return True


@inlined
def whole_without(arrays: Arrays, state: State, atom: int, joined: int) -> bool:
    """Whether the package of ``atom`` stays connected and not empty without it, with ``joined`` (-1) added.

    A walk from one of its neighbours inside that stops as soon as it has met them all.
    """
    label, stamp, todo = state.label, state.stamp, state.todo
    package = label[atom]
    state.clock[0] += 2
    seen = state.clock[0]
    wanted = seen - 1
    missing, start = 0, -1
    for which in range(arrays.next_at[atom], arrays.next_at[atom + 1]):
        other = arrays.next[which]
        if label[other] == package:
            stamp[other] = wanted
            missing += 1
            start = other
    if joined >= 0:
        touching = False
        for which in range(arrays.next_at[joined], arrays.next_at[joined + 1]):
            other = arrays.next[which]
            if label[other] == package and other != atom:
                touching = True
        if not touching:
            return missing == 0 and state.size[package] == 1
        stamp[joined] = wanted
        missing += 1
        start = joined
    if missing <= 1:
        return missing == 1
    stamp[atom] = seen
    stamp[start] = seen
    todo[0] = start
    left, missing = 1, missing - 1
    head = 0
    while head < left:
        here = todo[head]
        head += 1
        for which in range(arrays.next_at[here], arrays.next_at[here + 1]):
            other = arrays.next[which]
            if stamp[other] == seen or (label[other] != package and other != joined):
                continue
            if stamp[other] == wanted:
                missing -= 1
                if missing == 0:
                    return True
            stamp[other] = seen
            todo[left] = other
            left += 1
    return False


@inlined
def shift_change(
    arrays: Arrays, state: State, weights: Weights, atom: int, there: int
) -> tuple[float, float, float]:
    """Change of (distance and lean and what stays out, hard, soft) when ``atom`` goes to ``there`` (or OUT)."""
    here = state.label[atom]
    change = hard = soft = 0.0
    if here == OUT:
        change -= arrays.atom_load[atom] * weights.out + weights.out_one
    else:
        change += cost_after(arrays, state, here, -1, atom) - state.cost[here]
        change += lean_after(arrays, state, weights, here, -1, atom) - state.lean[here]
        if state.size[here] > 1:
            after = broken_after(arrays, state, weights, here, -1, atom)
            hard, soft = after[0], after[1]
        hard -= state.hard[here]
        soft -= state.soft[here]
    if there == OUT:
        change += arrays.atom_load[atom] * weights.out + weights.out_one
    else:
        change += cost_after(arrays, state, there, atom, -1) - state.cost[there]
        change += lean_after(arrays, state, weights, there, atom, -1) - state.lean[there]
        after = broken_after(arrays, state, weights, there, atom, -1)
        hard += after[0] - state.hard[there]
        soft += after[1] - state.soft[there]
    return change, hard, soft
