"""Packages by keyboard and with slow answers: the focus stays, the last click counts, the shown plan is there after a reload."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import Service, heard
from tests.browser.test_packages_by_hand import made
from tests.browser.test_packages_strays import draft

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("patience")]

FOCUS = "() => { const at = document.activeElement; return at.dataset.service ?? at.dataset.package ?? at.className; }"


def test_the_focus_stays_where_cards_and_plans_are_drawn_anew(page: Page, service: Service) -> None:
    service.enter(page, "officer")
    made(page)
    # Another plan, by Enter on its row: its address brings it back.
    plans = page.locator("#result tbody tr")
    if plans.count() > 1:
        plans.nth(1).focus()
        page.keyboard.press("Enter")
        expect(plans.nth(1)).to_have_class("marked")
        expect(plans.nth(1)).to_be_focused()
        expect(page).to_have_url(re.compile(r"job=\d+&plan=2$"))
        page.reload()
        expect(plans.nth(1)).to_have_class("marked")
    card = page.locator("#cards .card").nth(2)
    name = str(card.get_attribute("data-package"))
    card.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#cards .card.active")).to_have_attribute("data-package", name)
    assert page.evaluate(FOCUS) == name
    # The service weighs the packages anew while a service is chosen for its second lot; nothing folds up or loses the focus.
    folded = page.locator("#cards .card.active details.services")
    folded.locator("summary").focus()
    page.keyboard.press("Enter")
    box = folded.locator('select[data-service="cleaning"]')
    box.focus()
    with page.expect_response("**/api/bundles/check*"):
        box.select_option("1")
    expect(page.locator("#cards .card.active")).to_contain_text("第 2 标段 保洁")
    assert page.evaluate(FOCUS) == "cleaning"
    expect(folded).to_have_attribute("open", "")


def test_of_two_rounds_clicked_the_last_opens_whichever_answers_first(page: Page, service: Service) -> None:
    first, _ = draft(service, "先点的")
    draft(service, "后点的")
    service.enter(page, "officer")
    waiting: list[Route] = []

    def hold(route: Route) -> None:
        waiting.append(route)

    page.route(f"**/api/rounds/{first}", hold)
    page.locator("#rounds").get_by_text("先点的").click()
    page.locator("#rounds").get_by_text("后点的").click()
    expect(page.locator("#rounds li.marked")).to_contain_text("后点的")
    (late,) = waiting
    late.continue_()
    heard(page, late)
    expect(page.locator("#round-name")).to_have_value("后点的")
    expect(page.locator("#rounds li.marked")).to_contain_text("后点的")
    page.goto("about:blank")


def test_a_rule_at_fault_is_marked_and_has_the_focus_also_where_it_is_folded_away(
    page: Page, service: Service
) -> None:
    service.enter(page, "officer")
    page.locator("#min").fill("2000")
    page.locator("#max").fill("100")
    page.locator("#gap").press("Enter")
    expect(page.locator("#rules-error")).to_contain_text("户数下限不能大于上限")
    expect(page.locator("#min")).to_be_focused()
    expect(page.locator("#max")).to_have_attribute("aria-invalid", "true")
    page.locator("#min").fill("100")
    page.locator("#max").fill("2000")
    # Folded away, a figure that cannot be taken is unfolded, and so is one that contradicts another.
    page.locator("#more > summary").click()
    page.locator("#area-min").fill("-5")
    page.locator("#more > summary").click()
    expect(page.locator("#area-min")).to_be_hidden()
    page.locator("#make").click()
    expect(page.locator("#area-min")).to_be_focused()
    page.locator("#area-min").fill("900")
    page.locator("#area-max").fill("5")
    page.locator("#more > summary").click()
    page.locator("#make").click()
    expect(page.locator("#rules-error")).to_contain_text("面积下限不能大于上限")
    expect(page.locator("#area-min")).to_be_focused()
    expect(page.locator("#min")).not_to_have_attribute("aria-invalid", "true")


def test_units_are_chosen_and_put_into_a_package_by_keyboard_alone(page: Page, service: Service) -> None:
    number, _ = draft(service, "只用键盘")
    service.enter(page, "officer")
    service.open(page, f"/packages?round={number}")
    rows = page.locator("#pool tbody tr")
    rows.nth(20).focus()
    page.keyboard.press("Space")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Space")
    expect(page.locator("#stage-text")).to_contain_text("已选 2 个")
    page.keyboard.press("2")
    page.keyboard.press("Enter")
    expect(page.locator('#cards .card[data-package="乙"] .figures')).to_contain_text("4 个小区")
    expect(page.locator("#round-state")).to_contain_text("第 2 版")
    # A round without a name is saved under the day's, and says so.
    page.locator("#round-name").fill("")
    page.locator("#save").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#toasts")).to_contain_text("已保存")
    expect(page.locator("#round-name")).to_have_value("2026年11月1日 标包方案")
    page.goto("about:blank")
