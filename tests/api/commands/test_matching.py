"""`wangge import --match`: what is in doubt goes out as a CSV, comes back decided, and is loaded."""

from __future__ import annotations

import csv
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from api.cli import main, parser
from geo.settings import Settings
from tests.conftest import Databases
from tests.geo.ingest import office

Run = Callable[..., int]
CODE = f"{office.NEIGHBOURHOOD}C002"


@pytest.fixture
def run(databases: Databases, database: str, tmp_path: Path) -> Run:
    """Run a command line over two communities; returns its exit status."""
    settings = Settings(
        data=tmp_path, today=date(2026, 11, 1), min_free_share=0.0, database_url=databases.url(database)
    )

    def command(*words: object) -> int:
        arguments = parser().parse_args([str(word) for word in words])
        return int(arguments.run(arguments, settings))

    frame, shapes = office.community_rows(2)
    frame["小区名称"], frame["别名"] = ["翠湖花园", "金色家园二期"], None
    assert (
        command("import", office.regions(tmp_path), office.write(tmp_path / "小区.gpkg", frame, shapes)) == 0
    )
    return command


def test_what_is_in_doubt_goes_out_and_comes_back_decided(
    run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = pd.DataFrame({"小区名称": ["翠湖花園小区", "金色家园", "=谁也不认识"], "户数": [11, 12, 13]})
    path = office.write(tmp_path / "台账.csv", table, None)
    asked = tmp_path / "待确认.csv"
    assert run("import", path, "--doubtful", asked, "--dry-run") == 0
    assert "matched by name: certain 1, doubtful 1, none 1" in capsys.readouterr().out
    with asked.open(encoding="utf-8-sig", newline="") as file:
        lines = list(csv.DictReader(file))
    assert [line["row"] for line in lines] == ["3", "4"]
    assert lines[0]["candidate"].startswith(CODE)
    assert lines[1]["name"] == "'=谁也不认识", "a spreadsheet must not run a name"
    lines[0]["decision"], lines[1]["decision"] = lines[0]["candidate"], "无"
    with asked.open("w", encoding="utf-8-sig", newline="") as file:
        out = csv.DictWriter(file, lines[0].keys())
        out.writeheader()
        out.writerows(lines)
    assert run("import", path, "--decisions", asked) == 0
    said = capsys.readouterr().out
    assert "matched by name: certain 1, settled 2" in said
    assert "changed 2" in said


@pytest.mark.parametrize(
    ("text", "wrong"),
    [("row,decision\nx,none\n", "no row number"), ("row,decision\n2,maybe\n", "neither a code"), ("a,b\n1,2\n", "needs the columns"),
     ("row,decision\n2,none\n2,new\n", "decided twice")],
)  # fmt: skip
def test_a_sheet_of_decisions_that_cannot_be_read_is_wrong_usage(
    text: str, wrong: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "decisions.csv"
    path.write_text(text, "utf-8")
    with pytest.raises(SystemExit) as left:
        main(["import", str(path), "--decisions", str(path)])
    assert left.value.code == 2
    assert wrong in capsys.readouterr().err
