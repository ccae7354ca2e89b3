"""An office's table without codes: found by name, asked where in doubt, loaded with what people decided."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sqlalchemy import func, select

from geo.crs_shifted import wgs_to_gcj
from geo.ingest.matching.outcome import Decision
from geo.ingest.report import ImportReport
from geo.ingest.undo import undo_import
from geo.store import history
from geo.store.engine import Scope, Store
from geo.store.tables import community
from tests.geo.ingest import office
from tests.geo.ingest.conftest import Import, Rows

NAMES = ("翠湖花园", "金色家园一期", "金色家园二期", "红星里", "八角北路", "八角南路")


def code(number: int) -> str:
    return f"{office.NEIGHBOURHOOD}C{number:03d}"


@pytest.fixture
def known(load: Import, neighbourhood: ImportReport, tmp_path: Path) -> None:
    """Six communities with real-looking names, the first with an address."""
    frame, shapes = office.community_rows(len(NAMES))
    frame["小区名称"] = NAMES
    frame["别名"] = [None, None, None, "棉纺厂宿舍", None, None]
    assert neighbourhood.change_set
    assert load(office.write(tmp_path / "小区.gpkg", frame, shapes)).counts["new"] == len(NAMES)


def sheet(folder: Path, rows: list[dict[str, Any]], name: str = "台账.xlsx") -> Path:
    return office.write(folder / name, pd.DataFrame(rows), None)


@pytest.mark.usefixtures("known")
def test_a_table_without_codes_finds_its_communities_by_name(
    load: Import, rows: Rows, tmp_path: Path
) -> None:
    path = sheet(
        tmp_path,
        [
            {"小区名称": "翠湖花园小区", "户数": 321},
            {"小区名称": "金色家園（２期）", "户数": 322},
            {"小区名称": "棉纺厂宿舍", "户数": 323},
            {"小区名称": "八角北路", "户数": 324},
            {"小区名称": "不相干的院子", "户数": 325},
        ],
    )
    report = load(path, match=True, valid_from=date(2025, 1, 1))
    assert report.questions == []
    assert report.kind == "communities"
    assert report.matching is not None
    assert report.matching.counts() == {"certain": 4, "doubtful": 0, "none": 1, "double": 0, "settled": 0}
    assert [(one.row, one.key) for one in report.findings] == [(6, "match_none")]
    found = rows(
        "SELECT code, name, households FROM community WHERE upper_inf(recorded) AND upper_inf(valid) ORDER BY 1"
    )
    assert found[:5] == [
        (code(1), "翠湖花园", 321), (code(2), "金色家园一期", 500), (code(3), "金色家园二期", 322),
        (code(4), "红星里", 323), (code(5), "八角北路", 324),
    ]  # fmt: skip


@pytest.mark.usefixtures("known")
def test_what_is_in_doubt_is_not_loaded_until_it_is_decided_and_then_remembered(
    load: Import, rows: Rows, tmp_path: Path
) -> None:
    path = sheet(tmp_path, [{"小区名称": "金色家园", "户数": 700}, {"小区名称": "翠湖大花园", "户数": 701}])
    first = load(path, match=True)
    assert first.matching is not None
    assert (first.change_set, first.matching.counts()["doubtful"]) == (None, 2)
    offered = [[one["code"] for one in row.candidates] for row in first.matching.rows]
    assert offered[0] == [code(2), code(3)]
    decided = {2: Decision("match", code(3)), 3: Decision("none")}
    second = load(path, match=True, decisions=decided, valid_from=date(2025, 1, 1))
    assert second.counts["changed"] == 1
    (row,) = rows("SELECT name, households, aliases FROM community WHERE code = :code AND upper_inf(recorded)"
                  " AND upper_inf(valid)", code=code(3))  # fmt: skip
    assert row == ("金色家园二期", 700, ["金色家园"])
    again = load(sheet(tmp_path, [{"小区名称": "金色家园", "户数": 702}], "下月.xlsx"), match=True)
    assert again.matching is not None
    assert again.matching.counts()["certain"] == 1


@pytest.mark.usefixtures("known")
def test_service_periods_by_name_teach_the_other_name_as_a_correction(
    load: Import, rows: Rows, tmp_path: Path
) -> None:
    path = sheet(
        tmp_path,
        [
            {"小区名称": "翠湖花园", "服务方式": "自管", "开始日期": "2024-01-01"},
            {"小区名称": "翠湖别院", "服务方式": "自管", "开始日期": "2025-01-01"},
        ],
        "服务.xlsx",
    )
    report = load(path, kind="service-periods", match=True, decisions={3: Decision("match", code(4))})
    assert report.questions == []
    assert report.counts["new"] == 2
    assert rows("SELECT unit, unit_kind FROM service_period ORDER BY 1") == [
        (code(1), "community"), (code(4), "community")]  # fmt: skip
    (row,) = rows(
        "SELECT c.aliases, s.kind, s.subject FROM community c JOIN change_set s ON s.id = c.opened_by"
        " WHERE c.code = :code AND upper_inf(c.recorded)", code=code(4))  # fmt: skip
    assert row == (["棉纺厂宿舍", "翠湖别院"], "correction", f"aliases {report.change_set}")


def periods_that_teach(load: Import, folder: Path, name: str = "服务.xlsx") -> ImportReport:
    """A service of 红星里 under a name that a person understood."""
    row = {"小区名称": "翠湖别院", "服务方式": "自管", "开始日期": "2025-01-01"}
    path = sheet(folder, [row], name)
    return load(path, kind="service-periods", match=True, decisions={2: Decision("match", code(4))})


def aliases(rows: Rows) -> list[str]:
    known = "SELECT aliases FROM community WHERE code = :code AND upper_inf(recorded)"
    ((found,),) = rows(known, code=code(4))
    return list(found)


@pytest.mark.usefixtures("known")
def test_an_import_that_is_undone_takes_the_names_that_it_taught_with_it(
    load: Import, rows: Rows, store: Store, everywhere: Scope, tmp_path: Path
) -> None:
    report = periods_that_teach(load, tmp_path)
    assert aliases(rows) == ["棉纺厂宿舍", "翠湖别院"]
    undo_import(store, everywhere, report.change_set or 0)
    assert aliases(rows) == ["棉纺厂宿舍"]
    communities = rows(
        "SELECT min(id) AS id FROM change_set WHERE kind = 'import' AND subject = 'communities'"
    )
    undo_import(store, everywhere, communities[0].id)
    assert rows("SELECT count(*) AS n FROM community WHERE upper_inf(recorded)")[0].n == 0


@pytest.mark.usefixtures("known")
def test_what_was_written_since_stays_when_a_taught_name_goes(
    load: Import, rows: Rows, store: Store, everywhere: Scope, tmp_path: Path
) -> None:
    report = periods_that_teach(load, tmp_path)
    with store.begin(everywhere) as db:
        now = db.execute(
            select(community.c.id).where(community.c.code == code(4), func.upper_inf(community.c.recorded))
        )
        by = history.open_change_set(db, "correction", "990101", "test")
        history.correct(
            db,
            community,
            now.scalar_one(),
            {"households": 77, "aliases": ["棉纺厂宿舍", "翠湖别院", "红星"]},
            by,
        )
    undo_import(store, everywhere, report.change_set or 0)
    (row,) = rows(
        "SELECT households, aliases FROM community WHERE code = :code AND upper_inf(recorded)", code=code(4)
    )
    assert row == (77, ["棉纺厂宿舍", "红星"])


@pytest.mark.usefixtures("known")
def test_two_rows_that_want_the_same_community_are_asked_about(load: Import, tmp_path: Path) -> None:
    rows = [{"小区名称": "翠湖花园", "户数": 1}, {"小区名称": "翠湖花园小区", "户数": 2}]
    report = load(sheet(tmp_path, rows), match=True)
    assert report.matching is not None
    assert report.matching.counts()["doubtful"] == 2
    assert "第 3 行也匹配到同一小区" in report.matching.rows[0].reason[0]


@pytest.mark.usefixtures("known")
def test_nothing_is_matched_across_the_area_of_who_imports(load: Import, tmp_path: Path) -> None:
    elsewhere = Scope("elsewhere", ("990102",))
    report = load(sheet(tmp_path, [{"小区名称": "翠湖花园", "户数": 1}]), match=True, scope=elsewhere)
    assert report.matching is not None
    assert report.matching.counts()["none"] == 1
    assert report.matching.rows[0].candidates == []


@pytest.mark.usefixtures("known")
def test_without_the_wish_a_table_without_codes_is_asked_about_as_before(
    load: Import, tmp_path: Path
) -> None:
    report = load(sheet(tmp_path, [{"小区名称": "翠湖花园", "户数": 1}]), kind="communities")
    assert [one.about for one in report.questions] == ["column:code"]
    assert report.matching is None


def fresh(folder: Path, rows: list[dict[str, Any]], places: list[float], name: str = "新小区.gpkg") -> Path:
    """Communities with outlines, squares of 100 m, so many metres east of the first."""
    return office.write(
        folder / name, pd.DataFrame(rows), [office.square(100 + east, 100, 100) for east in places]
    )


@pytest.mark.usefixtures("known")
def test_a_row_of_nobody_with_an_outline_becomes_a_new_community_when_somebody_says_so(
    load: Import, rows: Rows, tmp_path: Path
) -> None:
    path = fresh(
        tmp_path, [{"小区名称": "云锦台", "户数": 5}, {"小区名称": "听涛阁", "户数": 6}], [2000, 2400]
    )
    first = load(path, kind="communities", match=True)
    assert first.matching is not None
    assert [(one.kind, one.may_be_new) for one in first.matching.rows] == [("none", True)] * 2
    numbers = [one.number for one in first.matching.rows]
    second = load(path, kind="communities", match=True, decisions={numbers[0]: Decision("new")})
    assert second.counts["new"] == 1
    assert rows("SELECT code, name FROM community WHERE name = '云锦台'") == [(code(7), "云锦台")]


@pytest.mark.usefixtures("known")
def test_a_new_code_on_known_ground_or_with_a_known_name_is_perhaps_there_already(
    load: Import, rows: Rows, tmp_path: Path
) -> None:
    table = [
        {"小区编码": code(21), "小区名称": "另一个名字", "户数": 21},
        {"小区编码": code(22), "小区名称": "红星里小区", "户数": 22},
        {"小区编码": code(23), "小区名称": "云锦台", "户数": 23},
        {"小区编码": code(24), "小区名称": "云锦臺小区", "户数": 24},
    ]
    path = fresh(tmp_path, table, [20, 2000, 2200, 2400])
    report = load(path, match=True, dry_run=True)
    assert report.matching is not None
    said = {one.row: one.text for one in report.findings if one.key == "double"}
    first, second, third = (row.number for row in report.matching.rows)
    assert said[first].startswith(f"翠湖花园（{code(1)}）：图形重叠 80%")
    assert said[second].startswith(f"红星里（{code(4)}）：街道内已有同名小区")
    assert said[third].startswith(f"云锦台（{code(23)}）：与第 3 行同名同社区")
    assert report.counts["new"] == 4, "what nobody decided about is loaded"
    decided = {first: Decision("match", code(1)), second: Decision("none"), third: Decision("new")}
    loaded = load(path, match=True, decisions=decided, valid_from=date(2025, 1, 1))
    assert (loaded.counts["changed"], loaded.counts["new"], loaded.counts["refused"]) == (1, 2, 1)
    assert rows("SELECT name, households FROM community WHERE code = :code AND upper_inf(recorded) AND upper_inf(valid)",
                code=code(1)) == [("翠湖花园", 21)]  # fmt: skip


@pytest.mark.usefixtures("known")
def test_longitudes_and_latitudes_of_a_map_app_are_turned_where_the_names_say_so(
    load: Import, rows: Rows, tmp_path: Path
) -> None:
    there = rows("SELECT name, ST_X(ST_PointOnSurface(geom)), ST_Y(ST_PointOnSurface(geom)) FROM community"
                 " WHERE upper_inf(recorded) ORDER BY code")  # fmt: skip
    shifted = wgs_to_gcj(np.array([[x, y] for _, x, y in there]))
    table = [{"小区名称": name, "经度": x, "纬度": y, "户数": 9}
             for (name, _, _), (x, y) in zip(there, shifted.tolist(), strict=True)]  # fmt: skip
    table[-1]["小区名称"] = "谁也不认识的院"
    report = load(sheet(tmp_path, table), match=True, dry_run=True)
    assert report.matching is not None
    assert any("GCJ-02" in english for _, english in report.notes)
    last = report.matching.rows[-1]
    assert last.place is not None
    assert (last.kind, last.candidates[0]["code"]) == ("doubtful", code(6)), "by its place alone: asked"
    assert last.candidates[0]["parts"][-1]["zh"] == "点位在小区范围内"
