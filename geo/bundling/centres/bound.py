"""A proven lower bound at given centres (下界): the price of each atom's one place, and a knapsack per site.

Pricing "every atom has one place" by u (Lagrange) leaves, per site, a knapsack of whole atoms under its
capacity with its own inside, and the choice of sites. The first u are the duals of the assignment's linear
programme; a subgradient improves them. Any u gives a bound, so nothing here rests on a solver's tolerance.
Contiguity and every rule but the capacity are ignored.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import highspy
import numpy as np

from geo.bundling.bounds.knapsack import Bag, Window, choose_items, fractional, new_bag
from geo.bundling.centres.sites import Sites
from geo.bundling.compiling.compiled import compiled
from geo.bundling.forms.arrays import Floats, Whole
from geo.bundling.programmes.master import quiet

LARGEST = 400_000
"""Pairs of atom and site up to which the linear programme looks at all; beyond, at the nearest sites."""
NEAREST = 12
NODES, MANY = 200, 30_000
"""Nodes of each knapsack's search, and pairs above which they are fewer."""


def duals_of(
    sites: Sites, placed: np.ndarray, used: np.ndarray, stop: Callable[[], bool]
) -> tuple[Floats, Floats]:
    """Prices of atoms and of capacity (≥ 0) from the linear programme over the sites ``used``."""
    count, places = sites.cost.shape
    pairs = sites.may & used & placed[:, None]
    if pairs.sum() > LARGEST:
        dear = np.where(pairs, sites.cost, np.inf)
        nearest = np.argpartition(dear, min(NEAREST, places - 1), axis=1)[:, :NEAREST]
        near = np.zeros_like(pairs)
        np.put_along_axis(near, nearest, True, axis=1)
        pairs &= near
    own = sites.atom[used]
    pairs[own] = False
    pairs[own, np.flatnonzero(used)] = True
    atoms, at = np.nonzero(pairs)
    load = sites.arrays.atom_load
    scale = float(sites.cost[atoms, at].max(initial=0.0)) or 1.0
    weigh = max(float(load.mean()) if count else 1.0, 1e-9)
    room = np.where(np.isinf(sites.capacity), load.sum() + 1.0, sites.capacity)
    lp = highspy.HighsLp()
    # a last column per atom takes what fits nowhere, dearly, so that there is always an optimum
    lp.num_col_, lp.num_row_ = len(atoms) + count, count + places
    lp.col_cost_ = np.concatenate([sites.cost[atoms, at] / scale, np.full(count, 100.0)])
    lp.col_lower_, lp.col_upper_ = np.zeros(lp.num_col_), np.full(lp.num_col_, math.inf)
    ones = np.where(placed, 1.0, 0.0)
    lp.row_lower_ = np.concatenate([ones, np.full(places, -math.inf)])
    lp.row_upper_ = np.concatenate([ones, room / weigh])
    lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    lp.a_matrix_.start_ = np.concatenate(
        [np.arange(0, 2 * len(atoms), 2), 2 * len(atoms) + np.arange(count + 1)]
    ).astype(np.int32)
    pair_rows = np.column_stack([atoms, count + at]).ravel()
    lp.a_matrix_.index_ = np.concatenate([pair_rows, np.arange(count)]).astype(np.int32)
    pair_values = np.column_stack([np.ones(len(atoms)), load[atoms] / weigh]).ravel()
    lp.a_matrix_.value_ = np.concatenate([pair_values, np.ones(count)])
    highs = quiet(stop)
    highs.passModel(lp)
    highs.run()
    found = np.array(highs.getSolution().row_dual)
    if len(found) != count + places:
        return np.zeros(count), np.zeros(places)
    return found[:count] * scale, np.maximum(0.0, -found[count:]) * scale / weigh


def sites_bound(
    sites: Sites,
    placed: np.ndarray,
    multipliers: Floats,
    out: float,
    value: float,
    rounds: int,
    stop: Callable[[], bool],
) -> tuple[float, Floats]:
    """Best bound on distance and fixed costs of plans that leave out ``out`` of the load of ``placed``.

    ``placed``: atoms that a package could hold. ``value``: what the plan at hand costs, which sets the step.
    Returned with the prices of atoms at which it was reached.
    """
    pairs = sites.may & placed[:, None]
    multipliers = np.where(placed, multipliers, 0.0)
    best, since, pace = -math.inf, 0, 1.0
    kept = multipliers
    for _ in range(max(rounds, 1)):
        reached, slope = relaxed(sites, pairs, placed, multipliers, out)
        if reached > best:
            best, since, kept = reached, 0, multipliers
        else:
            since += 1
        if since >= 8:
            pace, since, multipliers = pace / 2, 0, kept
            continue
        size = float(slope @ slope)
        if size < 1e-9 or best >= value * (1 - 1e-12) or stop():
            break
        multipliers = multipliers + pace * 0.5 * max(value - reached, value * 1e-6) / size * slope
    hair = 1e-9 * (abs(best) + float(np.abs(kept).sum()))
    return (min(max(best - hair, 0.0), value) if math.isfinite(best) else 0.0), kept


def relaxed(
    sites: Sites, pairs: np.ndarray, placed: np.ndarray, multipliers: Floats, out: float
) -> tuple[float, Floats]:
    """The relaxed optimum at these prices and its slope."""
    load = sites.arrays.atom_load
    within = (least_loads(sites, placed, out), sites.capacity)
    limit = NODES if pairs.size <= MANY else NODES // 4
    bag = new_bag(len(load), 0)
    every = sites.every
    worth, served = knapsacks(sites.cost, pairs, load, within, sites.atom, multipliers, every, bag, limit)
    worth = worth + sites.fixed
    order = np.argsort(worth, kind="stable")
    fewest, most = sites.opened
    wished = min(max(int(np.count_nonzero(worth < 0)), fewest), most)
    chosen = order[:wished]
    free_value, free = _dearest_out(sites, placed, multipliers, out)
    value = float(multipliers.sum()) - free_value + float(worth[chosen].sum())
    slope = np.where(placed, 1.0, 0.0) - free - served[:, chosen].sum(axis=1)
    return value, slope


def least_loads(sites: Sites, placed: np.ndarray, out: float) -> Floats:
    """What each site must hold because the others cannot: little slack leaves little choice."""
    load = sites.arrays.atom_load
    must = float(load[placed].sum()) - out
    if not sites.every or not np.isfinite(sites.capacity).all():
        return np.full(len(sites.unit), -np.inf)
    others = float(sites.capacity.sum()) - sites.capacity
    hair = 1e-9 * max(must, 1.0)
    return np.asarray(np.where(must - others > hair, must - others - hair, -np.inf), dtype=float)


def _dearest_out(sites: Sites, placed: np.ndarray, multipliers: Floats, out: float) -> tuple[float, Floats]:
    """The most that leaving out so much load can save, as a fractional knapsack; weightless atoms are free."""
    load, share = sites.arrays.atom_load, np.zeros_like(multipliers)
    if not np.isinf(sites.arrays.out_price):
        share[(load <= 0) & placed & (multipliers > 0)] = 1.0
        rate = np.where(placed & (load > 0), multipliers / np.maximum(load, 1e-300), -np.inf)
        left = out
        for atom in np.argsort(-rate, kind="stable").tolist() if out > 0 else []:
            if left <= 0 or rate[atom] == -np.inf:
                break
            share[atom] = min(1.0, left / load[atom])
            left -= load[atom]
    return float(multipliers @ share), share


@compiled
def knapsacks(
    cost: Floats,
    pairs: np.ndarray,
    load: Floats,
    within: tuple[Floats, Floats],
    own: Whole,
    multipliers: Floats,
    every: bool,
    bag: Bag,
    limit: int,
) -> tuple[Floats, Floats]:
    """Per site: least Σ (cost - u)·x of whole atoms with its own in and a load ``within`` bounds, and the x.

    ``every``: all sites open, so that no site's package holds another site's atom. ``limit``: most nodes of
    each search; a search cut short still answers with a proven bound.
    """
    count, places = cost.shape
    lower, upper = within
    worth = np.zeros(places)
    taken = np.zeros((count, places))
    closed = np.zeros(count, dtype=np.bool_)
    if every:
        for site in range(places):
            closed[own[site]] = True
    none = np.zeros(0)
    rate = np.empty(count)
    listed = np.empty(count, dtype=np.int64)
    for site in range(places):
        home = own[site]
        size = 0
        for atom in range(count):
            if pairs[atom, site] and atom != home and not closed[atom]:
                price = cost[atom, site] - multipliers[atom]
                if load[atom] > 0:
                    rate[size] = price / load[atom]
                else:
                    rate[size] = -np.inf if price < 0 else np.inf
                listed[size] = atom
                size += 1
        order = np.argsort(rate[:size], kind="mergesort")
        for place in range(size):
            atom = listed[order[place]]
            bag.weight[place] = load[atom]
            bag.cost[place] = cost[atom, site] - multipliers[atom]
            bag.pair[place] = atom
        least, most = lower[site] - load[home], upper[site] - load[home]
        window = Window(least, most, np.inf, none, none, none, np.zeros(0, dtype=np.bool_))
        shared = fractional(bag, 0, size, least, max(most, 0.0), np.inf)
        found, reached = choose_items(bag, window, size, 1e-9 * abs(shared), limit)
        worth[site] = cost[home, site] - multipliers[home]
        worth[site] += found if np.isfinite(found) else (shared if np.isfinite(shared) else 0.0)
        taken[home, site] = 1.0
        if np.isfinite(reached):
            for place in range(size):
                if bag.best[place] == 1:
                    taken[bag.pair[place], site] = 1.0
    return worth, taken
