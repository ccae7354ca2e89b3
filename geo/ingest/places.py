"""A point in each shape (位置), worked out when it is first asked for: most rows are never named."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import shapely

from geo.ingest.reasons import Place


class Places:
    """Points by position: those that were set, and those of the shapes once they lie in longitude and latitude."""

    def __init__(self) -> None:
        self._known: dict[int, Place] = {}
        self._shapes: np.ndarray | None = None

    def lie_in(self, shapes: np.ndarray) -> None:
        """Take points in these shapes from now on; what was set before lay in other coordinates."""
        self._known.clear()
        self._shapes = shapes

    def __setitem__(self, position: int, place: Place) -> None:
        self._known[position] = place

    def __contains__(self, position: int) -> bool:
        return self.get(position) is not None

    def get(self, position: int) -> Place | None:
        """Return the point of a row, None where it has no shape."""
        if position not in self._known:
            self.find([position])
        return self._known.get(position)

    def find(self, positions: Sequence[int]) -> None:
        """Work out many at once: a point in a shape, the first corner of a broken one."""
        wanted = np.array([p for p in positions if p not in self._known], dtype=int)
        if self._shapes is None or not len(wanted):
            return
        shapes = self._shapes[wanted]
        there = ~shapely.is_missing(shapes) & ~shapely.is_empty(shapes)
        shapes, wanted = shapes[there], wanted[there]
        sound = np.where(shapely.is_valid(shapes), shapes, None)
        points = shapely.point_on_surface(sound)
        xy = np.column_stack([shapely.get_x(points), shapely.get_y(points)])
        for row in np.flatnonzero(~np.isfinite(xy).all(axis=1)):
            xy[row] = shapely.get_coordinates(shapes[row])[0]
        finite = np.isfinite(xy).all(axis=1)
        for position, (x, y) in zip(wanted[finite].tolist(), np.round(xy[finite], 8).tolist(), strict=True):
            self._known[position] = (x, y)
