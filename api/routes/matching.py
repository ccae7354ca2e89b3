"""Rows without a code (匹配): those in doubt beside their candidates, settled by people, then loaded."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from urllib.parse import quote

from fastapi import APIRouter, Path, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from api.deps import BUSINESS, Actor, Db, From, RegionCode, Settings, allow
from geo.ingest.matching import keeping
from geo.ingest.matching.listing import listed
from geo.ingest.matching.settings import Scores, define_scores, read_scores
from geo.jobs import enqueue

router = APIRouter(tags=["imports"])

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
Class = Literal["certain", "doubtful", "none", "double"]
Number = Annotated[int, Path(ge=1, le=2**53)]
Code = Annotated[str, Field(pattern=r"^[0-9]{12}[CS][0-9]{3}$")]


class Choice(BaseModel):
    """What somebody decided about a row: `match` with a code, `none` that is there, a `new` one; null takes it back."""

    model_config = ConfigDict(extra="forbid")

    number: Annotated[int, Field(ge=1, le=2**31 - 1)]
    version: Annotated[int, Field(ge=1, le=2**31 - 1)]
    choice: Literal["match", "none", "new"] | None
    code: Code | None = None


class Choices(BaseModel):
    """Decisions about rows, each by the version that was looked at: all of them, or 412 and none."""

    model_config = ConfigDict(extra="forbid")

    decisions: Annotated[list[Choice], Field(min_length=1, max_length=5_000)]


@router.get("/api/districts/{code}/matching", dependencies=[allow(*BUSINESS)])
def scores_of(db: Db, code: RegionCode) -> Scores:
    """From which scores on a district takes rows without a code by itself, asks about them, or leaves them."""
    return read_scores(db, code)


@router.put("/api/districts/{code}/matching", dependencies=[allow("planner", "officer")])
def define(db: Db, code: RegionCode, body: Scores) -> Scores:
    """Set these scores for what is matched from now on; what somebody decided stays."""
    return define_scores(db, code, body)


@router.get("/api/matchings", dependencies=[allow("planner", "officer")])
def list_matchings(db: Db) -> dict[str, Any]:
    """Files whose rows wait for somebody, and those that were loaded lately."""
    return {"matchings": keeping.list_matchings(db)}


@router.get("/api/matchings/{number}", dependencies=[allow("planner", "officer")])
def read_matching(db: Db, number: Number) -> dict[str, Any]:
    """One file's matching: how many rows are certain, in doubt, nobody's, settled."""
    return keeping.read_matching(db, number)


@router.get("/api/matchings/{number}/rows", dependencies=[allow("planner", "officer")])
def read_rows(
    db: Db,
    number: Number,
    kind: Annotated[Class | None, Query(alias="class")] = None,
    after: Annotated[int, Query(ge=0, le=2**31 - 1)] = 0,
    limit: Annotated[int, Query(ge=1, le=1000)] = 200,
) -> dict[str, Any]:
    """Rows as they stand in the file, with candidates, scores, reasons and decisions."""
    keeping.read_matching(db, number)
    rows = keeping.read_rows(db, number, kind, after, limit)
    following = (
        f"/api/matchings/{number}/rows?limit={limit}&after={rows[-1]['number']}"
        if len(rows) == limit
        else None
    )
    return {"rows": rows, "next": f"{following}&class={kind}" if following and kind else following}


@router.post("/api/matchings/{number}/decisions", dependencies=[allow("planner", "officer")])
def decide(db: Db, number: Number, body: Choices) -> dict[str, Any]:
    """Write decisions down; 412 where somebody decided first, 409 where a community would go to two rows."""
    return {"rows": keeping.decide(db, number, [one.model_dump() for one in body.decisions])}


@router.post("/api/matchings/{number}/load", dependencies=[allow("planner", "officer")], status_code=202)
def load(db: Db, actor: Actor, origin: From, number: Number, response: Response) -> dict[str, Any]:
    """Import the file with what was decided: 202 with the job."""
    request, areas = keeping.load_request(db, number)
    job = enqueue(db, origin.scope(actor.username, areas), "import", request)
    response.headers["Location"] = f"/api/jobs/{job}"
    return {"job": job, "state": "waiting"}


@router.post("/api/matchings/{number}/finish", dependencies=[allow("planner", "officer")])
def finish(db: Db, settings: Settings, number: Number) -> dict[str, Any]:
    """End a matching that was loaded, rows still open or not: its file goes, its rows stay to be read."""
    keeping.finish(db, settings, number)
    return {"matching": number, "state": "loaded"}


@router.delete("/api/matchings/{number}", dependencies=[allow("planner", "officer")])
def drop(db: Db, settings: Settings, number: Number) -> dict[str, Any]:
    """Give a matching up; its file goes."""
    keeping.drop(db, settings, number)
    return {"matching": number, "state": "dropped"}


@router.get("/api/matchings/{number}/rows.xlsx", dependencies=[allow("planner", "officer")])
def download_rows(
    db: Db, number: Number, kind: Annotated[Class | None, Query(alias="class")] = "none"
) -> Response:
    """The rows of nobody (or of another class) as they stand in the file, with the reason."""
    about = keeping.read_matching(db, number)
    name = quote(f"{about['source'].rsplit('.', 1)[0]}-未匹配.xlsx")
    headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{name}"}
    book = listed(keeping.headers(db, number, kind), keeping.every_row(db, number, kind))
    return Response(book, media_type=XLSX, headers=headers)
