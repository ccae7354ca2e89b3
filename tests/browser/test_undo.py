"""Undo of packages: whatever was done, all of it undone is the start and all redone the end; the service agrees."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from geo.store.engine import Scope
from geo.tender import rounds
from geo.tender.lots import ServiceLot
from geo.tender.pool import judged_pool
from geo.tender.rules import BundleRules
from tests.browser.conftest import Service
from tests.conftest import BUSINESS_DATE

pytestmark = pytest.mark.browser

OFFICER = Scope("officer", ("990101",))
DISTRICT = "990101000000"

WALK = """async (seeds) => {
  const { Board } = await import("/static/js/packages/board.js");
  const wrong = [];
  for (let seed = 1; seed <= seeds; seed += 1) {
    let state = seed * 2654435761 % 4294967296;
    const dice = (n) => (state = (state * 1664525 + 1013904223) % 4294967296, Math.floor(state / 4294967296 * n));
    const board = new Board();
    board.reset([0, 1, 2, 3].map((n) => ({ name: `P${n}`, members: [0, 1, 2].map((m) => `U${n}${m}`), locked: n === 3, lots: n % 2 ? [{ name: "a", services: ["order"] }] : [],
      kept: { number: n + 1, hub: `U${n}0`, ceiling_fen: 1000 * n } })));
    // A unit's place among its package's members is no part of what a package is.
    const plain = () => JSON.stringify(board.lots.map((lot) => [lot.key, lot.place, lot.name, Boolean(lot.locked), lot.lots ?? [], lot.kept ?? null, [...lot.members].sort()]));
    const states = [plain()];
    for (let turn = 0; turn < 30; turn += 1) {
      const [a, b] = [dice(board.lots.length), dice(board.lots.length)];
      const lot = board.lots[a];
      const act = dice(7);
      const past = board.past.length;
      if (act === 0 && lot.members.length) board.move([lot.members[dice(lot.members.length)]], b), board.take();
      if (act === 1) board.add(`N${seed}.${turn}`, lot.members.slice(0, 1));
      if (act === 2 && a !== b && board.lots.length > 2) board.merge(a, b);
      if (act === 3) board.amend(a, { name: `R${turn}` });
      if (act === 4) board.amend(a, { locked: !lot.locked });
      if (act === 5) board.amend(a, { lots: [{ name: `s${turn}`, services: ["green"] }] });
      if (act === 6 && !lot.members.length) board.change((lots) => lots.filter((_, i) => i !== a));
      if (board.past.length > past) states.push(plain());
    }
    const many = board.past.length;
    for (let n = many; n > 0; n -= 1) { board.undo(); if (plain() !== states[n - 1]) wrong.push([seed, "undo", n]); }
    for (let n = 1; n <= many; n += 1) { board.redo(); if (plain() !== states[n]) wrong.push([seed, "redo", n]); }
    if (many < 10) wrong.push([seed, "nothing happened", many]);
  }
  return wrong;
}"""


def test_any_sequence_of_acts_is_undone_and_redone_state_by_state(page: Page, service: Service) -> None:
    service.enter(page, "officer")
    service.open(page, "/packages")
    assert page.evaluate(WALK, 60) == []


@pytest.fixture
def number(service: Service) -> int:
    """A draft of three packages, the first with a ceiling, a hub of its own and services let apart."""
    with service.store.begin(OFFICER) as db:
        pool = judged_pool(db, DISTRICT, BUSINESS_DATE, standalone=False, ending=True, ending_days=90)[
            "units"
        ]
        codes = [unit["code"] for unit in pool if unit["code"].startswith("990101001")]
        apart = (
            ServiceLot(name="秩序标", services=("order",)),
            ServiceLot(name="保洁标", services=("cleaning",)),
        )
        lots = [
            rounds.Lot(name="甲", units=codes[:3], hub=codes[2], ceiling_fen=12_345_600, lots=apart),
            rounds.Lot(name="乙", units=codes[3:5], hub=codes[3]),
            rounds.Lot(name="丙", units=codes[5:7]),
        ]
        rules = BundleRules(area=DISTRICT, standalone=False, locks=dict.fromkeys(codes[5:7], "丙"))
        draft = rounds.Draft(name="撤销", rules=rules, packages=lots)
        return rounds.save_new(db, draft, BUSINESS_DATE, ending_days=90)


def stored(service: Service, number: int) -> Any:
    with service.store.begin(OFFICER) as db:
        seen = rounds.view(db, number)
    names = ("number", "name", "hub", "ceiling_fen", "lots", "members")
    return [{name: lot[name] for name in names} for lot in seen["packages"]], seen["rules"]["locks"]


def test_a_package_that_was_joined_with_another_comes_back_with_all_it_had(
    page: Page, service: Service, number: int
) -> None:
    start = stored(service, number)
    service.enter(page, "officer")
    service.open(page, f"/packages?round={number}")
    state = page.locator("#round-state")
    page.locator('#cards .card[data-package="甲"] h3').click()
    page.locator("#cards .card.active .acts select").select_option(label="乙")
    expect(state).to_contain_text("第 2 版")
    joined = stored(service, number)
    assert [lot["name"] for lot in joined[0]] == ["乙", "丙"]
    page.locator("#cards .card.active h3").click()
    page.keyboard.press("Control+z")
    expect(state).to_contain_text("第 3 版")
    assert stored(service, number) == start
    page.keyboard.press("Control+Shift+z")
    expect(state).to_contain_text("第 4 版")
    assert stored(service, number) == joined
    page.keyboard.press("Control+z")
    expect(state).to_contain_text("第 5 版")
    assert stored(service, number) == start
    page.goto("about:blank")
