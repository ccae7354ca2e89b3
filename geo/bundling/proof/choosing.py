"""The best plan of given packages and the proof of it (从给定的包求最优): cuts, covers, whole numbers."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from geo.bundling.forms.arrays import Whole
from geo.bundling.programmes.cover import MOST_ROWS, cheapest_cover
from geo.bundling.programmes.cuts import sharpened
from geo.bundling.programmes.master import TOLERANCE, Pool, Relaxed, relax, usual_cost, whole
from geo.bundling.programmes.partition import best_of, plan_cost
from geo.bundling.proof.generation import Budget

COVER_NODES = 30_000
"""Nodes of a search for covers before whole-number programming takes over."""
ITERATIONS = 2_000_000
"""Work of a whole-number programme that is to prove."""
_LOOKED = 1_000
"""Packages out of which a better plan is sought before a proof."""
COLUMN, NODE, BRANCH = 150, 250, 5_000
"""What whole-number programmes cost in steps: each package, each node of a search for covers, each branching."""
_SHARPENED = 30
"""What a package costs in steps each time a programme with cuts looks at it."""


class Chosen(NamedTuple):
    """Numbers of packages in the pool, what they cost, what no plan of the pool undercuts."""

    taken: Whole
    value: float
    bound: float


def iteration(columns: int) -> int:
    """What an iteration of a whole-number programme over so many packages costs, in steps."""
    return 300 + columns // 4


def best_whole(
    pool: Pool, taken: Whole, known: float, nodes: int, budget: Budget, grain: float = 0.0
) -> Chosen:
    """The best plan of a pool and the bound proven for it: cheap packages first, then all that still matter.

    ``grain``: plans that cost less than another cost less by as much.
    """
    stop, count = budget.stop, len(pool.cost)
    budget.steps -= 10 * count + COLUMN * min(count, _LOOKED)
    iterations = min(100_000, max(budget.steps // (2 * iteration(min(count, _LOOKED))), 1))
    first = best_of(pool, taken, nodes=min(nodes, 300), iterations=iterations, stop=stop, most=_LOOKED)
    if first is not None and plan_cost(pool, first) < known:
        taken, known = first, plan_cost(pool, first)
    relaxed = relax(pool, taken, stop)
    if relaxed.broken > 0 or stop():
        return Chosen(taken, known, -math.inf)
    scale = usual_cost(pool)
    hair = TOLERANCE * scale * (1 + len(taken))
    grain = grain if grain > 30 * hair else 0.0
    if known - grain <= relaxed.value + hair or nodes <= 300:
        return Chosen(taken, known, min(relaxed.value, known))
    useful, relaxed, looked = sharpened(pool, taken, known - grain, relaxed, hair, stop)
    budget.steps -= _SHARPENED * looked
    if known - grain <= relaxed.value + hair:
        return Chosen(taken, known, min(relaxed.value, known))
    if coverable(pool):
        taken, known, done = _covered(pool, useful, relaxed, taken, known, known - grain + hair, budget)
        if done:
            return Chosen(taken, known, known)
    # before the first iteration, HiGHS looks for what packages imply of each other
    budget.steps -= min(len(useful) ** 2 // 10, 3_000 * len(useful))
    if budget.spent():
        return Chosen(taken, known, relaxed.value)
    most = min(ITERATIONS, max(budget.steps // iteration(len(useful)), 1))
    nodes = min(nodes, max(budget.steps // BRANCH, 1))
    found = whole(pool.some(useful), scale, np.searchsorted(useful, taken), nodes, most, stop, grain)
    budget.steps -= iteration(len(useful)) * (most if found is None else found.iterations)
    budget.steps -= BRANCH * (nodes if found is None else found.nodes)
    if found is None or math.isinf(found.value):
        # the plan at hand is one of these packages: where HiGHS sees none, its tolerances say nothing of others
        return Chosen(taken, known, relaxed.value)
    better = useful[found.taken]
    worth = plan_cost(pool, better)
    bound = min(max(found.bound, relaxed.value), worth, known)
    return Chosen(better, worth, bound) if worth <= known else Chosen(taken, known, bound)


def _covered(
    pool: Pool, useful: Whole, relaxed: Relaxed, taken: Whole, known: float, most: float, budget: Budget
) -> tuple[Whole, float, bool]:
    """The cheapest exact cover below ``most``, what it costs, and whether all were looked at."""
    part = pool.some(useful)
    cover = cheapest_cover(
        part.at,
        part.rows,
        relaxed.reduced,
        len(pool.out_cost),
        pool.packages,
        most - relaxed.value,
        min(COVER_NODES, max(budget.steps // NODE, 1)),
        worth=lambda numbers: _above(part, numbers, relaxed.value),
    )
    budget.steps -= NODE * cover.nodes
    if cover.taken is not None and plan_cost(part, cover.taken) < known:
        taken = useful[cover.taken]
        known = plan_cost(pool, taken)
    return taken, known, cover.done


def coverable(pool: Pool) -> bool:
    """Whether a plan of the pool is an exact cover of few atoms, with nothing left out."""
    few = len(pool.out_cost) <= MOST_ROWS and len(pool.cost) > 0
    return few and bool(np.isinf(pool.out_cost).all())


def _above(pool: Pool, taken: Whole, value: float) -> float:
    """How far a plan that leaves nothing out costs more than ``value``; inf where it passes a limit.

    The summed reduced costs alone would miss the price of slack in the number of packages and in limits.
    """
    if any(math.fsum(limit.columns[taken]) > limit.most for limit in pool.limits):
        return math.inf
    return plan_cost(pool, taken) - value
