"""Faults of content: buildings cut or in no cell, and sizes outside the profile (房屋与规模)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import shapely
from numpy.typing import NDArray

from geo.boundaries.check.report import CheckRules, Finding, Measure
from geo.boundaries.check.shapes import Sound


def building_findings(
    sound: Sound, buildings: NDArray[np.object_], names: Sequence[str], rules: CheckRules, measure: Measure
) -> Iterator[Finding]:
    """Yield buildings with more than the tolerance in a second cell, and those with more than it in none."""
    there = np.flatnonzero(~(shapely.is_missing(buildings) | shapely.is_empty(buildings)))
    shapes = buildings[there]
    broken = ~shapely.is_valid(shapes)
    shapes[broken] = shapely.make_valid(shapes[broken], method="structure", keep_collapsed=False)
    tree = shapely.STRtree(sound.shapes)
    cell_of, _ = tree.query(shapes, "within")
    open_ones = np.setdiff1d(np.arange(len(shapes)), cell_of)
    at, cell = tree.query(shapes[open_ones], "intersects")
    common = shapely.intersection(shapes[open_ones][at], sound.shapes[cell])
    areas, _ = measure.areas_widths(common)
    whole, _ = measure.areas_widths(shapes[open_ones])
    # a point has no area: it is in a cell where it touches one; of a shed below the tolerance most has to be
    least_area = np.minimum(rules.building_tolerance_m2, 0.4 * whole[at])
    counted = (areas > least_area) | (whole[at] == 0)
    for i, index in enumerate(open_ones):
        mine = np.flatnonzero(counted & (at == i))
        name = names[there[index]]
        inside = tuple(str(code) for code in sound.ids[cell[mine]])
        if len(mine) > 1 and whole[i] > 0:
            least = float(np.sort(areas[mine])[:-1].sum())
            text = f"building {name}: {least:.1f} m² of {whole[i]:.1f} m² in a second cell"
            yield Finding("building_cut", inside, shapes[index], float(whole[i]), fix="rehome", text=text)
        elif not len(mine):
            text = f"building {name}"
            yield Finding("building_out", (), shapes[index], float(whole[i]), fix="decide", text=text)


def households_of(
    sound: Sound, buildings: NDArray[np.object_], households: NDArray[np.float64]
) -> dict[str, float]:
    """Return the households of each cell by its buildings' inner points; cells with an unknown building are left out.

    Unknown is not zero: too few could not be said of them.
    """
    there = ~(shapely.is_missing(buildings) | shapely.is_empty(buildings))
    points = shapely.point_on_surface(buildings[there])
    point, cell = shapely.STRtree(sound.shapes).query(points, "intersects")
    first = np.unique(point, return_index=True)[1]
    total = np.bincount(cell[first], weights=households[there][point[first]], minlength=len(sound.ids))
    return {str(code): float(n) for code, n in zip(sound.ids, total, strict=True) if not np.isnan(n)}


def size_findings(
    sound: Sound, households: dict[str, float], kinds: dict[str, str], rules: CheckRules
) -> Iterator[Finding]:
    """Yield cells outside the profile of their kind; a cell whose households nobody knows is none of them."""
    for code, shape in zip(sound.ids, sound.shapes, strict=True):
        limits = rules.profiles.get(kinds.get(code, ""), rules.households)
        count = households.get(code)
        if limits is None or count is None or np.isnan(count) or limits[0] <= count <= limits[1]:
            continue
        few = count < limits[0]
        kind, fix = ("too_few_households", "merge") if few else ("too_many_households", "split")
        text = f"{count:g} households, profile {limits[0]:g}–{limits[1]:g}"
        yield Finding(kind, (str(code),), shape.representative_point(), fix=fix, text=text)
