"""What the child does with a GeoParquet: its first column of shapes as the file's own metadata name it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from geo.errors import BadInput, TooLarge
from geo.ingest.layer import MAX_COLUMNS, MAX_ROWS, Layer, plain_value

MAX_BYTES = 1 << 30
"""Bytes of all columns unpacked, as the file's own directory says."""


def read_parquet(path: Path, _layer: str | None) -> Layer:
    """Read a Parquet, with shapes where it is a GeoParquet. Raises BadInput or TooLarge."""
    try:
        file = pq.ParquetFile(path, thrift_string_size_limit=1 << 24, thrift_container_size_limit=1 << 20)
        meta = file.metadata
        if meta.num_rows > MAX_ROWS or meta.num_columns > MAX_COLUMNS:
            raise TooLarge(f"at most {MAX_ROWS} rows and {MAX_COLUMNS} columns are taken", field="file")
        if sum(meta.row_group(group).total_byte_size for group in range(meta.num_row_groups)) > MAX_BYTES:
            raise TooLarge("the Parquet file unpacks to over a gigabyte", field="file")
        geo = _geo(file.schema_arrow.metadata or {})
        table = file.read(use_threads=False)
    except (pa.ArrowException, OSError) as error:
        raise BadInput("the Parquet file cannot be read", field="file") from error
    return _layer_of(table, geo)


def _geo(metadata: dict[bytes, bytes]) -> dict[str, Any]:
    try:
        found = json.loads(metadata.get(b"geo", b"{}"))
    except (ValueError, RecursionError) as error:
        raise BadInput("the GeoParquet's metadata are no JSON", field="file") from error
    return found if isinstance(found, dict) else {}


def _layer_of(table: Any, geo: dict[str, Any]) -> Layer:
    shape = str(geo.get("primary_column", ""))
    described = (geo.get("columns") or {}).get(shape)
    columns, shapes, crs = {}, None, None
    for name in table.column_names:
        cells = table.column(name).to_pylist()
        if name == shape and isinstance(described, dict):
            if str(described.get("encoding", "WKB")).upper() != "WKB":
                raise BadInput("only shapes as WKB are taken of a GeoParquet", field="file")
            shapes = [bytes(cell) if isinstance(cell, bytes) else None for cell in cells]
            crs = _system(described)
        elif not pa.types.is_binary(table.schema.field(name).type):
            columns[name] = [_cell(cell) for cell in cells]
    meta = {"name": None, "crs": crs, "encoding": "utf-8", "driver": "Parquet"}
    return Layer(columns, list(range(1, table.num_rows + 1)), shapes, meta)


def _system(described: dict[str, Any]) -> str | None:
    """Return the declared system: left out it is WGS 84 by the specification, null it is unknown."""
    if "crs" not in described:
        return "OGC:CRS84"
    return None if described["crs"] is None else json.dumps(described["crs"])


def _cell(value: Any) -> Any:
    if isinstance(value, list) and all(isinstance(part, str) for part in value):
        return "、".join(value)
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False, default=str)
    found = plain_value(value)
    return found if isinstance(found, str | int | float | bool | None) else str(found)
