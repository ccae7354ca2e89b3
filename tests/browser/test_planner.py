"""A planner's day: split a grid, hand it in; a second person publishes it."""

from __future__ import annotations

from datetime import date

import pytest
import shapely
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import text

from geo.store.engine import Scope
from tests.browser.conftest import Service, Watch
from tests.geo.boundaries.test_plans import lines_across

pytestmark = pytest.mark.browser

TODAY = date(2026, 11, 1)
NEXT = date(2026, 12, 1)
DISTRICT = Scope("planner", ("990101",))


def test_a_planner_splits_a_grid_and_a_second_person_publishes_it(
    page: Page, service: Service, browser: Browser, watch: Watch
) -> None:
    (code, line), _ = next(found for found in lines_across(service.store, DISTRICT) if not found[1])
    service.enter(page, "planner")
    expect(page).to_have_url(f"{service.address}/plans")
    page.locator("#subdistrict").select_option(f"{code[:9]}000")
    page.locator("#neighbourhood").select_option(code[:12])
    page.locator("#title").fill("试分一格")
    page.get_by_role("button", name="建立草稿").click()
    page.wait_for_url("**/plans/*")
    expect(page.locator("#loading")).to_be_hidden()

    page.locator("#list tbody tr", has_text=code[-3:]).first.click()
    expect(page.locator("#chosen")).to_contain_text(code)
    with service.store.begin(DISTRICT) as db:
        wkb = db.scalar(
            text("SELECT ST_AsBinary(geom) FROM grid_at(:d) WHERE code = :c"), {"d": TODAY, "c": code}
        )
    around = shapely.box(*shapely.buffer(shapely.from_wkb(bytes(wkb)), 0.0005).bounds)
    (x0, y0), (x1, y1) = line.intersection(around).coords
    half, whole = f"{x0} {y0}\n{(x0 + x1) / 2} {(y0 + y1) / 2}", f"{x0} {y0}\n{x1} {y1}"
    apply = page.locator("#apply")
    page.locator("#points").fill(half)
    expect(page.locator("#line-state")).not_to_be_empty()
    expect(apply).to_be_disabled()
    page.locator("#points").fill(whole)
    expect(apply).to_be_enabled()
    expect(page.locator("#preview .panel")).to_have_count(2)
    apply.click()
    expect(page.locator("#list tbody tr", has_text="新")).to_have_count(2)

    page.locator("#undo").click()
    expect(page.locator("#list tbody tr", has_text="新")).to_have_count(0)
    page.locator("#list tbody tr", has_text=code[-3:]).first.click()
    page.locator("#points").fill(whole)
    expect(apply).to_be_enabled()
    apply.click()
    expect(page.locator("#list tbody tr", has_text="新")).to_have_count(2)
    page.locator("#submit").click()
    expect(page.locator("#state")).to_have_text("待审")
    expect(page.locator("#publish")).to_be_hidden()
    plan = page.url

    context = browser.new_context(viewport={"width": 1366, "height": 768}, locale="zh-CN")
    watch.attach(context)
    other = context.new_page()
    service.enter(other, "reviewer")
    other.goto(plan)
    other.locator("#valid-from").fill(NEXT.isoformat())
    other.locator("#publish").click()
    expect(other.locator("#state")).to_have_text("已发布")
    context.close()

    with service.store.begin(DISTRICT) as db:
        at = text("SELECT code, came_from FROM grid_at(:d) WHERE neighbourhood = :a")
        today, later = (
            {row.code: row.came_from for row in db.execute(at, {"d": day, "a": code[:12]})}
            for day in (TODAY, NEXT)
        )
    assert code in today
    assert code not in later
    assert [came_from for came_from in later.values() if came_from == [code]] == [[code], [code]]
