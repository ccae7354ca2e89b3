"""Every page, for everybody who may open it, in both languages: no complaint in the console, nobody else asked."""

from __future__ import annotations

from datetime import date

import pytest
from playwright.sync_api import Page, expect

from geo.boundaries import plans
from geo.store.engine import Scope
from geo.survey import sending
from geo.tender import rounds
from geo.tender.rules import BundleRules
from tests.api.matrix import PAGES
from tests.browser.conftest import Service

pytestmark = pytest.mark.browser

ROLES = ("planner", "officer", "supervisor", "reviewer", "system", "security", "auditor")
TODAY = date(2026, 11, 1)


def a_plan(service: Service) -> int:
    with service.store.begin(Scope("planner", ("990101",))) as db:
        return plans.create(db, "990101001001", "看一看", TODAY)


def a_round(service: Service) -> int:
    with service.store.begin(Scope("officer", ("990101",))) as db:
        draft = rounds.Draft(name="看一看", rules=BundleRules(area="990101000000"), packages=[])
        return rounds.save_new(db, draft, TODAY, ending_days=90)


def a_survey(service: Service) -> int:
    with service.store.begin(Scope("planner", ("990101",))) as db:
        return sending.send(db, sending.Wanted("990101001001", TODAY))


@pytest.mark.parametrize("role", ROLES)
def test_every_page_of_a_role_opens_in_both_languages(page: Page, service: Service, role: str) -> None:
    addresses = {
        "/plans/1": f"/plans/{a_plan(service)}",
        "/rounds/1": f"/rounds/{a_round(service)}",
        "/surveys/1": f"/surveys/{a_survey(service)}",
    }
    service.enter(page, role)
    for row in PAGES:
        if not row.is_page or role not in row.roles:
            continue
        for lang in ("zh-CN", "en"):
            service.open(page, addresses.get(row.address, row.address) + f"?lang={lang}")
            expect(page.locator("html")).to_have_attribute("lang", lang)
            expect(page.locator("main, body > .sheet, .stage, .work").first).to_be_visible()


def test_the_way_in_opens_without_anybody(page: Page, service: Service) -> None:
    for path in ("/sign-in", "/sign-in?lang=en", "/demo"):
        service.open(page, path)


@pytest.mark.parametrize("path", ["/overview", "/status", "/heat", "/packages"])
def test_maps_draw_shapes_at_1366_by_768(page: Page, service: Service, path: str) -> None:
    service.enter(page, "officer" if path == "/packages" else "supervisor")
    service.open(page, path)
    canvas = page.locator(".leaflet-container canvas").first
    expect(canvas).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), (
        "the page scrolls sideways"
    )


def test_a_page_of_another_role_says_so(page: Page, service: Service, watch) -> None:
    service.enter(page, "supervisor")
    answer = page.goto(f"{service.address}/people")
    assert answer is not None
    assert answer.status == 403
    expect(page.locator("body")).to_contain_text("权限")
    watch.errors.clear()  # the browser itself notes a 403 in the console; that is what was asked for
