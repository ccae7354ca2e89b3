"""The same rows as the files that other programs want: Shapefile, FlatGeobuf, KML, GML, TopoJSON, GeoParquet.

What each cannot hold is told by `geo.ingest.losses`.
"""

from __future__ import annotations

import json
import tempfile
import warnings
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyproj
import shapely

from geo.crs import BD09, CGCS2000, GCJ02, WGS84
from geo.crs_shifted import gcj_to_bd, wgs_to_gcj
from geo.errors import BadInput
from geo.ingest.dbf_out import write_dbf
from geo.ingest.exported import Exported, typed
from geo.ingest.losses import DEGREES, LOSSES, loses

DEGREES_ONLY: Final = tuple(format_ for format_ in LOSSES if loses(format_, DEGREES))
"""Formats whose coordinates are longitude and latitude by their standard."""


def moved(shapes: np.ndarray, epsg: int) -> np.ndarray:
    """Return stored shapes (EPSG:4490) in another system; only GCJ-02 and BD-09 are shifted by more than a datum."""
    if epsg in (CGCS2000, WGS84):
        return shapes
    if epsg in (GCJ02, BD09):
        return np.asarray(shapely.transform(shapes, _shifted(epsg)))
    ahead = pyproj.Transformer.from_crs(CGCS2000, epsg, always_xy=True)
    return np.asarray(
        shapely.transform(shapes, lambda points: np.column_stack(ahead.transform(points[:, 0], points[:, 1])))
    )


def _shifted(epsg: int) -> Callable[[np.ndarray], np.ndarray]:
    return wgs_to_gcj if epsg == GCJ02 else lambda points: gcj_to_bd(wgs_to_gcj(points))


def system(epsg: int) -> str | None:
    """Return the system as files declare it; the shifted ones have no name that a program would know."""
    return None if epsg in (GCJ02, BD09) else f"EPSG:{epsg}"


def write_layer(
    path: Path,
    shapes: np.ndarray | None,
    columns: list[np.ndarray],
    names: list[str],
    *,
    epsg: int,
    **options: Any,
) -> None:
    """Write one layer by GDAL: shapes as WKB, and the system where it has a name (no name is written otherwise)."""
    from pyogrio import raw  # noqa: PLC0415 - starts GDAL, which most processes never need

    declared = None if shapes is None else system(epsg)
    with warnings.catch_warnings():
        # A shifted system has no name on purpose; of everything else the name is given.
        warnings.filterwarnings("ignore", message="'crs' was not provided", category=UserWarning)
        raw.write(str(path), shapes, columns, names, crs=declared, **options)


def _blobs(found: Exported) -> np.ndarray:
    geometry = np.empty(len(found), dtype=object)
    geometry[:] = [None] * len(found) if found.shapes is None else list(shapely.to_wkb(found.shapes))
    return geometry


def _kind_of_shape(found: Exported) -> str:
    return {"polygon": "MultiPolygon", "any": "Unknown", "none": "Unknown"}[found.kind.shape]


def _write(found: Exported, path: Path, driver: str, names: list[str], **options: Any) -> None:
    """Write one layer by GDAL under a name of its own ending, then move it to where it was asked for."""
    pairs = [typed(one, cells) for one, cells in found.headed()]
    endings = {"FlatGeobuf": "fgb", "LIBKML": "kml", "GML": "gml"}
    with tempfile.TemporaryDirectory(prefix="wangge-export-") as folder:
        made = Path(folder) / f"made.{endings[driver]}"
        write_layer(
            made, _blobs(found), [column for column, _ in pairs], names,
            field_mask=[mask for _, mask in pairs], epsg=found.epsg, driver=driver,
            geometry_type=_kind_of_shape(found), layer=found.kind.name.replace("-", "_"), **options,
        )  # fmt: skip
        path.write_bytes(made.read_bytes())


def write_flatgeobuf(found: Exported, path: Path) -> None:
    """Write a FlatGeobuf: every type, coordinate and null. Its rows keep their order (no spatial index)."""
    _write(found, path, "FlatGeobuf", [one.header for one in found.fields()], SPATIAL_INDEX="NO")


def write_kml(found: Exported, path: Path) -> None:
    """Write a KML."""
    _write(found, path, "LIBKML", [one.header for one in found.fields()])


def write_gml(found: Exported, path: Path) -> None:
    """Write a GML 3.2; brackets and signs of our headers are no XML names, so its names are the canonical ones.

    Under `no_security` a flag says whether that is so, under our header (人防物防技防) whether the thing is there.
    """
    fields = tuple(replace(one, lacks=False) for one in found.kind.fields)
    kind, names = replace(found.kind, fields=fields), [one.name for one in found.fields()]
    _write(replace(found, kind=kind), path, "GML", names, FORMAT="GML3.2", XSISCHEMA="OFF")


def write_shapefile(found: Exported, path: Path) -> None:
    """Write a zip of a shapefile, its table in GB18030 with a .cpg that says so.

    Five characters of a name fit; UTF-8 leaves three, and two headers would become one.
    """
    headed = replace(found, written=()).headed()
    table, _ = write_dbf({one.header: cells for one, cells in headed}, len(found), "gb18030")
    with tempfile.TemporaryDirectory(prefix="wangge-export-") as folder:
        made = Path(folder) / "made.shp"
        shape = {"polygon": "Polygon", "any": _one_type(found), "none": "Polygon"}[found.kind.shape]
        write_layer(
            made, _blobs(found), [], [], epsg=found.epsg, driver="ESRI Shapefile", geometry_type=shape
        )
        made.with_suffix(".dbf").write_bytes(table)
        made.with_suffix(".cpg").write_text("GB18030", "ascii")
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for part in sorted(Path(folder).iterdir()):
                archive.write(part, f"{found.kind.title}{part.suffix}")


def _one_type(found: Exported) -> str:
    """A shapefile holds one dimension. Raises BadInput for lines and areas together."""
    dimensions = set(shapely.get_dimensions(found.shapes).tolist()) - {-1}
    if len(dimensions) > 1:
        raise BadInput("a shapefile cannot hold lines and areas together: ask for GeoPackage", field="format")
    return {1: "MultiLineString", 2: "MultiPolygon"}.get(next(iter(dimensions), 2), "MultiPolygon")


def write_parquet(found: Exported, path: Path) -> None:
    """Write a GeoParquet 1.1: every type, coordinate and null."""
    import pyarrow as pa  # noqa: PLC0415 - only where it is needed
    import pyarrow.parquet as pq  # noqa: PLC0415 - as above

    arrays = {one.header: pa.array(cells) for one, cells in found.headed()}
    arrays["geometry"] = pa.array(_blobs(found).tolist(), pa.binary())
    crs = json.loads(pyproj.CRS(found.epsg).to_json()) if system(found.epsg) else None
    types = sorted(
        {one.geom_type for one in (found.shapes if found.shapes is not None else []) if one is not None}
    )
    column = {"encoding": "WKB", "geometry_types": types, "crs": crs, "orientation": "counterclockwise"}
    geo = {"version": "1.1.0", "primary_column": "geometry", "columns": {"geometry": column}}
    table = pa.table(arrays).replace_schema_metadata({"geo": json.dumps(geo)})
    pq.write_table(table, path)


def write_topojson(found: Exported, path: Path) -> None:
    """Write a TopoJSON; every ring is an arc of its own, exact to the last digit (nothing is quantised)."""
    arcs: list[list[list[float]]] = []

    def arc(ring: Any) -> list[int]:
        arcs.append(shapely.get_coordinates(ring).tolist())
        return [len(arcs) - 1]

    def member(shape: Any) -> dict[str, Any]:
        if shape is None:
            return {"type": None}
        kind, parts = shape.geom_type, shapely.get_parts(shape).tolist()
        if kind.endswith("LineString"):
            arcs_of: list[Any] = [arc(part) for part in parts]
        else:
            arcs_of = [[arc(ring) for ring in shapely.get_rings(part)] for part in parts]
        return {"type": kind, "arcs": arcs_of if kind.startswith("Multi") else arcs_of[0]}

    headed = found.headed()
    shapes = [None] * len(found) if found.shapes is None else found.shapes
    geometries = [
        {**member(shape), "properties": {one.header: cells[row] for one, cells in headed}}
        for row, shape in enumerate(shapes)
    ]
    objects = {found.kind.name: {"type": "GeometryCollection", "geometries": geometries}}
    text = json.dumps({"type": "Topology", "objects": objects, "arcs": arcs}, ensure_ascii=False)
    path.write_text(text, "utf-8")


WRITERS: Final[dict[str, Callable[[Exported, Path], None]]] = {
    "zip": write_shapefile, "fgb": write_flatgeobuf, "kml": write_kml, "gml": write_gml, "parquet": write_parquet,
    "topojson": write_topojson,
}  # fmt: skip
