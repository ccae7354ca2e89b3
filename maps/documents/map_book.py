"""The map book (标包图册): an A3 page for the round and one for each package, in vectors, as a PDF.

Every page carries title, map, legend, scale in words and as a bar, north, table, plane system, dates, maker and the
number of the map review, or that it is for internal use.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final

import shapely
from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A3, landscape
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from maps.documents import drawing
from maps.documents.drawing import COLOURS, INK, Box, Labels, View
from maps.documents.fonts import BOLD, REGULAR, fitted, known, ready, width
from maps.documents.papers import (
    PaperPackage,
    RoundPaper,
    clean,
    day,
    every_unit,
    number,
    system_name,
    total,
)

MEDIA_TYPE: Final = "application/pdf"
PAGE: Final = landscape(A3)
MARGIN, TITLE, PANEL, FOOT = 10 * mm, 18 * mm, 118 * mm, 12 * mm
MAP_FRAME: Final[Box] = (
    MARGIN, MARGIN + FOOT, PAGE[0] - 2 * MARGIN - PANEL - 4 * mm, PAGE[1] - 2 * MARGIN - TITLE - FOOT,
)  # fmt: skip
_LEGEND: Final = (
    ("arterial", "主干道"),
    ("street", "街巷道路"),
    ("railway", "铁路"),
    ("river", "河流"),
    ("border", "街道（社区）界"),
)
Column = tuple[str, float, str]
"""Head, share of the width, and side."""


def map_book(paper: RoundPaper) -> bytes:
    """Return the map book of a round with at least one package. Raises FontsMissing, ValueError without a package."""
    if not paper.packages:
        raise ValueError("a map book needs a package")
    ready()
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=PAGE, pageCompression=1, invariant=1)
    canvas.setTitle(f"{clean(paper.title)} 标包图册")
    canvas.setAuthor(clean(paper.maker))
    canvas.setSubject(clean(paper.area))
    pages = len(paper.packages) + 1
    _overview(canvas, paper)
    _foot(canvas, paper, 1, pages)
    canvas.showPage()
    for place, package in enumerate(paper.packages):
        _package(canvas, paper, place, package)
        _foot(canvas, paper, place + 2, pages)
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def draw_package(canvas: Canvas, paper: RoundPaper, place: int, frame: Box) -> View:
    """Draw the map of one package into a frame, with north and scale inside it; returns its view."""
    package = paper.packages[place]
    view = drawing.view_of(frame, [unit.shape for unit in package.units])
    with _framed(canvas, view, paper):
        seen = view.ground()
        for other, each in enumerate(paper.packages):
            if other != place:
                for unit in each.units:
                    if unit.shape.intersects(seen):
                        drawing.fill_shape(canvas, view, unit.shape, "#c9d0d8", stroke="#8a95a1", width=0.4)
        labels = Labels.of(view)
        for unit in package.units:
            drawing.fill_shape(
                canvas, view, unit.shape, _colour(place), alpha=0.75, stroke="#1f2933", width=0.9
            )
        middles = [
            drawing.label_number(canvas, view, unit.shape, str(n), labels)
            for n, unit in enumerate(package.units, 1)
        ]
        for at, unit in zip(middles, package.units, strict=True):
            drawing.label_name(canvas, at, unit.name, labels)
        _other_names(canvas, view, paper, place, labels)
        drawing.ground_names(canvas, view, paper.ground, labels)
    return view


def _other_names(canvas: Canvas, view: View, paper: RoundPaper, place: int, labels: Labels) -> None:
    """The codes of other packages, where they are seen and there is room."""
    for other, each in enumerate(paper.packages):
        seen = shapely.intersection(shapely.union_all([unit.shape for unit in each.units]), view.ground())
        if other == place or seen.is_empty:
            continue
        x, y = view.place(shapely.get_coordinates(seen.representative_point()))[0]
        text = known(clean(each.code))
        wide = width(text, 8, BOLD)
        if labels.free((x - wide / 2, y - 4, x + wide / 2, y + 6)):
            drawing.haloed(canvas, x - wide / 2, y - 3, text, 8, BOLD)


@contextmanager
def _framed(canvas: Canvas, view: View, paper: RoundPaper) -> Iterator[None]:
    """A clipped map: ground first, then what the block draws, then the frame with north and the scale bar."""
    left, bottom, wide, high = view.frame
    canvas.saveState()
    drawing.clip(canvas, view.frame)
    canvas.setFillColor(HexColor("#f7f6f2"))
    canvas.rect(*view.frame, stroke=0, fill=1)
    drawing.draw_ground(canvas, view, paper.ground)
    yield
    canvas.restoreState()
    canvas.setStrokeColor(INK)
    drawing.scale_bar(canvas, view, left + 6 * mm, bottom + 8 * mm)
    drawing.north_arrow(canvas, left + wide - 9 * mm, bottom + high - 3 * mm)
    canvas.setLineWidth(1.2)
    canvas.rect(left, bottom, wide, high, stroke=1, fill=0)


def _overview(canvas: Canvas, paper: RoundPaper) -> None:
    _title(canvas, f"{clean(paper.title)}　标包分布总图")
    units = every_unit(paper.packages)
    view = drawing.view_of(MAP_FRAME, [unit.shape for unit in units], margin=0.06)
    with _framed(canvas, view, paper):
        for place, package in enumerate(paper.packages):
            for unit in package.units:
                drawing.fill_shape(
                    canvas, view, unit.shape, _colour(place), alpha=0.85, stroke="#1f2933", width=0.4
                )
        labels = Labels.of(view)
        for package in paper.packages:
            whole = shapely.union_all([unit.shape for unit in package.units])
            at = drawing.label_number(canvas, view, whole, known(clean(package.code)), labels)
            drawing.label_name(canvas, at, package.name, labels, size=8, gap=14)
        drawing.ground_names(canvas, view, paper.ground, labels)
    rows = [
        [package.code, package.name, str(len(package.units)), total(u.households for u in package.units).short(),
         total(u.floor_area for u in package.units).short(2)]
        for package in paper.packages
    ]  # fmt: skip
    top = _facts(canvas, [
        ("区域", paper.area), ("标包", f"{len(paper.packages)} 个"), ("服务对象", f"{len(units)} 个"),
        ("户数", total(u.households for u in units).text(0, " 户")),
        ("建筑面积", total(u.floor_area for u in units).text(2, " ㎡")),
    ])  # fmt: skip
    columns = (
        ("标包", 0.14, "l"),
        ("名称", 0.36, "l"),
        ("对象", 0.1, "r"),
        ("户数", 0.18, "r"),
        ("建筑面积㎡", 0.22, "r"),
    )
    _table(canvas, top, columns, rows, _colour)
    _legend(canvas, paper, (("#4e79a7", "标包（各色，编号见表）"),))


def _package(canvas: Canvas, paper: RoundPaper, place: int, package: PaperPackage) -> None:
    _title(canvas, f"{clean(paper.title)}　{clean(package.code)} {clean(package.name)}")
    draw_package(canvas, paper, place, MAP_FRAME)
    units, years = package.units, package.years(paper)
    subsidies = " → ".join(number(year.subsidy, 2) for year in years)
    top = _facts(canvas, [
        ("标包", f"{package.code} {package.name}"), ("所属街道", package.subdistricts or "—"),
        ("服务对象", f"{len(units)} 个"), ("户数", total(u.households for u in units).text(0, " 户")),
        ("建筑面积", total(u.floor_area for u in units).text(2, " ㎡")), ("逐年补贴（元）", subsidies),
    ])  # fmt: skip
    rows = [
        [str(n), unit.name, number(unit.households), number(unit.floor_area, 2)]
        for n, unit in enumerate(units, 1)
    ]
    columns = (("序号", 0.12, "r"), ("名称", 0.46, "l"), ("户数", 0.16, "r"), ("建筑面积㎡", 0.26, "r"))
    _table(canvas, top, columns, rows)
    _legend(canvas, paper, ((_colour(place), "本标包"), ("#c9d0d8", "其他标包")))


def _colour(place: int) -> str:
    return COLOURS[place % len(COLOURS)]


def _title(canvas: Canvas, text: str) -> None:
    words = known(text, BOLD)
    canvas.setFillColor(INK)
    canvas.setFont(BOLD, 22)
    canvas.drawCentredString(
        PAGE[0] / 2, PAGE[1] - MARGIN - 12 * mm, fitted(words, PAGE[0] - 2 * MARGIN, 22, BOLD)
    )
    canvas.setLineWidth(1.5)
    canvas.setStrokeColor(INK)
    canvas.rect(MARGIN / 2, MARGIN / 2, PAGE[0] - MARGIN, PAGE[1] - MARGIN, stroke=1, fill=0)


_LEFT: Final = PAGE[0] - MARGIN - PANEL


def _facts(canvas: Canvas, facts: Sequence[tuple[str, str]]) -> float:
    """Label and value line by line at the top of the panel; returns where the next part begins."""
    y = MAP_FRAME[1] + MAP_FRAME[3] - 4 * mm
    canvas.setFillColor(INK)
    for label, text in facts:
        canvas.setFont(BOLD, 9.5)
        canvas.drawString(_LEFT, y, label)
        canvas.setFont(REGULAR, 9.5)
        left = _LEFT + 28 * mm
        canvas.drawString(left, y, fitted(known(clean(text)), PANEL - 28 * mm, 9.5))
        y -= 5.6 * mm
    return float(y)


def _table(
    canvas: Canvas,
    top: float,
    columns: Sequence[Column],
    rows: Sequence[Sequence[str]],
    colour: Callable[[int], str] | None = None,
) -> None:
    """A ruled table down to the legend; rows shrink to fit, and what still does not fit is counted in the last line."""
    room = top - (MAP_FRAME[1] + 46 * mm)
    high = max(3.2 * mm, min(5.4 * mm, room / (len(rows) + 2)))
    fit = int(room / high) - 1
    shown = (
        list(rows)
        if len(rows) <= fit
        else [*rows[: fit - 1], ["…", f"另有 {len(rows) - fit + 1} 行，见标段一览表"]]
    )
    size = high * 0.56
    _row(canvas, top, high, columns, [head for head, _, _ in columns], BOLD, size)
    for place, values in enumerate(shown):
        y = top - (place + 1) * high
        if colour is not None and len(values) == len(columns):
            canvas.setFillColor(HexColor(colour(place)))
            canvas.rect(_LEFT, y - high, 2 * mm, high, stroke=0, fill=1)
        _row(canvas, y, high, columns, values, REGULAR, size)
    canvas.setStrokeColor(INK)
    canvas.setLineWidth(0.8)
    canvas.rect(_LEFT, top - (len(shown) + 1) * high, PANEL, (len(shown) + 1) * high, stroke=1, fill=0)


def _row(
    canvas: Canvas,
    top: float,
    high: float,
    columns: Sequence[Column],
    values: Sequence[str],
    font: str,
    size: float,
) -> None:
    canvas.setStrokeColor(HexColor("#b9c2cc"))
    canvas.setLineWidth(0.4)
    canvas.line(_LEFT, top - high, _LEFT + PANEL, top - high)
    canvas.setFillColor(INK)
    canvas.setFont(font, size)
    left = _LEFT
    for (_, share, side), value in zip(columns, values, strict=False):
        wide = share * PANEL
        text = fitted(known(clean(value), font), wide - 5 * mm if side == "l" else wide - 1 * mm, size, font)
        if side == "r":
            canvas.drawRightString(left + wide - 1.2 * mm, top - high + size * 0.45, text)
        else:
            canvas.drawString(left + 3 * mm, top - high + size * 0.45, text)
        left += wide


def _legend(canvas: Canvas, paper: RoundPaper, fills: Sequence[tuple[str, str]]) -> None:
    """The legend at the foot of the panel, in two columns."""
    top = MAP_FRAME[1] + 36 * mm
    canvas.setFillColor(INK)
    canvas.setFont(BOLD, 11)
    canvas.drawString(_LEFT, top, "图例")
    entries: list[tuple[str | None, str, str]] = [(None, colour, text) for colour, text in fills]
    there = {each.kind for each in paper.ground}
    entries += [(kind, "", text) for kind, text in _LEGEND if kind in there]
    for place, (kind, colour, text) in enumerate(entries):
        x, y = _LEFT + (place % 2) * PANEL / 2, top - 8 * mm - (place // 2) * 7 * mm
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


def _foot(canvas: Canvas, paper: RoundPaper, page: int, pages: int) -> None:
    """Plane system, days, maker, review and page, under the map."""
    y = MARGIN + 4 * mm
    canvas.setFillColor(INK)
    canvas.setFont(REGULAR, 8.5)
    said = "　　".join((
        system_name(paper.epsg), f"数据截止：{day(paper.as_of)}",
        f"制图：{clean(paper.maker)}", f"制图日期：{day(paper.made_on)}",
    ))  # fmt: skip
    canvas.drawString(MARGIN, y, fitted(known(said), PAGE[0] - 2 * MARGIN - 120 * mm, 8.5))
    canvas.drawRightString(PAGE[0] - MARGIN, y, f"第 {page} 页　共 {pages} 页")
    canvas.setFont(BOLD, 10)
    canvas.drawRightString(PAGE[0] - MARGIN - 32 * mm, y, known(paper.review_text(), BOLD))
