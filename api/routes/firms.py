"""Firms as bidders (投标企业), and what a district asks of them (区级设置)."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Response

from api.answers import tagged
from api.deps import BUSINESS, Actor, AsOf, Db, IfMatchVersion, RegionCode, Settings, allow, check_area
from geo.tender import firms
from geo.tender.settings import Bidding, read_bidding, set_bidding

router = APIRouter(tags=["firms"])

Where = Annotated[str, Query(examples=["990101000000"])]


@router.get("/api/bidders", dependencies=[allow(*BUSINESS)])
def list_bidders(db: Db, actor: Actor, as_of: AsOf, region: Where) -> dict[str, Any]:
    """Every firm with its credit, capacity and portfolio, and why it may not bid in a region on a day."""
    return {"as_of": as_of, "firms": firms.listed(db, check_area(actor, region), as_of)}


@router.get("/api/bidders/{code}", dependencies=[allow(*BUSINESS)])
def read_bidder(
    db: Db, actor: Actor, as_of: AsOf, code: str, region: Where, response: Response
) -> dict[str, Any]:
    """One firm with the units that it serves; the ETag to save its credit with."""
    found = firms.one(db, code, check_area(actor, region), as_of)
    response.headers.update(tagged(found["version"]))
    return found


@router.patch("/api/firms/{code}", dependencies=[allow("officer")])
def note_credit(
    db: Db, settings: Settings, code: str, version: IfMatchVersion, body: firms.Credit, response: Response
) -> dict[str, Any]:
    """Note a firm's grade, bar, capacity or related firms, from the business date on."""
    values = body.model_dump(exclude_unset=True)
    fresh = firms.note_credit(db, code, version, values, settings.business_date())
    response.headers.update(tagged(fresh))
    return {"version": fresh}


@router.get("/api/districts/{code}/bidding", dependencies=[allow(*BUSINESS)])
def bidding_of(db: Db, code: RegionCode) -> Bidding:
    """What a district asks of bidders, and of the days of a round."""
    return read_bidding(db, code)


@router.put("/api/districts/{code}/bidding", dependencies=[allow("planner", "officer")])
def define_bidding(db: Db, code: RegionCode, body: Bidding) -> Bidding:
    """Set what a district asks of bidders; rounds not yet awarded follow at once."""
    return set_bidding(db, code, body)
