"""The parent's side of the child: starts it with a clean environment, and takes its answer as plain values."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from geo.crs import Sentence
from geo.errors import BadInput, TooLarge
from geo.ingest.formats import Format
from geo.ingest.vectors import DRIVERS

log = logging.getLogger(__name__)

SECONDS = 300
"""Wall-clock limit of one child."""
_LOOK_SECONDS = 0.3
"""How often it is asked how far a child is, and whether it is still wanted."""
_PIECE = 20_000
"""Shapes that are bytes and geometry at a time."""
_ROOT = Path(__file__).resolve().parents[2]


@dataclass
class RawTable:
    """One layer as read: columns by header, source row numbers, shapes (None where absent) in source coordinates.

    `layers` are all of the file's; `encodings` those that its texts could be in (`geo.ingest.encodings.candidates`);
    `unread` says by position why a shape could not be used (`vertices:n`, `type:name`, `number:`, `invalid:`);
    `cut` names columns whose own name may be cut short; `notes` say what was left out.
    """

    columns: dict[str, list[Any]]
    rows: np.ndarray
    shapes: np.ndarray | None
    name: str
    driver: str
    crs: str | None = None
    encoding: str | None = None
    preview: list[list[str]] = field(default_factory=list)
    unread: dict[int, str] = field(default_factory=dict)
    cut: frozenset[str] = frozenset()
    notes: list[Sentence] = field(default_factory=list)
    layers: list[str] = field(default_factory=list)
    encodings: list[dict[str, Any]] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.rows)


@dataclass(frozen=True)
class Layers:
    """The file has several layers and none was chosen."""

    names: list[str]


def read_file(
    path: Path,
    found: Format,
    layer: str | None = None,
    encoding: str | None = None,
    *,
    progress: Callable[[float], None] = lambda _share: None,
    cancel: Callable[[], bool] = lambda: False,
) -> RawTable | Layers:
    """Read one layer of a file in a child process; `encoding` is one that somebody chose.

    `progress` and `cancel` are those of `run_child`.

    Raises BadInput or TooLarge with the child's words, or in ours where the child broke a limit.
    """
    with own_folder() as folder:
        request = {"path": str(path.resolve()), "format": found, "layer": layer, "encoding": encoding}
        only = DRIVERS.get(found, "")
        answer = run_child("read", folder, request, only=only, progress=progress, cancel=cancel)
        if "layers" in answer:
            return Layers(answer["layers"])
        return table_of(folder, answer)


def table_of(folder: Path, answer: dict[str, Any]) -> RawTable:
    """Return what a child wrote into its folder as a table."""
    columns = json.loads((folder / "columns.json").read_text("utf-8"))
    rows = np.load(folder / "rows.npy", allow_pickle=False)
    shapes = read_shapes(folder) if answer["shapes"] else None
    if shapes is not None and not answer["unread"] and shapely.is_missing(shapes).all():
        shapes = None  # a table that only its format gives a place for shapes
    return RawTable(
        columns,
        rows,
        shapes,
        name=str(answer.get("name") or ""),
        driver=str(answer["driver"]),
        crs=answer.get("crs"),
        encoding=answer.get("encoding"),
        preview=answer.get("preview", []),
        unread={int(key): value for key, value in answer["unread"].items()},
        cut=frozenset(answer.get("cut", ())),
        notes=[(chinese, english) for chinese, english in answer.get("notes", ())],
        layers=list(answer.get("layers_of_file", ())),
        encodings=list(answer.get("encodings", ())),
    )


def read_shapes(folder: Path) -> np.ndarray:
    """Return shapes from `shapes.wkb` and `offsets.npy`; None where the length is nought."""
    offsets = np.load(folder / "offsets.npy", allow_pickle=False)
    shapes = np.empty(len(offsets) - 1, dtype=object)
    with (folder / "shapes.wkb").open("rb") as file:
        for first in range(0, len(shapes), _PIECE):
            ends = offsets[first : first + _PIECE + 1] - offsets[first]
            content = file.read(ends[-1])
            shapes[first : first + _PIECE] = shapely.from_wkb(
                [content[a:b] or None for a, b in pairwise(ends)]
            )
    return shapes


@contextmanager
def own_folder() -> Iterator[Path]:
    """A folder for one child's work, gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="wangge-read-") as name:
        yield Path(name)


def run_child(
    work: str,
    folder: Path,
    request: dict[str, Any],
    *,
    only: str | None = "",
    progress: Callable[[float], None] = lambda _share: None,
    cancel: Callable[[], bool] = lambda: False,
) -> dict[str, Any]:
    """Run one piece of work in a child and return its answer.

    `only` names the one GDAL driver it may have ("" = none); None is for work that never starts GDAL. `progress` is
    told the share (0–1) that the child writes into `progress.json`; where `cancel` says so the child is ended.

    Raises BadInput, TooLarge, or ChildFailed where it ended without a word.
    """
    (folder / "request.json").write_text(json.dumps(request), "utf-8")
    command = [sys.executable, "-m", "geo.ingest.child", work, str(folder)]
    with subprocess.Popen(
        command, env=_environment(only), cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    ) as child:  # fmt: skip
        said = _watched(child, folder, progress, cancel)
    if (folder / "error.json").exists():
        refusal = json.loads((folder / "error.json").read_text("utf-8"))
        kind = TooLarge if refusal["type"] == TooLarge.type else BadInput
        raise kind(refusal["message"], field=refusal["field"], extra=refusal["extra"])
    if child.returncode != 0 or not (folder / "answer.json").exists():
        log.warning(
            "child %s ended with %s: %s", work, child.returncode, said.decode("utf-8", "replace")[-800:]
        )
        raise ChildFailed("the file could not be read within its limits", field="file")
    answer: dict[str, Any] = json.loads((folder / "answer.json").read_text("utf-8"))
    if not answer.pop("isolated"):
        log.warning("this kernel gives the reading process no network namespace of its own")
    return answer


def _watched(
    child: subprocess.Popen[bytes],
    folder: Path,
    progress: Callable[[float], None],
    cancel: Callable[[], bool],
) -> bytes:
    """Wait for a child and return what it said at last. Raises ChildFailed where it was too slow or is not wanted."""
    deadline, told = time.monotonic() + SECONDS, folder / "progress.json"
    while True:
        left = deadline - time.monotonic()
        try:
            return child.communicate(timeout=max(min(left, _LOOK_SECONDS), 0))[1]
        except subprocess.TimeoutExpired:
            if left <= _LOOK_SECONDS or cancel():
                child.kill()
                child.communicate()
                why = "took too long" if left <= _LOOK_SECONDS else "was stopped"
                raise ChildFailed(f"reading the file {why}", field="file") from None
        if told.exists():
            progress(float(json.loads(told.read_text("utf-8"))))


class ChildFailed(BadInput):
    """The child ended without an answer: a crash, or a limit."""


def _environment(only: str | None) -> dict[str, str]:
    """Return an environment without our secrets, and with every GDAL driver but one unloaded before GDAL starts."""
    denied = "" if only is None else ",".join(name for name in _drivers() if name != only)
    return {
        "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
        "PYTHONPATH": str(_ROOT),
        "PYTHONDONTWRITEBYTECODE": "1",
        "LC_ALL": "C.UTF-8",
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
        "ARROW_DEFAULT_MEMORY_POOL": "system",
        "GDAL_SKIP": denied,
        "OGR_SKIP": denied,
        "GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR",
        "GDAL_NUM_THREADS": "1",
        "GDAL_HTTP_TIMEOUT": "1",
        "CPL_VSIL_CURL_ALLOWED_EXTENSIONS": ".none",
        "CPL_CURL_ENABLE_VSIMEM": "NO",
        "OGR_SQLITE_LOAD_EXTENSIONS": "",
        "OGR_GPKG_ENABLE_GDAL_FUNCTIONS": "NO",
    }


@cache
def _drivers() -> tuple[str, ...]:
    import pyogrio  # noqa: PLC0415 - starts GDAL, which a process that only serves pages never needs

    return tuple(pyogrio.list_drivers())


def run_repairs(shapes: np.ndarray, cancel: Callable[[], bool] = lambda: False) -> list[Any]:
    """Repair invalid shapes in children; None in place of one that could not be repaired within its limits."""
    with own_folder() as folder:
        blobs = shapely.to_wkb(shapes)
        offsets = np.concatenate([[0], np.cumsum([len(blob) for blob in blobs])]).astype(np.int64)
        np.save(folder / "offsets.npy", offsets)
        (folder / "shapes.wkb").write_bytes(b"".join(blobs))
        first, crashes = 0, 0
        while first < len(shapes) and crashes < 50 and not cancel():
            try:
                run_child("repair", folder, {"first": first})
                break
            except ChildFailed:
                done = [i for i in range(first, len(shapes)) if (folder / f"repaired-{i}.wkb").exists()]
                first = (max(done) + 1 if done else first) + 1
                crashes += 1
        results = [folder / f"repaired-{index}.wkb" for index in range(len(shapes))]
        return [shapely.from_wkb(one.read_bytes()) if one.exists() else None for one in results]
