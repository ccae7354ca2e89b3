"""Cells (划分单元): the ground in pieces that no border cuts, each with its buildings, none across a road.

A cell is what lies nearest to a building on its side of the road. Buildings that share ground, and those that a
road runs under, are one cell. Ground between roads on which nobody lives is a cell of its own.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import shapely

from geo.suggest.faces import Faces, cut_up
from geo.suggest.ground import Flags, Floats, Ground, Whole, summed

NARROW = 12.0
"""Metres: empty ground between lines that is nowhere wider (a central reserve, an island in the road) is no cell."""
SHARED = 0.5
"""m² that two footprints may overlap, as drawn side by side."""
TOUCH = 1.0
"""Metres of border that make two cells neighbours."""


@dataclass(frozen=True, slots=True)
class Cells:
    """c cells, and what lies between two of them.

    ``of_face``: cell of each face. ``households``, ``x``, ``y`` (a point on it; of its buildings, where there are
    any), ``area`` m², ``rim`` metres on the outline: per cell. ``block``: number of the piece of ground between
    roads (and given lines) that it lies in. ``of_building``: cell of each building.
    ``a``, ``b``, ``free``, ``guided``: pairs of neighbours, a < b, with the metres of border between them that run
    over open ground, and along a road. ``neighbours``: whether that is enough to go together; where the outline has
    parts, the nearest two cells across the gap count as neighbours too, with no border at all.
    """

    faces: Faces
    of_face: Whole
    households: Floats
    x: Floats
    y: Floats
    area: Floats
    rim: Floats
    block: Whole
    of_building: Whole
    a: Whole
    b: Whole
    free: Floats
    guided: Floats
    neighbours: Flags

    def __len__(self) -> int:
        """Number of cells."""
        return len(self.households)


def cells_of(ground: Ground) -> Cells:
    """Cut the ground into cells."""
    faces = cut_up(ground)
    area = shapely.area(faces.shapes)
    owner = _one_each(_grown(faces, _cores(ground, faces)), faces)
    owner = _without_slips(faces, owner, area)
    of_face = np.unique(owner, return_inverse=True)[1].astype(np.int64)
    count = int(of_face.max()) + 1
    of_building = _of_building(ground, faces, of_face)
    households = summed(of_building, ground.households, count)
    x, y = _points(ground, faces, of_face, of_building, area, count)
    pairs = _bridged(x, y, *_pairs(faces, of_face))
    outer = faces.right < 0
    return Cells(
        faces=faces,
        of_face=of_face,
        households=households,
        x=x,
        y=y,
        area=summed(of_face, area, count),
        rim=summed(of_face[faces.left[outer]], faces.lengths[outer], count),
        block=_blocks(faces, of_face, count),
        of_building=of_building,
        a=pairs[0],
        b=pairs[1],
        free=pairs[2],
        guided=pairs[3],
        neighbours=(pairs[2] + pairs[3] >= TOUCH) | (pairs[2] + pairs[3] == 0),
    )


def united(size: int, one: Iterable[int], other: Iterable[int]) -> Whole:
    """Per item 0…size-1, the least item that pairs join it to.

    >>> united(4, [0, 2], [3, 2]).tolist()
    [0, 1, 2, 0]
    """
    parent = list(range(size))

    def root(item: int) -> int:
        while parent[item] != item:
            parent[item] = parent[parent[item]]
            item = parent[item]
        return item

    for a, b in zip(one, other, strict=True):
        low, high = sorted((root(int(a)), root(int(b))))
        parent[high] = low
    return np.array([root(item) for item in range(size)], dtype=np.int64)


def _cores(ground: Ground, faces: Faces) -> Whole:
    """Per face: the first building of those that must stay together with it, -1 where no building stands."""
    one, other = shapely.STRtree(ground.buildings).query(ground.buildings, predicate="intersects")
    once = one < other
    one, other = one[once], other[once]
    deep = shapely.area(shapely.intersection(ground.buildings[one], ground.buildings[other])) > SHARED
    group = united(len(ground.buildings), one[deep], other[deep])
    core = np.full(len(faces.near), -1, dtype=np.int64)
    core[faces.held] = group[faces.near[faces.held]]
    return core


def _grown(faces: Faces, core: Whole) -> Whole:
    """Cores grown over open ground, first to what is nearest to them, then by the longest border; -1 elsewhere."""
    owner = core.copy()
    open_edge = (faces.right >= 0) & ~faces.barred
    left, right, metres = faces.left[open_edge], faces.right[open_edge], faces.lengths[open_edge]
    wanted = np.where(faces.held, owner, -1)
    lookup = np.full(int(faces.near.max(initial=0)) + 1, -1, dtype=np.int64)
    lookup[faces.near[faces.held]] = owner[faces.held]
    has = faces.near >= 0
    wanted[has] = lookup[faces.near[has]]
    for only_near in (True, False):
        while True:
            one, other, shared = _open_pairs(owner, left, right, metres)
            if only_near:
                mine = owner[other] == wanted[one]
                one, other, shared = one[mine], other[mine], shared[mine]
            if not len(one):
                break
            order = np.lexsort((other, -shared, one))
            first = order[np.unique(one[order], return_index=True)[1]]
            owner[one[first]] = owner[other[first]]
    return owner


def _open_pairs(owner: Whole, left: Whole, right: Whole, metres: Floats) -> tuple[Whole, Whole, Floats]:
    """Faces without an owner beside faces with one, and the metres between them summed per owner."""
    one, other = np.concatenate([left, right]), np.concatenate([right, left])
    shared = np.concatenate([metres, metres])
    use = (owner[one] < 0) & (owner[other] >= 0)
    one, other, shared = one[use], other[use], shared[use]
    key = np.stack([one, owner[other]])
    _, first, inverse = np.unique(key, axis=1, return_index=True, return_inverse=True)
    total = summed(inverse.ravel(), shared, len(first))
    return one[first], other[first], total


def _one_each(owner: Whole, faces: Faces) -> Whole:
    """Numbers of cells: faces with one building, and ground without any as far as no line cuts it."""
    inner = (faces.right >= 0) & ~faces.barred
    left, right = faces.left[inner], faces.right[inner]
    empty = (owner[left] < 0) & (owner[right] < 0)
    ground_of = united(len(owner), left[empty], right[empty])
    return np.where(owner >= 0, owner, ground_of + int(owner.max(initial=-1)) + 1)


def _without_slips(faces: Faces, owner: Whole, area: Floats) -> Whole:
    """Give empty ground that is nowhere wide to the neighbour it shares most border with."""
    stands = set(owner[faces.held].tolist())
    slips = []
    for cell in np.unique(owner):
        if int(cell) not in stands:
            mine = np.flatnonzero(owner == cell)
            shape = shapely.coverage_union_all(faces.shapes[mine])
            if shapely.is_empty(shapely.buffer(shape, -NARROW / 2, quad_segs=2)):
                slips.append((float(area[mine].sum()), int(cell)))
    owner = owner.copy()
    inner = faces.right >= 0
    left, right, metres = faces.left[inner], faces.right[inner], faces.lengths[inner]
    for _, cell in sorted(slips):
        one, other = owner[left] == cell, owner[right] == cell
        beside = one != other
        to = np.where(one, owner[right], owner[left])[beside]
        if len(to):
            found, inverse = np.unique(to, return_inverse=True)
            owner[owner == cell] = found[int(np.bincount(inverse, weights=metres[beside]).argmax())]
    return owner


def _of_building(ground: Ground, faces: Faces, of_face: Whole) -> Whole:
    """The cell of each building: that of the face under a point on it."""
    points = shapely.point_on_surface(ground.buildings)
    building, face = shapely.STRtree(faces.shapes).query(points, predicate="intersects")
    found = np.zeros(len(points), dtype=np.int64)
    found[building] = of_face[face]
    return found


def _points(
    ground: Ground, faces: Faces, of_face: Whole, of_building: Whole, area: Floats, count: int
) -> tuple[Floats, Floats]:
    """A point of each cell: where its people live, else the middle of its ground."""
    middle = shapely.get_coordinates(shapely.centroid(faces.shapes))
    homes = shapely.get_coordinates(shapely.centroid(ground.buildings)).reshape(-1, 2)
    # empty buildings weigh next to nothing beside inhabited ones, yet place a cell that has no others
    weight = np.maximum(ground.households, 1e-6)
    lived = summed(of_building, weight, count)
    found = []
    for axis in (0, 1):
        of_ground = summed(of_face, area * middle[:, axis], count)
        of_homes = summed(of_building, weight * homes[:, axis], count)
        empty = of_ground / summed(of_face, area, count)
        found.append(np.where(lived > 0, of_homes / np.maximum(lived, 1e-9), empty))
    return found[0], found[1]


def _pairs(faces: Faces, of_face: Whole) -> tuple[Whole, Whole, Floats, Floats]:
    inner = faces.right >= 0
    one, other = of_face[faces.left[inner]], of_face[faces.right[inner]]
    apart = one != other
    low, high = np.minimum(one, other)[apart], np.maximum(one, other)[apart]
    metres, guided = faces.lengths[inner][apart], faces.guided[inner][apart]
    pairs, inverse = np.unique(np.stack([low, high]), axis=1, return_inverse=True)
    inverse = inverse.ravel()
    along = summed(inverse, metres * guided, pairs.shape[1])
    total = summed(inverse, metres, pairs.shape[1])
    return pairs[0], pairs[1], total - along, along


def _bridged(
    x: Floats, y: Floats, a: Whole, b: Whole, free: Floats, guided: Floats
) -> tuple[Whole, Whole, Floats, Floats]:
    """The pairs with one more for each part of the ground that no border joins to the rest: the nearest two cells."""
    while True:
        firm = free + guided >= TOUCH
        firm |= free + guided == 0
        piece = united(len(x), a[firm], b[firm])
        first = piece == piece[0]
        if first.all():
            return a, b, free, guided
        here, there = np.flatnonzero(first), np.flatnonzero(~first)
        tree = shapely.STRtree(shapely.points(x[here], y[here]))
        (row, near), metres = tree.query_nearest(
            shapely.points(x[there], y[there]), return_distance=True, all_matches=False
        )
        best = int(metres.argmin())
        low, high = sorted((int(here[near[best]]), int(there[row[best]])))
        old = (a == low) & (b == high)
        a, b = np.append(a[~old], low), np.append(b[~old], high)
        free, guided = np.append(free[~old], 0.0), np.append(guided[~old], 0.0)


def _blocks(faces: Faces, of_face: Whole, count: int) -> Whole:
    """Per cell: the number of its block."""
    free = (faces.right >= 0) & ~faces.barred
    joined = united(count, of_face[faces.left[free]], of_face[faces.right[free]])
    return np.unique(joined, return_inverse=True)[1].astype(np.int64)
