"""What a district decides for itself (区级设置): what counts as three-no, and whether its data are made up."""

from __future__ import annotations

from typing import Literal

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from geo.boundaries.codes import region_prefix
from geo.store.tables import area_setting

ThreeNo = Literal["all_flags", "any_flag", "old"]
"""Three-no (三无小区) by all three flags (Changzhi), by any, or every old community (Yaohai)."""


def set_up_district(db: Session, district: str, *, three_no: ThreeNo, made_up: bool) -> None:
    """Set a district's own definitions; a second call changes them."""
    values = {"three_no": three_no, "made_up": made_up}
    row = insert(area_setting).values(area=region_prefix(district), **values)
    db.execute(row.on_conflict_do_update(index_elements=["area"], set_=values))


def district_is_set_up(db: Session, district: str) -> bool:
    """Whether a district has its settings."""
    mine = select(area_setting.c.area).where(area_setting.c.area == region_prefix(district))
    return db.execute(mine).first() is not None
