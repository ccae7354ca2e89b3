"""The skeleton of the city: outline, river, railway and arterials, in plan space.

Plan space is a flat drawing board in metres, x east and y north, origin in the middle of the district. `Warp` bends it
into EPSG:4527 (CGCS2000, 3° zone 39), so that what is straight on the board is gently curved on the map.
The control points are drawn by hand (in kilometres); the seed moves them by some tens of metres.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.random import Generator
from shapely import LineString, Polygon

# 117.3 E 31.86 N in EPSG:4527: the easting carries the zone number 39 and has eight digits.
CENTRE = (39_528_390.99, 3_526_367.69)

Points = list[tuple[float, float]]

OUTLINE: Points = [
    (-3.95, -3.15), (-3.1, -3.75), (-2.0, -3.7), (-0.7, -4.25), (0.8, -4.05), (1.5, -4.55), (2.9, -4.25),
    (3.75, -3.5), (4.05, -2.2), (4.75, -1.6), (4.45, -0.3), (4.65, 0.8), (4.1, 1.7), (4.25, 2.9), (3.3, 3.45),
    (2.1, 3.4), (1.2, 4.15), (-0.2, 4.3), (-1.2, 3.85), (-2.5, 4.05), (-3.6, 3.5), (-3.75, 2.4), (-4.4, 1.7),
    (-4.2, 0.3), (-4.6, -0.9), (-4.1, -1.9),
]  # fmt: skip
RIVER: Points = [
    (-5.6, 1.9), (-4.4, 1.35), (-3.4, 1.25), (-2.7, 0.55), (-1.9, 0.35), (-1.25, 0.6), (-0.65, 0.2), (-0.6, -0.6),
    (-0.2, -1.3), (0.6, -1.6), (1.2, -2.2), (1.25, -3.0), (1.9, -3.6), (2.3, -4.4), (2.2, -5.6),
]  # fmt: skip
CANAL: Points = [(0.62, 5.4), (0.55, 4.2), (0.1, 3.1), (0.3, 2.2), (-0.15, 1.2), (-0.65, 0.2)]
RAILWAY: Points = [
    (-2.6, 5.6),
    (-1.9, 4.2),
    (-0.6, 2.95),
    (0.9, 2.2),
    (2.0, 1.15),
    (2.55, -0.4),
    (3.2, -1.9),
    (5.4, -3.7),
]

# Arterials by name; each runs across the district or ends on another one.
ARTERIALS: dict[str, Points] = {
    "北环大道": [(-5.6, 2.75), (-3.0, 2.7), (-1.0, 2.95), (1.0, 3.05), (2.2, 2.75), (2.95, 1.9), (3.15, 0.6),
             (3.05, -1.0), (3.0, -2.4), (2.75, -3.6), (3.0, -5.6)],
    "人民大道": [(-5.6, -0.5), (-3.6, -0.6), (-2.0, -0.85), (-0.5, -0.7), (1.2, -0.55), (3.0, -0.75), (5.6, -0.45)],
    "望江路": [(-5.6, -2.35), (-3.4, -2.3), (-1.6, -2.45), (0.0, -2.7), (1.3, -2.65), (2.9, -2.45), (5.6, -2.8)],
    "迎宾大道": [(-2.15, 5.6), (-2.2, 2.7), (-2.35, 0.9), (-2.3, -0.8), (-2.15, -2.4), (-2.4, -5.6)],
    "文昌路": [(-5.6, 1.05), (-4.3, 0.95), (-2.4, 1.4), (-0.2, 1.35), (1.6, 1.1), (3.15, 1.2), (5.6, 1.05)],
    "解放路": [(1.05, 5.6), (1.2, 3.05), (0.95, 1.2), (1.1, -0.6), (0.95, -1.95), (0.85, -2.7), (0.45, -5.6)],
    "长宁路": [(-0.9, 2.95), (-0.8, 1.35), (-0.95, -0.7), (-0.75, -2.55), (-0.85, -5.6)],
}  # fmt: skip


@dataclass(frozen=True)
class Skeleton:
    """Lines of the plan, in metres; `outline` is closed, the others run past it."""

    outline: Polygon
    river: LineString
    canal: LineString
    railway: LineString
    arterials: dict[str, LineString]

    def lines(self) -> list[LineString]:
        """Every line that may bound a sub-district."""
        return [self.river, self.canal, self.railway, *self.arterials.values()]


@dataclass(frozen=True)
class Warp:
    """Plan metres to EPSG:4527 metres: a few long waves, a small turn, and a scale about the centre."""

    amplitude: np.ndarray
    wave: np.ndarray
    phase: np.ndarray
    turn: float
    scale: float = 1.0

    def __call__(self, xy: np.ndarray) -> np.ndarray:
        """Map an (n, 2) array of plan points; the waves are weak enough never to fold the plane."""
        angle = xy @ self.wave.T + self.phase
        bent = xy + np.sin(angle) @ self.amplitude
        cos, sin = np.cos(self.turn), np.sin(self.turn)
        turned = bent @ np.array([[cos, sin], [-sin, cos]])
        return np.asarray(turned * self.scale + np.array(CENTRE))


def make_warp(rng: Generator) -> Warp:
    """Draw the waves: 60-130 m high and 4.5-8 km long, which turns a street by 8 degrees at the most."""
    heading = rng.uniform(0, 2 * np.pi, 4)
    length = rng.uniform(4500, 8000, 4)
    wave = 2 * np.pi / length[:, None] * np.column_stack([np.cos(heading), np.sin(heading)])
    across = heading + np.pi / 2 + rng.normal(0, 0.4, 4)
    amplitude = rng.uniform(60, 130, 4)[:, None] * np.column_stack([np.cos(across), np.sin(across)])
    return Warp(amplitude, wave, rng.uniform(0, 2 * np.pi, 4), float(np.radians(rng.uniform(2, 5))))


def smooth(points: np.ndarray, *, closed: bool, step: int = 12) -> np.ndarray:
    """Run a centripetal-free Catmull-Rom curve through `points`, `step` pieces to a span."""
    padded = np.vstack([points[-1:], points, points[:2]] if closed else [points[:1], points, points[-1:]])
    t = np.linspace(0, 1, step, endpoint=False)[:, None]
    spans = []
    for a, b, c, d in zip(padded, padded[1:], padded[2:], padded[3:], strict=False):
        spans.append(
            0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3)
        )
    curve = np.vstack(spans)
    return curve if closed else np.vstack([curve, points[-1:]])


def draw(points: Points, rng: Generator, sway: float) -> np.ndarray:
    """Hand-drawn kilometres to metres, each point moved by `sway` metres (standard deviation)."""
    return np.asarray(points) * 1000 + rng.normal(0, sway, (len(points), 2))


def outline_polygon(rng: Generator) -> Polygon:
    """Outline with corners kept but rounded, as a border between survey stones looks."""
    ring = draw(OUTLINE, rng, 40)
    ahead = np.roll(ring, -1, axis=0)
    cut = np.stack([0.82 * ring + 0.18 * ahead, 0.18 * ring + 0.82 * ahead], axis=1).reshape(-1, 2)
    return Polygon(cut)


def make_skeleton(rng: Generator) -> Skeleton:
    """Draw the skeleton of one seed."""
    river = LineString(smooth(draw(RIVER, rng, 45), closed=False))
    canal_points = draw(CANAL, rng, 25)
    mouth = river.interpolate(river.project(shapely.Point(canal_points[-1])))
    canal_points[-1] = mouth.coords[0]
    canal = LineString(smooth(canal_points, closed=False))
    railway = LineString(smooth(draw(RAILWAY, rng, 25), closed=False, step=20))
    arterials = {
        name: LineString(smooth(draw(points, rng, 25), closed=False)) for name, points in ARTERIALS.items()
    }
    return Skeleton(outline_polygon(rng), river, canal, railway, arterials)
