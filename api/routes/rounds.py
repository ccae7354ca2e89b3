"""Tender rounds (招标批次): saved, edited live by several officers, looked at by the gate, taken from step to step."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from api.answers import tagged
from api.deps import BUSINESS, Actor, AsOf, Db, IfMatchVersion, Settings, allow, check_area
from api.stepping import By, Show
from geo.tender import contracts, moves, reading, rounds, steps

router = APIRouter(tags=["rounds"])


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class Copy(_Body):
    """The name of the copy."""

    name: str = Field(min_length=1, max_length=80)


class Remark(_Body):
    """A remark on a step."""

    remark: str | None = Field(None, max_length=500)


class Reason(_Body):
    """Why a step is taken."""

    remark: str = Field(min_length=1, max_length=500)


class Publication(_Body):
    """The last day for bids; left out: the earliest that the district's days allow."""

    bids_until: date | None = None


class Failure(Reason):
    """The package whose winner does not sign, and why."""

    package: int = Field(ge=1, le=10_000)


class Reletting(Copy):
    """The name of the new round, and which failed packages it lets; left out: all of them."""

    packages: list[Annotated[int, Field(ge=1, le=10_000)]] | None = Field(None, max_length=500)


@router.get("/api/rounds", dependencies=[allow(*BUSINESS)])
def list_rounds(db: Db) -> dict[str, Any]:
    """Every saved round, newest first."""
    return {"rounds": rounds.all_rounds(db)}


@router.post("/api/rounds", dependencies=[allow("officer")], status_code=201)
def create_round(
    db: Db, settings: Settings, actor: Actor, as_of: AsOf, body: rounds.Draft, show: Show, response: Response
) -> dict[str, Any]:
    """Save packages as a new round."""
    check_area(actor, body.rules.area)
    return _made(show, response, rounds.save_new(db, body, as_of, ending_days=settings.ending_days))


@router.get("/api/rounds/{number}", dependencies=[allow(*BUSINESS)])
def read_round(number: int, show: Show) -> dict[str, Any]:
    """One round with its packages."""
    return show(number)


@router.put("/api/rounds/{number}", dependencies=[allow("officer")])
def save_round(
    db: Db,
    settings: Settings,
    actor: Actor,
    number: int,
    version: IfMatchVersion,
    body: rounds.Draft,
    show: Show,
) -> dict[str, Any]:
    """Save a round again."""
    check_area(actor, body.rules.area)
    rounds.save(db, number, body, version, actor.username, ending_days=settings.ending_days)
    return show(number)


@router.delete("/api/rounds/{number}", dependencies=[allow("officer")], status_code=204)
def discard_round(db: Db, number: int, version: IfMatchVersion) -> None:
    """Throw a draft away."""
    rounds.discard(db, number, version)


@router.post("/api/rounds/{number}/copy", dependencies=[allow("officer")], status_code=201)
def copy_round(
    db: Db, settings: Settings, number: int, as_of: AsOf, body: Copy, show: Show, response: Response
) -> dict[str, Any]:
    """Save a round under another name, as a new draft."""
    fresh = rounds.copy(db, number, body.name, as_of, ending_days=settings.ending_days)
    return _made(show, response, fresh)


@router.post("/api/rounds/{number}/moves", dependencies=[allow("officer")])
def edit_round(
    db: Db, actor: Actor, number: int, version: IfMatchVersion, body: moves.Edit, response: Response
) -> dict[str, Any]:
    """Move units between packages, rename, lock: the figures of what was touched and every broken rule, at once."""
    made = moves.edit(db, number, version, actor.username, body)
    response.headers.update(tagged(made["version"]))
    return made


@router.get("/api/rounds/{number}/changes", dependencies=[allow(*BUSINESS)])
def list_changes(db: Db, number: int, since: Annotated[int, Query(ge=0, le=2**31 - 1)] = 0) -> dict[str, Any]:
    """What happened to a round since a version: who moved what, and every step."""
    return rounds.changes_since(db, number, since)


@router.get("/api/rounds/{number}/history", dependencies=[allow(*BUSINESS)])
def read_history(db: Db, number: int) -> dict[str, Any]:
    """Every step of a round: from where to where, who, when, on which business date."""
    return {"steps": reading.history(db, number)}


@router.get("/api/rounds/{number}/gate", dependencies=[allow(*BUSINESS)])
def look_through_gate(db: Db, settings: Settings, number: int) -> dict[str, Any]:
    """What keeps a round from being submitted, and what its officer should know, on the business date."""
    return reading.gate_report(db, number, settings.business_date(), ending_days=settings.ending_days)


@router.get("/api/rounds/{number}/money", dependencies=[allow(*BUSINESS)])
def read_money(db: Db, settings: Settings, number: int) -> dict[str, Any]:
    """Income, cost and subsidy by contract year, budgets by calendar year, what balances a package below cost."""
    return reading.money(db, number, settings.business_date())


@router.get("/api/rounds/{number}/units", dependencies=[allow(*BUSINESS)])
def list_round_units(db: Db, number: int) -> dict[str, Any]:
    """The units of a round with every figure, as GeoJSON."""
    return reading.unit_features(db, number)


@router.post("/api/rounds/{number}/submit", dependencies=[allow("officer")])
def submit_round(db: Db, settings: Settings, number: int, by: By, body: Remark, show: Show) -> dict[str, Any]:
    """Hand a draft in for review (送审); 409 with what the gate found."""
    steps.submit(db, number, by, body.remark, ending_days=settings.ending_days)
    return show(number)


@router.post("/api/rounds/{number}/return", dependencies=[allow("reviewer")])
def return_round(db: Db, number: int, by: By, body: Reason, show: Show) -> dict[str, Any]:
    """Give a round back to its officer (退回) with a reason."""
    steps.give_back(db, number, by, body.remark)
    return show(number)


@router.post("/api/rounds/{number}/publish", dependencies=[allow("reviewer")])
def publish_round(
    db: Db, settings: Settings, number: int, by: By, body: Publication, show: Show
) -> dict[str, Any]:
    """Publish a round (发布); a second person does it."""
    steps.publish(db, number, by, body.bids_until, ending_days=settings.ending_days)
    return show(number)


@router.post("/api/rounds/{number}/open", dependencies=[allow("officer")])
def open_round(db: Db, number: int, by: By, show: Show) -> dict[str, Any]:
    """Open the bids (开标) once the days of bidding are over."""
    steps.open_bids(db, number, by)
    return show(number)


@router.post("/api/rounds/{number}/contract", dependencies=[allow("officer")])
def contract_package(db: Db, number: int, by: By, body: contracts.Signing, show: Show) -> dict[str, Any]:
    """Sign a package's contract (签约): its units are served from its first day on, and coverage shows it at once."""
    made = contracts.sign(db, number, by, body)
    return {**show(number), "other_days": made["other_days"]}


@router.post("/api/rounds/{number}/fail", dependencies=[allow("reviewer")])
def fail_package(db: Db, number: int, by: By, body: Failure, show: Show) -> dict[str, Any]:
    """Let an awarded package fail (流标) whose winner does not sign."""
    contracts.fail(db, number, by, body.package, body.remark)
    return show(number)


@router.post("/api/rounds/{number}/relet", dependencies=[allow("officer")], status_code=201)
def relet_packages(
    db: Db, settings: Settings, actor: Actor, number: int, body: Reletting, show: Show, response: Response
) -> dict[str, Any]:
    """Let failed packages again (重新招标): a new draft."""
    today = settings.business_date()
    fresh = contracts.relet(
        db, number, actor.username, body.name, body.packages, today, ending_days=settings.ending_days
    )
    return _made(show, response, fresh)


@router.post("/api/rounds/{number}/close", dependencies=[allow("officer")])
def close_round(db: Db, number: int, by: By, body: Remark, show: Show) -> dict[str, Any]:
    """Close a round (办结): every contract has begun, or every package failed."""
    steps.close(db, number, by, body.remark)
    return show(number)


@router.post("/api/rounds/{number}/void", dependencies=[allow("reviewer")])
def void_round(db: Db, number: int, by: By, body: Reason, show: Show) -> dict[str, Any]:
    """Void a round (废标) before its award, with a reason."""
    steps.void(db, number, by, body.remark)
    return show(number)


def _made(show: Show, response: Response, number: int) -> dict[str, Any]:
    response.headers["Location"] = f"/api/rounds/{number}"
    return show(number)
