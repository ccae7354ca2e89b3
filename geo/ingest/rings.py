"""How polygons are stored: their rings turn one way."""

from __future__ import annotations

import numpy as np
import shapely

POLYGON, MULTIPOLYGON = 3, 6


def oriented(shapes: np.ndarray, as_multi: bool = True) -> np.ndarray:
    """Return shapes with counter-clockwise exteriors (RFC 7946); polygons as MultiPolygon where the table wants it."""
    turned = np.asarray(shapely.orient_polygons(shapes, exterior_cw=False))
    if as_multi:
        single = np.flatnonzero(shapely.get_type_id(turned) == POLYGON)
        if len(single):
            turned[single] = shapely.multipolygons(turned[single], indices=np.arange(len(single)))
    return turned
