"""`wangge survey out` and `wangge survey back`: real workbooks, a store of their own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import openpyxl
import pytest

from api import cli
from geo.store.engine import Store
from tests.geo.survey.conftest import write

SUBDISTRICT = "990101001000"


@pytest.fixture
def run(demo_copy: Store, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: Any) -> Any:
    """Run a command on the test's own copy of the demo district; returns (status, what it printed)."""
    url = demo_copy.engine.url.render_as_string(hide_password=False)
    for name, value in {
        "DATABASE_URL": url,
        "DATA": str(tmp_path),
        "TODAY": "2026-11-01",
        "DEMO": "true",
    }.items():
        monkeypatch.setenv(f"WANGGE_{name}", value)

    def command(*words: object) -> tuple[int, str]:
        status = cli.main(["survey", *map(str, words)])
        return status, capsys.readouterr().out

    return command


def test_a_sheet_goes_out_and_its_difference_is_shown_then_written(run: Any, tmp_path: Path) -> None:
    path = tmp_path / "摸底.xlsx"
    assert run("out", "--region", SUBDISTRICT, "--out", path, "--layout", "one") == (
        0,
        f"survey 1 written to {path}\n",
    )
    assert run("back", path)[0] == 0
    book = openpyxl.load_workbook(path)
    code = str(book.worksheets[0]["A5"].value)
    write(book, code, "户数", 7)
    filled = tmp_path / "填好.xlsx"
    book.save(filled)
    status, told = run("back", filled)
    assert (status, f"* {code}" in told, "→ 7 (changed)" in told) == (0, True, True)
    assert "1 values of 1 units written" in run("back", filled, "--confirm")[1]
    assert run("back", filled, "--confirm")[0] == 3


def test_what_needs_a_person_is_left_and_said(run: Any, tmp_path: Path) -> None:
    path = tmp_path / "s.xlsx"
    run("out", "--region", SUBDISTRICT, "--out", path)
    book = openpyxl.load_workbook(path)
    code = str(book.worksheets[0]["A5"].value)
    write(book, code, "户数", "十来户")
    book.save(path)
    status, told = run("back", path, "--confirm")
    assert (status, "'十来户' (unreadable)" in told) == (3, True)


def test_wrong_usage_is_said(run: Any, tmp_path: Path) -> None:
    assert run("out", "--region", SUBDISTRICT, "--out", tmp_path / "s.pdf")[0] == 2
    bare = tmp_path / "bare.csv"
    bare.write_text("编码,户数\n990101001001C001,5\n", "utf-8")
    assert run("back", bare)[0] == 1
    with pytest.raises(SystemExit):
        run("out", "--region", SUBDISTRICT)
