"""The gate (送审检查): what keeps a round from being submitted and published, and what its officer should know.

It looks anew: at the pool, the contracts and the votes of the business date, not at what was saved with the round.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from geo.store.tender_tables import package
from geo.tender.bundles import weigh_on
from geo.tender.contents import by_package, units
from geo.tender.firms import able_to_bid
from geo.tender.funds import Funds, funds, planned_start
from geo.tender.gate import checks
from geo.tender.gate.findings import Finding, blocks
from geo.tender.rules import BundleRules
from geo.tender.settings import Bidding, bidding_of
from geo.tender.survey import Ground, survey
from geo.tender.terms import Terms

__all__ = ["Finding", "Report", "blocks", "look", "money_of"]


@dataclass(frozen=True, slots=True)
class Report:
    """What the gate found on a day."""

    findings: tuple[Finding, ...]
    day: date

    @property
    def ready(self) -> bool:
        """Whether nothing blocks."""
        return not blocks(self.findings)

    def as_json(self) -> dict[str, Any]:
        """Return plain values, what blocks first."""
        ordered = sorted(self.findings, key=lambda each: each.severity != "block")
        number = blocks(self.findings)
        return {
            "day": self.day, "ready": self.ready, "blocks": number, "warns": len(ordered) - number,
            "findings": [each.as_json() for each in ordered],
        }  # fmt: skip


def look(db: Session, row: Any, today: date, *, ending_days: int) -> Report:
    """Look at a round (a row with id, area, rules and terms) on the business date."""
    rules, terms = BundleRules.model_validate(row.rules), Terms.model_validate(row.terms)
    bidding = bidding_of(db, row.area)
    names = _names(db, row.id)
    members = units(db, row.id, today)
    lots = checks.Lots(names, members)
    ground = survey(
        db, rules, today, ending_days, [each.code for each in members], with_modes=False, of_round=row.id
    )
    money = money_of(names, members, terms, planned_start(terms, today, bidding.least_days))
    return Report(
        tuple(
            _all(
                lots,
                rules,
                terms,
                bidding,
                ground,
                money,
                today,
                ending_days,
                able_to_bid(db, row.area, bidding, today),
            )
        ),
        today,
    )


def _all(
    lots: checks.Lots,
    rules: BundleRules,
    terms: Terms,
    bidding: Bidding,
    ground: Ground,
    money: Funds,
    today: date,
    ending_days: int,
    able: int,
) -> list[Finding]:
    plan = {name: [each.code for each in lots.units if each.package == number and each.code in ground.candidates]
            for number, name in lots.names.items()}  # fmt: skip
    violations = weigh_on(ground, rules, plan, today)["violations"]
    return [
        *checks.of_packages(lots),
        *checks.of_rules(lots, violations),
        *checks.of_units(lots, today, ending_days),
        *checks.of_money(lots, money, terms, bidding.most_years),
        *checks.of_bidders(able, bidding.least_bidders),
        *checks.of_rest(_willing_left(ground, {each.code for each in lots.units})),
    ]


def money_of(names: dict[int, str], members: Sequence[Any], terms: Terms, start: date) -> Funds:
    """Return the money of a round's packages."""
    grouped = by_package(members)
    packages = {
        (number, name): [each.money(terms) for each in grouped.get(number, [])]
        for number, name in names.items()
    }
    return funds(packages, terms, start)


def _names(db: Session, number: int) -> dict[int, str]:
    rows = db.execute(
        select(package.c.number, package.c.name).where(package.c.round == number).order_by(package.c.number)
    )
    return {row.number: row.name for row in rows}


def _willing_left(ground: Ground, placed: set[str]) -> list[str]:
    return [
        code
        for code, each in ground.candidates.items()
        if each.willing and each.reason != "added" and not each.taken and code not in placed
    ]
