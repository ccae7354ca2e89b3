"""One scale for every tool: a plan as one label per unit, scored by code that shares nothing with the engine."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

Array = np.ndarray


@dataclass(frozen=True)
class Score:
    """``d``: mean metres of a placed household to its package's best member; shares are of packages."""

    packages: int
    d: float
    contiguous: float
    in_bounds: float
    left_out: int


def score(points: Array, loads: Array, links: Array, labels: Array, bounds: tuple[float, float]) -> Score:
    """Score ``labels`` [n], -1 for a unit left out; ``links`` [m, 2] are those that packages may use."""
    placed = np.flatnonzero(labels >= 0)
    if not len(placed):
        return Score(0, np.nan, np.nan, np.nan, len(labels))
    _, package = np.unique(labels[placed], return_inverse=True)
    count = int(package.max()) + 1
    sums = np.bincount(package, loads[placed], minlength=count)
    hair = 1e-9 * max(bounds[1], 1.0)
    good = (sums >= bounds[0] - hair) & (sums <= bounds[1] + hair)
    cost = sum(_medoid_cost(points[members], loads[members]) for members in _members(placed, package, count))
    whole = _pieces(links, labels, placed, package, count) == 1
    return Score(
        count,
        float(cost / loads[placed].sum()),
        float(whole.mean()),
        float(good.mean()),
        len(labels) - len(placed),
    )


def _members(placed: Array, package: Array, count: int) -> list[Array]:
    order = np.argsort(package, kind="stable")
    return np.split(placed[order], np.cumsum(np.bincount(package, minlength=count))[:-1])


def _medoid_cost(points: Array, loads: Array) -> float:
    """Least sum of load times metres to one of the points; in slices, a package may be a whole map."""
    best = np.inf
    for start in range(0, len(points), 500):
        away = np.hypot(*(points[start : start + 500, None] - points[None]).transpose(2, 0, 1))
        best = min(best, float((away @ loads).min()))
    return best


def _pieces(links: Array, labels: Array, placed: Array, package: Array, count: int) -> Array:
    """Connected pieces of each package, by hanging units under each other (union-find)."""
    head = list(range(len(labels)))

    def top(unit: int) -> int:
        while head[unit] != unit:
            head[unit] = head[head[unit]]
            unit = head[unit]
        return unit

    inside = (labels[links[:, 0]] == labels[links[:, 1]]) & (labels[links[:, 0]] >= 0)
    for a, b in links[inside].tolist():
        head[top(a)] = top(b)
    roots = np.array([top(unit) == unit for unit in placed.tolist()])
    return np.bincount(package[roots], minlength=count)
