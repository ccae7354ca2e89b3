"""A round as a GeoPackage (标包图层)."""

from __future__ import annotations

from pathlib import Path

from fastapi import APIRouter
from starlette.responses import FileResponse

from api.deps import BUSINESS, Actor, From, Store, allow
from api.routes.exports import as_file
from geo.people import trail
from geo.tender.round_file import MEDIA_TYPE, write_round

router = APIRouter(tags=["rounds"])


@router.get("/api/rounds/{number}/documents/round.gpkg", dependencies=[allow(*BUSINESS)])
def round_layers(store: Store, origin: From, actor: Actor, number: int) -> FileResponse:
    """The packages and the units of a round as layers of a GeoPackage, in CGCS2000; on record as an export."""
    name = ""

    def write(path: Path) -> None:
        nonlocal name
        with store.begin(origin.scope(actor.username, actor.areas)) as db:
            name = write_round(db, number, path)
            trail.record(db, "export", f"round {number}", detail={"format": "round.gpkg"})

    return as_file(write, lambda: (f"{name}-标包.gpkg", MEDIA_TYPE))
