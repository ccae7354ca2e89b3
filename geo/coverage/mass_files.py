"""Files of points through mosaics (海量点位归属): CSV or Parquet in, the same rows in order out, chunk by chunk.

Runs in the limited child (`geo.ingest.child`). Every row comes back with a code per layer and `position`: inside,
border (of at least one layer's area; the smaller code is given), outside (of every layer) or unread (no place in it).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import shapely

from geo.coverage import mass
from geo.coverage.mass_tables import Table, open_table, open_writer
from geo.crs import CGCS2000, fits_system, to_stored
from geo.errors import BadInput

POSITIONS: Final = ("inside", "border", "outside", "unread")
_X: Final = ("lon", "lng", "longitude", "经度", "x", "point_x", "东经")
_Y: Final = ("lat", "latitude", "纬度", "y", "point_y", "北纬")
_SHAPES: Final = ("geometry", "geom", "wkb_geometry", "wkb")
_LOOKED_AT: Final = 10_000
_AMONG: Final = 0.5
"""A file of which more places than this cannot be in its system is refused: nobody's grid would be right."""


@dataclass(frozen=True, slots=True)
class Where:
    """Which columns hold the place: two of numbers, or one of WKB points (`y` is empty)."""

    x: str
    y: str = ""


@dataclass
class Assigned:
    """How many rows came out, by position."""

    counts: Counter[str] = field(default_factory=Counter)

    def as_json(self) -> dict[str, int]:
        """Return the figures as plain JSON values."""
        return {"rows": sum(self.counts.values()), **{name: self.counts[name] for name in POSITIONS}}


def work(request: dict[str, Any], folder: Path) -> dict[str, Any]:
    """The child's work: `source` to `target` (`format` csv or parquet) through `<layer>.npz` of its folder."""
    mosaics = {layer: mass.load(folder / f"{layer}.npz") for layer in request["layers"]}
    table = open_table(Path(request["source"]))
    where = find_place(table.names, request.get("x"), request.get("y"))
    done = assign_table(
        table, where, mosaics, int(request["epsg"]), Path(request["target"]), request["format"]
    )
    return done.as_json()


def find_place(names: list[str], x: str | None = None, y: str | None = None) -> Where:
    """Return which columns hold the place, as named by who asks or by their usual names. Raises BadInput."""
    for given, what in ((x, "x"), (y, "y")):
        if given and given not in names:
            raise BadInput(f"the file has no column {given!r}", field=what)
    folded = {name.strip().lower(): name for name in reversed(names)}
    east = x or next((folded[name] for name in _X if name in folded), None)
    north = y or next((folded[name] for name in _Y if name in folded), None)
    if east and north:
        return Where(east, north)
    shape = next((folded[name] for name in _SHAPES if name in folded), None)
    if shape and not (x or y):
        return Where(shape)
    raise BadInput(
        "which columns hold longitude and latitude? name them",
        field="x" if not east else "y",
        extra={"columns": names, "zh": "哪两列是经度和纬度？请指明列名"},
    )


def assign_table(
    table: Table,
    where: Where,
    mosaics: Mapping[str, mass.Mosaic],
    epsg: int,
    target: Path,
    format_: str,
) -> Assigned:
    """Write every row of a table with its areas to a file; returns the counts.

    Raises BadInput where the table is malformed, or where most of its first places cannot be in the system `epsg`.
    """
    added = _new_names(table.names, [*mosaics, "position"])
    done = Assigned()
    writer = None
    try:
        for number, batch in enumerate(table.batches()):
            x, y = _places(batch, where, table.names)
            if number == 0:
                _check_system(x, y, epsg)
            columns = _answer(x, y, epsg, mosaics, done)
            writer = writer or open_writer(target, format_, table.names, batch.schema, added)
            writer.write(pa.RecordBatch.from_arrays([*batch.columns, *columns], schema=writer.schema))
        writer = writer or open_writer(target, format_, table.names, table.schema, added)
    finally:
        if writer is not None:
            writer.close()
    return done


def _new_names(names: list[str], wanted: list[str]) -> list[str]:
    taken = set(names)
    return [name if name not in taken else f"wangge_{name}" for name in wanted]


def _places(batch: pa.RecordBatch, where: Where, names: list[str]) -> tuple[np.ndarray, np.ndarray]:
    """Return x and y of a batch, NaN where there is none."""
    if not where.y:
        cells = batch.column(names.index(where.x)).to_numpy(zero_copy_only=False)
        shapes = shapely.from_wkb(cells, on_invalid="ignore")
        points = np.where(shapely.get_type_id(shapes) == 0, shapes, None)
        return shapely.get_x(points), shapely.get_y(points)
    return _numbers(batch.column(names.index(where.x))), _numbers(batch.column(names.index(where.y)))


def _numbers(column: pa.Array) -> np.ndarray:
    """Return a column as floats; a text that is no number becomes NaN."""
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    try:
        if not pa.types.is_string(column.type):
            numbers = column.cast(pa.float64(), safe=False)
        else:
            numbers = pc.cast(pc.utf8_trim_whitespace(column), pa.float64())
        return np.asarray(numbers.to_numpy(zero_copy_only=False), dtype=np.float64)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return np.fromiter(_one_by_one(column.to_pylist()), dtype=np.float64, count=len(column))


def _one_by_one(cells: list[Any]) -> Iterator[float]:
    for cell in cells:
        try:
            yield float(cell)
        except (TypeError, ValueError, OverflowError):
            yield float("nan")


def _check_system(x: np.ndarray, y: np.ndarray, epsg: int) -> None:
    boxes = np.column_stack([x, y, x, y])[:_LOOKED_AT]
    boxes = boxes[np.isfinite(boxes).all(axis=1)]
    if not len(boxes):
        return
    if fits_system(epsg, boxes).mean() < 1 - _AMONG:
        place = f"{boxes[0, 0]:.10g}, {boxes[0, 1]:.10g}"
        raise BadInput(
            f"places such as {place} cannot be in EPSG:{epsg}: say which system they are in",
            field="crs",
            extra={"zh": f"坐标（如 {place}）不可能属于 EPSG:{epsg}，请指明坐标系"},
        )


def _answer(
    x: np.ndarray, y: np.ndarray, epsg: int, mosaics: Mapping[str, mass.Mosaic], done: Assigned
) -> list[pa.Array]:
    """Return the added columns of one batch, and count its positions."""
    known = np.isfinite(x) & np.isfinite(y)
    known &= fits_system(epsg, np.column_stack([x, y, x, y]))
    transform = None if epsg == CGCS2000 else to_stored(epsg)
    if transform is not None:
        points = np.full((len(x), 2), np.nan)
        points[known] = transform(np.column_stack([x, y])[known])
        x, y = points.T
    position = np.full(len(x), POSITIONS.index("outside"), dtype=np.int8)
    columns = []
    for mosaic in mosaics.values():
        found = mosaic.locate(x, y)
        position[(found.owner >= 0) & (position != 1)] = POSITIONS.index("inside")
        position[found.on_border] = POSITIONS.index("border")
        columns.append(_texts(found.owner, mosaic.codes))
    position[~known] = POSITIONS.index("unread")
    for index, count in enumerate(np.bincount(position, minlength=len(POSITIONS))):
        done.counts[POSITIONS[index]] += int(count)
    return [*columns, _texts(position.astype(np.int32), np.array(POSITIONS, dtype=object))]


def _texts(owner: np.ndarray, codes: np.ndarray) -> pa.Array:
    indices = pa.array(owner, mask=owner < 0)
    return pa.DictionaryArray.from_arrays(indices, pa.array(codes.tolist(), pa.string())).cast(pa.string())
