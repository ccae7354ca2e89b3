"""A plan (方案) as it goes out of the house: its cells as drafted."""

from __future__ import annotations

from datetime import date

import shapely
from shapely import MultiPolygon
from sqlalchemy.orm import Session

from geo.boundaries.drawn.area import draw
from geo.boundaries.drawn.values import Drawn, Fate, Shown
from geo.boundaries.plans import cells, drafted


def drawn_plan(db: Session, plan: int, as_of: date) -> Drawn:
    """Return a plan as drafted. Raises NotFound for a plan of another area, Conflict for one without a cell."""
    draft, found = drafted(db, plan)
    shown = [
        Shown(cell.code, cell.name, cell.kind or "", _fate(cell), cell.came_from, _whole(cell.shape))
        for cell in found.values()
        if cell.code.startswith(draft.prefix)
    ]
    row, ended = draft.row, tuple(cells.ended(db, draft))
    in_force = row.state == "published"
    return draw(db, draft.layer.name, row.area, row.title, shown, as_of, draft=not in_force, ended=ended)


def _fate(cell: cells.Cell) -> Fate:
    if cell.is_new:
        return "new"
    return "changed" if cell.is_changed else "unchanged"


def _whole(shape: cells.Shape) -> MultiPolygon:
    """A shape as layers have it, exterior rings counter-clockwise."""
    return shapely.orient_polygons(shape if isinstance(shape, MultiPolygon) else MultiPolygon([shape]))
