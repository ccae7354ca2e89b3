"""Who lives where (房屋与人口): buildings with their households, counted in bulk for any shapes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import Geod
from shapely import LineString, Polygon
from sqlalchemy.orm import Session

from geo.store.sql import query

GEOD = Geod(ellps="GRS80")
"""The ellipsoid of CGCS2000 (to a tenth of a millimetre)."""


@dataclass(frozen=True, slots=True)
class Homes:
    """Buildings as columns of equal length: codes, footprints and inner points (EPSG:4490), people (NaN = unknown)."""

    codes: NDArray[np.str_]
    footprints: NDArray[np.object_]
    points: NDArray[np.object_]
    households: NDArray[np.float64]
    residents: NDArray[np.float64]

    def at(self, places: NDArray[np.int64]) -> Homes:
        """Return some of the buildings, by their places in the columns."""
        people = self.households[places], self.residents[places]
        return Homes(self.codes[places], self.footprints[places], self.points[places], *people)

    def within(self, shape: Polygon) -> dict[str, float | int | None]:
        """Return area_m2 (geodesic), buildings, households and residents inside a shape, by inner point.

        `unknown` counts the buildings whose households nobody knows; they are in no sum.
        """
        inside = shapely.intersects(shape, self.points)
        return {
            "area_m2": round(abs(GEOD.geometry_area_perimeter(shape)[0]), 1),
            "buildings": int(inside.sum()),
            "households": _sum(self.households[inside]),
            "residents": _sum(self.residents[inside]),
            "unknown": int(np.isnan(self.households[inside]).sum()),
        }

    def crossed_by(self, line: LineString) -> list[tuple[str, tuple[float, float]]]:
        """Return code and place of every building whose inside a line runs through."""
        hit = np.flatnonzero(shapely.crosses(line, self.footprints))
        return [(str(self.codes[i]), (self.points[i].x, self.points[i].y)) for i in hit]


def homes_in(db: Session, shapes: Sequence[Polygon], as_of: date) -> Homes:
    """Load the buildings that touch the common box of the shapes."""
    west, south, east, north = shapely.total_bounds(list(shapes)).tolist()
    values = {"west": west, "south": south, "east": east, "north": north, "as_of": as_of}
    rows = db.execute(query("geo.boundaries", "homes_inside"), values).all()
    return Homes(
        np.array([row.code for row in rows], dtype=np.str_),
        shapely.from_wkb([bytes(row.wkb) for row in rows]),
        shapely.from_wkb([bytes(row.point) for row in rows]),
        _numbers([row.households for row in rows]),
        _numbers([row.residents for row in rows]),
    )


def _sum(values: NDArray[np.float64]) -> int | None:
    """Return the sum of what is known; None where there is something and all of it is unknown."""
    return None if values.size and np.isnan(values).all() else int(np.nansum(values))


def _numbers(values: Sequence[int | None]) -> NDArray[np.float64]:
    return np.array([np.nan if value is None else value for value in values], dtype=np.float64)
