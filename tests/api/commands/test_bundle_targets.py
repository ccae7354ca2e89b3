"""Where `wangge bundle` writes to, and files and weights for which it rather writes nothing."""

from __future__ import annotations

import os
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from tests.api.commands.test_bundle import run
from tests.api.commands.test_bundle_inputs import edited, folder, left_behind, told

__all__ = ["folder"]


def test_a_weight_that_is_not_known_where_nobody_may_be_left_out(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    units = folder / "in" / "units.csv"
    units.write_text(edited("u4,1400,0,100", "u4,1400,0,"), encoding="utf-8")
    words = ["--weight", "households", "--min", 200, "--out", folder / "out.csv"]
    assert run(units, *words, "--all") == 1
    assert "line 6 (unit u4): households is not known, and --all leaves nobody out" in told(capsys)
    assert left_behind(folder) == set()


def test_what_is_no_plain_file_is_not_replaced(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pipe = folder / "in" / "pipe"
    os.mkfifo(pipe)
    words = ["--packages", 1, "--out", folder / "out.csv", "--report", pipe]
    assert run(folder / "in" / "units.csv", *words) == 1
    assert "pipe is no plain file [out]" in told(capsys)
    assert pipe.is_fifo()
    assert left_behind(folder) == set()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--out", "in/../in/units.csv"], "--out would overwrite UNITS"),
        (["--out", "in/link.csv"], "--out would overwrite UNITS"),
        (["--out", "plan.csv", "--alternatives", "2", "--links", "plan-2.csv"], "plan 2 of --alternatives would overwrite --links"),
        (["--out", "plan.csv", "--alternatives", "3", "--report", "plan-3.csv"], "--report would overwrite plan 3 of --alternatives"),
        (["--out", "plan.csv", "--alternatives", "9999999"], "'9999999' is not a whole number from 1 to 100"),
    ],
)  # fmt: skip
def test_no_file_is_written_over_one_that_is_read_or_another_plan(
    words: list[str],
    said: str,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(folder)
    units = folder / "in" / "units.csv"
    (folder / "in" / "link.csv").symlink_to(units)
    before = units.read_text(encoding="utf-8")
    with pytest.raises(SystemExit) as ended:
        run(units, "--packages", 1, *words)
    assert ended.value.code == 2
    assert said in capsys.readouterr().err
    assert units.read_text(encoding="utf-8") == before
    assert left_behind(folder) == set()


def test_a_link_that_leads_to_itself_gives_way_to_the_file(folder: Path) -> None:
    loop = folder / "loop.csv"
    loop.symlink_to(loop)
    assert run(folder / "in" / "units.csv", "--packages", 1, "--out", loop) == 0
    assert loop.read_text(encoding="utf-8").startswith("id,package,hub")


def test_rows_that_all_end_in_empty_cells_are_taken(folder: Path) -> None:
    units = folder / "in" / "units.csv"
    head, *rows = units.read_text(encoding="utf-8").splitlines()
    units.write_text("\n".join([head, *(f"{row},," for row in rows)]), encoding="utf-8")
    assert run(units, "--weight", "households", "--min", 200, "--out", folder / "out.csv") == 0


def test_a_link_stays_a_link_to_what_is_written(folder: Path) -> None:
    link, kept = folder / "in" / "link.json", folder / "in" / "kept.json"
    link.symlink_to(kept)
    words = ["--packages", 1, "--out", folder / "out.csv", "--report", link]
    assert run(folder / "in" / "units.csv", *words) == 0
    assert link.is_symlink()
    assert '"status": "solved"' in kept.read_text(encoding="utf-8")


def test_a_centre_whose_weight_is_not_known(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    units, centres = folder / "in" / "units.csv", folder / "in" / "centres.csv"
    units.write_text(edited("u0,1000,0,100", "u0,1000,0,"), encoding="utf-8")
    centres.write_text("id,capacity\nu0,300\n", encoding="utf-8")
    assert run(units, "--weight", "households", "--centres", centres, "--out", folder / "out.csv") == 1
    assert "centres.csv, line 2: the households of u0 is not known" in told(capsys)


def test_bytes_that_are_no_text(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = folder / "in" / "units.csv"
    path.write_bytes(b"id,x,y\n\xff\xfe\xfd,1,2\n")
    assert run(path, "--packages", 1, "--out", folder / "out.csv") == 1
    assert "neither UTF-8 nor GB18030" in told(capsys)


WORKBOOK = pd.DataFrame(
    {
        "小区": ["甲", "乙", "丙", "丁"],
        "经度": [117.28, 117.281, 117.282, 117.283],
        "纬度": [31.86, 31.86, 31.86, 31.86],
        "户数": [100, 120, 90, 110],
    }
)


def test_an_offices_workbook_in_degrees_is_bundled_as_it_is(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    units, out = folder / "in" / "台账.xlsx", folder / "out.gpkg"
    WORKBOOK.to_excel(units, index=False)
    assert run(units, "--id", "小区", "--weight", "户数", "--min", 150, "--max", 300, "--out", out) == 0
    assert "in EPSG:4490: distances are measured in EPSG:4548" in told(capsys)
    plan = gpd.read_file(out)
    assert sorted(plan["id"]) == sorted(WORKBOOK["小区"])
    assert plan.crs == "EPSG:4490"
    # the same as a table of text, where barriers find their place too
    text, river = folder / "in" / "units.csv", folder / "in" / "river.geojson"
    WORKBOOK.rename(columns={"小区": "id", "经度": "Lon", "纬度": "Lat"}).to_csv(text, index=False)
    line = shapely.LineString([(117.2815, 31.8), (117.2815, 31.9)])
    gpd.GeoSeries([line], crs=4326).to_file(river)
    words = ("--weight", "户数", "--packages", 2, "--barriers", river)
    assert run(text, *words, "--out", folder / "out.csv") == 0
    parts = pd.read_csv(folder / "out.csv").groupby("package")["id"].agg(set)
    assert {frozenset(each) for each in parts} == {frozenset("甲乙"), frozenset("丙丁")}


def test_a_workbook_names_the_row_of_a_fault_and_the_sheet_to_choose(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    units = folder / "in" / "units.xlsx"
    WORKBOOK.astype({"户数": object}).replace({"户数": {90: "约九十"}}).to_excel(units, index=False)
    words = ("--id", "小区", "--weight", "户数", "--min", 150, "--out", folder / "out.csv")
    assert run(units, *words) == 1
    assert "units.xlsx, line 4 (unit 丙): 户数 '约九十' is no number [户数]" in capsys.readouterr().err
    with pd.ExcelWriter(units) as book:
        WORKBOOK.to_excel(book, sheet_name="老旧小区", index=False)
        WORKBOOK.to_excel(book, sheet_name="单体楼", index=False)
    assert run(units, *words) == 1
    assert "choose one with --layer: 老旧小区, 单体楼 [layer]" in told(capsys)
    assert run(units, "--layer", "单体楼", *words) == 0


def test_a_name_that_ends_in_xlsx_does_not_make_a_workbook(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    units = folder / "in" / "units.xlsx"
    units.write_text("id,x,y\na,1,2\n", encoding="utf-8")
    assert run(units, "--packages", 1, "--out", folder / "out.csv") == 1
    assert "units.xlsx" in told(capsys)
    assert left_behind(folder) == set()


def test_a_folder_is_not_taken_but_its_files_are_named(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    gpd.GeoSeries([shapely.Point(0, 0)], crs=4527).to_file(folder / "in" / "区县.shp")
    assert run(folder / "in", "--packages", 1, "--out", folder / "out.csv") == 1
    assert "in is a folder; name one file in it: 区县.shp [file]" in told(capsys)


def test_the_terminal_says_of_the_first_left_out_why(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    units = folder / "in" / "units.csv"
    rows = [f"u{number},{number * 1000}.5,0,100" for number in range(8)] + ["big,9999,0,400"]
    units.write_text("\n".join(["id,x,y,households", *rows]), encoding="utf-8")
    words = ("--weight", "households", "--min", 150, "--out", folder / "out.csv")
    assert run(units, *words) == 0
    said = capsys.readouterr().err
    assert said.count("left out: u") == 5
    assert "left out: u0: no neighbour" in said
    assert "left out: 3 more; --report JSON says why of each" in said
