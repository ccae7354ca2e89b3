"""What waits for a person (待办), and what is to come: contracts that end, trials to be decided on."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from api.deps import BUSINESS, Actor, AsOf, Db, Settings, allow, check_area
from geo.people.roles import prefix_of
from geo.tender import ahead
from geo.tender.inbox import Reader, inbox, mark

router = APIRouter(tags=["inbox"])

Where = Annotated[str, Query(examples=["990101000000"])]


@router.get("/api/inbox", dependencies=[allow(*BUSINESS)])
def read_inbox(db: Db, settings: Settings, actor: Actor) -> dict[str, Any]:
    """What waits for who is asking, on the business date: what is due first."""
    reader = Reader(actor.username, actor.roles, actor.areas)
    items = inbox(db, reader, settings.business_date(), ending_days=settings.ending_days)
    return {"items": items, "unread": sum(each["read_at"] is None for each in items)}


class Marks(BaseModel):
    """Items to be marked, by their keys; with `read` false the marks are taken back."""

    model_config = ConfigDict(extra="forbid")

    keys: Annotated[list[Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]], Field(max_length=1_000)]
    read: bool = True


@router.post("/api/inbox/read", dependencies=[allow(*BUSINESS)])
def mark_read(db: Db, actor: Actor, body: Marks) -> dict[str, Any]:
    """Mark items of who is asking as read: they stay until they are done, and nobody else's change."""
    reader = Reader(actor.username, actor.roles, actor.areas)
    return {"marked": mark(db, reader, body.keys, read=body.read)}


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
