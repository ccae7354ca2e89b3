"""The district as files, as offices hand them over: Chinese headers, GeoPackage in EPSG:4527, XLSX."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd

from .district import District, pool, totals
from .service import FIRST, LAST

LEVELS = {"city": "市", "district": "区", "subdistrict": "街道", "neighbourhood": "社区"}
GRID_KINDS = {"basic": "基础网格", "dedicated": "专属网格"}
COMMUNITY_KINDS = {"commercial": "商品房", "resettlement": "安置房", "old": "老旧小区"}
UNIT_KINDS = {"community": "小区", "building_group": "单体楼"}
BRANCH_KINDS = {"grid": "网格支部", "community": "小区支部"}
FEATURE_KINDS = {"arterial": "主干道", "street": "街道", "railway": "铁路", "river": "河流"}
MODES = {
    "market": "市场化",
    "backstop": "国企兜底",
    "neighbourhood": "社区领办",
    "benefit": "公益实体",
    "village": "村办",
    "mobile": "流动物业",
    "shared": "共享物业社",
    "self": "自管",
    "custody": "社区代管",
    "trustee": "片区托管",
    "none": "无物业",
}
WISHES = {True: "愿意", False: "不愿意"}
VOTES = {"passed": "已通过", "failed": "未通过"}
NOT_KNOWN = "暂无信息"

REGIONS = {"code": "编码", "name": "名称", "level": "级别", "parent": "上级编码"}
GRIDS = {
    "code": "网格编码",
    "name": "网格名称",
    "kind": "网格类型",
    "neighbourhood": "所属社区编码",
    "responsible": "责任单位",
    "team_head": "网格长",
    "team_enforcement": "执法队员",
    "team_police": "社区民警",
    "team_property": "物业人员",
    "team_information": "信息员",
}
COMMUNITIES = {
    "code": "小区编码",
    "name": "小区名称",
    "aliases": "别名",
    "neighbourhood": "所属社区编码",
    "address": "地址",
    "kind": "小区类型",
    "built_year": "建成年份",
    "building_count": "楼栋数",
    "households": "户数",
    "residents": "常住人口",
    "floor_area": "建筑面积(㎡)",
    "no_managing_unit": "主管单位",
    "no_property_service": "物业服务",
    "no_security": "人防物防技防",
    "fee": "物业费(元/㎡·月)",
    "collection_rate": "收缴率",
    "willing": "参与意愿",
    "vote": "业主表决",
}
GROUPS = {
    "code": "楼栋群编码",
    "name": "楼栋群名称",
    "community": "所属小区编码",
    "neighbourhood": "所属社区编码",
    "address": "地址",
    "building_count": "楼栋数",
    "households": "户数",
    "residents": "常住人口",
    "floor_area": "建筑面积(㎡)",
    "willing": "参与意愿",
    "vote": "业主表决",
}
BUILDINGS = {
    "code": "楼栋编码",
    "name": "楼栋名称",
    "group": "所属楼栋群编码",
    "community": "所属小区编码",
    "floors": "层数",
    "units": "单元数",
    "households": "户数",
    "residents": "常住人口",
    "floor_area": "建筑面积(㎡)",
}
FIRMS = {
    "code": "统一社会信用代码",
    "name": "企业名称",
    "grade": "信用等级",
    "region": "登记区编码",
    "contact": "联系人",
    "phone": "联系电话",
}
PERIODS = {
    "unit": "服务对象编码",
    "unit_kind": "对象类型",
    "mode": "服务方式",
    "firm": "企业信用代码",
    "start": "开始日期",
    "end": "结束日期",
    "note": "备注",
}
BRANCHES = {
    "code": "支部编码",
    "name": "支部名称",
    "kind": "支部类型",
    "grid": "所属网格编码",
    "community": "所属小区编码",
}
FEATURES = {"code": "要素编码", "name": "名称", "kind": "类型"}

TEXTS = {
    "area_km2": "面积（平方公里，椭球面）",
    "subdistricts": "街道",
    "neighbourhoods": "社区",
    "residents": "常住人口",
    "households": "户数",
    "communities": "小区",
    "commercial": "其中商品房",
    "resettlement": "其中安置房",
    "old": "其中老旧小区（三无）",
    "stand_alone": "单体楼",
    "building_groups": "楼栋群（含单体楼）",
    "buildings": "楼栋",
    "grids": "网格",
    "dedicated_grids": "其中专属网格",
    "branches": "党支部",
    "community_branches": "其中小区支部",
    "grids_with_branch": "有支部的网格",
    "firms": "物业企业",
    "served_2023_11_01": "2023-11-01 有物业服务的小区",
    "served_2026_11_01": "2026-11-01 有物业服务的小区",
    "pool": "待招标池",
    "old_unserved": "其中三无且无物业",
    "ending_within_90_days": "其中合同90天内到期",
    "unserved_communities": "无物业小区",
    "unserved_stand_alone": "无物业单体楼（不入池）",
}


def has(flag: object) -> str | None:
    """A register flag "there is none" as offices write it: 无 or 有, empty when unknown."""
    return None if flag is None else ("无" if flag else "有")


def office(frame: pd.DataFrame, headers: dict[str, str], **values: Mapping[Any, str]) -> pd.DataFrame:
    """Rename columns to their Chinese headers and translate the coded `values`."""
    frame = frame.copy()
    for column, words in values.items():
        frame[column] = frame[column].map(words)
    return frame.rename(columns=headers)


def office_communities(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Communities as the office writes them: flags 有/无, and 暂无信息 where the floor area is unknown, so text."""
    frame = frame.copy()
    for flag in ("no_managing_unit", "no_property_service", "no_security"):
        frame[flag] = frame[flag].astype(object).map(has)
    frame["floor_area"] = [NOT_KNOWN if pd.isna(a) else f"{a:.1f}" for a in frame["floor_area"]]
    return office(frame, COMMUNITIES, kind=COMMUNITY_KINDS, willing=WISHES, vote=VOTES)


def geo_files(district: District) -> dict[str, gpd.GeoDataFrame]:
    """File name (the layer is named like it, without number) to frame."""
    return {
        "01_行政区划.gpkg": office(district.regions, REGIONS, level=LEVELS),
        "02_网格.gpkg": office(district.grids, GRIDS, kind=GRID_KINDS),
        "03_小区.gpkg": office_communities(district.communities),
        "04_楼栋群.gpkg": office(district.building_groups, GROUPS, willing=WISHES, vote=VOTES),
        "05_楼栋.gpkg": office(district.buildings, BUILDINGS),
        "09_底图要素.gpkg": office(district.base_features, FEATURES, kind=FEATURE_KINDS),
    }


def table_files(district: District) -> dict[str, pd.DataFrame]:
    """File name (the sheet is named like it, without number) to frame."""
    return {
        "06_物业企业.xlsx": office(district.firms, FIRMS),
        "07_服务台账.xlsx": office(district.service_periods, PERIODS, unit_kind=UNIT_KINDS, mode=MODES),
        "08_党支部.xlsx": office(district.branches, BRANCHES, kind=BRANCH_KINDS),
    }


def describe(district: District) -> str:
    """The totals and both pools, one to a line, in Chinese."""
    lines = [f"{TEXTS[key]}：{value}" for key, value in totals(district).items()]
    for day in (FIRST, LAST):
        parts = "，".join(f"{TEXTS[key]} {value}" for key, value in pool(district, day).items())
        lines.append(f"{day} {parts}")
    return "\n".join(lines) + "\n"


def write_files(district: District, folder: Path) -> list[Path]:
    """Write all files into `folder` (made when missing, same names replaced) and return their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, frame in geo_files(district).items():
        path = folder / name
        path.unlink(missing_ok=True)
        frame.to_file(path, layer=name[3:-5], driver="GPKG", engine="pyogrio")
        written.append(path)
    for name, table in table_files(district).items():
        path = folder / name
        table.to_excel(path, sheet_name=name[3:-5], index=False)
        written.append(path)
    note = folder / "说明.txt"
    note.write_text(NOTE + describe(district), encoding="utf-8")
    return [*written, note]


NOTE = """示例市演示区（虚构）

本文件夹中的全部数据均由程序按固定随机种子生成，纯属虚构：行政区划代码 99 开头的地区并不存在，
小区、企业、人员、电话均为编造，与任何真实地区、单位和个人无关。
坐标系：CGCS2000 3 度带第 39 带（EPSG:4527），东坐标含带号。服务台账的结束日期为服务终止日，自该日起不再服务。
单元格“暂无信息”表示未知；服务台账中没有任何记录的单体楼，其服务情况未知。

"""
