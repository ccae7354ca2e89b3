"""What a district decides about letting (区级设置): from when on a tender pays, what it asks of bidders, its terms."""

from __future__ import annotations

from typing import Any

from pydantic import Field
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from geo.boundaries.setup import read_settings
from geo.people.trail import record
from geo.store.tables import area_setting
from geo.tender.bidders import BidderRules
from geo.tender.modes import Thresholds


class Bidding(BidderRules):
    """What a district asks of bidders, and of the days of a round (招标设置)."""

    least_days: int = Field(20, ge=0, le=365)
    """Days from the publication to the end of bidding, at least (招标投标法 24: 20)."""
    most_years: int = Field(3, ge=1, le=30)
    """Years of a contract, at most."""
    trial_days: int = Field(180, ge=1, le=1095)
    """Days of a trial (先尝后买), at most."""


def thresholds_of(db: Session, area: str) -> Thresholds:
    """Return the thresholds of the district that an area lies in; what it did not set is our default."""
    stored = db.scalar(select(area_setting.c.modes).where(area_setting.c.area == area[:6]))
    return Thresholds.model_validate(stored or {})


def set_thresholds(db: Session, district: str, limits: Thresholds) -> Thresholds:
    """Set a district's thresholds, on record. Raises NotFound for what is no district, or not wholly in the scope."""
    _set(db, district, {"modes": limits.model_dump(mode="json")})
    return limits


def bidding_of(db: Session, area: str) -> Bidding:
    """Return what the district that an area lies in asks of bidders; what it did not set is our default."""
    stored = db.scalar(select(area_setting.c.bidding).where(area_setting.c.area == area[:6]))
    return Bidding.model_validate(stored or {})


def set_bidding(db: Session, district: str, rules: Bidding) -> Bidding:
    """Set what a district asks of bidders, on record. Raises NotFound like `set_thresholds`."""
    _set(db, district, {"bidding": rules.model_dump(mode="json")})
    return rules


def read_bidding(db: Session, district: str) -> Bidding:
    """Return what a district asks of bidders. Raises NotFound for what is no district of the scope's areas."""
    read_settings(db, district)
    return bidding_of(db, district)


def _set(db: Session, district: str, values: dict[str, Any]) -> None:
    before = read_settings(db, district)
    fresh = {"area": district[:6], "three_no": before["three_no"], "made_up": before["made_up"], **values}
    row = insert(area_setting).values(fresh)
    db.execute(row.on_conflict_do_update(index_elements=["area"], set_=values))
    record(db, "district.settings", district, area=district, detail=values)


def read_thresholds(db: Session, district: str) -> Thresholds:
    """Return a district's thresholds. Raises NotFound for what is no district of the scope's areas."""
    read_settings(db, district)
    return thresholds_of(db, district)
