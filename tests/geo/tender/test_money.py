"""Income against cost: by the formula, and unknown where a figure is unknown."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from geo.tender.money import Books, Unknown, books
from geo.tender.rules import MoneyRule

UNIT = {"floor_area": 10_000.0, "households": 120, "fee": 0.8, "collection_rate": 0.5}


def test_a_year_of_income_subsidy_and_cost() -> None:
    found = books(MoneyRule(cost_per_m2=1.0, subsidy_per_m2=1.0), **UNIT)
    assert found == Books(income=48_000.0, subsidy=10_000.0, cost=120_000.0, assumed=False)
    assert found.balance == -62_000.0


def test_subsidy_of_record_is_a_yuan_for_each_square_metre() -> None:
    found = books(MoneyRule(cost_per_m2=0, subsidy_per_m2=1), **{**UNIT, "floor_area": 1_613_398.0})
    assert isinstance(found, Books)
    assert found.subsidy == 1_613_398.0


def test_cost_by_household() -> None:
    found = books(MoneyRule(cost_per_household=30), **UNIT)
    assert isinstance(found, Books)
    assert found.cost == 120 * 30 * 12


@pytest.mark.parametrize("figure", ["floor_area", "fee", "collection_rate"])
def test_an_unknown_figure_stays_unknown(figure: str) -> None:
    assert books(MoneyRule(cost_per_m2=1), **{**UNIT, figure: None}) == Unknown(figure)


def test_unknown_households_matter_only_where_they_cost() -> None:
    assert books(MoneyRule(cost_per_household=30), **{**UNIT, "households": None}) == Unknown("households")
    assert isinstance(books(MoneyRule(cost_per_m2=1), **{**UNIT, "households": None}), Books)


def test_an_assumed_fee_is_said_and_goes_behind_the_units_own() -> None:
    rule = MoneyRule(cost_per_m2=1, assumed_fee=0.5, assumed_rate=0.5)
    assert books(rule, **UNIT) == books(MoneyRule(cost_per_m2=1), **UNIT)
    found = books(rule, **{**UNIT, "fee": None})
    assert isinstance(found, Books)
    assert (found.assumed, found.income) == (True, 10_000 * 0.5 * 12 * 0.5)


@pytest.mark.parametrize("bad", [{}, {"cost_per_m2": 1, "cost_per_household": 1}, {"cost_per_m2": -1}])
def test_one_cost_and_none_below_zero(bad: dict) -> None:
    with pytest.raises(ValidationError):
        MoneyRule(**bad)
