"""Who may do what, where: one row for each route. A route without its row fails the tests, and so does a stale row.

Roles:   the roles that may use it; EVERYONE = open to all, SIGNED_IN = every role.
Ground:  what somebody with the right role but responsible elsewhere gets:
         HIDDEN    404: the address names a thing from here (990101001)
         FILTERED  the answer, without anything from here
         NOWHERE   the route is not about places
Call:    the address as it is called, with {plan}, {round}, {change_set} and {job} from the small world of
         `world.py`; a body where there is one; the status for somebody who may.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from geo.people.roles import BUSINESS, ROLES

Ground = Literal["hidden", "filtered", "nowhere"]

EVERYONE: tuple[str, ...] = ()
SIGNED_IN = ROLES
PLANNING = ("planner", "reviewer")
PACKAGES = ("officer", "reviewer", "supervisor")

HIDDEN: Ground = "hidden"
FILTERED: Ground = "filtered"
NOWHERE: Ground = "nowhere"


@dataclass(frozen=True)
class Row:
    """One route; see the module."""

    method: str
    path: str
    roles: tuple[str, ...]
    ground: Ground
    url: str = ""
    status: int = 200
    json: Any = None
    files: dict[str, Any] | None = None
    headers: dict[str, str] = field(default_factory=dict)
    is_page: bool = False

    @property
    def address(self) -> str:
        return self.url or self.path

    @property
    def is_write(self) -> bool:
        return self.method not in {"GET", "HEAD"}

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


def page(path: str, roles: tuple[str, ...], url: str = "") -> Row:
    """A page: it holds no data, so it is the same everywhere."""
    return Row("GET", path, roles, NOWHERE, url, is_page=True)


NEWCOMER = {"username": "newcomer", "name": "新人", "roles": ["planner"], "areas": ["990101001000"]}

HEALTH = (
    Row("GET", "/healthz", EVERYONE, NOWHERE),
    Row("GET", "/openapi.json", SIGNED_IN, NOWHERE),
)

SESSION = (
    Row("GET", "/api/me", SIGNED_IN, NOWHERE),
    Row("GET", "/api/session", EVERYONE, NOWHERE),
    # Open, and yet 401: for a wrong password, and without having followed a one-time link.
    Row("POST", "/api/session", EVERYONE, NOWHERE, status=401, json={"username": "planner", "password": "wrong"}),
    Row("POST", "/api/session/choose", EVERYONE, NOWHERE, status=401, json={"username": "planner"}),
    Row("POST", "/api/session/appoint", EVERYONE, NOWHERE, status=401,
        json={"username": "first", "name": "某人", "password": "a long enough one"}),
    Row("POST", "/api/session/password", EVERYONE, NOWHERE, status=401, json={"password": "a long enough one"}),
    Row("DELETE", "/api/session", SIGNED_IN, NOWHERE, status=422),  # a bearer token is not signed out
    Row("POST", "/api/password", SIGNED_IN, NOWHERE, status=422, json={"current": "x", "password": "short"}),
    Row("GET", "/enter", EVERYONE, NOWHERE, "/enter?key=unknown", status=303),
)  # fmt: skip

PEOPLE = (
    Row("GET", "/api/people", ("security",), FILTERED),
    Row("POST", "/api/people", ("security",), NOWHERE, status=201, json=NEWCOMER),
    Row("GET", "/api/people/{username}", ("security",), HIDDEN, "/api/people/local"),
    Row("PATCH", "/api/people/{username}", ("security",), HIDDEN, "/api/people/local", json={"name": "改名"}),
    Row("POST", "/api/people/{username}/unlock", ("security",), HIDDEN, "/api/people/local/unlock"),
    Row("POST", "/api/people/{username}/link", ("security",), HIDDEN, "/api/people/local/link", status=201),
)

AUDIT = (
    Row("GET", "/api/audit", ("auditor",), FILTERED, "/api/audit?limit=1000"),
    Row("GET", "/api/audit/verify", ("auditor",), NOWHERE),
)

PAGES = (
    Row("GET", "/", EVERYONE, NOWHERE, status=303),
    page("/sign-in", EVERYONE),
    page("/demo", EVERYONE),
    page("/overview", BUSINESS),
    page("/status", BUSINESS),
    page("/heat", BUSINESS),
    page("/packages", PACKAGES),
    page("/plans", PLANNING),
    page("/plans/{id}", PLANNING, "/plans/1"),
    page("/imports", ("planner", "officer")),
    page("/communities/{code}", BUSINESS, "/communities/990101001001C001"),
    page("/people", ("security",)),
    page("/audit", ("auditor",)),
    page("/account", SIGNED_IN),
)

MATRIX: tuple[Row, ...] = (*HEALTH, *SESSION, *PEOPLE, *AUDIT, *PAGES)
