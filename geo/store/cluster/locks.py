"""Locks on files (flock): released by the kernel when the last holder dies, however it dies."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from geo.store.cluster.errors import ClusterError
from geo.store.cluster.owner import Owner

_WAIT_S = 180.0
_PAUSE_S = 0.05


def _open(path: Path, owner: Owner) -> int:
    flags = os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW
    try:
        descriptor = os.open(path, flags | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return os.open(path, flags)
    if owner.is_another:
        os.fchown(descriptor, owner.uid, owner.gid)
    return descriptor


def _is_at(path: Path, descriptor: int) -> bool:
    """Whether the open file is still the one at `path` (the data folder may have been removed meanwhile)."""
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False


def try_lock(path: Path, owner: Owner) -> int | None:
    """Return an open, locked descriptor of the file at `path`, or None while another process holds it."""
    descriptor = _open(path, owner)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    if _is_at(path, descriptor):
        return descriptor
    os.close(descriptor)
    return None


@contextmanager
def locked(path: Path, owner: Owner) -> Iterator[int]:
    """Hold the lock at `path`; yields the descriptor, so that a child can be made to hold it too.

    Raises ClusterError after three minutes of waiting, or when the file cannot be made.
    """
    try:
        descriptor = _wait(path, owner)
    except OSError as error:
        raise ClusterError(f"The lock file {path} cannot be opened: {error.strerror}.") from error
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _wait(path: Path, owner: Owner) -> int:
    deadline = time.monotonic() + _WAIT_S
    while (descriptor := try_lock(path, owner)) is None:
        if time.monotonic() > deadline:
            raise ClusterError(
                f"Another process has been at work on {path.parent} for {_WAIT_S:.0f} s; try again."
            )
        time.sleep(_PAUSE_S)
    return descriptor


def is_held(path: Path) -> bool:
    """Whether any process holds the lock at `path`; a missing file is not held."""
    with suppress(FileNotFoundError):
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(descriptor)
    return False
