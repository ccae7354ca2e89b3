"""What lies round the cells (周边): parents' outlines, buildings, roads, and free land at a parent's edge."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import Point, Polygon
from shapely.geometry.base import BaseGeometry
from sqlalchemy.orm import Session

from geo.boundaries import tessellation as ts
from geo.boundaries.plans.rows import Draft
from geo.boundaries.tessellation import Cell as Shape
from geo.boundaries.tessellation import Change, Refused, Tessellation, same
from geo.boundaries.tessellation.noding import into_edges
from geo.store.sql import query

NEW = "+1"


@dataclass(frozen=True, slots=True)
class Frame:
    """A parent of cells: its outline in degrees, EPSG:4490."""

    code: str
    name: str
    level: str
    shape: Shape


def frames(db: Session, draft: Draft, as_of: date, *, at: BaseGeometry | None = None) -> list[Frame]:
    """Return the parents of an area's cells by code: all, or those that a shape touches."""
    inside = draft.layer.parent_digits > 12
    values = {"prefix": draft.prefix, "as_of": as_of, "wkb": None if at is None else shapely.to_wkb(at)}
    rows = db.execute(query("geo.boundaries", "plan_communities" if inside else "plan_frames"), values).all()
    return [Frame(row.code, row.name, row.level, shapely.from_wkb(bytes(row.wkb))) for row in rows]


def parent_at(db: Session, draft: Draft, at: Point, as_of: date) -> Frame:
    """Return the parent at a place; raises Refused where there is none in the plan's area."""
    found = frames(db, draft, as_of, at=at)
    if not found:
        raise Refused("this lies beyond the plan's area", at, field="at")
    return found[0]


def footprint(db: Session, building: str, as_of: date) -> Polygon:
    """Return a building's footprint; raises Refused where there is none of that code."""
    found = db.execute(query("geo.boundaries", "plan_building"), {"code": building, "as_of": as_of}).first()
    if found is None:
        raise Refused(f"there is no building {building}", field="building")
    parts = shapely.get_parts(shapely.from_wkb(bytes(found.wkb)))
    return max(parts, key=lambda part: part.area)


def footprints(db: Session, near: BaseGeometry, as_of: date) -> NDArray[np.object_]:
    """Return the footprints that touch a shape's box."""
    return _shapes(db, "plan_footprints", near, as_of)


def targets(
    db: Session, draft: Draft, kinds: Sequence[str], shapes: Sequence[Shape], as_of: date
) -> list[BaseGeometry]:
    """Return the lines and outlines that borders may be snapped to, near some cells."""
    box = shapely.box(*shapely.total_bounds(list(shapes)))
    found: list[BaseGeometry] = []
    if "roads" in kinds:
        found += list(_shapes(db, "plan_roads", box, as_of))
    if "buildings" in kinds:
        found += list(footprints(db, box, as_of))
    if "parent" in kinds:
        found += [frame.shape for frame in frames(db, draft, as_of, at=box)]
    if not found:
        raise Refused("nothing to snap to is near", box, field="to")
    return found


def _shapes(db: Session, name: str, near: BaseGeometry, as_of: date) -> NDArray[np.object_]:
    west, south, east, north = near.bounds
    values = {"west": west, "south": south, "east": east, "north": north, "as_of": as_of}
    rows = db.execute(query("geo.boundaries", name), values).all()
    found: NDArray[Any] = shapely.from_wkb([bytes(row.wkb) for row in rows])
    return found


def filled_at_the_edge(tess: Tessellation, frame: Shape, at: Point, to: str | None, reach: float) -> Change:
    """Fill land of the parent at its border that no cell has; `to` takes it, or it becomes a new cell."""
    free = shapely.difference(frame, shapely.union_all(tess.shapes))
    piece = next((part for part in shapely.get_parts(free) if part.intersects(at)), None)
    if piece is None or piece.geom_type != "Polygon" or piece.interiors:
        raise Refused("there is no hole here", at, field="at")
    # where cells do not fit each other as yet, the land beside them would not be told from theirs
    noded = Tessellation(into_edges(tess.cells))
    drawn = ts.draw(noded, NEW, piece, over=False, outer=True, tolerance=reach)
    after = {code: shape for code, shape in noded.cells.items() if not same(shape, tess.cells[code])}
    after |= drawn.after
    if to is not None:
        after |= ts.give(noded.apply(drawn), NEW, to).after
        del after[NEW]
    before = {code: tess.cells.get(code) for code in after}
    return Change("fill", before, after, drawn.grown - {str(to)}, line=piece.boundary)


@dataclass(frozen=True, slots=True)
class Guides:
    """Lines that borders should follow: roads; rivers and railways."""

    roads: NDArray[np.object_]
    waters: NDArray[np.object_]

    @classmethod
    def none(cls) -> Guides:
        """Return no lines."""
        return cls(np.empty(0, dtype=object), np.empty(0, dtype=object))


def guides(db: Session, shapes: Sequence[Shape], as_of: date) -> Guides:
    """Return the lines near some shapes."""
    west, south, east, north = shapely.total_bounds(list(shapes)).tolist()
    values = {"west": west, "south": south, "east": east, "north": north, "as_of": as_of}
    rows = db.execute(query("geo.boundaries", "plan_roads"), values).all()
    found = np.array([*shapely.from_wkb([bytes(row.wkb) for row in rows]), None], dtype=object)[:-1]
    water = np.array([row.kind in ("river", "railway") for row in rows], dtype=bool)
    return Guides(found[~water], found[water])
