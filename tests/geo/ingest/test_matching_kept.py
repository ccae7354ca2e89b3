"""What is kept of a matching belongs to its table alone: the sheet, the kind, the area."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from geo.ingest.importer import ImportOptions
from geo.ingest.matching import keeping
from geo.ingest.matching.decisions import read_decisions
from geo.ingest.matching.outcome import Decision
from geo.ingest.uploads import handlers, new_upload, request_of
from geo.jobs import Worker, enqueue, read_job
from geo.settings import Settings
from geo.store.engine import Scope, Store
from tests.geo.ingest import office
from tests.geo.ingest.conftest import Import, Rows
from tests.geo.ingest.test_matching_import import code, known

__all__ = ["known"]

HERE = Scope("planner", ("990101",))


@pytest.fixture
def hand_in(store: Store, settings: Settings) -> Any:
    worker = Worker(store, handlers(store, settings))

    def run(path: Path, **options: Any) -> dict[str, Any]:
        kept = new_upload(settings)
        kept.write_bytes(path.read_bytes())
        with store.begin(HERE) as db:
            number = enqueue(
                db, HERE, "import", request_of(kept, ImportOptions(name=path.name, match=True, **options))
            )
        while worker.run_once():
            pass
        with store.begin(HERE) as db:
            job = read_job(db, HERE, number)
        assert job.result is not None, job
        return dict(job.result)

    return run


@pytest.mark.usefixtures("known")
def test_two_sheets_of_one_workbook_are_settled_apart(hand_in: Any, store: Store, tmp_path: Path) -> None:
    path = tmp_path / "两张表.xlsx"
    with pd.ExcelWriter(path) as book:
        pd.DataFrame([{"小区名称": "金色家园", "户数": 1}]).to_excel(book, sheet_name="东片", index=False)
        pd.DataFrame([{"小区名称": "八角路", "户数": 2}]).to_excel(book, sheet_name="西片", index=False)
    first = hand_in(path, layer="东片", dry_run=True, kind="communities")["matching"]
    with store.begin(HERE) as db:
        keeping.decide(db, first["id"], [{"number": 2, "version": 1, "choice": "match", "code": code(3)}])
    second = hand_in(path, layer="西片", dry_run=True, kind="communities")["matching"]
    assert (second["settled"], second["id"] != first["id"]) == (0, True)
    again = hand_in(path, layer="东片", dry_run=True, kind="communities")["matching"]
    assert (again["settled"], again["id"]) == (1, first["id"])


@pytest.mark.usefixtures("known")
def test_a_code_of_another_area_is_refused_and_not_taken_by_its_name(
    load: Import, rows: Rows, tmp_path: Path
) -> None:
    """Two sub-districts have a 翠湖花园 each: the one that the asker cannot see keeps its own services."""
    table = [
        {
            "小区编码": "990101002001C001",
            "小区名称": "翠湖花园",
            "服务方式": "自管",
            "开始日期": "2024-01-01",
        },
        {"小区编码": code(1), "小区名称": "翠湖花园", "服务方式": "自管", "开始日期": "2025-01-01"},
    ]
    path = office.write(tmp_path / "服务.xlsx", pd.DataFrame(table), None)
    report = load(
        path,
        kind="service-periods",
        match=True,
        scope=Scope("part", (office.NEIGHBOURHOOD,)),
        mapping={"小区编码": "unit"},
    )
    assert [(one.row, one.key) for one in report.findings] == [(2, "area")]
    assert rows("SELECT unit, lower(valid)::text FROM service_period") == [(code(1), "2025-01-01")]


def test_a_table_of_decisions_that_a_spreadsheet_saved_in_gbk_is_read(tmp_path: Path) -> None:
    path = tmp_path / "确认.csv"
    path.write_text("row,name,decision\n2,翠湖,无\n", "gb18030")
    assert read_decisions(path) == {2: Decision("none")}


def test_a_file_that_goes_while_others_are_swept_is_no_error(settings: Settings) -> None:
    (new_upload(settings).parent / "gone").symlink_to("nowhere")
    assert new_upload(settings).parent.is_dir()


@pytest.mark.usefixtures("known")
def test_a_job_whose_file_is_gone_says_so(store: Store, settings: Settings) -> None:
    kept = new_upload(settings)
    with store.begin(HERE) as db:
        number = enqueue(db, HERE, "import", request_of(kept, ImportOptions(name="x.xlsx", match=True)))
    Worker(store, handlers(store, settings)).run_once()
    with store.begin(HERE) as db:
        job = read_job(db, HERE, number)
    assert job.state == "failed"
    assert job.result is not None
    assert "upload it again" in job.result["problem"]["detail"]


@pytest.mark.usefixtures("known")
def test_a_nul_in_a_cell_keeps_no_load_from_being_told(hand_in: Any, tmp_path: Path) -> None:
    path = tmp_path / "台账.geojson"
    rows = [{"小区名称": "翠湖花园", "户数": 7}, {"小区名称": "谁\x00也不认识", "户数": 8}]
    features = [{"type": "Feature", "geometry": None, "properties": row} for row in rows]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), "utf-8")
    report = hand_in(path, kind="communities")
    assert (report["counts"]["changed"], report["matching"]["none"]) == (1, 1)
