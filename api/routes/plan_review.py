"""Looking at a plan together (会审): compared with the published world, lineage, comments; days of change."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from api.answers import tagged
from api.deps import BUSINESS, Db, IfMatchVersion, Region, RegionCode, Settings, allow
from geo.boundaries.plans import comments, lineage
from geo.boundaries.plans.dates import change_dates
from geo.boundaries.plans.limits import define_limits, read_limits
from geo.boundaries.plans.requests import Code, Place

router = APIRouter(tags=["plans"])


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Lineage(_Body):
    """New cells with the old ones that they come from; branches with the cell that they go to."""

    lineage: dict[Code, Annotated[list[Code], Field(max_length=50)]] = Field(default={}, max_length=500)
    branches: dict[str, Code] = Field(default={}, max_length=2000)


class GridLimits(_Body):
    """Households of a basic grid, both included."""

    least: int = Field(ge=0, le=100_000)
    most: int = Field(ge=1, le=100_000)


class Comment(_Body):
    """What somebody says of a plan, of one of its cells, or of a place."""

    text: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]
    cell: Code | None = None
    place: Place | None = None


@router.get("/api/plans/{plan}/compare", dependencies=[allow(*BUSINESS)])
def compare_plan(db: Db, settings: Settings, plan: int) -> dict[str, Any]:
    """What a plan changes: land and people that move, lineage, branches and teams."""
    return lineage.compared(db, plan, settings.business_date())


@router.put("/api/plans/{plan}/lineage", dependencies=[allow("planner")])
def confirm_lineage(
    db: Db, plan: int, body: Lineage, version: IfMatchVersion, response: Response
) -> dict[str, Any]:
    """Confirm which cell comes from which, and where branches go."""
    fresh = lineage.confirm(db, plan, body.lineage, body.branches, version)
    response.headers.update(tagged(fresh))
    return {"version": fresh}


@router.get("/api/plans/{plan}/comments", dependencies=[allow(*BUSINESS)])
def list_comments(db: Db, plan: int) -> dict[str, Any]:
    """What was said of a plan, oldest first."""
    return {"comments": comments.listed(db, plan)}


@router.post("/api/plans/{plan}/comments", dependencies=[allow("planner", "reviewer")], status_code=201)
def add_comment(db: Db, plan: int, body: Comment) -> dict[str, Any]:
    """Say something of a plan."""
    return comments.say(db, plan, body.text, cell=body.cell, place=body.place)


@router.get("/api/districts/{code}/grid-limits", dependencies=[allow(*BUSINESS)])
def limits_of_district(db: Db, code: RegionCode) -> dict[str, int]:
    """How many households a basic grid of a district holds."""
    return read_limits(db, code)


@router.put("/api/districts/{code}/grid-limits", dependencies=[allow("planner")])
def define_limits_of_district(db: Db, code: RegionCode, body: GridLimits) -> dict[str, int]:
    """Set how many households a basic grid of a district holds; checks and suggestions follow at once."""
    return define_limits(db, code, body.least, body.most)


@router.get("/api/grids/dates", dependencies=[allow(*BUSINESS)])
def list_dates(db: Db, settings: Settings, region: Region) -> dict[str, Any]:
    """The days on which grids of an area changed, and today."""
    days = [day.isoformat() for day in change_dates(db, region)]
    return {"dates": days, "today": settings.business_date().isoformat()}
