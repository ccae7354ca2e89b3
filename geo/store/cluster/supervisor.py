"""Keeps the server of a data folder up while the service runs."""

from __future__ import annotations

import logging
import time
from pathlib import Path
from typing import Protocol

import psycopg2

from geo.errors import WanggeError
from geo.store.cluster import creation, lifecycle, postmaster
from geo.store.cluster.binaries import choose_installation
from geo.store.cluster.place import Place, find_place

_log = logging.getLogger(__name__)
_LOOK_S = 1.0
_COMPARE_S = 30.0
_LONGEST_PAUSE_S = 8.0


class StopEvent(Protocol):
    """What threading.Event and multiprocessing.Event share."""

    def wait(self, timeout: float | None = None) -> bool:
        """Wait so many seconds; True when the event is set."""
        ...


def supervise(data: Path, stop: StopEvent, *, compare_s: float = _COMPARE_S) -> None:
    """Until `stop` is set: bring a dead server back within seconds, restart an upgraded one.

    To be run as a thread of the service. Looks once a second whether the server lives, and every
    `compare_s` seconds whether the installed version is still the running one. Never raises: what fails is
    logged and tried again, with pauses up to eight seconds.
    """
    pause, compared = _LOOK_S, time.monotonic()
    settled: int | None = None
    while not stop.wait(pause):
        try:
            place = find_place(data)
            if postmaster.living(place) is None:
                _log.warning("the database is down; starting it again")
                lifecycle.ensure_cluster(data)
            elif time.monotonic() - compared >= compare_s:
                settled, compared = _restart_if_upgraded(place, settled), time.monotonic()
            pause = _LOOK_S
        except (WanggeError, OSError, psycopg2.Error) as error:
            pause = min(pause * 2, _LONGEST_PAUSE_S)
            _log.error("the database could not be brought back, next try in %.0f s: %s", pause, error)


def _restart_if_upgraded(place: Place, settled: int | None) -> int:
    """Restart the server once for every newly installed version; returns the version that is dealt with."""
    installed = choose_installation(creation.data_major(place)).number
    if installed != settled:
        lifecycle.ensure_cluster(place.data)
    return installed
