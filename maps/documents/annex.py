"""The annex of the tender document (招标文件附件) in Word's format: terms, then each package with its map and table."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from typing import Any, Final

import numpy as np
import pypdfium2
from docx import Document
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt, RGBColor
from PIL import Image
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from maps.documents.fonts import ready
from maps.documents.map_book import draw_package
from maps.documents.papers import (
    KINDS,
    UNKNOWN,
    RoundPaper,
    Step,
    clean,
    day,
    number,
    system_name,
    total,
    unwatched,
)

MEDIA_TYPE: Final = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_BODY, _HEAD = "宋体", "黑体"
_MAP = (160 * mm, 112 * mm)
_DPI = 200
_COLOURS = 128
_EVERY = 4
Rows = Sequence[Sequence[str]]


def annex(paper: RoundPaper, step: Step = unwatched) -> bytes:
    """Return the annex of a round. Raises FontsMissing where the typeface of the maps is not there."""
    document = Document()
    _set_up(document, paper)
    _heading(document, paper.title, 0)
    _heading(document, "附件：标包划分及服务范围", 1)
    _terms(document, paper)
    for place, picture in enumerate(package_pictures(paper, step)):
        _package(document, paper, place, picture)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def package_pictures(paper: RoundPaper, step: Step = unwatched) -> Iterator[bytes]:
    """Yield the map of each package as a PNG of 160 × 112 mm at 200 dots an inch.

    All maps are drawn first, into one document that holds the typeface once; the step is told of both passes.
    """
    ready()
    count = len(paper.packages)
    drawn = io.BytesIO()
    canvas = Canvas(drawn, pagesize=_MAP, pageCompression=0, invariant=1)
    for place in range(count):
        step(0.3 * place / count)
        draw_package(canvas, paper, place, (0.6, 0.6, _MAP[0] - 1.2, _MAP[1] - 1.2))
        canvas.showPage()
    canvas.save()
    document = pypdfium2.PdfDocument(drawn.getvalue())
    try:
        for place in range(count):
            step(0.3 + 0.7 * place / count)
            yield _packed(document[place].render(scale=_DPI / 72).to_pil())
    finally:
        document.close()


def _packed(picture: Image.Image) -> bytes:
    """Pack a map, which has few colours, with a palette of them: a third of the size.

    It is found in every fourth dot of every fourth line, in a tenth of the time that all dots take.
    """
    few = Image.fromarray(np.ascontiguousarray(np.asarray(picture)[::_EVERY, ::_EVERY])).quantize(_COLOURS)
    out = io.BytesIO()
    picture.quantize(palette=few, dither=Image.Dither.NONE).save(out, format="PNG", dpi=(_DPI, _DPI))
    return out.getvalue()


def _set_up(document: Any, paper: RoundPaper) -> None:
    """A4, Chinese typefaces for Chinese text, page numbers, and what the file says about itself."""
    section = document.sections[0]
    section.page_width, section.page_height = Cm(21), Cm(29.7)
    section.left_margin = section.right_margin = Cm(2.5)
    section.top_margin = section.bottom_margin = Cm(2.5)
    for name, font, size in (
        ("Normal", _BODY, 10.5),
        ("Title", _HEAD, 18),
        ("Heading 1", _HEAD, 15),
        ("Heading 2", _HEAD, 13),
    ):
        style = document.styles[name]
        style.font.name, style.font.size, style.font.color.rgb = font, Pt(size), RGBColor(0, 0, 0)
        for part in style.element.rPr.iter(qn("w:color")):
            for theme in ("themeColor", "themeShade", "themeTint"):
                part.attrib.pop(qn(f"w:{theme}"), None)
        fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
        for theme in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
            fonts.attrib.pop(qn(f"w:{theme}"), None)
        fonts.set(qn("w:eastAsia"), font)
        _language(style.element.get_or_add_rPr())
    told = document.core_properties
    told.title, told.author, told.language = clean(paper.title), clean(paper.maker), "zh-CN"
    foot = section.footer.paragraphs[0]
    foot.alignment = WD_ALIGN_PARAGRAPH.CENTER
    foot.add_run("第 ")
    _field(foot, "PAGE")
    foot.add_run(" 页，共 ")
    _field(foot, "NUMPAGES")
    foot.add_run(" 页")


def _terms(document: Any, paper: RoundPaper) -> None:
    _heading(document, "一、总则", 2)
    units = [unit for package in paper.packages for unit in package.units]
    homes, area = total(u.households for u in units), total(u.floor_area for u in units)
    _text(document, f"{paper.area}本次共设标包 {len(paper.packages)} 个，服务对象 {len(units)} 个，"
                    f"{homes.text(0, ' 户')}，建筑面积 {area.text(2, ' 平方米')}。")  # fmt: skip
    facts = [*((label, day(when)) for label, when in paper.dates), ("合同起始日（计划）", day(paper.start)),
             ("数据截止", day(paper.as_of)), ("坐标系", system_name(paper.epsg)), *paper.rules,
             ("编制单位", paper.maker), ("编制日期", day(paper.made_on)), ("地图", paper.review_text())]  # fmt: skip
    _table(document, ("项目", "内容"), facts, (4.5, 11.5), right=())
    _heading(document, "二、标包一览", 2)
    rows = [
        (package.code, package.name, package.subdistricts or UNKNOWN, str(len(package.units)),
         total(u.households for u in package.units).short(), total(u.floor_area for u in package.units).short(2))
        for package in paper.packages
    ]  # fmt: skip
    last = ("合计", "", "", str(len(units)), homes.short(), area.short(2))
    heads = ("标包", "名称", "所属街道", "服务对象", "户数", "建筑面积（㎡）")
    _table(document, heads, [*rows, last], (1.6, 4.2, 3.4, 1.8, 1.9, 3.1), right=(3, 4, 5))


def _package(document: Any, paper: RoundPaper, place: int, picture: bytes) -> None:
    package = paper.packages[place]
    document.add_page_break()
    _heading(document, f"标包 {package.code}　{package.name}", 2)
    units = package.units
    _text(document, f"服务对象 {len(units)} 个，{total(u.households for u in units).text(0, ' 户')}，"
                    f"建筑面积 {total(u.floor_area for u in units).text(2, ' 平方米')}，"
                    f"位于{package.subdistricts or '（街道不明）'}。")  # fmt: skip
    document.add_picture(io.BytesIO(picture), width=Cm(15.6))
    shown = document.paragraphs[-1]
    shown.alignment = WD_ALIGN_PARAGRAPH.CENTER
    for shape in shown._p.iter(qn("wp:docPr")):
        shape.set("descr", f"标包 {clean(package.code)} 位置图，编号与下表一致")
    caption = _text(document, f"图 {place + 1}　标包 {package.code} 位置图（{paper.review_text()}）")
    caption.alignment = WD_ALIGN_PARAGRAPH.CENTER
    rows = [
        (str(n), unit.name, KINDS.get(unit.kind, unit.kind), unit.subdistrict or UNKNOWN, number(unit.households),
         number(unit.floor_area, 2))
        for n, unit in enumerate(units, 1)
    ]  # fmt: skip
    last = (
        "",
        "合计",
        "",
        "",
        total(u.households for u in units).short(),
        total(u.floor_area for u in units).short(2),
    )
    heads = ("序号", "名称", "类型", "街道", "户数", "建筑面积（㎡）")
    _table(document, heads, [*rows, last], (1.3, 5.0, 2.2, 2.8, 1.8, 2.9), right=(0, 4, 5))
    _money(document, paper, place)


def _money(document: Any, paper: RoundPaper, place: int) -> None:
    """Subsidy, income and cost by contract year."""
    _text(document, "分年资金（元）：")
    rows = [
        (f"第 {year.number} 年", f"{year.first:%Y-%m-%d}至{year.last:%Y-%m-%d}",
         *(number(amount, 2) for amount in (year.subsidy, year.income, year.cost, year.balance)))
        for year in paper.packages[place].years(paper)
    ]  # fmt: skip
    heads = ("年度", "起止", "补贴", "物业费收入", "服务成本", "盈亏")
    if any(UNKNOWN in row for row in rows):
        _text(document, f"注：“{UNKNOWN}”为无法计算，有服务对象的建筑面积、物业费、收缴率或成本标准不明。")
    _table(document, heads, rows, (1.6, 4.8, 2.4, 2.5, 2.4, 2.3), right=(2, 3, 4, 5))


def _heading(document: Any, text: str, level: int) -> None:
    document.add_heading(clean(text), level).alignment = (
        WD_ALIGN_PARAGRAPH.CENTER if level < 2 else WD_ALIGN_PARAGRAPH.LEFT
    )


def _text(document: Any, text: str) -> Any:
    return document.add_paragraph(clean(text))


def _table(
    document: Any, heads: Sequence[str], rows: Rows, widths: Sequence[float], right: Sequence[int]
) -> None:
    """A ruled table: the head row comes again on each page, no row breaks over two; widths in centimetres."""
    table = document.add_table(rows=1 + len(rows), cols=len(heads))
    table.style, table.alignment, table.autofit = "Table Grid", WD_TABLE_ALIGNMENT.CENTER, False
    for column, width in zip(table.columns, widths, strict=True):
        column.width = Cm(width)
    for line, values in zip(table.rows, [heads, *rows], strict=True):
        properties = line._tr.get_or_add_trPr()
        properties.append(OxmlElement("w:cantSplit"))
        if values is heads:
            properties.append(OxmlElement("w:tblHeader"))
        for column, (cell, value) in enumerate(zip(line.cells, values, strict=True)):
            cell.width = Cm(widths[column])
            paragraph = cell.paragraphs[0]
            run = paragraph.add_run(clean(value))
            run.font.size, run.bold = Pt(9.5), values is heads
            if values is heads:
                paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
            elif column in right:
                paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    document.add_paragraph()


def _language(properties: Any) -> None:
    """Mark a style's text as Chinese, so that no reader underlines all of it."""
    found = properties.find(qn("w:lang"))
    lang = OxmlElement("w:lang") if found is None else found
    lang.set(qn("w:val"), "en-US")
    lang.set(qn("w:eastAsia"), "zh-CN")
    if found is None:
        properties.append(lang)


def _field(paragraph: Any, code: str) -> None:
    """A field that the reader's program fills in: the page, the number of pages."""
    for kind, text in (("begin", None), (None, code), ("separate", None), ("value", "1"), ("end", None)):
        run = paragraph.add_run(text if kind == "value" else None)
        if kind == "value":
            continue
        part = OxmlElement("w:instrText" if kind is None else "w:fldChar")
        if kind is None:
            part.text = text
        else:
            part.set(qn("w:fldCharType"), kind)
        run._r.append(part)
