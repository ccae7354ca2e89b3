"""What `wangge check` reads: cells with their coordinate system or the lack of one, a parent, buildings, codes."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError
from shapely.geometry.base import BaseGeometry

from api.commands.bundle_files import read_shapes
from api.commands.bundle_tables import Table, read_csv
from geo.boundaries.check import Checked, CheckRules, Finding
from geo.boundaries.check.report import Plane
from geo.crs import plane_zone
from geo.errors import BadInput

ID_FIELDS: Final = ("code", "id", "网格编码", "编码", "小区编码")


@dataclass(frozen=True)
class Read:
    """Cells as read, what they are held against, and what is wrong with the files themselves."""

    frame: gpd.GeoDataFrame
    what: Checked
    rules: CheckRules
    findings: tuple[Finding, ...]
    notes: tuple[str, ...]


def read(args: argparse.Namespace) -> Read:
    """Read every file of the command line. Raises BadInput for one that cannot be taken."""
    frame = read_shapes(args.cells, args.layer)
    if not len(frame):
        raise BadInput(f"{args.cells.name} holds no cells", field="file")
    table = Table(
        args.cells.name, {name: frame[name] for name in frame.columns if name != frame.geometry.name}
    )
    shapes = _areas(args.cells.name, frame)
    frame, findings, notes = _placed(args, frame, shapes)
    plane, note = _plane(frame, shapes)
    parent = None if args.parent is None else _parent(args.parent, frame.crs)
    if parent is not None and not shapely.intersects(parent, shapely.box(*shapely.total_bounds(shapes))):
        findings.append(Finding("crs", (), None, fix="declare", text=f"{args.parent.name} lies elsewhere"))
    ids = _ids(table, args.id or args.codes, len(frame))
    what = Checked(
        ids,
        shapes,
        plane,
        parent,
        **_buildings(args, frame.crs),
        **_sizes(args, table, ids),
        **_codes(args, table),
    )
    rules = CheckRules(
        sliver_area_m2=args.sliver_area,
        sliver_width_m=args.sliver_width,
        building_tolerance_m2=args.building_tolerance,
        households=(args.min, args.max),
        code_digits=args.digits,
    )
    return Read(frame, what, rules, tuple(findings), tuple(each for each in (*notes, note) if each))


def _areas(name: str, frame: gpd.GeoDataFrame) -> NDArray[np.object_]:
    shapes = shapely.force_2d(np.asarray(frame.geometry.array, dtype=object))
    there = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    if not np.isin(shapely.get_type_id(shapes[there]), [3, 6]).all():
        raise BadInput(f"{name} holds shapes that are no polygons", field="geometry")
    if not there.any() or not np.isfinite(shapely.total_bounds(shapes)).all():
        raise BadInput(f"{name} holds no shape with finite coordinates", field="geometry")
    return np.asarray(shapes, dtype=object)


def _ids(table: Table, field: str | None, count: int) -> list[str]:
    """Name each cell by its field; a row without a value, or with another's, by its number beside it."""
    field = field or next((name for name in ID_FIELDS if name in table.columns), None)
    texts = table.texts(field) if field is not None else [None] * count
    seen: set[str] = set()
    names = []
    for row, text in enumerate(texts, start=1):
        names.append(text if text and text not in seen else f"{text or ''}#{row}")
        seen.add(names[-1])
    return names


# ---- coordinates ------------------------------------------------------------------------------------------


def _placed(
    args: argparse.Namespace, frame: gpd.GeoDataFrame, shapes: NDArray[np.object_]
) -> tuple[gpd.GeoDataFrame, list[Finding], list[str]]:
    """Return the cells with their coordinate system, and what is wrong with it."""
    findings, notes = [], []
    wanted = None if args.crs is None else _crs(args.crs)
    if frame.crs is None:
        text = f"{args.cells.name} does not say its coordinate system"
        findings.append(Finding("crs", (), None, fix="declare", text=text))
        notes.append(
            f"taken to be in {wanted.to_string()}" if wanted else "sizes are in the file's own units"
        )
        frame = frame.set_crs(wanted) if wanted else frame
    elif wanted is not None and frame.crs != wanted:
        text = f"{args.cells.name} is in {frame.crs.to_string()}, not in {wanted.to_string()}"
        findings.append(Finding("crs", (), None, fix="declare", text=text))
    west, south, east, north = shapely.total_bounds(shapes)
    if (
        frame.crs is not None
        and frame.crs.is_geographic
        and (west < -180 or east > 360 or south < -90 or north > 90)
    ):
        text = f"it says degrees, and holds {west:g}–{east:g}, {south:g}–{north:g}"
        findings.append(Finding("crs", (), None, fix="declare", text=text))
        frame = frame.set_crs(None, allow_override=True)
        notes.append("sizes are in the file's own units")
    return frame, findings, notes


def _crs(text: str) -> CRS:
    try:
        return CRS.from_user_input(text)
    except CRSError as error:
        raise BadInput(f"{text!r} is no coordinate system: write it like EPSG:4527", field="crs") from error


def _plane(frame: gpd.GeoDataFrame, shapes: NDArray[np.object_]) -> tuple[Plane, str | None]:
    """Return what brings the cells' coordinates into metres, and what was done, for people."""
    crs = frame.crs
    if crs is None:
        return (lambda points: points), None
    if not crs.is_geographic:
        factor = float(crs.axis_info[0].unit_conversion_factor) if crs.axis_info else 1.0
        note = None if factor == 1.0 else f"sizes in metres, from {crs.axis_info[0].unit_name}"
        return (lambda points: points * factor), note
    west, _, east, _ = shapely.total_bounds(shapes)
    middle = (west + east) / 2
    zone = CRS.from_epsg(plane_zone(middle)) if 73.5 <= middle <= 136.5 else frame.estimate_utm_crs()
    into = Transformer.from_crs(crs, zone, always_xy=True)

    def plane(points: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.column_stack(into.transform(points[:, 0], points[:, 1]))

    return plane, f"sizes are measured in {zone.to_string()} ({zone.name})"


def _beside(path: Path, crs: Any) -> gpd.GeoDataFrame:
    """Read a further file and bring it into the cells' system, where both say theirs."""
    frame = read_shapes(path)
    if frame.crs is not None and crs is not None and frame.crs != crs:
        return frame.to_crs(crs)
    return frame


# ---- what the cells are held against ----------------------------------------------------------------------


def _parent(path: Path, crs: Any) -> BaseGeometry:
    shapes = shapely.force_2d(np.asarray(_beside(path, crs).geometry.array, dtype=object))
    areas = shapes[np.isin(shapely.get_type_id(shapes), [3, 6])]
    if not len(areas):
        raise BadInput(f"{path.name} holds no polygon", field="parent")
    return shapely.union_all(shapely.make_valid(areas, method="structure"))


def _buildings(args: argparse.Namespace, crs: Any) -> dict[str, Any]:
    if args.buildings is None:
        return {}
    frame = _beside(args.buildings, crs)
    table = Table(
        args.buildings.name, {name: frame[name] for name in frame.columns if name != frame.geometry.name}
    )
    shapes = shapely.force_2d(np.asarray(frame.geometry.array, dtype=object))
    names = _ids(table, None, len(frame))
    known = args.households in table.columns if args.households else False
    return {
        "buildings": shapes,
        "building_names": names,
        "building_households": table.numbers(args.households) if known else None,
    }


def _sizes(args: argparse.Namespace, table: Table, ids: Sequence[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if args.households and (args.buildings is None or args.households in table.columns):
        found["households"] = dict(zip(ids, table.numbers(args.households).tolist(), strict=True))
    if args.kind:
        found["kinds"] = {code: kind or "" for code, kind in zip(ids, table.texts(args.kind), strict=True)}
    return found


def _codes(args: argparse.Namespace, table: Table) -> dict[str, Any]:
    if args.codes is None:
        return {}
    retired = read_csv(args.retired, ("code",)).texts("code") if args.retired else []
    return {
        "codes": table.texts(args.codes),
        "prefix": args.prefix,
        "parents": table.texts(args.parent_code) if args.parent_code else None,
        "retired": frozenset(code for code in retired if code),
    }
