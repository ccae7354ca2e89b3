"""Annealing at fixed centres (既定中心): atoms move between the packages of given sites, never the sites.

Plans may break bounds on the way, at a price that rises; what the annealer leaves broken, the programme of
windows mends. Staying out is one more place to be, dearer than any distance.
"""

from __future__ import annotations

import heapq
from typing import NamedTuple

import numpy as np

from geo.bundling.centres.sites import Sites
from geo.bundling.compiling.compiled import compiled
from geo.bundling.forms.arrays import Arrays, Floats, Whole


class Terms(NamedTuple):
    """What the annealer keeps in sight; K sites, and place K for staying out."""

    cost: Floats
    """Atoms × (K + 1); inf where an atom may not be."""
    amounts: Floats
    """Atoms × columns; the first is the load under the sites' capacities."""
    lower: Floats
    """Columns × sites."""
    upper: Floats
    price: Floats
    """Columns × sites: price of each unit short or over."""
    home: np.ndarray
    """Per atom: whether it must stay where it is: a site's own or an atom that has no choice."""


def terms_of(sites: Sites, prices: Floats, used: np.ndarray) -> Terms:
    """The terms of a search over the sites ``used``; ``prices``: per site, of a unit of load."""
    arrays = sites.arrays
    count, places = sites.cost.shape
    hard = np.isinf(arrays.price)
    amounts = np.column_stack([arrays.atom_load, arrays.amounts])
    usual = max(float(sites.cost[sites.may].mean()) if sites.may.any() else 1.0, 1e-9)
    mean = np.maximum(np.abs(arrays.amounts).mean(axis=0), 1e-9) if count else np.ones(len(arrays.lower))
    own = np.where(hard, 2 * usual / mean, 100 * usual * np.where(hard, 0.0, arrays.price))
    low = np.column_stack([np.full(places, -np.inf), np.tile(arrays.lower, (places, 1))]).T
    high = np.column_stack([sites.capacity, np.tile(arrays.upper, (places, 1))]).T
    price = np.column_stack([prices, np.tile(own, (places, 1))]).T
    allowed = sites.may & used
    out = np.full(count, np.inf)
    if not np.isinf(arrays.out_price):
        # dearer than any way to a site, so that staying out is the last resort
        dear = 50.0 * max(float(sites.cost.max(initial=0.0)), 1.0)
        out = dear * (arrays.atom_load / max(float(arrays.atom_load.mean()), 1e-9) + 0.01)
        out[arrays.lock >= 0] = np.inf
    cost = np.column_stack([np.where(allowed, sites.cost, np.inf), out])
    home = np.zeros(count, dtype=np.bool_)
    home[sites.atom[used]] = True
    home |= ~np.asarray(allowed.any(axis=1))
    return Terms(cost, amounts, low, high, price, home)


def grown(sites: Sites, terms: Terms, prices: Floats, used: np.ndarray) -> Whole:
    """A first plan: packages grow from their sites, atoms in order of what their place costs over the best."""
    arrays, places = sites.arrays, len(sites.unit)
    labels = np.full(len(arrays.component), places, dtype=np.int64)
    dear = terms.cost[:, :places] + arrays.atom_load[:, None] * prices
    least = np.min(dear, axis=1, initial=np.inf)
    heap: list[tuple[float, int, int]] = []

    def reach(atom: int, site: int) -> None:
        for other in arrays.next[arrays.next_at[atom] : arrays.next_at[atom + 1]].tolist():
            if labels[other] == places and np.isfinite(dear[other, site]):
                extra = float(dear[other, site] - least[other]) / max(float(arrays.atom_load[other]), 1e-9)
                heapq.heappush(heap, (extra, other, site))

    own = [(int(sites.atom[site]), int(site)) for site in np.flatnonzero(used)]
    for atom, site in own:
        labels[atom] = site
    for atom, site in own:
        reach(atom, site)
    while heap:
        _, atom, site = heapq.heappop(heap)
        foes = arrays.foes[arrays.foes_at[atom] : arrays.foes_at[atom + 1]]
        if labels[atom] == places and not (labels[foes] == site).any():
            labels[atom] = site
            reach(atom, site)
    return labels


@compiled
def draw(state: np.ndarray) -> float:
    """A number in [0, 1) (xorshift)."""
    x = state[0]
    x ^= x << np.uint64(13)
    x ^= x >> np.uint64(7)
    x ^= x << np.uint64(17)
    state[0] = x
    return np.float64(x >> np.uint64(11)) * (1.0 / 9007199254740992.0)


@compiled
def stays_whole(arrays: Arrays, labels: Whole, atom: int, mark: Whole, stamp: int, todo: Whole) -> bool:
    """Whether the package of ``atom`` stays connected without it; needs ``stamp`` and ``stamp + 1`` unused."""
    package = labels[atom]
    need, first = 0, -1
    for place in range(arrays.next_at[atom], arrays.next_at[atom + 1]):
        if labels[arrays.next[place]] == package:
            need += 1
            first = arrays.next[place]
            mark[first] = stamp
    if need <= 1:
        return need == 1
    mark[atom] = stamp + 1
    mark[first] = stamp + 1
    todo[0] = first
    head, tail = 0, 1
    need -= 1
    while head < tail:
        here = todo[head]
        head += 1
        for place in range(arrays.next_at[here], arrays.next_at[here + 1]):
            other = arrays.next[place]
            if labels[other] == package and mark[other] != stamp + 1:
                if mark[other] == stamp:
                    need -= 1
                    if need == 0:
                        return True
                mark[other] = stamp + 1
                todo[tail] = other
                tail += 1
    return False


@compiled
def miss(terms: Terms, column: int, site: int, load: float) -> float:
    """Price of a sum outside its bounds, before the pressure of the moment."""
    beyond = max(0.0, load - terms.upper[column, site], terms.lower[column, site] - load)
    return float(terms.price[column, site] * beyond) if beyond > 0 else 0.0


@compiled
def has_foe(arrays: Arrays, labels: Whole, atom: int, site: int) -> bool:
    """Whether ``site`` holds an atom that may not share a package with ``atom``."""
    found = False
    for place in range(arrays.foes_at[atom], arrays.foes_at[atom + 1]):
        found = found or labels[arrays.foes[place]] == site
    return found


@compiled
def price_of_move(
    terms: Terms, sums: Floats, gone: int, come: int, source: int, target: int, pressure: float
) -> float:
    """What it costs to move ``gone`` from source to target and ``come`` (or -1) the other way."""
    places = terms.cost.shape[1] - 1
    change = float(terms.cost[gone, target] - terms.cost[gone, source])
    if come >= 0:
        change += terms.cost[come, source] - terms.cost[come, target]
    for column in range(terms.amounts.shape[1]):
        amount = terms.amounts[gone, column]
        if come >= 0:
            amount -= terms.amounts[come, column]
        if source < places:
            load = sums[column, source]
            change += pressure * (
                miss(terms, column, source, load - amount) - miss(terms, column, source, load)
            )
        if target < places:
            load = sums[column, target]
            change += pressure * (
                miss(terms, column, target, load + amount) - miss(terms, column, target, load)
            )
    return change


@compiled
def anneal_sites(
    arrays: Arrays,
    terms: Terms,
    labels: Whole,
    best: Whole,
    moves: int,
    heat: tuple[float, float],
    pressure: tuple[float, float],
    rng: np.ndarray,
) -> float:
    """Shifts and swaps with falling temperature and rising pressure on bounds, in place.

    ``best`` gets the best plan met that breaks no bound; its cost is returned, inf where none was met.
    """
    count, places = len(labels), terms.cost.shape[1] - 1
    bounds = terms.amounts.shape[1]
    sums = np.zeros((bounds, places))
    cost, broken = 0.0, 0.0
    for atom in range(count):
        if np.isfinite(terms.cost[atom, labels[atom]]):
            cost += terms.cost[atom, labels[atom]]
        if labels[atom] < places:
            for column in range(bounds):
                sums[column, labels[atom]] += terms.amounts[atom, column]
    mark = np.full(count, -1, dtype=np.int64)
    todo = np.empty(count, dtype=np.int64)
    stamp, least = 0, np.inf
    warmth, push = heat[0], pressure[0]
    for move in range(moves):
        if move % 256 == 0:
            share = move / moves
            warmth = heat[0] * (heat[1] / heat[0]) ** share
            push = pressure[0] * (pressure[1] / pressure[0]) ** share
        atom = int(draw(rng) * count)
        degree = arrays.next_at[atom + 1] - arrays.next_at[atom]
        if terms.home[atom] or degree == 0:
            continue
        source = labels[atom]
        beside = arrays.next[arrays.next_at[atom] + int(draw(rng) * degree)]
        target = labels[beside]
        if source < places and np.isfinite(terms.cost[atom, places]) and draw(rng) < 0.01:
            target = places
        if target == source or not np.isfinite(terms.cost[atom, target]):
            continue
        come = -1
        if target < places and source < places and draw(rng) < 0.5:
            # a partner from the target's rim, a few steps along it
            come = beside
            for _ in range(int(draw(rng) * 6)):
                steps = arrays.next_at[come + 1] - arrays.next_at[come]
                other = arrays.next[arrays.next_at[come] + int(draw(rng) * steps)]
                if labels[other] == target:
                    come = other
                elif labels[other] == source and other != atom:
                    steps = arrays.next_at[other + 1] - arrays.next_at[other]
                    other = arrays.next[arrays.next_at[other] + int(draw(rng) * steps)]
                    if labels[other] == target:
                        come = other
            if terms.home[come] or not np.isfinite(terms.cost[come, source]):
                continue
            touches = False
            for place in range(arrays.next_at[come], arrays.next_at[come + 1]):
                other = arrays.next[place]
                touches = touches or (labels[other] == source and other != atom)
            if not touches:
                continue
        change = price_of_move(terms, sums, atom, come, source, target, push)
        if change > 0 and draw(rng) >= np.exp(-change / warmth):
            continue
        stamp += 2
        if source < places and not stays_whole(arrays, labels, atom, mark, stamp, todo):
            continue
        if target < places and has_foe(arrays, labels, atom, target):
            continue
        labels[atom] = target
        if come >= 0:
            stamp += 2
            if not stays_whole(arrays, labels, come, mark, stamp, todo) or has_foe(
                arrays, labels, come, source
            ):
                labels[atom] = source
                continue
            labels[come] = source
        cost += terms.cost[atom, target] - terms.cost[atom, source]
        if come >= 0:
            cost += terms.cost[come, source] - terms.cost[come, target]
        for column in range(bounds):
            amount = terms.amounts[atom, column]
            if come >= 0:
                amount -= terms.amounts[come, column]
            if source < places:
                sums[column, source] -= amount
            if target < places:
                sums[column, target] += amount
        if cost < least - 1e-9:
            broken = 0.0
            for column in range(bounds):
                for site in range(places):
                    broken += miss(terms, column, site, sums[column, site])
            if broken <= 0.0:
                least = cost
                best[:] = labels
    return least
