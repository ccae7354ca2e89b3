"""Random edits of tessellations, and what has to hold after each: for the test suite and `./run bench sequences`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
import shapely
from shapely import LineString, Point, Polygon

from geo.boundaries import tessellation as ts
from geo.boundaries.tessellation import Change, Refused, Tessellation

Rng = np.random.Generator
KEEPS_AREA = {"split", "merge", "give", "reshape", "move", "rehome"}
RELATIVE = 1e-9


def voronoi(
    seed: int, cells: int, size: float = 1000.0, origin: tuple[float, float] = (0.0, 0.0)
) -> Tessellation:
    """Cells round random points in a square; the corners are GEOS's, so they are not round numbers."""
    rng = np.random.default_rng(seed)
    points = shapely.MultiPoint(rng.uniform(0, size, (cells, 2)) + np.array(origin))
    square = shapely.box(*origin, origin[0] + size, origin[1] + size)
    found = shapely.get_parts(shapely.voronoi_polygons(points, extend_to=square))
    inside = [part for part in found if square.buffer(size / 5).contains(part)]
    return ts.tessellate({f"c{i}": part for i, part in enumerate(inside)})


def window(whole: Tessellation, rng: Rng, most: int) -> Tessellation:
    """The cells nearest to one of them, at most so many."""
    middles = shapely.get_coordinates(shapely.centroid(whole.shapes))
    here = middles[rng.integers(len(middles))]
    count = int(rng.integers(min(20, most), most + 1))
    near = np.argsort(np.hypot(*(middles - here).T))[:count]
    if rng.random() < 0.4:  # land that no cell has, to draw into and to fill
        near = np.delete(near, rng.integers(0, len(near) // 2, int(rng.integers(1, 4))))
    return Tessellation({str(whole.ids[i]): whole.shapes[i] for i in np.sort(near)})


# ---- one random edit --------------------------------------------------------------------------------------


@dataclass
class Editor:
    """Draws random edits of the size of the cells; `made` counts ids so that none is used twice."""

    rng: Rng
    made: int = 0
    tried: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)

    def fresh(self) -> str:
        self.made += 1
        return f"n{self.made}"

    def edit(self, tess: Tessellation) -> Change | None:
        """One edit that was taken, or None where it was refused."""
        kinds: dict[str, Callable[[Tessellation], Change]] = {
            "split": self.split, "merge": self.merge, "reshape": self.reshape, "move": self.move, "draw": self.draw,
            "give": self.give, "fill": self.fill, "rehome": self.rehome, "snap": self.snap,
        }  # fmt: skip
        kind = str(self.rng.choice(list(kinds), p=[0.2, 0.12, 0.18, 0.18, 0.1, 0.04, 0.03, 0.08, 0.07]))
        self.tried[kind] += 1
        try:
            return kinds[kind](tess)
        except Refused:
            self.refused[kind] += 1
            return None

    def _cell(self, tess: Tessellation) -> tuple[str, Polygon, float]:
        code = str(self.rng.choice(tess.ids))
        cell = tess.cells[code]
        return code, cell, float(np.sqrt(cell.area))

    def _neighbours(self, tess: Tessellation, code: str) -> list[str]:
        cell = tess.cells[code]
        return [other for other in tess.near(cell) if other != code and shapely.relate_pattern(cell, tess.cells[other], "****1****")]  # fmt: skip

    def _pair(self, tess: Tessellation) -> tuple[str, str]:
        code, cell, _ = self._cell(tess)
        others = self._neighbours(tess, code)
        if not others:
            raise Refused("alone", cell)
        return code, str(self.rng.choice(others))

    def _line(self, cell: Polygon, size: float) -> LineString:
        """A bent line through a cell; now and then through its own vertices and edges, where noding is hard."""
        middle = shapely.get_coordinates(cell.representative_point())[0]
        ends = middle + self.rng.normal(0, 1.5 * size, (2, 2))
        ring = shapely.get_coordinates(cell.boundary)
        for i in range(2):
            if self.rng.random() < 0.3:
                ends[i] = ring[self.rng.integers(len(ring))]
            elif self.rng.random() < 0.15:
                at = int(self.rng.integers(len(ring) - 1))
                ends[i] = ring[at] + self.rng.random() * (ring[at + 1] - ring[at])
        bends = middle + self.rng.normal(0, 0.2 * size, (int(self.rng.integers(0, 4)), 2))
        return LineString(np.vstack([ends[0], bends, ends[1]]))

    def _tolerance(self, size: float) -> float | None:
        return None if self.rng.random() < 0.5 else float(size * self.rng.choice([1e-6, 1e-3, 2e-2]))

    def split(self, tess: Tessellation) -> Change:
        code, cell, size = self._cell(tess)
        return ts.split(tess, code, self._line(cell, size), (self.fresh(), self.fresh()), tolerance=self._tolerance(size))  # fmt: skip

    def merge(self, tess: Tessellation) -> Change:
        pair = self._pair(tess)
        return ts.merge(tess, pair, self.fresh() if self.rng.random() < 0.5 else pair[0])

    def give(self, tess: Tessellation) -> Change:
        return ts.give(tess, self._cell(tess)[0])

    def reshape(self, tess: Tessellation) -> Change:
        pair = self._pair(tess)
        shared = shapely.line_merge(shapely.intersection(tess.cells[pair[0]], tess.cells[pair[1]]))
        border = max(shapely.get_parts(shared), key=lambda part: part.length)
        size = float(np.sqrt(min(tess.cells[code].area for code in pair)))
        ends = [
            border.interpolate(self.rng.choice([0.0, 1.0, self.rng.random()]), normalized=True)
            for _ in range(2)
        ]
        away = shapely.get_coordinates(ends) + self.rng.normal(0, 0.02 * size, (2, 2)) * self.rng.integers(
            0, 2
        )
        middle = away.mean(axis=0) + self.rng.normal(0, 0.25 * size, (int(self.rng.integers(1, 4)), 2))
        return ts.reshape(tess, pair, LineString(np.vstack([away[0], middle, away[1]])), tolerance=self._tolerance(size))  # fmt: skip

    def move(self, tess: Tessellation) -> Change:
        _, cell, size = self._cell(tess)
        ring = shapely.get_coordinates(cell.boundary)
        at = int(self.rng.integers(len(ring) - 1))
        here = ring[at] if self.rng.random() < 0.7 else (ring[at] + ring[at + 1]) / 2
        there = here + self.rng.normal(0, 0.1 * size, 2)
        return ts.move_vertex(tess, Point(here), Point(there), tolerance=1e-6 * size)

    def draw(self, tess: Tessellation) -> Change:
        _, cell, size = self._cell(tess)
        middle = shapely.get_coordinates(cell.representative_point())[0] + self.rng.normal(0, 0.3 * size, 2)
        holes = tess.holes()
        if holes and self.rng.random() < 0.3:
            middle = shapely.get_coordinates(holes[0].representative_point())[0]
        angle = np.sort(self.rng.uniform(0, 2 * np.pi, int(self.rng.integers(3, 9))))
        radius = self.rng.uniform(0.1, 0.6) * size
        ring = middle + radius * np.column_stack([np.cos(angle), np.sin(angle)])
        over = bool(self.rng.random() < 0.7)
        return ts.draw(tess, self.fresh(), Polygon(ring), over=over, tolerance=self._tolerance(size))

    def fill(self, tess: Tessellation) -> Change:
        holes = tess.holes()
        if not holes:
            raise Refused("no hole")
        hole = holes[int(self.rng.integers(len(holes)))]
        return ts.fill(tess, hole.representative_point(), self.fresh())

    def rehome(self, tess: Tessellation) -> Change:
        pair = self._pair(tess)
        giver = tess.cells[pair[0]]
        size = float(np.sqrt(giver.area))
        near = shapely.shortest_line(tess.cells[pair[1]], giver.representative_point())
        start, stop = shapely.get_coordinates(near)
        x, y = start + self.rng.uniform(0, 0.7) * (stop - start)
        side = size * self.rng.uniform(0.02, 0.1)
        building = shapely.affinity.rotate(shapely.box(x - side, y - side / 2, x + side, y + side / 2), self.rng.uniform(0, 180))  # fmt: skip
        return ts.rehome(tess, building, pair, margin=float(self.rng.choice([0, 0.1 * side])), tolerance=self._tolerance(size))  # fmt: skip

    def snap(self, tess: Tessellation) -> Change:
        _, cell, size = self._cell(tess)
        road = self._line(cell, 2 * size)
        return ts.snap(tess, [road], float(size * self.rng.choice([0.01, 0.05])))


# ---- what holds after each --------------------------------------------------------------------------------


def broken(before: Tessellation, after: Tessellation, change: Change) -> list[str]:
    """Return what an edit broke, as sentences. The checks are GEOS's where GEOS has one, not the edits' own."""
    shapes, faults = after.shapes, []
    if not shapely.coverage_is_valid(shapes):
        faults.append("the coverage is not valid")
    if not shapely.is_valid(shapes).all():
        faults.append("a cell is not valid")
    faults += _outline(before, after, change)
    changed = set(change.before)
    if any(after.cells.get(code) is not cell for code, cell in before.cells.items() if code not in changed):
        faults.append("a cell changed that is not named")
    old, new = (sum(shape.area for shape in side.values() if shape is not None) for side in (change.before, change.after))  # fmt: skip
    if change.operation in KEEPS_AREA and abs(old - new) > RELATIVE * old:
        faults.append(f"area went from {old} to {new}")
    faults += [f"{code} grew by more than a vertex" for code in change.grown if not _only_grew(change, code)]
    back = after.apply(change.undone())
    if not identical(back.cells, before.cells):
        faults.append("undo does not give back the start")
    return faults


def _outline(before: Tessellation, after: Tessellation, change: Change) -> list[str]:
    """Gaps and the outer boundary, by GEOS's union of each."""
    try:
        one, two = (shapely.coverage_union_all(tess.shapes) for tess in (before, after))
    except shapely.errors.GEOSException as error:
        return [str(error)]
    rings = [shapely.get_rings(shapely.get_parts(union)) for union in (one, two)]
    if change.operation in {
        "draw",
        "fill",
    }:  # holes may shrink and be cut in two, and no land may be lost or won
        filled = shapely.union_all(shapely.polygons(shapely.get_exterior_ring(shapely.get_parts(one))))
        lost, won = shapely.difference(one, two).area, shapely.difference(two, filled).area
        return ["land was lost or won"] if max(lost, won) > RELATIVE * one.area else []
    if len(rings[0]) != len(rings[1]):
        return [f"{len(rings[1]) - len(rings[0])} rings more in the outline"]
    vertices = [set(map(bytes, shapely.get_coordinates(union).view("V16").ravel())) for union in (one, two)]
    lost = len(vertices[0] - vertices[1])
    area = abs(one.area - two.area) / one.area
    # a vertex put into an edge turns it by rounding alone
    return ["the outer boundary moved"] if lost or area > RELATIVE else []


def _only_grew(change: Change, code: str) -> bool:
    old, new = change.before[code], change.after[code]
    points = [set(map(bytes, shapely.get_coordinates(shape).view("V16").ravel())) for shape in (old, new)]
    return points[0] < points[1] and abs(old.area - new.area) <= RELATIVE * old.area


def identical(one: Mapping[str, object], two: Mapping[str, object]) -> bool:
    """Byte for byte, cell for cell."""
    if set(one) != set(two):
        return False
    return all(
        one[code] is two[code] or shapely.to_wkb(one[code]) == shapely.to_wkb(two[code]) for code in one
    )


def sequence(start: Tessellation, editor: Editor, length: int) -> tuple[int, list[str]]:
    """Run edits until `length` were taken (or five times as many tried); return how many were, and every fault."""
    tess, changes, faults = start, [], []
    for _ in range(5 * length):
        change = editor.edit(tess)
        if change is None:
            continue
        after = tess.apply(change)
        faults += [f"{change.operation}: {fault}" for fault in broken(tess, after, change)]
        changes.append(change)
        tess = after
        if len(changes) == length or faults:
            break
    for change in reversed(changes):
        tess = tess.apply(change.undone())
    if not identical(tess.cells, start.cells):
        faults.append("undoing everything does not give back the start")
    return len(changes), faults
