"""Two officers on one round: each sees the other's changes, and where both touched one community, a person decides."""

from __future__ import annotations

import json
import re
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, Route, expect

from geo.store.engine import Scope
from geo.tender import rounds
from geo.tender.pool import judged_pool
from geo.tender.rules import BundleRules
from tests.browser.conftest import Service, Watch
from tests.conftest import BUSINESS_DATE

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("patience")]

OFFICER = Scope("officer", ("990101",))
DISTRICT = "990101000000"


@pytest.fixture
def number(service: Service) -> int:
    """A draft of two packages."""
    with service.store.begin(OFFICER) as db:
        pool = judged_pool(db, DISTRICT, BUSINESS_DATE, standalone=False, ending=True, ending_days=90)[
            "units"
        ]
        codes = [unit["code"] for unit in pool if unit["code"].startswith("990101001")]
        rules = BundleRules(area=DISTRICT, standalone=False)
        lots = [rounds.Lot(name="甲", units=codes[:2]), rounds.Lot(name="乙", units=codes[2:4])]
        draft = rounds.Draft(name="两人同改", rules=rules, packages=lots)
        return rounds.save_new(db, draft, BUSINESS_DATE, ending_days=90)


def members(page: Page, name: str) -> int:
    found = re.match(r"(\d+)", page.locator(f'#cards .card[data-package="{name}"] .figures').inner_text())
    assert found
    return int(found[1])


def toggle(page: Page, place: int, name: str) -> None:
    """Move a unit of the pool into a package by a click on the map, and take it."""
    page.locator(f'#cards .card[data-package="{name}"] h3').click()
    page.locator("#pool tbody tr").nth(place).click()
    page.wait_for_timeout(500)
    page.locator("#district_map").click()
    expect(page.locator("#stage-bar")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.locator("#stage-bar")).to_be_hidden()


def deaf(route: Route) -> None:
    """An answer that says nothing happened: what a slow network amounts to."""
    since = int(parse_qs(urlsplit(route.request.url).query)["since"][0])
    route.fulfill(
        body=json.dumps({"version": since, "state": "draft", "changes": []}), content_type="application/json"
    )


def test_two_officers_see_each_other_and_decide_where_they_meet(
    page: Page, second: Page, service: Service, watch: Watch, number: int
) -> None:
    for each in (page, second):
        service.enter(each, "officer")
        service.open(each, f"/packages?round={number}")
    assert (members(page, "甲"), members(second, "甲")) == (2, 2)
    # The way to the hub is told of a round that is opened, before anything is changed.
    expect(page.locator('#cards .card[data-package="甲"] .figures')).to_contain_text("每户到中心")
    expect(page.locator("#balance")).to_contain_text("每户到中心")

    # What one does, the other sees, without losing anything.
    toggle(page, 20, "甲")
    expect(second.locator("#toasts")).to_contain_text("移动了 1 个小区")
    expect(second.locator('#cards .card[data-package="甲"] .figures')).to_contain_text("3 个小区")

    # Changes of different communities at one time: both stay, nobody is asked.
    second.route("**/changes?*", deaf)
    toggle(page, 22, "甲")
    toggle(second, 24, "乙")
    expect(second.locator('#cards .card[data-package="甲"] .figures')).to_contain_text("4 个小区")
    assert members(second, "乙") == 3
    expect(page.locator('#cards .card[data-package="乙"] .figures')).to_contain_text("3 个小区")
    assert not second.locator("#conflict").is_visible()

    # Both move one community: the second is asked, and may keep its own.
    toggle(page, 26, "甲")
    toggle(second, 26, "乙")
    expect(second.locator("#conflict")).to_be_visible()
    expect(second.locator("#conflict-theirs")).to_contain_text("甲")
    expect(second.locator("#conflict-mine")).to_contain_text("乙")
    second.locator("#keep-mine").click()
    expect(second.locator('#cards .card[data-package="乙"] .figures')).to_contain_text("4 个小区")
    expect(page.locator('#cards .card[data-package="甲"] .figures')).to_contain_text("4 个小区")

    # Or it takes theirs: its own move is gone, and it goes on from what the other left.
    toggle(page, 30, "甲")
    toggle(second, 30, "乙")
    expect(second.locator("#conflict")).to_be_visible()
    second.locator("#take-theirs").click()
    expect(second.locator("#conflict")).to_be_hidden()
    expect(second.locator('#cards .card[data-package="甲"] .figures')).to_contain_text("5 个小区")
    assert members(second, "乙") == 4
    with service.store.begin(OFFICER) as db:
        kept = rounds.view(db, number)["packages"]
    assert [len(lot["members"]) for lot in kept] == [5, 4]

    # Or it may save its own as another round, and theirs stays.
    toggle(page, 28, "甲")
    toggle(second, 28, "乙")
    expect(second.locator("#conflict")).to_be_visible()
    second.locator("#save-as").click()
    expect(second.locator("#rounds")).to_contain_text("两人同改（副本）")
    with service.store.begin(OFFICER) as db:
        kept = rounds.view(db, number)["packages"]
    assert [len(lot["members"]) for lot in kept] == [6, 4]
    # Pages that look for changes every few seconds are left before the service stops.
    for each in (page, second):
        each.goto("about:blank")
    # Chromium writes each refusal of a stale version, which was asked for, as an error.
    watch.errors = [said for said in watch.errors if "412" not in said]
