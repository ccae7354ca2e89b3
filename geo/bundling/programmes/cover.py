"""The cheapest exact cover of few atoms by packages (精确覆盖), by looking at all that can still be better.

At the prices of a linear programme every package has a reduced cost that is not negative, and a plan costs the optimum
of the programme plus those of its packages. Depth first over the atom with the fewest packages left, within the room
between optimum and best plan: for few, large packages far quicker than branching on fractions.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from geo.bundling.forms.arrays import Floats, Whole

MOST_ROWS = 63
"""Atoms that fit the bits of a number."""


class Cover(NamedTuple):
    """``taken``: the cheapest cover found within the room, or None; ``done``: none is cheaper; ``nodes`` looked at."""

    taken: Whole | None
    done: bool
    nodes: int


def cheapest_cover(
    at: Whole,
    rows: Whole,
    cost: Floats,
    count: int,
    packages: tuple[int, int],
    room: float,
    nodes: int,
    *,
    first: bool = False,
    worth: Callable[[Whole], float] | None = None,
) -> Cover:
    """Packages (rows in CSR) that hold each of ``count`` atoms once and cost, summed, less than ``room``.

    With ``first`` any will do. ``worth``: what a cover of these packages really costs, where that can be more than
    the sum (a programme's rows other than the atoms' may have slack at a price, or forbid it: inf).
    The search ends after ``nodes`` nodes, done or not.
    """
    order = np.argsort(cost, kind="stable")
    bits = (
        np.add.reduceat(np.left_shift(1, rows), at[:-1])[order] if len(cost) else np.zeros(0, dtype=np.int64)
    )
    search = _Search(bits, np.maximum(cost[order], 0.0), count, packages, room, nodes)
    search.first = first
    if worth is not None:
        search.worth = lambda taken: worth(np.sort(order[taken]))
    search.go_on(np.arange(len(bits)), 0, 0.0, [])
    taken = None if search.best is None else order[search.best]
    return Cover(None if taken is None else np.sort(taken), search.nodes > 0, nodes - search.nodes)


class _Search:
    """Depth first; packages are sorted by cost, so that the first of those with the same atoms is the cheapest."""

    def __init__(
        self, bits: Whole, cost: Floats, count: int, packages: tuple[int, int], room: float, nodes: int
    ) -> None:
        self.bits, self.cost, self.packages, self.room, self.nodes = bits, cost, packages, room, nodes
        self.places = np.left_shift(np.int64(1), np.arange(count, dtype=np.int64))
        self.whole = int(self.places.sum()) if count else 0
        self.place_of = {int(mask): place for place, mask in reversed(list(enumerate(bits.tolist())))}
        self.best: list[int] | None = None
        self.first = False
        self.worth: Callable[[list[int]], float] | None = None

    def go_on(self, left: Whole, held: int, spent: float, taken: list[int]) -> None:
        """Try every package of ``left`` around the atom that fewest of them hold."""
        self.nodes -= 1
        missing = self.packages[1] - len(taken)
        if held == self.whole:
            self._keep(spent, taken)
            return
        if missing <= 0 or self.nodes <= 0:
            return
        if missing == 1:
            place = self.place_of.get(self.whole & ~held)
            if place is not None:
                self._keep(spent + float(self.cost[place]), [*taken, place])
            return
        open_rows = self.places[(self.places & held) == 0]
        holds = (self.bits[left][:, None] & open_rows) != 0
        row = int(np.argmin(holds.sum(axis=0)))
        for place in left[holds[:, row]].tolist():
            price = spent + float(self.cost[place])
            if price >= self.room or self.nodes <= 0:
                return
            fits = ((self.bits[left] & self.bits[place]) == 0) & (self.cost[left] < self.room - price)
            self.go_on(left[fits], held | int(self.bits[place]), price, [*taken, place])

    def _keep(self, spent: float, taken: list[int]) -> None:
        if spent >= self.room or len(taken) < self.packages[0]:
            return
        if self.worth is not None:
            spent = self.worth(taken)
        if spent < self.room:
            self.room, self.best = -1.0 if self.first else spent, taken
