"""Improving a plan round given centres window by window: a few packages side by side, solved to their optimum."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from geo.bundling.centres.plan import keeps_all, over_capacity, overloads, worth_of
from geo.bundling.centres.programme import Programme, solve_programme
from geo.bundling.centres.sites import Sites
from geo.bundling.forms.arrays import OUT, Floats, Whole

PAIRS = 120
"""Choices (beyond the place it has) that the atoms of a window have together; more is better and slower."""
NODES, LOOKS = 20, 80


def windows(
    sites: Sites,
    labels: Whole,
    prices: Floats,
    work: int,
    stop: Callable[[], bool],
    tell: Callable[[float], None],
) -> Whole:
    """Windows round each site in turn, those over their capacity first, until ``work`` looks are spent.

    Ends early after a round of ever wider windows that changed nothing.
    """
    used = np.unique(labels[labels != OUT]).tolist()
    spent = idle = turn = 0
    tried = dict.fromkeys(used, 0)
    while used and spent < work and idle < 2 * len(used) and turn < 12 * len(used) and not stop():
        over = overloads(sites, labels)
        site = min(used, key=lambda k: (tried[k] - (2 if over[k] > 0 else 0), k))
        wide = 1.0 + 0.5 * (tried[site] % 3)
        chosen = _towards_room(sites, labels, site, over) if over[site] > 0 else []
        chosen = chosen or _beside(sites, labels, site, wide)
        better, looked = _window(sites, labels, prices, chosen, wide, stop)
        tried[site] += 1
        turn += 1
        spent += looked + 1
        idle = 0 if better is not None else idle + 1
        labels = labels if better is None else better
        tell(min(1.0, spent / work))
    return labels


def _touched(sites: Sites, labels: Whole, site: int) -> list[int]:
    """Sites whose packages touch that of ``site``, nearest first."""
    arrays = sites.arrays
    found: set[int] = set()
    for atom in np.flatnonzero(labels == site).tolist():
        around = labels[arrays.next[arrays.next_at[atom] : arrays.next_at[atom + 1]]]
        found.update(around[around != OUT].tolist())
    x, y = arrays.x[sites.unit], arrays.y[sites.unit]
    return sorted(found - {site}, key=lambda k: (float(np.hypot(x[k] - x[site], y[k] - y[site])), k))


def _beside(sites: Sites, labels: Whole, site: int, wide: float) -> list[int]:
    """A site and those whose packages touch its own, nearest first, few enough for one window."""
    return [site, *_touched(sites, labels, site)[: round(3 * wide)]]


def _towards_room(sites: Sites, labels: Whole, site: int, over: Floats) -> list[int]:
    """A chain of packages from one over its capacity to the nearest with room for that, and their likes."""
    before: dict[int, int] = {site: site}
    queue = [site]
    for here in queue:
        if over[here] <= -over[site]:
            chain = [here]
            while chain[-1] != site:
                chain.append(before[chain[-1]])
            extra = [k for k in _touched(sites, labels, here) if k not in chain]
            return (chain[::-1] + extra[:1])[:7]
        for other in _touched(sites, labels, here):
            if other not in before:
                before[other] = here
                queue.append(other)
    return []


def _window(
    sites: Sites,
    labels: Whole,
    prices: Floats,
    chosen: list[int],
    wide: float,
    stop: Callable[[], bool],
) -> tuple[Whole | None, int]:
    """The plan with the packages ``chosen`` divided anew, or None where that is no better; the work it took."""
    arrays = sites.arrays
    out = labels == OUT
    inside = np.isin(labels, chosen) | (out & sites.may[:, chosen].any(axis=1))
    pairs = np.zeros_like(sites.may)
    kept = np.flatnonzero(inside & ~out)
    pairs[kept, labels[kept]] = True
    dear = sites.cost + arrays.atom_load[:, None] * prices
    here = np.where(inside & ~out, dear[np.arange(len(labels)), np.where(out, 0, labels)], np.inf)
    rows = np.flatnonzero(inside)
    columns = np.array(chosen)
    extra = dear[np.ix_(rows, columns)] - here[rows, None]
    # what stays out comes first: any place is better than none
    extra[np.isneginf(extra)] = -1.0
    shut = ~sites.may[np.ix_(rows, columns)] | pairs[np.ix_(rows, columns)]
    extra[shut | np.isin(rows, sites.atom[columns])[:, None]] = np.inf
    flat = np.argsort(extra, axis=None, kind="stable")[: round(PAIRS * wide)]
    flat = flat[np.isfinite(extra.ravel()[flat])]
    pairs[rows[flat // len(columns)], columns[flat % len(columns)]] = True
    over = over_capacity(sites, labels)
    elastic = 20.0 * float(dear[inside].max(initial=1.0)) / max(float(arrays.atom_load.mean()), 1e-9)
    stay = inside & (arrays.lock < 0) & (out.any() or over > 0) & (not np.isinf(arrays.out_price))
    programme = Programme(sites, pairs, chosen, False, stay, elastic if over > 0 else 0.0)
    start = {atom: int(labels[atom]) for atom in programme.atoms}
    answer = solve_programme(programme, stop, nodes=NODES, looks=LOOKS, gap=1e-4, start=start)
    if answer.labels is None:
        return None, answer.looked
    new = labels.copy()
    for atom, site in answer.labels.items():
        new[atom] = site
    return (new if _better(sites, new, labels, over) else None), answer.looked


def _better(sites: Sites, new: Whole, old: Whole, over: float) -> bool:
    left = over_capacity(sites, new)
    if left != over:
        return left < over
    if over > 0:
        return bool(
            sites.cost[np.arange(len(new)), new][new != OUT].sum()
            < sites.cost[np.arange(len(old)), old][old != OUT].sum() * (1 - 1e-9)
        )
    if not keeps_all(sites, new):
        return False
    return not keeps_all(sites, old) or worth_of(sites, new) < worth_of(sites, old)
