"""A million points to the areas that hold them (海量点位归属): a mosaic of cells, and exact tests only along borders.

Pure: codes, shapes and coordinates in, positions out. A mosaic cell that no border touches lies in one known area or in
none, so its points need no geometry at all; the few in border cells are tested against the two or three areas there.

    >>> import numpy as np, shapely
    >>> mosaic = Mosaic.of(["B", "A"], shapely.box([0, 1], 0, [1, 2], 1))
    >>> found = mosaic.locate(np.array([0.5, 1.0, 3.0]), np.array([0.5, 0.5, 0.5]))
    >>> [mosaic.codes[owner] if owner >= 0 else None for owner in found.owner], found.on_border.tolist()
    (['B', 'A', None], [False, True, False])
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import shapely

CHUNK = 1 << 17
"""Points that are looked at in one go: what is in between stays in the processor's cache."""
NOBODY = -1
_FINE = 40
"""Mosaic cells along the side of an average area: about one point in fourteen then lies in a border cell."""
_SIDES = (64, 2048)
_STEP = 1 / 4
"""Border samples per mosaic cell side; each also marks what lies within `_REACH` of it, more than half a step."""
_REACH = _STEP * 0.51


@dataclass(frozen=True, slots=True)
class Located:
    """For each point: `owner`, the position of its area in `Mosaic.codes` (−1 = none), and whether on its border."""

    owner: np.ndarray
    on_border: np.ndarray


@dataclass(frozen=True)
class Mosaic:
    """An index over areas in one plane, built once and then only read.

    The rule: a point belongs to the area with the smallest code among those that it lies in or on the border of;
    `on_border` is true where it lies on the border of that one. `codes` are sorted; `label` holds, per cell, an area,
    −1 for none, or −2 − k for border cell k, whose areas are `pairs[starts[k]:starts[k + 1]]`, in order of code.
    """

    codes: np.ndarray
    shapes: np.ndarray
    corner: tuple[float, float]
    scale: tuple[float, float]
    label: np.ndarray
    starts: np.ndarray
    pairs: np.ndarray

    @classmethod
    def of(cls, codes: Sequence[str], shapes: Sequence[object]) -> Mosaic:
        """Build the index of valid polygons; None and empty ones hold no point."""
        order = np.argsort(np.asarray(codes, dtype=object), kind="stable")
        sorted_shapes = np.asarray(shapes, dtype=object)[order]
        shapely.prepare(sorted_shapes)
        corner, scale, size = _frame(sorted_shapes)
        label, starts, pairs = _paint(sorted_shapes, _Frame(corner, scale, size))
        return cls(np.asarray(codes, dtype=object)[order], sorted_shapes, corner, scale, label, starts, pairs)

    def locate(self, x: np.ndarray, y: np.ndarray) -> Located:
        """Return the area of every point; one whose coordinates are not finite lies in none."""
        owner = np.full(len(x), NOBODY, dtype=np.int32)
        on_border = np.zeros(len(x), dtype=bool)
        for part in _parts(len(x)):
            found = self._cells(x[part], y[part])
            doubtful = np.flatnonzero(found < NOBODY)
            owner[part] = np.maximum(found, NOBODY)
            if len(doubtful):
                places = doubtful + part.start
                cells = NOBODY - 1 - found[doubtful]
                owner[places], on_border[places] = self._settle(cells, x[places], y[places])
        return Located(owner, on_border)

    def _cells(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Return what the mosaic says of each point."""
        rows, columns = self.label.shape
        # A coordinate that is no number falls on the rim, which no area reaches.
        with np.errstate(over="ignore"):
            column = np.nan_to_num((x - self.corner[0]) * self.scale[0], nan=0.0)
            row = np.nan_to_num((y - self.corner[1]) * self.scale[1], nan=0.0)
        np.clip(column, 0, columns - 1, out=column)
        np.clip(row, 0, rows - 1, out=row)
        cells = row.astype(np.int32) * columns + column.astype(np.int32)
        return np.asarray(self.label.ravel().take(cells))

    def _settle(self, cells: np.ndarray, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Test points of border cells against the areas there: the first that holds or touches each is its own."""
        first, counts = self.starts[cells], np.diff(self.starts)[cells]
        point = np.repeat(np.arange(len(cells)), counts)
        turn = np.arange(len(point)) - np.repeat(np.cumsum(counts) - counts, counts)
        area = self.pairs[first[point] + turn]
        met = np.flatnonzero(shapely.intersects_xy(self.shapes[area], x[point], y[point]))
        met = met[np.diff(point[met], prepend=-1) > 0]
        owner = np.full(len(cells), NOBODY, dtype=np.int32)
        owner[point[met]] = area[met]
        on_border = np.zeros(len(cells), dtype=bool)
        inside = shapely.contains_xy(self.shapes[area[met]], x[point[met]], y[point[met]])
        on_border[point[met]] = ~inside
        return owner, on_border


def _parts(count: int) -> Iterator[slice]:
    return (slice(start, min(start + CHUNK, count)) for start in range(0, count, CHUNK))


@dataclass(frozen=True, slots=True)
class _Frame:
    """The plane cut into cells: a corner, cells per unit, and (rows, columns) with a rim of one empty cell."""

    corner: tuple[float, float]
    scale: tuple[float, float]
    size: tuple[int, int]

    def cells(self, points: np.ndarray) -> np.ndarray:
        """Return (n, 2) points in units of cells: column, row."""
        return (points - self.corner) * self.scale


def _frame(shapes: np.ndarray) -> tuple[tuple[float, float], tuple[float, float], tuple[int, int]]:
    there = shapes[~(shapely.is_missing(shapes) | shapely.is_empty(shapes))]
    if not len(there):
        return (0.0, 0.0), (1.0, 1.0), (1, 1)
    west, south, east, north = (float(value) for value in shapely.total_bounds(there))
    width, height = max(east - west, 1e-9), max(north - south, 1e-9)
    area = float(shapely.area(there).mean())
    wanted = math.sqrt(max(area, 1e-18)) / _FINE
    columns, rows = (int(np.clip(math.ceil(side / wanted), *_SIDES)) for side in (width, height))
    scale = columns / width, rows / height
    # One empty cell and a little more all around, so that whatever lies outside falls on the rim.
    corner = west - 1.5 / scale[0], south - 1.5 / scale[1]
    return corner, scale, (rows + 3, columns + 3)


def _paint(shapes: np.ndarray, frame: _Frame) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return labels, and the areas of the border cells as starts and pairs."""
    rows, columns = frame.size
    label = np.full(rows * columns, NOBODY, dtype=np.int32)
    touched = _touched(shapes, frame)
    border = np.zeros(rows * columns, dtype=bool)
    border[touched[:, 0]] = True
    owners, cells = [touched[:, 1]], [touched[:, 0]]
    # The last to be painted stays: from the greatest code down to the smallest.
    by_area = np.split(touched[:, 0], np.searchsorted(touched[:, 1], np.arange(1, max(len(shapes), 1))))
    for position in range(len(shapes) - 1, -1, -1):
        inner = _inner(shapes[position], by_area[position], frame)
        shared = border[inner]
        label[inner] = position
        cells.append(inner[shared])
        owners.append(np.full(int(shared.sum()), position))
    return _linked(label, np.concatenate(cells), np.concatenate(owners), frame.size)


def _linked(
    label: np.ndarray, cells: np.ndarray, owners: np.ndarray, size: tuple[int, int]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    order = np.lexsort((owners, cells))
    cells, owners = cells[order], owners[order]
    heads = np.flatnonzero(np.diff(cells, prepend=-1) > 0)
    label[cells[heads]] = NOBODY - 1 - np.arange(len(heads), dtype=np.int32)
    starts = np.append(heads, len(cells)).astype(np.int64)
    return label.reshape(size), starts, owners.astype(np.int32)


def _touched(shapes: np.ndarray, frame: _Frame) -> np.ndarray:
    """Return (cell, area) of every cell that a border runs through, or nearly; sorted by area, then cell."""
    lines, area = shapely.get_parts(shapely.boundary(shapes), return_index=True)
    points, line = shapely.get_coordinates(lines, return_index=True)
    if not len(points):
        return np.empty((0, 2), dtype=np.int64)
    at = frame.cells(points)
    joined = np.flatnonzero(np.diff(line) == 0)
    samples, owner = _samples(at[joined], at[joined + 1], area[line[joined]])
    found = []
    for corner in _REACH * np.array([(-1, -1), (-1, 1), (1, -1), (1, 1)]):
        column, row = np.floor(samples + corner).astype(np.int64).T
        found.append(owner * (frame.size[0] * frame.size[1]) + row * frame.size[1] + column)
    keys = np.unique(np.concatenate(found))
    return np.column_stack([keys % (frame.size[0] * frame.size[1]), keys // (frame.size[0] * frame.size[1])])


def _samples(start: np.ndarray, end: np.ndarray, owner: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return points at most `_STEP` apart along segments, ends included, and the area of each."""
    span = end - start
    steps = np.ceil(np.abs(span).max(axis=1) / _STEP).astype(np.int64) + 1
    segment = np.repeat(np.arange(len(steps)), steps)
    turn = np.arange(len(segment)) - np.repeat(np.cumsum(steps) - steps, steps)
    share = turn / np.maximum(steps[segment] - 1, 1)
    return start[segment] + span[segment] * share[:, None], owner[segment].astype(np.int64)


def _inner(shape: object, edge: np.ndarray, frame: _Frame) -> np.ndarray:
    """Return the cells that lie wholly in an area, given those that its border touches.

    Between two of those the cells of a row are all inside or all outside: one of them tells.
    """
    if not len(edge):
        return np.empty(0, dtype=np.int64)
    columns = frame.size[1]
    row, column = np.divmod(edge, columns)
    gaps = np.flatnonzero((np.diff(row) == 0) & (np.diff(column) > 1))
    first, last = edge[gaps] + 1, edge[gaps + 1] - 1
    y, x = np.divmod(first, columns)
    centre_x = (x + 0.5) / frame.scale[0] + frame.corner[0]
    centre_y = (y + 0.5) / frame.scale[1] + frame.corner[1]
    inside = shapely.contains_xy(shape, centre_x, centre_y)
    first, length = first[inside], (last - first + 1)[inside]
    turn = np.arange(int(length.sum())) - np.repeat(np.cumsum(length) - length, length)
    return np.asarray(np.repeat(first, length) + turn)


# ---------------------------------------------------------------- kept in a file, for another process


def save(mosaic: Mosaic, path: Path) -> None:
    """Write a mosaic as plain arrays (`.npz`)."""
    blobs = shapely.to_wkb(mosaic.shapes)
    np.savez(
        path,
        codes=np.asarray(mosaic.codes, dtype=np.str_),
        wkb=np.frombuffer(b"".join(blob or b"" for blob in blobs), dtype=np.uint8),
        ends=np.cumsum([len(blob or b"") for blob in blobs], dtype=np.int64),
        frame=np.array([*mosaic.corner, *mosaic.scale]),
        label=mosaic.label,
        starts=mosaic.starts,
        pairs=mosaic.pairs,
    )


def load(path: Path) -> Mosaic:
    """Read what `save` wrote."""
    with np.load(path, allow_pickle=False) as kept:
        content, ends = kept["wkb"].tobytes(), kept["ends"].tolist()
        blobs = np.empty(len(ends), dtype=object)
        blobs[:] = [content[a:b] or None for a, b in pairwise([0, *ends])]
        shapes = np.asarray(shapely.from_wkb(blobs))
        shapely.prepare(shapes)
        x, y, across, up = kept["frame"].tolist()
        codes = kept["codes"].astype(object)
        return Mosaic(codes, shapes, (x, y), (across, up), kept["label"], kept["starts"], kept["pairs"])
