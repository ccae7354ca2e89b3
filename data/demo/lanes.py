"""Lanes (街巷): the small streets between what is built, so that free land looks like a city and not like a desert."""

from __future__ import annotations

import numpy as np
import shapely
from numpy.random import Generator
from shapely import LineString, Polygon

from .cutting import Cell, Habit, cut
from .ground import Ground
from .sites import Site, lie
from .water import CANAL_HALF_M, RIVER_HALF_M, ribbon

CELL_M2 = 52_000.0  # free land larger than this gets a lane through it
CLEAR_M = 7.0  # a lane keeps this far from a community
SHORTEST_M = 70.0
CROOKED = Habit((np.empty(0), np.empty(0)), 0.0, 0.05)


def free_land(ground: Ground, sites: list[Site]) -> list[Polygon]:
    """What communities, water and railway leave of each grid."""
    water = [ribbon(ground.river, RIVER_HALF_M), ribbon(ground.canal, CANAL_HALF_M)]
    taken = [*(w.buffer(12) for w in water), ground.railway.buffer(14)]
    taken += [site.polygon.buffer(CLEAR_M, join_style="mitre") for site in sites]
    tree = shapely.STRtree(taken)
    free: list[Polygon] = []
    for grid in ground.grids:
        near = tree.query(grid, predicate="intersects")
        rest = grid.difference(shapely.union_all([taken[i] for i in near])) if len(near) else grid
        free += [part for part in shapely.get_parts(rest) if part.area > CELL_M2]
    return free


def cut_lanes(land: Polygon, rng: Generator) -> list[LineString]:
    """Lanes that cut one piece of free land into cells."""
    found: list[LineString] = []
    todo = [Cell(Polygon(land.exterior), lie(land), 0)]
    while todo:
        cell = todo.pop()
        result = cut(cell, CROOKED, rng) if cell.polygon.area > CELL_M2 else None
        if result is not None:
            one, two, line = result
            todo += [one, two]
            found.append(line)
    return [line for line in found if line.geom_type == "LineString" and line.length >= SHORTEST_M]


def make_lanes(ground: Ground, sites: list[Site], rng: Generator) -> list[LineString]:
    """All lanes, EPSG:4527: cuts through free land, and the grid lines that cross no community."""
    built = shapely.STRtree([site.polygon.buffer(1) for site in sites])
    lanes = [line for land in free_land(ground, sites) for line in cut_lanes(land, rng)]
    lanes += ground.parcel_lines
    return [line for line in lanes if not len(built.query(line, predicate="intersects"))]
