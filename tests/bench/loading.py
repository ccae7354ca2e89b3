"""Importing the demo's buildings with every check, against a plain write of the same file."""

from __future__ import annotations

import time
from pathlib import Path

import geopandas
from sqlalchemy import create_engine, text

from geo.ingest.importer import ImportOptions, import_file
from geo.store.engine import Scope, Store
from geo.store.prepare import prepare
from tests.bench.ground import Ground
from tests.bench.measure import Meter, ratio, say

EVERYWHERE = Scope(actor="os:bench", areas=("",))
BEFORE = ("01", "02", "03", "04")
RUNS = 3


def run(ground: Ground) -> None:
    """Print rows per CPU second of both, PostgreSQL included; medians of three, each into an empty database."""
    files = sorted((ground.data / "demo-files").glob("*.gpkg"))
    buildings = next(path for path in files if path.name.startswith("05"))
    before = [path for path in files if path.name[:2] in BEFORE]
    count = len(geopandas.read_file(buildings))
    ours = sorted(_ours(ground, before, buildings, number) for number in range(RUNS))[RUNS // 2]
    peer = sorted(_plain(ground, buildings) for _ in range(RUNS))[RUNS // 2]
    say(f"\n### Importing {count} buildings, rows per CPU second (PostgreSQL included)\n")
    say("| | rows/CPU s | wall s | CPU time ÷ peer |")
    say("|---|---:|---:|---:|")
    for name, (cpu, wall) in {
        "`wangge import`: limited child, row checks, codes, history, row-level security": ours,
        "GeoPandas: read_file, to_crs, to_postgis, no check at all (peer)": peer,
    }.items():
        say(f"| {name} | {count / cpu:,.0f} | {wall:.2f} | {ratio(cpu, peer[0])} |")


def _ours(ground: Ground, before: list[Path], buildings: Path, number: int) -> tuple[float, float]:
    name = f"bench_{number}"
    admin = create_engine(
        ground.address.url(ground.address.superuser, "postgres"), isolation_level="AUTOCOMMIT"
    )
    with admin.connect() as connection:
        connection.execute(text(f'CREATE DATABASE "{name}"'))
    prepare(ground.address.url(ground.address.superuser, name))
    store = Store(ground.address.url("wangge_app", name))
    for path in before:
        import_file(store, EVERYWHERE, path, options=ImportOptions(), settings=ground.settings)
    meter = Meter(ground.data)
    cpu, wall = meter.cpu_s(), time.perf_counter()
    report = import_file(store, EVERYWHERE, buildings, options=ImportOptions(), settings=ground.settings)
    spent = meter.cpu_s() - cpu, time.perf_counter() - wall
    store.dispose()
    with admin.connect() as connection:
        connection.execute(text(f'DROP DATABASE "{name}" WITH (FORCE)'))
    admin.dispose()
    if report.change_set is None or report.counts["refused"]:
        raise SystemExit(f"the demo's buildings were not loaded: {report.counts}")
    return spent


def _plain(ground: Ground, buildings: Path) -> tuple[float, float]:
    engine = create_engine(ground.address.url(ground.address.superuser))
    meter = Meter(ground.data)
    cpu, wall = meter.cpu_s(), time.perf_counter()
    frame = geopandas.read_file(buildings).to_crs(4490)
    frame.to_postgis("bench_plain", engine, if_exists="replace")
    spent = meter.cpu_s() - cpu, time.perf_counter() - wall
    with engine.begin() as connection:
        connection.execute(text("DROP TABLE bench_plain"))
    engine.dispose()
    return spent
