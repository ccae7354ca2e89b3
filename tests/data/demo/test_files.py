"""The office files: names, layers, headers, words; what is written is what was made."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely

from data.demo import District, digest, make_district, totals

NAMES = {
    "01_行政区划.gpkg", "02_网格.gpkg", "03_小区.gpkg", "04_楼栋群.gpkg", "05_楼栋.gpkg", "06_物业企业.xlsx",
    "07_服务台账.xlsx", "08_党支部.xlsx", "09_底图要素.gpkg", "说明.txt",
}  # fmt: skip

# Changes when the district changes. When that was meant, put the new one here and say so in the changelog.
DIGEST = "02470613f0658e4f2d8bc30cbfaa0268b11b4235a588e0a7aa7fdb39b0b01c0a"


def test_all_files_are_there(office_folder: Path) -> None:
    assert {path.name for path in office_folder.iterdir()} == NAMES


@pytest.mark.parametrize("name", sorted(n for n in NAMES if n.endswith("gpkg")))
def test_layers_are_named_like_their_file(office_folder: Path, name: str) -> None:
    assert pyogrio.list_layers(office_folder / name)[:, 0].tolist() == [name[3:-5]]
    assert pyogrio.read_info(office_folder / name)["crs"] == "EPSG:4527"


def test_region_words(office_folder: Path) -> None:
    regions = gpd.read_file(office_folder / "01_行政区划.gpkg")
    assert list(regions.columns) == ["编码", "名称", "级别", "上级编码", "geometry"]
    assert set(regions["级别"]) == {"市", "区", "街道", "社区"}
    assert regions.loc[regions["级别"] == "市"].geometry.isna().all()


def test_community_words(office_folder: Path) -> None:
    frame = gpd.read_file(office_folder / "03_小区.gpkg")
    assert list(frame.columns) == [
        "小区编码", "小区名称", "别名", "所属社区编码", "地址", "小区类型", "建成年份", "楼栋数", "户数", "常住人口",
        "建筑面积(㎡)", "主管单位", "物业服务", "人防物防技防", "物业费(元/㎡·月)", "收缴率",
        "参与意愿", "业主表决", "geometry",
    ]  # fmt: skip
    assert (frame["建筑面积(㎡)"] == "暂无信息").sum() == 6
    assert set(frame["小区类型"]) == {"商品房", "安置房", "老旧小区"}
    assert set(frame["主管单位"].dropna()) == {"有", "无"}
    assert frame["主管单位"].isna().any()
    assert set(frame["参与意愿"].dropna()) == {"愿意", "不愿意"}
    assert set(frame["业主表决"].dropna()) == {"已通过", "未通过"}


def test_service_words(office_folder: Path, district: District) -> None:
    frame = pd.read_excel(office_folder / "07_服务台账.xlsx", dtype=str)
    assert list(frame.columns) == [
        "服务对象编码",
        "对象类型",
        "服务方式",
        "企业信用代码",
        "开始日期",
        "结束日期",
        "备注",
    ]
    assert set(frame["对象类型"]) == {"小区", "单体楼"}
    assert len(frame) == len(district.service_periods)
    assert "无物业" in set(frame["服务方式"])


def test_long_codes_survive_the_spreadsheet(office_folder: Path, district: District) -> None:
    frame = pd.read_excel(office_folder / "06_物业企业.xlsx", dtype=str)
    assert frame["统一社会信用代码"].tolist() == district.firms["code"].tolist()


def test_written_grids_still_tile_after_reprojection(office_folder: Path) -> None:
    grids = gpd.read_file(office_folder / "02_网格.gpkg").to_crs(4490)
    regions = gpd.read_file(office_folder / "01_行政区划.gpkg").to_crs(4490)
    shapes = grids.geometry.to_numpy()
    assert shapely.coverage_is_valid(shapes)
    whole = regions.loc[regions["级别"] == "区"].geometry.iloc[0]
    assert shapely.equals(shapely.coverage_union_all(shapes), shapely.get_parts(whole)[0])


def test_note_says_made_up_and_lists_the_totals(office_folder: Path, district: District) -> None:
    text = (office_folder / "说明.txt").read_text(encoding="utf-8")
    assert "虚构" in text
    assert all(str(value) in text for value in totals(district).values())
    assert "2023-11-01 待招标池" in text
    assert "2026-11-01 待招标池" in text


def test_digest_tells_when_the_district_changes(district: District) -> None:
    assert digest(district) == DIGEST


@pytest.mark.slow
def test_another_run_in_another_process_writes_the_same(tmp_path: Path, office_folder: Path) -> None:
    environment = {**os.environ, "PYTHONHASHSEED": "12345"}
    command = [sys.executable, "-m", "data.demo", str(tmp_path / "again")]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True, timeout=300)
    assert "待招标池" in done.stdout
    for name in sorted(NAMES):
        one, two = office_folder / name, tmp_path / "again" / name
        if name.endswith("gpkg"):
            pd.testing.assert_frame_equal(gpd.read_file(one), gpd.read_file(two))
        elif name.endswith("xlsx"):
            pd.testing.assert_frame_equal(pd.read_excel(one, dtype=str), pd.read_excel(two, dtype=str))
        else:
            assert one.read_text(encoding="utf-8") == two.read_text(encoding="utf-8")


@pytest.mark.slow
def test_another_seed_makes_another_district_with_the_same_totals(district: District) -> None:
    other = make_district(1)
    same = {
        k: v
        for k, v in totals(district).items()
        if k not in ("households", "building_groups", "buildings", "grids_with_branch")
    }
    assert {k: v for k, v in totals(other).items() if k in same} == same
    assert digest(other) != digest(district)
    assert not np.array_equal(other.regions.total_bounds, district.regions.total_bounds)
