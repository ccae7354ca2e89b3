"""Real files with real defects, which are not part of this repository: each must come in as stated, or say why not.

They lie in the folder that WANGGE_REAL_FILES names, or else in `shared/data` beside the checkout.
"""

from __future__ import annotations

import csv
import os
import zipfile
from itertools import pairwise
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from geo.crs import GCJ02
from geo.errors import BadInput
from geo.ingest.cells import Range, parse
from geo.ingest.fields import KINDS, Field
from geo.ingest.formats import inspect
from geo.ingest.reading import RawTable, read_file
from geo.settings import Settings
from tests.geo.ingest.conftest import Import, Rows

REAL = Path(os.environ.get("WANGGE_REAL_FILES") or Path(__file__).parents[4] / "shared" / "data")
pytestmark = pytest.mark.skipif(not REAL.is_dir(), reason="the collection of real files is not here")


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Any ground is taken: one of the files is from abroad."""
    return settings.model_copy(update={"extent": (-180.0, -90.0, 180.0, 90.0)})


def tree(
    load: Import, folder: Path, rows: list[tuple[str, str, str, str | None]], shapes: list[Any] | None = None
) -> None:
    """Load regions: code, name, level, parent."""
    frame = pd.DataFrame(rows, columns=["编码", "名称", "级别", "上级编码"])
    if shapes is None:
        frame.to_csv(folder / "上级.csv", index=False)
        report = load(folder / "上级.csv", kind="regions")
    else:
        gpd.GeoDataFrame(frame, geometry=shapes, crs=4490).to_file(folder / "上级.gpkg")
        report = load(folder / "上级.gpkg", kind="regions")
    assert report.counts["refused"] == 0, [finding.reason("en") for finding in report.findings]


def packed(folder: Path, shp: Path) -> Path:
    target = folder / f"{shp.stem}.zip"
    with zipfile.ZipFile(target, "w") as archive:
        for part in shp.parent.iterdir():
            if part.stem == shp.stem:
                archive.write(part, part.name)
    return target


def test_wuhan(load: Import, rows: Rows, tmp_path: Path) -> None:
    source = REAL / "cn_wuhan_communities" / "wuhan_communities.gpkg"
    asked = load(source, kind="regions", mapping={"FID_1": "name"})
    assert "column:code" in [question.about for question in asked.questions]
    assert asked.change_set is None
    around = shapely.box(114.0, 30.3, 114.6, 30.8)
    tree(load, tmp_path, [("420100000000", "武汉市", "市", None), ("420199000000", "示例区", "区", "420100000000"),
                          ("420199001000", "示例街道", "街道", "420199000000")], [None, around, around])  # fmt: skip
    report = load(source, kind="regions", mapping={"FID_1": "name"}, provisional="420199001000")
    assert report.crs is not None
    assert report.crs.epsg == 4547
    assert (report.counts["read"], report.counts["new"], report.counts["refused"]) == (974, 974, 0)
    assert report.notes[-1][1] == "974 provisional codes: 420199001001 – 420199001974"
    repaired = [finding for finding in report.findings if finding.key == "repaired"]
    assert len({finding.row for finding in repaired}) == 4
    assert all("Self-intersection" in finding.text and finding.place for finding in repaired)
    inside = [finding for finding in report.findings if finding.key == "within"]
    assert len(inside) == 1
    assert inside[0].text.endswith("100.0%")
    assert rows("SELECT count(*) FROM region WHERE level = 'neighbourhood'") == [(974,)]


def test_beijing(load: Import, rows: Rows, tmp_path: Path) -> None:
    tree(load, tmp_path, [("110100000000", "北京市", "市", None), ("110199000000", "全市", "区", "110100000000")],
         [None, shapely.box(115, 39, 118, 42)])  # fmt: skip
    source = packed(tmp_path, REAL / "cn_beijing_331_streets_pop" / "beijing.shp")
    report = load(source, kind="regions", mapping={"乡": "name"}, provisional="110199000000")
    assert (report.encoding, report.counts["new"]) == ("utf-8 (.cpg)", 331)
    assert any(
        "'geom' holds shapes as text, cut at 254 bytes: ignored" in english for _, english in report.notes
    )
    assert rows("SELECT level, count(*) FROM region WHERE code ^@ '110199' GROUP BY 1 ORDER BY 2") == [
        ("district", 1),
        ("subdistrict", 331),
    ]


@pytest.mark.parametrize(
    ("name", "count", "first", "city"),
    [
        ("shanghai_shp", 17, ("310113000000", "宝山区"), "310100000000"),
        ("chongqing_shp", 38, ("500236000000", "奉节县"), "500200000000"),
    ],
)
def test_gbk_shapefiles(
    load: Import, rows: Rows, tmp_path: Path, name: str, count: int, first: tuple[str, str], city: str
) -> None:
    source = packed(tmp_path, REAL / "dirty_gbk_shapefiles" / name / "区县界_area.shp")
    found = read_file(source, inspect(source))
    assert isinstance(found, RawTable)
    assert found.encoding == "gb18030 (LDID)"
    parents = sorted({code[:4].ljust(12, "0") for code in found.columns["ADMINCODE"]})
    tree(load, tmp_path, [(code, f"市{code}", "市", None) for code in parents])
    report = load(source, kind="regions", mapping={"NAME": "name"})
    assert (report.counts["read"], report.counts["new"]) == (count, count)
    stored = dict(rows("SELECT code, name FROM region WHERE level = 'district'"))
    assert stored[first[0]] == first[1]
    source_rows = gpd.read_file(REAL / "dirty_gbk_shapefiles" / name / "区县界_area.shp", encoding="gb18030")
    assert stored == {f"{row.ADMINCODE:0<12}": row.NAME for row in source_rows.itertuples()}
    assert city in parents


def numbered(keys: pd.Series, above: pd.Series) -> pd.Series:
    """Our numbers for the source's keys, in their order: three digits below the code above."""
    ranks = keys.groupby(above.values).rank(method="dense").astype(int)
    return above + ranks.map("{:03d}".format)


def taipei() -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """The three layers of the source as read by us, each with the code that it has here."""
    source = REAL / "tw_taipei_nested_zones" / "taipei_stat_zones.gpkg"
    frames = []
    for layer in ("code2_topo", "code1_topo", "codebase"):
        found = read_file(source, inspect(source), layer)
        assert isinstance(found, RawTable)
        frames.append(gpd.GeoDataFrame(found.columns, geometry=found.shapes, crs=4326))
    outer, middle, inner = frames
    outer["here"] = numbered(outer["CODE2"], "6301" + outer["TOWN_ID"].str[5:7])
    middle["above"] = middle["CODE2"].map(dict(zip(outer["CODE2"], outer["here"], strict=True)))
    middle["here"] = numbered(middle["CODE1"], middle["above"])
    inner["above"] = inner["CODE1"].map(dict(zip(middle["CODE1"], middle["here"], strict=True)))
    inner["here"] = numbered(inner["CODEBASE"], inner["above"])
    return outer, middle, inner


NESTING = """
SELECT count(*), count(*) FILTER (WHERE ST_Contains(above.geom, ST_PointOnSurface(child.geom))),
       max(CASE WHEN ST_CoveredBy(child.geom, above.geom) THEN 0
                ELSE ST_Area(ST_Difference(child.geom, above.geom)) / ST_Area(child.geom) END)
  FROM {child} child JOIN region above ON above.code = {parent} AND upper_inf(above.recorded)
 WHERE upper_inf(child.recorded) AND above.level = '{level}'"""


def test_taipei_nests_in_three_levels(load: Import, rows: Rows, tmp_path: Path) -> None:
    """By key every zone has one zone above it; in the database each lies in that one.

    The outer layers of the source are quantised, the inner one is not: by that, a child sticks out of its parent by
    1.3 % of its area at most, and the few over 1 % are named.
    """
    outer, middle, inner = taipei()
    assert (len(outer), len(middle), len(inner)) == (907, 7_672, 11_490)
    assert sum(int(frame["here"].isna().sum()) for frame in (outer, middle, inner)) == 0
    districts = outer.set_geometry(outer.make_valid()).dissolve(outer["here"].str[:6])
    tree(load, tmp_path, [("630100000000", "臺北市", "市", None),
                          *((f"{code}000000", code, "区", "630100000000") for code in districts.index)],
         [None, *districts.geometry])  # fmt: skip
    named = {}
    for frame, kind, key, ending in ((outer, "regions", "CODE2", "000"), (middle, "regions", "CODE1", ""),
                                     (inner, "grids", "CODEBASE", "")):  # fmt: skip
        path = tmp_path / f"{key}.gpkg"
        table = gpd.GeoDataFrame(
            {"code": frame["here"] + ending, "name": frame[key]}, geometry=frame.geometry
        )
        if kind == "grids":
            table["kind"] = "基础网格"
        table.to_file(path)
        report = load(path, kind=kind)
        assert (report.counts["new"], report.counts["refused"]) == (len(frame), 0)
        named[key] = [finding for finding in report.findings if finding.key == "outside"]
    assert rows("SELECT level, count(*) FROM region GROUP BY 1 ORDER BY 2") == [
        ("city", 1), ("district", 12), ("subdistrict", 907), ("neighbourhood", 7_672),
    ]  # fmt: skip
    middle_in_outer = rows(NESTING.format(child="region", parent="child.parent", level="subdistrict"))[0]
    inner_in_middle = rows(NESTING.format(child="grid", parent="child.neighbourhood", level="neighbourhood"))[
        0
    ]
    assert middle_in_outer[:2] == (7_672, 7_672)
    assert inner_in_middle[:2] == (11_490, 11_490)
    assert max(middle_in_outer[2], inner_in_middle[2]) < 0.013
    assert len(named["CODE1"]) == 0
    assert 0 < len(named["CODEBASE"]) <= 5


def test_amap_is_recognised_as_gcj_02(load: Import, rows: Rows, tmp_path: Path) -> None:
    streets = gpd.read_file(REAL / "cn_beijing_331_streets_pop" / "beijing_streets_pop.gpkg")
    with (REAL / "cn_division_codes" / "areas.csv").open(encoding="utf-8") as file:
        codes = {row["name"]: row["code"] for row in csv.DictReader(file) if row["cityCode"] == "1101"}
    districts = streets.make_valid().to_frame("geometry").assign(name=streets["县"]).dissolve("name")
    known = [
        (f"{codes[name]}000000", name, "区", "110100000000") for name in districts.index if name in codes
    ]
    shapes = [districts.geometry[name] for name in districts.index if name in codes]
    assert len(known) >= 10
    tree(load, tmp_path, [("110100000000", "北京市", "市", None), *known], [None, *shapes])
    source = REAL / "cn_amap_gcj02" / "amap_gcj02_subset.gpkg"
    report = load(source, kind="regions", mapping={"adcode": "code", "level": ""}, dry_run=True)
    assert report.crs is not None
    said = " / ".join(english for _, english in report.crs.evidence)
    assert report.crs.epsg == GCJ02, said
    for name in ("WGS 84 / CGCS2000", "GCJ-02", "BD-09"):
        assert name in said


@pytest.mark.parametrize("name", ["points_wgs84_no_prj", "points_epsg2249_no_prj"])
def test_shapefiles_without_a_prj_are_asked_about(load: Import, tmp_path: Path, name: str) -> None:
    source = packed(tmp_path, REAL / "dirty_gisdata_bad" / "bad" / f"{name}.shp")
    report = load(source, kind="base-features")
    assert "crs" in [question.about for question in report.questions]
    assert report.change_set is None


@pytest.mark.parametrize("name", ["grid_without_projection.asc", "unsupported_ext.txt"])
def test_other_formats_are_refused(load: Import, name: str) -> None:
    with pytest.raises(BadInput) as caught:
        load(REAL / "dirty_gisdata_bad" / "bad" / name)
    assert (caught.value.status, caught.value.field) == (422, "format")


def test_a_finnish_town(load: Import, rows: Rows, tmp_path: Path) -> None:
    source = REAL / "osm_finland_town" / "finland_town_test.osm.pbf"
    found = read_file(source, inspect(source))
    assert isinstance(found, RawTable)
    west, south, east, north = (
        np.nanmin(shapely.bounds(found.shapes)[:, :2], axis=0).tolist()
        + np.nanmax(shapely.bounds(found.shapes)[:, 2:], axis=0).tolist()
    )
    cuts = np.linspace(west - 0.01, east + 0.01, 13)
    cells = [shapely.box(a, south - 0.01, b, north + 0.01) for a, b in pairwise(cuts.tolist())]
    whole = shapely.union_all(cells)
    tree(load, tmp_path, [("990100000000", "市", "市", None), ("990101000000", "区", "区", "990100000000"),
                          ("990101001000", "街道", "街道", "990101000000"),
                          *((f"990101001{n:03d}", f"社区{n}", "社区", "990101001000") for n in range(1, 13))],
         [None, whole, whole, *cells])  # fmt: skip
    mapping = {"osm": "name", **{name: "" for name in found.columns if name != "osm"}}
    report = load(source, kind="building-groups", mapping=mapping, provisional="place")
    assert report.counts["read"] == len(found)
    broken = [finding for finding in report.findings if finding.key in ("invalid", "repaired")]
    assert len(broken) >= 40
    assert all(finding.text and (finding.place or finding.text == "unreadable") for finding in broken)
    assert report.counts["new"] + report.counts["refused"] == len(found)
    assert report.counts["new"] > 0.97 * len(found)
    assert rows("SELECT count(*) FROM building_group") == [(report.counts["new"],)]


def read(cell: str, field: Field) -> Any:
    """The value of a cell; the error of one that holds a range, with its text."""
    try:
        return parse(cell, field).value
    except Range as error:
        return error if str(error) == cell else pytest.fail(cell)


def test_the_beijing_attribute_table_is_read_or_left_unknown_with_its_text() -> None:
    fields = {
        "year": "built_year",
        "cost": "fee",
        "building_num": "building_count",
        "house_num": "households",
    }
    kind = KINDS["communities"]
    unknown: dict[str, set[str]] = {column: set() for column in fields}
    with (REAL / "cn_xiaoqu_attributes" / "beijing_imm_community_readable.csv").open(
        encoding="utf-8"
    ) as file:
        table = list(csv.DictReader(file))
    for row in table:
        for column, name in fields.items():
            value = read(row[column], kind.field(name))
            if value is None:
                unknown[column].add(row[column])
            elif not isinstance(value, Range):
                assert f"{value:g}" in row[column]
    assert len(table) == 510
    assert unknown["cost"] <= {"暂无信息"}
    assert unknown["year"] <= {"未知年建成", "暂无信息"}
    assert unknown["building_num"] == unknown["house_num"] == set()
