"""Starting, probing and stopping the server of one data folder. The caller holds the gate."""

from __future__ import annotations

import os
import signal
import time
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

import psycopg2

from geo.store.cluster.binaries import Installation
from geo.store.cluster.creation import settings_text
from geo.store.cluster.errors import ClusterError
from geo.store.cluster.locks import is_held, try_lock
from geo.store.cluster.place import DATABASE, PORT, ClusterAddress, Place, socket_folder
from geo.store.cluster.processes import belongs, end_all, family

_START_S = 120.0  # a long crash recovery
_FAST_STOP_S = 30.0
_PAUSE_S = 0.02
# What a server says that will answer soon, or that is on its way out; its messages are English (locale C).
_PASSING = (
    "starting up",
    "shutting down",
    "recovery",
    "No such file",
    "refused",
    "timeout",
    "closed the connection",
)
_FULL = ("too many clients", "remaining connection slots")


@dataclass(frozen=True)
class Postmaster:
    """What `postmaster.pid` says; `folder` is None until the server has made its socket."""

    pid: int
    folder: Path | None


@dataclass(frozen=True)
class Answer:
    """What a server that accepts connections says; None is unknown, because all connections are in use."""

    version: int | None
    has_database: bool | None


class _EndedAtOnce(Exception):
    """The server ended before it answered."""


def recorded(place: Place) -> Postmaster | None:
    """Return what `postmaster.pid` says, whether true or not."""
    try:
        lines = (place.pgdata / "postmaster.pid").read_text().splitlines()
        return Postmaster(int(lines[0]), Path(lines[4]) if len(lines) > 4 and lines[4] else None)
    except (FileNotFoundError, NotADirectoryError, ValueError, IndexError):
        return None


def living(place: Place) -> Postmaster | None:
    """Return the server of this data folder when it truly runs."""
    postmaster = recorded(place)
    return postmaster if postmaster and belongs(postmaster.pid, place.pgdata) else None


def probe(address: ClusterAddress, *, create: bool = False) -> Answer | None:
    """Ask the server for its version and its database; None while it does not accept connections.

    With `create` the database is made when missing. Raises ClusterError when the server refuses for good.
    """
    try:
        connection = psycopg2.connect(
            host=str(address.host), port=address.port, user=address.superuser, dbname="postgres",
            connect_timeout=3, sslmode="disable", gssencmode="disable",
        )  # fmt: skip
    except psycopg2.OperationalError as error:
        if any(words in str(error) for words in _FULL):
            return Answer(None, None)
        if any(words in str(error) for words in _PASSING):
            return None
        raise ClusterError(f"The database refuses its own service: {error}") from error
    with closing(connection):
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", (DATABASE,))
            there = cursor.fetchone() is not None
            if create and not there:
                cursor.execute("CREATE DATABASE wangge")
        return Answer(connection.server_version, there or create)


def start(place: Place, installation: Installation) -> ClusterAddress:
    """Start the server and wait until it accepts connections; raises ClusterError with the server's words."""
    for _attempt in range(2):
        _launch(place, installation)
        with suppress(_EndedAtOnce):
            return wait(place)
    raise ClusterError(f"The database does not start: {_last_words(place)}")


def _launch(place: Place, installation: Installation) -> None:
    end_all(place.pgdata)
    life = _claim(place)
    try:
        before = recorded(place)
        folder = socket_folder(place, before.folder if before else None)
        _remove_stale(place, folder)
        place.owner.write(place.pgdata / "wangge.conf", settings_text())
        # The shell ends at once, so that the server is nobody's child here: a killed server leaves no zombie
        # in a service that runs for months. The server inherits `life`: held until its last process ends.
        place.owner.run(
            ["/bin/sh", "-c", '"$@" </dev/null >"$0" 2>&1 &', place.start_log, installation.tool("postgres"),
             "-D", place.pgdata, "-k", folder, "-p", str(PORT), "-c", "listen_addresses="],
            keep=[life],
            detach=True,
        )  # fmt: skip
    finally:
        os.close(life)


def _claim(place: Place) -> int:
    """Take the lock that server processes hold; refuse when one lives that cannot be seen from here."""
    deadline = time.monotonic() + 2
    while (life := try_lock(place.life, place.owner)) is None:
        if time.monotonic() > deadline:
            raise ClusterError(
                f"The data folder {place.data} is in use by a server that cannot be seen from here, perhaps "
                "in another container. Stop that one first."
            )
        time.sleep(_PAUSE_S)
    return life


def _remove_stale(place: Place, folder: Path) -> None:
    """Remove the lock files of a server known to be dead.

    PostgreSQL itself only looks whether the number in them is in use: by a zombie, or by any new process.
    """
    for path in (
        place.pgdata / "postmaster.pid",
        folder / f".s.PGSQL.{PORT}",
        folder / f".s.PGSQL.{PORT}.lock",
    ):
        path.unlink(missing_ok=True)


def wait(place: Place) -> ClusterAddress:
    """Wait until the server accepts connections, and make the database when missing."""
    deadline = time.monotonic() + _START_S
    while time.monotonic() < deadline:
        postmaster = living(place)
        if postmaster and postmaster.folder:
            address = place.address_in(postmaster.folder)
            if probe(address, create=True):
                return address
        elif not postmaster and not is_held(place.life):
            raise _EndedAtOnce
        time.sleep(_PAUSE_S)
    raise ClusterError(f"The database does not answer for {_START_S:.0f} s: {_last_words(place)}")


def _last_words(place: Place) -> str:
    try:
        said = place.start_log.read_text(errors="replace").strip()
    except OSError:
        said = ""
    return f"{said[-500:] or 'it said nothing'} (logs: {place.pgdata / 'log'})"


def stop(place: Place) -> None:
    """End the server: asking first (open transactions are rolled back), then with force; data is safe."""
    for how, patience in ((signal.SIGINT, _FAST_STOP_S), (signal.SIGQUIT, 5.0)):
        postmaster = living(place)
        if postmaster is None:
            break
        with suppress(ProcessLookupError):
            os.kill(postmaster.pid, how)
        deadline = time.monotonic() + patience
        while family(place.pgdata) and time.monotonic() < deadline:
            time.sleep(_PAUSE_S)
    end_all(place.pgdata)
