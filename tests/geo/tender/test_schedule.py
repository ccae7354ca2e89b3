"""Money by year, on figures of record, and what would balance a package: enough, and one step less is not."""

from __future__ import annotations

import itertools
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.tender.schedule import (
    Contract,
    MoneyPlan,
    UnitMoney,
    by_calendar,
    check_budget,
    ending,
    exact,
    remedy,
    schedule,
    subsidy_of,
)

START = date(2026, 12, 1)


def D(text: str) -> Decimal:
    return Decimal(text)


def test_wuxiang_a_yuan_for_each_square_metre() -> None:
    assert subsidy_of(D("1613398"), D("1")) == D("1613398.00")
    assert subsidy_of(D("1613398"), D("1")) / 10**6 == D("1.613398")
    assert subsidy_of(D("1613398"), D("1")) / 10**4 == D("161.3398")


def test_shijiazhuang_three_years_down_to_none() -> None:
    plan = MoneyPlan(subsidy=(D("0.3"), D("0.2"), D("0.1")), years=4)
    years = schedule(plan, [UnitMoney("U1", D("1613398")), UnitMoney("U2", D("0.05"))], START)
    assert [year.subsidy for year in years] == [D("484019.42"), D("322679.61"), D("161339.81"), D("0.00")]
    assert [(year.first, year.last) for year in years][:2] == [
        (date(2026, 12, 1), date(2027, 11, 30)), (date(2027, 12, 1), date(2028, 11, 30)),
    ]  # fmt: skip


def test_contract_years_fall_into_calendar_years_by_days_and_lose_no_fen() -> None:
    years = schedule(
        MoneyPlan(subsidy=(D("0.3"), D("0.2"), D("0.1"))), [UnitMoney("U1", D("1613398"))], START
    )
    needed = by_calendar(years)
    assert list(needed) == [2026, 2027, 2028, 2029]
    assert needed[2026] == D("41108.50")  # 484,019.40 × 31 ÷ 365
    assert sum(needed.values()) == D("484019.40") + D("322679.60") + D("161339.80")
    lines = check_budget(needed, {2026: D("50000"), 2027: D("400000")})
    assert [line.left for line in lines] == [D("8891.50"), D("400000") - needed[2027], None, None]
    assert lines[1].left is not None
    assert lines[1].left < 0


@given(st.decimals(0, 10**8, places=2), st.dates(date(2000, 1, 1), date(2090, 12, 31)))
def test_no_fen_is_lost_between_years(area: Decimal, start: date) -> None:
    years = schedule(MoneyPlan(subsidy=(D("0.3"), D("0.2"), D("0.1"))), [UnitMoney("U1", area)], start)
    assert sum(by_calendar(years).values()) == sum(year.subsidy or 0 for year in years)
    assert all(year.first <= year.last for year in years)
    assert all((after.first - before.last).days == 1 for before, after in itertools.pairwise(years))


def test_what_is_unknown_stays_unknown() -> None:
    units = [UnitMoney("U1", D("100"), 5, D("0.8"), D("0.9")), UnitMoney("U2", None)]
    (year, *_) = schedule(MoneyPlan(subsidy=(D("1"),), cost_per_m2=D("1")), units, START)
    assert (year.income, year.subsidy, year.cost, year.balance) == (None, None, None, None)
    assert remedy(MoneyPlan(cost_per_m2=D("1")), units, 1) is None
    with pytest.raises(ValueError, match="unknown"):
        by_calendar([year])


def test_cost_by_household_and_a_package_that_pays_for_itself() -> None:
    unit = UnitMoney("U1", D("10000"), 120, D("0.8"), D("1"))
    (year,) = schedule(MoneyPlan(cost_per_household=D("30"), years=1), [unit], START)
    assert (year.income, year.cost, year.balance) == (D("96000.00"), D("43200.00"), D("52800.00"))
    assert remedy(MoneyPlan(cost_per_household=D("30"), years=1), [unit], 1) is None


def test_no_cost_set_no_balance() -> None:
    (year,) = schedule(MoneyPlan(years=1), [UnitMoney("U1", D("1"), 1, D("1"), D("1"))], START)
    assert (year.cost, year.balance) == (None, None)


units = st.lists(
    st.builds(
        UnitMoney,
        st.just("U"),
        st.decimals("1", "99999", places=2),
        st.integers(1, 999),
        st.decimals("0", "3", places=2),
        st.decimals("0", "1", places=3),
    ),
    min_size=1,
    max_size=4,
)
costs = st.one_of(
    st.builds(MoneyPlan, subsidy=st.just((D("1"), D("0.5"))), cost_per_m2=st.decimals("0", "4", places=2)),
    st.builds(MoneyPlan, cost_per_household=st.decimals("0", "200", places=2)),
)


@given(units, costs, st.integers(1, 3))
def test_each_remedy_balances_the_year_and_a_step_less_does_not(
    package: list[UnitMoney], plan: MoneyPlan, number: int
) -> None:
    def balance(plan: MoneyPlan, package: list[UnitMoney]) -> Decimal:
        found = schedule(plan, package, START)[number - 1].balance
        assert found is not None
        return found

    def with_fee(more: Decimal) -> Decimal:
        return balance(
            plan,
            [UnitMoney(u.code, u.floor_area, u.households, u.fee + more, u.collection_rate) for u in package],
        )  # type: ignore[operator]  # known

    def with_rate(rate: Decimal) -> Decimal:
        return balance(plan, [UnitMoney(u.code, u.floor_area, u.households, u.fee, rate) for u in package])

    def with_subsidy(rate: Decimal) -> Decimal:
        rates = [*plan.subsidy, D("0"), D("0"), D("0")][:3]
        rates[number - 1] = rate
        return balance(plan.model_copy(update={"subsidy": tuple(rates)}), package)

    def with_cost(cost: Decimal) -> Decimal:
        name = "cost_per_m2" if plan.cost_per_m2 is not None else "cost_per_household"
        return balance(plan.model_copy(update={name: cost}), package)

    now, found = balance(plan, package), remedy(plan, package, number)
    if now >= 0:
        assert found is None
        return
    assert found is not None
    assert found.short == -now
    cent = D("0.01")
    if found.fee_more is None:
        assert not any(u.collection_rate for u in package)
    else:
        assert with_fee(found.fee_more) >= 0 > with_fee(found.fee_more - cent)
    assert found.subsidy is not None
    assert with_subsidy(found.subsidy) >= 0 > with_subsidy(found.subsidy - cent)
    if found.rate is None:
        assert with_rate(D("1")) < 0
    else:
        assert with_rate(found.rate) >= 0
        assert found.rate == 0 or with_rate(found.rate - D("0.001")) < 0
    if found.cost is None:
        assert with_cost(cent) < 0
    else:
        assert with_cost(found.cost) >= 0 > with_cost(found.cost + cent)


def test_contracts_that_end_within_ninety_days_and_what_nothing_follows() -> None:
    today = date(2026, 11, 1)
    contracts = [
        Contract("U4", "F1", date(2027, 1, 31)), Contract("U3", "F1", date(2027, 1, 30)),
        Contract("U2", "F2", date(2026, 11, 1), successor=True), Contract("U1", None, date(2026, 10, 31)),
    ]  # fmt: skip
    assert [(each.contract.unit, each.days, each.risk) for each in ending(contracts, today)] == [
        ("U2", 0, False),
        ("U3", 90, True),
    ]


def test_a_contract_from_a_leap_day() -> None:
    years = schedule(MoneyPlan(), [], date(2028, 2, 29))
    assert [year.last for year in years] == [date(2029, 2, 28), date(2030, 2, 28), date(2031, 2, 28)]


def test_stored_figures_come_as_they_were_typed() -> None:
    assert (exact(0.1), exact(None), exact("1.20")) == (D("0.1"), None, D("1.20"))
