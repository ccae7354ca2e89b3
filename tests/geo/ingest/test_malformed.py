"""Shapes that no honest program writes, by the hundred: each file is refused or its rows are, and nothing is left behind.

`./run bench malformed` does it ten thousand times, and over HTTP.
"""

from __future__ import annotations

import random
import tempfile
from pathlib import Path
from typing import Any

import pytest

from geo.errors import WanggeError
from geo.ingest.reading import ChildFailed
from geo.ingest.report import ImportReport
from tests.geo.ingest import malformed, office
from tests.geo.ingest.checklist import checklist
from tests.geo.ingest.conftest import Import, Rows

SHAPES = 200
pytestmark = pytest.mark.usefixtures("neighbourhood")


@pytest.fixture
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder in which anything may appear, and only for a while."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def outcome(load: Import, path: Path, **options: Any) -> ImportReport | WanggeError:
    """What becomes of a file: its report, or its refusal. Anything else comes up."""
    try:
        return load(path, kind="communities", **options)
    except WanggeError as error:
        return error


@pytest.mark.parametrize("make", malformed.MAKERS, ids=lambda make: make.__name__)
def test_two_hundred_malformed_shapes_cost_nothing_but_themselves(
    load: Import, rows: Rows, own_folder: Path, tmp_path: Path, make: malformed.Maker
) -> None:
    started = rows("SELECT pg_postmaster_start_time()")
    case = make(random.Random(1), SHAPES)
    path = tmp_path / case.name
    path.write_bytes(case.content)
    before = set(tmp_path.iterdir())
    found = outcome(load, path, crs="EPSG:4490")
    if isinstance(found, WanggeError):
        assert found.status in (413, 422)
        assert rows("SELECT count(*) FROM community") == [(0,)]
    else:
        stored = rows("SELECT count(*), count(*) FILTER (WHERE ST_IsValid(geom)) FROM community")
        assert stored == [(found.counts["new"],) * 2]
        assert found.counts["new"] + found.counts["refused"] == found.counts["read"] or found.questions
    assert list(own_folder.iterdir()) == []
    assert set(tmp_path.iterdir()) == before
    assert rows("SELECT pg_postmaster_start_time()") == started


@pytest.mark.parametrize("make", [malformed.parquet, malformed.geopackage, malformed.geojson])
def test_what_is_good_among_them_is_loaded(
    load: Import, tmp_path: Path, make: malformed.Maker, own_folder: Path
) -> None:
    """Without this the test above would pass for an importer that refuses everything."""
    case = make(random.Random(3), SHAPES)
    path = tmp_path / case.name
    path.write_bytes(case.content)
    report = load(path, kind="communities", crs="EPSG:4490")
    assert report.counts["new"] > SHAPES / 20
    assert report.counts["repaired"] > 0
    assert report.counts["refused"] > SHAPES / 5
    assert len({one.key for one in report.findings}) >= 4
    assert list(own_folder.iterdir()) == []


def test_hostile_files_of_the_checklist_are_refused_for_what_they_are(
    load: Import, rows: Rows, own_folder: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "files"
    folder.mkdir()
    before = set(tmp_path.iterdir()) | set(tmp_path.parent.iterdir())
    taken = []
    for case in checklist(9):
        path = folder / case.name
        path.write_bytes(case.content)
        found = outcome(load, path)
        if isinstance(found, WanggeError):
            assert (case.name, found.status) in ((case.name, 413), (case.name, 422))
            assert not isinstance(found, ChildFailed), f"{case.name} broke a limit instead of being refused"
        else:
            taken.append((case.name, found.change_set))
    assert taken == [("star.geojson", None)]
    assert rows("SELECT count(*) FROM change_set WHERE subject = 'communities'") == [(0,)]
    assert list(own_folder.iterdir()) == []
    assert set(tmp_path.iterdir()) | set(tmp_path.parent.iterdir()) == before
    assert not Path("/tmp/wangge-evil.shp").exists()


def test_half_a_character_costs_one_letter(load: Import, rows: Rows, tmp_path: Path) -> None:
    """JSON can name half of a surrogate pair; no database holds it."""
    path = tmp_path / "x.geojson"
    shape = (
        '{"type":"Polygon","coordinates":[[[117.31,31.87],[117.311,31.87],[117.311,31.871],[117.31,31.87]]]}'
    )
    about = f'{{"小区编码":"{office.NEIGHBOURHOOD}C001","小区名称":"甲\\ud800"}}'
    path.write_text(
        f'{{"type":"FeatureCollection","features":[{{"type":"Feature","properties":{about},"geometry":{shape}}}]}}',
        "utf-8",
    )
    assert load(path).counts["new"] == 1
    assert rows("SELECT name FROM community") == [("甲?",)]
