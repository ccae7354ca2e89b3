"""An upload is kept under a number: what a file is comes from its own name and its first bytes, not from its path."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest

from geo.ingest.formats import inspect
from geo.ingest.reading import read_file

HEADERS = ["支部编码", "支部名称", "支部类型", "所属网格编码"]
ROW = ["990101001001001B01", "一支部", "网格支部", "990101001001001"]


@pytest.mark.parametrize("name", ["支部.xlsx", "支部.csv", "支部.geojson"])
def test_a_file_without_an_extension_is_read_by_its_own_name(tmp_path: Path, name: str) -> None:
    path = tmp_path / "0f3a9c"
    if name.endswith("xlsx"):
        book = openpyxl.Workbook()
        book.active.append(HEADERS)
        book.active.append(ROW)
        with path.open("wb") as stream:
            book.save(stream)
    elif name.endswith("csv"):
        path.write_text(f"{','.join(HEADERS)}\n{','.join(ROW)}\n", encoding="utf-8")
    else:
        point = '{"type":"Feature","geometry":{"type":"Point","coordinates":[117.3,31.8]},"properties":{"支部编码":"x"}}'
        path.write_text(f'{{"type":"FeatureCollection","features":[{point}]}}', encoding="utf-8")
    assert len(read_file(path, inspect(path, name), None)) == 1
