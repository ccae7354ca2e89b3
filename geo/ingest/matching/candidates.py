"""Who a row may mean (候选): found among all known names at once by shared pieces of text, by address and by place.

Pure numpy. A text falls into its characters and pairs of neighbouring characters; rare pieces weigh more. One matrix
product of sparse rows gives the likeness of every row to every known name, a block of rows at a time.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np
import shapely

from geo.ingest.matching.addresses import parse as parse_address
from geo.ingest.matching.values import Known, Wanted

_BLOCK: Final = 512
_SHARED: Final = 0.2
"""The least likeness that makes a candidate: below it nothing but a common ending is shared."""
_COMMON: Final = 400
"""A piece that more known names than this share finds nobody by itself, where a row has rarer ones."""
_EARTH: Final = 6_371_008.8


def pieces(text: str) -> list[str]:
    """Return the characters and pairs of a text, with its begin and end.

    >>> pieces("翠湖")
    ['翠', '湖', '^翠', '翠湖', '湖$']
    """
    framed = f"^{text}$"
    return [*text, *(framed[i : i + 2] for i in range(len(framed) - 1))]


class NameIndex:
    """Texts that can be looked up by likeness."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._count = len(texts)
        self._terms: dict[str, int] = {}
        rows: list[int] = []
        terms: list[int] = []
        for row, text in enumerate(texts):
            for piece in set(pieces(text)):
                rows.append(row)
                terms.append(self._terms.setdefault(piece, len(self._terms)))
        of_row, of_term = np.array(rows, dtype=np.int64), np.array(terms, dtype=np.int64)
        frequency = np.bincount(of_term, minlength=max(len(self._terms), 1))
        self._weight = np.log1p(max(self._count, 1) / np.maximum(frequency, 1)) ** 2
        norm = np.sqrt(np.bincount(of_row, self._weight[of_term], minlength=max(self._count, 1)))
        order = np.argsort(of_term, kind="stable")
        self._rows = of_row[order]
        self._norm = np.maximum(norm, 1e-9)
        self._starts = np.concatenate([[0], np.cumsum(frequency)])
        self._frequency = frequency

    def look_up(self, texts: Sequence[str], most: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return (row, known, likeness) of the `most` likest known texts of every row, as three equal arrays."""
        found = [self._block(texts[i : i + _BLOCK], i, most) for i in range(0, len(texts), _BLOCK)]
        if not found or not self._count:
            return np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0)
        rows, known, likeness = (np.concatenate(parts) for parts in zip(*found, strict=True))
        return rows, known, likeness

    def _block(
        self, texts: Sequence[str], first: int, most: int
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        keys: list[np.ndarray] = []
        weights: list[np.ndarray] = []
        norms = np.full(len(texts), 1e-9)
        unheard = float(np.log1p(max(self._count, 1)) ** 2)
        for row, text in enumerate(texts):
            named = [(self._terms.get(piece), piece) for piece in set(pieces(text))]
            terms = [term for term, _ in named if term is not None]
            norms[row] += sum(self._weight[term] for term in terms) + unheard * (len(named) - len(terms))
            for term in self._telling(terms):
                holders = self._rows[self._starts[term] : self._starts[term + 1]]
                keys.append(holders + row * self._count)
                weights.append(np.full(len(holders), self._weight[term]))
        size = len(texts) * self._count
        shared = (
            np.bincount(np.concatenate(keys), np.concatenate(weights), minlength=size)
            if keys
            else np.zeros(size)
        )
        likeness = shared.reshape(len(texts), self._count) / (np.sqrt(norms)[:, None] * self._norm[None, :])
        return _best(likeness, first, most)

    def _telling(self, terms: list[int]) -> list[int]:
        """Return the terms worth following: the common ones only where nothing rarer is left."""
        rare = [term for term in terms if self._frequency[term] <= _COMMON]
        return rare if len(rare) >= 2 else terms


def _best(likeness: np.ndarray, first: int, most: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    count = min(most, likeness.shape[1])
    if not count:
        return np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0)
    columns = np.argpartition(-likeness, count - 1, axis=1)[:, :count]
    values = np.take_along_axis(likeness, columns, axis=1)
    rows = np.repeat(np.arange(len(likeness)), count)
    good = values.ravel() >= _SHARED
    return rows[good] + first, columns.ravel()[good], values.ravel()[good]


def by_address(rows: Sequence[Wanted], known: Sequence[Known]) -> Iterable[tuple[int, int]]:
    """Yield (row, known) pairs that stand at the same number of the same road, or within its range of numbers."""
    at: dict[tuple[str, str], list[int]] = defaultdict(list)
    for position, one in enumerate(known):
        address = parse_address(one.address) if one.address else None
        if address is not None and address.number:
            for each in address.numbers() if address.last else (address.number,):
                at[address.road, str(each)].append(position)
    for row, wanted in enumerate(rows):
        address = parse_address(wanted.address) if wanted.address else None
        if address is not None and address.number:
            for position in at.get((address.road, address.number), ())[:8]:
                yield row, position


def by_place(rows: Sequence[Wanted], known: Sequence[Known], most: int) -> Iterable[tuple[int, int]]:
    """Yield (row, known) pairs: the communities nearest to each row's point, within a few hundred metres."""
    there = [p for p, one in enumerate(known) if one.place is not None]
    asked = [r for r, one in enumerate(rows) if one.place is not None]
    if not there or not asked:
        return
    tree = shapely.STRtree(shapely.points([known[p].place for p in there]))
    spots = shapely.points([rows[r].place for r in asked])
    pairs = tree.query(spots, predicate="dwithin", distance=0.006)
    order = np.argsort(shapely.distance(spots[pairs[0]], tree.geometries[pairs[1]]), kind="stable")
    taken: dict[int, int] = defaultdict(int)
    for row, position in pairs[:, order].T.tolist():
        taken[row] += 1
        if taken[row] <= most:
            yield asked[row], there[position]


def metres(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Return distances on the sphere in metres between two arrays (n, 2) of lon, lat in degrees."""
    a, b = np.radians(one), np.radians(other)
    half = np.sin((a - b) / 2) ** 2
    chord = half[:, 1] + np.cos(a[:, 1]) * np.cos(b[:, 1]) * half[:, 0]
    return np.asarray(2 * _EARTH * np.arcsin(np.sqrt(np.clip(chord, 0, 1))))


def edits(ones: Sequence[str], others: Sequence[str]) -> np.ndarray:
    """Return the edit distance (insert, drop, replace, swap of neighbours) of every pair, all pairs at once.

    >>> edits(["翠湖花园", "翠湖", ""], ["翠胡花园", "湖翠", "园"]).tolist()
    [1, 1, 1]
    """
    a, lengths_a = _matrix(ones)
    b, lengths_b = _matrix(others)
    count, wide = len(a), b.shape[1]
    rows = np.arange(count)
    table = np.zeros((a.shape[1] + 1, count, wide + 1), dtype=np.int16)
    table[0] = np.arange(wide + 1)
    for i in range(1, a.shape[1] + 1):
        table[i, :, 0] = i
        for j in range(1, wide + 1):
            cost = (a[:, i - 1] != b[:, j - 1]).astype(np.int16)
            best = np.minimum(table[i - 1, :, j] + 1, table[i, :, j - 1] + 1)
            best = np.minimum(best, table[i - 1, :, j - 1] + cost)
            if i > 1 and j > 1:
                swapped = (a[:, i - 1] == b[:, j - 2]) & (a[:, i - 2] == b[:, j - 1])
                best = np.where(swapped, np.minimum(best, table[i - 2, :, j - 2] + 1), best)
            table[i, :, j] = best
    return np.asarray(table[lengths_a, rows, lengths_b], dtype=np.int64)


def _matrix(texts: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Return characters as numbers, one row a text cut at 24, padded with nought; and the lengths."""
    lengths = np.array([min(len(text), 24) for text in texts], dtype=np.int64)
    matrix = np.zeros((len(texts), int(lengths.max(initial=0))), dtype=np.int32)
    for row, text in enumerate(texts):
        matrix[row, : lengths[row]] = [ord(sign) for sign in text[:24]]
    return matrix, lengths
