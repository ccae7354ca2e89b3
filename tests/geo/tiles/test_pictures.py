"""Base map tiles from a folder and from a PMTiles file, written here byte by byte after its specification."""

from __future__ import annotations

import gzip
import struct
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from geo.errors import BadInput
from geo.tiles import Place
from geo.tiles.pictures import Picture, from_file, from_folder

CURVE = [(0, 0, 0), (1, 0, 0), (1, 0, 1), (1, 1, 1), (1, 1, 0), (2, 0, 0), (2, 1, 0), (2, 1, 1), (2, 0, 1)]
"""The first tiles in the order of the specification: 0, then 1 to 4 of zoom 1, then zoom 2."""


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


def archive(path: Path, kind: int = 2, packed: bool = True, magic: bytes = b"PMTiles") -> Path:
    """Three runs: tile 0; tiles 1 to 4 alike; in a directory below, tiles 5 and 7."""
    pack = gzip.compress if packed else bytes
    tiles = b"zero" + b"all of one" + b"five" + b"seven"
    leaf = pack(directory([(5, 1, 4, 14), (7, 1, 5, 18)]))
    root = pack(directory([(0, 1, 4, 0), (1, 4, 10, 4), (5, 0, len(leaf), 0)]))
    start = 127
    spots = [
        start,
        len(root),
        start + len(root),
        0,
        start + len(root),
        len(leaf),
        start + len(root) + len(leaf),
        len(tiles),
    ]
    head = struct.pack("<7sB8Q3Q6B", magic, 3, *spots, 3, 4, 4, 1, 2 if packed else 1, 1, kind, 0, 2)
    path.write_bytes(head.ljust(start, b"\0") + root + leaf + tiles)
    return path


@pytest.mark.parametrize("packed", [True, False])
def test_a_pmtiles_file_gives_each_tile_at_its_place_on_the_curve(tmp_path: Path, packed: bool) -> None:
    path = archive(tmp_path / "map.pmtiles", packed=packed)
    said = [b"zero", *[b"all of one"] * 4, b"five", None, b"seven", None]
    for place, wanted in zip(CURVE, said, strict=True):
        assert from_file(path, Place(*place)) == (wanted and Picture(wanted, "image/png"))


def test_a_file_that_was_replaced_is_read_anew(tmp_path: Path) -> None:
    path = archive(tmp_path / "map.pmtiles")
    assert from_file(path, Place(0, 0, 0)) == Picture(b"zero", "image/png")
    archive(path, kind=3)
    assert from_file(path, Place(0, 0, 0)) == Picture(b"zero", "image/jpeg")


@pytest.mark.parametrize("content", [b"", b"PMTiles", b"x" * 200, None])
def test_another_file_is_refused(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "map.pmtiles"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(BadInput):
        from_file(path, Place(0, 0, 0))


@given(st.lists(st.tuples(st.integers(8, 240), st.integers(0, 255)), min_size=1, max_size=3), st.booleans())
@example([(15, 0xFF)], True).via("a root longer than any memory")
@example([(23, 0x7F)], False).via("a root beyond every file")
def test_a_broken_file_is_refused_or_read_and_nothing_else(
    tmp_path_factory: pytest.TempPathFactory, bytes_changed: list[tuple[int, int]], packed: bool
) -> None:
    folder = tmp_path_factory.mktemp("broken")
    content = bytearray(archive(folder / "whole.pmtiles", packed=packed).read_bytes())
    for at, byte in bytes_changed:
        content[min(at, len(content) - 1)] = byte
    (folder / "broken.pmtiles").write_bytes(content)
    for place in CURVE:
        with suppress(BadInput):
            assert isinstance(from_file(folder / "broken.pmtiles", Place(*place)), Picture | None)


def test_vector_tiles_are_refused_with_the_reason(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no pictures"):
        from_file(archive(tmp_path / "map.pmtiles", kind=1), Place(0, 0, 0))


def test_a_folder_gives_its_pictures_and_nothing_beside(tmp_path: Path) -> None:
    folder, secret = tmp_path / "tiles", tmp_path / "secret.png"
    secret.write_bytes(b"secret")
    (folder / "3" / "6").mkdir(parents=True)
    (folder / "3" / "6" / "2.jpg").write_bytes(b"picture")
    (folder / "3" / "6" / "3.png").symlink_to(secret)
    assert from_folder(folder, Place(3, 6, 2)) == Picture(b"picture", "image/jpeg")
    for place in (Place(3, 6, 3), Place(3, 6, 4), Place(4, 0, 0)):
        assert from_folder(folder, place) is None
