"""Rows without a code over HTTP: found, kept, settled by one person or another, loaded."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from api.app import create_app
from geo.ingest.importer import import_file
from geo.ingest.uploads import handlers
from geo.jobs import Worker
from geo.people.demo import seed_demo_people
from geo.settings import Settings
from geo.store.engine import Scope, Store
from tests.api.conftest import Client, add_person
from tests.geo.ingest import office

Work = Callable[[], None]
NAMES = ("翠湖花园", "金色家园一期", "金色家园二期", "红星里")
ROWS = (
    {"小区名称": "翠湖花園小区", "户数": 901, "联系人": "=1+1"},
    {"小区名称": "金色家园", "户数": 902, "联系人": "张三"},
    {"小区名称": "红星理", "户数": 903, "联系人": "李四"},
    {"小区名称": "谁也不认识", "户数": 904, "联系人": "=HYPERLINK()"},
)


def code(number: int) -> str:
    return f"{office.NEIGHBOURHOOD}C{number:03d}"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"min_free_share": 0.0})


@pytest.fixture
def app(settings: Settings, store: Store, tmp_path: Path) -> FastAPI:
    """The application over four communities with names."""
    seed_demo_people(store)
    everywhere = Scope("os:test", ("",))
    import_file(store, everywhere, office.regions(tmp_path), settings=settings)
    frame, shapes = office.community_rows(len(NAMES))
    frame["小区名称"], frame["别名"] = NAMES, None
    report = import_file(
        store, everywhere, office.write(tmp_path / "小区.gpkg", frame, shapes), settings=settings
    )
    assert report.counts["new"] == len(NAMES)
    return create_app(settings, store)


@pytest.fixture
def work(store: Store, settings: Settings, app: FastAPI) -> Work:
    """Do every job that waits."""
    worker = Worker(store, handlers(store, settings))

    def run() -> None:
        while worker.run_once():
            pass

    return run


@pytest.fixture
def sheet(tmp_path: Path) -> Path:
    return office.write(tmp_path / "台账.csv", pd.DataFrame(ROWS), None)


def check(client: TestClient, work: Work, path: Path, dry: bool = True) -> dict[str, Any]:
    """Hand the file in and return its report."""
    with path.open("rb") as file:
        sent = client.post(
            "/api/imports", files={"file": (path.name, file)}, data={"match": "true", "dry_run": str(dry)}
        )
    assert sent.status_code == 202, sent.text
    work()
    job = client.get(sent.headers["Location"]).json()
    assert job["state"] == "done", job
    result: dict[str, Any] = job["result"]
    return result


def rows_of(client: TestClient, number: int, kind: str = "doubtful") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.get(f"/api/matchings/{number}/rows?class={kind}").json()["rows"]
    return found


def decide(client: TestClient, number: int, *decisions: dict[str, Any]) -> Any:
    return client.post(f"/api/matchings/{number}/decisions", json={"decisions": list(decisions)})


def test_what_one_person_settles_another_goes_on_with_and_loads(
    as_user: Client, work: Work, sheet: Path, settings: Settings
) -> None:
    planner, officer = as_user("planner"), as_user("officer")
    found = check(planner, work, sheet)["matching"]
    assert (found["certain"], found["doubtful"], found["none"]) == (1, 2, 1)
    number = found["id"]
    first, second = rows_of(planner, number)
    assert first["original"] == [["小区名称", "金色家园"], ["户数", "902"], ["联系人", "张三"]]
    assert [one["code"] for one in first["candidates"]] == [code(2), code(3)]
    assert any("只" in part["zh"] or "仅" in part["zh"] for part in first["candidates"][0]["parts"])
    settled = decide(planner, number, {"number": 3, "version": 1, "choice": "match", "code": code(3)})
    assert settled.status_code == 200, settled.text

    listed = officer.get("/api/matchings").json()["matchings"][0]
    assert (listed["id"], listed["settled"], listed["doubtful"]) == (number, 1, 1)
    assert rows_of(officer, number)[0]["decided_by"] == "planner"
    version = {"number": second["number"], "version": second["version"]}
    assert decide(officer, number, {**version, "choice": "match", "code": code(4)}).status_code == 200
    job = officer.post(f"/api/matchings/{number}/load")
    assert job.status_code == 202
    work()
    report = officer.get(job.headers["Location"]).json()["result"]
    assert (report["counts"]["changed"], report["counts"]["refused"]) == (3, 1)
    assert officer.get(f"/api/matchings/{number}").json()["state"] == "open", "a row of nobody is left"
    assert officer.post(f"/api/matchings/{number}/finish").json()["state"] == "loaded"
    assert list((settings.data / "matchings").iterdir()) == []
    fields = officer.get(f"/api/communities/{code(4)}/fields").json()["fields"]
    assert (fields["name"]["value"], fields["households"]["value"]) == ("红星里", 903)
    assert fields["aliases"]["value"] == ["红星理"]
    assert officer.post(f"/api/matchings/{number}/load").status_code == 409


def test_the_same_file_again_is_the_same_matching_with_what_was_decided(
    as_user: Client, work: Work, sheet: Path
) -> None:
    planner = as_user("planner")
    number = check(planner, work, sheet)["matching"]["id"]
    decide(planner, number, {"number": 3, "version": 1, "choice": "match", "code": code(2)})
    again = check(planner, work, sheet)["matching"]
    assert (again["id"], again["settled"], again["doubtful"]) == (number, 1, 1)


def test_who_was_slower_is_told_and_a_community_goes_to_one_row_only(
    as_user: Client, work: Work, sheet: Path
) -> None:
    planner = as_user("planner")
    number = check(planner, work, sheet)["matching"]["id"]
    mine = {"number": 3, "version": 1, "choice": "match", "code": code(2)}
    assert decide(planner, number, mine).status_code == 200
    late = decide(planner, number, {**mine, "code": code(3)})
    assert (late.status_code, late.json()["current"]["code"]) == (412, code(2))
    twice = decide(planner, number, {"number": 4, "version": 1, "choice": "match", "code": code(2)})
    assert (twice.status_code, twice.json()["rows"]) == (409, [3, 4])
    certain = decide(planner, number, {"number": 4, "version": 1, "choice": "match", "code": code(1)})
    assert certain.status_code == 409, "the community of a certain row is taken too"
    gone = decide(planner, number, {"number": 4, "version": 1, "choice": "match", "code": f"{code(1)[:-1]}9"})
    assert (gone.status_code, gone.json()["field"]) == (422, "code")
    back = decide(planner, number, {"number": 3, "version": 2, "choice": None})
    assert back.json()["rows"][0]["decided_by"] is None


def test_rows_of_nobody_come_as_a_sheet_in_which_nothing_runs(
    as_user: Client, work: Work, sheet: Path
) -> None:
    planner = as_user("planner")
    number = check(planner, work, sheet)["matching"]["id"]
    answer = planner.get(f"/api/matchings/{number}/rows.xlsx")
    cells = openpyxl.load_workbook(io.BytesIO(answer.content)).worksheets[0]
    header, row = list(cells.iter_rows())
    assert [cell.value for cell in header][-3:] == ["原行号", "未匹配原因", "最相近的小区"]
    assert [cell.value for cell in row][:4] == ["谁也不认识", "904", "=HYPERLINK()", "5"]
    assert {cell.data_type for cell in row[:5]} == {"s"}


def test_nobody_elsewhere_sees_a_matching_and_a_part_of_its_ground_is_not_enough(
    as_user: Client, work: Work, sheet: Path, store: Store
) -> None:
    number = check(as_user("planner"), work, sheet)["matching"]["id"]
    add_person(store, "neighbour", ("planner",), ("990102000000",))
    add_person(store, "part", ("planner",), ("990101001000",))
    for who in ("neighbour", "part"):
        client = as_user(who)
        assert client.get("/api/matchings").json()["matchings"] == []
        for address in (f"/api/matchings/{number}", f"/api/matchings/{number}/rows"):
            assert client.get(address).status_code == 404
        assert decide(client, number, {"number": 3, "version": 1, "choice": "none"}).status_code == 404


def test_a_matching_that_is_given_up_lets_its_file_go(
    as_user: Client, work: Work, sheet: Path, settings: Settings
) -> None:
    planner = as_user("planner")
    number = check(planner, work, sheet)["matching"]["id"]
    assert len(list((settings.data / "matchings").iterdir())) == 1
    assert planner.delete(f"/api/matchings/{number}").status_code == 200
    assert list((settings.data / "matchings").iterdir()) == []
    assert planner.get("/api/matchings").json()["matchings"] == []


def test_a_district_sets_its_scores_and_what_was_decided_stays(
    as_user: Client, work: Work, sheet: Path
) -> None:
    planner = as_user("planner")
    place = f"/api/districts/{office.NEIGHBOURHOOD[:6]}000000/matching"
    assert planner.get(place).json() == {"certain": 0.88, "doubtful": 0.55, "lead": 0.06}
    first = check(planner, work, sheet)["matching"]
    assert (first["certain"], first["doubtful"], first["none"]) == (1, 2, 1)
    number = first["id"]
    assert planner.get(f"/api/matchings/{number}").json()["limits"]["certain"] == 0.88
    decide(planner, number, {"number": 3, "version": 1, "choice": "match", "code": code(3)})
    assert planner.put(place, json={"certain": 0.7, "doubtful": 0.7}).status_code == 200
    again = check(planner, work, sheet)["matching"]
    assert (again["id"], again["settled"], again["certain"], again["doubtful"]) == (number, 1, 1, 0)
    assert planner.get(f"/api/matchings/{number}").json()["limits"] == {
        "certain": 0.7,
        "doubtful": 0.7,
        "lead": 0.06,
    }
    settled = [one for one in rows_of(planner, number) if one["number"] == 3]
    assert (settled[0]["decision"], settled[0]["code"]) == ("match", code(3))


@pytest.mark.parametrize(
    "scores",
    [
        {"certain": 0.5},
        {"certain": 1.1},
        {"doubtful": 0.1},
        {"certain": 0.7, "doubtful": 0.8},
        {"lead": 0.6},
        {"x": 1},
    ],
)
def test_scores_that_make_no_sense_are_refused(as_user: Client, scores: dict[str, float]) -> None:
    place = f"/api/districts/{office.NEIGHBOURHOOD[:6]}000000/matching"
    assert as_user("planner").put(place, json=scores).status_code == 422


def test_who_has_a_part_of_the_district_reads_its_scores_and_sets_none(as_user: Client, store: Store) -> None:
    add_person(store, "part", ("planner",), ("990101001000",))
    place = f"/api/districts/{office.NEIGHBOURHOOD[:6]}000000/matching"
    assert as_user("part").put(place, json={"certain": 0.9}).status_code == 404
