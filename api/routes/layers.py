"""Lists and single features of every layer (图层), as GeoJSON, paged by code."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Request, Response

from api.answers import feature, feature_collection
from api.deps import BUSINESS, AsOf, Db, KnownAt, Limit, Region, allow
from geo.boundaries.codes import region_prefix
from geo.boundaries.layers import Filter, Layer, Moment, list_features, one_feature
from geo.errors import BadInput

router = APIRouter(tags=["layers"])

Box = tuple[float, float, float, float]
RegionLevel = Literal["city", "district", "subdistrict", "neighbourhood"]


def _bbox(bbox: Annotated[str | None, Query(examples=["117.2,31.8,117.3,31.9"])] = None) -> Box | None:
    if bbox is None:
        return None
    try:
        west, south, east, north = (float(part) for part in bbox.split(","))
    except ValueError:
        raise BadInput("a box is west,south,east,north in degrees", field="bbox") from None
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        raise BadInput("a box is west,south,east,north in degrees, in that order", field="bbox")
    return west, south, east, north


BBox = Annotated[Box | None, Depends(_bbox)]
After = Annotated[str, Query(max_length=40, pattern=r"^[0-9A-Za-z-]*$")]


def _moment(as_of: AsOf, known_at: KnownAt) -> Moment:
    return Moment(as_of, known_at)


At = Annotated[Moment, Depends(_moment)]


def _add(layer: Layer) -> None:
    def listing(
        request: Request, db: Db, at: At, region: Region, bbox: BBox, limit: Limit, after: After = ""
    ) -> Response:
        where = Filter(region_prefix(region) if region else "", bbox=bbox)
        return feature_collection(request, list_features(db, layer, at, where, limit=limit, after=after))

    def one(db: Db, at: At, code: str) -> Response:
        return feature(one_feature(db, layer, at, code))

    name, guard = layer.value, [allow(*BUSINESS)]
    if layer is not Layer.REGIONS:
        router.add_api_route(f"/api/{name}", listing, dependencies=guard, name=f"list_{layer.name.lower()}")
    router.add_api_route(f"/api/{name}/{{code}}", one, dependencies=guard, name=f"one_{layer.name.lower()}")


@router.get("/api/regions", dependencies=[allow(*BUSINESS)])
def list_regions(
    request: Request,
    db: Db,
    at: At,
    region: Region,
    bbox: BBox,
    limit: Limit,
    after: After = "",
    level: RegionLevel | None = None,
) -> Response:
    """List regions (行政区划), of one level where asked."""
    where = Filter(region_prefix(region) if region else "", level=level, bbox=bbox)
    return feature_collection(request, list_features(db, Layer.REGIONS, at, where, limit=limit, after=after))


for _layer in Layer:
    _add(_layer)
