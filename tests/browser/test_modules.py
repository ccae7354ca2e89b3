"""Our modules in a real browser, on the real pages, with answers made up here: no database, no service."""

import json
import math
import threading
from collections.abc import Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, Route

from maps import build
from maps.classes import quantiles
from maps.frame import PAGES, STATIC, render

pytestmark = pytest.mark.browser

HOSTILE = "<img src=x onerror=\"window.ran='img'\">{{7*7}}${window.ran='literal'}</script>"
TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".png": "image/png"}
ME = {
    "username": "supervisor", "name": HOSTILE, "roles": ["supervisor"], "csrf": "x", "demo": True,
    "areas": [{"code": "990101000000", "name": HOSTILE, "level": "district"}],
    "business_date": "2026-11-01", "must_change_password": False,
}  # fmt: skip


class _Pages(BaseHTTPRequestHandler):
    """The pages with their policies, and the static folders."""

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        for page in PAGES.values():
            if page.path.split("{")[0].rstrip("/") == path or (
                "{" in page.path and path.startswith(page.path[:6])
            ):
                drawn = render(page, "zh")
                return self._send(drawn.html, "text/html; charset=utf-8", drawn.csp)
        for prefix, folder in STATIC.items():
            file = folder / path.removeprefix(prefix + "/")
            if path.startswith(prefix + "/") and file.is_file():
                return self._send(file.read_bytes(), TYPES.get(file.suffix, "text/plain"))
        return self.send_error(404)

    def _send(self, body: bytes, kind: str, csp: str = "") -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        if csp:
            self.send_header("Content-Security-Policy", csp)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        return


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    build.build()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Pages)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def square(code: str, west: float, south: float, **properties: Any) -> dict[str, Any]:
    ring = [
        [west, south],
        [west + 0.01, south],
        [west + 0.01, south + 0.01],
        [west, south + 0.01],
        [west, south],
    ]
    known = {"code": code, "name": HOSTILE, "area_m2": 1e6, **properties}
    geometry = {"type": "Polygon", "coordinates": [ring]}
    return {"type": "Feature", "id": code, "geometry": geometry, "properties": known}


def listing(*features: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "FeatureCollection",
        "features": list(features),
        "numberMatched": len(features),
        "links": [],
    }


def answers(shares: tuple[float | None, ...]) -> dict[str, Any]:
    """What each address of the API says: one sub-district for each share."""
    codes = [f"990101{number:03d}000" for number in range(1, len(shares) + 1)]
    rows = [
        {"code": code, "name": HOSTILE, "numerator": 1, "denominator": 2, "unknown": 0, "share": share}
        for code, share in zip(codes, shares, strict=True)
    ]
    known = [share for share in shares if share is not None]
    total = {
        **(rows[0] if rows else {"numerator": 0, "denominator": 0, "unknown": 0}),
        "share": known[0] if known else None,
    }
    regions = [square(code, 117.2 + 0.01 * i, 31.8, level="subdistrict") for i, code in enumerate(codes)]
    unit = square(
        "990101001001C001", 117.2, 31.8, kind="old", three_no=True, served=None, mode=None, households=None
    )
    return {
        "/api/me": ME,
        "/api/inbox": {"items": []},
        "/api/summary": {"communities": 1, "communities_by_kind": {}, "residents": 2, "area_km2": 1.0},
        "/api/regions": listing(*regions),
        "/api/base-features": listing(),
        "/api/communities": listing(unit),
        "/api/building-groups": listing(),
        "/api/grids": listing(),
        "/api/basemaps": {"basemaps": []},
        "/api/census": {
            "communities": 1, "modes": {"unknown": 1}, "three_no": 1, "groups": 0, "stand_alone": 0, "grids": 0,
            "neighbourhoods": 0, "subdistricts": len(codes), "districts": 1, "bounds": None,
        },
        "/api/coverage": {
            "as_of": "2026-11-01", "level": "subdistrict", "basis": "count", "standalone": False, "rows": rows,
            "basis_text": {"zh": "按小区数", "en": "by count"}, "total": total,
            "series": [{"date": "2026-10-01", "share": None}, {"date": "2026-11-01", "share": total["share"]}],
        },
    }  # fmt: skip


def open_page(page: Page, site: str, path: str, said: dict[str, Any]) -> None:
    def answer(route: Route) -> None:
        body = said.get(urlsplit(route.request.url).path)
        status = 404 if body is None else 200
        route.fulfill(status=status, content_type="application/json", body=json.dumps(body or {}))

    page.route("**/api/**", answer)
    page.goto(site + path)
    page.wait_for_selector("body[data-ready=yes]", state="attached")


def test_hostile_names_stay_text_on_the_pages(page: Page, site: str) -> None:
    open_page(page, site, "/status", answers((0.5,)))
    page.locator("#list tbody tr").first.click()
    assert page.locator("#details h3").inner_text() == HOSTILE
    assert HOSTILE in page.locator("#area").inner_text()
    open_page(page, site, "/overview", answers((0.5, 0.9)))
    page.locator("#district_map").hover()
    assert HOSTILE in page.locator(".map-label").first.inner_text()
    assert page.evaluate("window.ran") is None


@pytest.mark.parametrize(
    "shares", [(), (None,), (None, None, None), (0.5,), (0.7, 0.7, 0.7, 0.7), (0.0, 1.0)], ids=str
)
def test_the_overview_bears_data_without_spread(
    page: Page, site: str, shares: tuple[float | None, ...]
) -> None:
    open_page(page, site, "/overview", answers(shares))
    counted = [int(text) for text in page.locator("#legend .legend-count").all_inner_texts()]
    assert sum(counted) == len(shares)
    assert counted[-1] == sum(share is None for share in shares)


def test_filters_stand_in_the_address_and_come_back_with_it(page: Page, site: str) -> None:
    open_page(page, site, "/overview", answers((0.5, 0.9)))
    page.select_option("#basis", "households")
    page.check("#standalone")
    page.wait_for_url("**basis=households*standalone=true*")
    page.reload()
    page.wait_for_selector("body[data-ready=yes]", state="attached")
    assert page.input_value("#basis") == "households"
    assert page.is_checked("#standalone")


def test_every_shape_can_be_reached_by_keyboard(page: Page, site: str) -> None:
    open_page(page, site, "/overview", answers((0.5, 0.9)))
    page.locator("#ranking tbody tr").first.focus()
    page.keyboard.press("ArrowDown")
    assert page.locator("#ranking tbody tr").nth(1).get_attribute("class") == "marked"
    page.keyboard.press("Enter")
    page.wait_for_url("**region=990101001000*")


def test_breaks_in_the_browser_are_those_of_python(page: Page, site: str) -> None:
    open_page(page, site, "/overview", answers((0.5,)))
    for values in (
        [],
        [3.0] * 5,
        [1, 2, 3, 4, 5, 6, 7, 8],
        [0, 0, 0, 0, 0, 0, 1, 2],
        [math.pi * i % 7 for i in range(40)],
    ):
        got = page.evaluate(
            "async values => (await import('/static/js/classes.js')).quantiles(values, 5, 'Oranges')", values
        )
        wanted = quantiles(values)
        assert got["breaks"] == pytest.approx(list(wanted.breaks))
        assert got["colours"] == list(wanted.colours)


def test_a_line_that_surely_cannot_cut_is_told_without_asking(page: Page, site: str) -> None:
    open_page(page, site, "/overview", answers((0.5,)))
    shape = {"type": "Polygon", "coordinates": [[[0, 0], [2, 0], [2, 2], [0, 2], [0, 0]]]}
    ask = partial(
        page.evaluate,
        "async ([line, shape]) => (await import('/static/js/plans/line.js')).fault(line, shape)",
    )
    assert ask([[[-1, 1]], shape]) == "plan.two_points"
    assert ask([[[-1, 1], [1, 1]], shape]) == "plan.ends_inside"
    assert ask([[[-1, 3], [3, 3]], shape]) == "plan.does_not_cross"
    assert ask([[[-1, 0.5], [3, 0.5], [3, 1.5], [-1, 1.5]], shape]) == "plan.crosses_often"
    assert ask([[[-1, 1], [3, 1]], shape]) is None
