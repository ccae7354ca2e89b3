"""Sites: the land of each community and stand-alone building inside its block."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import shapely
from numpy.random import Generator
from shapely import Polygon

from .cutting import Cell, Habit, axes, cut
from .ground import Ground
from .land import BlockUse, Quota
from .layout import carries

KINDS = ("commercial", "resettlement", "old", "stand_alone")
OLD_PARCEL_M2 = 17_000.0  # a parcel is halved until it is smaller
LANE_M = 5.0  # half a lane between two parcels
STRADDLE = 0.6  # share of the large communities on blocks of two grids that straddle the grid line
FREE = Habit((np.empty(0), np.empty(0)), 0.0, 0.02)


@dataclass(frozen=True)
class Site:
    """Land of one community or stand-alone building, EPSG:4527; `angle` is the lie of its rows (radians)."""

    kind: str
    polygon: Polygon
    block: int
    angle: float


def lie(polygon: Polygon) -> float:
    """Direction of the side nearest to east-west: rows of flats face south."""
    xy = shapely.get_coordinates(shapely.oriented_envelope(polygon))[:3]
    angles = [float(np.arctan2(b[1] - a[1], b[0] - a[0])) for a, b in pairwise(xy)]
    halved = [(a + np.pi / 2) % np.pi - np.pi / 2 for a in angles]
    return min(halved, key=abs)


def largest(geometry: shapely.Geometry) -> Polygon:
    """Largest polygon of a geometry, without holes."""
    parts = [p for p in shapely.get_parts(geometry) if p.geom_type == "Polygon"]
    return Polygon(max(parts, key=lambda p: p.area).exterior) if parts else Polygon()


def tidy(polygon: Polygon) -> Polygon:
    """Drop needles and vertices that say nothing, and round to a millimetre."""
    smooth = largest(
        polygon.buffer(-8, join_style="mitre").buffer(8, join_style="mitre").intersection(polygon)
    )
    return shapely.set_precision(shapely.simplify(smooth, 0.4), 0.001)


def trim(polygon: Polygon, area: float, rng: Generator) -> Polygon:
    """Cut a polygon across its long side so that about `area` m² are left."""
    if polygon.area <= area * 1.1:
        return polygon
    frame = axes(lie(polygon))
    local = shapely.get_coordinates(polygon) @ frame.T
    low, high = local.min(axis=0), local.max(axis=0)
    axis = int(np.argmax(high - low))
    from_low = bool(rng.random() < 0.5)
    near, far = 0.0, float(high[axis] - low[axis])
    part = polygon
    for _ in range(24):
        middle = (near + far) / 2
        corner_low, corner_high = low - 1, high + 1
        if from_low:
            corner_high = corner_high.copy()
            corner_high[axis] = low[axis] + middle
        else:
            corner_low = corner_low.copy()
            corner_low[axis] = high[axis] - middle
        part = largest(polygon.intersection(_local_box(corner_low, corner_high, frame)))
        near, far = (middle, far) if part.area < area else (near, middle)
    return part


def _local_box(low: np.ndarray, high: np.ndarray, frame: np.ndarray) -> Polygon:
    corners = np.array([[low[0], low[1]], [high[0], low[1]], [high[0], high[1]], [low[0], high[1]]])
    return Polygon(corners @ frame)


def large_sites(ground: Ground, use: BlockUse, piece: Polygon, rng: Generator) -> list[Polygon]:
    """Land of the large communities of one block: across its grid line, on one side of it, or one on each side."""
    grids = [ground.grids[g] for g in np.flatnonzero(ground.grid_block == use.block)]
    target = float(np.clip(rng.lognormal(np.log(72_000), 0.28), 44_000, 120_000))
    sides = sorted(
        (largest(piece.intersection(g.buffer(-7, join_style="mitre"))) for g in grids), key=lambda s: -s.area
    )
    if use.large == 2:
        if len(sides) < 2 or sides[1].area < 32_000:
            sides = halves(piece)
        return [tidy(trim(s, target, rng)) for s in sides[:2]]
    if len(grids) > 1 and (rng.random() < STRADDLE or sides[0].area < 40_000):
        return [tidy(trim(piece, max(target, piece.area * 0.72), rng))]
    return [tidy(trim(sides[0], target, rng))]


def halves(piece: Polygon) -> list[Polygon]:
    """The two halves of a piece with a lane between."""
    frame = axes(lie(piece))
    local = shapely.get_coordinates(piece) @ frame.T
    low, high = local.min(axis=0) - 1, local.max(axis=0) + 1
    axis = int(np.argmax(high - low))
    middle = (low[axis] + high[axis]) / 2
    left, right = high.copy(), low.copy()
    left[axis], right[axis] = middle - LANE_M, middle + LANE_M
    return [largest(piece.intersection(_local_box(a, b, frame))) for a, b in ((low, left), (right, high))]


def parcels(ground: Ground, block: int, piece: Polygon, rng: Generator) -> list[Polygon]:
    """Small parcels of a block with lanes between, none across a grid line."""
    found: list[Polygon] = []
    for g in np.flatnonzero(ground.grid_block == block):
        side = largest(piece.intersection(ground.grids[g].buffer(-3, join_style="mitre")))
        todo = [Cell(side, lie(side), 0)] if side.area > 6000 else []
        while todo:
            cell = todo.pop()
            pair = cut(cell, FREE, rng) if cell.polygon.area > OLD_PARCEL_M2 else None
            if pair:
                todo += [pair[0], pair[1]]
            else:
                found.append(tidy(cell.polygon.buffer(-LANE_M, join_style="mitre")))
    return [p for p in found if 5_500 <= p.area <= 16_500 and carries(p, lie(p))]


def block_sites(
    ground: Ground, use: BlockUse, piece: Polygon, rng: Generator
) -> tuple[list[Site], list[Polygon]]:
    """Sites of one block, and the small parcels left over for stand-alone buildings."""
    large = (
        [Site("large", p, use.block, lie(p)) for p in large_sites(ground, use, piece, rng)]
        if use.large
        else []
    )
    if not use.old:
        return large, []
    small = parcels(ground, use.block, piece, rng)
    corner = shapely.Point(shapely.get_coordinates(piece)[int(rng.integers(len(piece.exterior.coords) - 1))])
    small.sort(key=lambda p: shapely.distance(shapely.centroid(p), corner))
    return [*large, *(Site("old", p, use.block, lie(p)) for p in small[: use.old])], small[use.old :]


def kinds_of(sites: list[Site], quota: Quota) -> list[Site]:
    """Divide the large sites of a sub-district: the ones farthest from its old town are resettlement (安置房)."""
    large = sorted((s for s in sites if s.kind == "large"), key=lambda s: s.polygon.area)
    resettlement = {id(s) for s in large[1 : 1 + 2 * quota.resettlement : 2]}
    return [
        Site("resettlement" if id(s) in resettlement else "commercial", s.polygon, s.block, s.angle)
        if s.kind == "large"
        else s
        for s in sites
    ]


def make_sites(
    ground: Ground, pieces: list[Polygon], uses: list[BlockUse], quotas: list[Quota], rng: Generator
) -> list[Site]:
    """All sites of the district. Raises ValueError when a sub-district misses its quota."""
    subdistrict = ground.neighbourhood_subdistrict[ground.block_neighbourhood]
    result: list[Site] = []
    for number, quota in enumerate(quotas):
        own: list[Site] = []
        spare: list[tuple[int, Polygon]] = []
        for use in uses:
            if subdistrict[use.block] == number:
                sites, left = block_sites(ground, use, pieces[use.block], rng)
                own += sites
                spare += [(use.block, p) for p in left]
        own += fill_old(own, spare, quota)
        own += stand_alone_sites(spare, quota, rng)
        check(own, quota, number)
        result += kinds_of(own, quota)
    return result


def fill_old(own: list[Site], spare: list[tuple[int, Polygon]], quota: Quota) -> list[Site]:
    """Where a block gave fewer parcels than planned, take the missing old communities from the spare ones."""
    missing = quota.old - sum(s.kind == "old" for s in own)
    taken = [spare.pop(0) for _ in range(missing)]
    return [Site("old", polygon, block, lie(polygon)) for block, polygon in taken]


def stand_alone_sites(spare: list[tuple[int, Polygon]], quota: Quota, rng: Generator) -> list[Site]:
    """Stand-alone buildings (单体楼) on parcels left over in the old quarters; the rest of the parcel is not theirs."""
    order = rng.permutation(len(spare))[: quota.stand_alone]
    return [Site("stand_alone", spare[i][1], spare[i][0], lie(spare[i][1])) for i in order]


def check(own: list[Site], quota: Quota, number: int) -> None:
    """Refuse a sub-district that misses its quota."""
    found = {kind: sum(s.kind == kind for s in own) for kind in ("large", "old", "stand_alone")}
    wanted = {
        "large": quota.commercial + quota.resettlement,
        "old": quota.old,
        "stand_alone": quota.stand_alone,
    }
    if found != wanted:
        raise ValueError(f"sub-district {number}: {found} instead of {wanted}")
