"""The one way in which cells are redrawn: node a line with their borders, find the faces, give each an owner.

A face is a piece of land that no border crosses; its ring is made of whole segments. A cell is a set of faces, and its
new border are the segments with one of its faces on one side only, so cells that are told by their faces fit each
other by construction: they share segments, not coordinates that ought to be alike.

What becomes of vertices: a point at which the line met an edge stays where new border begins there, and then it goes
into *every* cell that has the edge; where no new border begins (the line ran on beyond what it was for) it is taken
out again. So no cell but those whose faces changed hands differs by more than such a point on an unchanged line.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import LineString

from geo.boundaries.tessellation.model import Change, Refused, Tessellation
from geo.boundaries.tessellation.noding import Woven, clash, grow, least_tolerance, weave, without
from geo.boundaries.tessellation.segments import (
    Cell,
    Points,
    Segments,
    areas,
    as_cell,
    faces,
    keys,
    lines,
    pinches,
    segment_keys,
)

VOID = -1
"""The owner of land that no cell has."""


@dataclass(frozen=True, slots=True)
class Ground:
    """Cells and a line, noded: segments a → b of the cells with their owner, and the line's vertices.

    `of` numbers the uncut edge (`edges`) that a segment is a piece of, `put_in` are the vertices that cut edges.
    """

    codes: tuple[str, ...]
    borders: Segments
    path: Points
    edges: tuple[Points, Points]
    of: NDArray[np.int64]
    put_in: NDArray[np.complex128]

    def path_keys(self) -> NDArray[Any]:
        """Return the line's segments in both directions as keys."""
        a, b = self.path[:-1], self.path[1:]
        both: NDArray[Any] = np.r_[segment_keys(a, b), segment_keys(b, a)]
        return both


@dataclass(frozen=True, slots=True)
class Faces:
    """Faces (n), their owner as a number of the ground's cells or VOID, and their segments by face."""

    shapes: NDArray[np.object_]
    owner: NDArray[np.int64]
    rings: Segments


def lay(tess: Tessellation, codes: Sequence[str], line: LineString, tolerance: float | None) -> Ground:
    """Node a line with the borders of some cells. Raises Refused where the line crosses itself or finds no end."""
    path = shapely.get_coordinates(line)
    if len(path) < 2 or not np.isfinite(path).all() or line.length == 0:
        raise Refused("the line is empty", field="line")
    segments = tess.segments(codes)
    a, b = segments.undirected()
    reach = max(tolerance or 0.0, least_tolerance(a, b, path))
    # numbers so small that dividing by them overflows are zero to the borders
    path = np.where(np.abs(path) < reach * 2.0**-8, 0.0, path)
    # what lies nowhere near the line is not looked at again
    near = shapely.STRtree(lines(a, b)).query(shapely.box(*line.bounds).buffer(4 * reach))
    woven = weave(path, a[near], b[near], reach)
    if not isinstance(woven, Woven):
        if len(woven) < 2:
            raise Refused("the line is no longer than the tolerance", line, field="line")
        raise Refused("the line cannot be fitted to the borders", LineString(woven), field="line")
    _refuse_knots(woven.path)
    mine = keys(np.vstack([a, b]))
    fresh = keys(woven.put_in)
    borders, of = _cut_segments(segments, a[near], b[near], woven)
    return Ground(
        tuple(codes), borders, woven.path, (a[near], b[near]), of, np.unique(fresh[~np.isin(fresh, mine)])
    )


def _refuse_knots(path: Points) -> None:
    if len(path) < 2:
        raise Refused("the line is no longer than the tolerance", shapely.Point(path[0]), field="line")
    closed = len(path) > 2 and bool((path[0] == path[-1]).all())
    if LineString(path).is_simple and (not closed or len(path) > 3):
        return
    doubled = clash((path[:-1], path[1:]), (path[:0], path[:0]))
    at = shapely.Point(doubled if doubled is not None else path[0])
    raise Refused("the line crosses itself", at, field="line")


def _cut_segments(
    segments: Segments, a: Points, b: Points, woven: Woven
) -> tuple[Segments, NDArray[np.int64]]:
    """Put the cuts of undirected edges into the directed segments of every cell that has them."""
    cut = np.flatnonzero(np.bincount(woven.of, minlength=len(a)) > 1)
    pieces = np.isin(woven.of, cut)
    whole = segment_keys(a, b)
    number = {key.tobytes(): i for i, key in enumerate(whole[cut])}
    along = segments.keys()
    forth = [number.get(key.tobytes(), -1) for key in along]
    back = [number.get(key.tobytes(), -1) for key in segment_keys(segments.b, segments.a)]
    which = np.maximum(forth, back)
    turned = np.asarray(back) >= 0
    kept = which < 0
    out_a, out_b, out_owner = [segments.a[kept]], [segments.b[kept]], [segments.owner[kept]]
    out_of = [np.full(int(kept.sum()), -1)]
    for at in np.flatnonzero(~kept):
        mine = np.flatnonzero(pieces & (woven.of == cut[which[at]]))
        one, two = woven.a[mine], woven.b[mine]
        out_a.append(two if turned[at] else one)
        out_b.append(one if turned[at] else two)
        out_owner.append(np.full(len(mine), segments.owner[at]))
        out_of.append(np.full(len(mine), cut[which[at]]))
    directed = Segments(segments.codes, np.vstack(out_a), np.vstack(out_b), np.concatenate(out_owner))
    return directed, np.concatenate(out_of)


def faces_of(
    tess: Tessellation, ground: Ground, gone: NDArray[Any] | None = None, path: Points | None = None
) -> Faces:
    """Return the faces of a ground and who owned each before.

    `gone` are keys of border segments that are left out, `path` another line than the whole one. A face with a
    border segment in its direction belongs to that segment's cell; one that only has them against its direction is no
    cell's; one with none of either lies in the inside of a cell, or of none.
    """
    borders = ground.borders
    if gone is not None:
        borders = borders.pick(~np.isin(borders.keys(), gone))
    way = ground.path if path is None else path
    a, b = np.vstack([borders.a, way[:-1]]), np.vstack([borders.b, way[1:]])
    plain = Segments(("",), a, b, np.zeros(len(a), dtype=np.int64))
    shapes = faces(*plain.undirected())
    rings = Segments.of([str(i) for i in range(len(shapes))], list(shapes))
    owner = np.full(len(shapes), VOID - 1)
    there, numbers = _lookup(borders, rings.b, rings.a)
    owner[rings.owner[there]] = VOID
    there, numbers = _lookup(borders, rings.a, rings.b)
    owner[rings.owner[there]] = numbers
    for at in np.flatnonzero(owner < VOID):
        owner[at] = _whose(tess, ground.codes, shapes[at])
    return Faces(shapes, owner, rings)


def _lookup(borders: Segments, a: Points, b: Points) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return which of the segments a → b are borders, and their owners."""
    known, asked = borders.keys(), segment_keys(a, b)
    if not len(known):
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
    order = np.argsort(known)
    at = order[np.minimum(np.searchsorted(known[order], asked), len(known) - 1)]
    there = np.flatnonzero(known[at] == asked)
    return there, borders.owner[at[there]]


def _whose(tess: Tessellation, codes: Sequence[str], face: Any) -> int:
    inside = face.representative_point()
    found = (i for i, code in enumerate(codes) if shapely.contains_xy(tess.cells[code], inside.x, inside.y))
    return next(found, VOID)


def conclude(
    tess: Tessellation,
    operation: str,
    ground: Ground,
    found: Faces,
    owner: Sequence[str | None],
    *,
    outer: bool = False,
) -> Change:
    """Return the change that gives each face to the cell `owner` names (None: to nobody).

    Raises Refused where land at the outer boundary would be won or lost and `outer` is not said, or where a cell would
    be left with nothing.
    """
    names = [*ground.codes, *sorted({code for code in owner if code is not None} - set(ground.codes))]
    number = {code: i for i, code in enumerate(names)}
    now = np.array([VOID if code is None else number[code] for code in owner], dtype=np.int64)
    moved = np.flatnonzero(now != found.owner)
    if not len(moved):
        raise Refused("nothing would change", LineString(ground.path), field="line")
    if not outer:
        _refuse_outer(tess, found, moved, now)
    touched = np.setdiff1d(np.union1d(now[moved], found.owner[moved]), [VOID])
    shapes = {names[i]: _dissolved(found, np.flatnonzero(now == i)) for i in touched}
    needed = _needed(ground, found, now)
    spare = np.setdiff1d(ground.put_in, needed)
    after: dict[str, Cell | None] = {
        code: None if shape is None else without(shape, spare) if len(spare) else shape
        for code, shape in shapes.items()
    }
    grown = _grown(tess, ground, needed, set(after))
    before = {code: tess.cells.get(code) for code in (*after, *grown)}
    return checked(
        Change(operation, before, {**after, **grown}, frozenset(grown), _new_line(ground, found, now))
    )


def _refuse_outer(tess: Tessellation, found: Faces, moved: NDArray[np.int64], now: NDArray[np.int64]) -> None:
    lost = moved[now[moved] == VOID]
    won = moved[found.owner[moved] == VOID]
    if len(lost):
        raise Refused("this would give up land and leave it to nobody", found.shapes[lost[0]])
    if len(won):
        holes = shapely.STRtree(tess.holes())
        inside = shapely.point_on_surface(found.shapes[won])
        hit = np.unique(holes.query(inside, "within")[0])
        beyond = np.setdiff1d(np.arange(len(won)), hit)
        if len(beyond):
            raise Refused("this would reach beyond the outer boundary", found.shapes[won[beyond[0]]])


def _dissolved(found: Faces, mine: NDArray[np.int64]) -> Cell | None:
    """Join faces: what two of them share is gone, the rest is the border."""
    return as_cell(areas(found.rings.pick(np.isin(found.rings.owner, mine)).boundary()))


def _sides(ground: Ground, found: Faces, now: NDArray[np.int64]) -> tuple[Segments, NDArray[np.bool_]]:
    """Return the face segments along the line, and which of them have another owner on their right."""
    along = found.rings.pick(np.isin(found.rings.keys(), ground.path_keys()))
    across = along.across()
    right = np.where(across < 0, VOID, now[across])
    return along, now[along.owner] != right


def _needed(ground: Ground, found: Faces, now: NDArray[np.int64]) -> NDArray[np.complex128]:
    """Return the put-in vertices at which border runs along the line: the others are no nodes."""
    old = np.isin(found.rings.keys(), np.r_[ground.borders.keys(), ground.borders.reversed().keys()])
    fresh = Segments(found.rings.codes, found.rings.a[~old], found.rings.b[~old], found.rings.owner[~old])
    along, differ = _sides(ground, Faces(found.shapes, found.owner, fresh), now)
    ends = keys(np.vstack([along.a[differ], along.b[differ]]))
    return np.intersect1d(ground.put_in, ends)


def _new_line(ground: Ground, found: Faces, now: NDArray[np.int64]) -> Any:
    along, differ = _sides(ground, found, now)
    a, b = along.pick(differ).undirected()
    return shapely.line_merge(shapely.multilinestrings(lines(a, b)))


def _grown(
    tess: Tessellation, ground: Ground, needed: NDArray[np.complex128], done: set[str]
) -> dict[str, Cell]:
    """Return the other cells that have an edge with a needed vertex, with that vertex put in."""
    if not len(needed):
        return {}
    ends, of = np.vstack([ground.borders.a, ground.borders.b]), np.r_[ground.of, ground.of]
    mine = (of >= 0) & np.isin(keys(ends), needed)
    edges = np.unique(of[mine])
    a, b = ground.edges[0][edges], ground.edges[1][edges]
    points = [np.unique(keys(ends[mine & (of == edge)])).view(np.float64).reshape(-1, 2) for edge in edges]
    near = [code for code in tess.near(lines(a, b)) if code not in done]
    found = {code: grow(tess.cells[code], a, b, points) for code in near}
    return {code: shape for code, shape in found.items() if shape is not None}


def checked(change: Change) -> Change:
    """Return a change whose cells are sound; raises Refused with the place where one is not.

    The faces fit each other by construction, but rounding may have folded one that is thinner than a unit in the last
    place.
    """
    for code, shape in change.after.items():
        old = change.before[code]
        if shape is None and old is not None and change.operation in _MAY_EMPTY:
            continue
        if shape is None:
            raise Refused(f"nothing would be left of {code}", old)
        if not shape.is_valid:
            raise Refused(
                f"{code} would have no sound border: {shapely.is_valid_reason(shape)}", shape.boundary
            )
    _refuse_pinches(change)
    return change


def _refuse_pinches(change: Change) -> None:
    """A border that touches itself at a point is as wide there as nothing: one could not walk through the cell."""
    old = [pinches(shape) for shape in change.before.values() if shape is not None]
    known = np.concatenate(old) if old else np.empty(0, dtype=complex)
    for code, shape in change.after.items():
        if shape is not None:
            fresh = np.setdiff1d(pinches(shape), known)
            if len(fresh):
                at = shapely.Point(fresh[0].real, fresh[0].imag)
                raise Refused(f"the border of {code} would touch itself at a point", at)


_MAY_EMPTY = frozenset({"split", "merge", "give", "fill"})


def refuse_more_parts(change: Change, allowed: Mapping[str, int] | None = None) -> Change:
    """Return the change; raises Refused where a cell would fall into more parts than it had (a new one: than one)."""
    for code, shape in change.after.items():
        old = change.before[code]
        most = (allowed or {}).get(code, 1 if old is None else shapely.get_num_geometries(old))
        if shape is not None and shapely.get_num_geometries(shape) > most:
            least = min(shapely.get_parts(shape), key=lambda part: part.area)
            raise Refused(f"{code} would fall into {shapely.get_num_geometries(shape)} parts", least)
    return change
