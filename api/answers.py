"""Shapes of answers: GeoJSON that the database composed goes out as the bytes it came as."""

from __future__ import annotations

import json

from fastapi import Request, Response

from geo.boundaries.layers import Page

GEOJSON = "application/geo+json"


def feature_collection(request: Request, page: Page) -> Response:
    """Return a page of features with `numberMatched` and, where more follow, a `next` link."""
    links = []
    if page.next_after is not None:
        following = request.url.include_query_params(after=page.next_after)
        links.append({"rel": "next", "href": str(following), "type": GEOJSON})
    head = (
        f'{{"type":"FeatureCollection","numberMatched":{page.matched},"numberReturned":{page.returned},'
        f'"links":{json.dumps(links)},"features":'
    )
    return Response(f"{head}{page.features}}}".encode(), media_type=GEOJSON)


def feature(text: str) -> Response:
    """Return one feature."""
    return Response(text.encode(), media_type=GEOJSON)


def tagged(version: int) -> dict[str, str]:
    """Return the ETag header of a counted version."""
    return {"ETag": f'"{version}"'}
