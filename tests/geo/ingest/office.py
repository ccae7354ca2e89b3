"""Files as an office would hand them over, made small: one neighbourhood of 3 km × 3 km in EPSG:4527."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
from shapely.geometry import box
from shapely.geometry.base import BaseGeometry

NEIGHBOURHOOD = "990101001001"
EAST, NORTH, SIDE = 39_528_390.0, 3_526_367.0, 3000.0


def square(x: float, y: float, side: float) -> BaseGeometry:
    """A square `x`, `y` metres from the corner of the neighbourhood."""
    return box(EAST + x, NORTH + y, EAST + x + side, NORTH + y + side)


def write(
    path: Path, frame: pd.DataFrame, shapes: Sequence[Any] | None, crs: str | None = "EPSG:4527"
) -> Path:
    """Write a frame as the format that the name says."""
    if path.suffix == ".xlsx":
        frame.to_excel(path, index=False)
    elif path.suffix == ".csv":
        frame.to_csv(path, index=False)
    else:
        driver = "GPKG" if path.suffix == ".gpkg" else "GeoJSON"
        with warnings.catch_warnings():
            if crs is None:  # meant: a file without a system is what is tested
                warnings.filterwarnings("ignore", "'crs' was not provided")
            gpd.GeoDataFrame(frame, geometry=list(shapes or []), crs=crs).to_file(path, driver=driver)
    return path


def regions(folder: Path, name: str = "行政区划.gpkg") -> Path:
    frame = pd.DataFrame(
        {
            "编码": ["990100000000", "990101000000", "990101001000", NEIGHBOURHOOD],
            "名称": ["示例市", "示例市演示区", "和平街道", "东社区"],
            "级别": ["市", "区", "街道", "社区"],
            "上级编码": [None, "990100000000", "990101000000", "990101001000"],
        }
    )
    return write(folder / name, frame, [None, *[square(0, 0, SIDE)] * 3])


def community_rows(count: int = 4) -> tuple[pd.DataFrame, list[BaseGeometry]]:
    """Communities in a row of squares of 100 m, with cells as people type them."""
    frame = pd.DataFrame(
        {
            "小区编码": [f"{NEIGHBOURHOOD}C{n:03d}" for n in range(1, count + 1)],
            "小区名称": [f"小区{n}" for n in range(1, count + 1)],
            "别名": ["甲苑、乙苑", *[None] * (count - 1)],
            "所属社区编码": [NEIGHBOURHOOD] * count,
            "地址": ["和平路１号", *[None] * (count - 1)],
            "小区类型": ["老旧小区", *["商品房"] * (count - 1)],
            "建成年份": ["1998年", *["2008"] * (count - 1)],
            "楼栋数": ["6栋", *["8"] * (count - 1)],
            "户数": ["1,124户", *["５００"] * (count - 1)],
            "常住人口": ["2,900人", *["1500"] * (count - 1)],
            "建筑面积(㎡)": ["80000.5", *["50000"] * (count - 1)],
            "主管单位": ["无", *["有"] * (count - 1)],
            "物业服务": ["暂无信息", *["有"] * (count - 1)],
            "人防物防技防": ["无", *["有"] * (count - 1)],
            "物业费(元/㎡·月)": ["0.8", *["1.5"] * (count - 1)],
            "收缴率": ["85%", *["0.9"] * (count - 1)],
        }
    )
    return frame, [square(100 + 200 * n, 100, 100) for n in range(count)]


def communities(folder: Path, count: int = 4, name: str = "小区.gpkg") -> Path:
    frame, shapes = community_rows(count)
    return write(folder / name, frame, shapes)


def buildings(folder: Path, count: int, name: str = "楼栋.gpkg") -> Path:
    """Buildings of community 001, all within its square; count ≤ 999 for each group number from 00 on."""
    frame = pd.DataFrame(
        {
            "楼栋编码": [f"{NEIGHBOURHOOD}C00100{n:03d}" for n in range(1, count + 1)],
            "楼栋名称": [f"{n}幢" for n in range(1, count + 1)],
            "所属小区编码": [f"{NEIGHBOURHOOD}C001"] * count,
            "层数": [6] * count,
        }
    )
    shapes = [square(101 + 3 * (n % 32), 101 + 3 * (n // 32), 2) for n in range(count)]
    return write(folder / name, frame, shapes)


def periods(folder: Path, rows: Sequence[tuple[Any, ...]], name: str = "服务台账.xlsx") -> Path:
    """(number of the community, mode, firm, start, end)."""
    frame = pd.DataFrame(
        [
            (f"{NEIGHBOURHOOD}C{n:03d}", "小区", mode, firm, start, end, None)
            for n, mode, firm, start, end in rows
        ],
        columns=["服务对象编码", "对象类型", "服务方式", "企业信用代码", "开始日期", "结束日期", "备注"],
    )
    return write(folder / name, frame, None)


FIRM = "91990101MA00000018"


def firms(folder: Path, name: str = "物业企业.xlsx", **changes: str) -> Path:
    row = {"统一社会信用代码": FIRM, "企业名称": "甲物业", "信用等级": "A", "登记区编码": "990101000000",
           "联系人": "张三", "联系电话": "0551-6000000"}  # fmt: skip
    return write(folder / name, pd.DataFrame([{**row, **changes}]), None)
