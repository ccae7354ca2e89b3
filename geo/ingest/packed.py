"""Zips of strangers: looked through before anything is unpacked, and unpacked under names of our own.

A zip of 40 KB unpacks to gigabytes, its names lead out of the folder, its links lead anywhere: see
docs/decisions/files.md.
"""

from __future__ import annotations

import tempfile
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from geo.errors import BadInput, TooLarge

MAX_ENTRIES = 2_000
MAX_UNPACKED = 512 * 2**20
"""Bytes of all entries when unpacked."""
MAX_RATIO = 200
"""Unpacked bytes for one packed byte, where it is more than a megabyte."""
_PACKED = (".zip", ".xlsx", ".kmz", ".7z", ".rar", ".gz", ".bin.zip")
PARTS = (".shp", ".shx", ".dbf", ".prj", ".cpg")


@contextmanager
def opened(path: Path, what: str) -> Iterator[zipfile.ZipFile]:
    """Open a zip whose directory was looked through. Raises BadInput or TooLarge; `what` names it in the message."""
    try:
        with zipfile.ZipFile(path) as packed:
            check_entries(packed.infolist(), what)
            yield packed
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError) as error:
        raise BadInput(f"the {what}'s zip is damaged", field="file") from error


def check_entries(entries: list[zipfile.ZipInfo], what: str) -> None:
    """Refuse too many entries, too much, too tight, links, names that lead out, and zips within."""
    if len(entries) > MAX_ENTRIES:
        raise TooLarge(f"the {what}'s zip holds {len(entries)} entries; over {MAX_ENTRIES}", field="file")
    unpacked = sum(entry.file_size for entry in entries)
    if unpacked > MAX_UNPACKED:
        raise TooLarge(
            f"the {what} unpacks to {unpacked} bytes; at most {MAX_UNPACKED} are taken", field="file"
        )
    for entry in entries:
        if entry.file_size > 2**20 and entry.file_size > MAX_RATIO * max(entry.compress_size, 1):
            raise BadInput(f"the {what} is packed too tightly to be one", field="file")
        escapes = (
            entry.filename.startswith(("/", "\\")) or ".." in Path(entry.filename.replace("\\", "/")).parts
        )
        link = (entry.external_attr >> 16) & 0o170000 == 0o120000
        if escapes or link or entry.filename.lower().endswith(_PACKED):
            raise BadInput(f"the {what} holds {entry.filename!r}", field="file")


def shown_name(entry: zipfile.ZipInfo) -> str:
    """Return the name of an entry; without the flag for UTF-8 it is GBK in these parts, read by zipfile as cp437."""
    if entry.flag_bits & 0x800:
        return entry.filename
    try:
        return entry.filename.encode("cp437").decode("gb18030")
    except (UnicodeEncodeError, UnicodeDecodeError):
        return entry.filename


def read_entry(packed: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    """Return an entry's bytes; BadInput where it unpacks to more than it says."""
    with packed.open(entry) as part:
        content = part.read(entry.file_size + 1)
    if len(content) > entry.file_size:
        raise BadInput("the zip unpacks to more than it says", field="file")
    return content


def shapefiles(packed: zipfile.ZipFile) -> dict[str, dict[str, zipfile.ZipInfo]]:
    """Return the shapefiles of a zip: name → ending → entry."""
    found: dict[str, dict[str, zipfile.ZipInfo]] = {}
    for entry in packed.infolist():
        name = PurePosixPath(shown_name(entry).replace("\\", "/"))
        if name.suffix.lower() in PARTS and not entry.is_dir() and "__MACOSX" not in name.parts:
            found.setdefault(str(name.with_suffix("")), {})[name.suffix.lower()] = entry
    return {name: parts for name, parts in found.items() if ".shp" in parts}


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """Yield a file that can be read by itself: for a .shp, a zip of it and the files of the same name beside it."""
    if path.suffix.lower() != ".shp":
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="wangge-parts-") as folder:
        beside = [part for part in sorted(path.parent.iterdir()) if part.stem == path.stem and part.is_file()]
        yield pack_parts(((part.name, part) for part in beside), Path(folder) / "parts.zip")


def pack_parts(parts: Iterable[tuple[str, Path]], target: Path) -> Path:
    """Pack the parts of a shapefile, each with the name it came under, into a zip that is read like any other.

    Parts of other kinds are left out. Raises BadInput where they do not belong together.
    """
    known = [(Path(name), path) for name, path in parts if Path(name).suffix.lower() in PARTS]
    if len({name.stem for name, _ in known}) != 1:
        raise BadInput("the parts of a shapefile (.shp .shx .dbf .prj .cpg) have one name", field="file")
    with zipfile.ZipFile(target, "w") as packed:
        for name, path in known:
            packed.write(path, f"{name.stem}{name.suffix.lower()}")
    return target
