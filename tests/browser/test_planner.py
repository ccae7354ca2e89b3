"""A planner's day in the editor, a second person's publication, and what happens when hands or tabs get in the way."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest
import shapely
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect
from sqlalchemy import text

from geo.errors import Conflict
from geo.store.engine import Scope, Store
from tests.browser.conftest import Service, Watch
from tests.browser.planner_hand import METRE, Hand, bend, cut, free, neighbours, pair

pytestmark = pytest.mark.browser

SUBDISTRICT = "990101001000"
TODAY = date(2026, 11, 1)
NEXT = date(2026, 12, 1)
DISTRICT = Scope("planner", ("990101",))
LONG = 120_000
"""Milliseconds for work on a busy machine."""


@pytest.fixture(autouse=True)
def refusals_are_no_errors(page: Page, watch: Watch) -> Iterator[None]:
    """Chromium writes every answer from 400 on to the console; a refused preview or a conflict is none of ours.

    Asks for the page only to be done before the page is checked.
    """
    del page
    yield
    watch.errors[:] = [
        each for each in watch.errors if not any(f"status of {code}" in each for code in (409, 412, 422))
    ]


def draft(page: Page, service: Service, title: str, neighbourhood: str = "") -> Hand:
    page.locator("#subdistrict").select_option(SUBDISTRICT)
    page.locator("#neighbourhood").select_option(neighbourhood)
    page.locator("#title").fill(title)
    page.get_by_role("button", name="建立草稿").click()
    page.wait_for_url("**/plans/*")
    return opened(page, service)


def opened(page: Page, service: Service) -> Hand:
    expect(page.locator("body[data-ready=yes]")).to_be_attached(timeout=20_000)
    expect(page.locator("#loading")).to_be_hidden()
    return Hand(page, service)


def person(browser: Browser, watch: Watch, service: Service, username: str) -> tuple[BrowserContext, Page]:
    context = browser.new_context(viewport={"width": 1366, "height": 768}, locale="zh-CN")
    watch.attach(context)
    page = context.new_page()
    service.enter(page, username)
    return context, page


def split_by_hand(hand: Hand, step: int) -> str:
    """Split a cell with the mouse; returns its code."""
    code, line = cut(hand)
    hand.choose(code)
    hand.page.keyboard.press("z")
    hand.page.keyboard.press("x")
    hand.draw(line[0])
    expect(hand.page.locator("#apply")).to_have_count(0)
    hand.draw(line[1])
    expect(hand.page.locator("#outlook h2")).to_contain_text("同步修改 3 个网格")
    expect(hand.page.locator("#outlook tbody tr")).to_have_count(3)
    hand.apply(step)
    return code


def dent(store: Store, plan: str) -> None:
    """Bite a piece out of a drafted cell at its border with the one that was made with it: a gap in the draft."""
    with store.begin(DISTRICT) as db:
        rows = db.execute(
            text("SELECT code, ST_AsBinary(geom) AS wkb FROM grid_plan_cell WHERE plan = :p AND is_new ORDER BY code"),
            {"p": plan},
        ).all()  # fmt: skip
        one, other = (shapely.from_wkb(bytes(row.wkb)).geoms[0] for row in rows[:2])
        border = shapely.line_merge(one.intersection(other))
        start, end = (border.interpolate(share, normalized=True) for share in (0.4, 0.6))
        inner = shapely.Point(one.representative_point())
        tip = shapely.Point(start.x + (inner.x - start.x) * 0.05, start.y + (inner.y - start.y) * 0.05)
        bitten = one.difference(shapely.Polygon([start, end, tip]).buffer(METRE / 100))
        update = text("UPDATE grid_plan_cell SET geom = ST_Multi(ST_ForcePolygonCCW(ST_SetSRID(ST_GeomFromWKB(:w), 4490))) WHERE plan = :p AND code = :c")  # fmt: skip
        db.execute(update, {"w": shapely.to_wkb(bitten), "p": plan, "c": rows[0].code})


def test_a_planners_day(page: Page, service: Service, browser: Browser, watch: Watch) -> None:
    service.enter(page, "planner")
    expect(page).to_have_url(f"{service.address}/plans")
    hand = draft(page, service, "和安里街道网格调整")
    before = hand.cells()

    old = split_by_hand(hand, 1)
    dent(service.store, hand.plan)
    page.reload()
    opened(page, service)

    one, other = pair(hand, set(hand.cells()) - set(before))
    page.keyboard.press("m")
    hand.choose(one)
    hand.choose(other)
    expect(page.locator("#outlook h2")).to_contain_text("合并")
    hand.apply(2)
    page.keyboard.press("v")

    code, start, goal = bend(hand, {cell for cell in hand.cells() if cell not in before})
    hand.choose(code)
    page.keyboard.press("z")
    page.keyboard.press("e")
    hand.drag(start, goal)
    expect(page.locator("#outlook h2")).to_contain_text("同步修改 2 个网格", timeout=20_000)
    hand.apply(3)

    page.locator("#tab-faults").click()
    fault = page.locator(
        '.fault.error:is([data-kind="gap"], [data-kind="hole"], [data-kind="uncovered"])'
    ).first
    fault.click()
    fault.locator("button.fix").click()
    expect(page.locator("#outlook h2")).to_contain_text("修复", timeout=20_000)
    hand.apply(4)
    expect(page.locator(".fault.error")).to_have_count(0, timeout=20_000)

    page.locator("#district_map").focus()
    for step in (3, 2):
        page.keyboard.press("Control+z")
        hand.at_step(step)
    for step in (3, 4):
        page.keyboard.press("Control+Shift+z")
        hand.at_step(step)

    rebalance(hand)
    compare_and_submit(hand, old)
    publish(hand, old, browser, watch)
    worlds(hand, old, set(before))


def rebalance(hand: Hand) -> None:
    page = hand.page
    page.locator("#suggest").click()
    page.locator("#suggest-kind").select_option("rebalance")
    page.locator("#suggest-where").select_option(index=2)
    page.locator("#suggest-count").select_option("1")
    page.locator("#suggest-go").click()
    adopt = page.locator("button.adopt").first
    expect(adopt).to_be_visible(timeout=LONG)
    adopt.click()
    expect(page.locator("#outlook h2")).to_contain_text("采用建议", timeout=LONG)
    hand.apply(5)
    page.locator("#suggest-close").click()


def compare_and_submit(hand: Hand, old: str) -> None:
    page = hand.page
    page.locator("#tab-compare").click()
    row = page.locator(f'#tab tr[data-code="{old}"]')
    expect(row).to_contain_text("拆分", timeout=20_000)
    page.locator("#confirm-lineage").click()
    expect(page.locator("#toasts")).to_contain_text("沿革已确认")
    heir = page.locator("select[data-branch]").first
    if heir.count():
        heir.select_option(index=1)
        expect(page.locator("#tab .busy")).to_have_count(0)
        expect(page.locator("select[data-branch]").first).not_to_have_value("")
    page.locator("#submit").click()
    reason = page.locator("#submit-reason")
    reason.or_(page.locator("#state", has_text="待审")).first.wait_for()
    if reason.is_visible():
        reason.fill("老旧小区集中，户数暂不调整")
        page.locator("#dialog button.main").click()
    expect(page.locator("#state")).to_have_text("待审", timeout=20_000)
    expect(page.locator("#toolbar")).to_be_hidden()


def publish(hand: Hand, old: str, browser: Browser, watch: Watch) -> None:
    context, other = person(browser, watch, hand.service, "reviewer")
    other.goto(hand.page.url)
    opened(other, hand.service)
    other.locator("#valid-from").fill(NEXT.isoformat())
    other.locator("#publish").click()
    expect(other.locator("#state")).to_have_text("已发布", timeout=20_000)
    expect(other.locator("#dialog")).to_contain_text(old)
    context.close()


def worlds(hand: Hand, old: str, before: set[str]) -> None:
    """The slider shows the grids of both days; the old code is never given again."""
    page = hand.page
    page.reload()
    opened(page, hand.service)
    shown = page.locator("#hint")
    day = page.locator("#as-of-day")
    day.fill(TODAY.isoformat())
    expect(shown).to_contain_text("2026年11月1日")
    expect(shown).to_contain_text(f"{len(before)} 个")
    day.fill(NEXT.isoformat())
    expect(shown).to_contain_text("2026年12月1日")
    with hand.service.store.begin(DISTRICT) as db:
        at = text("SELECT code, came_from FROM grid_at(:d) WHERE neighbourhood LIKE :a")
        today, later = (
            {row.code: row.came_from for row in db.execute(at, {"d": when, "a": f"{SUBDISTRICT[:9]}%"})}
            for when in (TODAY, NEXT)
        )
    expect(shown).to_contain_text(f"{len(later)} 个")
    assert set(today) == before
    assert old not in later
    assert sum(old in came_from for came_from in later.values()) >= 2
    insert = text(
        "INSERT INTO grid (code, name, kind, neighbourhood, geom, valid, opened_by)"
        " SELECT :code, '重号', 'basic', left(:code, 12), geom, '[2027-06-01,)', opened_by FROM grid LIMIT 1"
    )
    with pytest.raises(Conflict, match="never used again"), hand.service.store.begin(DISTRICT) as db:
        db.execute(insert, {"code": old})


def test_an_unfinished_line_outlives_its_tab_and_a_conflict_loses_nothing(
    page: Page, service: Service, context: BrowserContext
) -> None:
    service.enter(page, "planner")
    hand = draft(page, service, "两只手", "990101001003")
    code, line = cut(hand)
    hand.choose(code)
    page.keyboard.press("z")
    page.keyboard.press("x")
    hand.draw(*line)
    expect(page.locator("#apply")).to_be_enabled(timeout=20_000)

    page.reload()
    opened(page, service)
    page.locator("#banner").get_by_role("button", name="接着画").click()
    expect(page.locator("#apply")).to_be_enabled(timeout=20_000)

    other = context.new_page()
    other.goto(page.url)
    second = opened(other, service)
    other.locator("#banner").get_by_role("button", name="丢弃").click()
    third = next(cell for cell in second.cells() if cell != code)
    second.choose(third)
    other.locator("#cell-name").fill("改过名的网格")
    other.get_by_role("button", name="改名").click()
    second.at_step(1)

    page.bring_to_front()
    page.locator("#district_map").focus()
    page.keyboard.press("Enter")
    page.locator("#keep-mine").click()
    hand.at_step(2)
    expect(page.locator(f'#tree [data-code="{third}"]')).to_contain_text("改过名的网格")
    expect(page.locator(f'#tree [data-code="{code}"]')).to_have_count(0)


def test_a_name_being_typed_outlives_the_check_that_comes_late(page: Page, service: Service) -> None:
    service.enter(page, "planner")
    hand = draft(page, service, "慢检查", "990101001003")
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/api/plans/*/faults", hold)
    with page.expect_request("**/api/plans/*/faults"):
        page.reload()
    opened(page, service)
    code = next(iter(hand.cells()))
    hand.choose(code)
    page.locator("#cell-name").fill("检查时取的名")
    for each in held:
        each.continue_()
    expect(page.locator("#tab-faults")).to_contain_text("(")
    page.get_by_role("button", name="改名").click()
    hand.at_step(1)
    expect(page.locator(f'#tree [data-code="{code}"]')).to_contain_text("检查时取的名")


def test_keys_alone_move_a_shared_border(page: Page, service: Service) -> None:
    service.enter(page, "planner")
    hand = draft(page, service, "只用键盘", "990101001003")
    code, start, goal = bend(hand, set())
    row = page.locator(f'#tree [data-code="{code}"]')
    row.focus()
    page.keyboard.press("Enter")
    expect(row).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("e")
    page.locator("#coordinates").click()
    page.locator("#points").fill(f"{start[0]},{start[1]}\n{goal[0]},{goal[1]}")
    expect(page.locator("#hint")).to_have_text("可以应用：按回车", timeout=20_000)
    hand.apply(1)
    page.locator("#points").fill("x")
    expect(page.locator("#points-error")).not_to_be_empty()


def test_a_locked_cell_is_left_alone(page: Page, service: Service) -> None:
    service.enter(page, "planner")
    hand = draft(page, service, "锁定", "990101001003")
    page.locator("#tab-compare").click()
    expect(page.locator("#tab")).to_contain_text("没有改动")
    one, other = next(neighbours(hand.cells(), set()))
    hand.choose(other)
    page.keyboard.press("l")
    page.keyboard.press("m")
    hand.choose(one)
    expect(page.locator("#hint")).to_have_text("会改动已锁定的单元", timeout=20_000)
    expect(page.locator("#apply")).to_have_count(0)

    page.reload()
    opened(page, service)
    page.keyboard.press("m")
    hand.choose(one)
    hand.choose(other)
    expect(page.locator("#hint")).to_have_text("会改动已锁定的单元", timeout=20_000)
    page.keyboard.press("Escape")
    hand.choose(other)
    page.keyboard.press("l")
    page.reload()
    opened(page, service)
    page.keyboard.press("m")
    hand.choose(one)
    hand.choose(other)
    expect(page.locator("#apply")).to_be_enabled(timeout=20_000)


def test_a_comment_points_at_a_place_on_the_map(page: Page, service: Service) -> None:
    service.enter(page, "planner")
    hand = draft(page, service, "图上批注", "990101001003")
    page.locator("#tab-comments").click()
    point = page.locator("#comment-point")
    point.click()
    page.keyboard.press("Escape")
    expect(point).to_have_attribute("aria-pressed", "false")
    point.click()
    place = next(iter(hand.cells().values())).representative_point()
    page.mouse.click(*hand.pixel((place.x, place.y)))
    expect(page.locator("#tab")).to_contain_text("标在图上所指的点")
    page.locator("#comment-text").fill("此处围墙已拆")
    page.get_by_role("button", name="添加批注").click()
    pin = page.locator(".map-pin")
    expect(pin).to_have_text("1")
    pin.click()
    expect(page.locator("[data-comment]")).to_be_focused()
    page.get_by_role("button", name="图上 1").click()
    box, there = pin.bounding_box(), hand.pixel((place.x, place.y))
    assert box is not None
    assert abs(box["x"] + box["width"] / 2 - there[0]) < 3
    assert abs(box["y"] + box["height"] / 2 - there[1]) < 3
    page.locator("#tab-properties").click()
    expect(pin).to_have_count(0)


@pytest.mark.parametrize("layer", ["communities", "building_groups"])
def test_communities_and_building_groups_are_drawn_by_hand(page: Page, service: Service, layer: str) -> None:
    service.enter(page, "planner")
    page.locator("#layer").select_option(layer)
    hand = draft(page, service, "新画", "990101001003")
    place = free(hand)
    page.keyboard.press("n")
    hand.draw(*place)
    hand.apply(1)


def test_drafts_of_one_area_stand_side_by_side(page: Page, service: Service) -> None:
    service.enter(page, "planner")
    hand = draft(page, service, "方案甲", "990101001003")
    split_by_hand(hand, 1)
    page.locator("#copy").click()
    expect(page.locator("#title")).to_have_text("方案甲（二）", timeout=20_000)
    opened(page, service)
    expect(page.locator("#tree .mark")).not_to_have_count(0)
    service.open(page, "/plans")
    for box in page.locator("#list input[type=checkbox]").all():
        box.check()
    page.locator("#compare").click()
    columns = page.locator("#beside .panel")
    expect(columns).to_have_count(2)
    assert len({columns.nth(i).locator("dd").nth(3).inner_text() for i in range(2)}) == 1
