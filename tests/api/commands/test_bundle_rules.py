"""Every rule and answer of `wangge bundle` from the command line, on real files."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import geopandas as gpd
import pyogrio
import pytest
from shapely import box

from api.commands import bundle_run
from tests.api.commands.test_bundle import plan, run


@pytest.fixture
def square(tmp_path: Path) -> Path:
    """Thirty-six units on a square, 100 households each, a lake of income in the south."""
    rows = [
        f"r{y}c{x},{x * 200},{y * 200},100,{y - 2},{'east' if x > 2 else 'west'},{'yes' if (x + y) % 3 == 0 else 'no'}"
        for y in range(6)
        for x in range(6)
    ]
    path = tmp_path / "square.csv"
    path.write_text("\n".join(["ID,X,y,households,income,side,strong", *rows]) + "\n", encoding="utf-8")
    return path


def bundled(square: Path, *words: object) -> tuple[dict[str, list[str]], dict[str, Any]]:
    """Members of each package, and the report."""
    out, report = square.with_name("out.csv"), square.with_name("report.json")
    words = ("--weight", "households", *words, "--gap", 200, "--out", out, "--report", report)
    assert run(square, *words) == 0
    packages: dict[str, list[str]] = {}
    for unit, (package, _) in plan(out).items():
        packages.setdefault(package, []).append(unit)
    return packages, json.loads(report.read_text(encoding="utf-8"))


def test_a_tolerance_is_a_share_of_the_mean_on_both_sides(square: Path) -> None:
    packages, told = bundled(square, "--tolerance", "±10%", "--packages", 6, "--all")
    assert sorted(map(len, packages.values())) == [6] * 6
    assert told["units"] == 36
    assert told["links"] == 60
    assert told["crs"] is None
    assert bundled(square, "--min", "90%", "--max", "110%", "--packages", 6, "--all")[0] == packages


def test_groups_go_together_and_stay_apart(square: Path) -> None:
    pairs, foes = square.with_name("pairs.csv"), square.with_name("foes.csv")
    pairs.write_text("id,group\nr0c0,a\nr0c1,a\nr5c5,b\nr4c5,b\n", encoding="utf-8")
    foes.write_text("group;id\nx;r2c2\nx;r2c3\n", encoding="gb18030")
    packages, _ = bundled(square, "--min", 400, "--max", 800, "--together", pairs, "--apart", foes)
    home = {unit: package for package, units in packages.items() for unit in units}
    assert home["r0c0"] == home["r0c1"]
    assert home["r5c5"] == home["r4c5"]
    assert home["r2c2"] != home["r2c3"]


def test_borders_forbid_or_cost(square: Path) -> None:
    def crossing(*words: object) -> int:
        packages, told = bundled(square, "--packages", 4, "--within", "side", *words)
        assert told["parts"]["soft"] >= 0
        return sum(len({unit[-1] > "2" for unit in units}) > 1 for units in packages.values())

    assert crossing() == 0
    assert crossing("--border-price", 1e9) == 0
    assert crossing("--border-price", 0, "--min", 850, "--max", 950) >= 0


def test_anchors_money_and_prices(square: Path) -> None:
    packages, told = bundled(
        square,
        "--min",
        300,
        "--max",
        900,
        "--weight",
        "income",
        "--min",
        0,
        "--price",
        7,
        "--anchors",
        "strong",
    )
    strong = {f"r{y}c{x}" for y in range(6) for x in range(6) if (x + y) % 3 == 0}
    assert all(strong & set(units) for name, units in packages.items() if name)
    short = sum(max(0.0, -package["loads"]["income"]) for package in told["packages"])
    assert told["parts"]["soft"] == pytest.approx(7 * short)


def test_leaving_out_has_a_price(square: Path) -> None:
    words = ["--min", 500, "--max", 500]
    _, cheap = bundled(square, *words, "--leave-out-price", 0.5)
    left = sum(1 for _ in cheap["left_out"])
    assert cheap["parts"]["left_out"] == pytest.approx(0.5 * 100 * left)
    assert left >= 1
    assert all(each["reason"] and each["code"] for each in cheap["left_out"])


def test_the_report_has_what_the_command_promises(square: Path) -> None:
    _, told = bundled(square, "--min", 500, "--max", 700)
    assert told.keys() >= {
        "status", "objective", "parts", "lower_bound", "gap", "proven_optimal", "seconds", "seed", "stopped_by",
        "packages", "left_out", "binding", "better_at", "alternatives", "units", "links", "crs", "out",
    }  # fmt: skip
    assert told["parts"].keys() >= {"left_out", "soft", "distance", "imbalance"}
    assert told["packages"][0].keys() == {"id", "hub", "members", "loads"}
    assert 0 <= told["lower_bound"] <= told["objective"]


def test_a_conflict_is_reported_with_its_figures(square: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report = square.with_name("report.json")
    words = [
        "--weight",
        "households",
        "--min",
        900,
        "--packages",
        9,
        "--all",
        "--out",
        square.with_name("o.csv"),
    ]
    assert run(square, *words, "--report", report) == 3
    told = json.loads(report.read_text(encoding="utf-8"))
    assert told["status"] == "infeasible"
    assert told["conflict"][0].keys() == {"code", "reason", "figures"}
    assert told["conflict"][0]["reason"] in capsys.readouterr().err
    assert {"proven", "stopped_by", "seconds", "seed", "units", "links"} <= told.keys()


def test_given_centres_are_the_hubs(square: Path) -> None:
    centres = square.with_name("centres.csv")
    centres.write_text("id,capacity\nr1c1,1800\nr4c4,1900\n", encoding="utf-8")
    packages, told = bundled(square, "--centres", centres, "--all")
    assert {package["hub"] for package in told["packages"]} == {"r1c1", "r4c4"}
    assert max(map(len, packages.values())) <= 19
    centres.write_text(
        "id,capacity,fixed_cost\nr1c1,3600,500\nr4c4,3600,1\nr0c5,3600,9e9\n", encoding="utf-8"
    )
    _, told = bundled(square, "--centres", centres, "--all", "--packages", 1)
    assert [package["hub"] for package in told["packages"]] in (["r1c1"], ["r4c4"])
    assert told["objective"] == told["parts"]["distance"] + told["parts"]["fixed"]


# ---- files ----------------------------------------------------------------------------------------------------


def test_a_tessellation_by_rook_and_queen(tmp_path: Path) -> None:
    """Four cells around a corner: by rook the two of a diagonal cannot be a package, by queen they can."""
    cells = gpd.GeoDataFrame(
        {"code": ["a", "b", "c", "d"], "n": [100, 1, 1, 100]},
        geometry=[
            box(500_000 + 100 * x, 100 * y, 500_100 + 100 * x, 100 + 100 * y) for y in (1, 0) for x in (0, 1)
        ],
        crs=4548,
    )
    path, foes = tmp_path / "cells.gpkg", tmp_path / "foes.csv"
    pyogrio.write_dataframe(cells, path, driver="GPKG")
    foes.write_text("id,group\na,1\nb,1\na,2\nc,2\nd,3\nb,3\nd,4\nc,4\n", encoding="utf-8")
    words = [path, "--weight", "n", "--packages", 2, "--all", "--apart", foes, "--max", 200, "--min", 2]
    assert run(*words, "--rook", "--out", tmp_path / "o.csv") == 3
    assert run(*words, "--queen", "--out", tmp_path / "o.csv") == 0
    found = plan(tmp_path / "o.csv")
    assert found["a"][0] == found["d"][0] != found["b"][0] == found["c"][0]


@pytest.mark.parametrize("encoding", ["UTF-8", "GB18030"])
def test_a_shapefile_of_an_office(encoding: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    frame = gpd.GeoDataFrame(
        {"编号": ["甲", "乙", "丙", "丁"], "户数": [100, 100, 100, 100]},
        geometry=[box(117.2 + 0.001 * i, 31.8, 117.2008 + 0.001 * i, 31.801) for i in range(4)],
        crs=4490,
    )
    path = tmp_path / "小区.shp"
    pyogrio.write_dataframe(frame, path, driver="ESRI Shapefile", encoding=encoding)
    path.with_suffix(".cpg").unlink()
    words = ["--id", "编号", "--weight", "户数", "--min", 200, "--max", 200, "--out", tmp_path / "out.gpkg"]
    assert run(path, *words) == 0
    said = capsys.readouterr().err
    assert "小区.shp is in EPSG:4490: distances are measured in EPSG:4548" in said
    written = pyogrio.read_dataframe(tmp_path / "out.gpkg")
    assert written["id"].tolist() == ["甲", "乙", "丙", "丁"]
    path.with_suffix(".dbf").unlink()
    assert run(path, *words) == 1
    assert ".dbf must lie beside it" in capsys.readouterr().err


def test_cells_that_a_spreadsheet_would_run_are_harmless(tmp_path: Path) -> None:
    path = tmp_path / "units.csv"
    path.write_text("id,x,y\n=1+1,1000,0\n-7,1100,0\n@x,1200,0\n", encoding="utf-8")
    assert run(path, "--packages", 1, "--out", tmp_path / "out.csv") == 0
    with (tmp_path / "out.csv").open(encoding="utf-8") as file:
        assert [row[0] for row in csv.reader(file)] == ["id", "'=1+1", "-7", "'@x"]


# ---- progress and Ctrl-C --------------------------------------------------------------------------------------


def test_progress_is_shown_where_it_is_wanted(square: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = [square, "--weight", "households", "--min", 300, "--max", 700, "--out", square.with_name("o.csv")]
    assert run(*words) == 0
    assert "%" not in capsys.readouterr().err
    assert run(*words, "--progress") == 0
    assert "100%  best so far" in capsys.readouterr().err


def test_a_search_that_is_stopped_writes_its_best(square: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--weight", "households", "--min", 300, "--max", 700, "--out", square.with_name("o.csv")]
    assert run(square, *words, "--time-limit", 0, "--effort", 50) in (0, 3)
    assert "stopped" in capsys.readouterr().err or square.with_name("o.csv").exists()


def test_a_search_that_is_stopped_without_a_plan_asks_for_more_time(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    units = tmp_path / "units.csv"
    rows = "".join(f"u{i},{200 * i},0,{100 + 10 * i}\n" for i in range(12))
    units.write_text("id,x,y,households\n" + rows, encoding="utf-8")
    words = ["--weight", "households", "--tolerance", "1%", "--packages", 5, "--out", tmp_path / "o.csv"]
    assert run(units, *words, "--time-limit", 0) == 3
    assert "stopped early, nothing is proven: with more time" in capsys.readouterr().err
    assert not (tmp_path / "o.csv").exists()


def test_ctrl_c_asks_once_and_gives_the_signal_back() -> None:
    before = signal.getsignal(signal.SIGINT)
    with bundle_run._stoppable() as cancelled:
        assert not cancelled()
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(0)
        assert cancelled()
        assert signal.getsignal(signal.SIGINT) == signal.SIG_DFL
    assert signal.getsignal(signal.SIGINT) == before


@pytest.mark.parametrize("name", ["api.commands.bundle", "geo.settings", "geo.bundling"])
def test_ctrl_c_while_it_is_still_starting_ends_it_in_a_line(tmp_path: Path, name: str) -> None:
    script = (
        "import os, signal, sys\n"
        "class Pressed:\n"
        "    def find_spec(self, name, *_):\n"
        f"        if name == {name!r}: os.kill(os.getpid(), signal.SIGINT)\n"
        "sys.meta_path.insert(0, Pressed())\n"
        "from api.cli import main\n"
        "sys.exit(main(['bundle', 'none.csv', '--packages', '2', '--out', 'out.csv']))\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (1, "wangge: interrupted\n")
