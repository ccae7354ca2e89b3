"""The embedded cluster against everything that was ever seen to break one, on real servers."""

from __future__ import annotations

import fcntl
import os
import pwd
import random
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import psycopg2
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import make_url

from geo.store.cluster import (
    ClusterAddress,
    ClusterError,
    cluster_status,
    ensure_cluster,
    lifecycle,
    place,
    postmaster,
    stop_cluster,
    supervise,
)
from geo.store.cluster.binaries import Installation, choose_installation
from geo.store.cluster.place import Place, find_place
from geo.store.cluster.processes import belongs, family

AS_ROOT = os.geteuid() == 0
root_only = pytest.mark.skipif(not AS_ROOT, reason="only root can act for another user")
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


def plain_server(data: Path) -> subprocess.Popen[bytes]:
    """Start the server the obvious way: as a child, with nothing looked at before."""
    home = find_place(data)
    program = choose_installation(None).tool("postgres")
    return subprocess.Popen(
        [program, "-D", home.pgdata, "-k", home.socket_folders[0], "-c", "logging_collector=off"],
        user=home.owner.uid,
        group=home.owner.gid,
        extra_groups=[],
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
        yield pid
        thread.join(30)
        assert not thread.is_alive()


def run_and_swallow(connection: psycopg2.extensions.connection) -> None:
    with suppress(psycopg2.Error), connection.cursor() as cursor:
        cursor.execute(ENDLESS)


# -- what it is ---------------------------------------------------------------------------------------------


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
    assert {Path(f"/proc/{pid}").stat().st_uid for pid in processes} == {owner.uid}


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


# -- kill -9 ------------------------------------------------------------------------------------------------


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
    stranger = subprocess.Popen(["sleep", "60"], user=home.owner.uid, group=home.owner.gid, extra_groups=[])
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


CALL = "import sys, pathlib, geo.store.cluster as c; print(c.ensure_cluster(pathlib.Path(sys.argv[1])).host)"


def caller(data: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", CALL, str(data)],
        cwd=Path(__file__).parents[3],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


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


# -- root and others ----------------------------------------------------------------------------------------


@contextmanager
def acting_as(uid: int, gid: int, work: Callable[[], str]) -> Iterator[str]:
    """What `work` returns in a child process of another user (everything is loaded, nothing is read)."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.setgroups([])
            os.setgid(gid)
            os.setuid(uid)
            os.write(writing, work().encode())
        except BaseException as error:  # the child must not go on as a second pytest
            os.write(writing, repr(error).encode())
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        said = pipe.read()
    os.waitpid(child, 0)
    yield said


@root_only
def test_root_and_the_service_user_share_one_server(fresh: Path) -> None:
    address = ensure_cluster(fresh)
    owner = find_place(fresh).owner
    pid = server_pid(fresh)
    with acting_as(owner.uid, owner.gid, lambda: str(ensure_cluster(fresh).host)) as host:
        assert host == str(address.host)
    assert server_pid(fresh) == pid
    kill_and_see_gone(pid, fresh)
    with acting_as(owner.uid, owner.gid, lambda: str(ensure_cluster(fresh).host)) as host:
        assert host == str(address.host)
    assert ensure_cluster(fresh) == address
    assert ask(address, "SELECT 1") == 1


@root_only
def test_an_unprivileged_user_alone(shelf: Path) -> None:
    other = pwd.getpwnam("nobody")
    home = shelf / "home of nobody"
    home.mkdir(mode=0o700)
    os.chown(home, other.pw_uid, other.pw_gid)
    data = home / "data"
    try:
        with acting_as(other.pw_uid, other.pw_gid, lambda: str(ensure_cluster(data).host)) as host:
            assert host.startswith(f"/tmp/wangge-{other.pw_uid}-")
        address = ensure_cluster(data)  # root joins it, and acts for its owner
        assert str(address.host) == host
        assert find_place(data).owner.uid == other.pw_uid
    finally:
        clear(data)


@root_only
def test_a_folder_that_the_service_user_cannot_reach(shelf: Path) -> None:
    closed = shelf / "closed"
    closed.mkdir(mode=0o700)
    with pytest.raises(ClusterError, match=rf"cannot be reached by user 'wangge'.*{closed} is closed to it"):
        ensure_cluster(closed / "deep" / "data")


@root_only
def test_a_folder_of_somebody_else(shared: Path) -> None:
    other = pwd.getpwnam("nobody")
    shared.chmod(0o750)
    with acting_as(other.pw_uid, other.pw_gid, lambda: str(ensure_cluster(shared))) as said:
        assert "ClusterError" in said
        assert "belongs to user number" in said


@root_only
def test_no_service_user(fresh: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody_there(name: str) -> object:
        raise KeyError(name)

    monkeypatch.setattr(pwd, "getpwnam", nobody_there)
    with pytest.raises(ClusterError, match="useradd"):
        ensure_cluster(fresh)


def test_a_socket_folder_of_somebody_else_is_never_used(fresh: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(place, "_RUN", Path("/nowhere/at/all"))
    home = find_place(fresh)
    trap = home.socket_folders[1]
    trap.symlink_to(fresh.parent)
    try:
        with pytest.raises(ClusterError, match=f"{trap} belongs to somebody else"):
            ensure_cluster(fresh)
    finally:
        trap.unlink()
    address = ensure_cluster(fresh)
    assert address.host == trap
    address.host.chmod(0o777)  # closed again at the next start
    kill_and_see_gone(server_pid(fresh), fresh)
    assert ensure_cluster(fresh) == address
    assert stat.S_IMODE(trap.lstat().st_mode) == 0o700


def test_a_restarted_server_keeps_its_address(fresh: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(place, "_RUN", Path("/nowhere/at/all"))
        address = ensure_cluster(fresh)
    kill_and_see_gone(server_pid(fresh), fresh)
    assert ensure_cluster(fresh) == address, "the pools of a running service would look in vain"


# -- versions and foreign folders ---------------------------------------------------------------------------


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


# -- the supervisor -----------------------------------------------------------------------------------------


@contextmanager
def supervised(data: Path, compare_s: float = 30.0) -> Iterator[None]:
    stop = threading.Event()
    thread = threading.Thread(target=supervise, args=(data, stop), kwargs={"compare_s": compare_s})
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(60)
        assert not thread.is_alive()


def answers(address: ClusterAddress) -> bool:
    try:
        return ask(address, "SELECT 1") == 1
    except psycopg2.Error:
        return False


@pytest.mark.slow
def test_the_supervisor_brings_the_server_back(shared: Path) -> None:
    address = ensure_cluster(shared)
    with supervised(shared):
        for _ in range(3):
            with endless_query(address):
                kill_and_see_gone(server_pid(shared), shared)
                wait_for(lambda: answers(address), 15)


@pytest.mark.slow
def test_the_supervisor_restarts_an_upgraded_server_once(
    shared: Path, upgraded: list[Installation], monkeypatch: pytest.MonkeyPatch
) -> None:
    ensure_cluster(shared)
    before = server_pid(shared)
    calls = []
    real = lifecycle.ensure_cluster
    monkeypatch.setattr(lifecycle, "ensure_cluster", lambda data: calls.append(data) or real(data))
    with supervised(shared, compare_s=0.1):
        wait_for(lambda: calls and not is_same_server(shared, before), 30)
        time.sleep(3.5)  # three more looks
    assert len(calls) == 1


def is_same_server(data: Path, pid: int) -> bool:
    running = postmaster.living(find_place(data))
    return running is None or running.pid == pid


@pytest.mark.slow
def test_the_supervisor_survives_what_it_cannot_mend(
    shared: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    address = ensure_cluster(shared)
    real = lifecycle.ensure_cluster
    failures = iter([ClusterError("no luck"), OSError("no disk")])

    def sometimes(data: Path) -> ClusterAddress:
        for failure in failures:
            raise failure
        return real(data)

    monkeypatch.setattr(lifecycle, "ensure_cluster", sometimes)
    with supervised(shared):
        kill_and_see_gone(server_pid(shared), shared)
        wait_for(lambda: answers(address), 15)
    assert "no luck" in caplog.text
    assert "no disk" in caplog.text


def test_a_place_knows_its_files(tmp_path: Path) -> None:
    home = Place(tmp_path, find_place(tmp_path).owner)
    names = {path.name for path in (home.pgdata, home.new, home.gate, home.life)}
    assert names == {"postgres", "postgres.init", "postgres.lock", "postgres.live"}
    assert home.start_log.parent == home.pgdata
