"""What a district decides for itself (区级设置): what counts as three-no, and whether its data are made up."""

from __future__ import annotations

from typing import Any, Literal

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from geo.boundaries.codes import region_prefix
from geo.errors import NotFound
from geo.people.trail import record
from geo.store.tables import area_setting, region

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


def read_settings(db: Session, district: str) -> dict[str, Any]:
    """Return a district's definitions; those of who set nothing are the database's defaults.

    Raises NotFound for what is no district (区县) of the scope's areas.
    """
    _check_district(db, district)
    mine = select(area_setting.c.three_no, area_setting.c.made_up)
    row = db.execute(mine.where(area_setting.c.area == region_prefix(district))).one_or_none()
    three_no, made_up = row or ("all_flags", False)
    return {"code": district, "three_no": three_no, "made_up": made_up}


def define_three_no(db: Session, district: str, three_no: ThreeNo) -> dict[str, Any]:
    """Set what counts as three-no (三无小区) in a district, on record; that its data are made up stays as it was.

    Raises NotFound for what is no district, or not wholly in the scope's areas.
    """
    before = read_settings(db, district)
    row = insert(area_setting).values(area=region_prefix(district), three_no=three_no, made_up=False)
    db.execute(row.on_conflict_do_update(index_elements=["area"], set_={"three_no": three_no}))
    changed = {"three_no": three_no, "before": before["three_no"]}
    record(db, "district.settings", district, area=district, detail=changed)
    return {**before, "three_no": three_no}


def _check_district(db: Session, code: str) -> None:
    known = select(region.c.code).where(
        region.c.code == code, region.c.level == "district", func.upper_inf(region.c.recorded)
    )
    if db.execute(known).first() is None:
        raise NotFound(f"no such district in your area: {code}", field="code")
