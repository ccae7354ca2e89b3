"""`wangge check` and `wangge repair` on real files: what goes in, what comes out, and with which exit status."""

from __future__ import annotations

import argparse
import csv
import doctest
import json
import re
from pathlib import Path
from typing import Any

import geopandas as gpd
import pyogrio
import pytest
from shapely import Point, Polygon, box

from api.commands import check
from geo.boundaries.check import FIXES, KINDS
from geo.settings import Settings
from tests.house.tree import ROOT

PAGE = (ROOT / "docs" / "check.md").read_text("utf-8")
X, Y = 500_000.0, 3_526_000.0
CRS = "EPSG:4548"


def parser() -> argparse.ArgumentParser:
    whole = argparse.ArgumentParser(prog="wangge")
    check.add_parsers(whole.add_subparsers(required=True))
    return whole


def run(*words: object) -> int:
    args = parser().parse_args([*map(str, words)])
    return int(args.run(args, Settings()))


def cells(*boxes: tuple[float, float, float, float]) -> list[Polygon]:
    return [box(X + a, Y + b, X + c, Y + d) for a, b, c, d in boxes]


def save(path: Path, shapes: list[Any], crs: str | None = CRS, **columns: list[Any]) -> Path:
    pyogrio.write_dataframe(gpd.GeoDataFrame(columns, geometry=shapes, crs=crs), path)
    return path


@pytest.fixture
def clean(tmp_path: Path) -> Path:
    shapes = cells((0, 0, 100, 100), (100, 0, 200, 100))
    return save(
        tmp_path / "clean.gpkg", shapes, code=["990101001001001", "990101001001002"], homes=[350, 420]
    )


@pytest.fixture
def dirty(tmp_path: Path) -> Path:
    shapes = cells((0, 0, 100, 100), (100.02, 0, 200, 100), (190, 0, 300, 100))
    return save(tmp_path / "dirty.gpkg", shapes, code=["a", "b", "b"], homes=[350, 900, None])


def test_clean_cells_end_with_zero(clean: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert (
        run(
            "check",
            clean,
            "--codes",
            "code",
            "--digits",
            15,
            "--prefix",
            "990101001001",
            "--households",
            "homes",
        )
        == 0
    )
    assert "2 cells, no faults" in capsys.readouterr().out


def test_faults_end_with_three_and_are_written_with_their_shapes(
    dirty: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["check", dirty, "--codes", "code", "--households", "homes", "--out"]
    for name in ("f.gpkg", "f.geojson", "f.json", "f.csv"):
        assert run(*words, tmp_path / name) == 3
    told = capsys.readouterr().out
    assert "a sliver is below 0.5 m² or 0.05 m wide" in told
    assert re.search(r"^ +1  error +overlap 重叠", told, re.M)
    report = json.loads((tmp_path / "f.json").read_text("utf-8"))
    assert report["counts"] == {
        "overlap": 1, "mismatch": 1, "too_many_households": 1, "code_duplicate": 1,
    } or report["counts"]["overlap"] == 1  # fmt: skip
    assert report["rules"]["sliver_area_m2"] == 0.5
    assert {fault["fix"] for fault in report["faults"]} <= set(report["fixes"])
    frame = gpd.read_file(tmp_path / "f.gpkg", layer="faults")
    assert frame.crs == CRS
    overlap = frame[frame.kind == "overlap"].iloc[0]
    assert overlap.geometry.area == pytest.approx(1000)
    assert overlap.cells == "b、b#3"
    lonlat = gpd.read_file(tmp_path / "f.geojson")
    assert lonlat.total_bounds[0] == pytest.approx(117, abs=0.1)
    with (tmp_path / "f.csv").open(encoding="utf-8-sig") as file:
        assert [row["kind"] for row in csv.DictReader(file)] == [fault["kind"] for fault in report["faults"]]


def test_parent_and_buildings(clean: Path, tmp_path: Path) -> None:
    parent = save(tmp_path / "parent.gpkg", cells((0, 0, 210, 100)))
    footprints = save(
        tmp_path / "b.gpkg", cells((95, 10, 105, 20), (10, 10, 20, 20)), code=["cut", "whole"], n=[10, 400]
    )
    out = tmp_path / "f.json"
    assert (
        run("check", clean, "--parent", parent, "--buildings", footprints, "--households", "n", "--out", out)
        == 3
    )
    assert json.loads(out.read_text("utf-8"))["counts"] == {
        "uncovered": 1,
        "building_cut": 1,
        "too_few_households": 1,
    }


def test_coordinate_systems(tmp_path: Path, clean: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("check", clean, "--crs", "EPSG:4527") == 3
    assert "not in EPSG:4527" in capsys.readouterr().out
    bare = tmp_path / "bare.shp"
    with pytest.warns(UserWarning, match="crs"):
        save(bare, cells((0, 0, 100, 100)), None)
    assert run("check", bare) == 3
    assert "does not say its coordinate system" in capsys.readouterr().out
    far = save(tmp_path / "far.gpkg", [box(0, 0, 1, 1)], "EPSG:4490")
    assert run("check", clean, "--parent", far) == 3
    assert "lies elsewhere" in capsys.readouterr().out
    wrong = save(tmp_path / "wrong.gpkg", cells((0, 0, 100, 100)), "EPSG:4490")
    assert run("check", wrong) == 3
    assert "it says degrees" in capsys.readouterr().out


def test_degrees_are_measured_in_metres(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    squares = [(x, y, x + 100, y + 100) for x in (0, 100, 200) for y in (0, 100, 200) if (x, y) != (100, 100)]
    path = tmp_path / "lonlat.geojson"
    frame = gpd.GeoDataFrame(geometry=cells(*squares), crs=CRS).to_crs(4326)
    pyogrio.write_dataframe(frame, path, COORDINATE_PRECISION=12)
    out = tmp_path / "f.json"
    assert run("check", path, "--out", out) == 3
    report = json.loads(out.read_text("utf-8"))
    (hole,) = [fault for fault in report["faults"] if fault["kind"] == "hole"]
    assert hole["area_m2"] == pytest.approx(10_000, rel=1e-3)
    assert "EPSG:4548" in report["notes"][0]


def test_repair_writes_every_cell_and_what_is_left(
    dirty: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, left = tmp_path / "mended.gpkg", tmp_path / "left.json"
    assert run("repair", dirty, "--out", out, "--report", left) == 3
    assert "stitched" in capsys.readouterr().out
    frame = gpd.read_file(out)
    assert list(frame.code) == ["a", "b", "b"]
    assert frame.geometry[0].touches(frame.geometry[1])
    assert json.loads(left.read_text("utf-8"))["counts"] == {"overlap": 1}
    assert run("check", out) == 3


def test_repair_of_what_needs_no_decision_ends_with_zero(tmp_path: Path) -> None:
    path = save(tmp_path / "near.gpkg", cells((0, 0, 100, 100), (100.02, 0, 200, 100)))
    out = tmp_path / "mended.geojson"
    assert run("repair", path, "--out", out) == 0
    assert gpd.read_file(out).crs.to_epsg() == 4326


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["check", "x.gpkg", "--out", "x.docx"], "--out must end in"),
        (["check", "x.gpkg", "--out", "x.gpkg"], "would overwrite"),
        (["check", "x.gpkg", "--min", "5", "--max", "4"], "below"),
        (["check", "x.gpkg", "--digits", "15"], "--codes"),
        (["check", "x.gpkg", "--sliver-area", "-1"], "at least zero"),
        (["repair", "x.gpkg", "--out", "x.csv"], "--out must end in"),
    ],
)
def test_wrong_usage_ends_with_two(
    words: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as end:
        run(*words)
    assert end.value.code == 2
    assert sentence in capsys.readouterr().err


def test_points_are_no_cells(tmp_path: Path) -> None:
    from geo.errors import BadInput

    with pytest.raises(BadInput, match="no polygons"):
        run("check", save(tmp_path / "p.gpkg", [Point(X, Y)]))


def test_the_page_names_every_option_kind_and_fix() -> None:
    action = next(each for each in parser()._actions if isinstance(each, argparse._SubParsersAction))
    known = {
        o
        for name in ("check", "repair")
        for each in action.choices[name]._actions
        for o in each.option_strings
    }
    named = set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", PAGE))
    assert named <= known
    assert known - named - {"-h", "--help"} == set()
    assert [kind for kind in KINDS if kind not in PAGE] == []
    assert [fix for fix in FIXES if fix not in PAGE] == []


def test_the_library_does_what_the_page_says() -> None:
    for text in re.findall(r"^```python\n(.*?)^```$", PAGE, re.M | re.S):
        test = doctest.DocTestParser().get_doctest(text, {"box": box}, "docs/check.md", "docs/check.md", 0)
        if "LineString" in text and "import LineString" not in text:
            exec("from shapely import LineString", test.globs)
        report: list[str] = []
        doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(test, out=report.append)
        assert report == [], "".join(report)
