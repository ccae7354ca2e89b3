"""Bids (投标): the table of an opening, written down as a whole, in the order of receipt."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field, field_validator
from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from geo.errors import BadInput
from geo.people.trail import record
from geo.store.sql import query
from geo.store.tender_tables import bid, package, tender_round
from geo.tender import rounds, steps
from geo.tender.firms import bidders
from geo.tender.terms import Price

Score = Annotated[Decimal, Field(ge=0, le=100, decimal_places=4)]
"""Points of the committee, out of a hundred (百分制)."""


CHINA: Final = timezone(timedelta(hours=8))
"""The days of a round are China's."""


class Received(BaseModel):
    """One bid: for a package (its number), by a firm, price in fen, points of the committee before any bonus."""

    model_config = ConfigDict(extra="forbid")

    package: int = Field(ge=1, le=10_000)
    firm: str = Field(pattern=r"^[0-9A-Z]{18}$")
    price_fen: Price
    score: Score
    received_at: datetime

    @field_validator("received_at")
    @classmethod
    def _with_zone(cls, moment: datetime) -> datetime:
        if moment.tzinfo is None:
            raise ValueError("say in which time zone, such as 2026-11-30T09:00:00+08:00")
        return moment


class BidTable(BaseModel):
    """All bids of a round; it takes the place of what was written before."""

    model_config = ConfigDict(extra="forbid")

    bids: list[Received] = Field(max_length=5000)


def table(db: Session, number: int) -> list[dict[str, Any]]:
    """Return the bids of a round in the order of receipt, with names; NotFound for no such round."""
    rounds.view(db, number)
    found: list[dict[str, Any]] = db.execute(query("geo.tender", "bids"), {"round": number}).scalar_one()
    return found


def write(db: Session, number: int, hand: steps.Hand, received: Sequence[Received]) -> int:
    """Write down the bids of a round that is open; returns its new version.

    Raises Conflict while an award is proposed, BadInput for an unknown package or firm, one bid twice, and one that
    came before the publication or after the last day for bids (招标投标法第二十八条: who is late is refused).
    """
    row = steps.held_for(db, number, "bids", hand.version, tender_round.c.published_on)
    steps.refuse_proposed(row)
    _check(db, number, received, hand)
    _check_days(row, received)
    ordered = sorted(received, key=lambda each: each.received_at)
    db.execute(delete(bid).where(bid.c.round == number))
    if ordered:
        rows = [
            {"round": number, "number": place, **each.model_dump()} for place, each in enumerate(ordered, 1)
        ]
        db.execute(insert(bid), rows)
    told = {"bids": len(ordered), "firms": len({each.firm for each in ordered})}
    record(db, "round.bids", f"tender_round {number}", area=row.area, detail=told)
    fresh = rounds.raise_version(db, number, row.version, hand.actor)
    rounds.note_change(db, number, fresh, "edit", told)
    return fresh


def _check(db: Session, number: int, received: Sequence[Received], hand: steps.Hand) -> None:
    lots = set(db.scalars(select(package.c.number).where(package.c.round == number)))
    firms = {each.code for each in bidders(db, hand.today, [each.firm for each in received])}
    seen: set[tuple[int, str]] = set()
    for place, each in enumerate(received):
        if each.package not in lots:
            raise BadInput(f"no package {each.package} in this round", field=f"bids.{place}.package")
        if each.firm not in firms:
            raise BadInput(f"no firm {each.firm} on record", field=f"bids.{place}.firm")
        if (each.package, each.firm) in seen:
            raise BadInput(f"{each.firm} bids twice for package {each.package}", field=f"bids.{place}")
        seen.add((each.package, each.firm))


def _check_days(row: Any, received: Sequence[Received]) -> None:
    for place, each in enumerate(received):
        day = each.received_at.astimezone(CHINA).date()
        if not row.published_on <= day <= row.bids_until:
            raise BadInput(
                f"bid {place + 1} came on {day}; bids are taken from {row.published_on} to {row.bids_until}",
                field=f"bids.{place}.received_at",
            )
