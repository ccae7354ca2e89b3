"""A table without codes through the browser: handed in, settled by key and by another person, loaded, and known next time."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import text

from geo.store.engine import Scope
from tests.browser.conftest import Service
from tests.geo.ingest import office

pytestmark = pytest.mark.browser
DISTRICT = Scope("planner", ("990101",))
NAMES = text("""
SELECT code, name FROM (SELECT code, name, count(*) OVER (PARTITION BY name) AS times FROM community
                         WHERE upper_inf(recorded) AND upper_inf(valid)) c
 WHERE times = 1 AND name LIKE '%新村' AND length(name) = 4 ORDER BY code LIMIT 3""")
HOUSEHOLDS = text("""
SELECT households, aliases FROM community
 WHERE code = :code AND upper_inf(recorded) AND valid @> date '2026-11-01'""")


def known(service: Service) -> list[tuple[str, str]]:
    with service.store.begin(DISTRICT) as db:
        return [(row.code, row.name) for row in db.execute(NAMES)]


def sheet(folder: Path, names: list[str], name: str = "台账.xlsx") -> Path:
    rows = [{"小区名称": one, "户数": 9001 + n, "业主表决": "已通过"} for n, one in enumerate(names)]
    return office.write(folder / name, pd.DataFrame(rows), None)


def hand_in(page: Page, service: Service, path: Path) -> None:
    """Hand a file in, in a window that has none in hand."""
    page.evaluate("sessionStorage.clear()")
    service.open(page, "/imports")
    page.set_input_files("#file", path)
    expect(page.locator("#matching")).to_be_visible(timeout=30_000)


def test_rows_in_doubt_are_settled_by_two_people_and_the_next_file_matches_by_itself(
    page: Page, service: Service, tmp_path: Path
) -> None:
    sure, first, second = known(service)
    odd, other = f"老{first[1]}", f"{second[1][0]}啊{second[1][2:]}"
    names = [f"{sure[1]}小区", odd, other, "谁也没听说过"]
    service.enter(page, "planner")
    hand_in(page, service, sheet(tmp_path, names))
    expect(page.locator("#matching")).to_contain_text("确认 2 行")
    page.click("#matching a.button")
    expect(page.locator("body[data-ready=yes]")).to_be_attached()
    expect(page.locator("#row h2")).to_have_text(odd)
    expect(page.locator(".original")).to_contain_text("9002")
    card = page.locator(f'.candidate[data-code="{first[0]}"]')
    expect(card).to_contain_text("名称相近")
    expect(page.locator(".spot").first).to_be_visible()
    rank = card.locator(".rank").inner_text()

    page.keyboard.press("0")
    expect(page.locator("#row h2")).to_have_text(other)
    page.keyboard.press("u")
    expect(page.locator("#row h2")).to_have_text(odd)
    expect(page.locator("#list .tag").first).to_have_text("待确认")
    page.keyboard.press(rank)
    expect(page.locator("#list .tag").first).to_have_text("已选定")
    expect(page.locator("#row h2")).to_have_text(other)

    page.context.clear_cookies()
    address = page.url
    service.enter(page, "officer")
    page.goto(f"{service.address}/imports")
    page.locator("#matchings a").click()
    expect(page.locator("body[data-ready=yes]")).to_be_attached()
    expect(page.locator("#row h2")).to_have_text(other)
    page.locator("#list button").first.click()
    expect(page.locator("#row")).to_contain_text("planner 确认")
    page.goto(address)
    expect(page.locator("#row h2")).to_have_text(other)
    page.locator(f'.candidate[data-code="{second[0]}"] button').click()
    expect(page.locator("#counts")).to_contain_text("2已确认")
    page.click("#load")
    expect(page.locator("#outcome")).to_contain_text("写入 3 行", timeout=30_000)
    with service.store.begin(DISTRICT) as db:
        assert db.execute(HOUSEHOLDS, {"code": sure[0]}).one().households == 9001
        row = db.execute(HOUSEHOLDS, {"code": first[0]}).one()
        assert (row.households, odd in row.aliases) == (9002, True)

    hand_in(page, service, sheet(tmp_path, names, "下月.xlsx"))
    expect(page.locator("#matching")).to_contain_text("3确定")


def test_all_above_a_score_are_accepted_at_once_and_taken_back_at_once(
    page: Page, service: Service, tmp_path: Path
) -> None:
    sure, first, second = known(service)
    service.enter(page, "officer")
    hand_in(page, service, sheet(tmp_path, [sure[1], f"老{first[1]}", f"老{second[1]}"]))
    page.click("#matching a.button")
    expect(page.locator("body[data-ready=yes]")).to_be_attached()
    page.fill("#above", "0.6")
    page.click("#accept")
    expect(page.locator("#list .tag.good")).to_have_count(2)
    page.reload()
    expect(page.locator("#list .tag.good")).to_have_count(2)
    page.locator("#list button").first.click()
    page.click("#take-back")
    expect(page.locator("#list .tag.good")).to_have_count(1)


def test_the_page_speaks_english_and_says_when_nothing_waits(page: Page, service: Service) -> None:
    service.enter(page, "planner")
    service.open(page, "/matchings?lang=en")
    expect(page.locator("#row")).to_contain_text("No file waits")
