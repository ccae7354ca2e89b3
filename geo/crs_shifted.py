"""Coordinates shifted on purpose (加偏坐标): GCJ-02 of the map apps and BD-09 of one of them, and back again.

Neither has an EPSG code or an official inverse. The forward formulas are those in general use (a sum of sines on
Krasovsky's ellipsoid); they are inverted by fixed-point steps, which gain two digits each: after five the rest is
under a micrometre. All arrays are (n, 2), longitude and latitude in degrees. Outside the mainland's box (72.004 to
137.8347 E, 0.8293 to 55.8271 N) nothing is shifted.

    >>> import numpy as np
    >>> there = np.array([[117.3, 31.86]])
    >>> shifted = wgs_to_gcj(there)
    >>> bool(abs(shifted - there).max() > 0.004), bool(abs(gcj_to_wgs(shifted) - there).max() < 1e-11)
    (True, True)
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

_AXIS: Final = 6378245.0
"""Krasovsky's semi-major axis in metres, which the shift uses whatever the datum."""
_ECCENTRICITY: Final = 0.00669342162296594323
_STEPS: Final = 8
_BOX: Final = (72.004, 0.8293, 137.8347, 55.8271)
_BD: Final = np.pi * 3000.0 / 180.0


def wgs_to_gcj(points: np.ndarray) -> np.ndarray:
    """Shift WGS 84 to GCJ-02."""
    lon, lat = points[:, 0], points[:, 1]
    x, y = lon - 105.0, lat - 35.0
    root = np.sqrt(np.abs(x))
    short = (20.0 * np.sin(6.0 * np.pi * x) + 20.0 * np.sin(2.0 * np.pi * x)) * 2.0 / 3.0
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + short
    north += (20.0 * np.sin(np.pi * y) + 40.0 * np.sin(np.pi / 3.0 * y)) * 2.0 / 3.0
    north += (160.0 * np.sin(np.pi / 12.0 * y) + 320.0 * np.sin(np.pi * y / 30.0)) * 2.0 / 3.0
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + short
    east += (20.0 * np.sin(np.pi * x) + 40.0 * np.sin(np.pi / 3.0 * x)) * 2.0 / 3.0
    east += (150.0 * np.sin(np.pi / 12.0 * x) + 300.0 * np.sin(np.pi / 30.0 * x)) * 2.0 / 3.0
    angle = np.radians(lat)
    magic = 1.0 - _ECCENTRICITY * np.sin(angle) ** 2
    lat_degree = np.pi / 180.0 * _AXIS * (1.0 - _ECCENTRICITY) / (magic * np.sqrt(magic))
    lon_degree = np.pi / 180.0 * _AXIS / np.sqrt(magic) * np.cos(angle)
    west, south, edge, top = _BOX
    shifted = (lon >= west) & (lon <= edge) & (lat >= south) & (lat <= top)
    return points + np.where(shifted[:, None], np.column_stack([east / lon_degree, north / lat_degree]), 0.0)


def gcj_to_bd(points: np.ndarray) -> np.ndarray:
    """Shift GCJ-02 to BD-09."""
    lon, lat = points[:, 0], points[:, 1]
    radius = np.hypot(lon, lat) + 0.00002 * np.sin(lat * _BD)
    angle = np.arctan2(lat, lon) + 0.000003 * np.cos(lon * _BD)
    return np.column_stack([radius * np.cos(angle) + 0.0065, radius * np.sin(angle) + 0.006])


def gcj_to_wgs(points: np.ndarray) -> np.ndarray:
    """Return WGS 84 of GCJ-02."""
    return _inverse(points, wgs_to_gcj)


def bd_to_wgs(points: np.ndarray) -> np.ndarray:
    """Return WGS 84 of BD-09."""
    return _inverse(_inverse(points, gcj_to_bd), wgs_to_gcj)


def _inverse(points: np.ndarray, forward: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    found = points.astype(np.float64, copy=True)
    for _ in range(_STEPS):
        found += points - forward(found)
    return found
