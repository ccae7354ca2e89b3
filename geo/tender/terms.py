"""The terms of a round (招标条件): when contracts begin, what they pay and cost, and the budgets they must keep."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated

from pydantic import ConfigDict, Field

from geo.tender.schedule import MoneyPlan, Rate

Yuan = Annotated[Decimal, Field(ge=0, le=Decimal("1e11"), decimal_places=2)]
Share = Annotated[Decimal, Field(ge=0, le=1, decimal_places=6)]
Fen = Annotated[int, Field(strict=True, ge=0, le=10**13)]
"""Money in whole fen, up to a hundred thousand million yuan: a fraction or a text is none."""
Price = Annotated[int, Field(strict=True, ge=1, le=10**13)]
"""What somebody asks for work, in whole fen: never nothing (零元投标无效)."""
BudgetYear = Annotated[int, Field(ge=1990, le=2200)]


class Terms(MoneyPlan):
    """What a round offers its bidders, beside the packages themselves."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    start: date | None = None
    """First day of the contracts, as planned; None: not decided yet."""
    budgets: dict[BudgetYear, Yuan] = Field(default_factory=dict, max_length=20)
    """Subsidy that there is for a calendar year, in yuan."""
    price_budget_fen: Fen | None = None
    """What the prices may come to in all."""
    assumed_fee: Rate | None = None
    """Taken where a fee is unknown, and said."""
    assumed_rate: Share | None = None
    """Taken where a collection rate is unknown, and said."""
