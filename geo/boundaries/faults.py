"""What is wrong with the grids (网格问题): gaps, overlaps, buildings cut or in no grid, sizes outside the profile."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import shapely
from pydantic import BaseModel, ConfigDict
from shapely.geometry.base import BaseGeometry
from sqlalchemy.orm import Session

from geo.boundaries.homes import GEOD
from geo.store.sql import query


class GridRules(BaseModel):
    """The rules a grid is held against. Printed beside every count, since gaps and slivers are told apart by them."""

    model_config = ConfigDict(frozen=True)

    households: tuple[int, int] = (300, 500)
    """Standard profile of a basic grid; dedicated grids are exempt."""
    gap_area_m2: float = 0.5
    gap_width_m: float = 0.05
    building_tolerance_m2: float = 0.5


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault: what, where (lon, lat in degrees), how much, and whether it blocks publishing."""

    kind: str
    severity: str
    code: str
    place: tuple[float, float]
    detail: dict[str, Any]

    def as_json(self) -> dict[str, Any]:
        """Return plain JSON members."""
        return {
            "kind": self.kind,
            "severity": self.severity,
            "code": self.code,
            "place": [round(self.place[0], 8), round(self.place[1], 8)],
            **self.detail,
        }


def grid_faults(db: Session, prefix: str, as_of: date, rules: GridRules) -> list[Fault]:
    """Return every fault of the grids in an area, errors first, then by code."""
    faults = [
        *_building_faults(db, prefix, as_of, rules),
        *_tessellation_and_size(db, prefix, as_of, rules),
    ]
    return sorted(faults, key=lambda fault: (fault.severity, fault.kind, fault.code))


def _building_faults(db: Session, prefix: str, as_of: date, rules: GridRules) -> list[Fault]:
    values = {"prefix": prefix, "as_of": as_of, "tolerance": rules.building_tolerance_m2}
    rows = db.execute(query("geo.boundaries", "building_faults"), values).all()
    return [
        Fault(row.fault, "error", row.code, (row.lon, row.lat), {"grids": row.grids or []}) for row in rows
    ]


def _tessellation_and_size(db: Session, prefix: str, as_of: date, rules: GridRules) -> list[Fault]:
    values = {"prefix": prefix, "as_of": as_of}
    grids = db.execute(query("geo.boundaries", "grid_homes"), values).all()
    parents = db.execute(query("geo.boundaries", "region_shapes"), values).all()
    shapes = shapely.from_wkb([bytes(row.wkb) for row in grids])
    homes: dict[str, list[BaseGeometry]] = {row.neighbourhood: [] for row in grids} | {
        row.code: [] for row in parents
    }
    for row, shape in zip(grids, shapes, strict=True):
        homes[row.neighbourhood].append(shape)
    faults = [_size(row, shape, rules) for row, shape in zip(grids, shapes, strict=True)]
    found = [fault for fault in faults if fault is not None]
    outlines = shapely.from_wkb([bytes(row.wkb) for row in parents])
    for row, outline in zip(parents, outlines, strict=True):
        found += tessellation_faults(row.code, outline, np.array(homes[row.code], dtype=object), rules)
    return found


def _size(row: Any, shape: BaseGeometry, rules: GridRules) -> Fault | None:
    low, high = rules.households
    households = int(row.households or 0)
    # What nobody counted may be anything: too few can only be said when every building is known.
    if row.kind == "dedicated" or low <= households <= high or (households < low and row.unknown):
        return None
    place = shape.representative_point()
    kind = "too_few_households" if households < low else "too_many_households"
    detail = {"name": row.name, "households": households, "bounds": [low, high]}
    return Fault(kind, "warning", row.code, (place.x, place.y), detail)


def tessellation_faults(code: str, outline: BaseGeometry, cells: Any, rules: GridRules) -> list[Fault]:
    """Hold the grids of one neighbourhood against its outline: gaps, overlaps and what lies outside.

    Pure. Shapes in degrees (EPSG:4490). What is smaller than the rules' area or narrower than their width is a
    sliver and not reported.
    """
    if not len(cells):
        place = outline.representative_point()
        return [Fault("no_grids", "error", code, (place.x, place.y), {})]
    union = shapely.union_all(cells)
    found = _pieces("gap", code, shapely.difference(outline, union), rules)
    found += _pieces("outside", code, shapely.difference(union, outline), rules)
    tree = shapely.STRtree(cells)
    left, right = tree.query(cells, predicate="intersects")
    pairs = left < right
    for one, two in zip(cells[left[pairs]], cells[right[pairs]], strict=True):
        found += _pieces("overlap", code, shapely.intersection(one, two), rules)
    return found


def _pieces(kind: str, code: str, shape: BaseGeometry, rules: GridRules) -> list[Fault]:
    parts = [part for part in shapely.get_parts(shape) if part.geom_type == "Polygon" and not part.is_empty]
    found = []
    for part in parts:
        area, perimeter = (abs(value) for value in GEOD.geometry_area_perimeter(part))
        width = 2 * area / perimeter if perimeter else 0.0
        if area < rules.gap_area_m2 or width < rules.gap_width_m:
            continue
        place = part.representative_point()
        found.append(
            Fault(
                kind,
                "error",
                code,
                (place.x, place.y),
                {"area_m2": round(area, 2), "width_m": round(width, 3)},
            )
        )
    return found
