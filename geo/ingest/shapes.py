"""Geometry of a file: unread and invalid shapes sorted out in source coordinates, then brought to EPSG:4490.

Order matters: repair happens before reprojecting, so that a vertex shared by two cells of a tessellation goes through
the same arithmetic on both sides and stays shared.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import shapely

from geo.crs import Bounds, fits_system, label, to_stored
from geo.crs_control import Fit
from geo.ingest.reading import RawTable, run_repairs
from geo.ingest.reasons import Finding, Place
from geo.ingest.repairs import Fitting
from geo.ingest.rings import MULTIPOLYGON, POLYGON, oriented
from geo.ingest.tables import ParsedTable

_APART = ("communities",)
"""Kinds whose shapes never lie over each other, and need not fit (`geo.ingest.repairs` looks at those that must)."""
_PIECE = 20_000
_LOST = 0.5
"""A repair that keeps less than this share of the ring areas has lost a part: the shape is refused."""


def bounds_of(raw: RawTable) -> Bounds | None:
    """Return the bounds of most shapes (the middle four fifths): the many say which system it is, not a stray."""
    if raw.shapes is None:
        return None
    boxes = shapely.bounds(raw.shapes)
    boxes = boxes[np.isfinite(boxes).all(axis=1)]
    if not len(boxes):
        return None
    low = np.quantile(boxes[:, :2], 0.1, axis=0, method="higher")
    high = np.quantile(boxes[:, 2:], 0.9, axis=0, method="lower")
    low, high = np.minimum(low, high), np.maximum(low, high)
    return float(low[0]), float(low[1]), float(high[0]), float(high[1])


def prepare_shapes(
    table: ParsedTable,
    epsg: int,
    extent: Bounds,
    cancel: Callable[[], bool] = lambda: False,
    fit: Fit | None = None,
    fitting: Fitting | None = None,
) -> None:
    """Refuse, repair, reproject (by a fit where there is one) and orient the shapes of a table, in place.

    Afterwards every kept row has None or a valid MultiPolygon (any plain geometry for base features) in EPSG:4490 with
    counter-clockwise exteriors, and `places` holds a point in each. `fitting` looks at how cells fit, and mends them.
    """
    shapes = table.shapes
    if shapes is None:
        return
    _refuse_unread(table)
    if fit is None:
        _refuse_strays(table, shapes, epsg)
    _repair(table, shapes, cancel)
    transform = to_stored(epsg) if fit is None else fit.to_stored()
    if fitting is not None:
        fitting.fit(table, transform, epsg if fit is None else None)
    if transform is not None:
        for some in _pieces(shapes):
            shapes[some] = shapely.transform(shapes[some], transform)
    _find_places(table, shapes)
    _refuse_outside(table, shapes, extent)
    _repair(table, shapes, cancel)  # reprojecting a thin valid shape can fold it
    for some in _pieces(shapes):
        shapes[some] = oriented(shapes[some], table.kind.shape == "polygon")


def _pieces(shapes: np.ndarray) -> Iterator[slice]:
    """Yield parts of an array: what replaces all of its shapes at once holds them twice."""
    return (slice(first, first + _PIECE) for first in range(0, len(shapes), _PIECE))


def _refuse_unread(table: ParsedTable) -> None:
    """Say of each unread shape why, beside what its row lacks: who passes a shape over may pass its row over too."""
    for position, note in table.unread.items():
        key, _, text = note.partition(":")
        table.note(position, "refused", key, text=text)


def _refuse_strays(table: ParsedTable, shapes: np.ndarray, epsg: int) -> None:
    """Refuse shapes that cannot lie in the system of the file: reprojected, they would land somewhere at random."""
    boxes = shapely.bounds(shapes)
    stray = np.isfinite(boxes).all(axis=1) & ~fits_system(epsg, boxes)
    for position in np.flatnonzero(stray & table.keep).tolist():
        table.note(position, "refused", "system", text=label(epsg))
    shapes[stray] = None


def _repair(table: ParsedTable, shapes: np.ndarray, cancel: Callable[[], bool]) -> None:
    _refuse_types(table, shapes)
    empty = shapely.is_empty(shapes)
    for position in np.flatnonzero(empty & table.keep).tolist():
        table.note(position, "refused", "empty")
    wrong = np.flatnonzero(table.keep & ~shapely.is_valid(shapes) & ~shapely.is_missing(shapes))
    if not len(wrong):
        return
    for position, mended in zip(wrong.tolist(), run_repairs(shapes[wrong], cancel), strict=True):
        broken = shapes[position]
        reason = shapely.is_valid_reason(broken).partition("[")[0]
        if position not in table.places:
            table.places[position] = _corner(broken)
        if mended is None or not _good(mended, broken):
            table.note(position, "refused", "invalid", text=reason)
            continue
        shapes[position] = mended
        table.note(position, "repaired", "repaired", text=reason)


def _refuse_types(table: ParsedTable, shapes: np.ndarray) -> None:
    """Areas must be polygons; base features may be lines or areas."""
    types = shapely.get_type_id(shapes)
    wanted = (POLYGON, MULTIPOLYGON) if table.kind.shape == "polygon" else (1, 5, POLYGON, MULTIPOLYGON)
    for position in np.flatnonzero(table.keep & (types >= 0) & ~np.isin(types, wanted)):
        table.note(int(position), "refused", "type", text=shapes[position].geom_type)


def _good(mended: Any, broken: Any) -> bool:
    """Whether a repair kept the shape an area and most of its ground."""
    same_dimension = shapely.get_dimensions(mended) == shapely.get_dimensions(broken)
    if (
        mended.is_empty
        or not mended.is_valid
        or not same_dimension
        or mended.geom_type == "GeometryCollection"
    ):
        return False
    return bool(shapely.get_dimensions(broken) < 2 or mended.area >= _LOST * abs(broken.area))


def _corner(shape: Any) -> tuple[float, float]:
    x, y = shapely.get_coordinates(shape)[0]
    return float(x), float(y)


def _find_places(table: ParsedTable, shapes: np.ndarray) -> None:
    """Let every row have a point to show from now on; findings made before reprojecting get their place at once."""
    table.places.lie_in(shapes)
    if not table.findings:
        return
    named = {finding.row for finding in table.findings}
    positions = np.flatnonzero(np.isin(table.rows, list(named))).tolist()
    table.places.find(positions)
    by_row = {
        int(table.rows[position]): place for position in positions if (place := table.places.get(position))
    }
    table.findings[:] = [_placed(finding, by_row) for finding in table.findings]


def _placed(finding: Finding, by_row: dict[int, Place]) -> Finding:
    place = by_row.get(finding.row)
    return dataclasses.replace(finding, place=place) if place else finding


def _refuse_outside(table: ParsedTable, shapes: np.ndarray, extent: Bounds) -> None:
    boxes = shapely.bounds(shapes)
    west, south, east, north = extent
    inside = (boxes[:, 0] >= west) & (boxes[:, 1] >= south) & (boxes[:, 2] <= east) & (boxes[:, 3] <= north)
    there = ~shapely.is_missing(shapes) & ~shapely.is_empty(shapes)
    for position in np.flatnonzero(table.keep & there & ~inside):
        table.note(int(position), "refused", "extent")


_OVERLAP_SHARE, _OVERLAP_M2 = 0.01, 2.0
"""Of two shapes that lie over each other by more than 1 % of the smaller and 2 m², the smaller is listed."""
_M2 = 111_320.0**2


def check_overlaps(table: ParsedTable) -> None:
    """List shapes of one level that lie over each other: a region inside another is somebody's mistake."""
    if table.shapes is None or table.kind.name not in _APART:
        return
    kept = np.array([p for p in table.kept() if table.shapes[p] is not None], dtype=int)
    if len(kept) < 2:
        return
    shapes = table.shapes[kept]
    one, other = shapely.STRtree(shapes).query(shapes, "intersects")
    levels = np.asarray(table.column("level"), dtype=object)[kept]
    paired = (one < other) & (levels[one] == levels[other])
    one, other = one[paired], other[paired]
    areas = shapely.area(shapes)
    common = shapely.area(shapely.intersection(shapes[one], shapes[other]))
    small = np.where(areas[one] <= areas[other], one, other)
    shares = common / np.maximum(areas[small], 1e-30)
    for at in np.flatnonzero((shares > _OVERLAP_SHARE) & (common * _M2 > _OVERLAP_M2)):
        mine = int(kept[small[at]])
        large = int(kept[other[at] if small[at] == one[at] else one[at]])
        table.note(mine, "suspicious", "within", text=f"{table.rows[large]} by {shares[at]:.1%}")
