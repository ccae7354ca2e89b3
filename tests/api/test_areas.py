"""What leaks besides rows: counts, boxes, tags and the words of errors (row 5), and hostile text (row 8)."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from geo.people.sessions import issue_token
from geo.settings import Settings
from geo.store.engine import Store
from tests.api.world import HERE, OUTSIDERS, build

LAYERS = ("regions", "grids", "communities", "building-groups", "buildings", "branches")
WORLD_BOX = "-180,-90,180,90"
HERE_BOX = "116,31,116.0099,31.01"


@pytest.fixture(scope="module")
def populated(shared_store: Store) -> Store:
    build(shared_store)
    return shared_store


@pytest.fixture
def client_of(populated: Store, tmp_path: Path):
    app = create_app(Settings(data=tmp_path, demo=True, today=date(2026, 11, 1)), populated)

    def client(username: str) -> TestClient:
        headers = {"Authorization": f"Bearer {issue_token(populated, username, 1, 'os:test')}"}
        return TestClient(app, raise_server_exceptions=False, headers=headers)

    return client


@pytest.mark.parametrize("where", OUTSIDERS)
@pytest.mark.parametrize("layer", LAYERS)
def test_counts_boxes_and_pages_stay_inside(client_of, layer: str, where: str):
    inside, outside = client_of("planner"), client_of(f"supervisor.{where}")
    everything = outside.get(f"/api/{layer}").json()
    boxes = [f"?bbox={WORLD_BOX}"] if layer != "branches" else []  # a branch has no place of its own
    for query in (*boxes, "?after=0", "?limit=1000", "?as_of=2026-11-01"):
        assert outside.get(f"/api/{layer}{query}").json()["numberMatched"] == everything["numberMatched"], (
            query
        )
    here = outside.get(f"/api/{layer}?bbox={HERE_BOX}")
    assert HERE not in here.text
    if boxes:
        assert (
            inside.get(f"/api/{layer}?bbox={HERE_BOX}").json()["numberMatched"] > here.json()["numberMatched"]
        )
    first = outside.get(f"/api/{layer}?limit=1").json()
    seen = [feature["id"] for feature in first["features"]]
    while first["links"]:
        first = outside.get(first["links"][0]["href"]).json()
        seen += [feature["id"] for feature in first["features"]]
    assert seen == [feature["id"] for feature in everything["features"]]
    assert len(seen) == everything["numberMatched"]


@pytest.mark.parametrize("layer", LAYERS)
def test_foreign_and_invented_are_not_told_apart(client_of, layer: str):
    inside, outside = client_of("planner"), client_of("planner.other-subdistrict")
    code = next(
        feature["id"]
        for feature in inside.get(f"/api/{layer}?limit=1000").json()["features"]
        if feature["id"].startswith(HERE)
    )
    invented = code[:-1] + ("8" if code[-1] != "8" else "7")
    foreign, nothing = outside.get(f"/api/{layer}/{code}"), outside.get(f"/api/{layer}/{invented}")
    assert foreign.status_code == nothing.status_code == 404
    told = {key: value for key, value in foreign.json().items() if key != "request"}
    other = {key: value for key, value in nothing.json().items() if key != "request"}
    assert str(told).replace(code, "") == str(other).replace(invented, "")
    assert set(foreign.headers) == set(nothing.headers)
    assert "etag" not in foreign.headers


def test_a_wide_region_is_not_a_way_around(client_of):
    outside = client_of("supervisor.other-subdistrict")
    for address in (
        "/api/coverage",
        "/api/summary",
        "/api/communities",
        "/api/coverage/unserved",
        "/api/coverage/pool",
    ):
        for region in ("990101000000", "990100000000", f"{HERE}000", "000000000000"):
            assert outside.get(f"{address}?region={region}").status_code == 404, (address, region)
    assert outside.get("/api/summary").json()["communities"] == 1
    assert client_of("supervisor").get("/api/summary").json()["communities"] == 2


def test_somebody_without_an_area_sees_nothing(client_of, populated: Store):
    from tests.api.conftest import add_person

    add_person(populated, "nowhere", ("planner",), ())
    client = client_of("nowhere")
    for layer in (*LAYERS, "firms"):
        assert client.get(f"/api/{layer}").json()["numberMatched"] == 0
    assert client.get("/api/plans").json()["plans"] == []


HOSTILE = [
    "' ; DROP TABLE grid_plan --",
    "{{7*7}}",
    "${1}",
    "</script>",
    "\u202e右到左",
    "😀",
    "𠮷",
    "%00",
    "\\u0000",
    'a\\b"c',
]


@pytest.mark.parametrize("title", HOSTILE)
def test_text_comes_back_letter_by_letter(client_of, title: str):
    planner = client_of("planner")
    made = planner.post("/api/plans", json={"area": f"{HERE}001", "title": title})
    assert made.status_code == 201, made.text
    assert planner.get(f"/api/plans/{made.json()['id']}").json()["title"] == title


@pytest.mark.parametrize("text", ["' OR 1=1 --", "%", "_", "\\", "{{7*7}}", "\u0000x", "\ud800"])
def test_a_search_is_never_more_than_a_search(client_of, text: str):
    answer = client_of("planner").get("/api/search", params={"q": text.encode("utf-8", "surrogatepass")})
    assert answer.status_code in {200, 422}
    assert "990102" not in answer.text
