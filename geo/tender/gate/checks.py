"""What the gate looks at, part by part. Pure: facts in, findings out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final

from geo.tender.award_words import worded
from geo.tender.contents import RoundUnit
from geo.tender.funds import Funds, PackageFunds
from geo.tender.gate.findings import Finding, Where, found
from geo.tender.gate.words import RULES, TEXTS, WHAT
from geo.tender.schedule import Remedy
from geo.tender.terms import Terms

_OWN_WORDS: Final = frozenset({"taken"})
"""Told from the units themselves, with the round that holds them."""


@dataclass(frozen=True, slots=True)
class Lots:
    """The packages of a round: number → name, and its units."""

    names: Mapping[int, str]
    units: Sequence[RoundUnit]

    def number(self, name: str | None) -> int | None:
        """Return the number of a package by its name."""
        return next((number for number, each in self.names.items() if each == name), None)

    def unit(self, code: str) -> RoundUnit | None:
        """Return a unit by its code."""
        return next((each for each in self.units if each.code == code), None)

    def called(self, code: str) -> str:
        """Return what a unit is called."""
        unit = self.unit(code)
        return unit.name if unit and unit.name else code


def of_packages(lots: Lots) -> Iterator[Finding]:
    """No packages at all, and packages without units."""
    if not lots.names:
        yield found("no_packages", "block", Where())
    for number, name in lots.names.items():
        mine = [unit for unit in lots.units if unit.package == number]
        if not mine:
            yield found("empty_package", "block", Where(number, name), package=name)
        elif all(unit.is_succeeded for unit in mine):
            where = Where(number, name, tuple(unit.code for unit in mine), mine[0].place)
            yield found("nothing_to_let", "block", where, package=name)


def of_rules(lots: Lots, violations: Sequence[Mapping[str, Any]]) -> Iterator[Finding]:
    """Every rule of the packages that is broken, as `weigh` tells it."""
    for each in violations:
        if each["rule"] not in _OWN_WORDS:
            yield _of_rule(lots, each)


def _of_rule(lots: Lots, each: Mapping[str, Any]) -> Finding:
    rule, name, units = each["rule"], each["package"], tuple(each["units"])
    pieces = tuple(tuple(piece) for piece in each["pieces"])
    at = lots.unit(pieces[-1][0] if pieces else units[0]) if units else None
    where = Where(lots.number(name), name, units, at.place if at else None, pieces)
    if rule == "contiguity":
        return found(rule, "block", where, package=name, pieces=len(pieces))
    if rule in ("refused", "willing_unknown"):
        return found(rule, "block", where, unit=lots.called(units[0]))
    if rule in ("unknown_figure", "gone"):
        what_zh, what_en = WHAT.get(str(each["limit"]), ("重要数据", "a figure that the rules weigh"))
        return found(rule, "block", where, unit=lots.called(units[0]), what_zh=what_zh, what_en=what_en)
    if each["value"] is not None and each["limit"] is not None and rule in WHAT and name:
        low = each["value"] < each["limit"]
        what_zh, what_en = WHAT[rule]
        value, limit = _plain(each["value"]), _plain(each["limit"])
        told: dict[str, Any] = {
            "package": name, "value": value, "limit": limit, "what_zh": what_zh, "what_en": what_en,
        }  # fmt: skip
        return found(rule, "block", where, text="bound_low" if low else "bound_high", **told)
    told = {"package": name or "批次", "text_zh": RULES.get(rule, rule), "text_en": each["text"]}
    return found(rule, "block", where, text="rule", **told)


def _plain(value: float) -> Decimal:
    found = Decimal(str(round(value, 2)))
    return found.quantize(Decimal(1)) if found == found.to_integral_value() else found


def of_units(lots: Lots, day: date, ending_days: int) -> Iterator[Finding]:
    """Units that another round holds, that are in mid-contract, whose owners did not vote for it."""
    for unit in lots.units:
        where = Where(unit.package, unit.package_name, (unit.code,), unit.place)
        name = unit.name or unit.code
        if unit.name is None:
            yield found("gone", "block", where, unit=name, day=day.isoformat())
            continue
        if unit.taken_by is not None:
            yield found("taken", "block", where, unit=name, round=unit.taken_name, number=unit.taken_by)
        yield from _in_service(unit, where, day, ending_days)
        if unit.vote is None:
            yield found("vote_missing", "block", where, unit=name)
        elif unit.vote != "passed":
            yield found("vote_failed", "block", where, unit=name)


def _in_service(unit: RoundUnit, where: Where, day: date, ending_days: int) -> Iterator[Finding]:
    name = unit.name or unit.code
    if unit.served and unit.service_end is None:
        yield found("mid_contract", "block", where, text="mid_contract_open", unit=name)
    elif unit.served and unit.service_end is not None and (unit.service_end - day).days > ending_days:
        left = (unit.service_end - day).days
        end = unit.service_end.isoformat()
        yield found("mid_contract", "block", where, unit=name, end=end, days=left, ending=ending_days)
    if unit.next_start is None:
        return
    if unit.is_succeeded:
        yield found("succeeded", "warn", where, unit=name, start=unit.next_start.isoformat())
    else:
        yield found("served_later", "warn", where, unit=name, start=unit.next_start.isoformat())


def of_money(lots: Lots, money: Funds, terms: Terms, most_years: int) -> Iterator[Finding]:
    """Years, start, budgets, and packages below cost with what would balance them."""
    if terms.years > most_years:
        yield found("years_over", "block", Where(), years=terms.years, most=most_years)
    if money.assumed:
        yield found("start_missing", "warn", Where(), start=money.start.isoformat())
    for line in money.calendar:
        told = {"year": str(line.year), "needed": _yuan(line.needed)}
        if line.budget is None:
            if line.needed:
                yield found("budget_missing", "warn", Where(), **told)
        elif line.needed > line.budget:
            by = line.needed - line.budget
            yield found("budget_over", "block", Where(), **told, budget=_yuan(line.budget), by=_yuan(by))
    for package in money.packages:
        if package.short is not None:
            yield _below_cost(package, *package.short)


def _below_cost(package: PackageFunds, year: int, told: Remedy) -> Finding:
    zh, en = remedies(told)
    where = Where(package.number, package.name)
    by = _yuan(told.short)
    return found(
        "below_cost", "warn", where, package=package.name, year=year, by=by, remedies_zh=zh, remedies_en=en
    )


def remedies(told: Remedy) -> tuple[str, str]:
    """Return what would balance a package, as half a sentence in each language."""
    steps = [
        worded(TEXTS, name, (), {name: f"{value:.1%}" if name == "rate" else f"{value:,}"})
        for name in ("fee_more", "rate", "subsidy", "cost")
        if (value := getattr(told, name)) is not None
    ]
    if not steps:
        return TEXTS["no_remedy"]
    return "或".join(each.zh for each in steps), " or ".join(each.en for each in steps)


def _yuan(amount: Decimal) -> str:
    return f"{amount:,.2f}"


def of_bidders(able: int, least: int) -> Iterator[Finding]:
    """Too few firms on record that may bid."""
    if able < least:
        yield found("few_firms", "warn", Where(), firms=able, least=least)


def of_rest(willing_left: Sequence[str]) -> Iterator[Finding]:
    """Willing units of the pool that are in no package."""
    if willing_left:
        yield found("unassigned", "warn", Where(units=tuple(willing_left)), count=len(willing_left))
