"""`wangge import`, `export` and `undo`: what is printed, and the exit status."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from api.cli import main, parser
from geo.settings import Settings
from tests.conftest import Databases
from tests.geo.ingest import office

Run = Callable[..., int]


@pytest.fixture
def run(databases: Databases, database: str, tmp_path: Path) -> Run:
    """Run a command line on a fresh database; returns its exit status."""
    settings = Settings(
        data=tmp_path, today=date(2026, 11, 1), min_free_share=0.0, database_url=databases.url(database)
    )

    def command(*words: object) -> int:
        arguments = parser().parse_args([str(word) for word in words])
        return int(arguments.run(arguments, settings))

    return command


def test_files_go_in_and_out(run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report = tmp_path / "report.json"
    files = [office.regions(tmp_path), office.communities(tmp_path)]
    assert run("import", *files, "--valid-from", "2023-01-01", "--report", report) == 0
    said = capsys.readouterr().out
    assert "carry zone 39; the numbers agree" in said
    assert "户数 → households (1.00)" in said
    assert "read 4, new 4, changed 0" in said
    assert [one["counts"]["new"] for one in json.loads(report.read_text("utf-8"))] == [4, 4]
    out = tmp_path / "out.gpkg"
    assert run("export", "communities", "--out", out) == 0
    assert run("import", out) == 0
    assert "unchanged 4" in capsys.readouterr().out


def test_a_question_or_no_good_row_is_status_three(
    run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    frame, shapes = office.community_rows()
    bare = office.write(tmp_path / "x.gpkg", frame, shapes, crs=None)
    assert run("import", bare) == 3
    assert "Which coordinate system" in capsys.readouterr().out
    assert run("import", bare, "--crs", "EPSG:4527") == 3, "the neighbourhood is not there yet"
    assert (
        "its parent 990101001001 does not exist / 上级 990101001001 不存在 at 117.30"
        in capsys.readouterr().out
    )


def test_strict_and_dry_run_write_nothing(run: Run, tmp_path: Path) -> None:
    run("import", office.regions(tmp_path))
    frame, shapes = office.community_rows()
    frame.loc[0, "小区编码"] = "XX"
    path = office.write(tmp_path / "x.gpkg", frame, shapes)
    assert run("import", path, "--strict") == 3
    assert run("import", path, "--dry-run") == 0
    assert run("export", "communities", "--out", tmp_path / "out.csv") == 0
    assert (tmp_path / "out.csv").read_text("utf-8-sig").count("\n") == 1


def test_a_file_that_cannot_be_taken_is_status_one(
    run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "x.geojson").write_text("<x/>")
    assert run("import", tmp_path / "x.geojson", tmp_path / "missing.gpkg", office.regions(tmp_path)) == 1
    said = capsys.readouterr()
    assert "its content is no geojson" in said.err
    assert "missing.gpkg" in said.err
    assert "new 4" in said.out, "the other files are loaded all the same"


@pytest.mark.parametrize(
    "words",
    [
        ("import",),
        ("import", "x.gpkg", "--crs", "EPSG:2364"),
        ("import", "x.gpkg", "--map", "x"),
        ("import", "x.gpkg", "--kind", "weather"),
        ("import", "x.gpkg", "--valid-from", "soon"),
        ("export", "communities"),
        ("export", "weather", "--out", "x.gpkg"),
    ],
)
def test_wrong_usage_is_status_two(words: tuple[str, ...]) -> None:
    with pytest.raises(SystemExit) as caught:
        parser().parse_args(words)
    assert caught.value.code == 2


def test_an_unknown_ending_is_wrong_usage(run: Run, tmp_path: Path) -> None:
    assert run("export", "communities", "--out", tmp_path / "x.doc") == 2


@pytest.mark.parametrize("name", ["x.csv", "x.gpkg", "x.geojson", "x.xlsx"])
def test_a_file_that_cannot_be_written_is_one_sentence(
    databases: Databases,
    database: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    name: str,
) -> None:
    monkeypatch.setenv("WANGGE_DATABASE_URL", databases.url(database))
    monkeypatch.setenv("WANGGE_DATA", str(tmp_path))
    out = tmp_path / "missing" / name
    assert main(["export", "communities", "--out", str(out)]) == 1
    assert capsys.readouterr().err == f"wangge: cannot read or write {out}: No such file or directory\n"


def test_undo(run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run("import", office.regions(tmp_path), office.communities(tmp_path))
    assert run("undo", 2) == 0
    assert "import 2 is undone by change set 3" in capsys.readouterr().out
