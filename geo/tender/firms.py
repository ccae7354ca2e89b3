"""Firms as bidders (投标企业): credit, bars, capacity, what they serve by now, and whether they may bid.

What a firm serves counts in the whole district, whatever part of it the asker sees: as a number, never as a list.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, field_validator
from sqlalchemy import Row, func, select
from sqlalchemy.orm import Session

from geo.errors import BadInput, Conflict, NotFound, Stale
from geo.store import history
from geo.store.sql import query
from geo.store.tables import firm
from geo.tender.bidders import Bidder, BidderRules, standing
from geo.tender.modes import Grade
from geo.tender.settings import bidding_of


class Credit(BaseModel):
    """What an officer notes of a firm; what is left out stays as it is."""

    model_config = ConfigDict(extra="forbid")

    grade: Grade | None = None
    graded_on: date | None = None
    barred_until: date | None = None
    """First day on which it may bid again."""
    capacity: int | None = Field(None, strict=True, ge=0, le=10_000_000)
    """Households that it can serve in all; None: no limit is known."""
    related: list[str] | None = Field(None, max_length=200)
    """Codes of firms that it controls, or is controlled with."""

    @field_validator("related")
    @classmethod
    def _in_order(cls, codes: list[str] | None) -> list[str] | None:
        return None if codes is None else sorted(set(codes))


def bidders(db: Session, as_of: date, codes: Sequence[str] | None = None) -> list[Bidder]:
    """Return the firms on record as they stand on a day; `codes`: only these."""
    rows = _rows(db, as_of)
    return [_bidder(row) for row in rows if codes is None or row.code in codes]


def listed(db: Session, area: str, as_of: date) -> list[dict[str, Any]]:
    """Return every firm that is seen from an area (12 digits), and why it may not bid there on a day."""
    rules = bidding_of(db, area)
    return [_plain(row, rules, area, as_of) for row in _rows(db, as_of)]


def one(db: Session, code: str, area: str, as_of: date) -> dict[str, Any]:
    """Return one firm with the units that it serves; raises NotFound."""
    row = next(iter(_rows(db, as_of, code)), None)
    if row is None:
        raise NotFound(f"no firm {code} in your area", field="code")
    serving = db.execute(query("geo.tender", "firm_units"), {"as_of": as_of, "code": code}).scalar_one()
    return {**_plain(row, bidding_of(db, area), area, as_of), "serving_units": serving}


def able_to_bid(db: Session, area: str, rules: BidderRules, day: date) -> int:
    """Return how many firms on record may bid in an area on a day."""
    return sum(not standing(each, rules, area, day) for each in bidders(db, day))


def note_credit(db: Session, code: str, version: int, values: Mapping[str, Any], today: date) -> int:
    """Note a firm's credit from today on, as a change in the world; returns its new version.

    Raises NotFound, Stale (with the other version), and BadInput for a related firm that is not on record.
    """
    db.execute(select(func.pg_advisory_xact_lock(func.hashtext(f"firm {code}"))))
    now = db.execute(select(firm).where(firm.c.code == code, history.holds_on(firm, today))).first()
    if now is None:
        raise NotFound(f"no firm {code} in your area", field="code")
    if now.id != version:
        current = {
            name: getattr(now, name) for name in ("grade", "graded_on", "barred_until", "capacity", "related")
        }
        raise Stale("somebody saved this firm first", extra={"current": {"version": now.id, **current}})
    _check_related(db, code, values.get("related") or ())
    fresh = {name: value for name, value in values.items() if getattr(now, name) != value}
    if not fresh:
        return version
    if now.valid.upper is not None:
        raise Conflict("this firm's record is to end; mend the later one first")
    by = history.open_change_set(db, "change", now.region, f"firm {code}")
    history.change(db, firm, [now.id], today, fresh, by)
    mine = select(firm.c.id).where(firm.c.code == code, history.holds_on(firm, today))
    return int(db.execute(mine).scalar_one())


def _check_related(db: Session, code: str, related: Sequence[str]) -> None:
    known = set(
        db.scalars(select(firm.c.code).where(firm.c.code.in_(related), func.upper_inf(firm.c.recorded)))
    )
    stranger = next((each for each in related if each not in known or each == code), None)
    if stranger is not None:
        raise BadInput(f"{stranger} is no other firm on record", field="related")


def _rows(db: Session, as_of: date, code: str | None = None) -> Sequence[Row[Any]]:
    return db.execute(query("geo.tender", "bidders"), {"as_of": as_of, "code": code}).all()


def _bidder(row: Any) -> Bidder:
    names = ("code", "name", "grade", "graded_on", "barred_until", "region", "capacity", "serving", "won")
    return Bidder(**{name: getattr(row, name) for name in names}, related=frozenset(row.related))


def _plain(row: Any, rules: BidderRules, area: str, day: date) -> dict[str, Any]:
    bidder = _bidder(row)
    why = standing(bidder, rules, area, day)
    names = ("version", "code", "name", "grade", "graded_on", "barred_until", "capacity", "serving", "won",
             "won_packages", "won_unknown", "region", "related", "units", "unknown", "here", "ends")  # fmt: skip
    return {**{name: getattr(row, name) for name in names}, "free": bidder.free,
            "standing": [each.as_json() for each in why]}  # fmt: skip
