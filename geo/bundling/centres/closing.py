"""The whole assignment as one programme, made small by what a plan already costs (收口).

The prices of the linear programme say what an assignment costs at least above the relaxed optimum. Those that
cost more than the plan at hand leaves room for are in no better plan and are dropped (reduced-cost fixing); what
is left is often small enough for HiGHS to end, which betters the plan and proves how near it is. The neighbour
rows of :mod:`geo.bundling.centres.programme` are in it, so that this bound knows of contiguity.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from geo.bundling.centres.plan import keeps_all
from geo.bundling.centres.programme import Programme, solve_programme
from geo.bundling.centres.sites import Sites
from geo.bundling.forms.arrays import OUT, Floats, Whole

WORK = 100_000
"""Looks of the solver times rows at effort 1."""
NODES = 2_000
GAP = 1e-3
PAIRS = 4_000
"""Most assignments looked at; the cheapest, where room is left for more."""
STEPS = 4.0
"""Room of a programme without a plan, in per cent of what the linear programme costs."""
HAIR = 1e-6
"""Share by which the solver's tolerances may lift its bound."""


@dataclass(frozen=True)
class Closed:
    """A plan, None where none was found, and a bound, None where none is proven."""

    labels: Whole | None
    bound: float | None


def close(
    sites: Sites,
    plan: Whole | None,
    value: float,
    duals: tuple[Floats, Floats],
    effort: float,
    stop: Callable[[], bool],
) -> Closed:
    """Better ``plan`` (cost ``value``; None, inf: there is none yet) by the whole programme, as far as it goes.

    ``duals``: prices of atoms and of capacity from the linear programme. Every centre opens.
    """
    if not fits(sites, plan):
        return Closed(None, None)
    least, extra = reduced_costs(sites, *duals)
    room = value - least if math.isfinite(value) else STEPS / 100 * abs(least)
    pairs, room = _pairs(sites, extra, room * (1 + 1e-6))
    programme = Programme(sites, pairs, range(len(sites.unit)), False, np.zeros(len(pairs), dtype=np.bool_))
    start = None if plan is None else {atom: int(plan[atom]) for atom in programme.atoms}
    looks = round(WORK * effort / max(len(programme.rows), 1))
    answer = solve_programme(programme, stop, nodes=NODES, looks=looks, gap=GAP, start=start)
    labels = None
    if answer.labels is not None:
        labels = np.full(len(pairs), OUT, dtype=np.int64)
        for atom, site in answer.labels.items():
            labels[atom] = site
        if not keeps_all(sites, labels):
            labels = None
    # a plan with an assignment that was dropped costs at least so much, too
    bound = min(answer.bound, least + room)
    proven = math.isfinite(bound) and not sites.model.chained and not weightless(sites)
    return Closed(labels, max(0.0, bound - HAIR * abs(bound)) if proven else None)


def fits(sites: Sites, plan: Whole | None) -> bool:
    """Whether the programme speaks of all plans as good: every atom placed, no rule that bends."""
    arrays = sites.arrays
    placed = np.asarray(sites.may.any(axis=1))
    bends = arrays.border_price > 0 or bool(np.any((arrays.price > 0) & np.isfinite(arrays.price)))
    inside = plan is None or not (plan[placed] == OUT).any()
    return sites.every and inside and not bends


def weightless(sites: Sites) -> bool:
    """Whether an atom may stay out at no price, so that plans which leave out as much are more than these."""
    placed = np.asarray(sites.may.any(axis=1))
    return not np.isinf(sites.arrays.out_price) and bool((sites.arrays.atom_load[placed] <= 0).any())


def reduced_costs(sites: Sites, multipliers: Floats, prices: Floats) -> tuple[float, Floats]:
    """A bound on distance and fixed costs, and per assignment what a plan with it costs at least above that.

    Holds whatever the prices are: for any plan, Σ cost ≥ Σ u - Σ price·capacity + Σ (cost - u + price·load)·x.
    """
    arrays = sites.arrays
    placed = np.asarray(sites.may.any(axis=1))
    room = np.where(prices > 0, sites.capacity, 0.0)
    dear = sites.cost - multipliers[:, None] + arrays.atom_load[:, None] * prices
    own = np.zeros_like(sites.may)
    own[sites.atom, np.arange(len(sites.unit))] = True
    may = sites.may.copy()
    may[sites.atom] = False
    dear = np.where(may | own, dear, np.inf)
    gains = np.where(may, np.minimum(dear, 0.0), 0.0)
    least = float(multipliers[placed].sum()) - float(prices @ room) + float(sites.fixed.sum())
    least += float(dear[own].sum()) + float(gains.sum())
    return least - 1e-9 * abs(least), np.where(own, 0.0, np.maximum(dear, 0.0))


def _pairs(sites: Sites, extra: Floats, room: float) -> tuple[np.ndarray, float]:
    """The assignments that cost at most ``room`` extra, and the room that is left when there are too many."""
    held = np.sort(extra[extra <= room])
    if len(held) > PAIRS:
        room = float(held[PAIRS])
    return extra <= room, room
