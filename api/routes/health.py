"""Whether the service is well: for load balancers, and for whoever looks after it."""

from __future__ import annotations

import platform
from importlib.metadata import version

from fastapi import APIRouter, Request

from api.deps import Store, This, allow_signed_in, open_to_all
from geo.store.health import database_versions

router = APIRouter(tags=["health"])


@router.get("/healthz", dependencies=[open_to_all])
def health(store: Store, visit: This) -> dict[str, object]:
    """Say ok, or 503; to people who are signed in, with versions."""
    versions = database_versions(store)
    if visit.actor is None:
        return {"status": "ok"}
    own = {"wangge": version("wangge"), "python": platform.python_version()}
    return {"status": "ok", "versions": {**own, **versions}}


@router.get("/openapi.json", dependencies=[allow_signed_in()], include_in_schema=False)
def openapi(request: Request) -> dict[str, object]:
    """Describe the API (OpenAPI 3.1) to people who are signed in."""
    description: dict[str, object] = request.app.openapi()
    return description
