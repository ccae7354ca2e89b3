"""Base maps in a real browser, from providers made up on this machine: each lies where it belongs, and only those asked."""

from __future__ import annotations

import io
import logging
import math
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect
from pydantic import SecretStr

from geo.crs_shifted import wgs_to_gcj
from tests.browser.base_tiles import (
    AIR,
    PLACE,
    SIDE,
    ZOOM,
    choose,
    degrees,
    drawn,
    folder_of,
    mercator,
    painted,
    shifted,
)
from tests.browser.conftest import Service, Watch

pytestmark = pytest.mark.browser

KEY = "tk-nobody-may-read"


@dataclass
class Provider:
    """A provider on this machine: answers as Tianditu and AMap do, and notes what it was asked."""

    address: str = ""
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    held: threading.Event | None = None
    """Until it is set, no picture of AMap comes, and then none is one."""

    def tile(self, path: str) -> bytes:
        parts = urlsplit(path)
        said = {name.lower(): values[0] for name, values in parse_qs(parts.query).items()}
        if parts.path == "/appmaptile":
            if self.held:
                self.held.wait(20)
                return b"no picture"
            x, y, z = (int(said[name]) for name in "xyz")
            return drawn(x, y, mercator(*shifted(*PLACE), z))
        x, y, z = int(said["tilecol"]), int(said["tilerow"]), int(said["tilematrix"])
        lies = degrees if said["tilematrixset"] == "c" else mercator
        if said["layer"].startswith("c"):  # labels
            return AIR
        return drawn(x, y, lies(*PLACE, z))


@pytest.fixture
def provider() -> Iterator[Provider]:
    found = Provider()

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found.asked.append((self.path, {key.lower(): value for key, value in self.headers.items()}))
            body = found.tile(self.path)
            self.send_response(200)
            self.send_header("Content-Type", "image/png")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    found.address = f"http://127.0.0.1:{server.server_port}"
    yield found
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def page(browser: Browser, watch: Watch) -> Iterator[Page]:
    """A page watched as others are, but not routed: hundreds of pictures would all pass through this process."""
    opened = browser.new_page(viewport={"width": 1366, "height": 768}, locale="zh-CN")
    opened.set_default_timeout(15_000)
    opened.on("console", lambda said: watch.errors.append(said.text) if said.type == "error" else None)
    opened.on("pageerror", lambda error: watch.errors.append(str(error)))
    opened.on("request", lambda request: watch.foreign.extend(outside(request.url)))
    yield opened
    opened.close()
    watch.check()


def outside(url: str) -> list[str]:
    host = urlsplit(url).hostname
    return [] if host in {None, "127.0.0.1"} else [url]


def offset(page: Page, zoom: int = 16) -> tuple[float, float]:
    """How far the red square of the picture is from where the map itself puts the place, in pixels."""
    page.evaluate(
        """async ([at, zoom]) => {
          for (const name of ["overlayPane", "ground", "labels", "highlight", "markerPane"]) {
            const pane = district_map.getPane(name);
            if (pane) pane.style.display = "none";
          }
          district_map.setView(at, zoom, { animate: false });
        }""",
        [[PLACE[1] + 0.0004, PLACE[0] - 0.0007], zoom],
    )
    painted(page)
    point = page.evaluate(
        """(at) => {
          const point = district_map.latLngToContainerPoint(at);
          const box = district_map.getContainer().getBoundingClientRect();
          return [point.x + box.left, point.y + box.top];
        }""",
        [PLACE[1], PLACE[0]],
    )
    picture = np.asarray(Image.open(io.BytesIO(page.screenshot())).convert("RGB")).astype(int)
    red = (picture[:, :, 0] > 200) & (picture[:, :, 1] < 120) & (picture[:, :, 2] < 120)
    rows, columns = np.nonzero(red)
    near = (abs(columns - point[0]) < 40) & (abs(rows - point[1]) < 40)
    assert near.sum() >= 9, "the mark is not near its place"
    return float(columns[near].mean() + 0.5 - point[0]), float(rows[near].mean() + 0.5 - point[1])


@pytest.mark.parametrize("name", ["tianditu-w", "tianditu-c", "amap", "folder", "folder-shifted"])
def test_a_known_place_falls_on_its_pixel(
    service: Service, page: Page, provider: Provider, tmp_path: Path, name: str
) -> None:
    base = {"tianditu-w": "tianditu-vec", "tianditu-c": "tianditu-vec", "folder-shifted": "folder"}.get(
        name, name
    )
    moved = mercator(*(shifted(*PLACE) if name == "folder-shifted" else PLACE), ZOOM)
    choose(
        service, basemaps=(base,), tianditu_host=provider.address, tianditu_key=SecretStr(KEY), amap_host=provider.address,
        tianditu_matrix=name[-1] if base == "tianditu-vec" else "w", basemap_shifted=name == "folder-shifted",
        basemap_folder=folder_of(tmp_path, moved) if base == "folder" else None,
    )  # fmt: skip
    service.enter(page, "supervisor")
    service.open(page, f"/status?at={PLACE[1]},{PLACE[0]},{ZOOM}&base={base}")
    x, y = offset(page)
    expect(page.locator("#district_map.with-base")).to_be_attached()
    # the mark's own pixel is cut off to whole pixels: half of one either way
    assert abs(x) <= 1
    assert abs(y) <= 1


def test_shifted_pictures_lie_within_a_metre_and_clicks_on_them_are_true_places(
    service: Service, page: Page, provider: Provider
) -> None:
    choose(service, basemaps=("amap",), amap_host=provider.address)
    service.enter(page, "supervisor")
    service.open(page, f"/status?at={PLACE[1]},{PLACE[0]},17&base=amap")
    x, y = offset(page, 17)
    metres = 40075016.686 * math.cos(math.radians(PLACE[1])) / (SIDE * 2**17)
    assert math.hypot(x, y) * metres < 1
    # what is clicked where the picture shows the mark is the place itself, in CGCS2000
    point = page.evaluate(
        """(at) => {
          district_map.once("click", ({ latlng }) => (window.clicked = [latlng.lng, latlng.lat]));
          const point = district_map.latLngToContainerPoint(at);
          const box = district_map.getContainer().getBoundingClientRect();
          return [point.x + box.left, point.y + box.top];
        }""",
        [PLACE[1], PLACE[0]],
    )
    page.mouse.click(point[0] + x, point[1] + y)
    clicked = page.evaluate("window.clicked")
    east = (clicked[0] - PLACE[0]) * 111_320 * math.cos(math.radians(PLACE[1]))
    north = (clicked[1] - PLACE[1]) * 110_900
    # the mark within a metre, and the mouse within a pixel of it
    assert math.hypot(east, north) < 1 + metres


def test_javascript_shifts_as_python_does(service: Service, page: Page) -> None:
    places = np.random.default_rng(5).uniform((70, 0), (140, 57), (300, 2))
    service.enter(page, "supervisor")
    service.open(page, "/status")
    moved = page.evaluate(
        """async (places) => {
          const { toGcj } = await import("/static/js/basemap/shift.js");
          return places.map(([lon, lat]) => toGcj(lon, lat));
        }""",
        places.tolist(),
    )
    assert np.abs(np.array(moved) - wgs_to_gcj(places)).max() < 1e-11


def test_without_a_setting_nobody_is_offered_and_nobody_asked(service: Service, page: Page) -> None:
    service.enter(page, "supervisor")
    service.open(page, "/status?base=amap")
    page.wait_for_load_state("networkidle")
    expect(page.locator(".base-switch")).to_have_count(0)
    answer = page.goto(f"{service.address}/status")
    assert answer is not None
    assert "img-src 'self' data:;" in answer.headers["content-security-policy"]


def test_a_choice_is_kept_told_and_named(
    service: Service, page: Page, provider: Provider, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    choose(
        service, basemaps=("tianditu-vec", "amap"), tianditu_host=provider.address, amap_host=provider.address,
        tianditu_key=SecretStr(KEY), basemap_approvals={"tianditu": "GS(2024)0000号"},
    )  # fmt: skip
    service.enter(page, "supervisor")
    answer = page.goto(f"{service.address}/status")
    assert answer is not None
    policy = answer.headers["content-security-policy"]
    assert f"img-src 'self' data: {provider.address};" in policy
    assert policy.count(provider.address) == 1
    assert KEY not in answer.text()
    switch = page.locator(".base-switch select")
    expect(switch).to_have_value("none")
    assert not provider.asked
    switch.select_option("tianditu-vec")
    expect(page.locator(".base-credit")).to_contain_text("审图号：GS(2024)0000号")
    painted(page)
    assert "base=tianditu-vec" in page.url
    assert {headers.get("referer") for _, headers in provider.asked} == {f"{service.address}/"}
    assert {KEY in path for path, _ in provider.asked} == {True}
    page.locator("#layers input").first.uncheck()
    assert "base=tianditu-vec" in page.url
    service.open(page, "/overview")
    expect(switch).to_have_value("tianditu-vec")
    switch.select_option("none")
    expect(page.locator("#district_map.with-base")).to_have_count(0)
    service.open(page, "/heat")
    expect(switch).to_have_value("none")
    assert KEY not in caplog.text
    assert KEY not in repr(service.app.state.settings)


def test_a_provider_that_does_not_answer_leaves_plain_ground_and_a_word(
    service: Service, page: Page, watch: Watch
) -> None:
    choose(service, basemaps=("amap",), amap_host="http://127.0.0.1:9")
    service.enter(page, "supervisor")
    service.open(page, "/status?base=amap")
    expect(page.locator(".base-note")).to_contain_text("底图取不到")
    expect(page.locator("#district_map.with-base")).to_have_count(0)
    expect(page.locator("#list tbody tr").first).to_be_visible()
    watch.errors.clear()  # the browser's own notes of pictures that did not come


def test_a_provider_that_fails_late_says_nothing_of_what_was_chosen_since(
    service: Service, page: Page, provider: Provider, tmp_path: Path
) -> None:
    provider.held = threading.Event()
    folder = folder_of(tmp_path, mercator(*PLACE, ZOOM))
    choose(service, basemaps=("amap", "folder"), amap_host=provider.address, basemap_folder=folder)
    service.enter(page, "supervisor")
    service.open(page, f"/status?base=amap&at={PLACE[1]},{PLACE[0]},{ZOOM}")
    expect(page.locator(".base-tiles")).to_be_attached()
    page.locator(".base-switch select").select_option("folder")
    expect(page.locator(".base-tiles .leaflet-tile-loaded").first).to_be_attached()
    provider.held.set()
    page.wait_for_load_state("networkidle")
    expect(page.locator(".base-note")).to_be_empty()
    expect(page.locator("#district_map.with-base")).to_be_attached()
