"""Tables of points for `wangge bundle`: a CSV or a workbook with x and y in metres, or with longitude and latitude."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from api.commands.bundle_tables import Table, read_csv
from geo.crs import CGCS2000
from geo.errors import BadInput
from geo.ingest.formats import inspect
from geo.ingest.reading import Layers, read_file

TABLES: Final = (".csv", ".txt", ".xlsx")
_DEGREES: Final = (("lon", "lat"), ("lng", "lat"), ("longitude", "latitude"), ("经度", "纬度"))
"""Headers that say that a table is in degrees; WGS 84 and CGCS2000 are the same to the decimetre."""


def read_points(
    path: Path, id_field: str | None, layer: str | None, *, linked: bool
) -> tuple[Table, gpd.GeoSeries]:
    """Read a table of units with the points they lie at; those in degrees say so by their headers.

    Raises BadInput for a table without id or place, with its field, and for x and y that look like degrees.
    """
    table = _workbook(path, layer) if path.suffix.lower() == ".xlsx" else read_csv(path, ())
    names = {name.lower(): name for name in table.columns}
    if id_field is None and not {"id", "code"} & names.keys():
        raise _lacks(table, "id")
    pair = next(((names[x], names[y]) for x, y in _DEGREES if x in names and y in names), None)
    if pair and not {"x", "y"} <= names.keys():
        return table, gpd.GeoSeries(_in_degrees(table, *pair), crs=CGCS2000)
    for name in ("x", "y"):
        if name not in names:
            raise _lacks(table, name)
    x, y = table.known(names["x"]), table.known(names["y"])
    small = len(x) > 1 and bool((abs(x) <= 180).all() and (abs(y) <= 90).all())
    if small and not linked and ((x % 1).any() or (y % 1).any()):
        raise BadInput(
            f"x and y of {path.name} look like degrees; call the columns lon and lat, or give them in metres",
            field="x",
        )
    return table, gpd.GeoSeries(shapely.points(x, y))


def _lacks(table: Table, name: str) -> BadInput:
    there = ", ".join(table.columns)
    return BadInput(
        f"{table.name} needs the columns id, x, y; it has {there} (lon and lat do for x and y)", field=name
    )


def _in_degrees(table: Table, lon: str, lat: str) -> np.ndarray:
    x, y = table.known(lon), table.known(lat)
    for field, values, most in ((lon, x, 180.0), (lat, y, 90.0)):
        wrong = np.flatnonzero(abs(values) > most)
        if len(wrong):
            row = int(wrong[0])
            raise BadInput(f"{table.place(row)}: {field} {values[row]:g} is no place on earth", field=field)
    return np.asarray(shapely.points(x, y), dtype=object)


def _workbook(path: Path, layer: str | None) -> Table:
    """One sheet of a workbook, its rows numbered as in it. Raises BadInput where several could be meant."""
    found = inspect(path)
    if found != "xlsx":
        raise BadInput(f"{path.name}: its content is no workbook", field="file")
    try:
        read = read_file(path, found, layer)
    except BadInput as error:
        raise BadInput(f"{path.name}: {error}", field=error.field) from error
    if isinstance(read, Layers):
        sheets = ", ".join(read.names)
        raise BadInput(f"{path.name} has several layers: choose one with --layer: {sheets}", field="layer")
    columns = {name: _column(cells) for name, cells in read.columns.items()}
    return Table(path.name, columns, tuple(read.rows.tolist()))


def _column(cells: Sequence[Any]) -> pd.Series[Any]:
    """Numbers stay numbers; where one cell is a text, all are: a table of text has them so."""
    if not any(isinstance(cell, str) for cell in cells):
        return pd.Series(cells)
    return pd.Series(
        ["" if cell is None else f"{cell:.15g}" if isinstance(cell, float) else str(cell) for cell in cells],
        dtype=object,
    )
