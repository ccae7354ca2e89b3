"""One look at the relaxation at given prices of atoms: hubs priced, the cheapest chosen, the slope (次梯度)."""

from __future__ import annotations

import numpy as np

from geo.bundling.bounds.knapsack import Bag, Window, choose_items, fractional, order_by_rate, sum_up_columns
from geo.bundling.bounds.relaxation import Relaxation
from geo.bundling.compiling.compiled import compiled
from geo.bundling.forms.arrays import Floats, Whole


@compiled
def fillers(relaxation: Relaxation, prices: Floats) -> tuple[Floats, Floats]:
    """What is not listed at a hub costs at least: per weight, by component and ring; by item, per column."""
    rings = len(relaxation.rings)
    filler = np.full((len(relaxation.fewest), rings), np.inf)
    columns = relaxation.amounts.shape[1]
    outside = np.full(columns, np.inf)
    for item in range(len(prices)):
        piece, ceiling = relaxation.item_piece[item], relaxation.ceiling[item]
        if piece < 0 or ceiling == np.inf:
            continue
        spare = max(ceiling - prices[item], 0.0)
        weight = relaxation.weight[item]
        if weight > 0.0:
            for ring in range(rings):
                least = max(relaxation.pull[item] * relaxation.rings[ring], ceiling) - prices[item]
                filler[piece, ring] = min(filler[piece, ring], max(least, 0.0) / weight)
        for column in range(columns):
            if relaxation.amounts[item, column] != 0.0:
                outside[column] = min(outside[column], spare)
    return filler, outside


@compiled
def price_hub(
    relaxation: Relaxation,
    prices: Floats,
    hub: int,
    filler: float,
    outside: Floats,
    mixed: np.ndarray,
    whole: bool,
    hair: float,
    nodes: int,
    taken: np.ndarray,
    bag: Bag,
    rate: Floats,
) -> float:
    """Least cost of a package around ``hub``: never above the true one.

    ``whole``: of whole items, noted in ``taken`` (per pair); else of parts, which is quicker and less.
    ``nodes``: most nodes times items.
    """
    own = relaxation.own[hub]
    lower, upper = relaxation.lower[hub], relaxation.upper[hub]
    first, last = relaxation.at[hub], relaxation.at[hub + 1]
    if relaxation.piece[hub] < 0:
        return np.inf
    base = 0.0
    if own >= 0:
        lower -= relaxation.weight[own]
        upper -= relaxation.weight[own]
    if upper < 0.0:
        return np.inf
    columns = relaxation.amounts.shape[1]
    some = columns > 0
    listed = relaxation.complete[hub]
    if listed:
        filler = np.inf
    held, count, free = 0.0, 0, 0.0
    next_rate = filler
    for pair in range(first, last):
        item = relaxation.item[pair]
        weight = relaxation.weight[item]
        cost = relaxation.cost[pair] - prices[item]
        if whole:
            taken[pair] = 0.0
        if item == own:
            base = cost
            if whole:
                taken[pair] = 1.0
        elif weight <= upper:
            if cost < 0.0 or (some and whole):
                if weight <= 0.0 and not some:
                    free += cost
                    if whole:
                        taken[pair] = 1.0
                    continue
                rate[count] = cost / weight if weight > 0.0 else (-np.inf if cost < 0.0 else np.inf)
                bag.pair[count] = pair
                count += 1
                if cost < 0.0:
                    held += weight
            elif weight > 0.0:
                next_rate = min(next_rate, cost / weight)
    if not some:
        if lower <= held <= upper:
            for place in range(count):
                pair = bag.pair[place]
                free += relaxation.cost[pair] - prices[relaxation.item[pair]]
                if whole:
                    taken[pair] = 1.0
            return base + free
        if not whole:
            _sort(relaxation, prices, bag, rate, count)
            return base + free + fractional(bag, 0, count, lower, upper, next_rate)
    elif not whole:
        _sort(relaxation, prices, bag, rate, count)
        return base + fractional(bag, 0, count, lower, upper, next_rate)
    least, most = relaxation.least.copy(), relaxation.most.copy()
    if own >= 0:
        least -= relaxation.amounts[own]
        most -= relaxation.amounts[own]
    outside = np.full(columns, np.inf) if listed else outside.copy()
    if held >= lower and not some:
        # what pays is enough, and mostly what pays fits between the bounds without what does not
        _sort(relaxation, prices, bag, rate, count)
        window = Window(lower, upper, next_rate, least, most, outside, mixed)
        bound, best = choose_items(bag, window, count, hair, max(nodes // (count + 1), 100))
        got = 0.0
        for place in range(count):
            got += bag.weight[place] * bag.best[place]
        if best < np.inf and got >= lower:
            _note(bag, count, taken)
            return base + free + bound
    if not some:
        count = _dear_items(relaxation, prices, bag, rate, first, last, own, upper, filler)
    count, filler = _sort_needed(relaxation, prices, bag, rate, count, lower, upper, filler, outside)
    sum_up_columns(bag, count)
    window = Window(lower, upper, filler, least, most, outside, mixed)
    bound, best = choose_items(bag, window, count, hair, max(nodes // (count + 1), 100))
    if best < np.inf:
        _note(bag, count, taken)
    return base + free + bound


@compiled
def _sort(relaxation: Relaxation, prices: Floats, bag: Bag, rate: Floats, count: int) -> None:
    """Put the items into the bag, lowest rate first."""
    order = order_by_rate(rate, count)
    pairs = bag.pair[:count][order]
    for place in range(count):
        item = relaxation.item[pairs[place]]
        bag.pair[place] = pairs[place]
        bag.weight[place] = relaxation.weight[item]
        bag.cost[place] = relaxation.cost[pairs[place]] - prices[item]
        for column in range(relaxation.amounts.shape[1]):
            bag.amounts[place, column] = relaxation.amounts[item, column]


@compiled
def _dear_items(
    relaxation: Relaxation,
    prices: Floats,
    bag: Bag,
    rate: Floats,
    first: int,
    last: int,
    own: int,
    upper: float,
    filler: float,
) -> int:
    """Collect anew all items with a weight, also those that do not pay; returns how many."""
    count = 0
    for pair in range(first, last):
        item = relaxation.item[pair]
        weight = relaxation.weight[item]
        if item == own or weight > upper or weight <= 0.0:
            continue
        cost = relaxation.cost[pair] - prices[item]
        if cost < 0.0 or cost < filler * weight:
            rate[count] = cost / weight
            bag.pair[count] = pair
            count += 1
    return count


@compiled
def _sort_needed(
    relaxation: Relaxation,
    prices: Floats,
    bag: Bag,
    rate: Floats,
    count: int,
    lower: float,
    upper: float,
    filler: float,
    outside: Floats,
) -> tuple[int, float]:
    """Sort; the dearest are kept back once what is cheaper is plenty: (items, filler), and less ``outside``."""
    _sort(relaxation, prices, bag, rate, count)
    kept = count
    held, dear = 0.0, 0
    plenty = lower + 2.0 * (upper if upper < np.inf else abs(lower))
    spare = 8 if len(outside) == 0 else 20
    for place in range(count):
        if bag.cost[place] >= 0.0:
            if held > plenty and dear > spare:
                kept = place
                break
            dear += 1
        held += bag.weight[place]
    for place in range(kept, count):
        if bag.weight[place] > 0.0:
            filler = min(filler, bag.cost[place] / bag.weight[place])
        for column in range(len(outside)):
            if bag.amounts[place, column] != 0.0:
                outside[column] = min(outside[column], bag.cost[place])
    return kept, filler


@compiled
def _note(bag: Bag, count: int, taken: np.ndarray) -> None:
    for place in range(count):
        if bag.best[place]:
            taken[bag.pair[place]] = 1.0


@compiled
def price_hubs(
    relaxation: Relaxation,
    prices: Floats,
    hubs: Whole,
    whole: bool,
    hair: float,
    nodes: int,
    value: Floats,
    taken: np.ndarray,
    bag: Bag,
    rate: Floats,
) -> None:
    """:func:`price_hub` for a list of hubs, into ``value``."""
    filler, outside = fillers(relaxation, prices)
    mixed = np.zeros(relaxation.amounts.shape[1], dtype=np.bool_)
    for column in range(len(mixed)):
        mixed[column] = (relaxation.amounts[:, column] < 0.0).any()
    for place in range(len(hubs)):
        hub = hubs[place]
        piece = relaxation.piece[hub]
        if piece < 0:
            value[hub] = np.inf
            continue
        value[hub] = price_hub(
            relaxation,
            prices,
            hub,
            filler[piece, relaxation.ring[hub]],
            outside,
            mixed,
            whole,
            hair,
            nodes,
            taken,
            bag,
            rate,
        )


@compiled
def best_hubs(relaxation: Relaxation, value: Floats) -> Whole:
    """The cheapest hubs: as many as each component needs, then while they pay; one per atom; empty if too few."""
    order = np.argsort(value, kind="mergesort")
    used = np.zeros(len(relaxation.item_piece), dtype=np.bool_)
    picked = np.zeros(len(value), dtype=np.bool_)
    held = np.zeros(len(relaxation.fewest), dtype=np.int64)
    low, high = relaxation.packages[0], relaxation.packages[1]
    chosen = np.empty(min(high, len(value)), dtype=np.int64)
    count = 0
    for needed in (True, False):
        for place in range(len(order)):
            hub = order[place]
            if value[hub] == np.inf or count == len(chosen):
                break
            piece, own = relaxation.piece[hub], relaxation.own[hub]
            if picked[hub] or (own >= 0 and used[own]):
                continue
            if held[piece] >= (relaxation.fewest[piece] if needed else relaxation.many[piece]):
                continue
            if not needed and count >= low and value[hub] >= 0.0:
                break
            picked[hub] = True
            if own >= 0:
                used[own] = True
            held[piece] += 1
            chosen[count] = hub
            count += 1
    for piece in range(len(held)):
        if held[piece] < relaxation.fewest[piece]:
            return chosen[:0]
    return chosen[:count] if count >= low else chosen[:0]


@compiled
def look(
    relaxation: Relaxation,
    prices: Floats,
    every: Whole,
    hair: float,
    nodes: int,
    value: Floats,
    taken: np.ndarray,
    bag: Bag,
    rate: Floats,
    slope: Floats,
) -> tuple[float, Whole]:
    """The relaxed optimum at these prices, a lower bound on every plan, and its hubs; fills ``slope``.

    Hubs are priced by parts of items first; of whole items only where a hub is among the cheapest.
    ``every``: all hubs; ``nodes``: most nodes of a knapsack times its items. -inf where the relaxation has no plan.
    """
    price_hubs(relaxation, prices, every, False, hair, nodes, value, taken, bag, rate)
    exact = np.zeros(len(value), dtype=np.bool_)
    while True:
        chosen = best_hubs(relaxation, value)
        open_hubs = chosen[~exact[chosen]]
        if len(open_hubs) == 0:
            break
        price_hubs(relaxation, prices, open_hubs, True, hair, nodes, value, taken, bag, rate)
        exact[open_hubs] = True
    total = 0.0
    for item in range(len(prices)):
        slope[item] = 1.0 if relaxation.item_piece[item] >= 0 else 0.0
        total += prices[item] * slope[item]
    for place in range(len(chosen)):
        hub = chosen[place]
        total += value[hub]
        for pair in range(relaxation.at[hub], relaxation.at[hub + 1]):
            slope[relaxation.item[pair]] -= taken[pair]
    if len(chosen) == 0:
        return -np.inf, chosen
    return total - _saved_by_leaving_out(relaxation, prices, slope), chosen


@compiled
def _saved_by_leaving_out(relaxation: Relaxation, prices: Floats, slope: Floats) -> float:
    """The most that leaving out the given load can save (parts of items count), taken off the slope."""
    saved = 0.0
    if relaxation.free_out:
        for item in range(len(prices)):
            if relaxation.item_piece[item] >= 0 and relaxation.load[item] <= 0.0 and prices[item] > 0.0:
                saved += prices[item]
                slope[item] -= 1.0
    left = relaxation.out
    if left <= 0.0:
        return saved
    rate = np.zeros(len(prices))
    for item in range(len(prices)):
        if relaxation.item_piece[item] >= 0 and relaxation.load[item] > 0.0:
            rate[item] = -max(prices[item], 0.0) / relaxation.load[item]
    order = np.argsort(rate, kind="mergesort")
    for place in range(len(order)):
        item = order[place]
        if rate[item] >= 0.0 or left <= 0.0:
            break
        part = min(1.0, left / relaxation.load[item])
        left -= part * relaxation.load[item]
        saved += part * prices[item]
        slope[item] -= part
    return saved
