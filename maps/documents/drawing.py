"""A map drawn for print, in vectors: shapes of a plane system at a round scale, with labels, scale bar and north arrow.

Positions on paper are points (1/72 inch) from the lower left corner; shapes are metres, x east and y north. North is
that of the plane system's grid (坐标北).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import shapely
from reportlab.lib.colors import Color, HexColor, white
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import FILL_EVEN_ODD, Canvas
from shapely.geometry.base import BaseGeometry

from maps.documents.fonts import BOLD, REGULAR, known, width
from maps.documents.papers import Ground, clean

SCALES: Final = tuple(
    part * 10**power for power in range(2, 7) for part in (1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0)
)
"""Denominators that a printed map may have."""
COLOURS: Final = (
    "#4e79a7", "#f28e2b", "#59a14f", "#b07aa1", "#edc948", "#76b7b2", "#e15759", "#9c755f", "#86bcb6", "#d37295",
)  # fmt: skip
INK = HexColor("#1f2933")
BAR: Final = 16 * mm
"""Height of the strip at the foot of a frame in which the scale stands."""
_ORDER: Final = ("river", "border", "street", "arterial", "railway")
Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class View:
    """A frame on paper (left, bottom, width, height in points) and what it shows: the middle in metres, 1 : scale."""

    frame: Box
    middle: tuple[float, float]
    scale: float

    @property
    def per_metre(self) -> float:
        """Points on paper for a metre on the ground."""
        return 1000 * float(mm) / self.scale

    def place(self, xy: np.ndarray) -> np.ndarray:
        """Return where points (n × 2, metres) lie on paper."""
        left, bottom, wide, high = self.frame
        moved = (xy - np.array(self.middle)) * self.per_metre + np.array([left + wide / 2, bottom + high / 2])
        return np.asarray(moved)

    def ground(self) -> BaseGeometry:
        """Return the rectangle that the frame shows, in metres."""
        half = np.array(self.frame[2:]) / 2 / self.per_metre
        x, y = self.middle
        return shapely.box(x - half[0], y - half[1], x + half[0], y + half[1])


def view_of(frame: Box, shapes: Sequence[BaseGeometry], margin: float = 0.1, least: float = 500) -> View:
    """Return the view in which all shapes fit with a margin above the scale bar, at the largest round scale.

    >>> view_of((0, 0, 100 * mm, 100 * mm), [shapely.box(0, 0, 800, 300)]).scale
    10000.0
    """
    x0, y0, x1, y1 = (float(each) for each in shapely.total_bounds(np.array(shapes)))
    wide, high = frame[2] / mm, (frame[3] - BAR) / mm
    need = max((x1 - x0) / wide, (y1 - y0) / high) * 1000 * (1 + margin)
    scale = next(each for each in SCALES if each >= max(need, least))
    down = BAR / mm / 2 * scale / 1000
    return View(frame, ((x0 + x1) / 2, (y0 + y1) / 2 - down), scale)


@dataclass
class Labels:
    """Boxes of the labels that stand already: a name that would cover one is left out, a number never is."""

    taken: list[Box] = field(default_factory=list)
    within: Box | None = None
    """Left, bottom, right and top, beyond which a name would be cut."""

    @classmethod
    def of(cls, view: View) -> Labels:
        """Return the labels of a frame, in which the scale and the arrow to the north stand already."""
        left, bottom, wide, high = view.frame
        right, top = left + wide, bottom + high
        scale, north = (
            (left, bottom, left + 80 * mm, bottom + BAR),
            (right - 18 * mm, top - 22 * mm, right, top),
        )
        return cls([scale, north], (left, bottom, right, top))

    def free(self, box: Box) -> bool:
        """Whether nothing stands in a box yet; if so, it is taken."""
        x0, y0, x1, y1 = box
        edge = self.within
        if edge and (x0 < edge[0] or y0 < edge[1] or x1 > edge[2] or y1 > edge[3]):
            return False
        if any(x0 < b[2] and b[0] < x1 and y0 < b[3] and b[1] < y1 for b in self.taken):
            return False
        self.taken.append(box)
        return True


def fill_shape(canvas: Canvas, view: View, shape: BaseGeometry, fill: str, **look: float | str) -> None:
    """Draw polygons. `look`: alpha 0 to 1, line width in points, stroke colour."""
    canvas.saveState()
    canvas.setFillColor(_with_alpha(fill, float(look.get("alpha", 1))))
    canvas.setStrokeColor(HexColor(str(look.get("stroke", "#ffffff"))))
    canvas.setLineWidth(float(look.get("width", 0.5)))
    path = canvas.beginPath()
    rings = list(_rings(shape))
    for ring in rings:
        _trace(path, view.place(ring), close=True)
    if rings:
        canvas.drawPath(path, stroke=1, fill=1, fillMode=FILL_EVEN_ODD)
    canvas.restoreState()


def draw_ground(canvas: Canvas, view: View, ground: Iterable[Ground]) -> None:
    """Draw what lies around, water first and railways last; call inside a clipped frame."""
    seen = view.ground()
    parts = sorted(
        (each for each in ground if each.shape.intersects(seen)), key=lambda e: _ORDER.index(e.kind)
    )
    for each in parts:
        if each.kind == "river" and each.shape.area:
            fill_shape(canvas, view, each.shape, "#d3e4ef", stroke="#a9c9de", width=0.4)
    for kind, looks in _LINES.items():
        for stroke, wide, dash in looks:
            for each in parts:
                if each.kind == kind and (not each.shape.area or kind == "border"):
                    _stroke(canvas, view, each.shape, stroke, wide, dash)


def ground_names(canvas: Canvas, view: View, ground: Iterable[Ground], labels: Labels) -> None:
    """Write the names of what lies around, once each, where there is room."""
    seen = view.ground()
    for each in ground:
        part = each.shape.intersection(seen) if each.name else None
        if part is None or part.is_empty:
            continue
        x, y = view.place(_inside(part))[0]
        text = known(clean(each.name))
        wide = width(text, 8)
        if labels.free((x - wide / 2, y - 4, x + wide / 2, y + 6)):
            haloed(canvas, float(x - wide / 2), float(y - 3), text, 8)


_LINES: Final[dict[str, tuple[tuple[str, float, tuple[float, ...]], ...]]] = {
    "river": (("#a9c9de", 3.0, ()),),
    "street": (("#d2d8df", 1.0, ()),),
    "arterial": (("#b9c2cc", 3.2, ()), ("#ffffff", 2.0, ())),
    "railway": (("#5f6b78", 1.8, ()), ("#ffffff", 1.0, (5.0, 5.0))),
    "border": (("#8a5a9e", 0.8, (6.0, 2.0, 1.0, 2.0)),),
}


def line_sample(canvas: Canvas, kind: str, box: Box) -> None:
    """Draw a kind of line as the legend shows it."""
    x0, y0, x1, y1 = box
    for stroke, wide, dash in _LINES[kind]:
        canvas.saveState()
        canvas.setStrokeColor(HexColor(stroke))
        canvas.setLineWidth(wide)
        canvas.setDash(*([list(dash)] if dash else []))
        canvas.line(x0, (y0 + y1) / 2, x1, (y0 + y1) / 2)
        canvas.restoreState()


def clip(canvas: Canvas, frame: Box) -> None:
    """Draw nothing outside a frame until the state is restored."""
    path = canvas.beginPath()
    path.rect(*frame)
    canvas.clipPath(path, stroke=0, fill=0)


def label_number(
    canvas: Canvas, view: View, shape: BaseGeometry, text: str, labels: Labels
) -> tuple[float, float]:
    """Write a number in a disc inside a shape; returns the middle of the disc in points."""
    x, y = view.place(_inside(shape))[0]
    size = 7.5
    radius = max(width(text, size, BOLD) / 2 + 2, 6)
    canvas.setFillColor(white)
    canvas.setStrokeColor(INK)
    canvas.setLineWidth(0.6)
    canvas.circle(x, y, radius, stroke=1, fill=1)
    canvas.setFillColor(INK)
    canvas.setFont(BOLD, size)
    canvas.drawCentredString(x, y - size * 0.36, text)
    labels.taken.append((x - radius, y - radius, x + radius, y + radius))
    return float(x), float(y)


def label_name(
    canvas: Canvas, at: tuple[float, float], text: str, labels: Labels, *, size: float = 7.5, gap: float = 8
) -> bool:
    """Write a name beside a disc where there is room: under it, above it, right or left; False where there is none."""
    words = known(clean(text))
    wide = width(words, size)
    x, y = at
    for left, base in ((x - wide / 2, y - gap - size), (x - wide / 2, y + gap + 1),
                       (x + gap, y - size * 0.36), (x - gap - wide, y - size * 0.36)):  # fmt: skip
        if labels.free((left - 1, base - 2, left + wide + 1, base + size)):
            haloed(canvas, left, base, words, size)
            return True
    return False


def haloed(canvas: Canvas, x: float, y: float, text: str, size: float, font: str = REGULAR) -> None:
    """Write text on a white rim, so that it reads on any ground."""
    for mode in (2, 0):
        canvas.saveState()
        canvas.setLineWidth(1.8)
        canvas.setLineJoin(1)
        canvas.setStrokeColor(white)
        canvas.setFillColor(white if mode else INK)
        canvas.setFont(font, size)
        canvas.drawString(x, y, text, mode=mode)
        canvas.restoreState()


def scale_bar(canvas: Canvas, view: View, left: float, bottom: float, most: float = 60 * mm) -> None:
    """Draw the scale in words and as a bar of four parts, in metres or kilometres."""
    steps = (part * 10.0**power for power in (5, 4, 3, 2, 1, 0) for part in (5, 2, 1))
    length = next(each for each in steps if each * view.per_metre <= most)
    wide, high = length * view.per_metre, 2 * mm
    canvas.setFillColor(white)
    canvas.rect(left - 6 * mm, bottom - 8 * mm, max(wide, 34 * mm) + 14 * mm, BAR, stroke=0, fill=1)
    canvas.setStrokeColor(INK)
    canvas.setLineWidth(0.5)
    for part in range(4):
        canvas.setFillColor(INK if part % 2 == 0 else white)
        canvas.rect(left + part * wide / 4, bottom, wide / 4, high, stroke=1, fill=1)
    canvas.setFillColor(INK)
    canvas.setFont(REGULAR, 7)
    shown, unit = (length / 1000, "千米") if length >= 1000 else (length, "米")
    for share in (0, 0.5, 1):
        text = f"{shown * share:g}" + (f" {unit}" if share == 1 else "")
        canvas.drawCentredString(left + share * wide, bottom + high + 2, text)
    canvas.setFont(BOLD, 9)
    canvas.drawString(left, bottom - 11, f"比例尺  1 : {view.scale:,.0f}")


def north_arrow(canvas: Canvas, x: float, top: float, size: float = 12 * mm) -> None:
    """Draw the arrow to grid north with its letter, hanging from `top`."""
    half, foot = size / 4, top - 12 - size
    for side, fill in ((-1, INK), (1, white)):
        path = canvas.beginPath()
        path.moveTo(x, top - 12)
        path.lineTo(x + side * half, foot)
        path.lineTo(x, foot + size / 4)
        path.close()
        canvas.setFillColor(fill)
        canvas.setStrokeColor(INK)
        canvas.setLineWidth(0.6)
        canvas.drawPath(path, stroke=1, fill=1)
    canvas.setFillColor(INK)
    canvas.setFont(BOLD, 11)
    canvas.drawCentredString(x, top - 9, "北")


def _inside(shape: BaseGeometry) -> np.ndarray:
    """A point (1 × 2) that surely lies in the largest part of a shape."""
    largest = max(shapely.get_parts(shape), key=lambda part: (part.area, part.length), default=shape)
    return np.asarray(shapely.get_coordinates(largest.representative_point()))


def _rings(shape: BaseGeometry) -> Iterator[np.ndarray]:
    for part in shapely.get_parts(shape):
        if part.geom_type == "Polygon":
            yield from (shapely.get_coordinates(ring) for ring in (part.exterior, *part.interiors))
        elif part.geom_type.startswith(("Multi", "GeometryCollection")):
            yield from _rings(part)


def _stroke(
    canvas: Canvas, view: View, shape: BaseGeometry, stroke: str, wide: float, dash: tuple[float, ...]
) -> None:
    canvas.saveState()
    canvas.setStrokeColor(HexColor(stroke))
    canvas.setLineWidth(wide)
    canvas.setLineJoin(1)
    canvas.setDash(*([list(dash)] if dash else []))
    path = canvas.beginPath()
    lines = shape.boundary if shape.area else shape
    for part in shapely.get_parts(lines):
        _trace(path, view.place(shapely.get_coordinates(part)), close=False)
    canvas.drawPath(path, stroke=1, fill=0)
    canvas.restoreState()


def _trace(path: Any, points: np.ndarray, *, close: bool) -> None:
    for place, (x, y) in enumerate(points):
        (path.lineTo if place else path.moveTo)(float(x), float(y))
    if close and len(points):
        path.close()


def _with_alpha(colour: str, alpha: float) -> Color:
    base = HexColor(colour)
    return Color(base.red, base.green, base.blue, alpha=alpha) if not math.isclose(alpha, 1) else base
