"""Faults of shape: rings, overlaps, gaps, misfits, slivers, parts, and what a parent shows (图形问题)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import Point
from shapely.geometry.base import BaseGeometry

from geo.boundaries.check.report import CheckRules, Finding, Measure

INSIDE = 0.99
"""A cell with this share of its area in another lies inside it."""


@dataclass(frozen=True, slots=True)
class Sound:
    """Cells made fit for measuring: ids, valid shapes in the cells' own coordinates, and who lacks an edge's twin."""

    ids: NDArray[np.object_]
    shapes: NDArray[np.object_]
    wrong: NDArray[np.object_]
    """Per cell the edges that do not fit (GEOS `coverage_invalid_edges`), empty where all do."""

    @classmethod
    def of(cls, ids: Sequence[str], shapes: NDArray[np.object_]) -> Sound:
        """Return the cells with a shape, invalid ones made valid for the further checks only."""
        names = np.array([*ids, None], dtype=object)[:-1]
        there = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
        names, kept = names[there], shapely.force_2d(shapes[there])
        broken = ~shapely.is_valid(kept)
        kept[broken] = shapely.make_valid(kept[broken], method="structure", keep_collapsed=False)
        # rings that fold wholly onto themselves leave nothing behind, or a line
        area = np.isin(shapely.get_type_id(kept), [3, 6]) & ~shapely.is_empty(kept)
        return cls(names[area], kept[area], shapely.coverage_invalid_edges(kept[area]))

    def union(self) -> BaseGeometry:
        """Return the land that any cell has."""
        fits = bool(shapely.is_empty(self.wrong).all())
        return shapely.coverage_union_all(self.shapes) if fits else shapely.union_all(self.shapes)


def ring_findings(ids: Sequence[str], shapes: NDArray[np.object_]) -> Iterator[Finding]:
    """Yield missing shapes and invalid rings, each with the place that GEOS names."""
    for at in np.flatnonzero(shapely.is_missing(shapes) | shapely.is_empty(shapes)).tolist():
        yield Finding("missing", (ids[at],), None, text="no shape")
    for at in np.flatnonzero(~shapely.is_missing(shapes) & ~shapely.is_valid(shapes)).tolist():
        reason = shapely.is_valid_reason(shapes[at])
        yield Finding(
            "invalid", (ids[at],), _place(reason, shapes[at]), fix="make_valid", safe=True, text=reason
        )


def _place(reason: str, shape: BaseGeometry) -> Point:
    if "[" in reason:
        x, y = reason[reason.rindex("[") + 1 : reason.rindex("]")].split()[:2]
        return Point(float(x), float(y))
    return Point(shapely.get_coordinates(shape)[0])


def fit_findings(sound: Sound, rules: CheckRules, measure: Measure) -> list[Finding]:
    """Return overlaps, gaps and misfits of cells with each other.

    Every overlap shows as edges that do not fit, so only pairs with one of these are intersected. A gap or a hole is a
    hole of the union, told apart by the rules. What does not fit without either is a misfit: borders that part by
    less than a double can hold as land, or at the outer boundary.
    """
    found = [*_overlaps(sound, rules, measure), *_holes(sound, rules, measure)]
    return found + list(_misfits(sound, found, measure))


def _overlaps(sound: Sound, rules: CheckRules, measure: Measure) -> Iterator[Finding]:
    bad = ~shapely.is_empty(sound.wrong)
    shapes = sound.shapes
    one, two = shapely.STRtree(shapes).query(shapes[bad], "intersects")
    one = np.flatnonzero(bad)[one]
    pairs = np.unique(np.sort(np.column_stack([one, two])[one != two], axis=1), axis=0)
    if not len(pairs):
        return
    common = shapely.intersection(shapes[pairs[:, 0]], shapes[pairs[:, 1]])
    parts, pair = shapely.get_parts(common, return_index=True)
    land = (shapely.get_type_id(parts) == 3) & (shapely.area(parts) > 0)
    nested = _nested(shapes, pairs, common)
    parts, pair = _polygons(parts[land], pair[land])
    areas, widths = (each.tolist() for each in measure.areas_widths(parts))
    for part, at, area, width in zip(parts, pair, areas, widths, strict=True):
        thin = area < rules.sliver_area_m2 or width < rules.sliver_width_m
        cells = tuple(str(code) for code in sound.ids[pairs[at]])
        if nested[at] >= 0:
            inner, outer = cells[:: 1 if nested[at] == 0 else -1]
            text = f"{inner} lies inside {outer}"
            yield Finding("inside", (inner, outer), part, area, width, fix="decide", text=text)
        else:
            text = "a sliver" if thin else "both have it"
            yield Finding(
                "overlap", cells, part, area, width, fix="give" if thin else "decide", safe=thin, text=text
            )


def _polygons(
    parts: NDArray[np.object_], of: NDArray[np.int64]
) -> tuple[NDArray[np.object_], NDArray[np.int64]]:
    """Return the parts that are more than nothing."""
    real = ~shapely.is_empty(parts)
    return parts[real], of[real]


def _nested(
    shapes: NDArray[np.object_], pairs: NDArray[np.int64], common: NDArray[np.object_]
) -> NDArray[np.int64]:
    """Return 0 or 1 where that one of a pair lies inside the other, else -1."""
    area = shapely.area(common)
    share = np.column_stack([area / shapely.area(shapes[pairs[:, side]]) for side in (0, 1)])
    return np.where(share.max(axis=1) >= INSIDE, share.argmax(axis=1), -1)


def _holes(sound: Sound, rules: CheckRules, measure: Measure) -> Iterator[Finding]:
    parts = shapely.get_parts(sound.union())
    rings, of = shapely.get_rings(parts, return_index=True)
    inner = np.r_[False, of[1:] == of[:-1]] if len(rings) else np.zeros(0, dtype=bool)
    holes = shapely.polygons(rings[inner])
    areas, widths = measure.areas_widths(holes)
    around = _around(sound, holes)
    for hole, area, width, cells in zip(holes, areas, widths, around, strict=True):
        thin = bool(area < rules.sliver_area_m2 or width < rules.sliver_width_m)
        yield Finding(
            "gap" if thin else "hole", cells, hole, float(area), float(width),
            fix="give" if thin else "decide", safe=thin,
            text="a sliver that no cell has" if thin else "no cell has it: a real hole, or land left out",
        )  # fmt: skip


def _around(sound: Sound, holes: NDArray[np.object_]) -> list[tuple[str, ...]]:
    """Return the cells round each hole."""
    if not len(holes):
        return []
    hole, cell = shapely.STRtree(sound.shapes).query(holes, "intersects")
    order = np.argsort(hole, kind="stable")
    ends = np.searchsorted(hole[order], np.arange(len(holes) + 1))
    return [tuple(str(code) for code in sound.ids[cell[order[i:j]]]) for i, j in pairwise(ends)]


def _misfits(sound: Sound, found: Sequence[Finding], measure: Measure) -> Iterator[Finding]:
    """Yield edges that do not fit and lie on no overlap or gap of those found."""
    bad = np.flatnonzero(~shapely.is_empty(sound.wrong))
    told = {code for finding in found for code in finding.cells if finding.kind != "hole"}
    rest = [at for at in bad if sound.ids[at] not in told]
    lengths = measure.lengths(sound.wrong[rest])
    for at, length in zip(rest, lengths, strict=True):
        yield Finding(
            "mismatch", (str(sound.ids[at]),), sound.wrong[at], length_m=float(length), fix="stitch", safe=True,
            text="its border and the neighbour's have different vertices",
        )  # fmt: skip


def part_findings(sound: Sound, rules: CheckRules, measure: Measure) -> Iterator[Finding]:
    """Yield cells of several parts, and cells and parts that are slivers."""
    count = shapely.get_num_geometries(sound.shapes)
    parts, of = shapely.get_parts(sound.shapes, return_index=True)
    areas, widths = measure.areas_widths(parts)
    thin = (areas < rules.sliver_area_m2) | (widths < rules.sliver_width_m)
    for at in np.flatnonzero(count > 1):
        mine = np.flatnonzero(of == at)
        least = mine[areas[mine].argmin()]
        small = bool(thin[least])
        yield Finding(
            "multi_part", (str(sound.ids[at]),), parts[least], float(areas[least]), float(widths[least]),
            fix="give" if small else "decide", text=f"{count[at]} parts; this is the least",
        )  # fmt: skip
    for at in np.flatnonzero(thin):
        cells = (str(sound.ids[of[at]]),)
        yield Finding(
            "sliver", cells, parts[at], float(areas[at]), float(widths[at]), fix="give", text="a sliver"
        )


def parent_findings(
    sound: Sound, parent: BaseGeometry, gaps: Sequence[BaseGeometry], rules: CheckRules, measure: Measure
) -> Iterator[Finding]:
    """Yield what lies beyond the parent, and what of the parent no cell has but for the gaps, which are told."""
    over = shapely.difference(sound.shapes, parent)
    parts, of = shapely.get_parts(over, return_index=True)
    land = (shapely.get_type_id(parts) == 3) & ~shapely.is_empty(parts)
    yield from _pieces("outside", parts[land], sound.ids[of[land]], rules, measure)
    free = shapely.get_parts(shapely.difference(parent, shapely.union_all([sound.union(), *gaps])))
    free = free[(shapely.get_type_id(free) == 3) & ~shapely.is_empty(free)]
    yield from _pieces("uncovered", free, None, rules, measure)


def _pieces(
    kind: str,
    parts: NDArray[np.object_],
    ids: NDArray[np.object_] | None,
    rules: CheckRules,
    measure: Measure,
) -> Iterator[Finding]:
    areas, widths = measure.areas_widths(parts)
    for at in np.flatnonzero(areas > rules.noise_m2):
        thin = areas[at] < rules.sliver_area_m2 or widths[at] < rules.sliver_width_m
        cells = () if ids is None else (str(ids[at]),)
        fix = "clip" if kind == "outside" else "give" if thin else "decide"
        text = "a sliver" if thin else "more than a sliver"
        yield Finding(kind, cells, parts[at], float(areas[at]), float(widths[at]), fix=fix, text=text)
