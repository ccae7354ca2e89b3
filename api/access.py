"""Who is asking: a bearer token or a session cookie, and whether a write truly comes from our own page."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from fastapi import Response
from starlette.requests import HTTPConnection

from geo.errors import Forbidden, NotSignedIn
from geo.people.sessions import ABSOLUTE, Actor, find_actor
from geo.people.trail import Origin
from geo.settings import Settings
from geo.store.engine import Store

SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
CSRF_HEADER: Final = "X-CSRF-Token"
SIGN_IN: Final = "/api/session"
"""POST here and below needs no one to be signed in: signing in, and the steps that a one-time link opens."""


@dataclass(frozen=True, slots=True)
class Visit:
    """One request: where it came from, who asks, and the keys that its cookies hold."""

    origin: Origin
    actor: Actor | None = None
    session_key: str | None = None
    link_key: str | None = None

    def signed_in(self) -> Actor:
        """Return who is asking. Raises NotSignedIn when nobody is."""
        if self.actor is None:
            raise NotSignedIn("sign in, or send a bearer token that is still good")
        return self.actor


def session_cookie(settings: Settings) -> str:
    """Return the name of the cookie that holds a session's key.

    `__Host-` binds it to this host and to HTTPS. The port is in the name because browsers send a host's cookies to
    every port of it: two services on one machine would sign each other's people out.
    """
    return _cookie(settings, "wangge")


def link_cookie(settings: Settings) -> str:
    """Return the name of the cookie that holds the key of a followed one-time link."""
    return _cookie(settings, "wangge-link")


def _cookie(settings: Settings, what: str) -> str:
    return f"{'__Host-' if settings.cookies_are_secure else ''}{what}-{settings.port}"


def keep_key(response: Response, settings: Settings, name: str, key: str) -> None:
    """Give the browser a key that scripts cannot read and other sites cannot use."""
    response.set_cookie(
        name,
        key,
        max_age=int(ABSOLUTE.total_seconds()),
        path="/",
        secure=settings.cookies_are_secure,
        httponly=True,
        samesite="lax",
    )


def drop_key(response: Response, settings: Settings, name: str) -> None:
    """Make the browser forget a key."""
    response.delete_cookie(name, path="/", secure=settings.cookies_are_secure, httponly=True, samesite="lax")


def identify(store: Store, settings: Settings, request: HTTPConnection, origin: Origin) -> Visit:
    """Find out who asks: the bearer token when there is one, else the session cookie."""
    session_key = request.cookies.get(session_cookie(settings))
    link_key = request.cookies.get(link_cookie(settings))
    token = _bearer(request)
    actor = None
    if token is not None:
        actor = find_actor(store, token, "token")
    elif session_key:
        actor = find_actor(store, session_key, "browser", settings.password_days)
    return Visit(origin, actor, session_key, link_key)


def _bearer(request: HTTPConnection) -> str | None:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


def check_write(method: str, path: str, request: HTTPConnection, visit: Visit) -> None:
    """Refuse, before the body is read, a write by nobody, or one that another site made the browser send.

    Raises NotSignedIn, or Forbidden for a cookie's write without our Origin and the session's CSRF token.
    A bearer token is no cookie: no browser sends it unasked.
    """
    if method in SAFE_METHODS:
        return
    is_step = method == "POST" and (path == SIGN_IN or path.startswith(SIGN_IN + "/"))
    if is_step:
        _check_same_origin(request, required=visit.link_key is not None)
        return
    actor = visit.signed_in()
    if actor.kind == "browser":
        _check_same_origin(request, required=True)
        told = request.headers.get(CSRF_HEADER, "")
        if not secrets.compare_digest(told.encode(), (actor.csrf or "").encode()) or not actor.csrf:
            raise Forbidden(f"send the token of /api/me as {CSRF_HEADER}")


def _check_same_origin(request: HTTPConnection, *, required: bool) -> None:
    """Compare hosts only: behind a proxy that ends TLS, this process does not know its own scheme."""
    origin = request.headers.get("origin")
    if origin is None and not required:
        return
    if origin is None or urlsplit(origin).netloc.lower() != request.headers.get("host", "").lower():
        raise Forbidden("this request came from another site")
