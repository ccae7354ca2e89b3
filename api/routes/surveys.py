"""Survey sheets (摸底表): out with what is known, back with what was found, and what of it is confirmed."""

from __future__ import annotations

import shutil
from contextlib import ExitStack
from datetime import date
from pathlib import Path as FilePath
from typing import Annotated, Any

from fastapi import APIRouter, File, Path, Query, Response, UploadFile
from fastapi.responses import FileResponse
from pydantic import BaseModel, ConfigDict, Field

from api.deps import BUSINESS, Actor, Db, Settings, allow, check_area
from api.routes.exports import as_file
from geo.errors import BadInput, TooLarge
from geo.ingest.export import MEDIA_TYPES
from geo.ingest.uploads import new_upload
from geo.settings import Settings as AllSettings
from geo.survey import confirming, issuing, progress, sending, taking
from geo.survey.fields import ASKED, DEFAULT

router = APIRouter(tags=["surveys"])

SENDERS = ("planner", "officer")
MEDIA = {"xlsx": MEDIA_TYPES["xlsx"], "zip": "application/zip"}
Number = Annotated[int, Path(ge=1, le=2**53)]
Code = Annotated[str, Field(pattern=r"^[0-9]{12}[CS][0-9]{3}$", examples=["990101001001C001"])]
Neighbourhood = Annotated[str | None, Query(pattern=r"^[0-9]{12}$", examples=["990101001001"])]
Value = str | bool | int | float | None


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class Wanted(_Body):
    """A survey to send; what is left out is the usual one of 三防."""

    area: str
    title: str = Field("", max_length=60)
    chosen: sending.Chosen = "all"
    standalone: bool = False
    fields: list[Annotated[str, Field(max_length=40)]] = Field(list(DEFAULT), min_length=1, max_length=40)
    layout: sending.Layout = "each"
    as_of: date | None = None
    due: date | None = None
    """Until when it should come back."""


class Meaning(_Body):
    """What an answer means that could not be read, or not that way."""

    unit: Code
    field: str = Field(max_length=40)
    text: str = Field(max_length=200)


class Tick(_Body):
    """One value to write, with the one of today that it replaces: as both were shown."""

    unit: Code
    field: str = Field(max_length=40)
    old: Value
    new: Value


class Ticks(_Body):
    """What is confirmed, from which day on it holds (the business date unless said), and why."""

    items: list[Tick] = Field(min_length=1, max_length=20_000)
    from_date: date | None = None
    reason: str | None = Field(None, max_length=200)
    shorten: bool = False
    """Knowing that a new mode of service ends the contract that runs on that day."""


@router.get("/api/surveys", dependencies=[allow(*BUSINESS)])
def list_surveys(db: Db) -> dict[str, Any]:
    """The surveys of the asker's area, newest first, with how far they are; and what may be asked."""
    fields = [
        {"name": one.name, "header": one.field.header, "usual": one.name in DEFAULT} for one in ASKED.values()
    ]
    return {"surveys": sending.surveys(db), "fields": fields}


@router.post("/api/surveys", dependencies=[allow(*SENDERS)], status_code=201)
def send_survey(db: Db, actor: Actor, settings: Settings, body: Wanted, response: Response) -> dict[str, Any]:
    """Begin a survey: its rows and their values are kept as they go out."""
    today = settings.business_date()
    as_of = body.as_of or today
    if as_of > today:
        raise BadInput(f"nobody can be asked about a day after {today}", field="as_of")
    wanted = sending.Wanted(
        check_area(actor, body.area),
        as_of,
        body.title,
        body.chosen,
        body.standalone,
        tuple(body.fields),
        body.layout,
        body.due,
    )
    number = sending.send(db, wanted)
    response.headers["Location"] = f"/api/surveys/{number}"
    return sending.find(db, number)


@router.get("/api/surveys/{number}", dependencies=[allow(*BUSINESS)])
def read_survey(db: Db, settings: Settings, number: Number) -> dict[str, Any]:
    """One survey: how far each neighbourhood is, the files that came back, what was confirmed."""
    found = sending.find(db, number)
    answered = progress.difference(db, number, settings.business_date())
    return {
        **found,
        "counts": progress.counts(answered),
        "progress": progress.progress(db, number, answered),
        "returns": progress.returns(db, number),
        "confirmations": progress.confirmations(db, number),
    }


@router.delete("/api/surveys/{number}", dependencies=[allow(*SENDERS)], status_code=204)
def withdraw_survey(db: Db, number: Number) -> None:
    """Take a survey back that nobody has answered."""
    sending.withdraw(db, number)


@router.get("/api/surveys/{number}/sheets.{parcel}", dependencies=[allow(*SENDERS)])
def read_sheets(
    db: Db, number: Number, parcel: issuing.Parcel, neighbourhood: Neighbourhood = None
) -> FileResponse:
    """The workbook to fill in, of all or of one neighbourhood; as a zip, one for each neighbourhood."""
    names: list[str] = []

    def write(path: FilePath) -> None:
        names.append(issuing.write_sheets(db, number, path, neighbourhood=neighbourhood, parcel=parcel))

    return as_file(write, lambda: (f"{names[0]}.{parcel}", MEDIA[parcel]))


@router.post("/api/surveys/{number}/returns", dependencies=[allow(*SENDERS)])
def take_sheets(
    db: Db,
    settings: Settings,
    number: Number,
    file: Annotated[list[UploadFile], File(description="filled in workbooks, .xlsx or .csv: one or several")],
) -> dict[str, Any]:
    """Take filled in sheets: a report for each. The records stay as they are until somebody confirms."""
    sending.find(db, number)
    with ExitStack() as stack:
        files = [(_kept(one, settings, stack), _name(one)) for one in file]
        reports = taking.take(db, number, taking.read_books(files), day=settings.business_date())
    answered = progress.difference(db, number, settings.business_date())
    return {"files": reports, "counts": progress.counts(answered)}


def _name(file: UploadFile) -> str:
    return FilePath((file.filename or "").replace("\\", "/")).name[:200] or "upload"


def _kept(file: UploadFile, settings: AllSettings, stack: ExitStack) -> FilePath:
    path = new_upload(settings)
    stack.callback(path.unlink, missing_ok=True)
    with path.open("wb") as target:
        shutil.copyfileobj(file.file, target, 2**20)
    if path.stat().st_size > settings.max_upload:
        raise TooLarge(f"{_name(file)} is over {settings.max_upload} bytes", field="file")
    return path


@router.get("/api/surveys/{number}/difference", dependencies=[allow(*BUSINESS)])
def read_difference(
    db: Db, settings: Settings, number: Number, neighbourhood: Neighbourhood = None
) -> dict[str, Any]:
    """What went out, what came back, what is there today: every field that differs, by unit."""
    answered = progress.difference(db, number, settings.business_date(), neighbourhood=neighbourhood)
    shown = [one.as_json() for one in answered if one.items or one.note or one.outcome == "unreachable"]
    return {
        "survey": number,
        "as_of": settings.business_date(),
        "counts": progress.counts(answered),
        "units": shown,
    }


@router.put("/api/surveys/{number}/answers", dependencies=[allow(*SENDERS)])
def settle_answer(db: Db, settings: Settings, number: Number, body: Meaning) -> dict[str, Any]:
    """Say what a text means that is no value as it stands; the difference of its unit comes back."""
    sending.find(db, number)
    taking.settle(db, number, body.unit, body.field, body.text)
    found = progress.difference(db, number, settings.business_date(), neighbourhood=body.unit[:12])
    return {"units": [one.as_json() for one in found if one.unit == body.unit]}


@router.post("/api/surveys/{number}/confirm", dependencies=[allow(*SENDERS)])
def confirm_survey(db: Db, settings: Settings, number: Number, body: Ticks) -> dict[str, Any]:
    """Write what is ticked, as a change from a day on: one change set. 412 where a value looks different by now.

    409 names the contracts that a new mode of service would end, unless `shorten` says to know that.
    """
    day = settings.business_date()
    ticks = [confirming.Tick(one.unit, one.field, one.old, one.new) for one in body.items]
    begins = body.from_date or day
    done = confirming.confirm(
        db, number, ticks, day=day, from_date=begins, reason=body.reason, shorten=body.shorten
    )
    return {"change_set": done.change_set, "fields": done.fields, "units": done.units}


@router.post("/api/surveys/{number}/confirmations/{change_set}/undo", dependencies=[allow(*SENDERS)])
def undo_confirmation(db: Db, number: Number, change_set: Annotated[int, Path(ge=1)]) -> dict[str, Any]:
    """Take a confirmation back as a whole; 409 names what stands in the way."""
    return {"change_set": confirming.undo(db, number, change_set), "undone": change_set}


@router.get("/api/units/{code}/surveys", dependencies=[allow(*BUSINESS)])
def read_last_surveys(
    db: Db, code: Annotated[str, Path(pattern=r"^[0-9]{12}[CS][0-9]{3}$", examples=["990101001001C001"])]
) -> dict[str, Any]:
    """When a community or a stand-alone building was surveyed, and by whom; newest first."""
    return {"unit": code, "surveys": progress.last_surveys(db, code)}
