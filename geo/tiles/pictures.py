"""Base map tiles that lie on this machine: a folder of pictures (z/x/y), or one PMTiles file (version 3).

PMTiles keeps tiles along a Hilbert curve, with directories of runs; https://github.com/protomaps/PMTiles/blob/main/spec/v3.
Only what is asked for is read; directories are remembered.
"""

from __future__ import annotations

import gzip
import os
import struct
import zlib
from bisect import bisect_right
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

from geo.errors import BadInput
from geo.tiles.tile import Place

TYPES: Final = {"png": "image/png", "jpg": "image/jpeg", "jpeg": "image/jpeg", "webp": "image/webp"}
VECTOR: Final = "application/vnd.mapbox-vector-tile"
_TILE_TYPES: Final = {1: VECTOR, 2: "image/png", 3: "image/jpeg", 4: "image/webp"}
_PLAIN, _GZIP = 1, 2
_HEADER: Final = struct.Struct("<7sB8Q24x6B")
"""Magic, version, offset and length of root, metadata, leaves and tiles; clustered, two compressions, type of tiles,
lowest and highest zoom."""
_LARGEST: Final = 16 * 2**20
"""Bytes of an unpacked tile; a longer one is none."""
_DEEPEST: Final = 4
"""Directories below directories: the specification has three at most."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A tile as bytes, with its media type."""

    data: bytes
    kind: str


def from_folder(folder: Path, place: Place) -> Picture | None:
    """Return a picture of a folder, or None where there is none, or where a link leads out of the folder."""
    root = folder.resolve()
    for ending, kind in TYPES.items():
        path = (root / str(place.zoom) / str(place.x) / f"{place.y}.{ending}").resolve()
        if path.is_file() and path.is_relative_to(root):
            return Picture(path.read_bytes(), kind)
    return None


def from_file(path: Path, place: Place) -> Picture | None:
    """Return a picture of a PMTiles file, or None where it has none. Raises BadInput for another file."""
    try:
        archive = _open(path, path.stat().st_mtime_ns)
        data = archive.tile(_number(place))
    except (OSError, ValueError, EOFError, IndexError, struct.error, zlib.error) as error:
        raise BadInput("the file of the base map cannot be read as PMTiles", field="basemap") from error
    return None if data is None else Picture(data, archive.kind)


def about_file(path: Path) -> tuple[str, int] | None:
    """Return media type and highest zoom of the tiles of a PMTiles file; None where it cannot be read."""
    try:
        archive = _open(path, path.stat().st_mtime_ns)
    except (OSError, EOFError, struct.error, BadInput):
        return None
    return archive.kind, archive.deepest


@dataclass(frozen=True)
class _Archive:
    """A PMTiles file whose header was read."""

    path: Path
    root: tuple[int, int]
    leaves: int
    tiles: int
    packed: bool
    kind: str
    deepest: int
    tiles_packed: bool

    def tile(self, number: int) -> bytes | None:
        """Return the bytes of a tile, or None."""
        offset, length = self.root
        for _ in range(_DEEPEST):
            entry = _find(_directory(self.path, offset, length, self.packed), number)
            if entry is None:
                return None
            _, run, start, size = entry
            if run:
                data = _read(self.path, self.tiles + start, size)
                return _unpacked(data) if self.tiles_packed else data
            offset, length = self.leaves + start, size
        return None


Entry = tuple[int, int, int, int]
"""First tile, how many tiles it stands for (0: a directory), offset, bytes."""


@lru_cache(maxsize=4)
def _open(path: Path, _changed: int) -> _Archive:
    """Read a header; a file that was replaced is read anew."""
    _directory.cache_clear()
    magic, version, root, size, _, _, leaves, _, tiles, _, _, inside, outside, kind, _, deepest = (
        _HEADER.unpack(_read(path, 0, _HEADER.size))
    )
    if magic != b"PMTiles" or version != 3 or inside not in (_PLAIN, _GZIP):
        raise BadInput("the file of the base map is no PMTiles file of version 3", field="basemap")
    known = (_PLAIN, _GZIP) if _TILE_TYPES.get(kind) == VECTOR else (0, _PLAIN)
    if kind not in _TILE_TYPES or outside not in known:
        raise BadInput(
            "the PMTiles file holds neither pictures (PNG, JPEG, WebP) nor vector tiles, plain or by gzip",
            field="basemap",
        )
    return _Archive(
        path, (root, size), leaves, tiles, inside == _GZIP, _TILE_TYPES[kind], deepest, outside == _GZIP
    )


def _unpacked(data: bytes) -> bytes:
    """Unpack a tile; ValueError for one that grows beyond every tile."""
    reader = zlib.decompressobj(wbits=31)
    made = reader.decompress(data, _LARGEST)
    if reader.unconsumed_tail:
        raise ValueError("a tile is too large")
    return made


@lru_cache(maxsize=64)
def _directory(path: Path, offset: int, length: int, packed: bool) -> list[Entry]:
    data = _read(path, offset, length)
    numbers = _varints(gzip.decompress(data) if packed else data)
    count = numbers[0]
    steps, runs, sizes, places = (numbers[1 + i * count : 1 + (i + 1) * count] for i in range(4))
    entries: list[Entry] = []
    number = 0
    for step, run, size, place in zip(steps, runs, sizes, places, strict=True):
        number += step
        # 0 says: right behind the one before
        start = place - 1 if place else entries[-1][2] + entries[-1][3]
        entries.append((number, run, start, size))
    return entries


def _find(entries: list[Entry], number: int) -> Entry | None:
    at = bisect_right(entries, number, key=lambda entry: entry[0]) - 1
    if at < 0:
        return None
    first, run, _, _ = entries[at]
    return entries[at] if run == 0 or number < first + run else None


def _read(path: Path, offset: int, length: int) -> bytes:
    """Return a piece of a file; EOFError for one that would end behind it: nothing is set aside on a file's word."""
    with path.open("rb") as file:
        if offset < 0 or offset + length > os.fstat(file.fileno()).st_size:
            raise EOFError
        file.seek(offset)
        return file.read(length)


def _varints(data: bytes) -> list[int]:
    found, value, shift = [], 0, 0
    for byte in data:
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            found.append(value)
            value, shift = 0, 0
    return found


def _number(place: Place) -> int:
    """Return a tile's number: those of lower zooms first, then along the Hilbert curve of its own."""
    x, y, side = place.x, place.y, 1 << place.zoom
    number, step = 0, side >> 1
    while step:
        right, low = int(x & step > 0), int(y & step > 0)
        number += step * step * ((3 * right) ^ low)
        if not low:
            if right:
                x, y = side - 1 - x, side - 1 - y
            x, y = y, x
        step >>= 1
    return ((1 << 2 * place.zoom) - 1) // 3 + number
