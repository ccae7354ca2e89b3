"""Other versions, foreign folders, servers that cannot start."""

from __future__ import annotations

import fcntl
from pathlib import Path

import pytest

from geo.store.cluster import (
    ClusterError,
    ensure_cluster,
    stop_cluster,
)
from geo.store.cluster.binaries import Installation, choose_installation
from geo.store.cluster.place import find_place
from tests.geo.store.cluster.conftest import ask, server_pid


@pytest.mark.parametrize("major", ["99", "14"])
def test_a_data_folder_of_another_major_version(fresh: Path, major: str) -> None:
    (fresh / "postgres").mkdir(parents=True)
    (fresh / "postgres" / "PG_VERSION").write_text(f"{major}\n")
    advice = "Install postgresql-99 and" if major == "99" else "too old: make a dump with PostgreSQL 14"
    with pytest.raises(ClusterError, match=f"made by PostgreSQL {major}.*{advice}"):
        ensure_cluster(fresh)
    assert [file.name for file in (fresh / "postgres").iterdir()] == ["PG_VERSION"]


def test_a_folder_that_is_something_else(fresh: Path) -> None:
    (fresh / "postgres").mkdir(parents=True)
    (fresh / "postgres" / "thesis.docx").write_text("years of work")
    with pytest.raises(ClusterError, match="is not a PostgreSQL data folder and not empty"):
        ensure_cluster(fresh)
    (fresh / "postgres" / "thesis.docx").unlink()
    assert ask(ensure_cluster(fresh), "SELECT 1") == 1


def test_no_postgres_on_this_machine(fresh: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("geo.store.cluster.binaries._FOLDERS", ())
    monkeypatch.setenv("PATH", str(fresh))
    with pytest.raises(ClusterError, match="apt-get install postgresql"):
        ensure_cluster(fresh)


def test_a_server_unseen_from_here_is_not_doubled(fresh: Path) -> None:
    """Two containers on one volume: neither sees the other's processes, but both see the lock."""
    ensure_cluster(fresh)
    stop_cluster(fresh)
    with find_place(fresh).life.open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(ClusterError, match="cannot be seen from here"):
            ensure_cluster(fresh)
    assert ask(ensure_cluster(fresh), "SELECT 1") == 1


def test_a_server_that_cannot_start_says_why(shared: Path) -> None:
    stop_cluster(shared)
    home = find_place(shared)
    conf = home.pgdata / "postgresql.conf"
    good = conf.read_text()
    home.owner.write(conf, good + "\nno_such_setting = 1\n")
    try:
        with pytest.raises(ClusterError, match="no_such_setting"):
            ensure_cluster(shared)
    finally:
        home.owner.write(conf, good)
    assert ask(ensure_cluster(shared), "SELECT 1") == 1


def test_a_minor_upgrade_restarts_the_server(shared: Path, upgraded: list[Installation]) -> None:
    true = Installation(choose_installation(None).version, upgraded[0].postgis, upgraded[0].folder)
    newer, upgraded[0] = upgraded[0], true
    address = ensure_cluster(shared)
    before = server_pid(shared)
    assert ensure_cluster(shared) == address
    assert server_pid(shared) == before
    upgraded[0] = newer
    assert ensure_cluster(shared) == address
    assert server_pid(shared) != before
