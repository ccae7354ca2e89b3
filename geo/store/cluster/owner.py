"""The operating-system user that the server runs as: PostgreSQL refuses to run as root."""

from __future__ import annotations

import os
import pwd
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from geo.store.cluster.errors import ClusterError

SERVICE_USER = "wangge"

# Variables that the server's tools need. PGDATA, PGPORT, PGOPTIONS … of the caller must not reach them.
_KEPT = ("PATH", "TZ", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")


@dataclass(frozen=True)
class Owner:
    """The user who owns the data folder and all server processes."""

    uid: int
    gid: int
    name: str

    @property
    def is_another(self) -> bool:
        """Whether the caller has to change its user to act for the owner."""
        return os.geteuid() != self.uid

    def run(
        self,
        arguments: Sequence[str | Path],
        *,
        text: str = "",
        keep: Sequence[int] = (),
        detach: bool = False,
    ) -> subprocess.CompletedProcess[str]:
        """Run a command as the owner, with `text` on its input and the descriptors `keep` left open.

        With `detach` the command gets a session of its own, so that a Ctrl-C at the caller's terminal does
        not reach it, and its output goes nowhere.
        """
        sink = subprocess.DEVNULL if detach else subprocess.PIPE
        environment = {name: os.environ[name] for name in _KEPT if name in os.environ}
        return subprocess.run(
            [str(argument) for argument in arguments],
            input=text,
            stdout=sink,
            stderr=sink,
            text=True,
            check=False,
            cwd="/",  # the caller's folder may be closed to the owner
            env={"PATH": os.defpath, **environment, "LC_ALL": "C"},
            umask=0o077,
            pass_fds=tuple(keep),
            start_new_session=detach,
            user=self.uid if self.is_another else None,
            group=self.gid if self.is_another else None,
            extra_groups=[] if self.is_another else None,
        )

    def write(self, path: Path, text: str) -> None:
        """Replace the file at `path` in one step, acting as the owner."""
        script = 'cat >"$1.new" && mv -f "$1.new" "$1"'
        done = self.run(["/bin/sh", "-c", script, "sh", path], text=text)
        if done.returncode:
            raise ClusterError(f"Cannot write {path}: {done.stderr.strip()}")

    def closed_folder(self, path: Path) -> Path | None:
        """Return the first folder on the way to `path` that the owner cannot enter, or None."""
        script = 'for folder; do [ -x "$folder" ] || { printf %s "$folder"; exit; }; done'
        way = [folder for folder in (*reversed(path.parents), path) if os.path.exists(folder)]
        found = self.run(["/bin/sh", "-c", script, "sh", *way]).stdout
        return Path(found) if found else None


def owner_of(pgdata: Path) -> Owner:
    """Return who runs the server of a data folder: its present owner, or the caller; for root `wangge`.

    Raises ClusterError when root calls and the service user does not exist.
    """
    if os.geteuid() != 0:
        return _account(os.geteuid())
    if pgdata.exists() and pgdata.stat().st_uid != 0:
        return _account(pgdata.stat().st_uid)
    try:
        entry = pwd.getpwnam(SERVICE_USER)
    except KeyError:
        raise ClusterError(
            f"PostgreSQL does not run as root and there is no user '{SERVICE_USER}'. Start with ./run, which "
            f"makes it, or: useradd --system --user-group --home-dir /var/lib/wangge {SERVICE_USER}"
        ) from None
    return Owner(entry.pw_uid, entry.pw_gid, entry.pw_name)


def _account(uid: int) -> Owner:
    try:
        entry = pwd.getpwuid(uid)
    except KeyError:  # a container started with a bare uid
        return Owner(uid, os.getegid(), str(uid))
    return Owner(uid, entry.pw_gid, entry.pw_name)
