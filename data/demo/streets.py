"""Base features (底图要素): arterials, streets, railway and water with names, and the nearest street of a place."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely
from numpy.random import Generator
from shapely import LineString

from .codes import DISTRICT
from .ground import SOURCE_CRS, Ground
from .names import street_name
from .water import canal_polygon, river_polygon


def direction(line: LineString, end: int) -> np.ndarray:
    """Unit vector that leaves the line at its first (0) or last (-1) point."""
    xy = shapely.get_coordinates(line)
    step = xy[0] - xy[1] if end == 0 else xy[-1] - xy[-2]
    return np.asarray(step / np.hypot(*step))


def continuations(lines: list[LineString]) -> np.ndarray:
    """Number of the street that each piece belongs to: pieces that meet end to end and run straight on are one."""
    street = np.arange(len(lines))
    ends = [(i, end) for i in range(len(lines)) for end in (0, -1)]
    points = shapely.points([lines[i].coords[end] for i, end in ends])
    left, right = shapely.STRtree(points).query(points, predicate="dwithin", distance=3.0)
    for a, b in zip(left, right, strict=True):
        (i, end_i), (j, end_j) = ends[a], ends[b]
        if i < j and float(direction(lines[i], end_i) @ direction(lines[j], end_j)) < -0.96:
            street[street == street[j]] = street[i]
    return street


def make_base_features(
    ground: Ground, lanes: list[LineString], bank: list[str], rng: Generator
) -> gpd.GeoDataFrame:
    """All base features; takes street names off the front of `bank`. Columns code, name, kind, geometry (4527)."""
    clipped = {name: line.intersection(ground.district) for name, line in ground.arterials.items()}
    rows: list[tuple[str, str, shapely.Geometry]] = [
        (name, "arterial", line) for name, line in clipped.items()
    ]
    pieces = [*ground.streets, *lanes]
    street = continuations(pieces)
    for number in np.unique(street):
        merged = shapely.line_merge(shapely.union_all([pieces[i] for i in np.flatnonzero(street == number)]))
        rows.append((street_name(bank.pop(0), float(merged.length), rng), "street", merged))
    rows.append(("演示铁路", "railway", ground.railway.intersection(ground.district)))
    rows.append(("清溪河", "river", river_polygon(ground)))
    rows.append(("北塘渠", "river", canal_polygon(ground)))
    return gpd.GeoDataFrame(
        {
            "code": [f"{DISTRICT[:6]}F{i + 1:05d}" for i in range(len(rows))],
            "name": [name for name, _, _ in rows],
            "kind": [kind for _, kind, _ in rows],
        },
        geometry=[geometry for _, _, geometry in rows],
        crs=SOURCE_CRS,
    )


def addresses(features: gpd.GeoDataFrame, places: list[shapely.Geometry]) -> tuple[list[str], list[int]]:
    """Nearest road and a house number on it for each place; numbers grow along the road, ten metres apiece."""
    roads = features[features["kind"].isin(["arterial", "street"])]
    lines = np.asarray(roads.geometry)
    points = shapely.centroid(np.asarray(places))
    nearest = shapely.STRtree(lines).nearest(points)
    along = shapely.line_locate_point(shapely.line_merge(lines[nearest]), points)
    return [str(roads["name"].iloc[i]) for i in nearest], [1 + int(a // 10) for a in along]
