"""Files of points over HTTP: as a form or as the body, in the area of who asks."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from api.app import create_app
from geo.settings import Settings
from geo.store.engine import Store
from tests.api.conftest import Client
from tests.api.world import build

POINTS = "编号,lon,lat\n1,116.0015,31.0015\n2,116.015,31.005\n3,116.01,31.005\n4,120,30\n5,,\n".encode()


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"max_upload": 100_000})


@pytest.fixture
def app(settings: Settings, store: Store) -> FastAPI:
    build(store)
    return create_app(settings, store)


@pytest.fixture
def planner(as_user: Client) -> TestClient:
    return as_user("planner")


def test_a_form_and_a_body_are_answered_alike(planner: TestClient, settings: Settings) -> None:
    form = planner.post("/api/assign", files={"file": ("点位.csv", POINTS)})
    body = planner.post("/api/assign", content=POINTS, headers={"Content-Type": "text/csv"})
    assert form.status_code == body.status_code == 200
    assert form.content == body.content
    assert form.headers["x-wangge-counts"] == "rows=5; inside=2; border=1; outside=1; unread=1"
    assert form.headers["content-type"] == "text/csv; charset=utf-8"
    rows = form.content.decode("utf-8-sig").splitlines()
    assert rows == [
        "编号,lon,lat,neighbourhood,grid,community,position",
        "1,116.0015,31.0015,990101001001,990101001001001,990101001001C001,inside",
        "2,116.015,31.005,990101002001,990101002001001,,inside",
        "3,116.01,31.005,990101001001,990101001001001,,border",
        "4,120,30,,,,outside",
        "5,,,,,,unread",
    ]
    assert not list((settings.data / "uploads").iterdir())


def test_parquet_in_csv_out_and_back(planner: TestClient) -> None:
    sink = pa.BufferOutputStream()
    pq.write_table(pa.table({"lon": [116.0015], "lat": [31.0015]}), sink)
    answer = planner.post(
        "/api/assign?layers=building&format=csv", files={"file": ("p", sink.getvalue().to_pybytes())}
    )
    assert answer.text.splitlines()[1] == "116.0015,31.0015,990101001001C00101001,inside"
    answer = planner.post(
        "/api/assign?format=parquet&layers=grid", content=POINTS, headers={"Content-Type": "text/csv"}
    )
    assert answer.headers["content-type"] == "application/vnd.apache.parquet"
    assert pq.read_table(pa.BufferReader(answer.content)).column("grid").to_pylist()[0] == "990101001001001"


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("layers=roof", "layers"),
        ("crs=EPSG:3857", "crs"),
        ("x=nothing", "x"),
        ("format=xlsx", "format"),
        ("as_of=x", "as_of"),
    ],
)
def test_wrong_questions_name_their_field(
    planner: TestClient, settings: Settings, query: str, field: str
) -> None:
    answer = planner.post(f"/api/assign?{query}", files={"file": ("p.csv", POINTS)})
    assert (answer.status_code, answer.json()["field"]) == (422, field)
    assert not list(settings.data.glob("uploads/*"))


def test_nothing_too_much_and_what_is_no_table(planner: TestClient) -> None:
    csv = {"Content-Type": "text/csv"}
    assert planner.post("/api/assign", content=b"", headers=csv).status_code == 422
    assert (
        planner.post("/api/assign", content=b"lon,lat\n" + b"1,1\n" * 50_000, headers=csv).status_code == 413
    )
    assert planner.post("/api/assign", content=b"PAR1 not so", headers=csv).status_code == 422
    refused = planner.post("/api/assign", content=b"lon,lat\n1,2\n1,2,3\n", headers=csv)
    assert refused.status_code == 422
    assert refused.json()["field"] == "file"
