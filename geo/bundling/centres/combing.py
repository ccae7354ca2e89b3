"""Bettering a plan by dividing neighbouring packages anew out of those written down once for the whole map (梳理).

At good prices a package of a better plan costs little more than the cheapest of its site. All such packages are known
before the first plan is; several sites side by side, with their atoms, then are a choice among the few of these
packages that lie inside, and :mod:`geo.bundling.centres.covering` makes it in a thousandth of a second. Windows grow
from three sites to a dozen: what load a full package must hand on crosses many others on its way to one with room.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from geo.bundling.centres.covering import cheapest_division
from geo.bundling.centres.packages import Store
from geo.bundling.centres.plan import groups_by_site, overloads
from geo.bundling.centres.renewing import beside_of, group_round
from geo.bundling.centres.sites import Sites
from geo.bundling.compiling.compiled import compiled
from geo.bundling.forms.arrays import Floats, Whole
from geo.bundling.forms.columns import columns_of, keeps_rules

SIDES = (3, 4, 5, 6, 8, 10, 12)
"""Sites in a window, from round to round."""
NODES, WORK = 20_000, 1_000_000
"""Nodes of the search in a window, and of all windows."""
MOST = 6_000
"""Packages of a site in a window."""
DEAR = 10.0
"""What a package costs more that breaks a rule, in usual costs of an atom."""


class Listed(NamedTuple):
    """Packages by site: site ``k`` has ``at[k]:at[k + 1]``, cheapest first at the prices of atoms."""

    at: Whole
    start: Whole
    members: Whole
    cost: Floats
    prices: Floats


def listed(store: Store, prices: Floats) -> Listed:
    """The packages of a store."""
    cost, site = store.reduced(prices), np.array(store.site, dtype=np.int64)
    order = np.lexsort((cost, site))
    sizes = np.diff(np.array(store.at))[order]
    start = np.zeros(len(order) + 1, dtype=np.int64)
    np.cumsum(sizes, out=start[1:])
    at = np.searchsorted(site[order], np.arange(len(store.sites.unit) + 1))
    members = np.concatenate([store.atoms[package] for package in order.tolist()])
    return Listed(at.astype(np.int64), start, members, cost[order], prices)


def comb(
    sites: Sites, labels: Whole, packages: Listed, usual: float, effort: float, stop: Callable[[], bool]
) -> Whole:
    """Better a plan that places every atom; packages that break a rule are what it is rid of first."""
    work = WORK * effort
    tried = set[bytes]()
    beside, broken = beside_of(sites, labels), _broken(sites, labels)
    for side in SIDES:
        stale = np.ones(len(sites.unit), dtype=np.bool_)
        while stale.any() and work > 0 and not stop():
            for site in np.flatnonzero(stale).tolist():
                stale[site] = False
                chosen = group_round(sites, beside, site, side)
                sign = chosen.tobytes() + np.where(np.isin(labels, chosen), labels, -1).tobytes()
                if sign in tried or work <= 0:
                    continue
                tried.add(sign)
                extra = np.where(broken, DEAR * usual, 0.0)
                better, nodes = divided(labels, chosen, sites.cost, extra, packages, NODES)
                work -= nodes
                if (better != labels).any():
                    changed = np.unique(labels[better != labels])
                    labels, broken[changed] = better, False
                    beside = beside_of(sites, labels)
                    stale[changed] = True
                    stale |= np.asarray(beside[changed].any(axis=0))
    return labels


def _broken(sites: Sites, labels: Whole) -> np.ndarray:
    """Per site: whether its package breaks a rule."""
    groups = groups_by_site(labels, len(sites.unit))
    kept = keeps_rules(sites.arrays, columns_of(sites.arrays, groups))
    return np.asarray(~kept | (overloads(sites, labels) > 0))


@compiled
def _inside(packages: Listed, package: int, place: Whole) -> bool:
    for member in range(packages.start[package], packages.start[package + 1]):
        if place[packages.members[member]] < 0:
            return False
    return True


@compiled
def _least(packages: Listed, site: int, own: float, place: Whole) -> float:
    """The cheapest package of a site inside the window, its ``own`` included."""
    for package in range(packages.at[site], packages.at[site + 1]):
        if packages.cost[package] >= own:
            break
        if _inside(packages, package, place):
            return float(packages.cost[package])
    return own


@compiled
def divided(
    labels: Whole, chosen: Whole, cost: Floats, extra: Floats, packages: Listed, limit: int
) -> tuple[Whole, int]:
    """The plan with the packages of ``chosen`` divided anew where that is cheaper, and the nodes it took.

    ``extra``: what the package that a site has costs beyond its atoms.
    """
    count, sites = len(labels), len(chosen)
    place, inside = np.full(count, -1, dtype=np.int64), 0
    own = np.zeros(sites)
    for turn in range(sites):
        own[turn] = extra[chosen[turn]]
    for atom in range(count):
        for turn in range(sites):
            if labels[atom] == chosen[turn]:
                place[atom] = inside
                inside += 1
                own[turn] += cost[atom, chosen[turn]] - packages.prices[atom]
    least = np.empty(sites)
    for turn in range(sites):
        least[turn] = _least(packages, chosen[turn], own[turn], place)
    room = own.sum() - least.sum()
    hair = 1e-9 * (np.abs(own).sum() + 1.0)
    if room <= hair:
        return labels, 1
    # of each site the packages that leave the others what they need; -1: the one it has
    kept, at, held = np.empty(sites * (MOST + 1), dtype=np.int64), np.zeros(sites + 1, dtype=np.int64), 0
    for turn in range(sites):
        waits, begin = True, held
        for package in range(packages.at[chosen[turn]], packages.at[chosen[turn] + 1]):
            if waits and packages.cost[package] >= own[turn]:
                kept[held], waits = -1, False
                held += 1
            if packages.cost[package] >= least[turn] + room or held - begin >= MOST:
                break
            if _inside(packages, package, place):
                kept[held] = package
                held += 1
        if waits:
            kept[held] = -1
            held += 1
        at[turn + 1] = held
    bits, worth = np.zeros((held, (inside + 63) // 64), dtype=np.uint64), np.empty(held)
    for turn in range(sites):
        for row in range(at[turn], at[turn + 1]):
            package = kept[row]
            worth[row] = own[turn] if package < 0 else packages.cost[package]
            if package < 0:
                for atom in range(count):
                    if labels[atom] == chosen[turn]:
                        bits[row, place[atom] // 64] |= np.uint64(1) << np.uint64(place[atom] % 64)
            else:
                for member in range(packages.start[package], packages.start[package + 1]):
                    atom = packages.members[member]
                    bits[row, place[atom] // 64] |= np.uint64(1) << np.uint64(place[atom] % 64)
    pick, _, nodes = cheapest_division(at, bits, worth, own.sum() - hair, limit)
    if pick[0] < 0:
        return labels, nodes
    better = labels.copy()
    for turn in range(sites):
        package = kept[pick[turn]]
        if package >= 0:
            for member in range(packages.start[package], packages.start[package + 1]):
                better[packages.members[member]] = chosen[turn]
    return better, nodes
