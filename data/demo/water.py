"""River and canal as polygons, and the strips along water, rail and roads where nobody builds."""

from __future__ import annotations

import numpy as np
import shapely
from shapely import LineString, Polygon

from .ground import Ground

RIVER_HALF_M = (30.0, 48.0)
CANAL_HALF_M = (8.0, 12.0)
KEEP_FROM_WATER_M = 28.0
KEEP_FROM_ARTERIAL_M = 34.0
KEEP_FROM_RAILWAY_M = 38.0
KEEP_FROM_STREET_M = 17.0


def ribbon(line: LineString, half: tuple[float, float]) -> Polygon:
    """A river of changing width along its centre line; `half` is the least and greatest half width in metres."""
    length = float(line.length)
    at = np.linspace(0, length, int(length / 25))
    xy = shapely.get_coordinates(shapely.line_interpolate_point(line, at))
    ahead = np.gradient(xy, axis=0)
    normal = np.column_stack([-ahead[:, 1], ahead[:, 0]]) / np.hypot(*ahead.T)[:, None]
    swing = 0.5 + 0.3 * np.sin(at / 430) + 0.2 * np.sin(at / 171 + 1)
    width = (half[0] + (half[1] - half[0]) * swing)[:, None]
    return Polygon(np.vstack([xy + normal * width, (xy - normal * width)[::-1]])).buffer(0)


def river_polygon(ground: Ground) -> shapely.Geometry:
    """The river inside the district."""
    return ribbon(ground.river, RIVER_HALF_M).intersection(ground.district)


def canal_polygon(ground: Ground) -> shapely.Geometry:
    """The canal inside the district, up to the river."""
    canal = ribbon(ground.canal, CANAL_HALF_M).intersection(ground.district)
    return canal.difference(ribbon(ground.river, RIVER_HALF_M))


def corridors(ground: Ground) -> shapely.Geometry:
    """Everything that stays free of buildings, except the strip along ordinary streets."""
    return shapely.unary_union(
        [
            ribbon(ground.river, RIVER_HALF_M).buffer(KEEP_FROM_WATER_M),
            ribbon(ground.canal, CANAL_HALF_M).buffer(KEEP_FROM_WATER_M),
            ground.railway.buffer(KEEP_FROM_RAILWAY_M),
            *(line.buffer(KEEP_FROM_ARTERIAL_M) for line in ground.arterials.values()),
        ]
    )


def buildable(ground: Ground) -> list[Polygon]:
    """For each block the largest piece on which one may build (may be empty)."""
    taboo = corridors(ground)
    shapely.prepare(taboo)
    pieces = []
    for block in ground.blocks:
        inner = block.buffer(-KEEP_FROM_STREET_M, join_style="mitre")
        if shapely.intersects(taboo, inner):
            inner = inner.difference(taboo)
        parts = [p for p in shapely.get_parts(inner) if p.geom_type == "Polygon"]
        pieces.append(max(parts, key=lambda p: p.area) if parts else Polygon())
    return pieces
