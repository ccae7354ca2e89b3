"""What the bound keeps of the problem (松弛): per hub a knapsack, per component a number of packages.

Dropped are: that each atom is in one package (priced instead, Lagrange), contiguity but for lightest paths,
apart, locks, and priced rules unless the plan at hand breaks none of them. Kept are: the hub among its
members, every hard bound, atoms whole, components, the number of packages, the weight left out.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from geo.bundling.bounds.near_units import Pairs, pairs_within, plant, radii, reachable_pairs
from geo.bundling.forms.arrays import Arrays, Floats, Whole

_HAIR = 1e-12
_ALL_LISTED = 400
"""Up to so many units every hub lists every unit."""
_COVER = 6.0
"""Usual packages within the radius that a unit looks at for hubs."""
_AROUND = 2.5
"""Usual packages within the radius within which a hub lists every unit."""
_RINGS = 32
_PAIRS = 6_000_000
"""Most pairs listed, about; 16 bytes each."""
_CROWDED = 0.7
"""Prices above this share of their ceiling want longer lists."""
_TIGHT = 0.02
"""Columns within this share of the tightest are summed up to one window."""


class Relaxation(NamedTuple):
    """Hubs are units (or given centres), items are atoms; row ``i`` of the pairs is hub ``i``."""

    at: Whole
    item: np.ndarray
    cost: Floats
    complete: np.ndarray
    own: Whole
    """Per hub: the atom that it is part of, -1 for a centre that is none."""
    piece: Whole
    """Per hub: its component, -1 where it cannot be a hub."""
    lower: Floats
    """Per hub: the window of weights, with ``upper``."""
    upper: Floats
    weight: Floats
    """Per item: the sum of its shares of the tightest columns."""
    amounts: Floats
    """Items × further columns, with their bounds ``least`` and ``most``."""
    least: Floats
    most: Floats
    load: Floats
    radius: Floats
    """Per unit: every hub within it lists the unit."""
    rings: Floats
    """Radii, and per hub the number of the largest within which it lists every unit (``ring``)."""
    ring: Whole
    pull: Floats
    ceiling: Floats
    """Per item: highest price at which no hub that does not list it would gain by it."""
    scale: Floats
    """Per item: its usual cost, the measure of steps; 0 for an item that is in no package."""
    item_piece: Whole
    fewest: Whole
    """Per component: packages, with ``many``."""
    many: Whole
    packages: Whole
    """Fewest and most packages in all."""
    out: float
    """Load that the plan leaves out of these items; and whether items without load may stay out."""
    free_out: bool


def relax(
    arrays: Arrays, packages: tuple[int, int], left_out: float, soft: float, radius: Floats | None = None
) -> Relaxation | None:
    """The relaxation among plans that leave out ``left_out`` and pay at most ``soft`` for priced rules.

    ``radius``: per unit, how far it looks for hubs; worked out where it is not given. None where no component
    can hold a package or the number of packages cannot be. One array follows from another: it reads better whole.
    """
    if not (arrays.component >= 0).any():
        return None
    lower, upper = _bounds(arrays, soft)
    able = _able_pieces(arrays, lower)
    item_piece = np.where(arrays.component >= 0, able[arrays.component], -1)
    if not (item_piece >= 0).any():
        return None
    kept = item_piece >= 0
    placed = math.isinf(arrays.out_price) or (left_out <= 0 and bool((arrays.atom_load[kept] > 0).all()))
    fewest, many = _packages_per_piece(arrays, item_piece, lower, upper, left_out, placed)
    whole, _ = _packages_per_piece(arrays, np.where(kept, 0, -1), lower, upper, left_out, placed)
    low = max(packages[0], int(fewest.sum()), int(whole[0]), 1)
    high = min(packages[1], int(many.sum()))
    if low > high:
        return None
    weight, window, rest = _window(arrays, lower, upper, low, kept)
    piece = item_piece[arrays.atom_of]
    usual = float(arrays.load[piece >= 0].sum()) / low
    one_area = soft <= 0 and arrays.border_price > 0
    pairs, radius, scale, around = _near(arrays, piece, usual, radius, one_area=one_area)
    rings = np.geomspace(max(float(around.min()), 1e-3), max(float(around.max()), 2e-3), _RINGS)
    ring = np.searchsorted(rings, around, side="right") - 1
    pairs = _reached(arrays, pairs, piece, weight, window[1])
    inside = piece >= 0
    far = np.bincount(
        arrays.atom_of[inside],
        arrays.pull[inside] * np.where(np.isinf(radius[inside]), 1e300, radius[inside]),
        minlength=len(kept),
    )
    return Relaxation(
        at=pairs.at,
        item=pairs.atom,
        cost=pairs.cost,
        complete=pairs.complete,
        own=arrays.atom_of,
        piece=piece,
        lower=np.full(len(piece), window[0]),
        upper=np.full(len(piece), window[1]),
        weight=weight,
        amounts=np.ascontiguousarray(arrays.amounts[:, rest]),
        least=_hair(lower[rest], -1),
        most=_hair(upper[rest], 1),
        load=arrays.atom_load,
        radius=radius,
        rings=np.concatenate([np.zeros(1), rings]),
        ring=(ring + 1).astype(np.int64),
        pull=np.bincount(arrays.atom_of, arrays.pull, minlength=len(kept)).astype(float),
        ceiling=np.where(far >= 1e290, np.inf, far),
        scale=np.where(kept, np.bincount(arrays.atom_of, arrays.pull * scale, minlength=len(kept)), 0.0),
        item_piece=item_piece,
        fewest=fewest,
        many=many,
        packages=np.array([low, high], dtype=np.int64),
        out=max(left_out, 0.0) * (1 + _HAIR),
        free_out=math.isfinite(arrays.out_price),
    )


def able_atoms(arrays: Arrays, soft: float) -> np.ndarray:
    """Per atom: whether its component can hold a package that pays at most ``soft`` for priced rules."""
    if not (arrays.component >= 0).any():
        return np.zeros(len(arrays.component), dtype=bool)
    able = _able_pieces(arrays, _bounds(arrays, soft)[0])
    return np.asarray((arrays.component >= 0) & (able[arrays.component] >= 0))


def _hair(bounds: Floats, sign: int) -> Floats:
    """Bounds a hair wider than the arrays have them: sums are added up in another order here."""
    finite = np.where(np.isinf(bounds), 0.0, bounds)
    return np.asarray(bounds + sign * _HAIR * np.maximum(1.0, np.abs(finite)), dtype=float)


def _bounds(arrays: Arrays, soft: float) -> tuple[Floats, Floats]:
    """Bounds that plans keep which pay at most ``soft``: a priced bound bends by what that buys."""
    with np.errstate(divide="ignore", invalid="ignore"):
        bend = np.where(np.isinf(arrays.price), 0.0, soft * (1 + 1e-9) / arrays.price)
    bend = np.where(arrays.price <= 0, np.inf, bend)
    return arrays.lower - bend, arrays.upper + bend


def _able_pieces(arrays: Arrays, lower: Floats) -> Whole:
    """Per component: its number among those that can hold a package, -1 for the others."""
    count = int(arrays.component.max()) + 1
    inside = arrays.component >= 0
    able = np.ones(count, dtype=bool)
    for column in range(len(lower)):
        amounts = arrays.amounts[inside, column]
        gains = np.bincount(arrays.component[inside], np.maximum(amounts, 0.0), minlength=count)
        dearest = np.full(count, -np.inf)
        np.maximum.at(dearest, arrays.component[inside], amounts)
        able &= np.where(dearest > 0, gains, dearest) * (1 + _HAIR) + _HAIR >= lower[column]
    return np.where(able, np.cumsum(able) - 1, -1).astype(np.int64)


def _packages_per_piece(
    arrays: Arrays, item_piece: Whole, lower: Floats, upper: Floats, left_out: float, placed: bool
) -> tuple[Whole, Whole]:
    """Fewest and most packages of each component, by what its items add up to.

    ``placed``: no item stays out; else only the loads tell what is in packages.
    """
    kept = item_piece >= 0
    pieces = int(item_piece.max()) + 1
    many = np.bincount(item_piece[kept], minlength=pieces).astype(np.int64)
    loads = np.bincount(item_piece[kept], arrays.atom_load[kept], minlength=pieces)
    fewest = np.where(placed | (loads > left_out * (1 + 1e-6) + 1e-6), 1, 0).astype(np.int64)
    for column in range(len(lower)):
        amounts = arrays.amounts[kept, column]
        if amounts.min() < 0:
            continue
        held = np.bincount(item_piece[kept], amounts, minlength=pieces)
        if lower[column] > 0:
            many = np.minimum(many, np.floor(held / lower[column] + 1e-6).astype(np.int64))
        if not placed and not np.array_equal(amounts, arrays.atom_load[kept]):
            continue
        if 0 < upper[column] < np.inf:
            inside = held if placed else np.maximum(held - left_out, 0.0)
            fewest = np.maximum(fewest, np.ceil(inside / upper[column] - 1e-6).astype(np.int64))
    return fewest, many


def _window(
    arrays: Arrays, lower: Floats, upper: Floats, packages: int, kept: np.ndarray
) -> tuple[Floats, tuple[float, float], list[int]]:
    """Weights per item, their window in a package, and the further columns.

    Of columns about as tight as each other the sum is taken, in shares of their usual amounts: a package
    that keeps every bound keeps their sum (a surrogate). Without an upper bound the first column counts.
    """
    total = arrays.amounts[kept].sum(axis=0) if len(lower) else np.zeros(0)
    counts = [c for c in range(len(lower)) if arrays.amounts[kept, c].min() >= 0 and total[c] > 0]
    tight = {c: float(upper[c]) * packages / float(total[c]) for c in counts}
    bounded = [c for c in counts if math.isfinite(tight[c])] or [c for c in counts if lower[c] > 0]
    if not bounded:
        bounds = [c for c in range(len(lower)) if math.isfinite(lower[c]) or math.isfinite(upper[c])]
        return np.where(kept, arrays.atom_load, 0.0), (-math.inf, math.inf), bounds
    least = min(tight[c] for c in bounded)
    chosen = [c for c in bounded if not tight[c] > least * (1 + _TIGHT)]
    if len(chosen) == 1:
        weight, low, high = arrays.amounts[:, chosen[0]], float(lower[chosen[0]]), float(upper[chosen[0]])
    else:
        shares = packages / total[chosen]
        weight = arrays.amounts[:, chosen] @ shares
        low, high = float((lower[chosen] * shares).sum()), float((upper[chosen] * shares).sum())
    rest = [
        c
        for c in range(len(lower))
        if (len(chosen) > 1 or c not in chosen) and (lower[c] > -np.inf or upper[c] < np.inf)
    ]
    ends = float(_hair(np.array([low]), -1)[0]), float(_hair(np.array([high]), 1)[0])
    return np.where(kept, weight, 0.0), ends, rest


def _near(
    arrays: Arrays, piece: Whole, usual: float, radius: Floats | None, *, one_area: bool
) -> tuple[Pairs, Floats, Floats, Floats]:
    """Pairs; radius of each unit; radius within which a usual package lies; radius of each hub."""
    count = len(piece)
    sizes = np.bincount(piece[piece >= 0]).astype(np.int64)
    tree = plant(arrays.x, arrays.y)
    most = max(_ALL_LISTED, _PAIRS // count)
    load = np.maximum(arrays.load, 1e-9)
    scale = radii(tree, arrays.x, arrays.y, load, piece, sizes, usual, most)
    wide = float(np.hypot(np.ptp(arrays.x), np.ptp(arrays.y))) + 1.0
    scale = np.minimum(scale, wide)
    around = np.minimum(radii(tree, arrays.x, arrays.y, load, piece, sizes, _AROUND * usual, most), wide)
    if count <= _ALL_LISTED:
        radius = np.full(count, np.inf)
    elif radius is None:
        radius = radii(tree, arrays.x, arrays.y, load, piece, sizes, _COVER * usual, most)
    else:
        radius = np.where(radius > wide, np.inf, radius)
    return pairs_within(arrays, tree, piece, radius, around, one_area), radius, scale, around


def wider(arrays: Arrays, relaxation: Relaxation, prices: Floats) -> Floats | None:
    """Radii that leave room above the prices; None where all have it, or the lists are as long as they may be."""
    short = prices > _CROWDED * relaxation.ceiling
    if not short.any() or len(relaxation.item) > 2 * _PAIRS:
        return None
    return np.where(short[arrays.atom_of], 2.0 * relaxation.radius, relaxation.radius)


def _reached(arrays: Arrays, pairs: Pairs, piece: Whole, weight: Floats, upper: float) -> Pairs:
    """Pairs that a package can have by weight; marks the hubs that list all there is."""
    if math.isfinite(upper):
        return reachable_pairs(arrays, pairs, weight, upper)
    able = piece >= 0
    items = np.bincount(arrays.component[arrays.component >= 0])
    rows = np.diff(pairs.at)
    complete = np.zeros(len(piece), dtype=np.bool_)
    complete[able] = rows[able] == items[arrays.component[arrays.atom_of[able]]]
    return pairs._replace(complete=complete)
