"""Cells that should fit: slivers mended and listed, larger faults told by row and place, others mended when asked for."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import shapely
from shapely.geometry.base import BaseGeometry

from geo.errors import BadInput
from geo.ingest import reading
from geo.ingest.importer import Cancelled, ImportOptions, import_file
from geo.ingest.repairs import parse_repairs
from geo.ingest.report import ImportReport
from geo.settings import Settings
from geo.store.engine import Scope, Store
from tests.geo.ingest import office
from tests.geo.ingest.conftest import Import, Rows

pytestmark = pytest.mark.usefixtures("neighbourhood")
OVERLAP = f"overlap-{zlib.crc32(b'overlap [0, 1] 1') % 1_000_000}"
E, N, SIDE = office.EAST, office.NORTH, office.SIDE
GRIDS = [f"{office.NEIGHBOURHOOD}{n:03d}" for n in range(1, 7)]


def box(x0: float, y0: float, x1: float, y1: float) -> BaseGeometry:
    return shapely.box(E + x0, N + y0, E + x1, N + y1)


def grids(folder: Path, shapes: list[Any], first: int = 0, name: str = "网格.gpkg") -> Path:
    codes = GRIDS[first : first + len(shapes)]
    frame = pd.DataFrame({"网格编码": codes, "网格名称": codes, "网格类型": "基础网格"})
    return office.write(folder / name, frame, shapes)


def halves(edge: float = 1500.0, start: float | None = None) -> list[BaseGeometry]:
    return [box(0, 0, edge, SIDE), box(edge if start is None else start, 0, SIDE, SIDE)]


def told(report: ImportReport, severity: str = "suspicious") -> list[tuple[int, str]]:
    return [(one.row, one.key) for one in report.findings if one.severity == severity]


def area(rows: Rows) -> float:
    return float(rows("SELECT sum(area_m2) FROM grid WHERE upper_inf(recorded)")[0][0])


def gaps_m2(rows: Rows) -> float:
    return float(rows(
        "SELECT ST_Area(ST_Difference((SELECT geom FROM region WHERE level = 'neighbourhood' AND upper_inf(recorded)),"
        " ST_Union(geom))::geography) FROM grid WHERE upper_inf(recorded)")[0][0])  # fmt: skip


def test_cells_that_fit_are_left_as_they_are(load: Import, tmp_path: Path) -> None:
    report = load(grids(tmp_path, halves()))
    assert (report.counts["new"], report.findings) == (2, [])
    assert report.checks is not None
    assert (report.checks["cells"], report.checks["mended"], report.checks["left"]) == (2, 0, {})
    assert report.checks["rules"] == {"sliver_area_m2": 0.5, "sliver_width_m": 0.05}


@pytest.mark.parametrize("start", [1500.02, 1499.98], ids=["gap", "overlap"])
def test_a_sliver_is_mended_and_told_with_before_and_after(
    load: Import, rows: Rows, tmp_path: Path, start: float
) -> None:
    cells = [
        box(0, 0, SIDE, 500),
        box(0, 500, 1500, 2500),
        box(start, 500, SIDE, 2500),
        box(0, 2500, SIDE, SIDE),
    ]
    report = load(grids(tmp_path, cells))
    assert {key for _, key in told(report, "repaired")} == {"fitted"}
    mended = [
        one for one in report.findings if (one.detail or {})["before_m2"] != (one.detail or {})["after_m2"]
    ]
    assert mended
    assert all("→" in one.reason("zh") and "边界已缝合" in one.reason("zh") for one in mended)
    assert told(report) == []
    assert gaps_m2(rows) < 5  # the straight edges of 3 km themselves
    shapes = shapely.from_wkb([bytes(row[0]) for row in rows("SELECT ST_AsBinary(geom) FROM grid")])
    assert shapely.coverage_is_valid(shapes)


def test_none_leaves_even_slivers_alone(load: Import, rows: Rows, tmp_path: Path) -> None:
    report = load(grids(tmp_path, halves(start=1499.98)), repair=["none"])
    assert told(report, "repaired") == []
    assert (1, "fit_overlap") in told(report) or (2, "fit_overlap") in told(report)
    assert area(rows) > SIDE * SIDE * 0.999


def test_a_larger_overlap_is_told_with_rows_place_and_size_and_mended_only_when_asked(
    load: Import, rows: Rows, tmp_path: Path
) -> None:
    path = grids(tmp_path, [box(0, 0, 1600, SIDE), box(1500, 0, SIDE, SIDE)])
    report = load(path, dry_run=True)
    (one,) = (one for one in report.findings if one.key == "fit_overlap")
    detail = one.as_json()["detail"]
    assert isinstance(detail, dict)
    assert (detail["id"], sorted(detail["rows"]), detail["fix"], detail["offered"]) == (
        OVERLAP,
        [1, 2],
        "give",
        True,
    )
    assert detail["area_m2"] == pytest.approx(100 * SIDE)
    assert detail["width_m"] == pytest.approx(2 * 100 * SIDE / (2 * (100 + SIDE)))
    lon, lat = one.as_json()["place"]  # type: ignore[misc]
    assert (117.29, 31.85) < (lon, lat) < (117.34, 31.9)
    assert "重叠 300,000 ㎡" in one.reason("zh")
    assert report.checks is not None
    assert (report.checks["left"], report.checks["offered"]) == ({"overlap": 1}, {"overlap": 1})

    mended = load(path, repair=[OVERLAP])
    assert [key for _, key in told(mended)] == []
    assert {key for _, key in told(mended, "repaired")} == {"fitted"}
    assert area(rows) == pytest.approx(SIDE * SIDE, rel=1e-3)
    assert rows(
        "SELECT ST_Area(ST_Intersection(a.geom, b.geom)) FROM grid a JOIN grid b ON a.code < b.code"
    ) == [(0.0,)]


HOLE = [box(0, 0, 1500, 1000), box(1500, 0, SIDE, 1000), box(0, 1000, 1200, 2000), box(1800, 1000, SIDE, 2000),
        box(0, 2000, 1500, SIDE), box(1500, 2000, SIDE, SIDE)]  # fmt: skip


def test_land_of_the_parent_that_no_cell_has_is_told_once(load: Import, rows: Rows, tmp_path: Path) -> None:
    report = load(grids(tmp_path, HOLE))
    assert told(report) == [(0, "fit_uncovered")]
    (one,) = (one for one in report.findings if one.severity == "suspicious")
    assert one.code == office.NEIGHBOURHOOD
    assert (one.detail or {})["area_m2"] == pytest.approx(600_000, rel=1e-3)
    assert one.as_json()["row"] is None
    assert report.counts["suspicious"] == 0
    assert gaps_m2(rows) == pytest.approx(600_000, rel=1e-3)


def test_a_hole_is_given_away_when_asked(load: Import, rows: Rows, tmp_path: Path) -> None:
    report = load(grids(tmp_path, HOLE), repair=["hole"])
    assert told(report) == []
    assert gaps_m2(rows) < 5


def test_a_cell_inside_another_is_cut_out_of_it_when_asked(load: Import, rows: Rows, tmp_path: Path) -> None:
    path = grids(tmp_path, [*halves(), box(100, 100, 200, 200)])
    assert (3, "within") in told(load(path, dry_run=True))
    report = load(path, repair=["inside"])
    assert "within" not in {key for _, key in told(report)}
    assert area(rows) == pytest.approx(SIDE * SIDE, rel=1e-3)


def test_what_lies_beyond_the_parent_is_cut_off_when_asked(load: Import, rows: Rows, tmp_path: Path) -> None:
    path = grids(tmp_path, [box(0, 0, 1500, SIDE), box(1500, 0, SIDE + 200, SIDE)])
    assert (2, "outside") in told(load(path, dry_run=True))
    report = load(path, repair=["outside"])
    assert told(report) == []
    assert [one.row for one in report.findings if one.severity == "repaired"] == [2]
    assert area(rows) == pytest.approx(SIDE * SIDE, rel=1e-3)


def test_cells_over_known_ones_are_told_by_code_and_cut_when_asked(
    load: Import, rows: Rows, tmp_path: Path
) -> None:
    load(grids(tmp_path, [box(0, 0, 1500, SIDE)]))
    path = grids(tmp_path, [box(1300, 0, SIDE, SIDE)], first=1, name="b.gpkg")
    report = load(path, dry_run=True)
    assert told(report) == [(1, "fit_over_known")]
    assert (report.findings[0].detail or {})["codes"] == [GRIDS[0]]
    assert told(load(path, repair=["over_known"])) == []
    assert area(rows) == pytest.approx(SIDE * SIDE, rel=1e-3)


def test_known_cells_count_as_land_that_is_taken(load: Import, tmp_path: Path) -> None:
    load(grids(tmp_path, [box(0, 0, 1500, SIDE)]))
    assert told(load(grids(tmp_path, [box(1500, 0, SIDE, SIDE)], first=1, name="b.gpkg"))) == []


def test_degrees_are_measured_in_metres(load: Import, tmp_path: Path) -> None:
    lon, lat = 117.31, 31.87
    cells = [
        shapely.box(lon, lat, lon + 0.01, lat + 0.01),
        shapely.box(lon + 0.0099, lat, lon + 0.02, lat + 0.01),
    ]
    frame = pd.DataFrame({"网格编码": GRIDS[:2], "网格名称": GRIDS[:2], "网格类型": "基础网格"})
    report = load(office.write(tmp_path / "x.gpkg", frame, cells, "EPSG:4490"), dry_run=True)
    (one,) = (one for one in report.findings if one.key == "fit_overlap")
    assert (one.detail or {})["area_m2"] == pytest.approx(0.0001 * 94_600 * 0.01 * 110_900, rel=0.01)


def test_what_is_nothing_to_repair_is_refused_by_name() -> None:
    for word in ("overlaps", "gap", "outside-1", "overlap-x"):
        with pytest.raises(BadInput, match="nothing to repair") as refused:
            parse_repairs([word])
        assert refused.value.field == "repair"


def test_a_check_that_breaks_its_limits_is_said_and_stops_nothing(
    load: Import, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    really = reading.run_child

    def dies(work: str, folder: Path, request: dict[str, Any], **more: Any) -> dict[str, Any]:
        if work in ("fit", "nest"):
            raise reading.ChildFailed("killed")
        return really(work, folder, request, **more)

    monkeypatch.setattr("geo.ingest.repairs.fitting.run_child", dies)
    report = load(grids(tmp_path, halves()))
    assert report.counts["new"] == 2
    assert report.checks is not None
    assert report.checks["unchecked"] == 2


def test_it_is_stopped_while_it_checks(
    store: Store, everywhere: Scope, settings: Settings, rows: Rows, tmp_path: Path
) -> None:
    """Thirty by thirty cells with a fault on every border: the check is under way when it is stopped."""
    edges = np.linspace(0, SIDE, 31)
    cells = [box(x, y, x + 100.02, y + 100.02) for x in edges[:-1] for y in edges[:-1]]
    codes = [f"{office.NEIGHBOURHOOD}{n:03d}" for n in range(1, 901)]
    frame = pd.DataFrame({"网格编码": codes, "网格名称": codes, "网格类型": "基础网格"})
    path = office.write(tmp_path / "x.gpkg", frame, cells)
    seen: list[str] = []
    stop: Callable[[], bool] = lambda: "checking" in seen  # noqa: E731 - a flag, not a function
    with pytest.raises(Cancelled):
        import_file(store, everywhere, path, options=ImportOptions(), settings=settings,
                    progress=lambda _share, note: seen.append(note), cancel=stop)  # fmt: skip
    assert rows("SELECT count(*) FROM grid") == [(0,)]


def test_the_report_with_its_checks_is_plain_json(load: Import, tmp_path: Path) -> None:
    report = json.loads(json.dumps(load(grids(tmp_path, HOLE)).as_json()))
    assert report["checks"]["left"] == {"uncovered": 1}
    assert report["checks"]["kinds"]["uncovered"]["zh"] == "未覆盖"
