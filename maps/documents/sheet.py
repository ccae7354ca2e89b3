"""The parts that every printed A3 sheet has: frame, title, facts, ruled table, legend, and the line at the foot."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Final

from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A3, landscape
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from maps.documents import drawing
from maps.documents.drawing import INK, Box, View
from maps.documents.fonts import BOLD, REGULAR, fitted, known
from maps.documents.papers import Ground, clean, day, review_text, system_name

PAGE: Final = landscape(A3)
MARGIN, TITLE, PANEL, FOOT = 10 * mm, 18 * mm, 118 * mm, 12 * mm
MAP_FRAME: Final[Box] = (
    MARGIN, MARGIN + FOOT, PAGE[0] - 2 * MARGIN - PANEL - 4 * mm, PAGE[1] - 2 * MARGIN - TITLE - FOOT,
)  # fmt: skip
LEFT: Final = PAGE[0] - MARGIN - PANEL
"""Where the panel beside the map begins."""
_LEGEND: Final = (
    ("arterial", "主干道"),
    ("street", "街巷道路"),
    ("railway", "铁路"),
    ("river", "河流"),
    ("border", "街道（社区）界"),
)
Column = tuple[str, float, str]
"""Head, share of the width, and side."""


@dataclass(frozen=True, slots=True)
class Imprint:
    """What stands at the foot of each page: plane system, day of the data, who made it when, and its review."""

    epsg: int
    as_of: date
    made_on: date
    maker: str
    review: str | None = None


@contextmanager
def framed(canvas: Canvas, view: View, ground: Sequence[Ground]) -> Iterator[None]:
    """A clipped map: ground first, then what the block draws, then the frame with north and the scale bar."""
    left, bottom, wide, high = view.frame
    canvas.saveState()
    drawing.clip(canvas, view.frame)
    canvas.setFillColor(HexColor("#f7f6f2"))
    canvas.rect(*view.frame, stroke=0, fill=1)
    drawing.draw_ground(canvas, view, ground)
    yield
    canvas.restoreState()
    canvas.setStrokeColor(INK)
    drawing.scale_bar(canvas, view, left + 6 * mm, bottom + 8 * mm)
    drawing.north_arrow(canvas, left + wide - 9 * mm, bottom + high - 3 * mm)
    canvas.setLineWidth(1.2)
    canvas.rect(left, bottom, wide, high, stroke=1, fill=0)


def title(canvas: Canvas, text: str) -> None:
    """The title over the map, and the border round the page."""
    words = known(text, BOLD)
    canvas.setFillColor(INK)
    canvas.setFont(BOLD, 22)
    canvas.drawCentredString(
        PAGE[0] / 2, PAGE[1] - MARGIN - 12 * mm, fitted(words, PAGE[0] - 2 * MARGIN, 22, BOLD)
    )
    canvas.setLineWidth(1.5)
    canvas.setStrokeColor(INK)
    canvas.rect(MARGIN / 2, MARGIN / 2, PAGE[0] - MARGIN, PAGE[1] - MARGIN, stroke=1, fill=0)


def facts(canvas: Canvas, said: Sequence[tuple[str, str]]) -> float:
    """Label and value line by line at the top of the panel; returns where the next part begins."""
    y = below_facts(0)
    canvas.setFillColor(INK)
    for label, text in said:
        canvas.setFont(BOLD, 9.5)
        canvas.drawString(LEFT, y, label)
        canvas.setFont(REGULAR, 9.5)
        left = LEFT + 28 * mm
        canvas.drawString(left, y, fitted(known(clean(text)), PANEL - 28 * mm, 9.5))
        y -= _LINE
    return below_facts(len(said))


def below_facts(count: int) -> float:
    """Where the next part of the panel begins under so many facts."""
    return float(MAP_FRAME[1] + MAP_FRAME[3] - 4 * mm - count * _LINE)


_LINE: Final = 5.6 * mm


@dataclass(frozen=True, slots=True)
class Strip:
    """Where a table stands: left, top and bottom in points, and its width."""

    left: float
    top: float
    bottom: float
    width: float = PANEL


def panel(top: float) -> Strip:
    """The panel beside the map, from `top` down to the legend."""
    return Strip(LEFT, top, MAP_FRAME[1] + 46 * mm)


def table(
    canvas: Canvas,
    strip: Strip,
    columns: Sequence[Column],
    rows: Sequence[Sequence[str]],
    colour: Callable[[int], str] | None = None,
    more: str = "见标段一览表",
) -> int:
    """A ruled table; rows shrink to fit, and what still does not fit is counted in the last line (`more` says where).

    Returns how many rows stand there.
    """
    high = _row_height(strip, len(rows))
    count = fitting(strip, len(rows))
    shown = [*rows[:count], *([["…", f"另有 {len(rows) - count} 行，{more}"]] if count < len(rows) else [])]
    size = high * 0.56
    _row(canvas, strip, strip.top, high, columns, [head for head, _, _ in columns], BOLD, size)
    for place, values in enumerate(shown):
        y = strip.top - (place + 1) * high
        if colour is not None and len(values) == len(columns):
            canvas.setFillColor(HexColor(colour(place)))
            canvas.rect(strip.left, y - high, 2 * mm, high, stroke=0, fill=1)
        _row(canvas, strip, y, high, columns, values, REGULAR, size)
    canvas.setStrokeColor(INK)
    canvas.setLineWidth(0.8)
    deep = (len(shown) + 1) * high
    canvas.rect(strip.left, strip.top - deep, strip.width, deep, stroke=1, fill=0)
    return count


def capacity(strip: Strip) -> int:
    """How many rows a table may have at most that all fit."""
    return int((strip.top - strip.bottom) / _LEAST) - 1


def fitting(strip: Strip, rows: int) -> int:
    """How many of so many rows stand in a table: all, or all that leave room for the line that counts the others."""
    fit = int((strip.top - strip.bottom) / _row_height(strip, rows)) - 1
    return rows if rows <= fit else fit - 1


def _row_height(strip: Strip, rows: int) -> float:
    return float(max(_LEAST, min(5.4 * mm, (strip.top - strip.bottom) / (rows + 2))))


_LEAST: Final = 3.2 * mm


def _row(
    canvas: Canvas,
    strip: Strip,
    top: float,
    high: float,
    columns: Sequence[Column],
    values: Sequence[str],
    font: str,
    size: float,
) -> None:
    canvas.setStrokeColor(HexColor("#b9c2cc"))
    canvas.setLineWidth(0.4)
    canvas.line(strip.left, top - high, strip.left + strip.width, top - high)
    canvas.setFillColor(INK)
    canvas.setFont(font, size)
    left = strip.left
    for (_, share, side), value in zip(columns, values, strict=False):
        wide = share * strip.width
        text = fitted(known(clean(value), font), wide - 5 * mm if side == "l" else wide - 1 * mm, size, font)
        if side == "r":
            canvas.drawRightString(left + wide - 1.2 * mm, top - high + size * 0.45, text)
        else:
            canvas.drawString(left + 3 * mm, top - high + size * 0.45, text)
        left += wide


def legend(canvas: Canvas, ground: Sequence[Ground], fills: Sequence[tuple[str, str]]) -> None:
    """The legend at the foot of the panel, in two columns."""
    top = MAP_FRAME[1] + 36 * mm
    canvas.setFillColor(INK)
    canvas.setFont(BOLD, 11)
    canvas.drawString(LEFT, top, "图例")
    entries: list[tuple[str | None, str, str]] = [(None, colour, text) for colour, text in fills]
    there = {each.kind for each in ground}
    entries += [(kind, "", text) for kind, text in _LEGEND if kind in there]
    for place, (kind, colour, text) in enumerate(entries):
        x, y = LEFT + (place % 2) * PANEL / 2, top - 8 * mm - (place // 2) * 7 * mm
        if kind is None:
            canvas.setFillColor(HexColor(colour))
            canvas.setStrokeColor(INK)
            canvas.setLineWidth(0.6)
            canvas.rect(x, y - 1 * mm, 12 * mm, 4 * mm, stroke=1, fill=1)
        else:
            drawing.line_sample(canvas, kind, (x, y - 1 * mm, x + 12 * mm, y + 3 * mm))
        canvas.setFillColor(INK)
        canvas.setFont(REGULAR, 9)
        canvas.drawString(x + 15 * mm, y, text)


def foot(canvas: Canvas, imprint: Imprint, page: int, pages: int) -> None:
    """Plane system, days, maker, review and page, under the map."""
    y = MARGIN + 4 * mm
    canvas.setFillColor(INK)
    canvas.setFont(REGULAR, 8.5)
    said = "　　".join((
        system_name(imprint.epsg), f"数据截止：{day(imprint.as_of)}",
        f"制图：{clean(imprint.maker)}", f"制图日期：{day(imprint.made_on)}",
    ))  # fmt: skip
    canvas.drawString(MARGIN, y, fitted(known(said), PAGE[0] - 2 * MARGIN - 120 * mm, 8.5))
    canvas.drawRightString(PAGE[0] - MARGIN, y, f"第 {page} 页　共 {pages} 页")
    canvas.setFont(BOLD, 10)
    canvas.drawRightString(PAGE[0] - MARGIN - 32 * mm, y, known(review_text(imprint.review), BOLD))
