"""Passwords (口令): hashed with Argon2id, a few at a time, since each hash takes 64 MiB."""

from __future__ import annotations

import string
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Final

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from geo.errors import BadInput, Busy

MEMORY_KIB: Final = 64 * 1024
LONG: Final = 12
SHORT: Final = 8
LONGEST: Final = 256
"""Characters. Longer ones are refused: hashing them would be work that a stranger may order for free."""

_AT_ONCE: Final = 2
_WAITING: Final = 4
"""Who waits holds one of the service's shared threads: were all of them waiting, nobody else would be answered."""
_PATIENCE_SECONDS: Final = 5.0
_room = threading.BoundedSemaphore(_AT_ONCE)
_line = threading.BoundedSemaphore(_AT_ONCE + _WAITING)
_CROWDED: Final = "too many people are signing in at this moment"
_hasher = PasswordHash((Argon2Hasher(memory_cost=MEMORY_KIB, time_cost=3, parallelism=1),))


def check_rules(password: str, username: str) -> None:
    """Refuse a weak password: twelve characters, or eight of three among lower, upper, digit, other.

    Raises BadInput naming the field `password`; the message never repeats the password.
    """
    if len(password) > LONGEST:
        raise BadInput(f"a password has at most {LONGEST} characters", field="password")
    if username.casefold() in password.casefold():
        raise BadInput("a password does not contain the user name", field="password")
    if len(set(password)) < 5:
        raise BadInput("a password has at least five different characters", field="password")
    if len(password) >= LONG or (len(password) >= SHORT and _classes(password) >= 3):
        return
    raise BadInput(
        f"a password has at least {LONG} characters, or {SHORT} with three of: lower case, upper case, digit, other",
        field="password",
    )


def hash_password(password: str) -> str:
    """Return the Argon2id hash. Raises Busy when too many people sign in at once."""
    with place():
        return _hasher.hash(password)


@contextmanager
def place() -> Iterator[None]:
    """Hold one of the few places in which a hash may be computed.

    Raises Busy at once when some wait for one already, and later when none becomes free in time.
    """
    if not _line.acquire(blocking=False):
        raise Busy(_CROWDED)
    try:
        if not _room.acquire(timeout=_PATIENCE_SECONDS):
            raise Busy(_CROWDED)
        try:
            yield
        finally:
            _room.release()
    finally:
        _line.release()


def matches(password: str, stored: str | None) -> bool:
    """Whether a password fits a stored hash; without one, as much time is spent and the answer is no.

    To be called in a `place`.
    """
    nothing = _hash_of_nothing()  # first made for whoever comes first, known or not
    fits = _hasher.verify(password[:LONGEST], stored or nothing)
    return fits and stored is not None and len(password) <= LONGEST


@cache
def _hash_of_nothing() -> str:
    """A hash of the same cost, for user names that do not exist."""
    return _hasher.hash("nobody has this password")


def _classes(password: str) -> int:
    kinds = (string.ascii_lowercase, string.ascii_uppercase, string.digits)
    known = [any(letter in kind for letter in password) for kind in kinds]
    other = any(all(letter not in kind for kind in kinds) for letter in password)
    return sum(known) + other
