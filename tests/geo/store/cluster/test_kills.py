"""The embedded cluster against kill -9 and what it leaves behind."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path

import psycopg2
import pytest

from geo.store.cluster import (
    cluster_status,
    ensure_cluster,
    stop_cluster,
)
from geo.store.cluster.place import find_place
from geo.store.cluster.processes import belongs, family
from tests.geo.store.cluster.conftest import (
    as_owner,
    ask,
    caller,
    clear,
    connected,
    endless_query,
    kill_and_see_gone,
    plain_server,
    server_pid,
    wait_for,
)


@pytest.mark.slow
def test_no_acknowledged_row_is_lost_in_fourteen_kills(shared: Path) -> None:
    chance = random.Random(20261101)
    with connected(ensure_cluster(shared)) as connection, connection.cursor() as cursor:
        cursor.execute("CREATE TABLE IF NOT EXISTS acknowledged (number int PRIMARY KEY)")
        cursor.execute("TRUNCATE acknowledged")
    for number in range(14):
        address = ensure_cluster(shared)
        with connected(address) as connection, connection.cursor() as cursor:
            cursor.execute("INSERT INTO acknowledged VALUES (%s)", (number,))
        everyone = family(shared / "postgres")
        victims = [server_pid(shared)] if number % 2 else chance.sample(everyone, len(everyone))
        for pid in victims:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
    assert ask(ensure_cluster(shared), "SELECT count(*) FROM acknowledged") == 14


def test_an_orphan_backend_in_the_midst_of_a_query(shared: Path) -> None:
    address = ensure_cluster(shared)
    with endless_query(address) as orphan:
        kill_and_see_gone(server_pid(shared), shared)
        assert belongs(orphan, shared / "postgres")
        (shared / "postgres" / "postmaster.pid").unlink()
        _, said = plain_server(shared).communicate(timeout=30)
        assert b"pre-existing shared memory block" in said  # what the obvious code runs into
        assert ensure_cluster(shared) == address
        assert not belongs(orphan, shared / "postgres")
    assert ask(address, "SELECT 1") == 1


def test_a_zombie_postmaster(shared: Path) -> None:
    address = ensure_cluster(shared)
    stop_cluster(shared)
    child = plain_server(shared)
    wait_for(lambda: cluster_status(shared).running)
    os.kill(child.pid, signal.SIGKILL)
    wait_for(lambda: "Z" in Path(f"/proc/{child.pid}/stat").read_text().rpartition(")")[2].split()[0])
    _, said = plain_server(shared).communicate(timeout=30)
    assert b"already exists" in said
    assert ensure_cluster(shared) == address
    assert ask(address, "SELECT 1") == 1
    child.communicate(timeout=30)


def test_a_reused_number_in_the_lock_files(shared: Path) -> None:
    address = ensure_cluster(shared)
    home = find_place(shared)
    stop_cluster(shared)
    stranger = subprocess.Popen(["sleep", "60"], **as_owner(home))
    try:
        leftover = f"{stranger.pid}\n{home.pgdata}\n1\n5432\n{address.host}\n\n  5432001  1\nready   \n"
        for path in (home.pgdata / "postmaster.pid", address.host / ".s.PGSQL.5432.lock"):
            home.owner.write(path, leftover)
        _, said = plain_server(shared).communicate(timeout=30)
        assert b"already exists" in said
        assert cluster_status(shared).running is False
        assert ensure_cluster(shared) == address
        assert stranger.poll() is None, "somebody else's process was killed"
    finally:
        stranger.kill()
        stranger.wait()


def test_a_stale_socket(shared: Path) -> None:
    address = ensure_cluster(shared)
    for pid in family(shared / "postgres"):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    assert (address.host / ".s.PGSQL.5432").is_socket()
    assert ensure_cluster(shared) == address
    assert ask(address, "SELECT 1") == 1


@pytest.mark.slow
def test_the_caller_is_killed_in_the_midst_of_making_and_starting(fresh: Path) -> None:
    chance = random.Random(7)
    met = set()
    for _ in range(12):
        process = caller(fresh)
        home = find_place(fresh)
        wait_for(lambda home=home: home.gate.exists())
        time.sleep(chance.uniform(0, 0.7))
        process.kill()
        process.communicate(timeout=30)
        met.add((home.new.exists(), home.pgdata.exists()))
        if home.pgdata.exists() and chance.random() < 0.7:
            clear(fresh)
    assert (True, False) in met, "no kill came during initdb; widen the times"
    address = ensure_cluster(fresh)
    assert ask(address, "SELECT 1") == 1
    assert not find_place(fresh).new.exists()


@pytest.mark.slow
def test_the_caller_is_killed_while_the_server_starts(shared: Path) -> None:
    address = ensure_cluster(shared)
    for milliseconds in range(0, 120, 10):
        stop_cluster(shared)
        process = caller(shared)
        wait_for((shared / "postgres" / "postmaster.pid").exists)
        time.sleep(milliseconds / 1000)
        process.kill()
        process.communicate(timeout=30)
        assert ensure_cluster(shared) == address
        assert ask(address, "SELECT 1") == 1


def test_many_callers_at_once_get_one_server(fresh: Path) -> None:
    callers = [caller(fresh) for _ in range(5)]
    said = [process.communicate(timeout=120) for process in callers]
    assert {out for out, _ in said} == {f"{ensure_cluster(fresh).host}\n"}, said
    assert len([pid for pid in family(fresh / "postgres") if pid == server_pid(fresh)]) == 1


def test_all_connections_in_use_is_not_down(shared: Path) -> None:
    address = ensure_cluster(shared)
    pid = server_pid(shared)
    taken: list[psycopg2.extensions.connection] = []
    try:
        with pytest.raises(psycopg2.OperationalError, match="too many clients"):
            while True:
                taken.append(
                    psycopg2.connect(host=str(address.host), port=5432, user="postgres", dbname="wangge")
                )
        assert ensure_cluster(shared) == address
        assert server_pid(shared) == pid
        assert cluster_status(shared).server_version is None
    finally:
        for connection in taken:
            connection.close()
