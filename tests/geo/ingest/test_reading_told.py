"""While a large file is read and written: how far it is, that it ends when told to, and one broken shape of many."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from geo.ingest import load as load_module
from geo.ingest.formats import inspect
from geo.ingest.importer import Cancelled, import_file
from geo.ingest.reading import RawTable, read_file
from geo.settings import Settings
from geo.store.engine import Scope, Store
from tests.geo.ingest import office
from tests.geo.ingest.conftest import Import, Rows

RING = [[117.3, 31.8], [117.31, 31.8], [117.31, 31.81], [117.3, 31.81], [117.3, 31.8]]
POSITIONS = " ".join(f"{y} {x}" for x, y in RING)


def many(path: Path, count: int = 60_000) -> Path:
    """A file that takes a second or more to read."""
    shape = {"type": "Polygon", "coordinates": [RING]}
    features = [
        {
            "type": "Feature",
            "properties": {"小区编码": f"990101001001C{n:06d}", "小区名称": "x"},
            "geometry": shape,
        }
        for n in range(count)
    ]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), "utf-8")
    return path


def children() -> set[str]:
    """Processes that this one started and that have not ended."""
    return set(Path(f"/proc/self/task/{os.getpid()}/children").read_text().split())


def test_the_reading_of_a_large_file_tells_how_far_it_is(tmp_path: Path) -> None:
    path, told = many(tmp_path / "x.geojson"), list[float]()
    table = read_file(path, inspect(path), progress=told.append)
    assert isinstance(table, RawTable)
    assert len(table) == 60_000
    assert told
    assert told == sorted(told)
    assert 0 < told[-1] <= 1


def test_a_stop_ends_the_reading_child(
    store: Store, everywhere: Scope, settings: Settings, tmp_path: Path
) -> None:
    path, before = many(tmp_path / "x.geojson"), children()
    seen: list[str] = []

    def stop() -> bool:
        seen.extend(children() - before)
        return bool(seen)

    with pytest.raises(Cancelled):
        import_file(store, everywhere, path, settings=settings, cancel=stop)
    assert seen, "the child was there when the question was asked"
    assert children() == before


def test_rows_are_written_some_at_a_time_parents_first(
    store: Store,
    everywhere: Scope,
    settings: Settings,
    rows: Rows,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(load_module, "_AT_ONCE", 1)
    told: list[float] = []

    def progress(share: float, note: str) -> None:
        if note == "writing":
            told.append(share)

    report = import_file(store, everywhere, office.regions(tmp_path), settings=settings, progress=progress)
    assert len(told) == report.counts["new"] > 2
    assert told == sorted(set(told))
    assert rows("SELECT count(*), count(DISTINCT opened_by) FROM region") == [(len(told), 1)]
    path = office.communities(tmp_path)
    with pytest.raises(Cancelled):
        import_file(
            store,
            everywhere,
            path,
            settings=settings,
            progress=progress,
            cancel=lambda: told[-2:-1] > told[-1:],
        )
    assert rows("SELECT count(*) FROM community") == [(0,)]


def member(code: str, positions: str = POSITIONS, more: str = "") -> str:
    ring = f"<gml:exterior><gml:LinearRing><gml:posList>{positions}</gml:posList></gml:LinearRing></gml:exterior>"
    shape = f'<gml:Polygon srsName="urn:ogc:def:crs:EPSG::4490">{ring}</gml:Polygon>'
    return f"<gml:featureMember><x{more}><code>{code}</code><name>{code}</name><g>{shape}</g></x></gml:featureMember>"


def gml(path: Path, *members: str) -> Path:
    path.write_text(f'<c xmlns:gml="http://www.opengis.net/gml/3.2">{"".join(members)}</c>', "utf-8")
    return path


@pytest.mark.usefixtures("neighbourhood")
def test_one_broken_shape_of_a_gml_is_one_refused_row(load: Import, tmp_path: Path) -> None:
    codes = [f"990101001001C00{n}" for n in range(1, 5)]
    made = [member(code, "1 2 3" if code.endswith("2") else POSITIONS) for code in codes]
    report = load(gml(tmp_path / "x.gml", *made), kind="communities")
    assert (report.counts["read"], report.counts["new"], report.counts["refused"]) == (4, 3, 1)
    assert {one.row for one in report.findings if one.severity == "refused"} == {2}
    assert "invalid" in {one.key for one in report.findings}


def test_rows_of_a_gml_with_numbers_of_its_own_are_all_there(tmp_path: Path) -> None:
    made = [member(f"c{n}", more=f' gml:id="x.{n}"') for n in (7, 12, 40)]
    path = gml(tmp_path / "x.gml", *made)
    table = read_file(path, inspect(path))
    assert isinstance(table, RawTable)
    assert table.columns["code"] == ["c7", "c12", "c40"]
    assert table.unread == {}
