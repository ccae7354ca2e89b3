"""What waits for a person (待办), and what is to come: contracts that end, trials to be decided on."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query

from api.deps import BUSINESS, Actor, AsOf, Db, Settings, allow, check_area
from geo.people.roles import prefix_of
from geo.tender import ahead
from geo.tender.inbox import Reader, inbox

router = APIRouter(tags=["inbox"])

Where = Annotated[str, Query(examples=["990101000000"])]


@router.get("/api/inbox", dependencies=[allow(*BUSINESS)])
def read_inbox(db: Db, settings: Settings, actor: Actor) -> dict[str, Any]:
    """What waits for who is asking, on the business date: what is due first."""
    reader = Reader(actor.username, actor.roles, actor.areas)
    return {"items": inbox(db, reader, settings.business_date(), ending_days=settings.ending_days)}


@router.get("/api/tender/expiring", dependencies=[allow(*BUSINESS)])
def list_expiring(
    db: Db,
    settings: Settings,
    actor: Actor,
    as_of: AsOf,
    region: Where,
    days: Annotated[int | None, Query(ge=0, le=3650)] = None,
) -> dict[str, Any]:
    """Contracts that end within so many days (the settings' 90 unless asked), and which of them have a successor."""
    prefix = prefix_of(check_area(actor, region))
    return ahead.expiring(db, prefix, as_of, settings.ending_days if days is None else days)


@router.get("/api/tender/trials", dependencies=[allow(*BUSINESS)])
def list_trials(db: Db, actor: Actor, as_of: AsOf, region: Where) -> dict[str, Any]:
    """Trials (先尝后买): running, due for a decision, converted, or lapsed."""
    return {"as_of": as_of, "trials": ahead.trials(db, prefix_of(check_area(actor, region)), as_of)}
