"""Metres for degrees near a place (局部平面): straight lines stay straight, as borders are stored."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from geo.boundaries.check.report import Plane

MAJOR, FLATTENING = 6_378_137.0, 1 / 298.257222101
"""The ellipsoid of CGCS2000 (GB 22021-2008)."""


@dataclass(frozen=True, slots=True)
class Local:
    """Degrees to metres round `middle` (lon, lat), and back: one scale each."""

    middle: NDArray[np.float64]
    scale: NDArray[np.float64]

    def flat(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return points (n, 2) in metres."""
        made: NDArray[np.float64] = (points - self.middle) * self.scale
        return made

    def back(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return points (n, 2) in degrees; what `flat` made comes back to within its rounding."""
        made: NDArray[np.float64] = points / self.scale + self.middle
        return made


def local(shapes: Iterable[Any]) -> Local:
    """Return the plane in the middle of some shapes.

    No map projection: it would bend an edge that is straight in degrees (12 mm in the middle of a kilometre), and a
    vertex put into that edge would look like a sliver. Scales are true to 2 in 10⁴ for 2 km to the north or south.
    """
    west, south, east, north = shapely.total_bounds(np.array([*shapes, None], dtype=object)[:-1])
    middle = np.array([(west + east) / 2, (south + north) / 2])
    return Local(middle, np.array(_metres_a_degree(middle[1])))


def plane_of(shapes: Iterable[Any]) -> Plane:
    """Return what brings degrees (lon, lat) round some shapes into metres."""
    return local(shapes).flat


def _metres_a_degree(latitude: float) -> tuple[float, float]:
    """Return the length of a degree of longitude and of latitude: radii of the prime vertical and of the meridian."""
    squared = FLATTENING * (2 - FLATTENING)
    sine, cosine = np.sin(np.radians(latitude)), np.cos(np.radians(latitude))
    across = MAJOR / np.sqrt(1 - squared * sine**2)
    along = MAJOR * (1 - squared) / (1 - squared * sine**2) ** 1.5
    return float(np.radians(across * cosine)), float(np.radians(along))
