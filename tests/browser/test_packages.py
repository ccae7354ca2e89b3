"""What a proposal's page says beside its packages: costs of rules, conflicts with a way out, firms' sites, other days."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Service

pytestmark = pytest.mark.browser

LONG = 120_000
"""Milliseconds for work on a busy machine."""


def quick(page: Page) -> None:
    """One plan with little effort."""
    page.locator("#alternatives").select_option("1")
    page.locator("#more > summary").click()
    page.locator("#effort").select_option("0.3")


def add_rule(page: Page, kind: str, text: str) -> None:
    page.locator("#pair-kind").select_option(kind)
    page.locator("#pair-codes").fill(text)
    page.locator("#pair-add").click()


def test_what_each_rule_costs_is_worked_out_and_there_after_a_reload(page: Page, service: Service) -> None:
    service.enter(page, "officer")
    quick(page)
    page.locator("#make").click()
    expect(page.locator("#cards .card").first).to_be_visible(timeout=LONG)
    page.locator("#prices > summary").click()
    page.locator("#ask-prices").click()
    rows = page.locator("#prices tbody tr")
    expect(rows.first).to_be_visible(timeout=LONG)
    said = page.locator("#prices").inner_text()
    assert "不跨街道" in said
    assert "不得跨过屏障" in said
    costs, cards = rows.all_inner_texts(), page.locator("#cards .card").count()
    page.reload()
    expect(rows.first).to_be_visible(timeout=LONG)
    assert rows.all_inner_texts() == costs
    assert page.locator("#cards .card").count() == cards


def test_rules_in_conflict_are_told_and_a_button_mends_them(page: Page, service: Service) -> None:
    service.enter(page, "officer")
    quick(page)
    page.locator("#out").select_option("")
    page.locator("#make").click()
    told = page.locator("#result .conflict")
    expect(told).to_be_visible(timeout=LONG)
    expect(page.locator("#result strong")).to_have_text("这些规则互相矛盾，没有方案")
    expect(told).to_contain_text("超过上限 1,500")
    told.locator('[data-fix="rule_place_all"]').click()
    expect(page.locator("#cards .card").first).to_be_visible(timeout=LONG)
    expect(page.locator("#out")).to_have_value("1")


def test_a_firms_site_takes_its_neighbours(page: Page, service: Service) -> None:
    service.enter(page, "officer")
    quick(page)
    page.locator("#min").fill("0")
    code = page.locator("#pool tbody tr").nth(10).get_attribute("data-code")
    other = page.locator("#pool tbody tr").nth(30).get_attribute("data-code")
    add_rule(page, "centres", f"{code} 1600 50")
    add_rule(page, "centres", f"{other}")
    expect(page.locator("#pair-list li").first).to_contain_text("容量 1,600")
    page.locator("#make").click()
    expect(page.locator("#cards .card").first).to_be_visible(timeout=LONG)
    expect(page.locator("#cards .left-out")).to_contain_text("个里没有驻点")
    page.locator("#pair-list button").first.click()
    add_rule(page, "centres", f"{code} 1")
    page.locator("#make").click()
    expect(page.locator("#result .conflict")).to_contain_text("容量 1", timeout=LONG)


def test_another_day_has_another_pool_and_an_empty_one_is_said(page: Page, service: Service) -> None:
    service.enter(page, "officer")
    expect(page.locator("#pool-count")).to_contain_text("96")
    service.open(page, "/packages?as_of=2023-11-01")
    expect(page.locator("#pool-count")).to_contain_text("175")
    expect(page.locator("#as-of")).to_have_value("2023-11-01")
    service.open(page, "/packages?as_of=2010-01-01")
    expect(page.locator("#pool")).to_contain_text("待招标池是空的")
    page.locator("#make").click()
    expect(page.locator("#result .quality")).to_have_text("待招标池是空的，没有可打包的", timeout=LONG)


def test_units_that_are_ready_are_found_by_the_filter(page: Page, service: Service) -> None:
    service.enter(page, "officer")
    page.locator("#standalone").check()
    expect(page.locator("#pool-count")).to_contain_text("138")
    modes = page.locator("#mode-filter option").all_inner_texts()
    assert {text.split(" (")[0] for text in modes} >= {"引入", "联建", "自治", "可以招标"}
    page.locator("#mode-filter").select_option("ready")
    page.locator("#pool tbody tr").first.click()
    expect(page.locator("#unit h4")).to_have_text("可以招标")
