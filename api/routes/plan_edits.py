"""Drawing on a plan (编辑方案): operations, their way back and forth."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from api.answers import tagged
from api.deps import BUSINESS, Actor, Db, From, IfMatchVersion, Settings, allow, parse_version
from geo.boundaries import plans
from geo.boundaries.plans import adopting, fixing, rebasing, suggesting
from geo.boundaries.plans.requests import Code, Operation

router = APIRouter(tags=["plans"])

To = Annotated[int | None, Query(ge=0)]
IfMatchAtTimes = Annotated[str | None, Header(alias="If-Match", examples=['"3"'])]
"""If-Match of what can also be previewed: that needs none."""


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")

    preview: bool = False

    def version(self, if_match: str | None) -> int | None:
        """The version that the edit starts from; None for a preview."""
        return None if self.preview else parse_version(if_match)


class Mending(_Body):
    """A fault by its id, and the cell that takes land which somebody has to decide about."""

    fault: str = Field(pattern=r"^[0-9a-f]{16}$")
    to: Code | None = None


class Rebase(_Body):
    """Whose cells stand where both sides changed the same."""

    keep: rebasing.Keep = "both"


class Choice(_Body):
    """A suggestion by its job, and which of its alternatives."""

    job: int = Field(ge=1)
    alternative: int = Field(default=1, ge=1, le=5)


@router.post("/api/plans/{plan}/operations", dependencies=[allow("planner")])
def operate(
    db: Db,
    settings: Settings,
    plan: int,
    body: Operation,
    response: Response,
    if_match: IfMatchAtTimes = None,
) -> dict[str, Any]:
    """Do an operation, or with `preview` show what it would do: that needs no If-Match and writes nothing."""
    version = None if body.preview else parse_version(if_match)
    made = plans.operate(db, plan, body, as_of=settings.business_date(), version=version)
    response.headers.update(tagged(made["version"]))
    return made


@router.post("/api/plans/{plan}/undo", dependencies=[allow("planner")])
def undo_step(
    db: Db, settings: Settings, plan: int, version: IfMatchVersion, response: Response, to: To = None
) -> dict[str, Any]:
    """Take back the last step of a draft, or all after a position."""
    return _travelled(db, settings, plan, version, response, to, forward=False)


@router.post("/api/plans/{plan}/redo", dependencies=[allow("planner")])
def redo_step(
    db: Db, settings: Settings, plan: int, version: IfMatchVersion, response: Response, to: To = None
) -> dict[str, Any]:
    """Do the next step again that was taken back, or all up to a position."""
    return _travelled(db, settings, plan, version, response, to, forward=True)


def _travelled(
    db: Db, settings: Settings, plan: int, version: int, response: Response, to: int | None, *, forward: bool
) -> dict[str, Any]:
    today = settings.business_date()
    made = plans.travel(db, plan, forward=forward, to=to, as_of=today, version=version)
    response.headers.update(tagged(made["version"]))
    return made


@router.get("/api/plans/{plan}/faults", dependencies=[allow(*BUSINESS)])
def list_faults(db: Db, settings: Settings, plan: int) -> dict[str, Any]:
    """Every fault of a plan, errors first, with the rules and the fix on offer."""
    return fixing.report(db, plan, settings.business_date())


@router.post("/api/plans/{plan}/fixes", dependencies=[allow("planner")])
def fix_fault(
    db: Db, settings: Settings, plan: int, body: Mending, response: Response, if_match: IfMatchAtTimes = None
) -> dict[str, Any]:
    """Mend one fault, or with `preview` show what that would do."""
    version, today = body.version(if_match), settings.business_date()
    made = fixing.fix(db, plan, body.fault, to=body.to, as_of=today, preview=body.preview, version=version)
    response.headers.update(tagged(made["version"]))
    return made


@router.post("/api/plans/{plan}/rebase", dependencies=[allow("planner")])
def rebase_plan(
    db: Db, settings: Settings, plan: int, body: Rebase, response: Response, if_match: IfMatchAtTimes = None
) -> dict[str, Any]:
    """Take in what was published since the draft was begun."""
    version, today = body.version(if_match), settings.business_date()
    made = rebasing.rebase(db, plan, body.keep, as_of=today, version=version, preview=body.preview)
    response.headers.update(tagged(made["version"]))
    return made


@router.post("/api/plans/{plan}/suggest", dependencies=[allow("planner")], status_code=202)
def suggest(
    db: Db,
    settings: Settings,
    actor: Actor,
    origin: From,
    plan: int,
    body: suggesting.Wanted,
    response: Response,
) -> dict[str, Any]:
    """Ask for grids to be suggested: 202 with the job, whose result holds the alternatives."""
    scope = origin.scope(actor.username, actor.areas)
    number = suggesting.start(db, scope, plan, body, settings.business_date())
    response.headers["Location"] = f"/api/jobs/{number}"
    return {"job": number, "state": "waiting"}


@router.post("/api/plans/{plan}/adopt", dependencies=[allow("planner")])
def adopt(
    db: Db,
    settings: Settings,
    actor: Actor,
    origin: From,
    plan: int,
    body: Choice,
    response: Response,
    if_match: IfMatchAtTimes = None,
) -> dict[str, Any]:
    """Take a suggestion into the draft as one step, or with `preview` show what that would do."""
    made = adopting.adopt(
        db,
        origin.scope(actor.username, actor.areas),
        plan,
        body.job,
        body.alternative,
        as_of=settings.business_date(),
        preview=body.preview,
        version=body.version(if_match),
    )
    response.headers.update(tagged(made["version"]))
    return made
