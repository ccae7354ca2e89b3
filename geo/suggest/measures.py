"""What a division is worth (划分指标): size, shape, ways, and how far its borders follow roads."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import shapely

from geo.suggest.cells import Cells
from geo.suggest.ground import Floats, Limits, Shapes, Whole, summed


@dataclass(frozen=True, slots=True)
class Figures:
    """Figures of a whole division; None where there is nothing to measure.

    ``within``: share of grids that keep the limits. ``spread``: standard deviation of households by their mean.
    ``polsby_popper``: mean of 4π·area ÷ perimeter² (1 = circle; Polsby, Popper 1991). ``reock``: mean share of
    the smallest circle round a grid that it fills (Reock 1961). ``way``: metres that a household is from the
    middle of its grid (the building that is nearest to all), on average. ``inner``: metres of border between
    grids. ``on_roads``: share of these along roads, rivers and railways. ``on_roads_possible``: the same as a
    share of what could be: no border follows more road than there is between cells.
    """

    grids: int
    within: float
    least: float
    most: float
    spread: float | None
    polsby_popper: float
    reock: float
    way: float | None
    inner: float
    on_roads: float | None
    on_roads_possible: float | None


def measured(cells: Cells, labels: Whole, shapes: Shapes, limits: Limits) -> Figures:
    """Measure a division: ``labels`` 0…k-1 per cell, ``shapes`` a polygon per label."""
    count = len(shapes)
    loads = summed(labels, cells.households, count)
    mean = float(loads.mean())
    border = labels[cells.a] != labels[cells.b]
    guided, free = float(cells.guided[border].sum()), _free_border(cells, labels, shapes)
    roads, inner = float(cells.guided.sum()), free + guided
    people = float(cells.households.sum())
    return Figures(
        grids=count,
        within=float(np.mean([limits.keep(load) for load in loads])),
        least=float(loads.min()),
        most=float(loads.max()),
        spread=float(loads.std()) / mean if mean else None,
        polsby_popper=float(roundness(shapes).mean()),
        reock=float(filling(shapes).mean()),
        way=sum(_ways(cells, np.flatnonzero(labels == label)) for label in range(count)) / people
        if people
        else None,
        inner=inner,
        on_roads=guided / inner if inner > 0 else None,
        on_roads_possible=guided / min(roads, inner) if min(roads, inner) > 0 else None,
    )


def roundness(shapes: Shapes) -> Floats:
    """4π·area ÷ perimeter² of each shape.

    >>> roundness(shapely.box(0, 0, 10, 10)).round(4).tolist()
    0.7854
    """
    found: Floats = 4 * math.pi * shapely.area(shapes) / shapely.length(shapes) ** 2
    return found


def filling(shapes: Shapes) -> Floats:
    """Share of its smallest enclosing circle that each shape fills.

    >>> filling(shapely.box(0, 0, 10, 10)).round(4).tolist()
    0.6366
    """
    found: Floats = shapely.area(shapes) / (math.pi * shapely.minimum_bounding_radius(shapes) ** 2)
    return found


def _free_border(cells: Cells, labels: Whole, shapes: Shapes) -> float:
    """Metres of border over open ground, as drawn: every inner border is in two perimeters."""
    border = labels[cells.a] != labels[cells.b]
    drawn = (float(shapely.length(shapes).sum()) - float(cells.rim.sum())) / 2
    return max(drawn - float(cells.guided[border].sum()), 0.0)


def _ways(cells: Cells, mine: Whole) -> float:
    """Σ households · metres to the cell that is nearest to all of them."""
    load = cells.households[mine]
    hubs = mine[load > 0]
    if not len(hubs):
        return 0.0
    metres = np.hypot(
        cells.x[mine][None] - cells.x[hubs][:, None], cells.y[mine][None] - cells.y[hubs][:, None]
    )
    return float((metres * load).sum(axis=1).min())
