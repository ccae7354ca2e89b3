"""Dividing a few packages anew among their centres, out of all packages there (换编): for packages of few members.

Where centres have hardly a dozen units each and hardly any room to spare, moves of one or two units meet full
packages wherever they turn. A window of several packages is a small problem of the same kind, and
:mod:`geo.bundling.centres.generating` solves it nearly to its optimum.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from geo.bundling.centres.bound import duals_of
from geo.bundling.centres.closing import fits, reduced_costs
from geo.bundling.centres.generating import Limits, generate
from geo.bundling.centres.plan import keeps_all, overloads, worth_of
from geo.bundling.centres.sites import Sites
from geo.bundling.forms.arrays import OUT, Floats, Whole

SIDE_BY_SIDE = 6
"""Packages in a window."""
LIMITS = Limits(
    turns=60,
    pivots=8_000_000,
    nodes=3_000,
    last=6_000,
    work=60_000,
    stored=9_000,
    chosen=2_000,
    steps=4_000_000,
    ahead=0.05,
    reach=2.0,
    cuts=0,
)
FAR = 1.006
"""A plan that costs so many times its bound is divided anew in any case, and in twice as many turns."""
TURNS = 30
"""Windows divided anew where packages have ten atoms; fewer of larger ones."""
WIDER = (SIDE_BY_SIDE, 10)
"""Packages side by side round one that is over its capacity: first so many, then so many."""


def renew(
    sites: Sites, labels: Whole, known: float, effort: float, stop: Callable[[], bool], *, always: bool
) -> Whole:
    """Better a plan that keeps every rule, window by window round each site.

    Only where it costs far more than a bound ``known``, unless ``always``. Ends early where no window is left whose
    packages changed since it was looked at.
    """
    count, worth = len(sites.unit), worth_of(sites, labels)
    far = worth.distance > FAR * known
    if not (far or always) or not fits(sites, labels):
        return labels
    each = max(int((labels != OUT).sum()) / count, 1.0)
    turns = max(1, round((2 if far else 1) * TURNS * effort * min(1.0, (10.0 / each) ** 2)))
    looked, stale = np.zeros(count, dtype=np.int64), np.ones(count, dtype=np.bool_)
    beside = beside_of(sites, labels)
    # neighbouring windows overlap, so that a stride through the sites changes more with each
    order = np.argsort((np.arange(count) * 7919) % max(count, 1), kind="stable")
    for turn in range(1, turns + 1):
        if stop() or not stale.any():
            break
        site = int(min(order[stale[order]], key=lambda k: looked[k]))
        looked[site], stale[site] = turn, False
        better = _divided(sites, labels, group_round(sites, beside, site, SIDE_BY_SIDE), stop)
        if better is not None and keeps_all(sites, better) and worth_of(sites, better) < worth:
            changed = np.unique(labels[better != labels])
            labels, worth = better, worth_of(sites, better)
            beside = beside_of(sites, labels)
            stale[changed] = True
            stale |= np.asarray(beside[changed].any(axis=0))
    return labels


def mend(sites: Sites, labels: Whole, stop: Callable[[], bool]) -> Whole | None:
    """A plan within every capacity, of one where a few packages hold a hair too much; None where that fails.

    Gives up at the first package that the widest window round it does not mend.
    """
    if not fits(sites, labels):
        return None
    for side in WIDER:
        for site in np.flatnonzero(overloads(sites, labels) > 0).tolist():
            over = overloads(sites, labels)
            if over[site] <= 0:
                continue
            chosen = group_round(sites, beside_of(sites, labels), site, side)
            tried = over[chosen].sum() <= 0 and not stop()
            better = _divided(sites, labels, chosen, stop) if tried else None
            if better is None and side == WIDER[-1]:
                return None
            labels = labels if better is None else better
    return labels if keeps_all(sites, labels) else None


def beside_of(sites: Sites, labels: Whole) -> np.ndarray:
    """Sites × sites: whether their packages touch."""
    arrays, count = sites.arrays, len(sites.unit)
    here = np.repeat(labels, np.diff(arrays.next_at))
    there = labels[arrays.next]
    both = (here != OUT) & (there != OUT)
    found = np.zeros((count, count), dtype=np.bool_)
    found[here[both], there[both]] = True
    return found


def group_round(sites: Sites, beside: np.ndarray, site: int, side: int) -> Whole:
    """A site and the nearest whose packages hang together with its own."""
    x, y = sites.arrays.x[sites.unit], sites.arrays.y[sites.unit]
    far = np.hypot(x - x[site], y - y[site])
    chosen = np.zeros(len(far), dtype=np.bool_)
    chosen[site] = True
    while chosen.sum() < side:
        rim = np.flatnonzero(beside[chosen].any(axis=0) & ~chosen)
        if not len(rim):
            break
        chosen[rim[np.argmin(far[rim])]] = True
    return np.flatnonzero(chosen)


def _divided(sites: Sites, labels: Whole, chosen: Whole, stop: Callable[[], bool]) -> Whole | None:
    """The plan with the packages of the sites ``chosen`` divided anew, None where nothing cheaper was found.

    Where one of them is over its capacity, any division that keeps the capacities is better.
    """
    part = _part(sites, np.isin(labels, chosen), chosen)
    place = np.full(len(sites.unit) + 1, OUT, dtype=np.int64)
    place[chosen] = np.arange(len(chosen))
    own = place[labels]
    inside = np.flatnonzero(own != OUT)
    value = float(part.cost[inside, own[inside]].sum()) + float(part.fixed.sum())
    given: Whole | None = own
    if (overloads(sites, labels)[chosen] > 0).any():
        given, value = None, math.inf
    placed = np.asarray(part.may.any(axis=1))
    duals = duals_of(part, placed, np.ones(len(chosen), dtype=np.bool_), stop)
    known: tuple[float, Floats] = (reduced_costs(part, *duals)[0], duals[0])
    found = generate(part, given, value, duals, known, LIMITS, stop).labels
    if found is None:
        return None
    better = labels.copy()
    better[inside] = chosen[found[inside]]
    return better


def _part(sites: Sites, inside: np.ndarray, chosen: Whole) -> Sites:
    """The sites ``chosen`` with the atoms ``inside`` as a problem of its own."""
    return replace(
        sites,
        unit=sites.unit[chosen],
        atom=sites.atom[chosen],
        capacity=sites.capacity[chosen],
        fixed=sites.fixed[chosen],
        opened=(len(chosen), len(chosen)),
        cost=np.ascontiguousarray(sites.cost[:, chosen]),
        may=sites.may[:, chosen] & inside[:, None],
    )
