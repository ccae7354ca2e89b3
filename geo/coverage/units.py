"""Which service units (服务对象) are unserved, fall back, or wait for a tender; and the totals of an area."""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy.orm import Session

from geo.boundaries.layers import Moment, Page
from geo.store.sql import query


class Which(StrEnum):
    """A choice of service units."""

    UNSERVED = "unserved"
    """Known to have no service on the date (未覆盖)."""
    REBOUNDS = "rebounds"
    """Served once and unserved now (反弹)."""
    POOL = "pool"
    """Waiting for a tender (待招标池): three-no and unserved, or the contract ends within the settings' days."""


def list_units(
    db: Session, which: Which, prefix: str, moment: Moment, *, standalone: bool, ending_days: int
) -> Page:
    """Return the chosen units as features: inner points, or shapes for the pool; in order of code."""
    values = {
        **moment.bind(),
        "which": which.value,
        "prefix": prefix,
        "standalone": standalone,
        "ending_days": ending_days,
    }
    features, matched = db.execute(query("geo.coverage", "units"), values).one()
    return Page(features, matched, matched, None)


def summary(db: Session, prefix: str, moment: Moment, *, ending_days: int) -> dict[str, object]:
    """Return the totals of an area: ground, regions, people, units by kind and service, branches.

    `grids_with_branch` counts distinct grids, so it is not the number of branches (Yaohai's 474 are branches).
    """
    values = {**moment.bind(), "prefix": prefix, "ending_days": ending_days}
    answer: dict[str, object] = db.execute(query("geo.coverage", "summary"), values).scalar_one()
    return answer
