"""A plan out of the linear programme over packages (俯冲): those it takes wholly are fixed, the rest is priced anew.

The programme knows how load must flow across the map, which no search by moves finds out where hardly any room is
left. Step by step the packages of which it takes most are fixed, and it goes on with what is left of the map. Its last
packages fit badly; units left over go where a capacity suffers least, and chains of packages that hand load on
(:mod:`geo.bundling.centres.passing`), from there or after a short anneal, mend that.
"""

from __future__ import annotations

import math

import numpy as np

from geo.bundling.centres.annealing import Terms
from geo.bundling.centres.closing import fits
from geo.bundling.centres.combing import comb, listed
from geo.bundling.centres.easing import eased
from geo.bundling.centres.generating import Search
from geo.bundling.centres.packages import Boxed, Store, around_of, written
from geo.bundling.centres.passing import handed_on
from geo.bundling.centres.plan import keeps_all, overloads, worth_of
from geo.bundling.centres.renewing import mend
from geo.bundling.centres.sites import Sites
from geo.bundling.centres.walk import paper, walk
from geo.bundling.forms.arrays import OUT, Floats, Whole

SHARES = (0.2, 0.1)
"""Shares of the open sites that are fixed in a step, one after the other until a plan keeps all."""
SMALL, COARSE = 12, (0.4, 0.3)
"""Atoms a package beyond which small steps take too long, and the shares there."""
SURE = 0.95
"""How much of a package must be taken to fix more than that."""
NEAR = 1.01
"""A plan that costs less than so many times the bound is good enough to choose on from."""
SHORT = 0.4
"""The share of work on combing what they end with."""
TURNS = 5
"""Of pricing in a step, with so many ``NODES`` of each walk and ``FEW`` packages out of it."""
NODES, FEW = 500, 5
WIDE = 30.0
"""Half the width of the box of prices, in usual costs of an atom: what an atom left out costs."""


def is_small(search: Search) -> bool:
    """Whether packages have so few atoms that most of those worth a look can be written down."""
    return len(search.placed) <= SMALL * len(search.sites.unit)


def dived(
    search: Search, terms: Terms, best: Whole | None, effort: float, seed: int, met: list[Whole]
) -> Whole | None:
    """The best of ``best`` and of plans dived for that keep every rule; one near the bound ends the search.

    Into ``met`` goes every plan dived for, as it came.
    """
    small = is_small(search)
    for share in SHARES if small else COARSE:
        plan = None if search.stop() else dive(search, share)
        if plan is None:
            break
        met.append(plan)
        if small:
            plan = combed(search, plan, SHORT * effort)
            plan = eased(search.sites, terms, plan, effort, seed, search.best, search.stop)
            plan = None if plan is None else combed(search, plan, SHORT * effort)
        else:
            plan = _mended(search, terms, plan)
        if plan is not None:
            best = plan if best is None else min(best, plan, key=lambda one: worth_of(search.sites, one))
        # with large packages a dive takes too long for another one
        near = best is not None and worth_of(search.sites, best).distance < NEAR * search.best
        if near or (plan is not None and not small):
            return best
    return best


def _mended(search: Search, terms: Terms, plan: Whole) -> Whole | None:
    """A plan that keeps every rule, from one of large packages that nearly does."""
    sites, stop = search.sites, search.stop
    found = plan if keeps_all(sites, plan) else mend(sites, plan, stop)
    found = handed_on(sites, terms, plan, stop) if found is None else found
    return found if keeps_all(sites, found) else None


def combed(search: Search, plan: Whole, effort: float) -> Whole:
    """A plan bettered, window by window, out of the packages met."""
    if not search.store.cost or not fits(search.sites, plan):
        return plan
    usual = search.given / max(len(search.placed), 1)
    return comb(search.sites, plan, listed(search.store, search.prices), usual, effort, search.stop)


def dive(search: Search, share: float) -> Whole | None:
    """A plan that places all atoms, some packages perhaps over their capacity; None where it comes to none."""
    sites, store = search.sites, search.store
    places = len(sites.unit)
    labels = np.full(len(sites.arrays.component), OUT, dtype=np.int64)
    labels[sites.atom] = np.arange(places)
    free = np.zeros(len(labels), dtype=np.bool_)
    free[search.placed] = True
    opened = np.ones(places, dtype=np.bool_)
    while opened.any() and not search.stop():
        store, shares = _priced(search, store.rest(free, opened, search.priced), free, opened)
        most, fixed = max(1, int(share * opened.sum())), 0
        for package in np.argsort(-shares, kind="stable").tolist():
            if shares[package] < 1e-6 or (fixed >= most and shares[package] < SURE):
                break
            site, atoms = store.site[package], store.atoms[package]
            if opened[site] and free[atoms].all():
                labels[atoms] = site
                free[atoms], opened[site] = False, False
                fixed += 1
        if fixed == 0:
            break
    return _filled(sites, labels, search.placed)


def _priced(search: Search, store: Store, free: np.ndarray, opened: np.ndarray) -> tuple[Store, Floats]:
    """Packages of the ``opened`` sites over the ``free`` atoms, and how much of each the programme takes."""
    sites = search.sites
    rows = np.flatnonzero(free)
    row_of = np.full(len(free), -1, dtype=np.int64)
    row_of[rows] = np.arange(len(rows))
    usual = max(search.given / max(len(search.placed), 1), 1e-9)
    programme = Boxed(len(rows), usual, search.stop)
    programme.add(store, row_of)
    mask = np.zeros_like(sites.may)
    for site in np.flatnonzero(opened).tolist():
        mask[search.around[site].atoms, site] = True
    mask &= free[:, None]
    around = [(site, around_of(sites, site, mask)) for site in np.flatnonzero(opened).tolist()]
    sheet = paper(500, 500 * 60)
    prices = np.zeros(len(free))
    for _ in range(TURNS):
        _, prices[rows], _ = programme.solve(search.prices[rows], np.full(len(rows), WIDE * usual))
        new = 0
        for site, each in around:
            found = walk(each, prices[each.atoms], -1e-6 * usual, True, NODES, sheet)[0]
            new += store.add(site, written(each, sheet, found, FEW))
        if new == 0 or search.stop():
            break
        programme.add(store, row_of)
    else:
        programme.solve(search.prices[rows], np.full(len(rows), WIDE * usual))
    return store, programme.shares()


def _filled(sites: Sites, labels: Whole, placed: Whole) -> Whole | None:
    """The plan with the atoms left over in packages beside them, where a capacity suffers least."""
    arrays = sites.arrays
    labels = labels.copy()
    while (left := placed[labels[placed] == OUT]).size:
        over = overloads(sites, labels)
        best: tuple[float, float, int, int] = (math.inf, math.inf, OUT, OUT)
        for atom in left.tolist():
            beside = labels[arrays.next[arrays.next_at[atom] : arrays.next_at[atom + 1]]]
            for site in np.unique(beside[beside != OUT]).tolist():
                if sites.may[atom, site]:
                    beyond = max(0.0, float(over[site] + arrays.atom_load[atom]))
                    best = min(best, (beyond, float(sites.cost[atom, site]), atom, site))
        if best[2] == OUT:
            return None
        labels[best[2]] = best[3]
    return labels
