"""A drawing as GeoPackage, GeoJSON or XLSX table: headers that the importer knows first, then figures and fates."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import numpy as np

from geo.boundaries.drawn.values import Drawn
from geo.ingest.export import write_file
from geo.ingest.exported import Exported
from geo.ingest.fields import COMMUNITY_KINDS, GRID_KINDS, Field, Kind

FORMATS: Final = ("gpkg", "geojson", "xlsx")
FATES: Final = {"未变": "unchanged", "调整": "changed", "新设": "new"}
TITLES: Final = {"grids": "网格", "communities": "小区", "building_groups": "楼栋群"}
_KINDS: Final = {"grids": ("网格类型", GRID_KINDS), "communities": ("小区类型", COMMUNITY_KINDS)}
_PARENTS: Final = {
    "grids": "所属社区编码",
    "communities": "所属社区编码",
    "building_groups": "所属小区编码",
}


def write_drawn(drawn: Drawn, format_: str, path: Path) -> int:
    """Write the cells of a drawing; returns how many. Raises OSError where the file cannot be written."""
    kind = _kind(drawn.layer)
    values = {field.name: [_value(cell, field.name) for cell in drawn.cells] for field in kind.fields}
    shapes = np.empty(len(drawn.cells), dtype=object)
    shapes[:] = [cell.shape for cell in drawn.cells]
    write_file(Exported(kind, values, shapes), format_, path)
    return len(drawn.cells)


def _kind(layer: str) -> Kind:
    """The columns of a layer's table."""
    title = TITLES[layer]
    header, choices = _KINDS.get(layer, ("", {}))
    fields = (
        Field("code", f"{title}编码", "code"),
        Field("name", f"{title}名称"),
        *([Field("kind", header, "choice", choices=choices)] if header else []),
        Field("parent", _PARENTS[layer], "code"),
        Field("fate", "变化", "choice", choices=FATES),
        Field("came_from", f"来源{title}编码", "list"),
        Field("households", "户数", "integer"),
        Field("households_unknown", "户数不明楼栋数", "integer"),
        Field("residents", "常住人口", "integer"),
        Field("buildings", "楼栋数", "integer"),
        Field("area_m2", "面积(㎡)", "number"),
    )
    return Kind(f"drawn-{layer}", layer, f"{title}表", fields)


def _value(cell: Any, name: str) -> Any:
    found = getattr(cell, name)
    return list(found) if isinstance(found, tuple) else found
