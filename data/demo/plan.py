"""The plan of the district: 13 sub-districts, 124 neighbourhoods, blocks and 596 grids, still on the drawing board."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.random import Generator
from shapely import LineString, Polygon

from .cutting import Cell, Habit, cut_until
from .skeleton import Skeleton
from .streams import share_out

NEIGHBOURHOODS = 124
BLOCKS = 472
GRIDS = 596
MIN_FACE = 300_000.0  # m²: a smaller face of the skeleton is joined to its neighbour
OLD_TOWN = np.array([-700.0, 700.0])

# Sub-districts in the order of their codes: name and a few places (plan km) whose skeleton faces are theirs.
SUBDISTRICTS: list[tuple[str, list[tuple[float, float]]]] = [
    ("和安里街道", [(-1.0, 2.1), (-1.6, 0.9), (-0.6, 0.8), (-2.7, 0.9)]),
    ("文昌桥街道", [(1.7, 0.2), (0.2, 0.3)]),
    ("望江路街道", [(-0.1, -1.7), (-0.2, -3.5)]),
    ("柳荫街道", [(-1.6, -0.2), (-0.8, -0.1), (-1.5, -1.7)]),
    ("长宁渡街道", [(2.0, -1.6), (0.4, -1.2), (1.1, -2.3)]),
    ("机床厂街道", [(2.0, 2.1), (0.6, 1.9), (1.3, 1.6), (2.8, 0.3)]),
    ("铁北街道", [(-0.5, 3.6), (0.7, 3.6), (0.7, 2.6), (-0.1, 2.8)]),
    ("北塘街道", [(-2.9, 3.3), (-3.2, 2.0), (-1.7, 3.4)]),
    ("清溪街道", [(-3.3, 0.3), (-3.9, 1.1), (-3.3, -1.4)]),
    ("梅园街道", [(-3.1, -3.0), (-1.5, -3.2)]),
    ("沿河街道", [(1.2, -3.6), (2.2, -3.4)]),
    ("银杏街道", [(3.8, -1.5), (2.9, -1.2), (3.2, -2.1), (3.3, -3.3)]),
    ("东岗街道", [(3.3, 2.6), (3.9, 0.3)]),
]  # fmt: skip

# Streets of these sub-districts follow the river or the railway, not the compass (radians).
LIE = {2: 0.0, 5: -0.35, 6: -0.5, 8: 0.12, 10: 0.3, 11: -0.25}


@dataclass(frozen=True)
class Plan:
    """Leaves of the cutting: owners go grid → block → neighbourhood → sub-district by position."""

    grids: list[Polygon]
    grid_block: np.ndarray
    blocks: list[Polygon]
    block_neighbourhood: np.ndarray
    neighbourhoods: list[Polygon]
    neighbourhood_subdistrict: np.ndarray
    streets: list[LineString]
    parcel_lines: list[LineString]


def centrality(polygon: Polygon) -> float:
    """1 in the old town, falling to 0 at the rim; a city is cut finer in the middle."""
    x, y = polygon.centroid.coords[0]
    return float(np.exp(-(((x - OLD_TOWN[0]) ** 2 + (y - OLD_TOWN[1]) ** 2) / 2600.0**2)))


def faces(skeleton: Skeleton) -> list[Polygon]:
    """Faces that the skeleton's lines leave inside the outline."""
    inside = [line.intersection(skeleton.outline) for line in skeleton.lines()]
    net = shapely.unary_union([*inside, skeleton.outline.exterior], grid_size=0.01)
    return list(shapely.polygonize(list(net.geoms)).geoms)


def face_owners(found: list[Polygon]) -> np.ndarray:
    """Give each face to the sub-district that has a place in it, else to the one with the nearest place."""
    places = [
        (shapely.Point(x * 1000, y * 1000), i) for i, (_, pts) in enumerate(SUBDISTRICTS) for x, y in pts
    ]
    points = np.array([p for p, _ in places])
    owner = np.array([i for _, i in places])
    return np.array([owner[int(np.argmin(shapely.distance(points, face)))] for face in found])


def join_small(found: list[Polygon], owner: np.ndarray) -> list[Cell]:
    """Join every face under `MIN_FACE` to the neighbour of the same sub-district with the longest common border."""
    cells = [Cell(face, LIE.get(int(o), 0.0), int(o)) for face, o in zip(found, owner, strict=True)]
    while True:
        small = [c for c in cells if c.polygon.area < MIN_FACE]
        joined = False
        for cell in sorted(small, key=lambda c: c.polygon.area):
            others = [o for o in cells if o is not cell and o.owner == cell.owner]
            border = [shapely.intersection(cell.polygon, o.polygon).length for o in others]
            if others and max(border) > 0:
                other = others[int(np.argmax(border))]
                other.polygon = shapely.union(other.polygon, cell.polygon)
                cells.remove(cell)
                joined = True
                break
        if not joined:
            return cells


def street_lines(rng: Generator) -> tuple[np.ndarray, np.ndarray]:
    """Streets that run on through the whole city: 330-520 m apart, per axis."""
    return (np.cumsum(rng.uniform(330, 520, 24)) - 5100, np.cumsum(rng.uniform(330, 520, 24)) - 5100)


def parents(children: list[Cell], elders: list[Cell]) -> np.ndarray:
    """Position of the elder that holds each child."""
    tree = shapely.STRtree([e.polygon for e in elders])
    points = [shapely.point_on_surface(c.polygon) for c in children]
    child, elder = tree.query(points, predicate="within")
    found = np.full(len(children), -1)
    found[child] = elder
    if (found < 0).any():
        raise ValueError("a cut cell lies in no parent")
    return found


def make_neighbourhoods(
    skeleton: Skeleton, habit: Habit, rng: Generator
) -> tuple[list[Cell], list[LineString]]:
    """Cut each sub-district into its share of the neighbourhoods."""
    found = faces(skeleton)
    cells = join_small(found, face_owners(found))
    area = np.array([sum(c.polygon.area for c in cells if c.owner == o) for o in range(len(SUBDISTRICTS))])
    quota = share_out(NEIGHBOURHOODS, area**0.55)
    result: list[Cell] = []
    lines: list[LineString] = []
    for owner in range(len(SUBDISTRICTS)):
        own = [c for c in cells if c.owner == owner]
        parts, cuts = cut_until(
            own, int(quota[owner]), lambda c: c.polygon.area * (1 + centrality(c.polygon)), habit, rng
        )
        result += parts
        lines += cuts
    return result, lines


def make_plan(skeleton: Skeleton, rng: Generator) -> Plan:
    """Cut the whole plan; grids are blocks, or halves of the blocks that will hold many people."""
    known = street_lines(rng)
    neighbourhoods, wide = make_neighbourhoods(skeleton, Habit(known, 0.25, 0.0), rng)
    start = [Cell(c.polygon, c.angle, c.owner) for c in neighbourhoods]
    blocks, narrow = cut_until(
        start,
        BLOCKS,
        lambda c: c.polygon.area * (1 + 1.2 * centrality(c.polygon)),
        Habit(known, 0.12, 0.05),
        rng,
    )
    grids, parcel = cut_until(
        blocks, GRIDS, lambda c: c.polygon.area, Habit((np.empty(0), np.empty(0)), 0.0, 0.06), rng
    )
    return Plan(
        grids=[c.polygon for c in grids],
        grid_block=parents(grids, blocks),
        blocks=[c.polygon for c in blocks],
        block_neighbourhood=parents(blocks, neighbourhoods),
        neighbourhoods=[c.polygon for c in neighbourhoods],
        neighbourhood_subdistrict=np.array([c.owner for c in neighbourhoods]),
        streets=[*wide, *narrow],
        parcel_lines=parcel,
    )
