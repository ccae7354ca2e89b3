"""PMTiles files (version 3) for tests, written byte by byte after the specification."""

from __future__ import annotations

import gzip
import struct
from pathlib import Path

from geo.tiles import Place
from geo.tiles.pictures import _number


def varint(value: int) -> bytes:
    made = b""
    while value > 127:
        made += bytes([value & 127 | 128])
        value >>= 7
    return made + bytes([value])


def directory(entries: list[tuple[int, int, int, int]]) -> bytes:
    """Entries of number, run, length, offset; an offset right behind the one before is written as 0."""
    numbers = [entry[0] for entry in entries]
    steps = [number - before for number, before in zip(numbers, [0, *numbers], strict=False)]
    places = []
    for i, (_, _, _, offset) in enumerate(entries):
        behind = i > 0 and offset == entries[i - 1][3] + entries[i - 1][2]
        places.append(0 if behind else offset + 1)
    columns = [steps, [e[1] for e in entries], [e[2] for e in entries], places]
    return varint(len(entries)) + b"".join(varint(value) for column in columns for value in column)


def written(path: Path, tiles: dict[Place, bytes], kind: int, packed: bool = False) -> Path:
    """A file of tiles (1: vector, 2: PNG), each by gzip where `packed`, in one directory."""
    ordered = sorted(
        (_number(place), gzip.compress(data) if packed else data) for place, data in tiles.items()
    )
    entries, at = [], 0
    for number, data in ordered:
        entries.append((number, 1, len(data), at))
        at += len(data)
    root, start = directory(entries), 127
    behind = start + len(root)
    zooms = [place.zoom for place in tiles]
    spots = [start, len(root), behind, 0, behind, 0, behind, at]
    counts, ways = [len(tiles)] * 3, [1, 1, 2 if packed else 1, kind, min(zooms), max(zooms)]
    head = struct.pack("<7sB8Q3Q6B", b"PMTiles", 3, *spots, *counts, *ways)
    path.write_bytes(head.ljust(start, b"\0") + root + b"".join(data for _, data in ordered))
    return path
