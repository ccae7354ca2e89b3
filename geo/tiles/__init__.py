"""Vector tiles (矢量瓦片) of every layer, composed by PostgreSQL, known by how often their layer was written."""

from __future__ import annotations

from geo.tiles.layers import LAYERS, TileLayer
from geo.tiles.tile import (
    MEDIA_TYPE,
    Place,
    Version,
    bounds,
    layers_of,
    tile,
    tile_of,
    together,
    version,
    versions,
)

__all__ = [
    "LAYERS",
    "MEDIA_TYPE",
    "Place",
    "TileLayer",
    "Version",
    "bounds",
    "layers_of",
    "tile",
    "tile_of",
    "together",
    "version",
    "versions",
]
