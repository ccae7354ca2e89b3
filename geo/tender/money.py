"""Income of a unit against what serving it costs (肥瘦搭配), in yuan a year. Unknown stays unknown."""

from __future__ import annotations

from dataclasses import dataclass

from geo.tender.rules import MoneyRule

MONTHS = 12


@dataclass(frozen=True, slots=True)
class Books:
    """A unit's year in yuan; `assumed`: its fee or its collection rate is the rule's, not its own."""

    income: float
    subsidy: float
    cost: float
    assumed: bool

    @property
    def balance(self) -> float:
        """What is left: negative where cost is above income and subsidy."""
        return self.income + self.subsidy - self.cost


@dataclass(frozen=True, slots=True)
class Unknown:
    """The figure that is missing, so that the unit cannot be weighed."""

    figure: str


def books(
    rule: MoneyRule,
    *,
    floor_area: float | None,
    households: int | None,
    fee: float | None,
    collection_rate: float | None,
) -> Books | Unknown:
    """Weigh a unit: m² × fee × 12 × collection rate + m² × subsidy, and the cost by m² or household.

    >>> books(MoneyRule(cost_per_m2=1.0), floor_area=10_000, households=100, fee=0.8, collection_rate=0.5).balance
    -72000.0
    >>> books(MoneyRule(cost_per_m2=1.0), floor_area=10_000, households=100, fee=None, collection_rate=0.5)
    Unknown(figure='fee')
    """
    rate = collection_rate if collection_rate is not None else rule.assumed_rate
    price = fee if fee is not None else rule.assumed_fee
    if floor_area is None:
        return Unknown("floor_area")
    if price is None:
        return Unknown("fee")
    if rate is None:
        return Unknown("collection_rate")
    monthly = _cost(rule, floor_area, households)
    if monthly is None:
        return Unknown("households")
    return Books(
        income=floor_area * price * MONTHS * rate,
        subsidy=floor_area * rule.subsidy_per_m2,
        cost=monthly * MONTHS,
        assumed=fee is None or collection_rate is None,
    )


def _cost(rule: MoneyRule, floor_area: float, households: int | None) -> float | None:
    if rule.cost_per_m2 is not None:
        return floor_area * rule.cost_per_m2
    return None if households is None else households * (rule.cost_per_household or 0.0)
