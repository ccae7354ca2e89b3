"""The application factory. Importing this module does nothing: no settings are read, no database is opened."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import version
from types import ModuleType
from typing import Any, Final

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from starlette.responses import Response
from starlette.staticfiles import StaticFiles

from api import problems
from api.deps import Allowed, permission_of
from api.middleware import Guard
from api.pages import shown
from api.routes import (
    assign,
    audit,
    awards,
    basemaps,
    bundles,
    communities,
    coverage,
    districts,
    documents,
    exports,
    firms,
    health,
    imports,
    inbox,
    layers,
    matching,
    people,
    places,
    plan_edits,
    plan_exports,
    plan_review,
    plans,
    round_files,
    rounds,
    session,
    surveys,
    tiles,
)
from api.upkeep import lifespan
from geo.settings import Settings
from geo.store.engine import Store
from maps.frame import STATIC

ROUTES: Final[tuple[ModuleType, ...]] = (
    health,
    session,
    people,
    audit,
    districts,
    coverage,
    places,
    assign,
    communities,
    plan_review,
    layers,
    plans,
    plan_edits,
    bundles,
    rounds,
    round_files,
    awards,
    documents,
    firms,
    inbox,
    imports,
    matching,
    exports,
    plan_exports,
    surveys,
    tiles,
    basemaps,
)
"""Every module of `api/routes`; each has a `router`."""


def create_app(settings: Settings, store: Store) -> FastAPI:
    """Return the application on a store. Raises ValueError for a route that does not say who may use it."""
    app = FastAPI(
        title="wangge 网格",
        version=version("wangge"),
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        lifespan=lifespan,
    )
    app.state.settings = settings
    app.state.store = store
    problems.install(app)
    shown.install(app)
    for router in routers():
        _check_guarded(router)
        app.include_router(router)
    for prefix, folder in STATIC.items():
        app.mount(prefix, _Static(directory=folder, check_dir=False), name=prefix)
    app.add_middleware(Guard, settings=settings, store=store, doors=tuple(endpoints()))
    app.openapi = lambda: _describe(app)  # type: ignore[method-assign]  # FastAPI's own way to extend it
    return app


def routers() -> list[APIRouter]:
    """Return the routers of the API and of the pages."""
    return [*(module.router for module in ROUTES), shown.pages_router()]


def endpoints() -> Iterator[tuple[APIRoute, Allowed | None]]:
    """Yield every route with what it says about who may use it."""
    for router in routers():
        for route in router.routes:
            if isinstance(route, APIRoute):
                yield route, permission_of(route.dependencies)


def _check_guarded(router: APIRouter) -> None:
    for route in router.routes:
        if not isinstance(route, APIRoute) or permission_of(route.dependencies) is None:
            raise ValueError(f"{route!r} must say who may use it: allow(…) or open_to_all")


class _Static(StaticFiles):
    """Files that hold no data. Their addresses carry no version, so a browser asks each time and mostly gets 304."""

    def file_response(self, *args: Any, **options: Any) -> Response:
        """Answer with a file, or with 304."""
        response = super().file_response(*args, **options)
        response.headers["Cache-Control"] = "public, no-cache"
        return response


def _describe(app: FastAPI) -> dict[str, Any]:
    """OpenAPI with the problems that each route may answer with, in place of the framework's own 422."""
    if app.openapi_schema:
        return app.openapi_schema
    described = FastAPI.openapi(app)
    schemas = described.setdefault("components", {}).setdefault("schemas", {})
    schemas.pop("HTTPValidationError", None)
    schemas.pop("ValidationError", None)
    schemas["Problem"] = problems.PROBLEM_SCHEMA
    permissions = {
        (route.path, method.lower()): permission
        for route, permission in endpoints()
        for method in route.methods or ()
    }
    for path, item in described["paths"].items():
        for method, operation in item.items():
            problems.describe_problems(
                operation, _statuses(path, method, operation, permissions.get((path, method)))
            )
    return described


def _statuses(path: str, method: str, operation: dict[str, Any], permission: Allowed | None) -> set[int]:
    """The statuses of the problems that a route may answer with."""
    found = {422, 500, 503}
    if permission is not None and not permission.everybody:
        found |= {401, 403}
    names = {parameter["name"].lower() for parameter in operation.get("parameters", ())}
    if "{" in path or "region" in names:
        found.add(404)
    if method != "get":
        found |= {401, 403, 409, 413, 507}
    if "if-match" in names:
        found |= {412, 428}
    return found
