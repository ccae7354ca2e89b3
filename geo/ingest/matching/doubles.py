"""Communities that seem to be there twice (查重): a new code with the name, or on the ground, of one that is known.

Pure. Within a file the same name in the same neighbourhood counts, against what is known also the same ground.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import shapely

from geo.ingest.matching.names import parse
from geo.ingest.matching.values import Known, Part

SAME_GROUND: Final = 0.5
"""From which share of the smaller outline on two outlines are taken for the same ground."""


@dataclass(frozen=True, slots=True)
class New:
    """A row with a code that nobody knows yet. `shape` is in degrees, None where it has none."""

    number: int
    code: str
    name: str
    shape: Any = None


@dataclass(frozen=True, slots=True)
class Double:
    """A row that seems to be there already, as a known community or an earlier row of the file, by their positions."""

    new: int
    parts: tuple[Part, ...]
    score: float
    known: int | None = None
    row: int | None = None


def doubles(
    rows: Sequence[New], known: Sequence[Known], outlines: Mapping[str, Any], same: float = SAME_GROUND
) -> list[Double]:
    """Return the rows that seem to be there twice, each with the likest of those it may be.

    `outlines` are the shapes of known communities by code, as many as are near.
    """
    found: dict[int, Double] = {}
    for double in (*_by_ground(rows, known, outlines, same), *_by_name(rows, known), *_within(rows)):
        before = found.get(double.new)
        if before is not None and before.known is not None and before.known == double.known:
            found[double.new] = Double(double.new, (*double.parts, *before.parts), 1.0, double.known)
        elif before is None:
            found[double.new] = double
    return [found[position] for position in sorted(found)]


def _by_ground(
    rows: Sequence[New], known: Sequence[Known], outlines: Mapping[str, Any], same: float
) -> list[Double]:
    at = {one.code: position for position, one in enumerate(known)}
    codes = [code for code in outlines if code in at]
    mine = [i for i, one in enumerate(rows) if one.shape is not None and not shapely.is_empty(one.shape)]
    if not codes or not mine:
        return []
    theirs = np.array([outlines[code] for code in codes], dtype=object)
    ours = np.array([rows[i].shape for i in mine], dtype=object)
    left, right = shapely.STRtree(theirs).query(ours, predicate="intersects")
    shared = shapely.area(shapely.intersection(ours[left], theirs[right]))
    least = np.minimum(shapely.area(ours[left]), shapely.area(theirs[right]))
    share = shared / np.maximum(least, 1e-300)
    best: dict[int, tuple[float, int]] = {}
    for i, k, value in zip(left.tolist(), right.tolist(), share.tolist(), strict=True):
        if value >= same and value > best.get(i, (0.0, 0))[0]:
            best[i] = (value, k)
    return [
        Double(mine[i], (_ground(value),), round(min(value, 1.0), 4), at[codes[k]])
        for i, (value, k) in best.items()
    ]


def _ground(share: float) -> Part:
    told = f"{min(share, 1.0):.0%}"
    return Part(
        "shape", round(min(share, 1.0), 3), (f"图形重叠 {told}", f"{told} of the smaller outline is shared")
    )


def _by_name(rows: Sequence[New], known: Sequence[Known]) -> list[Double]:
    """Return rows that are called as one that is known in the same sub-district."""
    named: dict[tuple[str, str], int] = {}
    for position, there in enumerate(known):
        for text in (there.name, *there.aliases):
            named.setdefault((there.code[:9], parse(text).key), position)
    part = Part("name", 1.0, ("街道内已有同名小区", "a community of that name is in the sub-district"))
    keys = [(one.code[:9], parse(one.name).key) for one in rows]
    return [Double(i, (part,), 1.0, named[key]) for i, key in enumerate(keys) if key[1] and key in named]


def _within(rows: Sequence[New]) -> list[Double]:
    """Return rows that are called as an earlier one in the same neighbourhood of the file."""
    first: dict[tuple[str, str], int] = {}
    found = []
    for i, one in enumerate(rows):
        key = (one.code[:12], parse(one.name).key)
        earlier = first.setdefault(key, i)
        if key[1] and earlier != i:
            said = (
                f"与第 {rows[earlier].number} 行同名同社区",
                f"called as row {rows[earlier].number}, same neighbourhood",
            )
            found.append(Double(i, (Part("name", 1.0, said),), 1.0, row=earlier))
    return found
