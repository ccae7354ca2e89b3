"""Two dates picked one after the other: what comes late of the first is not shown as the second's."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import Service, heard

pytestmark = pytest.mark.browser

DRAWN = """() => Object.values(district_map._layers).filter((each) => each.feature).length"""
EMPTY = '{"type": "FeatureCollection", "features": [], "numberReturned": 0, "links": []}'


@pytest.mark.parametrize(("path", "late"), [("/status", "communities"), ("/heat", "coverage/unserved")])
def test_what_comes_late_of_another_date_is_not_shown(
    service: Service, page: Page, path: str, late: str
) -> None:
    held: list[Route] = []

    def hold(route: Route) -> None:
        if len(held) == 0 and "as_of=" in route.request.url:
            held.append(route)
        else:
            route.fallback()

    service.enter(page, "supervisor")
    service.open(page, path)
    page.route(f"**/api/{late}?*", hold)
    back = page.locator("#as-of-place button").first
    with page.expect_request(f"**/api/{late}?*as_of=*"):
        back.click()
    with page.expect_response(f"**/api/{late}?*as_of=*"):
        back.click()
    expect(page.locator("#loading")).to_be_hidden()
    rows, drawn = page.locator("#row-count").inner_text(), page.evaluate(DRAWN)
    assert drawn > 10
    held[0].fulfill(body=EMPTY, content_type="application/geo+json")
    heard(page, held[0])
    assert (page.locator("#row-count").inner_text(), page.evaluate(DRAWN)) == (rows, drawn)
