"""Base maps (底图): which there are, and the pictures of those that lie on this machine."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Annotated, Any, Final

from fastapi import APIRouter, Header, Response

from api.deps import BUSINESS, Settings, allow
from geo.errors import NotFound
from geo.tiles import Place
from geo.tiles.pictures import VECTOR, about_file, from_file, from_folder
from maps.basemaps import BaseMap, chosen

router = APIRouter(tags=["basemaps"])

_A_DAY: Final = "private, max-age=86400"


@router.get("/api/basemaps", dependencies=[allow(*BUSINESS)])
def list_basemaps(settings: Settings) -> dict[str, Any]:
    """The base maps of this installation, with the addresses that a browser may ask; none by default."""
    return {"basemaps": [_known(each, settings).told() for each in chosen(settings)]}


def _known(base: BaseMap, settings: Settings) -> BaseMap:
    """A base map with what its file says of itself: shapes or pictures, and how near they were made."""
    path = settings.basemap_file if base.name == "pmtiles" else None
    about = about_file(path) if path else None
    return replace(base, vector=about[0] == VECTOR, max_zoom=about[1]) if about else base


@router.get("/api/basemaps/{name}/{z}/{x}/{y}", dependencies=[allow(*BUSINESS)])
def basemap_tile(
    settings: Settings,
    name: str,
    z: int,
    x: int,
    y: int,
    if_none_match: Annotated[str | None, Header()] = None,
) -> Response:
    """One picture of a base map that is served from here, `folder` or `pmtiles`; 204 where it has none."""
    place = Place(z, x, y)
    if name == "folder" and name in settings.basemaps and settings.basemap_folder:
        picture = from_folder(settings.basemap_folder, place)
    elif name == "pmtiles" and name in settings.basemaps and settings.basemap_file:
        picture = from_file(settings.basemap_file, place)
    else:
        raise NotFound(f"no base map {name!r} is served from here", field="name")
    if picture is None:
        return Response(status_code=204, headers={"Cache-Control": _A_DAY})
    tag = f'"{hashlib.sha256(picture.data).hexdigest()[:24]}"'
    headers = {"ETag": tag, "Cache-Control": _A_DAY, "Vary": "Authorization, Cookie"}
    if if_none_match == tag:
        return Response(status_code=304, headers=headers)
    return Response(picture.data, media_type=picture.kind, headers=headers)
