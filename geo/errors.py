"""One family of errors: each knows its HTTP status and its stable problem type (RFC 9457).

WanggeError
├── BadInput      422  a value, a file or a geometry cannot be taken; names the field and the place
├── NotSignedIn   401  nobody is asking
├── Forbidden     403  the function is not yours
├── NotFound      404  no such thing, or not in your area
├── Conflict      409  an illegal state, or a second booking
├── Stale         412  somebody else saved first; carries the other version
├── TooLarge      413  over a limit that is stated
├── NoIfMatch     428  an edit without the version it starts from
├── Busy          503  try again in a moment
└── DiskFull      507  no room to write
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar


class WanggeError(Exception):
    """Base of every error a user may see.

    `field` names the offending input, `place` is (lon, lat) in EPSG:4326 where a place is at fault,
    `extra` are further members of the problem document (plain JSON values).
    """

    status: ClassVar[int] = 500
    type: ClassVar[str] = "internal"
    title: ClassVar[str] = "Internal error"

    def __init__(
        self,
        message: str,
        *,
        field: str | None = None,
        place: tuple[float, float] | None = None,
        extra: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.field = field
        self.place = place
        self.extra = dict(extra or {})

    def problem(self) -> dict[str, object]:
        """Return the RFC 9457 document of this error."""
        answer: dict[str, object] = {
            "type": f"urn:wangge:problem:{self.type}",
            "title": self.title,
            "status": self.status,
            "detail": self.message,
        }
        if self.field is not None:
            answer["field"] = self.field
        if self.place is not None:
            answer["place"] = list(self.place)
        return {**answer, **self.extra}


class BadInput(WanggeError):
    """A value, file or geometry that cannot be taken."""

    status, type, title = 422, "bad-input", "The input cannot be taken"


class NotSignedIn(WanggeError):
    """Nobody is asking."""

    status, type, title = 401, "not-signed-in", "Sign in first"


class Forbidden(WanggeError):
    """The function belongs to another role (职责)."""

    status, type, title = 403, "forbidden", "This function is not yours"


class NotFound(WanggeError):
    """Unknown, or outside the asker's area; the two are not told apart."""

    status, type, title = 404, "not-found", "No such thing in your area"


class Conflict(WanggeError):
    """An illegal change of state or a double booking."""

    status, type, title = 409, "conflict", "The present state does not allow this"


class Stale(WanggeError):
    """Somebody else saved first; `extra['current']` holds the other version."""

    status, type, title = 412, "stale", "Somebody else changed this first"


class TooLarge(WanggeError):
    """Over a stated limit."""

    status, type, title = 413, "too-large", "Too large"


class NoIfMatch(WanggeError):
    """An edit that does not say which version it starts from."""

    status, type, title = 428, "no-if-match", "Say which version you are changing (If-Match)"


class Busy(WanggeError):
    """The service has no room at this moment."""

    status, type, title = 503, "busy", "Busy, try again in a moment"


class DiskFull(WanggeError):
    """The disk has no room for writing."""

    status, type, title = 507, "disk-full", "No room on the disk"
