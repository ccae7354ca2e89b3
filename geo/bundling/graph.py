"""The neighbour graph (邻接图): where geometry ends and graphs begin.

Two units are neighbours when their footprints lie at most ``gap`` metres apart and no barrier (river,
railway, arterial road) crosses the shortest segment between them, unless a bridge lies there.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any, TypeAlias

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from geo.bundling.errors import BundlingError
from geo.bundling.problem import Link

Shapes: TypeAlias = NDArray[Any]
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
    cuts, and the nearest unit of each unit that has no link.

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
    cut = _cut(gdf, shapes, one, other, distance, barriers, bridges, reach)
    links = [
        Link(ids[a], ids[b], float(metres), "barrier" if barred else None)
        for a, b, metres, barred in zip(one, other, distance, cut, strict=True)
        if with_cut or not barred
    ]
    if with_cut:
        links += _nearest_beyond(ids, shapes, links, gap)
    return links


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
    apart = distance > 0
    ways = shapely.shortest_line(shapes[one], shapes[other])
    cut[apart] = shapely.intersects(ways[apart], barrier)
    touching = np.flatnonzero(~apart)
    border = shapely.intersection(shapes[one[touching]], shapes[other[touching]])
    near = shapely.intersects(border, shapely.buffer(barrier, _HAIR))
    cut[touching[near]] = [_covered(each, barrier) for each in border[near]]
    severed = np.flatnonzero(cut)
    bridge_shapes = _lines(gdf, bridges, "bridges")
    if len(bridge_shapes) and len(severed):
        ends = shapes[one[severed]], shapes[other[severed]]
        cut[severed[_bridged(*ends, distance[severed] + reach, bridge_shapes)]] = False
    return cut


def _covered(border: shapely.Geometry, barrier: shapely.Geometry) -> bool:
    """Whether the barrier runs along all of a shared border: a stream that only meets its end cuts nothing."""
    open_part = shapely.difference(border, shapely.buffer(barrier, _HAIR))
    return bool(shapely.length(open_part) <= 2 * _HAIR)


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


def _nearest_beyond(ids: list[str], shapes: Shapes, links: list[Link], gap: float) -> list[Link]:
    """For each unit with no link at all, one to its nearest other unit, marked as too far."""
    linked = {end for link in links for end in (link.a, link.b)}
    lonely = np.array([place for place, name in enumerate(ids) if name not in linked], dtype=np.intp)
    if not len(lonely) or len(shapes) < 2:
        return []
    tree = shapely.STRtree(shapes)
    found: dict[tuple[int, int], float] = {}
    for place in lonely:
        rest, metres = tree.query_nearest(shapes[place], exclusive=True, return_distance=True)
        near = [(float(m), int(b)) for b, m in zip(rest, metres, strict=True) if b != place and m > gap]
        if near:
            metre, b = min(near)
            found[min(int(place), b), max(int(place), b)] = metre
    return [Link(ids[a], ids[b], metres, "gap") for (a, b), metres in sorted(found.items())]
