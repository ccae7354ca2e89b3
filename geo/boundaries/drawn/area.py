"""An area as it goes out of the house (出图): the cells of a date or a plan with figures, and what lies around."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from datetime import date
from typing import Final

import numpy as np
import shapely
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from geo.boundaries.codes import region_prefix
from geo.boundaries.drawn.values import Around, Drawn, DrawnCell, Shown
from geo.boundaries.homes import Homes, homes_in
from geo.errors import Conflict, NotFound
from geo.store.sql import query

MOST: Final = 2000
"""Cells of one drawing; more are no sheet that a person reads."""
_HOLDING: Final = {
    "grids": "drawn_grids",
    "communities": "drawn_communities",
    "building_groups": "drawn_building_groups",
}
_PARENT_DIGITS: Final = {"building_groups": 16}


def drawn_area(db: Session, layer: str, area: str, title: str, as_of: date) -> Drawn:
    """Return what holds of a layer on a date inside a region. Raises as `draw`."""
    statement = query("geo.boundaries", _HOLDING[layer])
    found = [
        Shown(row.code, row.name, row.kind or "", "unchanged", (), shapely.from_wkb(bytes(row.wkb)))
        for row in db.execute(statement, {"as_of": as_of, "prefix": region_prefix(area)})
    ]
    return draw(db, layer, area, title, found, as_of)


def draw(
    db: Session,
    layer: str,
    area: str,
    title: str,
    found: Sequence[Shown],
    as_of: date,
    *,
    draft: bool = False,
    ended: tuple[str, ...] = (),
) -> Drawn:
    """Return cells with their figures and what lies around.

    Raises Conflict for no cell or too many, NotFound for a region that the asker does not see.
    """
    if not found:
        raise Conflict(f"nothing of {layer} lies in {area} on {as_of}", field="area")
    if len(found) > MOST:
        raise Conflict(f"{len(found)} cells are too many for one drawing; {MOST} at most", field="area")
    shapes = [each.shape for each in found]
    homes = homes_in(db, shapes, as_of)
    tree = shapely.STRtree(homes.points) if len(homes.points) else None
    cells = tuple(_cell(layer, each, homes, tree) for each in sorted(found, key=lambda each: each.code))
    west, south, east, north = shapely.total_bounds(shapes).tolist()
    values = {"as_of": as_of, "west": west, "south": south, "east": east, "north": north}
    around = tuple(
        Around(row.kind, row.name or "", shapely.from_wkb(bytes(row.wkb)))
        for row in db.execute(query("geo.boundaries", "drawn_around"), values)
    )
    name = db.scalar(query("geo.boundaries", "region_name"), {"as_of": as_of, "code": area})
    if name is None:
        raise NotFound(f"no region {area} in your area", field="region")
    return Drawn(layer, title, area, name, draft, as_of, cells, ended, around, _inside(homes, tree, cells))


def _cell(layer: str, shown: Shown, homes: Homes, tree: shapely.STRtree | None) -> DrawnCell:
    near = (
        np.sort(tree.query(shown.shape, "intersects")) if tree is not None else np.array([], dtype=np.int64)
    )
    said = homes.at(near).within(shown.shape)
    return DrawnCell(
        **{field.name: getattr(shown, field.name) for field in fields(Shown)},
        parent=shown.code[: _PARENT_DIGITS.get(layer, 12)],
        buildings=int(said["buildings"] or 0),
        households=_whole(said["households"]),
        households_unknown=int(said["unknown"] or 0),
        residents=_whole(said["residents"]),
        area_m2=float(said["area_m2"] or 0),
    )


def _whole(figure: float | int | None) -> int | None:
    return None if figure is None else int(figure)


def _inside(homes: Homes, tree: shapely.STRtree | None, cells: Sequence[DrawnCell]) -> NDArray[np.object_]:
    """The footprints whose inner point lies in a cell."""
    if tree is None:
        return np.array([], dtype=object)
    hit = np.unique(tree.query([cell.shape for cell in cells], "intersects")[1])
    return np.asarray(homes.footprints[hit])
