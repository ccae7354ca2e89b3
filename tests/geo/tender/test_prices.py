"""What rules cost a plan of the demo's pool, by its own figures: and only of a pool that is still the same."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from geo.errors import BadInput, Conflict, NotFound
from geo.jobs import Handle, Worker, read_job
from geo.settings import Settings
from geo.store.engine import Scope, Store
from geo.tender import work
from geo.tender.bundles import propose, weigh
from geo.tender.prices import priced
from geo.tender.rules import AnchorRule, BundleRules, MoneyRule
from geo.tender.survey import Ground, survey

TODAY = date(2026, 11, 1)
OFFICER = Scope("officer", ("990101",))
MONEY = MoneyRule(cost_per_m2=1.2, assumed_fee=0.6, assumed_rate=0.7, shortfall_price=1.0)
RULES = BundleRules(
    area="990101000000",
    households=(300, 1500),
    standalone=False,
    effort=0.3,
    anchors=AnchorRule(),
    money=MONEY,
)


def ground_of(store: Store, rules: BundleRules) -> Ground:
    with store.begin(OFFICER) as db:
        return survey(db, rules, TODAY, 90, with_modes=False)


@pytest.fixture(scope="module")
def ground(demo: Store) -> Ground:
    return ground_of(demo, RULES)


@pytest.fixture(scope="module")
def plan(ground: Ground) -> dict[str, Any]:
    return propose(ground, RULES, TODAY)


@pytest.fixture(scope="module")
def answer(ground: Ground, plan: dict[str, Any]) -> dict[str, Any]:
    return priced(ground, RULES, plan)


def test_each_rule_is_priced_and_what_the_plan_is_now_is_told(
    demo: Store, plan: dict[str, Any], answer: dict[str, Any]
) -> None:
    assert {each["rule"] for each in answer["prices"]} == {"anchors", "barrier", "within", "price of money"}
    now = answer["now"]
    placed = sum(each["households"] for each in plan["packages"])
    assert now["packages"] == len(plan["packages"])
    assert now["way"] == pytest.approx(plan["parts"]["distance"] / placed)
    assert now["households_out"] == plan["parts"]["left_out"]
    assert now["short"] == pytest.approx(
        sum(max(0.0, -each["money"]["balance"]) for each in plan["packages"])
    )
    assert now["borders"] == 0
    with demo.begin(OFFICER) as db:
        drawn = {each["id"]: each["members"] for each in plan["packages"]}
        assert weigh(db, RULES, drawn, TODAY, ending_days=90)["violations"] == []


def test_the_dearest_rule_stands_first_and_leaves_most_out(answer: dict[str, Any]) -> None:
    without = [each["without"] for each in answer["prices"] if each["without"]]
    out = [each["households_out"] for each in without]
    assert answer["prices"][0]["rule"] == "anchors"
    assert out == sorted(out)
    assert out[0] < answer["now"]["households_out"]


def test_a_rule_that_costs_nothing_says_so(demo: Store) -> None:
    rules = RULES.model_copy(update={"anchors": None, "money": None, "max_members": 90})
    ground = ground_of(demo, rules)
    found = priced(ground, rules, propose(ground, rules, TODAY))["prices"]
    members = next(each for each in found if each["rule"] == "max_members")
    assert members["why"]["code"] in ("price_none", "price_chance")


def test_a_plan_of_another_pool_is_refused(ground: Ground, plan: dict[str, Any]) -> None:
    fewer = {**plan, "packages": plan["packages"][1:]}
    with pytest.raises(Conflict, match="has changed"):
        priced(ground, RULES, fewer)


def ask(store: Store, settings: Settings, rules: BundleRules) -> int:
    with store.begin(OFFICER) as db:
        number = work.start(db, OFFICER, rules, TODAY)
    Worker(store, work.handlers(store, settings)).run_once()
    return number


def test_as_work_it_prices_the_plan_that_was_asked_for(demo_copy: Store, demo_settings: Settings) -> None:
    proposal = ask(demo_copy, demo_settings, RULES.model_copy(update={"alternatives": 2, "money": None}))
    with demo_copy.begin(OFFICER) as db:
        number = work.start_pricing(db, OFFICER, proposal, 1)
    Worker(demo_copy, work.handlers(demo_copy, demo_settings)).run_once()
    with demo_copy.begin(OFFICER) as db:
        job = read_job(db, OFFICER, number)
        plans = read_job(db, OFFICER, proposal).result
        told = work.pricings(db, OFFICER, proposal)
    assert (job.state, told) == ("done", [{"id": number, "plan": 1, "state": "done", "actor": "officer"}])
    assert job.result is not None
    assert plans is not None
    assert job.result["now"]["packages"] == len(plans["alternatives"][0]["packages"])
    assert job.result["prices"]


class Impatient(Handle):
    """Wants the work stopped once the first rule is priced."""

    def report(self, share: float, note: str, figures: Any = None) -> None:
        super().report(share, note, figures)
        if share > 0:
            self.stop.set()


def test_stopped_on_the_way_it_keeps_the_rules_priced_so_far(
    demo_copy: Store, demo_settings: Settings
) -> None:
    proposal = ask(demo_copy, demo_settings, RULES)
    with demo_copy.begin(OFFICER) as db:
        job = read_job(db, OFFICER, work.start_pricing(db, OFFICER, proposal, 0))
    handle = Impatient()
    result = work.pricing_handler(demo_copy, demo_settings)(job, handle)
    assert handle.cut_short
    assert 0 < len(result["prices"]) < 4


def test_only_a_plan_of_a_proposal_is_priced(demo_copy: Store, demo_settings: Settings) -> None:
    proposal = ask(demo_copy, demo_settings, RULES)
    with demo_copy.begin(OFFICER) as db:
        with pytest.raises(BadInput):
            work.start_pricing(db, OFFICER, proposal, 1)
        pricing = work.start_pricing(db, OFFICER, proposal, 0)
        with pytest.raises(NotFound):
            work.start_pricing(db, OFFICER, pricing, 0)
    with pytest.raises(NotFound), demo_copy.begin(Scope("other", ("990199",))) as db:
        work.pricings(db, Scope("other", ("990199",)), proposal)
