"""Out again (导出): the store's rows under the headers that the importer knows, so that a file comes back as it went.

GeoPackage keeps every value, type and null. GeoJSON keeps coordinates to the last digit. XLSX and CSV carry no shapes;
a text that a spreadsheet would run as a formula goes out as text.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any, Literal

import numpy as np
import shapely
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from psycopg2.sql import SQL, Composable, Identifier
from sqlalchemy.orm import Session

from geo.crs import CGCS2000, WGS84, label
from geo.errors import BadInput, NotFound
from geo.ingest import export_files
from geo.ingest.checks import region_prefix
from geo.ingest.export_files import DEGREES_ONLY, moved, write_layer
from geo.ingest.exported import Exported, typed
from geo.ingest.fields import KINDS, Field, Kind
from geo.ingest.losses import SHAPES_ONLY
from geo.ingest.queries import run
from geo.people import trail
from geo.store.engine import Scope, Store
from geo.store.tables import HISTORY

ExportFormat = Literal["gpkg", "geojson", "xlsx", "csv", "zip", "fgb", "kml", "gml", "topojson", "parquet"]
FORMATS: tuple[ExportFormat, ...] = (
    "gpkg", "geojson", "xlsx", "csv", "zip", "fgb", "kml", "gml", "topojson", "parquet"
)  # fmt: skip
MEDIA_TYPES: dict[str, str] = {
    "gpkg": "application/geopackage+sqlite3",
    "geojson": "application/geo+json",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
    "zip": "application/zip",
    "fgb": "application/octet-stream",
    "kml": "application/vnd.google-earth.kml+xml",
    "gml": "application/gml+xml",
    "topojson": "application/json",
    "parquet": "application/vnd.apache.parquet",
}

_ROWS = SQL("SELECT {columns} FROM {table} WHERE {when} AND {where} ORDER BY {order}")
_AT = SQL("upper_inf(recorded) AND valid @> %(as_of)s")
_ALL_PERIODS = SQL("upper_inf(recorded)")
_PERIOD_DATES = SQL(", lower(valid), upper(valid)")
# A text that a spreadsheet takes for a formula, or one that our own guard (a quote) would hide.
_FORMULA = re.compile(r"^'*[=+\-@\t\r]")


def export(
    store: Store,
    scope: Scope,
    kind: str,
    format_: str,
    *,
    as_of: date,
    path: Path,
    region: str | None = None,
    crs: int = CGCS2000,
) -> int:
    """Write one kind as of a date (service periods: all of them) to a file, and one row into the audit.

    `crs` is a system of `geo.crs`. Returns the number of rows. Raises BadInput for an unknown kind or format, or one
    that cannot hold the kind or the system, NotFound for a region outside the scope,
    OSError where the file cannot be written.
    """
    if kind not in KINDS:
        raise NotFound(f"unknown kind {kind!r}: {', '.join(KINDS)}", field="kind")
    if format_ not in FORMATS:
        raise BadInput(f"unknown format {format_!r}: {', '.join(FORMATS)}", field="format")
    _check_fits(KINDS[kind], format_, crs)
    prefix = _prefix(region, scope)
    with store.begin(scope) as session:
        found = _in_system(_fetch(session, KINDS[kind], as_of, prefix), crs)
        detail = {"format": format_, "as_of": as_of.isoformat(), "rows": len(found), "crs": label(crs)}
        area = prefix or (scope.areas[0] if len(scope.areas) == 1 else "")
        trail.record(session, "export", kind, area=area or None, detail=detail)
        write_file(found, format_, path)
    return len(found)


def write_file(found: Exported, format_: str, path: Path) -> None:
    """Write a table to a file; raises OSError where that cannot be."""
    # Where it cannot be written, this alone says so as an OSError in every format.
    path.open("wb").close()
    _WRITERS[format_](found, path)


def _check_fits(kind: Kind, format_: str, crs: int) -> None:
    if format_ in SHAPES_ONLY and kind.shape == "none":
        raise BadInput(f"{kind.title} have no shapes: ask for xlsx or csv", field="format")
    if format_ in DEGREES_ONLY and crs not in (CGCS2000, WGS84):
        raise BadInput(f"{format_} is in longitude and latitude by its standard", field="crs")


def _in_system(found: Exported, crs: int) -> Exported:
    return found if found.shapes is None else replace(found, shapes=moved(found.shapes, crs), epsg=crs)


def _prefix(region: str | None, scope: Scope) -> str:
    if region is None:
        return ""
    if not re.fullmatch(r"\d{12}", region):
        raise BadInput("a region code has twelve digits", field="region")
    prefix = region_prefix(region)
    if not prefix.startswith(tuple(scope.areas)):
        raise NotFound("no such region in your area", field="region")
    return prefix


def _fetch(session: Session, kind: Kind, as_of: date, prefix: str) -> Exported:
    period = kind.name == "service-periods"
    fields = [one for one in kind.fields if not (period and one.name in ("start", "end"))]
    stored = list(dict.fromkeys(one.stored for one in fields))
    columns: list[Composable] = [Identifier(name) for name in stored]
    columns.append(SQL("written"))
    if kind.shape != "none":
        columns.append(SQL("ST_AsBinary(geom)"))
    statement = _ROWS.format(
        columns=SQL(", ").join(columns) + (_PERIOD_DATES if period else SQL("")),
        table=Identifier(HISTORY[kind.table].name),
        when=_ALL_PERIODS if period else _AT,
        where=_where(kind, prefix),
        order=SQL("unit, lower(valid)") if period else SQL("code"),
    )
    rows: list[Any] = list(run(session, statement, as_of=as_of, prefix=prefix))
    by_name = {name: [row[i] for row in rows] for i, name in enumerate(stored)}
    values = {one.name: _member(one, by_name[one.stored]) for one in fields}
    if period:
        values |= {"start": [row[-2] for row in rows], "end": [row[-1] for row in rows]}
    written = [row[len(stored)] for row in rows]
    shapes = None if kind.shape == "none" else _shapes([row[len(stored) + 1] for row in rows])
    return Exported(kind, values, shapes, written=written)


def _where(kind: Kind, prefix: str) -> Composable:
    if not prefix:
        return SQL("true")
    column = {"regions": SQL("region_prefix(code)"), "firms": SQL("region_prefix(region)"),
              "service-periods": SQL("unit")}.get(kind.name, SQL("code"))  # fmt: skip
    return SQL("{} ^@ %(prefix)s").format(column)


def _member(one: Field, cells: list[Any]) -> list[Any]:
    return [(cell or {}).get(one.key) for cell in cells] if one.key else cells


def _shapes(blobs: list[Any]) -> np.ndarray:
    wkb = np.empty(len(blobs), dtype=object)
    wkb[:] = [None if blob is None else bytes(blob) for blob in blobs]
    return np.asarray(shapely.from_wkb(wkb))


# ---------------------------------------------------------------- GeoPackage


def _write_gpkg(found: Exported, path: Path) -> None:
    columns, masks = [], []
    for one, cells in found.headed():
        column, mask = typed(one, cells)
        columns.append(column)
        masks.append(mask)
    geometry = None
    if found.shapes is not None:
        geometry = np.empty(len(found), dtype=object)
        geometry[:] = list(shapely.to_wkb(found.shapes))
    shape_type = {"polygon": "MultiPolygon", "any": "Unknown", "none": None}[found.kind.shape]
    path.unlink()
    write_layer(
        path, geometry, columns, [one.header for one in found.fields()], field_mask=masks,
        epsg=found.epsg, geometry_type=shape_type, driver="GPKG", layer=found.kind.title,
    )  # fmt: skip


# ---------------------------------------------------------------- GeoJSON


def _write_geojson(found: Exported, path: Path) -> None:
    headed = found.headed()
    shapes = [None] * len(found) if found.shapes is None else shapely.to_geojson(found.shapes)
    with path.open("w", encoding="utf-8") as file:
        file.write('{"type":"FeatureCollection","features":[')
        for row, shape in enumerate(shapes):
            properties = {one.header: cells[row] for one, cells in headed}
            text = json.dumps(properties, ensure_ascii=False)
            separator = ",\n" if row else "\n"
            file.write(f'{separator}{{"type":"Feature","geometry":{shape or "null"},"properties":{text}}}')
        file.write("\n]}\n")


# ---------------------------------------------------------------- tables


def _write_xlsx(found: Exported, path: Path) -> None:
    book = Workbook(write_only=True)
    sheet = book.create_sheet(found.kind.title)
    headed = found.headed()
    sheet.append([one.header for one, _ in headed])
    for row in zip(*(cells for _, cells in headed), strict=True):
        sheet.append([_sheet_cell(sheet, value) for value in row])
    book.save(path)


def _sheet_cell(sheet: Any, value: Any) -> Any:
    """Return a cell; text is always stored as text, also where it begins like a formula."""
    if not isinstance(value, str):
        return value
    cell = WriteOnlyCell(sheet, ILLEGAL_CHARACTERS_RE.sub("", value))
    cell.data_type = "s"
    cell.number_format = "@"
    return cell


def guarded(value: Any) -> Any:
    """Return a CSV cell: a text that a spreadsheet would run gets a quote before it, which the importer takes off.

    >>> guarded("=1+1"), guarded("-1"), guarded(-1)
    ("'=1+1", "'-1", -1)
    """
    return f"'{value}" if isinstance(value, str) and _FORMULA.match(value) else value


def _write_csv(found: Exported, path: Path) -> None:
    headed = found.headed()
    # The mark at the beginning makes the spreadsheet programs of the offices read UTF-8.
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([one.header for one, _ in headed])
        writer.writerows(_guarded_row(row) for row in zip(*(cells for _, cells in headed), strict=True))


def _guarded_row(row: Sequence[Any]) -> list[Any]:
    return ["" if value is None else guarded(value) for value in row]


_WRITERS = {
    "gpkg": _write_gpkg,
    "geojson": _write_geojson,
    "xlsx": _write_xlsx,
    "csv": _write_csv,
    **export_files.WRITERS,
}
