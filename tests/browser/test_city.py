"""The status map of a city: painted from tiles, small in bytes, and as much to work with as a district's."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta

import psycopg2
import pytest
from playwright.sync_api import Browser, Page, Response, expect
from sqlalchemy import make_url, text

from api.access import session_cookie
from geo.people.register import Change, insert_person
from geo.people.sessions import open_session
from geo.people.trail import Origin
from geo.store.engine import Scope, Store
from tests.bench import made_city
from tests.browser.conftest import Service
from tests.conftest import Databases
from tests.geo.tiles.test_tiles import statements

pytestmark = pytest.mark.browser

MEGABYTE = 1_000_000
COMMUNITY = "990301001001C003"


@pytest.fixture
def place(service: Service) -> tuple[float, float]:
    """Latitude and longitude of a place inside the community."""
    asked = text(
        "SELECT ST_Y(p), ST_X(p) FROM (SELECT ST_PointOnSurface(geom) p FROM community WHERE code = :code) c"
    )
    with service.store.begin(Scope(actor="officer", areas=("9903",))) as db:
        lat, lon = db.execute(asked, {"code": COMMUNITY}).one()
    return round(lat, 5), round(lon, 5)


def from_near(place: tuple[float, float]) -> str:
    return f"/status?at={place[0]},{place[1]},15"


@dataclass
class Traffic:
    """What a page asked for: addresses, statuses, and the bytes of the answers."""

    asked: list[tuple[str, int]] = field(default_factory=list)
    size: int = 0

    def note(self, answer: Response) -> None:
        self.asked.append((answer.url.split("/", 3)[-1], answer.status))
        self.size += int(answer.headers.get("content-length", 0))

    def of(self, start: str) -> list[tuple[str, int]]:
        return [each for each in self.asked if each[0].startswith(start)]


@pytest.fixture
def demo_copy(databases: Databases, demo_database: str) -> Iterator[Store]:
    """The demo's database with the city beside it: the service of this file stands on it."""
    name = databases.create(demo_database)
    url = make_url(databases.url(name))
    options = "-c search_path=wangge,public"
    bare = psycopg2.connect(host=url.query["host"], user=url.username, dbname=name, options=options)
    with bare, bare.cursor() as cursor:
        made_city.build(cursor, buildings=0)
    bare.close()
    store = Store(databases.url(name))
    with store.begin(Origin().scope("os:test", duty="security")) as db:
        insert_person(db, "cityward", Change("市督导", ("supervisor",), (made_city.CITY,)), demo=True)
    yield store
    store.dispose()
    databases.drop(name)


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page whose requests nobody routes: Playwright switches the browser's cache off where it does."""
    opened = browser.new_page(viewport={"width": 1366, "height": 768}, locale="zh-CN")
    opened.set_default_timeout(10_000)
    yield opened
    opened.close()


@pytest.fixture
def traffic(service: Service, page: Page) -> Traffic:
    with service.store.begin(Origin().scope("os:test", duty="auth")) as db:
        person = db.scalar(text("SELECT id FROM person WHERE username = 'cityward'"))
        opened = open_session(db, "browser", timedelta(hours=1), person)
    cookie = session_cookie(service.app.state.settings)
    page.context.add_cookies([{"name": cookie, "value": opened.key, "url": service.address}])
    found = Traffic()
    page.on("response", found.note)
    return found


WAITING = "() => document.querySelector('canvas.leaflet-tile:not(.leaflet-tile-loaded)') === null"


def settled(page: Page) -> None:
    """Nothing is asked for any more, and every tile is painted."""
    page.wait_for_load_state("networkidle")
    page.wait_for_function(WAITING)


def test_a_citys_status_map_is_small_and_can_be_worked_with(
    service: Service, page: Page, traffic: Traffic, place, caplog
) -> None:
    caplog.set_level(logging.INFO, "wangge.access")
    service.open(page, "/status")
    settled(page)
    # small: tiles and sums, not one list of shapes
    assert traffic.size < MEGABYTE
    assert traffic.of("api/tiles/regions,base-features,communities/")
    assert not traffic.of("api/communities")
    assert not traffic.of("api/grids")
    tree, rows = page.locator("#layers"), page.locator("#list tbody tr")
    expect(tree).to_contain_text("5000")
    expect(rows).to_have_count(5)
    # by keyboard down to one neighbourhood, each step in the address
    for depth in (2, 3, 4):
        rows.first.focus()
        page.keyboard.press("Enter")
        expect(page.locator(".crumbs button")).to_have_count(depth)
        expect(rows).to_have_count(10)
        settled(page)
    assert "region=9903" in page.url
    # a click shows what lies there, and its neighbourhood in the list
    page.evaluate("(at) => void district_map.setView(at, 16, { animate: false })", list(place))
    settled(page)
    box = page.locator("#district_map").bounding_box()
    assert box is not None
    middle = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(*middle)
    expect(page.locator(".tip")).to_be_visible()
    page.mouse.click(*middle)
    expect(page.locator("#details code").first).to_have_text(COMMUNITY)
    expect(page.locator(f'#list tr.marked[data-code="{COMMUNITY}"]')).to_be_visible()
    # the address brings somebody else to the same place
    settled(page)
    address, centre = page.url, page.evaluate("[district_map.getCenter().lat, district_map.getZoom()]")
    page.goto("about:blank")
    page.goto(address)
    expect(page.locator("body[data-ready=yes]")).to_be_attached()
    assert page.evaluate("[district_map.getCenter().lat, district_map.getZoom()]") == pytest.approx(
        centre, abs=1e-4
    )
    expect(page.locator("#details code").first).to_have_text(COMMUNITY)


INK = """async (at) => {
  const pane = district_map.getPane("city");
  const point = district_map.latLngToContainerPoint(at);
  const map = district_map.getContainer().getBoundingClientRect();
  for (const canvas of pane.querySelectorAll("canvas")) {
    const box = canvas.getBoundingClientRect();
    const [x, y] = [(point.x + map.left - box.left) / box.width, (point.y + map.top - box.top) / box.height];
    if (x < 0 || y < 0 || x >= 1 || y >= 1) continue;
    const copy = document.createElement("canvas");
    copy.width = copy.height = 1;
    const pen = copy.getContext("2d");
    pen.drawImage(canvas, -Math.floor(x * canvas.width), -Math.floor(y * canvas.height));
    return [...pen.getImageData(0, 0, 1, 1).data].slice(0, 3);
  }
  return null;
}"""


def answered(caplog: pytest.LogCaptureFixture) -> set[int]:
    """The statuses of the service's own log for tiles."""
    said = [each.args for each in caplog.records if each.name == "wangge.access"]
    return {status for *_, path, status, _ms in said if path.startswith("/api/tiles/")}


def test_an_edit_shows_in_the_next_tile_and_what_is_unchanged_is_not_asked_of_shapes(
    service: Service, page: Page, traffic: Traffic, place, caplog
) -> None:
    caplog.set_level(logging.INFO, "wangge.access")
    service.open(page, from_near(place))
    settled(page)
    before = page.evaluate(INK, list(place))
    caplog.clear()
    with statements(service.store) as sent:
        service.open(page, from_near(place))
        settled(page)
    assert answered(caplog) == {304}
    assert not [each for each in sent if "ST_AsMVT" in each or "community_at" in each]
    assert page.evaluate(INK, list(place)) == before
    with service.store.begin(Scope(actor="officer", areas=("9903",))) as db:
        change = (
            db.connection()
            .exec_driver_sql(
                "INSERT INTO change_set (kind, area, subject) VALUES ('change', '990301001001', 'x') RETURNING id"
            )
            .scalar_one()
        )
        db.connection().exec_driver_sql(
            "UPDATE service_period SET recorded = tstzrange(lower(recorded), now()), closed_by = %s WHERE unit = %s",
            (change, COMMUNITY),
        )
    caplog.clear()
    service.open(page, from_near(place))
    settled(page)
    assert answered(caplog) == {200}
    assert page.evaluate(INK, list(place)) != before


def test_switches_filter_the_painted_map_without_a_question(
    service: Service, page: Page, traffic: Traffic, place, caplog
) -> None:
    caplog.set_level(logging.INFO, "wangge.access")
    service.open(page, from_near(place))
    settled(page)
    before = page.evaluate(INK, list(place))
    traffic.asked.clear()
    page.locator("#layers label.layer", has_text="只看三无小区").locator("input").check()
    page.wait_for_function("() => location.search.includes('off=')")
    page.wait_for_function(f"async ([at, before]) => String(await ({INK})(at)) !== String(before)", arg=[list(place), before])  # fmt: skip
    assert not traffic.of("api/tiles/")
    assert "three_no_only" not in page.url


@pytest.mark.parametrize("region", ["abc", "999999999999", "990101001001C001"])
def test_a_region_that_is_none_is_said_and_led_back_from(
    service: Service, page: Page, traffic: Traffic, region: str
) -> None:
    service.open(page, f"/status?region={region}")
    expect(page.locator("#loading")).to_be_hidden()
    expect(page.locator("#list [role=alert]")).to_contain_text(f"辖区内没有编码为 {region} 的行政区划")
    page.locator("#list [role=alert] button").click()
    expect(page.locator("#list tbody tr")).to_have_count(5)
    assert "region" not in page.url
    # the overview shows the whole area instead, and says so
    service.open(page, f"/overview?region={region}")
    expect(page.locator(".toast.error")).to_contain_text(region)
    expect(page.locator("#ranking tbody tr")).to_have_count(5)
    assert "region" not in page.url


def test_the_overview_of_a_city_is_drilled_into_a_district(
    service: Service, page: Page, traffic: Traffic
) -> None:
    service.open(page, "/overview")
    page.locator("#ranking tbody tr").first.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#crumbs button")).to_have_count(2)
    expect(page.locator("#ranking tbody tr")).to_have_count(10)


@pytest.mark.parametrize("path", ["/status", "/heat"])
def test_tiles_that_do_not_come_are_told_and_asked_for_again(
    service: Service, page: Page, traffic: Traffic, path: str
) -> None:
    page.route("**/api/tiles/**", lambda route: route.abort())
    service.open(page, path)
    told = page.locator(".tiles-lost")
    expect(told).to_contain_text("块地图没有取到")
    page.unroute("**/api/tiles/**")
    told.locator("button").click()
    expect(told).to_have_count(0)
    settled(page)
    assert page.locator("canvas.leaflet-tile-loaded").count() > 1
