"""What is to come (到期与试用): contracts that end with nothing behind them, and trials that wait for a decision."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from geo.store.sql import query

DUE_DAYS = 30
"""So many days before its end a trial asks for a decision."""


def expiring(db: Session, prefix: str, as_of: date, days: int) -> dict[str, Any]:
    """Return the contracts of an area (prefix) that end within so many days; `risk`: with nothing to follow (反弹)."""
    values = {"prefix": prefix, "as_of": as_of, "days": days}
    found: list[dict[str, Any]] = db.execute(query("geo.tender", "expiring"), values).scalar_one()
    risks = [each for each in found if each["risk"]]
    return {
        "as_of": as_of, "days": days, "contracts": found, "risks": len(risks),
        "households_at_risk": sum(each["households"] or 0 for each in risks),
    }  # fmt: skip


def trials(db: Session, prefix: str, as_of: date) -> list[dict[str, Any]]:
    """Return every trial of an area (prefix): running, due for a decision, converted, or lapsed."""
    values = {"prefix": prefix, "as_of": as_of, "days": DUE_DAYS}
    found: list[dict[str, Any]] = db.execute(query("geo.tender", "trials"), values).scalar_one()
    return found
