"""A round as a GeoPackage (标包图层): its packages and its units, for any desktop GIS; headers in Chinese."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import pandas as pd
import shapely
from sqlalchemy.orm import Session

from geo.crs import CGCS2000
from geo.errors import Conflict
from geo.tender import rounds
from geo.tender.contents import RoundUnit, units

MEDIA_TYPE: Final = "application/geopackage+sqlite3"
_STATES: Final = {"planned": "待定标", "awarded": "已定标", "failed": "流标", "contracted": "已签约"}
_UNITS: Final = {
    "code": "编码", "name": "名称", "package": "标包序号", "package_name": "标包名称", "subdistrict_name": "街道",
    "households": "户数", "residents": "常住人口", "floor_area": "建筑面积(㎡)", "fee": "物业费(元/㎡·月)",
    "collection_rate": "收缴率", "vote": "业主表决",
}  # fmt: skip
_WHOLE: Final = ("户数", "常住人口", "小区数", "中标价(分)")


def write_round(db: Session, number: int, path: Path) -> str:
    """Write the layers 标包 and 标包明细 of a round; returns its name.

    Raises NotFound, Conflict for a round without a unit, OSError where the file cannot be written.
    """
    seen = rounds.view(db, number)
    members = [each for each in units(db, number) if each.wkb is not None]
    if not members:
        raise Conflict("this round holds no unit")
    shapes = shapely.from_wkb([each.wkb for each in members])
    made = path.with_suffix(".gpkg")  # the format wants its own name
    for layer, rows, footprints in (
        ("标包", *_packages(seen, members, shapes)),
        ("标包明细", [_unit(each) for each in members], shapes),
    ):
        table = pd.DataFrame(rows)
        for name in _WHOLE:
            if name in table:
                table[name] = table[name].astype("Int64")
        frame = gpd.GeoDataFrame(table, geometry=list(footprints), crs=CGCS2000)
        frame.to_file(made, layer=layer, driver="GPKG", geometry_type="MultiPolygon")
    made.replace(path)
    return str(seen["name"])


def _unit(unit: RoundUnit) -> dict[str, Any]:
    told = {header: getattr(unit, name) for name, header in _UNITS.items()}
    return {**told, "业主表决": {"passed": "通过", "failed": "未通过"}.get(unit.vote or "")}


def _packages(
    seen: dict[str, Any], members: Sequence[RoundUnit], shapes: Any
) -> tuple[list[dict[str, Any]], list[shapely.Geometry]]:
    """Each package that holds a unit, with the footprints of all of them as one."""
    rows, footprints = [], []
    for lot in seen["packages"]:
        parts = [
            part
            for unit, shape in zip(members, shapes, strict=True)
            if unit.package == lot["number"]
            for part in shapely.get_parts(shape)
        ]
        if parts:
            rows.append(_package(lot))
            footprints.append(shapely.MultiPolygon(parts))
    return rows, footprints


def _package(lot: dict[str, Any]) -> dict[str, Any]:
    return {
        "标包序号": lot["number"], "标包编号": lot["id"], "标包名称": lot["name"], "小区数": len(lot["members"]),
        "户数": lot["households"], "建筑面积(㎡)": lot["floor_area"], "状态": _STATES[lot["state"]],
        "中标企业": lot["firm_name"], "中标价(分)": lot["price_fen"],
    }  # fmt: skip
