"""`wangge assign`: a file in, a file out, and the counts."""

from __future__ import annotations

from pathlib import Path

import pytest

from api.cli import parser
from geo.settings import Settings
from geo.store.engine import Store
from tests.api.world import build
from tests.conftest import Databases


def test_points_get_their_areas(
    databases: Databases, database: str, store: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    build(store)
    settings = Settings(data=tmp_path, database_url=databases.url(database))

    def run(*words: object) -> int:
        arguments = parser("assign").parse_args(["assign", *map(str, words)])
        return int(arguments.run(arguments, settings))

    source, out = tmp_path / "p.csv", tmp_path / "o.csv"
    source.write_text("lon,lat\n116.0015,31.0015\n120,30\n", "utf-8")
    assert run(source, "--out", out, "--layers", "grid") == 0
    assert "rows 2, inside 1, border 0, outside 1, unread 0" in capsys.readouterr().out
    assert out.read_text("utf-8-sig").splitlines()[1:] == [
        "116.0015,31.0015,990101001001001,inside",
        "120,30,,outside",
    ]
    assert run(source, "--out", tmp_path / "o.xlsx") == 2
    with pytest.raises(SystemExit):
        run(source, "--out", out, "--as-of", "yesterday")
    with pytest.raises(FileNotFoundError):
        run(tmp_path / "none.csv", "--out", out)
