"""Who may bid: each rule of a district by itself, on the day and on the day before."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from geo.tender.bidders import Bid, Bidder, BidderRules, Let, cap_of, objections, points, standing

AREA, DAY = "990101000000", date(2026, 11, 1)
LOT = Let("P01", "一号标包", 500, ("990101001001C001",), ceiling=50_000_000)


def _codes(firm: Bidder, day: date = DAY, **rules: object) -> list[str]:
    return [each.code for each in standing(firm, BidderRules.model_validate(rules), AREA, day)]


def _objections(
    firm: Bidder, price: int = 100, others: tuple[str, ...] = (), lot: Let = LOT, **rules: object
) -> list[str]:
    bids = [Bid(lot.code, code, price, Decimal(90)) for code in (firm.code, *others)]
    return [each.code for each in objections(bids[0], firm, lot, BidderRules.model_validate(rules), bids)]


def test_grade_d_is_barred_for_three_years_from_its_grading() -> None:
    firm = Bidder("F1", "甲", "D", graded_on=date(2023, 11, 2))
    assert _codes(firm) == ["grade_barred"]
    assert _codes(firm, date(2026, 11, 2)) == []
    assert _codes(firm, barred_years=2) == []
    (why,) = standing(firm, BidderRules(), AREA, DAY)
    assert why.zh == "信用等级为 D，自评定之日 2023-11-02 起 3 年内（至 2026-11-02）不得投标"
    assert why.as_json()["figures"] == {
        "grade": "D",
        "since": "2023-11-02",
        "years": 3,
        "until": "2026-11-02",
    }


def test_what_was_won_and_is_not_served_yet_takes_capacity_and_is_told_apart() -> None:
    firm = Bidder("F1", "甲", capacity=1_000, serving=300, won=400)
    assert firm.free == 300
    (why,) = objections(Bid(LOT.code, "F1", 100, Decimal(90)), firm, LOT, BidderRules(), ())
    assert (why.code, why.figures["serving"], why.figures["won"]) == ("capacity_alone", 300, 400)
    assert "已服务 300 户，已中标未服务 400 户" in why.zh
    assert Bidder("F1", "甲", capacity=1_000, serving=300, won=200).free == LOT.households


def test_a_bar_from_a_leap_day_ends_on_the_first_of_march() -> None:
    firm = Bidder("F1", "甲", "D", graded_on=date(2024, 2, 29))
    assert (_codes(firm, date(2027, 2, 28)), _codes(firm, date(2027, 3, 1))) == (["grade_barred"], [])


def test_a_barred_grade_of_an_unknown_day_stays_barred() -> None:
    assert _codes(Bidder("F1", "甲", "D")) == ["grade_barred_undated"]


def test_other_bars_end_on_their_day() -> None:
    firm = Bidder("F1", "甲", "B", barred_until=date(2026, 11, 2))
    assert (_codes(firm), _codes(firm, date(2026, 11, 2))) == (["barred"], [])


def test_registration_and_a_missing_grade_matter_only_where_the_district_says_so() -> None:
    firm = Bidder("F1", "甲", region="990102000000")
    assert _codes(firm) == []
    assert _codes(firm, registered_in="city") == []
    assert _codes(firm, registered_in="district", grade_needed=True) == ["grade_unknown", "not_registered"]
    assert _codes(Bidder("F1", "甲"), registered_in="city") == ["region_unknown"]


@pytest.mark.parametrize("held", ["P01", "990101001001C001"])
def test_an_interest_in_a_package_or_a_unit_of_it(held: str) -> None:
    assert _objections(Bidder("F1", "甲", conflicts=frozenset({held}))) == ["conflict"]


def test_related_firms_shut_each_other_out_of_one_package() -> None:
    firm = Bidder("F1", "甲", related=frozenset({"F1", "F2"}))
    assert _objections(firm, others=("F2", "F3")) == ["related"]
    assert _objections(firm, others=("F3",)) == []
    assert _objections(firm, others=("F2",), related_excluded=False) == []


def test_capacity_counts_what_the_firm_serves_already() -> None:
    assert _objections(Bidder("F1", "甲", capacity=900, serving=400)) == []
    assert _objections(Bidder("F1", "甲", capacity=900, serving=401)) == ["capacity_alone"]
    assert _objections(Bidder("F1", "甲", capacity=900), lot=Let("P02", "二", None)) == ["size_unknown"]


def test_a_price_over_the_ceiling() -> None:
    assert _objections(Bidder("F1", "甲"), price=50_000_000) == []
    assert _objections(Bidder("F1", "甲"), price=50_000_001) == ["over_ceiling"]


def test_credit_adds_points_by_the_settings_of_the_district() -> None:
    bid, rules = Bid("P01", "F1", 1, Decimal("88.5")), BidderRules(bonus={"A": Decimal("1.5")})
    assert points(bid, Bidder("F1", "甲", "A"), rules) == Decimal("90.0")
    assert (
        points(bid, Bidder("F1", "甲", "B"), rules)
        == points(bid, Bidder("F1", "甲"), rules)
        == Decimal("88.5")
    )


def test_the_lower_cap_holds() -> None:
    assert cap_of(Bidder("F1", "甲", max_packages=3), BidderRules(max_packages=2)) == 2
    assert cap_of(Bidder("F1", "甲", max_packages=3), BidderRules()) == 3
    assert cap_of(Bidder("F1", "甲"), BidderRules()) is None
