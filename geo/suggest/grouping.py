"""Cells grouped by the bundling engine (分组求解): grids in one piece within the limits, or why that cannot be."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from geo.bundling import Activity, Infeasible, Link, Problem, Reason, Rules, Solution, Unit
from geo.bundling import solve as solve_and_explain
from geo.bundling.solver import solve
from geo.suggest.cells import Cells
from geo.suggest.ground import Floats, Limits, Whole

HOUSEHOLDS = "households"
EXPLAINED = 0.3
"""Effort spent on explaining why nothing was found: the smallest conflict takes many solves."""


@dataclass(frozen=True, slots=True)
class Grouping:
    """Labels per cell 0…k-1, and what kept the limits from being kept (empty where they are)."""

    labels: Whole
    reasons: tuple[Reason, ...] = ()


def problem_of(cells: Cells, limits: Limits, grids: int, *, soft: bool = False) -> Problem:
    """The bundling problem of cells: ``grids`` packages of everything, within limits or (``soft``) near them."""
    units = tuple(
        Unit(str(cell), x, y, {HOUSEHOLDS: load})
        for cell, (x, y, load) in enumerate(
            zip(cells.x.tolist(), cells.y.tolist(), cells.households.tolist(), strict=True)
        )
    )
    pairs = zip(cells.a[cells.neighbours].tolist(), cells.b[cells.neighbours].tolist(), strict=True)
    rules = Rules(
        (Activity(HOUSEHOLDS, limits.lower, limits.upper),),
        packages=grids,
        leave_out_price=None,
        soft={HOUSEHOLDS: 1.0} if soft else {},
    )
    return Problem(units, tuple(Link(str(a), str(b)) for a, b in pairs), rules, measured=False)


def grid_counts(households: float, limits: Limits) -> list[int]:
    """How many grids the limits allow, those whose mean is nearest to the target first.

    >>> grid_counts(2000, Limits(300, 500))
    [5, 6, 4]
    >>> grid_counts(550, Limits(300, 500))
    []
    """
    fewest = max(1, math.ceil(households / limits.upper - 1e-9))
    most = math.floor(households / limits.lower + 1e-9) if limits.lower else fewest + 9
    return sorted(range(fewest, most + 1), key=lambda count: (abs(households / count - limits.target), count))


def group(
    cells: Cells,
    limits: Limits,
    grids: int | None = None,
    *,
    effort: float = 1.0,
    seed: int = 1,
    cancel: Callable[[], bool] | None = None,
) -> Grouping:
    """Group cells into ``grids`` grids, or as many as bring their mean nearest to the target.

    Where no grouping keeps the limits, one that misses them by as few households as the search can, with reasons.
    """
    total = float(cells.households.sum())
    counts = [grids] if grids is not None else grid_counts(total, limits)
    for count in counts:
        if count <= len(cells):
            answer = solve(problem_of(cells, limits, count), effort=effort, seed=seed, cancel=cancel)
            if isinstance(answer, Solution):
                return Grouping(_labels(cells, answer))
    nearest = counts[0] if counts else max(1, round(total / limits.target))
    return _nearly(cells, limits, min(nearest, len(cells)), total, effort, seed)


def _nearly(cells: Cells, limits: Limits, grids: int, total: float, effort: float, seed: int) -> Grouping:
    """As near to the limits as can be, with what stands against them."""
    reasons = _why(cells, limits, grids, total, seed)
    answer = solve(problem_of(cells, limits, grids, soft=True), effort=effort, seed=seed)
    if isinstance(answer, Infeasible):
        return Grouping(np.zeros(len(cells), dtype=np.int64), reasons or answer.conflict)
    return Grouping(_labels(cells, answer), reasons)


def _why(cells: Cells, limits: Limits, grids: int, total: float, seed: int) -> tuple[Reason, ...]:
    """What stands against every grouping within the limits."""
    if not grid_counts(total, limits):
        text = (
            f"{total:g} households cannot be shared out over grids of {limits.lower:g} to {limits.upper:g}: "
            f"{grids} would hold {total / grids:.0f} on average"
        )
        return (Reason("no_number", text, {"households": total, "grids": grids}),)
    found = [
        Reason(
            "cell_above",
            f"a building, or several that stand on one ground, holds {load:g} households and is not cut",
            {"households": load, "limit": limits.upper, "x": x, "y": y},
        )
        for load, x, y in zip(cells.households.tolist(), cells.x.tolist(), cells.y.tolist(), strict=True)
        if load > limits.upper
    ]
    if found:
        return tuple(found)
    answer = solve_and_explain(problem_of(cells, limits, grids), effort=EXPLAINED, seed=seed, exact=False)
    return answer.conflict if isinstance(answer, Infeasible) else ()


def _labels(cells: Cells, answer: Solution) -> Whole:
    labels = np.zeros(len(cells), dtype=np.int64)
    for number, package in enumerate(answer.packages):
        labels[[int(unit) for unit in package.members]] = number
    return labels


def same_share(
    one: Sequence[int] | Whole, other: Sequence[int] | Whole, weights: Sequence[float] | Floats
) -> float:
    """Share of the weight that stays together, grids of one plan matched greedily to those of another.

    >>> same_share([0, 0, 1], [1, 1, 0], [1, 1, 2])
    1.0
    """
    a, b = np.asarray(one), np.asarray(other)
    held = np.zeros((int(a.max()) + 1, int(b.max()) + 1))
    np.add.at(held, (a, b), np.asarray(weights, dtype=float))
    total, stay = held.sum(), 0.0
    while held.size and held.max() > 0:
        row, column = np.unravel_index(held.argmax(), held.shape)
        stay += held[row, column]
        held = np.delete(np.delete(held, row, 0), column, 1)
    return float(stay / total) if total else 1.0
