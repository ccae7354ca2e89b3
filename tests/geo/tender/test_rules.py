"""Every rule reaches the packages: held by the independent check, or refused with the name of the field."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from pydantic import ValidationError
from sqlalchemy import text

from geo.boundaries.editing import form, save
from geo.boundaries.layers import Moment
from geo.errors import BadInput
from geo.store.engine import Scope
from geo.tender.bundles import propose
from geo.tender.rules import AnchorRule, BundleRules, MoneyRule
from geo.tender.survey import Ground, is_anchor, survey

TODAY = date(2026, 11, 1)
AREA = "990101001000"
OFFICER = Scope("officer", ("990101",))


def rules(**more: Any) -> BundleRules:
    return BundleRules(**{"area": AREA, "households": (200, 2000), "effort": 0.3, **more})


def ground(store, asked: BundleRules) -> Ground:
    with store.begin(OFFICER) as db:
        return survey(db, asked, TODAY, 90)


def answer(store, asked: BundleRules) -> dict[str, Any]:
    return propose(ground(store, asked), asked, TODAY)


def links(found: Ground) -> dict[frozenset[str], str | None]:
    return {frozenset((link.a, link.b)): link.cut for link in found.problem.links}


@pytest.fixture(scope="module")
def open_pair(demo) -> tuple[str, str]:
    link = next(link for link in ground(demo, rules()).problem.links if link.cut is None)
    return link.a, link.b


def test_a_link_is_cut_and_another_added_by_hand(demo, open_pair) -> None:
    free = ground(demo, rules())
    known = set(links(free))
    units = [unit.id for unit in free.problem.units]
    far = next((a, b) for a in units for b in units if a < b and frozenset((a, b)) not in known)
    made = links(ground(demo, rules(links_cut=(open_pair,), links_added=(far,))))
    assert frozenset(open_pair) not in made
    assert made[frozenset(far)] is None
    assert ground(demo, rules(links_added=(far,))).problem.measured
    assert not ground(demo, rules(links_cut=(open_pair,))).problem.measured


def test_pairs_go_together_or_stay_apart(demo, open_pair) -> None:
    together = answer(demo, rules(together=(open_pair,)))
    apart = answer(demo, rules(apart=(open_pair,)))
    homes = [{code: p["id"] for p in plan["packages"] for code in p["members"]} for plan in (together, apart)]
    assert homes[0].get(open_pair[0]) == homes[0].get(open_pair[1])
    assert homes[1].get(open_pair[0]) != homes[1].get(open_pair[1]) or open_pair[0] not in homes[1]


def test_a_locked_unit_keeps_its_package(demo, open_pair) -> None:
    plan = answer(demo, rules(locks={open_pair[0]: "东片"}))
    assert [p["id"] for p in plan["packages"] if open_pair[0] in p["members"]] == ["东片"]


def test_every_package_holds_an_anchor(demo) -> None:
    plan = answer(demo, rules(anchors=AnchorRule(households=250)))
    assert plan["packages"]
    assert all(package["anchors"] for package in plan["packages"])


def test_what_an_anchor_is_follows_the_rule_and_the_units_own_flag_goes_before_it(demo) -> None:
    found = ground(demo, rules())
    large = max(found.candidates.values(), key=lambda each: each.households or 0)
    asked = rules(anchors=AnchorRule(households=large.households))
    assert is_anchor(large, asked)
    assert not is_anchor(replace(large, anchor=False), asked)
    assert not is_anchor(replace(large, households=None), asked)
    assert is_anchor(
        replace(large, households=1, built_year=2015), rules(anchors=AnchorRule(built_since=2010))
    )
    assert is_anchor(replace(large, households=1, anchor=True), asked)


def test_income_covers_cost_where_no_shortfall_is_allowed(demo) -> None:
    money = MoneyRule(cost_per_m2=0.3, assumed_fee=0.4, assumed_rate=0.7, subsidy_per_m2=1)
    plan = answer(demo, rules(money=money))
    assert plan["packages"]
    assert all(package["money"]["balance"] >= -1e-6 for package in plan["packages"])
    assert any(package["money"]["assumed"] for package in plan["packages"])


def test_a_shortfall_with_a_price_is_a_soft_part_of_the_objective(demo) -> None:
    money = MoneyRule(cost_per_m2=2, assumed_fee=0.4, assumed_rate=0.7, shortfall_price=2)
    plan = answer(demo, rules(money=money))
    short = sum(max(0.0, -package["money"]["balance"]) for package in plan["packages"])
    assert short > 0
    assert plan["parts"]["soft"] == pytest.approx(2 * short)


def test_without_an_assumption_an_unknown_fee_is_said_and_not_guessed(demo) -> None:
    plan = answer(demo, rules(money=MoneyRule(cost_per_m2=0.1)))
    told = {
        each["why"]["figures"].get("rule")
        for each in plan["left_out"]
        if each["why"]["code"] == "unknown_figure"
    }
    assert "fee" in told


def test_a_border_may_be_crossed_at_a_price(demo) -> None:
    asked = rules(area="990101000000", within_subdistrict=False, border_price=5.0, households=(900, 4000))
    plan = answer(demo, asked)
    crossed = [len({code[:9] for code in package["members"]}) - 1 for package in plan["packages"]]
    assert plan["parts"]["soft"] == pytest.approx(5.0 * sum(crossed))


def test_a_unit_is_brought_into_the_pool(demo) -> None:
    with demo.begin(OFFICER) as db:
        served = db.scalar(
            text(
                "SELECT u.code FROM community_at(:d) u JOIN service_at(:d) v ON v.unit = u.code"
                " WHERE v.served AND coalesce(v.service_end, 'infinity') > CAST(:d AS date) + 90"
                " AND u.code ^@ '990101001' LIMIT 1"
            ),
            {"d": TODAY},
        )
    found = ground(demo, rules(added=(served,)))
    assert found.candidates[served].reason == "added"
    assert "mid_contract" in {each.code for each in found.outlooks[served].missing}


def test_who_refused_is_left_out_and_says_so(demo_copy, open_pair) -> None:
    with demo_copy.begin(OFFICER) as db:
        version = form(db, open_pair[0], Moment(TODAY)).version
        save(db, open_pair[0], version, {"willing": False}, as_of=TODAY, from_date=TODAY)
    plan = answer(demo_copy, rules())
    assert next(each["why"]["code"] for each in plan["left_out"] if each["code"] == open_pair[0]) == "refused"
    assert open_pair[0] not in ground(demo_copy, rules(willing="any")).unweighed
    asked = ground(demo_copy, rules(willing="yes"))
    assert asked.unweighed[open_pair[1]].code == "willing_unknown"


def test_alternatives_differ_and_the_best_comes_first(demo) -> None:
    plan = answer(demo, rules(area="990101000000", alternatives=3, households=(300, 1500)))
    plans = [plan, *plan["alternatives"]]
    assert len(plans) > 1
    drawn = [frozenset(frozenset(p["members"]) for p in each["packages"]) for each in plans]
    assert len(set(drawn)) == len(drawn)
    assert all(each["better_at"] for each in plans)


@pytest.mark.parametrize("field", ["links_added", "links_cut", "apart"])
def test_a_rule_about_a_stranger_is_refused_with_its_name(demo, open_pair, field: str) -> None:
    asked = rules(**{field: ((open_pair[0], "990101999999C001"),)})
    with pytest.raises(BadInput) as refusal:
        ground(demo, asked)
    assert (refusal.value.field, refusal.value.extra["units"]) == (field, ["990101999999C001"])


UNITS = ("990101001001C001", "990101001001C002")


@pytest.mark.parametrize(
    ("bad", "field"),
    [
        ({"packages": (5, 3)}, "packages"),
        ({"households": (9, 1)}, "households"),
        ({"floor_area": (2, 1)}, "floor_area"),
        ({"max_members": 0}, "max_members"),
        ({"anchors": {"households": None}}, "anchors"),
        ({"money": {}}, "money"),
        ({"links_added": [["x", "y"]]}, "links_added"),
        ({"together": [[UNITS[0], UNITS[0]]]}, "together"),
        ({"apart": [[UNITS[0]]]}, "apart"),
        ({"locks": {"x": "P01"}}, "locks"),
        ({"centres": [{"unit": UNITS[0]}, {"unit": UNITS[0]}]}, "centres"),
        ({"alternatives": 6}, "alternatives"),
        ({"leave_out_price": 0}, "leave_out_price"),
        ({"willing": "maybe"}, "willing"),
        ({"gap": float("nan")}, "gap"),
    ],
)
def test_bad_rules_name_their_field(bad: dict, field: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        rules(**bad)
    assert field in {str(fault["loc"][0]) for fault in refusal.value.errors()}


@pytest.mark.parametrize(
    ("bad", "word"),
    [
        ({"border_price": 3}, "border_price"),
        ({"links_added": [UNITS], "links_cut": [UNITS[::-1]]}, "links_cut"),
        ({"households": None}, "households"),
    ],
)
def test_rules_that_contradict_each_other_say_which(bad: dict, word: str) -> None:
    with pytest.raises(ValidationError, match=word):
        rules(**bad)
