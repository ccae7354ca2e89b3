"""Every error as an RFC 9457 problem document (`application/problem+json`), and OpenAPI's knowledge of them."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException

from api.faults import told
from geo.errors import BadInput, Busy, WanggeError
from geo.store.failures import translated
from maps.words.problems import with_chinese

log = logging.getLogger(__name__)

MEDIA_TYPE: Final = "application/problem+json"
RETRY_AFTER_SECONDS: Final = 2
_MEMBERS_OF_A_REQUEST: Final = ("query", "path", "header", "cookie", "body")


def install(app: FastAPI) -> None:
    """Answer every error of an application with a problem document."""
    app.add_exception_handler(WanggeError, _domain)
    app.add_exception_handler(DBAPIError, _driver)
    app.add_exception_handler(PoolTimeout, _no_connection)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)


def problem_response(error: WanggeError, request_id: str) -> Response:
    """Return the answer to an error of the domain."""
    if error.status == HTTPStatus.INTERNAL_SERVER_ERROR:
        log.error("request %s failed: %s", request_id, told(error))
    headers = {}
    if error.status == HTTPStatus.SERVICE_UNAVAILABLE:
        headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
    if error.status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = "Bearer"
    return respond({**error.problem(), "request": request_id}, error.status, headers)


def unexpected(error: Exception, request_id: str) -> Response:
    """Log an error nobody foresaw, and answer without a word of it."""
    log.error("request %s failed: %s", request_id, told(error))
    document = WanggeError(f"something went wrong; quote request {request_id} when you report it").problem()
    return respond({**document, "request": request_id}, 500)


def respond(
    document: Mapping[str, object], status: int, headers: Mapping[str, str] | None = None
) -> Response:
    """Return a problem document as a response."""
    body = json.dumps(with_chinese(document), ensure_ascii=False, default=str).encode()
    return Response(body, status, dict(headers or {}), MEDIA_TYPE)


def _request_id(request: Request) -> str:
    return str(getattr(request.state, "request_id", ""))


async def _domain(request: Request, error: Exception) -> Response:
    assert isinstance(error, WanggeError)
    return problem_response(error, _request_id(request))


async def _driver(request: Request, error: Exception) -> Response:
    assert isinstance(error, DBAPIError)
    return problem_response(translated(error), _request_id(request))


async def _no_connection(request: Request, _error: Exception) -> Response:
    return problem_response(Busy("every database connection is in use"), _request_id(request))


async def _invalid(request: Request, error: Exception) -> Response:
    """422 that names the first field at fault and lists them all; what was sent is never repeated."""
    assert isinstance(error, RequestValidationError)
    faults = [{"field": _field(fault["loc"]), "message": fault["msg"]} for fault in error.errors()]
    first = faults[0] if faults else {"field": None, "message": "not valid"}
    bad = BadInput(str(first["message"]), field=first["field"], extra={"errors": faults})
    return problem_response(bad, _request_id(request))


def _field(place: tuple[Any, ...]) -> str:
    parts = place[1:] if len(place) > 1 and place[0] in _MEMBERS_OF_A_REQUEST else place
    return ".".join(str(part) for part in parts)


async def _http(request: Request, error: Exception) -> Response:
    """What the framework itself refuses: no such address, no such method, a body it cannot read."""
    assert isinstance(error, HTTPException)
    status = HTTPStatus(error.status_code)
    document = {
        "type": f"urn:wangge:problem:{status.phrase.lower().replace(' ', '-')}",
        "title": status.phrase,
        "status": int(status),
        "detail": error.detail or status.description,
        "request": _request_id(request),
    }
    return respond(document, status, error.headers)


# ---------------------------------------------------------------- OpenAPI

PROBLEM_SCHEMA: Final[dict[str, Any]] = {
    "type": "object",
    "title": "Problem",
    "description": "RFC 9457. `field` names the input at fault, `place` is [lon, lat] where a place is at fault.",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string", "examples": ["urn:wangge:problem:bad-input"]},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "field": {"type": "string"},
        "zh": {"type": "string", "description": "the detail in Chinese, where there is one"},
        "place": {"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 2},
        "request": {"type": "string", "description": "quote it when you report an error"},
    },
}


def family() -> dict[int, type[WanggeError]]:
    """Return the status → error of the domain's family, for the documentation."""
    return {kind.status: kind for kind in WanggeError.__subclasses__() if kind.__module__ == "geo.errors"}


def describe_problems(operation: dict[str, Any], statuses: set[int]) -> None:
    """Write into an OpenAPI operation which problems it may answer with; those it has itself stay."""
    kinds: dict[int, type[WanggeError]] = {500: WanggeError, **family()}
    operation.setdefault("responses", {}).pop("422", None)
    for status in sorted(statuses):
        operation["responses"][str(status)] = {
            "description": kinds[status].title,
            "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
