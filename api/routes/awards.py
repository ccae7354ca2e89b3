"""Bids (投标) and the award (定标) of a round."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field

from api.answers import tagged
from api.deps import BUSINESS, Db, Settings, allow
from api.stepping import By, Show
from geo.tender import awarding, bids

router = APIRouter(tags=["awards"])


class Confirmation(BaseModel):
    """The hash of the award that was seen; `unproven`: knowing that it is not proven to be the best."""

    model_config = ConfigDict(extra="forbid")

    hash: str = Field(pattern=r"^[0-9a-f]{64}$")
    unproven: bool = False


@router.get("/api/rounds/{number}/bids", dependencies=[allow(*BUSINESS)])
def read_bids(db: Db, number: int) -> dict[str, Any]:
    """The bids of a round in the order of receipt."""
    return {"bids": bids.table(db, number)}


@router.put("/api/rounds/{number}/bids", dependencies=[allow("officer")])
def write_bids(db: Db, number: int, by: By, body: bids.BidTable, response: Response) -> dict[str, Any]:
    """Write down the bids of an opening; the table takes the place of what was written before."""
    fresh = bids.write(db, number, by, body.bids)
    response.headers.update(tagged(fresh))
    return {"version": fresh, "bids": bids.table(db, number)}


@router.get("/api/rounds/{number}/award", dependencies=[allow(*BUSINESS)])
def read_award(db: Db, settings: Settings, number: int) -> dict[str, Any]:
    """The best lawful award of the bids with the reason of each bid that lost; once proposed, the one proposed."""
    return awarding.shown(db, number, settings.business_date())


@router.post("/api/rounds/{number}/award", dependencies=[allow("officer")])
def propose_award(db: Db, settings: Settings, number: int, by: By, response: Response) -> dict[str, Any]:
    """Propose the best lawful award (拟定标)."""
    fresh = awarding.propose(db, number, by)
    response.headers.update(tagged(fresh))
    return {"version": fresh, **awarding.shown(db, number, settings.business_date())}


@router.delete("/api/rounds/{number}/award", dependencies=[allow("officer", "reviewer")])
def withdraw_award(db: Db, number: int, by: By, response: Response) -> dict[str, Any]:
    """Take a proposed award back, so that bids can be mended."""
    fresh = awarding.withdraw(db, number, by)
    response.headers.update(tagged(fresh))
    return {"version": fresh}


@router.post("/api/rounds/{number}/award/confirm", dependencies=[allow("reviewer")])
def confirm_award(db: Db, number: int, by: By, body: Confirmation, show: Show) -> dict[str, Any]:
    """Confirm the proposed award (确认定标); a second person does it, who saw the one that is proposed."""
    awarding.confirm(db, number, by, body.hash, unproven=body.unproven)
    return show(number)
