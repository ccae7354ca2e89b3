"""One-time links (一次性链接): into the demo's chooser, to appoint the first administrator, or to set a password.

The link's key is a session of kind `invite`. Following it uses it up and gives the browser another key, for the
next step.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Literal

from sqlalchemy import text
from sqlalchemy.orm import Session

from geo.errors import Conflict, NotFound, NotSignedIn
from geo.people.passwords import check_rules, hash_password
from geo.people.register import Change, insert_person, lock_row
from geo.people.roles import WHOLE_COUNTRY
from geo.people.sessions import ABSOLUTE, Actor, Opened, hash_of, open_session
from geo.people.signing import enter_as, replace_password
from geo.people.trail import Origin, record
from geo.store.engine import Store

Purpose = Literal["choose", "appoint", "password"]

LIFETIME: Final = timedelta(hours=24)
"""How long a link waits to be followed."""
STEP: Final = timedelta(hours=1)
"""How long there is, after following it, to choose a password."""


@dataclass(frozen=True, slots=True)
class Step:
    """What the holder of a followed link may do next; `username` is whose password is to be set."""

    purpose: Purpose
    username: str | None = None
    name: str | None = None


_FOLLOW = text("""
DELETE FROM session WHERE token_hash = :hash AND kind = 'invite' AND expires_at > clock_timestamp()
RETURNING person
""")
_FIND = text("""
SELECT s.kind, p.username, p.name FROM session s LEFT JOIN person p ON p.id = s.person
 WHERE s.token_hash = :hash AND s.kind IN ('invite', 'chooser') AND s.expires_at > clock_timestamp()
   AND (p.id IS NULL OR NOT p.disabled)
""")
_HAS_SECURITY = text("""
SELECT EXISTS (SELECT 1 FROM person_role r JOIN person p ON p.id = r.person WHERE r.role = 'security' AND NOT p.demo)
""")
_ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(hashtext('wangge.first-administrator'))")
_DROP_LINKS = text("DELETE FROM session WHERE person = :person AND kind = 'invite'")
_SET_HASH = text(
    "UPDATE person SET password_hash = :hash, password_changed_at = clock_timestamp() WHERE id = :id"
)
_CHOICES = text("""
SELECT p.username, p.name, ARRAY(SELECT role FROM person_role WHERE person = p.id ORDER BY role) AS roles
  FROM person p WHERE p.demo AND NOT p.disabled ORDER BY p.id
""")
_CHOSEN = text("SELECT id FROM person WHERE username = :username AND demo AND NOT disabled")


def invite(store: Store, *, demo: bool, by: str) -> str | None:
    """Return the key of a new one-time link for the start of an installation.

    In the demo it opens the chooser of demo people; on an empty installation it appoints the security
    administrator. None where there is one already: people sign in with their passwords.
    """
    with store.begin(Origin().scope(by, duty="auth")) as db:
        if not demo and db.scalar(_HAS_SECURITY):
            return None
        key = open_session(db, "invite", LIFETIME).key
        record(db, "link", "chooser" if demo else "first administrator")
    return key


def invite_person(db: Session, by: Actor, username: str) -> str:
    """Return the key of a link by which a person sets a password; earlier links of theirs end.

    Raises NotFound outside the asker's area.
    """
    person = lock_row(db, by, username)
    db.execute(_DROP_LINKS, {"person": person})
    record(db, "person.link", username)
    return open_session(db, "invite", LIFETIME, person).key


def follow(store: Store, key: str, *, demo: bool, origin: Origin) -> tuple[Purpose, Opened]:
    """Use a link up: say what it is for, and give the key for that step.

    Raises NotFound for a link that is unknown, used, expired or no longer of any use.
    """
    with store.begin(origin.scope("link", duty="auth")) as db:
        found = db.execute(_FOLLOW, {"hash": hash_of(key)}).one_or_none()
        if found is None or (found.person is None and not demo and db.scalar(_HAS_SECURITY)):
            raise NotFound("this link was used already or has expired; ask for another")
        record(db, "link.follow", "person" if found.person else "start")
        if found.person is not None:
            return "password", open_session(db, "invite", STEP, found.person)
        if demo:
            return "choose", open_session(db, "chooser", ABSOLUTE)
        return "appoint", open_session(db, "invite", STEP)


def next_step(store: Store, key: str, *, demo: bool) -> Step | None:
    """Return what the holder of a followed link may do, or None."""
    with store.begin(Origin().scope("link", duty="auth")) as db:
        found = db.execute(_FIND, {"hash": hash_of(key)}).one_or_none()
    if found is None or (found.kind == "chooser" and not demo):
        return None
    if found.kind == "chooser":
        return Step("choose")
    return Step("password", found.username, found.name) if found.username else Step("appoint")


def choices(store: Store, key: str, *, demo: bool) -> list[dict[str, object]]:
    """Return the demo people to choose from. Raises NotSignedIn without a chooser's key."""
    _demand(store, key, "choose", demo=demo)
    with store.begin(Origin().scope("link", duty="auth")) as db:
        return [dict(row) for row in db.execute(_CHOICES).mappings()]


def choose(
    store: Store, key: str, username: str, *, demo: bool, origin: Origin, replaces: str | None = None
) -> Opened:
    """Sign in as a demo person. Raises NotSignedIn without a chooser's key, NotFound for anybody not made up."""
    _demand(store, key, "choose", demo=demo)
    with store.begin(origin.scope(username, duty="auth")) as db:
        person = db.scalar(_CHOSEN, {"username": username})
        if person is None:
            raise NotFound(f"no such demo person: {username}", field="username")
        return enter_as(db, person, username, replaces, how="demo chooser")


def appoint(store: Store, key: str, username: str, name: str, password: str, origin: Origin) -> Opened:
    """Make the first security administrator (安全管理员) of an installation, and sign them in.

    Raises NotSignedIn without the key, BadInput for a weak password, Conflict when there is one already.
    """
    _demand(store, key, "appoint", demo=False)
    check_rules(password, username)
    hashed = hash_password(password)
    with store.begin(origin.scope(username, duty="auth")) as db:
        db.execute(_ONE_AT_A_TIME)
        if db.scalar(_HAS_SECURITY):
            raise Conflict("there is a security administrator already")
        person = insert_person(db, username, Change(name, ("security",), (WHOLE_COUNTRY,)))
        db.execute(_SET_HASH, {"id": person, "hash": hashed})
        return enter_as(db, person, username, key, how="first administrator")


def set_password(store: Store, key: str, password: str, origin: Origin) -> Opened:
    """Set the password of the person whose link was followed, and sign them in; all else they had open ends.

    Raises NotSignedIn without the key, BadInput for a weak password.
    """
    step = _demand(store, key, "password", demo=False)
    assert step.username is not None
    return replace_password(store, step.username, password, origin, key)


def _demand(store: Store, key: str, purpose: Purpose, *, demo: bool) -> Step:
    step = next_step(store, key, demo=demo)
    if step is None or step.purpose != purpose:
        raise NotSignedIn("follow the one-time link first")
    return step
