"""`wangge partition` from files to files, and docs/partition.md held to it."""

from __future__ import annotations

import argparse
import doctest
import json
import re
import runpy
import shlex
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
import shapely

from api.cli import main
from api.commands import partition
from tests.api.commands.test_bundle_docs import Block
from tests.house.tree import ROOT

PAGE = (ROOT / "docs" / "partition.md").read_text("utf-8")
BLOCKS = [Block(*found) for found in re.findall(r"^```(\w+) ?([^\n]*)\n(.*?)^```$", PAGE, re.M | re.S)]
RUNS = [
    pytest.param(place, line, id=line.rsplit("--out", 1)[1].split()[0] + f"-{place}")
    for place, block in enumerate(BLOCKS)
    if block.language == "sh"
    for line in block.text.splitlines()
]
USUAL = ("--buildings", "buildings.gpkg", "--within", "within.geojson", "--households", "households")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files that the page's script makes."""
    folder = tmp_path_factory.mktemp("town")
    script = folder / "make.py"
    script.write_text(next(block.text for block in BLOCKS if block.note == "make.py"), "utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        runpy.run_path(str(script))
    return folder


@pytest.fixture
def folder(made: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(made)
    return made


def run(*words: str) -> int:
    try:
        return main(["partition", *words])
    except SystemExit as ended:
        return int(ended.code or 0)


@pytest.mark.parametrize(("place", "line"), RUNS)
def test_every_command_runs(place: int, line: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    program, command, *words = shlex.split(line)
    assert (program, command) == ("wangge", "partition")
    wanted = int(BLOCKS[place].note.removeprefix("fails=") or 0)
    assert run(*words) == wanted
    assert (folder / words[words.index("--out") + 1]).exists() is (wanted != 1)
    said = capsys.readouterr()
    following = [block for block in BLOCKS[place + 1 :] if block.language in ("output", "sh")][:1]
    if following and following[0].language == "output":
        told = said.out or said.err
        checker = doctest.OutputChecker()
        assert checker.check_output(following[0].text, told, doctest.ELLIPSIS), told


def test_the_library_does_what_the_page_says() -> None:
    (block,) = (block for block in BLOCKS if block.language == "python" and not block.note)
    test = doctest.DocTestParser().get_doctest(block.text, {}, "docs/partition.md", "docs/partition.md", 0)
    report: list[str] = []
    doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(test, out=report.append)
    assert report == [], "".join(report)


def test_the_page_names_every_option_and_none_that_is_not_there() -> None:
    parser = argparse.ArgumentParser()
    partition.add_parsers(parser.add_subparsers())
    action = next(each for each in parser._actions if isinstance(each, argparse._SubParsersAction))
    known = {option for each in action.choices["partition"]._actions for option in each.option_strings}
    named = set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", PAGE))
    assert named <= known
    assert known - named - {"-h", "--help"} == set()


def test_grids_cover_the_outline_in_its_own_system(folder: Path) -> None:
    words = (*USUAL, "--roads", "roads.gpkg", "--report", "told.json")
    assert run(*words, "--out", "plane.gpkg") == 0
    assert run(*words, "--out", "degrees.geojson") == 0
    grids, degrees = gpd.read_file("plane.gpkg"), gpd.read_file("degrees.geojson")
    outline = gpd.read_file("within.geojson").to_crs(grids.crs).geometry[0]
    assert grids.crs.to_epsg() == 4548
    assert degrees.crs.to_epsg() == 4326
    assert shapely.coverage_is_valid(grids.geometry.array)
    assert shapely.coverage_is_valid(degrees.geometry.array)
    assert grids.union_all().symmetric_difference(outline).area < 1e-3
    told: dict[str, Any] = json.loads((folder / "told.json").read_text("utf-8"))
    assert told["status"] == "within_limits"
    assert sorted(b for grid in told["grids"] for b in grid["buildings"]) == sorted(map(str, range(54)))
    assert sum(grids["households"]) == sum(grid["households"] for grid in told["grids"])


def test_conflicts_of_layers_are_reported(folder: Path) -> None:
    words = (*USUAL, "--merge", "party.gpkg", "--merge", "police.gpkg", "--max", "800")
    assert run(*words, "--out", "m.gpkg", "--report", "m.json") == 0
    told = json.loads((folder / "m.json").read_text("utf-8"))
    assert 0 < told["agreed"] < 1
    assert {"party", "police"} == set(told["conflicts"][0]["says"])


@pytest.mark.parametrize(
    ("words", "status", "told"),
    [
        (("--out", "a.shp"), 2, "--out must end in"),
        (("--out", "a.gpkg", "--min", "9", "--max", "5"), 2, "is above --max"),
        (("--out", "a.gpkg", "--min", "x"), 2, "not a number"),
        (("--out", "a.gpkg", "--grids", "0"), 2, "whole number"),
        (("--out", "a.gpkg", "--today", "party.gpkg", "--merge", "party.gpkg"), 2, "give one or the other"),
        (("--out", "a.gpkg", "--today", "party.gpkg", "--grids", "3"), 2, "are for new grids"),
        (("--out", "nowhere/a.gpkg"), 1, "there is no folder nowhere"),
        (("--out", "a.gpkg", "--roads", "lost.gpkg"), 1, "lost.gpkg"),
        (("--out", "a.gpkg", "--within", "roads.gpkg"), 1, "is no area"),
        (("--out", "a.gpkg", "--within", "far.gpkg"), 1, "no building of buildings.gpkg stands in far.gpkg"),
        (("--out", "a.gpkg", "--buildings", "gaps.gpkg"), 1, "gaps.gpkg, unit 3 has no households; unknown"),
        (("--out", "a.gpkg", "--today", "party.gpkg", "--code", "name"), 1, "has no field name"),
    ],
)
def test_what_cannot_be_taken_is_told(
    words: tuple[str, ...], status: int, told: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    buildings = gpd.read_file("buildings.gpkg")
    buildings["households"] = buildings["households"].astype(float).where(buildings["id"] != 3)
    buildings.to_file("gaps.gpkg")
    outline = gpd.read_file("within.geojson").to_crs(4548)
    outline.set_geometry(outline.translate(5000, 0)).to_file("far.gpkg")
    assert run(*USUAL, *words) == status
    assert told in capsys.readouterr().err
    assert not (folder / "a.gpkg").exists()
