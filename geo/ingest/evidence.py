"""Which of three systems degrees are in (WGS 84, GCJ-02, BD-09): held against the regions that are already loaded.

A shift of 500 m cannot be seen in the numbers. It is seen where the file's shapes lie: in their own regions, whose
codes they carry, or else each in one region instead of across borders. Under each system the share of the ground that
agrees is a rate of 0–1; the three are shown, whatever is made of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from sqlalchemy import text
from sqlalchemy.orm import Session

from geo.crs import BD09, GCJ02, WGS84, Sentence, label, to_stored
from geo.ingest.cells import plain

SHAPES = 400
"""Shapes looked at, spread over the file: more tell nothing new."""
_ENOUGH = 3
"""Fewer shapes with ground in common with the regions say nothing."""
CLEAR = 0.02
"""The lead in rate by which a shifted system is taken over what the file declares; below it is asked."""
_DOUBT = 0.005
_BELIEVABLE = 0.85
"""A best rate below this means that the shapes are not those of the regions: no system is told by them."""

_REGIONS = text("""
SELECT code, ST_AsBinary(geom) AS wkb FROM region
 WHERE upper_inf(recorded) AND upper_inf(valid) AND geom IS NOT NULL
   AND geom && ST_MakeEnvelope(:west, :south, :east, :north, 4490) LIMIT 20000""")
_SAID = {
    "code": ("与已有同码区划的吻合度", "agreement with the loaded regions of the same codes"),
    "place": ("落在单一已有区划内的面积", "ground that lies in one loaded region"),
}
_MARGIN = 0.02
"""Degrees around the file's bounds: more than any of the shifts."""


@dataclass(frozen=True, slots=True)
class Rates:
    """The share of ground that agrees, by system, and how many shapes were looked at."""

    by_system: dict[int, float]
    shapes: int
    kind: str

    def best(self) -> int:
        """Return the system that agrees best; WGS 84 where none does better."""
        return max(self.by_system, key=lambda epsg: (self.by_system[epsg], epsg == WGS84))

    def lead(self) -> float:
        """Return how much better the best system agrees than plain degrees."""
        return self.by_system[self.best()] - self.by_system[WGS84]

    def as_json(self) -> dict[str, Any]:
        """Return the three rates as plain JSON values, under the names that `--crs` takes."""
        names = {WGS84: "EPSG:4326"}
        return {
            "kind": self.kind,
            "shapes": self.shapes,
            "by_system": {names.get(epsg) or label(epsg): rate for epsg, rate in self.by_system.items()},
        }

    def sentence(self) -> Sentence:
        """Return the three rates as words."""
        rates = ", ".join(f"{_name(epsg)} {rate:.1%}" for epsg, rate in self.by_system.items())
        chinese, english = _SAID[self.kind]
        return f"{chinese}（{self.shapes} 个图形）：{rates}", f"{english} ({self.shapes} shapes): {rates}"


def _name(epsg: int) -> str:
    return "WGS 84 / CGCS2000" if epsg == WGS84 else label(epsg)


def verdict(rates: Rates) -> int | None:
    """Return WGS 84, a shifted system that clearly agrees better, or None where it must be asked."""
    if rates.shapes < _ENOUGH or rates.by_system[rates.best()] < _BELIEVABLE:
        return WGS84
    if rates.lead() >= CLEAR:
        return rates.best()
    return WGS84 if rates.lead() <= _DOUBT else None


def agreement(session: Session, shapes: np.ndarray, codes: list[Any]) -> Rates | None:
    """Return the three rates of shapes in degrees, None where the store has too little there to tell.

    `codes` are the cells of the file's column of codes, or None each.
    """
    boxes = shapely.bounds(shapes)
    with np.errstate(invalid="ignore"):  # what is missing or empty has no bounds
        degrees = (np.abs(boxes[:, [0, 2]]) <= 180).all(axis=1) & (np.abs(boxes[:, [1, 3]]) <= 90).all(axis=1)
    usable = np.flatnonzero(degrees & shapely.is_valid(shapes) & (shapely.get_dimensions(shapes) == 2))
    picked = (
        usable[np.linspace(0, len(usable) - 1, min(len(usable), SHAPES)).astype(int)]
        if len(usable)
        else usable
    )
    if len(picked) < 1:
        return None
    west, south, east, north = (float(side) for side in shapely.total_bounds(shapes[picked]))
    box = {"west": west - _MARGIN, "south": south - _MARGIN, "east": east + _MARGIN, "north": north + _MARGIN}
    rows = session.execute(_REGIONS, box).all()
    regions = dict(
        zip([row.code for row in rows], shapely.from_wkb([bytes(row.wkb) for row in rows]), strict=True)
    )
    own = [(p, regions[code]) for p in picked if (code := region_code(codes[p])) in regions]
    if own:
        return _by_code(shapes[[p for p, _ in own]], np.array([region for _, region in own], dtype=object))
    leaves = [shape for code, shape in regions.items() if not code.endswith("000")]
    return _by_place(shapes[picked], leaves) if len(leaves) > 1 and len(picked) >= _ENOUGH else None


def region_code(cell: Any) -> str:
    """Return the region that a code names or begins with: of twelve digits, or padded to them.

    >>> region_code("110101"), region_code("990101001001C001"), region_code(None)
    ('110101000000', '990101001001', '')
    """
    code = plain(cell) or ""
    digits = code[: len(code) - len(code.lstrip("0123456789"))]
    return digits[:12].ljust(12, "0") if len(digits) in (2, 4, 6, 9) or len(digits) >= 12 else ""


def _moved(shapes: np.ndarray, epsg: int) -> np.ndarray:
    transform = to_stored(epsg)
    return shapes if transform is None else np.asarray(shapely.transform(shapes, transform))


def _by_code(shapes: np.ndarray, regions: np.ndarray) -> Rates:
    """A shape of its region's own size is held against all of it (either way round), a smaller one must lie in it."""
    rates = {}
    whole = shapely.area(shapes) > 0.5 * shapely.area(regions)
    for epsg in (WGS84, GCJ02, BD09):
        moved = _moved(shapes, epsg)
        common = shapely.area(shapely.intersection(moved, regions))
        all_of = np.where(whole, shapely.area(moved) + shapely.area(regions) - common, shapely.area(moved))
        rates[epsg] = float(common.sum() / max(all_of.sum(), 1e-30))
    return Rates(rates, len(shapes), "code")


def _by_place(shapes: np.ndarray, leaves: list[Any]) -> Rates | None:
    """Return how much of each shape's ground in any region lies in one; None where little of it lies in any."""
    tree = shapely.STRtree(leaves)
    rates, seen = {}, 0
    for epsg in (WGS84, GCJ02, BD09):
        moved = _moved(shapes, epsg)
        shape, region = tree.query(moved, "intersects")
        common = shapely.area(shapely.intersection(moved[shape], tree.geometries[region]))
        most = np.zeros(len(shapes))
        np.maximum.at(most, shape, common)
        rates[epsg] = float(most.sum() / max(shapely.area(moved).sum(), 1e-30))
        seen = max(seen, len(np.unique(shape)))
    return Rates(rates, len(shapes), "place") if seen >= _ENOUGH else None
