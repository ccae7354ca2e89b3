"""The store's areas as mosaics (归属索引): built once per area of the asker, date and version of the data."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from typing import Final

import shapely
from sqlalchemy import text
from sqlalchemy.orm import Session

from geo.boundaries.layers import Moment
from geo.coverage.mass import Mosaic
from geo.errors import BadInput
from geo.store.engine import Scope, Store
from geo.store.sql import query

LAYERS: Final = (
    "city",
    "district",
    "subdistrict",
    "neighbourhood",
    "grid",
    "community",
    "building_group",
    "building",
)
DEFAULT_LAYERS: Final = ("neighbourhood", "grid", "community")
_KEPT: Final = 12
"""Mosaics kept in memory, a few megabytes each; the least used goes first."""

# Two figures: a number that was given earlier may be committed later, and then only the count changes.
_VERSION: Final = text("SELECT count(*), coalesce(max(id), 0) FROM change_set")
_Key = tuple[str, tuple[str, ...], str, str, str]
_mosaics: OrderedDict[_Key, Mosaic] = OrderedDict()
_lock: Final = threading.Lock()


def parse_layers(text_: str | None) -> tuple[str, ...]:
    """Return layers of a comma-separated list, the usual three where there is none. Raises BadInput."""
    if not text_:
        return DEFAULT_LAYERS
    layers = tuple(dict.fromkeys(part.strip() for part in text_.split(",") if part.strip()))
    unknown = [layer for layer in layers if layer not in LAYERS]
    if unknown or not layers:
        raise BadInput(f"unknown layer {', '.join(unknown)!r}: {', '.join(LAYERS)}", field="layers")
    return layers


def data_version(db: Session) -> str:
    """Return what changes with every write into the asker's ground: all of them go by change sets."""
    count, newest = db.execute(_VERSION).one()
    return f"{count}-{newest}"


def mosaics(store: Store, scope: Scope, moment: Moment, layers: Sequence[str]) -> dict[str, Mosaic]:
    """Return the mosaic of each layer in the asker's areas at a moment, from memory where the data are unchanged."""
    found: dict[str, Mosaic] = {}
    with store.begin(scope) as db:
        version = data_version(db)
        for layer in layers:
            ground = store.engine.url.render_as_string(hide_password=True)
            when = " ".join(str(value) for value in moment.bind().values())
            key = (ground, tuple(sorted(scope.areas)), when, version, layer)
            found[layer] = _remembered(key) or _keep(key, _build(db, moment, layer))
    return found


def _remembered(key: _Key) -> Mosaic | None:
    with _lock:
        if key in _mosaics:
            _mosaics.move_to_end(key)
        return _mosaics.get(key)


def _keep(key: _Key, mosaic: Mosaic) -> Mosaic:
    with _lock:
        _mosaics[key] = mosaic
        while len(_mosaics) > _KEPT:
            _mosaics.popitem(last=False)
    return mosaic


def _build(db: Session, moment: Moment, layer: str) -> Mosaic:
    rows = db.execute(query("geo.coverage", "mass_layer"), {**moment.bind(), "layer": layer}).all()
    return Mosaic.of([row.code for row in rows], shapely.from_wkb([bytes(row.wkb) for row in rows]))
