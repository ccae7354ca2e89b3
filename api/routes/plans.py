"""Grid plans (网格方案): drafted by a planner, approved and published by a reviewer."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from api.answers import tagged
from api.deps import BUSINESS, Actor, Db, IfMatchVersion, Settings, allow
from geo.boundaries import plans

router = APIRouter(tags=["plans"])

LayerName = Literal["grids", "communities", "building_groups"]
State = Literal["draft", "submitted", "returned", "approved", "published", "withdrawn"]
Title = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80)]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", populate_by_name=True)


class NewPlan(_Body):
    """The area to plan (社区、街道、区), a title, and what to begin from."""

    area: str = Field(pattern=r"^[0-9]{12}$")
    title: Title
    layer: LayerName = "grids"
    copy_of: int | None = Field(default=None, alias="from")


class Titled(_Body):
    """Another title."""

    title: Title


class Submission(_Body):
    """Why the warnings of a plan are to be accepted."""

    reason: Annotated[str, StringConstraints(strip_whitespace=True, max_length=500)] | None = None


class Publication(_Body):
    """From when on the plan holds."""

    valid_from: date


class Remark(_Body):
    """Why a plan goes back."""

    remark: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]


@router.get("/api/plans", dependencies=[allow(*BUSINESS)])
def list_plans(
    db: Db,
    settings: Settings,
    area: Annotated[str | None, Query(pattern=r"^[0-9]{12}$")] = None,
    layer: LayerName | None = None,
    state: State | None = None,
) -> dict[str, Any]:
    """Every plan of the area, newest first."""
    return {"plans": plans.all_plans(db, settings.business_date(), area=area, layer=layer, state=state)}


@router.post("/api/plans", dependencies=[allow("planner")], status_code=201)
def create_plan(
    db: Db, settings: Settings, actor: Actor, body: NewPlan, response: Response
) -> dict[str, Any]:
    """Begin a draft."""
    today = settings.business_date()
    number = plans.create(db, body.area, body.title, today, layer=body.layer, copy=body.copy_of)
    response.headers["Location"] = f"/api/plans/{number}"
    return _shown(db, number, today, actor, response)


@router.get("/api/plans/{plan}", dependencies=[allow(*BUSINESS)])
def read_plan(db: Db, settings: Settings, actor: Actor, plan: int, response: Response) -> dict[str, Any]:
    """One plan with every cell of its area as drafted."""
    return _shown(db, plan, settings.business_date(), actor, response)


def _shown(db: Db, plan: int, today: date, actor: Actor, response: Response) -> dict[str, Any]:
    found = plans.view(db, plan, today, actor=actor.username, roles=sorted(actor.roles))
    response.headers.update(tagged(found["version"]))
    return found


@router.patch("/api/plans/{plan}", dependencies=[allow("planner")])
def rename_plan(
    db: Db, plan: int, version: IfMatchVersion, body: Titled, response: Response
) -> dict[str, Any]:
    """Give a plan another title."""
    return _moved(response, plans.rename(db, plan, body.title, version))


@router.delete("/api/plans/{plan}", dependencies=[allow("planner")], status_code=204)
def discard_plan(db: Db, plan: int, actor: Actor) -> None:
    """Throw one's own draft away."""
    plans.discard(db, plan, actor.username)


@router.post("/api/plans/{plan}/submit", dependencies=[allow("planner")])
def submit_plan(
    db: Db,
    settings: Settings,
    plan: int,
    actor: Actor,
    version: IfMatchVersion,
    response: Response,
    body: Submission | None = None,
) -> dict[str, Any]:
    """Hand a draft in for review."""
    today, reason = settings.business_date(), (body.reason if body else None) or ""
    return _moved(response, plans.submit(db, plan, actor.username, version, as_of=today, reason=reason))


@router.post("/api/plans/{plan}/approve", dependencies=[allow("reviewer")])
def approve_plan(
    db: Db, plan: int, actor: Actor, version: IfMatchVersion, response: Response
) -> dict[str, Any]:
    """Approve a submitted plan; a second person does it."""
    return _moved(response, plans.approve(db, plan, actor.username, version))


@router.post("/api/plans/{plan}/return", dependencies=[allow("reviewer")])
def return_plan(
    db: Db, plan: int, actor: Actor, version: IfMatchVersion, body: Remark, response: Response
) -> dict[str, Any]:
    """Give a plan back to its author with a reason."""
    return _moved(response, plans.give_back(db, plan, actor.username, body.remark, version))


@router.post("/api/plans/{plan}/publish", dependencies=[allow("reviewer")])
def publish_plan(
    db: Db, settings: Settings, plan: int, actor: Actor, version: IfMatchVersion, body: Publication
) -> dict[str, Any]:
    """Publish a plan from a date on; a second person does it."""
    return plans.publish(
        db, plan, actor.username, body.valid_from, today=settings.business_date(), version=version
    )


@router.post("/api/plans/{plan}/withdraw", dependencies=[allow("reviewer")])
def withdraw_plan(
    db: Db, settings: Settings, plan: int, actor: Actor, version: IfMatchVersion, response: Response
) -> dict[str, Any]:
    """Take a publication back before its day; a second person does it."""
    fresh = plans.withdraw(db, plan, actor.username, today=settings.business_date(), version=version)
    return _moved(response, fresh)


def _moved(response: Response, version: int) -> dict[str, Any]:
    response.headers.update(tagged(version))
    return {"version": version}
