"""The pool for tender (待招标池) unit by unit: what is missing before it can be let, and the mode that fits it."""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from geo.tender.candidates import Candidate
from geo.tender.rules import BundleRules
from geo.tender.settings import thresholds_of
from geo.tender.survey import survey


def judged_pool(
    db: Session, area: str, as_of: date, *, standalone: bool, ending: bool, ending_days: int
) -> dict[str, Any]:
    """Return every unit of an area's pool with its outlook, and how many are ready and of which mode."""
    rules = BundleRules(area=area, standalone=standalone, ending=ending, willing="any")
    ground = survey(db, rules, as_of, ending_days)
    units = [_unit(each, ground.outlooks[each.code].as_json()) for each in ground.candidates.values()]
    return {
        "as_of": as_of,
        "area": area,
        "thresholds": thresholds_of(db, area).model_dump(mode="json"),
        "ready": sum(bool(unit["ready"]) for unit in units),
        "modes": Counter(unit["suggestion"]["mode"] for unit in units),
        "units": units,
    }


def _unit(candidate: Candidate, judged: dict[str, Any]) -> dict[str, Any]:
    return {
        "code": candidate.code, "unit_kind": candidate.kind, "name": candidate.name, "reason": candidate.reason,
        "households": candidate.households, "willing": candidate.willing, "anchor": candidate.anchor,
        "vote": candidate.vote, **judged,
    }  # fmt: skip
