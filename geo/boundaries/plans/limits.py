"""How many households a basic grid holds in a district (网格规模): its own setting, else the standard profile."""

from __future__ import annotations

from typing import Final

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from geo.boundaries.codes import region_prefix
from geo.boundaries.setup import read_settings
from geo.errors import BadInput
from geo.people.trail import record
from geo.store.tables import area_setting

STANDARD: Final = (300, 500)
"""Households of a basic grid by the standard profile; dedicated grids are exempt."""


def limits_of(db: Session, area: str) -> tuple[int, int]:
    """Return the least and most households of a basic grid in the district of an area (a code or a prefix)."""
    s = area_setting.c
    row = db.execute(select(s.grid_least, s.grid_most).where(s.area == area[:6])).first()
    least, most = row or (None, None)
    return (STANDARD[0] if least is None else least, STANDARD[1] if most is None else most)


def read_limits(db: Session, district: str) -> dict[str, int]:
    """Return a district's limits. Raises NotFound for what is no district of the scope's areas."""
    read_settings(db, district)
    least, most = limits_of(db, district)
    return {"least": least, "most": most}


def define_limits(db: Session, district: str, least: int, most: int) -> dict[str, int]:
    """Set a district's limits, on record; checks and suggestions follow at once.

    Raises NotFound for what is no district, BadInput for limits that nothing keeps.
    """
    if not 0 <= least <= most or most < 1:
        raise BadInput("the least is at most the most, and neither is negative", field="least")
    before = read_limits(db, district)
    values = {"grid_least": least, "grid_most": most}
    row = insert(area_setting).values(
        area=region_prefix(district), three_no="all_flags", made_up=False, **values
    )
    db.execute(row.on_conflict_do_update(index_elements=["area"], set_=values))
    record(db, "district.grid-limits", district, area=district, detail={**values, "before": before})
    return {"least": least, "most": most}
