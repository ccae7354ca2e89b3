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
from collections.abc import Generator, Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Literal

import numpy as np

from geo.errors import BadInput
from geo.ingest import packed

Format = Literal[
    "gpkg",
    "geojson",
    "xlsx",
    "csv",
    "shapefile",
    "flatgeobuf",
    "kml",
    "kmz",
    "gml",
    "dxf",
    "topojson",
    "parquet",
    "osm",
]

EXTENSIONS: dict[str, Format] = {
    ".gpkg": "gpkg",
    ".geojson": "geojson",
    ".json": "geojson",
    ".topojson": "topojson",
    ".xlsx": "xlsx",
    ".csv": "csv",
    ".zip": "shapefile",
    ".fgb": "flatgeobuf",
    ".kml": "kml",
    ".kmz": "kmz",
    ".gml": "gml",
    ".dxf": "dxf",
    ".parquet": "parquet",
    ".geoparquet": "parquet",
    ".pbf": "osm",
}
TAKEN = (
    "GeoPackage, Shapefile (.zip), GeoJSON, TopoJSON, FlatGeobuf, KML, KMZ, GML, DXF, GeoParquet, OSM .pbf,"
    " XLSX and CSV"
)
MAX_NESTING = 32
"""Brackets within brackets of a JSON file. A MultiPolygon in a FeatureCollection needs eight."""
_CHUNK = 2**18
"""Bytes of a JSON file that are looked at in one go: between two of them other threads get their turn."""
_STRING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\Z)', re.DOTALL)
"""A string, or one that is still open at the end: it matches at every quote and gives nothing back (possessive), so
that the work is one step a byte whatever a stranger writes."""
_NO_JSON_NUMBER = re.compile(rb"NaN|Infinity|[0-9][eE]\+?[0-9]{3}")
_MARKUP = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_TOPOLOGY = re.compile(rb'"type"\s*:\s*"Topology"')
_DXF = re.compile(rb"\s*(?:999\r?\n[^\n]*\n\s*)*0\s*\r?\nSECTION")
_TEXT_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1f]")


def recognise(path: Path, name: str | None = None) -> Format:
    """Return the format of a file, whose name (`name`, else the path's) and first bytes must agree.

    Raises BadInput where they do not, or where the format is not one of ours.
    """
    shown = name or path.name
    ending = Path(shown).suffix.lower()
    expected = EXTENSIONS.get(ending)
    if ending in packed.PARTS:
        raise BadInput(
            f"{shown}: the parts of a shapefile (.shp .dbf .shx .prj) come together or as a zip",
            field="format",
        )
    if expected is None:
        raise BadInput(f"{shown}: this format is not taken; taken are {TAKEN}", field="format")
    with path.open("rb") as file:
        head = file.read(4096)
    if not head.strip():
        raise BadInput(f"{shown} is empty", field="file")
    if expected == "geojson" and _TOPOLOGY.search(head):
        expected = "topojson"
    if not _looks_like(head, expected):
        raise BadInput(f"{shown}: its content is no {expected}", field="file")
    return expected


_MAGIC: dict[Format, tuple[bytes, ...]] = {
    "xlsx": (b"PK\x03\x04",),
    "shapefile": (b"PK\x03\x04",),
    "kmz": (b"PK\x03\x04",),
    "flatgeobuf": (b"fgb\x03fgb",),
    "parquet": (b"PAR1",),
}


def _looks_like(head: bytes, expected: Format) -> bool:
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if expected in _MAGIC:
        return head.startswith(_MAGIC[expected])
    match expected:
        case "gpkg":
            known = (b"GPKG", b"GP10", b"GP11", b"\0\0\0\0")
            found = head.startswith(b"SQLite format 3\x00") and head[68:72] in known
        case "osm":
            found = head[4:15] == b"\x0a\x09OSMHeader"
        case "dxf":
            found = _DXF.match(text) is not None
        case "geojson" | "topojson":
            found = text.startswith(b"{")
        case "kml" | "gml":
            found = text.startswith(b"<")
        case _:
            found = _is_text(head, text)
    return found


def _is_text(head: bytes, text: bytes) -> bool:
    """Whether this is a table of text: no control bytes, no mark of the XML, zip or database that it might be instead.

    UTF-16 is one too ("Unicode text" of a spreadsheet).
    """
    if text.startswith((b"\xff\xfe", b"\xfe\xff")):
        return True
    return not _TEXT_CONTROL.search(head) and not text.startswith((b"<", b"PK", b"SQLite", b"{"))


def inspect(path: Path, name: str | None = None) -> Format:
    """Return the format of a file after looking for what would hurt a parser; reads it once, parses nothing.

    Raises BadInput (nesting, numbers that are none, markup declarations, a zip that is no plain workbook) or TooLarge.
    """
    found = recognise(path, name)
    if found in ("geojson", "topojson"):
        _check_json(path)
    elif found == "xlsx":
        _check_workbook(path)
    elif found in ("kml", "gml"):
        with path.open("rb") as file:
            check_markup(iter(lambda: file.read(2**20), b""), "file")
    elif found == "shapefile":
        _check_shapefiles(path)
    elif found == "kmz":
        _check_kmz(path)
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
    with packed.opened(path, "workbook") as book:
        entries = book.infolist()
        if not any(entry.filename == "[Content_Types].xml" for entry in entries):
            raise BadInput("the zip is no workbook", field="file")
        for entry in entries:
            if entry.filename.lower().endswith((".xml", ".rels", ".vml")):
                with closing(_unpacked(book, entry)) as chunks:
                    check_markup(chunks, "workbook")


def _check_shapefiles(path: Path) -> None:
    with packed.opened(path, "shapefile") as archive:
        if not packed.shapefiles(archive):
            raise BadInput("the zip holds no shapefile (.shp)", field="file")


def _check_kmz(path: Path) -> None:
    with packed.opened(path, "KMZ") as archive:
        for entry in archive.infolist():
            if entry.filename.lower().endswith(".kml"):
                with closing(_unpacked(archive, entry)) as chunks:
                    check_markup(chunks, "KMZ")


def _unpacked(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Generator[bytes]:
    """Yield an entry in pieces; BadInput where it unpacks to more than its header says."""
    read = 0
    with archive.open(entry) as part:
        while chunk := part.read(2**20):
            read += len(chunk)
            if read > entry.file_size:
                raise BadInput("the zip unpacks to more than it says", field="file")
            yield chunk


def check_markup(chunks: Iterable[bytes], what: str) -> None:
    """Refuse document types and entities."""
    tail = b""
    for chunk in chunks:
        # UTF-16 markup would hide from the pattern: drop its zero bytes first.
        window = (tail + chunk).replace(b"\x00", b"")
        if _MARKUP.search(window):
            raise BadInput(f"the {what} declares a document type or entities", field="file")
        tail = chunk[-16:]


ENCODINGS = ("utf-8-sig", "gb18030", "big5")
"""Tried in this order: a text that is valid UTF-8 is hardly ever anything else, and GB18030 holds GBK and GB2312."""


def decode(content: bytes, chosen: str | None = None) -> tuple[str, str]:
    """Return the text of a CSV and the encoding it was read in: the `chosen` one, or the first that fits.

    Raises BadInput where none does.
    """
    if chosen:
        return content.decode("utf-8-sig" if chosen == "utf-8" else chosen, "replace"), chosen
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16"), "utf-16"
    for encoding in ENCODINGS:
        try:
            return content.decode(encoding), "utf-8" if encoding == "utf-8-sig" else encoding
        except UnicodeDecodeError:
            continue
    raise BadInput("the text is neither UTF-8 nor GB18030 nor Big5", field="encoding")


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
    """Return the cells of a CSV, row by row.

    Raises BadInput where a field is over a megabyte, or a quote that nothing closes takes other lines into its cell.
    """
    csv.field_size_limit(2**20)
    mark = separator(text)
    if mark == "，":
        text, mark = text.replace("，", ","), ","
    lines = list(io.StringIO(text))
    reader, rows, begun = csv.reader(lines, delimiter=mark), [], 0
    try:
        for row in reader:
            if reader.line_num > begun + 1:
                _check_quotes(lines[begun : reader.line_num], mark, begun + 1)
            begun = reader.line_num
            rows.append([unguarded(cell) for cell in row])
    except csv.Error as error:
        raise BadInput("the text is no table of comma-separated values", field="file") from error
    return rows


def _check_quotes(lines: list[str], mark: str, first: int) -> None:
    """Refuse a row over several lines whose quotes do not pair: a lone one (12" 水管) would swallow rows unseen."""
    try:
        list(csv.reader(lines, delimiter=mark, strict=True))
    except csv.Error as error:
        raise BadInput(
            f"line {first}: a double quote begins a cell and does not end it; write it twice or take it out",
            field="file",
        ) from error


def load_json(content: bytes) -> object:
    """Return a JSON document. Raises BadInput where it is none."""
    try:
        return json.loads(content.decode("utf-8-sig"))
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise BadInput(f"the file is no JSON: {error}"[:200], field="file") from error
