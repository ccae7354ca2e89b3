"""Cuts never lose the best plan, never promise too much, and close what halves of packages leave open."""

from __future__ import annotations

import itertools
import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from geo.bundling.programmes.cuts import sharpened
from geo.bundling.programmes.master import Limit, Pool, relax


def pool_of(
    groups: list[tuple[int, ...]], cost: list[float], out: list[float], packages: tuple[int, int]
) -> Pool:
    at = np.cumsum([0, *(len(group) for group in groups)])
    rows = np.array([row for group in groups for row in group], dtype=np.int64)
    return Pool(at, rows, np.array(cost), np.array(out), packages)


def best_plan(pool: Pool, numbers: set[int]) -> float:
    """The least that a plan of these packages costs, by trying every one; inf where there is none."""
    rows = [set(pool.rows[pool.at[p] : pool.at[p + 1]].tolist()) for p in range(len(pool.cost))]
    limit = pool.limits[0] if pool.limits else None

    def least(first: int, used: set[int], count: int, cost: float, held: float) -> float:
        if limit is not None and held > limit.most:
            return math.inf
        fewest, most = pool.packages
        out = math.fsum(price for row, price in enumerate(pool.out_cost) if row not in used)
        found = cost + out if fewest <= count <= most else math.inf
        for number in range(first, len(rows)):
            if number in numbers and not rows[number] & used and count < most:
                own = 0.0 if limit is None else float(limit.columns[number])
                further = used | rows[number]
                price = cost + float(pool.cost[number])
                found = min(found, least(number + 1, further, count + 1, price, held + own))
        return found

    return least(0, set(), 0, 0.0, 0.0)


@st.composite
def pools(draw: st.DrawFn) -> Pool:
    count = draw(st.integers(3, 6))
    every = [g for size in (2, 3) for g in itertools.combinations(range(count), size)]
    groups = [(row,) for row in range(count)]
    groups += draw(st.lists(st.sampled_from(every), min_size=3, max_size=14, unique=True))
    cost = [draw(st.integers(8, 20)) + 0.0 for _ in range(count)]
    cost += [draw(st.integers(5, 25)) + 0.0 for _ in groups[count:]]
    out = draw(st.sampled_from([[math.inf] * count, [30.0] * count, [9.0] * count]))
    most = draw(st.integers(count - 1, count))
    pool = pool_of(groups, cost, out, (draw(st.integers(1, 2)), most))
    if draw(st.booleans()):
        held = np.array([float(len(group) > 1) for group in groups])
        pool = pool._replace(limits=(Limit(held, np.zeros(count), float(draw(st.integers(0, 2)))),))
    return pool


@given(pools())
def test_the_best_plan_is_never_lost_and_never_undercut(pool: Pool) -> None:
    everything = set(range(len(pool.cost)))
    best = best_plan(pool, everything)
    singles = np.arange(len(pool.out_cost))
    known = best_plan(pool, set(singles.tolist()))
    if math.isinf(known):
        return
    relaxed = relax(pool, np.zeros(0, dtype=np.int64))
    kept, sharp, _ = sharpened(pool, singles, known, relaxed, 1e-6, lambda: False, enough=0)
    assert relaxed.value - 1e-6 <= sharp.value <= best + 1e-6
    assert best_plan(pool, set(kept.tolist())) <= best + 1e-6
    assert len(sharp.reduced) == len(sharp.x) == len(kept)


def test_halves_of_three_pairs_are_no_plan() -> None:
    groups = [(0,), (1,), (2,), (0, 1), (1, 2), (0, 2)]
    pool = pool_of(groups, [10.0, 10.0, 10.0, 10.0, 10.0, 10.0], [math.inf] * 3, (1, 3))
    relaxed = relax(pool, np.zeros(0, dtype=np.int64))
    kept, sharp, looked = sharpened(pool, np.array([0, 1, 2]), 30.0, relaxed, 1e-6, lambda: False, enough=0)
    assert (round(relaxed.value, 6), round(sharp.value, 6)) == (15.0, 20.0)
    assert looked == len(pool.cost)
    assert set(kept.tolist()) == set(range(6))
