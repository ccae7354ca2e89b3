"""What an edit of one parent's cells means beyond them: vertices in the neighbours' edges, buildings on new borders."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from geo.boundaries.tessellation import Cell as Shape
from geo.boundaries.tessellation.noding import grow, least_tolerance
from geo.boundaries.tessellation.segments import Points, Segments, keys, lines, segment_keys

Shapes = Mapping[str, Shape | None]


def grown_beyond(before: Shapes, after: Shapes, others: Mapping[str, Shape]) -> dict[str, Shape]:
    """Return cells beyond the edited ones that share an edge which got a vertex, with that vertex put in.

    Two parents share their border and neither may move it, so an edge of the old cells that the new ones have not lies
    on the border of the parents only where a vertex was put into it.
    """
    a, b, fresh = _cut_edges(before, after)
    if not len(a) or not len(fresh) or not others:
        return {}
    found: dict[str, Shape] = {}
    theirs = Segments.of(list(others), list(others.values()))
    known = np.r_[segment_keys(a, b), segment_keys(b, a)]
    hit = np.unique(theirs.owner[np.isin(theirs.keys(), known)])
    if not len(hit):
        return {}
    points = _on(a, b, fresh)
    for number in hit:
        code = theirs.codes[number]
        some = [i for i in range(len(a)) if len(points[i])]
        shape = grow(others[code], a[some], b[some], [points[i] for i in some]) if some else None
        if shape is not None:
            found[code] = shape
    return found


def _cut_edges(before: Shapes, after: Shapes) -> tuple[Points, Points, Points]:
    """Return the edges (n, 2) that are no more, and the vertices (m, 2) that are new."""
    old, new = _segments(before), _segments(after)
    a, b = old.undirected()
    mine, yours = segment_keys(a, b), segment_keys(*new.undirected())
    lost = ~np.isin(mine, yours)
    vertices = np.unique(keys(new.a))
    fresh = vertices[~np.isin(vertices, keys(old.a))].view(np.float64).reshape(-1, 2)
    return a[lost], b[lost], fresh


def _segments(shapes: Shapes) -> Segments:
    there = {code: shape for code, shape in shapes.items() if shape is not None}
    return Segments.of(list(there), list(there.values()))


def _on(a: Points, b: Points, points: Points) -> list[Points]:
    """Return for each edge the points that lie on it, to rounding."""
    reach = least_tolerance(a, points)
    edge, which = shapely.STRtree(shapely.points(points)).query(lines(a, b), "dwithin", distance=reach)
    ends = keys(points)[which]
    inside = (ends != keys(a)[edge]) & (ends != keys(b)[edge])
    edge, which = edge[inside], which[inside]
    return [points[which[edge == i]] for i in range(len(a))]


def only_grew(old: Shape, new: Shape) -> bool:
    """Whether a cell differs from an older version by vertices on unchanged lines alone."""
    if shapely.to_wkb(old) == shapely.to_wkb(new):
        return True
    a, b, fresh = _cut_edges({"": old}, {"": new})
    if not len(fresh) or not len(a):
        return False
    points = _on(a, b, fresh)
    rebuilt = grow(old, a, b, points)
    if rebuilt is None:
        return False
    one, two = Segments.of(("",), [rebuilt]), Segments.of(("",), [new])
    return len(one) == len(two) and bool(np.isin(one.keys(), two.keys()).all())


def fresh_lines(before: Shapes, after: Shapes) -> NDArray[np.object_]:
    """Return the border segments that are new."""
    a, b = _segments(after).undirected()
    old = segment_keys(*_segments(before).undirected())
    fresh = ~np.isin(segment_keys(a, b), old)
    return lines(a[fresh], b[fresh])


def newly_cut(before: Shapes, after: Shapes, footprints: NDArray[Any], least: float) -> NDArray[np.int64]:
    """Return which footprints the edit cuts that were not cut before, by more than `least` (square degrees)."""
    segments = fresh_lines(before, after)
    if not len(segments) or not len(footprints):
        return np.empty(0, dtype=np.int64)
    hit = np.unique(shapely.STRtree(footprints).query(segments, "crosses")[1])
    return np.array(
        [i for i in hit if _cut(footprints[i], after, least) and not _cut(footprints[i], before, least)],
        dtype=np.int64,
    )


def _cut(footprint: Any, shapes: Shapes, least: float) -> bool:
    """Whether a second cell has more than `least` of a footprint."""
    there = np.array([*(shape for shape in shapes.values() if shape is not None), None], dtype=object)[:-1]
    parts = np.sort(shapely.area(shapely.intersection(there, footprint)))
    return len(parts) > 1 and bool(parts[-2] > least)
