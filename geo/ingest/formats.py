"""What a file really is, by its extension and its first bytes, and what is hostile in it, before any parser sees it.

A reader that goes by content opens other files for a stranger, a nested geometry ends the process, and a zip of
40 KB unpacks to gigabytes: see docs/decisions/files.md.
"""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Literal

import numpy as np

from geo.errors import BadInput, TooLarge

Format = Literal["gpkg", "geojson", "xlsx", "csv"]

EXTENSIONS: dict[str, Format] = {
    ".gpkg": "gpkg",
    ".geojson": "geojson",
    ".json": "geojson",
    ".xlsx": "xlsx",
    ".csv": "csv",
    ".txt": "csv",
}
MAX_NESTING = 32
"""Brackets within brackets of a JSON file. A MultiPolygon in a FeatureCollection needs eight."""
MAX_ENTRIES = 2_000
"""Entries of an XLSX's zip."""
MAX_UNPACKED = 512 * 2**20
"""Bytes of an XLSX when unpacked."""
MAX_RATIO = 200
"""Unpacked bytes for one packed byte, where it is more than a megabyte."""

_CHUNK = 2**18
"""Bytes of a JSON file that are looked at in one go: between two of them other threads get their turn."""
_STRING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\Z)', re.DOTALL)
"""A string, or one that is still open at the end: it matches at every quote and gives nothing back (possessive), so
that the work is one step a byte whatever a stranger writes."""
_NO_JSON_NUMBER = re.compile(rb"NaN|Infinity|[0-9][eE]\+?[0-9]{3}")
_MARKUP = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_TEXT_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1f]")


def recognise(path: Path, name: str | None = None) -> Format:
    """Return the format of a file, whose name (`name`, else the path's) and first bytes must agree.

    Raises BadInput where they do not, or where the format is not one of ours.
    """
    shown = name or path.name
    expected = EXTENSIONS.get(Path(shown).suffix.lower())
    if expected is None:
        raise BadInput(f"{shown}: only .gpkg, .geojson, .xlsx and .csv are taken", field="file")
    with path.open("rb") as file:
        head = file.read(4096)
    if not head.strip():
        raise BadInput(f"{shown} is empty", field="file")
    if not _looks_like(head, expected):
        raise BadInput(f"{shown}: its content is no {expected}", field="file")
    return expected


def _looks_like(head: bytes, expected: Format) -> bool:
    if expected == "gpkg":
        return head.startswith(b"SQLite format 3\x00") and head[68:72] in (
            b"GPKG",
            b"GP10",
            b"GP11",
            b"\0\0\0\0",
        )
    if expected == "xlsx":
        return head.startswith(b"PK\x03\x04")
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if expected == "geojson":
        return text.startswith(b"{")
    if text.startswith((b"\xff\xfe", b"\xfe\xff")):  # UTF-16, as "Unicode text" of a spreadsheet
        return True
    # A table of text: no control bytes, and no mark of the XML, zip or database that it might be instead.
    return not _TEXT_CONTROL.search(head) and not text.startswith((b"<", b"PK", b"SQLite", b"{"))


def inspect(path: Path, name: str | None = None) -> Format:
    """Return the format of a file after looking for what would hurt a parser; reads it once, parses nothing.

    Raises BadInput (nesting, numbers that are none, markup declarations, a zip that is no plain workbook) or TooLarge.
    """
    found = recognise(path, name)
    if found == "geojson":
        _check_json(path)
    elif found == "xlsx":
        _check_workbook(path)
    return found


def _check_json(path: Path) -> None:
    depth, tail = 0, b""
    with path.open("rb") as file:
        for bare in without_strings(iter(lambda: file.read(_CHUNK), b"")):
            codes = np.frombuffer(bare, dtype=np.uint8)
            # { [ are 0x7B 0x5B, } ] are 0x7D 0x5D: with bit 5 set the pairs fall together.
            folded = codes | 0x20
            steps = (folded == 0x7B).astype(np.int8) - (folded == 0x7D).astype(np.int8)
            depths = depth + np.cumsum(steps[steps != 0], dtype=np.int64)
            if depths.max(initial=0) > MAX_NESTING:
                raise BadInput(f"nested {depths.max()} deep; at most {MAX_NESTING} is taken", field="file")
            if _NO_JSON_NUMBER.search(tail + bare):
                raise BadInput("a coordinate or value is not a finite number", field="file")
            depth = int(depths[-1]) if len(depths) else depth
            tail = (tail + bare)[-8:]


def without_strings(chunks: Iterable[bytes]) -> Iterator[bytes]:
    r"""Yield a JSON text, given and returned chunk by chunk, without what stands within quotes.

    Raises BadInput at a NUL byte, which no JSON text holds.

    >>> list(without_strings([b'{"a', b'[\\\\', b'": "}"', b"}"]))
    [b'{', b'', b': ', b'}']
    """
    inside, held = False, b""
    for chunk in chunks:
        if b"\0" in chunk:
            raise BadInput("the file holds a NUL byte", field="file")
        text = (b'"' if inside else b"") + held + chunk
        # The last of an odd run of backslashes belongs to the byte that comes next.
        held = b"\\" if (len(text) - len(text.rstrip(b"\\"))) % 2 else b""
        # A mark after the end is swallowed where a string is still open there.
        bare = _STRING.sub(b"", text[: len(text) - len(held)] + b"\0")
        inside = not bare.endswith(b"\0")
        yield bare.removesuffix(b"\0")


def _check_workbook(path: Path) -> None:
    try:
        with zipfile.ZipFile(path) as book:
            entries = book.infolist()
            _check_entries(entries)
            for entry in entries:
                _check_markup(book, entry)
    except (zipfile.BadZipFile, EOFError, OSError, NotImplementedError, RuntimeError) as error:
        raise BadInput("the workbook's zip is damaged", field="file") from error


def _check_entries(entries: list[zipfile.ZipInfo]) -> None:
    if len(entries) > MAX_ENTRIES:
        raise TooLarge(f"the workbook's zip holds {len(entries)} entries; over {MAX_ENTRIES}", field="file")
    unpacked = sum(entry.file_size for entry in entries)
    if unpacked > MAX_UNPACKED:
        raise TooLarge(
            f"the workbook unpacks to {unpacked} bytes; at most {MAX_UNPACKED} are taken", field="file"
        )
    for entry in entries:
        if entry.file_size > 2**20 and entry.file_size > MAX_RATIO * max(entry.compress_size, 1):
            raise BadInput("the workbook is packed too tightly to be one", field="file")
        escapes = entry.filename.startswith(("/", "\\")) or ".." in Path(entry.filename).parts
        link = (entry.external_attr >> 16) & 0o170000 == 0o120000
        if escapes or link or entry.filename.lower().endswith((".zip", ".xlsx", ".bin.zip")):
            raise BadInput(f"the workbook holds {entry.filename!r}", field="file")
    if not any(entry.filename == "[Content_Types].xml" for entry in entries):
        raise BadInput("the zip is no workbook", field="file")


def _check_markup(book: zipfile.ZipFile, entry: zipfile.ZipInfo) -> None:
    """Refuse document types and entities, and an entry that unpacks to more than its header says."""
    if not entry.filename.lower().endswith((".xml", ".rels", ".vml")):
        return
    read, tail = 0, b""
    with book.open(entry) as part:
        while chunk := part.read(2**20):
            read += len(chunk)
            # UTF-16 markup would hide from the pattern below: drop its zero bytes first.
            window = (tail + chunk).replace(b"\x00", b"")
            if read > entry.file_size or _MARKUP.search(window):
                raise BadInput("the workbook declares a document type or entities", field="file")
            tail = chunk[-16:]


ENCODINGS = ("utf-8-sig", "gb18030")
"""Tried in this order: a text that is valid UTF-8 is hardly ever anything else, and GB18030 holds GBK and GB2312."""


def decode(content: bytes) -> tuple[str, str]:
    """Return the text of a CSV and the encoding it was read in. Raises BadInput where neither fits."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16"), "utf-16"
    for encoding in ENCODINGS:
        try:
            return content.decode(encoding), "utf-8" if encoding == "utf-8-sig" else encoding
        except UnicodeDecodeError:
            continue
    raise BadInput("the text is neither UTF-8 nor GB18030", field="encoding")


def separator(text: str) -> str:
    """Return the separator of a CSV, judged by its first line."""
    first = text.partition("\n")[0]
    return max(",\t;，|", key=lambda mark: (first.count(mark), mark == ","))


_GUARD = re.compile(r"^'(?='*[=+\-@\t\r])")


def unguarded(cell: str) -> str:
    """Return a CSV cell without the quote that keeps a spreadsheet from running it (`geo.ingest.export.guarded`).

    >>> unguarded("'=1+1"), unguarded("'tis"), unguarded("''-1")
    ('=1+1', "'tis", "'-1")
    """
    return _GUARD.sub("", cell)


def csv_rows(text: str) -> list[list[str]]:
    """Return the cells of a CSV, row by row. Raises BadInput where a field is over a megabyte."""
    csv.field_size_limit(2**20)
    mark = separator(text)
    if mark == "，":
        text, mark = text.replace("，", ","), ","
    try:
        return [[unguarded(cell) for cell in row] for row in csv.reader(io.StringIO(text), delimiter=mark)]
    except csv.Error as error:
        raise BadInput("the text is no table of comma-separated values", field="file") from error


def load_json(content: bytes) -> object:
    """Return a JSON document. Raises BadInput where it is none."""
    try:
        return json.loads(content.decode("utf-8-sig"))
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise BadInput(f"the file is no JSON: {error}"[:200], field="file") from error
