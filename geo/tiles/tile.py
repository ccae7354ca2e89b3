"""One tile: its version without a look at any shape, its bytes by `ST_AsMVT`, and a small memory of what was made.

How it is drawn stands in `geo.tiles.drawing`.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any, Final

from sqlalchemy import func, literal_column, select
from sqlalchemy.orm import Session

from geo.boundaries.layers import Moment
from geo.errors import BadInput, NotFound
from geo.store.sql import query
from geo.store.tables import layer_version
from geo.tiles.drawing import DIGITS, counting, drawing, drawn
from geo.tiles.layers import LAYERS, MAX_ZOOM, TileLayer, region_level

_WHICH: Final[Any] = literal_column(
    "concat((SELECT system_identifier FROM pg_control_system()), '/',"
    " (SELECT oid FROM pg_database WHERE datname = current_database()))"
)
"""Which database it is: another one, after a reset or from a backup, may have seen as many writes."""
MEDIA_TYPE: Final = "application/vnd.mapbox-vector-tile"


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
    counted = select(c.layer, func.sum(c.number), _WHICH).where(c.layer.in_(tables)).group_by(c.layer)
    rows = db.execute(counted).all()
    numbers = {row[0]: int(row[1]) for row in rows}
    said = (*{str(row[2]) for row in rows}, moment.as_of, moment.known_at, sorted(areas))
    return tuple(
        _digest(
            drawn(), layer.name, *said, [(table, numbers.get(table, 0)) for table in sorted(layer.tables)]
        )
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
    values: dict[str, Any] = {**moment.bind(), "zoom": place.zoom, "x": place.x, "y": place.y}
    by_region = layer.by_region(place.zoom)
    if by_region:
        level = region_level(place.zoom)
        counts = _counted(db, layer, level, moment, known_as).decode()
        values |= {"level": level, "counted": counts}
    return bytes(db.scalar(drawing(layer, by_region), values) or b"")


def _counted(db: Session, layer: TileLayer, level: str, moment: Moment, known_as: Version) -> bytes:
    """The sums of a layer by region as JSON, counted once for each version and not once for each tile."""
    values = {**moment.bind(), "digits": DIGITS[level]}
    return kept((known_as.tag, level), lambda: str(db.scalar(counting(layer), values) or "[]").encode())


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
