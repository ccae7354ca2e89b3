"""Making the data folder of the server (initdb), and its settings."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from geo.store.cluster.binaries import Installation
from geo.store.cluster.errors import ClusterError
from geo.store.cluster.place import SUPERUSER, Place

_MB = 2**20
_HBA = """\
# Written by wangge. Only the owner of this folder and root can enter the folder of the socket (0700), and
# there is no TCP port: whoever gets this far is that user. docs/decisions/embedded-cluster.md
local all         all trust
local replication all trust
"""


def data_major(place: Place) -> int | None:
    """Return the major version that made the data folder, None when there is none yet.

    Raises ClusterError when the folder holds something else.
    """
    try:
        return int((place.pgdata / "PG_VERSION").read_text().split(".")[0])
    except FileNotFoundError:
        if place.pgdata.is_dir() and any(place.pgdata.iterdir()):
            raise ClusterError(
                f"{place.pgdata} is not a PostgreSQL data folder and not empty. Move it aside, or choose "
                "another folder with WANGGE_DATA."
            ) from None
        return None
    except ValueError:
        raise ClusterError(
            f"{place.pgdata}/PG_VERSION is damaged. Move {place.pgdata} aside and load a backup."
        ) from None


def create(place: Place, installation: Installation, gate: int) -> None:
    """Run initdb beside the final folder and rename it when complete: it is there whole, or not at all.

    The descriptor `gate` goes to initdb too: when the caller is killed, the next one waits until the
    forgotten initdb has ended, instead of working on the same files.
    """
    shutil.rmtree(place.new, ignore_errors=True)  # what a killed caller left behind
    place.new.mkdir(mode=0o700)
    if place.owner.is_another:
        os.chown(place.new, place.owner.uid, place.owner.gid)
    command: list[str | Path] = [
        installation.tool("initdb"),
        "-D",
        place.new,
        "-U",
        SUPERUSER,
        "-E",
        "UTF8",
        "--locale=C",
    ]
    done = place.owner.run([*command, "--auth=trust", "--data-checksums"], keep=[gate])
    if done.returncode:
        raise ClusterError(
            f"The database could not be made in {place.new}: {(done.stderr or done.stdout).strip()[-600:]}"
        )
    place.owner.write(place.new / "pg_hba.conf", _HBA)
    defaults = (place.new / "postgresql.conf").read_text()
    place.owner.write(place.new / "postgresql.conf", f"{defaults}\ninclude = 'wangge.conf'\n")
    place.owner.write(place.new / "wangge.conf", settings_text())
    place.new.rename(place.pgdata)
    _sync(place.data)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def settings_text() -> str:
    """Return the server settings; rewritten at every start. ALTER SYSTEM overrides each of them.

    Memory goes by the machine: an eighth for shared buffers, between 64 and 512 MB, which holds a district.
    """
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    shared = min(max(memory // 8 // _MB, 64), 512)
    cached = max(memory // 2 // _MB, 256)
    return f"""\
# Written by wangge at every start; change settings with ALTER SYSTEM, which wins over this file.
listen_addresses = ''
unix_socket_permissions = 0700
max_connections = 60
shared_buffers = {shared}MB
effective_cache_size = {cached}MB
work_mem = 16MB
maintenance_work_mem = 128MB
random_page_cost = 1.1
jit = off                              # costs more than it saves on queries of milliseconds
fsync = on
timezone = 'UTC'
client_connection_check_interval = 1s  # the locks of a dead client go in a second, not in a minute and a half
cluster_name = 'wangge'

# Logs hold no data of persons: neither statements, nor their parameters, nor the row that an error is about.
logging_collector = on
log_directory = 'log'
log_filename = 'postgresql-%a.log'     # a week of files, each overwritten after seven days
log_rotation_age = 1d
log_rotation_size = 0
log_truncate_on_rotation = on
log_timezone = 'UTC'
log_statement = none
log_min_duration_statement = -1
log_min_error_statement = panic
log_error_verbosity = terse
log_parameter_max_length = 0
log_parameter_max_length_on_error = 0
"""
