"""What the child does with a file of each format: plain columns as JSON, shapes as WKB bytes with offsets.

Runs inside `geo.ingest.child` only. Every format ends in a `Layer`, which is written to the folder.
"""

from __future__ import annotations

import json
import re
import signal
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Literal

import numpy as np
import shapely
from shapely.errors import GEOSException

from geo.errors import BadInput, TooLarge
from geo.ingest import formats
from geo.ingest.encodings import candidates
from geo.ingest.formulas import without_value
from geo.ingest.layer import MAX_COLUMNS, MAX_ROWS, Layer, flat_cell, plain_value

MAX_VERTICES = 50_000
"""Vertices of one feature."""
MAX_FILE_VERTICES = 5_000_000
MAX_REPAIR_SECONDS = 5
_GEOMETRY_COLLECTION = 7
_MULTI = 4
_HEADS = tuple(
    one
    for kind in range(_MULTI, 8)
    for one in (b"\x01" + kind.to_bytes(4, "little"), b"\0" + kind.to_bytes(4, "big"))
)
"""How collections and multi-shapes begin: within one another, some ten thousand deep, they end the process."""
_MOST_HEADS = 1_000
_BYTES_PER_VERTEX = 16
_HEAD_ROWS = 10
"""Rows among which the header of a table is looked for."""
_FIGURE = re.compile(r"\d")
_SAID_EVERY = 5_000
"""Rows until the parent is told again."""
Say = Callable[[float], None]
EXPLANATIONS = ("说明", "填写说明")
"""Names of sheets that explain a template (ours is the second)."""


def read(request: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Read one layer of `request["path"]`, a file of `request["format"]`, into the folder."""
    path, say = Path(request["path"]), partial(_say, folder)
    layer = _reader(request["format"], request.get("encoding"), say)(path, request.get("layer"))
    if isinstance(layer, list):
        return {"layers": layer}
    if len(layer.rows) > MAX_ROWS or len(layer.columns) > MAX_COLUMNS:
        raise TooLarge(f"at most {MAX_ROWS} rows and {MAX_COLUMNS} columns are taken", field="file")
    # A column name with a control character would break the report that shows it.
    say(0.75)
    columns = {printable(name): cells for name, cells in layer.columns.items()}
    layer.meta["cut"] = [printable(name) for name in layer.meta.get("cut", ())]
    # Half of a surrogate pair, which JSON can name, is no character: it becomes a question mark.
    (folder / "columns.json").write_bytes(json.dumps(columns, ensure_ascii=False).encode("utf-8", "replace"))
    np.save(folder / "rows.npy", np.asarray(layer.rows, dtype=np.int64))
    say(0.85)
    notes = _write_shapes(layer.shapes, folder) if layer.shapes is not None else {}
    layers = layer.meta.pop("layers", [])
    return {"shapes": layer.shapes is not None, "unread": notes, "layers_of_file": layers, **layer.meta}


def _say(folder: Path, share: float) -> None:
    """Tell the parent how far the reading is."""
    (folder / "progress.part").write_text(json.dumps(share), "utf-8")
    (folder / "progress.part").rename(folder / "progress.json")


def printable(name: str) -> str:
    """Return a column's name without control characters."""
    return "".join(c for c in name if c.isprintable())


def _write_shapes(shapes: Sequence[bytes | None], folder: Path) -> dict[str, str]:
    """Write checked WKB and offsets (0 long = no shape); returns what was wrong, by position."""
    notes: dict[str, str] = {}
    blobs = [b"" if blob is None else _limited(blob, position, notes) for position, blob in enumerate(shapes)]
    try:
        parsed = shapely.from_wkb([blob or None for blob in blobs], on_invalid="fix")
    except (GEOSException, ValueError):
        parsed = np.array([_parsed(blob) for blob in blobs], dtype=object)
    for position in np.flatnonzero(shapely.is_missing(parsed)).tolist():
        if blobs[position]:
            notes[str(position)] = "invalid:unreadable"
    parsed = _usable(shapely.force_2d(parsed), notes)
    kept = [blob or b"" for blob in shapely.to_wkb(parsed, byte_order=1).tolist()]
    total = sum(map(len, kept)) // _BYTES_PER_VERTEX
    if total > MAX_FILE_VERTICES:
        raise TooLarge(
            f"the file has about {total} vertices; at most {MAX_FILE_VERTICES} are taken", field="file"
        )
    offsets = np.zeros(len(kept) + 1, dtype=np.int64)
    offsets[1:] = np.cumsum([len(one) for one in kept])
    np.save(folder / "offsets.npy", offsets)
    (folder / "shapes.wkb").write_bytes(b"".join(kept))
    return notes


def _limited(blob: bytes, position: int, notes: dict[str, str]) -> bytes:
    """Return WKB that a parser may see; b"" with a note for collections, curves and too many vertices."""
    order: Literal["little", "big"] = "little" if blob[:1] == b"\x01" else "big"
    kind = int.from_bytes(blob[1:5], order) % 1000 if len(blob) >= 5 else 0
    if kind >= _MULTI and sum(blob.count(head) for head in _HEADS) > _MOST_HEADS:
        kind = _GEOMETRY_COLLECTION
    if kind == _GEOMETRY_COLLECTION or not 1 <= kind <= 6:
        notes[str(position)] = "type:GeometryCollection" if kind == _GEOMETRY_COLLECTION else "type:curve"
        return b""
    if len(blob) > 4 * 8 * MAX_VERTICES + 10**6:
        notes[str(position)] = f"vertices:{len(blob) // _BYTES_PER_VERTEX}"
        return b""
    return blob


def _parsed(blob: bytes) -> Any:
    """Return one shape, None where it cannot be read: one by one, where not all of a file can."""
    try:
        return shapely.from_wkb(blob, on_invalid="fix") if blob else None
    except (GEOSException, ValueError):
        return None


def _usable(shapes: np.ndarray, notes: dict[str, str]) -> np.ndarray:
    """Return shapes without those of too many vertices, or of coordinates that are no numbers; each with its note."""
    counts = shapely.get_num_coordinates(shapes)
    for position in np.flatnonzero(counts > MAX_VERTICES).tolist():
        notes[str(position)] = f"vertices:{counts[position]}"
    coordinates, owners = shapely.get_coordinates(shapes, return_index=True)
    wild = np.unique(owners[~np.isfinite(coordinates).all(axis=1)])
    for position in wild.tolist():
        notes.setdefault(str(position), "number:")
    shapes = shapes.copy()
    shapes[(counts > MAX_VERTICES) | np.isin(np.arange(len(shapes)), wild)] = None
    return shapes


# ---------------------------------------------------------------- GeoJSON


def _read_geojson(path: Path, _layer: str | None, say: Say) -> Layer:
    document = formats.load_json(path.read_bytes())
    say(0.2)
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
    columns = {
        name: [flat_cell((one.get("properties") or {}).get(name)) for one in features] for name in names
    }
    shapes = []
    for first in range(0, len(features), _SAID_EVERY):
        say(0.2 + 0.5 * first / len(features))
        shapes += [_geojson_shape(one.get("geometry")) for one in features[first : first + _SAID_EVERY]]
    meta = {
        "name": document.get("name"),
        "crs": _geojson_crs(document),
        "encoding": "utf-8",
        "driver": "GeoJSON",
    }
    return Layer(columns, list(range(1, len(features) + 1)), shapes, meta)


def _is_feature(one: Any) -> bool:
    return (
        isinstance(one, dict)
        and one.get("type") == "Feature"
        and isinstance(one.get("properties") or {}, dict)
    )


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


def _read_xlsx(path: Path, layer: str | None, say: Say) -> Layer | list[str]:
    import warnings  # noqa: PLC0415 - with openpyxl, which only this format needs

    import openpyxl  # noqa: PLC0415 - as above

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # openpyxl warns of every style it does not know
        try:
            # As a stream: openpyxl refuses a path by its name, and an upload is kept under a number.
            with path.open("rb") as stream:
                book = openpyxl.load_workbook(stream, read_only=True, data_only=True, keep_links=False)
                visible = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]
                filled = {sheet.title: _sheet_rows(sheet, say) for sheet in visible}
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
    every = [name for name, rows in filled.items() if len(rows) > 1 and name not in EXPLANATIONS]
    if not names:
        raise BadInput("the workbook holds no table", field="file")
    if len(names) > 1:
        return names
    meta = {"name": names[0], "encoding": "utf-8", "driver": "XLSX", "layers": every}
    layer_read = _table(tables[names[0]], meta)
    if count := without_value(path):
        layer_read.meta.setdefault("notes", []).append(
            (
                f"{count} 个单元格只有公式、没有计算结果，按空读入：请用 Excel 或 WPS 打开并保存后再导入",
                f"{count} cells hold a formula without its result and are read as empty: open the workbook in Excel or "
                "WPS, save it, and import it again",
            )
        )
    return layer_read


def _sheet_rows(sheet: Any, say: Say) -> list[tuple[int, list[Any]]]:
    """Return (row number, cells) of the rows that hold anything. A workbook may claim a million empty columns."""
    found: list[tuple[int, list[Any]]] = []
    claimed = sheet.max_row or MAX_ROWS
    sheet.reset_dimensions()
    for number, cells in enumerate(sheet.iter_rows(values_only=True, max_col=MAX_COLUMNS), start=1):
        if number > MAX_ROWS:
            raise TooLarge(f"at most {MAX_ROWS} rows are taken", field="file")
        if number % _SAID_EVERY == 0:
            say(0.7 * min(number / claimed, 1))
        if any(cell is not None and cell != "" for cell in cells):
            found.append((number, [plain_value(cell) for cell in cells]))
    return found


def _read_csv(path: Path, _layer: str | None, encoding: str | None = None) -> Layer:
    content = path.read_bytes()
    text, encoding = formats.decode(content, encoding)
    rows = [(number, list(row)) for number, row in enumerate(formats.csv_rows(text), start=1) if any(row)]
    layer = _table(rows, {"name": None, "encoding": encoding, "driver": "CSV"})
    if encoding != "utf-16":
        layer.meta["encodings"] = candidates(_pieces(content), (), encoding)
    layer.meta["preview"] = [[str(cell)[:40] for cell in cells[:8]] for _, cells in rows[:4]]
    return layer


def _pieces(content: bytes) -> list[tuple[bytes, int]]:
    """Return the cells of the first lines of a CSV, and all the rest as one: the first are what candidates show."""
    lines = content.splitlines()
    cells = [cell for line in lines[1:50] for cell in re.split(rb'[,;\t"|]', line)]
    return [(cell, 1 << 20) for cell in cells] + [(b"\n".join(lines), 0)]


def _table(rows: list[tuple[int, list[Any]]], meta: dict[str, Any]) -> Layer:
    """Make columns of rows: of those under a header, and of those without one that hold something (`第 5 列`)."""
    if not rows:
        raise BadInput("the file holds no table", field="file")
    headers, first = headers_of([cells for _, cells in rows[:_HEAD_ROWS]])
    body = rows[first:]
    columns: dict[str, list[Any]] = {}
    for index in range(max(len(cells) for _, cells in rows)):
        header = headers[index] if index < len(headers) else ""
        cells = [cells[index] if index < len(cells) else None for _, cells in body]
        if header or any(cell not in (None, "") for cell in cells):
            name = header or f"第 {index + 1} 列"
            columns[name if name not in columns else f"{name}_{index + 1}"] = cells
    return Layer(columns, [number for number, _ in body], None, meta)


def headers_of(rows: list[list[Any]]) -> tuple[list[str], int]:
    """Return the headers of a table by its first rows, and the first row below them.

    Titles and lines of who filled it in when may stand above: the header is the first row that has at least two texts
    and half as many as the fullest. Merged headers (规模 over 户数 and 人口) are followed by a row of theirs.

    >>> headers_of([["表"], ["编码", "规模", None], [None, "户数", "人口"], ["C1", 3, 4]])
    (['编码', '户数', '人口'], 3)
    """
    least = max(2, max(map(_named, rows)) / 2)
    start = next((at for at, cells in enumerate(rows) if _named(cells) >= least), 0)
    above = [_said(cell) for cell in rows[start]]
    below = rows[start + 1] if start + 1 < len(rows) else []
    if not _continues(above, below):
        return above, start + 1
    parts = [_said(cell) for cell in below]
    width = max(len(above), len(parts))
    above, parts = above + [""] * (width - len(above)), parts + [""] * (width - len(parts))
    group, headers = "", []
    for upper, part in zip(above, parts, strict=True):
        group = upper or (group if part else "")
        headers.append(upper if not part else part if parts.count(part) == 1 else f"{group}{part}")
    return headers, start + 2


def _continues(above: list[str], below: list[Any]) -> bool:
    """Whether a row is the second of merged headers: words alone, some below none, none below some."""
    if not all(cell is None or (isinstance(cell, str) and not _FIGURE.search(cell)) for cell in below):
        return False
    words = [_said(cell) for cell in below]
    under = [words[at] if at < len(words) else "" for at in range(max(len(above), len(words)))]
    over = above + [""] * (len(under) - len(above))
    pairs = list(zip(over, under, strict=True))
    return any(part and not upper for upper, part in pairs) and any(
        upper and not part for upper, part in pairs
    )


def _said(cell: Any) -> str:
    return "" if cell is None else str(cell).strip()


def _named(cells: list[Any]) -> int:
    return sum(1 for cell in cells if isinstance(cell, str) and cell.strip())


def _reader(format_: str, encoding: str | None, say: Say) -> Callable[[Path, str | None], Layer | list[str]]:
    """Return what reads a format (in an encoding that was chosen); GDAL and Arrow are only loaded for theirs."""
    if format_ == "csv":
        return partial(_read_csv, encoding=encoding)
    if format_ in _READERS:
        return partial(_READERS[format_], say=say)
    if format_ == "parquet":
        from geo.ingest.parquets import read_parquet  # noqa: PLC0415 - as said

        return read_parquet
    if format_ == "topojson":
        from geo.ingest.topology import read_topojson  # noqa: PLC0415 - as said

        return read_topojson
    from geo.ingest.drawings import read_dxf  # noqa: PLC0415 - as said
    from geo.ingest.vectors import DRIVERS, READERS, read_shapefile, read_vector  # noqa: PLC0415 - as said

    if format_ in ("shapefile", "dxf"):
        return partial(read_dxf if format_ == "dxf" else read_shapefile, encoding=encoding)
    return READERS.get(format_) or (lambda path, layer: read_vector(path, layer, DRIVERS[format_]))


_READERS: dict[str, Callable[..., Layer | list[str]]] = {
    "geojson": _read_geojson,
    "xlsx": _read_xlsx,
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
