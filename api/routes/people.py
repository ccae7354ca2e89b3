"""The register of people (人员名册), for the security administrator (安全管理员)."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, ConfigDict, Field

from api.deps import Actor, Limit, PeopleDb, allow
from geo.people import links, register
from geo.people.register import Change, Person

router = APIRouter(prefix="/api/people", tags=["people"])

Username = Annotated[str, Path(pattern=r"^[a-z][a-z0-9._-]{1,31}$")]
Name = Annotated[str, Field(min_length=1, max_length=60, pattern=r"\S")]
Roles = Annotated[list[str], Field(max_length=7)]
Areas = Annotated[list[Annotated[str, Field(pattern=r"^[0-9]{12}$")]], Field(max_length=100)]


class NewPerson(BaseModel):
    """A person to be added."""

    model_config = ConfigDict(extra="forbid")

    username: Annotated[str, Field(pattern=r"^[a-z][a-z0-9._-]{1,31}$")]
    name: Name
    roles: Roles
    areas: Areas


class PersonChange(BaseModel):
    """What is to change; what is left out stays."""

    model_config = ConfigDict(extra="forbid")

    name: Name | None = None
    roles: Roles | None = None
    areas: Areas | None = None
    disabled: bool | None = None


@router.get("", dependencies=[allow("security")])
def list_people(
    db: PeopleDb, actor: Actor, limit: Limit, after: Annotated[str, Query(max_length=40)] = ""
) -> dict[str, object]:
    """List the people of the own area, by user name."""
    people = register.list_people(db, actor, limit + 1, after)
    shown = people[:limit]
    more = (
        [{"rel": "next", "href": f"/api/people?limit={limit}&after={shown[-1].username}"}]
        if people[limit:]
        else []
    )
    return {"people": shown, "links": more}


@router.post("", dependencies=[allow("security")], status_code=201)
def add_person(body: NewPerson, db: PeopleDb, actor: Actor) -> Person:
    """Add a person; a link then lets them choose a password."""
    change = Change(body.name, tuple(body.roles), tuple(body.areas))
    return register.add_person(db, actor, body.username, change)


@router.get("/{username}", dependencies=[allow("security")])
def get_person(username: Username, db: PeopleDb, actor: Actor) -> Person:
    """Show one person."""
    return register.find_person(db, actor, username)


@router.patch("/{username}", dependencies=[allow("security")])
def change_person(username: Username, body: PersonChange, db: PeopleDb, actor: Actor) -> Person:
    """Change name, roles, areas or access; new rights end at once all that the person has open."""
    change = Change(
        body.name,
        None if body.roles is None else tuple(body.roles),
        None if body.areas is None else tuple(body.areas),
        body.disabled,
    )
    return register.change_person(db, actor, username, change)


@router.post("/{username}/unlock", dependencies=[allow("security")])
def unlock_person(username: Username, db: PeopleDb, actor: Actor) -> Person:
    """Let somebody in again who was locked out (解锁)."""
    return register.unlock_person(db, actor, username)


@router.post("/{username}/link", dependencies=[allow("security")], status_code=201)
def link_person(username: Username, db: PeopleDb, actor: Actor) -> dict[str, object]:
    """Make the one-time link by which the person chooses a password; it is shown this once."""
    key = links.invite_person(db, actor, username)
    return {"username": username, "path": f"/enter?key={key}", "hours": links.LIFETIME.total_seconds() / 3600}
