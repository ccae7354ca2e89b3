"""The cheapest package of a hub when every atom has a price (背包): 0–1, by branch and bound, never too dear.

Items are sorted by reduced cost per weight; a window of weights must be met, further columns are checked.
Every value returned is a lower bound on the best choice: exact where the search ends by itself, the least
open bound where it is cut short (Dantzig 1957 for the bound, Horowitz and Sahni 1974 for the search).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from geo.bundling.compiling.compiled import compiled
from geo.bundling.forms.arrays import Floats, Whole


class Bag(NamedTuple):
    """Working space for one knapsack of up to so many items; rows follow the order of rates."""

    weight: Floats
    cost: Floats
    """Reduced cost."""
    pair: Whole
    """Where each item stands in the pairs."""
    amounts: Floats
    """Items × further columns; with the most, the least and the cheapest help from each item on."""
    most: Floats
    least: Floats
    helping: Floats
    taken: Whole
    """Decisions on the way down, and in the best choice so far (``best``)."""
    best: Whole
    sums: Floats
    """Per further column: what the decisions on the way down hold."""


class Window(NamedTuple):
    """What the items beside the hub's own may hold.

    ``filler``: least cost per weight of anything not listed, inf where all is listed; ``outside``: least
    cost of anything not listed that holds some of a further column; ``least``, ``most``: its bounds.
    """

    lower: float
    upper: float
    filler: float
    least: Floats
    most: Floats
    outside: Floats
    mixed: np.ndarray
    """Per further column: whether some amounts are negative."""


def new_bag(items: int, columns: int) -> Bag:
    """Working space for knapsacks of up to ``items`` items with so many further columns."""
    return Bag(
        weight=np.zeros(items),
        cost=np.zeros(items),
        pair=np.zeros(items, dtype=np.int64),
        amounts=np.zeros((items, columns)),
        most=np.zeros((items + 1, columns)),
        least=np.zeros((items + 1, columns)),
        helping=np.zeros((items + 1, columns)),
        taken=np.zeros(items, dtype=np.int64),
        best=np.zeros(items, dtype=np.int64),
        sums=np.zeros(columns),
    )


@compiled
def fractional(bag: Bag, start: int, count: int, lower: float, upper: float, filler: float) -> float:
    """Least cost of parts of items ``start`` on that weigh between ``lower`` and ``upper`` together."""
    value = filled = 0.0
    for item in range(start, count):
        cost, weight = bag.cost[item], bag.weight[item]
        limit = upper
        if cost >= 0.0:
            if weight <= 0.0:
                continue
            if filled >= lower or cost >= filler * weight:
                break
            limit = lower
        if filled + weight <= limit:
            filled += weight
            value += cost
        else:
            value += cost * ((limit - filled) / weight)
            filled = limit
            break
    if filled < lower:
        value += (lower - filled) * filler
    return value


@compiled
def _lacking(bag: Bag, window: Window, item: int) -> float:
    """Least that the further columns still cost from ``item`` on, -1 where they lack nothing, inf if hopeless."""
    found = -1.0
    for column in range(len(bag.sums)):
        held = bag.sums[column]
        outside = window.outside[column]
        if held + bag.least[item, column] > window.most[column]:
            if outside == np.inf or not window.mixed[column]:
                return np.inf
            found = max(found, 0.0)
        if held < window.least[column]:
            price = outside
            if held + bag.most[item, column] >= window.least[column]:
                price = min(outside, max(bag.helping[item, column], 0.0))
            found = max(found, price)
        elif held > window.most[column]:
            found = max(found, 0.0)
    return found


@compiled
def choose_items(bag: Bag, window: Window, count: int, hair: float, limit: int) -> tuple[float, float]:
    """Least cost of whole items in the window: (proven lower bound, cost of ``bag.best``, inf if none found).

    ``hair``: nodes that promise less than this much gain are cut. ``limit``: most nodes.
    """
    best = cut = np.inf
    weight = cost = 0.0
    item = nodes = 0
    fresh = True
    bag.sums[:] = 0.0
    columns = len(bag.sums)
    while True:
        lacking = _lacking(bag, window, item)
        down = lacking < np.inf
        if fresh and down:
            nodes += 1
            bound = _bound(bag, window, item, count, weight, cost, lacking)
            if bound >= best - hair:
                cut = min(cut, bound)
                down = False
        if down:
            ends = item == count
            if not ends and lacking < 0.0 and weight >= window.lower and bag.cost[item] >= 0.0:
                ends = True
            if ends:
                value = cost + max(lacking, 0.0)
                if weight < window.lower:
                    value = max(value, cost + (window.lower - weight) * window.filler)
                if value < best:
                    best = value
                    bag.best[:item] = bag.taken[:item]
                    bag.best[item:count] = 0
                down = False
            elif weight + bag.weight[item] <= window.upper:
                bag.taken[item] = 1
                weight += bag.weight[item]
                cost += bag.cost[item]
                for column in range(columns):
                    bag.sums[column] += bag.amounts[item, column]
                item += 1
                fresh = False
            else:
                bag.taken[item] = 0
                item += 1
                fresh = True
        if down:
            continue
        # back to the last item taken, which is now left
        item -= 1
        while item >= 0 and bag.taken[item] == 0:
            item -= 1
        stopped = nodes >= limit
        while stopped and item >= 0:
            # out of nodes: what was not looked at is at least its bound
            if bag.taken[item] == 1:
                weight -= bag.weight[item]
                cost -= bag.cost[item]
                cut = min(cut, _bound(bag, window, item + 1, count, weight, cost, -1.0))
            item -= 1
        if item < 0:
            return min(best, cut), best
        bag.taken[item] = 0
        weight -= bag.weight[item]
        cost -= bag.cost[item]
        for column in range(columns):
            bag.sums[column] -= bag.amounts[item, column]
        item += 1
        fresh = True


@compiled
def _bound(
    bag: Bag, window: Window, item: int, count: int, weight: float, cost: float, lacking: float
) -> float:
    room = max(window.upper - weight, 0.0)
    bound = fractional(bag, item, count, window.lower - weight, room, window.filler)
    if lacking > 0.0:
        # taking what lacks leaves less room for what pays
        bound = max(bound, fractional(bag, item, count, -np.inf, room, window.filler) + lacking)
    return cost + bound


@compiled
def order_by_rate(rate: Floats, count: int) -> Whole:
    """Places of the first ``count`` rates, lowest first."""
    if count > 48:
        return np.argsort(rate[:count], kind="mergesort")
    order = np.arange(count)
    for place in range(1, count):
        moved = order[place]
        before = place - 1
        while before >= 0 and rate[order[before]] > rate[moved]:
            order[before + 1] = order[before]
            before -= 1
        order[before + 1] = moved
    return order


@compiled
def sum_up_columns(bag: Bag, count: int) -> None:
    """Fill the sums from each item on of the further columns."""
    for column in range(bag.amounts.shape[1]):
        bag.most[count, column] = bag.least[count, column] = 0.0
        bag.helping[count, column] = np.inf
        for item in range(count - 1, -1, -1):
            amount = bag.amounts[item, column]
            bag.most[item, column] = bag.most[item + 1, column] + max(amount, 0.0)
            bag.least[item, column] = bag.least[item + 1, column] + min(amount, 0.0)
            cheapest = bag.helping[item + 1, column]
            bag.helping[item, column] = min(cheapest, bag.cost[item]) if amount > 0.0 else cheapest
