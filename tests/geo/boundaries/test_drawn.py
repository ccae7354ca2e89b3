"""What goes out of the house: the cells of a date with the figures that the database counts, in metres and in files."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pytest
import shapely
from openpyxl import load_workbook
from pyogrio import read_dataframe
from sqlalchemy import text

from api.demo import BUSINESS_DATE
from geo.boundaries.drawn.area import drawn_area
from geo.boundaries.drawn.files import FORMATS, write_drawn
from geo.boundaries.drawn.values import Drawn
from geo.errors import Conflict, NotFound
from geo.store.engine import Scope, Store

AREA = "990101001000"


@pytest.fixture(scope="module")
def drawn(demo: Store, district: Scope) -> Drawn:
    with demo.begin(district) as db:
        return drawn_area(db, "grids", AREA, "现状", BUSINESS_DATE)


def test_figures_are_those_that_the_database_counts(demo: Store, district: Scope, drawn: Drawn) -> None:
    counted = text("""
        SELECT g.code, count(b.code) AS buildings, sum(b.households) AS households, g.area_m2
          FROM grid_at(:day) g LEFT JOIN building_at(:day) b
            ON b.geom && g.geom AND ST_Intersects(g.geom, ST_PointOnSurface(b.geom))
         WHERE g.code ^@ '990101001' GROUP BY g.code, g.area_m2 ORDER BY g.code""")
    with demo.begin(district) as db:
        rows = db.execute(counted, {"day": BUSINESS_DATE}).all()
    assert [cell.code for cell in drawn.cells] == [row.code for row in rows]
    assert [cell.buildings for cell in drawn.cells] == [row.buildings for row in rows]
    assert [cell.households for cell in drawn.cells] == [row.households or 0 for row in rows]
    assert np.allclose(
        [cell.area_m2 for cell in drawn.cells], [row.area_m2 for row in rows], rtol=1e-6, atol=0.1
    )
    assert len(drawn.footprints) == sum(cell.buildings for cell in drawn.cells)


def test_metres_keep_the_cells_together(drawn: Drawn) -> None:
    paper = drawn.in_metres()
    assert paper.epsg == 4548
    shapes = np.array([cell.shape for cell in paper.cells], dtype=object)
    assert shapely.coverage_is_valid(shapely.get_parts(shapes))
    assert sum(shape.area for shape in shapes) == pytest.approx(
        sum(cell.area_m2 for cell in paper.cells), rel=1e-3
    )
    assert {each.kind for each in paper.around} >= {"street", "border"}


@pytest.mark.parametrize("layer", ["communities", "building_groups"])
def test_other_layers_are_drawn_alike(layer: str, demo: Store, district: Scope) -> None:
    with demo.begin(district) as db:
        found = drawn_area(db, layer, AREA, "现状", BUSINESS_DATE)
    assert found.cells
    assert {len(cell.parent) for cell in found.cells} <= {12, 16}


def test_what_is_not_there_is_said(demo: Store, district: Scope) -> None:
    with demo.begin(district) as db, pytest.raises(Conflict):
        drawn_area(db, "grids", AREA, "", date(1950, 1, 1))
    with demo.begin(Scope("planner", ("990101002",))) as db, pytest.raises((Conflict, NotFound)):
        drawn_area(db, "grids", AREA, "", BUSINESS_DATE)


@pytest.mark.parametrize("format_", FORMATS)
def test_files_say_every_cell(format_: str, drawn: Drawn, tmp_path: Path) -> None:
    path = tmp_path / f"plan.{format_}"
    assert write_drawn(drawn, format_, path) == len(drawn.cells)
    codes = [cell.code for cell in drawn.cells]
    if format_ == "xlsx":
        head, *rows = load_workbook(path).active.iter_rows(values_only=True)
        found = [dict(zip(head, row, strict=True)) for row in rows]
        assert [row["网格编码"] for row in found] == codes
        assert [row["户数"] for row in found] == [cell.households for cell in drawn.cells]
        return
    frame = read_dataframe(path).set_index("网格编码").loc[codes]
    assert list(frame["变化"]) == ["未变"] * len(codes)
    if format_ == "gpkg":
        assert all(
            shapely.to_wkb(one) == shapely.to_wkb(cell.shape)
            for one, cell in zip(frame.geometry, drawn.cells, strict=True)
        )
    assert list(frame["户数"]) == [cell.households for cell in drawn.cells]
