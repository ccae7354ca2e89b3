"""Units and barriers of `wangge bundle`: polygons, points or a table of points, brought into one plane in metres."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely
from numpy.typing import NDArray
from pyogrio.errors import DataLayerError, DataSourceError, FeatureError, FieldError, GeometryError
from pyproj import CRS
from pyproj.exceptions import ProjError
from shapely.errors import ShapelyError

from api.commands.bundle_points import TABLES, read_points
from api.commands.bundle_tables import Table
from geo.crs import plane_zone
from geo.errors import BadInput
from geo.ingest.formats import Format, inspect
from geo.ingest.reading import Layers, read_file

_TAKEN: Final = frozenset({0, 3, 4, 6})
"""GEOS numbers of points and polygons, and of several of one kind."""
_READ_HERE: Final = (".shp", ".gpkg", ".geojson", ".json")
_TABLES: Final = ("xlsx", "csv")
_AS_CSV: Final = {
    "xlsx": "; give a workbook of id, x and y a name that ends in .xlsx",
    "csv": "; give a table of id, x and y a name that ends in .csv",
}
_SEVERAL: Final = "{} has several layers: choose one with --layer: {}"
_FARTHEST = 1e9
"""Metres from the origin that a plane system never reaches."""
_WIDEST = 12.0
"""Degrees of longitude that one plane zone is used for: at its edges lengths are off by half a percent."""


@dataclass(frozen=True)
class UnitTable:
    """Units as read: ``plane`` holds ids and shapes in metres, ``shown`` the shapes as the file had them."""

    ids: tuple[str, ...]
    plane: gpd.GeoDataFrame
    shown: gpd.GeoSeries
    table: Table
    notes: tuple[str, ...]
    """What was done to the coordinates."""

    def points(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Easting and northing of a point on each unit."""
        inside = shapely.point_on_surface(np.asarray(self.plane.geometry.array, dtype=object))
        return shapely.get_x(inside), shapely.get_y(inside)


def read_units(
    path: Path, id_field: str | None, layer: str | None = None, *, linked: bool = False, mend: bool = False
) -> UnitTable:
    """Read polygons or points, or a table of points; what is in degrees goes to its Gauss–Krüger zone.

    ``linked``: neighbours are given, so that a table's coordinates may be anything. ``mend``: invalid polygons
    are made valid instead of refused; nothing else of them changes. Raises BadInput for a file
    that cannot be taken, with field and place.
    """
    if path.is_dir():
        held = ", ".join(sorted(each.name for each in path.iterdir() if each.suffix.lower() in _READ_HERE))
        raise BadInput(
            f"{path.name} is a folder; name one file{f' in it: {held}' if held else ''}", field="file"
        )
    if path.suffix.lower() in TABLES:
        table, shown = read_points(path, id_field, layer, linked=linked)
    else:
        frame = _frame(path, layer)
        table, shown = _split(path.name, frame)
    if not len(shown):
        raise BadInput(f"{path.name} holds no units", field="file")
    ids = _ids(table, id_field, len(shown))
    table = replace(table, ids=ids)
    shown, mended = _sound(table, shown, mend=mend)
    plane, note = _in_metres(table, shown)
    frame = gpd.GeoDataFrame({"id": list(ids)}, geometry=plane.array, crs=plane.crs)
    return UnitTable(ids, frame, shown, table, tuple(each for each in (mended, note) if each))


def _ids(table: Table, id_field: str | None, count: int) -> tuple[str, ...]:
    field = id_field or next((name for name in table.columns if name.lower() in ("id", "code")), None)
    if field is None:
        return tuple(map(str, range(count)))
    texts = table.texts(field)
    if None in texts:
        raise BadInput(f"{table.place(texts.index(None))} has no {field}", field=field)
    doubled = np.flatnonzero(pd.Series(texts).duplicated())
    if len(doubled):
        second = int(doubled[0])
        first = texts.index(texts[second])
        raise BadInput(
            f"the {field} {texts[second]} occurs twice: {table.place(first)} and {table.place(second)}",
            field=field,
        )
    return tuple(text for text in texts if text is not None)


# ---- shapes -----------------------------------------------------------------------------------------------


def _split(name: str, frame: gpd.GeoDataFrame) -> tuple[Table, gpd.GeoSeries]:
    columns = {column: frame[column] for column in frame.columns if column != frame.geometry.name}
    return Table(name, columns), frame.geometry


def _frame(path: Path, layer: str | None = None) -> gpd.GeoDataFrame:
    """Read a file of shapes that says its coordinate system."""
    _check_format(path, (".shx", ".dbf", ".prj"), _AS_CSV)
    frame = read_shapes(path, layer)
    if frame.crs is None:
        raise BadInput(
            f"{path.name} does not say its coordinate system: set it in QGIS (layer CRS) or by "
            "ogr2ogr -a_srs EPSG:4527, or hand in a table id,x,y in metres",
            field="crs",
        )
    return frame


def read_shapes(path: Path, layer: str | None = None) -> gpd.GeoDataFrame:
    """Read a file of shapes, with or without a coordinate system. Raises BadInput where it cannot be read."""
    found = _check_format(path, (".shx", ".dbf"))
    if path.suffix.lower() not in _READ_HERE:
        return _imported(path, found, layer)
    try:
        chosen = _layer(path, layer)
        frame = _read(path, chosen)
    except (DataSourceError, DataLayerError, FeatureError, FieldError, GeometryError, ShapelyError) as error:
        raise BadInput(f"{path.name} cannot be read: {error}", field="file") from error
    except (
        ValueError,
        RuntimeError,
        UnicodeError,
    ) as error:  # what GDAL and its readers say of broken content
        raise BadInput(f"{path.name} cannot be read: {error}", field="file") from error
    if not isinstance(frame, gpd.GeoDataFrame):
        raise BadInput(f"{path.name} holds no shapes", field="geometry")
    return frame


def _imported(path: Path, found: Format, layer: str | None) -> gpd.GeoDataFrame:
    """Read a format as an import does, in a child with limits."""
    try:
        read = read_file(path, found, layer)
    except BadInput as error:
        raise BadInput(f"{path.name}: {error}", field=error.field) from error
    if isinstance(read, Layers):
        raise BadInput(_SEVERAL.format(path.name, ", ".join(read.names)), field="layer")
    if read.shapes is None:
        raise BadInput(f"{path.name} holds no shapes", field="geometry")
    frame = gpd.GeoDataFrame(read.columns, geometry=read.shapes)
    _refuse(
        Table(path.name, {}, ids=tuple(map(str, read.rows.tolist()))),
        np.isin(np.arange(len(read)), list(read.unread)),
        "cannot be read as a shape",
    )
    try:
        return frame if read.crs is None else frame.set_crs(read.crs)
    except ProjError as error:
        raise BadInput(f"{path.name}: its coordinate system is not known: {read.crs}", field="crs") from error


def _check_format(path: Path, beside: tuple[str, ...], told: Mapping[str, str] | None = None) -> Format:
    """The format of a file of shapes; ``told``: by format, what to do with one that holds a table."""
    if path.suffix.lower() == ".shp":
        with path.open("rb") as file:
            if file.read(4) != b"\x00\x00\x27\x0a":
                raise BadInput(f"{path.name}: its content is no shapefile", field="file")
        missing = [end for end in beside if not _beside(path, end)]
        if missing:
            raise BadInput(f"{path.name}: {' and '.join(missing)} must lie beside it", field="file")
        return "shapefile"
    found = inspect(path)
    if found in _TABLES:
        raise BadInput(f"{path.name}: this format holds no shapes{(told or {}).get(found, '')}", field="file")
    return found


def _beside(path: Path, end: str) -> Path | None:
    return next((each for each in map(path.with_suffix, (end, end.upper())) if each.exists()), None)


def _layer(path: Path, layer: str | None) -> str | None:
    with_shapes = [str(name) for name, kind in pyogrio.list_layers(path) if kind is not None]
    if layer is not None and layer not in with_shapes:
        raise BadInput(
            f"{path.name} has no layer {layer} with shapes; it has {', '.join(with_shapes) or 'none'}",
            field="layer",
        )
    if layer is None and len(with_shapes) > 1:
        raise BadInput(_SEVERAL.format(path.name, ", ".join(with_shapes)), field="layer")
    return layer or (with_shapes[0] if with_shapes else None)


def _read(path: Path, layer: str | None) -> Any:
    encoding = _unsaid_encoding(path) if path.suffix.lower() == ".shp" else None
    return pyogrio.read_dataframe(path, layer=layer, encoding=encoding)


def _unsaid_encoding(path: Path) -> str | None:
    """The encoding of a shapefile that names none, which GDAL would take for Latin; None where it names one."""
    if _beside(path, ".cpg") is not None:
        return None
    content = (_beside(path, ".dbf") or path).read_bytes()
    begin, language = int.from_bytes(content[8:10], "little"), content[29:30]
    if language not in (b"\0", b"\x57"):  # "not said" and "what this computer has"
        return None
    # field names are the first 11 of each 32 bytes between the header's beginning and the rows
    names = b"".join(content[place : place + 11] for place in range(32, begin - 1, 32))
    try:
        (names + content[begin:]).decode()
    except UnicodeDecodeError:
        return "gb18030"
    return "utf-8"


def _sound(table: Table, shown: gpd.GeoSeries, *, mend: bool) -> tuple[gpd.GeoSeries, str | None]:
    """The shapes without heights, and what was mended. Raises BadInput for a missing or broken one, or a line."""
    shapes = shapely.force_2d(np.asarray(shown.array, dtype=object))
    for wrong, told in (
        (shapely.is_missing(shapes) | shapely.is_empty(shapes), "has no shape"),
        (~np.isin(shapely.get_type_id(shapes), list(_TAKEN)), "is neither point nor polygon"),
        (~np.isfinite(shapely.bounds(shapes)).all(axis=1), "has a coordinate that is no finite number"),
    ):
        _refuse(table, wrong, told)
    invalid = ~shapely.is_valid(shapes)
    mended = None
    if invalid.any() and mend:
        rows = np.flatnonzero(invalid)
        shapes[rows] = shapely.make_valid(shapes[rows], method="structure", keep_collapsed=False)
        mended = f"mended {len(rows)} invalid shapes, the first of them {table.place(int(rows[0]))}"
        invalid = ~np.isin(shapely.get_type_id(shapes), list(_TAKEN)) | shapely.is_empty(shapes)
        _refuse(table, invalid, "cannot be mended: nothing of its area is left")
    elif invalid.any():
        why = shapely.is_valid_reason(shapes[int(np.flatnonzero(invalid)[0])])
        _refuse(table, invalid, f"is no valid shape ({why}); mend the file first, or say --mend")
    return gpd.GeoSeries(shapes, crs=shown.crs), mended


def _refuse(table: Table, wrong: NDArray[np.bool_], told: str) -> None:
    if wrong.any():
        raise BadInput(f"{table.place(int(np.flatnonzero(wrong)[0]))} {told}", field="geometry")


# ---- the plane --------------------------------------------------------------------------------------------


def _in_metres(table: Table, shown: gpd.GeoSeries) -> tuple[gpd.GeoSeries, str | None]:
    """The shapes in a plane system in metres, and what was done."""
    plane, note = shown, None
    if shown.crs is not None and not _metric(shown.crs):
        degrees = shown.crs.geodetic_crs
        if degrees is None or not (shown.crs.is_geographic or shown.crs.is_projected):
            raise BadInput(
                f"{table.name}: {shown.crs.name} is not a plane system in metres; bring the file into one",
                field="crs",
            )
        plane, note = _projected(table.name, shown, shown.to_crs(degrees))
    bounds = plane.bounds.to_numpy()
    far = ~(np.isfinite(bounds).all(axis=1) & (abs(bounds) <= _FARTHEST).all(axis=1))
    _refuse(table, far, "lies farther out than any plane system in metres reaches")
    return plane, note


def _metric(crs: CRS) -> bool:
    return bool(
        crs.is_projected
        and crs.axis_info
        and all(axis.unit_conversion_factor == 1.0 for axis in crs.axis_info[:2])
    )


def _projected(name: str, shown: gpd.GeoSeries, degrees: gpd.GeoSeries) -> tuple[gpd.GeoSeries, str]:
    """The shapes in a plane zone that fits; ``degrees``: the same in degrees."""
    west, south, east, north = degrees.total_bounds
    source = shown.crs.to_string() if shown.crs.to_epsg() else shown.crs.name
    if west < -180 or east > 360 or south < -90 or north > 90:
        raise BadInput(
            f"{name} says that it is in degrees ({source}), but holds {west:g}–{east:g}, {south:g}–{north:g}",
            field="crs",
        )
    if east - west > _WIDEST:
        raise BadInput(
            f"{name} spans {east - west:.0f}° of longitude, too wide for one plane zone: hand it in projected",
            field="crs",
        )
    middle = (west + east) / 2
    try:
        # outside the zones of CGCS2000 any file is still taken, in the UTM zone that fits
        zone = CRS.from_epsg(plane_zone(middle)) if 73.5 <= middle <= 136.5 else degrees.estimate_utm_crs()
        return shown.to_crs(
            zone
        ), f"{name} is in {source}: distances are measured in {zone.to_string()} ({zone.name})"
    except (ProjError, RuntimeError) as error:
        raise BadInput(f"{name}: no plane zone fits its coordinates", field="crs") from error


def read_lines(path: Path, units: UnitTable) -> gpd.GeoDataFrame:
    """Read barriers or bridges, to be laid over units. Raises BadInput where the two cannot meet."""
    if units.plane.crs is None:
        raise BadInput(
            f"{units.table.name} has no coordinate system that {path.name} could be laid over: hand the units in as "
            ".gpkg or .geojson",
            field="crs",
        )
    frame = _frame(path)
    shapes = np.asarray(frame.geometry.array, dtype=object)
    broken = ~(shapely.is_missing(shapes) | shapely.is_valid(shapes))
    if broken.any():
        row = int(np.flatnonzero(broken)[0])
        raise BadInput(
            f"{path.name}, row {row + 1} is no valid shape ({shapely.is_valid_reason(shapes[row])})",
            field="geometry",
        )
    return frame


def near(path: Path, lines: gpd.GeoDataFrame, units: UnitTable) -> str | None:
    """A warning where lines lie nowhere near the units, as with a wrong coordinate system; else None."""
    box = shapely.box(*units.plane.total_bounds)
    there = lines.to_crs(units.plane.crs).total_bounds
    if np.isfinite(there).all() and shapely.distance(box, shapely.box(*there)) > 0:
        return f"{path.name} lies nowhere near the units: nothing is cut"
    return None
