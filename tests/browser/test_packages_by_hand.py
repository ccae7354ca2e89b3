"""Packages by hand: a brush over the map, who is whose neighbour, how even they are, earlier runs, a phone."""

from __future__ import annotations

import re
from math import cos, pi, sin
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Service, Watch
from tests.browser.test_packages import LONG, quick

pytestmark = pytest.mark.browser

LINE = """color => {
  const found = [];
  district_map.eachLayer(layer => {
    if (!(layer instanceof L.Polyline) || layer instanceof L.Polygon || layer.options.color !== color) return;
    const [a, b] = layer.getLatLngs();
    const at = district_map.latLngToContainerPoint([(a.lat + b.lat) / 2, (a.lng + b.lng) / 2]);
    const box = district_map.getContainer().getBoundingClientRect();
    found.push([at.x + box.x, at.y + box.y]);
  });
  return found;
}"""
"""The middles of the lines of one colour, in pixels of the window."""
SMALL = """() => [...document.querySelectorAll(".work :is(button, select, summary, a.button), .bar :is(a, button)")]
  .filter(one => one.offsetParent && one.getBoundingClientRect().height < 43.5)
  .map(one => one.id || one.className || one.textContent)"""
"""What can be pressed and is lower than 44 pixels."""
OPEN, CUT = "#2f6f4f", "#b3261e"


def made(page: Page) -> None:
    quick(page)
    page.locator("#more > summary").click()
    page.locator("#make").click()
    expect(page.locator("#cards .card").first).to_be_visible(timeout=LONG)
    page.wait_for_load_state("networkidle")


def members(page: Page, number: int) -> int:
    told = page.locator("#cards .card").nth(number - 1).locator(".figures span").first.inner_text()
    return int(re.sub(r"\D", "", told))


def sweep(page: Page, *, alt: bool = False) -> None:
    """The pointer goes across the whole map with its button held."""
    box: Any = page.locator(".leaflet-container").first.bounding_box()
    middle = box["y"] + box["height"] / 2
    if alt:
        page.keyboard.down("Alt")
    page.mouse.move(box["x"] + 20, middle)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] - 20, middle, steps=8)
    page.mouse.up()
    if alt:
        page.keyboard.up("Alt")


def test_a_brush_paints_units_into_the_active_package_and_out_of_it(page: Page, service: Service) -> None:
    service.enter(page, "officer")
    page.keyboard.press("b")
    sweep(page)
    expect(page.locator("#hint")).to_contain_text("先选一个标包")
    page.keyboard.press("b")
    made(page)
    page.keyboard.press("2")
    before = members(page, 2)
    placed = sum(members(page, n + 1) for n in range(page.locator("#cards .card").count()))
    page.keyboard.press("b")
    expect(page.locator("#brush")).to_have_attribute("aria-pressed", "true")
    sweep(page)
    # What it would come to, and what it would break, is said before anything is taken.
    expect(page.locator("#stage-text")).to_contain_text("标包 2")
    expect(page.locator("#stage-warning")).to_contain_text("不连片")
    page.keyboard.press("Enter")
    painted = members(page, 2)
    assert painted > before + 1
    expect(page.locator("#cards .card.active .figures")).to_contain_text("每户到中心")
    sweep(page, alt=True)
    page.keyboard.press("Enter")
    assert sum(members(page, n + 1) for n in range(page.locator("#cards .card").count())) < placed
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+z")
    assert members(page, 2) == before
    page.keyboard.press("Escape")
    expect(page.locator("#brush")).to_have_attribute("aria-pressed", "false")


def drag(page: Page, points: list[tuple[float, float]]) -> None:
    """A finger goes over the map, through points in shares of its width and height."""
    box: Any = page.locator(".leaflet-container").first.bounding_box()
    finger = page.context.new_cdp_session(page)
    for part, (x, y) in enumerate(points):
        at = {"x": box["x"] + x * box["width"], "y": box["y"] + y * box["height"]}
        said = "touchMove" if part else "touchStart"
        finger.send("Input.dispatchTouchEvent", {"type": said, "touchPoints": [at]})
    finger.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


ACROSS = [(0.03 + 0.94 * part / 20, 0.5) for part in range(21)]
AROUND = [(0.5 + 0.4 * cos(pi * part / 15), 0.5 + 0.4 * sin(pi * part / 15)) for part in range(30)]


def test_a_finger_paints_in_and_out_and_draws_a_lasso(
    browser: Browser, service: Service, watch: Watch
) -> None:
    context = browser.new_context(viewport={"width": 1180, "height": 820}, locale="zh-CN", has_touch=True)
    watch.attach(context)
    page = context.new_page()
    service.enter(page, "officer")
    made(page)
    page.keyboard.press("2")
    address = page.url
    placed = [members(page, n + 1) for n in range(page.locator("#cards .card").count())]
    page.locator("#lasso").tap()
    page.locator("#brush").tap()
    expect(page.locator("#lasso")).to_have_attribute("aria-pressed", "false")
    drag(page, ACROSS)
    expect(page.locator("#stage-text")).to_contain_text("标包 2")
    page.locator("#stage-drop").tap()
    # Out of their packages: one button, whose state is seen, and no key is held.
    page.locator("#brush-out").tap()
    expect(page.locator("#brush")).to_have_attribute("aria-pressed", "false")
    expect(page.locator("#brush-out")).to_have_attribute("aria-pressed", "true")
    drag(page, ACROSS)
    expect(page.locator("#stage-text")).to_contain_text("待确认")
    page.locator("#stage-take").tap()
    after = [members(page, n + 1) for n in range(page.locator("#cards .card").count())]
    assert sum(after) < sum(placed)
    # A line around them chooses; the page stays where it is, and nothing moves by the touch that ends it.
    page.locator("#lasso").tap()
    expect(page.locator("#brush-out")).to_have_attribute("aria-pressed", "false")
    drag(page, AROUND)
    expect(page.locator("#stage-text")).to_contain_text("已选")
    expect(page.locator("#lasso")).to_have_attribute("aria-pressed", "false")
    page.locator("#stage-drop").tap()
    assert [members(page, n + 1) for n in range(page.locator("#cards .card").count())] == after
    assert page.url == address
    page.goto("about:blank")
    context.close()
    watch.check()


def test_neighbours_are_drawn_and_a_click_on_a_line_cuts_them(page: Page, service: Service) -> None:
    service.enter(page, "officer")
    page.keyboard.press("n")
    expect(page.locator("#hint")).to_contain_text("对可同包")
    expect(page.locator("#links-legend")).to_be_visible()
    lines = page.evaluate(LINE, OPEN)
    x, y = lines[0]
    page.mouse.click(x, y)
    expect(page.locator("#hint")).to_contain_text(f"{len(lines) - 1} 对可同包")
    page.locator("#more > summary").click()
    expect(page.locator("#pair-list")).to_contain_text("两处不通")
    # Without the rest it stays on the map; what is undone in the list is gone from the map too.
    page.keyboard.press("n")
    expect(page.locator("#links-legend")).to_be_hidden()
    assert len(page.evaluate(LINE, CUT)) == 1
    page.locator("#pair-list button").click()
    page.wait_for_timeout(400)
    assert page.evaluate(LINE, CUT) == []


def test_the_balance_shows_each_package_against_the_bounds(page: Page, service: Service) -> None:
    service.enter(page, "officer")
    expect(page.locator("#balance")).to_be_hidden()
    made(page)
    bars = page.locator("#balance [data-bar]")
    expect(bars).to_have_count(page.locator("#cards .card").count())
    expect(page.locator("#balance .off")).to_have_count(0)
    expect(page.locator("#balance")).to_contain_text("每户到中心")
    bars.last.click()
    expect(page.locator("#cards .card.active h3")).to_contain_text(bars.last.get_attribute("data-bar") or "")
    # By keyboard too: each bar says its package and its figure, and stays in focus when it is chosen.
    page.locator("#balance-of").focus()
    page.keyboard.press("Tab")
    expect(bars.first).to_be_focused()
    expect(bars.first).to_have_attribute("aria-label", re.compile(r"标包 \d+.*户"))
    page.keyboard.press("Enter")
    expect(bars.first).to_have_attribute("aria-pressed", "true")
    expect(bars.first).to_be_focused()
    expect(page.locator("#cards .card.active h3")).to_contain_text(bars.first.get_attribute("data-bar") or "")
    page.locator("#max").fill("1000")
    page.locator("#max").press("Tab")
    expect(page.locator("#balance .off").first).to_be_visible()
    expect(page.locator("#balance [role=status]")).to_contain_text("超出上下限")
    page.locator("#balance-of").select_option("floor_area")
    expect(page.locator("#balance [role=status]")).to_contain_text("平方米")
    expect(page.locator("#balance .off")).to_have_count(0)


def test_earlier_runs_come_back_also_those_that_came_to_nothing(page: Page, service: Service) -> None:
    service.enter(page, "officer")
    expect(page.locator("#runs")).to_contain_text("还没有算过")
    made(page)
    cards = page.locator("#cards .card").count()
    expect(page.locator("#runs li.marked")).to_contain_text(f"{cards} 包")
    page.locator("#more > summary").click()
    page.locator("#fewest").fill("95")
    page.locator("#make").click()
    expect(page.locator("#result .conflict")).to_be_visible(timeout=LONG)
    page.locator("#fewest").fill("")
    page.reload()
    # The run that came to nothing is shown again, with its rules and the button that mends them.
    expect(page.locator("#result .conflict button")).to_be_visible(timeout=LONG)
    expect(page.locator("#fewest")).to_have_value("95")
    page.locator("#runs li").nth(1).locator("button").click()
    expect(page.locator("#cards .card")).to_have_count(cards, timeout=LONG)
    expect(page.locator("#fewest")).to_have_value("")
    page.locator("#side-open").click()
    page.locator("#side-round").select_option(index=1)
    expect(page.locator("#side-columns .side-column").last).to_contain_text("已保存的轮次")


def test_on_paper_every_package_names_its_members_and_those_left_out_stand_by_reason(
    page: Page, service: Service
) -> None:
    service.enter(page, "officer")
    made(page)
    second = page.locator("#cards .card").nth(1)
    expect(second.locator(".members")).to_be_hidden()
    reasons = page.locator("#cards .left-out summary").all_inner_texts()
    assert any("业主不愿意" in reason for reason in reasons)
    assert len(reasons) < page.locator("#cards .left-out li").count()
    page.locator("#cards .left-out summary").first.click()
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    expect(second.locator(".members li")).to_have_count(members(page, 2))
    expect(second.locator(".members li").first).to_be_visible()
    expect(page.locator("#cards .left-out li").first).to_be_visible()
    expect(second.locator(".acts")).to_have_count(0)


@pytest.mark.parametrize("width", [390, 1024])
def test_the_page_opens_on_a_narrow_screen(
    browser: Browser, service: Service, watch: Watch, width: int
) -> None:
    context = browser.new_context(viewport={"width": width, "height": 800}, locale="zh-CN")
    watch.attach(context)
    page = context.new_page()
    service.enter(page, "officer")
    page.locator("#pool tbody tr").nth(3).click()
    page.wait_for_timeout(400)
    box: Any = page.locator(".stage").bounding_box()
    assert box["width"] > 340
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    if width < 820:
        # Large enough for a finger, wherever one is asked for.
        assert page.evaluate(SMALL) == []
    page.goto("about:blank")
    context.close()
    watch.check()
