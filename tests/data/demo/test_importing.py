"""Every office file is recognised, read and checked by the importer without one finding."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from geo.ingest.checks import check_table
from geo.ingest.columns import kind_of, map_columns
from geo.ingest.formats import inspect
from geo.ingest.reading import RawTable, read_file
from geo.ingest.tables import parse_table

KINDS = {
    "01_行政区划.gpkg": "regions",
    "02_网格.gpkg": "grids",
    "03_小区.gpkg": "communities",
    "04_楼栋群.gpkg": "building-groups",
    "05_楼栋.gpkg": "buildings",
    "06_物业企业.xlsx": "firms",
    "07_服务台账.xlsx": "service-periods",
    "08_党支部.xlsx": "branches",
    "09_底图要素.gpkg": "base-features",
}


@pytest.mark.parametrize(("name", "expected"), KINDS.items())
def test_file_goes_in_without_a_finding(office_folder: Path, name: str, expected: str) -> None:
    path = office_folder / name
    raw = read_file(path, inspect(path))
    assert isinstance(raw, RawTable)
    kind, asked = kind_of(raw.columns, raw.shapes is not None)
    assert kind is not None, asked
    assert kind.name == expected
    table = parse_table(raw, map_columns(raw.columns, kind))
    check_table(table, ["9901"], date(2026, 11, 1))
    assert [(f.key, f.text) for f in table.findings if f.severity == "refused"] == []
    assert table.findings == []


def test_unknown_floor_area_is_read_as_unknown(office_folder: Path) -> None:
    path = office_folder / "03_小区.gpkg"
    raw = read_file(path, inspect(path))
    assert isinstance(raw, RawTable)
    kind, _ = kind_of(raw.columns, True)
    assert kind is not None
    areas = parse_table(raw, map_columns(raw.columns, kind)).column("floor_area")
    assert areas.count(None) == 6
    assert all(isinstance(area, int | float) for area in areas if area is not None)
