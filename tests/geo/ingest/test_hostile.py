"""Files that want to do harm: each is refused with a word, quickly, with nothing read, fetched or left behind."""

from __future__ import annotations

import json
import os
import socket
import sqlite3
import subprocess
import sys
import threading
import tracemalloc
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from geo.errors import BadInput, TooLarge, WanggeError
from geo.ingest import formats, reading
from geo.ingest.formats import MAX_NESTING, inspect, without_strings
from geo.ingest.importer import import_file
from geo.ingest.reading import read_file, run_repairs
from geo.settings import Settings
from geo.store.engine import Scope, Store
from tests.geo.ingest import office
from tests.geo.ingest.conftest import Import, Rows

C1 = f"{office.NEIGHBOURHOOD}C001"


def collection(*geometries: Any) -> str:
    features = [
        {
            "type": "Feature",
            "properties": {"小区编码": f"{C1[:-3]}{n:03d}", "小区名称": "甲"},
            "geometry": geometry,
        }
        for n, geometry in enumerate(geometries, start=1)
    ]
    return json.dumps({"type": "FeatureCollection", "features": features})


def written(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


@pytest.fixture
def listener() -> Iterator[tuple[int, list[int]]]:
    """A port on this machine, and how often it was called."""
    calls: list[int] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.1)
        done = threading.Event()

        def listen() -> None:
            while not done.is_set():
                try:
                    server.accept()[0].close()
                    calls.append(1)
                except TimeoutError:
                    continue

        thread = threading.Thread(target=listen)
        thread.start()
        yield server.getsockname()[1], calls
        done.set()
        thread.join()


def vrt(source: str) -> str:
    return f'<OGRVRTDataSource><OGRVRTLayer name="x"><SrcDataSource>{source}</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>'


@pytest.mark.parametrize(
    "name", ["upload.geojson", "upload.json", "upload.gpkg", "upload.csv", "upload.vrt", "upload"]
)
def test_a_virtual_dataset_opens_nothing(tmp_path: Path, listener: tuple[int, list[int]], name: str) -> None:
    port, calls = listener
    for source in (
        f"/vsicurl/http://127.0.0.1:{port}/a.geojson",
        f"http://127.0.0.1:{port}/a",
        "PG:dbname=wangge",
        "/etc/passwd",
    ):
        with pytest.raises(BadInput):
            inspect(written(tmp_path, name, vrt(source)))
    assert calls == []


def test_even_past_the_first_look_no_other_driver_is_there(
    tmp_path: Path, listener: tuple[int, list[int]]
) -> None:
    port, calls = listener
    target = written(tmp_path, "secret.geojson", collection({"type": "Point", "coordinates": [1, 2]}))
    for source in (f"/vsicurl/http://127.0.0.1:{port}/a.geojson", str(target)):
        with pytest.raises(BadInput):
            read_file(written(tmp_path, "x.gpkg", vrt(source)), "gpkg")
    assert calls == []


def test_the_child_has_one_driver_no_network_and_limits(tmp_path: Path) -> None:
    script = (
        "import json, resource, socket, sys; from geo.ingest import child; alone = child.leave_network();"
        "child.limit_process(); import pyogrio;"
        "s = socket.socket(); s.settimeout(1); code = s.connect_ex(('127.0.0.1', int(sys.argv[1])));"
        "print(json.dumps([alone, code, list(pyogrio.list_drivers()), resource.getrlimit(resource.RLIMIT_AS)[0]]))"
    )
    with socket.create_server(("127.0.0.1", 0)) as server:
        command = [sys.executable, "-c", script, str(server.getsockname()[1])]
        done = subprocess.run(command, env=reading._environment("GPKG"), capture_output=True, check=True)
    alone, code, drivers, memory = json.loads(done.stdout)
    assert (drivers, memory) == (["GPKG"], 4 * 2**30)
    assert code != 0 or not alone, (
        "where the kernel gives a network namespace, not even this machine is reached"
    )


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("[" * 100_000, "no geojson"),
        ('{"a":' * 100_000, "nested"),
        ('{"type":"FeatureCollection","features":' + "[" * 33 + "]" * 33 + "}", "nested"),
        (collection({"type": "Point", "coordinates": [1, 2]}).replace("1, 2", "NaN, 2"), "finite"),
        (collection({"type": "Point", "coordinates": [1, 2]}).replace("1, 2", "1e400, 2"), "finite"),
        (collection({"type": "Point", "coordinates": [1, 2]}).replace("1, 2", "-Infinity, 2"), "finite"),
        ("", "empty"),
        ("   ", "empty"),
    ],
)
def test_json_that_hurts_is_refused_before_it_is_parsed(tmp_path: Path, content: str, message: str) -> None:
    with pytest.raises(BadInput, match=message):
        inspect(written(tmp_path, "x.geojson", content))


@pytest.mark.parametrize(
    "content", ["{", '{"type":"FeatureCollection"}', '{"type":"Topology"}', "{}", '{"a":1}]']
)
def test_what_is_no_geojson_is_refused(tmp_path: Path, content: str) -> None:
    path = written(tmp_path, "x.geojson", content)
    with pytest.raises(BadInput):
        read_file(path, inspect(path))


def test_brackets_within_texts_are_no_nesting(tmp_path: Path) -> None:
    brackets = "[{" * 1000 + r"\"[[[NaN 1e999"
    content = collection({"type": "Point", "coordinates": [1, 2]}).replace("甲", brackets)
    assert inspect(written(tmp_path, "x.geojson", content)) == "geojson"


@pytest.mark.parametrize("end", ["", '"}', "\\"])
def test_a_text_of_nothing_but_escaped_quotes_is_read_once(tmp_path: Path, end: str) -> None:
    """With one step for each pair of quotes this test would not come to its end."""
    assert inspect(written(tmp_path, "x.geojson", '{"a":"' + '\\"' * 500_000 + end)) == "geojson"


@pytest.mark.parametrize("content", ["x" * 8, '\\"' * 4, '"",' * 3])
def test_a_long_file_is_looked_at_piece_by_piece(tmp_path: Path, content: str) -> None:
    path = written(tmp_path, "x.geojson", '{"a":"' + content * 2**20 + '"}')
    tracemalloc.start()
    try:
        inspect(path)
        assert tracemalloc.get_traced_memory()[1] < 2**24
    finally:
        tracemalloc.stop()


@given(st.text(alphabet='a"\\[]{}', max_size=40), st.integers(1, 7))
def test_strings_are_left_out_wherever_a_piece_ends(text: str, size: int) -> None:
    bare, inside, escaped = "", False, False
    for letter in text:
        if not inside and letter != '"':
            bare += letter
        inside ^= letter == '"' and not escaped
        escaped = inside and letter == "\\" and not escaped
    pieces = [text[n : n + size].encode() for n in range(0, len(text), size)]
    assert b"".join(without_strings(pieces)).replace(b"\\", b"") == bare.replace("\\", "").encode()


def test_nesting_and_numbers_across_pieces_are_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(formats, "_CHUNK", 3)
    for content, message in (('{"a":' * 40, "nested"), ('{"a": -Infinity}', "finite"), ('{"a": 1}\0', "NUL")):
        with pytest.raises(BadInput, match=message):
            inspect(written(tmp_path, "x.geojson", content))


def nested(depth: int) -> Any:
    shape: Any = {"type": "Point", "coordinates": [117, 31]}
    for _ in range(depth):
        shape = {"type": "GeometryCollection", "geometries": [shape]}
    return shape


def ring(count: int) -> list[list[float]]:
    angles = np.linspace(0, 2 * np.pi, count, endpoint=False)
    points = np.column_stack([117.3 + 0.01 * np.cos(angles), 31.86 + 0.01 * np.sin(angles)]).tolist()
    return [*points, points[0]]


@pytest.mark.usefixtures("neighbourhood")
def test_geometry_that_hurts_is_refused_row_by_row(load: Import, rows: Rows, tmp_path: Path) -> None:
    started = rows("SELECT pg_postmaster_start_time()")
    star = np.random.default_rng(1).uniform((117.3, 31.86), (117.301, 31.861), (3000, 2))
    far = [[200.0, 95.0], [201.0, 95.0], [201.0, 96.0], [200.0, 95.0]]
    shapes = [
        {"type": "Polygon", "coordinates": [ring(50_001)]},
        {"type": "Polygon", "coordinates": [[[1, 2], [3]]]},
        {"type": "Polygon", "coordinates": []},
        {"type": "Polygon", "coordinates": [far]},
        {"type": "Polygon", "coordinates": [[*star.tolist(), star[0].tolist()]]},
        nested(5),
        {"type": "Weather"},
        None,
        *({"type": "Polygon", "coordinates": [ring(4 + n)]} for n in range(6)),
    ]
    report = load(written(tmp_path, "x.geojson", collection(*shapes)))
    assert report.counts["repaired"] <= 1
    refused = {one.row: one.key for one in report.findings if one.severity == "refused"}
    assert {row: refused[row] for row in (1, 3, 4, 6, 8)} == {
        1: "vertices", 3: "empty", 4: "system", 6: "type", 8: "no_shape",
    }  # fmt: skip
    assert {2, 7} <= set(refused) <= {1, 2, 3, 4, 5, 6, 7, 8}
    assert rows("SELECT pg_postmaster_start_time()") == started


def test_collections_are_never_opened_however_deep(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="nested"):
        inspect(written(tmp_path, "x.geojson", collection(nested(33))))
    assert MAX_NESTING == 32


def test_a_repair_that_hangs_or_dies_costs_one_shape(monkeypatch: pytest.MonkeyPatch) -> None:
    bowtie = shapely.Polygon([(0, 0), (1, 1), (1, 0), (0, 1)])
    really, first = reading.run_child, []

    def dies_once(work: str, folder: Path, request: dict[str, Any], *, only: str = "") -> dict[str, Any]:
        if not first:
            first.append(request)
            raise reading.ChildFailed("killed")
        return really(work, folder, request, only=only)

    monkeypatch.setattr(reading, "run_child", dies_once)
    mended = run_repairs(np.array([bowtie, bowtie], dtype=object))
    assert mended[0] is None
    assert mended[1].is_valid


def test_a_child_over_its_limits_is_a_refusal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "SECONDS", 0.01)
    with pytest.raises(BadInput, match="too long"):
        read_file(written(tmp_path, "x.csv", "a,b\n1,2\n"), "csv")


# ---------------------------------------------------------------- workbooks


def workbook(folder: Path, name: str = "x.xlsx") -> Path:
    book = openpyxl.Workbook()
    for row in (["小区编码", "小区名称"], [C1, "甲"]):
        book.worksheets[0].append(row)
    book.save(folder / name)
    return folder / name


def with_entry(path: Path, name: str, content: bytes, mode: int = 0) -> Path:
    entry = zipfile.ZipInfo(name)
    entry.external_attr = mode << 16
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as book:
        book.writestr(entry, content, zipfile.ZIP_DEFLATED)
    return path


LAUGHS = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]><x>&b;</x>'
EXTERNAL = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><x>&a;</x>'


@pytest.mark.parametrize(
    ("name", "content", "mode"),
    [
        ("xl/bomb.xml", b"0" * (64 * 2**20), 0),
        ("xl/a.xml", LAUGHS, 0),
        ("xl/a.xml", EXTERNAL, 0),
        ("xl/a.xml", LAUGHS.decode().encode("utf-16"), 0),
        ("../../evil.xml", b"x", 0),
        ("/etc/evil.xml", b"x", 0),
        ("inner.zip", b"PK", 0),
        ("link", b"/etc/passwd", 0o120777),
    ],
)
def test_zips_that_are_no_plain_workbook_are_refused(
    tmp_path: Path, name: str, content: bytes, mode: int
) -> None:
    before = set(tmp_path.parent.iterdir())
    with pytest.raises(WanggeError) as caught:
        inspect(with_entry(workbook(tmp_path), name, content, mode))
    assert caught.value.status in (413, 422)
    assert set(tmp_path.parent.iterdir()) == before


def test_a_zip_of_very_many_entries_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.xlsx"
    with zipfile.ZipFile(path, "w") as book:
        for number in range(2001):
            book.writestr(f"xl/{number}.xml", b"")
    with pytest.raises(TooLarge):
        inspect(path)


@pytest.mark.parametrize("cut", [10, 100, 1000, 4000])
def test_a_torn_workbook_is_refused(tmp_path: Path, cut: int) -> None:
    path = workbook(tmp_path)
    content = path.read_bytes()
    with pytest.raises(BadInput):
        found = inspect(written(tmp_path, "torn.xlsx", content[:cut]))
        read_file(tmp_path / "torn.xlsx", found)


def test_a_sheet_that_claims_a_million_columns_is_read_as_it_is(tmp_path: Path) -> None:
    path = workbook(tmp_path)
    with zipfile.ZipFile(path) as book:
        parts = {name: book.read(name) for name in book.namelist()}
    sheet = parts["xl/worksheets/sheet1.xml"]
    parts["xl/worksheets/sheet1.xml"] = sheet.replace(b'ref="A1:B2"', b'ref="A1:XFD1048576"')
    with zipfile.ZipFile(tmp_path / "y.xlsx", "w", zipfile.ZIP_DEFLATED) as book:
        for name, content in parts.items():
            book.writestr(name, content)
    table = read_file(tmp_path / "y.xlsx", inspect(tmp_path / "y.xlsx"))
    assert not isinstance(table, reading.Layers)
    assert table.columns == {"小区编码": [C1], "小区名称": ["甲"]}


# ---------------------------------------------------------------- GeoPackage and text


def test_a_database_that_is_no_geopackage_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.gpkg"
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE t (a)")
    database.close()
    with pytest.raises(BadInput):
        read_file(path, inspect(path))


@pytest.mark.parametrize("damage", [100, 1000, 5000, 20_000])
def test_a_damaged_geopackage_never_ends_the_server(tmp_path: Path, damage: int) -> None:
    content = bytearray(office.communities(tmp_path).read_bytes())
    content[damage : damage + 2000] = os.urandom(len(content[damage : damage + 2000]))
    path = written(tmp_path, "bad.gpkg", bytes(content))
    with suppress(BadInput, TooLarge):  # damage may also lie where nobody looks
        read_file(path, inspect(path))


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    for content in (b"\x00\x01\x02" * 100, b"a,b\n\xff\xff\xff,1", b"<html>", b"PK\x03\x04"):
        with pytest.raises(BadInput):
            path = written(tmp_path, "x.csv", content)
            read_file(path, inspect(path))


def test_the_import_of_a_hostile_file_writes_nothing(
    store: Store, everywhere: Scope, settings: Settings, tmp_path: Path
) -> None:
    with pytest.raises(BadInput):
        import_file(store, everywhere, written(tmp_path, "x.geojson", '{"a":' * 99), settings=settings)
    with store.begin(everywhere) as session:
        assert session.scalar(text("SELECT count(*) FROM change_set")) == 0
