"""Outlines of grids (网格轮廓): labels of cells become polygons that share every edge, with calm borders.

Half-way lines between buildings wander. Where a border runs over open ground it is drawn as straight as buildings
and other borders allow; on roads and on the neighbourhood's own outline not a point moves.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import numpy as np
import shapely
from shapely import LineString

from geo.suggest.cells import Cells
from geo.suggest.ground import Flags, Ground, Shapes, Whole

STEPS = (80.0, 50.0, 30.0, 20.0, 12.0, 8.0, 5.0, 3.0, 1.5, 0.7)
"""Metres that a border may move, the most first; the first that cuts nothing is taken."""
CLEAR = 1.0
"""Metres that a straightened border keeps from buildings, where it kept them before."""

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Arc:
    """A border from node to node: ``free`` over open ground, else along a road, a given line or the outline."""

    points: tuple[Point, ...]
    free: bool


def drawn(ground: Ground, cells: Cells, labels: Whole, *, calm: bool = True) -> Shapes:
    """One polygon per label 0…k-1 (several parts where its cells are apart), sharing every edge exactly.

    ``calm`` straightens borders over open ground; where that leads astray they stay as the cells have them.
    """
    arcs = arcs_of(cells, labels)
    if calm:
        found = _polygons(ground, cells, labels, _straightened(ground, arcs))
        if found is not None:
            return found
    found = _polygons(ground, cells, labels, arcs)
    return found if found is not None else _dissolved(cells, labels)


def arcs_of(cells: Cells, labels: Whole) -> list[Arc]:
    """Edges between labels, and those of the outline, joined from node to node."""
    faces = cells.faces
    label = labels[cells.of_face]
    outer = faces.right < 0
    kept = outer | (label[faces.left] != label[faces.right])
    starts, ends = (list(map(tuple, each[kept].tolist())) for each in (faces.starts, faces.ends))
    free = (~outer & ~faces.barred)[kept].tolist()
    return _chained(starts, ends, free)


def _chained(starts: list[Point], ends: list[Point], free: list[bool]) -> list[Arc]:
    """Straight edges joined at points where just two of one kind meet."""
    at: dict[Point, list[int]] = defaultdict(list)
    for number, (start, end) in enumerate(zip(starts, ends, strict=True)):
        at[start].append(number)
        at[end].append(number)
    node = {p for p, edges in at.items() if len(edges) != 2 or free[edges[0]] != free[edges[1]]}
    used = [False] * len(starts)
    arcs = []

    def follow(point: Point, edge: int) -> None:
        points = [point]
        while not used[edge]:
            used[edge] = True
            point = ends[edge] if starts[edge] == point else starts[edge]
            points.append(point)
            if point in node:
                break
            edge = next((e for e in at[point] if not used[e]), edge)
        arcs.append(Arc(tuple(points), free[edge]))

    for point in sorted(node):
        for edge in at[point]:
            if not used[edge]:
                follow(point, edge)
    for edge, start in enumerate(starts):
        if not used[edge]:
            follow(start, edge)
    return arcs


# ---- straight as can be -----------------------------------------------------------------------------------


def _straightened(ground: Ground, arcs: list[Arc]) -> list[Arc]:
    """Free arcs with as few bends as buildings and the other arcs allow; long ones first."""
    lines = [LineString(arc.points) for arc in arcs]
    buildings = shapely.STRtree(ground.buildings)
    order = sorted(
        (i for i, arc in enumerate(arcs) if arc.free and len(arc.points) > 2), key=lambda i: -lines[i].length
    )
    for number in order:
        tree = shapely.STRtree(lines)
        for step in STEPS:
            fresh = shapely.simplify(lines[number], step)
            if _clear(ground, buildings, lines, tree, number, fresh):
                lines[number] = fresh
                break
    return [
        Arc(tuple(map(tuple, line.coords)), arc.free) if arc.free else arc
        for arc, line in zip(arcs, lines, strict=True)
    ]


def _clear(
    ground: Ground,
    buildings: shapely.STRtree,
    lines: list[LineString],
    tree: shapely.STRtree,
    own: int,
    fresh: LineString,
) -> bool:
    """Whether an arc may be redrawn: no building nor other arc is touched, nor jumped over."""
    old = lines[own]
    if fresh.length == 0 or not fresh.is_simple:
        return False
    swept = shapely.union_all(list(shapely.get_parts(shapely.polygonize([shapely.union(old, fresh)]))))
    near = buildings.query(shapely.union(swept, fresh), predicate="intersects")
    # a border through a wall that two buildings share touches both, as it did before
    for number in near:
        inner = shapely.buffer(ground.buildings[number], -1e-3)
        if shapely.intersects(swept, inner) or shapely.intersects(fresh, inner):
            return False
    close = buildings.query(fresh, predicate="dwithin", distance=CLEAR)
    if len(close) and (shapely.distance(ground.buildings[close], old) >= CLEAR).any():
        return False
    ends = shapely.multipoints([fresh.coords[0], fresh.coords[-1]])
    for number in tree.query(fresh, predicate="intersects"):
        if number != own and not shapely.is_empty(
            shapely.difference(shapely.intersection(fresh, lines[number]), ends)
        ):
            return False
    return True


# ---- back to areas ----------------------------------------------------------------------------------------


def _polygons(ground: Ground, cells: Cells, labels: Whole, arcs: list[Arc]) -> Shapes | None:
    """Polygons of the labels; None where the arcs enclose anything else than they did."""
    rings = [LineString(arc.points) for arc in arcs]
    areas = np.array(shapely.get_parts(shapely.polygonize(rings)), dtype=object)
    if not len(areas):
        return None
    label = _labels_of(ground, cells, labels, areas)
    count = int(labels.max()) + 1
    inside = label >= 0
    found = np.empty(count, dtype=object)
    for number in range(count):
        mine = areas[label == number]
        if not len(mine):
            return None
        found[number] = mine[0] if len(mine) == 1 else shapely.coverage_union_all(mine)
    whole = bool(abs(shapely.area(areas[inside]).sum() - ground.within.area) <= 1e-6 * ground.within.area)
    return (
        found
        if whole and shapely.is_valid(found).all() and not _moved(ground, cells, labels, found)
        else None
    )


def _labels_of(ground: Ground, cells: Cells, labels: Whole, areas: Shapes) -> Whole:
    """Per area: the label of most of the ground in it, -1 for a hole of the outline."""
    faces = cells.faces
    points = shapely.point_on_surface(faces.shapes)
    face, area = shapely.STRtree(areas).query(points, predicate="intersects")
    size = shapely.area(faces.shapes[face])
    count = int(labels.max()) + 1
    votes = np.zeros((len(areas), count))
    np.add.at(votes, (area, labels[cells.of_face[face]]), size)
    found = votes.argmax(axis=1)
    outside = ~shapely.intersects(ground.within, shapely.point_on_surface(areas))
    found[outside | (votes.sum(axis=1) == 0)] = -1
    chosen: Whole = found.astype(np.int64)
    return chosen


def _moved(ground: Ground, cells: Cells, labels: Whole, found: Shapes) -> bool:
    """Whether a building no longer stands in the grid of its cell."""
    points = shapely.point_on_surface(ground.buildings)
    return not bool(shapely.intersects(found[labels[cells.of_building]], points).all())


def _dissolved(cells: Cells, labels: Whole) -> Shapes:
    """The plain union of each label's faces."""
    label = labels[cells.of_face]
    found = np.empty(int(labels.max()) + 1, dtype=object)
    for number in range(len(found)):
        found[number] = shapely.coverage_union_all(cells.faces.shapes[label == number])
    return found


def cuts(ground: Ground, shapes: Shapes, least: float = 0.01) -> Flags:
    """Which buildings lie in several of some areas, by more than ``least`` m² in each."""
    building, area = shapely.STRtree(shapes).query(ground.buildings, predicate="intersects")
    held = shapely.area(shapely.intersection(ground.buildings[building], shapes[area])) > least
    found: Flags = np.bincount(building[held], minlength=len(ground.buildings)) > 1
    return found
