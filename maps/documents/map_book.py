"""The map book (标包图册): an A3 page for the round and one for each package, in vectors, as a PDF.

Every page carries title, map, legend, scale in words and as a bar, north, table, plane system, dates, maker and the
number of the map review, or that it is for internal use.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Final

import shapely
from reportlab.pdfgen.canvas import Canvas
from shapely.geometry.base import BaseGeometry

from maps.documents import drawing, sheet
from maps.documents.drawing import COLOURS, Box, Labels, View
from maps.documents.fonts import BOLD, known, ready, width
from maps.documents.papers import (
    Ground,
    PaperPackage,
    RoundPaper,
    Step,
    clean,
    every_unit,
    number,
    total,
    unwatched,
)
from maps.documents.sheet import MAP_FRAME, PAGE, Imprint

__all__ = ["MAP_FRAME", "MEDIA_TYPE", "PAGE", "draw_package", "map_book"]

MEDIA_TYPE: Final = "application/pdf"
_HALO, _OVER = 1.2, 4.0
"""Millimetres on the overview: of the tint around a package, and from its top to its code."""
_LANES_TO = 12_000
"""The smallest scale (1 : so many) at which lanes are named."""


def map_book(paper: RoundPaper, step: Step = unwatched) -> bytes:
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
    imprint = Imprint(paper.epsg, paper.as_of, paper.made_on, paper.maker, paper.review)
    _overview(canvas, paper)
    sheet.foot(canvas, imprint, 1, pages)
    canvas.showPage()
    for place, package in enumerate(paper.packages):
        step((place + 1) / (pages + 1))
        _package(canvas, paper, place, package)
        sheet.foot(canvas, imprint, place + 2, pages)
        canvas.showPage()
    step(pages / (pages + 1))
    canvas.save()
    return out.getvalue()


def draw_package(canvas: Canvas, paper: RoundPaper, place: int, frame: Box) -> View:
    """Draw the map of one package into a frame, with north and scale inside it; returns its view."""
    package = paper.packages[place]
    view = drawing.view_of(frame, [unit.shape for unit in package.units])
    with sheet.framed(canvas, view, paper.ground):
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


def _tint(canvas: Canvas, view: View, package: PaperPackage, colour: str) -> None:
    """A package from afar: its units, which are a few millimetres here, in a tint of what lies between them."""
    hull = shapely.union_all([unit.shape for unit in package.units]).convex_hull
    around = hull.buffer(_HALO * view.scale / 1000)
    drawing.fill_shape(canvas, view, around, colour, alpha=0.3, stroke=colour, width=1.2)
    for unit in package.units:
        drawing.fill_shape(canvas, view, unit.shape, colour, alpha=0.95, stroke="#1f2933", width=0.4)


def _above(view: View, package: PaperPackage) -> BaseGeometry:
    """Where a package's code stands: just over it, so that it hides no unit."""
    whole = shapely.union_all([unit.shape for unit in package.units])
    left, _, right, top = whole.bounds
    return shapely.Point((left + right) / 2, top + _OVER * view.scale / 1000).buffer(1)


def _named(ground: Sequence[Ground], view: View) -> list[Ground]:
    """What is named on an overview: of a whole district, lanes would cover everything else."""
    return [each for each in ground if each.kind != "street" or view.scale <= _LANES_TO]


def _overview(canvas: Canvas, paper: RoundPaper) -> None:
    sheet.title(canvas, f"{clean(paper.title)}　标包分布总图")
    units = every_unit(paper.packages)
    view = drawing.view_of(MAP_FRAME, [unit.shape for unit in units], margin=0.06)
    with sheet.framed(canvas, view, paper.ground):
        for place, package in enumerate(paper.packages):
            _tint(canvas, view, package, _colour(place))
        labels = Labels.of(view)
        for package in paper.packages:
            drawing.label_number(canvas, view, _above(view, package), known(clean(package.code)), labels)
        drawing.ground_names(canvas, view, _named(paper.ground, view), labels)
    rows = [
        [package.code, package.name, str(len(package.units)), total(u.households for u in package.units).short(),
         total(u.floor_area for u in package.units).short(2)]
        for package in paper.packages
    ]  # fmt: skip
    top = sheet.facts(canvas, [
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
    sheet.table(canvas, sheet.panel(top), columns, rows, _colour)
    sheet.legend(canvas, paper.ground, (("#4e79a7", "标包（各色，编号见表）"),))


def _package(canvas: Canvas, paper: RoundPaper, place: int, package: PaperPackage) -> None:
    sheet.title(canvas, f"{clean(paper.title)}　{clean(package.code)} {clean(package.name)}")
    draw_package(canvas, paper, place, MAP_FRAME)
    units, years = package.units, package.years(paper)
    subsidies = " → ".join(number(year.subsidy, 2) for year in years)
    top = sheet.facts(canvas, [
        ("标包", f"{package.code} {package.name}"), ("所属街道", package.subdistricts or "—"),
        ("服务对象", f"{len(units)} 个"), ("户数", total(u.households for u in units).text(0, " 户")),
        ("建筑面积", total(u.floor_area for u in units).text(2, " ㎡")), ("逐年补贴（元）", subsidies),
    ])  # fmt: skip
    rows = [
        [str(n), unit.name, number(unit.households), number(unit.floor_area, 2)]
        for n, unit in enumerate(units, 1)
    ]
    columns = (("序号", 0.12, "r"), ("名称", 0.46, "l"), ("户数", 0.16, "r"), ("建筑面积㎡", 0.26, "r"))
    sheet.table(canvas, sheet.panel(top), columns, rows)
    sheet.legend(canvas, paper.ground, ((_colour(place), "本标包"), ("#c9d0d8", "其他标包")))


def _colour(place: int) -> str:
    return COLOURS[place % len(COLOURS)]
