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
from geo.tiles.pictures import VECTOR, Picture, about_file, from_file, from_folder
from tests.geo.tiles.pmtiles import directory, written

CURVE = [(0, 0, 0), (1, 0, 0), (1, 0, 1), (1, 1, 1), (1, 1, 0), (2, 0, 0), (2, 1, 0), (2, 1, 1), (2, 0, 1)]
"""The first tiles in the order of the specification: 0, then 1 to 4 of zoom 1, then zoom 2."""


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


def test_vector_tiles_come_unpacked_and_tell_what_they_are(tmp_path: Path) -> None:
    tile = b"\x1a\x03abc" * 100
    path = written(tmp_path / "map.pmtiles", {Place(2, 1, 1): tile, Place(2, 3, 0): b"other"}, 1, packed=True)
    assert about_file(path) == (VECTOR, 2)
    assert from_file(path, Place(2, 1, 1)) == Picture(tile, VECTOR)
    assert from_file(path, Place(2, 3, 0)) == Picture(b"other", VECTOR)
    assert from_file(path, Place(2, 0, 0)) is None


def test_a_tile_that_grows_without_end_and_packed_pictures_are_refused(tmp_path: Path) -> None:
    path = written(tmp_path / "bomb.pmtiles", {Place(0, 0, 0): bytes(40 * 2**20)}, 1, packed=True)
    with pytest.raises(BadInput):
        from_file(path, Place(0, 0, 0))
    path = written(tmp_path / "packed.pmtiles", {Place(0, 0, 0): b"picture"}, 2, packed=True)
    with pytest.raises(BadInput, match="neither pictures"):
        from_file(path, Place(0, 0, 0))
    assert about_file(path) is None
    assert about_file(tmp_path / "none.pmtiles") is None


def test_a_folder_gives_its_pictures_and_nothing_beside(tmp_path: Path) -> None:
    folder, secret = tmp_path / "tiles", tmp_path / "secret.png"
    secret.write_bytes(b"secret")
    (folder / "3" / "6").mkdir(parents=True)
    (folder / "3" / "6" / "2.jpg").write_bytes(b"picture")
    (folder / "3" / "6" / "3.png").symlink_to(secret)
    assert from_folder(folder, Place(3, 6, 2)) == Picture(b"picture", "image/jpeg")
    for place in (Place(3, 6, 3), Place(3, 6, 4), Place(4, 0, 0)):
        assert from_folder(folder, place) is None
