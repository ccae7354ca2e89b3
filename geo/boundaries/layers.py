"""Layers (图层) as GeoJSON, composed by PostgreSQL and passed through as bytes; pages go by key, not by offset."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    JSON,
    Date,
    DateTime,
    Integer,
    Select,
    String,
    bindparam,
    cast,
    column,
    func,
    literal,
    select,
)
from sqlalchemy.orm import Session
from sqlalchemy.sql.selectable import Subquery

from geo.errors import NotFound
from geo.store.sql import query


class Layer(StrEnum):
    """What can be listed; the value is the path segment and the name of its `.sql` file."""

    REGIONS = "regions"
    GRIDS = "grids"
    COMMUNITIES = "communities"
    BUILDING_GROUPS = "building-groups"
    BUILDINGS = "buildings"
    BASE_FEATURES = "base-features"
    FIRMS = "firms"
    BRANCHES = "branches"


_SHAPED = {
    Layer.REGIONS: "region",
    Layer.GRIDS: "grid",
    Layer.COMMUNITIES: "community",
    Layer.BUILDING_GROUPS: "building_group",
    Layer.BUILDINGS: "building",
    Layer.BASE_FEATURES: "base_feature",
}
"""Layers with a geometry, and the table behind each: `<table>_at` is what holds on a date."""

KNOWN_NOW = "infinity"
"""`known_at` for what is known today: every row whose `recorded` is still open."""


@dataclass(frozen=True, slots=True)
class Moment:
    """Both clocks of a question: the date in the world and, to reproduce a report, what was known when."""

    as_of: date
    known_at: datetime | None = None

    def bind(self) -> dict[str, object]:
        """Return the two as bound values."""
        return {"as_of": self.as_of, "known_at": self.known_at or KNOWN_NOW}


@dataclass(frozen=True, slots=True)
class Filter:
    """Which rows of a layer: a region's prefix, a level (regions only), a box (west, south, east, north in degrees)."""

    prefix: str = ""
    level: str | None = None
    bbox: tuple[float, float, float, float] | None = None
    codes: tuple[str, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class Page:
    """One page of features as JSON text, and where the next one begins."""

    features: str
    matched: int
    returned: int
    next_after: str | None


def list_features(
    db: Session, layer: Layer, moment: Moment, where: Filter, *, limit: int, after: str = ""
) -> Page:
    """Return up to `limit` features after a code, in order of code.

    Geometry is lon/lat WGS 84 with eight decimals (RFC 7946; CGCS2000 agrees to centimetres).
    """
    counted = _counted(layer, where)
    matched, remaining = db.execute(
        select(func.count(), func.count().filter(counted.c.code > after)).select_from(counted), moment.bind()
    ).one()
    rows = _rows(layer, where)
    page = select(rows).where(rows.c.code > after).order_by(rows.c.code).limit(limit).subquery()
    text, returned, last = db.execute(_as_features(page), moment.bind()).one()
    return Page(text, matched, returned, last if remaining > returned else None)


def one_feature(db: Session, layer: Layer, moment: Moment, code: str) -> str:
    """Return one feature as JSON text; raises NotFound where it is not there on that date or not in the area."""
    rows = _rows(layer, Filter(codes=(code,)))
    features, returned, _ = db.execute(_as_features(select(rows).subquery()), moment.bind()).one()
    if returned == 0:
        raise NotFound(f"no {code} in {layer.value} on {moment.as_of}", field="code")
    return str(features)[1:-1]


def _rows(layer: Layer, where: Filter) -> Subquery:
    """Return the rows of a layer with their properties."""
    source = query("geo.boundaries", layer.value).columns(
        column("code", String), column("geom"), column("level", String), column("properties")
    )
    return _filtered(source.subquery("layer"), layer, where)


def _counted(layer: Layer, where: Filter) -> Subquery:
    """Return the same rows without their properties: who only counts need not ask who serves whom."""
    if layer not in _SHAPED:
        return _rows(layer, where)
    at = getattr(func, f"{_SHAPED[layer]}_at")
    moment = cast(bindparam("as_of"), Date), cast(bindparam("known_at"), DateTime(timezone=True))
    level = [column("level", String)] if layer is Layer.REGIONS else []
    rows = at(*moment).table_valued(column("code", String), column("geom"), *level).alias("layer")
    return _filtered(rows, layer, where)


def _filtered(rows: Any, layer: Layer, where: Filter) -> Subquery:
    chosen: Select[Any] = select(rows)
    if where.codes:
        chosen = chosen.where(rows.c.code.in_(where.codes))
    # Firms and branches carry no region's prefix that a drill-down could use; the scope already limits them.
    if where.prefix and layer is not Layer.FIRMS:
        chosen = chosen.where(rows.c.code.op("^@")(where.prefix))
    if where.level and layer is Layer.REGIONS:
        chosen = chosen.where(rows.c.level == where.level)
    if where.bbox:
        box = func.ST_MakeEnvelope(*where.bbox, cast(literal(4490), Integer))
        chosen = chosen.where(rows.c.geom.op("&&")(box), func.ST_Intersects(rows.c.geom, box))
    return chosen.subquery("filtered")


def _as_features(page: Subquery) -> Select[str, int, str]:
    geometry = cast(func.ST_AsGeoJSON(page.c.geom, 8, 0), JSON)
    feature = func.json_build_object(
        "type", "Feature", "id", page.c.code, "geometry", geometry, "properties", page.c.properties
    )
    # string_agg, not json_agg: the text goes out as it is, so there is nothing to gain from parsing it again.
    together = func.string_agg(cast(feature, String), literal(",")).op("||")(literal("]"))
    features = func.coalesce(literal("[").op("||")(together), literal("[]"))
    return select(cast(features, String), func.count(), func.max(page.c.code))
