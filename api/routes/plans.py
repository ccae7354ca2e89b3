"""Grid plans (网格方案): drafted by a planner, published by a reviewer."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

import shapely
from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field

from api.answers import tagged
from api.deps import BUSINESS, Actor, Db, IfMatchVersion, Settings, allow
from geo.boundaries import plans

router = APIRouter(tags=["plans"])

Place = tuple[Annotated[float, Field(ge=-180, le=180)], Annotated[float, Field(ge=-90, le=90)]]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class NewPlan(_Body):
    """The neighbourhood (社区) to plan, and a title."""

    area: str = Field(pattern=r"^[0-9]{12}$")
    title: str = Field(min_length=1, max_length=80)


class Line(_Body):
    """A GeoJSON LineString in degrees."""

    type: Annotated[str, Field(pattern="^LineString$")] = "LineString"
    coordinates: list[Place] = Field(min_length=2, max_length=1000)


class Cut(_Body):
    """The grid to split and the line to split it by."""

    grid: str = Field(pattern=r"^[0-9]{15}$")
    line: Line


class Publication(_Body):
    """From when on the plan holds."""

    valid_from: date


class Remark(_Body):
    """Why a plan goes back."""

    remark: str = Field(min_length=1, max_length=500)


@router.get("/api/plans", dependencies=[allow(*BUSINESS)])
def list_plans(db: Db, settings: Settings) -> dict[str, Any]:
    """Every plan of the area, newest first."""
    return {"plans": plans.all_plans(db, settings.business_date())}


@router.post("/api/plans", dependencies=[allow("planner")], status_code=201)
def create_plan(db: Db, settings: Settings, body: NewPlan) -> dict[str, Any]:
    """Begin a draft."""
    today = settings.business_date()
    return plans.view(db, plans.create(db, body.area, body.title, today), today)


@router.get("/api/plans/{plan}", dependencies=[allow(*BUSINESS)])
def read_plan(db: Db, settings: Settings, plan: int, response: Response) -> dict[str, Any]:
    """One plan with the grids it makes, changes and ends."""
    found = plans.view(db, plan, settings.business_date())
    response.headers.update(tagged(found["version"]))
    return found


@router.delete("/api/plans/{plan}", dependencies=[allow("planner")], status_code=204)
def discard_plan(db: Db, plan: int, actor: Actor) -> None:
    """Throw one's own draft away."""
    plans.discard(db, plan, actor.username)


@router.post("/api/plans/{plan}/split/preview", dependencies=[allow("planner")])
def preview_split(db: Db, settings: Settings, plan: int, body: Cut) -> dict[str, Any]:
    """What a cut would make: both sides with area, households and residents. Writes nothing."""
    return plans.split_grid(db, plan, body.grid, _line(body), as_of=settings.business_date(), preview=True)


@router.post("/api/plans/{plan}/split", dependencies=[allow("planner")])
def split_grid(
    db: Db, settings: Settings, plan: int, body: Cut, version: IfMatchVersion, response: Response
) -> dict[str, Any]:
    """Split a grid of a draft by a line."""
    made = plans.split_grid(
        db, plan, body.grid, _line(body), as_of=settings.business_date(), preview=False, version=version
    )
    response.headers.update(tagged(made["version"]))
    return made


@router.post("/api/plans/{plan}/undo", dependencies=[allow("planner")])
def undo_step(db: Db, plan: int, version: IfMatchVersion, response: Response) -> dict[str, Any]:
    """Take back the last step of a draft."""
    return _moved(response, plans.undo(db, plan, version))


@router.post("/api/plans/{plan}/submit", dependencies=[allow("planner")])
def submit_plan(
    db: Db, plan: int, actor: Actor, version: IfMatchVersion, response: Response
) -> dict[str, Any]:
    """Hand a draft in for review."""
    return _moved(response, plans.submit(db, plan, actor.username, version))


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
    """Publish a submitted plan from a date on; a second person does it."""
    return plans.publish(
        db, plan, actor.username, body.valid_from, today=settings.business_date(), version=version
    )


def _line(body: Cut) -> shapely.LineString:
    return shapely.LineString(body.line.coordinates)


def _moved(response: Response, version: int) -> dict[str, Any]:
    response.headers.update(tagged(version))
    return {"version": version}
