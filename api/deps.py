"""What a route asks for, as annotated aliases; and who may use it, which every route must say.

@router.get("/api/grids", dependencies=[allow(*BUSINESS)])
def list_grids(db: Db, as_of: AsOf, region: Region) -> Response: ...
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime
from typing import Annotated, Any, Final

from fastapi import Depends, Header, Path, Query, Request
from fastapi.dependencies.models import Dependant
from fastapi.params import Depends as DependsMark
from sqlalchemy.orm import Session

from api.access import Visit
from geo.errors import BadInput, Forbidden, NoIfMatch, NotFound
from geo.people.roles import BUSINESS, DUTIES, ROLES, covers, prefix_of
from geo.people.sessions import Actor as Person
from geo.people.trail import Origin
from geo.settings import CHINA_TIME
from geo.settings import Settings as AllSettings
from geo.store.engine import Duty
from geo.store.engine import Store as AnyStore

__all__ = ["BUSINESS", "DUTIES", "ROLES"]

_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
_EARLIEST: Final = date(1900, 1, 1)
_LATEST: Final = date(2200, 1, 1)


class Allowed:
    """Lets the named roles (职责) in: 401 for nobody, 403 for others. `open_to_all` lets everybody in."""

    def __init__(self, *roles: str, everybody: bool = False) -> None:
        unknown = set(roles) - set(ROLES)
        if unknown or not (roles or everybody):
            raise ValueError(f"say which roles; unknown: {sorted(unknown)}")
        self.roles = frozenset(roles)
        self.everybody = everybody

    def __call__(self, request: Request) -> None:
        """Raise NotSignedIn or Forbidden for somebody who may not use the route, BadInput for an unknown parameter."""
        if self.everybody:
            return
        self.check(_visit(request), request.url.path)
        _check_query(request)

    def check(self, visit: Visit, path: str) -> None:
        """Raise NotSignedIn or Forbidden for a visit that may not use the route at this path."""
        if self.everybody:
            return
        actor = visit.signed_in()
        if actor.roles.isdisjoint(self.roles):
            raise Forbidden("this function belongs to another role", extra={"roles": sorted(self.roles)})
        if actor.must_change_password and not path.startswith(("/api/me", "/api/password", "/api/session")):
            raise Forbidden(
                "your password has come of age; change it first", extra={"reason": "password-age"}
            )


def _check_query(request: Request) -> None:
    """Refuse a parameter that the route does not know: with `asof` for `as_of`, an answer would be of another day."""
    route = request.scope["route"]
    unknown = sorted(set(request.query_params) - _parameters(route.dependant))
    if unknown:
        raise BadInput(f"no such parameter: {unknown[0]}", field=unknown[0])


def _parameters(dependant: Dependant) -> set[str]:
    own = {field.alias for field in dependant.query_params}
    return own.union(*(_parameters(below) for below in dependant.dependencies))


def allow(*roles: str) -> Any:
    """Mark a route with the roles that may use it: `dependencies=[allow("planner")]`."""
    return Depends(Allowed(*roles))


def allow_signed_in() -> Any:
    """Mark a route that everybody who is signed in may use."""
    return Depends(Allowed(*ROLES))


open_to_all: Any = Depends(Allowed(everybody=True))
"""Marks a route that needs nobody to be signed in."""


def permission_of(dependencies: list[DependsMark] | tuple[DependsMark, ...]) -> Allowed | None:
    """Return what a route's dependencies say about who may use it, or None when they say nothing."""
    return next((mark.dependency for mark in dependencies if isinstance(mark.dependency, Allowed)), None)


def _visit(request: Request) -> Visit:
    visit: Visit = request.state.visit
    return visit


def _store(request: Request) -> AnyStore:
    store: AnyStore = request.app.state.store
    return store


def _settings(request: Request) -> AllSettings:
    settings: AllSettings = request.app.state.settings
    return settings


def _origin(request: Request) -> Origin:
    return _visit(request).origin


def _actor(request: Request) -> Person:
    return _visit(request).signed_in()


This = Annotated[Visit, Depends(_visit)]
"""The request: its origin and the keys of its cookies."""
Store = Annotated[AnyStore, Depends(_store)]
Settings = Annotated[AllSettings, Depends(_settings)]
From = Annotated[Origin, Depends(_origin)]
"""Request id and client address, for the audit."""
Actor = Annotated[Person, Depends(_actor)]
"""Who is asking: user name, roles, areas."""


def _session(store: AnyStore, actor: Person, origin: Origin, duty: Duty) -> Iterator[Session]:
    areas = actor.areas if actor.sees_business and not duty else ()
    with store.begin(origin.scope(actor.username, areas, duty)) as session:
        yield session


def _business(store: Store, actor: Actor, origin: From) -> Iterator[Session]:
    yield from _session(store, actor, origin, "")


def _people(store: Store, actor: Actor, origin: From) -> Iterator[Session]:
    yield from _session(store, actor, origin, "security")


def _trail(store: Store, actor: Actor, origin: From) -> Iterator[Session]:
    yield from _session(store, actor, origin, "auditor")


Db = Annotated[Session, Depends(_business, scope="function")]
"""One transaction on the district's data, in the areas of who asks. Committed before the answer is sent, so an
answer that arrives is a write that lasts."""
PeopleDb = Annotated[Session, Depends(_people, scope="function")]
"""One transaction on the people's tables: for routes of the security administrator only."""
AuditDb = Annotated[Session, Depends(_trail, scope="function")]
"""One transaction that reads the audit: for routes of the auditor only."""


def parse_date(value: str, field: str) -> date:
    """Return a date of the form 2026-11-01 between 1900 and 2200. Raises BadInput naming the field."""
    try:
        if not _DATE.fullmatch(value):
            raise ValueError
        parsed = date.fromisoformat(value)
    except ValueError:
        raise BadInput("a date looks like 2026-11-01", field=field) from None
    if not _EARLIEST <= parsed <= _LATEST:
        raise BadInput(f"a date lies between {_EARLIEST} and {_LATEST}", field=field)
    return parsed


def _as_of(settings: Settings, as_of: Annotated[str | None, Query(examples=["2026-11-01"])] = None) -> date:
    return settings.business_date() if as_of is None else parse_date(as_of, "as_of")


def _known_at(
    known_at: Annotated[str | None, Query(examples=["2026-11-01T08:00:00+08:00"])] = None,
) -> datetime | None:
    if known_at is None:
        return None
    try:
        # In a query, an unescaped + arrives as a blank.
        moment = datetime.fromisoformat(known_at.strip().replace(" ", "+") if "T" in known_at else known_at)
    except ValueError:
        raise BadInput("a moment looks like 2026-11-01T08:00:00+08:00", field="known_at") from None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=CHINA_TIME)
    if not _EARLIEST <= moment.date() <= _LATEST:
        raise BadInput(f"a moment lies between {_EARLIEST} and {_LATEST}", field="known_at")
    return moment


AsOf = Annotated[date, Depends(_as_of)]
"""The date whose world is shown; the business date unless the query says otherwise."""
KnownAt = Annotated[datetime | None, Depends(_known_at)]
"""The moment whose knowledge is shown; None is everything known today. Without a zone it is China's time."""


def check_area(actor: Person, region: str) -> str:
    """Return a region code in the asker's area. Raises BadInput when it is no code, NotFound when it is foreign."""
    if not re.fullmatch(r"[0-9]{12}", region, re.ASCII):
        raise BadInput("a region code has twelve digits", field="region")
    if not covers(actor.areas, prefix_of(region)):
        raise NotFound(f"no such region in your area: {region}", field="region")
    return region


def _region(
    actor: Actor, region: Annotated[str | None, Query(examples=["990101001000"])] = None
) -> str | None:
    return None if region is None else check_area(actor, region)


def _region_code(actor: Actor, code: Annotated[str, Path(examples=["990101001000"])]) -> str:
    return check_area(actor, code)


Region = Annotated[str | None, Depends(_region)]
"""The query's `region`, a code in the asker's area; None when it was left out."""
RegionCode = Annotated[str, Depends(_region_code)]
"""The path's `{code}` of a region in the asker's area."""


def _if_match(if_match: Annotated[str | None, Header(examples=['"3"'])] = None) -> str:
    if if_match is None or if_match.strip() == "*":
        raise NoIfMatch("send If-Match with the ETag of the version that you are changing")
    return if_match.strip().removeprefix("W/").strip('"')


def _version(tag: Annotated[str, Depends(_if_match)]) -> int:
    if not re.fullmatch(r"[0-9]{1,18}", tag, re.ASCII):
        raise BadInput('If-Match holds the ETag of a version, such as "3"', field="If-Match")
    return int(tag)


def parse_version(if_match: str | None) -> int:
    """Return the version of an If-Match header, for a route that needs it only at times. Raises NoIfMatch, BadInput."""
    return _version(_if_match(if_match))


IfMatch = Annotated[str, Depends(_if_match)]
"""The ETag that an edit starts from, without its quotes; 428 without one."""
IfMatchVersion = Annotated[int, Depends(_version)]
"""The same, for things whose ETag is a counted version."""


def _limit(limit: Annotated[int, Query(ge=1, le=1000)] = 100) -> int:
    return limit


Limit = Annotated[int, Depends(_limit)]
"""Rows of one page of a list."""
