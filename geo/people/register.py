"""The register of people (人员名册), kept by the security administrator (安全管理员) for the own area."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Executable, Row, text
from sqlalchemy.orm import Session

from geo.errors import BadInput, Forbidden, NotFound
from geo.people.roles import check_roles, covers, lies_in, prefix_of
from geo.people.sessions import Actor, revoke_all
from geo.people.trail import record


@dataclass(frozen=True, slots=True)
class Person:
    """One person as the security administrator sees them; never a password or its hash."""

    username: str
    name: str
    roles: tuple[str, ...]
    areas: tuple[str, ...]
    locked: bool
    disabled: bool
    has_password: bool
    demo: bool
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Change:
    """What is to change about a person; None leaves it as it is."""

    name: str | None = None
    roles: tuple[str, ...] | None = None
    areas: tuple[str, ...] | None = None
    disabled: bool | None = None


_LIST = text("""
SELECT p.id, p.username, p.name, p.locked_at IS NOT NULL AS locked, p.disabled,
       p.password_hash IS NOT NULL AS has_password, p.demo, p.created_at,
       ARRAY(SELECT role FROM person_role WHERE person = p.id ORDER BY role) AS roles,
       ARRAY(SELECT region::text FROM person_area WHERE person = p.id ORDER BY region) AS areas
  FROM person p
 WHERE (CAST(:username AS text) IS NULL OR p.username = :username) AND p.username > :after
 ORDER BY p.username
""")
_INSERT = text("INSERT INTO person (username, name, demo) VALUES (:username, :name, :demo) RETURNING id")
_LOCK_ROW = text("SELECT id FROM person WHERE username = :username FOR UPDATE")
_RENAME = text("UPDATE person SET name = :value WHERE id = :id")
_DISABLE = text("UPDATE person SET disabled = :value WHERE id = :id")
_UNLOCK = text("UPDATE person SET locked_at = NULL, failures = 0 WHERE id = :id")
_DROP_ROLES = text("DELETE FROM person_role WHERE person = :id AND role <> ALL (:value)")
_ADD_ROLES = text(
    "INSERT INTO person_role (person, role) SELECT :id, unnest(CAST(:value AS text[])) ON CONFLICT DO NOTHING"
)
_DROP_AREAS = text("DELETE FROM person_area WHERE person = :id AND region <> ALL (CAST(:value AS text[]))")
_ADD_AREAS = text(
    "INSERT INTO person_area (person, region) SELECT :id, unnest(CAST(:value AS text[])) ON CONFLICT DO NOTHING"
)


def list_people(db: Session, by: Actor, limit: int = 100, after: str = "") -> list[Person]:
    """Return the people whose every area lies in the asker's, by user name."""
    rows = db.execute(_LIST, {"username": None, "after": after})
    mine = [row for row in rows if lies_in(row.areas, by.areas)]
    return [_person(row) for row in mine[:limit]]


def find_person(db: Session, by: Actor, username: str) -> Person:
    """Return one person. Raises NotFound outside the asker's area."""
    return _person(_row(db, by, username))


def add_person(db: Session, by: Actor, username: str, change: Change) -> Person:
    """Add a person, who cannot sign in before a link gave them a password.

    Raises BadInput for roles or areas that cannot be given, Conflict for a name that is taken.
    """
    _check(by, change, needs_area=True)
    insert_person(db, username, change)
    return find_person(db, by, username)


def insert_person(db: Session, username: str, change: Change, *, demo: bool = False) -> int:
    """Insert a person with roles and areas and return the row's id; who may do so is the caller's affair."""
    person = db.execute(_INSERT, {"username": username, "name": change.name, "demo": demo}).scalar_one()
    db.execute(_ADD_ROLES, {"id": person, "value": list(change.roles or ())})
    db.execute(_ADD_AREAS, {"id": person, "value": list(change.areas or ())})
    return int(person)


def change_person(db: Session, by: Actor, username: str, change: Change) -> Person:
    """Change a person. New roles, areas or disabling end at once everything the person has open.

    Raises NotFound outside the asker's area, Forbidden for one's own roles, areas or disabling, BadInput
    for roles or areas that cannot be given.
    """
    rights = change.roles is not None or change.areas is not None or change.disabled is not None
    if rights and username == by.username:
        raise Forbidden("nobody changes their own roles, areas or access")
    row = _row(db, by, username)
    _check(by, change, needs_area=change.areas is not None)
    for statement, value in _steps(change):
        db.execute(statement, {"id": row.id, "value": list(value) if isinstance(value, tuple) else value})
    if rights:
        revoke_all(db, row.id)
    record(db, "person.change", username, detail=_said(change))
    return find_person(db, by, username)


def unlock_person(db: Session, by: Actor, username: str) -> Person:
    """Let a person in again who was locked out. Raises NotFound outside the asker's area."""
    row = _row(db, by, username)
    db.execute(_UNLOCK, {"id": row.id})
    record(db, "person.unlock", username)
    return find_person(db, by, username)


def lock_row(db: Session, by: Actor, username: str) -> int:
    """Return the id of a person in the asker's area, the row locked. Raises NotFound."""
    return int(_row(db, by, username).id)


def _steps(change: Change) -> list[tuple[Executable, object]]:
    wanted = (
        (_RENAME, change.name),
        (_DISABLE, change.disabled),
        (_DROP_ROLES, change.roles),
        (_ADD_ROLES, change.roles),
        (_DROP_AREAS, change.areas),
        (_ADD_AREAS, change.areas),
    )
    return [(statement, value) for statement, value in wanted if value is not None]


def _said(change: Change) -> dict[str, object]:
    named = {name: getattr(change, name) for name in Change.__slots__}
    return {name: value for name, value in named.items() if value is not None}


def _check(by: Actor, change: Change, *, needs_area: bool) -> None:
    check_roles(change.roles or ())
    if needs_area and not change.areas:
        raise BadInput("give at least one area", field="areas")
    foreign = [area for area in change.areas or () if not covers(by.areas, prefix_of(area))]
    if foreign:
        raise BadInput(f"not in your area: {', '.join(foreign)}", field="areas")


def _row(db: Session, by: Actor, username: str) -> Row[Any]:
    db.execute(_LOCK_ROW, {"username": username})
    row = db.execute(_LIST, {"username": username, "after": ""}).one_or_none()
    if row is None or not lies_in(row.areas, by.areas):
        raise NotFound(f"no such person in your area: {username}", field="username")
    return row


def _person(row: Row[Any]) -> Person:
    values = {name: getattr(row, name) for name in Person.__slots__}
    return Person(**{**values, "roles": tuple(row.roles), "areas": tuple(row.areas)})
