"""Vector tiles (矢量瓦片) of every layer with a shape, and what a client needs to know of them (TileJSON 3.0)."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, Header, Request, Response

from api.deps import BUSINESS, Actor, Db, allow
from api.routes.layers import At
from geo import tiles
from geo.tiles.layers import MAX_ZOOM, OWN_SHAPE, TileLayer
from geo.tiles.tile import layer_of

router = APIRouter(tags=["tiles"])

_AGAIN: Final = "private, no-cache"
"""A browser keeps a tile and asks each time whether it still stands: a write shows at once."""


@router.get("/api/tiles/{layer}/{z}/{x}/{y}.mvt", dependencies=[allow(*BUSINESS)])
def one_tile(
    db: Db,
    actor: Actor,
    at: At,
    layer: str,
    z: int,
    x: int,
    y: int,
    if_none_match: Annotated[str | None, Header()] = None,
) -> Response:
    """One tile of a layer in the asker's area; 304 for who has it as it is, without a look at any shape."""
    found, place = layer_of(layer), tiles.Place(z, x, y)
    known_as = tiles.version(db, found, at, actor.areas)
    headers = {"ETag": f'"{known_as.tag}"', "Cache-Control": _AGAIN, "Vary": "Authorization, Cookie"}
    if known_as.tag in _tags(if_none_match):
        return Response(status_code=304, headers=headers)
    return Response(tiles.tile(db, found, place, at, known_as), media_type=tiles.MEDIA_TYPE, headers=headers)


@router.get("/api/tiles/{layer}.json", dependencies=[allow(*BUSINESS)])
def describe_tiles(request: Request, db: Db, at: At, layer: str) -> dict[str, Any]:
    """What a layer's tiles hold, from which zoom on, and where they are."""
    found = layer_of(layer)
    address = str(request.url_for("one_tile", layer=layer, z=0, x=0, y=0)).removesuffix("0/0/0.mvt")
    dated = f"?{request.url.query}" if request.url.query else ""
    box = tiles.bounds(db, at)
    return {
        "tilejson": "3.0.0",
        "name": layer,
        "scheme": "xyz",
        "tiles": [f"{address}{{z}}/{{x}}/{{y}}.mvt{dated}"],
        "minzoom": 0,
        "maxzoom": MAX_ZOOM,
        **({"bounds": box} if box else {}),
        "vector_layers": _vector_layers(found),
    }


def _vector_layers(layer: TileLayer) -> list[dict[str, Any]]:
    own = {
        "id": layer.name,
        "fields": layer.fields,
        "minzoom": OWN_SHAPE if layer.sums else 0,
        "maxzoom": MAX_ZOOM,
    }
    if layer.sums is None:
        return [own]
    return [own, {"id": layer.sums_name, "fields": layer.sums, "minzoom": 0, "maxzoom": OWN_SHAPE - 1}]


def _tags(header: str | None) -> set[str]:
    return {each.strip().removeprefix("W/").strip('"') for each in (header or "").split(",")}
