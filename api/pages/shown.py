"""Every page of `maps.frame.PAGES` at its address, and the way to the page that a role begins with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, FastAPI, Request, Response
from fastapi.responses import RedirectResponse

from api.access import Visit
from api.deps import ROLES, Allowed, Settings, This, open_to_all
from api.languages import COOKIE, language_of
from maps.basemaps import hosts
from maps.frame import PAGES, Page, render, with_pictures

HOMES: Final = {
    "planner": "/plans",
    "officer": "/packages",
    "supervisor": "/overview",
    "reviewer": "/plans",
    "system": "/account",
    "security": "/people",
    "auditor": "/audit",
}
"""The page each role begins with; somebody with several begins with the first of them here."""

_LANGUAGE_SECONDS: Final = 365 * 24 * 3600


class Elsewhere(Exception):
    """The browser should go to another page."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.url = url


class NotYours(Exception):
    """The page belongs to other roles."""

    def __init__(self, page: Page) -> None:
        super().__init__(page.name)
        self.page = page


class AllowedPage(Allowed):
    """Lets a page's roles in; sends others to sign in, since a browser cannot do anything with a 401."""

    def __init__(self, page: Page) -> None:
        self.page = page
        super().__init__(*(page.roles or ROLES), everybody=page.is_open)

    def __call__(self, request: Request) -> None:
        """Raise Elsewhere for nobody, NotYours for another role."""
        visit: Visit = request.state.visit
        if self.everybody:
            return
        if visit.actor is None:
            raise Elsewhere("/sign-in?" + urlencode({"next": _address(request)}))
        if visit.actor.must_change_password and request.url.path != "/account":
            raise Elsewhere("/account")
        if visit.actor.roles.isdisjoint(self.roles):
            raise NotYours(self.page)


async def go_elsewhere(_request: Request, error: Exception) -> Response:
    """Send the browser to the page that the error names."""
    assert isinstance(error, Elsewhere)
    return RedirectResponse(error.url, 303)


async def show_refusal(request: Request, error: Exception) -> Response:
    """Answer 403 with the page itself: it holds no data, and says in its own frame that it is not for this role."""
    assert isinstance(error, NotYours)
    return send_page(error.page, request, request.app.state.settings, 403)


def install(app: FastAPI) -> None:
    """Answer what the pages raise."""
    app.add_exception_handler(Elsewhere, go_elsewhere)
    app.add_exception_handler(NotYours, show_refusal)


def _address(request: Request) -> str:
    query = f"?{request.url.query}" if request.url.query else ""
    return request.url.path + query


def send_page(page: Page, request: Request, settings: Settings, status: int = 200) -> Response:
    """Answer with a page in the reader's language, or with 304 when the browser has it."""
    language = language_of(request)
    drawn = render(page, language)
    headers = {
        "Content-Security-Policy": with_pictures(drawn.csp, hosts(settings)) if page.has_map else drawn.csp,
        "ETag": drawn.etag,
        # The same bytes for everybody, but who may see them changes: ask again each time.
        "Cache-Control": "private, no-cache",
        "Vary": "Accept-Language, Cookie",
        "Content-Language": "zh-CN" if language == "zh" else "en",
    }
    if status == 200 and request.headers.get("if-none-match") == drawn.etag:
        return Response(status_code=304, headers=headers)
    response = Response(drawn.html, status, headers, "text/html; charset=utf-8")
    if request.query_params.get("lang"):
        response.set_cookie(
            COOKIE, language, max_age=_LANGUAGE_SECONDS, samesite="lax", secure=settings.cookies_are_secure
        )
    return response


def _shower(page: Page) -> Callable[..., Response]:
    def show(request: Request, settings: Settings) -> Response:
        return send_page(page, request, settings)

    return show


def pages_router() -> APIRouter:
    """Return the routes of every page."""
    router = APIRouter(include_in_schema=False)
    router.add_api_route("/", home, dependencies=[open_to_all], response_class=Response)
    for page in PAGES.values():
        router.add_api_route(
            page.path,
            _shower(page),
            dependencies=[Depends(AllowedPage(page))],
            response_class=Response,
            name=page.name,
        )
    return router


def home(visit: This) -> Response:
    """Lead to the page that the role begins with, or to sign in."""
    if visit.actor is None:
        return RedirectResponse("/demo" if visit.link_key else "/sign-in", 303)
    actor = visit.actor
    return RedirectResponse(
        next((path for role, path in HOMES.items() if role in actor.roles), "/account"), 303
    )
