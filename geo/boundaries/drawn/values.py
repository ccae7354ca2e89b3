"""What a drawing of cells (出图) holds: plain values for tables, drawings and sheets.

Shapes are MultiPolygons in EPSG:4490 until `in_metres`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Literal

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import Transformer
from shapely.geometry.base import BaseGeometry

from geo.crs import CGCS2000, plane_zone

Fate = Literal["unchanged", "changed", "new"]


@dataclass(frozen=True, slots=True)
class Shown:
    """A cell to be drawn: what it says and what a plan does to it; a kind that is unknown is empty."""

    code: str
    name: str
    kind: str
    fate: Fate
    came_from: tuple[str, ...]
    shape: BaseGeometry


@dataclass(frozen=True, slots=True)
class DrawnCell(Shown):
    """The same with its parent's code and who lives there (None: unknown)."""

    parent: str
    buildings: int
    households: int | None
    households_unknown: int
    residents: int | None
    area_m2: float


@dataclass(frozen=True, slots=True)
class Around:
    """A road, a river, a railway, or the border of a region (kind "border")."""

    kind: str
    name: str
    shape: BaseGeometry


@dataclass(frozen=True, slots=True)
class Drawn:
    """A drawing: its cells by code, what lies around, and what is said about it. `draft`: not in force."""

    layer: str
    title: str
    area: str
    area_name: str
    draft: bool
    as_of: date
    cells: tuple[DrawnCell, ...]
    ended: tuple[str, ...]
    around: tuple[Around, ...]
    footprints: NDArray[np.object_]
    epsg: int = CGCS2000

    def in_metres(self) -> Drawn:
        """Return it in the 3° Gauss–Krüger zone of its middle: eastings without a zone number, metres."""
        west, _, east, _ = shapely.total_bounds([cell.shape for cell in self.cells]).tolist()
        zone = plane_zone((west + east) / 2)
        into = Transformer.from_crs(CGCS2000, zone, always_xy=True).transform
        cells = _moved([cell.shape for cell in self.cells], into)
        around = _moved([each.shape for each in self.around], into)
        return replace(
            self,
            epsg=zone,
            cells=tuple(replace(cell, shape=shape) for cell, shape in zip(self.cells, cells, strict=True)),
            around=tuple(replace(each, shape=shape) for each, shape in zip(self.around, around, strict=True)),
            footprints=_moved(self.footprints, into),
        )


def _moved(shapes: Any, into: Any) -> NDArray[np.object_]:
    """Shapes in another system; one and the same vertex always moves to one and the same place."""
    held = np.empty(len(shapes), dtype=object)
    held[:] = list(shapes)
    return np.asarray(shapely.transform(held, into, interleaved=False), dtype=object)
