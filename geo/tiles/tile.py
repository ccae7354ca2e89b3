"""One tile: its version without a look at any shape, its bytes by `ST_AsMVT`, and a small memory of what was made.

Tiles are in Web Mercator as every map on a screen expects (z/x/y, 4096 units a side, 64 beyond its edge). No line is
simplified on its own: a shared edge is rounded to the units of the tile, a sixteenth of a pixel, and neighbours keep
meeting.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Lock
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
from sqlalchemy.orm import Session
from sqlalchemy.sql.selectable import Subquery

from geo.boundaries.layers import Moment
from geo.errors import BadInput, NotFound
from geo.store.sql import query
from geo.store.tables import layer_version
from geo.tiles.layers import LAYERS, MAX_ZOOM, TileLayer, region_level

MEDIA_TYPE: Final = "application/vnd.mapbox-vector-tile"
EXTENT, BUFFER = 4096, 64
_DRAWN: Final = 2
"""How tiles are drawn; one more where this file or a `.sql` beside it draws them differently."""
_OF_REGION: Final = ("code", "name", "level")
DIGITS: Final = {"neighbourhood": 12, "subdistrict": 9, "district": 6}
"""Digits of a region's code that what lies in it begins with."""


@dataclass(frozen=True, slots=True)
class Place:
    """The address of a tile in Web Mercator, y from the north."""

    zoom: int
    x: int
    y: int

    def __post_init__(self) -> None:
        if not 0 <= self.zoom <= MAX_ZOOM:
            raise BadInput(f"zooms go from 0 to {MAX_ZOOM}", field="z")
        if not (0 <= self.x < 2**self.zoom and 0 <= self.y < 2**self.zoom):
            raise BadInput(f"zoom {self.zoom} has tiles from 0 to {2**self.zoom - 1}", field="x")


@dataclass(frozen=True, slots=True)
class Version:
    """What a layer looks like to one who asks: equal tags, equal tiles."""

    tag: str


def layer_of(name: str) -> TileLayer:
    """Return a layer; raises NotFound for one that has no shapes."""
    if name not in LAYERS:
        raise NotFound(f"no tiles of {name!r}: {', '.join(LAYERS)}", field="layer")
    return LAYERS[name]


def layers_of(names: str) -> tuple[TileLayer, ...]:
    """Return the layers of an address, `communities` or `regions,communities`; BadInput for twins.

    One tile may hold several layers, the lowest first: a page that shows six asks once for each place, not six times.
    """
    found = tuple(layer_of(name) for name in names.split(","))
    if len(set(names.split(","))) < len(found):
        raise BadInput("name each layer once", field="layer")
    return found


def version(db: Session, layer: TileLayer, moment: Moment, areas: tuple[str, ...]) -> Version:
    """Return the version of a layer for somebody responsible for some areas, on a date.

    Asks for a few counted rows and for no shape. Who sees other areas has another version, so that nothing that one
    browser keeps is ever taken for another person's.
    """
    return versions(db, (layer,), moment, areas)[0]


def versions(
    db: Session, layers: Sequence[TileLayer], moment: Moment, areas: tuple[str, ...]
) -> tuple[Version, ...]:
    """Return the version of each layer, as `version` does, by one question for all."""
    c = layer_version.c
    tables = sorted({table for layer in layers for table in layer.tables})
    counted = select(c.layer, func.sum(c.number)).where(c.layer.in_(tables)).group_by(c.layer)
    numbers = {row[0]: int(row[1]) for row in db.execute(counted)}
    said = (moment.as_of, moment.known_at, sorted(areas))
    return tuple(
        _digest(_DRAWN, layer.name, *said, [(table, numbers.get(table, 0)) for table in sorted(layer.tables)])
        for layer in layers
    )


def together(known_as: Sequence[Version]) -> Version:
    """Return the version of several layers in one tile."""
    return known_as[0] if len(known_as) == 1 else _digest(*(each.tag for each in known_as))


def _digest(*said: object) -> Version:
    return Version(hashlib.sha256(repr(said).encode()).hexdigest()[:24])


def tile(db: Session, layer: TileLayer, place: Place, moment: Moment, known_as: Version) -> bytes:
    """Return a tile, empty where nothing lies there; made once for each version as long as there is room."""
    return kept((known_as.tag, place), lambda: _draw(db, layer, place, moment, known_as))


def tile_of(
    db: Session, layers: Sequence[TileLayer], place: Place, moment: Moment, known_as: Sequence[Version]
) -> bytes:
    """Return a tile of several layers, the lowest first: layers of a vector tile follow each other byte by byte."""
    return b"".join(
        tile(db, layer, place, moment, version) for layer, version in zip(layers, known_as, strict=True)
    )


def bounds(db: Session, moment: Moment) -> tuple[float, float, float, float] | None:
    """Return west, south, east and north of all that the asker sees; None where that is nothing."""
    found = db.execute(query("geo.tiles", "bounds"), moment.bind()).one()
    return None if found[0] is None else (found[0], found[1], found[2], found[3])


# ---------------------------------------------------------------- drawing


def _draw(db: Session, layer: TileLayer, place: Place, moment: Moment, known_as: Version) -> bytes:
    by_region = layer.by_region(place.zoom)
    source = _sums(db, layer, place, moment, known_as) if by_region else _shapes(layer)
    inside = select(
        *(each for each in source.c if each.name not in ("geom", "prefix")),
        _on_tile(source.c.geom).label("geom"),
    ).where(source.c.geom.op("&&")(_window()))
    ordered = inside.order_by(source.c.code).subquery("tile")
    name = layer.sums_name if by_region else layer.name
    row: Any = literal_column("tile.*")
    made = (
        select(func.ST_AsMVT(row, name, EXTENT, "geom"))
        .select_from(ordered)
        .where(ordered.c.geom.is_not(None))
    )
    values = {**moment.bind(), "zoom": place.zoom, "x": place.x, "y": place.y}
    return bytes(db.scalar(made, values) or b"")


def _shapes(layer: TileLayer) -> Subquery:
    fields: list[Any] = [column(name) for name in layer.fields]
    return query("geo.tiles", layer.name).columns(*fields, column("geom")).subquery("shape")


def _sums(db: Session, layer: TileLayer, place: Place, moment: Moment, known_as: Version) -> Subquery:
    """Regions with what lies in each; one without any of it counts 0."""
    level = region_level(place.zoom)
    counts: list[Any] = [column(name, BigInteger) for name in layer.sums or {} if name not in _OF_REGION]
    said = cast(bindparam("counted", _counted(db, layer, level, moment, known_as).decode(), String), JSON)
    table = func.json_to_recordset(said).table_valued(column("prefix", String), *counts)
    counted = table.render_derived(name="counted", with_types=True)
    regions = (
        query("geo.tiles", "regions-of-level")
        .columns(*(column(name, String) for name in (*_OF_REGION, "prefix")), column("geom"))
        .subquery("region_of_level")
    )
    chosen: Select[Any] = (
        select(
            *(regions.c[name] for name in _OF_REGION),
            func.coalesce(counted.c["count"], 0).label("count"),
            *(counted.c[each.name] for each in counts if each.name != "count"),
            regions.c.geom,
        )
        .select_from(regions.outerjoin(counted, counted.c.prefix == regions.c.prefix))
        .params(level=level)
    )
    return chosen.subquery("shape")


def _counted(db: Session, layer: TileLayer, level: str, moment: Moment, known_as: Version) -> bytes:
    """The sums of a layer by region as JSON, counted once for each version and not once for each tile."""
    columns: list[Any] = [column(name) for name in ("prefix", *(layer.sums or {})) if name not in _OF_REGION]
    counted = query("geo.tiles", layer.sums_name).columns(*columns).subquery("counted")
    row: Any = literal_column("counted")
    found = select(cast(func.json_agg(row), String)).select_from(counted)
    values = {**moment.bind(), "digits": DIGITS[level]}
    return kept((known_as.tag, level), lambda: str(db.scalar(found, values) or "[]").encode())


def _envelope(margin: float = 0.0) -> Any:
    place = (cast(bindparam(name), Integer) for name in ("zoom", "x", "y"))
    world = func.ST_MakeEnvelope(-_HALF, -_HALF, _HALF, _HALF, 3857)
    return func.ST_TileEnvelope(*place, world, margin)


_HALF: Final = 20037508.342789244


def _window() -> Any:
    """The tile with its margin, in degrees."""
    return func.ST_Transform(_envelope(BUFFER / EXTENT), 4490)


def _on_tile(geom: Any) -> Any:
    return func.ST_AsMVTGeom(func.ST_Transform(geom, 3857), _envelope(), EXTENT, BUFFER, literal(True))


# ---------------------------------------------------------------- memory


Key = tuple[str, Place | str]
"""A version's tag, and a tile's place or a level of sums."""


class _Memory:
    """What was made last, up to so many bytes; shared by the threads of a server."""

    def __init__(self, room: int) -> None:
        self._room = room
        self._used = 0
        self._kept: OrderedDict[Key, bytes] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Key) -> bytes | None:
        """Return what was kept, and keep it longer."""
        with self._lock:
            found = self._kept.get(key)
            if found is not None:
                self._kept.move_to_end(key)
            return found

    def put(self, key: Key, made: bytes) -> None:
        """Keep a tile, and forget those not asked for the longest."""
        with self._lock:
            self._used += _cost(made) - (_cost(self._kept.pop(key)) if key in self._kept else 0)
            self._kept[key] = made
            while self._used > self._room and self._kept:
                self._used -= _cost(self._kept.popitem(last=False)[1])


def kept(key: Key, make: Callable[[], bytes]) -> bytes:
    """Return what was made for a key, and make it where it is not there any more."""
    found = _KEPT.get(key)
    if found is None:
        found = make()
        _KEPT.put(key, found)
    return found


def _cost(made: bytes) -> int:
    return len(made) + 500


_KEPT: Final = _Memory(64 * 1024 * 1024)
