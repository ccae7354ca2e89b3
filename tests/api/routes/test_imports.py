"""Files in and out over HTTP: uploaded, queued, done by a worker, reported, undone, handed out."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import openpyxl
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from pyproj import Transformer

from api.app import create_app
from api.routes import exports, imports
from geo.ingest.fields import KINDS
from geo.ingest.uploads import handlers
from geo.jobs import Worker
from geo.people.demo import seed_demo_people
from geo.settings import Settings
from geo.store.engine import Scope, Store
from tests.api.conftest import Client, add_person
from tests.geo.ingest import office

Work = Callable[[], None]


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"min_free_share": 0.0})


@pytest.fixture
def app(settings: Settings, store: Store) -> FastAPI:
    seed_demo_people(store)
    made = create_app(settings, store)
    present = {getattr(route, "path", "") for route in made.routes}
    for module in (imports, exports):
        if not {route.path for route in module.router.routes} & present:  # type: ignore[attr-defined]
            made.include_router(module.router)
    return made


@pytest.fixture
def work(store: Store, settings: Settings, app: FastAPI) -> Work:
    """Do every job that waits."""
    worker = Worker(store, handlers(store, settings))

    def run() -> None:
        while worker.run_once():
            pass

    return run


@pytest.fixture
def planner(as_user: Client) -> TestClient:
    return as_user("planner")


def send(client: TestClient, path: Path, **fields: Any) -> Any:
    with path.open("rb") as file:
        return client.post("/api/imports", files={"file": (path.name, file)}, data=fields)


def done(client: TestClient, work: Work, path: Path, **fields: Any) -> dict[str, Any]:
    answer = send(client, path, **fields)
    assert answer.status_code == 202, answer.text
    work()
    found: dict[str, Any] = client.get(answer.headers["Location"]).json()
    return found


@pytest.fixture
def loaded(store: Store, settings: Settings, tmp_path: Path) -> None:
    """The regions, loaded by the command line (a district's planner does not own the city)."""
    from geo.ingest.importer import import_file

    import_file(store, Scope("os:test", ("",)), office.regions(tmp_path), settings=settings)


@pytest.mark.usefixtures("loaded")
def test_a_file_goes_in_is_reported_and_taken_back(
    planner: TestClient, work: Work, tmp_path: Path, settings: Settings
) -> None:
    job = done(planner, work, office.communities(tmp_path), kind="communities", valid_from="2023-01-01")
    assert (job["state"], job["result"]["counts"]["new"]) == ("done", 4)
    assert list((settings.data / "uploads").iterdir()) == []
    number = job["result"]["change_set"]
    listed = planner.get("/api/imports").json()
    newest = listed["imports"][0]
    assert (newest["id"], newest["source"], newest["actor"]) == (number, "小区.gpkg", "planner")
    assert [one["name"] for one in listed["jobs"]] == ["小区.gpkg"]
    assert planner.get(f"/api/imports/{number}").json()["report"]["counts"]["new"] == 4
    undone = planner.post(f"/api/imports/{number}/undo")
    assert (undone.status_code, undone.json()["undone"]) == (200, number)
    assert planner.post(f"/api/imports/{number}/undo").status_code == 409


@pytest.mark.usefixtures("loaded")
def test_a_trial_and_a_mapping(planner: TestClient, work: Work, tmp_path: Path) -> None:
    frame, shapes = office.community_rows()
    path = office.write(tmp_path / "x.gpkg", frame.rename(columns={"户数": "门牌"}), shapes)
    job = done(planner, work, path, dry_run="true", map=["门牌=households"])
    assert (job["result"]["counts"]["new"], job["result"]["change_set"]) == (4, None)
    assert {"column": "门牌", "field": "households", "score": 1.0} in job["result"]["columns"]
    again = done(planner, work, path, dry_run="true", map='{"门牌": "households", "地址": ""}')
    assert {"column": "地址", "field": None, "score": 1.0} in again["result"]["columns"]


def test_hostile_and_senseless_uploads_are_refused_at_once(
    planner: TestClient, tmp_path: Path, settings: Settings
) -> None:
    good = office.communities(tmp_path)
    for name, content in (
        ("x.geojson", b"<OGRVRTDataSource/>"),
        ("x.geojson", b'{"a":' * 100_000),
        ("x.xlsx", b"PK\x03\x04nonsense"),
        ("x.zip", b"PK\x03\x04"),
        ("../../x.gpkg", b"SQLite"),
        ("x.csv", b""),
    ):
        answer = planner.post("/api/imports", files={"file": (name, content)})
        assert answer.status_code == 422, name
        assert answer.headers["content-type"] == "application/problem+json"
    for fields in ({"crs": "EPSG:2364"}, {"kind": "weather"}, {"valid_from": "soon"}, {"map": "x"}):
        assert send(planner, good, **fields).status_code == 422, fields
    folder = settings.data / "uploads"
    assert not folder.exists() or list(folder.iterdir()) == []


def test_a_file_over_the_limit_is_too_large(store: Store, settings: Settings, tmp_path: Path) -> None:
    from geo.people.sessions import issue_token

    small = settings.model_copy(update={"max_upload": 1000})
    seed_demo_people(store)
    app = create_app(small, store)
    if not any(getattr(route, "path", "") == "/api/imports" for route in app.routes):
        app.include_router(imports.router)
    headers = {"Authorization": f"Bearer {issue_token(store, 'planner', 1, 'os:test')}"}
    with TestClient(app, headers=headers) as client:
        answer = client.post("/api/imports", files={"file": ("x.csv", b"a,b\n" * 1000)})
    assert answer.status_code == 413


@pytest.mark.usefixtures("loaded")
def test_questions_come_back_as_the_result(planner: TestClient, work: Work, tmp_path: Path) -> None:
    frame, shapes = office.community_rows()
    job = done(planner, work, office.write(tmp_path / "x.gpkg", frame, shapes, crs=None))
    assert [one["about"] for one in job["result"]["questions"]] == ["crs"]


@pytest.mark.usefixtures("loaded")
def test_a_question_is_answered_without_a_second_upload(
    planner: TestClient, as_user: Client, work: Work, tmp_path: Path, settings: Settings
) -> None:
    frame, shapes = office.community_rows()
    asked = done(planner, work, office.write(tmp_path / "x.gpkg", frame, shapes, crs=None))
    again = {"again": asked["id"], "crs": "EPSG:4527"}
    assert as_user("officer").post("/api/imports", data=again).status_code == 404
    assert planner.post("/api/imports", data={**again, "again": 999_999}).status_code == 404
    answer = planner.post("/api/imports", data=again)
    assert answer.status_code == 202, answer.text
    assert planner.post("/api/imports", data={**again, "again": answer.json()["job"]}).status_code == 409
    work()
    report = planner.get(answer.headers["Location"]).json()["result"]
    assert (report["file"], report["counts"]["new"]) == ("x.gpkg", 4)
    assert list((settings.data / "uploads").iterdir()) == []
    gone = planner.post("/api/imports", data=again)
    assert (gone.status_code, gone.json()["field"]) == (404, "again")
    assert planner.post("/api/imports", data={"kind": "communities"}).json()["field"] == "file"


def test_a_kept_file_is_let_go(
    planner: TestClient, as_user: Client, work: Work, tmp_path: Path, settings: Settings
) -> None:
    job = done(planner, work, office.communities(tmp_path), dry_run="true")
    assert len(list((settings.data / "uploads").iterdir())) == 1
    assert as_user("officer").delete(f"/api/imports/kept/{job['id']}").status_code == 404
    assert planner.delete(f"/api/imports/kept/{job['id']}").status_code == 200
    assert list((settings.data / "uploads").iterdir()) == []


def test_the_first_rows_and_the_encodings_are_shown(planner: TestClient, work: Work, tmp_path: Path) -> None:
    path = tmp_path / "臺帳.csv"
    path.write_bytes(
        "統一社會信用代碼,企業名稱,登記區編碼\n91990101MA00000018,臺北物業,990101000000\n".encode("big5")
    )
    guessed = done(planner, work, path, dry_run="true")["result"]
    by_name = {one["encoding"]: one for one in guessed["encodings"]}
    assert by_name["big5"]["fits"]
    assert "臺北物業" in by_name["big5"]["texts"]
    chosen = done(planner, work, path, kind="firms", encoding="Big5", dry_run="true")["result"]
    assert chosen["first_rows"]["企業名稱"] == [{"text": "臺北物業", "value": "臺北物業", "wrong": False}]
    assert send(planner, path, encoding="klingon").json()["field"] == "encoding"


def test_control_points_are_judged(planner: TestClient) -> None:
    east, north = [117.0, 117.01, 117.0, 117.01], [31.5, 31.5, 31.509, 31.509]
    plane = Transformer.from_crs(4490, 4548, always_xy=True).transform(east, north)
    rows = [[x - 400_000, y, lon, lat] for x, y, lon, lat in zip(*plane, east, north, strict=True)]
    fit = planner.post("/api/control-points", json={"points": rows}).json()
    assert (fit["good"], fit["suspect"]) == (True, None)
    assert max(fit["residuals_m"]) < 0.01
    rows[2][0] += 30
    spoilt = planner.post("/api/control-points", json={"points": rows}).json()
    assert (spoilt["good"], spoilt["suspect"]) == (False, 2)
    assert planner.post("/api/control-points", json={"points": rows[:2]}).json()["field"] == "control"


def test_who_may(as_user: Client, anonymous: TestClient, tmp_path: Path) -> None:
    path = office.communities(tmp_path)
    assert send(anonymous, path).status_code == 401
    assert send(as_user("supervisor"), path).status_code == 403
    assert send(as_user("system"), path).status_code == 403
    assert as_user("officer").get("/api/imports").status_code == 200
    assert as_user("auditor").get("/api/exports/communities").status_code == 403
    assert as_user("supervisor").get("/api/exports/communities?format=csv").status_code == 200
    assert as_user("supervisor").post("/api/imports/1/undo").status_code == 403


@pytest.mark.usefixtures("loaded")
def test_another_area_sees_none_of_it(
    planner: TestClient, as_user: Client, store: Store, work: Work, tmp_path: Path
) -> None:
    job = done(planner, work, office.communities(tmp_path))
    add_person(store, "elsewhere", ("planner",), ("990102000000",))
    other = as_user("elsewhere")
    number = job["result"]["change_set"]
    assert other.get(f"/api/jobs/{job['id']}").status_code == 404
    assert other.post(f"/api/jobs/{job['id']}/cancel").status_code == 404
    assert other.get(f"/api/imports/{number}").status_code == 404
    assert other.post(f"/api/imports/{number}/undo").status_code == 404
    assert other.get("/api/imports").json() == {"imports": [], "jobs": []}
    assert "990101" not in other.get("/api/exports/communities?format=csv").text


@pytest.mark.usefixtures("loaded")
def test_a_file_goes_out_as_a_file(planner: TestClient, work: Work, tmp_path: Path) -> None:
    done(planner, work, office.communities(tmp_path))
    answer = planner.get("/api/exports/communities?format=xlsx&as_of=2026-11-01")
    assert "%E5%B0%8F%E5%8C%BA-2026-11-01.xlsx" in answer.headers["content-disposition"]
    sheet = openpyxl.load_workbook(io.BytesIO(answer.content)).worksheets[0]
    assert (sheet.title, sheet.max_row) == ("小区", 5)
    assert planner.get("/api/exports/weather").status_code == 404
    assert planner.get("/api/exports/communities?format=dxf").status_code == 422
    assert planner.get("/api/exports/communities?region=990102000000").status_code == 404


@pytest.mark.usefixtures("loaded")
def test_a_file_goes_out_in_the_system_that_is_asked_for(
    planner: TestClient, work: Work, tmp_path: Path
) -> None:
    done(planner, work, office.communities(tmp_path))
    answer = planner.get("/api/exports/communities?format=gpkg&crs=EPSG:4548")
    (tmp_path / "plane.gpkg").write_bytes(answer.content)
    plane = gpd.read_file(tmp_path / "plane.gpkg")
    assert plane.crs is not None
    assert plane.crs.to_epsg() == 4548
    assert plane.total_bounds[0] > 100_000  # metres, not degrees
    told = planner.get("/api/exports/communities?format=gpkg&crs=GCJ-02").headers["x-wangge-losses"]
    assert told == "unnamed_system"
    assert planner.get("/api/exports/communities?format=kml&crs=EPSG:4548").status_code == 422
    assert planner.get("/api/exports/communities?crs=EPSG:2364").json()["field"] == "crs"


def test_a_waiting_job_is_cancelled(planner: TestClient, work: Work, tmp_path: Path) -> None:
    number = send(planner, office.communities(tmp_path)).json()["job"]
    assert planner.post(f"/api/jobs/{number}/cancel").status_code == 202
    work()
    assert planner.get(f"/api/jobs/{number}").json()["state"] == "cancelled"
    assert planner.post(f"/api/jobs/{number}/cancel").status_code == 409


@pytest.mark.parametrize("kind", KINDS)
def test_templates(planner: TestClient, kind: str) -> None:
    book = openpyxl.load_workbook(io.BytesIO(planner.get(f"/api/templates/{kind}.xlsx").content))
    assert [cell.value for cell in book.worksheets[0][1]] == [field.header for field in KINDS[kind].fields]
    assert planner.get("/api/templates/weather.xlsx").status_code == 404
