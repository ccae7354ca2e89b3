"""The cheapest way to divide some atoms among some sites, one listed package each (精确划分), as a compiled loop.

Depth first: the site with the fewest packages left takes each of them in turn, cheapest first; packages that share an
atom with one taken fall away, and so does what cannot stay under the best division so far, or leaves an atom that
no package left holds. At the prices of a linear programme hardly any branch goes deep.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from geo.bundling.compiling.compiled import compiled
from geo.bundling.forms.arrays import Floats, Whole


class Open(NamedTuple):
    """Per depth of the search: the packages left, by site, and what is to be done."""

    packages: Whole
    start: Whole
    end: Whole
    closed: np.ndarray
    """Whether a site has its package."""
    missing: np.ndarray
    """Atoms without package, as bits."""
    spent: Floats


@compiled
def _scarcest(left: Open, depth: int, bits: np.ndarray, cost: Floats, room: float) -> int:
    """The site with the fewest packages left; -1 where no division under ``room`` goes on from here."""
    found, fewest, least = -1, len(cost) + 1, left.spent[depth]
    for site in range(left.closed.shape[1]):
        if not left.closed[depth, site]:
            begin, count = left.start[depth, site], left.end[depth, site] - left.start[depth, site]
            least += cost[left.packages[depth, begin]]
            if count < fewest:
                found, fewest = site, count
    if least >= room:
        return -1
    for word in range(bits.shape[1]):
        held = np.uint64(0)
        for site in range(left.closed.shape[1]):
            if not left.closed[depth, site]:
                for place in range(left.start[depth, site], left.end[depth, site]):
                    held |= bits[left.packages[depth, place], word]
        if (held & left.missing[depth, word]) != left.missing[depth, word]:
            return -1
    return found


@compiled
def _apart(bits: np.ndarray, one: int, other: int) -> bool:
    """Whether two packages share no atom."""
    shared = np.uint64(0)
    for word in range(bits.shape[1]):
        shared |= bits[one, word] & bits[other, word]
    return bool(shared == 0)


@compiled
def _deeper(
    left: Open,
    depth: int,
    site: int,
    package: int,
    others: float,
    bits: np.ndarray,
    cost: Floats,
    room: float,
) -> bool:
    """What is left once ``site`` takes ``package``, one depth below; False where a site has no package left."""
    below, filled = depth + 1, 0
    spent = left.spent[depth] + cost[package]
    left.spent[below] = spent
    for word in range(bits.shape[1]):
        left.missing[below, word] = left.missing[depth, word] & ~bits[package, word]
    for each in range(left.closed.shape[1]):
        left.closed[below, each] = left.closed[depth, each] or each == site
        if left.closed[below, each]:
            continue
        left.start[below, each] = filled
        begin = left.start[depth, each]
        rest = spent + others - cost[left.packages[depth, begin]]
        for place in range(begin, left.end[depth, each]):
            other = left.packages[depth, place]
            if rest + cost[other] >= room:
                break
            if _apart(bits, package, other):
                left.packages[below, filled] = other
                filled += 1
        left.end[below, each] = filled
        if filled == left.start[below, each]:
            return False
    return True


@compiled
def cheapest_division(
    at: Whole, bits: np.ndarray, cost: Floats, room: float, limit: int
) -> tuple[Whole, float, int]:
    """A package per site (-1: none found) that together hold each atom once and cost less than ``room``.

    Site ``k`` has the packages ``at[k]:at[k + 1]``, cheapest first; ``bits``: their atoms, all of which some package
    holds. Returned with the cost (or ``room``) and the nodes looked at; after ``limit`` of them the search ends.
    """
    sites, count, words = len(at) - 1, len(cost), bits.shape[1]
    best, pick = np.full(sites, -1, dtype=np.int64), np.full(sites, -1, dtype=np.int64)
    left = Open(
        np.empty((sites + 1, count), dtype=np.int64),
        np.zeros((sites + 1, sites), dtype=np.int64),
        np.zeros((sites + 1, sites), dtype=np.int64),
        np.zeros((sites + 1, sites), dtype=np.bool_),
        np.zeros((sites + 1, words), dtype=np.uint64),
        np.zeros(sites + 1),
    )
    turn, place = np.zeros(sites + 1, dtype=np.int64), np.zeros(sites + 1, dtype=np.int64)
    left.packages[0] = np.arange(count)
    left.start[0], left.end[0] = at[:-1], at[1:]
    for package in range(count):
        for word in range(words):
            left.missing[0, word] |= bits[package, word]
    depth, nodes, enter = 0, 0, True
    while depth >= 0 and nodes <= limit:
        if enter:
            nodes += 1
            turn[depth] = _scarcest(left, depth, bits, cost, room)
            if turn[depth] < 0:
                depth, enter = depth - 1, False
                continue
            place[depth] = left.start[depth, turn[depth]]
        site, enter = turn[depth], False
        others = 0.0
        for each in range(sites):
            if each != site and not left.closed[depth, each]:
                others += cost[left.packages[depth, left.start[depth, each]]]
        if place[depth] >= left.end[depth, site]:
            depth -= 1
            continue
        package = left.packages[depth, place[depth]]
        place[depth] += 1
        if left.spent[depth] + cost[package] + others >= room:
            depth -= 1
            continue
        pick[site] = package
        if depth == sites - 1:
            whole = True
            for word in range(words):
                whole = whole and bits[package, word] == left.missing[depth, word]
            if whole:
                room = left.spent[depth] + cost[package]
                best[:] = pick
        elif _deeper(left, depth, site, package, others, bits, cost, room):
            depth, enter = depth + 1, True
    return best, room, nodes
