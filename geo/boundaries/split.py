"""Cut one cell of a tessellation in two by a line (分割网格), so that every neighbour still fits to the last bit.

Pure: polygons in, polygons out. Coordinates are lon/lat degrees (EPSG:4490); nothing here knows a database.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import LineString, MultiPolygon, Point, Polygon

from geo.errors import BadInput

SNAP_DEGREES = 5e-7
"""A cut this close to a vertex goes through the vertex: about 0.05 m, the width tolerance of the grid rules."""

Ring = NDArray[np.float64]


class CannotSplit(BadInput):
    """The line does not cut the cell in two; says why and where."""

    type, title = "cannot-split", "The line does not cut the grid in two"


@dataclass(frozen=True, slots=True)
class Split:
    """What a cut makes.

    Both parts (the western or, on a tie, northern one first), the neighbours that gain a vertex on an unchanged
    line, and the cut itself.
    """

    parts: tuple[Polygon, Polygon]
    neighbours: dict[str, Polygon]
    cut: LineString


def split(cells: Mapping[str, Polygon], code: str, line: LineString) -> Split:
    """Cut the cell `code` by `line`.

    `cells` holds the cell and at least every cell that touches it. Only these gain a vertex, and only where the cut
    meets a shared edge between two vertices. Raises CannotSplit.

    >>> west = shapely.box(0, 0, 1, 1)
    >>> made = split({"a": west, "b": shapely.box(1, 0, 2, 1)}, "a", LineString([(-1, 0.5), (1.5, 0.5)]))
    >>> [part.area for part in made.parts], sorted(made.neighbours)
    ([0.5, 0.5], ['b'])
    """
    cell = cells[code]
    path = _crossing(cell, line)
    ring = _open_ring(cell)
    ring, start, inserted_start = _with_vertex(ring, path[0])
    ring, finish, inserted_finish = _with_vertex(ring, path[-1])
    if inserted_finish is not None and finish <= start:
        start += 1
    path = np.vstack([ring[start], path[1:-1], ring[finish]])
    parts = _two_parts(cell, ring, start, finish, path)
    inserted = [edge for edge in (inserted_start, inserted_finish) if edge is not None]
    neighbours = {
        other: grown
        for other, polygon in cells.items()
        if other != code and (grown := _grow(polygon, inserted)) is not None
    }
    return Split(parts, neighbours, LineString(path))


def only_polygon(shape: Polygon | MultiPolygon) -> Polygon:
    """Return the one polygon of a shape; raises CannotSplit when it has several parts."""
    if isinstance(shape, Polygon):
        return shape
    if len(shape.geoms) != 1:
        raise CannotSplit("a grid of several parts cannot be split; mend it first", field="grid")
    return shape.geoms[0]


def _crossing(cell: Polygon, line: LineString) -> Ring:
    """Return the one piece of the line that crosses the cell from its outer edge to its outer edge."""
    if line.is_empty or not line.is_valid or not line.is_simple:
        raise CannotSplit("the line is empty or crosses itself", field="line")
    within = shapely.get_parts(shapely.line_merge(shapely.intersection(line, cell)))
    pieces = [g for g in within if g.geom_type == "LineString" and g.length > SNAP_DEGREES]
    inside = [g for g in pieces if cell.contains(g.interpolate(0.5, normalized=True))]
    if not inside:
        raise CannotSplit("the line does not cross the grid", field="line")
    if len(inside) > 1:
        x, y = inside[1].coords[0]
        raise CannotSplit(
            f"the line crosses the grid {len(inside)} times: it would make more than two parts",
            field="line",
            place=(x, y),
        )
    path: Ring = shapely.get_coordinates(inside[0])
    for end in (path[0], path[-1]):
        if cell.exterior.distance(Point(end)) > SNAP_DEGREES:
            raise CannotSplit(
                "the line ends inside the grid, or on a hole in it: draw it from edge to edge",
                field="line",
                place=(float(end[0]), float(end[1])),
            )
    return path


def _open_ring(cell: Polygon) -> Ring:
    ring: Ring = shapely.get_coordinates(cell.exterior)[:-1]
    return ring


def _with_vertex(ring: Ring, at: Ring) -> tuple[Ring, int, tuple[Ring, Ring, Ring] | None]:
    """Return the ring with a vertex at `at`, its index, and (before, after, vertex) when it had to be put in."""
    to_vertex = np.hypot(*(ring - at).T)
    nearest = int(to_vertex.argmin())
    if to_vertex[nearest] <= SNAP_DEGREES:
        return ring, nearest, None
    following = np.roll(ring, -1, axis=0)
    edge = following - ring
    along = np.clip(((at - ring) * edge).sum(axis=1) / (edge**2).sum(axis=1), 0, 1)
    off = np.hypot(*(ring + edge * along[:, None] - at).T)
    index = int(off.argmin())
    grown = np.insert(ring, index + 1, at, axis=0)
    return grown, index + 1, (ring[index], following[index], at)


def _two_parts(cell: Polygon, ring: Ring, start: int, finish: int, path: Ring) -> tuple[Polygon, Polygon]:
    if start == finish:
        raise CannotSplit("the line begins and ends at the same point of the edge", field="line")
    turned = np.roll(ring, -start, axis=0)
    stop = (finish - start) % len(ring)
    one = np.vstack([turned[: stop + 1], path[-2:0:-1]])
    two = np.vstack([turned[stop:], turned[:1], path[1:-1]])
    if len(one) < 3 or len(two) < 3:
        raise CannotSplit("the line runs along the edge of the grid", field="line")
    holes = list(cell.interiors)
    made = [Polygon(part) for part in (one, two)]
    made = [Polygon(part.exterior, [h for h in holes if part.contains(Point(h.coords[0]))]) for part in made]
    for part in made:
        if not part.is_valid or part.area < SNAP_DEGREES**2 or part.buffer(-SNAP_DEGREES / 2).is_empty:
            x, y = path[0]
            raise CannotSplit(
                "one side would be no more than a sliver", field="line", place=(float(x), float(y))
            )
    if sum(len(part.interiors) for part in made) != len(holes):
        raise CannotSplit("the line touches a hole of the grid", field="line")
    oriented = [shapely.orient_polygons(part) for part in made]
    first, second = sorted(oriented, key=lambda part: (part.centroid.x, -part.centroid.y))
    return first, second


def _grow(polygon: Polygon, inserted: list[tuple[Ring, Ring, Ring]]) -> Polygon | None:
    """Return the polygon with every vertex put into the edge it lies on, or None where none lies on its edges."""
    rings = [shapely.get_coordinates(ring)[:-1] for ring in (polygon.exterior, *polygon.interiors)]
    grown = False
    for before, after, vertex in inserted:
        for number, ring in enumerate(rings):
            following = np.roll(ring, -1, axis=0)
            forth = (ring == before).all(axis=1) & (following == after).all(axis=1)
            back = (ring == after).all(axis=1) & (following == before).all(axis=1)
            where = np.flatnonzero(forth | back)
            if where.size:
                rings[number] = np.insert(ring, where[0] + 1, vertex, axis=0)
                grown = True
    return Polygon(rings[0], rings[1:]) if grown else None
