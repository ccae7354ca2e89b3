"""A workbook written by a program holds formulas without results: that is said, not read as empty in silence."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest

from geo.ingest.reading import RawTable, read_file


@pytest.mark.parametrize("cells", [["=20*6", 7, "=SUM(B2:B3)"], [120, 7, 127]])
def test_formulas_without_a_result_are_counted_and_said(cells: list[object], tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append(["小区编码", "户数"])
    for number, cell in enumerate(cells):
        book.active.append([f"C{number}", cell])
    path = tmp_path / "名单.xlsx"
    book.save(path)
    table = read_file(path, "xlsx")
    assert isinstance(table, RawTable)
    said = [english for _chinese, english in table.notes if "formula" in english]
    if cells[0] == 120:
        assert said == []
    else:
        assert table.columns["户数"] == [None, 7, None]
        assert len(said) == 1
        assert said[0].startswith("2 cells ")
