"""Cells put together to clumps (单元聚合) inside their block, to divide a large neighbourhood roughly first."""

from __future__ import annotations

import dataclasses
import heapq

import numpy as np

from geo.suggest.cells import Cells
from geo.suggest.ground import Floats, Whole, summed

FEW = 150
"""Cells up to which a neighbourhood is divided cell by cell from the start."""
SHARE = 12
"""Clumps that the ground and the people of a grid make up, about."""


def clumps(cells: Cells, target: float) -> Whole:
    """Per cell: its clump 0…c-1. A clump stays in its block and holds at most a small share of a grid.

    The smallest grows first, to the neighbour that it shares most border with for that one's size.
    """
    people = target / SHARE
    room = float(cells.area.sum()) * min(1.0, target / max(float(cells.households.sum()), 1.0)) / SHARE
    borders = _borders(cells)
    parent = list(range(len(cells)))
    load, area = cells.households.tolist(), cells.area.tolist()
    heap = [(load[cell] / people + area[cell] / room, cell) for cell in range(len(cells))]
    heapq.heapify(heap)
    while heap:
        size, cell = heapq.heappop(heap)
        if parent[cell] != cell or size != load[cell] / people + area[cell] / room:
            continue
        fits = [
            (metres / (1e-9 + area[other] ** 0.5), other)
            for other, metres in borders[cell].items()
            if load[cell] + load[other] <= people and area[cell] + area[other] <= 2 * room
        ]
        if not fits:
            continue
        other = max(fits)[1]
        parent[other] = cell
        load[cell] += load[other]
        area[cell] += area[other]
        for third, metres in borders.pop(other).items():
            del borders[third][other]
            if third != cell:
                borders[cell][third] = borders[cell].get(third, 0.0) + metres
                borders[third][cell] = borders[cell][third]
        heapq.heappush(heap, (load[cell] / people + area[cell] / room, cell))
    return _numbers(parent)


def _borders(cells: Cells) -> list[dict[int, float]] | dict[int, dict[int, float]]:
    """Open border between cells of one block."""
    found: dict[int, dict[int, float]] = {cell: {} for cell in range(len(cells))}
    for a, b, metres, firm in zip(
        cells.a.tolist(), cells.b.tolist(), cells.free.tolist(), cells.neighbours.tolist(), strict=True
    ):
        if firm and metres > 0 and cells.block[a] == cells.block[b]:
            found[a][b] = found[b][a] = metres
    return found


def _numbers(parent: list[int]) -> Whole:
    def root(cell: int) -> int:
        while parent[cell] != cell:
            cell = parent[cell]
        return cell

    return np.unique([root(cell) for cell in range(len(parent))], return_inverse=True)[1].astype(np.int64)


def joined(cells: Cells, clump: Whole) -> Cells:
    """Clumps as cells."""
    count = int(clump.max()) + 1
    a, b = clump[cells.a], clump[cells.b]
    apart = a != b
    low, high = np.minimum(a, b)[apart], np.maximum(a, b)[apart]
    pairs, place = np.unique(np.stack([low, high]), axis=1, return_inverse=True)

    def over(values: Floats) -> Floats:
        return summed(place.ravel(), values[apart], pairs.shape[1])

    block = np.zeros(count, dtype=np.int64)
    block[clump] = cells.block
    weight = np.maximum(cells.households, 1e-6 * np.maximum(cells.area, 1e-9))
    mass = summed(clump, weight, count)
    return dataclasses.replace(
        cells,
        of_face=clump[cells.of_face],
        households=summed(clump, cells.households, count),
        x=summed(clump, weight * cells.x, count) / mass,
        y=summed(clump, weight * cells.y, count) / mass,
        area=summed(clump, cells.area, count),
        rim=summed(clump, cells.rim, count),
        block=block,
        of_building=clump[cells.of_building],
        a=pairs[0],
        b=pairs[1],
        free=over(cells.free),
        guided=over(cells.guided),
        neighbours=over(cells.neighbours.astype(float)) > 0,
    )
