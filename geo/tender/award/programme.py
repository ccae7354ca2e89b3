"""The award as a whole-number programme (授标): one winner a package, under caps, capacities and the budget.

Best is: most points; then most packages let; then the lowest prices; then, package by package in their order, the bid
received first. HiGHS solves one stage after the other, with one thread, a fixed seed and a limit by nodes: same
question, same answer. Figures are whole numbers, and every answer is checked in whole numbers: what only rounding let
pass is cut off and the stage solved again. A stage's value is a whole number, so a bound less than one away proves it.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import highspy
import numpy as np

from geo.bundling.programmes.master import quiet
from geo.errors import BadInput

EXACT = 2**50
"""Sums up to here are whole numbers for HiGHS too."""
NODES = 200_000


class Candidate(NamedTuple):
    """A bid that counts: numbers of its package and firm, points (whole), price (fen), place as received."""

    package: int
    firm: int
    points: int
    price: int
    order: int


class Worth(NamedTuple):
    """What an award is worth: points, packages let, prices in fen."""

    points: int
    packages: int
    price: int


class Row(NamedTuple):
    """Σ terms·x, from `least` to `most`; None is open. `terms`: number of a candidate → coefficient."""

    terms: dict[int, int]
    least: int | None
    most: int | None

    def holds(self, taken: Iterable[int]) -> bool:
        """Whether a choice keeps the row, in whole numbers."""
        total = sum(self.terms.get(each, 0) for each in taken)
        return (self.least is None or total >= self.least) and (self.most is None or total <= self.most)


@dataclass(frozen=True)
class Found:
    """Numbers of the candidates taken, their worth; `bound`: points that no award passes; `proven`: it is the best."""

    taken: tuple[int, ...]
    worth: Worth
    bound: int
    proven: bool


@dataclass(frozen=True)
class Programme:
    """Candidates, each package's households, each firm's cap and free capacity, the budget in fen; None is no limit."""

    candidates: tuple[Candidate, ...]
    households: tuple[int, ...]
    caps: tuple[int | None, ...]
    free: tuple[int | None, ...]
    budget: int | None = None
    nodes: int = NODES

    def __post_init__(self) -> None:
        """Refuse sums that are no whole numbers any more for a solver in floating point."""
        for values in ([each.price for each in self.candidates], [each.points for each in self.candidates]):
            if sum(values) > EXACT or min(values, default=0) < 0:
                raise BadInput(
                    "prices and points must be at least 0, and their sum at most 2^50", field="bids"
                )

    @cached_property
    def rows(self) -> tuple[Row, ...]:
        """Return every rule as a row over the candidates."""
        rows = [Row(terms, None, 1) for terms in self._packages().values()]
        for firm, loads in self._firms().items():
            cap, free = self.caps[firm], self.free[firm]
            if cap is not None:
                rows.append(Row(dict.fromkeys(loads, 1), None, cap))
            if free is not None:
                rows.append(Row(loads, None, free))
        if self.budget is not None:
            rows.append(Row({at: each.price for at, each in enumerate(self.candidates)}, None, self.budget))
        return tuple(rows)

    def lawful(self, taken: Iterable[int]) -> bool:
        """Whether an award keeps every rule, in whole numbers."""
        chosen = tuple(taken)
        return all(row.holds(chosen) for row in self.rows)

    def worth(self, taken: Iterable[int]) -> Worth:
        """Return what an award is worth."""
        chosen = [self.candidates[each] for each in taken]
        return Worth(sum(each.points for each in chosen), len(chosen), sum(each.price for each in chosen))

    def best(self) -> Found | None:
        """Return the best award, None where there is none."""
        return self._best(list(self.rows), None)

    def best_with(
        self, than: Worth, *, candidate: int | None = None, package: int | None = None
    ) -> Worth | None:
        """Return the worth of the best award in which a candidate wins, or a package is let; None: there is none.

        It is exact as far as its first figure that differs from those of `than`; what comes after is any award's.
        """
        terms = {candidate: 1} if candidate is not None else self._packages().get(package or 0, {})
        found = self._best([*self.rows, Row(terms, 1, None)], than)
        return None if found is None else found.worth

    def _best(self, rows: list[Row], than: Worth | None) -> Found | None:
        """The stages one after the other; with `than` only until one differs from it, and ties stay open."""
        answer, bound = None, 0
        for place, stage in enumerate((self._points, self._count, self._prices)):
            costs = stage(answer)
            step = self._least(costs, rows)
            if step is None:
                return None if answer is None else Found(answer, self.worth(answer), bound, False)
            answer, value, lowest = step
            bound = -lowest if place == 0 else bound
            differs = than is not None and self.worth(answer)[place] != than[place]
            if lowest < value or differs:
                return Found(answer, self.worth(answer), bound, lowest == value)
            rows.append(Row(dict(enumerate(costs)), None, value))
        assert answer is not None
        settled, sure = self._in_order(answer, rows) if than is None else (answer, True)
        return Found(settled, self.worth(settled), bound, sure)

    def _points(self, _: tuple[int, ...] | None) -> tuple[int, ...]:
        return tuple(-each.points for each in self.candidates)

    def _count(self, _: tuple[int, ...] | None) -> tuple[int, ...]:
        return (-1,) * len(self.candidates)

    def _prices(self, taken: tuple[int, ...] | None) -> tuple[int, ...]:
        """Prices above the lowest one of the package where every package is let, else above the lowest of all.

        The number of packages let is settled before, so that the same sum is taken off every award: what is left are
        numbers that a solver tells apart to the fen.
        """
        lowest: dict[int, int] = {}
        for each in self.candidates:
            lowest[each.package] = min(each.price, lowest.get(each.package, each.price))
        if len(taken or ()) < len(lowest):
            lowest = dict.fromkeys(lowest, min(lowest.values()))
        return tuple(each.price - lowest[each.package] for each in self.candidates)

    def _in_order(self, taken: tuple[int, ...], rows: list[Row]) -> tuple[tuple[int, ...], bool]:
        """Among awards of equal worth, package by package the one received first; and whether that is proven."""
        other = self._least((0,) * len(self.candidates), [*rows, self._not(taken)])
        if other is None:
            return taken, True
        for package in sorted({each.package for each in self.candidates}):
            ranks = self._ranks(package)
            if min(ranks) < min((ranks[each] for each in taken), default=0):
                step = self._least(ranks, rows)
                if step is None or step[1] != step[2]:
                    return taken, False
                taken = step[0]
            rows.append(Row(dict(enumerate(ranks)), None, sum(ranks[each] for each in taken)))
        return taken, True

    def _least(self, costs: tuple[int, ...], rows: Sequence[Row]) -> tuple[tuple[int, ...], int, int] | None:
        """The choice of least cost, its cost, and the whole number that no choice is under; None: no choice."""
        cuts: list[Row] = []
        while True:
            x, bound = _run(costs, [*rows, *cuts], self.nodes)
            if x is None:
                return None
            taken = tuple(np.flatnonzero(x > 0.5).tolist())
            if all(row.holds(taken) for row in rows):
                value = sum(costs[each] for each in taken)
                return taken, value, value if bound > value - 0.999 else math.ceil(bound - 1e-3)
            cuts.append(self._not(taken))

    def _ranks(self, package: int) -> tuple[int, ...]:
        """Costs that rank the bids of a package by order: nobody 0, the last one -1, the first one lowest."""
        mine = sorted((each.order, at) for at, each in enumerate(self.candidates) if each.package == package)
        place = {at: rank - len(mine) for rank, (_, at) in enumerate(mine)}
        return tuple(place.get(at, 0) for at in range(len(self.candidates)))

    def _not(self, taken: tuple[int, ...]) -> Row:
        held = set(taken)
        terms = {at: 1 if at in held else -1 for at in range(len(self.candidates))}
        return Row(terms, None, len(held) - 1)

    def _packages(self) -> dict[int, dict[int, int]]:
        """Return each package's candidates, as the terms of a row."""
        found: dict[int, dict[int, int]] = {}
        for at, each in enumerate(self.candidates):
            found.setdefault(each.package, {})[at] = 1
        return dict(sorted(found.items()))

    def _firms(self) -> dict[int, dict[int, int]]:
        """Return each firm's candidates with the households of their packages."""
        found: dict[int, dict[int, int]] = {}
        for at, each in enumerate(self.candidates):
            found.setdefault(each.firm, {})[at] = self.households[each.package]
        return dict(sorted(found.items()))


def wins(programme: Programme, taken: Iterable[int]) -> Counter[int]:
    """Return how many packages each firm takes in an award."""
    return Counter(programme.candidates[each].firm for each in taken)


def _run(costs: tuple[int, ...], rows: Sequence[Row], nodes: int) -> tuple[Any | None, float]:
    """Solve one stage: the choice (None where there is none, or none was found in time) and its proven bound."""
    if not costs:
        return (np.zeros(0) if all(row.holds(()) for row in rows) else None), 0.0
    highs = quiet()
    options = (
        ("mip_rel_gap", 0.0), ("mip_abs_gap", 1e-7), ("mip_max_nodes", nodes), ("mip_feasibility_tolerance", 1e-9),
        ("primal_feasibility_tolerance", 1e-9), ("dual_feasibility_tolerance", 1e-9),
        ("mip_heuristic_run_feasibility_jump", False),
    )  # fmt: skip
    for name, value in options:
        highs.setOptionValue(name, value)
    shrink = math.gcd(*costs) or 1
    highs.passModel(_model(costs, rows, shrink))
    highs.run()
    info, status = highs.getInfo(), highs.getModelStatus()
    if status == highspy.HighsModelStatus.kInfeasible:
        return None, math.inf
    if info.primal_solution_status != int(highspy.SolutionStatus.kSolutionStatusFeasible):
        raise BadInput("no award was found within the limits of work", field="bids")
    proven = status == highspy.HighsModelStatus.kOptimal
    bound = info.objective_function_value if proven else info.mip_dual_bound
    return np.array(highs.getSolution().col_value), bound * shrink


def _model(costs: tuple[int, ...], rows: Sequence[Row], shrink: int) -> Any:
    count = len(costs)
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = count, len(rows)
    lp.col_cost_ = np.array([cost // shrink for cost in costs], dtype=float)
    lp.col_lower_, lp.col_upper_ = np.zeros(count), np.ones(count)
    slim = [_divided(row) for row in rows]
    matrix = [{at: value for at, value in row.terms.items() if value} for row in slim]
    scale = [_scale(terms.values()) for terms in matrix]
    room = [_room(terms.values()) for terms in matrix]
    ends = list(zip(slim, room, scale, strict=True))
    least = [-math.inf if row.least is None else (row.least - more) * by for row, more, by in ends]
    most = [math.inf if row.most is None else (row.most + more) * by for row, more, by in ends]
    lp.row_lower_, lp.row_upper_ = np.array(least), np.array(most)
    lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    lp.a_matrix_.start_ = np.cumsum([0, *(len(each) for each in matrix)]).astype(np.int32)
    lp.a_matrix_.index_ = np.array([at for each in matrix for at in each], dtype=np.int32)
    values = [value * by for each, by in zip(matrix, scale, strict=True) for value in each.values()]
    lp.a_matrix_.value_ = np.array(values, dtype=float)
    lp.integrality_ = [highspy.HighsVarType.kInteger] * count
    return lp


def _divided(row: Row) -> Row:
    """The same row in smaller numbers: over the greatest divisor of its terms, the bounds rounded inwards."""
    by = math.gcd(*row.terms.values()) or 1
    least = None if row.least is None else -(-row.least // by)
    most = None if row.most is None else row.most // by
    return Row({at: value // by for at, value in row.terms.items()}, least, most)


def _room(values: Iterable[int]) -> float:
    """Half a unit beside the bounds of a row of large numbers.

    It lets no other sum of whole numbers in, and keeps rounding from shutting out one that meets the bound exactly.
    """
    return 0.5 if max((abs(value) for value in values), default=0) > 100 else 0.0


def _scale(values: Iterable[int]) -> float:
    """A power of two that brings a row of large numbers to a size which the tolerances of a solver are made for."""
    return 2.0 ** -max(0, max((abs(value) for value in values), default=0).bit_length() - 16)
