"""Money by year (分年资金): subsidy, income and cost of a package, in decimals of a yuan, rounded to the fen per unit.

Subsidy is a rate per m² and contract year (Wuxiang: 1 yuan; Shijiazhuang: 0.3 → 0.2 → 0.1 over three years, 三年过渡).
Each unit's amount is rounded half up to the fen and sums are sums of rounded amounts, so that a table adds up line by
line. Budgets are by calendar year: a contract year is split over two by days. Unknown figures stay unknown.
"""

from __future__ import annotations

import calendar
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

FEN = Decimal("0.01")
MONTHS = 12
Rate = Annotated[Decimal, Field(ge=0, le=1000, decimal_places=6)]


class MoneyPlan(BaseModel):
    """What a contract pays and costs: rates per m² and contract year, cost per m² (or household) and month."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    subsidy: Annotated[tuple[Rate, ...], Field(max_length=10)] = ()
    """Yuan per m² in the first, second, … contract year; later years get none."""
    years: int = Field(3, ge=1, le=10)
    cost_per_m2: Rate | None = None
    cost_per_household: Rate | None = None


@dataclass(frozen=True, slots=True)
class UnitMoney:
    """A unit's own figures: m², households, fee in yuan per m² and month, collection rate 0 to 1; None is unknown."""

    code: str
    floor_area: Decimal | None
    households: int | None = None
    fee: Decimal | None = None
    collection_rate: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Year:
    """A contract year in yuan, the first day and the last; None where a unit's figure is unknown."""

    number: int
    first: date
    last: date
    income: Decimal | None
    subsidy: Decimal | None
    cost: Decimal | None

    @property
    def balance(self) -> Decimal | None:
        """What is left; below zero where the package is below cost."""
        if self.income is None or self.subsidy is None or self.cost is None:
            return None
        return self.income + self.subsidy - self.cost


@dataclass(frozen=True, slots=True)
class Remedy:
    """What would balance a year by itself: each the smallest step that does, None where it cannot."""

    short: Decimal
    fee_more: Decimal | None
    """Yuan per m² and month on top of every fee, to the fen."""
    rate: Decimal | None
    """Collection rate that every unit would need, to 0.1 %; None: not even everybody paying is enough."""
    subsidy: Decimal | None
    """Yuan per m² and year in all, to the fen."""
    cost: Decimal | None
    """Cost per m² (or household) and month that it could bear, to the fen; None: not even serving for nothing."""


@dataclass(frozen=True, slots=True)
class BudgetLine:
    """A calendar year: what is needed and what there is (None: no budget is set)."""

    year: int
    needed: Decimal
    budget: Decimal | None

    @property
    def left(self) -> Decimal | None:
        """What is left of the budget."""
        return None if self.budget is None else self.budget - self.needed


@dataclass(frozen=True, slots=True)
class Contract:
    """A unit's contract with its last day; `successor`: a contract that begins when it ends is there."""

    unit: str
    firm: str | None
    last: date
    successor: bool = False


@dataclass(frozen=True, slots=True)
class Ending:
    """A contract that ends soon, and in how many days; without a successor it is a risk of a rebound (反弹风险)."""

    contract: Contract
    days: int

    @property
    def risk(self) -> bool:
        """Whether nothing follows it."""
        return not self.contract.successor


_Test = Callable[[MoneyPlan, Sequence[UnitMoney]], bool]
_Enough = Callable[[Decimal], bool]


def exact(figure: float | Decimal | str | None) -> Decimal | None:
    """Return a stored figure as the decimal that it was typed as; None stays unknown.

    >>> exact(0.8)
    Decimal('0.8')
    """
    return None if figure is None else Decimal(str(figure))


def subsidy_of(floor_area: Decimal, rate: Decimal) -> Decimal:
    """Return a unit's subsidy of a year in yuan, rounded half up to the fen.

    >>> subsidy_of(Decimal(1_613_398), Decimal(1))
    Decimal('1613398.00')
    """
    return (floor_area * rate).quantize(FEN, ROUND_HALF_UP)


def schedule(plan: MoneyPlan, units: Sequence[UnitMoney], start: date) -> tuple[Year, ...]:
    """Return the contract years of a package that starts on a day.

    >>> plan = MoneyPlan(subsidy=(Decimal("0.3"), Decimal("0.2"), Decimal("0.1")))
    >>> [str(year.subsidy) for year in schedule(plan, [UnitMoney("U1", Decimal(10_000))], date(2026, 12, 1))]
    ['3000.00', '2000.00', '1000.00']
    """
    income, cost = _total(map(income_of, units)), _total(cost_of(plan, unit) for unit in units)
    years = []
    for number in range(1, plan.years + 1):
        rate = rate_in(plan, number)
        subsidy = _total(None if u.floor_area is None else subsidy_of(u.floor_area, rate) for u in units)
        first, last = _years_on(start, number - 1), _years_on(start, number) - timedelta(days=1)
        years.append(Year(number, first, last, income, subsidy, cost))
    return tuple(years)


def rate_in(plan: MoneyPlan, number: int) -> Decimal:
    """Return the subsidy per m² of a contract year, counted from 1."""
    return plan.subsidy[number - 1] if number <= len(plan.subsidy) else Decimal(0)


def income_of(unit: UnitMoney) -> Decimal | None:
    """Return a unit's fees of a year (m² × fee × 12 × collection rate) in yuan; None: a figure is unknown."""
    if unit.floor_area is None or unit.fee is None or unit.collection_rate is None:
        return None
    return (unit.floor_area * unit.fee * MONTHS * unit.collection_rate).quantize(FEN, ROUND_HALF_UP)


def cost_of(plan: MoneyPlan, unit: UnitMoney) -> Decimal | None:
    """Return a unit's cost of a year in yuan; None: no cost is set, or the figure that it is counted by is unknown."""
    if plan.cost_per_m2 is not None:
        amount, rate = unit.floor_area, plan.cost_per_m2
    elif plan.cost_per_household is not None:
        amount, rate = None if unit.households is None else Decimal(unit.households), plan.cost_per_household
    else:
        return None
    return None if amount is None else (amount * rate * MONTHS).quantize(FEN, ROUND_HALF_UP)


def remedy(plan: MoneyPlan, units: Sequence[UnitMoney], number: int) -> Remedy | None:
    """Say by how much a contract year is below cost and what would balance it; None: it is not, or nobody can know.

    >>> unit = UnitMoney("U1", Decimal(10_000), 120, Decimal("0.8"), Decimal("0.5"))
    >>> found = remedy(MoneyPlan(subsidy=(Decimal(1),), cost_per_m2=Decimal(1)), [unit], 1)
    >>> [str(each) for each in (found.short, found.fee_more, found.subsidy, found.cost, found.rate)]
    ['62000.00', '1.04', '7.20', '0.48', 'None']
    """
    balance = schedule(plan, units, date(2000, 1, 1))[number - 1].balance
    if balance is None or balance >= 0:
        return None

    def balances(changed: MoneyPlan, figures: Sequence[UnitMoney]) -> bool:
        left = schedule(changed, figures, date(2000, 1, 1))[number - 1].balance
        return left is not None and left >= 0

    return Remedy(
        short=-balance,
        fee_more=_fee_more(plan, units, -balance, balances),
        rate=_rate_needed(plan, units, number, balances),
        subsidy=_subsidy_needed(plan, units, number, -balance, balances),
        cost=_cost_borne(plan, units, number, balances),
    )


def by_calendar(years: Iterable[Year]) -> dict[int, Decimal]:
    """Split the subsidy of contract years over calendar years by days; the parts of a year add up to it to the fen.

    Raises ValueError where a subsidy is unknown.
    """
    found: dict[int, Decimal] = {}
    for year in years:
        if year.subsidy is None:
            raise ValueError(f"the subsidy of contract year {year.number} is unknown")
        whole, given = (year.last - year.first).days + 1, Decimal(0)
        for each in range(year.first.year, year.last.year + 1):
            gone = (min(year.last, date(each, 12, 31)) - year.first).days + 1
            upto = (year.subsidy * gone / whole).quantize(FEN, ROUND_HALF_UP)
            found[each] = found.get(each, Decimal(0)) + upto - given
            given = upto
    return found


def check_budget(needed: Mapping[int, Decimal], budgets: Mapping[int, Decimal]) -> tuple[BudgetLine, ...]:
    """Hold what calendar years need against their budgets.

    >>> [str(line.left) for line in check_budget({2026: Decimal(300)}, {2026: Decimal(250)})]
    ['-50']
    """
    return tuple(BudgetLine(year, needed[year], budgets.get(year)) for year in sorted(needed))


def ending(contracts: Iterable[Contract], today: date, days: int = 90) -> tuple[Ending, ...]:
    """Return the contracts that end within so many days from today, the first to end first; not those over.

    >>> [each.days for each in ending([Contract("U1", None, date(2027, 1, 30))], date(2026, 11, 1))]
    [90]
    """
    found = (Ending(each, (each.last - today).days) for each in contracts)
    near = (each for each in found if 0 <= each.days <= days)
    return tuple(sorted(near, key=lambda each: (each.days, each.contract.unit)))


def _fee_more(plan: MoneyPlan, units: Sequence[UnitMoney], short: Decimal, balances: _Test) -> Decimal | None:
    paying = sum((_of(u.floor_area) * _of(u.collection_rate) * MONTHS for u in units), Decimal(0))
    if not paying:
        return None
    steps = (short / paying).quantize(FEN, ROUND_FLOOR)
    return _first(
        steps, FEN, lambda more: balances(plan, [_changed(u, fee=_of(u.fee) + more) for u in units])
    )


def _rate_needed(plan: MoneyPlan, units: Sequence[UnitMoney], number: int, balances: _Test) -> Decimal | None:
    full = _total(_of(u.floor_area) * _of(u.fee) * MONTHS for u in units) or Decimal(0)
    year = schedule(plan, units, date(2000, 1, 1))[number - 1]
    if not full or not balances(plan, [_changed(u, rate=Decimal(1)) for u in units]):
        return None
    step = Decimal("0.001")
    begin = max(Decimal(0), (_of(year.cost) - _of(year.subsidy)) / full).quantize(step, ROUND_FLOOR)
    return _first(begin, step, lambda rate: balances(plan, [_changed(u, rate=rate) for u in units]))


def _subsidy_needed(
    plan: MoneyPlan, units: Sequence[UnitMoney], number: int, short: Decimal, balances: _Test
) -> Decimal | None:
    area = sum((_of(u.floor_area) for u in units), Decimal(0))
    if not area:
        return None
    begin = (rate_in(plan, number) + short / area).quantize(FEN, ROUND_FLOOR)
    rates = [rate_in(plan, each) for each in range(1, plan.years + 1)]

    def enough(rate: Decimal) -> bool:
        subsidy = tuple(rate if each == number - 1 else old for each, old in enumerate(rates))
        return balances(plan.model_copy(update={"subsidy": subsidy}), units)

    return _first(begin, FEN, enough)


def _cost_borne(plan: MoneyPlan, units: Sequence[UnitMoney], number: int, balances: _Test) -> Decimal | None:
    year = schedule(plan, units, date(2000, 1, 1))[number - 1]
    name = "cost_per_m2" if plan.cost_per_m2 is not None else "cost_per_household"
    share = (_of(year.income) + _of(year.subsidy)) / _of(year.cost)
    begin = (share * _of(getattr(plan, name))).quantize(FEN, ROUND_CEILING)
    found = _first(begin, -FEN, lambda cost: balances(plan.model_copy(update={name: cost}), units))
    return found if found else None


def _first(begin: Decimal, step: Decimal, enough: _Enough) -> Decimal:
    """The first figure that is enough: rounding unit by unit may ask for steps on from `begin`, or back."""
    while begin >= step and enough(begin - step):
        begin -= step
    while not enough(begin):
        begin += step
    return begin


def _changed(unit: UnitMoney, fee: Decimal | None = None, rate: Decimal | None = None) -> UnitMoney:
    return UnitMoney(
        unit.code,
        unit.floor_area,
        unit.households,
        unit.fee if fee is None else fee,
        unit.collection_rate if rate is None else rate,
    )


def _of(figure: Decimal | None) -> Decimal:
    """A figure that is known wherever a balance is."""
    assert figure is not None
    return figure


def _total(amounts: Iterable[Decimal | None]) -> Decimal | None:
    """The sum; unknown where a part is."""
    parts = list(amounts)
    known = [each for each in parts if each is not None]
    return sum(known, Decimal(0)) if len(known) == len(parts) else None


def _years_on(day: date, years: int) -> date:
    """The same day so many years later; 29 February becomes 1 March where there is none."""
    if day.month == 2 and day.day == 29 and not calendar.isleap(day.year + years):
        return date(day.year + years, 3, 1)
    return day.replace(year=day.year + years)
