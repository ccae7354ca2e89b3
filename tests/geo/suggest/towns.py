"""Made-up neighbourhoods: streets round blocks, rows of houses in them."""

from __future__ import annotations

import numpy as np
import shapely
from shapely import LineString, box

from geo.suggest import Ground, ground


def town(
    columns: int = 3, rows: int = 2, *, seed: int = 1, wide: float = 200.0, homes: tuple[int, int] = (20, 60)
) -> Ground:
    """Blocks of nine houses each between streets; households are drawn at random."""
    rng = np.random.default_rng(seed)
    houses = [
        box(x, y, x + 30, y + 12)
        for column in range(columns)
        for row in range(rows)
        for x in column * wide + 20 + 60 * np.arange(3)
        for y in row * wide + 25 + 60 * np.arange(3)
    ]
    east, north = columns * wide, rows * wide
    streets = [LineString([(wide * i, -5), (wide * i, north + 5)]) for i in range(1, columns)]
    streets += [LineString([(-5, wide * i), (east + 5, wide * i)]) for i in range(1, rows)]
    return ground(box(0, 0, east, north), houses, rng.integers(*homes, len(houses)), roads=streets)


def wild(seed: int, count: int = 40) -> Ground:
    """Turned houses strewn over an irregular area, some touching, with a bent road and a stream."""
    rng = np.random.default_rng(seed)
    area = shapely.convex_hull(shapely.multipoints(rng.uniform(0, 600, (12, 2)))).buffer(60, quad_segs=3)
    middles = rng.uniform(0, 600, (count, 2))
    houses = [
        shapely.affinity.rotate(box(x - 12, y - 6, x + 12, y + 6), rng.uniform(0, 180)) for x, y in middles
    ]
    houses = [house for house in houses if area.contains(house)]
    road = LineString([(-50, 200), (250, 330), (700, 300)])
    stream = LineString([(320, -50), (300, 250), (420, 700)])
    return ground(area, houses, rng.integers(5, 60, len(houses)), roads=[road], waters=[stream])
