"""Vector tiles (矢量瓦片) of every layer with a shape, and what a client needs to know of them (TileJSON 3.0)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Final

from fastapi import APIRouter, Header, Request, Response

from api.deps import BUSINESS, Actor, Db, Region, allow
from api.routes.layers import At
from geo import tiles
from geo.boundaries.codes import region_prefix
from geo.errors import BadInput
from geo.tiles.census import COUNTED, RegionLevel, census, regions
from geo.tiles.layers import MAX_ZOOM, OWN_SHAPE, TileLayer

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
    """One tile of a layer, or of several with commas between, in the asker's area.

    304 for who has it as it is, without a look at any shape.
    """
    found, place = tiles.layers_of(layer), tiles.Place(z, x, y)
    known_as = tiles.versions(db, found, at, actor.areas)
    return _known(
        tiles.together(known_as),
        if_none_match,
        lambda: tiles.tile_of(db, found, place, at, known_as),
        tiles.MEDIA_TYPE,
    )


@router.get("/api/tiles/{layer}.json", dependencies=[allow(*BUSINESS)])
def describe_tiles(request: Request, db: Db, at: At, layer: str) -> dict[str, Any]:
    """What a layer's tiles hold, from which zoom on, and where they are."""
    found = tiles.layers_of(layer)
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
        "vector_layers": [each for one in found for each in _vector_layers(one)],
    }


@router.get("/api/census", dependencies=[allow(*BUSINESS)])
def count_everything(
    db: Db,
    actor: Actor,
    at: At,
    region: Region,
    level: RegionLevel | None = None,
    if_none_match: Annotated[str | None, Header()] = None,
) -> Response:
    """How much of each layer the asker sees; with a level, its regions below `region` and their communities' sums."""
    known_as = tiles.together(tiles.versions(db, COUNTED, at, actor.areas))
    below = region_prefix(region) if region else ""
    if level is None and region:
        raise BadInput("say of which level the regions below it are to be counted", field="level")

    def make() -> bytes:
        if level is None:
            return census(db, at, known_as).encode()
        return f'{{"rows":{regions(db, level, below, at, known_as)}}}'.encode()

    return _known(known_as, if_none_match, make, "application/json")


def _known(known_as: tiles.Version, header: str | None, make: Callable[[], bytes], kind: str) -> Response:
    """Answer 304 for who has this version, else make it."""
    headers = {"ETag": f'"{known_as.tag}"', "Cache-Control": _AGAIN, "Vary": "Authorization, Cookie"}
    if known_as.tag in _tags(header):
        return Response(status_code=304, headers=headers)
    return Response(make(), media_type=kind, headers=headers)


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
