"""Several layers of grids into one (多网合一): one proposal, and every place where the layers disagree.

All layers are laid over each other, and a border costs the less the more layers have one there.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import shapely
from shapely import MultiPolygon, Polygon

from geo.suggest.cells import Cells, cells_of, united
from geo.suggest.ground import CannotSuggest, Floats, Ground, Limits, Whole
from geo.suggest.grouping import Grouping
from geo.suggest.layers import NOWHERE, Layer, Places, places_of, with_lines
from geo.suggest.partition import roughly
from geo.suggest.polish import Taste
from geo.suggest.proposals import Proposal, proposal

TOGETHER = Taste(guided=0.02, border=3.0, distance=0.5, balance=3.0)
"""Borders where layers have them, before anything else."""
Kind = Literal["disputed", "uncovered", "doubled"]


@dataclass(frozen=True, slots=True)
class Conflict:
    """A place where layers disagree (图层冲突).

    ``kind``: ``disputed`` (a layer has it with others than the proposal does), ``uncovered`` (in no grid of a
    layer), ``doubled`` (in several). ``says``: per layer, its grid there, None for none. ``grid``: number of the
    proposal's grid. ``against``: the layers at fault or overruled.
    """

    kind: Kind
    shape: Polygon | MultiPolygon
    households: float
    buildings: tuple[int, ...]
    says: tuple[str | None, ...]
    grid: int
    against: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Merged:
    """One proposal out of several layers, with all conflicts, the most households first.

    ``agreed``: share of the households that every layer has in company of the proposal's.
    """

    proposal: Proposal
    conflicts: tuple[Conflict, ...]
    agreed: float | None


def merge_layers(
    ground: Ground,
    layers: Sequence[Layer],
    limits: Limits | None = None,
    *,
    effort: float = 1.0,
    seed: int = 1,
) -> Merged:
    """Merge layers of grids into one proposal within the limits. Raises :class:`CannotSuggest` for no layer.

    >>> from shapely import box
    >>> from geo.suggest import ground, layer
    >>> homes = [box(x, 10, x + 20, 20) for x in range(10, 400, 50)]
    >>> area = ground(box(0, 0, 400, 50), homes, [100] * 8)
    >>> party = layer("party", ["p1", "p2"], [box(0, 0, 200, 50), box(200, 0, 400, 50)])
    >>> police = layer("police", ["q1", "q2"], [box(0, 0, 250, 50), box(250, 0, 400, 50)])
    >>> merged = merge_layers(area, [party, police])
    >>> [(each.kind, each.households, each.says) for each in merged.conflicts], merged.agreed
    ([('disputed', 100.0, ('p2', 'q1'))], 0.875)
    """
    limits = limits or Limits()
    if not layers:
        raise CannotSuggest("there is no layer to merge", field="layers")
    whole = with_lines(ground, layers)
    cells = cells_of(whole)
    places = [places_of(ground, cells, each) for each in layers]
    weighed = _weighed(cells, places)
    rough = roughly(weighed, limits)
    start = rough.group(None, effort, seed, None)
    labels = rough.bettered(start.labels, TOGETHER, effort, seed)
    made = proposal(ground, cells, Grouping(labels, start.reasons), limits)
    conflicts, agreed = _conflicts(cells, layers, places, made)
    return Merged(made, conflicts, agreed)


def _weighed(cells: Cells, places: Sequence[Places]) -> Cells:
    """Cells whose borders count as led by lines as far as layers have a border there."""
    part = [(each.of[cells.a] != each.of[cells.b]).astype(float) for each in places]
    share: Floats = np.mean(part, axis=0)
    total = cells.free + cells.guided
    by_road = np.divide(cells.guided, total, out=np.zeros_like(total), where=total > 0)
    # where layers are of two minds, a road decides
    led = np.clip(share + 0.2 * by_road, 0.0, 1.0)
    return dataclasses.replace(cells, free=total * (1 - led), guided=total * led)


def _conflicts(
    cells: Cells, layers: Sequence[Layer], places: Sequence[Places], made: Proposal
) -> tuple[tuple[Conflict, ...], float | None]:
    labels = np.array(made.cells, dtype=np.int64)
    own = [_matched(cells, labels, each.of) for each in places]
    disputed = [
        (each.of != match[labels]) & (each.of != NOWHERE) for each, match in zip(places, own, strict=True)
    ]
    found: list[Conflict] = []
    for kind, flags in (
        ("disputed", disputed),
        ("uncovered", [each.of == NOWHERE for each in places]),
        ("doubled", [each.doubled for each in places]),
    ):
        found += _gathered(kind, cells, layers, places, labels, np.stack(flags))  # type: ignore[arg-type]  # one of the three kinds
    people = float(cells.households.sum())
    against = np.stack(disputed).any(axis=0) | np.stack([each.of == NOWHERE for each in places]).any(axis=0)
    agreed = 1 - float(cells.households[against].sum()) / people if people else None
    return tuple(sorted(found, key=lambda each: (-each.households, -each.shape.area))), agreed


def _matched(cells: Cells, labels: Whole, of: Whole) -> Whole:
    """Per grid of the proposal: the layer's grid that most of its people are in."""
    count = int(labels.max()) + 1
    held = np.zeros((count, int(of.max(initial=0)) + 1))
    known = of >= 0
    weight = cells.households + 1e-6 * cells.area
    np.add.at(held, (labels[known], of[known]), weight[known])
    return np.where(held.max(axis=1) > 0, held.argmax(axis=1), NOWHERE).astype(np.int64)


def _gathered(
    kind: Kind,
    cells: Cells,
    layers: Sequence[Layer],
    places: Sequence[Places],
    labels: Whole,
    flags: np.ndarray[tuple[int, int], np.dtype[np.bool_]],
) -> list[Conflict]:
    """Conflicts of one kind; neighbouring cells of which the same is said are one place."""
    said = np.vstack([flags, labels[None], *(each.of[None] for each in places)])
    same = (said[:, cells.a] == said[:, cells.b]).all(axis=0) & cells.neighbours
    piece = united(len(cells), cells.a[same], cells.b[same])
    found = []
    for first in np.unique(piece[flags.any(axis=0)]):
        mine = piece == first
        faces = np.flatnonzero(mine[cells.of_face])
        found.append(
            Conflict(
                kind,
                shapely.coverage_union_all(cells.faces.shapes[faces]),
                float(cells.households[mine].sum()),
                tuple(np.flatnonzero(mine[cells.of_building]).tolist()),
                tuple(
                    None if each.of[first] == NOWHERE else layer.codes[int(each.of[first])]
                    for layer, each in zip(layers, places, strict=True)
                ),
                int(labels[first]) + 1,
                tuple(layer.name for layer, at in zip(layers, flags[:, first], strict=True) if at),
            )
        )
    return found
