"""How far two plans differ: the share of units that change package after the best matching of packages."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np

from geo.bundling.programmes.master import quiet

Labels = Mapping[str, str | None]


def changed_share(one: Labels, other: Labels) -> float:
    """Share of units (0–1) that are elsewhere in ``other``, however its packages are called.

    Packages are matched one to one so that as many units as possible stay (an assignment problem); units
    out in both plans stay, units out in one of them do not.

    >>> changed_share({"a": "P", "b": "P", "c": "Q"}, {"a": "Q", "b": "Q", "c": "P"})
    0.0
    >>> changed_share({"a": "P", "b": "P", "c": "Q", "d": None}, {"a": "P", "b": "Q", "c": "Q", "d": None})
    0.25
    """
    if not one:
        return 0.0
    shared = Counter((one[unit], other.get(unit)) for unit in one)
    stay = shared.pop((None, None), 0)
    pairs = [(a, b, count) for (a, b), count in shared.items() if a is not None and b is not None]
    return 1.0 - (stay + sum(_matched(piece) for piece in _pieces(pairs))) / len(one)


def _pieces(pairs: Sequence[tuple[str, str, int]]) -> list[list[tuple[str, str, int]]]:
    """Overlaps that hang together by a package of either plan; each piece is matched by itself."""
    at_left: dict[str, list[int]] = {}
    at_right: dict[str, list[int]] = {}
    for place, (a, b, _) in enumerate(pairs):
        at_left.setdefault(a, []).append(place)
        at_right.setdefault(b, []).append(place)
    pieces, seen = [], [False] * len(pairs)
    for start in range(len(pairs)):
        if seen[start]:
            continue
        seen[start], todo, piece = True, [start], []
        while todo:
            place = todo.pop()
            piece.append(pairs[place])
            for near in (*at_left[pairs[place][0]], *at_right[pairs[place][1]]):
                if not seen[near]:
                    seen[near] = True
                    todo.append(near)
        pieces.append(piece)
    return pieces


def _matched(piece: Sequence[tuple[str, str, int]]) -> int:
    """Most units that stay when the packages of a piece are matched one to one."""
    left, right = {a for a, _, _ in piece}, {b for _, b, _ in piece}
    if len(left) == 1 or len(right) == 1:
        return max(count for _, _, count in piece)
    rows = {("left", name): place for place, name in enumerate(sorted(left))}
    rows |= {("right", name): place + len(left) for place, name in enumerate(sorted(right))}
    highs, count = quiet(), len(piece)
    none = np.zeros(0, dtype=np.int32)
    most = np.ones(len(rows))
    highs.addRows(
        len(rows), np.full(len(rows), -math.inf), most, 0, np.zeros(len(rows), np.int32), none, np.zeros(0)
    )
    index = [row for a, b, _ in piece for row in (rows["left", a], rows["right", b])]
    highs.addCols(
        count,
        np.array([-float(size) for _, _, size in piece]),
        np.zeros(count),
        np.ones(count),
        2 * count,
        np.arange(0, 2 * count, 2, dtype=np.int32),
        np.array(index, dtype=np.int32),
        np.ones(2 * count),
    )
    highs.run()
    # the assignment programme has whole-number corners
    return round(-float(highs.getInfo().objective_function_value))
