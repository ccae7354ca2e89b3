"""A tender officer's day: bundle the pool, move one community, take it back, save."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from geo.store.engine import Scope
from geo.tender import rounds
from tests.browser.conftest import Service

pytestmark = pytest.mark.browser

OFFICER = Scope("officer", ("990101",))


def test_an_officer_bundles_a_pool_moves_one_community_and_saves(page: Page, service: Service) -> None:
    service.enter(page, "officer")
    expect(page).to_have_url(f"{service.address}/packages")
    expect(page.locator("#pool-count")).to_contain_text("96")
    page.locator("#more > summary").click()
    page.locator("#effort").select_option("0.3")
    page.locator("#more > summary").click()
    page.get_by_role("button", name="生成标包").click()
    cards = page.locator("#cards .card")
    expect(cards.first).to_be_visible(timeout=120_000)
    made = cards.count()
    assert made > 5
    # Three proposals side by side, in words how far from the ideal, and a click that shows another one.
    plans = page.locator("#result table tbody tr")
    expect(page.locator("#result .quality")).not_to_be_empty()
    if plans.count() > 1:
        plans.nth(1).click()
        expect(plans.nth(1)).to_have_class("marked")
        plans.first.click()
        expect(plans.first).to_have_class("marked")

    cards.first.click()
    active = page.locator("#cards .card.active")
    before = active.inner_text()
    # The pool's table brings a unit to the middle of the map; a click there moves it into the active package.
    page.locator("#pool tbody tr").nth(5).click()
    page.wait_for_timeout(600)
    page.locator("#map, .leaflet-container").first.click()
    page.keyboard.press("Enter")
    expect(page.locator("#hint")).to_contain_text("标包")
    expect(active).not_to_have_text(before, use_inner_text=True)
    page.keyboard.press("Control+z")
    expect(active).to_have_text(before, use_inner_text=True)
    page.keyboard.press("Control+Shift+z")
    expect(active).not_to_have_text(before, use_inner_text=True)

    page.locator("#round-name").fill("浏览器测试批次")
    page.locator("#save").click()
    expect(page.locator("#rounds")).to_contain_text("浏览器测试批次")
    with service.store.begin(OFFICER) as db:
        saved = next(item for item in rounds.all_rounds(db) if item["name"] == "浏览器测试批次")
        assert rounds.view(db, saved["id"])["author"] == "officer"
    # A saved draft looks for changes every few seconds: it is left before the service stops.
    page.goto("about:blank")


def test_an_officer_notes_what_owners_think_and_filters_the_pool_by_mode(
    page: Page, service: Service
) -> None:
    service.enter(page, "officer")
    page.locator("#mode-filter").select_option("joint")
    expect(page.locator("#pool tbody tr").first.locator(".tag")).to_have_text("联建")
    page.locator("#mode-filter").select_option("")
    page.locator("#pool tbody tr").first.click()
    page.locator("#stance-vote").select_option("")
    page.locator("#stance-save").click()
    expect(page.locator("#unit")).to_contain_text("招标前还缺")
    expect(page.locator("#unit .missing")).to_contain_text("没有业主表决")
    page.locator("#stance-willing").select_option("true")
    page.locator("#stance-vote").select_option("passed")
    page.locator("#stance-save").click()
    expect(page.locator("#unit h4")).to_have_text("可以招标")
    expect(page.locator("#stance-vote")).to_have_value("passed")


def test_rules_that_contradict_each_other_are_said_before_anything_is_asked(
    page: Page, service: Service
) -> None:
    service.enter(page, "officer")
    expect(page.locator("#feasible")).to_contain_text("可成")
    page.locator("#more > summary").click()
    page.locator("#fewest").fill("9")
    page.locator("#most").fill("3")
    page.locator("#make").click()
    expect(page.locator("#rules-error")).to_have_text("最少标包数不能大于最多标包数")
    page.locator("#pair-kind").select_option("apart")
    page.locator("#pair-codes").fill("990101001003C001 990101001003C006")
    page.locator("#pair-add").click()
    expect(page.locator("#pair-list li")).to_have_count(1)
    expect(page.locator("#pair-list")).to_contain_text("菊桥大院")
    page.locator("#pair-list button").click()
    expect(page.locator("#pair-list li")).to_have_count(0)
