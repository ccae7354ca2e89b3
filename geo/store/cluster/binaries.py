"""Which PostgreSQL of this machine is used: version 15 or newer, with PostGIS 3.3 or newer beside it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from geo.store.cluster.errors import ClusterError

OLDEST_POSTGRES = 15
OLDEST_POSTGIS = (3, 3)

# Debian and Ubuntu, Red Hat, Homebrew on both kinds of Mac, Postgres.app.
_FOLDERS = (
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/opt/homebrew/opt/postgresql@*/bin",
    "/usr/local/opt/postgresql@*/bin",
    "/Applications/Postgres.app/Contents/Versions/*/bin",
)


@dataclass(frozen=True, order=True)
class Installation:
    """One installed PostgreSQL. `version` is (major, minor); `postgis` is None where it is missing."""

    version: tuple[int, int]
    postgis: tuple[int, ...] | None
    folder: Path

    @property
    def major(self) -> int:
        """The major version: data folders of different majors do not mix."""
        return self.version[0]

    @property
    def number(self) -> int:
        """The version as a running server states it, for instance 150020."""
        return self.version[0] * 10000 + self.version[1]

    @property
    def is_complete(self) -> bool:
        """Whether PostGIS is there and new enough."""
        return self.major >= OLDEST_POSTGRES and self.postgis is not None and self.postgis >= OLDEST_POSTGIS

    def tool(self, name: str) -> Path:
        """Return the path of one of its programs."""
        return self.folder / name


def _answer(*command: str | Path) -> str:
    try:
        return subprocess.run(
            [str(part) for part in command],
            capture_output=True,
            text=True,
            check=False,
            env={"LC_ALL": "C", "PATH": os.defpath},
        ).stdout.strip()
    except OSError:
        return ""


def server_version(folder: Path) -> tuple[int, int] | None:
    """Return (major, minor) of the server program in a folder, or None when there is none."""
    found = re.search(r"\(PostgreSQL\) (\d+)(?:\.(\d+))?", _answer(folder / "postgres", "--version"))
    return (int(found[1]), int(found[2] or 0)) if found else None


def _postgis_version(folder: Path) -> tuple[int, ...] | None:
    control = Path(_answer(folder / "pg_config", "--sharedir")) / "extension" / "postgis.control"
    try:
        found = re.search(r"default_version\s*=\s*'(\d+)\.(\d+)", control.read_text())
    except OSError:
        return None
    return (int(found[1]), int(found[2])) if found else None


def _candidate_folders() -> Iterator[Path]:
    for pattern in _FOLDERS:
        yield from Path("/").glob(pattern.lstrip("/"))
    for program in ("postgres", "pg_config"):
        if found := shutil.which(program):
            yield Path(found).resolve().parent
    if shutil.which("pg_config"):
        yield Path(_answer("pg_config", "--bindir"))


def installations() -> list[Installation]:
    """Return every PostgreSQL of this machine that can serve, the newest first."""
    found = set()
    for folder in {folder.resolve() for folder in _candidate_folders()}:
        if (folder / "initdb").exists() and (version := server_version(folder)):
            found.add(Installation(version, _postgis_version(folder), folder))
    return sorted(found, key=lambda one: (one.version, str(one.folder)), reverse=True)


def choose_installation(data_major: int | None) -> Installation:
    """Return the installation to use: the newest, or the one that made the data folder.

    Raises ClusterError saying what to install.
    """
    every = installations()
    for one in every:
        if one.is_complete and data_major in (None, one.major):
            return one
    raise ClusterError(_what_is_missing(every, data_major))


def _what_is_missing(every: list[Installation], data_major: int | None) -> str:
    here = ", ".join(f"{one.major}.{one.version[1]}" for one in every) or "none"
    if data_major is None:
        wanted = every[0].major if every and every[0].major >= OLDEST_POSTGRES else "NN"
        return (
            f"PostgreSQL ≥ {OLDEST_POSTGRES} with PostGIS ≥ 3.3 is needed; found PostgreSQL: {here}, "
            f"without it. Install it: apt-get install postgresql postgresql-{wanted}-postgis-3 (Debian, "
            "Ubuntu), brew install postgresql@17 postgis (macOS)."
        )
    move = f"make a dump with PostgreSQL {data_major}, move 'postgres' aside, start again and load it."
    if data_major < OLDEST_POSTGRES:
        return f"The data folder was made by PostgreSQL {data_major}, which is too old: {move}"
    return (
        f"The data folder was made by PostgreSQL {data_major}; this machine has: {here}. Install "
        f"postgresql-{data_major} and postgresql-{data_major}-postgis-3 to go on with it. Or {move}"
    )
