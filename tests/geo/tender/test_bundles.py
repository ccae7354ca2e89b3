"""Packages from the pool: contiguous, within bounds, every unit placed or explained."""

from __future__ import annotations

from datetime import date

import pytest
from pydantic import ValidationError
from sqlalchemy import text

from geo.errors import BadInput, Conflict, NotFound, Stale
from geo.store.engine import Scope
from geo.tender import rounds
from geo.tender.bundles import propose, weigh
from geo.tender.rules import BundleRules
from geo.tender.survey import survey

TODAY = date(2026, 11, 1)
START = date(2023, 11, 1)
DISTRICT = "990101000000"
RULES = BundleRules(area=DISTRICT, households=(300, 1500))
OFFICER = Scope("officer", ("990101",))


@pytest.fixture(scope="module")
def plan(demo) -> dict:
    with demo.begin(OFFICER) as db:
        return propose(survey(db, RULES, TODAY, 90), RULES, TODAY)


def test_every_unit_of_the_pool_is_placed_once_or_left_out_with_a_reason(demo, plan) -> None:
    placed = [unit for package in plan["packages"] for unit in package["members"]]
    left = [unit["code"] for unit in plan["left_out"]]
    with demo.begin(OFFICER) as db:
        pool = db.scalars(
            text(
                "SELECT u.code FROM unit_at(:d) u JOIN service_at(:d) v ON v.unit = u.code WHERE (u.three_no AND NOT v.served)"
                " OR (u.unit_kind = 'building_group' AND NOT v.served) OR v.service_end <= :d + 90"
            ),
            {"d": TODAY},
        ).all()
    assert sorted(placed + left) == sorted(pool)
    assert len(set(placed)) == len(placed)
    assert all(unit["why"]["code"] and unit["why"]["text"] for unit in plan["left_out"])


def test_packages_keep_the_rules_by_the_independent_check(demo, plan) -> None:
    drawn = {package["id"]: package["members"] for package in plan["packages"]}
    with demo.begin(OFFICER) as db:
        assert weigh(db, RULES, drawn, TODAY, ending_days=90)["violations"] == []
    assert all(300 <= package["households"] <= 1500 for package in plan["packages"])
    assert plan["packages"], "the demo has packages to make"


def test_the_way_to_the_hub_adds_up_to_the_objective_and_is_told_of_packages_by_hand_too(demo, plan) -> None:
    ways = {tuple(sorted(each["members"])): each["way"] for each in plan["packages"]}
    whole = sum(each["way"] * each["households"] for each in plan["packages"])
    assert whole == pytest.approx(plan["parts"]["distance"])
    drawn = {package["id"]: package["members"] for package in plan["packages"]}
    with demo.begin(OFFICER) as db:
        weighed = weigh(db, RULES, drawn, TODAY, ending_days=90)["packages"]
        empty = weigh(db, RULES, {"P01": []}, TODAY, ending_days=90)["packages"][0]
    assert {tuple(sorted(each["members"])): each["way"] for each in weighed} == pytest.approx(ways)
    assert empty["way"] is None


def test_packages_stay_in_one_subdistrict(plan) -> None:
    assert all(len({unit[:9] for unit in package["members"]}) == 1 for package in plan["packages"])


def test_the_same_question_has_the_same_answer(demo, plan) -> None:
    with demo.begin(OFFICER) as db:
        again = propose(survey(db, RULES, TODAY, 90), RULES, TODAY)
    assert again["packages"] == plan["packages"]
    assert again["parts"] == plan["parts"]


def test_month_zero_has_a_pool_worth_bundling(demo) -> None:
    with demo.begin(OFFICER) as db:
        first = propose(survey(db, RULES, START, 90), RULES, START)
    units = sum(len(package["members"]) for package in first["packages"]) + len(first["left_out"])
    assert units >= 140


def test_a_package_torn_apart_is_told_with_its_pieces(demo, plan) -> None:
    far = {"P01": [plan["packages"][0]["members"][0], plan["packages"][-1]["members"][0]]}
    with demo.begin(OFFICER) as db:
        broken = weigh(db, RULES, far, TODAY, ending_days=90)["violations"]
    contiguity = next(each for each in broken if each["rule"] == "contiguity")
    assert len(contiguity["pieces"]) == 2


def test_a_unit_in_two_packages_is_refused(demo, plan) -> None:
    unit = plan["packages"][0]["members"][0]
    with pytest.raises(BadInput, match="two packages"), demo.begin(OFFICER) as db:
        weigh(db, RULES, {"P01": [unit], "P02": [unit]}, TODAY, ending_days=90)


def test_a_unit_from_nowhere_is_refused(demo) -> None:
    with pytest.raises(BadInput, match="no service unit"), demo.begin(OFFICER) as db:
        weigh(db, RULES, {"P01": ["990101999999C001"]}, TODAY, ending_days=90)


def test_unknown_floor_area_is_not_zero(demo_copy) -> None:
    with demo_copy.begin(OFFICER) as db:
        unit = db.scalar(
            text(
                "SELECT u.code FROM unit_at(:d) u JOIN service_at(:d) v ON v.unit = u.code WHERE u.three_no AND NOT v.served LIMIT 1"
            ),
            {"d": TODAY},
        )
        version = db.execute(text("SELECT id FROM community WHERE code = :c"), {"c": unit}).scalar_one()
        from geo.boundaries.editing import save

        save(db, unit, version, {"floor_area": None}, as_of=TODAY, from_date=None)
    rules = BundleRules(area=DISTRICT, households=None, floor_area=(10_000, 200_000))
    with demo_copy.begin(OFFICER) as db:
        made = propose(survey(db, rules, TODAY, 90), rules, TODAY)
    reason = next(each["why"] for each in made["left_out"] if each["code"] == unit)
    assert reason["code"] == "unknown_figure"


def test_rules_that_cannot_be_kept_are_named(demo) -> None:
    impossible = BundleRules(area=DISTRICT, households=(300, 1500), packages=500)
    with pytest.raises(Conflict) as refusal, demo.begin(OFFICER) as db:
        propose(survey(db, impossible, TODAY, 90), impossible, TODAY)
    assert refusal.value.extra["conflict"]


@pytest.mark.parametrize(
    "bad", [{"households": (9, 1)}, {"households": None}, {"gap": -1}, {"area": "x"}, {"who": 1}]
)
def test_rules_that_make_no_sense_are_refused(bad: dict) -> None:
    with pytest.raises(ValidationError):
        BundleRules(**{"area": DISTRICT, **bad})


def a_draft(plan: dict, name: str = "第一批") -> rounds.Draft:
    lots = [rounds.Lot(name=each["id"], units=each["members"], hub=each["hub"]) for each in plan["packages"]]
    return rounds.Draft(name=name, rules=RULES, packages=lots)


def test_a_round_comes_back_as_it_was_saved(demo_copy, plan) -> None:
    with demo_copy.begin(OFFICER) as db:
        number = rounds.save_new(db, a_draft(plan), TODAY, ending_days=90)
    with demo_copy.begin(OFFICER) as db:
        saved = rounds.view(db, number)
    assert {p["name"]: sorted(p["members"]) for p in saved["packages"]} == {
        p["id"]: sorted(p["members"]) for p in plan["packages"]
    }
    assert [p["households"] for p in saved["packages"]] == [p["households"] for p in plan["packages"]]
    assert (saved["version"], saved["author"], saved["outcome"]) == (1, "officer", {"violations": []})


def test_a_stale_save_is_refused_with_the_other_version(demo_copy, plan) -> None:
    with demo_copy.begin(OFFICER) as db:
        number = rounds.save_new(db, a_draft(plan), TODAY, ending_days=90)
        assert rounds.save(db, number, a_draft(plan, "改名"), 1, "officer", ending_days=90) == 2
    with pytest.raises(Stale) as refusal, demo_copy.begin(OFFICER) as db:
        rounds.save(db, number, a_draft(plan, "再改"), 1, "other", ending_days=90)
    assert refusal.value.extra["current"]["name"] == "改名"


def test_broken_rules_are_saved_with_the_round_not_hidden(demo_copy, plan) -> None:
    torn = [plan["packages"][0]["members"][0], plan["packages"][-1]["members"][0]]
    draft = rounds.Draft(name="断开", rules=RULES, packages=[rounds.Lot(name="A", units=torn)])
    with demo_copy.begin(OFFICER) as db:
        saved = rounds.view(db, rounds.save_new(db, draft, TODAY, ending_days=90))
    assert "contiguity" in {each["rule"] for each in saved["outcome"]["violations"]}


def test_a_round_of_another_area_is_not_there(demo_copy, plan) -> None:
    with demo_copy.begin(OFFICER) as db:
        number = rounds.save_new(db, a_draft(plan), TODAY, ending_days=90)
    other = Scope("other", ("990102",))
    with pytest.raises(NotFound), demo_copy.begin(other) as db:
        rounds.view(db, number)
    with pytest.raises(NotFound), demo_copy.begin(other) as db:
        rounds.save(db, number, a_draft(plan), 1, "other", ending_days=90)


def test_barriers_hold_for_an_officer_of_one_subdistrict_too(demo) -> None:
    rules = BundleRules(area="990101012000", households=(300, 1500))
    answers = []
    for areas in (("990101",), ("990101012",)):
        with demo.begin(Scope("officer", areas)) as db:
            answers.append(survey(db, rules, START, 90).problem.links)
    assert answers[0] == answers[1]
    assert any(link.cut == "barrier" for link in answers[0])
