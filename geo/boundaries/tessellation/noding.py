"""Noding (打节点): where a new line meets the borders, said once and put into everything that lies there.

The point where two segments cross has in general no exact double. Overlaying polygons would round it here and there
differently, and move vertices that have nothing to do with it. So a crossing is computed once; the rounded point *is*
the vertex, put bit for bit into the line and into the one edge that it lies on, which every cell on both sides has.
The edge a–b becomes a–x–b and so turns by less than a unit in the last place; nothing else has a new coordinate.
A vertex nearer than the tolerance is used instead of a new one: no two vertices come closer than it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import Polygon

from geo.boundaries.tessellation.segments import Cell, Points, Segments, as_cell, keys, lines, segment_keys

ROUNDS = 24
"""Passes over a line: each snaps it to what the pass before bent it to. Two or three are enough for drawn lines."""


@dataclass(frozen=True, slots=True)
class Woven:
    """A line and the borders that it meets, noded: they meet at common vertices only.

    `path` (n, 2) are the line's vertices. `a` and `b` are the borders' segments, cut where the line meets them, `of`
    the number of the uncut segment, `put_in` the vertices that cut them.
    """

    path: Points
    a: Points
    b: Points
    of: NDArray[np.int64]
    put_in: Points


def least_tolerance(*points: Points) -> float:
    """Return a distance that rounding stays far under: 2⁻⁴⁴ of the largest coordinate (0.7 µm at 10⁷ m)."""
    largest = max((float(np.abs(one).max()) for one in points if one.size), default=1.0)
    return max(largest, 1e-300) * 2.0**-44


def weave(path: Points, a: Points, b: Points, tolerance: float) -> Woven | Points:
    """Node a line against border segments; return it, or the vertices (n, 2) at which no end is found.

    Each pass takes vertices within the tolerance of the line into it, puts ends and bends of the line that lie within
    the tolerance of an edge into that edge, and then crossings. It ends when a pass changes nothing: then every
    meeting is at a common vertex.
    """
    of, put_in = np.arange(len(a)), np.empty((0, 2))
    for _ in range(ROUNDS):
        if len(path) < 2:
            break
        path, fresh = _through_vertices(path, np.vstack([a, b]), tolerance)
        cuts = _onto_edges(path, a, b, tolerance)
        if not len(cuts[0]):
            path, cuts = _crossings(path, a, b)
            fresh = fresh or bool(len(cuts[0]))
        else:
            path, fresh = _replaced(path, *cuts), True
        a, b, of = _cut(a, b, of, cuts[1], cuts[2])
        put_in = np.vstack([put_in, cuts[2]])
        if not fresh:
            return Woven(path, a, b, of, put_in)
    return path


def _through_vertices(path: Points, vertices: Points, tolerance: float) -> tuple[Points, bool]:
    """Return the line led through the vertices within the tolerance, and whether that changed it."""
    vertices = np.unique(keys(vertices)).view(np.float64).reshape(-1, 2)
    near = shapely.dwithin(shapely.linestrings(path), shapely.points(vertices), tolerance)
    vertices = vertices[near]
    if not len(vertices):
        return _undoubled(path), False
    tree = shapely.STRtree(shapely.points(vertices))
    at, to = tree.query_nearest(shapely.points(path), max_distance=tolerance, all_matches=False)
    snapped = path.copy()
    snapped[at] = vertices[to]
    snapped = _undoubled(snapped)
    left = vertices[~np.isin(keys(vertices), keys(snapped))]
    if len(left) and len(snapped) > 1:
        edges = lines(snapped[:-1], snapped[1:])
        edge, which = shapely.STRtree(shapely.points(left)).query(edges, "dwithin", distance=tolerance)
        once = np.unique(which, return_index=True)[1]
        snapped = _inserted(snapped, edge[once], left[which[once]])
    return snapped, len(snapped) != len(path) or bool((snapped != path).any())


def _onto_edges(
    path: Points, a: Points, b: Points, tolerance: float
) -> tuple[NDArray[np.int64], NDArray[np.int64], Points]:
    """Return (vertex of the line, edge, point on the edge) for vertices within the tolerance of an edge."""
    loose = np.flatnonzero(~np.isin(keys(path), keys(np.vstack([a, b]))))
    edges = lines(a, b)
    at, edge = shapely.STRtree(edges).query_nearest(
        shapely.points(path[loose]), max_distance=tolerance, all_matches=False
    )
    # one cut for an edge and pass: the next pass sees its halves
    once = np.unique(edge, return_index=True)[1]
    at, edge = loose[at[once]], edge[once]
    where = shapely.line_interpolate_point(
        edges[edge], shapely.line_locate_point(edges[edge], shapely.points(path[at]))
    )
    return at, edge, shapely.get_coordinates(where).reshape(-1, 2)


def _crossings(
    path: Points, a: Points, b: Points
) -> tuple[Points, tuple[NDArray[np.int64], NDArray[np.int64], Points]]:
    """Return the line with the points where it properly crosses edges, and (segment, edge, point) of each.

    An edge that is crossed twice gets its second point in the next pass.
    """
    none = np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64), np.empty((0, 2))
    if len(path) < 2:
        return path, none
    mine, edges = lines(path[:-1], path[1:]), lines(a, b)
    segment, edge = shapely.STRtree(edges).query(mine, "crosses")
    once = np.unique(edge, return_index=True)[1]
    segment, edge = segment[once], edge[once]
    points = shapely.intersection(mine[segment], edges[edge])
    good = shapely.get_type_id(points) == 0
    segment, edge, points = segment[good], edge[good], shapely.get_coordinates(points[good]).reshape(-1, 2)
    if not len(edge):
        return path, none
    return _inserted(path, segment, points), (segment, edge, points)


def _inserted(path: Points, segment: NDArray[np.int64], points: Points) -> Points:
    """Put points into segments of a line, in order along it."""
    along = np.hypot(*(points - path[segment]).T)
    order = np.lexsort((along, segment))
    return _undoubled(np.insert(path, segment[order] + 1, points[order], axis=0))


def _replaced(path: Points, at: NDArray[np.int64], _edge: NDArray[np.int64], points: Points) -> Points:
    moved = path.copy()
    moved[at] = points
    return _undoubled(moved)


def _cut(
    a: Points, b: Points, of: NDArray[np.int64], edge: NDArray[np.int64], points: Points
) -> tuple[Points, Points, NDArray[np.int64]]:
    """Cut edges in two; an edge is cut at most once, and not at its own ends."""
    inside = ((points != a[edge]).any(axis=1)) & ((points != b[edge]).any(axis=1))
    edge, points = edge[inside], points[inside]
    kept = np.ones(len(a), dtype=bool)
    kept[edge] = False
    return (
        np.vstack([a[kept], a[edge], points]),
        np.vstack([b[kept], points, b[edge]]),
        np.r_[of[kept], of[edge], of[edge]],
    )


def _undoubled(path: Points) -> Points:
    kept = np.r_[True, (path[1:] != path[:-1]).any(axis=1)]
    return path[kept]


def clash(moved: tuple[Points, Points], others: tuple[Points, Points]) -> Points | None:
    """Return a point where a moved segment meets another otherwise than at a common end; None where all is well.

    The predicates are GEOS's, which are exact for the coordinates given.
    """
    a, b = np.vstack([moved[0], others[0]]), np.vstack([moved[1], others[1]])
    drawn = lines(a, b)
    one, two = shapely.STRtree(drawn).query(drawn[: len(moved[0])], "intersects")
    differ = one != two
    one, two = one[differ], two[differ]
    start, stop = keys(a), keys(b)
    aa, ab = start[one] == start[two], start[one] == stop[two]
    ba, bb = stop[one] == start[two], stop[one] == stop[two]
    shared = aa.astype(int) + ab + ba + bb
    single = shared == 1
    far_one = shapely.points(np.where((aa | ab)[:, None], b[one], a[one]))
    far_two = shapely.points(np.where((aa | ba)[:, None], b[two], a[two]))
    lying = shapely.intersects(far_one, drawn[two]) | shapely.intersects(far_two, drawn[one])
    wrong = np.flatnonzero((shared == 0) | (single & lying))
    if not len(wrong):
        return None
    meeting = shapely.intersection(drawn[one[wrong[0]]], drawn[two[wrong[0]]])
    point: Points = shapely.get_coordinates(meeting)[0]
    return point


# ---- vertices into unchanged lines -------------------------------------------------------------------------


def grow(cell: Cell, a: Points, b: Points, points: Sequence[Points]) -> Cell | None:
    """Return a cell with vertices put into its edges a–b, whichever way it has them; None where it has none of them.

    `points[i]` (n, 2) lie on the edge from `a[i]` to `b[i]`. Everything else of the cell stays as it is.
    """
    forth, back = segment_keys(a, b), segment_keys(b, a)
    known = {key.tobytes(): i for i, key in enumerate(forth)}
    known |= {key.tobytes(): i for i, key in enumerate(back)}
    either = np.r_[forth, back]
    grown = False
    parts = []
    for part in shapely.get_parts(cell):
        rings = []
        for ring in (part.exterior, *part.interiors):
            vertices = shapely.get_coordinates(ring)
            mine = segment_keys(vertices[:-1], vertices[1:])
            hits = [(int(at), known[mine[at].tobytes()]) for at in np.flatnonzero(np.isin(mine, either))]
            grown = grown or bool(hits)
            rings.append(_grown(vertices, hits, points))
        parts.append(Polygon(rings[0], rings[1:]))
    if not grown:
        return None
    return parts[0] if isinstance(cell, Polygon) else shapely.multipolygons(parts)


def _grown(vertices: Points, hits: Sequence[tuple[int, int]], points: Sequence[Points]) -> Points:
    pieces, since = [], 0
    for at, which in hits:
        start = vertices[at]
        inside = points[which]
        order = np.argsort(np.hypot(*(inside - start).T))
        pieces += [vertices[since : at + 1], inside[order]]
        since = at + 1
    return np.vstack([*pieces, vertices[since:]])


def without(cell: Cell, vertices: NDArray[np.complex128]) -> Cell:
    """Return a cell without some vertices (as `keys` says them); its rings keep their direction."""
    parts = []
    for part in shapely.get_parts(cell):
        rings = []
        for ring in (part.exterior, *part.interiors):
            open_ring = shapely.get_coordinates(ring)[:-1]
            kept = open_ring[~np.isin(keys(open_ring), vertices)]
            rings.append(np.vstack([kept, kept[:1]]))
        parts.append(Polygon(rings[0], rings[1:]))
    return as_cell(parts) or cell


def into_edges(cells: Mapping[str, Cell], tolerance: float = 0.0) -> dict[str, Cell]:
    """Return cells with every vertex of one put into the edge of another that it lies on, to rounding.

    With a tolerance also where it lies that near to an edge that no other cell has: that edge is bent there.
    """
    codes = list(cells)
    segments = Segments.of(codes, [cells[code] for code in codes])
    loose = segments.twin() < 0
    # a vertex can only be missing from an edge that does not have its twin
    a, b = segments.pick(loose).undirected()
    points = np.unique(keys(segments.a)).view(np.float64).reshape(-1, 2)
    if not len(a):
        return dict(cells)
    reach = max(tolerance, least_tolerance(points))
    edge, which = shapely.STRtree(shapely.points(points)).query(lines(a, b), "dwithin", distance=reach)
    at = keys(points)[which]
    inside = (at != keys(a)[edge]) & (at != keys(b)[edge])
    edge, which = edge[inside], which[inside]
    edges = np.unique(edge)
    order = np.argsort(edge, kind="stable")
    fresh = np.split(points[which[order]], np.searchsorted(edge[order], edges)[1:]) if len(edges) else []
    hit = _having(segments, a[edges], b[edges])
    found = {codes[i]: grow(cells[codes[i]], a[edges], b[edges], fresh) for i in hit}
    return {code: found.get(code) or cell for code, cell in cells.items()}


def _having(segments: Segments, a: Points, b: Points) -> NDArray[np.int64]:
    """Return the cells that have one of some edges."""
    either = np.r_[segment_keys(a, b), segment_keys(b, a)]
    return np.unique(segments.owner[np.isin(segments.keys(), either)])
