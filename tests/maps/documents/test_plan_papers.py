"""The grid sheet and the CAD drawing of a plan: opened by other programs, and saying what they must."""

from __future__ import annotations

import dataclasses
import re
from datetime import date
from pathlib import Path

import numpy as np
import pytest
import shapely
from ezdxf import recover
from pyogrio import read_dataframe

pypdfium2 = pytest.importorskip("pypdfium2", reason="the packages of printed documents are not installed")
pytest.importorskip("reportlab", reason="the packages of printed documents are not installed")

from geo.boundaries.drawn.values import Around, Drawn, DrawnCell  # noqa: E402 - after the packages are known to be there
from maps.documents import fonts  # noqa: E402 - as above
from maps.documents.drawing import SCALES  # noqa: E402 - as above
from maps.documents.plan_cad import APPLICATION, plan_drawing  # noqa: E402 - as above
from maps.documents.plan_sheet import plan_sheet  # noqa: E402 - as above

SIDE = 0.003
printed = pytest.mark.skipif(
    not all((fonts.PLACE / file).exists() for file in fonts.FILES.values()),
    reason="the typeface of printed maps is not built: python -m maps.build",
)
NAMES = ("和平苑网格", "=1+1网格", "{{7*7}}", "𠮷祥^网格", "<b>铁路\u202e新村\x00")


def cell(number: int, across: int) -> DrawnCell:
    x, y = 117.3 + number % across * SIDE, 31.86 - number // across * SIDE
    shape = shapely.MultiPolygon([shapely.box(x, y, x + SIDE, y + SIDE)])
    fate = "new" if number == 1 else "changed" if number == 2 else "unchanged"
    return DrawnCell(
        f"990101001001{number + 1:03}", NAMES[number % len(NAMES)], "dedicated" if number == 3 else "basic", fate, (),
        shape, "990101001001", 12, None if number == 4 else 300 + number, 1 if number == 4 else 0, 900, 94_000.0,
    )  # fmt: skip


def drawn(count: int = 9, *, draft: bool = True) -> Drawn:
    road = shapely.LineString([(117.29, 31.861), (117.33, 31.861)])
    homes = np.array([shapely.box(117.301, 31.8605, 117.3015, 31.8607)], dtype=object)
    return Drawn(
        "grids", "2026年<优化>方案", "990101001001", "和平社区", draft, date(2026, 11, 1),
        tuple(cell(n, 3 if count < 20 else 30) for n in range(count)), ("990101001001099",) if draft else (),
        (Around("arterial", "长江路", road), Around("border", "", shapely.box(117.29, 31.85, 117.33, 31.87))), homes,
    )  # fmt: skip


def pages(data: bytes) -> list[str]:
    return [page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(data)]


@printed
def test_the_sheet_is_one_a3_page_with_all_that_a_map_must_have() -> None:
    data = plan_sheet(drawn(), "示例区社会工作部", date(2026, 11, 22))
    (page,) = pypdfium2.PdfDocument(data)
    assert [round(side / 72 * 25.4) for side in page.get_size()] == [420, 297]
    (text,) = pages(data)
    for needed in ("和平社区网格划分图（草案）", "图例", "比例尺", "北", "中央经线117°E", "数据截止：2026年11月1日", "草　案",
                   "制图日期：2026年11月22日", "示例区社会工作部", "内部使用，未经审图不得公开", "2026年<优化>方案",
                   "新设 1 个", "调整 1 个", "撤销 1 个", "另有 1 栋楼户数不明", "本方案新设（1）", "专属网格（1）"):  # fmt: skip
        assert needed in text, needed
    for number in range(9):
        assert f"990101001001{number + 1:03}" in text
    scale = re.search(r"1 : ([\d,]+)", text)
    assert scale
    assert int(scale[1].replace(",", "")) in SCALES


@printed
def test_what_is_in_force_bears_no_mark_of_a_draft() -> None:
    (text,) = pages(plan_sheet(drawn(draft=False), "某部", date(2026, 11, 22), review="皖S（2026）1号"))
    assert "草" not in text
    assert "审图号：皖S（2026）1号" in text


@printed
@pytest.mark.parametrize("count", [41, 88, 89, 90, 91, 92, 300, 600])
def test_every_cell_stands_in_the_table_once_however_many_pages_that_takes(count: int) -> None:
    texts = pages(plan_sheet(drawn(count), "某部", date(2026, 11, 22)))
    listed = re.findall(r"990101001001(\d{3})\b", "\n".join(texts))
    assert sorted(listed) == sorted([*(f"{n + 1:03}" for n in range(count))])
    assert all(f"第 {n} 页　共 {len(texts)} 页" in text for n, text in enumerate(texts, 1))


def test_cad_programs_open_the_drawing_and_find_its_layers(tmp_path: Path) -> None:
    path = tmp_path / "plan.dxf"
    path.write_bytes(plan_drawing(drawn()))
    document, auditor = recover.readfile(path)
    assert not auditor.has_errors
    assert document.header["$INSUNITS"] == 6
    model = document.modelspace()
    assert len(model.query('LWPOLYLINE[layer=="网格_基础"]')) == 8
    assert len(model.query('LWPOLYLINE[layer=="网格_专属"]')) == 1
    assert len(model.query('LWPOLYLINE[layer=="方案_新设或调整"]')) == 2
    texts = [each.dxf.text for each in model.query('TEXT[layer=="编码注记"]')]
    assert "990101001001001" in texts
    assert "=1+1网格" in texts
    assert "〓祥^ 网格" in texts
    first = next(iter(model.query('LWPOLYLINE[layer=="网格_基础"]')))
    assert first.closed
    assert (1000, "code=990101001001001") in [tuple(tag) for tag in first.get_xdata(APPLICATION)]


def test_gdal_reads_the_drawing_in_metres_with_its_words(tmp_path: Path) -> None:
    path = tmp_path / "plan.dxf"
    whole = drawn()
    path.write_bytes(plan_drawing(whole))
    frame = read_dataframe(path)
    assert {"网格_基础", "编码注记", "说明", "楼栋", "道路_主干道", "社区界"} <= set(frame["Layer"])
    notes = " ".join(frame.loc[frame["Layer"] == "说明", "Text"])
    assert "中央经线117°E（EPSG:4548）" in notes
    assert "草案，未生效" in notes
    outlines = frame[frame["Layer"].isin(["网格_基础", "网格_专属"])].geometry
    drawn_again = shapely.polygons([shapely.get_coordinates(line) for line in outlines])
    shapes = [each.shape for each in whole.in_metres().cells]
    assert sum(one.area for one in drawn_again) == pytest.approx(sum(one.area for one in shapes), abs=1e-3)


def test_a_drawing_without_buildings_or_roads_is_one_too() -> None:
    bare = dataclasses.replace(drawn(1), around=(), footprints=np.array([], dtype=object))
    assert plan_drawing(bare).startswith(b"  0\n")
    if all((fonts.PLACE / file).exists() for file in fonts.FILES.values()):
        assert plan_sheet(bare, "某部", date(2026, 11, 22)).startswith(b"%PDF")
