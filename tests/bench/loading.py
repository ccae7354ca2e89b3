"""Importing the buildings of a made-up city with every check, beside ogr2ogr with COPY and beside GeoPandas."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import psycopg2
import pyogrio
import shapely
from sqlalchemy import create_engine, make_url, text

from geo.ingest.importer import ImportOptions, import_file
from geo.store.engine import Scope, Store
from geo.store.prepare import prepare
from tests.bench import town
from tests.bench.ground import Ground
from tests.bench.measure import Meter, ratio, say

EVERYWHERE = Scope(actor="os:bench", areas=("",))
RUNS = 3
Cost = tuple[float, float, float]
"""CPU seconds of all, of these the database's, and wall seconds."""


def run(ground: Ground) -> None:
    """Print rows per CPU second of all, PostgreSQL included; medians of three, each into an empty database."""
    file = ground.data / "buildings.gpkg"
    count = city_file(file)
    ways: dict[str, Callable[[], Cost]] = {
        "`wangge import`: limited child, every check, codes, history, row-level security": lambda: _ours(
            ground, file
        ),
        "GeoPandas: read_file, to_crs, to_postgis, no check at all": lambda: _geopandas(ground, file),
    }
    if shutil.which("ogr2ogr"):
        ways["ogr2ogr with PG_USE_COPY, no check at all (peer)"] = lambda: _ogr2ogr(ground, file)
    costs = {name: sorted(way() for _ in range(RUNS))[RUNS // 2] for name, way in ways.items()}
    peer = list(costs.values())[-1]
    say(f"\n### Importing {count:,} buildings in Gauss–Krüger, rows per CPU second (PostgreSQL included)\n")
    say("| | rows/CPU s | CPU s | of it PostgreSQL | wall s | rate ÷ peer |")
    say("|---|---:|---:|---:|---:|---:|")
    for name, (cpu, database, wall) in costs.items():
        say(
            f"| {name} | {count / cpu:,.0f} | {cpu:.2f} | {database:.2f} | {wall:.2f} | {ratio(peer[0], cpu)} |"
        )
    if not shutil.which("ogr2ogr"):
        say("\nogr2ogr is not here (apt-get install gdal-bin); the peer is GeoPandas.")


def city_file(path: Path) -> int:
    """Write the made-up city's buildings as an office would hand them over; returns how many."""
    _, _, _, buildings = town.rows()
    shapes = shapely.from_wkb(np.array([row[-1] for row in buildings], dtype=object))
    names = ("楼栋编码", "楼栋名称", "所属楼栋群编码", "层数", "户数", "常住人口")
    frame = geopandas.GeoDataFrame(
        {name: [row[i] for row in buildings] for i, name in enumerate(names)}, geometry=shapes, crs=4490
    )
    pyogrio.write_dataframe(frame.to_crs(4548), path, layer="楼栋")
    return len(frame)


@contextmanager
def empty(ground: Ground, name: str) -> Iterator[str]:
    """A database of ours with the city's regions and building groups, and no building; gone afterwards."""
    superuser = ground.address.superuser
    admin = create_engine(ground.address.url(superuser, "postgres"), isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))
        connection.execute(text(f'CREATE DATABASE "{name}"'))
    prepare(ground.address.url(superuser, name))
    url = make_url(ground.address.url("wangge_app", name))
    bare = psycopg2.connect(
        host=url.query["host"], user=url.username, dbname=name, options="-c search_path=wangge,public"
    )
    with bare, bare.cursor() as cursor:
        _parents(cursor)
    bare.close()
    yield name
    with admin.connect() as connection:
        connection.execute(text(f'DROP DATABASE "{name}" WITH (FORCE)'))
    admin.dispose()


def _parents(cursor: Any) -> None:
    cursor.execute(
        "SELECT set_config('wangge.actor', 'os:bench', true), set_config('wangge.areas', '{\"\"}', true)"
    )
    cursor.execute(
        "INSERT INTO change_set (kind, area, subject) VALUES ('import', '99', 'bench') RETURNING id"
    )
    change = cursor.fetchone()[0]
    regions, _, groups, _ = town.rows()
    town.insert(cursor, "region", ("code", "level", "parent", "name"), regions, change)
    town.insert(cursor, "building_group", ("code", "name", "neighbourhood"), groups, change)


def _ours(ground: Ground, file: Path) -> Cost:
    with empty(ground, "bench_ours") as name:
        store = Store(ground.address.url("wangge_app", name))
        report: Any = None

        def load() -> None:
            nonlocal report
            report = import_file(store, EVERYWHERE, file, options=ImportOptions(), settings=ground.settings)

        spent = _spent(ground, load)
        store.dispose()
    if report.change_set is None or report.counts["refused"]:
        raise SystemExit(f"the city's buildings were not loaded: {report.counts}")
    return spent


def _spent(ground: Ground, work: Callable[[], object]) -> Cost:
    meter = Meter(ground.data)
    before = meter.cpu_s(), meter.database_s(), time.perf_counter()
    work()
    after = meter.cpu_s(), meter.database_s(), time.perf_counter()
    cpu, database, wall = (b - a for a, b in zip(before, after, strict=True))
    return cpu, database, wall


def _geopandas(ground: Ground, file: Path) -> Cost:
    engine = create_engine(ground.address.url(ground.address.superuser))
    spent = _spent(
        ground,
        lambda: geopandas.read_file(file).to_crs(4490).to_postgis("bench_plain", engine, if_exists="replace"),
    )
    _drop(ground)
    engine.dispose()
    return spent


def _ogr2ogr(ground: Ground, file: Path) -> Cost:
    url = make_url(ground.address.url(ground.address.superuser))
    target = f"PG:host={url.query['host']} user={url.username} dbname={url.database}"
    command: list[str | Path] = [
        "ogr2ogr", "-f", "PostgreSQL", target, file, "-nln", "bench_plain", "-nlt", "MULTIPOLYGON",
        "-t_srs", "EPSG:4490", "--config", "PG_USE_COPY", "YES", "-lco", "GEOMETRY_NAME=geom", "-overwrite",
    ]  # fmt: skip
    spent = _spent(ground, lambda: subprocess.run(command, check=True, capture_output=True))
    _drop(ground)
    return spent


def _drop(ground: Ground) -> None:
    engine = create_engine(ground.address.url(ground.address.superuser))
    with engine.begin() as connection:
        connection.execute(text("DROP TABLE bench_plain"))
    engine.dispose()
