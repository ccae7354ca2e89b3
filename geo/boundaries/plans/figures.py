"""Figures of cells (户数、人口、面积): a building counts where its inner point lies; what is unknown stays unknown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from geo.boundaries.homes import GEOD, Homes, homes_in
from geo.boundaries.plans.cells import Cell

Figures = dict[str, float | int | None]


@dataclass(frozen=True, slots=True)
class Counted:
    """Buildings of some cells' common box, and the cells' figures."""

    homes: Homes
    figures: Mapping[str, Figures]


def near(
    db: Session, cells: Mapping[str, Cell | None], more: Mapping[str, Cell | None], as_of: date
) -> Homes:
    """Load the buildings that touch the common box of cells."""
    shapes = [cell.shape for cell in (*cells.values(), *more.values()) if cell is not None]
    return homes_in(db, shapes, as_of)


def counted(cells: Mapping[str, Cell], homes: Homes) -> dict[str, Figures]:
    """Return the figures of cells by code; `homes` has to hold every building inside them."""
    codes = list(cells)
    shapes = np.array([*(cells[code].shape for code in codes), None], dtype=object)[:-1]
    if not codes:
        return {}
    point, cell = shapely.STRtree(shapes).query(homes.points, "intersects")
    # a point on a border counts once, in the first
    first = np.unique(point, return_index=True)[1]
    point, cell = point[first], cell[first]
    buildings = np.bincount(cell, minlength=len(codes))
    sums = [_sums(cell, values[point], len(codes)) for values in (homes.households, homes.residents)]
    unknown = np.bincount(cell, weights=np.isnan(homes.households[point]), minlength=len(codes))
    return {
        code: {
            "households": sums[0][i], "residents": sums[1][i], "buildings": int(buildings[i]),
            "unknown": int(unknown[i]), "area_m2": area_m2(shapes[i]),
        }
        for i, code in enumerate(codes)
    }  # fmt: skip


def area_m2(shape: Any) -> float:
    """Return the geodesic area on the ellipsoid of CGCS2000, to a tenth of a square metre."""
    return round(abs(GEOD.geometry_area_perimeter(shape)[0]), 1)


def _sums(of: NDArray[np.int64], values: NDArray[np.float64], count: int) -> list[int | None]:
    """Return sums of what is known; None where there is something and all of it is unknown."""
    known = ~np.isnan(values)
    total = np.bincount(of, weights=np.where(known, values, 0.0), minlength=count)
    some = np.bincount(of, weights=known, minlength=count)
    there = np.bincount(of, minlength=count)
    return [None if there[i] and not some[i] else int(total[i]) for i in range(count)]
