"""A first plan that keeps every capacity where hardly any room is left (压入): distance waits, capacity presses.

Annealing that looks for short ways first ends beside full packages with a hair too much in some. Slow, it ends
near a good plan, and handing that hair on along chains of packages mends it. Hot, and with capacities weighing far
more than distance, it does meet plans that keep all; what they cost too much, windows take off again.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from geo.bundling.centres.annealing import Terms, anneal_sites
from geo.bundling.centres.passing import handed_on
from geo.bundling.centres.plan import keeps_all, worth_of
from geo.bundling.centres.sites import Sites, usual_way
from geo.bundling.forms.arrays import OUT, Whole
from geo.bundling.search.improve import generator

RUNS, MET = 12, 2
"""Most anneals, and plans met after which there are enough."""
HEATS, PRESSURE = (2.0, 6.0, 10.0), (15.0, 1_500.0)
LONGER = (1, 2, 3)
"""Anneals one after the other: hotter and longer, in heats of what an atom usually costs."""
SLOW_RUNS, SLOW = 4, 3
"""Most slow anneals, tried first, and how many times longer they are than ``moves``."""
SLOW_HEAT, SLOW_PRESSURE = (2.0, 0.1), (2.0, 200.0)
COOL, HARD = 0.4, (100.0, 1_000.0)
"""Of the anneal that takes distance off a plan again."""


def pressed(
    sites: Sites, terms: Terms, first: Whole, moves: int, seed: int, stop: Callable[[], bool]
) -> Whole | None:
    """The best of a few plans that keep every rule, from ``first`` (number of sites: out); None where none is met."""
    found = _slowly(sites, terms, first, moves, seed, stop) or _hotly(sites, terms, first, moves, seed, stop)
    return min(found, key=lambda plan: worth_of(sites, plan), default=None)


def _slowly(
    sites: Sites, terms: Terms, first: Whole, moves: int, seed: int, stop: Callable[[], bool]
) -> list[Whole]:
    """A plan that keeps every rule, out of a slow anneal, with load handed on; none where none does."""
    warm, cool = (each * usual_way(sites) for each in SLOW_HEAT)
    rng = generator(seed, "pressed slowly")
    for _ in range(SLOW_RUNS):
        if stop():
            break
        labels, kept = first.copy(), first.copy()
        cost = anneal_sites(sites.arrays, terms, labels, kept, SLOW * moves, (warm, cool), SLOW_PRESSURE, rng)
        plan = kept if cost < math.inf else labels
        plan[plan == len(sites.unit)] = OUT
        plan = handed_on(sites, terms, plan, stop)
        if keeps_all(sites, plan):
            return [plan]
    return []


def _hotly(
    sites: Sites, terms: Terms, first: Whole, moves: int, seed: int, stop: Callable[[], bool]
) -> list[Whole]:
    """Plans that keep every rule, out of hot anneals."""
    usual = usual_way(sites)
    rng = generator(seed, "pressed")
    found: list[Whole] = []
    for turn in range(RUNS):
        if stop() or len(found) >= MET:
            break
        heat, longer = usual * HEATS[turn % len(HEATS)], LONGER[turn % len(LONGER)]
        kept = _annealed(sites, terms, first, longer * moves, heat, PRESSURE, rng)
        if kept is None:
            continue
        nearer = _annealed(sites, terms, kept, moves, usual * COOL, HARD, rng)
        plan = kept if nearer is None else nearer
        found.append(np.where(plan == len(sites.unit), OUT, plan))
    return [plan for plan in found if keeps_all(sites, plan)]


def _annealed(
    sites: Sites,
    terms: Terms,
    first: Whole,
    moves: int,
    heat: float,
    pressure: tuple[float, float],
    rng: np.ndarray,
) -> Whole | None:
    """The best plan met on the way that breaks no bound."""
    labels, kept = first.copy(), first.copy()
    cost = anneal_sites(sites.arrays, terms, labels, kept, moves, (heat, heat / 60), pressure, rng)
    # -inf: an atom that may not stay out was out at first, and found a place
    return kept if cost < math.inf else None
