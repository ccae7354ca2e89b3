"""What the child does with a file of each format: plain columns as JSON, shapes as WKB bytes with offsets.

Runs inside `geo.ingest.child` only. Every format ends in `_Layer`, which is written to the folder.
"""

from __future__ import annotations

import json
import math
import signal
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from shapely.errors import GEOSException

from geo.errors import BadInput, TooLarge
from geo.ingest import formats

MAX_VERTICES = 50_000
"""Vertices of one feature."""
MAX_FILE_VERTICES = 5_000_000
MAX_ROWS = 1_000_000
MAX_COLUMNS = 500
MAX_REPAIR_SECONDS = 5
_GEOMETRY_COLLECTION = 7
_BYTES_PER_VERTEX = 16
EXPLANATIONS = ("说明", "填写说明")
"""Names of sheets that explain a template (ours is the second)."""


@dataclass
class _Layer:
    """One layer: columns of plain values, row numbers of the source (1-based), shapes as WKB or None."""

    columns: dict[str, list[Any]]
    rows: list[int]
    shapes: Sequence[bytes | None] | None = None
    meta: dict[str, Any] = field(default_factory=dict)


def read(request: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Read one layer of `request["path"]`, a file of `request["format"]`, into the folder."""
    path = Path(request["path"])
    layer = _READERS[request["format"]](path, request.get("layer"))
    if isinstance(layer, list):
        return {"layers": layer}
    if len(layer.rows) > MAX_ROWS or len(layer.columns) > MAX_COLUMNS:
        raise TooLarge(f"at most {MAX_ROWS} rows and {MAX_COLUMNS} columns are taken", field="file")
    # A column name with a control character would break the report that shows it.
    columns = {"".join(c for c in name if c.isprintable()): cells for name, cells in layer.columns.items()}
    (folder / "columns.json").write_text(json.dumps(columns, ensure_ascii=False), "utf-8")
    np.save(folder / "rows.npy", np.asarray(layer.rows, dtype=np.int64))
    notes = _write_shapes(layer.shapes, folder) if layer.shapes is not None else {}
    return {"shapes": layer.shapes is not None, "unread": notes, **layer.meta}


def _write_shapes(shapes: Sequence[bytes | None], folder: Path) -> dict[str, str]:
    """Write checked WKB and offsets (0 long = no shape); returns what was wrong, by position."""
    notes: dict[str, str] = {}
    kept: list[bytes] = []
    total = 0
    for position, blob in enumerate(shapes):
        good = b"" if blob is None else _checked(blob, position, notes)
        total += len(good) // _BYTES_PER_VERTEX
        kept.append(good)
    if total > MAX_FILE_VERTICES:
        raise TooLarge(
            f"the file has about {total} vertices; at most {MAX_FILE_VERTICES} are taken", field="file"
        )
    offsets = np.zeros(len(kept) + 1, dtype=np.int64)
    offsets[1:] = np.cumsum([len(one) for one in kept])
    np.save(folder / "offsets.npy", offsets)
    (folder / "shapes.wkb").write_bytes(b"".join(kept))
    return notes


def _checked(blob: bytes, position: int, notes: dict[str, str]) -> bytes:
    """Return plain 2D WKB, limits first and then one parse; b"" with a note where it cannot be used."""
    kind = (
        int.from_bytes(blob[1:5], "little" if blob[:1] == b"\x01" else "big") % 1000 if len(blob) >= 5 else 0
    )
    if kind == _GEOMETRY_COLLECTION or not 1 <= kind <= 6:
        notes[str(position)] = "type:GeometryCollection" if kind == _GEOMETRY_COLLECTION else "type:curve"
        return b""
    if len(blob) > 4 * 8 * MAX_VERTICES + 10**6:
        notes[str(position)] = f"vertices:{len(blob) // _BYTES_PER_VERTEX}"
        return b""
    try:
        shape = shapely.force_2d(shapely.from_wkb(blob, on_invalid="fix"))
    except (GEOSException, ValueError):
        shape = None
    if shape is None:
        notes[str(position)] = "invalid:unreadable"
        return b""
    count = int(shapely.get_num_coordinates(shape))
    if count > MAX_VERTICES:
        notes[str(position)] = f"vertices:{count}"
        return b""
    if not np.isfinite(shapely.get_coordinates(shape)).all():
        notes[str(position)] = "number:"
        return b""
    return bytes(shapely.to_wkb(shape, byte_order=1))


# ---------------------------------------------------------------- GeoPackage


def _read_gpkg(path: Path, layer: str | None) -> _Layer | list[str]:
    import pyogrio  # noqa: PLC0415 - GDAL starts here, after the deny list and only for the format that needs it
    from pyogrio import raw  # noqa: PLC0415 - as above

    try:
        layers = [str(name) for name, _ in pyogrio.list_layers(path)]
        if layer is None and len(layers) != 1:
            if not layers:
                raise BadInput("the GeoPackage holds no layer", field="file")
            return layers
        if layer is not None and layer not in layers:
            raise BadInput(f"the file has no layer {layer!r}", field="layer", extra={"layers": layers})
        meta, fids, shapes, values = raw.read(
            path, layer=layer or layers[0], return_fids=True, force_2d=True, datetime_as_string=True
        )
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError) as error:
        raise BadInput("the GeoPackage cannot be read", field="file") from error
    columns = {str(name): _plain_column(column) for name, column in zip(meta["fields"], values, strict=True)}
    found = {"name": layer or layers[0], "crs": meta["crs"], "encoding": "utf-8", "driver": "GPKG"}
    has_shapes = shapes is not None and meta["geometry_type"] is not None
    return _Layer(columns, [int(fid) for fid in fids], list(shapes) if has_shapes else None, found)


def _plain_column(column: np.ndarray) -> list[Any]:
    return [_plain(value) for value in column.tolist()]


def _plain(value: Any) -> Any:
    """Return a JSON value: days and times as ISO text, unknown and not-a-number as None, bytes as nothing."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat()
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, bytes):
        return None
    return value


# ---------------------------------------------------------------- GeoJSON


def _read_geojson(path: Path, _layer: str | None) -> _Layer:
    document = formats.load_json(path.read_bytes())
    if not isinstance(document, dict):
        raise BadInput("the file is no GeoJSON object", field="file")
    features = document.get("features") if document.get("type") == "FeatureCollection" else [document]
    if not isinstance(features, list) or not all(map(_is_feature, features)):
        raise BadInput("the file is no GeoJSON FeatureCollection", field="file")
    if len(features) > MAX_ROWS:
        raise TooLarge(f"at most {MAX_ROWS} rows are taken", field="file")
    names: dict[str, None] = {}
    for one in features:
        names.update(dict.fromkeys(one.get("properties") or {}))
    columns = {name: [_cell((one.get("properties") or {}).get(name)) for one in features] for name in names}
    shapes = [_geojson_shape(one.get("geometry")) for one in features]
    meta = {
        "name": document.get("name"),
        "crs": _geojson_crs(document),
        "encoding": "utf-8",
        "driver": "GeoJSON",
    }
    return _Layer(columns, list(range(1, len(features) + 1)), shapes, meta)


def _is_feature(one: Any) -> bool:
    return (
        isinstance(one, dict)
        and one.get("type") == "Feature"
        and isinstance(one.get("properties") or {}, dict)
    )


def _cell(value: Any) -> Any:
    """Flatten a property: a list of texts stays readable, an object is its JSON."""
    if isinstance(value, list) and all(isinstance(part, str) for part in value):
        return "、".join(value)
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else value


def _geojson_shape(geometry: Any) -> bytes | None:
    if geometry is None:
        return None
    if not isinstance(geometry, dict):
        return b"\x01\x00\x00\x00\x00"
    if geometry.get("type") == "GeometryCollection":
        return b"\x01\x07\x00\x00\x00"
    try:
        shape = shapely.from_geojson(json.dumps(geometry))
    except (GEOSException, ValueError, TypeError):
        return b"\x01\x06\x00\x00\x00"
    return bytes(shapely.to_wkb(shape))


def _geojson_crs(document: dict[str, Any]) -> str:
    """Return the declared system: RFC 7946 fixes WGS 84; the older `crs` member names another."""
    member = document.get("crs")
    if isinstance(member, dict) and isinstance(member.get("properties"), dict):
        return str(member["properties"].get("name") or "Unknown")
    return "OGC:CRS84"


# ---------------------------------------------------------------- tables without shapes


def _read_xlsx(path: Path, layer: str | None) -> _Layer | list[str]:
    import warnings  # noqa: PLC0415 - with openpyxl, which only this format needs

    import openpyxl  # noqa: PLC0415 - as above

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # openpyxl warns of every style it does not know
        try:
            # As a stream: openpyxl refuses a path by its name, and an upload is kept under a number.
            with path.open("rb") as stream:
                book = openpyxl.load_workbook(stream, read_only=True, data_only=True, keep_links=False)
                visible = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]
                filled = {sheet.title: _sheet_rows(sheet) for sheet in visible}
        except Exception as error:  # any malformed workbook: openpyxl raises whatever its parser met
            raise BadInput("the workbook cannot be read", field="file") from error
    tables = {name: rows for name, rows in filled.items() if len(rows) > 1}
    if layer is not None:
        if layer not in filled:
            raise BadInput(
                f"the workbook has no sheet {layer!r}", field="layer", extra={"layers": list(filled)}
            )
        tables = {layer: filled[layer]}
    # A sheet that only explains the others is no table; alone it would be taken all the same.
    names = [name for name in tables if name not in EXPLANATIONS] or list(tables)
    if not names:
        raise BadInput("the workbook holds no table", field="file")
    if len(names) > 1:
        return names
    return _table(tables[names[0]], {"name": names[0], "encoding": "utf-8", "driver": "XLSX"})


def _sheet_rows(sheet: Any) -> list[tuple[int, list[Any]]]:
    """Return (row number, cells) of the rows that hold anything. A workbook may claim a million empty columns."""
    found: list[tuple[int, list[Any]]] = []
    sheet.reset_dimensions()
    for number, cells in enumerate(sheet.iter_rows(values_only=True, max_col=MAX_COLUMNS), start=1):
        if number > MAX_ROWS:
            raise TooLarge(f"at most {MAX_ROWS} rows are taken", field="file")
        if any(cell is not None and cell != "" for cell in cells):
            found.append((number, [_plain(cell) for cell in cells]))
    return found


def _read_csv(path: Path, _layer: str | None) -> _Layer:
    text, encoding = formats.decode(path.read_bytes())
    rows = [(number, list(row)) for number, row in enumerate(formats.csv_rows(text), start=1) if any(row)]
    layer = _table(rows, {"name": None, "encoding": encoding, "driver": "CSV"})
    layer.meta["preview"] = [[str(cell)[:40] for cell in cells[:8]] for _, cells in rows[:4]]
    return layer


def _table(rows: list[tuple[int, list[Any]]], meta: dict[str, Any]) -> _Layer:
    """Make columns of rows; the header is the first row of at least two texts (a title may stand above it)."""
    start = next((i for i, (_, cells) in enumerate(rows) if _named(cells) >= 2), 0)
    if not rows:
        raise BadInput("the file holds no table", field="file")
    headers = [str(cell).strip() if cell is not None else "" for cell in rows[start][1]]
    body = rows[start + 1 :]
    columns: dict[str, list[Any]] = {}
    for index, header in enumerate(headers):
        if header:
            name = header if header not in columns else f"{header}_{index + 1}"
            columns[name] = [cells[index] if index < len(cells) else None for _, cells in body]
    return _Layer(columns, [number for number, _ in body], None, meta)


def _named(cells: list[Any]) -> int:
    return sum(1 for cell in cells if isinstance(cell, str) and cell.strip())


_READERS: dict[str, Callable[[Path, str | None], _Layer | list[str]]] = {
    "gpkg": _read_gpkg,
    "geojson": _read_geojson,
    "xlsx": _read_xlsx,
    "csv": _read_csv,
}


# ---------------------------------------------------------------- repair


def repair(request: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Make valid the shapes from `request["first"]` on, one after the other, each flushed before the next is begun.

    A shape that hangs or crashes ends the process (an alarm of 5 s); the parent goes on behind it.
    """
    offsets = np.load(folder / "offsets.npy", allow_pickle=False)
    content = (folder / "shapes.wkb").read_bytes()
    for index in range(int(request["first"]), len(offsets) - 1):
        signal.setitimer(signal.ITIMER_REAL, MAX_REPAIR_SECONDS)
        shape = shapely.from_wkb(content[offsets[index] : offsets[index + 1]])
        mended = shapely.make_valid(shape, method="structure", keep_collapsed=False)
        partial = folder / f"repaired-{index}.part"
        partial.write_bytes(shapely.to_wkb(mended))
        partial.rename(folder / f"repaired-{index}.wkb")
    signal.setitimer(signal.ITIMER_REAL, 0)
    return {}


WORK: dict[str, Callable[[dict[str, Any], Path], dict[str, Any]]] = {"read": read, "repair": repair}
