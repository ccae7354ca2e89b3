"""Papers of a round (招标文件): lot schedule, annex and map book, made of the round as it stands; each is audited."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from fastapi import APIRouter
from starlette.responses import FileResponse

from api.deps import BUSINESS, Actor, From, Settings, Store, allow
from api.routes.exports import as_file
from geo.people import trail
from geo.tender.paper_values import Paperwork
from geo.tender.paperwork import paperwork
from maps.documents import annex, lot_schedule, map_book
from maps.documents.papers import RoundPaper
from maps.documents.round_paper import round_paper

router = APIRouter(tags=["rounds"])

Maker = Callable[[RoundPaper], bytes]
MAKERS: Final[dict[str, tuple[Maker, str, str]]] = {
    "lots.xlsx": (lot_schedule.lot_schedule, lot_schedule.MEDIA_TYPE, "标段一览表"),
    "annex.docx": (annex.annex, annex.MEDIA_TYPE, "招标文件附件"),
    "maps.pdf": (map_book.map_book, map_book.MEDIA_TYPE, "标包图册"),
}
"""File → what makes it, its media type, its name in Chinese."""


@router.get("/api/rounds/{number}/documents/lots.xlsx", dependencies=[allow(*BUSINESS)])
def lots(store: Store, origin: From, settings: Settings, actor: Actor, number: int) -> FileResponse:
    """The lot schedule: packages, units and terms, its sums as formulas."""
    return _sent("lots.xlsx", _read(store, origin, actor, settings, number, "lots.xlsx"), actor, settings)


@router.get("/api/rounds/{number}/documents/annex.docx", dependencies=[allow(*BUSINESS)])
def terms_and_maps(store: Store, origin: From, settings: Settings, actor: Actor, number: int) -> FileResponse:
    """The annex of the tender document: terms, then each package with its map, its table and its money by year."""
    return _sent("annex.docx", _read(store, origin, actor, settings, number, "annex.docx"), actor, settings)


@router.get("/api/rounds/{number}/documents/maps.pdf", dependencies=[allow(*BUSINESS)])
def maps(store: Store, origin: From, settings: Settings, actor: Actor, number: int) -> FileResponse:
    """The map book on A3: an overview, then a page for each package."""
    return _sent("maps.pdf", _read(store, origin, actor, settings, number, "maps.pdf"), actor, settings)


def _read(store: Store, origin: From, actor: Actor, settings: Settings, number: int, file: str) -> Paperwork:
    """What the paper says, read in a transaction that ends before anything is drawn."""
    with store.begin(origin.scope(actor.username, actor.areas)) as db:
        work = paperwork(db, number, settings.business_date())
        trail.record(db, "export", f"round {number}", detail={"format": file, "rows": len(work.packages)})
    return work


def _sent(file: str, work: Paperwork, actor: Actor, settings: Settings) -> FileResponse:
    make, media_type, title = MAKERS[file]
    paper = round_paper(work, f"{work.area_name} {actor.name}", settings.business_date())
    suffix = file.rpartition(".")[2]
    return as_file(
        lambda path: path.write_bytes(make(paper)), lambda: (f"{work.name}-{title}.{suffix}", media_type)
    )
