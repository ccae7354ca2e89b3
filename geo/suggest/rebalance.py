"""The least change to today's grids that brings all within the limits (微调).

Grids keep a kernel that cannot leave; the bundling engine finds homes for the rest, with kernels as large as they can
be; then every household that left its grid is brought back as far as the limits allow.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass, replace

import numpy as np

from geo.bundling import Problem, Reason, Solution
from geo.bundling.solver import solve
from geo.suggest.cells import Cells, cells_of
from geo.suggest.ground import Flags, Ground, Limits, Whole
from geo.suggest.grouping import Grouping, grid_counts, group, problem_of
from geo.suggest.layers import NOWHERE, Layer, places_of, with_lines
from geo.suggest.partition import RUNS
from geo.suggest.polish import Plan, Taste, polished
from geo.suggest.proposals import Proposal, proposal

KERNELS = (0.9, 0.75, 0.6, 0.45, 0.3, 0.15, 0.0)
"""Shares of a grid's households that its kernel holds, tried from the largest; in the end none is held."""
STAY = Taste(guided=0.3, border=0.2, distance=0.05, balance=0.0, moved=60.0)
"""Staying comes first; of equal changes the one with the better borders."""


@dataclass(frozen=True, slots=True)
class Rebalanced:
    """Grids within the limits, and what has changed.

    ``codes``: per grid of the proposal, the grid of today that it goes on from; None for a new one. ``moved``:
    households in another grid than today. ``buildings``: places in the ground's list of the buildings that move.
    ``gone``: grids of today that end.
    """

    proposal: Proposal
    codes: tuple[str | None, ...]
    moved: float
    buildings: tuple[int, ...]
    gone: tuple[str, ...]


def rebalance(
    ground: Ground,
    today: Layer,
    limits: Limits | None = None,
    *,
    effort: float = 1.0,
    seed: int = 1,
) -> Rebalanced:
    """Change as few households' grid as can be so that every grid keeps the limits and is in one piece.

    Where today's grids all do, nothing changes. Their number changes only where no division into as many keeps the
    limits; where none at all does, the nearest to it comes with reasons.

    >>> from shapely import box
    >>> from geo.suggest import ground, layer
    >>> homes = [box(x, 10, x + 20, 20) for x in range(10, 400, 50)]
    >>> area = ground(box(0, 0, 400, 50), homes, [100] * 8)
    >>> now = layer("now", ["a", "b"], [box(0, 0, 300, 50), box(300, 0, 400, 50)])
    >>> change = rebalance(area, now)
    >>> [grid.households for grid in change.proposal.grids], change.codes, change.moved
    ([500.0, 300.0], ('a', 'b'), 100.0)
    """
    limits = limits or Limits()
    cells = cells_of(with_lines(ground, [today]))
    home = places_of(ground, cells, today).of
    found = _settled(cells, home, limits, effort, seed)
    labels, kept = found.grouping.labels, found.kept
    made = proposal(ground, cells, found.grouping, limits)
    return _told(ground, cells, today, home, made, labels, kept)


@dataclass(frozen=True, slots=True)
class _Found:
    """Labels with, per label, today's grid that it goes on from (NOWHERE = new)."""

    grouping: Grouping
    kept: tuple[int, ...]


def _settled(cells: Cells, home: Whole, limits: Limits, effort: float, seed: int) -> _Found:
    loads = np.bincount(home[home >= 0], weights=cells.households[home >= 0])
    present = [int(grid) for grid in np.unique(home[home >= 0])]
    as_is = bool((home >= 0).all()) and all(limits.keep(loads[grid]) for grid in present)
    if as_is and all(_whole(cells, home == grid) for grid in present):
        return _Found(Grouping(np.searchsorted(present, home)), tuple(present))
    total = float(cells.households.sum())
    counts = sorted(grid_counts(total, limits), key=lambda count: abs(count - len(present)))
    for count in counts:
        strongest = sorted(present, key=lambda grid: (-loads[grid], grid))[:count]
        for share in KERNELS:
            problem = _with_kernels(cells, home, limits, count, strongest, share)
            answer = solve(problem, effort=0.3 * effort, seed=seed)
            if isinstance(answer, Solution):
                labels, kept = _labelled(answer, len(cells))
                kept = kept if share else _heirs(cells, labels, home)
                return _brought_back(cells, home, limits, (labels, kept), effort, seed)
    start = group(cells, limits, None if counts else max(1, len(present)), effort=effort, seed=seed)
    return _Found(start, _heirs(cells, start.labels, home))


def _whole(cells: Cells, mine: Flags) -> bool:
    """Whether cells are in one piece."""
    seen = {int(np.flatnonzero(mine)[0])}
    beside = _beside(cells)
    heap = list(seen)
    while heap:
        for other in beside[heap.pop()]:
            if mine[other] and other not in seen:
                seen.add(other)
                heap.append(other)
    return len(seen) == int(mine.sum())


def _beside(cells: Cells) -> list[list[int]]:
    found: list[list[int]] = [[] for _ in range(len(cells))]
    for a, b in zip(cells.a[cells.neighbours].tolist(), cells.b[cells.neighbours].tolist(), strict=True):
        found[a].append(b)
        found[b].append(a)
    return found


def _with_kernels(
    cells: Cells, home: Whole, limits: Limits, count: int, grids: list[int], share: float
) -> Problem:
    """The bundling problem in which each of some grids keeps the cells round its middle."""
    lock: dict[int, str] = {}
    beside = _beside(cells)
    for grid in grids if share else ():
        lock |= dict.fromkeys(_kernel(cells, beside, home == grid, limits, share), f"today {grid}")
    problem = problem_of(cells, limits, count)
    units = tuple(replace(unit, lock=lock.get(cell)) for cell, unit in enumerate(problem.units))
    return replace(problem, units=units)


def _kernel(cells: Cells, beside: list[list[int]], mine: Flags, limits: Limits, share: float) -> list[int]:
    """Cells of a grid in one piece round its middle, up to a share of its households that the limits allow."""
    rows = np.flatnonzero(mine)
    load = cells.households[rows]
    room = share * min(float(load.sum()), limits.upper)
    weight = load if load.sum() > 0 else np.ones(len(rows))
    middle = np.average(cells.x[rows], weights=weight), np.average(cells.y[rows], weights=weight)
    far = np.hypot(cells.x - middle[0], cells.y - middle[1])
    first = int(rows[far[rows].argmin()])
    heap, seen, sum_ = [(0.0, first)], {first}, 0.0
    held: list[int] = []
    while heap:
        _, cell = heapq.heappop(heap)
        if held and sum_ + cells.households[cell] > room:
            continue
        held.append(cell)
        sum_ += float(cells.households[cell])
        for other in beside[cell]:
            if mine[other] and other not in seen:
                seen.add(other)
                heapq.heappush(heap, (float(far[other]), other))
    return held


def _labelled(answer: Solution, count: int) -> tuple[Whole, tuple[int, ...]]:
    """Labels, and per label today's grid by the name of its lock."""
    labels = np.zeros(count, dtype=np.int64)
    kept = []
    for number, package in enumerate(answer.packages):
        labels[[int(unit) for unit in package.members]] = number
        name = package.id.removeprefix("today ")
        kept.append(int(name) if name != package.id else NOWHERE)
    return labels, tuple(kept)


def _brought_back(
    cells: Cells,
    home: Whole,
    limits: Limits,
    start: tuple[Whole, tuple[int, ...]],
    effort: float,
    seed: int,
) -> _Found:
    """The start with as many households as can be in the grid they are in today."""
    labels, kept = start
    label_of = {grid: number for number, grid in enumerate(kept) if grid >= 0}
    today = np.array([label_of.get(int(grid), NOWHERE) for grid in home], dtype=np.int64)
    runs = (
        polished(cells, labels, limits, STAY, seed + run, effort=2 * effort, today=today)
        for run in range(RUNS)
    )
    best = min(runs, key=lambda found: Plan(cells, found, limits, STAY, today).cost())
    return _Found(Grouping(best), kept)


def _heirs(cells: Cells, labels: Whole, home: Whole) -> tuple[int, ...]:
    """Per label, today's grid that most of its people come from, each grid once."""
    held = np.zeros((int(labels.max()) + 1, int(home.max(initial=0)) + 1))
    known = home >= 0
    np.add.at(held, (labels[known], home[known]), cells.households[known] + 1e-6)
    kept = [NOWHERE] * len(held)
    while held.size and held.max() > 0:
        row, grid = (int(each) for each in np.unravel_index(held.argmax(), held.shape))
        kept[row] = grid
        held[row], held[:, grid] = 0.0, 0.0
    return tuple(kept)


def _told(
    ground: Ground,
    cells: Cells,
    today: Layer,
    home: Whole,
    made: Proposal,
    labels: Whole,
    kept: tuple[int, ...],
) -> Rebalanced:
    """The change in words of today's grids; the proposal numbers its grids anew."""
    number_of = dict(zip(labels.tolist(), made.cells, strict=True))
    heir = {number_of[label]: kept[label] for label in number_of}
    codes = tuple(
        today.codes[heir[number]] if heir[number] >= 0 else None for number in range(len(made.grids))
    )
    leaving = np.array([heir[number] for number in made.cells]) != home
    moving = leaving[cells.of_building]
    going = {code for code in codes if code is not None}
    present = {today.codes[int(grid)] for grid in np.unique(home[home >= 0])}
    return Rebalanced(
        made,
        codes,
        float(cells.households[leaving].sum()),
        tuple(np.flatnonzero(moving).tolist()),
        tuple(sorted(present - going)),
    )


def change_of(made: Rebalanced) -> Reason:
    """The change in one sentence.

    Its figures: households, buildings and grids that change.
    """
    fresh = sum(code is None for code in made.codes)
    text = (
        f"{made.moved:g} households in {len(made.buildings)} buildings change their grid, "
        f"{fresh} grids are new, {len(made.gone)} end"
    )
    figures = {
        "households": made.moved, "buildings": len(made.buildings), "new": fresh, "ended": len(made.gone)
    }  # fmt: skip
    return Reason("change", text, figures)
