"""Codes of the made-up district: division 99 does not exist, so nobody can take it for a real one."""

from __future__ import annotations

import numpy as np
import shapely
from shapely import Polygon

CITY, CITY_NAME = "990100000000", "示例市"
DISTRICT, DISTRICT_NAME = "990101000000", "示例市演示区"


def subdistrict_code(position: int) -> str:
    """12-digit code of a sub-district (街道) by its position."""
    return f"{DISTRICT[:6]}{position + 1:03d}000"


def reading_order(polygons: list[Polygon]) -> np.ndarray:
    """Positions in the order of numbering: in bands from north to south, in each band from west to east.

    A band is as high as a polygon is wide on average.
    """
    points = np.array([shapely.centroid(p).coords[0] for p in polygons])
    height = np.sqrt(np.mean([p.area for p in polygons]))
    band = np.floor((points[:, 1].max() - points[:, 1]) / height + 0.25)
    return np.lexsort((points[:, 0], band))


def numbered(polygons: list[Polygon], parent: np.ndarray) -> np.ndarray:
    """Number of each polygon within its parent, from 1, in reading order."""
    number = np.zeros(len(polygons), dtype=int)
    for one in np.unique(parent):
        own = np.flatnonzero(parent == one)
        order = reading_order([polygons[i] for i in own])
        number[own[order]] = np.arange(1, len(own) + 1)
    return number
