"""Borders bettered (边界优化): single cells change their grid as long as borders get shorter and lie on roads.

The bundling engine weighs how far people are from the middle of their grid; what a border looks like it does not
know. So its plan is annealed cell by cell: Kirkpatrick, Gelatt, Vecchi 1983. Limits and contiguity are kept in
every step; what a step changes is counted, never the whole.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from random import Random

import numpy as np

from geo.suggest.cells import Cells
from geo.suggest.ground import Limits, Whole

MOVES = 400
"""Steps tried per cell."""
LEAST, MOST = 20_000, 100_000
"""Steps of the smallest and of the largest neighbourhood."""
HOT, COLD = 0.03, 0.0005
"""First and last temperature, in shares of a grid's usual border."""


@dataclass(frozen=True, slots=True)
class Taste:
    """What a plan is weighed by; each part is in shares of what is usual, so that 1 weighs all alike.

    ``guided``: what a metre of border along a road costs beside one over open ground; below 0, roads are sought.
    ``border``, ``distance``, ``balance``: weights of the length of borders, of the way to the middle, of the
    households off the mean. ``moved``: price of a household that leaves the grid it is in today.
    """

    guided: float = 0.3
    border: float = 1.0
    distance: float = 1.0
    balance: float = 1.0
    moved: float = 0.0


class Plan:
    """Labels of cells with the sums that a step needs; labels 0…k-1."""

    def __init__(
        self, cells: Cells, labels: Whole, limits: Limits, taste: Taste, today: Whole | None
    ) -> None:
        """Take up a plan; ``today``: the label that each cell has now, -1 where none (for ``taste.moved``)."""
        self.count = int(labels.max()) + 1
        self.label: list[int] = labels.tolist()
        self.limits = limits
        self.load: list[float] = cells.households.tolist()
        self.total = float(cells.households.sum())
        self.today = [-1] * len(self.label) if today is None else today.tolist()
        self._weigh(cells, taste)
        self._link(cells, taste)
        middle = float(np.mean(cells.x)), float(np.mean(cells.y))
        # people place a grid; an empty cell weighs as its ground does, lightly
        weight = cells.households + 0.1 * self.total * cells.area / max(cells.area.sum(), 1e-9)
        self.mass = weight.tolist()
        self.x, self.y = (cells.x - middle[0]).tolist(), (cells.y - middle[1]).tolist()
        self.sums = [self._sums_of(label) for label in range(self.count)]
        self.size = np.bincount(labels, minlength=self.count).tolist()

    def _weigh(self, cells: Cells, taste: Taste) -> None:
        area, count = float(cells.area.sum()), self.count
        self.per_metre = taste.border / math.sqrt(area * count)
        self.per_way = taste.distance / (self.total * 1.1 * math.sqrt(area / count)) if self.total else 0.0
        mean = self.total / count
        self.mean = mean
        self.per_miss = taste.balance / (count * mean * mean) if mean else 0.0
        self.per_move = taste.moved / self.total if self.total else 0.0

    def _link(self, cells: Cells, taste: Taste) -> None:
        self.next: list[list[tuple[int, float]]] = [[] for _ in self.label]
        self.beside: list[set[int]] = [set() for _ in self.label]
        cost = (cells.free + taste.guided * cells.guided).tolist()
        for a, b, metres, firm in zip(
            cells.a.tolist(), cells.b.tolist(), cost, cells.neighbours.tolist(), strict=True
        ):
            self.next[a].append((b, metres))
            self.next[b].append((a, metres))
            if firm:
                self.beside[a].add(b)
                self.beside[b].add(a)
        pairs = [(a, b) for a, each in enumerate(self.beside) for b in each if a < b]
        self.pairs = pairs

    def _sums_of(self, label: int) -> list[float]:
        sums = [0.0] * 5
        for cell, own in enumerate(self.label):
            if own == label:
                self._add(sums, cell, 1.0)
        return sums

    def _add(self, sums: list[float], cell: int, sign: float) -> None:
        mass, x, y = sign * self.mass[cell], self.x[cell], self.y[cell]
        sums[0] += sign * self.load[cell]
        sums[1] += mass
        sums[2] += mass * x
        sums[3] += mass * y
        sums[4] += mass * (x * x + y * y)

    def cost(self) -> float:
        """What the whole plan costs; what :meth:`change` changes."""
        borders = sum(
            metres
            for a, beside in enumerate(self.next)
            for b, metres in beside
            if a < b and self.label[a] != self.label[b]
        )
        moved = sum(
            self.load[cell] for cell, home in enumerate(self.today) if home >= 0 and home != self.label[cell]
        )
        return self.per_metre * borders + self.per_move * moved + sum(map(self.worth, self.sums))

    def worth(self, sums: list[float]) -> float:
        """What a grid of these sums costs, but for its borders."""
        load, mass, x, y, square = sums
        spread = math.sqrt(max(square * mass - x * x - y * y, 0.0))
        return self.per_way * spread + self.per_miss * (load - self.mean) ** 2

    def change(self, moves: list[tuple[int, int, int]]) -> tuple[float, dict[int, list[float]]] | None:
        """What moves (cell, from, to) cost, and the grids' new sums; None where limits would break."""
        fresh: dict[int, list[float]] = {}
        cost = 0.0
        moving = {cell: to for cell, _, to in moves}
        for cell, start, to in moves:
            for label, sign in ((start, -1.0), (to, 1.0)):
                sums = fresh.setdefault(label, list(self.sums[label]))
                self._add(sums, cell, sign)
            for other, metres in self.next[cell]:
                there = self.label[other]
                then = moving.get(other, there)
                share = 0.5 if other in moving else 1.0
                cost += share * self.per_metre * metres * ((to != then) - (start != there))
            home = self.today[cell]
            if home >= 0:
                cost += self.per_move * self.load[cell] * ((home != to) - (home != start))
        for label, sums in fresh.items():
            if not self._fits(sums[0], self.sums[label][0]):
                return None
            cost += self.worth(sums) - self.worth(self.sums[label])
        return cost, fresh

    def _fits(self, load: float, before: float) -> bool:
        """Whether limits are kept, or broken by less than before."""
        low, high = self.limits.lower, self.limits.upper
        miss = max(low - load, load - high, 0.0)
        return miss <= 1e-9 or miss <= max(low - before, before - high, 0.0) - 1e-9

    def stays_whole(self, gone: int, label: int, come: int = -1) -> bool:
        """Whether a grid is in one piece without ``gone`` (and with ``come``)."""
        ends = [n for n in self.beside[gone] if self.label[n] == label]
        if come >= 0 and come in self.beside[gone]:
            ends.append(come)
        if not ends:
            return False
        wanted, seen, heap = set(ends[1:]), {ends[0]}, [ends[0]]
        while heap and wanted:
            for other in self.beside[heap.pop()]:
                if other not in seen and other != gone and (self.label[other] == label or other == come):
                    seen.add(other)
                    wanted.discard(other)
                    heap.append(other)
        return not wanted

    def make(self, moves: list[tuple[int, int, int]], fresh: dict[int, list[float]]) -> None:
        """Make moves whose new sums are known."""
        for cell, start, to in moves:
            self.label[cell] = to
            self.size[start] -= 1
            self.size[to] += 1
        for label, sums in fresh.items():
            self.sums[label] = sums


def polished(
    cells: Cells,
    labels: Whole,
    limits: Limits,
    taste: Taste,
    seed: int = 1,
    *,
    effort: float = 1.0,
    today: Whole | None = None,
    hot: float = HOT,
) -> Whole:
    """Labels with better borders; the same seed gives the same labels. Grids stay in one piece and keep limits."""
    if int(labels.max(initial=0)) == 0:
        return labels
    plan = Plan(cells, labels, limits, taste, today)
    random = Random(f"{seed} borders")  # noqa: S311 -- a search, not a secret
    steps = round(effort * min(max(MOVES * len(labels), LEAST), MOST))
    cost = best_cost = 0.0
    best = list(plan.label)
    for step in range(steps):
        moves = _proposed(plan, random)
        found = plan.change(moves) if moves else None
        if found is None:
            continue
        heat = hot * (COLD / hot) ** (step / steps)
        if found[0] > 0 and random.random() >= math.exp(-found[0] / heat):
            continue
        if not _whole(plan, moves):
            continue
        plan.make(moves, found[1])
        cost += found[0]
        if cost < best_cost - 1e-12:
            best_cost, best = cost, list(plan.label)
    return np.array(best, dtype=np.int64)


def _proposed(plan: Plan, random: Random) -> list[tuple[int, int, int]]:
    """A cell over a border, or two cells exchanged over one."""
    a, b = plan.pairs[int(random.random() * len(plan.pairs))]
    start, to = plan.label[a], plan.label[b]
    if start == to:
        return []
    if random.random() < 0.5:
        a, b, start, to = b, a, to, start
    moves = [(a, start, to)]
    if random.random() < 0.5:
        mine = [n for n in plan.beside[a] if plan.label[n] == start]
        there = [c for n in mine for c in plan.beside[n] if plan.label[c] == to]
        if there:
            moves.append((there[int(random.random() * len(there))], to, start))
    return moves


def _whole(plan: Plan, moves: list[tuple[int, int, int]]) -> bool:
    """Whether both grids stay in one piece."""
    if len(moves) == 1:
        cell, start, _ = moves[0]
        return plan.size[start] > 1 and plan.stays_whole(cell, start)
    (a, start, to), (b, _, _) = moves
    reached = any(plan.label[n] == to and n != b for n in plan.beside[a])
    held = any(plan.label[n] == start and n != a for n in plan.beside[b])
    return reached and held and plan.stays_whole(a, start, b) and plan.stays_whole(b, to, a)
