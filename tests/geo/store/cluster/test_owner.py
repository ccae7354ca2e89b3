"""Root, the service user and others at one data folder."""

from __future__ import annotations

import os
import pwd
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from geo.store.cluster import (
    ClusterError,
    ensure_cluster,
    place,
)
from geo.store.cluster.place import find_place
from tests.geo.store.cluster.conftest import ask, clear, kill_and_see_gone, server_pid

root_only = pytest.mark.skipif(os.geteuid() != 0, reason="only root can act for another user")


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
