"""Where compiled loops are kept on disk, so that only set-up waits for the compiler.

Two folders are looked at: one in the environment that wangge is installed in, which the installer fills
(`wangge warm`) and the service may only read, and one of the user who runs, for what the first lacks: another
processor, another version of numba, an environment that nobody warmed. numba's own places do not do: it passes
over a folder that it cannot write, and it does not see that a loop in another file, compiled into this one, has
changed. Here a loop is kept under a digest of its file and of every file of the engine which that imports.

A file of machine code is code: a folder that anybody but the owner of the engine's sources, root or oneself could
have written is neither read nor written.
"""

# numba says that it is typed, but these classes are not
# mypy: disable-error-code="no-untyped-call"

from __future__ import annotations

import fcntl
import hashlib
import logging
import os
import re
import stat
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import llvmlite
import llvmlite.binding as llvm
import numba
import numpy as np
from numba.core import caching

log = logging.getLogger(__name__)

SOURCES = Path(__file__).parents[1]
_IMPORTS = re.compile(r"^\s*(?:from|import) geo\.bundling((?:\.\w+)*)(?: import (.+))?", re.MULTILINE)
FOLDER = "WANGGE_KERNELS"
"""Environment variable: this folder instead of the two."""


def folders() -> tuple[Path, ...]:
    """Folders in which compiled loops may lie, in the order in which they are looked at."""
    key = f"{sys.implementation.cache_tag}-{_versions()}"
    if os.environ.get(FOLDER):
        return (Path(os.environ[FOLDER]).absolute() / key,)
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    # environments of one user must not overwrite each other's
    mine = hashlib.sha256(os.fsencode(SOURCES)).hexdigest()[:12]
    own = home / "wangge" / f"kernels-{mine}" / key
    shared = Path(sys.prefix) / "share" / "wangge" / "kernels" / key
    return (shared, own) if sys.prefix != sys.base_prefix else (own,)


@cache
def _versions() -> str:
    """What compiled code depends on besides its source: numba, LLVM, numpy and the processor."""
    parts = (
        numba.__version__,
        llvmlite.__version__,
        np.__version__,
        llvm.get_host_cpu_name(),
        _features(),
    )
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:12]


def _features() -> str:
    try:
        return str(llvm.get_host_cpu_features().flatten())
    except RuntimeError:  # the processor does not tell; numba then compiles for its name alone
        return ""


def trusted(folder: Path) -> bool:
    """Whether nobody wrote into a folder but who could change the engine's sources as well."""
    try:
        found = folder.stat()
    except OSError:
        return False
    owners = {0, os.geteuid(), SOURCES.stat().st_uid}
    return (
        stat.S_ISDIR(found.st_mode)
        and found.st_uid in owners
        and not found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
    )


def writable() -> Path | None:
    """The first folder that may be written, made where it is missing; None where there is none."""
    for folder in folders():
        try:
            folder.mkdir(mode=0o755, parents=True, exist_ok=True)
        except OSError:
            continue
        if trusted(folder) and os.access(folder, os.W_OK):
            return folder
    return None


# ---- when a loop must be compiled anew --------------------------------------------------------------------


@cache
def digest(module: str) -> str:
    """Digest of a file of the engine, by its dotted name, and of all that it imports from the engine."""
    waiting, seen = [module], set[str]()
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            waiting += _imported(name)
    whole = hashlib.sha256()
    for name in sorted(seen):
        whole.update(f"{name}\n".encode() + _source(name).read_bytes())
    return whole.hexdigest()


def _imported(name: str) -> Iterator[str]:
    for module, several in _IMPORTS.findall(_source(name).read_text(encoding="utf-8")):
        inside = module.removeprefix(".")
        for each in [inside, *(f"{module}.{item}".removeprefix(".") for item in re.findall(r"\w+", several))]:
            if each and _source(each).is_file():
                yield each


def _source(name: str) -> Path:
    return SOURCES / f"{name.replace('.', '/')}.py"


def _module(kernel: Callable[..., Any]) -> str:
    """Dotted name, below the engine's, of the file that a loop stands in."""
    file = Path(kernel.__code__.co_filename)
    inside = file.relative_to(SOURCES) if file.is_relative_to(SOURCES) else Path(file.name)
    return ".".join(inside.with_suffix("").parts)


def everything() -> str:
    """Digest of the whole engine: a folder with this stamp holds all of it."""
    names = sorted(
        ".".join(path.relative_to(SOURCES).with_suffix("").parts) for path in SOURCES.rglob("*.py")
    )
    return hashlib.sha256("\n".join(digest(name) for name in names).encode()).hexdigest()


STAMP = "complete"


def complete() -> bool:
    """Whether some folder holds every loop of these sources for this machine."""
    return any(_stamp(folder) == everything() for folder in folders() if trusted(folder))


def _stamp(folder: Path) -> str:
    try:
        return (folder / STAMP).read_text(encoding="ascii")
    except OSError:
        return ""


def mark_complete() -> Path | None:
    """Write the stamp after every loop was compiled; returns the folder, None where none can be written."""
    folder = writable()
    if folder is not None:
        fresh = folder / f"{STAMP}.new"
        fresh.write_text(everything(), encoding="ascii")
        fresh.replace(folder / STAMP)
    return folder


@contextmanager
def alone(folder: Path, name: str) -> Iterator[None]:
    """Let one process at a time write (or warm) a folder: numba gives two signatures one file otherwise."""
    with (folder / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def kept_signatures(kernel: Callable[..., Any]) -> list[Any]:
    """Signatures for which code of a loop is kept for this machine, each once."""
    found: dict[str, Any] = {}
    for folder in folders():
        if trusted(folder):
            kept = _InFolder(kernel, folder, _module(kernel))
            found |= {str(signature): signature for signature in kept.signatures()}
    return list(found.values())


# ---- numba's side -----------------------------------------------------------------------------------------


class _Place(caching._CacheLocator):
    """Tells numba the folder and the digest of one loop."""

    def __init__(self, folder: Path, module: str) -> None:
        self._folder, self._module = folder, module

    def get_cache_path(self) -> str:
        return str(self._folder)

    def get_source_stamp(self) -> str:
        return digest(self._module)

    def get_disambiguator(self) -> str:
        return "wangge"  # the file is named for module and function, of which each module has one


class _Form(caching.CompileResultCacheImpl):
    """How one loop is written, in a folder that was chosen here rather than by numba."""

    def __init__(self, place: _Place, kernel: Callable[..., Any]) -> None:
        self._locator = place
        self._lineno = kernel.__code__.co_firstlineno
        name = f"{_module(kernel)}.{kernel.__qualname__}"
        self._filename_base = self.get_filename_base(name, sys.abiflags)


class _InFolder(caching.FunctionCache):
    """One loop in one folder."""

    def __init__(self, kernel: Callable[..., Any], folder: Path, module: str) -> None:
        self._name, self._py_func = repr(kernel), kernel
        place = _Place(folder, module)
        self._impl = _Form(place, kernel)
        self._cache_path = place.get_cache_path()
        self._cache_file = caching.IndexDataCacheFile(
            cache_path=self._cache_path,
            filename_base=self._impl.filename_base,
            source_stamp=place.get_source_stamp(),
        )
        self.enable()

    def readable(self) -> bool:
        """Whether the list of what is kept is whole, or not there yet."""
        try:
            self._cache_file._load_index()
        except Exception:  # damaged: any error of pickle
            return False
        return True

    def signatures(self) -> list[Any]:
        """What is kept; nothing where the files cannot be read."""
        index = self._cache_file._load_index() if self.readable() else ()
        return [signature for signature, _target, _code in index]


class KernelCache(caching._Cache):
    """What a compiled loop asks for its machine code, and hands it to; looks at folders only when it is called."""

    def __init__(self, kernel: Callable[..., Any]) -> None:
        self._kernel = kernel
        self._module = _module(kernel)
        self._enabled = True
        # now, while the sources are what was imported: an edit must not lend its digest to older code
        digest(self._module)

    @property
    def cache_path(self) -> str | None:
        """The folder that new code goes to, as numba's statistics show it."""
        folder = writable()
        return None if folder is None else str(folder)

    def load_overload(self, signature: Any, context: Any) -> Any:
        """Return the code for a signature from the first folder that holds it, None where none does."""
        for folder in folders() if self._enabled else ():
            if trusted(folder) and (found := self._load(folder, signature, context)) is not None:
                return found
        return None

    def _load(self, folder: Path, signature: Any, context: Any) -> Any:
        try:
            return _InFolder(self._kernel, folder, self._module).load_overload(signature, context)
        except Exception:  # a damaged file fails in any way inside pickle or LLVM; compiling mends it
            log.warning("compiled code of %s in %s cannot be read", self._kernel.__qualname__, folder)
            return None

    def save_overload(self, signature: Any, result: Any) -> None:
        """Keep new code; where no folder can be written it serves this process alone."""
        folder = writable() if self._enabled else None
        if folder is None:
            return
        try:
            with alone(folder, "write"):
                kept = _InFolder(self._kernel, folder, self._module)
                if not kept.readable():
                    kept.flush()
                kept.save_overload(signature, result)
        except OSError as error:
            log.warning("compiled code cannot be kept: %s", error)

    def enable(self) -> None:
        """Use the folders."""
        self._enabled = True

    def disable(self) -> None:
        """Compile for this process alone."""
        self._enabled = False

    def flush(self) -> None:
        """Forget what is kept for this loop in the folder that can be written."""
        folder = writable()
        if folder is not None:
            _InFolder(self._kernel, folder, self._module).flush()
