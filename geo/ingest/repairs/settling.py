"""Fixes that need somebody's word (待定修复): an overlap or hole given away, an inner cell cut out, a rim cut off.

Pure: from cells and findings to cells.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from geo.boundaries.check import Checked, Finding
from geo.boundaries.repair import give

OFFERED: Final = {"overlap": "give", "hole": "give", "inside": "cut", "outside": "clip", "over_known": "cut"}
"""Kind of fault → the fix that an import may be told to do: the rest needs hands."""
NONE: Final = "none"
"""In place of kinds: not even the safe fixes."""


def settled(what: Checked, chosen: Sequence[Finding]) -> NDArray[np.object_]:
    """Return the cells after the fixes of some findings; cells that a fix would leave without land stay as they are.

    Land that two cells have, and holes, go to the cell with the longest border; a cell that lies inside another is cut
    out of it. `what` names its cells 0, 1, … in order.

    >>> cells = np.array([shapely.box(0, 0, 10, 10), shapely.box(2, 2, 4, 4)])
    >>> inner = Finding("inside", ("1", "0"), cells[1])
    >>> shapely.area(settled(Checked(["0", "1"], cells), [inner])).tolist()
    [96.0, 4.0]
    """
    shapes = what.shapes.copy()
    for one in chosen:
        if one.kind == "inside":
            inner, outer = (int(cell) for cell in one.cells)
            shapes[outer] = without(shapes[outer], shapes[inner])
    given = [one for one in chosen if OFFERED.get(one.kind) == "give"]
    return give(Checked(what.ids, shapes, what.plane), given) if given else shapes


def without(shape: BaseGeometry, other: BaseGeometry) -> BaseGeometry:
    """Return a shape less another one; as it is where nothing would be left."""
    return _land(shapely.difference(shape, other), shape)


def within(shape: BaseGeometry, outline: BaseGeometry) -> BaseGeometry:
    """Return what of a shape lies in an outline; as it is where nothing does."""
    return _land(shapely.intersection(shape, outline), shape)


def _land(cut: BaseGeometry, shape: BaseGeometry) -> BaseGeometry:
    parts = [part for part in shapely.get_parts(cut) if part.geom_type == "Polygon" and not part.is_empty]
    if not parts:
        return shape
    left: BaseGeometry = parts[0] if len(parts) == 1 else shapely.multipolygons(parts)
    return left if left.is_valid else shape
