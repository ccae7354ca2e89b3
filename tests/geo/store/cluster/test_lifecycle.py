"""What an embedded cluster is: private, set up for Chinese, started and stopped at will."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from pathlib import Path

import psycopg2
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import make_url

from geo.store.cluster import (
    ClusterAddress,
    cluster_status,
    ensure_cluster,
    stop_cluster,
)
from geo.store.cluster.binaries import choose_installation
from geo.store.cluster.place import Place, find_place
from geo.store.cluster.processes import family
from tests.geo.store.cluster.conftest import ask, clear, connected, endless_query, server_pid, wait_for


def test_a_new_cluster_is_private_and_set_up_for_chinese(shared: Path) -> None:
    address = ensure_cluster(shared)
    for setting, value in {
        "listen_addresses": "",
        "unix_socket_permissions": "0700",
        "server_encoding": "UTF8",
        "lc_collate": "C",
        "fsync": "on",
        "data_checksums": "on",
        "jit": "off",
        "TimeZone": "UTC",
        "max_connections": "60",
        "client_connection_check_interval": "1s",
        "logging_collector": "on",
    }.items():
        assert ask(address, f"SHOW {setting}") == value, setting
    sorted_names = ask(
        address,
        """SELECT string_agg(name, '' ORDER BY name COLLATE "zh-Hans-x-icu") FROM (VALUES ('重'), ('安'), ('北')) t(name)""",
    )
    assert sorted_names == "安北重"
    assert ask(address, "SELECT count(*) FROM pg_available_extensions WHERE name = 'postgis'") == 1
    names = "SELECT string_agg(datname, ' ' ORDER BY datname) FROM pg_database WHERE NOT datistemplate"
    assert ask(address, names) == "postgres wangge"


def test_the_socket_is_the_owners_alone(shared: Path) -> None:
    address = ensure_cluster(shared)
    owner = find_place(shared).owner
    assert owner.uid != 0
    folder = address.host.lstat()
    assert (folder.st_uid, stat.S_IMODE(folder.st_mode)) == (owner.uid, 0o700)
    assert len(os.fsencode(address.host / ".s.PGSQL.5432.lock")) <= 107
    processes = family(shared / "postgres")
    assert len(processes) > 3
    users = set()
    for pid in processes:
        with suppress(FileNotFoundError):  # workers come and go
            users.add(Path(f"/proc/{pid}").stat().st_uid)
    assert users == {owner.uid}


def test_a_very_long_data_path(shelf: Path) -> None:
    data = shelf.joinpath(*["网格数据" * 5] * 6)
    try:
        address = ensure_cluster(data)
        assert len(os.fsencode(data)) > 350
        assert ask(address, "SELECT 1") == 1
    finally:
        clear(data)


def test_stop_and_status(fresh: Path) -> None:
    assert cluster_status(fresh).running is False
    stop_cluster(fresh)
    assert not fresh.exists()
    address = ensure_cluster(fresh)
    up = cluster_status(fresh)
    assert (up.running, up.address, up.pid) == (True, address, server_pid(fresh))
    assert up.server_version == choose_installation(None).number
    stop_cluster(fresh)
    stop_cluster(fresh)
    assert not family(fresh / "postgres")
    down = cluster_status(fresh)
    assert (down.running, down.address) == (False, None)
    assert down.data_version == choose_installation(None).major


def test_stop_ends_a_server_in_the_midst_of_a_query(shared: Path) -> None:
    with endless_query(ensure_cluster(shared)):
        stop_cluster(shared)
    assert not family(shared / "postgres")


def test_logs_hold_no_data_of_persons(shared: Path) -> None:
    address = ensure_cluster(shared)
    with connected(address) as connection, connection.cursor() as cursor:
        cursor.execute("CREATE TABLE IF NOT EXISTS contact (phone text PRIMARY KEY)")
        cursor.execute("INSERT INTO contact VALUES ('13900001111') ON CONFLICT DO NOTHING")
        with pytest.raises(psycopg2.errors.UniqueViolation):
            cursor.execute("INSERT INTO contact VALUES (%s)", ("13900001111",))
    logs = shared / "postgres" / "log"
    wait_for(lambda: any("contact_pkey" in file.read_text() for file in logs.iterdir()))
    assert not any("13900001111" in file.read_text() for file in logs.iterdir())


@given(st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=30))
def test_the_url_carries_any_role_name(role: str) -> None:
    read = make_url(ClusterAddress(Path("/run/wangge/0af3")).url(role))
    assert (read.username, read.database) == (role, "wangge")
    assert dict(read.query) == {"host": "/run/wangge/0af3", "port": "5432"}


def test_a_place_knows_its_files(tmp_path: Path) -> None:
    home = Place(tmp_path, find_place(tmp_path).owner)
    names = {path.name for path in (home.pgdata, home.new, home.gate, home.life)}
    assert names == {"postgres", "postgres.init", "postgres.lock", "postgres.live"}
    assert home.start_log.parent == home.pgdata
