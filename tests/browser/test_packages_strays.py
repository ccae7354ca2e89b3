"""Members that left the pool meanwhile: named with why, taken out and brought back, or kept; and a tab that stays open."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, Route, expect
from sqlalchemy import text

from geo.store.engine import Scope
from geo.tender import rounds
from geo.tender.pool import judged_pool
from geo.tender.rules import BundleRules
from tests.browser.conftest import Service
from tests.conftest import BUSINESS_DATE

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("patience")]

OFFICER = Scope("officer", ("990101",))
EVERYWHERE = Scope("os:test", ("",))
DISTRICT = "990101000000"
COME_BACK = "() => document.dispatchEvent(new Event('visibilitychange'))"


def draft(service: Service, name: str) -> tuple[int, list[str]]:
    """A draft of two packages of two communities; its number and its members."""
    with service.store.begin(OFFICER) as db:
        pool = judged_pool(db, DISTRICT, BUSINESS_DATE, standalone=False, ending=True, ending_days=90)
        codes = [unit["code"] for unit in pool["units"] if unit["code"].startswith("990101001")][:4]
        lots = [rounds.Lot(name="甲", units=codes[:2]), rounds.Lot(name="乙", units=codes[2:])]
        rules = BundleRules(area=DISTRICT, standalone=False)
        wanted = rounds.Draft(name=name, rules=rules, packages=lots)
        return rounds.save_new(db, wanted, BUSINESS_DATE, ending_days=90), codes


def sign(service: Service, unit: str) -> None:
    """A firm begins to serve a unit, with no end in sight."""
    with service.store.begin(EVERYWHERE) as db:
        change = (
            "INSERT INTO change_set (kind, area, subject) VALUES ('change', '990101', 'test') RETURNING id"
        )
        values = {"c": db.scalar(text(change)), "u": unit}
        gone = "UPDATE service_period SET recorded = tstzrange(lower(recorded), now()), closed_by = :c"
        db.execute(text(f"{gone} WHERE unit = :u AND upper_inf(recorded)"), values)
        fresh = "INSERT INTO service_period (unit_kind, unit, mode, firm, valid, opened_by)"
        firm = "(SELECT min(code) FROM firm WHERE upper_inf(recorded))"
        db.execute(
            text(f"{fresh} VALUES ('community', :u, 'market', {firm}, daterange('2026-10-01', NULL), :c)"),
            values,
        )


def held(service: Service, number: int) -> list[int]:
    with service.store.begin(OFFICER) as db:
        return [len(lot["members"]) for lot in rounds.view(db, number)["packages"]]


def test_members_that_left_the_pool_are_named_and_go_out_or_stay(page: Page, service: Service) -> None:
    number, codes = draft(service, "离池一轮")
    sign(service, codes[0])
    service.enter(page, "officer")
    service.open(page, f"/packages?round={number}")
    told = page.locator("#strays")
    expect(told).to_contain_text("1 个成员已离开待招标池")
    expect(told).to_contain_text("已有服务")
    expect(told).to_contain_text("2026年10月1日")
    expect(told).to_contain_text("在送审时被拦下")
    expect(page.locator('#cards .card[data-package="甲"]')).to_contain_text("已离池")

    # Kept, it stays in its package, and one line goes on saying so; nothing is lost by a reload.
    page.locator("#strays-keep").focus()
    page.keyboard.press("Enter")
    expect(told).to_contain_text("1 个已离开待招标池的成员仍在包里")
    expect(told.locator("button")).to_be_focused()
    assert held(service, number) == [2, 2]

    # Taken out, by keyboard: saved at once, and undo brings it back.
    page.keyboard.press("Enter")
    page.locator("#strays li button").focus()
    page.keyboard.press("Enter")
    expect(told).to_be_hidden()
    expect(page.locator("#hint")).to_contain_text("移出 1 个")
    expect(page.locator('#cards .card[data-package="甲"] .figures')).to_contain_text("1 个小区")
    expect(page.locator("#round-state")).to_contain_text("第 2 版")
    assert held(service, number) == [1, 2]
    page.keyboard.press("Control+z")
    expect(page.locator("#round-state")).to_contain_text("第 3 版")
    expect(told).to_contain_text("1 个成员已离开待招标池")
    assert held(service, number) == [2, 2]
    page.goto("about:blank")


def test_a_tab_that_stays_open_sees_what_came_meanwhile_and_keeps_what_is_typed(
    page: Page, service: Service
) -> None:
    number, codes = draft(service, "早上的一轮")
    service.enter(page, "officer")
    service.open(page, f"/packages?round={number}")
    expect(page.locator("#rounds li.marked")).to_contain_text("早上的一轮")
    expect(page.locator("#strays")).to_be_hidden()
    # Meanwhile somebody saves another round, and a firm begins to serve a member of this one.
    draft(service, "别人的一轮")
    sign(service, codes[2])
    name = page.locator("#round-name")
    name.fill("正在输入的名")
    waiting: list[Route] = []

    def hold(route: Route) -> None:
        waiting.append(route)

    page.route("**/api/rounds", hold)
    with page.expect_request("**/api/rounds"):
        page.evaluate(COME_BACK)
    expect(page.locator("#strays")).to_contain_text("已离开待招标池")
    # The answer is slow: what is typed and staged until it comes stays as it is.
    name.press("End")
    name.press("A")
    page.locator('#cards .card[data-package="乙"] h3').click()
    name.focus()
    for route in waiting:
        route.continue_()
    page.unroute("**/api/rounds")
    expect(page.locator("#rounds")).to_contain_text("别人的一轮")
    expect(name).to_have_value("正在输入的名A")
    expect(name).to_be_focused()
    expect(page.locator("#cards .card.active")).to_have_attribute("data-package", "乙")
    # The focus in the list itself stays on its row as well.
    row = page.locator("#rounds li", has_text="早上的一轮").locator("button")
    row.focus()
    draft(service, "再一轮")
    page.evaluate(COME_BACK)
    expect(page.locator("#rounds")).to_contain_text("再一轮")
    expect(row).to_be_focused()
    page.goto("about:blank")
