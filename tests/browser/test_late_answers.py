"""An answer that comes late takes nothing from a person who works on: no text, no focus, no place, no newer answer."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from playwright.sync_api import Page, Route, expect

from geo.store.engine import Scope
from geo.tender import rounds
from geo.tender.pool import judged_pool
from geo.tender.rules import BundleRules
from tests.browser import test_planner_parts
from tests.browser.conftest import Service, heard
from tests.browser.test_planner import draft, opened
from tests.browser.test_survey import codes, send
from tests.conftest import BUSINESS_DATE
from tests.geo.survey.conftest import write

pytestmark = pytest.mark.browser
site, run = test_planner_parts.site, test_planner_parts.run
DISTRICT = "990101000000"


class Held(list[Route]):
    """Questions that wait for their answer until they are let go; the first one alone, or all."""

    def __init__(self, page: Page, pattern: str | re.Pattern[str], *, first: bool = False) -> None:
        super().__init__()
        self.page, self.first, self.open = page, first, False
        page.route(pattern, self.hold)

    def hold(self, route: Route) -> None:
        if self.open or (self.first and self):
            route.fallback()
        else:
            self.append(route)

    def release(self) -> None:
        """Let them go, and those that follow; returns when the page has heard the answers."""
        self.open = True
        for route in self:
            route.continue_()
        heard(self.page, *self)


def test_of_two_firms_the_one_that_was_clicked_last_is_shown(page: Page, service: Service) -> None:
    service.enter(page, "officer")
    service.open(page, "/firms")
    rows = page.locator("#firms tbody tr")
    second = rows.nth(1).locator("td").first.inner_text()
    held = Held(page, "**/api/bidders/*", first=True)
    with page.expect_request("**/api/bidders/*"):
        rows.first.click()
    rows.nth(1).click()
    expect(page.locator("#firm h2")).to_have_text(second)
    held.release()
    expect(page.locator("#firm h2")).to_have_text(second)


def test_of_two_places_the_trail_names_the_one_that_was_chosen_last(page: Page, service: Service) -> None:
    service.enter(page, "supervisor")
    service.open(page, "/overview")
    rows = page.locator("#ranking tbody tr")
    expect(rows).to_have_count(13)
    second = rows.nth(1).locator("td").first.inner_text()
    held = Held(page, re.compile(r"/api/regions\?.*level=subdistrict(?!.*region=)"))
    rows.first.click()
    rows.nth(1).click()
    held.release()
    expect(page.locator("#crumbs button")).to_have_count(2)
    expect(page.locator("#crumbs button").last).to_have_text(second)


def test_what_a_tab_asked_for_does_not_turn_up_in_another(page: Page, service: Service) -> None:
    service.enter(page, "planner")
    draft(page, service, "慢对比", "990101001003")
    compare, comments = Held(page, "**/plans/*/compare"), Held(page, "**/plans/*/comments")
    with page.expect_request("**/plans/*/compare"):
        page.locator("#tab-compare").click()
    page.locator("#tab-comments").click()
    compare.release()
    comments.release()
    expect(page.locator("#comment-text")).to_be_visible()


def test_keys_may_be_faster_than_the_service(page: Page, service: Service) -> None:
    service.enter(page, "planner")
    hand = draft(page, service, "快手", "990101001003")
    first, second = list(hand.cells())[:2]
    for step, code in enumerate((first, second), 1):
        hand.choose(code)
        page.locator("#cell-name").fill(f"第{step}个名")
        page.locator("#cell-name").press("Enter")
        hand.at_step(step)
    page.locator("#district_map").focus()
    held = Held(page, "**/plans/*/undo*")
    with page.expect_request("**/plans/*/undo*"):
        page.keyboard.press("Control+z")
    page.keyboard.press("Control+z")
    hand.choose(first)
    page.locator("#cell-name").fill("正在打的名")
    held.release()
    hand.at_step(0)
    expect(page.locator("#dialog")).to_be_hidden()
    # The cell that was chosen meanwhile is still chosen, and its name still being typed.
    expect(page.locator("#cell-name")).to_have_value("正在打的名")
    expect(page.locator("#cell-name")).to_be_focused()


def test_what_is_chosen_while_a_step_is_written_stays_chosen(page: Page, service: Service) -> None:
    service.enter(page, "planner")
    hand = draft(page, service, "慢改名", "990101001003")
    first, second = list(hand.cells())[:2]
    hand.choose(first)
    page.locator("#cell-name").fill("头一个")
    held = Held(page, "**/plans/*/operations")
    with page.expect_request("**/plans/*/operations"):
        page.locator("#cell-name").press("Enter")
    hand.choose(second)
    page.locator("#cell-name").fill("第二个")
    held.release()
    hand.at_step(1)
    expect(page.locator("#cell-name")).to_have_value("第二个")
    page.locator("#cell-name").press("Enter")
    hand.at_step(2)
    page.reload()
    opened(page, service)
    expect(page.locator(f'#tree [data-code="{first}"]')).to_contain_text("头一个")
    expect(page.locator(f'#tree [data-code="{second}"]')).to_contain_text("第二个")


def test_an_answer_being_typed_outlives_the_record_of_the_one_before(
    page: Page, service: Service, tmp_path: Path
) -> None:
    service.enter(page, "planner")
    path = send(page, service, tmp_path)
    book = openpyxl.load_workbook(path)
    one, other = codes(book)[:2]
    for code in (one, other):
        write(book, code, "户数", "十来户")
    book.save(path)
    page.locator("#file").set_input_files(path)
    asks = page.locator("#difference .ask input")
    expect(asks).to_have_count(2, timeout=60_000)
    held = Held(page, "**/surveys/*/difference")
    asks.first.fill("15 户")
    with page.expect_request("**/surveys/*/difference"):
        asks.first.press("Enter")
    asks.last.fill("2")
    held.release()
    expect(asks).to_have_count(1)
    expect(asks).to_be_focused()
    page.keyboard.type("6 户")
    expect(asks).to_have_value("26 户")


def test_two_ceilings_typed_one_after_the_other_are_both_kept(page: Page, service: Service) -> None:
    with service.store.begin(Scope("officer", ("990101",))) as db:
        pool = judged_pool(db, DISTRICT, BUSINESS_DATE, standalone=False, ending=True, ending_days=90)[
            "units"
        ]
        lots = [rounds.Lot(name=name, units=[pool[n]["code"]]) for n, name in enumerate("甲乙")]
        rules = BundleRules(area=DISTRICT, standalone=False)
        number = rounds.save_new(db, rounds.Draft(name="限价", rules=rules, packages=lots), BUSINESS_DATE, ending_days=90)  # fmt: skip
    service.enter(page, "officer")
    service.open(page, f"/rounds/{number}?tab=money")
    boxes = page.locator("[data-ceiling]")
    expect(boxes).to_have_count(2)
    held = Held(page, f"**/api/rounds/{number}", first=True)
    boxes.first.fill("1200")
    with page.expect_request(f"**/api/rounds/{number}"):
        boxes.first.press("Tab")
    boxes.last.fill("3400")
    boxes.last.press("Tab")
    held.release()
    expect(boxes.first).to_have_value("1200.00")
    expect(boxes.last).to_have_value("3400.00")
    page.reload()
    expect(boxes.first).to_have_value("1200.00")
    expect(boxes.last).to_have_value("3400.00")


def test_enter_takes_no_place_of_a_question_that_was_typed_over(page: Page, service: Service) -> None:
    hits: dict[str, str] = {"旧": "990101001000", "旧新": "990101002000"}

    def answer(route: Route) -> None:
        query = re.search(r"[?&]q=([^&]*)", route.request.url)
        assert query
        code = hits["旧" if query[1] == "%E6%97%A7" else "旧新"]
        hit = {"layer": "regions", "code": code, "name": code, "kind": "subdistrict"}
        route.fulfill(json={"results": [hit]})

    service.enter(page, "supervisor")
    service.open(page, "/status")
    page.route("**/api/search?*", answer)
    field = page.locator("#search input")
    field.fill("旧")
    expect(page.locator("#search li")).to_contain_text("990101001000")
    held = Held(page, "**/api/search?*")
    with page.expect_request("**/api/search?*"):
        field.fill("旧新")
        page.keyboard.press("Enter")
    expect(page).not_to_have_url(re.compile("pick="))
    answer(held[0])
    expect(page).to_have_url(re.compile("pick=990101002000"))


REDRAW = """async () => {
    const { redraw } = await import('/static/js/redraw.js');
    const { el, fill, select } = await import('/static/js/dom.js');
    const place = el('div');
    document.body.append(place);
    const form = (code, name, kind) => fill(place,
        el('form', { data: { code } }, el('input', { value: name, 'aria-label': 'name' }), select([['a', 'A'], ['b', 'B']], kind, { 'aria-label': 'kind' })),
        el('details', {}, el('summary', {}, 'more')));
    const now = () => [place.querySelector('input').value, place.querySelector('select').value, place.querySelector('details').open];
    const seen = [];
    form('1', 'old', 'a');
    const input = place.querySelector('input');
    input.focus();
    input.value = 'typed';
    input.setSelectionRange(2, 3);
    place.querySelector('select').value = 'b';
    place.querySelector('summary').click();
    redraw(place, () => form('1', 'of another', 'a'));
    const at = document.activeElement;
    seen.push(now(), at === place.querySelector('input') && at !== input, [at.selectionStart, at.selectionEnd]);
    redraw(place, () => form('2', 'second', 'a'));
    seen.push(now().slice(0, 2), document.activeElement === document.body);
    place.querySelector('input').value = 'taken up';
    redraw(place, () => form('2', 'said', 'a'), false);
    seen.push(now()[0]);
    place.remove();
    return seen; }"""

TURNS = """async () => {
    const { inTurn, latest } = await import('/static/js/dom.js');
    const [turn, said] = [inTurn(), []];
    const slow = (name, end) => () => new Promise((done, fail) => setTimeout(() => (said.push(name), end === 'fails' ? fail(new Error(name)) : done(end)), 20));
    await Promise.allSettled([turn(slow('one')), turn(slow('two', 'fails')), turn(slow('meant for two'))]);
    await Promise.allSettled([turn(slow('three', false)), turn(slow('meant for three'))]);
    await turn(slow('four'));
    const asked = latest();
    const [first, second] = [asked(), asked()];
    return [said, first(), second()]; }"""

QUEUE = """async () => {
    const { queue } = await import('/static/js/imports/queue.js');
    const { item } = await import('/static/js/imports/items.js');
    const { element, update } = queue({ open() {}, stop() {}, retry() {}, remove() {} });
    document.body.append(element);
    const [one, two] = [item('a.xlsx', []), item('b.xlsx', [])];
    one.state = 'doing';
    update([one, two], one.key);
    const [stop, rows] = [element.querySelector('button'), [...element.querySelectorAll('tbody tr')]];
    one.share = 0.5;
    update([one, two], one.key);
    const kept = [stop.isConnected, element.querySelector('progress').value];
    one.state = 'failed';
    update([one, two], one.key);
    kept.push(stop.isConnected, rows[1].isConnected, element.querySelectorAll('tbody tr').length);
    element.remove();
    return kept; }"""


def test_a_place_is_drawn_anew_under_the_hand_and_never_mixes_two_things(run: Any) -> None:
    kept, focused, caret, other, unfocused, taken = run(REDRAW)
    assert (kept, focused, caret) == (["typed", "b", True], True, [2, 3])
    assert (other, unfocused, taken) == (["second", "a"], True, "said")


def test_what_follows_a_failure_is_dropped_and_only_the_last_question_counts(run: Any) -> None:
    assert run(TURNS) == [["one", "two", "three", "four"], False, True]


def test_progress_does_not_take_a_button_away_under_the_press(run: Any) -> None:
    assert run(QUEUE) == [True, 0.5, False, True, 2]
