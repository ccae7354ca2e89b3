"""The finest pieces (最小面) that all lines together leave: faces that share edges exactly, and what lies between two.

Everything later is a union of faces, so that whatever is made of them fits without gap or overlap.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely

from geo.suggest.ground import CannotSuggest, Flags, Floats, Ground, Shapes, Whole

ON_LINE = 2e-3
"""Metres from a line within which an edge counts as lying on it: noding moves what it cuts by far less."""
SPACING = 6.0
"""Metres between the points of a footprint's outline that draw the lines half-way between buildings."""


@dataclass(frozen=True, slots=True)
class Faces:
    """Faces, and the straight edges between them.

    ``shapes``: f polygons that cover the outline. ``near``: per face, the building that it is nearest to (-1 where
    there is none). ``held``: per face, whether it lies inside that building.
    ``starts``, ``ends``: e × 2 coordinates of each edge; ``left``, ``right``: its faces, right = -1 on the outline;
    ``guided``: whether it runs along a road, river or railway; ``barred``: along such or any other given line.
    """

    shapes: Shapes
    near: Whole
    held: Flags
    starts: Floats
    ends: Floats
    left: Whole
    right: Whole
    guided: Flags
    barred: Flags

    @property
    def lengths(self) -> Floats:
        """Metres of each edge."""
        found: Floats = np.hypot(*(self.ends - self.starts).T)
        return found


def cut_up(ground: Ground) -> Faces:
    """Cut the outline by all lines, by the footprints and half-way between these.

    Raises :class:`CannotSuggest` where no face is left.
    """
    halves, owners = halfway(ground)
    lines = [
        shapely.boundary(ground.within),
        *_inside(ground, ground.guides),
        *_inside(ground, _edges(ground.lines)),
        *_inside(ground, shapely.boundary(ground.buildings)),
        *_inside(ground, shapely.boundary(halves)),
    ]
    net = shapely.unary_union(np.array(lines, dtype=object))
    shapes = np.array(shapely.get_parts(shapely.polygonize([net])), dtype=object)
    points = shapely.point_on_surface(shapes)
    shapes, points = (each[shapely.intersects(ground.within, points)] for each in (shapes, points))
    if not len(shapes):
        raise CannotSuggest("nothing is left of the neighbourhood's outline", field="within")
    near, held = _near(ground, points, halves, owners)
    starts, ends, left, right = _shared_edges(shapes)
    guided = _along(starts, ends, ground.guides) & (right >= 0)
    barred = guided | (_along(starts, ends, _edges(ground.lines)) & (right >= 0))
    return Faces(shapes, near, held, starts, ends, left, right, guided, barred)


def halfway(ground: Ground) -> tuple[Shapes, Whole]:
    """The area nearest to each building (Voronoi of the points of its outline), with the building's number."""
    if len(ground.buildings) < 2:
        return np.empty(0, dtype=object), np.zeros(0, dtype=np.int64)
    dense = shapely.segmentize(shapely.boundary(ground.buildings), SPACING)
    coordinates, owner = shapely.get_coordinates(dense, return_index=True)
    coordinates, first = np.unique(coordinates.round(3), axis=0, return_index=True)
    owner = owner[first]
    cells = shapely.voronoi_polygons(
        shapely.multipoints(coordinates), extend_to=ground.within.envelope, ordered=True
    )
    parts = shapely.get_parts(cells)
    order = np.argsort(owner, kind="stable")
    numbers, at = np.unique(owner[order], return_index=True)
    merged = [_merged(group) for group in np.split(parts[order], at[1:])]
    found = np.empty(len(merged), dtype=object)
    found[:] = merged
    return found, numbers.astype(np.int64)


def _merged(cells: Shapes) -> Any:
    """Cells of one building as one; GEOS's Voronoi cells do not always meet exactly, nor are all valid."""
    try:
        return shapely.coverage_union_all(cells)
    except shapely.errors.GEOSException:
        sound = shapely.make_valid(cells, method="structure", keep_collapsed=False)
        return shapely.union_all(sound, grid_size=1e-3)


def _edges(shapes: Shapes) -> Shapes:
    """Lines as they are, areas by their outline."""
    return np.where(shapely.get_dimensions(shapes) == 2, shapely.boundary(shapes), shapes)


def _inside(ground: Ground, lines: Shapes) -> Shapes:
    """What of lines lies within the outline."""
    if not len(lines):
        return np.empty(0, dtype=object)
    shapely.prepare(ground.within)
    near = lines[shapely.intersects(ground.within, lines)]
    across = ~shapely.contains_properly(ground.within, near)
    near[across] = shapely.intersection(near[across], ground.within)
    found: Shapes = near[~shapely.is_empty(near)]
    return found


def _near(ground: Ground, points: Shapes, halves: Shapes, owners: Whole) -> tuple[Whole, Flags]:
    """Per face: the building that holds it, else the one whose half it lies in."""
    near = np.full(len(points), -1, dtype=np.int64)
    if len(ground.buildings) == 1:
        near[:] = 0
    elif len(ground.buildings):
        face, half = shapely.STRtree(halves).query(points, predicate="intersects")
        near[face[::-1]] = owners[half[::-1]]
    held = np.zeros(len(points), dtype=bool)
    face, building = shapely.STRtree(ground.buildings).query(points, predicate="within")
    near[face[::-1]], held[face] = building[::-1], True
    return near, held


def _shared_edges(shapes: Shapes) -> tuple[Floats, Floats, Whole, Whole]:
    """Every straight edge once, with the face on either side; polygonize keeps coordinates, so they match exactly."""
    rings, face_of_ring = shapely.get_rings(shapes, return_index=True)
    points, ring = shapely.get_coordinates(rings, return_index=True)
    same = ring[1:] == ring[:-1]
    one, other = points[:-1][same], points[1:][same]
    face = face_of_ring[ring[:-1][same]]
    swap = (one[:, 0] > other[:, 0]) | ((one[:, 0] == other[:, 0]) & (one[:, 1] > other[:, 1]))
    one[swap], other[swap] = other[swap], one[swap]
    keys = np.hstack([one, other])
    order = np.lexsort((face, *keys.T[::-1]))
    keys, face = keys[order], face[order]
    fresh = np.ones(len(keys), dtype=bool)
    fresh[1:] = (keys[1:] != keys[:-1]).any(axis=1)
    first = np.flatnonzero(fresh)
    right = np.full(len(first), -1, dtype=np.int64)
    twice = np.diff(np.append(first, len(keys))) > 1
    right[twice] = face[first[twice] + 1]
    return keys[first, :2], keys[first, 2:], face[first].astype(np.int64), right


def _along(starts: Floats, ends: Floats, lines: Shapes) -> Flags:
    """Which straight edges run along one of some lines: both ends and the middle lie on them."""
    on = np.ones(len(starts), dtype=bool)
    if not len(lines):
        return ~on
    pieces = _segments(lines)
    tree = shapely.STRtree(pieces)
    for points in ((starts + ends) / 2, starts, ends):
        left = np.flatnonzero(on)
        hit = tree.query(shapely.points(points[left]), predicate="dwithin", distance=ON_LINE)[0]
        on[:] = False
        on[left[np.unique(hit)]] = True
    return on


def _segments(lines: Shapes) -> Shapes:
    """Lines as straight pieces."""
    points, line = shapely.get_coordinates(shapely.get_parts(_edges(lines)), return_index=True)
    same = line[1:] == line[:-1]
    found: Shapes = shapely.linestrings(np.stack([points[:-1][same], points[1:][same]], axis=1))
    return found
