"""The form of one community (小区): read with origins, corrected (更正) or changed from a date; a unit's stance."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Response
from pydantic import BaseModel, ConfigDict, Field

from api.answers import tagged
from api.deps import BUSINESS, AsOf, Db, IfMatchVersion, KnownAt, allow
from geo.boundaries.editing import form, save
from geo.boundaries.layers import Moment

router = APIRouter(tags=["communities"])

STANCE = ("willing", "anchor", "vote")

Text = Annotated[str, Field(max_length=200)]
Count = Annotated[int, Field(ge=0, le=2_000_000)]
Vote = Literal["passed", "failed"]
UnitCode = Annotated[str, Path(pattern=r"^[0-9]{12}[CS][0-9]{3}$", examples=["990101001001C001"])]


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
    willing: bool | None = None
    anchor: bool | None = None
    vote: Vote | None = None


class Stance(BaseModel):
    """Whether a unit may be let (招标意向); what is not named stays. Unknown is null."""

    model_config = ConfigDict(extra="forbid")

    willing: bool | None = None
    anchor: bool | None = None
    vote: Vote | None = None
    from_date: date | None = None
    """The day from which it is so; the business date unless said."""


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
    return {
        "code": found.code,
        "version": found.version,
        "fields": found.fields,
        "history": found.history,
        "source_crs": found.source_crs,
    }


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


@router.get("/api/units/{code}/stance", dependencies=[allow(*BUSINESS)])
def read_stance(db: Db, code: UnitCode, as_of: AsOf, known_at: KnownAt, response: Response) -> dict[str, Any]:
    """Whether a community or a stand-alone building may be let, with the origin of each fact; the ETag to save with."""
    found = form(db, code, Moment(as_of, known_at))
    response.headers.update(tagged(found.version))
    return {"code": code, "version": found.version, **{name: found.fields[name] for name in STANCE}}


@router.put("/api/units/{code}/stance", dependencies=[allow("planner", "officer")])
def set_stance(
    db: Db, code: UnitCode, as_of: AsOf, version: IfMatchVersion, body: Stance, response: Response
) -> dict[str, Any]:
    """Note the owners' will, their vote, or that a unit carries weak neighbours (大带小): a change from a day on."""
    values = body.model_dump(exclude_unset=True, exclude={"from_date"})
    return _saved(response, save(db, code, version, values, as_of=as_of, from_date=body.from_date or as_of))


def _given(body: Correction) -> dict[str, Any]:
    return body.fields.model_dump(exclude_unset=True)


def _saved(response: Response, version: int) -> dict[str, Any]:
    response.headers.update(tagged(version))
    return {"version": version}
