"""Snapping (吸附): borders drawn onto roads, building outlines or the parent's border; all cells of a border follow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import MultiPoint
from shapely.geometry.base import BaseGeometry

from geo.boundaries.tessellation.model import Change, Refused, Tessellation
from geo.boundaries.tessellation.moving import outer_vertices, substituted, turned
from geo.boundaries.tessellation.noding import clash, grow, least_tolerance
from geo.boundaries.tessellation.segments import Cell, Points, Segments, keys, lines


@dataclass(frozen=True, slots=True)
class _Moves:
    """Vertices and where they go (n, 2), then edges (m, 2) and the vertex that each gets."""

    old: Points
    new: Points
    a: Points
    b: Points
    put: Points

    def __len__(self) -> int:
        return len(self.old) + len(self.put)

    def without(self, vertices: NDArray[np.complex128]) -> _Moves:
        """Return the moves but for those at some vertices."""
        keep = ~np.isin(keys(self.old), vertices)
        edge = ~(np.isin(keys(self.a), vertices) | np.isin(keys(self.b), vertices))
        return _Moves(self.old[keep], self.new[keep], self.a[edge], self.b[edge], self.put[edge])


def snap(
    tess: Tessellation,
    targets: Sequence[BaseGeometry],
    tolerance: float,
    *,
    cells: Sequence[str] | None = None,
    outer: bool = False,
) -> Change:
    """Draw borders within the tolerance onto roads, building outlines or the parent's border.

    A vertex goes to the nearest vertex of a target within the tolerance, else to the nearest point of its line; an edge
    both of whose ends lie on a target takes on the target's vertices in between. All cells of a border follow.
    `cells` limits it to vertices of these cells. What cannot move without a border meeting another stays, and is
    listed in the change's `left`. Raises Refused where nothing moves.
    """
    if tolerance <= 0:
        raise Refused("the tolerance of snapping has to be above zero", field="tolerance")
    lines_of = _as_lines(targets)
    codes = tess.near(lines_of, tolerance) if len(lines_of) else []
    moves = _wanted(tess, codes, lines_of, tolerance, cells, outer)
    left: list[tuple[str, BaseGeometry]] = []
    while len(moves):
        after = _tried(tess, codes, moves)
        bad = _faulty(tess, after, moves, outer)
        if not len(bad):
            break
        hit = np.isin(keys(moves.old), bad)
        left += [("a border would meet another", point) for point in shapely.points(moves.old[hit])]
        fewer = moves.without(bad)
        moves = fewer if len(fewer) < len(moves) else moves.without(keys(np.vstack([moves.old, moves.a])))
    if not len(moves):
        raise Refused(
            "nothing lies within the tolerance that could move", MultiPoint() if not left else left[0][1]
        )
    before = {code: tess.cells[code] for code in after}
    new = np.vstack([moves.new, moves.put])
    return Change("snap", before, after, line=MultiPoint(new), left=tuple(left))


def _as_lines(targets: Sequence[BaseGeometry]) -> NDArray[np.object_]:
    """Return lines: of areas their border, of points nothing but themselves."""
    parts = shapely.get_parts(np.array([*targets, None], dtype=object)[:-1])
    area = shapely.get_type_id(parts) == 3
    parts[area] = shapely.boundary(parts[area])
    return np.asarray(shapely.get_parts(parts), dtype=object)


def _wanted(
    tess: Tessellation,
    codes: Sequence[str],
    targets: NDArray[np.object_],
    tolerance: float,
    cells: Sequence[str] | None,
    outer: bool,
) -> _Moves:
    segments = tess.segments(codes)
    a, b = segments.undirected()
    vertices = np.unique(keys(np.vstack([a, b]))).view(np.float64).reshape(-1, 2)
    held = (
        np.empty(0, dtype=complex)
        if outer
        else outer_vertices(tess, list(tess.near(list(targets), 2 * tolerance)))
    )
    if cells is not None:
        mine = keys(tess.segments(cells).a)
        held = np.union1d(held, np.setdiff1d(keys(vertices), mine))
    free = vertices[~np.isin(keys(vertices), held)]
    corners = np.unique(keys(shapely.get_coordinates(targets))).view(np.float64).reshape(-1, 2)
    corners = corners[~np.isin(keys(corners), keys(vertices))]
    old, new, used = _to_corners(free, corners, tolerance)
    rest = free[~np.isin(keys(free), keys(old))]
    old2, new2 = _to_lines(rest, targets, tolerance)
    old, new = np.vstack([old, old2]), np.vstack([new, new2])
    edges = _bends(a, b, old, new, corners[~used], targets, held, tolerance)
    return _Moves(old, new, *edges)


def _to_corners(free: Points, corners: Points, tolerance: float) -> tuple[Points, Points, NDArray[np.bool_]]:
    """Pair vertices with target vertices, nearest first, each once."""
    used = np.zeros(len(corners), dtype=bool)
    if not len(free) or not len(corners):
        return free[:0], free[:0], used
    corner, at = shapely.STRtree(shapely.points(free)).query(
        shapely.points(corners), "dwithin", distance=tolerance
    )
    taken = np.zeros(len(free), dtype=bool)
    pairs = []
    for i in np.argsort(np.hypot(*(free[at] - corners[corner]).T), kind="stable"):
        if not taken[at[i]] and not used[corner[i]]:
            taken[at[i]] = used[corner[i]] = True
            pairs.append(i)
    return free[at[pairs]], corners[corner[pairs]], used


def _to_lines(rest: Points, targets: NDArray[np.object_], tolerance: float) -> tuple[Points, Points]:
    if not len(rest):
        return rest, rest
    at, which = shapely.STRtree(targets).query_nearest(
        shapely.points(rest), max_distance=tolerance, all_matches=False
    )
    there = shapely.shortest_line(targets[which], shapely.points(rest[at]))
    goal = shapely.get_coordinates(there)[::2] if len(at) else rest[:0]
    far = np.hypot(*(goal - rest[at]).T) > least_tolerance(rest)
    # two vertices that would become one both stay
    single = np.isin(keys(goal), _once(keys(goal)))
    return rest[at[far & single]], goal[far & single]


def _once(values: NDArray[np.complex128]) -> NDArray[np.complex128]:
    found, count = np.unique(values, return_counts=True)
    single: NDArray[np.complex128] = found[count == 1]
    return single


def _bends(
    a: Points,
    b: Points,
    old: Points,
    new: Points,
    corners: Points,
    targets: NDArray[np.object_],
    held: NDArray[np.complex128],
    tolerance: float,
) -> tuple[Points, Points, Points]:
    """Return edges and the target vertex that each takes on; both ends of such an edge lie on the targets."""
    if not len(corners) or not len(a):
        return a[:0], b[:0], a[:0]
    both = np.isin(keys(a), held) & np.isin(keys(b), held)
    ends = [_gone(one, old, new) for one in (a, b)]
    on = [
        shapely.dwithin(shapely.multilinestrings(list(targets)), shapely.points(one), least_tolerance(a))
        for one in ends
    ]
    good = on[0] & on[1] & ~both
    a, b = a[good], b[good]
    if not len(a):
        return a, b, a
    corner, edge = shapely.STRtree(lines(a, b)).query(shapely.points(corners), "dwithin", distance=tolerance)
    first = np.unique(corner, return_index=True)[1]
    return a[edge[first]], b[edge[first]], corners[corner[first]]


def _gone(points: Points, old: Points, new: Points) -> Points:
    if not len(old):
        return points
    order = np.argsort(keys(old))
    at = np.minimum(np.searchsorted(keys(old)[order], keys(points)), len(old) - 1)
    hit = keys(old)[order][at] == keys(points)
    there = points.copy()
    there[hit] = new[order][at[hit]]
    return there


def _tried(tess: Tessellation, codes: Sequence[str], moves: _Moves) -> dict[str, Cell]:
    """Return the cells that change: first the bends, on the edges as they are, then the moves."""
    edges, which = np.unique(np.hstack([moves.a, moves.b]), axis=0, return_inverse=True)
    put = [moves.put[which == i] for i in range(len(edges))]
    found = {}
    for code in codes:
        cell = tess.cells[code]
        bent = grow(cell, edges[:, :2], edges[:, 2:], put) if len(edges) else None
        shape = substituted(bent or cell, moves.old, moves.new) if len(moves.old) else None
        if shape is not None or bent is not None:
            found[code] = shape if shape is not None else bent
    return {code: shape for code, shape in found.items() if shape is not None}


def _faulty(tess: Tessellation, after: dict[str, Cell], moves: _Moves, outer: bool) -> NDArray[np.complex128]:
    """Return the vertices of cells that came out unsound, as they were before."""
    bad = [code for code, shape in after.items() if turned(tess.cells[code], shape) is not None]
    if not bad and outer:
        bad = _meeting(tess, after, moves)
    return np.unique(keys(tess.segments(bad).a)) if bad else np.empty(0, dtype=complex)


def _meeting(tess: Tessellation, after: dict[str, Cell], moves: _Moves) -> list[str]:
    """Return the changed cells at a place where the outer boundary would meet another border."""
    codes = tess.near(list(after.values()))
    segments = Segments.of(codes, [after.get(code, tess.cells[code]) for code in codes])
    fresh = keys(np.vstack([moves.new, moves.put]))
    mine = np.isin(keys(segments.a), fresh) | np.isin(keys(segments.b), fresh)
    met = clash(segments.pick(mine).undirected(), segments.pick(~mine).undirected())
    if met is None:
        return []
    around = [code for code in after if shapely.distance(after[code], shapely.points(met)) == 0]
    return around or list(after)
