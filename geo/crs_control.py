"""Coordinates of an unknown or unpublished system (西安80、北京54、地方坐标系) fitted by control points (控制点).

A plane similarity (四参数: two shifts, a turn, a scale) between the file's metres and the Gauss–Krüger zone of the
points: within a district that is what a change of datum amounts to, to centimetres. It needs two points; one more makes
the residuals (残差) mean something, so three are asked for, and they are always shown.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from pyproj import Transformer

from geo.crs import CGCS2000, plane_zone
from geo.errors import BadInput

LEAST = 3
MOST_RESIDUAL = 1.0
"""Metres (root mean square) beyond which a fit is refused: a point is wrong, or it is no such system."""
_MOST_SCALE = 1e-3
"""A scale further than this from one is no change of datum: the file is not in metres, or axes are turned round."""


@dataclass(frozen=True)
class Fit:
    """A fitted shift: x' = a x − b y + c, y' = b x + a y + d in metres of `zone`; `residuals` in metres per point."""

    zone: int
    terms: tuple[float, float, float, float]
    origin: tuple[float, float]
    residuals: tuple[float, ...]

    @property
    def rms(self) -> float:
        """Root mean square of the residuals in metres."""
        return float(np.sqrt(np.mean(np.square(self.residuals))))

    def believable(self) -> bool:
        """Whether the points fit one another: within a metre, and at no other scale than one."""
        return self.rms <= MOST_RESIDUAL and abs(float(np.hypot(*self.terms[:2])) - 1) <= _MOST_SCALE

    def plane(self, points: np.ndarray) -> np.ndarray:
        """Return (n, 2) file coordinates in metres of the zone."""
        x, y = points[:, 0] - self.origin[0], points[:, 1] - self.origin[1]
        a, b, c, d = self.terms
        return np.column_stack([a * x - b * y + c, b * x + a * y + d])

    def to_stored(self) -> Callable[[np.ndarray], np.ndarray]:
        """Return the map of (n, 2) file coordinates to (n, 2) lon/lat in EPSG:4490."""
        back = Transformer.from_crs(self.zone, CGCS2000, always_xy=True)

        def transform(points: np.ndarray) -> np.ndarray:
            plane = self.plane(points)
            return np.column_stack(back.transform(plane[:, 0], plane[:, 1]))

        return transform

    def as_json(self) -> dict[str, Any]:
        """Return what a person must see before believing it."""
        a, b, _, _ = self.terms
        return {
            "zone": f"EPSG:{self.zone}",
            "scale": float(np.hypot(a, b)),
            "turn_seconds": float(np.degrees(np.arctan2(b, a)) * 3600),
            "rms_m": round(self.rms, 4),
            "residuals_m": [round(one, 4) for one in self.residuals],
        }


def parse_control(lines: Sequence[str]) -> list[list[float]]:
    """Return the rows of a text of control points: x, y, lon, lat separated by commas or blanks; a header is skipped.

    >>> parse_control(["x,y,lon,lat", "500000, 3526367, 117.3, 31.86"])
    [[500000.0, 3526367.0, 117.3, 31.86]]
    """
    rows = []
    for number, line in enumerate(line for line in lines if line.strip()):
        cells = line.replace(",", " ").replace("，", " ").split()
        try:
            rows.append([float(cell) for cell in cells])
        except ValueError:
            if number:
                raise BadInput(
                    f"{line[:80]!r} is no control point: x, y, lon, lat", field="control"
                ) from None
    if any(len(row) != 4 for row in rows):
        raise BadInput("a control point is x, y, lon, lat", field="control")
    return rows


def fit_control(points: Sequence[Sequence[float]]) -> Fit:
    """Fit (x, y, lon, lat) rows: file coordinates, and CGCS2000 degrees of the same marks.

    Raises BadInput for fewer than three, for points in one place, or where they do not fit within a metre.
    """
    fit = _fitted(points)
    if not fit.believable():
        raise BadInput(
            "the control points do not fit one another", field="control", extra={"fit": fit.as_json()}
        )
    return fit


def judge_control(points: Sequence[Sequence[float]]) -> dict[str, Any]:
    """Return a fit as `Fit.as_json`, whether it is good enough to import by, and which point spoils it.

    `suspect` is the row without which the others fit (of four points or more; of three, any could be the bad one).
    Raises BadInput for fewer than three points, or for points in one place.
    """
    fit = _fitted(points)
    found = {**fit.as_json(), "good": fit.believable(), "suspect": None}
    if not fit.believable() and len(points) > LEAST:
        others = [_fitted([*points[:row], *points[row + 1 :]]) for row in range(len(points))]
        best = min(range(len(points)), key=lambda row: others[row].rms)
        found["suspect"] = best if others[best].believable() else None
    return found


def _fitted(points: Sequence[Sequence[float]]) -> Fit:
    rows = _rows(points)
    zone = plane_zone(float(rows[:, 2].mean()))
    ahead = Transformer.from_crs(CGCS2000, zone, always_xy=True)
    target = np.column_stack(ahead.transform(rows[:, 2], rows[:, 3]))
    origin = rows[:, :2].mean(axis=0)
    x, y = (rows[:, :2] - origin).T
    if not np.isfinite(target).all() or np.hypot(x, y).max() < 1.0:
        raise BadInput("the control points lie in one place, or nowhere on the map", field="control")
    ones, noughts = np.ones(len(x)), np.zeros(len(x))
    design = np.vstack([np.column_stack([x, -y, ones, noughts]), np.column_stack([y, x, noughts, ones])])
    terms, *_ = np.linalg.lstsq(design, np.concatenate([target[:, 0], target[:, 1]]), rcond=None)
    a, b, c, d = (float(term) for term in terms)
    fit = Fit(zone, (a, b, c, d), (float(origin[0]), float(origin[1])), ())
    residuals = np.hypot(*(fit.plane(rows[:, :2]) - target).T)
    return Fit(zone, fit.terms, fit.origin, tuple(float(one) for one in residuals))


def _rows(points: Sequence[Sequence[float]]) -> np.ndarray:
    if len(points) < LEAST or any(len(row) != 4 for row in points):
        raise BadInput(f"at least {LEAST} control points are needed, each as x, y, lon, lat", field="control")
    rows = np.asarray(points, dtype=np.float64)
    if (
        not np.isfinite(rows).all()
        or not (np.abs(rows[:, 2]) <= 180).all()
        or not (np.abs(rows[:, 3]) < 90).all()
    ):
        raise BadInput("longitude is within 180 degrees, latitude within 90", field="control")
    return rows
