"""A round as its papers need it (招标文件): units with figures and shapes in metres, the days, and what lies around."""

from __future__ import annotations

from datetime import date
from typing import Any, Final

import numpy as np
import shapely
from pyproj import Transformer
from shapely.geometry.base import BaseGeometry
from sqlalchemy.orm import Session

from geo.crs import CGCS2000, plane_zone
from geo.errors import Conflict
from geo.store.sql import query
from geo.tender import rounds
from geo.tender.contents import RoundUnit, units
from geo.tender.funds import planned_start
from geo.tender.paper_values import Beside, Paperwork, Placed
from geo.tender.rules import BundleRules
from geo.tender.schedule import exact
from geo.tender.settings import bidding_of
from geo.tender.terms import Terms

_AROUND: Final = 0.02
"""Degrees of ground around the outermost units that a map may still show."""


def paperwork(db: Session, number: int, today: date) -> Paperwork:
    """Return what the papers of a round say, with figures of the day of its data.

    Raises NotFound, and Conflict for a round without a unit: there is nothing to draw.
    """
    view = rounds.view(db, number, today)
    found = [unit for unit in units(db, number) if unit.wkb is not None]
    if not found:
        raise Conflict("this round holds no unit yet; there is nothing to print")
    shapes = shapely.from_wkb([unit.wkb for unit in found])
    west, south, east, north = shapely.total_bounds(shapes).tolist()
    epsg = plane_zone((west + east) / 2)
    into = Transformer.from_crs(CGCS2000, epsg, always_xy=True)
    as_of, terms = date.fromisoformat(view["as_of"]), Terms.model_validate(view["terms"])
    of: dict[int, list[Placed]] = {}
    for unit, shape in zip(found, _moved(shapes, into), strict=True):
        of.setdefault(unit.package, []).append(_placed(unit, terms, shape))
    box = {"west": west - _AROUND, "south": south - _AROUND, "east": east + _AROUND, "north": north + _AROUND}
    return Paperwork(
        view["name"],
        str(db.scalar(query("geo.boundaries", "region_name"), {"as_of": as_of, "code": view["area"]}) or ""),
        view["state"],
        as_of,
        planned_start(terms, today, bidding_of(db, view["area"]).least_days),
        terms,
        BundleRules.model_validate(view["rules"]),
        _days(view),
        tuple(
            (each["id"], each["name"], tuple(of[each["number"]]))
            for each in view["packages"]
            if each["number"] in of
        ),
        _around(db, box | {"as_of": as_of}, into),
        epsg,
    )


def _placed(unit: RoundUnit, terms: Terms, shape: BaseGeometry) -> Placed:
    money = unit.money(terms)
    return Placed(
        unit.code,
        unit.name or unit.code,
        unit.kind or unit.unit_kind,
        unit.subdistrict_name or "",
        unit.households,
        unit.residents,
        exact(unit.floor_area),
        money.fee,
        money.collection_rate,
        shape,
    )


def _days(view: dict[str, Any]) -> tuple[tuple[str, date], ...]:
    names = ("published_on", "bids_until", "opened_on", "awarded_on")
    return tuple((name, date.fromisoformat(view[name])) for name in names if view.get(name))


def _around(db: Session, values: dict[str, Any], into: Transformer) -> tuple[Beside, ...]:
    rows = db.execute(query("geo.boundaries", "drawn_around"), values).all()
    shapes = _moved(shapely.from_wkb([bytes(row.wkb) for row in rows]), into)
    return tuple(Beside(row.kind, row.name or "", shape) for row, shape in zip(rows, shapes, strict=True))


def _moved(shapes: Any, into: Transformer) -> Any:
    """Shapes in degrees → metres, in bulk."""
    if not len(shapes):
        return shapes
    return shapely.transform(shapes, lambda at: np.column_stack(into.transform(at[:, 0], at[:, 1])))
