"""Tiles in a real browser: painted by the worker, asked about by place, and drawn anew where something is left out."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Browser, Page
from sqlalchemy import Row, text

from geo.store.engine import Scope
from tests.browser.conftest import Service

pytestmark = pytest.mark.browser

MAKE = """async ([at, options]) => {
  const { tileLayer } = await import("/static/js/tiles.js");
  district_map.setView(at, 16, { animate: false });
  window.tiles = tileLayer("buildings", options);
  const loaded = new Promise((resolve) => window.tiles.once("load", resolve));
  window.tiles.addTo(district_map);
  await loaded;
}"""
PAINTED = """() => {
  let painted = 0;
  for (const tile of window.tiles.getContainer().querySelectorAll("canvas")) {
    const copy = document.createElement("canvas");
    copy.width = tile.width; copy.height = tile.height;
    const pen = copy.getContext("2d");
    pen.drawImage(tile, 0, 0);
    const { data } = pen.getImageData(0, 0, copy.width, copy.height);
    for (let i = 0; i < data.length; i += 4) if (data[i] === 255 && data[i + 1] === 0) painted += 1;
  }
  return painted;
}"""
AGAIN = """async (changed) => {
  const loaded = new Promise((resolve) => window.tiles.once("load", resolve));
  window.tiles.refresh(changed);
  await loaded;
}"""


def a_building(service: Service, district: Scope) -> Row[Any]:
    """Code and place of a building: longitude x, latitude y."""
    asked = (
        "SELECT code, ST_X(p) AS x, ST_Y(p) AS y FROM (SELECT code, ST_PointOnSurface(geom) AS p FROM building"
        " WHERE upper_inf(recorded) AND upper_inf(valid) ORDER BY code LIMIT 1) b"
    )
    with service.store.begin(district) as db:
        return db.execute(text(asked)).one()


def somewhere(service: Service, district: Scope) -> list[float]:
    """Latitude and longitude of a building."""
    row = a_building(service, district)
    return [row.y, row.x]


def test_tiles_are_painted_found_and_left_out(service: Service, page: Page, district: Scope) -> None:
    row = a_building(service, district)
    service.enter(page, "planner")
    service.open(page, "/status")
    page.evaluate(MAKE, [[row.y, row.x], {"fill": "#ff0000", "line": None, "minZoom": 14}])
    painted = page.evaluate(PAINTED)
    assert painted > 100
    found = page.evaluate("(at) => window.tiles.at(L.latLng(at))", [row.y, row.x])
    assert found["code"] == row.code
    assert page.evaluate("() => window.tiles.at(L.latLng(0, 0))") is None
    page.evaluate(AGAIN, {"skip": [row.code[:12]]})
    assert page.evaluate(PAINTED) < painted
    page.evaluate(AGAIN, {"skip": [], "by": "floors", "fills": {}, "fill": None})
    assert page.evaluate(PAINTED) == 0


GIVEN_UP = """async (at) => {
  const { tileLayer } = await import("/static/js/tiles.js");
  district_map.setView(at, 16, { animate: false });
  window.tiles = tileLayer("buildings", { fill: "#ff0000", line: null });
  let errors = 0;
  window.tiles.on("tileerror", () => (errors += 1));
  const loaded = new Promise((resolve) => window.tiles.once("load", resolve));
  window.tiles.addTo(district_map);
  window.tiles.refresh();
  await loaded;
  return errors;
}"""


def test_tiles_that_are_given_up_are_no_error_and_stand_for_no_newer_ones(
    service: Service, page: Page, district: Scope
) -> None:
    at = somewhere(service, district)
    service.enter(page, "planner")
    service.open(page, "/status")
    assert page.evaluate(GIVEN_UP, at) == 0
    assert page.evaluate(PAINTED) > 100


NO_PAINTER = """async (at) => {
  const { tileLayer } = await import("/static/js/tiles.js");
  district_map.setView(at, 16, { animate: false });
  const layer = tileLayer("buildings", { fill: "#ff0000" });
  const failed = new Promise((resolve) => layer.once("tileerror", () => resolve(true)));
  layer.addTo(district_map);
  return await failed;
}"""


def test_a_painter_that_does_not_come_is_told_as_tiles_that_failed(
    service: Service, browser: Browser, district: Scope
) -> None:
    at = somewhere(service, district)
    page = browser.new_page()
    service.enter(page, "planner")
    service.open(page, "/status")
    page.route("**/js/tiles/worker.js", lambda route: route.abort())
    assert page.evaluate(
        f"(at) => Promise.race([({NO_PAINTER})(at), new Promise((no) => setTimeout(no, 20000))])", at
    )
    page.close()
