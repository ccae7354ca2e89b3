"""Where `wangge bundle` writes to, and files and weights for which it rather writes nothing."""

from __future__ import annotations

import os
from pathlib import Path

import pandas as pd
import pytest

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


def test_a_workbook_of_units_is_to_be_saved_as_csv(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    units = folder / "in" / "units.xlsx"
    pd.DataFrame({"id": ["a"], "x": [1.0], "y": [2.0]}).to_excel(units, index=False)
    assert run(units, "--packages", 1, "--out", folder / "out.csv") == 1
    assert "units.xlsx: this format holds no shapes; save the table as CSV" in told(capsys)
    assert left_behind(folder) == set()
