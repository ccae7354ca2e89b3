"""Signing in and out (登录、退出). Failures are counted in the database: lockout holds over workers and restarts."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from geo.errors import BadInput, NotSignedIn
from geo.people.passwords import check_rules, hash_password, matches, place
from geo.people.sessions import ABSOLUTE, Opened, close_session, open_session, revoke_all
from geo.people.trail import Origin, record
from geo.store.engine import Store

TRIES: Final = 5
"""Wrong passwords in a row after which an account is locked until the security administrator unlocks it."""

REFUSAL: Final = "the user name or the password is wrong, or the account is locked"
"""One sentence for every reason: a stranger learns neither which names exist nor which are locked."""

# The try is counted before the password is looked at: a hundred guesses at once are five guesses.
_RESERVE = text("""
UPDATE person SET failures = failures + 1
 WHERE username = :username AND NOT disabled AND locked_at IS NULL AND failures < :tries
   AND password_hash IS NOT NULL
RETURNING id, password_hash, failures
""")
_LOCK = text(
    "UPDATE person SET locked_at = clock_timestamp() WHERE id = :id AND failures >= :tries AND locked_at IS NULL"
)
_CLEAR = text("""
UPDATE person SET failures = 0
 WHERE id = :id AND locked_at IS NULL AND NOT disabled AND password_hash = :password_hash
RETURNING id
""")
_KNOWN = text("SELECT username FROM person WHERE username = :username")
_HASH = text("SELECT id, password_hash FROM person WHERE username = :username")
_SET = text(
    "UPDATE person SET password_hash = :hash, password_changed_at = clock_timestamp(), failures = 0, locked_at = NULL"
    " WHERE id = :id"
)


def sign_in(
    store: Store, username: str, password: str, origin: Origin, replaces: str | None = None
) -> Opened:
    """Open a browser session for a right password; the session with the key `replaces` ends.

    Raises NotSignedIn with one sentence for every reason; each try is one row of the audit.
    """
    with place():  # before the try is counted: who finds no place has not tried
        with store.begin(origin.scope("sign-in", duty="auth")) as db:
            tried = db.execute(_RESERVE, {"username": username, "tries": TRIES}).one_or_none()
        # No connection is held while the hash is computed.
        fits = matches(password, tried.password_hash if tried else None)
    opened = _welcome(store, username, tried, origin, replaces) if fits and tried else None
    if opened is None:
        _refuse(store, username, tried, origin)
        raise NotSignedIn(REFUSAL)
    return opened


def _welcome(
    store: Store, username: str, tried: Row[tuple[int, str, int]], origin: Origin, replaces: str | None
) -> Opened | None:
    with store.begin(origin.scope(username, duty="auth")) as db:
        if db.scalar(_CLEAR, {"id": tried.id, "password_hash": tried.password_hash}) is None:
            return None  # locked, disabled or given another password while the hash was computed
        return enter_as(db, tried.id, username, replaces)


def enter_as(
    db: Session, person: int, username: str, replaces: str | None = None, how: str = "password"
) -> Opened:
    """Open a browser session for a person under a new key, and end the one it replaces."""
    if replaces:
        close_session(db, replaces)
    opened = open_session(db, "browser", ABSOLUTE, person)
    record(db, "sign-in", username, detail={"how": how})
    return Opened(opened.key, opened.csrf, username)


def _refuse(store: Store, username: str, tried: Row[tuple[int, str, int]] | None, origin: Origin) -> None:
    name = username if tried else _name_on_record(store, username)
    with store.begin(origin.scope(name, duty="auth")) as db:
        if tried is not None and tried.failures >= TRIES:
            db.execute(_LOCK, {"id": tried.id, "tries": TRIES})
            record(db, "lockout", name)
        record(db, "sign-in", name, success=False)


def _name_on_record(store: Store, username: str) -> str:
    """The name for the audit: people type passwords into the wrong field, so an unknown name is not kept."""
    with store.begin(Origin().scope("sign-in", duty="auth")) as db:
        return str(db.scalar(_KNOWN, {"username": username}) or "unknown")


def sign_out(store: Store, username: str, key: str, origin: Origin) -> None:
    """End a session."""
    with store.begin(origin.scope(username, duty="auth")) as db:
        close_session(db, key)
        record(db, "sign-out", username)


def change_password(store: Store, username: str, current: str, fresh: str, origin: Origin) -> Opened:
    """Change one's own password: every session and token ends, a new browser session opens.

    Raises BadInput for a weak password or the same one again, NotSignedIn when `current` is wrong; such
    a failure counts towards the lockout.
    """
    check_rules(fresh, username)
    if fresh == current:
        raise BadInput("the new password is the old one", field="password")
    opened = sign_in(store, username, current, origin)
    return replace_password(store, username, fresh, origin, opened.key)


def replace_password(
    store: Store, username: str, fresh: str, origin: Origin, key: str | None = None
) -> Opened:
    """Give a person a new password, end all that was open (the session `key` included), open a browser session.

    Raises BadInput for a weak password.
    """
    check_rules(fresh, username)
    hashed = hash_password(fresh)
    with store.begin(origin.scope(username, duty="auth")) as db:
        row = db.execute(_HASH, {"username": username}).one()
        db.execute(_SET, {"id": row.id, "hash": hashed})
        revoke_all(db, row.id)
        return enter_as(db, row.id, username, key, how="new password")
