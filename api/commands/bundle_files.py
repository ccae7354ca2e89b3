"""Files of `wangge bundle`: units, links and barriers in, the plan out. Formats by extension and first bytes."""

from __future__ import annotations

import csv
import io
import math
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely
from pyogrio.errors import DataLayerError, DataSourceError
from pyproj import CRS

from geo.bundling import Link, Solution
from geo.crs import plane_zone
from geo.errors import BadInput
from geo.ingest.formats import inspect

_TRUE = {"1", "1.0", "true", "t", "yes", "y", "是", "有"}
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True)
class UnitTable:
    """Units as read: ``plane`` in metres with ids, ``shown`` as the file had them, fields by name."""

    ids: tuple[str, ...]
    plane: gpd.GeoDataFrame
    shown: gpd.GeoSeries
    fields: Mapping[str, Sequence[Any]]
    unknown: Mapping[str, str]
    """Unit id → the weight that is not known for it."""

    def points(self) -> Iterator[tuple[str, float, float]]:
        """Id and a point on each unit, in metres."""
        inside = shapely.point_on_surface(np.asarray(self.plane.geometry.array, dtype=object))
        yield from zip(self.ids, shapely.get_x(inside).tolist(), shapely.get_y(inside).tolist(), strict=True)

    def number(self, place: int, field: str) -> float:
        """A weight as a number; only for units that are not in ``unknown``."""
        value = _number(self.fields[field][place])
        if value is None:
            raise BadInput(f"unit {self.ids[place]}: its {field} is not known", field=field)
        return value

    def text(self, place: int, field: str) -> str | None:
        """A field as text, None where it is empty."""
        return _text(self.fields[field][place])

    def flag(self, place: int, field: str) -> bool:
        """A field as yes or no; empty is no."""
        return (self.text(place, field) or "").lower() in _TRUE


def read_units(path: Path, weights: Sequence[str], others: Sequence[str], id_field: str | None) -> UnitTable:
    """Read polygons or points, or a CSV `id,x,y,…` in metres; geographic files go to their Gauss–Krüger zone.

    Raises BadInput for a file that cannot be taken, a field that is missing, or a missing CRS.
    """
    columns, shown = _read_csv_units(path) if inspect(path) == "csv" else _read_vector(path)
    for field in [*weights, *others, *([id_field] if id_field else [])]:
        if field not in columns:
            raise BadInput(
                f"{path.name} has no field {field}; it has {', '.join(columns) or 'none'}", field=field
            )
    ids = _ids(columns, id_field, len(shown))
    _check_shapes(ids, shown)
    plane = gpd.GeoDataFrame({"id": list(ids)}, geometry=_in_metres(shown).array, crs=_in_metres(shown).crs)
    unknown: dict[str, str] = {}
    for field in weights:
        for unit_id, value in zip(ids, columns[field], strict=True):
            if _number(value, f"unit {unit_id}: {field}", field) is None:
                unknown.setdefault(unit_id, field)
    return UnitTable(ids, plane, shown, columns, unknown)


def _ids(columns: Mapping[str, Sequence[Any]], id_field: str | None, count: int) -> tuple[str, ...]:
    field = id_field or next((name for name in columns if name.lower() in ("id", "code")), None)
    if field is None:
        return tuple(str(place) for place in range(count))
    ids = tuple(_text(value) or "" for value in columns[field])
    if "" in ids:
        raise BadInput(f"row {ids.index('') + 1} has no {field}", field=field)
    if len(set(ids)) != len(ids):
        double = next(each for place, each in enumerate(ids) if each in ids[:place])
        raise BadInput(f"the {field} {double} occurs twice", field=field)
    return ids


def _check_shapes(ids: Sequence[str], shown: gpd.GeoSeries) -> None:
    shapes = np.asarray(shown.array, dtype=object)
    wrong = shapely.is_missing(shapes) | shapely.is_empty(shapes) | ~shapely.is_valid(shapes)
    if wrong.any():
        place = ids[int(np.flatnonzero(wrong)[0])]
        raise BadInput(f"unit {place} has no valid shape; mend the file first", field="geometry")


def _in_metres(shown: gpd.GeoSeries) -> gpd.GeoSeries:
    if shown.crs is None or not len(shown):
        return shown
    if not shown.crs.is_geographic:
        if shown.crs.axis_info and shown.crs.axis_info[0].unit_conversion_factor != 1.0:
            raise BadInput(f"{shown.crs.name} is not in metres; bring the file into one that is", field="crs")
        return shown
    west, _, east, _ = shown.total_bounds
    middle = (west + east) / 2
    # outside the zones of CGCS2000 any file is still taken, in the UTM zone that fits
    fitting = plane_zone(middle) if 73.5 <= middle <= 136.5 else shown.estimate_utm_crs()
    return shown.to_crs(fitting)


def _read_vector(path: Path) -> tuple[dict[str, list[Any]], gpd.GeoSeries]:
    frame = _frame(path)
    if frame.crs is None:
        raise BadInput(
            f"{path.name} does not say its coordinate system: set it in QGIS (layer CRS) or by "
            "ogr2ogr -a_srs EPSG:4527, or hand in a CSV id,x,y in metres",
            field="crs",
        )
    columns = {name: frame[name].tolist() for name in frame.columns if name != frame.geometry.name}
    return columns, frame.geometry


def _frame(path: Path) -> gpd.GeoDataFrame:
    if inspect(path) not in ("gpkg", "geojson"):
        raise BadInput(f"{path.name}: only .gpkg and .geojson hold shapes", field="file")
    try:
        frame = pyogrio.read_dataframe(path)
    except (DataSourceError, DataLayerError) as error:
        raise BadInput(f"{path.name} cannot be read: {error}", field="file") from error
    if not isinstance(frame, gpd.GeoDataFrame):
        raise BadInput(f"{path.name} holds no shapes", field="geometry")
    return frame


def _rows(path: Path) -> tuple[list[str], list[dict[str, str]]]:
    content = path.read_bytes()
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        # offices' spreadsheets still save CSV in the national encoding
        text = content.decode("gb18030", errors="replace")
    reader = csv.DictReader(io.StringIO(text, newline=""), restval="")
    rows = [{key: value for key, value in row.items() if key is not None} for row in reader]
    return [name.strip() for name in reader.fieldnames or []], rows


def _read_csv_units(path: Path) -> tuple[dict[str, list[Any]], gpd.GeoSeries]:
    names, rows = _rows(path)
    for name in ("id", "x", "y"):
        if name not in names:
            raise BadInput(
                f"{path.name} needs the columns id, x, y (metres); it has {', '.join(names)}", field=name
            )
    columns: dict[str, list[Any]] = {name: [row.get(name, "") for row in rows] for name in names}
    places = [
        [_coordinate(value, axis, line) for line, value in enumerate(columns[axis], 2)] for axis in "xy"
    ]
    if rows and max(map(abs, places[0])) <= 180 and max(map(abs, places[1])) <= 90 and len(rows) > 1:
        raise BadInput(f"x and y of {path.name} look like degrees; give them in metres", field="x")
    return columns, gpd.GeoSeries(shapely.points(*places) if rows else [])


def _coordinate(value: str, axis: str, line: int) -> float:
    number = _number(value, f"line {line}: {axis}", axis)
    if number is None:
        raise BadInput(f"line {line} has no {axis}", field=axis)
    return number


def _number(value: Any, name: str = "", field: str | None = None) -> float | None:
    """A cell as a number, None where it is empty."""
    text = _text(value)
    if text is None:
        return None
    try:
        number = float(text)
    except ValueError as error:
        raise BadInput(f"{name} {text!r} is no number", field=field) from error
    if not math.isfinite(number):
        raise BadInput(f"{name} {text!r} is no finite number", field=field)
    return number


def _text(value: Any) -> str | None:
    """A cell as text, None where it is empty; whole numbers of a column with gaps lose their `.0`."""
    if value is None or value is pd.NA or (isinstance(value, float) and math.isnan(value)):
        return None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value).strip() or None


def read_links(path: Path, known: set[str]) -> list[Link]:
    """Read `from,to[,gap]`. Raises BadInput for a unit that is not there."""
    names, rows = _rows(path)
    if "from" not in names or "to" not in names:
        raise BadInput(f"{path.name} needs the columns from and to", field="links")
    links = []
    for line, row in enumerate(rows, 2):
        ends = row["from"].strip(), row["to"].strip()
        for end in ends:
            if end not in known:
                raise BadInput(f"{path.name}, line {line}: there is no unit {end!r}", field="links")
        gap = _number(row.get("gap", ""), f"line {line}: gap", "gap")
        links.append(Link(*ends, gap or 0.0))
    return links


def read_lines(path: Path, crs: CRS | None) -> gpd.GeoDataFrame:
    """Read barriers or bridges, to be laid over units in ``crs`` (None: plain metres on both sides)."""
    frame = _frame(path)
    if (frame.crs is None) != (crs is None):
        who = path.name if frame.crs is None else "the file of units"
        raise BadInput(
            f"{who} does not say its coordinate system, so the two cannot be laid over each other",
            field="crs",
        )
    return frame


def write_plan(path: Path, table: UnitTable, plan: Solution) -> None:
    """Write `id,package,hub` in the order of the units: with their shapes (.gpkg) or as text (.csv)."""
    hubs = {package.id: package.hub for package in plan.packages}
    labels = plan.labels()
    rows = [(unit_id, labels.get(unit_id)) for unit_id in table.ids]
    if path.suffix.lower() == ".csv":
        _write_csv(path, ((unit_id, label or "", hubs[label] if label else "") for unit_id, label in rows))
        return
    frame = gpd.GeoDataFrame(
        {
            "id": pd.array([unit_id for unit_id, _ in rows], dtype="str"),
            "package": pd.array([label for _, label in rows], dtype="str"),
            "hub": pd.array([hubs[label] if label else None for _, label in rows], dtype="str"),
        },
        geometry=table.shown.array,
        crs=table.shown.crs,
    )
    with warnings.catch_warnings():
        # plain metres are meant to have no coordinate system
        warnings.filterwarnings("ignore", message="'crs' was not provided")
        path.unlink(missing_ok=True)
        pyogrio.write_dataframe(frame, path, driver="GPKG", layer="packages")


def _write_csv(path: Path, rows: Iterable[tuple[str, str, str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("id", "package", "hub"))
        writer.writerows([_harmless(cell) for cell in row] for row in rows)


def _harmless(cell: str) -> str:
    """A cell that a spreadsheet will not run as a formula; plain negative numbers stay as they are."""
    if cell.startswith(_FORMULA) and not cell.lstrip("+-").replace(".", "", 1).isdigit():
        return "'" + cell
    return cell
