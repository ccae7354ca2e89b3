"""What the child does with the formats that GDAL reads for it: one driver each, chosen before GDAL starts.

Shapefiles give GDAL their shapes only; their table is read by `geo.ingest.dbf`, whose encoding can be shown.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final
from xml.parsers import expat

import numpy as np

from geo.errors import BadInput, TooLarge
from geo.ingest import packed
from geo.ingest.dbf import read_dbf
from geo.ingest.encodings import fits
from geo.ingest.layer import MAX_ROWS, Layer, plain_column

DRIVERS: Final = {
    "gpkg": "GPKG", "shapefile": "ESRI Shapefile", "flatgeobuf": "FlatGeobuf", "kml": "LIBKML", "kmz": "LIBKML",
    "gml": "GML", "dxf": "DXF", "osm": "OSM",
}  # fmt: skip
"""The one GDAL driver that the child of each format may have."""
_OPTIONS: Final[dict[str, dict[str, str]]] = {
    "GML": {"DOWNLOAD_SCHEMA": "NO", "XSD": "", "WRITE_GFS": "NO"},
    "DXF": {"CLOSED_LINE_AS_POLYGON": "TRUE"},
}
_FROM_NOUGHT: Final = frozenset({"FlatGeobuf", "GML"})
"""Drivers that count the rows of a file from 0."""
_KML_EMPTY: Final = frozenset({
    "timestamp", "begin", "end", "altitudeMode", "tessellate", "extrude", "visibility", "drawOrder", "icon", "snippet",
})  # fmt: skip
"""Columns that GDAL makes for every KML, which say nothing of the place."""
_BROKEN: Final = b"\x01\x06\x00\x00\x00"
"""A shape that ends before it begins: its row is refused as unreadable."""
_KML_DATA: Final = re.compile(
    rb"""(<(?:\w+:)?Data\s(?:[^<>]*?\s)?name\s*=\s*)("[^"<\x80-\xff]*[\x80-\xff][^"<]*"|'[^'<\x80-\xff]*[\x80-\xff][^'<]*')"""
)
"""The beginning of a piece of data whose name is not ASCII, and that name in its quotes."""
_EWKT = re.compile(r"\s*(?:SRID=\d+;)?(?:MULTI)?(?:POLYGON|LINESTRING|POINT)\s*\(", re.IGNORECASE)


def read_vector(path: Path, layer: str | None, driver: str) -> Layer | list[str]:
    """Read one layer of a file with the one driver there is; the names of its layers where it has several."""
    import pyogrio  # noqa: PLC0415 - GDAL starts here, after the deny list and only for the formats that need it
    from pyogrio import raw  # noqa: PLC0415 - as above

    try:
        layers = [str(name) for name, _ in pyogrio.list_layers(path)]
        chosen = _chosen(layers, layer, driver)
        if chosen is None:
            return layers
        options = {key: value for key, value in _OPTIONS.get(driver, {}).items() if value}
        meta, fids, shapes, values = raw.read(
            path, layer=chosen, return_fids=True, force_2d=True, datetime_as_string=True, **options
        )
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, UnicodeDecodeError) as error:
        raise BadInput(f"the {driver} file cannot be read", field="file") from error
    if len(fids) > MAX_ROWS:
        raise TooLarge(f"at most {MAX_ROWS} rows are taken", field="file")
    columns = {str(name): plain_column(column) for name, column in zip(meta["fields"], values, strict=True)}
    found = {"name": chosen, "crs": meta["crs"], "encoding": "utf-8", "driver": driver, "layers": layers}
    has_shapes = shapes is not None and meta["geometry_type"] is not None
    first = int(driver in _FROM_NOUGHT)
    return Layer(columns, [int(fid) + first for fid in fids], list(shapes) if has_shapes else None, found)


def _chosen(layers: list[str], layer: str | None, driver: str) -> str | None:
    if layer is None and len(layers) != 1:
        if not layers:
            raise BadInput(f"the {driver} file holds no layer", field="file")
        return None
    if layer is not None and layer not in layers:
        raise BadInput(f"the file has no layer {layer!r}", field="layer", extra={"layers": layers})
    return layer or layers[0]


# ---------------------------------------------------------------- shapefiles


def read_shapefile(path: Path, layer: str | None, encoding: str | None = None) -> Layer | list[str]:
    """Read one shapefile of a zip, its table in the encoding that was chosen."""
    with packed.opened(path, "shapefile") as archive:
        found = packed.shapefiles(archive)
        if not found:
            raise BadInput("the zip holds no shapefile (.shp)", field="file")
        if layer is None and len(found) > 1:
            return list(found)
        name = next(iter(found)) if layer is None else layer
        if name not in found:
            raise BadInput(f"the zip has no shapefile {name!r}", field="layer", extra={"layers": list(found)})
        parts = {ending: packed.read_entry(archive, entry) for ending, entry in found[name].items()}
    read = _shapefile(name, parts, encoding)
    read.meta["layers"] = list(found)
    return read


def _shapefile(name: str, parts: dict[str, bytes], encoding: str | None) -> Layer:
    geometry = Path("one.shp")  # in the child's own folder, where it was started
    geometry.write_bytes(parts[".shp"])
    if ".shx" in parts:
        geometry.with_suffix(".shx").write_bytes(parts[".shx"])
    if ".prj" in parts:
        geometry.with_suffix(".prj").write_bytes(parts[".prj"])
    shapes = _shapes_of(geometry)
    cpg = parts.get(".cpg", b"").decode("ascii", "ignore")
    table = read_dbf(parts[".dbf"], cpg, encoding) if ".dbf" in parts else None
    meta: dict[str, Any] = {
        "name": name,
        "crs": _projection(parts),
        "encoding": None,
        "driver": "ESRI Shapefile",
    }
    if table is None:
        return Layer({}, list(range(1, len(shapes) + 1)), shapes, meta)
    count = min(len(shapes), len(table.deleted))
    there = np.flatnonzero(~table.deleted[:count]).tolist()
    columns = {column: [cells[row] for row in there] for column, cells in table.columns.items()}
    notes = _leave_out(columns, table.cut_texts)
    meta |= {
        "encoding": f"{table.encoding} ({table.reason})",
        "encodings": table.encodings,
        "cut": [name for name in table.cut_names if name in columns],
        "notes": notes,
        "preview": _preview(columns),
    }
    return Layer(columns, [row + 1 for row in there], [shapes[row] for row in there], meta)


def _shapes_of(geometry: Path) -> Sequence[bytes | None]:
    import pyogrio  # noqa: PLC0415 - as above
    from pyogrio import raw  # noqa: PLC0415 - as above

    if not geometry.with_suffix(".shx").exists():
        pyogrio.set_gdal_config_options({"SHAPE_RESTORE_SHX": True})
    try:
        _meta, _fids, shapes, _values = raw.read(geometry, columns=[], force_2d=True)
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError) as error:
        raise BadInput("the shapefile cannot be read", field="file") from error
    return list(shapes)


def _projection(parts: dict[str, bytes]) -> str | None:
    return parts[".prj"].decode("utf-8", "replace").strip() or None if ".prj" in parts else None


def _leave_out(columns: dict[str, list[Any]], cut: list[str]) -> list[tuple[str, str]]:
    """Drop columns that hold shapes as texts, which are cut at 254 bytes; returns the words for it."""
    notes = []
    for name in cut:
        first = next((cell for cell in columns[name] if isinstance(cell, str)), "")
        if _EWKT.match(first):
            del columns[name]
            notes.append(
                (
                    f"“{name}”是截断在 254 字节的图形文本，已忽略（使用文件自身的图形）",
                    f"{name!r} holds shapes as text, cut at 254 bytes: ignored, the file's own shapes are used",
                )
            )
        else:
            notes.append(
                (f"“{name}”中有文字被截断在 254 字节", f"some texts of {name!r} are cut at 254 bytes")
            )
    return notes  # fmt: skip


def _preview(columns: dict[str, list[Any]]) -> list[list[str]]:
    shown = list(columns)[:8]
    rows = [[str(columns[name][row])[:40] for name in shown] for row in range(min(3, _length(columns)))]
    return [shown, *rows]


def _length(columns: dict[str, list[Any]]) -> int:
    return len(next(iter(columns.values()), []))


# ---------------------------------------------------------------- the others


def read_kml(path: Path, layer: str | None) -> Layer | list[str]:
    """Read one folder of a KML."""
    inner = _markup(path, Path("one.kml"))
    names = _stand_ins(inner)
    found = read_vector(inner, layer, "LIBKML")
    if isinstance(found, list):
        return found
    for stand_in in [one for one in found.columns if one in names]:
        name = names[stand_in] if names[stand_in] not in found.columns else f"{names[stand_in]}_{stand_in}"
        found.columns[name] = found.columns.pop(stand_in)
    return _without_kml_columns(found)


def _stand_ins(markup: Path) -> dict[str, str]:
    """Give the data of a KML names that GDAL leaves alone; returns what they stand for.

    Of a name that is not ASCII, GDAL makes a line of underscores: names of one length become one, and a column goes.
    """
    names: dict[str, str] = {}
    known: dict[bytes, bytes] = {}

    def stand_in(match: re.Match[bytes]) -> bytes:
        quoted = match[2]
        if quoted not in known:
            names[f"stand_in_{len(names)}"] = html.unescape(quoted[1:-1].decode("utf-8")).strip()
            known[quoted] = b'"stand_in_%d"' % len(known)
        return match[1] + known[quoted]

    content = markup.read_bytes()
    if fits(content, "utf-8") and not content.isascii():
        markup.write_bytes(_KML_DATA.sub(stand_in, content))
    return names


def read_kmz(path: Path, layer: str | None) -> Layer | list[str]:
    """Read the first KML of a KMZ; pictures and models beside it are left alone."""
    with packed.opened(path, "KMZ") as archive:
        inner = [entry for entry in archive.infolist() if entry.filename.lower().endswith(".kml")]
        if not inner:
            raise BadInput("the KMZ holds no KML", field="file")
        first = min(inner, key=lambda entry: (entry.filename.lower() != "doc.kml", entry.filename.count("/")))
        content = packed.read_entry(archive, first)
    Path("inner.kml").write_bytes(content)
    return read_kml(Path("inner.kml"), layer)


def _markup(path: Path, inner: Path) -> Path:
    """Copy a file of markup after reading it through: GDAL stops at the first fault and says nothing of the rest."""
    content = path.read_bytes()
    parser = expat.ParserCreate()  # document types and entities were refused before
    try:
        parser.Parse(content, True)
    except (expat.ExpatError, ValueError) as error:
        raise BadInput(f"the file is no well-formed XML: {error}", field="file") from error
    inner.write_bytes(content)
    return inner


def _without_kml_columns(found: Layer) -> Layer:
    """Drop what GDAL adds to every KML, and a placemark's name where a column of the file says the same."""
    if found.columns.get("Name") in [cells for name, cells in found.columns.items() if name != "Name"]:
        del found.columns["Name"]
    for name in list(found.columns):
        if name in _KML_EMPTY or all(cell is None or cell == "" for cell in found.columns[name]):
            del found.columns[name]
    return found


def read_osm(path: Path, layer: str | None) -> Layer | list[str]:
    """Read the areas of an OpenStreetMap extract; lines or points where they are asked for by name."""
    found = read_vector(path, layer or "multipolygons", "OSM")
    if isinstance(found, list):
        return found
    for name in list(found.columns):
        if all(cell is None for cell in found.columns[name]):
            del found.columns[name]
    ids, ways = found.columns.get("osm_id", []), found.columns.get("osm_way_id", [])
    if ids or ways:
        rows = range(len(found.rows))
        found.columns["osm"] = [
            f"w{ways[row]}" if ways and ways[row] else f"r{ids[row]}" if ids and ids[row] else None
            for row in rows
        ]
    return found


def read_flatgeobuf(path: Path, layer: str | None) -> Layer | list[str]:
    """Read a FlatGeobuf."""
    return read_vector(path, layer, "FlatGeobuf")


def read_gml(path: Path, layer: str | None) -> Layer | list[str]:
    """Read a GML, copied first: the driver would look for a schema beside it and write one."""
    import pyogrio  # noqa: PLC0415 - as above

    inner = _markup(path, Path("one.gml"))
    # A guess of types would make figures of codes: 990101001001E1 is no number, nor is 007.
    pyogrio.set_gdal_config_options({"GML_FIELDTYPES": "ALWAYS_STRING", "GML_SKIP_CORRUPTED_FEATURES": "YES"})
    found = read_vector(inner, layer, "GML")
    if isinstance(found, Layer):
        _name_skipped(found, int(pyogrio.read_info(inner, layer=found.meta["name"])["features"]))
        for name in (
            "gml_id",
            "lowerCorner",
            "upperCorner",
        ):  # GDAL's own, of the markup and not of the place
            found.columns.pop(name, None)
    return found


def _name_skipped(found: Layer, count: int) -> None:
    """Put a row without a value, whose shape is broken, where the driver passed one over; it counts them from 1."""
    shapes = found.shapes
    if shapes is None or len(found.rows) == count:
        return
    there = dict(zip(found.rows, range(len(found.rows)), strict=True))
    if not there.keys() <= set(range(1, count + 1)):
        raise BadInput(f"{count - len(there)} shapes of the GML file cannot be read", field="file")
    order = [there.get(row) for row in range(1, count + 1)]
    found.rows = list(range(1, count + 1))
    found.shapes = [_BROKEN if at is None else shapes[at] for at in order]
    found.columns = {
        name: [None if at is None else cells[at] for at in order] for name, cells in found.columns.items()
    }


READERS: Final[dict[str, Callable[[Path, str | None], Layer | list[str]]]] = {
    "flatgeobuf": read_flatgeobuf, "kml": read_kml, "kmz": read_kmz, "gml": read_gml, "osm": read_osm,
}  # fmt: skip
