"""A cluster of a test's own that can be killed in the middle of anything, and comes back."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread

from sqlalchemy import text

from geo.errors import WanggeError
from geo.store.cluster import ensure_cluster, stop_cluster, supervise
from geo.store.engine import Scope, Store
from geo.store.prepare import prepare


@contextmanager
def cluster_of_its_own() -> Iterator[Path]:
    """A prepared cluster in a folder that its user can enter, and a supervisor that brings it back."""
    base = Path(tempfile.mkdtemp(prefix="wangge-crash-"))
    base.chmod(0o755)
    data, stop = base / "data", Event()
    prepare(ensure_cluster(data).url("postgres"))
    keeper = Thread(target=supervise, args=(data, stop))
    keeper.start()
    yield data
    stop.set()
    keeper.join()
    stop_cluster(data)
    shutil.rmtree(base)


def kill_database(data: Path) -> None:
    """SIGKILL the postmaster and every process of its group, as the machine's out-of-memory killer might."""
    pid = int((data / "postgres" / "postmaster.pid").read_text().split()[0])
    children = [
        int(entry.name)
        for entry in Path("/proc").iterdir()
        if entry.name.isdigit() and parent_of(entry) == pid
    ]
    for each in (pid, *children):
        with contextlib.suppress(ProcessLookupError):
            os.kill(each, signal.SIGKILL)


def parent_of(process: Path) -> int | None:
    try:
        return int((process / "stat").read_text().rpartition(")")[2].split()[1])
    except (OSError, ValueError):
        return None


def answered(store: Store, scope: Scope) -> float:
    """Wait until the database answers again; returns the seconds that took."""
    began = time.monotonic()
    while True:
        try:
            with store.begin(scope) as db:
                db.execute(text("SELECT 1"))
            return time.monotonic() - began
        except WanggeError:
            assert time.monotonic() - began < 60, "the database did not come back"
            time.sleep(0.1)
