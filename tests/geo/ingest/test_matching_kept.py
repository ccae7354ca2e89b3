"""What is kept of a matching belongs to its table alone: the sheet, the kind, the area."""

from __future__ import annotations

import io
import json
import os
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest
from sqlalchemy import text

from geo.errors import Conflict
from geo.ingest.importer import ImportOptions
from geo.ingest.matching import keeping
from geo.ingest.matching.decisions import read_decisions
from geo.ingest.matching.listing import listed
from geo.ingest.matching.outcome import Decision
from geo.ingest.uploads import handlers, new_upload, request_of
from geo.jobs import Handle, Worker, enqueue, read_job
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


def book(folder: Path, *names: str) -> Path:
    rows = [{"小区名称": name, "户数": number} for number, name in enumerate(names, 1)]
    return office.write(folder / "台账.xlsx", pd.DataFrame(rows), None)


def choose(store: Store, matching: int, row: int, choice: str | None, chosen: str | None = None) -> None:
    with store.begin(HERE) as db:
        (now,) = [one for one in keeping.read_rows(db, matching, None, row - 1, 1) if one["number"] == row]
        keeping.decide(
            db, matching, [{"number": row, "version": now["version"], "choice": choice, "code": chosen}]
        )


def state(store: Store, matching: int) -> dict[str, Any]:
    with store.begin(HERE) as db:
        return keeping.read_matching(db, matching)


@pytest.mark.usefixtures("known")
def test_a_decision_that_changes_while_its_file_is_loaded_is_kept_told_and_loaded_next(
    hand_in: Any, store: Store, settings: Settings, rows: Rows, tmp_path: Path
) -> None:
    number = hand_in(book(tmp_path, "金色家园"), kind="communities", dry_run=True)["matching"]["id"]
    choose(store, number, 2, "match", code(2))
    work = handlers(store, settings)["import"]

    class Meddled(Handle):
        """Somebody decides otherwise once the rows are on their way."""

        done = False

        def report(self, share: float, note: str, figures: Any = None) -> None:
            if note == "writing" and not self.done:
                self.done = True
                choose(store, number, 2, "match", code(3))

    def load(handle: Handle) -> Any:
        with store.begin(HERE) as db:
            request, _ = keeping.load_request(db, number)
            job = read_job(db, HERE, enqueue(db, HERE, "import", request))
        told = work(job, handle)
        for end in handle.when_ended:
            end()
        return told

    meddled = Meddled()
    told = load(meddled)
    assert meddled.done
    assert told["matching"]["overtaken"] == [2]
    assert state(store, number)["state"] == "open"
    with store.begin(HERE) as db:
        (row,) = keeping.read_rows(db, number, None, 0, 9)
    assert (row["decision"], row["code"]) == ("match", code(3))
    assert code(2) in row["reason"]["zh"]
    assert code(2) in row["reason"]["en"]

    assert load(Handle())["matching"]["overtaken"] == []
    assert state(store, number)["state"] == "loaded"
    assert rows("SELECT households FROM community WHERE code = :code AND upper_inf(recorded) AND upper_inf(valid)",
                code=code(3)) == [(1,)]  # fmt: skip


@pytest.mark.usefixtures("known")
def test_a_load_that_leaves_rows_of_nobody_keeps_its_file_until_somebody_ends_it(
    hand_in: Any, store: Store, settings: Settings, tmp_path: Path
) -> None:
    told = hand_in(book(tmp_path, "翠湖花园", "谁也不认识"), kind="communities")
    number = told["matching"]["id"]
    assert (told["matching"]["none"], state(store, number)["state"]) == (1, "open")
    (kept,) = (settings.data / keeping.FOLDER).iterdir()
    with pytest.raises(ValueError, match="rolled back"), store.begin(HERE) as db:
        keeping.finish(db, settings, number)
        raise ValueError("rolled back")
    assert kept.exists(), "what is rolled back lets no file go"
    with store.begin(HERE) as db:
        keeping.finish(db, settings, number)
    assert (state(store, number)["state"], kept.exists()) == ("loaded", False)
    with store.begin(HERE) as db:
        assert len(keeping.read_rows(db, number, "none", 0, 9)) == 1, "its rows stay to be read"


@pytest.mark.usefixtures("known")
def test_a_matching_of_which_nothing_was_loaded_is_given_up_and_not_ended(
    hand_in: Any, store: Store, settings: Settings, tmp_path: Path
) -> None:
    number = hand_in(book(tmp_path, "金色家园"), kind="communities", dry_run=True)["matching"]["id"]
    with pytest.raises(Conflict, match="give it up"), store.begin(HERE) as db:
        keeping.finish(db, settings, number)
    (kept,) = (settings.data / keeping.FOLDER).iterdir()
    with pytest.raises(ValueError, match="rolled back"), store.begin(HERE) as db:
        keeping.drop(db, settings, number)
        raise ValueError("rolled back")
    assert kept.exists()


@pytest.mark.usefixtures("known")
def test_files_that_no_matching_names_are_swept_once_they_are_old(
    hand_in: Any, store: Store, settings: Settings, tmp_path: Path
) -> None:
    hand_in(book(tmp_path, "金色家园"), kind="communities", dry_run=True)
    folder = settings.data / keeping.FOLDER
    (needed,) = folder.iterdir()
    left = folder / "left-by-a-crash"
    left.write_bytes(b"rows of people")
    os.utime(left, (0, 0))
    assert keeping.sweep(store, settings) == 0, "it may belong to a transaction that is not over"
    assert keeping.sweep(store, settings, after=0.0) == 1
    assert list(folder.iterdir()) == [needed]


def sheet_rows(made: bytes) -> dict[str, int]:
    """The rows of each sheet of a workbook, its head counted."""
    book = openpyxl.load_workbook(io.BytesIO(made), read_only=True)
    return {sheet.title: sum(1 for _ in sheet.iter_rows()) for sheet in book.worksheets}


@pytest.mark.usefixtures("known")
def test_the_list_of_rows_of_nobody_has_every_one_of_them(hand_in: Any, store: Store, tmp_path: Path) -> None:
    number = hand_in(book(tmp_path, "金色家园"), kind="communities", dry_run=True)["matching"]["id"]
    many = text(
        "INSERT INTO matching_row (matching, number, class, name, original, candidates, reason, may_be_new)"
        " SELECT :matching, n, 'none', 'x', '[]', '[]', '{\"zh\": \"\"}', false FROM generate_series(10, 100010) n"
    ).bindparams(matching=number)
    with store.begin(HERE) as db:
        db.execute(many)
        assert sum(1 for _ in keeping.every_row(db, number, "none")) == 100_001


def test_rows_that_one_sheet_cannot_hold_go_on_in_the_next() -> None:
    rows = [
        {"original": [["名称", "x"]], "candidates": [], "number": n, "reason": {"zh": ""}} for n in range(5)
    ]
    assert sheet_rows(listed(["名称"], rows, most=2)) == {"未匹配": 3, "未匹配2": 3, "未匹配3": 2}
    assert sheet_rows(listed(["名称"], [])) == {"未匹配": 1}
