"""A plan round given centres bettered step by step (渐进): annealed a little, then load handed on along chains."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from geo.bundling.centres.annealing import Terms, anneal_sites
from geo.bundling.centres.passing import handed_on
from geo.bundling.centres.plan import keeps_all, worth_of
from geo.bundling.centres.sites import Sites, usual_way
from geo.bundling.forms.arrays import OUT, Whole
from geo.bundling.search.improve import generator

EASED, HEATS, COOL = 6, (0.3, 0.6, 1.0), 0.05
"""Anneals from the plan given, how warm they begin and end, in what an atom costs at its nearest site."""
CLOSE = 1.002
"""A plan that costs less than so many times the bound needs no more of them."""
MOVES, PRESSURE = 3_000, (20.0, 1_500.0)


def eased(
    sites: Sites,
    terms: Terms,
    plan: Whole,
    effort: float,
    seed: int,
    least: float,
    stop: Callable[[], bool],
) -> Whole | None:
    """The best plan met that keeps every rule, from one that nearly does; ``least``: what any plan costs.

    First from ``plan``, then from the best met.
    """
    rng = generator(seed, "eased")
    usual, moves = usual_way(sites), round(MOVES * effort * int(sites.may.any(axis=1).sum()))
    best: Whole | None = None
    for turn in range(2 * EASED):
        if stop() or (best is not None and worth_of(sites, best).distance < CLOSE * least):
            break
        labels = (plan if turn < EASED or best is None else best).copy()
        if turn:
            heat = (usual * HEATS[turn % len(HEATS)], COOL * usual)
            anneal_sites(sites.arrays, terms, labels, labels.copy(), moves, heat, PRESSURE, rng)
        labels = np.where(labels == len(sites.unit), OUT, labels)
        found = handed_on(sites, terms, labels, stop)
        if keeps_all(sites, found) and (best is None or worth_of(sites, found) < worth_of(sites, best)):
            best = found
    return best
