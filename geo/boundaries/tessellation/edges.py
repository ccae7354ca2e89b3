"""Operations on borders: reshape (改边), move a node (移节点), re-home a building (房屋改属).

A border has one set of vertices for the cells on both sides, so both follow. The outer boundary only moves where
`outer` is said.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import LineString, Point, Polygon
from shapely.geometry.base import BaseGeometry

from geo.boundaries.tessellation.cells import transfer
from geo.boundaries.tessellation.model import Change, Refused, Tessellation
from geo.boundaries.tessellation.moving import moved
from geo.boundaries.tessellation.noding import grow, least_tolerance
from geo.boundaries.tessellation.redraw import (
    VOID,
    Faces,
    Ground,
    conclude,
    faces_of,
    lay,
    refuse_more_parts,
)
from geo.boundaries.tessellation.segments import Points, keys, lines, segment_keys


def reshape(
    tess: Tessellation, pair: tuple[str, str], line: LineString, *, tolerance: float | None = None
) -> Change:
    """Lead the border between two cells along a line, from where the line first meets it to where it last does.

    Both cells follow. What of the line lies before the first and after the last meeting is left away. Raises Refused
    with the place where the line meets the border once or never, would leave a cell in pieces, or runs through a third.
    """
    one, two = pair
    ground = lay(tess, [one, two], line, tolerance)
    chains, sections = _shared(ground)
    if not len(chains):
        raise Refused(f"{one} and {two} share no border", tess.shape(one), field="cells")
    on = np.flatnonzero(np.isin(keys(ground.path), np.concatenate(sections)))
    if len(on) < 2 or (ground.path[on[0]] == ground.path[on[-1]]).all():
        raise Refused("the line meets the border of the two fewer than two times", line, field="line")
    path = ground.path[on[0] : on[-1] + 1]
    start, stop = keys(path[[0, -1]])
    both = [i for i, section in enumerate(sections) if start in section and stop in section]
    if not both:
        raise Refused("the line begins and ends on different borders of the two", line, field="line")
    candidates = _stretches(chains[both[0]], start, stop)
    tried = [_led(tess, ground, path, stretch) for stretch in candidates]
    # of a border that is a ring, the stretch is replaced that moves less land
    change = min(
        (each for each in tried if isinstance(each, tuple)), key=lambda each: each[0], default=tried[0]
    )
    if isinstance(change, Refused):
        raise change
    return change[1]


def _shared(ground: Ground) -> tuple[list[Points], list[NDArray[np.complex128]]]:
    """Return the chains of border between the two cells as vertices, and the keys of each chain's vertices."""
    borders = ground.borders
    shared = borders.pick((borders.owner == 0) & (borders.twin() >= 0))
    if not len(shared):
        return [], []
    merged = shapely.get_parts(shapely.line_merge(shapely.multilinestrings(lines(shared.a, shared.b))))
    chains = [shapely.get_coordinates(one) for one in merged]
    return chains, [keys(chain) for chain in chains]


def _stretches(chain: Points, start: np.complex128, stop: np.complex128) -> list[NDArray[Any]]:
    """Return the segments between two vertices of a chain, as keys in both directions; of a ring, both ways round."""
    at = keys(chain)
    closed = bool((chain[0] == chain[-1]).all())
    low, high = sorted((int(np.flatnonzero(at == start)[0]), int(np.flatnonzero(at == stop)[0])))
    a, b = chain[:-1], chain[1:]
    between = np.zeros(len(a), dtype=bool)
    between[low:high] = True
    chosen = [between, ~between] if closed else [between]
    return [np.r_[segment_keys(a[one], b[one]), segment_keys(b[one], a[one])] for one in chosen]


def _led(
    tess: Tessellation, ground: Ground, path: Points, stretch: NDArray[Any]
) -> tuple[float, Change] | Refused:
    # faces of all borders and the line: land changes hands face by face
    found = faces_of(tess, ground, path=path)
    coarse = faces_of(tess, ground, gone=stretch, path=path)
    owner = _claimed(ground, coarse, stretch)
    if isinstance(owner, Refused):
        return owner
    points = shapely.point_on_surface(found.shapes)
    face, whole = shapely.STRtree(coarse.shapes).query(points, "within")
    now = found.owner.copy()
    now[face] = owner[whole]
    names = [None if number == VOID else ground.codes[number] for number in now]
    try:
        change = refuse_more_parts(conclude(tess, "reshape", ground, found, names))
    except Refused as refusal:
        return refusal
    return float(shapely.area(found.shapes[now != found.owner]).sum()), change


def _claimed(ground: Ground, coarse: Faces, stretch: NDArray[Any]) -> NDArray[np.int64] | Refused:
    """Give each face the cell whose border it has kept; one with none is its who has no other."""
    borders = ground.borders.pick(~np.isin(ground.borders.keys(), stretch))
    known = {key.tobytes(): int(number) for key, number in zip(borders.keys(), borders.owner, strict=True)}
    claims: list[set[int]] = [set() for _ in coarse.shapes]
    beyond: list[bool] = [False] * len(coarse.shapes)
    forth, back = coarse.rings.keys(), coarse.rings.reversed().keys()
    for face, key, reverse in zip(coarse.rings.owner, forth, back, strict=True):
        if key.tobytes() in known:
            claims[face].add(known[key.tobytes()])
        elif reverse.tobytes() in known:
            beyond[face] = True
    owner = np.full(len(coarse.shapes), VOID)
    for face, claim in enumerate(claims):
        if len(claim) > 1:
            return Refused(
                "the line does not part the two cells from each other", coarse.shapes[face], field="line"
            )
        if claim:
            owner[face] = claim.pop()
    missing = sorted({0, 1} - set(owner.tolist()))
    open_faces = [face for face in range(len(owner)) if owner[face] == VOID and not beyond[face]]
    for face in open_faces:
        if not missing:
            return Refused("the line leaves a piece that is neither's", coarse.shapes[face], field="line")
        owner[face] = missing[0]
    outside = [face for face in range(len(owner)) if owner[face] == VOID and _new_land(ground, coarse, face)]
    if outside:
        return Refused("the line runs out of the two cells", coarse.shapes[outside[0]], field="line")
    return owner


def _new_land(ground: Ground, coarse: Faces, face: int) -> bool:
    """Whether a face of nobody is bounded by the line: the line has left the two cells there."""
    mine = coarse.rings.pick(coarse.rings.owner == face)
    borders = np.r_[ground.borders.keys(), ground.borders.reversed().keys()]
    return bool((~np.isin(mine.keys(), borders)).any())


def move_vertex(
    tess: Tessellation, at: Point, to: Point, *, outer: bool = False, tolerance: float | None = None
) -> Change:
    """Move a vertex of a border, be it a node where three meet; every cell that has it follows.

    The nearest vertex within the tolerance of `at` is taken; where there is none, the border at `at` gets one. Raises
    Refused where there is neither, or where a border would meet another.
    """
    near = tess.near(at, tolerance or 0.0)
    if not near:
        raise Refused("there is no border here", at, field="at")
    segments = tess.segments(near)
    here = shapely.get_coordinates(at)[0]
    reach = max(tolerance or 0.0, least_tolerance(segments.a))
    distance = np.hypot(*(segments.a - here).T)
    nearest = int(distance.argmin())
    goal = shapely.get_coordinates(to)
    if distance[nearest] <= reach:
        return moved(tess, "move", segments.a[nearest][None, :], goal, outer=outer)
    off = shapely.distance(lines(segments.a, segments.b), at)
    edge = int(off.argmin())
    if off[edge] > reach:
        raise Refused("there is no border here", at, field="at")
    return _bent(tess, segments.a[edge], segments.b[edge], goal, outer)


def _bent(tess: Tessellation, a: Points, b: Points, goal: Points, outer: bool) -> Change:
    """Put a vertex into an edge and move it, in one step."""
    middle = (a + b)[None, :] / 2
    if (middle == a).all() or (middle == b).all():
        raise Refused("the edge is too short for another vertex", Point(a), field="at")
    edge = LineString([a, b])
    fresh = {
        code: grown
        for code in tess.near(edge)
        if (grown := grow(tess.cells[code], a[None, :], b[None, :], [middle])) is not None
    }
    change = moved(Tessellation({**tess.cells, **fresh}), "move", middle, goal, outer=outer)
    return Change("move", {code: tess.cells[code] for code in change.after}, change.after, line=change.line)


def rehome(
    tess: Tessellation,
    footprint: Polygon,
    pair: tuple[str, str],
    *,
    clear: Sequence[BaseGeometry] = (),
    margin: float = 0.0,
    tolerance: float | None = None,
) -> Change:
    """Lead the border of two cells round a building's footprint, so that the building leaves the first for the second.

    Where the footprint does not reach the other cell, a strip goes with it: what the footprint sweeps on its shortest
    way there. `margin` keeps the border off the walls. Raises Refused with the building where the new border would cut
    one of `clear`, the footprints that stay whole.
    """
    giver, taker = pair
    tess.shape(giver)
    body = footprint.buffer(margin, join_style="mitre") if margin > 0 else footprint
    body = Polygon(body.exterior)
    strip = _swept(body, tess.shape(taker), tolerance or 0.0)
    change = transfer(tess, "rehome", strip, (giver, taker), keep=footprint, tolerance=tolerance)
    others = [one for one in clear if not one.equals(footprint)]
    if others and change.line is not None:
        hit = np.flatnonzero(shapely.crosses(change.line, others))
        if len(hit):
            raise Refused("the border would cut a building", others[hit[0]], field="footprint")
    return change


def _swept(body: Polygon, goal: BaseGeometry, tolerance: float) -> Polygon:
    """Return what a shape covers on its shortest way into another, far enough to be wholly across its border."""
    away = shapely.shortest_line(body, goal)
    start, stop = shapely.get_coordinates(away)
    way = stop - start
    length = float(np.hypot(*way))
    west, south, east, north = body.bounds
    size = float(np.hypot(east - west, north - south))
    if shapely.intersects(body, goal) and shapely.area(shapely.intersection(body, goal)) > 0:
        return body
    if length <= tolerance:
        point = shapely.get_coordinates(shapely.shortest_line(body.centroid, goal))
        way = point[1] - point[0]
        length = float(np.hypot(*way)) or 1.0
    step = way / length * (length + size)
    ring = shapely.get_coordinates(body.exterior)
    quads = [Polygon([a, b, b + step, a + step]).convex_hull for a, b in pairwise(ring)]
    far = shapely.transform(body, lambda xy: xy + step)
    swept = shapely.union_all([body, far, *[quad for quad in quads if quad.area > 0]])
    return Polygon(swept.exterior)
