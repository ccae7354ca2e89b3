"""Cutting the plan: sub-districts along the skeleton, neighbourhoods and blocks along streets, grids along parcels.

Every polygon is cut by a straight line of the plan, the largest (for its place) first, until the number asked for is
reached. The cuts stay; `ground` nodes all of them together, so the levels tile each other by construction.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import shapely
from numpy.random import Generator
from shapely import LineString, Polygon
from shapely.ops import split

Line = tuple[np.ndarray, np.ndarray]


@dataclass
class Cell:
    """A polygon of the plan and the cuts that were made inside it; `angle` is the lie of its streets (radians)."""

    polygon: Polygon
    angle: float
    owner: int
    cuts: list[LineString] = field(default_factory=list)


@dataclass(frozen=True)
class Habit:
    """How a level is cut: global street lines (metres, per axis), freedom of place and of tilt."""

    lines: tuple[np.ndarray, np.ndarray]
    loyalty: float
    tilt: float


def axes(angle: float) -> np.ndarray:
    """Unit vectors along and across the lie of the streets, as rows."""
    return np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])


def shape_quality(polygon: Polygon) -> float:
    """1 for a full square; falls with slenderness and with ragged edges."""
    if polygon.area <= 0:
        return 0.0
    box = shapely.oriented_envelope(polygon)
    side = shapely.length(shapely.linestrings(shapely.get_coordinates(box)[:3].reshape(3, 2)))
    edges = np.hypot(*np.diff(shapely.get_coordinates(box)[:3], axis=0).T)
    slender = float(edges.min() / edges.max()) if side else 0.0
    return min(1.0, slender / 0.55) * float(polygon.area / box.area)


def candidates(cell: Cell, habit: Habit, rng: Generator) -> list[tuple[LineString, float]]:
    """Lines that might cut the cell, with the bonus for following a street that runs on elsewhere."""
    frame = axes(cell.angle)
    local = shapely.get_coordinates(cell.polygon) @ frame.T
    low, high = local.min(axis=0), local.max(axis=0)
    found: list[tuple[LineString, float]] = []
    for axis in (0, 1):
        span = high[axis] - low[axis]
        known = habit.lines[axis]
        known = known[(known > low[axis] + 0.3 * span) & (known < high[axis] - 0.3 * span)]
        free = low[axis] + span * rng.uniform(0.38, 0.62, 3)
        for place, bonus in [*((p, habit.loyalty) for p in known), *((p, 0.0) for p in free)]:
            tilt = 0.0 if bonus else rng.normal(0, habit.tilt)
            ends = np.empty((2, 2))
            ends[:, axis] = place + np.array([-1, 1]) * tilt * (high[1 - axis] - low[1 - axis])
            ends[:, 1 - axis] = low[1 - axis] - 50, high[1 - axis] + 50
            found.append((LineString(ends @ frame), bonus))
    return found


def cut(cell: Cell, habit: Habit, rng: Generator) -> tuple[Cell, Cell, LineString] | None:
    """Cut a cell in two by its best line; None when no line leaves two sound halves."""
    best: tuple[float, list[Polygon], LineString] | None = None
    for line, bonus in candidates(cell, habit, rng):
        halves = list(split(cell.polygon, line).geoms)
        if len(halves) != 2:
            continue
        balance = min(h.area for h in halves) / cell.polygon.area
        if balance < 0.28:
            continue
        score = min(shape_quality(h) for h in halves) + 0.6 * balance + bonus
        if best is None or score > best[0]:
            best = (score, halves, line)
    if best is None:
        return None
    _, halves, line = best
    one, two = (Cell(h, cell.angle, cell.owner) for h in halves)
    return one, two, line.intersection(cell.polygon)


def cut_until(
    cells: list[Cell], count: int, weight: Callable[[Cell], float], habit: Habit, rng: Generator
) -> tuple[list[Cell], list[LineString]]:
    """Cut the heaviest cell again and again until there are `count`; `weight` maps a cell to its load.

    Raises ValueError when the cells cannot be cut that far.
    """
    serial = 0
    heap: list[tuple[float, int, Cell]] = []
    for cell in cells:
        heapq.heappush(heap, (-weight(cell), serial, cell))
        serial += 1
    done: list[Cell] = []
    lines: list[LineString] = []
    while len(heap) + len(done) < count:
        if not heap:
            raise ValueError(f"cells cannot be cut into {count}")
        _, _, cell = heapq.heappop(heap)
        result = cut(cell, habit, rng)
        if result is None:
            done.append(cell)
            continue
        one, two, line = result
        lines.append(line)
        for part in (one, two):
            heapq.heappush(heap, (-weight(part), serial, part))
            serial += 1
    return [*done, *(cell for _, _, cell in sorted(heap, key=lambda item: item[1]))], lines
