"""Tiles in a real browser: painted by the worker, asked about by place, and drawn anew where something is left out."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page
from sqlalchemy import text

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


def test_tiles_are_painted_found_and_left_out(service: Service, page: Page, district: Scope) -> None:
    with service.store.begin(district) as db:
        row = db.execute(
            text(
                "SELECT code, ST_X(p) AS x, ST_Y(p) AS y FROM (SELECT code, ST_PointOnSurface(geom) AS p FROM building"
                " WHERE upper_inf(recorded) AND upper_inf(valid) ORDER BY code LIMIT 1) b"
            )
        ).one()
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
