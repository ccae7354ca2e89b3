"""A million points to grids and communities: in memory by a tree of points, and from file to file."""

from __future__ import annotations

import tempfile
import time
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq
import shapely

from geo.boundaries.layers import Moment
from geo.coverage.mass import Mosaic
from geo.coverage.mass_layers import mosaics
from geo.coverage.mass_run import MassOptions, assign_file
from geo.store.engine import Scope
from tests.bench.ground import Ground
from tests.bench.measure import Meter, ratio, say

COUNT = 1_000_000
LAYERS = ("grid", "community")
EVERYWHERE = Scope(actor="os:bench", areas=("",))
NOW = Moment(date(2026, 11, 1))
RUNS = 3


def run(ground: Ground) -> None:
    """Print CPU seconds beside `STRtree(points).query(polygons, "contains")` of the same points; medians of three."""
    began = time.process_time()
    indexes = mosaics(ground.store, EVERYWHERE, NOW, LAYERS)
    built = time.process_time() - began
    x, y = _points(indexes["grid"])
    points = shapely.points(x, y)
    peers = [_peer(points, indexes) for _ in range(RUNS)]
    ours = [_ours(indexes, x, y) for _ in range(RUNS)]
    peer = sorted(spent for spent, _ in peers)[RUNS // 2]
    memory = sorted(spent for spent, _ in ours)[RUNS // 2]
    same = all(np.array_equal(mine, other) for mine, other in zip(ours[0][1], peers[0][1], strict=True))
    say(f"\n### {COUNT:,} points to {' and '.join(f'{len(m.codes)} {n}' for n, m in indexes.items())}\n")
    say("| | CPU s | ÷ peer |")
    say("|---|---:|---:|")
    rows = {
        "in memory (index kept)": memory,
        "building the index from the store": built,
        **_files(ground, x, y),
    }
    for name, spent in rows.items():
        say(f"| {name} | {spent:.2f} | {ratio(spent, peer)} |")
    say(f'| `STRtree(points).query(polygons, "contains")`, points made before (peer) | {peer:.2f} | 1.00 |')
    say(f"\nResults {'identical' if same else 'DIFFERENT'}; on a border the smaller code, listed as such.")
    if not same:
        raise SystemExit("the answers differ from the peer's")


def _points(grids: Mosaic) -> tuple[np.ndarray, np.ndarray]:
    west, south, east, north = shapely.total_bounds(grids.shapes)
    rng = np.random.default_rng(1)
    return rng.uniform(west, east, COUNT), rng.uniform(south, north, COUNT)


def _peer(points: np.ndarray, indexes: dict[str, Mosaic]) -> tuple[float, list[np.ndarray]]:
    began = time.process_time()
    tree = shapely.STRtree(points)
    pairs = [tree.query(mosaic.shapes, "contains") for mosaic in indexes.values()]
    spent = time.process_time() - began
    answers = []
    for area, point in pairs:
        owner = np.full(len(points), -1)
        owner[point[::-1]] = area[::-1]  # of several the first, which has the smallest code
        answers.append(owner)
    return spent, answers


def _ours(indexes: dict[str, Mosaic], x: np.ndarray, y: np.ndarray) -> tuple[float, list[np.ndarray]]:
    began = time.process_time()
    found = [mosaic.locate(x, y) for mosaic in indexes.values()]
    spent = time.process_time() - began
    return spent, [np.where(one.on_border, -1, one.owner) for one in found]


def _files(ground: Ground, x: np.ndarray, y: np.ndarray) -> dict[str, float]:
    """File to file, the child and the database included; the index is there, as in a service."""
    spent = {}
    with tempfile.TemporaryDirectory(prefix="wangge-points-") as name:
        folder = Path(name)
        table = pa.table({"id": np.arange(COUNT), "lon": np.round(x, 7), "lat": np.round(y, 7)})
        pacsv.write_csv(table, folder / "csv")
        pq.write_table(table, folder / "parquet")
        meter = Meter(ground.data)
        for format_ in ("csv", "parquet"):
            samples = []
            for _ in range(RUNS):
                began = meter.cpu_s()
                options = MassOptions(LAYERS, format=format_)
                assign_file(ground.store, EVERYWHERE, NOW, folder / format_, folder / "out", options)
                samples.append(meter.cpu_s() - began)
            spent[f"file to file, {format_}"] = sorted(samples)[RUNS // 2]
    return spent
