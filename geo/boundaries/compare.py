"""Old → new (新旧对照): the land, households and buildings that a redrawing moves, and which cell came from which.

Pure: two sets of cells by code, in the same coordinates. Lineage (沿革) is derived from overlap, for a person to
confirm.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import shapely
from numpy.typing import NDArray

from geo.boundaries.check.report import Measure, Plane
from geo.boundaries.tessellation import Cell, same

DESCENT: Final = 0.05
"""A cell comes from another whose land, or whose households, make up this share of either of the two."""

Fate = Literal["unchanged", "reshaped", "split", "merged", "redrawn", "new", "ended"]


@dataclass(frozen=True, slots=True)
class Move:
    """What goes from an old cell to a new one; None on a side is land that no cell had, or has. Unknown stays None."""

    old: str | None
    new: str | None
    area_m2: float
    buildings: int
    households: float | None


@dataclass(frozen=True, slots=True)
class Homes:
    """Buildings as points (n) with households (NaN = unknown)."""

    points: NDArray[np.object_]
    households: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Comparison:
    """`moves` holds only what changed its code; `came_from` and `fate` are by code, of the cells of either side."""

    moves: tuple[Move, ...]
    came_from: Mapping[str, tuple[str, ...]]
    fate: Mapping[str, Fate]
    area_m2: float
    buildings: int
    households: float | None

    def unsettled(self, attached: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
        """Return what is attached to a cell that ends (branches 支部, posts 岗位), with the cells that it might go to.

        `attached` names things by the code of their old cell.
        """
        heirs: dict[str, list[str]] = {}
        for new, origins in self.came_from.items():
            for old in origins:
                heirs.setdefault(old, []).append(new)
        ended = [code for code in attached if self.fate.get(code) in ("ended", "split", "merged", "redrawn")]
        return {thing: sorted(heirs.get(code, [])) for code in ended for thing in attached[code]}


def compare(
    old: Mapping[str, Cell],
    new: Mapping[str, Cell],
    *,
    plane: Plane = lambda points: points,
    homes: Homes | None = None,
    descent: float = DESCENT,
) -> Comparison:
    """Return what moves from old to new cells.

    >>> was = {"a": shapely.box(0, 0, 2, 1)}
    >>> now = {"b": shapely.box(0, 0, 1, 1), "c": shapely.box(1, 0, 2, 1)}
    >>> found = compare(was, now)
    >>> found.came_from, dict(found.fate)
    ({'b': ('a',), 'c': ('a',)}, {'a': 'split', 'b': 'new', 'c': 'new'})
    """
    still = {code for code in old.keys() & new.keys() if same(old[code], new[code])}
    before = {code: cell for code, cell in old.items() if code not in still}
    after = {code: cell for code, cell in new.items() if code not in still}
    measure = Measure(plane)
    shared = _shared(before, after, measure)
    people = _people(before, after, homes)
    moves = tuple(_moves(before, after, shared, people, measure))
    came_from = _descent(before, after, shared, people, measure, descent)
    counted = [move.households for move in moves]
    return Comparison(
        moves,
        {**{code: (code,) for code in still}, **came_from},
        {**dict.fromkeys(still, "unchanged"), **_fates(before, after, came_from)},
        sum(move.area_m2 for move in moves),
        sum(move.buildings for move in moves),
        None if homes is None or None in counted else float(sum(one for one in counted if one is not None)),
    )


Pair = tuple[str | None, str | None]


def _shared(
    old: Mapping[str, Cell], new: Mapping[str, Cell], measure: Measure
) -> dict[tuple[str, str], float]:
    """Return the common land in m² of old and new cells that have any."""
    if not old or not new:
        return {}
    mine, yours = (np.array([*cells.values(), None], dtype=object)[:-1] for cells in (old, new))
    one, two = shapely.STRtree(yours).query(mine, "intersects")
    common = shapely.intersection(mine[one], yours[two])
    areas = measure.areas_widths(common)[0]
    names = list(old), list(new)
    return {
        (names[0][i], names[1][j]): float(area)
        for i, j, area in zip(one.tolist(), two.tolist(), areas.tolist(), strict=True)
        if area > 0
    }


def _people(
    old: Mapping[str, Cell], new: Mapping[str, Cell], homes: Homes | None
) -> dict[Pair, tuple[int, float]]:
    """Return buildings and households (NaN where one is unknown) by old and new cell."""
    if homes is None:
        return {}
    sides = [_cell_of(cells, homes.points) for cells in (old, new)]
    found: dict[Pair, tuple[int, float]] = {}
    for one, two, count in zip(*sides, homes.households.tolist(), strict=True):
        if one is not None or two is not None:
            buildings, households = found.get((one, two), (0, 0.0))
            found[one, two] = (buildings + 1, households + count)
    return found


def _cell_of(cells: Mapping[str, Cell], points: NDArray[np.object_]) -> list[str | None]:
    found: list[str | None] = [None] * len(points)
    if cells:
        shapes, codes = np.array([*cells.values(), None], dtype=object)[:-1], list(cells)
        for point, cell in zip(*shapely.STRtree(shapes).query(points, "intersects").tolist(), strict=True):
            found[point] = found[point] or codes[cell]
    return found


def _moves(
    old: Mapping[str, Cell],
    new: Mapping[str, Cell],
    shared: Mapping[tuple[str, str], float],
    people: Mapping[Pair, tuple[int, float]],
    measure: Measure,
) -> list[Move]:
    land: dict[Pair, float] = {pair: area for pair, area in shared.items() if pair[0] != pair[1]}
    noise = 1e-9 * sum(shared.values())
    for cells, side in ((old, 0), (new, 1)):
        areas = measure.areas_widths(list(cells.values()))[0].tolist()
        for code, area in zip(cells, areas, strict=True):
            rest = area - sum(part for pair, part in shared.items() if pair[side] == code)
            if rest > noise:
                land[(code, None) if side == 0 else (None, code)] = rest
    pairs = [*land, *(pair for pair in people if pair not in land and pair[0] != pair[1])]
    found = []
    for pair in pairs:
        buildings, households = people.get(pair, (0, 0.0))
        known = None if np.isnan(households) else households
        found.append(Move(*pair, land.get(pair, 0.0), buildings, known if people else None))
    return sorted(found, key=lambda move: (-move.area_m2, move.old or "", move.new or ""))


def _descent(
    old: Mapping[str, Cell],
    new: Mapping[str, Cell],
    shared: Mapping[tuple[str, str], float],
    people: Mapping[Pair, tuple[int, float]],
    measure: Measure,
    least: float,
) -> dict[str, tuple[str, ...]]:
    land = [
        dict(zip(cells, measure.areas_widths(list(cells.values()))[0].tolist(), strict=True))
        for cells in (old, new)
    ]
    homes: list[dict[str | None, float]] = [{}, {}]
    for pair, (_, households) in people.items():
        for side in (0, 1):
            homes[side][pair[side]] = homes[side].get(pair[side], 0.0) + households
    found: dict[str, list[tuple[float, str]]] = {code: [] for code in new}
    for (one, two), area in shared.items():
        households = people.get((one, two), (0, 0.0))[1]
        shares = [area / land[0][one], area / land[1][two]]
        shares += [
            households / of for side, code in ((0, one), (1, two)) if (of := homes[side].get(code, 0.0)) > 0
        ]
        if max(shares) >= least:
            found[two].append((area, one))
    return {code: tuple(one for _, one in sorted(origins, reverse=True)) for code, origins in found.items()}


def _fates(
    old: Mapping[str, Cell], new: Mapping[str, Cell], came_from: Mapping[str, tuple[str, ...]]
) -> dict[str, Fate]:
    """Return what became of each cell: of an old code that goes on it is `reshaped`, else how it ended."""
    fates: dict[str, Fate] = {}
    for code in old:
        heirs = [other for other, origins in came_from.items() if code in origins]
        if code in new:
            fates[code] = "reshaped"
        elif not heirs:
            fates[code] = "ended"
        elif len(heirs) > 1:
            fates[code] = "split" if all(came_from[heir] == (code,) for heir in heirs) else "redrawn"
        else:
            fates[code] = "merged" if len(came_from[heirs[0]]) > 1 else "redrawn"
    return {**fates, **{code: "new" for code in new if code not in old}}
