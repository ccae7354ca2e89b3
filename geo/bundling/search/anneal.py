"""Simulated annealing over boundary moves that keep every package connected (模拟退火).

Two moves: a *shift* takes an atom at a border to the package beside it; a *push* takes it there and sends
another atom on, either back (a swap) or to a third package. Hard bounds are penalties that rise while the
temperature falls. Budgets are moves, never the clock; the same seed gives the same plan, and running in
slices changes nothing.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from geo.bundling.compiling.compiled import bare, inlined
from geo.bundling.forms.arrays import OUT, Arrays, Floats, Whole
from geo.bundling.search.moves import cost_after, may_join, shift_change, whole_without
from geo.bundling.search.pool import Pool, keep
from geo.bundling.search.state import State, Weights, broken_after, energy, lean_after, move

BLOCK, TURN = 1024, 4
"""Atoms that moves stay among for a while, and moves per atom until they go on: near memory is quick memory."""


class Schedule(NamedTuple):
    """How heat and penalties go from the first to the last move (geometrically).

    ``hot``, ``cold``: temperatures in shares of the usual distance cost of an atom; ``soft`` and ``strict``:
    multiples of the weights of broken rules; ``pushes``: share of moves that are pushes.
    ``record_from``: share of the run after which packages are kept in the pool.
    """

    hot: float = 0.3
    cold: float = 0.01
    soft: float = 0.1
    strict: float = 2.0
    pushes: float = 0.5
    record_from: float = 2.0


@inlined
def next_random(rng: np.ndarray) -> float:
    """A number in [0, 1) from a state of one 64-bit word (splitmix64; Steele, Lea, Flood 2014)."""
    rng[0] += np.uint64(0x9E3779B97F4A7C15)
    z = rng[0]
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    z = z ^ (z >> np.uint64(31))
    return np.float64(z >> np.uint64(11)) * (1.0 / 9007199254740992.0)


@bare
def run_moves(
    arrays: Arrays,
    state: State,
    weights: Weights,
    pool: Pool,
    schedule: Schedule,
    movable: Whole,
    active: np.ndarray,
    best: Whole,
    level: Floats,
    rng: np.ndarray,
    begin: int,
    end: int,
    total: int,
) -> None:
    """Moves ``begin`` to ``end`` of ``total``.

    ``movable``: atoms that may move; ``active``: packages they may move to. ``best``: labels of the movable
    atoms in the best plan met, of energy ``level[0]`` at the last weights. ``rng``: state, changed.
    A kernel: one loop reads better whole.
    """
    count = len(movable)
    if count == 0:
        return
    last_hard, last_soft = weights.hard * schedule.strict, weights.soft * schedule.strict
    now = energy(arrays, state, weights, last_hard, last_soft)
    temperature = hard_weight = soft_weight = 0.0
    recording = False
    look = max(count, 64)
    blocks = (count + BLOCK - 1) // BLOCK
    first, span = 0, count
    for step in range(begin, end):
        if step % 64 == 0 or step == begin:
            share = (step - step % 64) / total
            temperature = weights.unit_cost * schedule.hot * (schedule.cold / schedule.hot) ** share
            rise = schedule.soft * (schedule.strict / schedule.soft) ** share
            hard_weight, soft_weight = weights.hard * rise, weights.soft * rise
            recording = share >= schedule.record_from
            block = (step // (TURN * BLOCK)) % blocks
            first = block * count // blocks
            span = (block + 1) * count // blocks - first
        if step % look == 0 and now < level[0] - 1e-9 * abs(now):
            level[0] = now
            for place in range(count):
                best[place] = state.label[movable[place]]
        atom = movable[first + int(next_random(rng) * span)]
        near_at = arrays.next_at[atom]
        touched = arrays.next[near_at + int(next_random(rng) * (arrays.next_at[atom + 1] - near_at))]
        here, there = state.label[atom], state.label[touched]
        if there == here:
            if here == OUT or next_random(rng) > 0.01:
                continue
            there = OUT
        if there != OUT and not active[there]:
            continue
        limit = -temperature * np.log(next_random(rng) + 1e-300)
        if there == OUT or next_random(rng) >= schedule.pushes:
            if there != OUT and not may_join(arrays, state, atom, there, -1):
                continue
            if OUT not in (here, there):
                # most refusals are by bounds alone: they need no distances
                left = broken_after(arrays, state, weights, here, -1, atom)
                come = broken_after(arrays, state, weights, there, atom, -1)
                rules = hard_weight * (left[0] + come[0] - state.hard[here] - state.hard[there])
                rules += soft_weight * (left[1] + come[1] - state.soft[here] - state.soft[there])
                if rules > limit + state.cost[here] + state.lean[here] + state.lean[there]:
                    continue
            change, hard, soft = shift_change(arrays, state, weights, atom, there)
            if change + hard_weight * hard + soft_weight * soft > limit:
                continue
            if here != OUT and not whole_without(arrays, state, atom, -1):
                continue
            move(arrays, state, weights, atom, there)
            now += change + last_hard * hard + last_soft * soft
            if recording:
                keep_both(arrays, state, pool, here, there)
            continue
        pushed, onward = pick_pushed(arrays, state, weights, atom, there, active, rng)
        if pushed < 0 or not may_join(arrays, state, atom, there, pushed):
            continue
        if not may_join(arrays, state, pushed, onward, atom):
            continue
        change, hard, soft = push_change(
            arrays, state, weights, atom, there, pushed, onward, hard_weight, soft_weight, limit
        )
        if change + hard_weight * hard + soft_weight * soft > limit:
            continue
        joined = pushed if onward == here else -1
        if here != OUT and not whole_without(arrays, state, atom, joined):
            continue
        if not whole_without(arrays, state, pushed, atom):
            continue
        move(arrays, state, weights, atom, OUT)
        move(arrays, state, weights, pushed, onward)
        move(arrays, state, weights, atom, there)
        now += change + last_hard * hard + last_soft * soft
        if recording:
            keep_both(arrays, state, pool, there, onward)
            keep_both(arrays, state, pool, here, OUT)
    if end == total and now < level[0]:
        level[0] = now
        for place in range(count):
            best[place] = state.label[movable[place]]


@bare
def keep_both(arrays: Arrays, state: State, pool: Pool, one: int, other: int) -> None:
    """Keep what two packages, where they are any, have become."""
    if one != OUT:
        keep(arrays, state, pool, one)
    if other != OUT:
        keep(arrays, state, pool, other)


@inlined
def pick_pushed(
    arrays: Arrays,
    state: State,
    weights: Weights,
    atom: int,
    there: int,
    active: np.ndarray,
    rng: np.ndarray,
) -> tuple[int, int]:
    """An atom of ``there`` at a border and the package beside it: whom ``atom`` pushes on, and where to.

    Drawn evenly among the borders where ``there`` breaks no more than it does now, if there are any.
    """
    here = state.label[atom]
    chosen = onward = -1
    found = 0
    fits = False
    unit = state.first[there]
    while unit >= 0:
        other, first = arrays.atom_of[unit], unit
        unit = state.after[unit]
        if arrays.lock[other] >= 0 or arrays.units[arrays.units_at[other]] != first:
            continue
        tested = good = False
        for which in range(arrays.next_at[other], arrays.next_at[other + 1]):
            beside = arrays.next[which]
            goal = state.label[beside]
            if goal in (OUT, there) or not active[goal] or (beside == atom and goal == here):
                continue
            if not tested:
                tested = True
                after, _ = broken_after(arrays, state, weights, there, atom, other)
                good = after <= state.hard[there] + 1e-12
                if good and not fits:
                    fits, found = True, 0
            if fits and not good:
                break
            found += 1
            if next_random(rng) * found < 1.0:
                chosen, onward = other, goal
    return chosen, onward


@inlined
def push_change(
    arrays: Arrays,
    state: State,
    weights: Weights,
    atom: int,
    there: int,
    pushed: int,
    onward: int,
    hard_weight: float,
    soft_weight: float,
    limit: float,
) -> tuple[float, float, float]:
    """Change of (distance, hard, soft) when ``atom`` goes ``there`` and ``pushed`` goes ``onward``.

    Infinite where what breaks is already too much for ``limit``.
    """
    here = state.label[atom]
    back = atom if onward == here else -1
    after = broken_after(arrays, state, weights, there, atom, pushed)
    hard, soft = after[0] - state.hard[there], after[1] - state.soft[there]
    after = broken_after(arrays, state, weights, onward, pushed, back)
    hard += after[0] - state.hard[onward]
    soft += after[1] - state.soft[onward]
    before = state.cost[there] + state.cost[onward] + state.lean[there] + state.lean[onward]
    if here == OUT:
        before += arrays.atom_load[atom] * weights.out + weights.out_one
    elif back < 0:
        if state.size[here] > 1:
            after = broken_after(arrays, state, weights, here, -1, atom)
            hard += after[0]
            soft += after[1]
        hard -= state.hard[here]
        soft -= state.soft[here]
        before += state.cost[here] + state.lean[here]
    if hard_weight * hard + soft_weight * soft > limit + before:
        return np.inf, hard, soft
    change = cost_after(arrays, state, there, atom, pushed) - before
    change += lean_after(arrays, state, weights, there, atom, pushed)
    change += cost_after(arrays, state, onward, pushed, back)
    change += lean_after(arrays, state, weights, onward, pushed, back)
    if here != OUT and back < 0:
        change += cost_after(arrays, state, here, -1, atom)
        change += lean_after(arrays, state, weights, here, -1, atom)
    return change, hard, soft
