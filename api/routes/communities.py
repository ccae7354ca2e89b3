"""The form of one community (小区): read with origins, corrected (更正) or changed from a date (变更)."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field

from api.answers import tagged
from api.deps import BUSINESS, AsOf, Db, IfMatchVersion, KnownAt, allow
from geo.boundaries.editing import form, save
from geo.boundaries.layers import Moment

router = APIRouter(tags=["communities"])

Text = Annotated[str, Field(max_length=200)]
Count = Annotated[int, Field(ge=0, le=2_000_000)]


class Fields(BaseModel):
    """The fields of a community's form; what is not named stays. Unknown is null."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, Field(min_length=1, max_length=80)] | None = None
    aliases: list[Text] = []
    address: Text | None = None
    kind: str | None = Field(None, pattern="^(commercial|resettlement|old)$")
    built_year: Annotated[int, Field(ge=1800, le=2200)] | None = None
    building_count: Count | None = None
    households: Count | None = None
    residents: Count | None = None
    floor_area: Annotated[float, Field(ge=0, le=1e8, allow_inf_nan=False)] | None = None
    no_managing_unit: bool | None = None
    no_property_service: bool | None = None
    no_security: bool | None = None
    fee: Annotated[float, Field(ge=0, le=1000, allow_inf_nan=False)] | None = None
    collection_rate: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)] | None = None


class Correction(BaseModel):
    """What was always so."""

    model_config = ConfigDict(extra="forbid")

    fields: Fields


class Change(Correction):
    """What is so from a date on."""

    from_date: date


@router.get("/api/communities/{code}/fields", dependencies=[allow(*BUSINESS)])
def read_form(db: Db, code: str, as_of: AsOf, known_at: KnownAt, response: Response) -> dict[str, Any]:
    """Every field with its value, source, date and who; every version; the ETag to save with."""
    found = form(db, code, Moment(as_of, known_at))
    response.headers.update(tagged(found.version))
    return {"code": found.code, "version": found.version, "fields": found.fields, "history": found.history}


@router.post("/api/communities/{code}/corrections", dependencies=[allow("planner", "officer")])
def correct_community(
    db: Db, code: str, as_of: AsOf, version: IfMatchVersion, body: Correction, response: Response
) -> dict[str, Any]:
    """Mend a mistake: nothing changed in the world."""
    return _saved(response, save(db, code, version, _given(body), as_of=as_of, from_date=None))


@router.post("/api/communities/{code}/changes", dependencies=[allow("planner", "officer")])
def change_community(
    db: Db, code: str, as_of: AsOf, version: IfMatchVersion, body: Change, response: Response
) -> dict[str, Any]:
    """Note a change in the world from a date on."""
    return _saved(response, save(db, code, version, _given(body), as_of=as_of, from_date=body.from_date))


def _given(body: Correction) -> dict[str, Any]:
    return body.fields.model_dump(exclude_unset=True)


def _saved(response: Response, version: int) -> dict[str, Any]:
    response.headers.update(tagged(version))
    return {"version": version}
