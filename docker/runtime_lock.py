"""Print the part of the lock file that the service needs: without test tools, hashes kept.

    python docker/runtime_lock.py requirements.lock pyproject.toml >runtime.lock

Runs where the whole lock file is installed: the needs of each package are read from its own metadata.
"""

from __future__ import annotations

import re
import sys
import tomllib
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name


def needed(roots: list[str]) -> set[str]:
    """Return the canonical names of the packages that `roots` (requirement lines) need here, themselves too."""
    found: set[str] = set()
    waiting = [Requirement(root) for root in roots]
    seen: set[tuple[str, frozenset[str]]] = set()
    while waiting:
        wanted = waiting.pop()
        name = canonicalize_name(wanted.name)
        key = (name, frozenset(wanted.extras))
        if key in seen:
            continue
        seen.add(key)
        found.add(name)
        waiting += [need for need in _needs(name) if _applies(need, wanted.extras)]
    return found


def _needs(name: str) -> list[Requirement]:
    try:
        return [Requirement(line) for line in requires(name) or []]
    except PackageNotFoundError:  # for another platform
        return []


def _applies(need: Requirement, extras: set[str]) -> bool:
    return need.marker is None or any(need.marker.evaluate({"extra": extra}) for extra in (extras or {""}))


def part(lock: str, names: set[str]) -> str:
    """Return the entries of a lock file whose package is in `names`; an entry goes on in indented lines."""
    entries = re.findall(r"^[A-Za-z0-9][^\n]*(?:\n[ \t]+[^\n]*)*", lock, re.M)
    kept = [entry for entry in entries if canonicalize_name(re.split(r"[=\[ ;]", entry)[0]) in names]
    return "\n".join(kept) + "\n"


def main() -> None:
    """Command line: the lock file and the project file."""
    lock, project = (Path(name).read_text(encoding="utf-8") for name in sys.argv[1:3])
    sys.stdout.write(part(lock, needed(tomllib.loads(project)["project"]["dependencies"])))


if __name__ == "__main__":
    main()
