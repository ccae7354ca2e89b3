"""The floor that the engine must pass: one start, one annealing of shifts and swaps, nothing after it.

Shares no code with the engine. `python -m tests.bench.plain_annealer --case plain --sizes 300 2000 --moves 1000 3000`
"""

from __future__ import annotations

import argparse
import heapq
import sys
import time
from collections.abc import Sequence

import numba
import numpy as np

from tests.bench import made_maps
from tests.bench.made_maps import TOLERANCE, Map
from tests.bench.measure import say
from tests.bench.scoring import score

MOST = 64
"""Largest package; ten units are usual."""


def bundle(made: Map, moves: int, seed: int) -> np.ndarray:
    """Labels of ``count // 10`` packages within the usual tolerance; ``moves`` per unit."""
    packages = max(made.count // 10, 1)
    mean = float(made.households.sum()) / packages
    both = np.vstack([made.links, made.links[:, ::-1]])
    both = both[np.lexsort((both[:, 1], both[:, 0]))]
    at = np.searchsorted(both[:, 0], np.arange(made.count + 1))
    near = both[:, 1].astype(np.int64)
    loads = made.households.astype(float)
    labels = _grown(made.points, loads, at, near, packages, seed)
    bounds = np.array([(1 - TOLERANCE) * mean, (1 + TOLERANCE) * mean])
    _anneal(made.points, loads, at, near, labels, packages, bounds, moves * made.count, seed)
    return labels


def _grown(
    points: np.ndarray, loads: np.ndarray, at: np.ndarray, near: np.ndarray, packages: int, seed: int
) -> np.ndarray:
    """k-means++ seeds, each unit to the nearest that reaches it."""
    rng = np.random.default_rng(seed)
    chosen = [int(rng.integers(len(points)))]
    far = ((points - points[chosen[0]]) ** 2).sum(axis=1)
    while len(chosen) < packages:
        chance = loads * far
        chosen.append(int(rng.choice(len(points), p=chance / chance.sum())))
        far = np.minimum(far, ((points - points[chosen[-1]]) ** 2).sum(axis=1))
    labels = np.full(len(points), -1, dtype=np.int64)
    heap = [(0.0, unit, number) for number, unit in enumerate(chosen)]
    while heap:
        _, unit, number = heapq.heappop(heap)
        if labels[unit] < 0:
            labels[unit] = number
            for other in near[at[unit] : at[unit + 1]].tolist():
                if labels[other] < 0:
                    step = float(np.hypot(*(points[other] - points[chosen[number]])))
                    heapq.heappush(heap, (step, other, number))
    return labels


@numba.njit(cache=True)
def _cost(points, loads, rows, size, package, drop, add):
    """Distance of a package to its best member, after a change."""
    best = np.inf
    for i in range(size[package] + 1):
        one = rows[package, i] if i < size[package] else add
        if one < 0 or one == drop:
            continue
        total = 0.0
        for j in range(size[package] + 1):
            other = rows[package, j] if j < size[package] else add
            if other >= 0 and other != drop:
                dx, dy = points[one, 0] - points[other, 0], points[one, 1] - points[other, 1]
                total += loads[other] * np.sqrt(dx * dx + dy * dy)
        best = min(best, total)
    return best


@numba.njit(cache=True)
def _whole(at, near, labels, package, drop, add, stamp, todo, clock):
    """Whether a package is in one piece after a change; its members are found from a neighbour."""
    count, start = 0, -1
    for unit in range(at[drop], at[drop + 1]):
        if labels[near[unit]] == package:
            start = near[unit]
            count += 1
    if start < 0:
        return False
    stamp[drop] = clock
    stamp[start] = clock
    todo[0] = start
    head, tail, _met = 0, 1, 1
    joined = False
    while head < tail:
        here = todo[head]
        head += 1
        for which in range(at[here], at[here + 1]):
            other = near[which]
            if stamp[other] != clock and (labels[other] == package or other == add):
                stamp[other] = clock
                todo[tail] = other
                tail += 1
                joined = joined or other == add
    for unit in range(at[drop], at[drop + 1]):
        if labels[near[unit]] == package and stamp[near[unit]] != clock:
            return False
    return add < 0 or joined


@numba.njit(cache=True)
def _replace(rows, size, package, drop, add):
    if drop >= 0:
        for i in range(size[package]):
            if rows[package, i] == drop:
                size[package] -= 1
                rows[package, i] = rows[package, size[package]]
                break
    if add >= 0:
        rows[package, size[package]] = add
        size[package] += 1


@numba.njit(cache=True)
def _anneal(points, loads, at, near, labels, packages, bounds, moves, seed):  # noqa: C901 -- a kernel reads better whole
    """Shifts and swaps at a falling temperature, bounds as a penalty that rises."""
    np.random.seed(seed)
    count = len(labels)
    rows = np.full((packages, count if count < MOST else MOST), -1, dtype=np.int64)
    size, sums = np.zeros(packages, dtype=np.int64), np.zeros(packages)
    for unit in range(count):
        package = labels[unit]
        if size[package] == rows.shape[1]:
            grown = np.full((packages, 2 * rows.shape[1]), -1, dtype=np.int64)
            grown[:, : rows.shape[1]] = rows
            rows = grown
        _replace(rows, size, package, -1, unit)
        sums[package] += loads[unit]
    cost = np.array([_cost(points, loads, rows, size, package, -1, -1) for package in range(packages)])
    usual = cost.sum() / packages
    mean = (bounds[0] + bounds[1]) / 2
    stamp, todo, clock = np.zeros(count, dtype=np.int64), np.zeros(count + 1, dtype=np.int64), 0
    for step in range(moves):
        share = step / moves
        heat = 0.05 * usual * 0.03**share
        dear = 2.0 * usual * 40.0**share / mean
        one = np.random.randint(count)
        beside = near[at[one] + np.random.randint(at[one + 1] - at[one])]
        here, there = labels[one], labels[beside]
        if here == there or size[there] + 1 >= rows.shape[1]:
            continue
        other = -1
        if np.random.random() < 0.5:
            other = rows[there, np.random.randint(size[there])]
            touching = False
            for which in range(at[other], at[other + 1]):
                touching = touching or (labels[near[which]] == here and near[which] != one)
            if not touching:
                continue
        load = loads[one] - (loads[other] if other >= 0 else 0.0)
        change = 0.0
        for package, moved in ((here, -load), (there, load)):
            after, before = sums[package] + moved, sums[package]
            change += dear * (max(0.0, bounds[0] - after) + max(0.0, after - bounds[1]))
            change -= dear * (max(0.0, bounds[0] - before) + max(0.0, before - bounds[1]))
        limit = -heat * np.log(np.random.random() + 1e-300)
        if change > limit + cost[here] + cost[there] or size[here] < 2:
            continue
        new_here = _cost(points, loads, rows, size, here, one, other)
        new_there = _cost(points, loads, rows, size, there, other, one)
        if change + new_here + new_there - cost[here] - cost[there] > limit:
            continue
        clock += 1
        if not _whole(at, near, labels, here, one, other, stamp, todo, clock):
            continue
        clock += 1
        if other >= 0 and not _whole(at, near, labels, there, other, one, stamp, todo, clock):
            continue
        _replace(rows, size, here, one, other)
        _replace(rows, size, there, other, one)
        labels[one] = there
        if other >= 0:
            labels[other] = here
        sums[here] -= load
        sums[there] += load
        cost[here], cost[there] = new_here, new_there


def main(words: Sequence[str] | None = None) -> int:
    """Print a table: CPU seconds, d, shares of packages contiguous and within bounds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--case", choices=["plain", "mixed"], default="plain")
    parser.add_argument("--sizes", type=int, nargs="+", default=[300, 2000])
    parser.add_argument("--moves", type=int, nargs="+", default=[1000, 3000])
    parser.add_argument("--seed", type=int, default=100)
    args = parser.parse_args(words)
    make = {"plain": made_maps.plain, "mixed": made_maps.mixed}[args.case]
    bundle(make(60, 1), 10, 1)
    say(
        "| units | moves a unit | CPU s | d m | contiguous % | within bounds % |\n|---:|---:|---:|---:|---:|---:|"
    )
    for size in args.sizes:
        made = make(size, args.seed)
        mean = float(made.households.sum()) / max(size // 10, 1)
        for moves in args.moves:
            began = time.process_time()
            labels = bundle(made, moves, 1)
            spent = time.process_time() - began
            found = score(
                made.points,
                made.households,
                made.links,
                labels,
                ((1 - TOLERANCE) * mean, (1 + TOLERANCE) * mean),
            )
            say(
                f"| {size} | {moves} | {spent:.2f} | {found.d:.2f} | {100 * found.contiguous:.1f} | {100 * found.in_bounds:.1f} |"
            )
    return 0


if __name__ == "__main__":
    sys.exit(main())
