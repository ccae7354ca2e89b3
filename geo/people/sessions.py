"""Sessions (会话): a random key in the browser or the script, its SHA-256 in the database; deleting it revokes."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Literal

from sqlalchemy import text
from sqlalchemy.orm import Session

from geo.errors import NotFound
from geo.people.roles import BUSINESS, prefix_of
from geo.people.trail import Origin, record
from geo.store.engine import Scope, Store

Kind = Literal["browser", "token", "chooser", "invite"]

IDLE: Final = timedelta(minutes=30)
ABSOLUTE: Final = timedelta(hours=12)
_TOUCH: Final = timedelta(minutes=1)
"""How old `seen_at` may grow before a request writes it anew: not every read is to be a write."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who is asking (操作人): a person with roles, in areas given as region codes and as prefixes."""

    username: str
    name: str
    roles: frozenset[str]
    regions: tuple[str, ...]
    areas: tuple[str, ...]
    kind: Literal["browser", "token"]
    csrf: str | None
    must_change_password: bool = False

    @property
    def sees_business(self) -> bool:
        """Whether one of the roles reads the district's data."""
        return not self.roles.isdisjoint(BUSINESS)


@dataclass(frozen=True, slots=True)
class Opened:
    """A new session: the secret key for its holder, and the token that guards a browser's writes."""

    key: str
    csrf: str
    username: str | None = None


_INSERT = text(
    "INSERT INTO session (token_hash, kind, person, csrf, expires_at)"
    " VALUES (:hash, :kind, :person, :csrf, clock_timestamp() + :lifetime)"
)
_FORGET_OLD = text("DELETE FROM session WHERE expires_at < clock_timestamp() - interval '1 day'")
_FIND = text("""
SELECT s.csrf, s.seen_at < clock_timestamp() - :touch AS stale, p.username, p.name,
       p.password_hash IS NOT NULL
         AND p.password_changed_at < clock_timestamp() - make_interval(days => :password_days) AS outdated,
       ARRAY(SELECT role FROM person_role WHERE person = p.id) AS roles,
       ARRAY(SELECT region::text FROM person_area WHERE person = p.id ORDER BY region) AS regions
  FROM session s JOIN person p ON p.id = s.person AND NOT p.disabled
 WHERE s.token_hash = :hash AND s.kind = :kind AND s.expires_at > clock_timestamp()
   AND (s.kind <> 'browser' OR s.seen_at > clock_timestamp() - :idle)
""")
_SEEN = text("UPDATE session SET seen_at = clock_timestamp() WHERE token_hash = :hash")
_CLOSE = text("DELETE FROM session WHERE token_hash = :hash RETURNING person")
_CLOSE_ALL = text("DELETE FROM session WHERE person = :person AND token_hash IS DISTINCT FROM :kept")
_PERSON = text("SELECT id FROM person WHERE username = :username AND NOT disabled")


def hash_of(key: str) -> bytes:
    """Return what the database keeps of a key: 32 random bytes need no salt and no slow hash."""
    return hashlib.sha256(key.encode()).digest()


def open_session(db: Session, kind: Kind, lifetime: timedelta, person: int | None = None) -> Opened:
    """Make a session row and return its key, which is told once and stored nowhere."""
    key, csrf = secrets.token_urlsafe(32), secrets.token_urlsafe(24)
    db.execute(_FORGET_OLD)
    values = {"hash": hash_of(key), "kind": kind, "person": person, "csrf": csrf, "lifetime": lifetime}
    db.execute(_INSERT, values)
    return Opened(key, csrf)


def find_actor(
    store: Store, key: str, kind: Literal["browser", "token"], password_days: int = 0
) -> Actor | None:
    """Return who holds a key, or None: unknown, expired, idle for too long, revoked or disabled.

    `password_days` is the age in days at which a password must be changed; 0 lets it live.
    """
    asked = {"hash": hash_of(key), "kind": kind, "idle": IDLE, "touch": _TOUCH}
    with store.begin(Scope(actor="sign-in", duty="auth")) as db:
        row = db.execute(_FIND, {**asked, "password_days": password_days or 10**6}).one_or_none()
        if row is None:
            return None
        if row.stale:
            db.execute(_SEEN, asked)
    regions = tuple(row.regions)
    areas = tuple(prefix_of(region) for region in regions)
    due = bool(row.outdated) and kind == "browser"
    return Actor(row.username, row.name, frozenset(row.roles), regions, areas, kind, row.csrf, due)


def close_session(db: Session, key: str) -> None:
    """Revoke one session."""
    db.execute(_CLOSE, {"hash": hash_of(key)})


def revoke_all(db: Session, person: int, kept: str | None = None) -> None:
    """Revoke every session, token and link of a person but the one with the key `kept`."""
    db.execute(_CLOSE_ALL, {"person": person, "kept": hash_of(kept) if kept else None})


def issue_token(store: Store, username: str, days: float, by: str) -> str:
    """Return a bearer token for a person, good for so many days; `by` is named in the audit.

    Raises NotFound for an unknown or disabled person.
    """
    with store.begin(Origin().scope(by, duty="auth")) as db:
        person = db.scalar(_PERSON, {"username": username})
        if person is None:
            raise NotFound(f"no such person: {username}", field="user")
        opened = open_session(db, "token", timedelta(days=days), person)
        record(db, "token", username, detail={"days": days})
    return opened.key
