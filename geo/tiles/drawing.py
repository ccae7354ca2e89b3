"""How a tile is drawn: the statements, and one word for all of them that changes whenever one of them does.

Tiles are in Web Mercator as every map on a screen expects (z/x/y, 4096 units a side, 64 beyond its edge). No line is
simplified on its own: a shared edge is rounded to the units of the tile, a sixteenth of a pixel, and neighbours keep
meeting.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import Any, Final

from sqlalchemy import (
    JSON,
    BigInteger,
    Integer,
    Select,
    String,
    bindparam,
    cast,
    column,
    func,
    literal,
    literal_column,
    select,
)
from sqlalchemy.sql.selectable import Subquery

from geo.store.sql import query
from geo.tiles.layers import LAYERS, TileLayer

EXTENT: Final = 4096
BUFFER: Final = 64
DIGITS: Final = {"neighbourhood": 12, "subdistrict": 9, "district": 6}
"""Digits of a region's code that what lies in it begins with."""
_OF_REGION: Final = ("code", "name", "level")
_HALF: Final = 20037508.342789244
_SOURCES: Final = (("geo.tiles", "sql"), ("geo.store.migrations", "sql"))
"""Packages and folders of the SQL that decides what a tile or a census holds: queries, and functions that they call."""


def drawing(layer: TileLayer, by_region: bool) -> Select[Any]:
    """Return the statement of a layer's tile (EPSG:3857), of its shapes or of sums by region.

    It takes `zoom`, `x`, `y` and a moment; sums also `level`, and `counted`, what `counting` found, as JSON.
    """
    source = _sums(layer) if by_region else _shapes(layer)
    inside = select(
        *(each for each in source.c if each.name not in ("geom", "prefix")),
        _on_tile(source.c.geom).label("geom"),
    ).where(source.c.geom.op("&&")(_window()))
    ordered = inside.order_by(source.c.code).subquery("tile")
    name = layer.sums_name if by_region else layer.name
    row: Any = literal_column("tile.*")
    made = func.ST_AsMVT(row, name, EXTENT, "geom")
    return select(made).select_from(ordered).where(ordered.c.geom.is_not(None))


def counting(layer: TileLayer) -> Select[Any]:
    """Return the statement that counts a layer by region as JSON; it takes `digits` and a moment."""
    columns: list[Any] = [column(name) for name in ("prefix", *(layer.sums or {})) if name not in _OF_REGION]
    counted = query("geo.tiles", layer.sums_name).columns(*columns).subquery("counted")
    row: Any = literal_column("counted")
    return select(cast(func.json_agg(row), String)).select_from(counted)


@cache
def drawn() -> str:
    """Return a digest of everything that decides what a tile holds, beside the data: another one, other tiles."""
    digest = hashlib.sha256(repr(LAYERS).encode())
    for text in _texts():
        digest.update(text.encode() + b"\0")
    return digest.hexdigest()


def _texts() -> Iterator[str]:
    """Every statement with the values that are in it, and every SQL file that it leans on."""
    for layer in LAYERS.values():
        made = [drawing(layer, False), *([drawing(layer, True), counting(layer)] if layer.sums else [])]
        for statement in made:
            compiled = statement.compile()
            yield f"{compiled} {sorted(compiled.params.items(), key=str)}"
    for package, folder in _SOURCES:
        for file in sorted((files(package) / folder).iterdir(), key=lambda each: each.name):
            yield file.name + file.read_text(encoding="utf-8")


def _shapes(layer: TileLayer) -> Subquery:
    fields: list[Any] = [column(name) for name in layer.fields]
    return query("geo.tiles", layer.name).columns(*fields, column("geom")).subquery("shape")


def _sums(layer: TileLayer) -> Subquery:
    """Regions with what lies in each; one without any of it counts 0."""
    counts: list[Any] = [column(name, BigInteger) for name in layer.sums or {} if name not in _OF_REGION]
    said = cast(bindparam("counted", type_=String), JSON)
    table = func.json_to_recordset(said).table_valued(column("prefix", String), *counts)
    counted = table.render_derived(name="counted", with_types=True)
    regions = (
        query("geo.tiles", "regions-of-level")
        .columns(*(column(name, String) for name in (*_OF_REGION, "prefix")), column("geom"))
        .subquery("region_of_level")
    )
    chosen: Select[Any] = select(
        *(regions.c[name] for name in _OF_REGION),
        func.coalesce(counted.c["count"], 0).label("count"),
        *(counted.c[each.name] for each in counts if each.name != "count"),
        regions.c.geom,
    ).select_from(regions.outerjoin(counted, counted.c.prefix == regions.c.prefix))
    return chosen.subquery("shape")


def _envelope(margin: float = 0.0) -> Any:
    place = (cast(bindparam(name), Integer) for name in ("zoom", "x", "y"))
    world = func.ST_MakeEnvelope(-_HALF, -_HALF, _HALF, _HALF, 3857)
    return func.ST_TileEnvelope(*place, world, margin)


def _window() -> Any:
    """The tile with its margin, in degrees."""
    return func.ST_Transform(_envelope(BUFFER / EXTENT), 4490)


def _on_tile(geom: Any) -> Any:
    return func.ST_AsMVTGeom(func.ST_Transform(geom, 3857), _envelope(), EXTENT, BUFFER, literal(True))
