"""The tessellation (剖分): cells that share their edges to the last bit, and what an edit made of it.

Pure: polygons in, polygons out; any one coordinate system, and areas and tolerances in its units. GEOS calls such a
set a coverage. Two cells that touch have the same vertices along the border they share, bit for bit, and their
insides do not meet. So a border is not stored twice and compared: *which* edge lies between which cells is read off by
equality of coordinates, never by a distance, and an operation that keeps coordinates keeps the tessellation.

Islands, holes and cells of several parts are all allowed: a hole of the union is land that no cell has.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import LineString, MultiPolygon, Point, Polygon
from shapely.geometry.base import BaseGeometry

from geo.boundaries.tessellation.noding import into_edges
from geo.boundaries.tessellation.segments import Cell, Segments, areas, lines, segment_keys
from geo.errors import BadInput

Shapes = NDArray[np.object_]


class Refused(BadInput):
    """An edit that would leave no tessellation. `place` is a point at fault, `at` the geometry, where there is one."""

    type, title = "edit-refused", "The edit would leave no tessellation"

    def __init__(self, message: str, at: BaseGeometry | None = None, *, field: str | None = None) -> None:
        self.at = at
        super().__init__(message, field=field, place=place_of(at))


def place_of(at: BaseGeometry | None) -> tuple[float, float] | None:
    """Return x and y of a point on a geometry, None where there is none."""
    if at is None or at.is_empty:
        return None
    point = at if isinstance(at, Point) else at.representative_point()
    return float(point.x), float(point.y)


@dataclass(frozen=True, slots=True)
class Arc:
    """A stretch of border between two nodes (points where three or more borders meet), or a ring without a node.

    Seen along the line, `left` and `right` are the cells on its sides; None is land that no cell has.
    """

    line: LineString
    left: str | None
    right: str | None


@dataclass(frozen=True)
class Tessellation:
    """Cells by id, immutable. `tessellate` makes one of polygons and checks them; an operation needs no second check.

    >>> two = tessellate({"a": shapely.box(0, 0, 1, 1), "b": shapely.box(1, 0, 2, 1)})
    >>> sorted((arc.left or "-", arc.right or "-") for arc in two.arcs())
    [('a', '-'), ('a', 'b'), ('b', '-')]
    """

    cells: Mapping[str, Cell]

    @cached_property
    def ids(self) -> NDArray[np.object_]:
        """The ids in order of the mapping."""
        return np.array(list(self.cells), dtype=object)

    @cached_property
    def shapes(self) -> Shapes:
        """The shapes in order of the ids."""
        found = np.empty(len(self.cells), dtype=object)
        found[:] = list(self.cells.values())
        return found

    @cached_property
    def _tree(self) -> shapely.STRtree:
        return shapely.STRtree(self.shapes)

    def near(self, at: BaseGeometry | Iterable[BaseGeometry], distance: float = 0.0) -> list[str]:
        """Return the cells whose boxes come as near as `distance` to that of a geometry, in order of the mapping."""
        shapes = [at] if isinstance(at, BaseGeometry) else list(at)
        boxes = shapely.bounds(shapes) + np.array([-distance, -distance, distance, distance])
        found = self._tree.query(shapely.box(*boxes.T))[1]
        return [str(code) for code in self.ids[np.unique(found)]]

    def shape(self, code: str) -> Cell:
        """Return one cell; raises Refused where there is none of that id."""
        if code not in self.cells:
            raise Refused(f"there is no cell {code}", field="cell")
        return self.cells[code]

    def segments(self, codes: Iterable[str] | None = None) -> Segments:
        """Return the directed border segments of some cells, or of all."""
        chosen = list(self.cells) if codes is None else list(codes)
        return Segments.of(chosen, [self.cells[code] for code in chosen])

    def outline(self) -> list[Polygon]:
        """Return the union, read off the segments that only one cell has: no coordinate is computed."""
        return areas(self.segments().boundary())

    def holes(self) -> list[Polygon]:
        """Return the land within the outline that no cell has."""
        return areas(self.segments().boundary().reversed())

    def arcs(self) -> list[Arc]:
        """Return every border once."""
        return _arcs(self.segments())

    def nodes(self) -> NDArray[np.float64]:
        """Return the points (n, 2) where three or more borders meet."""
        points, degree = self.segments().degrees()
        return points[degree >= 3]

    def apply(self, change: Change) -> Tessellation:
        """Return the tessellation after a change; raises Refused where a cell is not what the change began with."""
        cells = dict(self.cells)
        for code, old in change.before.items():
            if old is None and code in cells:
                raise Refused(f"there is a cell {code} already", field="cell")
            if old is not None and not same(cells.get(code), old):
                raise Refused(f"cell {code} has changed meanwhile", old, field="cell")
        for code, new in change.after.items():
            if new is None:
                cells.pop(code, None)
            else:
                cells[code] = new
        return Tessellation(cells)


@dataclass(frozen=True, slots=True)
class Change:
    """What an operation did. None means that the cell is not there.

    `before` and `after` have the same ids: the cells that changed, `grown` among them those that only gained a vertex
    on a line that stays where it was. `line` is the border that is new, `left` what was asked and not done, with why.
    """

    operation: str
    before: Mapping[str, Cell | None]
    after: Mapping[str, Cell | None]
    grown: frozenset[str] = frozenset()
    line: BaseGeometry | None = None
    left: tuple[tuple[str, BaseGeometry], ...] = ()

    def undone(self) -> Change:
        """Return the change that takes this one back, to the bit."""
        return Change(f"undo {self.operation}", self.after, self.before, self.grown, self.line)

    def named(self) -> list[str]:
        """Return the cells that it changed in more than a vertex on an unchanged line."""
        return [code for code in self.before if code not in self.grown]


def same(one: Cell | None, other: Cell | None) -> bool:
    """Whether two cells agree byte for byte."""
    if one is None or other is None:
        return one is other
    return bool(shapely.to_wkb(one) == shapely.to_wkb(other))


def tessellate(polygons: Mapping[str, Cell]) -> Tessellation:
    """Return the tessellation of polygons that form one.

    A vertex that lies on a neighbour's straight edge is put into that edge where it is on it to the last bit that
    doubles can say (a few units in the last place); nothing else is moved. Raises Refused with the place at the first
    invalid ring, overlap, or near miss of two borders: `geo.boundaries.repair` mends those.
    """
    _refuse_unsound(polygons)
    cells = dict(polygons)
    shapes = np.array([*cells.values(), None], dtype=object)[:-1]
    wrong = shapely.coverage_invalid_edges(shapes)
    if not shapely.is_empty(wrong).all():
        cells = _noded(cells, wrong)
        shapes = np.array([*cells.values(), None], dtype=object)[:-1]
        wrong = shapely.coverage_invalid_edges(shapes)
    if not shapely.is_empty(wrong).all():
        at = int(np.flatnonzero(~shapely.is_empty(wrong))[0])
        raise Refused(f"the border of {list(cells)[at]} does not fit its neighbour's", wrong[at])
    return Tessellation(cells)


def _refuse_unsound(polygons: Mapping[str, Cell]) -> None:
    for code, shape in polygons.items():
        if not isinstance(shape, Polygon | MultiPolygon) or shape.is_empty or shape.has_z:
            raise Refused(f"{code} is no plane polygon")
    valid = shapely.is_valid(list(polygons.values()))
    for code in np.array(list(polygons), dtype=object)[~valid][:1]:
        raise Refused(f"{code}: {shapely.is_valid_reason(polygons[code])}", polygons[code].boundary)


def _noded(cells: Mapping[str, Cell], wrong: Shapes) -> dict[str, Cell]:
    tree = shapely.STRtree(np.array([*cells.values(), None], dtype=object)[:-1])
    at = np.unique(tree.query(wrong[~shapely.is_empty(wrong)])[1])
    codes = [list(cells)[i] for i in at]
    return {**cells, **into_edges({code: cells[code] for code in codes})}


def _arcs(segments: Segments) -> list[Arc]:
    """Chain the segments from node to node; the first segment of a chain knows both sides of all of it."""
    across = segments.across()
    once = (across < 0) | (segments.owner < across)
    a, b = segments.a[once], segments.b[once]
    begun = {key.tobytes(): i for i, key in enumerate(segment_keys(a, b))}
    merged = shapely.get_parts(shapely.line_merge(shapely.multilinestrings(lines(a, b))))
    arcs = []
    for line in merged:
        first, second = shapely.get_coordinates(line)[:2] + 0.0
        turned = np.r_[first, second].tobytes() not in begun
        at = begun[(np.r_[second, first] if turned else np.r_[first, second]).tobytes()]
        left, right = _code(segments, segments.owner[once][at]), _code(segments, across[once][at])
        arcs.append(Arc(line.reverse() if turned else line, left, right))
    return arcs


def _code(segments: Segments, number: np.int64) -> str | None:
    return None if number < 0 else str(segments.codes[number])
