"""What a district decides for itself: three-no by its own definition, on record, and never that it is made up."""

from __future__ import annotations

import getpass
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from api.app import create_app
from api.cli import main
from geo.people.sessions import issue_token
from geo.settings import Settings
from geo.store.engine import Scope, Store
from tests.api.world import build
from tests.conftest import Databases

PATH = "/api/districts/990101000000/settings"
COMMUNITY = "/api/communities/990101001001C001"
AUDITOR = Scope("auditor", duty="auditor")


def audited(store: Store) -> list[tuple[str, str, dict[str, str]]]:
    query = "SELECT actor, object, detail FROM audit WHERE action = 'district.settings' ORDER BY id"
    with store.begin(AUDITOR) as db:
        return [tuple(row) for row in db.execute(text(query))]


@pytest.fixture
def planner(store: Store, settings: Settings) -> TestClient:
    """The planner of the first district of a small country; its one kind of community is old, its flags unknown."""
    build(store)
    return client(store, settings, "planner")


def client(store: Store, settings: Settings, username: str) -> TestClient:
    headers = {"Authorization": f"Bearer {issue_token(store, username, 1, 'os:test')}"}
    return TestClient(create_app(settings, store), headers=headers)


def test_a_planner_defines_three_no_and_the_communities_follow(planner: TestClient, store: Store) -> None:
    assert planner.get(PATH).json() == {"code": "990101000000", "three_no": "old", "made_up": True}
    for definition, expected in (("all_flags", None), ("any_flag", None), ("old", True)):
        answer = planner.put(PATH, json={"three_no": definition})
        assert answer.json() == {"code": "990101000000", "three_no": definition, "made_up": True}
        assert planner.get(COMMUNITY).json()["properties"]["three_no"] is expected
    assert audited(store)[0] == ("planner", "990101000000", {"three_no": "all_flags", "before": "old"})
    assert len(audited(store)) == 3


def test_a_district_that_set_nothing_has_the_defaults_and_is_not_made_up(
    planner: TestClient, store: Store
) -> None:
    with store.begin(Scope("os:test", ("",))) as db:
        db.execute(text("UPDATE area_setting SET made_up = false, three_no = 'all_flags'"))
    assert planner.put(PATH, json={"three_no": "any_flag"}).json()["made_up"] is False


@pytest.mark.parametrize("code", ["990101001000", "990101999000", "990100000000"])
def test_only_a_district_has_definitions(planner: TestClient, code: str) -> None:
    assert planner.put(f"/api/districts/{code}/settings", json={"three_no": "old"}).status_code == 404


def test_what_is_no_definition_is_refused(planner: TestClient) -> None:
    assert planner.put(PATH, json={"three_no": "sometimes"}).status_code == 422
    assert planner.put(PATH, json={"three_no": "old", "made_up": False}).status_code == 422


def test_who_has_a_part_of_the_district_does_not_define_for_all(
    planner: TestClient, store: Store, settings: Settings
) -> None:
    assert client(store, settings, "local").put(PATH, json={"three_no": "old"}).status_code == 404
    assert audited(store) == []


def test_the_command_line_defines_it_too(
    planner: TestClient,
    store: Store,
    databases: Databases,
    database: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("WANGGE_DATA", str(tmp_path))
    monkeypatch.setenv("WANGGE_DATABASE_URL", databases.url(database))
    assert main(["district", "990101000000", "--three-no", "any_flag"]) == 0
    assert main(["district", "990101000000"]) == 0
    assert capsys.readouterr().out == "990101000000 three_no=any_flag\n" * 2
    assert planner.get(PATH).json() == {"code": "990101000000", "three_no": "any_flag", "made_up": True}
    assert [who for who, *_ in audited(store)] == [f"os:{getpass.getuser()}"]
    assert main(["district", "990199000000", "--three-no", "old"]) == 1
    assert main(["district", "99"]) == 1
