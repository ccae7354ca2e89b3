"""Members that have left the pool (离池成员): drawn into packages once, and by now served, held elsewhere, or gone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from geo.boundaries.codes import region_prefix
from geo.store.sql import query


def strays(
    db: Session, units: Sequence[str], area: str, day: date, *, ending_days: int, of_round: int = 0
) -> list[dict[str, Any]]:
    """Return those of the units that the pool of an area does not hold on a day, by code, each with `why`.

    `gone`: no such unit on that day; `taken`: a live round other than `of_round` holds it; `served`: a firm serves it
    beyond the settings' days; `unknown`: nobody knows whether it is served; `managed`: it is unserved but no community
    without management (三无) any more. `blocks`: the gate stops a round that holds it.
    """
    values = {
        "units": list(units), "prefix": region_prefix(area),
        "day": day, "ending_days": ending_days, "of_round": of_round,
    }  # fmt: skip
    found: list[dict[str, Any]] = db.execute(query("geo.tender", "strays"), values).scalar_one()
    return found
