"""Whether the service of a data folder runs, told by a file that names its process and when that one began."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

NOTE = "service.json"
LOCK = "up.lock"
CACHE = "cache"
"""What the service may compute again."""


@dataclass(frozen=True, slots=True)
class Running:
    """A service: its process, when that began (so that a reused number is not taken for it), and its port."""

    pid: int
    began: str
    port: int


def of(data: Path) -> Running | None:
    """Return the service of a data folder, or None when its process is gone."""
    try:
        found = Running(**json.loads((data / NOTE).read_text()))
    except (OSError, ValueError, TypeError):
        return None
    return found if _began(found.pid) == found.began else None


@contextmanager
def noted(data: Path, port: int) -> Iterator[None]:
    """Leave the note while this process serves."""
    mine = Running(os.getpid(), _began(os.getpid()) or "", port)
    fresh = data / f"{NOTE}.new"
    fresh.write_text(json.dumps(asdict(mine)))
    fresh.replace(data / NOTE)
    try:
        yield
    finally:
        if of(data) == mine:
            (data / NOTE).unlink(missing_ok=True)


@contextmanager
def only_one(data: Path) -> Iterator[None]:
    """Let one `wangge up` of a data folder work at a time; the second waits."""
    with (data / LOCK).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def end(data: Path, patience_s: float = 15.0) -> None:
    """Ask the service to end, and see that it does."""
    found = of(data)
    if found is None:
        return
    os.kill(found.pid, signal.SIGTERM)
    deadline = time.monotonic() + patience_s
    while _began(found.pid) == found.began:
        if time.monotonic() > deadline:
            os.kill(found.pid, signal.SIGKILL)
            deadline += patience_s
        time.sleep(0.05)


def healthy(address: str) -> bool:
    """Whether the service at an address says that it is well."""
    try:
        with urllib.request.urlopen(f"{address}/healthz", timeout=2) as answer:  # noqa: S310  (our own http address)
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def somebody_listens(host: str, port: int) -> bool:
    """Whether a port is taken already."""
    target = "127.0.0.1" if host in ("0.0.0.0", "::") else host  # noqa: S104  (compared, not bound)
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((target, port)) == 0


def _began(pid: int) -> str | None:
    """Return when a process began (Linux: in ticks since boot; elsewhere as `ps` prints it), None when it is gone."""
    stat = Path(f"/proc/{pid}/stat")
    if stat.exists():
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            return None
        return None if fields[0] == "Z" else fields[19]
    if Path("/proc/self").exists():
        return None
    return os.popen(f"ps -o lstart= -p {int(pid)}").read().strip() or None  # noqa: S605  (a number is all that goes in)
