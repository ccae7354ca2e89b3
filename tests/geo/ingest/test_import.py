from __future__ import annotations

import json
import shutil
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from shapely import affinity

from geo.errors import BadInput, DiskFull
from geo.ingest.importer import Cancelled, ImportOptions, import_file
from geo.ingest.report import ImportReport
from geo.settings import Settings
from geo.store.engine import Scope, Store
from tests.geo.ingest import office
from tests.geo.ingest.conftest import Import, Rows

C1 = f"{office.NEIGHBOURHOOD}C001"
pytestmark = pytest.mark.usefixtures("neighbourhood")


def keys(report: ImportReport, severity: str) -> list[tuple[int, str, str | None]]:
    return [(one.row, one.key, one.field) for one in report.findings if one.severity == severity]


def test_cells_as_people_type_them_are_in_the_store(load: Import, rows: Rows, tmp_path: Path) -> None:
    report = load(office.communities(tmp_path))
    assert (report.counts["new"], report.findings) == (4, [])
    (found,) = rows("SELECT * FROM community WHERE code = :code", code=C1)
    row = found._mapping
    assert (row["households"], row["residents"], row["built_year"], row["building_count"]) == (
        1124,
        2900,
        1998,
        6,
    )
    assert (row["aliases"], row["address"], row["kind"]) == (["甲苑", "乙苑"], "和平路１号", "old")
    assert (row["no_managing_unit"], row["no_property_service"], row["no_security"]) == (True, None, True)
    assert (row["fee"], row["collection_rate"], row["floor_area"]) == (0.8, 0.85, 80000.5)
    assert row["valid"].lower == date(2023, 1, 1)
    assert row["valid"].upper is None
    (change,) = rows("SELECT * FROM change_set WHERE id = :id", id=report.change_set)
    assert (change.kind, change.area, change.subject, change.source) == (
        "import", office.NEIGHBOURHOOD, "communities", "小区.gpkg")  # fmt: skip
    assert (change.source_crs, len(change.source_sha256)) == ("EPSG:4527", 64)


def test_the_report_is_plain_json_with_the_evidence(load: Import, tmp_path: Path) -> None:
    report = json.loads(json.dumps(load(office.communities(tmp_path)).as_json()))
    assert (report["kind"], report["driver"], report["crs"]["epsg"]) == ("communities", "GPKG", 4527)
    assert "带有带号 39" in report["crs"]["evidence"][1]["zh"]
    assert {"column": "户数", "field": "households", "score": 1.0} in report["columns"]


def test_the_same_file_again_changes_nothing(load: Import, rows: Rows, tmp_path: Path) -> None:
    path = office.communities(tmp_path)
    load(path)
    again = load(path)
    assert (again.counts["unchanged"], again.counts["new"], again.change_set) == (4, 0, None)
    assert rows("SELECT count(*) FROM community")[0][0] == 4


@pytest.mark.parametrize(("metres", "changed"), [(2e-5, 0), (1e-3, 1)])
def test_a_corner_that_rounding_moved_is_no_change(
    load: Import, rows: Rows, tmp_path: Path, metres: float, changed: int
) -> None:
    load(office.communities(tmp_path))
    (before,) = rows("SELECT ST_AsBinary(geom) FROM community WHERE code = :code", code=C1)
    frame, shapes = office.community_rows()
    shapes[0] = affinity.translate(shapes[0], metres)
    frame.loc[1, "户数"] = "1200"
    report = load(office.write(tmp_path / "b.gpkg", frame, shapes), valid_from=date(2025, 7, 1))
    assert (report.counts["changed"], report.counts["unchanged"]) == (1 + changed, 3 - changed)
    (after,) = rows(
        "SELECT ST_AsBinary(geom) FROM community WHERE code = :code AND upper_inf(recorded) AND upper_inf(valid)",
        code=C1,
    )
    assert (bytes(before[0]) == bytes(after[0])) is (not changed)


def test_a_difference_is_a_change_from_a_date(load: Import, rows: Rows, tmp_path: Path) -> None:
    load(office.communities(tmp_path))
    frame, shapes = office.community_rows()
    frame.loc[0, "户数"] = "1200"
    report = load(office.write(tmp_path / "b.gpkg", frame, shapes), valid_from=date(2025, 7, 1))
    assert (report.counts["changed"], report.counts["unchanged"]) == (1, 3)
    known = rows(
        "SELECT lower(valid), upper(valid), households FROM community"
        " WHERE code = :code AND upper_inf(recorded) ORDER BY valid", code=C1)  # fmt: skip
    assert known == [(date(2023, 1, 1), date(2025, 7, 1), 1124), (date(2025, 7, 1), None, 1200)]
    (closed,) = rows(
        "SELECT closed_by, households FROM community WHERE code = :code AND NOT upper_inf(recorded)", code=C1
    )
    assert closed == (report.change_set, 1124)


def test_a_difference_without_a_date_holds_from_the_business_date(
    load: Import, rows: Rows, tmp_path: Path
) -> None:
    load(office.communities(tmp_path), valid_from=None)
    frame, shapes = office.community_rows()
    frame.loc[0, "户数"] = "1200"
    load(office.write(tmp_path / "b.gpkg", frame, shapes), valid_from=None)
    known = rows(
        "SELECT valid::text FROM community WHERE code = :code AND upper_inf(recorded) ORDER BY valid", code=C1
    )
    assert [text for (text,) in known] == ["(,2026-11-01)", "[2026-11-01,)"]


def test_columns_that_a_file_lacks_keep_what_is_known(load: Import, rows: Rows, tmp_path: Path) -> None:
    load(office.communities(tmp_path))
    sheet = pd.DataFrame(
        {"小区编码": [C1, f"{C1[:-1]}2"], "小区名称": ["新名", "小区2"], "户数": ["约两千", "600"]}
    )
    report = load(office.write(tmp_path / "名单.xlsx", sheet, None), valid_from=date(2024, 1, 1))
    assert (report.counts["changed"], keys(report, "suspicious")) == (2, [(2, "cell", "households")])
    (row,) = rows(
        "SELECT name, households, aliases, fee, area_m2 FROM community WHERE code = :code AND valid @> date '2024-06-01'"
        " AND upper_inf(recorded)", code=C1)  # fmt: skip
    assert row[:4] == ("新名", 1124, ["甲苑", "乙苑"], 0.8), "an unreadable cell leaves the known value alone"
    assert row.area_m2 == pytest.approx(10_000, rel=1e-3)


def test_bad_rows_are_left_out_with_reason_and_place(load: Import, rows: Rows, tmp_path: Path) -> None:
    frame, shapes = office.community_rows(8)
    frame.loc[1, "小区编码"] = "XX"
    frame.loc[2, "小区编码"] = "990101001002C001"
    frame.loc[3, "小区名称"] = None
    shapes[4] = shapely.Point(office.EAST, office.NORTH)
    shapes[5] = shapely.Polygon(
        [(office.EAST + x, office.NORTH + y) for x, y in ((500, 500), (600, 600), (600, 500), (500, 590))]
    )
    shapes[6] = affinity.translate(shapes[6], 0, -150)
    frame.loc[7, "小区编码"] = frame.loc[0, "小区编码"]
    report = load(office.write(tmp_path / "x.gpkg", frame, shapes))
    assert keys(report, "refused") == [
        (4, "required", "name"), (5, "type", None), (2, "code", "code"), (3, "prefix", "neighbourhood"),
        (8, "duplicate", None), (1, "duplicate", None),
    ]  # fmt: skip
    assert keys(report, "repaired") == [(6, "repaired", None)]
    assert keys(report, "suspicious") == [(7, "outside", None)]
    placed = {one.row: one.place for one in report.findings}
    for row, place in placed.items():
        assert place == pytest.approx((117.3, 31.86), abs=0.02), row
    assert [code for (code,) in rows("SELECT right(code, 3) FROM community ORDER BY code")] == ["006", "007"]
    assert report.findings[0].reason("zh") == "小区名称为空或无法识别"


def test_strict_loads_nothing_when_a_row_is_refused(load: Import, rows: Rows, tmp_path: Path) -> None:
    frame, shapes = office.community_rows()
    frame.loc[1, "小区编码"] = "XX"
    report = load(office.write(tmp_path / "x.gpkg", frame, shapes), strict=True)
    assert (report.counts["refused"], report.change_set) == (1, None)
    assert rows("SELECT count(*) FROM community")[0][0] == 0


def test_a_trial_does_everything_but_write(load: Import, rows: Rows, tmp_path: Path) -> None:
    report = load(office.communities(tmp_path), dry_run=True)
    assert (report.counts["new"], report.change_set) == (4, None)
    assert rows("SELECT count(*) FROM community")[0][0] == 0
    assert rows("SELECT count(*) FROM change_set WHERE subject = 'communities'")[0][0] == 0


def test_what_is_ambiguous_is_asked_and_nothing_loaded(load: Import, rows: Rows, tmp_path: Path) -> None:
    frame, shapes = office.community_rows()
    bare = office.write(tmp_path / "无坐标系.gpkg", frame, shapes, crs=None)
    asked = load(bare)
    assert [(one.about, one.choices) for one in asked.questions] == [("crs", ("EPSG:4527",))]
    assert load(bare, crs="EPSG:4527", dry_run=True).counts["new"] == 4
    with pytest.raises(BadInput, match="carry zone 39"):
        load(bare, crs="EPSG:4548")
    doubled = frame.assign(总户数=frame["户数"], 居民户数=frame["户数"]).drop(columns="户数")
    asked = load(office.write(tmp_path / "两列.gpkg", doubled, shapes))
    assert [one.about for one in asked.questions] == ["column:households"]
    asked = load(office.write(tmp_path / "什么.xlsx", pd.DataFrame({"甲": [1], "乙": [2]}), None))
    assert [one.about for one in asked.questions] == ["kind"]
    asked = load(
        office.write(tmp_path / "缺列.xlsx", pd.DataFrame({"小区编码": [C1], "户数": [2]}), None),
        kind="communities",
    )
    assert [one.about for one in asked.questions] == ["column:name"]
    assert load(tmp_path / "缺列.xlsx", kind="communities", mapping={"户数": "name"}).questions == []
    assert rows("SELECT count(*) FROM community")[0][0] == 0


def test_several_layers_are_asked(load: Import, tmp_path: Path) -> None:
    frame, shapes = office.community_rows()
    for layer in ("甲", "乙"):
        gpd.GeoDataFrame(frame, geometry=shapes, crs=4527).to_file(
            tmp_path / "l.gpkg", layer=layer, driver="GPKG"
        )
    asked = load(tmp_path / "l.gpkg")
    assert [(one.about, one.choices) for one in asked.questions] == [("layer", ("甲", "乙"))]
    assert load(tmp_path / "l.gpkg", layer="乙").counts["new"] == 4
    with pytest.raises(BadInput, match="no layer"):
        load(tmp_path / "l.gpkg", layer="丙")


def test_text_of_every_encoding_is_read(load: Import, tmp_path: Path) -> None:
    load(office.communities(tmp_path))
    for encoding, said in (
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8"),
        ("gb18030", "gb18030"),
        ("utf-16", "utf-16"),
    ):
        path = tmp_path / f"{encoding}.csv"
        path.write_text(f"小区编码,小区名称,户数\n{C1},{encoding}𠮷苑,7\n", encoding=encoding)
        report = load(path, dry_run=True)
        assert (report.encoding, report.counts["changed"]) == (said, 1)
        assert report.preview[1][1] == f"{encoding}𠮷苑"


def test_shared_edges_stay_shared_after_reprojecting(load: Import, rows: Rows, tmp_path: Path) -> None:
    """Grids cut by odd lines tile their neighbourhood without a gap or overlap of any size, in EPSG:4490 too."""
    rng = np.random.default_rng(7)
    whole = office.square(0, 0, office.SIDE)
    cells: list[Any] = [whole]
    for _ in range(12):
        a, b = rng.uniform(-0.5, 1.5, 2) * office.SIDE
        line = shapely.LineString(
            [(office.EAST - 1, office.NORTH + a), (office.EAST + office.SIDE + 1, office.NORTH + b)]
        )
        cells = [part for cell in cells for part in shapely.ops.split(cell, line).geoms]
    noded = shapely.get_parts(shapely.polygonize([shapely.union_all([cell.boundary for cell in cells])]))
    frame = pd.DataFrame(
        {
            "网格编码": [f"{office.NEIGHBOURHOOD}{n:03d}" for n in range(1, len(noded) + 1)],
            "网格名称": [f"网格{n}" for n in range(len(noded))],
            "网格类型": ["基础网格"] * len(noded),
            "网格长": ["张三"] * len(noded),
        }
    )
    report = load(office.write(tmp_path / "网格.gpkg", frame, list(noded)))
    assert (report.counts["new"], report.counts["refused"]) == (len(noded), 0)
    stored = shapely.from_wkb([bytes(blob) for (blob,) in rows("SELECT ST_AsBinary(geom) FROM grid")])
    assert shapely.coverage_is_valid(shapely.get_parts(stored))
    assert rows("SELECT DISTINCT team ->> '网格长' FROM grid") == [("张三",)]


def test_service_periods_have_their_unit_and_first_day_as_key(
    load: Import, rows: Rows, tmp_path: Path
) -> None:
    load(office.communities(tmp_path))
    load(office.firms(tmp_path))
    ledger = [
        (1, "市场化", office.FIRM, "2023-01-01", "2025-01-01"),
        (1, "无物业", None, "2025年1月1日", None),
        (2, "市场化", office.FIRM, "2023-01-01", "2022-01-01"),
        (3, "市场化", office.FIRM, "2023-01-01", "2025-01-01"),
        (3, "自管", None, "2024-06-01", None),
        (4, "无物业", office.FIRM, "2023-01-01", None),
        (9, "自管", None, "2023-01-01", None),
    ]
    report = load(office.periods(tmp_path, ledger))
    assert keys(report, "refused") == [
        (4, "order", "end"), (7, "nobody", "firm"), (6, "overlap", "start"), (8, "parent", "unit"),
    ]  # fmt: skip
    known = rows("SELECT right(unit, 3), mode, valid::text FROM service_period ORDER BY unit, valid")
    assert known == [
        ("001", "market", "[2023-01-01,2025-01-01)"),
        ("001", "none", "[2025-01-01,)"),
        ("003", "market", "[2023-01-01,2025-01-01)"),
    ]
    again = load(office.periods(tmp_path, [ledger[0], (1, "自管", None, "2025-01-01", None)], "再.xlsx"))
    assert (again.counts["unchanged"], again.counts["changed"]) == (1, 1)
    late = load(office.periods(tmp_path, [(1, "自管", None, "2024-01-01", "2024-02-01")], "三.xlsx"))
    assert keys(late, "refused") == [(2, "overlap", "start")]


def test_rows_outside_the_askers_area_are_refused(load: Import, rows: Rows, tmp_path: Path) -> None:
    elsewhere = Scope("planner", ("990102",))
    report = load(office.communities(tmp_path), scope=elsewhere)
    assert {key for _, key, _ in keys(report, "refused")} == {"area"}
    assert report.change_set is None
    here = Scope("planner", ("990101001",))
    assert load(office.communities(tmp_path), scope=here).counts["new"] == 4
    assert rows("SELECT actor FROM change_set WHERE subject = 'communities'") == [("planner",)]


def test_places_outside_the_extent_are_refused(
    store: Store, everywhere: Scope, settings: Settings, tmp_path: Path
) -> None:
    narrow = settings.model_copy(update={"extent": (100.0, 20.0, 110.0, 30.0)})
    report = import_file(store, everywhere, office.communities(tmp_path), settings=narrow)
    assert {one.key for one in report.findings} == {"extent"}


def test_a_full_disk_and_a_stop_leave_nothing(
    store: Store,
    everywhere: Scope,
    settings: Settings,
    rows: Rows,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path = office.communities(tmp_path)
    with pytest.raises(Cancelled):
        import_file(store, everywhere, path, settings=settings, cancel=lambda: True)
    full = SimpleNamespace(total=100, used=90, free=10)
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: full)
    with pytest.raises(DiskFull):
        import_file(store, everywhere, path, settings=settings.model_copy(update={"min_free_share": 0.15}))
    assert rows("SELECT count(*) FROM community")[0][0] == 0


def test_hostile_text_is_kept_as_it_is(load: Import, rows: Rows, tmp_path: Path) -> None:
    names = ["' ; DROP TABLE x; --", "{{7*7}}${1}</script>", "\u202eabc\\N\t\\.", "𠮷😀\u200f"]
    frame, shapes = office.community_rows()
    load(office.write(tmp_path / "x.gpkg", frame.assign(小区名称=names), shapes))
    assert [name for (name,) in rows("SELECT name FROM community ORDER BY code")] == names


def test_progress_is_told_in_order(
    store: Store, everywhere: Scope, settings: Settings, tmp_path: Path
) -> None:
    told: list[float] = []
    options = ImportOptions(name="改名.gpkg")
    report = import_file(
        store, everywhere, office.communities(tmp_path), options=options, settings=settings,
        progress=lambda share, _note: told.append(share),
    )  # fmt: skip
    assert (told, report.file) == (sorted(told), "改名.gpkg")
    assert told[-1] == 1.0
