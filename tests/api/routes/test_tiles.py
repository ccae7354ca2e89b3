"""Tiles over HTTP: what a browser keeps, when it is told to keep it, and what TileJSON says."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import event, text

from api.app import create_app
from geo.people.sessions import issue_token
from geo.settings import Settings
from geo.store.engine import Store
from geo.tiles.layers import LAYERS
from tests.geo.tiles.places import around

DAY = date(2026, 11, 1)


def client(store: Store, folder: Path, who: str = "planner") -> TestClient:
    app = create_app(Settings(data=folder, demo=True, today=DAY), store)
    headers = {"Authorization": f"Bearer {issue_token(store, who, 1, 'os:test')}"}
    return TestClient(app, raise_server_exceptions=False, headers=headers)


@pytest.fixture
def planner(demo_copy: Store, tmp_path: Path) -> TestClient:
    return client(demo_copy, tmp_path)


@pytest.fixture
def address(demo_copy: Store, district) -> str:
    with demo_copy.begin(district) as db:
        lon, lat = db.execute(
            text(
                "SELECT ST_X(p), ST_Y(p) FROM (SELECT ST_PointOnSurface(geom) p FROM grid ORDER BY code LIMIT 1) g"
            )
        ).one()
    place = around(lon, lat, 15)
    return f"/{place.zoom}/{place.x}/{place.y}.mvt"


def test_an_unchanged_tile_is_a_304_that_asks_for_no_shape(planner, address, demo_copy) -> None:
    url = f"/api/tiles/grids{address}"
    first = planner.get(url)
    assert first.status_code == 200
    assert first.headers["content-type"] == "application/vnd.mapbox-vector-tile"
    assert first.headers["cache-control"] == "private, no-cache"
    sent: list[str] = []
    event.listen(demo_copy.engine, "before_cursor_execute", lambda *args: sent.append(args[2]))
    again = planner.get(url, headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    assert not [each for each in sent if "grid" in each and "layer_version" not in each]
    assert sum("layer_version" in each for each in sent) == 1


def test_after_a_write_the_next_answer_is_the_new_tile(planner, address, demo_copy) -> None:
    url, code = f"/api/tiles/communities{address}", None
    listed = planner.get("/api/communities?limit=1000").json()["features"]
    first = planner.get(url)
    code = next(each["id"] for each in listed if each["id"].encode() in first.content)
    form = planner.get(f"/api/communities/{code}/fields")
    answer = planner.post(
        f"/api/communities/{code}/corrections",
        json={"fields": {"name": "改过的名字"}},
        headers={"If-Match": form.headers["etag"]},
    )
    assert answer.status_code < 300, answer.text
    second = planner.get(url, headers={"If-None-Match": first.headers["etag"]})
    assert second.status_code == 200
    assert "改过的名字".encode() in second.content
    assert "改过的名字".encode() not in first.content


def test_the_tag_of_another_person_or_day_is_no_304(planner, address) -> None:
    url = f"/api/tiles/grids{address}"
    tag = planner.get(url).headers["etag"]
    other = planner.get(f"{url}?as_of=2020-01-01", headers={"If-None-Match": tag})
    assert (other.status_code, other.headers["etag"] == tag) == (200, False)
    assert planner.get(url, headers={"If-None-Match": 'W/"x", "y"'}).status_code == 200
    assert planner.get(url, headers={"If-None-Match": f'"x", {tag}'}).status_code == 304


@pytest.mark.parametrize("layer", list(LAYERS))
def test_tilejson_says_where_the_tiles_are_and_what_they_hold(layer, planner, address) -> None:
    said = planner.get(f"/api/tiles/{layer}.json?as_of=2026-11-01").json()
    assert said["tilejson"] == "3.0.0"
    (template,) = said["tiles"]
    zoom, x, y = address.removesuffix(".mvt").strip("/").split("/")
    url = template.replace("{z}", zoom).replace("{x}", x).replace("{y}", y)
    assert url.endswith("as_of=2026-11-01")
    assert planner.get(url).status_code == 200
    assert said["vector_layers"][0]["id"] == layer
    assert set(said["vector_layers"][0]["fields"]) == set(LAYERS[layer].fields)
    assert len(said["bounds"]) == 4


@pytest.mark.parametrize(
    ("path", "status"),
    [("firms/3/0/0.mvt", 404), ("firms.json", 404), ("grids/30/0/0.mvt", 422), ("grids/3/9/0.mvt", 422),
     ("grids/3/1/0.mvt?known_at=x", 422), ("grids/3/1/0.mvt?other=1", 422)],
)  # fmt: skip
def test_what_is_no_tile_is_refused(path: str, status: int, planner) -> None:
    assert planner.get(f"/api/tiles/{path}").status_code == status
