"""Borders as directed segments with their cell on the left, matched by equality of coordinates.

Everything topological is read off here without computing a coordinate: who lies across, what is outline, what is a
node, and polygons from segments again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import MultiPolygon, Polygon

Points = NDArray[np.float64]
Cell: TypeAlias = Polygon | MultiPolygon


def keys(points: Points) -> NDArray[np.complex128]:
    """Return points (n, 2) as one value each, equal exactly where both coordinates are (0.0 and -0.0 are)."""
    # adding 0.0 makes a zero of either sign the same
    found: NDArray[np.complex128] = (np.ascontiguousarray(points, dtype=np.float64) + 0.0).view(np.complex128)
    return found.ravel()


def segment_keys(a: Points, b: Points) -> NDArray[Any]:
    """Return directed segments as one value each (32 bytes), equal exactly where both ends are."""
    both = np.ascontiguousarray(np.hstack([a, b]) + 0.0)
    return both.view("V32").ravel()


@dataclass(frozen=True, slots=True)
class Segments:
    """Segments a → b, (n, 2) each, with the interior of `codes[owner]` on the left."""

    codes: tuple[str, ...]
    a: Points
    b: Points
    owner: NDArray[np.int64]

    @classmethod
    def of(cls, codes: Sequence[str], shapes: Sequence[Cell]) -> Segments:
        """Return the border segments of cells. Repeated points give no segment."""
        parts, of_shape = shapely.get_parts(_array(shapes), return_index=True)
        rings, of_part = shapely.get_rings(parts, return_index=True)
        hole = np.r_[False, of_part[1:] == of_part[:-1]] if len(rings) else np.zeros(0, dtype=bool)
        points, of_ring = shapely.get_coordinates(rings, return_index=True)
        at = np.flatnonzero((of_ring[1:] == of_ring[:-1]) & (points[1:] != points[:-1]).any(axis=1))
        a, b, ring = points[at], points[at + 1], of_ring[at]
        flipped = (shapely.is_ccw(rings) == hole)[ring][:, None]
        return cls(tuple(codes), np.where(flipped, b, a), np.where(flipped, a, b), of_shape[of_part[ring]])

    def __len__(self) -> int:
        """How many there are."""
        return len(self.a)

    def keys(self) -> NDArray[Any]:
        """Return one value for each directed segment."""
        return segment_keys(self.a, self.b)

    def reversed(self) -> Segments:
        """Return them the other way round: what was on the right is on the left."""
        return Segments(self.codes, self.b, self.a, self.owner)

    def pick(self, mask: NDArray[Any]) -> Segments:
        """Return some of them."""
        return Segments(self.codes, self.a[mask], self.b[mask], self.owner[mask])

    def twin(self) -> NDArray[np.int64]:
        """Return for each segment the number of the one that runs back along it, -1 where there is none."""
        forth, back = self.keys(), segment_keys(self.b, self.a)
        order = np.argsort(forth)
        at = np.minimum(np.searchsorted(forth[order], back), max(len(forth) - 1, 0))
        found = order[at] if len(forth) else at
        return np.where(forth[found] == back, found, -1) if len(forth) else found

    def across(self) -> NDArray[np.int64]:
        """Return for each segment the owner on its right, -1 where no cell of these is."""
        twin = self.twin()
        return np.where(twin < 0, -1, self.owner[twin])

    def boundary(self) -> Segments:
        """Return the segments with no cell of these on their right."""
        return self.pick(self.twin() < 0)

    def undirected(self) -> tuple[Points, Points]:
        """Return the ends of every segment once, whichever way it ran."""
        turned = keys(self.b) < keys(self.a)
        a = np.where(turned[:, None], self.b, self.a)
        b = np.where(turned[:, None], self.a, self.b)
        first = np.unique(segment_keys(a, b), return_index=True)[1]
        return a[np.sort(first)], b[np.sort(first)]

    def degrees(self) -> tuple[Points, NDArray[np.int64]]:
        """Return every vertex once and how many borders meet there."""
        a, b = self.undirected()
        points = np.vstack([a, b])
        _, first, count = np.unique(keys(points), return_index=True, return_counts=True)
        return points[first], count


def lines(a: Points, b: Points) -> NDArray[np.object_]:
    """Return segments as lines."""
    found: NDArray[np.object_] = shapely.linestrings(np.stack([a, b], axis=1))
    return found


def faces(a: Points, b: Points) -> NDArray[np.object_]:
    """Return the bounded faces of segments that meet at their ends only, with the coordinates of the segments."""
    found: NDArray[np.object_] = shapely.get_parts(shapely.polygonize(lines(a, b)))
    return found


def areas(directed: Segments) -> list[Polygon]:
    """Return the land on the left of directed segments that form whole borders.

    Of the faces that they bound, a face lies on the left exactly where a segment of its ring runs in the direction
    that has it on the left: no point is held against a polygon.
    """
    if not len(directed):
        return []
    found = faces(*directed.undirected())
    rings = Segments.of([str(i) for i in range(len(found))], list(found))
    mine = np.isin(rings.keys(), directed.keys())
    return [found[i] for i in np.unique(rings.owner[mine])]


def as_cell(parts: Sequence[Polygon]) -> Cell | None:
    """Return polygons as one cell, counter-clockwise; None where there is none."""
    turned: list[Polygon] = [shapely.orient_polygons(part) for part in parts]
    if len(turned) > 1:
        return MultiPolygon(turned)
    return turned[0] if turned else None


def pinches(cell: Cell) -> NDArray[np.complex128]:
    """Return the vertices, as keys, at which a cell's border touches itself."""
    rings = Segments.of(("",), [cell])
    found, count = np.unique(keys(rings.a), return_counts=True)
    twice: NDArray[np.complex128] = found[count > 1]
    return twice


def _array(shapes: Sequence[Cell]) -> NDArray[np.object_]:
    found = np.empty(len(shapes), dtype=object)
    found[:] = list(shapes)
    return found
