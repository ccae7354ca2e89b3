"""The grid drawing for CAD (DXF): cells, codes, buildings, roads and borders on layers of their own, in metres.

CGCS2000, 3° Gauss–Krüger zone of the area's middle, x east without a zone number, y north; the drawing says so itself.
R2000 in GBK (ANSI_936): what every CAD program of the offices opens, and QGIS reads the words of.
"""

from __future__ import annotations

import io
import math
from collections.abc import Iterator
from typing import Any, Final

import shapely
from ezdxf import units
from ezdxf.enums import TextEntityAlignment
from ezdxf.filemanagement import new
from shapely.geometry.base import BaseGeometry

from geo.boundaries.drawn.values import Drawn, DrawnCell
from maps.documents.fonts import REPLACEMENT
from maps.documents.papers import clean, day, system_name
from maps.documents.plan_sheet import NAMES

MEDIA_TYPE: Final = "image/vnd.dxf"
APPLICATION: Final = "WANGGE"
"""Under this name each outline carries its code, name and households as extended data."""
_KIND_LAYERS: Final = {
    "basic": ("网格_基础", 5),
    "dedicated": ("网格_专属", 6),
    "commercial": ("小区_商品房", 5),
    "resettlement": ("小区_安置房", 3),
    "old": ("小区_老旧", 1),
}
_AROUND: Final = {
    "arterial": ("道路_主干道", 30),
    "street": ("道路_街巷", 9),
    "railway": ("铁路", 8),
    "river": ("河流", 4),
    "border": ("社区界", 6),
}
_CODES, _BUILDINGS, _NOTES, _CHANGES = "编码注记", "楼栋", "说明", "方案_新设或调整"


def plan_drawing(drawn: Drawn) -> bytes:
    """Return a drawing as DXF."""
    paper = drawn.in_metres()
    drawing = new("R2000", units=units.M)
    drawing.encoding = "gbk"
    drawing.appids.add(APPLICATION)
    drawing.styles.add("中文", font="simsun.ttc")
    model = drawing.modelspace()
    height = _text_height(paper)
    for cell in paper.cells:
        _draw_cell(drawing, model, cell, paper.layer, height)
    for footprint in paper.footprints:
        _outline(drawing, model, footprint, (_BUILDINGS, 8))
    for each in paper.around:
        _outline(drawing, model, each.shape, _AROUND.get(each.kind, _AROUND["border"]))
    _notes(drawing, model, paper, height)
    _show_all(drawing, paper)
    out = io.StringIO()
    drawing.write(out)
    return out.getvalue().encode(drawing.output_encoding, errors="dxfreplace")


def _draw_cell(drawing: Any, model: Any, cell: DrawnCell, layer: str, height: float) -> None:
    own = _KIND_LAYERS.get(cell.kind, (NAMES[layer], 5))
    data = [(1000, f"{name}={value}"[:250]) for name, value in (
        ("code", cell.code), ("name", clean(cell.name)), ("fate", cell.fate), ("households", cell.households),
        ("area_m2", cell.area_m2),
    )]  # fmt: skip
    for line in _outline(drawing, model, cell.shape, own):
        line.set_xdata(APPLICATION, data)
    if cell.fate != "unchanged":
        _outline(drawing, model, cell.shape, (_CHANGES, 1), width=height / 4)
    place = cell.shape.representative_point()
    for line, text in enumerate((cell.code, clean(cell.name))):
        at = (place.x, place.y - line * 1.6 * height)
        _write(drawing, model, text, at, height, TextEntityAlignment.MIDDLE_CENTER, _CODES)


def _outline(
    drawing: Any, model: Any, shape: BaseGeometry, layer: tuple[str, int], width: float = 0.0
) -> list[Any]:
    """Draw every ring and line of a shape; returns what was drawn."""
    _layer(drawing, *layer)
    look = {"layer": layer[0], "const_width": width}
    return [model.add_lwpolyline(points, close=closed, dxfattribs=look) for points, closed in _lines(shape)]


def _lines(shape: BaseGeometry) -> Iterator[tuple[Any, bool]]:
    for part in shapely.get_parts(shape):
        if part.geom_type == "Polygon":
            for ring in (part.exterior, *part.interiors):
                yield shapely.get_coordinates(ring)[:-1], True
        elif part.geom_type == "LineString":
            yield shapely.get_coordinates(part), False
        elif part.geom_type.startswith(("Multi", "GeometryCollection")):
            yield from _lines(part)


def _layer(drawing: Any, name: str, colour: int) -> None:
    if name not in drawing.layers:
        drawing.layers.add(name, color=colour)


def _write(
    drawing: Any, model: Any, text: str, at: tuple[float, float], height: float, side: Any, layer: str
) -> None:
    _layer(drawing, layer, 7)
    look = {"layer": layer, "style": "中文", "height": height}
    # A caret begins a control code in a TEXT, and no code says a character beyond the basic plane.
    written = "".join(each if ord(each) < 0x10000 else REPLACEMENT for each in text.replace("^", "^ "))
    model.add_text(written, dxfattribs=look).set_placement(at, align=side)


def _text_height(paper: Drawn) -> float:
    """A twelfth of the side of a middling cell, in metres, rounded to halves."""
    areas = sorted(cell.shape.area for cell in paper.cells)
    return max(0.5, round(math.sqrt(areas[len(areas) // 2]) / 12 / 0.5) * 0.5)


def _notes(drawing: Any, model: Any, paper: Drawn, height: float) -> None:
    """Title, system and day, under the drawing."""
    west, south, _, _ = shapely.total_bounds([cell.shape for cell in paper.cells]).tolist()
    state = "（草案，未生效）" if paper.draft else ""
    lines = (
        f"{clean(paper.area_name)}{NAMES[paper.layer]}划分图{state}　{clean(paper.title)}",
        f"{system_name(paper.epsg)}（EPSG:{paper.epsg}），X 向东、Y 向北，横坐标不带带号，单位：米",
        f"数据截止：{day(paper.as_of)}　共 {len(paper.cells)} 个{NAMES[paper.layer]}　内部使用，未经审图不得公开",
    )
    for place, text in enumerate(lines):
        at = (west, south - (3 + 2 * place) * height)
        _write(drawing, model, text, at, height, TextEntityAlignment.LEFT, _NOTES)


def _show_all(drawing: Any, paper: Drawn) -> None:
    """Open on the cells, and say how far the drawing reaches."""
    west, south, east, north = shapely.total_bounds([cell.shape for cell in paper.cells]).tolist()
    drawing.modelspace().reset_extents((west, south, 0), (east, north, 0))
    drawing.set_modelspace_vport((north - south) * 1.2, ((west + east) / 2, (south + north) / 2))
