"""Where everything of one cluster lies: data, locks and the short run-time folder of its socket."""

from __future__ import annotations

import hashlib
import os
import stat
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from geo.store.cluster.errors import ClusterError
from geo.store.cluster.owner import SERVICE_USER, Owner, owner_of

DATABASE = "wangge"
SUPERUSER = "postgres"
PORT = 5432  # only a part of the socket's name: every cluster has a folder of its own
_RUN = Path("/run/wangge")
# The name must not depend on TMPDIR or XDG_RUNTIME_DIR: root, a login shell and a system service have to
# find the same socket, and /run/user/UID vanishes when the user logs out.
_SHARED = Path("/tmp")  # noqa: S108  (owner and mode of the folder made in it are checked at every start)


@dataclass(frozen=True)
class ClusterAddress:
    """How to reach a running cluster. `host` is the folder of the unix socket; there is no TCP port."""

    host: Path
    port: int = PORT
    dbname: str = DATABASE
    superuser: str = SUPERUSER

    def url(self, user: str, dbname: str | None = None) -> str:
        """Return the SQLAlchemy URL for a database role, on psycopg2.

        >>> ClusterAddress(Path("/run/wangge/0af3")).url("wangge_app")
        'postgresql+psycopg2://wangge_app@/wangge?host=/run/wangge/0af3&port=5432'
        """
        role, name = quote(user, safe=""), quote(dbname or self.dbname, safe="")
        return f"postgresql+psycopg2://{role}@/{name}?host={quote(str(self.host))}&port={self.port}"


@dataclass(frozen=True)
class Place:
    """The files of the cluster in one data folder."""

    data: Path
    owner: Owner

    @property
    def pgdata(self) -> Path:
        """PostgreSQL's own folder. It only ever exists complete: see `new`."""
        return self.data / "postgres"

    @property
    def new(self) -> Path:
        """Where initdb works; renamed to `pgdata` when it is done."""
        return self.data / "postgres.init"

    @property
    def gate(self) -> Path:
        """Lock file: held while a caller makes, starts or stops the server."""
        return self.data / "postgres.lock"

    @property
    def life(self) -> Path:
        """Lock file: held by every server process as long as it lives."""
        return self.data / "postgres.live"

    @property
    def start_log(self) -> Path:
        """What the server said before its own log began."""
        return self.pgdata / "start.log"

    @property
    def key(self) -> str:
        """A short name for this data folder, whatever the length of its path."""
        return hashlib.sha256(os.fsencode(self.data)).hexdigest()[:12]

    @property
    def socket_folders(self) -> tuple[Path, Path]:
        """The two folders that may hold the socket, the better one first; both far below 107 bytes."""
        return _RUN / self.key, _SHARED / f"wangge-{self.owner.uid}-{self.key}"

    def address_in(self, folder: Path) -> ClusterAddress:
        """Return the address of a server whose socket lies in `folder`."""
        return ClusterAddress(folder)


def find_place(data: Path) -> Place:
    """Return the place of a data folder, which need not exist yet.

    Raises ClusterError when the folder is closed to the caller.
    """
    data = data.expanduser().resolve()
    if os.path.exists(data) and not os.access(data, os.R_OK | os.W_OK | os.X_OK):
        raise ClusterError(
            f"The data folder {data} belongs to user number {data.stat().st_uid}. Call as that user or as "
            "root, or choose another folder with WANGGE_DATA."
        )
    return Place(data, owner_of(data / "postgres"))


def prepare_place(place: Place) -> None:
    """Make the data folder and see that the owner can enter it; raises ClusterError with the reason."""
    data, owner = place.data, place.owner
    try:
        made = not os.path.exists(data)
        data.mkdir(parents=True, exist_ok=True, mode=0o750)
        if owner.is_another and (made or not any(data.iterdir())):
            os.chown(data, owner.uid, owner.gid)
    except OSError as error:
        raise ClusterError(
            f"The data folder {data} cannot be used: {error.strerror}. Choose another with WANGGE_DATA."
        ) from error
    closed = owner.closed_folder(data)
    if closed is not None:
        raise ClusterError(
            f"The data folder {data} cannot be reached by user '{owner.name}', who runs the database: "
            f"{closed} is closed to it. Choose another with WANGGE_DATA (for instance /var/lib/wangge), or: "
            f"chmod o+x {closed}"
        )


def socket_folder(place: Place, recorded: Path | None) -> Path:
    """Return a folder for the socket, 0700 and the owner's, made when absent.

    `recorded` is where a server that died had its socket: clients of a running service reconnect there.
    """
    choices = [folder for folder in place.socket_folders if folder == recorded]
    choices += [folder for folder in place.socket_folders if folder != recorded]
    for folder in choices:
        if _make_private(folder, place.owner):
            return folder
    raise ClusterError(
        f"No folder for the database's socket: {choices[-1]} belongs to somebody else. Remove it."
    )


def _make_private(folder: Path, owner: Owner) -> bool:
    """Make `folder` the owner's alone; False when that is not possible here."""
    try:
        if folder.parent == _RUN and os.geteuid() == 0 and owner.name == SERVICE_USER and not _RUN.is_dir():
            _RUN.mkdir(mode=0o755)
            os.chown(_RUN, owner.uid, owner.gid)
        try:
            folder.mkdir(mode=0o700)
            os.chown(folder, owner.uid, owner.gid, follow_symlinks=False)
        except FileExistsError:
            pass
        seen = folder.lstat()
        if not stat.S_ISDIR(seen.st_mode) or seen.st_uid != owner.uid:
            return False
        if stat.S_IMODE(seen.st_mode) != 0o700:
            folder.chmod(0o700)
    except OSError:
        return False
    return True
