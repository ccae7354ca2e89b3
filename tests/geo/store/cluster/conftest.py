"""Real servers in folders that the service user can reach, and ways to mistreat them."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg2
import pytest

from geo.store.cluster import (
    ClusterAddress,
    ClusterError,
    ensure_cluster,
    postmaster,
    stop_cluster,
)
from geo.store.cluster.binaries import Installation, choose_installation
from geo.store.cluster.place import Place, find_place
from geo.store.cluster.processes import belongs

ENDLESS = "SELECT count(*) FROM generate_series(1, 100000000000)"


@pytest.fixture(scope="module")
def shelf() -> Iterator[Path]:
    """A folder that the service user can reach; pytest's own is closed to it."""
    folder = Path(tempfile.mkdtemp(prefix="wangge-cluster-", dir="/tmp"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


def clear(data: Path) -> None:
    with suppress(ClusterError):
        stop_cluster(data)
    for folder in find_place(data).socket_folders:
        shutil.rmtree(folder, ignore_errors=True)
    shutil.rmtree(data, ignore_errors=True)


@pytest.fixture
def fresh(shelf: Path) -> Iterator[Path]:
    """A data folder that does not exist yet."""
    data = shelf / f"fresh-{time.monotonic_ns()}"
    yield data
    clear(data)


@pytest.fixture(scope="module")
def shared(shelf: Path) -> Iterator[Path]:
    """One cluster that many tests kill and revive."""
    data = shelf / "shared"
    ensure_cluster(data)
    yield data
    clear(data)


@contextmanager
def connected(address: ClusterAddress) -> Iterator[psycopg2.extensions.connection]:
    with closing(
        psycopg2.connect(
            host=str(address.host), port=address.port, user=address.superuser, dbname=address.dbname
        )
    ) as connection:
        connection.autocommit = True
        yield connection


def ask(address: ClusterAddress, query: str) -> object:
    with connected(address) as connection, connection.cursor() as cursor:
        cursor.execute(query)
        row = cursor.fetchone()
        return row[0] if row else None


def server_pid(data: Path) -> int:
    running = postmaster.living(find_place(data))
    assert running is not None
    return running.pid


def wait_for(condition: Callable[[], object], seconds: float = 15.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "did not happen"
        time.sleep(0.02)


def kill_and_see_gone(pid: int, data: Path) -> None:
    os.kill(pid, signal.SIGKILL)
    wait_for(lambda: not belongs(pid, data / "postgres"))


def as_owner(home: Place) -> dict[str, Any]:
    """What makes a child process the owner's; nobody but root can, or has to, ask for it."""
    return {"user": home.owner.uid, "group": home.owner.gid, "extra_groups": []} if os.geteuid() == 0 else {}


def plain_server(data: Path) -> subprocess.Popen[bytes]:
    """Start the server the obvious way: as a child, with nothing looked at before."""
    home = find_place(data)
    program = choose_installation(None).tool("postgres")
    return subprocess.Popen(
        [program, "-D", home.pgdata, "-k", home.socket_folders[0], "-c", "logging_collector=off"],
        **as_owner(home),
        cwd="/",
        env={"LC_ALL": "C"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )


@contextmanager
def endless_query(address: ClusterAddress) -> Iterator[int]:
    """A backend that computes and therefore does not notice that its server died; yields its number."""
    with connected(address) as connection:
        pid = connection.info.backend_pid
        thread = threading.Thread(target=lambda: run_and_swallow(connection))
        thread.start()
        wait_for(lambda: ask(address, f"SELECT state FROM pg_stat_activity WHERE pid = {pid:d}") == "active")
        try:
            yield pid
            thread.join(30)
            assert not thread.is_alive()
        finally:
            # A test that failed leaves the query running, and closing its connection would wait for ever.
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
            thread.join(30)


def run_and_swallow(connection: psycopg2.extensions.connection) -> None:
    with suppress(psycopg2.Error), connection.cursor() as cursor:
        cursor.execute(ENDLESS)


@pytest.fixture
def upgraded(monkeypatch: pytest.MonkeyPatch) -> list[Installation]:
    """Makes the installed programs look one minor version newer than the running server."""
    true = choose_installation(None)
    newer = Installation((true.version[0], true.version[1] + 1), true.postgis, true.folder)
    installed = [newer]
    for module in ("lifecycle", "supervisor"):
        monkeypatch.setattr(
            f"geo.store.cluster.{module}.choose_installation", lambda _major, box=installed: box[0]
        )
    return installed


CALL = "import sys, pathlib, geo.store.cluster as c; print(c.ensure_cluster(pathlib.Path(sys.argv[1])).host)"


def caller(data: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", CALL, str(data)],
        cwd=Path(__file__).parents[4],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def answers(address: ClusterAddress) -> bool:
    try:
        return ask(address, "SELECT 1") == 1
    except psycopg2.Error:
        return False
