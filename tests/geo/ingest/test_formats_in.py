"""One and the same table through every format that is taken: the same rows arrive, or it is said what did not."""

from __future__ import annotations

import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import pytest
import shapely

from geo.errors import BadInput, WanggeError
from geo.ingest.dbf import read_dbf
from geo.ingest.dbf_out import write_dbf
from geo.ingest.formats import inspect
from geo.ingest.packed import pack_parts, whole
from geo.ingest.reading import RawTable, read_file
from tests.geo.ingest import office
from tests.geo.ingest.conftest import Import, Rows

PARTS = (".shp", ".shx", ".dbf", ".prj", ".cpg")


def frame(count: int = 4) -> gpd.GeoDataFrame:
    """Communities in EPSG:4490, with headers that XML can carry too."""
    rows, shapes = office.community_rows(count)
    rows = rows.rename(columns={"建筑面积(㎡)": "建筑面积", "物业费(元/㎡·月)": "物业费"})
    return gpd.GeoDataFrame(rows, geometry=shapes, crs="EPSG:4527").to_crs(4490)


def shapefile(
    folder: Path, table: gpd.GeoDataFrame, encoding: str, *, name: str = "小区", leave: tuple[str, ...] = ()
) -> Path:
    """A zip of a shapefile with its parts named as an office would; `leave` are parts that are not there."""
    table[["geometry"]].to_file(folder / "made.shp")
    columns = {
        name: table[name].astype(object).where(table[name].notna(), None).tolist()
        for name in table.columns[:-1]
    }
    (folder / "made.dbf").write_bytes(write_dbf(columns, len(table), encoding)[0])
    (folder / "made.cpg").write_text(encoding)
    packed = folder / "made.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        for part in PARTS:
            if part not in leave and (folder / f"made{part}").exists():
                archive.write(folder / f"made{part}", f"{name}{part}")
    return packed


def written(folder: Path, ending: str) -> Path:
    table, path = frame(), folder / f"小区.{ending}"
    match ending:
        case "parquet":
            table.to_parquet(path)
        case "zip":
            return shapefile(folder, table, "UTF-8")
        case "kmz":
            table.to_crs(4326).to_file(folder / "doc.kml", driver="LIBKML")
            with zipfile.ZipFile(path, "w") as archive:
                archive.write(folder / "doc.kml", "doc.kml")
        case "kml":
            table.to_crs(4326).to_file(path, driver="LIBKML")
        case _:
            table.to_file(path, driver={"fgb": "FlatGeobuf", "gml": "GML"}[ending])
    return path


@pytest.mark.parametrize("ending", ["fgb", "kml", "kmz", "gml", "parquet", "zip"])
def test_every_format_brings_the_same_rows(
    load: Import, rows: Rows, neighbourhood: object, tmp_path: Path, ending: str
) -> None:
    report = load(written(tmp_path, ending), kind="communities", crs="EPSG:4490" if ending == "gml" else None)
    assert report.questions == []
    assert (report.counts["read"], report.counts["new"]) == (4, 4)
    found = rows(
        "SELECT code, name, households, fee, aliases, ST_Area(geom::geography) FROM community ORDER BY code"
    )
    assert [row[0] for row in found] == [f"{office.NEIGHBOURHOOD}C{n:03d}" for n in range(1, 5)]
    assert [row[1] for row in found] == ["小区1", "小区2", "小区3", "小区4"]
    assert found[0][2:5] == (1124, 0.8, ["甲苑", "乙苑"])
    assert all(abs(row[5] - 10_000) < 10 for row in found)


def topology() -> bytes:
    return (
        '{"type":"Topology","arcs":[[[117.303,31.862],[117.304,31.862],[117.304,31.863],[117.303,31.863],[117.303,31.862]]],'
        '"objects":{"小区":{"type":"GeometryCollection","geometries":[{"type":"Polygon","arcs":[[0]],"properties":'
        '{"小区编码":"990101001001C001","小区名称":"拓扑苑","所属社区编码":"990101001001"}}]}}}'
    ).encode()


@pytest.mark.parametrize("name", ["小区.topojson", "小区.json"])
def test_topojson(load: Import, rows: Rows, neighbourhood: object, tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(topology())
    report = load(tmp_path / name)
    assert (report.driver, report.counts["new"]) == ("TopoJSON", 1)
    assert rows("SELECT name FROM community") == [("拓扑苑",)]


def drawing(closed: bool = True) -> str:
    """A drawing as CAD writes it: two closed polylines on layers of their own, a text in one, a block, an open line."""

    def polyline(layer: str, x: float, flag: int) -> str:
        corners = ((0, 0), (100, 0), (100, 100), (0, 100))
        points = "".join(f"10\n{office.EAST + x + a}\n20\n{office.NORTH + b + 100}\n" for a, b in corners)
        return f"0\nLWPOLYLINE\n8\n{layer}\n90\n4\n70\n{flag}\n{points}"

    block = (
        "0\nSECTION\n2\nBLOCKS\n0\nBLOCK\n8\n0\n2\nHOUSE\n70\n0\n10\n0\n20\n0\n"
        "0\nLWPOLYLINE\n8\n楼\n90\n4\n70\n1\n10\n0\n20\n0\n10\n10\n20\n0\n10\n10\n20\n10\n10\n0\n20\n10\n0\nENDBLK\n8\n0\n0\nENDSEC\n"
    )
    text = f"0\nTEXT\n8\n注记\n10\n{office.EAST + 150}\n20\n{office.NORTH + 150}\n40\n5\n1\n和平苑\n"
    insert = f"0\nINSERT\n8\n楼\n2\nHOUSE\n10\n{office.EAST + 500}\n20\n{office.NORTH + 150}\n"
    entities = polyline("老旧小区", 100, 1) + polyline("商品房", 300, int(closed)) + text + insert
    header = "0\nSECTION\n2\nHEADER\n9\n$ACADVER\n1\nAC1018\n9\n$DWGCODEPAGE\n3\nANSI_936\n0\nENDSEC\n"
    return f"{header}{block}0\nSECTION\n2\nENTITIES\n{entities}0\nENDSEC\n0\nEOF\n"


def test_a_drawing_gives_areas_with_their_layer_and_text(tmp_path: Path) -> None:
    path = tmp_path / "小区.dxf"
    path.write_bytes(drawing(closed=False).encode("gb18030"))
    found = read_file(path, inspect(path))
    assert isinstance(found, RawTable)
    assert found.crs is None  # a drawing never says: asked
    assert found.columns["图层"] == ["老旧小区", "楼"]
    assert found.columns["文字"] == ["和平苑", None]
    assert shapely.area(found.shapes).round().tolist() == [10_000, 100]
    assert "2 entities that are no areas were left out" in found.notes[0][1]


def test_a_drawing_is_asked_for_its_system(load: Import, neighbourhood: object, tmp_path: Path) -> None:
    path = tmp_path / "小区.dxf"
    path.write_bytes(drawing().encode("gb18030"))
    mapping = {"句柄": "", "块": "", "文字": "name", "图层": "kind"}
    asked = load(path, kind="communities", mapping={"文字": "name", "图层": "kind"})
    assert "crs" in [question.about for question in asked.questions]
    assert mapping["图层"] == "kind"


@pytest.mark.parametrize(
    ("encoding", "leave", "reason"),
    [
        ("GBK", (".cpg",), "GB18030"),
        ("UTF-8", (".cpg",), "UTF-8"),
        ("UTF-8", (), ".cpg"),
        ("GBK", (), ".cpg"),
    ],
)
def test_encodings_of_shapefiles(tmp_path: Path, encoding: str, leave: tuple[str, ...], reason: str) -> None:
    packed = shapefile(tmp_path, frame(2), encoding, leave=leave)
    found = read_file(packed, inspect(packed))
    assert isinstance(found, RawTable)
    assert found.columns["小区名" if encoding == "UTF-8" else "小区名称"] == ["小区1", "小区2"]
    assert found.encoding == f"{'utf-8' if encoding == 'UTF-8' else 'gb18030'} ({reason})"
    assert "小区1" in found.preview[1]


def test_the_language_byte_comes_before_guessing_and_a_false_hint_is_passed_over(tmp_path: Path) -> None:
    shapefile(tmp_path, frame(2), "GBK")
    content = bytearray((tmp_path / "made.dbf").read_bytes())
    content[29] = 0x4D
    assert read_dbf(bytes(content), None).reason == "LDID"
    assert read_dbf(bytes(content), "UTF-8").reason == "LDID"
    assert read_dbf(bytes(content), "nonsense").encoding == "gb18030"


def test_names_cut_at_ten_bytes_are_mended(
    load: Import, rows: Rows, neighbourhood: object, tmp_path: Path
) -> None:
    report = load(shapefile(tmp_path, frame(), "GBK", leave=(".cpg",)), kind="communities")
    assert report.mapping is not None
    fields = {match.column: match.field for match in report.mapping.matches}
    assert fields["所属社区编"] == "neighbourhood"
    assert fields["人防物防技"] == "no_security"
    assert rows("SELECT count(*) FROM community WHERE neighbourhood = '990101001001'") == [(4,)]


def test_a_cut_name_that_could_be_several_is_asked(
    load: Import, rows: Rows, neighbourhood: object, tmp_path: Path
) -> None:
    table = frame()[["小区编码", "小区名称", "所属社区编码", "户数", "geometry"]].rename(
        columns={"户数": "no_propert"}
    )
    packed = shapefile(tmp_path, table, "GBK")
    report = load(packed, kind="communities", dry_run=True)
    assert report.mapping is not None
    assert {match.column: match.field for match in report.mapping.matches}[
        "no_propert"
    ] == "no_property_service"
    # 小区编号的 … : in UTF-8 three characters are left, and two fields begin so.
    table = frame()[["小区编码", "小区名称", "geometry"]].rename(columns={"小区编码": "所属小区编码"})
    table["楼栋群编码"], table["楼栋群名称"] = "990101001001C00101", "一组团"
    packed = shapefile(tmp_path, table[["楼栋群编码", "楼栋群名称", "geometry"]].head(1), "UTF-8")
    asked = load(packed, kind="building-groups")
    assert {question.about: question.choices for question in asked.questions}["cut:楼栋群"] == (
        "code",
        "name",
    )


def test_deleted_records_are_not_read(tmp_path: Path) -> None:
    shapefile(tmp_path, frame(3), "UTF-8")
    table = tmp_path / "made.dbf"
    content = bytearray(table.read_bytes())
    head, width = struct.unpack_from("<HH", content, 8)
    content[head + width] = ord("*")
    table.write_bytes(content)
    with whole(tmp_path / "made.shp") as packed:
        found = read_file(packed, inspect(packed))
    assert isinstance(found, RawTable)
    assert found.columns["小区名"] == ["小区1", "小区3"]
    assert found.rows.tolist() == [1, 3]


def test_several_shapefiles_are_asked_about_and_parts_must_belong_together(
    load: Import, tmp_path: Path
) -> None:
    shapefile(tmp_path, frame(2), "GBK")
    both = tmp_path / "both.zip"
    with zipfile.ZipFile(both, "w") as archive:
        for name in ("甲", "乙"):
            for part in PARTS:
                archive.write(tmp_path / f"made{part}", f"数据/{name}{part}")
    assert load(both).questions[0].choices == ("数据/甲", "数据/乙")
    assert load(both, layer="数据/乙", kind="communities", dry_run=True).counts["read"] == 2
    with pytest.raises(BadInput, match="have one name"):
        pack_parts([("a.shp", tmp_path / "made.shp"), ("b.dbf", tmp_path / "made.dbf")], tmp_path / "x.zip")


def _zip(
    entries: dict[str, bytes], change: Callable[[zipfile.ZipInfo], None] | None = None
) -> Callable[[Path], Path]:
    def make(path: Path) -> Path:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in entries.items():
                info = zipfile.ZipInfo(name)
                info.compress_type = zipfile.ZIP_DEFLATED
                if change:
                    change(info)
                archive.writestr(info, content)
        return path

    return make


def _bytes(content: bytes) -> Callable[[Path], Path]:
    def make(path: Path) -> Path:
        path.write_bytes(content)
        return path

    return make


def _link(info: zipfile.ZipInfo) -> None:
    info.external_attr = 0o120777 << 16


KML = b'<?xml version="1.0"?><kml xmlns="http://www.opengis.net/kml/2.2"><Document>%s</Document></kml>'
HOSTILE: dict[str, tuple[str, Callable[[Path], Path]]] = {
    "out of the folder": ("zip", _zip({"../../a.shp": b"x", "a.dbf": b"x"})),
    "absolute": ("zip", _zip({"/etc/a.shp": b"x"})),
    "with backslashes": ("zip", _zip({"..\\..\\a.shp": b"x"})),
    "a link": ("zip", _zip({"a.shp": b"/etc/passwd"}, _link)),
    "a zip within": ("zip", _zip({"a.shp": b"x", "b.zip": b"x"})),
    "a bomb": ("zip", _zip({"a.shp": bytes(64 * 2**20)})),
    "many entries": ("zip", _zip({f"{n}.shp": b"" for n in range(2_001)})),
    "no shapefile": ("zip", _zip({"a.vrt": b"<OGRVRTDataSource/>"})),
    "no shapes": ("zip", _zip({"a.shp": b"x", "a.dbf": b"x"})),
    "a broken zip": ("zip", _bytes(b"PK\x03\x04" + bytes(100))),
    "an entity in KML": ("kml", _bytes(b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + KML % b"&x;")),
    "laughs in KMZ": ("kmz", _zip({"doc.kml": b'<!DOCTYPE l [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]>' + KML % b"&b;"})),
    "an entity in GML": ("gml", _bytes(b'<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>')),
    "half a GML": ("gml", _bytes(b"<a><b></a>")),
    "half a KML": ("kml", _bytes(b"<kml><Document>")),
    "a VRT as GML": ("gml", _bytes(b'<OGRVRTDataSource><OGRVRTLayer name="x"><SrcDataSource>/etc/passwd</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>')),
    "no FlatGeobuf": ("fgb", _bytes(b"fgb\x03fgb\x00" + b"\xff" * 500)),
    "no Parquet": ("parquet", _bytes(b"PAR1" + b"\xff" * 500 + b"PAR1")),
    "no pbf": ("pbf", _bytes(b"\x00\x00\x00\x0d\x0a\x09OSMHeader\x18\xff" + b"\xff" * 500)),
    "no drawing": ("dxf", _bytes(b"0\nSECTION\n" + b"\xff" * 500)),
    "no topology": ("topojson", _bytes(b'{"type":"Topology","objects":{},"arcs":[[[1e400,1]]]}')),
    "a deep topology": ("topojson", _bytes(b'{"type":"Topology","arcs":' + b"[" * 40 + b"]" * 40 + b"}")),
}  # fmt: skip


@pytest.mark.parametrize("case", HOSTILE)
def test_hostile_files_are_refused(load: Import, rows: Rows, tmp_path: Path, case: str) -> None:
    ending, make = HOSTILE[case]
    before = rows("SELECT pg_postmaster_start_time()")
    beside = set(tmp_path.parent.iterdir())
    with pytest.raises(WanggeError) as caught:
        load(make(tmp_path / f"x.{ending}"), kind="communities")
    assert caught.value.status in (413, 422)
    assert rows("SELECT pg_postmaster_start_time()") == before
    assert set(tmp_path.parent.iterdir()) == beside


@pytest.mark.parametrize("name", ["grid.asc", "unsupported.txt", "a.doc", "noending"])
def test_other_formats_are_named_as_such(load: Import, tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("ncols 4\n", "utf-8")
    with pytest.raises(BadInput, match="taken are GeoPackage") as caught:
        load(tmp_path / name)
    assert caught.value.field == "format"


@pytest.mark.parametrize(
    ("version", "page", "encoding", "said"),
    [
        ("AC1024", "ANSI_936", "utf-8", "utf-8 (UTF-8)"),
        ("AC1024", "ANSI_1252", "utf-8", "utf-8 (UTF-8)"),
        ("AC1018", "ANSI_936", "gb18030", "gb18030 (DWGCODEPAGE)"),
        ("AC1018", "ANSI_1252", "gb18030", "gb18030 (GB18030)"),
    ],
)
def test_a_drawing_names_its_layers_in_chinese_whatever_code_page_it_claims(
    version: str, page: str, encoding: str, said: str, tmp_path: Path
) -> None:
    text = drawing().replace("AC1018", version).replace("ANSI_936", page)
    path = tmp_path / "小区.dxf"
    path.write_bytes(text.encode(encoding))
    found = read_file(path, inspect(path))
    assert isinstance(found, RawTable)
    assert (found.columns["图层"], found.columns["文字"][0]) == (["老旧小区", "商品房", "楼"], "和平苑")
    assert found.encoding == said
    other = read_file(path, inspect(path), encoding="big5")
    assert isinstance(other, RawTable)
    assert other.encoding == "big5 (chosen)"


def test_untyped_data_of_a_kml_keep_their_chinese_names(tmp_path: Path) -> None:
    """Four characters each: GDAL alone makes one column of both, and one is lost."""
    place = (
        '<Placemark><name>一</name><ExtendedData><Data name="小区编码"><value>C001</value></Data>'
        "<Data  name='小区名称'><value>和平苑</value></Data><Data name=\"面积 &lt;㎡>\"><value>5</value></Data>"
        '<Data name="plain"><value>1</value></Data></ExtendedData>'
        "<Point><coordinates>117.3,31.8</coordinates></Point></Placemark>"
    )
    path = tmp_path / "手机.kml"
    path.write_bytes(KML % place.encode())
    found = read_file(path, inspect(path))
    assert isinstance(found, RawTable)
    assert found.columns.pop("Name") == ["一"]
    assert found.columns == {"小区编码": ["C001"], "小区名称": ["和平苑"], "面积 <㎡>": ["5"], "plain": ["1"]}
    path.write_bytes(KML % place.replace("一", "和平苑").encode())
    again = read_file(path, inspect(path))
    assert isinstance(again, RawTable)
    assert "Name" not in again.columns  # 小区名称 says it


def test_a_table_with_merged_headers_keeps_every_column(tmp_path: Path) -> None:
    rows = [
        ["小区情况统计表"],
        ["填表单位：某街道", "", "", "2024年3月"],
        ["小区编码", "小区名称", "规模", "", "电话", "联系人", ""],
        ["", "", "户数", "常住人口", "", "", ""],
        ["C1", "和平苑", "1124户", "3000", "1", "张", "另有"],
    ]
    path = tmp_path / "小区.csv"
    path.write_text("\n".join(",".join(row) for row in rows), "utf-8")
    found = read_file(path, inspect(path))
    assert isinstance(found, RawTable)
    assert found.columns == {
        "小区编码": ["C1"], "小区名称": ["和平苑"], "户数": ["1124户"], "常住人口": ["3000"], "电话": ["1"],
        "联系人": ["张"], "第 7 列": ["另有"],
    }  # fmt: skip
    assert found.rows.tolist() == [5]


def test_a_lone_quote_swallows_no_rows(tmp_path: Path) -> None:
    path = tmp_path / "小区.csv"
    lines = ["编码,备注", "C1,正常", 'C2,"12 寸水管', "C3,正常", 'C4,"14 寸水管', "C5,正常"]
    for several in (lines[:4], lines):
        path.write_text("\n".join(several) + "\n", "utf-8")
        with pytest.raises(BadInput, match="line 3"):
            read_file(path, inspect(path))
    path.write_text('编码,备注\nC1,"门牌 ""5""\n已拆"\nC2,"南边"临街\n', "utf-8")
    found = read_file(path, inspect(path))
    assert isinstance(found, RawTable)
    assert found.columns["备注"] == ['门牌 "5"\n已拆', "南边临街"]
