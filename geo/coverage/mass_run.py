"""A file of points to a file with their areas (批量归属): mosaics from the store, the file in the limited child."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from geo.boundaries.layers import Moment
from geo.coverage import mass
from geo.coverage.mass_layers import DEFAULT_LAYERS, mosaics
from geo.crs import WGS84, parse_crs
from geo.errors import BadInput, Busy, DiskFull
from geo.ingest.reading import own_folder, run_child
from geo.store.engine import Scope, Store

FORMATS: Final = ("csv", "parquet")
_AT_ONCE: Final = threading.BoundedSemaphore(2)
"""Children at once of one service: each may take a processor and its memory."""
_WAIT_SECONDS: Final = 3


@dataclass(frozen=True)
class MassOptions:
    """How a file of points is to be understood; `format` of the answer is None where it stays as it came."""

    layers: Sequence[str] = DEFAULT_LAYERS
    crs: str | None = None
    x: str | None = None
    y: str | None = None
    format: str | None = None


def assign_file(
    store: Store, scope: Scope, moment: Moment, source: Path, target: Path, options: MassOptions
) -> dict[str, int]:
    """Write each row of `source` with the areas that hold its place to `target`, in order; returns the counts.

    Raises BadInput for a file that cannot be taken, Busy where two others are at work, DiskFull.
    """
    format_ = options.format or format_of(source)
    if format_ not in FORMATS:
        raise BadInput(f"unknown format {format_!r}: {', '.join(FORMATS)}", field="format")
    epsg = parse_crs(options.crs) if options.crs else WGS84
    with _one_of_few(), own_folder() as folder:
        for layer, mosaic in mosaics(store, scope, moment, options.layers).items():
            mass.save(mosaic, folder / f"{layer}.npz")
        answer = folder / "answer.points"
        request = {
            "source": str(source.resolve()),
            "target": str(answer),
            "format": format_,
            "layers": list(options.layers),
            "epsg": epsg,
            "x": options.x,
            "y": options.y,
        }
        counts = run_child("assign", folder, request, only=None)
        _move(answer, target)
    return counts


def format_of(source: Path) -> str:
    """Return the format of a file of points by its first bytes."""
    with source.open("rb") as file:
        return "parquet" if file.read(4) == b"PAR1" else "csv"


@contextmanager
def _one_of_few() -> Iterator[None]:
    if not _AT_ONCE.acquire(timeout=_WAIT_SECONDS):
        raise Busy("two other files are being assigned at this moment")
    try:
        yield
    finally:
        _AT_ONCE.release()


def _move(answer: Path, target: Path) -> None:
    """Move across file systems too: the folder of the child may be in memory."""
    try:
        with answer.open("rb") as source, target.open("wb") as out:
            while chunk := source.read(1 << 20):
                out.write(chunk)
    except OSError as error:
        if error.errno == 28:
            raise DiskFull("no room for the answer") from error
        raise
