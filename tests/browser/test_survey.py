"""A planner sends a survey sheet, fills it in, takes it back, confirms but one, sees it on the community's page, undoes."""

from __future__ import annotations

import re
from pathlib import Path

import openpyxl
import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Service
from tests.geo.survey.conftest import write

pytestmark = pytest.mark.browser


def codes(book: openpyxl.Workbook) -> list[str]:
    return [str(cells[0].value) for sheet in book.worksheets for cells in sheet.iter_rows(min_row=5)
            if sheet.sheet_state == "visible" and re.fullmatch(r"\d{12}C\d{3}", str(cells[0].value))]  # fmt: skip


def send(page: Page, service: Service, folder: Path) -> Path:
    """Send a survey of a sub-district from the page; returns the workbook that came down."""
    service.open(page, "/surveys")
    expect(page.locator("#list")).to_contain_text("还没有发过摸底表")
    page.locator("#standalone").check()
    page.locator("#name").fill("冬季摸底")
    page.locator("#send").click()
    page.wait_for_url(re.compile(r"/surveys/\d+$"))
    expect(page.locator("#title")).to_have_text("冬季摸底 第 1 号")
    expect(page.locator("#progress tbody tr").first).to_contain_text("未收回")
    with page.expect_download() as download:
        page.locator("#xlsx").click()
    path = folder / download.value.suggested_filename
    download.value.save_as(path)
    return path


def test_a_survey_from_sheet_to_community_and_back(page: Page, service: Service, tmp_path: Path) -> None:
    service.enter(page, "planner")
    path = send(page, service, tmp_path)
    book = openpyxl.load_workbook(path)
    first, second, third = codes(book)[:3]
    book.worksheets[0]["B2"] = "王敏"
    write(book, first, "户数", "１２ 户")
    write(book, second, "户数", 34)
    write(book, third, "户数", "十来户")
    write(book, third, "备注", "<img src=x onerror=alert(1)>")
    book.save(path)

    page.locator("#file").set_input_files(path)
    expect(page.locator("#reports .report")).to_contain_text("读不出 1 处", timeout=60_000)
    rows = page.locator("#difference tr.item")
    expect(rows).to_have_count(3)
    expect(page.locator("#ticked")).to_have_text("已勾选 2 项")
    expect(page.locator("#difference")).to_contain_text("备注：<img src=x onerror=alert(1)>")
    # The keyboard: to the second row, and its tick off.
    rows.first.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Space")
    expect(page.locator("#ticked")).to_have_text("已勾选 1 项")
    # What could not be read is asked, and then ticked by itself.
    page.locator("#difference .ask input").fill("15 户")
    page.keyboard.press("Enter")
    expect(page.locator("#ticked")).to_have_text("已勾选 2 项")

    page.locator("#confirm").click()
    expect(page.locator("#sure-title")).to_contain_text("写入 2 项")
    page.locator("#sure-go").click()
    expect(page.locator("#confirmations tbody")).to_contain_text("冬季摸底 第 1 号，王敏")
    expect(rows).to_have_count(1)
    expect(rows.first).to_contain_text("34")
    page.locator("#of-kind").select_option("settled")
    expect(rows).to_have_count(2)
    expect(page).to_have_url(re.compile(r"kind=settled"))

    service.open(page, f"/communities/{first}")
    expect(page.locator("#field-households")).to_have_value("12")
    expect(page.locator("#fields")).to_contain_text("冬季摸底 第 1 号，王敏")
    expect(page.locator("#surveyed")).to_contain_text("最近摸底：2026年11月1日，王敏")
    page.locator("#surveyed a").click()
    expect(page.locator("body[data-ready=yes]")).to_be_attached()
    page.once("dialog", lambda asked: asked.accept())
    page.get_by_role("button", name="整体撤销").click()
    expect(page.locator("#confirmations tbody")).to_contain_text("已撤销")
    expect(rows).to_have_count(3)
    service.open(page, f"/communities/{first}")
    expect(page.locator("#field-households")).not_to_have_value("12")


def test_filters_tick_what_they_show_and_a_supervisor_only_looks(
    page: Page, service: Service, tmp_path: Path
) -> None:
    service.enter(page, "planner")
    path = send(page, service, tmp_path)
    book = openpyxl.load_workbook(path)
    for code in codes(book)[:6]:
        write(book, code, "户数", 5)
        write(book, code, "主管单位", "不清楚")
    book.save(path)
    page.locator("#file").set_input_files(path)
    expect(page.locator("#ticked")).to_have_text("已勾选 6 项", timeout=60_000)
    page.locator("#of-field").select_option("households")
    page.locator("#tick-none").click()
    expect(page.locator("#ticked")).to_have_text("已勾选 0 项")
    expect(page.locator("#confirm")).to_be_disabled()
    page.locator("#of-field").select_option("")
    page.locator("#tick-all").click()
    expect(page.locator("#ticked")).not_to_have_text("已勾选 6 项")
    page.locator("#tick-usual").click()
    expect(page.locator("#ticked")).to_have_text("已勾选 6 项")
    address = page.url

    service.enter(page, "supervisor")
    service.open(page, address.removeprefix(service.address))
    expect(page.locator("#difference tr.item").first).to_be_visible()
    expect(page.locator("#confirm")).to_be_hidden()
    expect(page.locator("#return-panel")).to_be_hidden()
    expect(page.locator("#difference input:enabled")).to_have_count(0)
