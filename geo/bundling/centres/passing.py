"""Load handed on along a chain of packages (传递链): cyclic and path exchanges after Thompson and Orlin (1989).

Where packages are full to a hair, an atom moves in only if another moves out, which meets the next full package.
A chain is looked for as a whole: one or two atoms pass from each package to the next, each package stays connected
and within its bounds, until one has room or the chain is back where it began. Labels keep the cheapest way to each
hand-over; a way that is dearer than what it could still win is dropped.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from geo.bundling.centres.annealing import Terms, miss
from geo.bundling.centres.plan import keeps_all, over_capacity, worth_of
from geo.bundling.centres.sites import Sites, usual_way
from geo.bundling.compiling.compiled import compiled
from geo.bundling.forms.arrays import Arrays, Floats, Whole

LENGTH = 10
"""Most hand-overs in a chain."""
AHEAD = 0.1
"""What the rest of a chain may win yet, in what an atom costs at its nearest site."""
STEPS = ((30.0, 1.5), (300.0, 1.5), (3_000.0, 15.0))
"""One descent after the other: how many times as dear as the programme says load over a capacity is, and what a chain
may cost at most, in what an atom costs at its nearest site; dear chains last, where there is no other way."""
WORK, MOST = 3_000_000, 300_000
"""Most looks of a descent, and most hand-overs known at a time."""


class Passes(NamedTuple):
    """Hand-overs of one atom or two from a package to one beside it; those out of site ``k``: ``at[k]:at[k + 1]``."""

    at: Whole
    target: Whole
    atoms: Whole
    """Two rows, -1 in the second where there is only one."""
    cost: Floats
    amounts: Floats
    """Hand-overs × columns."""


class Ways(NamedTuple):
    """The cheapest chain to each hand-over: length × hand-overs."""

    stamp: Whole
    cost: Floats
    before: Whole
    first: Whole
    queue: Whole
    mark: Whole
    todo: Whole
    spent: Whole
    """Looks taken, and the last stamp."""


class Held(NamedTuple):
    """A plan: site of each atom, each site's own atom, sums of its columns and number of its atoms."""

    labels: Whole
    own: Whole
    sums: Floats
    sizes: Whole


@compiled
def _passes(arrays: Arrays, terms: Terms, labels: Whole, out: Passes) -> int:
    """Every hand-over there is, written into ``out``."""
    places = terms.cost.shape[1] - 1
    order = np.argsort(labels, kind="mergesort")
    filled, site = 0, -1
    for atom in order:
        source = labels[atom]
        if source < 0 or source >= places:
            continue
        while site < source:
            site += 1
            out.at[site] = filled
        if terms.home[atom]:
            continue
        begin, degree = filled, arrays.next_at[atom + 1] - arrays.next_at[atom]
        for place in range(arrays.next_at[atom], arrays.next_at[atom + 1]):
            target = labels[arrays.next[place]]
            if (
                target < 0
                or target >= places
                or target == source
                or not np.isfinite(terms.cost[atom, target])
            ):
                continue
            known = filled + degree >= len(out.target)
            for other in range(begin, filled):
                known = known or out.target[other] == target
            if known:
                continue
            filled = _written(terms, out, filled, source, target, atom, -1)
            for near in range(arrays.next_at[atom], arrays.next_at[atom + 1]):
                two = arrays.next[near]
                if labels[two] != source or terms.home[two]:
                    continue
                if not np.isfinite(terms.cost[two, target]):
                    continue
                if two < atom and _touches(arrays, labels, two, target):
                    continue
                filled = _written(terms, out, filled, source, target, atom, two)
    while site < places:
        site += 1
        out.at[site] = filled
    return filled


@compiled
def _touches(arrays: Arrays, labels: Whole, atom: int, site: int) -> bool:
    found = False
    for place in range(arrays.next_at[atom], arrays.next_at[atom + 1]):
        found = found or labels[arrays.next[place]] == site
    return found


@compiled
def _written(terms: Terms, out: Passes, row: int, source: int, target: int, one: int, two: int) -> int:
    out.target[row], out.atoms[0, row], out.atoms[1, row] = target, one, two
    out.cost[row] = terms.cost[one, target] - terms.cost[one, source]
    out.amounts[row] = terms.amounts[one]
    if two >= 0:
        out.cost[row] += terms.cost[two, target] - terms.cost[two, source]
        out.amounts[row] += terms.amounts[two]
    return row + 1


@compiled
def _settled(terms: Terms, sums: Floats, site: int, passes: Passes, come: int, gone: int) -> float:
    """What the bounds of a site cost more when ``come`` comes and ``gone`` goes (-1: nothing)."""
    change = 0.0
    for column in range(len(sums)):
        amount = 0.0
        if come >= 0:
            amount += passes.amounts[come, column]
        if gone >= 0:
            amount -= passes.amounts[gone, column]
        load = sums[column, site]
        change += miss(terms, column, site, load + amount) - miss(terms, column, site, load)
    return change


@compiled
def _hangs(arrays: Arrays, held: Held, site: int, passes: Passes, come: int, gone: int, ways: Ways) -> bool:
    """Whether a site's package is in one piece, without foes, when ``come`` comes and ``gone`` goes."""
    labels, home = held.labels, held.own[site]
    in1 = in2 = out1 = out2 = -1
    if come >= 0:
        in1, in2 = passes.atoms[0, come], passes.atoms[1, come]
    if gone >= 0:
        out1, out2 = passes.atoms[0, gone], passes.atoms[1, gone]
    need = held.sizes[site] + int(in1 >= 0) + int(in2 >= 0) - int(out1 >= 0) - int(out2 >= 0)
    for atom in (in1, in2):
        if atom >= 0:
            for place in range(arrays.foes_at[atom], arrays.foes_at[atom + 1]):
                foe = arrays.foes[place]
                if labels[foe] == site and foe not in (out1, out2):
                    return False
    mark, todo = ways.mark, ways.todo
    ways.spent[1] += 1
    stamp = ways.spent[1]
    mark[home] = stamp
    todo[0] = home
    head, tail = 0, 1
    while head < tail:
        here = todo[head]
        head += 1
        for place in range(arrays.next_at[here], arrays.next_at[here + 1]):
            other = arrays.next[place]
            if mark[other] != stamp:
                inside = labels[other] == site and other not in (out1, out2)
                if inside or other in (in1, in2):
                    mark[other] = stamp
                    todo[tail] = other
                    tail += 1
    return bool(tail == need)


@compiled
def _visited(passes: Passes, labels: Whole, ways: Ways, level: int, row: int, site: int) -> bool:
    while level >= 0:
        if labels[passes.atoms[0, row]] == site:
            return True
        row = ways.before[level, row]
        level -= 1
    return False


@compiled
def _chain(
    arrays: Arrays,
    terms: Terms,
    held: Held,
    passes: Passes,
    ways: Ways,
    origin: int,
    push: float,
    ahead: float,
    dear: float,
    work: int,
) -> tuple[float, int, int, int]:
    """The best chain that begins at a site: what it changes, its last hand-over and length, the one that closes it."""
    sums, prices = held.sums, terms.price[0]
    best, best_row, best_level, best_close = -1e-7 * (1.0 + ahead), -1, -1, -1
    ways.spent[1] += 1
    now = ways.spent[1]
    begin, end = 0, 0
    for row in range(passes.at[origin], passes.at[origin + 1]):
        value = passes.cost[row] + push * _settled(terms, sums, origin, passes, -1, row)
        rest = (prices[passes.target[row]] - prices[origin]) * passes.amounts[row, 0]
        if value + rest < ahead:
            ways.stamp[0, row], ways.cost[0, row] = now, value
            ways.before[0, row], ways.first[0, row] = -1, row
            ways.queue[0, end] = row
            end += 1
    for level in range(len(ways.cost)):
        filled = 0
        for turn in range(begin, end):
            row = ways.queue[level % 2, turn]
            here, partial, first = passes.target[row], ways.cost[level, row], ways.first[level, row]
            rest = prices[here] * passes.amounts[row, 0] - prices[origin] * passes.amounts[first, 0]
            relief = push * _settled(terms, sums, origin, passes, -1, first)
            most = min(best + ahead, dear + relief)
            if partial + rest >= most:
                continue
            value = partial + push * _settled(terms, sums, here, passes, row, -1)
            if (
                value < best
                and _hangs(arrays, held, here, passes, row, -1, ways)
                and _hangs(arrays, held, origin, passes, -1, first, ways)
            ):
                best, best_row, best_level, best_close = value, row, level, -1
            ways.spent[0] += passes.at[here + 1] - passes.at[here]
            for other in range(passes.at[here], passes.at[here + 1]):
                target = passes.target[other]
                value = partial + passes.cost[other]
                rest = prices[target] * passes.amounts[other, 0] - prices[origin] * passes.amounts[first, 0]
                if value + rest >= most and target != origin:
                    continue
                value += push * _settled(terms, sums, here, passes, row, other)
                if target == origin:
                    if value < best:
                        value -= push * _settled(terms, sums, origin, passes, -1, first)
                        value += push * _settled(terms, sums, origin, passes, other, first)
                    if (
                        value < best
                        and _hangs(arrays, held, here, passes, row, other, ways)
                        and _hangs(arrays, held, origin, passes, other, first, ways)
                    ):
                        best, best_row, best_level, best_close = value, row, level, other
                    continue
                if level + 1 >= len(ways.cost) or value + rest >= most:
                    continue
                known = ways.stamp[level + 1, other] == now
                if known and ways.cost[level + 1, other] <= value:
                    continue
                if _visited(passes, held.labels, ways, level, row, target):
                    continue
                if not _hangs(arrays, held, here, passes, row, other, ways):
                    continue
                if not known:
                    ways.queue[(level + 1) % 2, filled] = other
                    filled += 1
                ways.stamp[level + 1, other], ways.cost[level + 1, other] = now, value
                ways.before[level + 1, other], ways.first[level + 1, other] = row, first
        begin, end = 0, filled
        if filled == 0 or ways.spent[0] >= work:
            break
    return best, best_row, best_level, best_close


@compiled
def _moved(terms: Terms, held: Held, passes: Passes, row: int) -> None:
    """Hand over."""
    target = passes.target[row]
    for atom in passes.atoms[:, row]:
        if atom >= 0:
            source = held.labels[atom]
            for column in range(len(held.sums)):
                held.sums[column, source] -= terms.amounts[atom, column]
                held.sums[column, target] += terms.amounts[atom, column]
            held.sizes[source] -= 1
            held.sizes[target] += 1
            held.labels[atom] = target


@compiled
def passed_on(
    arrays: Arrays, terms: Terms, own: Whole, labels: Whole, push: float, ahead: float, dear: float, work: int
) -> float:
    """Chains until none betters the plan, in place; what they changed, with bounds ``push`` times as dear.

    ``ahead``: what the rest of a chain may win yet; ``dear``: what a chain may cost; ``work``: most looks.
    """
    count, places, bounds = len(labels), terms.cost.shape[1] - 1, terms.amounts.shape[1]
    most = 0
    for atom in range(count):
        degree = arrays.next_at[atom + 1] - arrays.next_at[atom]
        most = min(most + degree * (degree + 1), MOST)
    passes = Passes(
        np.zeros(places + 1, dtype=np.int64),
        np.empty(most, dtype=np.int64),
        np.empty((2, most), dtype=np.int64),
        np.empty(most),
        np.empty((most, bounds)),
    )
    ways = Ways(
        np.zeros((LENGTH, most), dtype=np.int64),
        np.empty((LENGTH, most)),
        np.empty((LENGTH, most), dtype=np.int64),
        np.empty((LENGTH, most), dtype=np.int64),
        np.empty((2, most), dtype=np.int64),
        np.zeros(count, dtype=np.int64),
        np.empty(count + 2, dtype=np.int64),
        np.zeros(2, dtype=np.int64),
    )
    held = Held(labels, own, np.zeros((bounds, places)), np.zeros(places, dtype=np.int64))
    for atom in range(count):
        if 0 <= labels[atom] < places:
            held.sizes[labels[atom]] += 1
            for column in range(bounds):
                held.sums[column, labels[atom]] += terms.amounts[atom, column]
    stale, total, fresh, again = np.ones(places, dtype=np.bool_), 0.0, False, True
    while again and ways.spent[0] < work:
        again = False
        for origin in range(places):
            if not stale[origin] or held.sizes[origin] == 0:
                continue
            if not fresh:
                ways.spent[0] += _passes(arrays, terms, labels, passes)
            stale[origin], fresh, again = False, True, True
            change, row, level, close = _chain(
                arrays, terms, held, passes, ways, origin, push, ahead, dear, work
            )
            if row < 0:
                continue
            total, fresh = total + change, False
            stale[origin], stale[passes.target[row]] = True, True
            if close >= 0:
                _moved(terms, held, passes, close)
            while level >= 0:
                stale[passes.target[row]] = True
                _moved(terms, held, passes, row)
                row = ways.before[level, row]
                level -= 1
    return total


def handed_on(sites: Sites, terms: Terms, plan: Whole, stop: Callable[[], bool]) -> Whole:
    """The plan with load handed on where that takes off what is over a capacity, or else costs less."""
    labels, usual = plan.copy(), usual_way(sites)
    for push, dear in STEPS:
        if not stop():
            passed_on(sites.arrays, terms, sites.atom, labels, push, AHEAD * usual, dear * usual, WORK)
    worth = [
        (not keeps_all(sites, each), over_capacity(sites, each), worth_of(sites, each))
        for each in (plan, labels)
    ]
    return labels if worth[1] < worth[0] else plan
