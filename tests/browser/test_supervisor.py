"""A supervisor's day: from the district to a community, back again, and to another date."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Service

pytestmark = pytest.mark.browser


def test_a_supervisor_drills_from_district_to_community_and_changes_the_date(
    page: Page, service: Service
) -> None:
    service.enter(page, "supervisor")
    expect(page).to_have_url(f"{service.address}/overview")
    expect(page.get_by_text("504 / 560")).to_be_visible()
    ranking = page.locator("#ranking")
    expect(ranking.locator("tbody tr")).to_have_count(13)

    ranking.get_by_text("和安里街道").click()
    expect(page.locator("#crumbs")).to_contain_text("和安里街道")
    first = ranking.locator("tbody tr").first
    neighbourhood = first.locator("td,th").first.inner_text()
    first.click()
    expect(page.locator("#crumbs")).to_contain_text(neighbourhood)
    assert "region=990101001" in page.url

    page.reload()
    expect(page.locator("#crumbs")).to_contain_text(neighbourhood)
    expect(ranking.locator("tbody tr").first).to_be_visible()

    page.keyboard.press("Backspace")
    page.keyboard.press("Backspace")
    expect(ranking.locator("tbody tr")).to_have_count(13)
    page.locator("#as-of-place input[type=date]").fill("2023-11-01")
    expect(page.get_by_text("420 / 560")).to_be_visible()
    assert "as_of=2023-11-01" in page.url


def test_a_community_page_is_reached_from_the_ranking(page: Page, service: Service) -> None:
    service.enter(page, "supervisor")
    service.open(page, "/overview?region=990101001001")
    expect(page.locator("#ranking-title")).to_contain_text("小区")
    row = page.locator("#ranking tbody tr").first
    expect(row).to_be_visible()
    name = row.locator("td,th").first.inner_text()
    row.click()
    page.wait_for_url("**/communities/990101001001C*")
    expect(page.get_by_text(name).first).to_be_visible()


@pytest.mark.parametrize("basis", ["households", "floor_area"])
def test_the_figures_say_their_basis(page: Page, service: Service, basis: str) -> None:
    service.enter(page, "supervisor")
    page.locator("#basis").select_option(basis)
    page.wait_for_url(f"**basis={basis}*")
    expect(page.locator("#ranking-title")).to_contain_text({"households": "户", "floor_area": "面积"}[basis])
