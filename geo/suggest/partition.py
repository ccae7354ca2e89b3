"""Dividing a neighbourhood into grids (网格划分): cells, the bundling engine's grouping, borders bettered, outlines."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from geo.suggest.cells import Cells, cells_of
from geo.suggest.coarse import FEW, clumps, joined
from geo.suggest.ground import CannotSuggest, Ground, Limits, Whole
from geo.suggest.grouping import Grouping, grid_counts, group, same_share
from geo.suggest.polish import COLD, Plan, Taste, polished
from geo.suggest.proposals import Proposal, proposal, told_apart

DIFFERENT = 0.05
"""Share of the households that must be in other company for a proposal to count as another."""
RUNS = 6
"""Annealings of a proposal, of which the best is kept."""

TASTES = (
    Taste(guided=0.0, border=2.0, distance=1.0, balance=30.0),
    Taste(guided=-0.3, border=3.0, distance=1.0, balance=8.0),
    Taste(guided=0.3, border=1.0, distance=1.0, balance=80.0),
    Taste(guided=0.6, border=2.0, distance=1.0, balance=3.0),
    Taste(guided=0.15, border=1.0, distance=6.0, balance=3.0),
)
"""What proposals lean to, the first to nothing: all in balance; roads; even households; shape; short ways."""

Progress = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class Asked:
    """One proposal to look for: how many grids, and to which taste."""

    grids: int
    taste: Taste


def partition(
    ground: Ground,
    limits: Limits | None = None,
    n: int = 1,
    *,
    grids: int | None = None,
    effort: float = 1.0,
    seed: int = 1,
    progress: Progress | None = None,
    cancel: Callable[[], bool] | None = None,
) -> tuple[Proposal, ...]:
    """Up to ``n`` different divisions of a neighbourhood, the most balanced first.

    Each covers the neighbourhood exactly, cuts no building, and has connected grids within the ``limits``
    (default 300–500 households); where that cannot be, the nearest to it with the reasons. ``grids``: so many;
    default as many as bring their mean nearest to the limits' target. Same ground, limits, seed and effort →
    same proposals. Raises :class:`CannotSuggest` for a ground without buildings.

    >>> from shapely import LineString, box
    >>> from geo.suggest import ground
    >>> homes = [box(x, y, x + 20, y + 10) for x in range(10, 400, 50) for y in range(10, 200, 50)]
    >>> area = ground(box(0, 0, 400, 200), homes, [25] * len(homes), roads=[LineString([(200, 0), (200, 200)])])
    >>> best = partition(area)[0]
    >>> [(grid.number, grid.households) for grid in best.grids], best.figures.on_roads
    ([(1, 400.0), (2, 400.0)], 1.0)
    """
    limits = limits or Limits()
    _refuse(ground, n, grids)
    cells = cells_of(ground)
    rough = roughly(cells, limits)
    stop = cancel or (lambda: False)
    groupings: dict[int, Grouping] = {}
    found: list[Proposal] = []
    for turn, asked in enumerate(_asked(cells, limits, grids)):
        if len(found) >= n or turn >= 4 * n or (found and stop()):
            break
        if asked.grids not in groupings:
            wanted = asked.grids if found or grids is not None else None
            groupings[asked.grids] = rough.group(wanted, effort, seed, cancel)
        start = groupings[asked.grids]
        if found and start.reasons and not found[0].reasons:
            continue  # another number of grids that does not keep the limits is no alternative
        labels = rough.bettered(start.labels, asked.taste, effort, seed)
        if all(
            same_share(labels, other.cells, cells.households) <= 1 - DIFFERENT
            or int(labels.max()) != max(other.cells)
            for other in found
        ):
            found.append(proposal(ground, cells, Grouping(labels, start.reasons), limits))
        if progress is not None:
            progress(min(1.0, len(found) / n))
    return told_apart(found)


@dataclass(frozen=True, slots=True)
class Rough:
    """Cells, and the clumps that they are first divided as: the cells themselves where they are few."""

    cells: Cells
    clump: Whole
    clumps: Cells
    limits: Limits

    @property
    def few(self) -> bool:
        """Whether clumps are cells."""
        return len(self.clumps) == len(self.cells)

    def group(
        self, grids: int | None, effort: float, seed: int, cancel: Callable[[], bool] | None
    ) -> Grouping:
        """The engine's grouping as labels per clump; of single cells where clumps do not keep the limits."""
        found = group(self.clumps, self.limits, grids, effort=effort, seed=seed, cancel=cancel)
        if not found.reasons or self.few:
            return found
        fine = group(self.cells, self.limits, grids, effort=effort, seed=seed, cancel=cancel)
        return fine if len(fine.labels) else found

    def bettered(
        self, labels: Whole, taste: Taste, effort: float, seed: int, today: Whole | None = None
    ) -> Whole:
        """The best of several annealings by a taste, as labels per cell."""
        if len(labels) == len(self.clumps):
            labels = _annealed(self.clumps, labels, self.limits, taste, effort, seed, today)[self.clump]
        if self.few:
            return labels
        return polished(
            self.cells, labels, self.limits, taste, seed, effort=effort, today=today, hot=COLD * 4
        )


def roughly(cells: Cells, limits: Limits) -> Rough:
    """Clumps of many cells, or few cells as they are."""
    if len(cells) <= FEW:
        return Rough(cells, np.arange(len(cells)), cells, limits)
    clump = clumps(cells, limits.target)
    return Rough(cells, clump, joined(cells, clump), limits)


def _annealed(
    cells: Cells,
    labels: Whole,
    limits: Limits,
    taste: Taste,
    effort: float,
    seed: int,
    today: Whole | None,
) -> Whole:
    runs = (
        polished(cells, labels, limits, taste, seed + run, effort=3 * effort, today=today)
        for run in range(RUNS)
    )
    return min(runs, key=lambda found: Plan(cells, found, limits, taste, today).cost())


def _refuse(ground: Ground, n: int, grids: int | None) -> None:
    if n < 1:
        raise CannotSuggest(f"{n} proposals cannot be made", field="n")
    if grids is not None and grids < 1:
        raise CannotSuggest(f"{grids} grids cannot be made", field="grids")
    if not len(ground.buildings):
        raise CannotSuggest("no building stands in the neighbourhood", field="buildings")


def _asked(cells: Cells, limits: Limits, grids: int | None) -> Iterator[Asked]:
    """Proposals to look for, the most balanced first; then by taste and by the number of grids in turns."""
    counts = [grids] if grids is not None else grid_counts(float(cells.households.sum()), limits)
    counts = counts or [max(1, round(float(cells.households.sum()) / limits.target))]
    for taste in TASTES:
        yield Asked(counts[0], taste)
        if taste is TASTES[1] and len(counts) > 1:
            yield Asked(counts[1], TASTES[0])
    for count in counts[1:]:
        for taste in TASTES:
            yield Asked(count, taste)
