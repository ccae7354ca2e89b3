"""`wangge bundle` on real files: what goes in, what comes out, and with which exit status."""

from __future__ import annotations

import argparse
import csv
import json
from pathlib import Path

import geopandas as gpd
import pyogrio
import pytest
from shapely import LineString, Point, box

from api.commands import bundle
from geo.settings import Settings


def run(*words: object) -> int:
    parser = argparse.ArgumentParser(prog="wangge")
    bundle.add_parsers(parser.add_subparsers(required=True))
    args = parser.parse_args(["bundle", *map(str, words)])
    return int(args.run(args, Settings()))


def plan(path: Path) -> dict[str, tuple[str, str]]:
    with path.open(encoding="utf-8") as file:
        return {row["id"]: (row["package"], row["hub"]) for row in csv.DictReader(file)}


@pytest.fixture
def units(tmp_path: Path) -> Path:
    """Six units in a row 100 m apart, one far away, one with unknown households."""
    rows = [f"u{i},{1000 + 100 * i},0,100,{'east' if i < 3 else 'west'},," for i in range(6)]
    path = tmp_path / "units.csv"
    text = "\n".join(
        ["id,x,y,households,area,lock,strong", *rows, "far,9000,0,100,east,,是", "dim,1650,0,,west,,"]
    )
    path.write_text(text, encoding="utf-8")
    return path


def test_a_table_is_bundled_and_everything_left_out_is_explained(units: Path, tmp_path: Path) -> None:
    out, report = tmp_path / "out.csv", tmp_path / "report.json"
    words = [units, "--weight", "households", "--min", 250, "--max", 350, "--out", out, "--report", report]
    assert run(*words) == 0
    found = plan(out)
    assert found["u0"] == found["u1"] == found["u2"] == ("P01", "u1")
    assert found["u5"] == ("P02", "u4")
    assert found["far"] == found["dim"] == ("", "")
    told = json.loads(report.read_text(encoding="utf-8"))
    assert told["objective"] == told["parts"]["distance"] == 40_000
    assert told["lower_bound"] <= 40_000
    assert {"gap", "proven_optimal", "seconds", "seed", "packages"} <= told.keys()
    assert {each["id"]: each["code"] for each in told["left_out"]} == {
        "far": "isolated",
        "dim": "unknown_weight",
    }
    assert "7,5" in told["left_out"][0]["reason"]  # 7,500 m to the nearest


def test_the_same_seed_writes_the_same_plan(units: Path, tmp_path: Path) -> None:
    first, second = tmp_path / "1.csv", tmp_path / "2.csv"
    for out in (first, second):
        assert run(units, "--weight", "households", "--min", 150, "--out", out) == 0
    assert first.read_bytes() == second.read_bytes()


def test_given_links_areas_locks_and_a_number_of_packages(units: Path, tmp_path: Path) -> None:
    links, out = tmp_path / "links.csv", tmp_path / "out.csv"
    links.write_text("from,to\n" + "".join(f"u{i},u{i + 1}\n" for i in range(5)), encoding="utf-8")
    text = units.read_text(encoding="utf-8").replace("u5,1500,0,100,west,", "u5,1500,0,100,west,南片")
    units.write_text(text, encoding="utf-8")
    options = [
        "--links",
        links,
        "--within",
        "area",
        "--lock",
        "lock",
        "--packages",
        "2-3",
        "--objective",
        "dist",
    ]
    assert run(units, "--weight", "households", "--min", 150, *options, "--out", out) == 0
    found = plan(out)
    assert found["u5"][0] == "南片"
    assert found["u2"][0] != found["u3"][0]


def test_bounds_in_percent_of_the_mean(units: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    words = ["--weight", "households", "--min", "80%", "--max", "120%", "--packages", 2]
    assert run(units, *words, "--gap", 10_000, "--out", out) == 0
    assert len({package for package, _ in plan(out).values() if package}) == 2


def test_polygons_in_degrees_with_a_river_come_back_with_their_shapes(tmp_path: Path) -> None:
    frame = gpd.GeoDataFrame(
        {"code": [f"c{i}" for i in range(4)], "households": [100] * 4},
        geometry=[box(500_000 + 100 * i, 3_500_000, 500_080 + 100 * i, 3_500_080) for i in range(4)],
        crs=4548,
    ).to_crs(4490)
    river = gpd.GeoDataFrame(
        {"name": ["河"]}, geometry=[LineString([(500_190, 3_499_000), (500_190, 3_501_000)])], crs=4548
    )
    pyogrio.write_dataframe(frame, tmp_path / "units.gpkg", driver="GPKG")
    pyogrio.write_dataframe(river.to_crs(4326), tmp_path / "river.geojson", driver="GeoJSON")
    out = tmp_path / "out.gpkg"
    words = [tmp_path / "units.gpkg", "--weight", "households", "--min", 200, "--max", 200]
    assert run(*words, "--barriers", tmp_path / "river.geojson", "--out", out) == 0
    written = pyogrio.read_dataframe(out)
    assert list(written.columns) == ["id", "package", "hub", "geometry"]
    assert written.crs.to_epsg() == 4490
    assert written["package"].tolist() == ["P01", "P01", "P02", "P02"]
    assert written.geometry.geom_equals_exact(frame.geometry, 0).all()


def test_alternatives_are_written_beside(tmp_path: Path) -> None:
    report, units = tmp_path / "report.json", tmp_path / "square.csv"
    rows = [f"{x}{y},{x * 200},{y * 200},100" for x in range(6) for y in range(6)]
    units.write_text("\n".join(["id,x,y,households", *rows]), encoding="utf-8")
    words = ["--weight", "households", "--packages", 5, "--alternatives", 2]
    assert run(units, *words, "--out", tmp_path / "plan.gpkg", "--report", report) == 0
    assert (tmp_path / "plan-2.gpkg").exists()
    assert len(json.loads(report.read_text(encoding="utf-8"))["alternatives"]) == 1


def test_no_solution_is_status_3_with_the_conflict_on_stderr(
    units: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report = tmp_path / "report.json"
    words = ["--weight", "households", "--min", 5000, "--out", tmp_path / "out.csv", "--report", report]
    assert run(units, *words) == 3
    assert "under the lower bound 5,000" in capsys.readouterr().err
    assert json.loads(report.read_text(encoding="utf-8"))["status"] == "infeasible"
    assert not (tmp_path / "out.csv").exists()


@pytest.mark.parametrize(
    "words",
    [
        ["--min", "5", "--out", "o.csv"],
        ["--weight", "households", "--out", "o.csv"],
        ["--weight", "households", "--min", "many", "--out", "o.csv"],
        ["--weight", "households", "--min", "1", "--min", "2", "--out", "o.csv"],
        ["--weight", "a", "--min", "1", "--weight", "a", "--out", "o.csv"],
        ["--weight", "households", "--min", "90%", "--out", "o.csv"],
        ["--weight", "households", "--min", "1", "--out", "o.shp"],
        ["--weight", "households", "--min", "1"],
        ["--packages", "5-", "--out", "o.csv"],
        ["--packages", "2", "--effort", "0", "--out", "o.csv"],
        ["--packages", "2", "--gap", "-1", "--out", "o.csv"],
        ["--packages", "2", "--alternatives", "0", "--out", "o.csv"],
        ["--packages", "2", "--links", "l.csv", "--barriers", "b.gpkg", "--out", "o.csv"],
    ],
)
def test_wrong_usage_is_status_2(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        run("units.csv", *words)
    assert caught.value.code == 2
    assert "usage" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("u.csv", "id,x\na,1\n", "needs the columns"),
        ("u.csv", "id,x,y\na,1,\n", "line 2 has no y"),
        ("u.csv", "id,x,y\na,1,one\n", "no number"),
        ("u.csv", "id,x,y\na,117.1,31.2\nb,117.2,31.3\n", "degrees"),
        ("u.csv", "id,x,y\na,1000,1\na,2000,2\n", "occurs twice"),
        ("u.csv", "id,x,y\n,1000,1\n", "has no id"),
        ("u.shp", "x", "no shapefile"),
        ("u.geojson", "<OGRVRTDataSource/>", "no geojson"),
        ("u.gpkg", None, "No such file"),
    ],
)
def test_a_file_that_cannot_be_taken_is_status_1(
    name: str, content: str | None, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_text(content, encoding="utf-8")
    assert run(path, "--packages", 1, "--out", tmp_path / "out.csv") == 1
    assert said in capsys.readouterr().err


def test_a_file_without_a_system_says_what_to_do(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "plain.gpkg"
    with pytest.warns(UserWarning, match="crs"):
        pyogrio.write_dataframe(gpd.GeoDataFrame(geometry=[Point(0, 0), Point(9, 9)]), path, driver="GPKG")
    assert run(path, "--packages", 1, "--out", tmp_path / "out.csv") == 1
    assert "ogr2ogr -a_srs" in capsys.readouterr().err


def test_unknown_fields_and_units_of_links_are_named(
    units: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(units, "--weight", "people", "--min", 1, "--out", tmp_path / "out.csv") == 1
    assert "no field people" in capsys.readouterr().err
    links = tmp_path / "links.csv"
    links.write_text("from,to\nu0,nobody\n", encoding="utf-8")
    assert run(units, "--links", links, "--packages", 1, "--out", tmp_path / "out.csv") == 1
    assert "nobody" in capsys.readouterr().err


def test_a_conflict_about_one_unit_names_it_as_a_unit(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Ids are often bare numbers: `7: no neighbour` could be anything."""
    far = tmp_path / "far.csv"
    far.write_text("id,x,y,n\n1,0,0,10\n2,0,100,10\n7,9000,0,1\n", encoding="utf-8")
    words = ["--weight", "n", "--min", 5, "--max", 30, "--gap", 200, "--all", "--out", tmp_path / "o.csv"]
    assert run(far, *words) == 3
    assert "no solution: unit 7: no neighbour" in capsys.readouterr().err
