"""A person who can sign in."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from geo.people.passwords import hash_password
from geo.people.register import Change, insert_person
from geo.people.trail import Origin
from geo.store.engine import Scope, Store

PASSWORD = "correct horse battery"


def add_person(
    store: Store,
    username: str,
    roles: tuple[str, ...] = ("planner",),
    areas: tuple[str, ...] = ("990101000000",),
    password: str | None = PASSWORD,
) -> int:
    with store.begin(Origin().scope("os:test", duty="security")) as db:
        person = insert_person(db, username, Change(f"人员{username}", roles, areas))
        if password:
            hashed = hash_password(password)
            values = {"id": person, "hash": hashed}
            db.execute(
                text(
                    "UPDATE person SET password_hash = :hash, password_changed_at = clock_timestamp() WHERE id = :id"
                ),
                values,
            )
    return person


def audit_rows(store: Store, action: str | None = None) -> list[dict[str, object]]:
    """Everything on record, oldest first."""
    with store.begin(Scope(actor="audit", duty="auditor")) as db:
        rows = db.execute(text("SELECT * FROM audit ORDER BY id")).mappings()
        return [dict(row) for row in rows if action in (None, row["action"])]


@pytest.fixture
def alice(store: Store) -> str:
    add_person(store, "alice")
    return "alice"
