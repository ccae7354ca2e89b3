from __future__ import annotations

import csv
import shutil
import subprocess
from datetime import date
from pathlib import Path

import openpyxl
import pandas as pd
import pyogrio
import pytest
import shapely

from geo.crs import GCJ02
from geo.errors import BadInput, NotFound
from geo.ingest.export import FORMATS, export
from geo.ingest.fields import KINDS
from geo.ingest.formats import inspect
from geo.ingest.losses import ENGLISH_NAMES, ROUNDED, SHAPES_ONLY, SHORT_NAMES, TEXT_ONLY, loses
from geo.ingest.reading import RawTable, read_file
from geo.ingest.templates import template
from geo.store.engine import Scope, Store
from tests.geo.ingest import office
from tests.geo.ingest.conftest import Import, Rows

TODAY = date(2026, 11, 1)
pytestmark = pytest.mark.usefixtures("neighbourhood")
GROUPS = [("gpkg", "fgb", "parquet"), ("geojson", "topojson", "zip"), ("kml", "gml", "xlsx", "csv")]
FORMULAS = ["=1+1", "+1", "-1", "@x", "'=quoted", "\tx"]


def everything(load: Import, folder: Path) -> None:
    n = office.NEIGHBOURHOOD
    frame, shapes = office.community_rows(6)
    frame["小区名称"] = FORMULAS
    load(office.write(folder / "小区.gpkg", frame, shapes))
    grids = pd.DataFrame(
        {"网格编码": [f"{n}001"], "网格名称": ["一"], "网格类型": ["专属网格"], "信息员": ["李四"]}
    )
    load(office.write(folder / "网格.gpkg", grids, [office.square(0, 0, office.SIDE)]))
    groups = pd.DataFrame(
        {"楼栋群编码": [f"{n}S001"], "楼栋群名称": ["独栋"], "所属社区编码": [n], "户数": [None]}
    )
    load(office.write(folder / "群.gpkg", groups, [office.square(2000, 2000, 50)]))
    load(office.buildings(folder, 5))
    load(office.firms(folder))
    load(
        office.periods(
            folder,
            [(1, "市场化", office.FIRM, "2023-01-01", "2025-01-01"), (2, "无", None, "2024-01-01", None)],
        )
    )
    branches = pd.DataFrame(
        {
            "支部编码": [f"{n}B1"],
            "支部名称": ["一支部"],
            "支部类型": ["网格支部"],
            "所属网格编码": [f"{n}001"],
        }
    )
    load(office.write(folder / "支部.xlsx", branches, None))
    lines = pd.DataFrame({"要素编码": ["990101R1"], "名称": [None], "类型": ["河流"]})
    load(office.write(folder / "要素.gpkg", lines, [office.square(0, 0, 10).boundary]))


def comes_back_equal(load: Import, store: Store, scope: Scope, path: Path, kind: str, format_: str) -> None:
    count = export(store, scope, kind, format_, as_of=TODAY, path=path)
    # Names in English, or cut ones, say less than ours: the kind is told.
    named = loses(format_, ENGLISH_NAMES, SHORT_NAMES, TEXT_ONLY)
    back = load(path, dry_run=True, kind=kind if named else None)
    if back.questions and loses(format_, SHORT_NAMES):  # columns stand in the order of the fields
        assert back.mapping is not None
        pairs = zip(back.mapping.matches, KINDS[kind].fields, strict=True)
        answers = {match.column: one.name for match, one in pairs if match.column in back.mapping.doubtful}
        back = load(path, dry_run=True, kind=kind, mapping=answers)
    assert count > 0
    assert back.questions == [], (path.name, back.as_json())
    assert (back.kind, back.findings) == (kind, []), path.name
    # What formats of fifteen figures change is held by test_round_trip.
    known = back.counts["unchanged"] + (back.counts["changed"] if loses(format_, ROUNDED) else 0)
    assert known == count, path.name


@pytest.mark.parametrize("formats", GROUPS, ids="+".join)
def test_every_kind_goes_out_in_every_format_and_comes_back_equal(
    load: Import, store: Store, everywhere: Scope, tmp_path: Path, formats: tuple[str, ...]
) -> None:
    everything(load, tmp_path)
    for format_ in formats:
        for name, kind in KINDS.items():
            if kind.shape != "none" or format_ not in SHAPES_ONLY:
                comes_back_equal(load, store, everywhere, tmp_path / f"{name}.{format_}", name, format_)


def test_no_format_is_left_out() -> None:
    assert sorted(sum(GROUPS, ())) == sorted(FORMATS)


@pytest.mark.parametrize("format_", ["gpkg", "zip", "fgb", "gml", "parquet", "kml", "geojson", "topojson"])
def test_shapes_come_back_to_the_last_hundred_millionth_degree(
    load: Import, store: Store, everywhere: Scope, tmp_path: Path, format_: str
) -> None:
    load(office.communities(tmp_path))
    path = tmp_path / f"out.{format_}"
    export(store, everywhere, "communities", format_, as_of=TODAY, path=path)
    export(store, everywhere, "communities", "gpkg", as_of=TODAY, path=tmp_path / "exact.gpkg")
    back, exact = (read_file(one, inspect(one)) for one in (path, tmp_path / "exact.gpkg"))
    assert isinstance(back, RawTable)
    assert isinstance(exact, RawTable)
    assert len(back) == len(exact) == 4
    difference = shapely.area(shapely.symmetric_difference(back.shapes, exact.shapes))
    assert (difference < 1e-8 * shapely.length(exact.shapes)).all()


@pytest.mark.parametrize("format_", ["gpkg", "zip", "fgb", "gml", "parquet"])
@pytest.mark.parametrize("crs", [4527, 4548, 4326])
def test_other_systems_go_out_and_come_back(
    load: Import, store: Store, everywhere: Scope, tmp_path: Path, format_: str, crs: int
) -> None:
    load(office.communities(tmp_path))
    path = tmp_path / f"out.{format_}"
    export(store, everywhere, "communities", format_, as_of=TODAY, path=path, crs=crs)
    back = load(path, kind="communities", dry_run=True)
    assert back.crs is not None
    assert back.crs.epsg == crs
    # Only rounding lies between: no corner moved by a tenth of a millimetre, so nothing changed.
    assert (back.counts["unchanged"], back.counts["changed"], back.counts["refused"]) == (4, 0, 0)


def test_shifted_coordinates_go_out_without_a_name_and_come_back_by_theirs(
    load: Import, store: Store, everywhere: Scope, tmp_path: Path
) -> None:
    load(office.communities(tmp_path))
    path = tmp_path / "out.gpkg"
    export(store, everywhere, "communities", "gpkg", as_of=TODAY, path=path, crs=GCJ02)
    asked = load(path, dry_run=True)
    assert [question.about for question in asked.questions] == ["crs"]
    assert "GCJ-02" in asked.questions[0].choices
    assert asked.crs is not None
    assert "GCJ-02 100.0%" in asked.crs.evidence[-1][1]
    assert load(path, crs="GCJ-02", dry_run=True).findings == []


def test_what_a_format_cannot_hold_is_refused(store: Store, everywhere: Scope, tmp_path: Path) -> None:
    out = {"as_of": TODAY, "path": tmp_path / "x"}
    with pytest.raises(BadInput, match="no shapes"):
        export(store, everywhere, "firms", "fgb", **out)
    with pytest.raises(BadInput, match="longitude and latitude"):
        export(store, everywhere, "communities", "kml", crs=4527, **out)


def test_geopackage_keeps_types_and_nulls(
    load: Import, store: Store, everywhere: Scope, tmp_path: Path
) -> None:
    load(office.communities(tmp_path))
    path = tmp_path / "out.gpkg"
    export(store, everywhere, "communities", "gpkg", as_of=TODAY, path=path)
    info = pyogrio.read_info(path)
    kinds = dict(zip(info["fields"], info["ogr_types"], strict=True))
    assert (kinds["户数"], kinds["物业费(元/㎡·月)"], kinds["小区名称"]) == (
        "OFTInteger64",
        "OFTReal",
        "OFTString",
    )
    assert (info["crs"], info["geometry_type"], info["layer_name"]) == ("EPSG:4490", "MultiPolygon", "小区")
    frame = pyogrio.read_dataframe(path)
    assert pd.isna(frame.loc[0, "物业服务"])
    assert frame.loc[0, ["户数", "收缴率", "主管单位"]].tolist() == [1124, 0.85, "无"]


def test_no_cell_is_a_formula(load: Import, store: Store, everywhere: Scope, tmp_path: Path) -> None:
    everything(load, tmp_path)
    book, sheet = tmp_path / "out.xlsx", tmp_path / "out.csv"
    export(store, everywhere, "communities", "xlsx", as_of=TODAY, path=book)
    export(store, everywhere, "communities", "csv", as_of=TODAY, path=sheet)
    cells = [row[1] for row in openpyxl.load_workbook(book).worksheets[0].iter_rows(min_row=2)]
    assert [(cell.value, cell.data_type) for cell in cells] == [(text, "s") for text in FORMULAS]
    with sheet.open(encoding="utf-8-sig", newline="") as file:
        written = [row[1] for row in csv.reader(file)][1:]
    assert written == [f"'{text}" for text in FORMULAS]


@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")
def test_libreoffice_shows_the_text(load: Import, store: Store, everywhere: Scope, tmp_path: Path) -> None:
    everything(load, tmp_path)
    export(store, everywhere, "communities", "xlsx", as_of=TODAY, path=tmp_path / "out.xlsx")
    subprocess.run(
        [
            "soffice",
            "--headless",
            "--convert-to",
            "csv:Text - txt - csv (StarCalc):44,34,76",
            "--outdir",
            tmp_path,
            tmp_path / "out.xlsx",
        ],
        check=True,
    )
    assert "=1+1" in (tmp_path / "out.csv").read_text("utf-8")


def test_a_region_and_a_scope_bound_what_goes_out(
    load: Import, store: Store, everywhere: Scope, tmp_path: Path
) -> None:
    load(office.communities(tmp_path))
    path = tmp_path / "out.csv"
    out = {"as_of": TODAY, "path": path}
    assert export(store, everywhere, "communities", "csv", region=office.NEIGHBOURHOOD, **out) == 4
    assert export(store, everywhere, "regions", "csv", region="990101001000", **out) == 2
    assert export(store, Scope("planner", ("990102",)), "communities", "csv", **out) == 0
    with pytest.raises(NotFound):
        export(store, Scope("planner", ("990102",)), "communities", "csv", region=office.NEIGHBOURHOOD, **out)
    with pytest.raises(BadInput):
        export(store, everywhere, "communities", "dxf", **out)
    with pytest.raises(NotFound):
        export(store, everywhere, "weather", "csv", **out)


def test_every_export_is_a_row_of_the_audit(load: Import, store: Store, tmp_path: Path, rows: Rows) -> None:
    load(office.communities(tmp_path))
    export(store, Scope("planner", ("990101",)), "communities", "csv", as_of=TODAY, path=tmp_path / "out.csv")
    with store.begin(Scope("auditor", ("990101",), "auditor")) as session:
        found = session.connection().exec_driver_sql(
            "SELECT actor, object, area, detail ->> 'rows' FROM audit WHERE action = 'export'"
        )
        assert found.all() == [("planner", "communities", "990101", "4")]


@pytest.mark.parametrize("kind", KINDS)
def test_a_filled_template_is_recognised(load: Import, tmp_path: Path, kind: str) -> None:
    path = tmp_path / "template.xlsx"
    path.write_bytes(template(kind))
    book = openpyxl.load_workbook(path)
    book.worksheets[0].append(["990101001001C001"] * len(KINDS[kind].fields))
    book.save(path)
    report = load(path, dry_run=True)
    assert (report.kind, report.questions, report.counts["read"]) == (kind, [], 1)
