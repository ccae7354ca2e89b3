"""Packages (标包): proposed by the engine, or drawn by hand and held against the rules. Rounds save them."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from api.deps import (
    BUSINESS,
    Actor,
    AsOf,
    Db,
    From,
    Limit,
    RegionCode,
    Settings,
    Store,
    allow,
    check_area,
)
from geo.tender import work
from geo.tender.bundles import one_of_few, propose, weigh
from geo.tender.linked import linked
from geo.tender.modes import Thresholds
from geo.tender.pool import judged_pool
from geo.tender.rules import BundleRules, Code
from geo.tender.settings import read_thresholds, set_thresholds
from geo.tender.strays import strays
from geo.tender.survey import survey

router = APIRouter(tags=["packages"])

Units = Annotated[list[str], Field(max_length=500)]


class Weighing(BaseModel):
    """Packages drawn by hand: name → unit codes."""

    model_config = ConfigDict(extra="forbid")

    rules: BundleRules
    packages: dict[str, Units] = Field(max_length=500)


class Members(BaseModel):
    """Units that lie in packages, and the round that they are saved in, if any."""

    model_config = ConfigDict(extra="forbid")

    area: str = Field(pattern=r"^[0-9]{12}$")
    units: Annotated[list[Code], Field(max_length=5000)]
    round: int = Field(0, ge=0, le=2**31 - 1)


@router.post("/api/bundles", dependencies=[allow("officer")])
def propose_packages(
    store: Store, origin: From, settings: Settings, actor: Actor, as_of: AsOf, body: BundleRules
) -> dict[str, Any]:
    """Bundle the pool of an area: packages, what stays out and why. Nothing is saved."""
    check_area(actor, body.area)
    # A transaction of its own, ended before the solver starts: the pool of connections is not to wait for it.
    with store.begin(origin.scope(actor.username, actor.areas)) as db:
        ground = survey(db, body, as_of, settings.ending_days)
    with one_of_few():
        return propose(ground, body, as_of)


@router.post("/api/bundles/jobs", dependencies=[allow("officer")], status_code=202)
def start_bundling(
    db: Db, actor: Actor, origin: From, as_of: AsOf, body: BundleRules, response: Response
) -> dict[str, Any]:
    """The same as long work: 202 with the job, whose result is the answer; stopped, it keeps the best so far."""
    check_area(actor, body.area)
    number = work.start(db, origin.scope(actor.username, actor.areas), body, as_of)
    response.headers["Location"] = f"/api/jobs/{number}"
    return {"job": number, "state": "waiting"}


@router.get("/api/bundles/jobs", dependencies=[allow(*BUSINESS)])
def list_bundlings(db: Db, actor: Actor, origin: From, limit: Limit) -> dict[str, Any]:
    """The newest proposals that were asked for, and how far each is."""
    return {"jobs": work.recent(db, origin.scope(actor.username, actor.areas), limit)}


@router.post("/api/bundles/jobs/{number}/prices", dependencies=[allow("officer")], status_code=202)
def start_pricing(
    db: Db,
    actor: Actor,
    origin: From,
    number: int,
    response: Response,
    plan: Annotated[int, Query(ge=0, le=4)] = 0,
) -> dict[str, Any]:
    """Ask what each rule of a proposal's plan (0: the best) costs: 202 with the job that solves without each."""
    job = work.start_pricing(db, origin.scope(actor.username, actor.areas), number, plan)
    response.headers["Location"] = f"/api/jobs/{job}"
    return {"job": job, "state": "waiting"}


@router.get("/api/bundles/jobs/{number}/prices", dependencies=[allow(*BUSINESS)])
def list_pricings(db: Db, actor: Actor, origin: From, number: int) -> dict[str, Any]:
    """The newest pricing of each plan of a proposal that was asked for."""
    return {"jobs": work.pricings(db, origin.scope(actor.username, actor.areas), number)}


@router.get("/api/bundles/pool", dependencies=[allow(*BUSINESS)])
def read_judged_pool(
    db: Db,
    settings: Settings,
    actor: Actor,
    as_of: AsOf,
    region: Annotated[str, Query(examples=["990101000000"])],
    standalone: bool = True,
    ending: bool = True,
) -> dict[str, Any]:
    """Every unit of an area's pool: what is missing before it can be let, and a suggested mode with its reason."""
    area = check_area(actor, region)
    days = settings.ending_days
    return judged_pool(db, area, as_of, standalone=standalone, ending=ending, ending_days=days)


@router.get("/api/districts/{code}/modes", dependencies=[allow(*BUSINESS)])
def modes_of(db: Db, code: RegionCode) -> Thresholds:
    """Where each mode begins in a district."""
    return read_thresholds(db, code)


@router.put("/api/districts/{code}/modes", dependencies=[allow("planner", "officer")])
def define_modes(db: Db, code: RegionCode, body: Thresholds) -> Thresholds:
    """Set where each mode begins; suggestions follow at once."""
    return set_thresholds(db, code, body)


@router.post("/api/bundles/check", dependencies=[allow("officer")])
def check_packages(db: Db, settings: Settings, actor: Actor, as_of: AsOf, body: Weighing) -> dict[str, Any]:
    """Figures of packages drawn by hand, and every rule they break. Nothing is saved."""
    check_area(actor, body.rules.area)
    return weigh(db, body.rules, body.packages, as_of, ending_days=settings.ending_days)


@router.post("/api/bundles/links", dependencies=[allow("officer")])
def read_links(db: Db, settings: Settings, actor: Actor, as_of: AsOf, body: BundleRules) -> dict[str, Any]:
    """Who is whose neighbour in the pool under these rules, and what lies between those who are not."""
    check_area(actor, body.area)
    ground = survey(db, body, as_of, settings.ending_days, with_modes=False)
    return {"area": body.area, "as_of": as_of, "links": linked(ground, body)}


@router.post("/api/bundles/strays", dependencies=[allow("officer")])
def read_strays(db: Db, settings: Settings, actor: Actor, body: Members) -> dict[str, Any]:
    """Which of these units have left the pool by the business date, and why: served, in a live round, gone."""
    check_area(actor, body.area)
    day = settings.business_date()
    found = strays(db, body.units, body.area, day, ending_days=settings.ending_days, of_round=body.round)
    return {"as_of": day, "strays": found}
