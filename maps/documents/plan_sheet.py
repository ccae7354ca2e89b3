"""The grid sheet (网格划分图): an A3 page with map, legend, scale, north and table; more pages for more rows.

What a plan makes and what it changes have colours of their own; a draft says so across the map.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Final

import shapely
from reportlab.lib.colors import Color
from reportlab.pdfgen.canvas import Canvas

from geo.boundaries.drawn.values import Drawn, DrawnCell
from maps.documents import drawing, sheet
from maps.documents.drawing import Labels, View
from maps.documents.fonts import BOLD, ready, width
from maps.documents.papers import Ground, GroundKind, clean, number, total
from maps.documents.sheet import LEFT, MAP_FRAME, MARGIN, PAGE, PANEL, TITLE, Column, Imprint, Strip

MEDIA_TYPE: Final = "application/pdf"
NAMES: Final = {"grids": "网格", "communities": "小区", "building_groups": "楼栋群"}
KINDS: Final = {
    "basic": "基础",
    "dedicated": "专属",
    "commercial": "商品房",
    "resettlement": "安置房",
    "old": "老旧",
}
FATES: Final = {"unchanged": "未变", "changed": "调整", "new": "新设"}
_FILLS: Final = {"unchanged": "#dbe6f1", "changed": "#f7d794", "new": "#a9d8b0"}
_DEDICATED: Final = "#d9c8e6"
_SMALL: Final = 40
"""Up to so many cells have a number in a disc and a name; more have their number alone."""
_BUILDINGS: Final = 12_000
_COLUMNS: Final[tuple[Column, ...]] = (
    ("编码", 0.28, "l"),
    ("名称", 0.23, "l"),
    ("类型", 0.18, "l"),
    ("户数", 0.09, "r"),
    ("人口", 0.09, "r"),
    ("面积㎡", 0.13, "r"),
)


def plan_sheet(drawn: Drawn, maker: str, made_on: date, review: str | None = None) -> bytes:
    """Return the sheet of a drawing as PDF. Raises FontsMissing where the typeface is not built."""
    ready()
    paper = drawn.in_metres()
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=PAGE, pageCompression=1, invariant=1)
    heading = f"{clean(drawn.area_name)}{NAMES[drawn.layer]}划分图"
    canvas.setTitle(f"{heading} {clean(drawn.title)}")
    canvas.setAuthor(clean(maker))
    imprint = Imprint(paper.epsg, drawn.as_of, made_on, maker, review)
    rows = [_row(cell) for cell in paper.cells]
    rest = list(_pages(rows[_first_rows(paper, rows) :]))
    shown = _map_page(canvas, paper, heading, rows)
    assert shown == len(rows) - sum(len(part) for page in rest for part in page)
    sheet.foot(canvas, imprint, 1, 1 + len(rest))
    canvas.showPage()
    for place, page in enumerate(rest):
        sheet.title(canvas, f"{heading}　{NAMES[drawn.layer]}表（续）")
        for strip, part in zip(_strips(), page, strict=False):
            sheet.table(canvas, strip, _COLUMNS, part)
        sheet.foot(canvas, imprint, place + 2, 1 + len(rest))
        canvas.showPage()
    canvas.save()
    return out.getvalue()


# ---------------------------------------------------------------- the map


def _map_page(canvas: Canvas, paper: Drawn, heading: str, rows: Sequence[Sequence[str]]) -> int:
    """The page with the map; returns how many rows of the table stand on it."""
    sheet.title(canvas, f"{heading}{'（草案）' if paper.draft else ''}")
    ground = [Ground(_ground_kind(each.kind), each.shape, each.name) for each in paper.around]
    view = drawing.view_of(MAP_FRAME, [cell.shape for cell in paper.cells], margin=0.06)
    with sheet.framed(canvas, view, ground):
        _draw_cells(canvas, view, paper)
        drawing.draw_ground(canvas, view, [each for each in ground if each.kind == "border"])
        if paper.draft:
            _watermark(canvas, view)
        _label(canvas, view, paper, ground)
    shown = sheet.table(
        canvas, sheet.panel(_facts(canvas, paper)), _COLUMNS, rows, lambda i: _fill(paper.cells[i]), "见后页"
    )
    sheet.legend(canvas, ground, _legend(paper))
    return shown


def _ground_kind(kind: str) -> GroundKind:
    kinds: dict[str, GroundKind] = {
        "river": "river",
        "railway": "railway",
        "arterial": "arterial",
        "street": "street",
    }
    return kinds.get(kind, "border")


def _fill(cell: DrawnCell) -> str:
    return _DEDICATED if cell.kind == "dedicated" and cell.fate == "unchanged" else _FILLS[cell.fate]


def _draw_cells(canvas: Canvas, view: View, paper: Drawn) -> None:
    for cell in paper.cells:
        drawing.fill_shape(canvas, view, cell.shape, _fill(cell), alpha=0.7, stroke="#1f2933", width=0.9)
    if len(paper.footprints) <= _BUILDINGS:
        for footprint in paper.footprints:
            drawing.fill_shape(canvas, view, footprint, "#aab4bf", alpha=0.55, stroke="#8a95a1", width=0.15)


def _label(canvas: Canvas, view: View, paper: Drawn, ground: Sequence[Ground]) -> None:
    """Numbers in the cells, then names and those of roads where there is room."""
    labels = Labels.of(view)
    if len(paper.cells) <= _SMALL:
        middles = [
            drawing.label_number(canvas, view, cell.shape, _short(cell, paper), labels)
            for cell in paper.cells
        ]
        for at, cell in zip(middles, paper.cells, strict=True):
            drawing.label_name(canvas, at, cell.name, labels, gap=13)
    else:
        for cell in paper.cells:
            x, y = view.place(shapely.get_coordinates(cell.shape.representative_point()))[0]
            text = _short(cell, paper)
            wide = width(text, 6.5, BOLD)
            labels.free((x - wide / 2, y - 2, x + wide / 2, y + 5))
            drawing.haloed(canvas, x - wide / 2, y - 2, text, 6.5, BOLD)
    drawing.ground_names(canvas, view, ground, labels)


def _short(cell: DrawnCell, paper: Drawn) -> str:
    """The end of a code that tells cells of one sheet apart."""
    parents = {each.parent for each in paper.cells}
    own = cell.code[len(cell.parent) :].lstrip("CS")
    return own if len(parents) == 1 else f"{cell.parent[-3:]}-{own}"


def _watermark(canvas: Canvas, view: View) -> None:
    left, bottom, wide, high = view.frame
    canvas.saveState()
    canvas.setFillColor(Color(0.75, 0.1, 0.1, alpha=0.14))
    canvas.setFont(BOLD, 150)
    canvas.translate(left + wide / 2, bottom + high / 2)
    canvas.rotate(30)
    canvas.drawCentredString(0, -50, "草　案")
    canvas.restoreState()


# ---------------------------------------------------------------- the panel


def _facts(canvas: Canvas, paper: Drawn) -> float:
    cells = paper.cells
    changed = {
        word: sum(cell.fate == fate for cell in cells) for fate, word in FATES.items() if fate != "unchanged"
    }
    said = "　".join(f"{word} {count} 个" for word, count in changed.items() if count)
    ended = f"　撤销 {len(paper.ended)} 个" if paper.ended else ""
    households = total(cell.households for cell in cells)
    unknown = sum(cell.households_unknown for cell in cells)
    return sheet.facts(canvas, [
        ("区域", f"{paper.area_name}（{paper.area}）"), ("方案", paper.title),
        (NAMES[paper.layer], f"{len(cells)} 个{'　其中' if said else ''}{said}{ended}"),
        ("户数", f"{number(households.known)} 户{f'（另有 {unknown} 栋楼户数不明）' if unknown else ''}"),
        ("人口", total(cell.residents for cell in cells).text(0, " 人")),
        ("面积", f"{sum(cell.area_m2 for cell in cells) / 1e6:,.3f} 平方千米"),
    ])  # fmt: skip


def _row(cell: DrawnCell) -> list[str]:
    kind = (
        KINDS.get(cell.kind, "—")
        if cell.fate == "unchanged"
        else f"{KINDS.get(cell.kind, '')}·{FATES[cell.fate]}"
    )
    return [
        cell.code, cell.name, kind, number(cell.households), number(cell.residents), f"{cell.area_m2:,.0f}",
    ]  # fmt: skip


def _legend(paper: Drawn) -> list[tuple[str, str]]:
    """Only what is there, with how many of it."""
    entries = [
        (_FILLS["new"], "本方案新设", [cell for cell in paper.cells if cell.fate == "new"]),
        (_FILLS["changed"], "本方案调整", [cell for cell in paper.cells if cell.fate == "changed"]),
        (_DEDICATED, "专属网格", [cell for cell in paper.cells if _fill(cell) == _DEDICATED]),
        (_FILLS["unchanged"], "现行" if paper.draft else NAMES[paper.layer],
         [cell for cell in paper.cells if _fill(cell) == _FILLS["unchanged"]]),
    ]  # fmt: skip
    found = [(fill, f"{text}（{len(cells)}）") for fill, text, cells in entries if cells]
    return [*found, *([("#aab4bf", f"楼栋（{len(paper.footprints)}）")] if len(paper.footprints) else [])]


# ---------------------------------------------------------------- more pages


def _first_rows(paper: Drawn, rows: Sequence[Sequence[str]]) -> int:
    """How many rows the panel beside the map holds: what `sheet.table` will say."""
    return sheet.fitting(sheet.panel(sheet.below_facts(6)), len(rows))


def _strips() -> list[Strip]:
    """Three tables side by side on a page without a map."""
    top, bottom = PAGE[1] - MARGIN - TITLE, MAP_FRAME[1]
    gap = (LEFT - MARGIN - 2 * PANEL) / 2
    return [Strip(MARGIN + place * (PANEL + gap), top, bottom) for place in range(3)]


def _pages(rows: Sequence[list[str]]) -> Iterator[list[Sequence[list[str]]]]:
    """The rows that are left, by page and strip."""
    strips = _strips()
    most = sheet.capacity(strips[0])
    parts = [rows[start : start + most] for start in range(0, len(rows), most)]
    for start in range(0, len(parts), len(strips)):
        yield parts[start : start + len(strips)]
