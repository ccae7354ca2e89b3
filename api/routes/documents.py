"""Papers of a round (招标文件): lot schedule, annex and map book, made of the round as it stands; each is audited."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Header, Response
from starlette.responses import FileResponse

from api import papers
from api.deps import BUSINESS, Actor, Db, From, Settings, Store, allow
from geo.people import trail
from geo.tender import kept_papers
from maps.documents.makers import MAKERS

router = APIRouter(tags=["rounds"])

Paper = Literal["lots.xlsx", "annex.docx", "maps.pdf"]


@dataclass(frozen=True, slots=True)
class Asking:
    """Who asks for a paper, and which one he or she has already."""

    store: Store
    origin: From
    settings: Settings
    actor: Actor
    known: str


def _asking(
    store: Store,
    origin: From,
    settings: Settings,
    actor: Actor,
    if_none_match: Annotated[str | None, Header(examples=['"5f2b…"'])] = None,
) -> Asking:
    return Asking(store, origin, settings, actor, if_none_match or "")


Asked = Annotated[Asking, Depends(_asking)]


@router.get("/api/rounds/{number}/documents/lots.xlsx", dependencies=[allow(*BUSINESS)])
def lots(by: Asked, number: int) -> Response:
    """The lot schedule: packages, units and terms, its sums as formulas."""
    return _sent(by, number, "lots.xlsx")


@router.get("/api/rounds/{number}/documents/annex.docx", dependencies=[allow(*BUSINESS)])
def terms_and_maps(by: Asked, number: int) -> Response:
    """The annex of the tender document: terms, then each package with its map, its table and its money by year."""
    return _sent(by, number, "annex.docx")


@router.get("/api/rounds/{number}/documents/maps.pdf", dependencies=[allow(*BUSINESS)])
def maps(by: Asked, number: int) -> Response:
    """The map book on A3: an overview, then a page for each package."""
    return _sent(by, number, "maps.pdf")


@router.post("/api/rounds/{number}/documents/{file}", dependencies=[allow(*BUSINESS)], status_code=202)
def start_paper(
    db: Db, origin: From, settings: Settings, actor: Actor, number: int, file: Paper, response: Response
) -> dict[str, Any]:
    """Have a paper made: 202 with the job, 200 where it is there already; the GET of the same address gives it out."""
    paper = papers.wanted(db, number, file, actor.name, settings.business_date())
    if kept_papers.find(settings, paper.tag) is not None:
        response.status_code = 200
        return {"job": None, "state": "done", "etag": paper.tag}
    job = papers.start(db, origin.scope(actor.username, actor.areas), number, file, actor.name)
    response.headers["Location"] = f"/api/jobs/{job}"
    return {"job": job, "state": "waiting"}


def _sent(by: Asking, number: int, file: Paper) -> Response:
    """Give a paper out, or 304 to whoever has it; read in a transaction that ends before anything is drawn."""
    with by.store.begin(by.origin.scope(by.actor.username, by.actor.areas)) as db:
        paper = papers.wanted(db, number, file, by.actor.name, by.settings.business_date())
        tag = {"ETag": f'"{paper.tag}"'}
        if paper.tag in by.known:
            return Response(status_code=304, headers=tag)
        detail = {"format": file, "rows": len(paper.work.packages)}
        trail.record(db, "export", f"round {number}", detail=detail)
    path = papers.made(by.settings, paper)
    return FileResponse(path, media_type=MAKERS[file].media_type, filename=paper.named, headers=tag)
