"""The map book opens, has its pages and figures, carries its own typeface, and draws what it is given where it lies."""

from __future__ import annotations

import dataclasses
import re

import numpy as np
import pytest
import shapely

pypdfium2 = pytest.importorskip("pypdfium2", reason="the packages of printed documents are not installed")
pytest.importorskip("reportlab", reason="the packages of printed documents are not installed")

from maps.documents import Ground, RoundPaper, fonts  # noqa: E402 - after the packages are known to be there
from maps.documents.drawing import COLOURS, SCALES, Labels, View, view_of  # noqa: E402 - as above
from maps.documents.map_book import MAP_FRAME, PAGE, map_book  # noqa: E402 - as above

pytestmark = pytest.mark.skipif(
    not all((fonts.PLACE / file).exists() for file in fonts.FILES.values()),
    reason="the typeface of printed maps is not built: python -m maps.build",
)


def _texts(book: bytes) -> list[str]:
    pages = pypdfium2.PdfDocument(book)
    return [page.get_textpage().get_text_range() for page in pages]


def test_an_a3_page_for_the_round_and_one_for_each_package(paper: RoundPaper) -> None:
    book = pypdfium2.PdfDocument(map_book(paper))
    assert len(book) == 1 + len(paper.packages)
    assert all([round(side / 72 * 25.4) for side in page.get_size()] == [420, 297] for page in book)


def test_every_page_has_what_a_map_must_have(paper: RoundPaper) -> None:
    for text in _texts(map_book(paper)):
        for needed in ("2026年第一批招标", "图例", "比例尺", "北", "中央经线117°E", "数据截止：2026年11月1日",
                       "制图日期：2026年11月22日", "示例区住房&城乡建设局", "内部使用，未经审图不得公开"):  # fmt: skip
            assert needed in text
        scale = re.search(r"1 : ([\d,]+)", text)
        assert scale
        assert int(scale[1].replace(",", "")) in SCALES


def test_a_reviewed_map_carries_its_number(paper: RoundPaper) -> None:
    reviewed = dataclasses.replace(paper, review="皖S（2026）1号")
    assert all("审图号：皖S（2026）1号" in text for text in _texts(map_book(reviewed)))


def test_the_tables_hold_every_unit_and_the_sums(paper: RoundPaper) -> None:
    first, *pages = _texts(map_book(paper))
    assert "10 个" in first
    assert "≥ 111,003.15" not in first
    assert "111,003.15 ㎡（另有 1 处不明）" in first
    for package, text in zip(paper.packages, pages, strict=True):
        for unit in package.units:
            if unit.floor_area is not None:
                assert f"{unit.floor_area:,.2f}" in text
    assert "30,001.05 ㎡" in pages[1]
    assert "9,000.33 → 6,000.21 → 3,000.12" in pages[1]
    assert "（另有 1 处不明）" in pages[2]


def test_names_are_written_as_they_are(paper: RoundPaper) -> None:
    _, _, second, third = _texts(map_book(paper))
    assert "=1+1小区" in second
    assert "@银屏<b>花园</b>" in second
    assert "{{7*7}}苑" in third
    assert "+铁路新村" in second


def test_the_typeface_is_inside_and_only_as_much_of_it_as_is_used(paper: RoundPaper) -> None:
    book = map_book(paper)
    assert book.count(b"/FontFile2") >= 2
    assert len(book) < 400_000


def test_the_same_round_gives_the_same_bytes(paper: RoundPaper) -> None:
    assert map_book(paper) == map_book(paper)


def test_a_unit_is_drawn_where_it_lies_and_its_court_is_not(paper: RoundPaper) -> None:
    page = pypdfium2.PdfDocument(map_book(dataclasses.replace(paper, ground=())))[1]
    picture = page.render(scale=1).to_numpy()
    (unit,) = paper.packages[0].units
    view = view_of(MAP_FRAME, [unit.shape])
    inside, court = view.place(np.array([[528_120, 3_526_150], [528_055, 3_526_055]]))

    def colour(at: np.ndarray) -> list[int]:
        return [int(each) for each in picture[round(PAGE[1] - at[1]), round(at[0])][:3][::-1]]

    ground = [0xF7, 0xF6, 0xF2]
    fill = [int(COLOURS[0][place : place + 2], 16) for place in (1, 3, 5)]
    mixed = [0.75 * new + 0.25 * old for new, old in zip(fill, ground, strict=True)]
    assert colour(court) == ground
    assert colour(inside) == pytest.approx(mixed, abs=2)


def test_a_metre_is_a_metre_at_the_scale_of_the_map() -> None:
    view = View((0, 0, 1000, 1000), (0, 0), 5000)
    (x0, _), (x1, _) = view.place(np.array([[0, 0], [100, 0]]))
    assert (x1 - x0) / 72 * 25.4 == pytest.approx(20)


@pytest.mark.parametrize("size", [1, 300, 4000, 90_000])
def test_all_shapes_fit_above_the_scale(size: float) -> None:
    shape = shapely.box(528_000, 3_526_000, 528_000 + size, 3_526_000 + size / 2)
    view = view_of(MAP_FRAME, [shape])
    placed = view.place(shapely.get_coordinates(shape))
    left, bottom, wide, high = MAP_FRAME
    assert (placed >= (left, bottom + 45)).all()
    assert (placed <= (left + wide, bottom + high)).all()


def test_a_label_takes_its_room_once() -> None:
    labels = Labels()
    assert labels.free((0, 0, 10, 10))
    assert not labels.free((9, 9, 12, 12))
    assert labels.free((10, 0, 12, 10))


def test_two_hundred_units_in_one_package_stay_on_one_page(paper: RoundPaper) -> None:
    unit = paper.packages[0].units[0]
    many = tuple(dataclasses.replace(unit, code=str(n), shape=shapely.affinity.translate(unit.shape, n % 20 * 200, n // 20 * 220)) for n in range(200))  # fmt: skip
    packages = (dataclasses.replace(paper.packages[0], units=many),)
    texts = _texts(map_book(dataclasses.replace(paper, packages=packages)))
    assert len(texts) == 2
    assert re.search(r"另有 \d+ 行，见标段一览表", texts[1])


def test_a_multipolygon_and_a_ground_far_away(paper: RoundPaper) -> None:
    unit = dataclasses.replace(
        paper.packages[0].units[0],
        shape=shapely.union_all([shapely.box(528_000, 3_526_000, 528_050, 3_526_050), shapely.box(528_100, 3_526_000, 528_110, 3_526_020)]),
    )  # fmt: skip
    packages = (dataclasses.replace(paper.packages[0], units=(unit,)),)
    far = (Ground("street", shapely.LineString([(0, 0), (10, 10)]), "远路"),)
    assert "远路" not in _texts(map_book(dataclasses.replace(paper, packages=packages, ground=far)))[1]


def test_no_package_no_map_book(paper: RoundPaper) -> None:
    with pytest.raises(ValueError, match="package"):
        map_book(dataclasses.replace(paper, packages=()))


def test_without_the_typeface_the_message_says_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:  # type: ignore[no-untyped-def]  # pytest's own
    monkeypatch.setattr(fonts, "PLACE", tmp_path)
    with pytest.raises(fonts.FontsMissing, match=r"maps\.build"):
        fonts.ready.__wrapped__()
