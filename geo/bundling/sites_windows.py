"""Improving a plan round given centres window by window: a few packages side by side, solved to their optimum."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from geo.bundling.arrays import OUT, Floats, Whole
from geo.bundling.sites import Sites
from geo.bundling.sites_plan import keeps_all, over_capacity, worth_of
from geo.bundling.sites_programme import Programme, solve_programme

PAIRS = 120
"""Choices (beyond the place it has) that the atoms of a window have together; more is better and slower."""
NODES, LOOKS = 20, 80


def windows(
    sites: Sites,
    labels: Whole,
    prices: Floats,
    count: int,
    stop: Callable[[], bool],
    tell: Callable[[float], None],
) -> Whole:
    """Up to ``count`` windows, each round the next site; ends early after a round that changed nothing."""
    used = np.unique(labels[labels != OUT])
    idle = 0
    for turn in range(count):
        if stop() or idle >= len(used):
            break
        if not len(used):
            break
        wide = 1.0 + 0.5 * ((turn // len(used)) % 3)
        site = int(used[turn % len(used)])
        better = _window(sites, labels, prices, _beside(sites, labels, site, wide), wide, stop)
        idle = 0 if better is not None else idle + 1
        labels = labels if better is None else better
        tell((turn + 1) / count)
    return labels


def _beside(sites: Sites, labels: Whole, site: int, wide: float) -> list[int]:
    """A site and those whose packages touch its own, nearest first, few enough for one window."""
    arrays = sites.arrays
    touched: set[int] = set()
    for atom in np.flatnonzero(labels == site).tolist():
        around = labels[arrays.next[arrays.next_at[atom] : arrays.next_at[atom + 1]]]
        touched.update(around[around != OUT].tolist())
    x, y = arrays.x[sites.unit], arrays.y[sites.unit]
    order = sorted(touched - {site}, key=lambda k: (float(np.hypot(x[k] - x[site], y[k] - y[site])), k))
    return [site, *order[: round(3 * wide)]]


def _window(
    sites: Sites,
    labels: Whole,
    prices: Floats,
    chosen: list[int],
    wide: float,
    stop: Callable[[], bool],
) -> Whole | None:
    """The plan with the packages ``chosen`` divided anew, or None where that is no better."""
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
        return None
    new = labels.copy()
    for atom, site in answer.labels.items():
        new[atom] = site
    return new if _better(sites, new, labels, over) else None


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
