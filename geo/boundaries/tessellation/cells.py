"""Operations on whole cells: draw (新建), split (分割), merge (合并), give to a neighbour (并入), fill a hole (补空).

Each returns a `Change`; `Tessellation.apply` makes the next tessellation of it, and `Change.undone` the one before.
Distances are in the units of the coordinates.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import LineString, Point, Polygon

from geo.boundaries.tessellation.model import Change, Refused, Tessellation
from geo.boundaries.tessellation.redraw import (
    VOID,
    Faces,
    Ground,
    checked,
    conclude,
    faces_of,
    lay,
    refuse_more_parts,
)
from geo.boundaries.tessellation.segments import Segments, areas, as_cell, keys


def split(
    tess: Tessellation,
    code: str,
    line: LineString,
    into: tuple[str, str],
    *,
    tolerance: float | None = None,
    least_width: float = 0.0,
) -> Change:
    """Cut a cell in two by a line that may run on beyond it; the western part (northern, on a tie) is the first.

    A line that meets a vertex or edge within the tolerance goes through it. Raises Refused with the place where the
    line makes one part or more than two, or a part that is nowhere wider than `least_width`.

    >>> from geo.boundaries.tessellation import tessellate
    >>> ab = tessellate({"a": shapely.box(0, 0, 1, 1), "b": shapely.box(1, 0, 2, 1)})
    >>> change = split(ab, "a", LineString([(-1, 0.5), (1.5, 0.5)]), ("n", "s"))
    >>> sorted(change.after), sorted(change.grown), ab.apply(change).apply(change.undone()).cells == ab.cells
    (['a', 'b', 'n', 's'], ['b'], True)
    """
    cell = tess.shape(code)
    if shapely.get_num_geometries(cell) > 1:
        raise Refused(f"{code} has several parts: mend that before it is split", cell, field="cell")
    _refuse_taken(tess, into, {code})
    ground = lay(tess, [code], line, tolerance)
    found = faces_of(tess, ground)
    parts = np.flatnonzero(found.owner == 0)
    if len(parts) != 2:
        raise _not_two(found, parts, line, cell)
    thin = _thin(found.shapes[parts], least_width)
    if thin is not None:
        raise Refused("one side would be no more than a sliver", thin, field="line")
    middles = shapely.get_coordinates(shapely.centroid(found.shapes[parts]))
    order = np.lexsort((-middles[:, 1], middles[:, 0]))
    owner: list[str | None] = [None] * len(found.shapes)
    for name, part in zip(into, parts[order], strict=True):
        owner[part] = name
    return conclude(tess, "split", ground, found, owner)


def _not_two(found: Faces, parts: NDArray[np.int64], line: LineString, cell: shapely.Geometry) -> Refused:
    if len(parts) > 2:
        least = min(found.shapes[parts], key=lambda part: part.area)
        return Refused(f"the line makes {len(parts)} parts, not two", least, field="line")
    ends = [Point(line.coords[0]), Point(line.coords[-1])]
    inside = next((end for end in ends if shapely.contains_properly(cell, end)), None)
    if inside is not None:
        return Refused("the line ends inside the cell: draw it from edge to edge", inside, field="line")
    return Refused("the line does not cut the cell in two", line, field="line")


def _thin(shapes: NDArray[np.object_], width: float) -> Polygon | None:
    if width <= 0:
        return None
    gone = shapely.is_empty(shapely.buffer(shapes, -width / 2))
    return shapes[gone][0] if gone.any() else None


def merge(tess: Tessellation, codes: Sequence[str], into: str) -> Change:
    """Join cells that share border into one; `into` may be one of them. No coordinate is computed.

    Raises Refused where they hang together nowhere, or only at a corner.

    >>> from geo.boundaries.tessellation import tessellate
    >>> ab = tessellate({"a": shapely.box(0, 0, 1, 1), "b": shapely.box(1, 0, 2, 1)})
    >>> ab.apply(merge(ab, ["a", "b"], "a")).cells["a"].area
    2.0
    """
    chosen = list(dict.fromkeys(codes))
    if len(chosen) < 2:
        raise Refused("name at least two cells to merge", field="cells")
    shapes = [tess.shape(code) for code in chosen]
    _refuse_taken(tess, [into], set(chosen))
    made = as_cell(areas(tess.segments(chosen).boundary()))
    if made is None or shapely.get_num_geometries(made) > max(map(shapely.get_num_geometries, shapes)):
        least = min(shapely.get_parts(made), key=lambda part: part.area)
        raise Refused("these cells share no border: they would be one in name only", least, field="cells")
    before = {code: tess.cells.get(code) for code in (*chosen, into)}
    line = shapely.union_all([one.boundary for one in shapes]).difference(made.boundary)
    after = {code: (made if code == into else None) for code in before}
    return checked(Change("merge", before, after, line=line))


def give(tess: Tessellation, code: str, to: str | None = None, *, part: Point | None = None) -> Change:
    """Give a sliver to a neighbour: the whole cell, or the part of it at a point; `to` defaults to the longest border.

    Raises Refused where the neighbour shares no border with it.
    """
    cell = tess.shape(code)
    parts = shapely.get_parts(cell)
    piece, rest = cell, parts[:0]
    if part is not None:
        hit = np.flatnonzero(shapely.intersects(parts, part))
        if not len(hit):
            raise Refused(f"{code} has no part there", part, field="part")
        piece, rest = parts[hit[0]], np.delete(parts, hit[0])
    to = to or _longest(tess, code, piece)
    if to == code:
        raise Refused(f"{code} cannot be given to itself", piece, field="to")
    if not len(rest):
        change = merge(tess, [code, to], to)
        return Change("give", change.before, change.after, line=change.line)
    pair = Segments.of(["piece", to], [piece, tess.shape(to)])
    made = as_cell(areas(pair.boundary()))
    if shapely.get_num_geometries(made) > shapely.get_num_geometries(tess.shape(to)):
        raise Refused(f"{to} shares no border with it", piece, field="to")
    left = rest[0] if len(rest) == 1 else shapely.multipolygons(rest)
    before = {code: cell, to: tess.cells[to]}
    return checked(Change("give", before, {code: left, to: made}, line=piece.boundary))


def _longest(tess: Tessellation, code: str, piece: shapely.Geometry) -> str:
    near = [other for other in tess.near(piece) if other != code]
    segments = Segments.of([code, *near], [piece, *(tess.cells[other] for other in near)])
    mine = segments.owner == 0
    across = segments.across()[mine]
    lengths = np.hypot(*(segments.a[mine] - segments.b[mine]).T)
    if not (across > 0).any():
        raise Refused(f"{code} has no neighbour that it shares border with", piece)
    total = np.bincount(across[across > 0], weights=lengths[across > 0])
    return segments.codes[int(total.argmax())]


def fill(tess: Tessellation, at: Point, to: str) -> Change:
    """Fill the hole at a point: `to` is a neighbour that takes it, or the id of a new cell. Computes no coordinate.

    Raises Refused where there is no hole, or where the neighbour does not border on it.
    """
    holes = np.array([*tess.holes(), None], dtype=object)[:-1]
    hit = np.flatnonzero(shapely.intersects(holes, at)) if len(holes) else np.empty(0, dtype=int)
    if not len(hit):
        raise Refused("there is no hole here", at, field="at")
    hole = holes[hit[0]]
    old = tess.cells.get(to)
    if old is None:
        made = shapely.orient_polygons(hole)
    else:
        made = as_cell(areas(Segments.of(["hole", to], [hole, old]).boundary()))
        if shapely.get_num_geometries(made) > shapely.get_num_geometries(old):
            raise Refused(f"{to} does not border on the hole", hole, field="to")
    return checked(Change("fill", {to: old}, {to: made}, line=hole.boundary))


def draw(
    tess: Tessellation,
    code: str,
    shape: Polygon,
    *,
    over: bool = True,
    outer: bool = False,
    tolerance: float | None = None,
) -> Change:
    """Draw a new cell: over others, which keep the rest (`over`), or only where no cell is.

    A ring within the tolerance of vertices and edges follows them. Land beyond the outer boundary is taken only where
    `outer` is said. Raises Refused where a cell would vanish or fall apart, or where nothing is left to draw.
    """
    _refuse_taken(tess, [code], set())
    if not isinstance(shape, Polygon) or shape.is_empty or not shape.is_valid:
        raise Refused("the new cell has no sound border", shape.boundary, field="shape")
    ground, found = _stamped(tess, shape, tolerance)
    inside = _inside(ground, found, shape)
    if not over:
        inside &= found.owner == VOID
    if not inside.any():
        raise Refused("there is no free land here", shape, field="shape")
    if not outer and (inside & (found.owner == VOID)).any():
        inside &= ~_beyond(tess, found)
    owner = [_named(ground, found.owner[i]) if not inside[i] else code for i in range(len(inside))]
    return refuse_more_parts(conclude(tess, "draw", ground, found, owner, outer=outer))


def transfer(
    tess: Tessellation,
    operation: str,
    shape: Polygon,
    pair: tuple[str, str],
    *,
    keep: Polygon,
    tolerance: float | None = None,
) -> Change:
    """Give the second cell what the first has inside a shape, as far as that hangs together with `keep`."""
    ground, found = _stamped(tess, shape, tolerance)
    if pair[0] not in ground.codes:
        raise Refused(f"{pair[0]} has nothing of it", keep, field="shape")
    giver = ground.codes.index(pair[0])
    inside = _inside(ground, found, shape) & (found.owner == giver)
    core = shapely.point_on_surface(keep)
    joined = np.array([*areas(found.rings.pick(inside[found.rings.owner]).boundary()), None], dtype=object)[
        :-1
    ]
    wanted = joined[shapely.intersects(joined, core)] if len(joined) else joined
    if not len(wanted):
        raise Refused(f"{pair[0]} has nothing of it", keep, field="shape")
    points = shapely.point_on_surface(found.shapes)
    inside &= shapely.intersects(wanted[0], points)
    owner = [pair[1] if inside[i] else _named(ground, found.owner[i]) for i in range(len(inside))]
    return refuse_more_parts(conclude(tess, operation, ground, found, owner))


def _stamped(tess: Tessellation, shape: Polygon, tolerance: float | None) -> tuple[Ground, Faces]:
    """Node a shape's ring with every cell near it. Holes of what is drawn are not taken."""
    if shape.interiors:
        raise Refused("a drawn cell has no holes", shape.interiors[0], field="shape")
    codes = tess.near(shape, tolerance or 0.0)
    if not codes:
        raise Refused("this lies nowhere near a cell", shape, field="shape")
    ground = lay(tess, codes, LineString(shape.exterior), tolerance)
    return ground, faces_of(tess, ground)


def _inside(ground: Ground, found: Faces, shape: Polygon) -> NDArray[np.bool_]:
    """Return which faces lie within the ring as it was fitted to the borders, not as it was drawn."""
    ring = Polygon(ground.path) if len(np.unique(keys(ground.path))) > 2 else shape
    points = shapely.point_on_surface(found.shapes)
    return np.asarray(shapely.intersects(ring, points))


def _beyond(tess: Tessellation, found: Faces) -> NDArray[np.bool_]:
    """Return which faces lie outside the outer boundary: no cell's, and in no hole."""
    void = found.owner == VOID
    holes = tess.holes()
    points = shapely.point_on_surface(found.shapes)
    within = np.zeros(len(void), dtype=bool)
    if holes:
        within[np.unique(shapely.STRtree(holes).query(points, "within")[0])] = True
    beyond: NDArray[np.bool_] = void & ~within
    return beyond


def _named(ground: Ground, number: np.int64) -> str | None:
    return None if number == VOID else ground.codes[number]


def _refuse_taken(tess: Tessellation, names: Sequence[str], allowed: set[str]) -> None:
    if len(set(names)) != len(names):
        raise Refused("two cells cannot have one id", field="into")
    for name in names:
        if name in tess.cells and name not in allowed:
            raise Refused(f"there is a cell {name} already", field="into")
