"""The money of a round (资金): each package by contract year, the subsidy by calendar year against its budget.

Pure: plain values in, plain values out. What is unknown stays unknown, and how much of it is said beside each sum.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from geo.tender.schedule import (
    BudgetLine,
    Remedy,
    UnitMoney,
    Year,
    by_calendar,
    check_budget,
    cost_of,
    income_of,
    remedy,
    schedule,
)
from geo.tender.terms import Terms

_FIGURES = ("income", "subsidy", "cost", "balance")


@dataclass(frozen=True, slots=True)
class PackageFunds:
    """A package's contract years; `paid`: the subsidy of its units whose area is known; `known`: sums of what is."""

    number: int
    name: str
    years: tuple[Year, ...]
    paid: tuple[Year, ...]
    known: Mapping[str, Decimal]
    unknown: Mapping[str, int]
    short: tuple[int, Remedy] | None
    """The first contract year below cost, and what would balance it."""


@dataclass(frozen=True, slots=True)
class Funds:
    """The money of all packages; `assumed`: nobody decided yet when the contracts begin."""

    start: date
    assumed: bool
    packages: tuple[PackageFunds, ...]
    calendar: tuple[BudgetLine, ...]


def planned_start(terms: Terms, today: date, least_days: int) -> date:
    """Return the first day of the contracts: as decided, else the first of a month that a round can make.

    >>> planned_start(Terms(), date(2026, 11, 1), 20)
    datetime.date(2026, 12, 1)
    """
    if terms.start is not None:
        return terms.start
    earliest = today + timedelta(days=least_days)
    return (earliest.replace(day=1) + timedelta(days=32)).replace(day=1) if earliest.day > 1 else earliest


def funds(packages: Mapping[tuple[int, str], Sequence[UnitMoney]], terms: Terms, start: date) -> Funds:
    """Return the money of packages ((number, name) → units) whose contracts begin on a day."""
    found = tuple(_package(number, name, units, terms, start) for (number, name), units in packages.items())
    needed: dict[int, Decimal] = {}
    for each in found:
        for year, amount in by_calendar(each.paid).items():
            needed[year] = needed.get(year, Decimal(0)) + amount
    return Funds(start, terms.start is None, found, check_budget(needed, terms.budgets))


def _package(number: int, name: str, units: Sequence[UnitMoney], terms: Terms, start: date) -> PackageFunds:
    years = schedule(terms, units, start)
    paid = schedule(terms, [unit for unit in units if unit.floor_area is not None], start)
    known = {
        "income": _sum(map(income_of, units)),
        "subsidy": paid[0].subsidy or Decimal(0),
        "cost": _sum(cost_of(terms, unit) for unit in units),
    }
    return PackageFunds(number, name, years, paid, known, _unknown(units), _short(terms, units, years))


def _sum(amounts: Iterable[Decimal | None]) -> Decimal:
    return sum((each for each in amounts if each is not None), Decimal(0))


def _unknown(units: Iterable[UnitMoney]) -> dict[str, int]:
    names = ("floor_area", "households", "fee", "collection_rate")
    listed = list(units)
    return {name: sum(getattr(unit, name) is None for unit in listed) for name in names}


def _short(terms: Terms, units: Sequence[UnitMoney], years: Sequence[Year]) -> tuple[int, Remedy] | None:
    for year in years:
        if year.balance is not None and year.balance < 0:
            told = remedy(terms, units, year.number)
            return None if told is None else (year.number, told)
    return None


def as_json(found: Funds) -> dict[str, Any]:
    """Return the money of a round as plain values: yuan as decimal text, None where unknown."""
    return {
        "start": found.start,
        "start_assumed": found.assumed,
        "packages": [_plain(each) for each in found.packages],
        "total": {"years": _total([each.years for each in found.packages])},
        "calendar": [
            {
                "year": line.year,
                "needed": _text(line.needed),
                "budget": _text(line.budget),
                "left": _text(line.left),
            }
            for line in found.calendar
        ],
        "unknown_units": sum(max(each.unknown.values(), default=0) for each in found.packages),
    }


def _plain(each: PackageFunds) -> dict[str, Any]:
    short = None
    if each.short is not None:
        number, told = each.short
        short = {"year": number, "by": _text(told.short), **{
            name: _text(getattr(told, name)) for name in ("fee_more", "rate", "subsidy", "cost")}}  # fmt: skip
    return {
        "number": each.number, "name": each.name, "years": [_year(year) for year in each.years],
        "known": {name: _text(amount) for name, amount in each.known.items()},
        "unknown": dict(each.unknown), "short": short,
    }  # fmt: skip


def _year(year: Year) -> dict[str, Any]:
    told = {name: _text(getattr(year, name)) for name in _FIGURES}
    return {"number": year.number, "first": year.first, "last": year.last, **told}


def _total(packages: Sequence[Sequence[Year]]) -> list[dict[str, Any]]:
    rows = []
    for same in zip(*packages, strict=True):
        sums: dict[str, Decimal | None] = {name: Decimal(0) for name in _FIGURES}
        for year in same:
            for name in _FIGURES:
                mine, so_far = getattr(year, name), sums[name]
                sums[name] = None if mine is None or so_far is None else so_far + mine
        rows.append({"number": same[0].number, "first": same[0].first, "last": same[0].last,
                     **{name: _text(value) for name, value in sums.items()}})  # fmt: skip
    return rows


def _text(amount: Decimal | None) -> str | None:
    return None if amount is None else format(amount, "f")
