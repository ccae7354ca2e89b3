"""Rings that are wrong in every way a ring can be, from a random source."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from typing import Any, Final

LON, LAT = 117.302, 31.862
"""A place within the neighbourhood of the office files."""
Rng = random.Random


def ring(rng: Rng, count: int = 5, size: float = 0.0005) -> list[list[float]]:
    """A closed round ring somewhere in the neighbourhood."""
    x, y = LON + rng.uniform(0, 0.02), LAT + rng.uniform(0, 0.02)
    angles = [2 * math.pi * n / count for n in range(count)]
    points = [[x + size * math.cos(a), y + size * math.sin(a)] for a in angles]
    return [*points, points[0]]


def _bow_tie(rng: Rng) -> Any:
    a, b, c, d, *_ = ring(rng, 4)
    return [[a, c, b, d, a]]


def _star(rng: Rng) -> Any:
    points = [
        [LON + rng.uniform(0, 0.001), LAT + rng.uniform(0, 0.001)] for _ in range(rng.choice([7, 60, 400]))
    ]
    return [[*points, points[0]]]


def _spike(rng: Rng) -> Any:
    one = ring(rng)
    return [[*one[:2], [one[1][0] + 0.01, one[1][1]], one[1], *one[2:]]]


def _hole_outside(rng: Rng) -> Any:
    return [ring(rng), ring(rng)]


def _crossing_holes(rng: Rng) -> Any:
    outer = ring(rng, 8, 0.002)
    x, y = outer[0][0] - 0.002, outer[0][1]
    holes = [[[x + s, y], [x + s + 0.001, y], [x + s + 0.001, y + 0.0005], [x + s, y]] for s in (0.0, 0.0005)]
    return [outer, *holes]


def _self_touching(rng: Rng) -> Any:
    a, b, c, d, *_ = ring(rng, 4)
    middle = [(a[0] + c[0]) / 2, (a[1] + c[1]) / 2]
    return [[a, b, middle, c, d, middle, a]]


def _zero_area(rng: Rng) -> Any:
    a, b, *_ = ring(rng)
    return [[a, b, a, b, a]]


def _one_point(rng: Rng) -> Any:
    a, *_ = ring(rng)
    return [[a] * rng.randint(1, 6)]


def _unclosed(rng: Rng) -> Any:
    return [ring(rng)[:-1]]


def _short(rng: Rng) -> Any:
    return [ring(rng)[: rng.randint(0, 2)]]


def _number(rng: Rng) -> Any:
    one = ring(rng)
    one[2][rng.randint(0, 1)] = rng.choice([math.nan, math.inf, -math.inf, 1e300, -1e308, 5e-324, 1e20])
    return [one]


def _duplicates(rng: Rng) -> Any:
    return [[point for point in ring(rng) for _ in range(rng.randint(1, 4))]]


def _clockwise(rng: Rng) -> Any:
    return [ring(rng)[::-1]]


def _far(rng: Rng) -> Any:
    x = rng.uniform(-1e6, 1e6)
    return [[[x, 0], [x + 1, 0], [x + 1, 1], [x, 0]]]


def _many(rng: Rng) -> Any:
    return [ring(rng, 50_100)]


def _empty(_rng: Rng) -> Any:
    return []


RINGS: Final[tuple[Callable[[Rng], Any], ...]] = (
    _bow_tie, _star, _spike, _hole_outside, _crossing_holes, _self_touching, _zero_area, _one_point, _unclosed, _short,
    _number, _duplicates, _clockwise, _far, _empty,
)  # fmt: skip
