"""Layout: buildings in rows on a site, and the split of a large site into building groups (楼栋群)."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import shapely
from numpy.random import Generator
from shapely import Polygon

from .cutting import axes

OLD_MARGIN_M, NEW_MARGIN_M = 4.0, 7.0
GRID_LINE_M = 4.0  # no building nearer than this to a grid line
GROUP_GAP_M = 3.0  # between the buildings of two groups, at least
STARTS_M = (0.5, 3.0, 6.0, 10.0, 15.0)  # from the south edge of a site to its first row
FAR_M = 5000.0  # beyond any site


@dataclass(frozen=True)
class Pattern:
    """How a kind of community is built: slab lengths to choose from, depth, and room between (metres)."""

    lengths: tuple[float, ...]
    depth: float
    row_gap: float
    side_gap: float


ORDINARY_OLD = Pattern((42.0,), 12.2, 15.0, 7.0)


@dataclass(frozen=True)
class Box:
    """A building in the local frame of its site: west, south, east, north (metres)."""

    west: float
    south: float
    east: float
    north: float

    @property
    def length(self) -> float:
        """Length along the row in metres."""
        return self.east - self.west


@dataclass(frozen=True)
class Local:
    """A site turned so that its rows lie along x; `back` turns local points into EPSG:4527 again."""

    inner: Polygon
    taboo: shapely.Geometry
    origin: np.ndarray
    frame: np.ndarray

    def back(self, xy: np.ndarray) -> np.ndarray:
        """Local points to EPSG:4527, rounded to 0.1 mm."""
        return np.asarray(np.round(xy @ self.frame + self.origin, 4))


def turn(site: Polygon, angle: float, grid_lines: list[shapely.LineString], margin: float) -> Local:
    """Turn a site into its own frame; the margin (metres) and the strips along grid lines are taken off."""
    origin = np.array(shapely.centroid(site).coords[0])
    frame = axes(angle)

    def into(xy: np.ndarray) -> np.ndarray:
        return np.asarray((xy - origin) @ frame.T)

    near = [shapely.transform(line, into).buffer(GRID_LINE_M) for line in grid_lines]
    inner = shapely.transform(site, into).buffer(-margin, join_style="mitre")
    shapely.prepare(inner)
    return Local(inner, shapely.unary_union(near) if near else Polygon(), origin, frame)


def rows(local: Local, pattern: Pattern, tight: float, lengths: list[float], enough: int) -> list[Box]:
    """All slabs that fit: rows from south to north, slabs from west to east; `tight` shrinks the gaps.

    `lengths` is the order in which slab lengths are tried, row by row; a shorter one fills the end of a row. The first
    row is set where `enough` slabs fit, else where most do: the south side of a site is seldom quite straight.
    """
    _, south, _, north = local.inner.bounds
    pitch = pattern.depth + pattern.row_gap * tight
    best: list[Box] = []
    for start in STARTS_M:
        found: list[Box] = []
        y = np.arange(south + start, north - pattern.depth, pitch)
        for row, (west, east) in zip(y, room(local.inner, y, y + pattern.depth), strict=True):
            room_left = Box(float(west), float(row), float(east), float(row) + pattern.depth)
            found += one_row(
                local, pattern, room_left, pattern.side_gap * tight, lengths[len(found) :] + lengths
            )
        best = found if len(found) > len(best) else best
        if len(best) >= enough:
            break
    return best


def one_row(local: Local, pattern: Pattern, strip: Box, gap: float, lengths: list[float]) -> list[Box]:
    """Slabs of one row from west to east."""
    found: list[Box] = []
    x = strip.west
    while x + min(pattern.lengths) <= strip.east:
        wished = lengths[len(found)]
        for length in sorted({wished, *pattern.lengths}, key=lambda m: (m != wished, -m)):
            box = Box(x, strip.south, x + length, strip.north)
            if box.east <= strip.east and fits(local, box):
                found.append(box)
                x = box.east + gap
                break
        else:
            x += 3.0
    return found


def room(inner: Polygon, south: np.ndarray, north: np.ndarray) -> np.ndarray:
    """West and east end of each row: the outermost points of both its sides (west > east: no room)."""
    west, _, east, _ = inner.bounds
    sides = np.stack([south, north], axis=1)
    ends = np.stack([np.stack([np.full_like(sides, x), sides], axis=-1) for x in (west, east)], axis=-2)
    bounds = shapely.bounds(shapely.intersection(inner, shapely.linestrings(ends)))
    reach = np.column_stack([bounds[..., 0].max(axis=1) + 0.05, bounds[..., 2].min(axis=1) - 0.05])
    return np.where(np.isnan(reach), [0.0, -1.0], reach)


def fits(local: Local, box: Box) -> bool:
    """True when the slab lies on the site and off the grid lines."""
    shape = shapely.box(box.west, box.south, box.east, box.north)
    return bool(shapely.contains(local.inner, shape)) and not bool(shapely.intersects(local.taboo, shape))


def place(local: Local, pattern: Pattern, wanted: int, rng: Generator) -> list[Box]:
    """Place `wanted` slabs, as loosely as they fit; a garden is left in the middle when there is room to spare."""
    lengths = rng.choice(pattern.lengths, 200).tolist()
    found: list[Box] = []
    for tight in (1.5, 1.25, 1.0, 0.85, 0.7):
        tried = rows(local, pattern, tight, lengths, wanted)
        found = tried if len(tried) > len(found) else found
        if len(found) >= wanted:
            break
    middle = np.array(local.inner.centroid.coords[0])
    far = [-np.hypot((b.west + b.east) / 2 - middle[0], (b.south + b.north) / 2 - middle[1]) for b in found]
    keep = sorted(np.argsort(far, kind="stable")[:wanted].tolist())
    return [found[i] for i in keep]


def footprint(local: Local, box: Box) -> Polygon:
    """The slab as a rectangle in EPSG:4527."""
    corners = np.array(
        [[box.west, box.south], [box.east, box.south], [box.east, box.north], [box.west, box.north]]
    )
    return Polygon(local.back(corners))


@dataclass(frozen=True)
class Part:
    """Members of a building group (positions) and the box of yard that is theirs."""

    members: list[int]
    yard: Box


def groups(boxes: list[Box], count: int) -> list[Part]:
    """Split buildings into `count` sets by straight gaps, the most numerous set first; fewer when no gap is left."""
    parts = [Part(list(range(len(boxes))), Box(-FAR_M, -FAR_M, FAR_M, FAR_M))]
    while len(parts) < count:
        parts.sort(key=lambda part: len(part.members))
        pair = halve(boxes, parts[-1])
        if pair is None:
            break
        parts = [*parts[:-1], *pair]
    return sorted(parts, key=lambda part: min(part.members))


def halve(boxes: list[Box], part: Part) -> tuple[Part, Part] | None:
    """Split a part along the gap between rows or columns that divides it most evenly; None when there is none."""
    best: tuple[float, Part, Part] | None = None
    for low, high in (("south", "north"), ("west", "east")):
        order = sorted(part.members, key=lambda i: getattr(boxes[i], low))
        reach = -np.inf
        for n, i in enumerate(order):
            start = getattr(boxes[i], low)
            uneven = abs(2 * n - len(order)) / len(order)
            if n and start - reach > GROUP_GAP_M and (best is None or uneven < best[0]):
                middle = float(start + reach) / 2
                one = Part(sorted(order[:n]), replace(part.yard, **{high: middle}))
                two = Part(sorted(order[n:]), replace(part.yard, **{low: middle}))
                best = (uneven, one, two)
            reach = max(reach, getattr(boxes[i], high))
    return None if best is None else best[1:]


def group_shape(local: Local, part: Part, site: Polygon) -> shapely.Geometry:
    """Land of a group: its yard inside the community, half a metre of path to the next group taken off."""
    yard = part.yard
    return site.intersection(
        footprint(local, Box(yard.west + 0.5, yard.south + 0.5, yard.east - 0.5, yard.north - 0.5))
    )


def carries(site: Polygon, angle: float) -> bool:
    """True when three ordinary old slabs (42 × 12 m) stand on the site with air between."""
    local = turn(site, angle, [], OLD_MARGIN_M)
    if local.inner.is_empty:
        return False
    return len(rows(local, ORDINARY_OLD, 0.85, [42.0] * 200, 3)) >= 3
