"""Rounds, firms and inbox: in a new district that has none of them, on paper, and a paper that is made and stopped."""

from __future__ import annotations

import io

import pypdfium2
import pytest
from playwright.sync_api import Page, Route, expect

from geo.people.sessions import issue_token
from geo.store.engine import Scope
from geo.tender import rounds
from geo.tender.pool import judged_pool
from geo.tender.rules import BundleRules
from tests.api.conftest import add_person
from tests.browser.conftest import Service, Watch
from tests.conftest import BUSINESS_DATE

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("patience")]

OFFICER = Scope("officer", ("990101",))
DISTRICT = "990101000000"


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("zh", ("还没有批次", "还没有登记企业", "没有待办")),
        ("en", ("No rounds yet", "No firm is on record yet", "Nothing waits for you")),
    ],
)
def test_a_new_district_is_told_what_is_missing_and_where_it_comes_from(
    page: Page, service: Service, watch: Watch, language: str, said: tuple[str, str, str]
) -> None:
    add_person(service.store, "fresh", ("officer",), ("990102000000",))
    token = issue_token(service.store, "fresh", 1, "os:test")
    page.set_extra_http_headers({"Authorization": f"Bearer {token}"})
    page.context.add_cookies([{"name": "wangge_lang", "value": language, "url": service.address}])
    for path, place, text in zip(
        ("/rounds", "/firms", "/inbox"), ("#rounds-list", "#firms", "#inbox"), said, strict=True
    ):
        service.open(page, path)
        expect(page.locator(place)).to_contain_text(text)
    for tab in ("expiring", "trials"):
        service.open(page, f"/rounds?tab={tab}")
        expect(page.locator(f"#{tab}-list td.none")).to_be_visible()
    # Chromium writes it as an error that the district has no settings yet.
    watch.errors = [told for told in watch.errors if "404" not in told]


def texts(page: Page) -> list[str]:
    """What a page says on paper, sheet by sheet."""
    printed = pypdfium2.PdfDocument(io.BytesIO(page.pdf(format="A4")))
    return [printed[n].get_textpage().get_text_range() for n in range(len(printed))]


def test_firms_and_inbox_print_from_the_first_sheet_on(page: Page, service: Service) -> None:
    service.enter(page, "officer")
    service.open(page, "/firms")
    page.locator("#firms tbody tr").first.click()
    expect(page.locator("#firm h2")).to_be_visible()
    name = page.locator("#firm h2").inner_text()
    sheets = texts(page)
    assert name in sheets[0], "the list begins on the first sheet"
    count = page.locator("#firms tbody tr").count()
    assert sum(sheet.count("有限公司") for sheet in sheets) >= count
    assert "本区招标规定" not in "".join(sheets), "a form is nothing to print"
    service.open(page, "/inbox")
    assert "待办" in texts(page)[0]


@pytest.fixture
def number(service: Service) -> int:
    """A draft of one package."""
    with service.store.begin(OFFICER) as db:
        pool = judged_pool(db, DISTRICT, BUSINESS_DATE, standalone=False, ending=True, ending_days=90)[
            "units"
        ]
        lots = [rounds.Lot(name="甲", units=[unit["code"] for unit in pool[:2]])]
        rules = BundleRules(area=DISTRICT, standalone=False)
        draft = rounds.Draft(name="文件", rules=rules, packages=lots)
        return rounds.save_new(db, draft, BUSINESS_DATE, ending_days=90)


def test_a_paper_is_made_while_the_page_waits_and_given_out(
    page: Page, service: Service, number: int
) -> None:
    service.enter(page, "officer")
    service.open(page, f"/rounds/{number}?tab=papers")
    for _ in ("made", "kept"):
        with page.expect_download(timeout=120_000) as got:
            page.locator("#paper-maps").click()
        assert got.value.suggested_filename == "文件-标包图册.pdf"
        expect(page.locator("#making-maps")).to_be_hidden()


def test_a_paper_that_takes_long_shows_how_far_it_is_and_is_stopped(
    page: Page, service: Service, number: int
) -> None:
    stopped = []

    def slow(route: Route) -> None:
        """A job that is as slow as one of a hundred packages, and stops when it is asked to."""
        if route.request.method == "POST":
            stopped.append(route.request.url)
            return route.fulfill(status=202, json={})
        state = {"state": "cancelled" if stopped else "doing", "progress": 0.4, "note": "drawing"}
        return route.fulfill(json={**state, "cancel": bool(stopped), "figures": {"packages": 100}})

    service.enter(page, "officer")
    service.open(page, f"/rounds/{number}?tab=papers")
    page.route("**/api/jobs/**", slow)
    page.locator("#paper-annex").click()
    making = page.locator("#making-annex")
    expect(making).to_contain_text("正在绘制 · 100 个标包 · 40 %")
    assert making.locator("progress").evaluate("(bar) => bar.value") == 0.4
    making.get_by_role("button", name="停止").click()
    expect(page.locator("#toasts")).to_contain_text("已停止")
    expect(making).to_be_hidden()
    assert page.locator("#paper-annex").get_attribute("aria-busy") is None
