"""Which server processes belong to a data folder.

A number in `postmaster.pid` proves nothing: the process may be a zombie, or the number may be somebody
else's by now. What proves it is the working folder: every PostgreSQL process changes into its data folder.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path

from geo.store.cluster.errors import ClusterError

_PROC = Path("/proc")
_KILL_WAIT_S = 15.0


def belongs(pid: int, pgdata: Path) -> bool:
    """Whether process `pid` is a living server process of the data folder."""
    if not (_PROC / "self").exists():
        return pid in _listed_by_lsof(pgdata)
    try:
        is_server = (_PROC / str(pid) / "comm").read_text().startswith("postgres")
        return is_server and os.path.samestat((_PROC / str(pid) / "cwd").stat(), pgdata.stat())
    except OSError:  # gone, a zombie, or not ours to look at
        return False


def family(pgdata: Path) -> list[int]:
    """Return every living server process of the data folder: postmaster, backends, orphans."""
    if not (_PROC / "self").exists():
        return _listed_by_lsof(pgdata)
    return [
        int(entry.name)
        for entry in _PROC.iterdir()
        if entry.name.isdigit() and belongs(int(entry.name), pgdata)
    ]


def _listed_by_lsof(pgdata: Path) -> list[int]:
    """Systems without /proc (macOS)."""
    answer = subprocess.run(
        ["lsof", "-a", "-c", "postgres", "-d", "cwd", "-Fpn"], capture_output=True, text=True, check=False
    )
    found, pid = [], 0
    for line in answer.stdout.splitlines():
        if line.startswith("p"):
            pid = int(line[1:])
        elif line == f"n{pgdata}":
            found.append(pid)
    return found


def end_all(pgdata: Path) -> None:
    """Kill what an ended postmaster left behind, and wait until it is gone.

    A backend in the midst of a query does not notice that its postmaster died; as long as it lives no new
    server may start ("pre-existing shared memory block is still in use"). Killing is safe: nobody else can
    join that shared memory, and the write-ahead log brings the data back.
    """
    deadline = time.monotonic() + _KILL_WAIT_S
    while left := family(pgdata):
        if time.monotonic() > deadline:
            raise ClusterError(
                f"Old server processes do not end: {left}. Restart the machine, or look for a hung disk."
            )
        for pid in left:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.02)
