"""What a district decides about modes (区级设置): from when on a tender pays, and what a strong firm is."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from geo.boundaries.setup import read_settings
from geo.people.trail import record
from geo.store.tables import area_setting
from geo.tender.modes import Thresholds


def thresholds_of(db: Session, area: str) -> Thresholds:
    """Return the thresholds of the district that an area lies in; what it did not set is our default."""
    stored = db.scalar(select(area_setting.c.modes).where(area_setting.c.area == area[:6]))
    return Thresholds.model_validate(stored or {})


def set_thresholds(db: Session, district: str, limits: Thresholds) -> Thresholds:
    """Set a district's thresholds, on record. Raises NotFound for what is no district, or not wholly in the scope."""
    before = read_settings(db, district)
    values: dict[str, Any] = {"modes": limits.model_dump(mode="json")}
    fresh = {"area": district[:6], "three_no": before["three_no"], "made_up": before["made_up"], **values}
    row = insert(area_setting).values(fresh)
    db.execute(row.on_conflict_do_update(index_elements=["area"], set_=values))
    record(db, "district.settings", district, area=district, detail=values)
    return limits


def read_thresholds(db: Session, district: str) -> Thresholds:
    """Return a district's thresholds. Raises NotFound for what is no district of the scope's areas."""
    read_settings(db, district)
    return thresholds_of(db, district)
