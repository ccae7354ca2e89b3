"""Divisions that grids are measured against: recursive bisection, and a Voronoi of k-means.

Each comes twice: as drawn, with straight lines through buildings, which no grid may have; and on the same cells as
ours, drawn by the same hand, so that only the choice of who goes with whom differs.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import shapely

from geo.suggest import Ground, Limits
from geo.suggest.cells import Cells
from geo.suggest.ground import Floats, Shapes, Whole
from geo.suggest.measures import filling, roundness
from geo.suggest.outlines import cuts, drawn

NEAR = 2.0
"""Metres from a road within which a border counts as lying on it."""
STARTS = 10


@dataclass(frozen=True)
class Score:
    """One division, measured from its polygons alone, ours and the peers' alike."""

    grids: int
    within: float
    spread: float
    polsby_popper: float
    reock: float
    way: float
    on_roads: float
    inner: float
    allowed: float
    cut: int
    pieces: int
    uncovered: float


def score(ground: Ground, cells: Cells, shapes: Shapes, limits: Limits) -> Score:
    """Measure polygons against buildings and roads; ``allowed``: metres of border on roads of those that there could be."""
    homes = shapely.centroid(ground.buildings)
    owner = np.full(len(homes), -1)
    building, grid = shapely.STRtree(shapes).query(homes, predicate="intersects")
    owner[building[::-1]] = grid[::-1]
    loads = np.bincount(owner[owner >= 0], weights=ground.households[owner >= 0], minlength=len(shapes))
    lines = shapely.union_all(shapely.boundary(shapes))
    inner = shapely.difference(lines, shapely.buffer(shapely.boundary(ground.within), 0.01))
    roads = shapely.buffer(shapely.union_all(ground.guides), NEAR)
    on_roads = shapely.intersection(inner, roads).length
    return Score(
        grids=len(shapes),
        within=float(np.mean([limits.keep(load) for load in loads])),
        spread=float(loads.std() / loads.mean()),
        polsby_popper=float(roundness(shapes).mean()),
        reock=float(filling(shapes).mean()),
        way=_way(ground, owner, len(shapes)),
        on_roads=on_roads / inner.length,
        inner=inner.length,
        allowed=min(1.0, on_roads / max(min(inner.length, float(cells.guided.sum())), 1e-9)),
        cut=int(cuts(ground, shapes).sum()),
        pieces=int((shapely.get_num_geometries(shapes) - 1).sum()),
        uncovered=float(shapely.symmetric_difference(shapely.union_all(shapes), ground.within).area),
    )


def _way(ground: Ground, owner: Whole, count: int) -> float:
    """Mean metres of a household to the building of its grid that is nearest to all."""
    places = shapely.get_coordinates(shapely.centroid(ground.buildings))
    total = 0.0
    for grid in range(count):
        mine = (owner == grid) & (ground.households > 0)
        if mine.any():
            metres = np.hypot(*(places[mine][:, None] - places[mine][None]).transpose(2, 0, 1))
            total += float((metres * ground.households[mine]).sum(axis=1).min())
    return total / float(ground.households.sum())


def bisected(ground: Ground, count: int) -> Shapes:
    """Straight cuts across the longer side, households shared as the grids on either side, again and again."""
    places = shapely.get_coordinates(shapely.centroid(ground.buildings))
    found: list[shapely.Geometry] = []

    def cut(area: shapely.Geometry, rows: Whole, parts: int) -> None:
        if parts == 1 or len(rows) < 2:
            found.append(area)
            return
        along = _longer_side(area)
        order = rows[np.argsort(places[rows] @ along, kind="stable")]
        first = parts // 2
        sums = np.cumsum(ground.households[order])
        last = int(np.abs(sums - sums[-1] * first / parts).argmin())
        last = min(max(last, first - 1), len(order) - 1 - (parts - first))
        at = float((places[order[last]] + places[order[last + 1]]) @ along) / 2
        side = _half_plane(area, along, at)
        cut(shapely.intersection(area, side), order[: last + 1], first)
        cut(shapely.difference(area, side), order[last + 1 :], parts - first)

    cut(ground.within, np.arange(len(places)), count)
    return np.array(found, dtype=object)


def _longer_side(area: shapely.Geometry) -> Floats:
    ring = shapely.get_coordinates(shapely.oriented_envelope(area))
    sides = np.diff(ring, axis=0)
    longest = sides[int(np.hypot(*sides.T).argmax())]
    return np.asarray(longest / math.hypot(*longest))


def _half_plane(area: shapely.Geometry, along: Floats, at: float) -> shapely.Geometry:
    middle = shapely.get_coordinates(shapely.centroid(area))[0]
    foot, across, far = middle + along * (at - middle @ along), np.array([-along[1], along[0]]), 1e5
    near, back = across * far, along * far
    return shapely.Polygon([foot + near, foot - near, foot - near - back, foot + near - back])


def clustered(ground: Ground, count: int, seed: int = 1) -> Shapes:
    """Voronoi areas of the best of ten weighted k-means (k-means++ starts) of the buildings."""
    places = shapely.get_coordinates(shapely.centroid(ground.buildings))
    weight, rng = np.maximum(ground.households, 1e-9), np.random.default_rng(seed)
    best = min((_means(places, weight, count, rng) for _ in range(STARTS)), key=lambda found: found[0])[1]
    areas = shapely.voronoi_polygons(shapely.multipoints(best), extend_to=ground.within.envelope)
    shapes = shapely.intersection(shapely.get_parts(areas), ground.within)
    return np.asarray(shapes[~shapely.is_empty(shapes)])


def _means(places: Floats, weight: Floats, count: int, rng: np.random.Generator) -> tuple[float, Floats]:
    centres = places[[rng.choice(len(places), p=weight / weight.sum())]]
    while len(centres) < count:
        far = ((places[:, None] - centres) ** 2).sum(axis=2).min(axis=1) * weight
        centres = np.vstack([centres, places[rng.choice(len(places), p=far / far.sum())]])
    for _ in range(100):
        label = ((places[:, None] - centres) ** 2).sum(axis=2).argmin(axis=1)
        held = [np.flatnonzero(label == k) for k in range(count)]
        fresh = np.array(
            [
                np.average(places[h], axis=0, weights=weight[h]) if len(h) else c
                for h, c in zip(held, centres, strict=True)
            ]
        )
        if np.allclose(fresh, centres):
            break
        centres = fresh
    return float(((places - centres[label]) ** 2).sum(axis=1) @ weight), centres


def on_cells(ground: Ground, cells: Cells, shapes: Shapes) -> Shapes:
    """The same division with whole cells, each in the area that its people are in, drawn as ours is."""
    label = shapely.STRtree(shapes).nearest(shapely.points(cells.x, cells.y))
    return drawn(ground, cells, np.unique(label, return_inverse=True)[1].astype(np.int64))
