"""A proven lower bound on the distance part (下界), by relaxing who is served by whom.

Lagrangian relaxation of the capacitated p-median problem: each unit's "served once" rule is priced by a
multiplier u; what remains falls apart into one fractional two-sided knapsack per possible hub, whose own
unit is forced in, and the choice of the K cheapest hubs. Contiguity and every other rule are ignored,
so the value is below every plan that leaves out the same weight: read it as "at most x % from ideal".
Each hub looks at its nearest units only; multipliers are clipped so that units beyond can never help,
which keeps the bound rigorous (Ceselli and Righini 2005 for the relaxation).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from geo.bundling.model import EPS, Model

Floats: TypeAlias = NDArray[np.float64]
Whole: TypeAlias = NDArray[np.intp]

LARGEST = 3000
"""Units above which no bound is computed: the distance table would not fit a small machine."""
_SAFE = 1e-9


@dataclass(frozen=True)
class Relaxation:
    """What the bound needs to know: arrays over the units that can be in a package at all."""

    near: Whole
    """Per hub: its nearest units of the same component, itself not included; shape (n, m)."""
    price: Floats
    """Distance cost of each near unit, inf where there is none."""
    near_load: Floats
    load: Floats
    ceiling: Floats
    """Largest multiplier per unit that keeps the short lists rigorous."""
    lower: float
    upper: float
    packages: tuple[int, int]
    out: float
    """Weight that the plan leaves out of these units."""
    free_out: bool
    """Whether units without weight may stay out."""


def lower_bound(
    model: Model,
    components: Sequence[Sequence[int]],
    packages: tuple[int, int],
    left_out: float,
    value: float,
    rounds: int,
    stop: Callable[[], bool],
) -> float | None:
    """Best bound on the distance of plans that leave out ``left_out`` of the first activity's weight.

    ``components``: units per connected piece that can hold a package. ``packages``: fewest and most.
    ``value``: distance of the plan at hand, which sets the step. Returns None where none is computed.
    """
    count = sum(len(piece) for piece in components)
    if not 1 <= count <= LARGEST or packages[1] < 1 or rounds < 1:
        return None
    relaxation = _relax(model, components, packages, left_out)
    best, since, pace = 0.0, 0, 1.0
    multipliers = _first_multipliers(relaxation, value)
    for _ in range(rounds):
        reached, slope = _value(relaxation, multipliers)
        best, since = (reached, 0) if reached > best else (best, since + 1)
        if since >= 6:
            pace, since = pace / 2, 0
        size = float(slope @ slope)
        if size < _SAFE or reached >= value * (1 - _SAFE) or stop():
            break
        step = pace * max(value - reached, value * 1e-4) / size
        multipliers = np.clip(multipliers + step * slope, 0.0, relaxation.ceiling)
    return min(best * (1 - _SAFE), value)


def _relax(
    model: Model, components: Sequence[Sequence[int]], packages: tuple[int, int], left_out: float
) -> Relaxation:
    units = [unit for piece in components for unit in piece]
    points = np.array([(model.problem.units[u].x, model.problem.units[u].y) for u in units], dtype=float)
    load = np.array([model.load[u] for u in units], dtype=float)
    pull = np.array([model.pull[u] for u in units], dtype=float)
    piece_of = np.repeat(np.arange(len(components)), [len(piece) for piece in components])
    far = np.hypot(points[:, :1] - points[:, 0], points[:, 1:] - points[:, 1])
    far[piece_of[:, None] != piece_of] = np.inf
    np.fill_diagonal(far, np.inf)
    wanted = len(units) - 1 if len(units) <= 320 else max(60, 8 * len(units) // max(packages[1], 1))
    size = min(wanted, len(units) - 1)
    near = np.argsort(far, axis=1, kind="stable")[:, :size]
    rows = np.arange(len(units))[:, None]
    away = far[rows, near]
    far[rows, near] = np.inf
    nearest_unlisted = far.min(axis=0) if len(units) > 1 else np.array([np.inf])
    listed = np.isfinite(nearest_unlisted)
    lower, upper = _capacity(model, everything=size == len(units) - 1)
    infinite = np.isinf(away)
    return Relaxation(
        near=near,
        price=np.where(infinite, np.inf, np.where(infinite, 0.0, away) * pull[near]),
        near_load=np.where(infinite, 0.0, load[near]),
        load=load,
        ceiling=np.multiply(pull, nearest_unlisted, out=np.full(len(units), np.inf), where=listed),
        lower=lower,
        upper=upper,
        packages=packages,
        out=max(left_out, 0.0),
        free_out=model.problem.rules.leave_out_price is not None,
    )


def _capacity(model: Model, *, everything: bool) -> tuple[float, float]:
    """Bounds of the one column that the knapsacks keep: that of the weight which the objective speaks of.

    A lower bound is only rigorous when each hub sees every unit. Plans keep bounds up to a rounding hair,
    so the relaxation must allow the same hair.
    """
    if not model.problem.rules.activities or not model.columns[0].hard:
        return -math.inf, math.inf
    column = model.columns[0]
    lower = column.lower - EPS * max(1.0, abs(column.lower)) if everything else -math.inf
    return lower, column.upper + EPS * max(1.0, abs(column.upper))


def _first_multipliers(relaxation: Relaxation, value: float) -> Floats:
    total = float(relaxation.load.sum()) or 1.0
    usual = relaxation.load if relaxation.load.any() else np.ones_like(relaxation.load)
    return np.minimum(2.0 * value / total * usual, relaxation.ceiling)


def _value(relaxation: Relaxation, multipliers: Floats) -> tuple[float, Floats]:
    """The relaxed optimum at these multipliers and its slope (subgradient)."""
    hub_value, share, order = _knapsacks(relaxation, multipliers)
    chosen = _cheapest_hubs(hub_value, relaxation.packages)
    if chosen is None:
        return -math.inf, np.zeros_like(multipliers)
    served = np.zeros_like(multipliers)
    served[chosen] += 1.0
    targets = np.take_along_axis(relaxation.near[chosen], order[chosen], axis=1)
    np.add.at(served, targets.ravel(), share[chosen].ravel())
    out_value, out = _dearest_out(relaxation, multipliers)
    total = float(multipliers.sum()) - out_value + float(hub_value[chosen].sum())
    return total, 1.0 - out - served


def _knapsacks(relaxation: Relaxation, multipliers: Floats) -> tuple[Floats, Floats, Whole]:
    """Per hub: its value, the shares of its near units taken (cheapest first), and their order."""
    load, upper = relaxation.load, relaxation.upper
    reduced = relaxation.price - multipliers[relaxation.near]
    weight = relaxation.near_load
    with np.errstate(divide="ignore", invalid="ignore"):
        rate = np.where(weight > 0, reduced / weight, np.where(reduced < 0, -np.inf, np.inf))
    order = np.argsort(rate, axis=1, kind="stable")
    reduced = np.take_along_axis(np.where(np.isinf(reduced), 0.0, reduced), order, axis=1)
    weight = np.take_along_axis(weight, order, axis=1)
    sorted_rate = np.take_along_axis(rate, order, axis=1)
    filled = np.cumsum(weight, axis=1)
    wished = np.where(sorted_rate < 0, weight, 0.0).sum(axis=1)
    room = np.clip(wished, np.maximum(relaxation.lower - load, 0.0), upper - load)
    before = filled - weight
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(weight > 0, np.clip((room[:, None] - before) / weight, 0.0, 1.0), sorted_rate < 0)
    value = (reduced * share).sum(axis=1) - multipliers
    reach = filled[:, -1] if filled.shape[1] else np.zeros(len(load))
    impossible = (load > upper * (1 + _SAFE)) | (reach + load < relaxation.lower * (1 - _SAFE))
    return np.where(impossible, np.inf, value), share, order


def _cheapest_hubs(value: Floats, packages: tuple[int, int]) -> Whole | None:
    order = np.argsort(value, kind="stable")
    able = int(np.isfinite(value).sum())
    fewest, most = packages[0], min(packages[1], able)
    if able < fewest or most < 1:
        return None
    wished = int((value < 0).sum())
    return order[: min(max(wished, fewest), most)]


def _dearest_out(relaxation: Relaxation, multipliers: Floats) -> tuple[float, Floats]:
    """The most that leaving out the given weight can save, as a fractional knapsack."""
    load, out = relaxation.load, np.zeros_like(multipliers)
    if relaxation.free_out:
        out[load <= 0] = 1.0
    if relaxation.out > 0:
        rate = np.divide(multipliers, load, out=np.zeros_like(load), where=load > 0)
        order = np.argsort(-rate, kind="stable")
        weight = load[order]
        before = np.cumsum(weight) - weight
        left = np.clip(relaxation.out - before, 0.0, weight)
        part = np.divide(left, weight, out=np.zeros_like(load), where=weight > 0)
        out[order] = np.maximum(out[order], part)
    return float(multipliers @ out), out
