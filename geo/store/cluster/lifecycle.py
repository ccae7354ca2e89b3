"""The calls that others make: ensure, stop, status. Each may come at any time from any process."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from geo.store.cluster import creation, postmaster
from geo.store.cluster.binaries import Installation, choose_installation
from geo.store.cluster.locks import locked
from geo.store.cluster.place import ClusterAddress, Place, find_place, prepare_place


@dataclass(frozen=True)
class ClusterStatus:
    """What is known of a cluster without touching it; None is unknown or not there."""

    running: bool
    pid: int | None
    address: ClusterAddress | None
    server_version: int | None
    data_version: int | None


def ensure_cluster(data: Path) -> ClusterAddress:
    """Make and start the PostGIS server of a data folder if need be, and return its address.

    A server older or newer than the installed programs (a package upgrade under a running server, after
    which new sessions break) is restarted. Raises ClusterError with a sentence that says what to do.
    """
    place = find_place(data)
    installation = choose_installation(creation.data_major(place))
    if address := _serving(place, installation):
        return address
    prepare_place(place)
    with locked(place.gate, place.owner) as gate:
        # Somebody else may have made or started it while we waited.
        installation = choose_installation(creation.data_major(place))
        if creation.data_major(place) is None:
            if place.pgdata.exists():
                place.pgdata.rmdir()
            creation.create(place, installation, gate)
        return _start_or_restart(place, installation)


def _serving(place: Place, installation: Installation) -> ClusterAddress | None:
    """Return the address of a server that is up, complete and of the installed version."""
    running = postmaster.living(place)
    if running is None or running.folder is None:
        return None
    address = place.address_in(running.folder)
    answer = postmaster.probe(address)
    if answer is None or answer.has_database is False:
        return None
    return address if answer.version in (None, installation.number) else None


def _start_or_restart(place: Place, installation: Installation) -> ClusterAddress:
    if postmaster.living(place):
        address = postmaster.wait(place)
        if _serving(place, installation):
            return address
        postmaster.stop(place)
    return postmaster.start(place, installation)


def stop_cluster(data: Path) -> None:
    """End the server of a data folder and everything that belongs to it; nothing happens when none runs."""
    place = find_place(data)
    if not place.data.is_dir():
        return
    with locked(place.gate, place.owner):
        postmaster.stop(place)


def cluster_status(data: Path) -> ClusterStatus:
    """Return the state of the cluster of a data folder, starting and changing nothing."""
    place = find_place(data)
    major = creation.data_major(place)
    running = postmaster.living(place)
    if running is None or running.folder is None:
        return ClusterStatus(False, running.pid if running else None, None, None, major)
    address = place.address_in(running.folder)
    answer = postmaster.probe(address)
    return ClusterStatus(answer is not None, running.pid, address, answer.version if answer else None, major)
