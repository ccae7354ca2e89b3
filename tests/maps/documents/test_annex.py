"""The annex opens again: its tables hold the round's figures, and there is a map of every package."""

from __future__ import annotations

import io

import pytest

docx = pytest.importorskip("docx", reason="the packages of printed documents are not installed")
pytest.importorskip("reportlab", reason="the packages of printed documents are not installed")
pytest.importorskip("pypdfium2", reason="the packages of printed documents are not installed")

from PIL import Image  # noqa: E402 - after the packages are known to be there

from maps.documents import RoundPaper, fonts  # noqa: E402 - as above
from maps.documents.annex import annex, package_pictures  # noqa: E402 - as above

pytestmark = pytest.mark.skipif(
    not all((fonts.PLACE / file).exists() for file in fonts.FILES.values()),
    reason="the typeface of printed maps is not built: python -m maps.build",
)


def _rows(table) -> list[list[str]]:  # type: ignore[no-untyped-def]  # a table of python-docx, which has no public type
    return [[cell.text for cell in row.cells] for row in table.rows]


@pytest.fixture
def document(paper: RoundPaper):  # type: ignore[no-untyped-def]  # as above
    return docx.Document(io.BytesIO(annex(paper)))


def test_a_heading_a_map_and_two_tables_for_each_package(document, paper: RoundPaper) -> None:  # type: ignore[no-untyped-def]  # as above
    headings = [each.text for each in document.paragraphs if each.style.name.startswith(("Heading", "Title"))]
    assert headings == [
        "2026年第一批招标", "附件：标包划分及服务范围", "一、总则", "二、标包一览",
        *(f"标包 {package.code}　{package.name}" for package in paper.packages),
    ]  # fmt: skip
    assert len(document.inline_shapes) == len(paper.packages)
    assert len(document.tables) == 2 + 2 * len(paper.packages)
    descriptions = [shape._inline.docPr.get("descr") for shape in document.inline_shapes]
    assert descriptions[0] == "标包 P01 位置图，编号与下表一致"


def test_the_tables_hold_the_figures(document, paper: RoundPaper) -> None:  # type: ignore[no-untyped-def]  # as above
    facts, overview, *others = document.tables
    assert ["户数范围", "=300–1500 户"] in _rows(facts)
    assert ["地图", "内部使用，未经审图不得公开"] in _rows(facts)
    assert _rows(overview)[2] == ["P02", "=二号", "和平路街道", "3", "402", "30,001.05"]
    assert _rows(overview)[-1][3:] == ["10", "≥ 1,597", "≥ 111,003.15"]
    units, money = others[2:4]
    assert _rows(units)[1] == ["1", "=1+1小区", "老旧小区", "和平路街道", "117", "9,000.35"]
    assert _rows(units)[-1] == ["", "合计", "", "", "402", "30,001.05"]
    years = paper.packages[1].years(paper)
    assert [row[2] for row in _rows(money)[1:]] == [f"{year.subsidy:,.2f}" for year in years]
    assert _rows(money)[1][1] == "2027-01-01至2027-12-31"
    assert _rows(money)[1][3] == "—"


def test_it_is_chinese_on_a4_with_repeated_heads_and_page_numbers(document) -> None:  # type: ignore[no-untyped-def]  # as above
    section = document.sections[0]
    assert (round(section.page_width.cm, 1), round(section.page_height.cm, 1)) == (21.0, 29.7)
    body = document.element.xml
    assert body.count("w:tblHeader") == len(document.tables)
    assert 'w:eastAsia="宋体"' in document.styles.element.xml
    assert document.core_properties.language == "zh-CN"
    assert [each.text for each in section.footer._element.iter("{*}instrText")] == ["PAGE", "NUMPAGES"]


def test_names_are_text(document) -> None:  # type: ignore[no-untyped-def]  # as above
    text = "".join(cell for table in document.tables for row in _rows(table) for cell in row)
    assert "@银屏<b>花园</b>" in text
    assert "-机床厂&宿舍" in text
    assert "\u202e" not in text


def test_the_picture_is_sharp_and_not_empty(paper: RoundPaper) -> None:
    *_, last = package_pictures(paper)
    picture = Image.open(io.BytesIO(last))
    assert [round(side / 200 * 25.4) for side in picture.size] == [160, 112]
    assert len(picture.convert("RGB").quantize(64).getcolors()) > 10


def test_colours_of_a_map_are_those_that_were_drawn(paper: RoundPaper) -> None:
    first, *_ = package_pictures(paper)
    drawn = Image.open(io.BytesIO(first)).convert("RGB").getcolors(1_000_000)
    shown = {colour for _, colour in drawn}
    for wanted in ((247, 246, 242), (31, 41, 51), (201, 208, 216)):  # ground, ink, other packages
        assert min(max(abs(a - b) for a, b in zip(wanted, each, strict=True)) for each in shown) <= 6


class Halt(Exception):
    """Somebody stopped the making."""


def test_the_making_is_told_step_by_step_and_ends_where_it_is_stopped(paper: RoundPaper) -> None:
    told: list[float] = []
    annex(paper, told.append)
    assert told == sorted(told)
    assert (told[0], len(told)) == (0, 2 * len(paper.packages))

    def stop(share: float) -> None:
        if share >= 0.5:
            raise Halt

    with pytest.raises(Halt):
        annex(paper, stop)
