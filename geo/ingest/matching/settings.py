"""From which scores on a district takes a row without a code by itself, asks about it, or leaves it (匹配阈值).

They hold for what is matched from now on; what a person decided stays as it is.
"""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict, Field, model_validator
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from geo.boundaries.codes import region_prefix
from geo.boundaries.setup import read_settings
from geo.ingest.matching.values import LEAST_CERTAIN, LEAST_DOUBTFUL, Limits
from geo.people.trail import record
from geo.store.tables import area_setting

_USUAL = Limits()


class Scores(BaseModel):
    """Scores 0–1; what a district leaves out is our default."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    certain: float = Field(_USUAL.certain, ge=LEAST_CERTAIN, le=1, allow_inf_nan=False)
    """From here on a row is matched by itself."""
    doubtful: float = Field(_USUAL.doubtful, ge=LEAST_DOUBTFUL, le=1, allow_inf_nan=False)
    """From here on it is asked about; below, it is nobody's."""
    lead: float = Field(_USUAL.lead, ge=0, le=0.5, allow_inf_nan=False)
    """By so much the best candidate must lead the next to be taken by itself."""

    @model_validator(mode="after")
    def _in_order(self) -> Scores:
        if self.doubtful > self.certain:
            raise ValueError("what is asked about begins below what is certain")
        return self


def read_scores(db: Session, district: str) -> Scores:
    """Return a district's scores. Raises NotFound for what is no district of the scope's areas."""
    read_settings(db, district)
    return _stored(db, region_prefix(district))


def define_scores(db: Session, district: str, scores: Scores) -> Scores:
    """Set a district's scores, on record. Raises NotFound for what is no district, or not wholly in the scope."""
    before = read_settings(db, district)
    values = {"matching": scores.model_dump(mode="json")}
    fresh = {
        "area": region_prefix(district),
        "three_no": before["three_no"],
        "made_up": before["made_up"],
        **values,
    }
    db.execute(insert(area_setting).values(fresh).on_conflict_do_update(index_elements=["area"], set_=values))
    record(db, "district.settings", district, area=district, detail=values)
    return scores


def limits_for(db: Session, areas: Sequence[str]) -> Limits:
    """Return the limits of who answers for these areas: their one district's, our defaults where they have several."""
    districts = {area[:6] for area in areas}
    scores = _stored(db, districts.pop()) if len(districts) == 1 else Scores()
    return Limits(scores.certain, scores.doubtful, scores.lead)


def _stored(db: Session, prefix: str) -> Scores:
    return Scores.model_validate(
        db.scalar(select(area_setting.c.matching).where(area_setting.c.area == prefix)) or {}
    )
