"""The neighbour graph (邻接图): where geometry ends and graphs begin.

Two units are neighbours when their footprints lie at most ``gap`` metres apart and no barrier (river,
railway, arterial road) crosses the shortest segment between them, unless a bridge lies there.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any, TypeAlias

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from geo.bundling.errors import BundlingError
from geo.bundling.problem import Link

Shapes: TypeAlias = NDArray[Any]
Places: TypeAlias = NDArray[np.intp]
Barred: TypeAlias = Callable[[Places, Places, NDArray[np.float64]], NDArray[np.bool_]]
Lines: TypeAlias = "gpd.GeoDataFrame | gpd.GeoSeries | Iterable[shapely.Geometry] | None"

_HAIR = 0.01
"""Metres within which a barrier drawn along a shared edge counts as lying on it."""


def neighbours(
    gdf: gpd.GeoDataFrame,
    gap: float = 300.0,
    barriers: Lines = None,
    bridges: Lines = None,
    *,
    reach: float = 50.0,
    with_cut: bool = False,
) -> list[Link]:
    """Links between the footprints of ``gdf`` (polygons or points, plane CRS in metres).

    Ids are the column ``id``, else the index, as text. ``barriers`` and ``bridges``: frames, series or
    plain geometries; those with a CRS are brought into that of ``gdf``. A bridge joins two units again
    when the way over it is at most ``reach`` metres longer than the direct one.
    ``with_cut`` adds, for explanations, links that may not be used: those within the gap that a barrier
    cuts, and for each group of units that links connect, but the largest, the nearest unit beyond the gap.

    Raises :class:`BundlingError` for a geographic CRS, doubled ids, and missing, empty or invalid shapes.

    >>> import geopandas as gpd
    >>> from shapely import LineString, Point
    >>> shapes = [Point(0, 0), Point(100, 0), Point(900, 0)]
    >>> frame = gpd.GeoDataFrame({"id": ["a", "b", "c"]}, geometry=shapes, crs=4527)
    >>> neighbours(frame, 300)
    [Link(a='a', b='b', gap=100.0, cut=None)]
    >>> neighbours(frame, 300, [LineString([(50, -9), (50, 9)])])
    []
    """
    ids, shapes = _units(gdf)
    if not (math.isfinite(gap) and gap >= 0):
        raise BundlingError(f"the gap {gap!r} is no number of metres", field="gap")
    if not len(shapes):
        return []
    one, other = _pairs(shapes, gap)
    distance = shapely.distance(shapes[one], shapes[other])

    def barred(a: Places, b: Places, metres: NDArray[np.float64]) -> NDArray[np.bool_]:
        return _cut(gdf, shapes, a, b, metres, barriers, bridges, reach)

    return _linked(ids, shapes, one, other, distance, barred, gap, with_cut=with_cut)


def touching(
    gdf: gpd.GeoDataFrame,
    *,
    corners: bool = False,
    barriers: Lines = None,
    bridges: Lines = None,
    reach: float = 50.0,
    with_cut: bool = False,
) -> list[Link]:
    """Links between the cells of a tessellation (plane CRS in metres) that share a piece of border (rook).

    ``corners`` takes cells that meet in a point too (queen). A slit of less than a centimetre between two cells
    is a slip of the pen. The other arguments are those of :func:`neighbours`.

    Raises :class:`BundlingError` as :func:`neighbours` does, and for shapes that are no areas.

    >>> import geopandas as gpd
    >>> from shapely import box
    >>> cells = [box(0, 0, 100, 100), box(100, 0, 200, 100), box(100, 100, 200, 200)]
    >>> frame = gpd.GeoDataFrame({"id": ["a", "b", "c"]}, geometry=cells, crs=4527)
    >>> [(link.a, link.b) for link in touching(frame)]
    [('a', 'b'), ('b', 'c')]
    >>> [(link.a, link.b) for link in touching(frame, corners=True)]
    [('a', 'b'), ('a', 'c'), ('b', 'c')]
    """
    ids, shapes = _units(gdf)
    if not len(shapes):
        return []
    flat = shapely.get_dimensions(shapes) != 2
    if flat.any():
        place = ids[int(np.flatnonzero(flat)[0])]
        raise BundlingError(f"unit {place} is no area, so it has no border to share", field="geometry")
    one, other = _pairs(shapes, _HAIR)
    if not corners:
        along = _shared(shapes, one, other) > 2 * _HAIR
        one, other = one[along], other[along]
    distance = shapely.distance(shapes[one], shapes[other])

    def barred(a: Places, b: Places, metres: NDArray[np.float64]) -> NDArray[np.bool_]:
        return _cut(gdf, shapes, a, b, metres, barriers, bridges, reach)

    return _linked(ids, shapes, one, other, distance, barred, _HAIR, with_cut=with_cut)


def _shared(shapes: Shapes, one: NDArray[np.intp], other: NDArray[np.intp]) -> NDArray[np.float64]:
    """Metres of border that pairs of cells share; where they do not meet exactly, that lie within a hair."""
    metres: NDArray[np.float64] = shapely.length(shapely.intersection(shapes[one], shapes[other]))
    slit = np.flatnonzero(metres <= 2 * _HAIR)
    if len(slit):
        rings = shapely.boundary(shapes)
        near = shapely.intersection(rings[one[slit]], shapely.buffer(rings[other[slit]], _HAIR))
        # where corners meet, each of two edges is within the hair of the other for about that length
        metres[slit] = np.maximum(shapely.length(near) - 6 * _HAIR, 0.0)
    return metres


def _linked(
    ids: list[str],
    shapes: Shapes,
    one: Places,
    other: Places,
    distance: NDArray[np.float64],
    barred: Barred,
    gap: float,
    *,
    with_cut: bool,
) -> list[Link]:
    """Links of pairs of rows; those that are cut only on request, with the nearest beyond the gap."""
    cut = barred(one, other, distance)
    if not with_cut:
        return _links(ids, one[~cut], other[~cut], distance[~cut], None)
    why = np.where(cut, "barrier", "")
    links = _links(ids, one, other, distance, why)
    a, b, metres = _nearest_beyond(shapes, one[~cut], other[~cut], gap)
    if not len(a):
        return links
    # what is too far is no nearer where a river lies between: no larger gap opens such a link
    return links + _links(ids, a, b, metres, np.where(barred(a, b, metres), "barrier", "gap"))


def _links(
    ids: list[str], one: Places, other: Places, metres: NDArray[np.float64], cut: NDArray[Any] | None
) -> list[Link]:
    why = [""] * len(one) if cut is None else cut.tolist()
    rows = zip(one.tolist(), other.tolist(), metres.tolist(), why, strict=True)
    return [Link(ids[a], ids[b], far, each or None) for a, b, far, each in rows]


def _units(gdf: gpd.GeoDataFrame) -> tuple[list[str], Shapes]:
    if gdf.crs is not None and gdf.crs.is_geographic:
        message = "the units are in degrees; bring them into a plane system in metres first"
        raise BundlingError(message, field="crs")
    ids = [str(value) for value in (gdf["id"] if "id" in gdf.columns else gdf.index)]
    if len(set(ids)) != len(ids):
        raise BundlingError("an id occurs twice", field="id")
    shapes: Shapes = np.asarray(gdf.geometry.array, dtype=object)
    wrong = shapely.is_missing(shapes) | shapely.is_empty(shapes) | ~shapely.is_valid(shapes)
    if wrong.any():
        place = ids[int(np.flatnonzero(wrong)[0])]
        raise BundlingError(f"unit {place} has no valid shape", field="geometry")
    return ids, shapes


def _pairs(shapes: Shapes, gap: float) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Pairs at most ``gap`` apart, each once, in order."""
    tree = shapely.STRtree(shapes)
    one, other = tree.query(shapes, predicate="dwithin", distance=gap)
    once = one < other
    one, other = one[once], other[once]
    order = np.lexsort((other, one))
    return one[order], other[order]


def _cut(
    gdf: gpd.GeoDataFrame,
    shapes: Shapes,
    one: NDArray[np.intp],
    other: NDArray[np.intp],
    distance: NDArray[np.float64],
    barriers: Lines,
    bridges: Lines,
    reach: float,
) -> NDArray[np.bool_]:
    cut = np.zeros(len(one), dtype=bool)
    barrier_shapes = _lines(gdf, barriers, "barriers")
    if not len(barrier_shapes) or not len(one):
        return cut
    barrier = shapely.union_all(barrier_shapes)
    shapely.prepare(barrier)
    apart = distance > _HAIR
    ways = shapely.shortest_line(shapes[one[apart]], shapes[other[apart]])
    cut[apart] = shapely.intersects(ways, barrier)
    along = shapely.buffer(barrier, _HAIR)
    shapely.prepare(along)
    meeting = np.flatnonzero(~apart)
    border = _border(shapes[one[meeting]], shapes[other[meeting]])
    near = shapely.intersects(border, along)
    # a stream that only meets the end of a shared border cuts nothing: the barrier runs along all of it
    cut[meeting[near]] = shapely.length(shapely.difference(border[near], along)) <= 2 * _HAIR
    severed = np.flatnonzero(cut)
    bridge_shapes = _lines(gdf, bridges, "bridges")
    if len(bridge_shapes) and len(severed):
        ends = shapes[one[severed]], shapes[other[severed]]
        cut[severed[_bridged(*ends, distance[severed] + reach, bridge_shapes)]] = False
    return cut


def _border(one: Shapes, other: Shapes) -> Shapes:
    """Where pairs of footprints meet; across a slit of less than a hair, the edge of the first along it."""
    border: Shapes = shapely.intersection(one, other)
    slit = shapely.is_empty(border)
    rims = np.where(shapely.get_dimensions(one[slit]) == 2, shapely.boundary(one[slit]), one[slit])
    border[slit] = shapely.intersection(rims, shapely.buffer(other[slit], 2 * _HAIR))
    return border


def _bridged(one: Shapes, other: Shapes, longest: NDArray[np.float64], bridges: Shapes) -> NDArray[np.intp]:
    """Which pairs have a bridge over which the way between the footprints is at most ``longest``.

    The shortest segment between parallel edges lies anywhere along them, so its own place decides nothing.
    """
    pair, bridge = shapely.STRtree(bridges).query(one, predicate="dwithin", distance=longest)
    way = shapely.distance(one[pair], bridges[bridge]) + shapely.distance(bridges[bridge], other[pair])
    return np.unique(pair[way <= longest[pair]])


def _lines(gdf: gpd.GeoDataFrame, lines: Lines, name: str) -> Shapes:
    """Barrier or bridge geometries in the CRS of the units."""
    if lines is None:
        return np.array([], dtype=object)
    if isinstance(lines, gpd.GeoDataFrame | gpd.GeoSeries):
        series = lines.geometry
        moved = series.crs is not None and gdf.crs is not None and series.crs != gdf.crs
        shapes: Shapes = np.asarray((series.to_crs(gdf.crs) if moved else series).array, dtype=object)
    else:
        shapes = np.array(list(lines), dtype=object)
    shapes = shapes[~(shapely.is_missing(shapes) | shapely.is_empty(shapes))]
    if not shapely.is_valid(shapes).all():
        raise BundlingError(f"the {name} hold an invalid shape", field=name)
    return shapes


def _nearest_beyond(
    shapes: Shapes, one: Places, other: Places, gap: float
) -> tuple[Places, Places, NDArray[np.float64]]:
    """For each group of connected units but the largest: its nearest pair with a unit outside, beyond the gap."""
    piece = _pieces(len(shapes), one, other)
    size = np.bincount(piece)
    todo = np.flatnonzero((piece != size.argmax()) & (size[piece] <= _SMALL_PIECE))
    none = np.array([], dtype=np.intp)
    found: list[tuple[Places, Places, NDArray[np.float64]]] = [(none, none, np.array([]))]
    west, south, east, north = shapely.total_bounds(shapes)
    widest = math.hypot(east - west, north - south)
    radius = max(2 * gap, math.sqrt((east - west) * (north - south) / len(shapes)), 1.0)
    tree = shapely.STRtree(shapes)
    while len(todo):
        mine, near = tree.query(shapes[todo], predicate="dwithin", distance=radius)
        here = todo[mine]
        outside = piece[here] != piece[near]
        here, near = here[outside], near[outside]
        metres = shapely.distance(shapes[here], shapes[near])
        beyond = metres > gap
        here, near, metres = here[beyond], near[beyond], metres[beyond]
        order = np.lexsort((near, here, metres, piece[here]))
        first = order[np.unique(piece[here][order], return_index=True)[1]]
        found.append((here[first], near[first], metres[first]))
        todo = todo[~np.isin(piece[todo], piece[here])]
        if radius > widest:
            break
        radius *= 2
    here, near, metres = (np.concatenate(parts) for parts in zip(*found, strict=True))
    low, high = np.minimum(here, near), np.maximum(here, near)
    _, once = np.unique(np.stack([low, high]), axis=1, return_index=True)
    return low[once], high[once], metres[once]


_SMALL_PIECE = 200
"""Units of a group up to which a way out is looked for: a larger one makes packages of its own."""


def _pieces(count: int, one: Places, other: Places) -> Places:
    """Per row: the number of the group that pairs connect it to."""
    piece = np.arange(count, dtype=np.intp)
    while True:
        low = np.minimum(piece[one], piece[other])
        before = piece.copy()
        np.minimum.at(piece, one, low)
        np.minimum.at(piece, other, low)
        piece = piece[piece]
        if np.array_equal(piece, before):
            return piece
