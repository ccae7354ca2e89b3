"""The guard before every route: request id, limits, who is asking, safe headers, one line in the log.

Plain ASGI: a streamed answer stays a stream, and the body is looked at before the framework reads it.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, MutableMapping
from typing import Any, Final
from uuid import uuid4

from anyio.to_thread import run_sync
from fastapi.routing import APIRoute
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection
from starlette.routing import Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.access import SAFE_METHODS, Visit, check_write, identify
from api.bodies import check_json
from api.deps import Allowed
from api.problems import problem_response, unexpected
from geo.errors import BadInput, TooLarge, WanggeError
from geo.people.trail import Origin
from geo.settings import Settings
from geo.store.engine import Store

log = logging.getLogger("wangge.access")

UPLOADS: Final = ("/api/imports", "/api/assign", "/api/surveys/")
"""Multipart bodies here are files, under the limit for files."""
FILES: Final = {"/api/assign": ("text/csv", "application/vnd.apache.parquet", "application/octet-stream")}
"""Where a body of one of these types is a file itself."""
STATIC: Final = "/static/"
_ENVELOPE: Final = 64 * 1024
"""Bytes that the other fields and the boundaries of a multipart body may take."""
_HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_API_POLICY: Final = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'"


class Guard:
    """Wraps the application; see the module."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        settings: Settings,
        store: Store,
        doors: Iterable[tuple[APIRoute, Allowed | None]] = (),
    ) -> None:
        self.app = app
        self.settings = settings
        self.store = store
        self._writes = [
            (route, allowed)
            for route, allowed in doors
            if allowed is not None and not SAFE_METHODS.issuperset(route.methods or ())
        ]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Guard one HTTP request; anything else passes."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        answer = _Answer(scope, send)
        try:
            visit = await self._admit(scope, answer)
            body = await self._body(scope, receive, answer)
            await self.app(scope, body, answer.send)
        except _Gone:
            return
        except WanggeError as error:
            await answer.refuse(problem_response(error, answer.request_id), receive)
        except Exception as error:
            # The one place that catches everything: no stack trace may leave, and no connection hang.
            await answer.refuse(unexpected(error, answer.request_id), receive)
        else:
            answer.write_log(visit)

    async def _admit(self, scope: Scope, answer: _Answer) -> Visit:
        if "\x00" in scope["path"] or b"%00" in scope["query_string"] or b"\x00" in scope["query_string"]:
            raise BadInput("an address holds no NUL character", field="address")
        request = HTTPConnection(scope)
        origin = Origin(answer.request_id, request.client.host if request.client else "")
        if scope["path"].startswith(STATIC):
            visit = Visit(origin)
        else:
            visit = await run_sync(identify, self.store, self.settings, request, origin)
        scope["state"]["visit"] = visit
        check_write(scope["method"], scope["path"], request, visit)
        self._check_role(scope, visit)
        return visit

    def _check_role(self, scope: Scope, visit: Visit) -> None:
        """Refuse a write of another role before its body is read: the route itself only asks after it has it all."""
        if scope["method"] in SAFE_METHODS:
            return
        for route, allowed in self._writes:
            if route.matches(scope)[0] is Match.FULL:
                allowed.check(visit, scope["path"])
                return

    async def _body(self, scope: Scope, receive: Receive, answer: _Answer) -> Receive:
        headers = Headers(scope=scope)
        kind = headers.get("content-type", "").partition(";")[0].strip().lower()
        is_upload = kind == "multipart/form-data" and scope["path"].startswith(UPLOADS)
        is_upload = is_upload or kind in FILES.get(scope["path"], ())
        limit = self.settings.max_upload + _ENVELOPE if is_upload else self.settings.max_body
        declared = headers.get("content-length", "0")
        if not declared.isdecimal():
            raise BadInput("Content-Length is no number", field="Content-Length")
        if int(declared) > limit:
            raise _over(limit)
        if is_upload:
            return _counted(receive, limit, answer)
        body = await _read(receive, limit)
        if body and (kind.endswith(("/json", "+json"))):
            await run_sync(check_json, body)
        return _replay(body, receive)


class _Gone(Exception):
    """The client hung up before its body was complete."""


class _Answer:
    """What is sent back: headers added, status noted, or another answer put in its place."""

    def __init__(self, scope: Scope, send: Send) -> None:
        self.request_id = uuid4().hex
        self.started = time.perf_counter()
        self.status = 0
        self.overflow: TooLarge | None = None
        self._scope = scope
        self._send = send
        self._swallow = False
        scope.setdefault("state", {})["request_id"] = self.request_id

    async def send(self, message: Message) -> None:
        """Pass a message on, with our headers on the first."""
        if self._swallow:
            return
        if message["type"] == "http.response.start":
            if self.overflow is not None:
                # The framework took the broken-off body for a malformed one and said 400.
                self._swallow = True
                await self._replace(self.overflow)
                return
            self.status = message["status"]
            self._add_headers(message)
        await self._send(message)

    async def refuse(self, response: ASGIApp, receive: Receive) -> None:
        """Answer with a response of our own; when another one is half-way out, break off."""
        if self.status or self._swallow:
            log.error("request %s broke off after its answer began", self.request_id)
            return
        await response(self._scope, receive, self.send)
        self.write_log(self._scope["state"].get("visit"))

    async def _replace(self, error: TooLarge) -> None:
        response = problem_response(error, self.request_id)
        self.status = response.status_code
        start: MutableMapping[str, Any] = {
            "type": "http.response.start",
            "status": response.status_code,
            "headers": response.raw_headers,
        }
        self._add_headers(start)
        await self._send(start)
        await self._send({"type": "http.response.body", "body": response.body})

    def _add_headers(self, message: Message) -> None:
        headers = MutableHeaders(scope=message)
        for name, value in _HEADERS.items():
            headers.setdefault(name, value)
        headers.setdefault("Content-Security-Policy", _API_POLICY)
        headers["X-Request-ID"] = self.request_id
        if not self._scope["path"].startswith(STATIC):
            headers.setdefault("Cache-Control", "no-store")

    def write_log(self, visit: Visit | None) -> None:
        """One line a request: never the query (it may hold a one-time key), never a body or a header."""
        who = visit.actor.username if visit is not None and visit.actor is not None else "-"
        took = (time.perf_counter() - self.started) * 1000
        method, path = self._scope["method"], self._scope["path"]
        log.info("%s %s %s %r %d %.0f ms", self.request_id, who, method, path, self.status, took)


def _over(limit: int) -> TooLarge:
    return TooLarge(f"a body may have at most {limit} bytes", extra={"limit": limit})


async def _read(receive: Receive, limit: int) -> bytes:
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise _Gone
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > limit:
            raise _over(limit)
        if not message.get("more_body", False):
            return b"".join(parts)


def _replay(body: bytes, receive: Receive) -> Receive:
    """Hand out a body that was read already, then whatever comes after it (a disconnect)."""
    told = False

    async def again() -> Message:
        nonlocal told
        if told:
            return await receive()
        told = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again


def _counted(receive: Receive, limit: int, answer: _Answer) -> Receive:
    """Stream a body through, and break off where it exceeds the limit."""
    size = 0

    async def counted() -> Message:
        nonlocal size
        message = await receive()
        size += len(message.get("body", b""))
        if size > limit:
            answer.overflow = _over(limit)
            raise answer.overflow
        return message

    return counted
