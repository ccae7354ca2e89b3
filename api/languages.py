"""Which language a page speaks: asked for in the address, kept in a cookie, liked by the browser, else Chinese."""

from __future__ import annotations

from typing import Final

from starlette.requests import HTTPConnection

LANGUAGES: Final = ("zh", "en")
COOKIE: Final = "wangge_lang"


def language_of(request: HTTPConnection) -> str:
    """Return `zh` or `en`.

    The order: `?lang=`, the cookie, the first language of Accept-Language that is spoken here, Chinese.
    """
    accepted = (part.partition(";")[0] for part in request.headers.get("accept-language", "").split(","))
    asked = (request.query_params.get("lang", ""), request.cookies.get(COOKIE, ""), *accepted)
    spoken = (short for wish in asked if (short := wish.strip().lower()[:2]) in LANGUAGES)
    return next(spoken, LANGUAGES[0])
