"""Repair (修复): the safe fixes of a check done, the rest left as it is and listed.

Three steps, each on the cells at fault alone; a cell without a fault keeps every byte.

1. Invalid rings are made valid (GEOS `make_valid`, by structure).
2. Borders are stitched: vertices nearer than the rules' sliver width become one, and a vertex that near to an edge that
   fits nothing goes into it. Borders that were drawn twice become one border.
3. What is still a sliver, a gap or an overlap below the rules' area or width, goes to the cell that it has the longest
   border with. A larger one stays: whose it is, is somebody's decision (GEOS `coverage_clean` would give it away).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import Polygon
from shapely.errors import GEOSException
from shapely.geometry.base import BaseGeometry

from geo.boundaries.check import Checked, CheckRules, Finding, Report, check
from geo.boundaries.check.report import Measure
from geo.boundaries.tessellation.moving import substituted
from geo.boundaries.tessellation.noding import into_edges
from geo.boundaries.tessellation.segments import Cell, Segments, areas, as_cell, faces, keys

PASSES = 4
"""Rounds of stitching: each brings borders together that the one before could not without folding a cell."""


@dataclass(frozen=True, slots=True)
class Mended:
    """One cell that changed: what was done, and the land it won (+) or lost, in m²."""

    cell: str
    done: tuple[str, ...]
    area_m2: float


@dataclass(frozen=True, slots=True)
class Repaired:
    """The shapes after the repair in the order they came, what changed, and the findings that are left."""

    shapes: NDArray[np.object_]
    mended: tuple[Mended, ...]
    before: Report
    left: Report


def repair(what: Checked, rules: CheckRules | None = None) -> Repaired:
    """Do the safe fixes. Returns what was done, and what a second check still finds.

    >>> cells = np.array([shapely.box(0, 0, 10, 10), shapely.box(10.01, 0, 20, 10)])
    >>> made = repair(Checked(["a", "b"], cells))
    >>> [one.cell for one in made.mended], made.left.counts(), float(sum(shapely.area(made.shapes)))
    (['b'], {}, 200.0)
    """
    rules = rules or CheckRules()
    before = check(what, rules)
    shapes, done = what.shapes.copy(), _Log({})
    measure = Measure(what.plane)
    _made_valid(shapes, what.ids, done)
    there = np.flatnonzero(~(shapely.is_missing(shapes) | shapely.is_empty(shapes)))
    reach = _in_units(shapes[there], rules.sliver_width_m, measure)
    cells = {str(row): shapes[row] for row in there.tolist()}
    cells = _stitched(cells, reach, done)
    cells = _handed_out(cells, _slivers(cells, rules, measure), done)
    for row in there:
        shapes[row] = cells[str(row)]
    after = check(replace(what, shapes=shapes), rules)
    return Repaired(shapes, _mended(what, shapes, done, measure), before, after)


@dataclass(frozen=True, slots=True)
class _Log:
    """What was done, by row."""

    done: dict[str, list[str]]

    def add(self, row: str, text: str) -> None:
        if text not in self.done.setdefault(row, []):
            self.done[row].append(text)


def _mended(what: Checked, shapes: NDArray[np.object_], log: _Log, measure: Measure) -> tuple[Mended, ...]:
    rows = sorted(int(row) for row in log.done)
    old = shapely.make_valid(what.shapes[rows], method="structure")
    won = measure.areas_widths(shapes[rows])[0] - measure.areas_widths(old)[0]
    return tuple(
        Mended(what.ids[row], tuple(log.done[str(row)]), float(area))
        for row, area in zip(rows, won, strict=True)
    )


def _made_valid(shapes: NDArray[np.object_], ids: Sequence[str], log: _Log) -> None:
    for row in np.flatnonzero(~shapely.is_missing(shapes) & ~shapely.is_valid(shapes)):
        made = shapely.make_valid(shapes[row], method="structure", keep_collapsed=False)
        if shapely.get_type_id(made) in (3, 6) and not made.is_empty:
            shapes[row] = made
            log.add(str(row), "made valid")


def _in_units(shapes: NDArray[np.object_], metres: float, measure: Measure) -> float:
    """Return a length in the units of the coordinates, no longer than so many metres in any direction."""
    if not len(shapes):
        return 0.0
    west, south, east, north = shapely.total_bounds(shapes)
    here = np.array([(west + east) / 2, (south + north) / 2])
    step = max(east - west, north - south) * 1e-3 or 1.0
    flat = measure.plane(here + np.array([[0, 0], [step, 0], [0, step]]))
    longest = max(float(np.hypot(*(flat[i] - flat[0]))) for i in (1, 2)) / step
    return metres / longest


# ---- stitching --------------------------------------------------------------------------------------------


def _stitched(cells: dict[str, Cell], reach: float, log: _Log) -> dict[str, Cell]:
    """Bring borders together that are nearer than `reach`; a cell that this would fold stays as it is."""
    for _ in range(PASSES):
        near = _misfits(cells, reach)
        if not near:
            break
        wanted = {code: cells[code] for code in near}
        fresh = into_edges(_joined(wanted, reach), reach)
        changed = {code: _plain(shape) for code, shape in fresh.items() if shape is not cells[code]}
        folded = {code for code, shape in changed.items() if not _sound(cells[code], shape)}
        good = {code: shape for code, shape in changed.items() if code not in folded}
        if not good:
            break
        for code in good:
            log.add(code, "stitched")
        cells = {**cells, **good}
    return cells


def _misfits(cells: Mapping[str, Cell], reach: float) -> list[str]:
    """Return the cells at edges that fit nothing, or that run less than `reach` beside another."""
    codes, shapes = _columns(cells)
    wrong = shapely.coverage_invalid_edges(shapes, gap_width=reach)
    bad = wrong[~shapely.is_empty(wrong)]
    if not len(bad):
        return []
    parts = shapely.get_parts(bad)
    found = np.unique(shapely.STRtree(shapes).query(parts, "dwithin", distance=reach)[1])
    return [codes[i] for i in found]


def _columns(cells: Mapping[str, Cell]) -> tuple[list[str], NDArray[np.object_]]:
    return list(cells), np.array([*cells.values(), None], dtype=object)[:-1]


def _joined(cells: dict[str, Cell], reach: float) -> dict[str, Cell]:
    """Make vertices within `reach` of each other one, where at least one of them is on an edge without a twin.

    The one that more borders have stays; on a tie the first by x, then y. A vertex goes to one that stays itself, so
    nothing moves by more than `reach`.
    """
    codes, shapes = _columns(cells)
    segments = Segments.of(codes, list(shapes))
    points, degree = segments.degrees()
    free = segments.boundary()
    loose = np.isin(keys(points), keys(np.vstack([free.a, free.b])))
    one, two = shapely.STRtree(shapely.points(points)).query(
        shapely.points(points[loose]), "dwithin", distance=reach
    )
    one = np.flatnonzero(loose)[one]
    pairs = np.unique(np.sort(np.column_stack([one, two])[one != two], axis=1), axis=0)
    rank = np.empty(len(points), dtype=np.int64)
    rank[np.lexsort((points[:, 1], points[:, 0], -degree, loose))] = np.arange(len(points))
    goes_to = _settled(pairs, rank)
    old = np.array(sorted(goes_to), dtype=np.int64)
    if not len(old):
        return cells
    new = points[[goes_to[i] for i in old.tolist()]]
    return {code: substituted(cell, points[old], new) or cell for code, cell in cells.items()}


def _settled(pairs: NDArray[np.int64], rank: NDArray[np.int64]) -> dict[int, int]:
    """Return which vertex goes to which: in order of rank, a vertex that has not moved draws those near it."""
    near: dict[int, list[int]] = {}
    for one, two in pairs.tolist():
        near.setdefault(one, []).append(two)
        near.setdefault(two, []).append(one)
    goes: dict[int, int] = {}
    for vertex in sorted(near, key=lambda i: rank[i]):
        if vertex not in goes:
            goes |= {
                other: vertex for other in near[vertex] if other not in goes and rank[other] > rank[vertex]
            }
    return goes


def _plain(cell: Cell) -> Cell:
    """Return a cell without the repeated points that joining vertices left; empty where a ring came to nothing."""
    try:
        found: Cell = shapely.remove_repeated_points(cell, 0.0)
    except GEOSException:  # fewer than three different points are no ring
        return Polygon()
    return found


def _sound(old: Cell, new: Cell) -> bool:
    return bool(
        not new.is_empty
        and shapely.is_valid(new)
        and shapely.get_num_geometries(old) == shapely.get_num_geometries(new)
    )


# ---- handing out slivers ----------------------------------------------------------------------------------


def give(what: Checked, chosen: Sequence[Finding]) -> NDArray[np.object_]:
    """Return the cells after the land of some findings went to the cell that it has the longest border with.

    Somebody decided so: nothing is asked of its size. `chosen` are overlaps and holes, of cells that `what` names 0, 1,
    … in order. A cell that would be left without land stays as it is.

    >>> cells = np.array([shapely.box(0, 0, 10, 10), shapely.box(9, 0, 20, 10)])
    >>> what = Checked(["0", "1"], cells)
    >>> shapely.area(give(what, check(what).findings)).sum()
    200.0
    """
    shapes = what.shapes.copy()
    there = np.flatnonzero(~(shapely.is_missing(shapes) | shapely.is_empty(shapes)))
    cells = {str(row): shapes[row] for row in there.tolist()}
    for code, shape in _handed_out(cells, chosen, _Log({})).items():
        shapes[int(code)] = shape
    return shapes


def _slivers(cells: dict[str, Cell], rules: CheckRules, measure: Measure) -> list[Finding]:
    codes, shapes = _columns(cells)
    what = Checked(codes, shapes, measure.plane)
    return [one for one in check(what, rules).findings if one.safe and one.kind in ("gap", "overlap")]


def _handed_out(cells: dict[str, Cell], slivers: Sequence[Finding], log: _Log) -> dict[str, Cell]:
    """Give each sliver to one cell."""
    if not slivers:
        return cells
    at_fault = sorted({code for one in slivers for code in one.cells}, key=int)
    mine = {code: cells[code] for code in at_fault}
    fresh = _given(mine, slivers)
    changed = {code: shape for code, shape in fresh.items() if shape is not None and shape is not cells[code]}
    changed = {code: shape for code, shape in changed.items() if shapely.is_valid(shape)}
    for code in changed:
        log.add(code, "sliver given or taken")
    cells = {**cells, **changed}
    around = _misfits(cells, 0.0)
    noded = into_edges({code: cells[code] for code in around})
    for code, shape in noded.items():
        if shape is not cells[code]:
            log.add(code, "gained a vertex")
    return {**cells, **noded}


def _given(cells: dict[str, Cell], slivers: Sequence[Finding]) -> dict[str, Cell | None]:
    """Cut the cells at fault into faces along all their borders, and give each face of a sliver to one cell."""
    codes, shapes = _columns(cells)
    noded = shapely.get_parts(shapely.union_all(shapely.boundary(shapes)))
    points, of = shapely.get_coordinates(noded, return_index=True)
    at = np.flatnonzero(of[1:] == of[:-1])
    found = faces(points[at], points[at + 1])
    has = _owners(found, shapes)
    rings = Segments.of([str(i) for i in range(len(found))], list(found))
    thin = _inside_any(found, [one.shape for one in slivers])
    across = rings.across()
    changed: set[int] = set()
    for face in np.flatnonzero(thin & (np.array([len(each) for each in has]) != 1)).tolist():
        winner = _longest(face, rings, across, has)
        if winner is not None:
            changed |= {winner, *has[face]}
            has[face] = {winner}
    made: dict[str, Cell | None] = {code: cells[code] for code in codes}
    for i in changed:
        mine = np.array([i in owners for owners in has])
        made[codes[i]] = as_cell(areas(rings.pick(mine[rings.owner]).boundary()))
    return made


def _owners(found: NDArray[np.object_], shapes: NDArray[np.object_]) -> list[set[int]]:
    face, cell = shapely.STRtree(shapes).query(shapely.point_on_surface(found), "intersects")
    has: list[set[int]] = [set() for _ in found]
    for one, owner in zip(face.tolist(), cell.tolist(), strict=True):
        has[one].add(owner)
    return has


def _inside_any(found: NDArray[np.object_], slivers: Sequence[BaseGeometry | None]) -> NDArray[np.bool_]:
    """Return which faces are those of the slivers: as large in all and a point inside."""
    wanted = np.array([*slivers, None], dtype=object)[:-1]
    face, sliver = shapely.STRtree(wanted).query(shapely.point_on_surface(found), "intersects")
    small = shapely.area(found[face]) <= shapely.area(wanted[sliver]) * (1 + 1e-6)
    inside = np.zeros(len(found), dtype=bool)
    inside[face[small]] = True
    return inside


def _longest(face: int, rings: Segments, across: NDArray[np.int64], has: Sequence[set[int]]) -> int | None:
    """Return the cell with the longest border with a face; of an overlap one of those that have it."""
    mine = (rings.owner == face) & (across >= 0)
    lengths = np.hypot(*(rings.a[mine] - rings.b[mine]).T)
    total: dict[int, float] = {}
    for other, length in zip(across[mine].tolist(), lengths.tolist(), strict=True):
        for owner in has[other] if not has[face] else has[other] & has[face]:
            total[owner] = total.get(owner, 0.0) + length
    return max(total, key=lambda owner: (total[owner], -owner)) if total else min(has[face], default=None)
