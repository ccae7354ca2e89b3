"""What the file wrote stays with its row: texts of unknown cells, the row's number, the system of the shape."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
import shapely

from geo.boundaries.editing import form, save
from geo.boundaries.layers import Moment
from geo.ingest.export import export
from geo.ingest.undo import undo_import
from geo.store.engine import Scope, Store
from tests.geo.ingest import office
from tests.geo.ingest.conftest import Import, Rows

C1, C2 = (f"{office.NEIGHBOURHOOD}C{n:03d}" for n in (1, 2))
TODAY = date(2026, 11, 1)
pytestmark = pytest.mark.usefixtures("neighbourhood")

KNOWN = "SELECT source_row, source_crs, written FROM community WHERE code = :code AND upper_inf(recorded)"
TEXTS = {"no_property_service": "暂无信息", "fee": "0.3至0.5元", "built_year": "1650"}


def telling(folder: Path, name: str = "小区.gpkg", **cells: Any) -> Path:
    frame, shapes = office.community_rows()
    doubted = {"物业费(元/㎡·月)": "0.3至0.5元", "建成年份": "1650", **cells}
    for column, text in doubted.items():
        frame.loc[0, column] = text
    return office.write(folder / name, frame, shapes)


def test_a_row_keeps_what_its_file_wrote_where_no_value_came_of_it(
    load: Import, rows: Rows, tmp_path: Path
) -> None:
    load(telling(tmp_path))
    (row,) = rows(KNOWN, code=C1)
    assert row == (1, "EPSG:4527 (declared)", TEXTS)
    assert rows(KNOWN, code=C2) == [(2, "EPSG:4527 (declared)", None)]


def test_a_value_read_with_doubt_keeps_its_text(load: Import, rows: Rows, tmp_path: Path) -> None:
    load(telling(tmp_path, 收缴率="85", 户数="-3", 别名="——"))
    (row,) = rows(KNOWN, code=C1)
    assert {name: row.written.get(name) for name in ("collection_rate", "households", "aliases")} == {
        "collection_rate": "85", "households": "-3", "aliases": "——",
    }  # fmt: skip


def test_the_next_file_replaces_the_texts_of_its_own_fields_alone(
    load: Import, rows: Rows, tmp_path: Path
) -> None:
    load(telling(tmp_path))
    frame, _ = office.community_rows()
    frame.loc[0, "物业费(元/㎡·月)"] = "1.9"
    part = frame[["小区编码", "小区名称", "物业费(元/㎡·月)"]]
    load(office.write(tmp_path / "费用.csv", part, None), valid_from=date(2025, 1, 1))
    told = rows(
        "SELECT lower(valid), source_row, source_crs, written FROM community WHERE code = :code"
        " AND upper_inf(recorded) ORDER BY valid", code=C1)  # fmt: skip
    without_fee = {name: text for name, text in TEXTS.items() if name != "fee"}
    assert told == [
        (date(2023, 1, 1), None, "EPSG:4527 (declared)", TEXTS),
        (date(2025, 1, 1), 2, "EPSG:4527 (declared)", without_fee),
    ]


def test_the_form_shows_it_beside_the_field_and_a_correction_takes_it_away(
    load: Import, store: Store, everywhere: Scope, tmp_path: Path
) -> None:
    load(telling(tmp_path))
    with store.begin(everywhere) as db:
        before = form(db, C1, Moment(TODAY, None))
        assert before.source_crs == "EPSG:4527 (declared)"
        fee = before.fields["fee"]
        assert (fee["value"], fee["written"], fee["row"], fee["source"]) == (
            None,
            "0.3至0.5元",
            1,
            "小区.gpkg",
        )
        assert before.fields["households"]["written"] is None
        save(db, C1, before.version, {"fee": 0.4}, as_of=TODAY, from_date=None)
        after = form(db, C1, Moment(TODAY, None))
        assert (after.fields["fee"]["value"], after.fields["fee"]["written"], after.fields["fee"]["row"]) == (
            0.4, None, None)  # fmt: skip
        assert after.fields["built_year"]["written"] == "1650"
        assert after.source_crs == before.source_crs


def test_undoing_brings_the_texts_back(
    load: Import, rows: Rows, store: Store, everywhere: Scope, tmp_path: Path
) -> None:
    load(telling(tmp_path))
    frame, shapes = office.community_rows()
    second = load(office.write(tmp_path / "b.gpkg", frame, shapes, "EPSG:4527"))
    assert rows(KNOWN, code=C1)[0].written == {"no_property_service": "暂无信息"}
    undo_import(store, everywhere, second.change_set or 0)
    assert rows(KNOWN, code=C1) == [(None, "EPSG:4527 (declared)", TEXTS)]


@pytest.mark.parametrize(
    ("options", "crs", "said"),
    [
        ({}, "EPSG:4490", "EPSG:4490 (declared)"),
        ({"crs": "EPSG:4527"}, None, "EPSG:4527 (stated)"),
    ],
)
def test_how_the_system_was_known_goes_with_the_row(
    load: Import, rows: Rows, tmp_path: Path, options: dict[str, Any], crs: str | None, said: str
) -> None:
    frame, shapes = office.community_rows()
    if crs == "EPSG:4490":
        shapes = [shapely.box(117.301 + n / 500, 31.8555, 117.302 + n / 500, 31.8565) for n in range(4)]
    load(office.write(tmp_path / "x.gpkg", frame, shapes, crs), **options)
    assert rows(KNOWN, code=C1)[0].source_crs == said


@pytest.mark.parametrize(
    "format_", ["gpkg", "geojson", "xlsx", "csv", "fgb", "kml", "gml", "topojson", "parquet"]
)
def test_an_export_carries_it_and_comes_back_with_it(
    load: Import, rows: Rows, store: Store, everywhere: Scope, tmp_path: Path, format_: str
) -> None:
    first = load(telling(tmp_path, 地址="；暂无：；"))
    told = {**TEXTS, "fee": "0.3至0.5元"}
    out = tmp_path / f"out.{format_}"
    export(store, everywhere, "communities", format_, as_of=TODAY, path=out)
    if format_ in ("xlsx", "csv"):  # these carry no shapes: they need rows that are known
        frame, shapes = office.community_rows()
        load(office.write(tmp_path / "b.gpkg", frame, shapes))
    else:
        undo_import(store, everywhere, first.change_set or 0)
    again = load(out, kind="communities")
    assert again.counts["refused"] == 0
    assert rows(KNOWN, code=C1)[0].written == told
    assert rows(KNOWN, code=C2)[0].written is None


def test_without_anything_written_an_export_has_no_such_column(
    load: Import, store: Store, everywhere: Scope, tmp_path: Path
) -> None:
    load(telling(tmp_path, 物业服务="无", 建成年份="1998", **{"物业费(元/㎡·月)": "0.8"}))
    out = tmp_path / "out.csv"
    export(store, everywhere, "communities", "csv", as_of=TODAY, path=out)
    assert "原文" not in out.read_text("utf-8-sig").splitlines()[0]
