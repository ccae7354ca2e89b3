"""Which tile holds a place."""

from __future__ import annotations

import math

from geo.tiles import Place


def around(lon: float, lat: float, zoom: int) -> Place:
    """The tile of a zoom that holds a place in degrees."""
    across = (lon + 180) / 360
    down = (1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2
    return Place(zoom, int(across * 2**zoom), int(down * 2**zoom))
