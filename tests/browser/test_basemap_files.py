"""Base maps that lie on this machine: on paper, and as vector tiles painted by the page."""

from __future__ import annotations

import io
import threading
from collections import Counter
from pathlib import Path

import numpy as np
import pypdfium2 as pdfium
import pytest
from PIL import Image
from playwright.sync_api import Page, Route, expect
from sqlalchemy import text

from geo.store.engine import Scope
from geo.tiles import Place
from tests.browser.base_tiles import GROUND, PLACE, SIDE, ZOOM, choose, folder_of, mercator, painted
from tests.browser.conftest import Service
from tests.geo.tiles.pmtiles import written

pytestmark = pytest.mark.browser


def test_paper_waits_for_every_picture_and_names_maker_north_and_day(
    service: Service, page: Page, tmp_path: Path
) -> None:
    folder = folder_of(tmp_path / "tiles", mercator(*PLACE, ZOOM))
    choose(service, basemaps=("folder",), basemap_folder=folder, basemap_credit="区测绘院")
    service.enter(page, "supervisor")
    late: list[Route] = []
    open_now = threading.Event()

    def hold(route: Route) -> None:
        if open_now.is_set():
            route.continue_()
        else:
            late.append(route)

    page.route("**/api/basemaps/folder/**", hold)
    page.add_init_script("window.papers = 0; window.print = () => (window.papers += 1);")
    service.open(page, f"/status?base=folder&at={PLACE[1]},{PLACE[0]},{ZOOM}")
    page.evaluate("(at) => void district_map.setView(at, 16, { animate: false })", [PLACE[1], PLACE[0]])
    page.wait_for_timeout(300)
    page.keyboard.press("Control+p")
    page.locator(".print-switch button").click()
    page.wait_for_timeout(500)
    assert page.evaluate("window.papers") == 0
    open_now.set()
    for route in late:
        route.continue_()
    page.wait_for_function("() => window.papers === 2")
    assert page.locator(".base-tiles .leaflet-tile:not(.leaflet-tile-loaded)").count() == 0
    # a window wider than paper is drawn smaller, not cut off
    page.set_viewport_size({"width": 1900, "height": 900})
    page.pdf(path=tmp_path / "map.pdf", format="A4")
    with pdfium.PdfDocument(tmp_path / "map.pdf") as document:
        said = document[0].get_textpage().get_text_range()
        picture = np.asarray(document[0].render(scale=1).to_pil().convert("RGB")).astype(int)
    for word in ("区测绘院", "北", "数据截至 2026-11-01", "打印"):
        assert word in said
    ground = abs(picture - np.array(GROUND)).sum(axis=2) < 20
    assert ground.sum() > 10_000
    assert not ground[:, -10:].any()
    expect(page.locator(".stage")).not_to_have_attribute("style", "width")


_SHAPES = """
WITH tile AS (SELECT ST_TileEnvelope(14, :x, :y) AS box),
 found AS (SELECT box, ST_XMin(box) AS w, ST_YMin(box) AS s, (ST_XMax(box) - ST_XMin(box)) / 100 AS unit FROM tile)
SELECT
 (SELECT ST_AsMVT(r, 'water') FROM (SELECT ST_AsMVTGeom(ST_MakeEnvelope(w + 20 * unit, s + 20 * unit, w + 80 * unit,
   s + 45 * unit, 3857), box) AS geom, :water AS class FROM found) r)
 || (SELECT ST_AsMVT(r, :roads) FROM (SELECT ST_AsMVTGeom(ST_SetSRID(ST_MakeLine(ST_MakePoint(w + 5 * unit, s + 70 * unit),
   ST_MakePoint(w + 95 * unit, s + 70 * unit)), 3857), box) AS geom, :road AS kind, :road AS class FROM found) r)
 || (SELECT ST_AsMVT(r, :places) FROM (SELECT ST_AsMVTGeom(ST_SetSRID(ST_MakePoint(w + 50 * unit, s + 90 * unit), 3857), box)
   AS geom, '望江镇' AS name FROM found) r)"""
_LAYOUTS = {
    "protomaps": {"water": "lake", "roads": "roads", "road": "highway", "places": "places"},
    "openmaptiles": {"water": "lake", "roads": "transportation", "road": "motorway", "places": "place"},
}


@pytest.mark.parametrize("layout", _LAYOUTS)
def test_a_file_of_vector_tiles_is_painted_in_our_style(
    service: Service, page: Page, tmp_path: Path, layout: str
) -> None:
    x, y = (int(value // SIDE) for value in mercator(*PLACE, 14))
    with service.store.begin(Scope(actor="os:test", areas=("",))) as db:
        tile = bytes(db.execute(text(_SHAPES), {"x": x, "y": y, **_LAYOUTS[layout]}).scalar_one())
    path = written(tmp_path / "map.pmtiles", {Place(14, x, y): tile}, 1, packed=True)
    choose(service, basemaps=("pmtiles",), basemap_file=path, basemap_credit="© OpenStreetMap")
    service.enter(page, "supervisor")
    service.open(page, f"/status?base=pmtiles&at={PLACE[1]},{PLACE[0]},14")
    page.evaluate(
        """([at, zoom]) => {
          for (const name of ["overlayPane", "ground", "labels", "highlight"]) district_map.getPane(name).style.display = "none";
          district_map.setView(at, zoom, { animate: false });
        }""",
        [[PLACE[1], PLACE[0]], 14],
    )
    painted(page)
    expect(page.locator(".base-credit")).to_contain_text("OpenStreetMap")
    far = colours(page)
    assert far[(199, 220, 236)] > 3000  # water
    assert far[(255, 227, 174)] > 300  # a motorway
    assert far[(61, 72, 83)] > 20  # the name of a place
    # nearer than the file was made, shapes are painted larger, not a picture stretched
    page.evaluate("(at) => void district_map.setView(at, 16, { animate: false })", [PLACE[1], PLACE[0]])
    painted(page)
    side = page.evaluate("document.querySelector('.base-tiles canvas').width")
    assert side >= 1024


def colours(page: Page) -> Counter[tuple[int, ...]]:
    picture = np.asarray(Image.open(io.BytesIO(page.screenshot())).convert("RGB"))
    return Counter(map(tuple, picture.reshape(-1, 3).tolist()))
