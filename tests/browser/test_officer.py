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
    page.get_by_role("button", name="生成标包").click()
    cards = page.locator("#cards .card")
    expect(cards.first).to_be_visible(timeout=30_000)
    made = cards.count()
    assert made > 5

    cards.first.click()
    active = page.locator("#cards .card.active")
    before = active.inner_text()
    # The pool's table brings a unit to the middle of the map; a click there moves it into the active package.
    page.locator("#pool tbody tr").nth(5).click()
    page.wait_for_timeout(600)
    page.locator("#map, .leaflet-container").first.click()
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
