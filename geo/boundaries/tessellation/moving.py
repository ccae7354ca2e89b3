"""Vertices that move: one substitution of coordinates, made in every cell that has the vertex.

Why that is enough. Count for a point of the plane how often the borders of all cells wind round it. A border between
two cells is there in both directions and cancels, before and after, since both cells got the same new coordinates; so
the count is that of the outer boundary, which has not moved: one inside, none outside. A cell whose ring is simple and
still runs counter-clockwise winds round its own points once and round others not at all. If every changed cell is so,
each point within the boundary lies in exactly one cell: no gap and no overlap, rounding included. So it is checked
that each changed cell is valid and has not turned over, both exactly, and where the outer boundary itself moves,
that its new segments meet no others.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import MultiPoint, Point, Polygon

from geo.boundaries.tessellation.model import Change, Refused, Tessellation
from geo.boundaries.tessellation.noding import clash
from geo.boundaries.tessellation.segments import Cell, Points, Segments, keys, pinches


def moved(tess: Tessellation, operation: str, old: Points, new: Points, *, outer: bool = False) -> Change:
    """Return the change that moves vertices (n, 2) to new places. Raises Refused with the place where it cannot be."""
    codes = tess.near(list(shapely.points(old)))
    at_outer = np.isin(keys(old), outer_vertices(tess, codes))
    if at_outer.any() and not outer:
        raise Refused("this vertex is on the outer boundary", Point(old[at_outer][0]), field="at")
    before = {code: tess.cells[code] for code in codes}
    after = {
        code: shape for code, cell in before.items() if (shape := substituted(cell, old, new)) is not None
    }
    if not after or bool((old == new).all()):
        raise Refused("nothing would change", MultiPoint(new), field="to")
    for code, shape in after.items():
        fault = turned(before[code], shape)
        if fault is not None:
            raise Refused(f"{code} would fold over itself or over another", fault, field="to")
    met = _met(tess, after, new) if at_outer.any() else _doubled(tess, after, new)
    if met is not None:
        raise Refused("a border would meet another there", Point(met), field="to")
    change_before = {code: before[code] for code in after}
    return Change(operation, change_before, after, line=MultiPoint(new))


def outer_vertices(tess: Tessellation, codes: Sequence[str]) -> NDArray[np.complex128]:
    """Return the keys of the vertices of some cells that lie on the outer boundary or on a hole.

    `codes` have to hold every cell at the vertices that are asked about; at others the answer may say too much.
    """
    free = tess.segments(codes).boundary()
    return np.unique(keys(np.vstack([free.a, free.b])))


def substituted(cell: Cell, old: Points, new: Points) -> Cell | None:
    """Return a cell with vertices replaced, ring by ring and in order; None where it has none of them."""
    order = np.argsort(keys(old))
    known = keys(old)[order]
    vertices = shapely.get_coordinates(cell)
    mine = keys(vertices)
    at = np.minimum(np.searchsorted(known, mine), len(known) - 1)
    hit = known[at] == mine
    if not hit.any():
        return None
    vertices[hit] = new[order][at[hit]]
    replaced: Cell = shapely.set_coordinates(shapely.transform(cell, lambda xy: xy), vertices)
    return replaced


def turned(before: Cell, after: Cell) -> Point | None:
    """Return a point of a cell that is no longer valid or has turned over, None where it is sound."""
    if not shapely.is_valid(after):
        return Point(shapely.get_coordinates(after)[0]) if after.is_empty else _where(after)
    points, ring = shapely.get_coordinates(after, return_index=True)
    double = (points[1:] == points[:-1]).all(axis=1) & (ring[1:] == ring[:-1])
    # a closing point that is the next ring's first is no repetition, and rings of a valid cell share no such edge
    if double.any() and len(Segments.of(("",), [after])) < len(Segments.of(("",), [before])):
        return Point(points[:-1][double][0])
    touching = pinches(after)
    if len(touching) > len(pinches(before)):
        return Point(touching[-1].real, touching[-1].imag)
    # of its parts: a MultiPolygon has no rings of its own
    rings = [shapely.get_rings(shapely.get_parts(shape)) for shape in (before, after)]
    flipped = shapely.is_ccw(rings[0]) != shapely.is_ccw(rings[1])
    return Point(rings[1][np.flatnonzero(flipped)[0]].coords[0]) if flipped.any() else None


def _where(shape: Cell) -> Point:
    """Return the point that GEOS names in `Self-intersection[x y]`."""
    told = shapely.is_valid_reason(shape)
    x, y = told[told.rindex("[") + 1 : told.rindex("]")].split()
    return Point(float(x), float(y))


def _met(tess: Tessellation, after: Mapping[str, Cell], new: Points) -> Points | None:
    """Return where a segment at a moved vertex meets another border."""
    mine = Segments.of(list(after), list(after.values()))
    fresh = np.isin(keys(mine.a), keys(new)) | np.isin(keys(mine.b), keys(new))
    around = [code for code in tess.near(list(after.values())) if code not in after]
    others = tess.segments(around).undirected()
    still = mine.pick(~fresh).undirected()
    return clash(
        mine.pick(fresh).undirected(), (np.vstack([others[0], still[0]]), np.vstack([others[1], still[1]]))
    )


def _doubled(tess: Tessellation, after: Mapping[str, Cell], new: Points) -> Points | None:
    """Return a new place at which there is a vertex already: two would become one.

    Each of the changed cells is simple, so only a cell of several parts or rings could still hide such a meeting.
    """
    around = list(after.values())
    parts = shapely.get_parts(around)
    if all(isinstance(part, Polygon) and not part.interiors for part in parts) and len(parts) == len(around):
        return None
    return _met(tess, after, new)
