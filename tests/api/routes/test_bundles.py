"""Packages over HTTP: asked for as work, watched, stopped, read later; stances, thresholds and lots with If-Match."""

from __future__ import annotations

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from api.app import create_app
from geo.jobs import Worker
from geo.settings import Settings
from geo.store.engine import Store
from geo.tender import work
from tests.api import world
from tests.api.conftest import Client

HERE = "990101001000"
COMMUNITY = world.COMMUNITY
RULES = {"area": HERE, "households": [10, 1000], "effort": 0.1}


@pytest.fixture
def app(settings: Settings, store: Store) -> FastAPI:
    world.build(store)
    return create_app(settings, store)


@pytest.fixture
def officer(as_user: Client) -> TestClient:
    return as_user("officer")


def start(officer: TestClient, **more: object) -> int:
    answer = officer.post("/api/bundles/jobs", json={**RULES, **more})
    assert answer.status_code == 202
    assert answer.headers["Location"] == f"/api/jobs/{answer.json()['job']}"
    return int(answer.json()["job"])


def test_a_proposal_is_asked_for_done_and_read_afterwards(
    officer: TestClient, store: Store, settings: Settings
) -> None:
    number = start(officer, alternatives=2)
    assert officer.get(f"/api/jobs/{number}").json()["state"] == "waiting"
    newest = officer.get("/api/bundles/jobs?limit=1").json()["jobs"][0]
    assert (newest["id"], newest["area"], "result" in newest) == (number, HERE, False)
    Worker(store, work.handlers(store, settings)).run_once()
    job = officer.get(f"/api/jobs/{number}").json()
    assert (job["state"], job["progress"]) == ("done", 1.0)
    members = [code for package in job["result"]["packages"] for code in package["members"]]
    assert sorted(members + [unit["code"] for unit in job["result"]["left_out"]]) == [COMMUNITY]


def test_a_list_of_runs_says_by_which_rules_and_what_they_came_to(
    officer: TestClient, store: Store, settings: Settings
) -> None:
    start(officer, max_members=7)
    waiting = officer.get("/api/bundles/jobs?limit=1").json()["jobs"][0]
    assert (waiting["rules"]["max_members"], waiting["came_to"]) == (7, None)
    Worker(store, work.handlers(store, settings)).run_once()
    done = officer.get("/api/bundles/jobs?limit=1").json()["jobs"][0]
    assert done["came_to"].keys() == {"packages", "left_out", "plans", "gap", "proven"}
    assert done["came_to"]["packages"] + done["came_to"]["left_out"] == 1


def test_who_is_whose_neighbour_is_answered_for_the_rules_given(officer: TestClient) -> None:
    answer = officer.post("/api/bundles/links", json={**RULES, "added": [world.STAND_ALONE], "gap": 5000})
    assert answer.status_code == 200
    kinds = {each["kind"] for each in answer.json()["links"]}
    assert kinds <= {"open", "added", "cut", "barrier", "gap", "border"}
    stranger = officer.post(
        "/api/bundles/links", json={**RULES, "links_cut": [[COMMUNITY, "990101001001C999"]]}
    )
    assert (stranger.status_code, stranger.json()["field"]) == (422, "links_cut")


def test_work_that_waits_is_cancelled_at_once(officer: TestClient) -> None:
    number = start(officer)
    assert officer.post(f"/api/jobs/{number}/cancel").status_code == 202
    assert officer.get(f"/api/jobs/{number}").json()["state"] == "cancelled"
    assert officer.post(f"/api/jobs/{number}/cancel").status_code == 409


@pytest.mark.parametrize(
    ("bad", "field"),
    [
        ({"alternatives": 9}, "alternatives"),
        ({"packages": [4, 2]}, "packages"),
        ({"money": {"cost_per_m2": -1}}, "money.cost_per_m2"),
        ({"locks": {"nobody": "P01"}}, "locks.nobody.[key]"),
        ({"links_cut": [["a", "b"]]}, "links_cut.0.0"),
    ],
)
def test_bad_rules_are_refused_with_their_field(officer: TestClient, bad: dict, field: str) -> None:
    answer = officer.post("/api/bundles/jobs", json={**RULES, **bad})
    assert (answer.status_code, answer.json()["field"]) == (422, field)


def test_a_rule_about_a_unit_that_is_not_in_the_pool_is_refused_with_its_field(officer: TestClient) -> None:
    answer = officer.post("/api/bundles", json={**RULES, "apart": [[COMMUNITY, "990101001001C999"]]})
    assert (answer.status_code, answer.json()["field"]) == (422, "apart")


def unit_of(officer: TestClient) -> dict:
    found = officer.get(f"/api/bundles/pool?region={HERE}&standalone=false").json()
    return next(unit for unit in found["units"] if unit["code"] == COMMUNITY)


def test_the_pool_says_what_is_missing_and_which_mode_fits(officer: TestClient) -> None:
    unit = unit_of(officer)
    assert not unit["ready"]
    assert {"vote_missing", "willing_unknown"} <= {each["code"] for each in unit["missing"]}
    assert unit["suggestion"]["code"]


def test_a_stance_is_noted_with_its_origin_and_a_stale_one_refused(officer: TestClient) -> None:
    address = f"/api/units/{COMMUNITY}/stance"
    tag = officer.get(address).headers["ETag"]
    given = {"willing": True, "vote": "passed", "anchor": True}
    assert officer.put(address, json=given).status_code == 428
    assert officer.put(address, json=given, headers={"If-Match": tag}).status_code == 200
    assert officer.put(address, json={"willing": False}, headers={"If-Match": tag}).status_code == 412
    noted = officer.get(address).json()
    assert {name: noted[name]["value"] for name in given} == given
    assert (noted["vote"]["who"], noted["vote"]["valid_from"]) == ("officer", "2026-11-01")
    assert (unit_of(officer)["willing"], unit_of(officer)["vote"]) == (True, "passed")
    assert officer.get(f"{address}?as_of=2026-10-31").json()["willing"]["value"] is None


def test_a_stand_alone_building_has_a_stance_too(officer: TestClient) -> None:
    address = f"/api/units/{world.STAND_ALONE}/stance"
    tag = officer.get(address).headers["ETag"]
    assert officer.put(address, json={"willing": False}, headers={"If-Match": tag}).status_code == 200
    assert officer.get(f"/api/building-groups/{world.STAND_ALONE}").json()["properties"]["willing"] is False


def test_modes_begin_where_the_district_says(officer: TestClient) -> None:
    address = "/api/districts/990101000000/modes"
    before = officer.get(address).json()
    assert before["let_households"] == 300
    assert unit_of(officer)["suggestion"]["mode"] == "self"
    assert officer.put(address, json={**before, "let_households": 50}).status_code == 200
    assert unit_of(officer)["suggestion"]["mode"] == "let"
    bad = officer.put(address, json={"let_households": 0})
    assert (bad.status_code, bad.json()["field"]) == (422, "let_households")


def test_lots_are_saved_with_the_round_and_a_service_stands_in_one(officer: TestClient) -> None:
    lots = [{"name": "一", "services": ["order"]}, {"name": "二", "services": ["cleaning", "green"]}]
    draft = {
        "name": "分标",
        "rules": RULES,
        "packages": [{"name": "P01", "units": [COMMUNITY], "lots": lots}],
    }
    saved = officer.post("/api/rounds", json=draft)
    assert (saved.status_code, saved.json()["packages"][0]["lots"]) == (201, lots)
    draft["packages"][0]["lots"] = [*lots, {"name": "三", "services": ["order"]}]
    refused = officer.post("/api/rounds", json=draft)
    assert (refused.status_code, refused.json()["field"]) == (422, "packages.0.lots")
