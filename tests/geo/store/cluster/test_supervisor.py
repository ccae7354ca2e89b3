"""The supervisor brings the server back and restarts an upgraded one."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from geo.store.cluster import (
    ClusterAddress,
    ClusterError,
    ensure_cluster,
    lifecycle,
    postmaster,
    supervise,
)
from geo.store.cluster.binaries import Installation
from geo.store.cluster.place import find_place
from tests.geo.store.cluster.conftest import answers, endless_query, kill_and_see_gone, server_pid, wait_for


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
