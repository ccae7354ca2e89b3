"""The ground: the plan bent into EPSG:4527 and noded once, so that every level tiles its parent exactly.

All lines of all levels are noded together on the plan, every edge is densified once, bent once and rounded once
(0.1 mm); the faces they bound are the atoms, and grids, neighbourhoods, sub-districts and the district are unions of
atoms. So every vertex of a T-junction stands in both sides at every level, and straight edges stay shared after
reprojection, where a kilometre that is straight in Gauss-Krüger would be 12 mm off.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import shapely
from pyproj import Geod, Transformer
from shapely import LineString, Polygon

from .plan import Plan
from .skeleton import Skeleton, Warp

SOURCE_CRS = "EPSG:4527"
AREA_M2 = 64_000_000.0
EDGE_M = 60.0
# CGCS2000's ellipsoid differs from GRS 80 in no digit that matters here (both 6378137 m, 1/298.257222101).
GEOD = Geod(a=6378137.0, rf=298.257222101)
TO_4490 = Transformer.from_crs(SOURCE_CRS, "EPSG:4490", always_xy=True)


@dataclass(frozen=True)
class Ground:
    """Polygons in EPSG:4527; the arrays give the parent's position of each polygon."""

    district: Polygon
    subdistricts: list[Polygon]
    neighbourhoods: list[Polygon]
    neighbourhood_subdistrict: np.ndarray
    blocks: list[Polygon]
    block_neighbourhood: np.ndarray
    grids: list[Polygon]
    grid_block: np.ndarray
    streets: list[LineString]
    parcel_lines: list[LineString]
    arterials: dict[str, LineString]
    railway: LineString
    river: LineString
    canal: LineString


def geodesic_area(polygon: Polygon) -> float:
    """Area in m² on the CGCS2000 ellipsoid of a polygon in EPSG:4527, measured after reprojection to EPSG:4490."""
    lonlat = shapely.transform(polygon, lambda xy: np.column_stack(TO_4490.transform(*xy.T)))
    return abs(float(GEOD.geometry_area_perimeter(lonlat)[0]))


def densify(ends: np.ndarray) -> np.ndarray:
    """Points along one edge, 60 m apart at the most, always counted from the same end."""
    first, last = sorted(map(tuple, ends))
    steps = max(1, int(np.ceil(np.hypot(last[0] - first[0], last[1] - first[1]) / EDGE_M)))
    return np.linspace(first, last, steps + 1)


def bend(line: LineString, warp: Warp) -> LineString:
    """Bend a single line of the plan into EPSG:4527."""
    return LineString(np.round(warp(shapely.get_coordinates(shapely.segmentize(line, EDGE_M))), 4))


def noded_edges(plan: Plan) -> list[np.ndarray]:
    """All edges of the plan, noded on a centimetre grid: one array of two end points each."""
    net = shapely.unary_union([polygon.exterior for polygon in plan.grids], grid_size=0.01)
    edges = []
    for line in net.geoms:
        xy = shapely.get_coordinates(line)
        edges += [xy[i : i + 2] for i in range(len(xy) - 1)]
    return edges


def fitted_warp(edges: list[np.ndarray], warp: Warp) -> Warp:
    """Scale the warp until the district measures 64.00 km²."""
    scale = warp.scale
    for _ in range(3):
        outline = _outline([warp(densify(edge)) for edge in edges])
        scale *= float(np.sqrt(AREA_M2 / geodesic_area(outline)))
        warp = replace(warp, scale=scale)
    return warp


def _outline(pieces: list[np.ndarray]) -> Polygon:
    faces = shapely.polygonize([LineString(np.round(piece, 4)) for piece in pieces])
    return shapely.coverage_union_all(list(faces.geoms))


def atoms_of(edges: list[np.ndarray], warp: Warp) -> tuple[list[Polygon], np.ndarray]:
    """Faces of the bent network, and for each the plan point that lies in it."""
    flat = shapely.polygonize([LineString(edge) for edge in edges])
    points = np.array([shapely.point_on_surface(f).coords[0] for f in flat.geoms])
    bent = list(shapely.polygonize([LineString(np.round(warp(densify(edge)), 4)) for edge in edges]).geoms)
    face, atom = shapely.STRtree(bent).query(shapely.points(warp(points)), predicate="within")
    if len(face) != len(points) or len(bent) != len(points):
        raise ValueError("bending the plan changed its faces")
    where = np.empty((len(bent), 2))
    where[atom] = points[face]
    return bent, where


def unite(parts: list[Polygon], owner: np.ndarray, count: int) -> list[Polygon]:
    """Union of a clean coverage per owner; keeps every vertex. Raises ValueError when an owner is in pieces."""
    united = [
        shapely.coverage_union_all([parts[i] for i in np.flatnonzero(owner == o)]) for o in range(count)
    ]
    for o, polygon in enumerate(united):
        if polygon.geom_type != "Polygon" or len(polygon.interiors):
            raise ValueError(f"part {o} is {polygon.geom_type} of {polygon.area:.0f} m²")
    return united


def make_ground(plan: Plan, skeleton: Skeleton, warp: Warp) -> Ground:
    """Bend the plan and build every level from the same atoms."""
    edges = noded_edges(plan)
    warp = fitted_warp(edges, warp)
    atoms, where = atoms_of(edges, warp)
    point, grid = shapely.STRtree(plan.grids).query(shapely.points(where), predicate="within")
    owner = np.full(len(atoms), -1)
    owner[point] = grid
    if (owner < 0).any():
        raise ValueError("an atom lies in no grid")
    grids = unite(atoms, owner, len(plan.grids))
    blocks = unite(grids, plan.grid_block, len(plan.blocks))
    neighbourhoods = unite(blocks, plan.block_neighbourhood, len(plan.neighbourhoods))
    subdistricts = unite(
        neighbourhoods, plan.neighbourhood_subdistrict, int(plan.neighbourhood_subdistrict.max()) + 1
    )
    return Ground(
        district=unite(subdistricts, np.zeros(len(subdistricts), dtype=int), 1)[0],
        subdistricts=subdistricts,
        neighbourhoods=neighbourhoods,
        neighbourhood_subdistrict=plan.neighbourhood_subdistrict,
        blocks=blocks,
        block_neighbourhood=plan.block_neighbourhood,
        grids=grids,
        grid_block=plan.grid_block,
        streets=[bend(line, warp) for line in plan.streets],
        parcel_lines=[bend(line, warp) for line in plan.parcel_lines],
        arterials={name: bend(line, warp) for name, line in skeleton.arterials.items()},
        railway=bend(skeleton.railway, warp),
        river=bend(skeleton.river, warp),
        canal=bend(skeleton.canal, warp),
    )
