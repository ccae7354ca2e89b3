"""The made-up people (演示人员) of the demo district: one for each role, without a password, chosen from a list."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sqlalchemy import text
from sqlalchemy.orm import Session

from geo.people.register import Change, insert_person
from geo.people.trail import Origin
from geo.store.engine import Store

DISTRICT: Final = "990101000000"
"""The demo district (示例市演示区); no real division begins with 99."""

PEOPLE: Final = (
    ("planner", "许知远"),
    ("officer", "沈若谷"),
    ("supervisor", "顾清和"),
    ("reviewer", "陆见川"),
    ("system", "何以宁"),
    ("security", "秦守一"),
    ("auditor", "白予安"),
)
"""User name, which is also the role, and a name that was made up."""

_THERE = text("SELECT username FROM person WHERE username = ANY (:names)")
_GROUND = text("""
SELECT NOT EXISTS (SELECT FROM change_set) AND NOT EXISTS (SELECT FROM person) AS empty,
       EXISTS (SELECT FROM area_setting WHERE made_up) AND EXISTS (SELECT FROM person WHERE demo) AS demo,
       EXISTS (SELECT FROM region WHERE NOT code ^@ '99') OR EXISTS (SELECT FROM person WHERE NOT demo) AS real
""")


@dataclass(frozen=True, slots=True)
class Ground:
    """What a database holds: nothing, the demo, or something real (a region outside 99, a person not made up)."""

    empty: bool
    demo: bool
    real: bool


def look_around(db: Session) -> Ground:
    """Say what the database holds already, whoever put it there. The scope: every area, duty auth."""
    return Ground(*db.execute(_GROUND).one())


def seed_demo_people(store: Store, by: str = "demo") -> int:
    """Add the demo people who are not there yet; returns how many were added. Nobody who is there is changed."""
    with store.begin(Origin().scope(by, duty="security")) as db:
        there = set(db.scalars(_THERE, {"names": [username for username, _ in PEOPLE]}))
        missing = [(username, name) for username, name in PEOPLE if username not in there]
        for username, name in missing:
            insert_person(db, username, Change(name, (username,), (DISTRICT,)), demo=True)
    return len(missing)
