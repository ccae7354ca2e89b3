"""The best plan that can be put together from given packages (集合划分): set partitioning in stages.

Plans compare by priced weight left out, then units left out, then soft price, then distance. Each part is
minimised in a programme of its own while the parts before it are held at what they reached, so that no
weight between them has to be guessed; a part that the best plan known has at its least is not solved at all.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from geo.bundling.forms.arrays import OUT, Arrays, Floats, Whole
from geo.bundling.forms.columns import Columns, groups_of, keeps_rules, measured
from geo.bundling.programmes.master import TOLERANCE, Limit, Pool, Stop, relax, usual_cost, whole

FIRST_WHOLE, MOST_WHOLE = 600, 6000
"""Packages that the whole-number programme takes at first, the cheapest, and at most."""


class Prices(NamedTuple):
    """Prices (对偶价) of the linear programme over distance.

    ``atom``: what placing each atom is worth (0 for atoms that no package holds), ``package``: what one more
    package is worth (≤ 0 where a most holds it down). ``value``: the optimum; no plan made of the packages
    given that places all of ``atoms`` has less distance.
    """

    atom: Floats
    package: float
    value: float


def choose(
    arrays: Arrays,
    columns: Columns,
    packages: tuple[int, int],
    start: Whole | None = None,
    atoms: Sequence[int] | Whole | None = None,
    *,
    nodes: int = 200,
    iterations: int = 100_000,
    stop: Stop | None = None,
) -> Whole | None:
    """Labels of the best plan made of ``columns`` and of the packages of ``start``; None when none is found.

    ``packages``: fewest and most. ``atoms``: those to place (a window of the map); packages that hold others
    are passed over, and all other atoms are labelled OUT; None = all atoms. ``start``: a plan of those atoms,
    whose packages may be taken too; the answer is never worse. An atom stays out only where the problem
    prices that and its lock does not forbid it, or where no package can ever hold it. Every column must keep
    the rules of a package (:func:`geo.bundling.forms.columns.keeps_rules`). ``nodes``, ``iterations``: most work
    of each whole-number programme.
    """
    table = _Table(arrays, columns, packages, start, atoms)
    if table.impossible:
        return None
    taken = table.first
    limits: list[Limit] = []
    for cost, out_cost in table.stages():
        pool, kept = table.pool(cost, out_cost, limits)
        inner = None if taken is None else np.searchsorted(kept, taken)
        if inner is None or (np.any(pool.cost > 0) or np.any(out_cost > 0)):
            inner = best_of(pool, inner, nodes=nodes, iterations=iterations, stop=stop)
        if inner is None:
            return None
        taken, reached = kept[inner], plan_cost(pool, inner)
        outs = np.where(np.isinf(out_cost), 0.0, out_cost)
        limits.append(Limit(cost, outs, reached + 1e-9 * reached))
    return None if taken is None else table.labels(taken)


def prices(
    arrays: Arrays,
    columns: Columns,
    packages: tuple[int, int],
    atoms: Sequence[int] | Whole | None = None,
    stop: Stop | None = None,
) -> Prices:
    """Duals of the linear programme over distance in which each atom that a column holds is placed."""
    table = _Table(arrays, columns, packages, None, atoms)
    pool, _ = table.pool(table.columns.distance, np.full(len(table.atoms), math.inf), [])
    worth = np.zeros(len(arrays.component))
    if not len(pool.cost):
        return Prices(worth, 0.0, 0.0)
    found = relax(pool, np.zeros(0, dtype=np.int64), stop)
    worth[table.atoms] = found.duals.row
    return Prices(worth, found.duals.package, math.inf if found.broken else found.value)


def best_of(
    pool: Pool,
    taken: Whole | None,
    *,
    nodes: int,
    iterations: int,
    stop: Stop | None = None,
    most: int = MOST_WHOLE,
) -> Whole | None:
    """Packages of the best plan of one stage: linear programme, packages that can still matter, whole numbers.

    ``most``: packages that the whole-number programme takes at most, the cheapest.
    """
    scale = usual_cost(pool)
    known = math.inf if taken is None else plan_cost(pool, taken)
    relaxed = relax(pool, np.zeros(0, dtype=np.int64) if taken is None else taken, stop)
    if relaxed.broken > 0 or (stop is not None and stop()):
        return taken
    hair = TOLERANCE * scale * max(pool.packages[1] if pool.packages[1] < len(pool.cost) else 1, 1)
    if known <= relaxed.value + hair:
        return taken
    if _is_whole(relaxed.x):
        return np.flatnonzero(relaxed.x > 0.5)
    order, size = np.argsort(relaxed.reduced, kind="stable"), FIRST_WHOLE
    while True:
        # of packages whose reduced cost is above the room, none is in a better plan
        useful = order[relaxed.reduced[order] <= known - relaxed.value + hair]
        portion = useful[:size] if taken is None else np.union1d(useful[:size], taken)
        place = None if taken is None else np.searchsorted(portion, taken)
        found = whole(pool.some(portion), scale, place, nodes, iterations, stop)
        if found is not None and math.isfinite(found.value):
            better = portion[found.taken]
            worth = plan_cost(pool, better)
            if taken is None or worth < known - hair:
                taken, known = better, worth
        if len(useful) <= size or size >= most or (stop is not None and stop()):
            return taken
        size = min(4 * size, most)


def plan_cost(pool: Pool, taken: Whole) -> float:
    """What a plan of a pool costs in its stage; inf when it leaves out what must be placed."""
    free = np.ones(len(pool.out_cost), dtype=bool)
    for package in taken:
        free[pool.rows[pool.at[package] : pool.at[package + 1]]] = False
    return math.fsum(pool.cost[taken]) + math.fsum(pool.out_cost[free])


def _is_whole(x: Floats) -> bool:
    return bool(np.all((x < 1e-6) | (x > 1 - 1e-6)))


class _Table:
    """The packages that matter, over rows instead of atoms."""

    def __init__(
        self,
        arrays: Arrays,
        columns: Columns,
        packages: tuple[int, int],
        start: Whole | None,
        atoms: Sequence[int] | Whole | None,
    ) -> None:
        count = len(arrays.component)
        wanted = np.zeros(count, dtype=bool)
        wanted[np.arange(count) if atoms is None else np.asarray(atoms, dtype=np.int64)] = True
        self.count = count
        self.columns, self.first = _with_start(arrays, _inside(columns, wanted), start, wanted)
        held = np.zeros(count, dtype=bool)
        held[self.columns.atoms] = True
        must = wanted & ((arrays.lock >= 0) | math.isinf(arrays.out_price))
        self.impossible = bool(np.any(must & ~held))
        self.atoms = np.flatnonzero(wanted & held)
        self.row_of = np.full(count, -1, dtype=np.int64)
        self.row_of[self.atoms] = np.arange(len(self.atoms))
        price = 0.0 if math.isinf(arrays.out_price) else arrays.out_price
        forced = must[self.atoms]
        units = np.diff(arrays.units_at)[self.atoms].astype(float)
        self.out_weight = np.where(forced, math.inf, price * arrays.atom_load[self.atoms])
        self.out_units = np.where(forced, math.inf, units)
        self.packages = (packages[0], min(packages[1], max(len(self.atoms), packages[0])))
        if self.first is not None and not self._is_plan(self.first):
            self.first = None

    def _is_plan(self, taken: Whole) -> bool:
        pool, _ = self.pool(self.columns.soft, self.out_units, ())
        return self.packages[0] <= len(taken) <= self.packages[1] and math.isfinite(plan_cost(pool, taken))

    def stages(self) -> list[tuple[Floats, Floats]]:
        """Costs of packages and of leaving out, stage by stage, in the order in which plans compare."""
        nothing = np.zeros(len(self.columns.soft))
        free = np.where(np.isinf(self.out_units), math.inf, 0.0)
        return [
            (nothing, self.out_weight),
            (nothing, self.out_units),
            (self.columns.soft, free),
            (self.columns.distance, free),
        ]

    def pool(self, cost: Floats, out_cost: Floats, limits: Sequence[Limit]) -> tuple[Pool, Whole]:
        """The pool of a stage and the numbers of its packages; what an earlier stage rules out is not in it."""
        able = np.ones(len(cost), dtype=bool)
        firm = []
        for limit in limits:
            if limit.most > 0:
                firm.append(limit)
            else:
                out_cost = np.where(limit.outs > 0, math.inf, out_cost)
                able &= limit.columns <= 0
        whole = Pool(
            self.columns.at, self.row_of[self.columns.atoms], cost, out_cost, self.packages, tuple(firm)
        )
        kept = np.flatnonzero(able)
        return (whole if len(kept) == len(cost) else whole.some(kept)), kept

    def labels(self, taken: Whole) -> Whole:
        """Labels per atom, packages numbered by their first atom."""
        found = np.full(self.count, OUT, dtype=np.int64)
        at, atoms = self.columns.at, self.columns.atoms
        for number, package in enumerate(sorted(taken, key=lambda each: int(atoms[at[each]]))):
            found[atoms[at[package] : at[package + 1]]] = number
        return found


def _inside(columns: Columns, wanted: np.ndarray) -> Columns:
    """The packages that hold wanted atoms only."""
    if not len(columns.distance):
        return columns
    fine = np.logical_and.reduceat(wanted[columns.atoms], columns.at[:-1])
    return columns if bool(fine.all()) else some_columns(columns, np.flatnonzero(fine))


def some_columns(columns: Columns, which: Whole) -> Columns:
    """The columns of these numbers, in their order."""
    sizes = (columns.at[1:] - columns.at[:-1])[which]
    at = np.zeros(len(which) + 1, dtype=np.int64)
    np.cumsum(sizes, out=at[1:])
    inner = np.arange(at[-1]) - np.repeat(at[:-1], sizes) + np.repeat(columns.at[:-1][which], sizes)
    return Columns(at, columns.atoms[inner], columns.distance[which], columns.soft[which], columns.hub[which])


def joined(one: Columns, other: Columns) -> Columns:
    """The columns of both, one after the other."""
    return Columns(
        np.append(one.at, other.at[1:] + one.at[-1]),
        np.append(one.atoms, other.atoms),
        np.append(one.distance, other.distance),
        np.append(one.soft, other.soft),
        np.append(one.hub, other.hub),
    )


def _with_start(
    arrays: Arrays, columns: Columns, start: Whole | None, wanted: np.ndarray
) -> tuple[Columns, Whole | None]:
    """The columns with the packages of a plan behind them, and their numbers; None where it is no plan."""
    if start is None or not np.any(start[wanted] != OUT):
        return columns, None
    inside = np.where(wanted, start, OUT)
    names = np.unique(inside[inside != OUT])
    numbered = np.where(inside == OUT, OUT, np.searchsorted(names, inside))
    at, atoms = groups_of(numbered, len(names))
    own = measured(arrays, at, atoms)
    if not bool(keeps_rules(arrays, own).all()):
        return columns, None
    return joined(columns, own), len(columns.distance) + np.arange(len(names))
