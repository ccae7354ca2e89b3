"""Random sequences of edits on real and made cells: how many, what was refused, what broke (nothing may), what it costs.

`WANGGE_MAPS` names the folder with the real sets; without it only made cells are edited.
"""

from __future__ import annotations

import os
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely
from shapely import MultiPolygon

from data.demo import make_district
from geo.boundaries.tessellation import Tessellation, tessellate
from tests.bench.edits import Editor, sequence, voronoi, window
from tests.bench.measure import say

GIVEN = Path(os.environ.get("WANGGE_MAPS", "/nowhere"))
LENGTH = 20
WINDOW = 300
MADE = "made cells"


@dataclass(frozen=True, slots=True)
class Set:
    """Real cells: file, layer, and which share of the sequences runs on them."""

    path: str
    layer: str
    share: float


SETS = {
    "Taipei zones": Set("tw_taipei_nested_zones/taipei_stat_zones.gpkg", "codebase", 0.4),
    "Beijing streets": Set("cn_beijing_331_streets_pop/beijing_streets_pop.gpkg", "street", 0.05),
}


DEMO, DEMO_SHARE = "demo grids", 0.15


def demo_grids() -> Tessellation:
    """The grids of the demo district."""
    grids = make_district().grids
    return tessellate({f"g{i}": shape for i, shape in enumerate(grids.geometry)})


def read_set(folder: Path, name: str) -> Tessellation:
    """A real set as a tessellation."""
    one = SETS[name]
    shapes = shapely.force_2d(gpd.read_file(folder / one.path, layer=one.layer).geometry.to_numpy())
    return tessellate({f"z{i}": shape for i, shape in enumerate(shapes)})


@dataclass
class Tally:
    """What came of the sequences of one set."""

    sequences: int = 0
    edits: int = 0
    cpu_s: float = 0.0
    tried: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)

    def add(self, start: Tessellation, seed: int) -> None:
        editor = Editor(np.random.default_rng(seed))
        begun = time.process_time()
        made, faults = sequence(start, editor, LENGTH)
        self.cpu_s += time.process_time() - begun
        self.sequences += 1
        self.edits += made
        self.tried += editor.tried
        self.refused += editor.refused
        self.faults += [f"seed {seed}: {fault}" for fault in faults]
        if faults:
            say(f"{self.faults[-len(faults) :]}")


def run(count: int, whole: int, first: int = 0) -> None:
    """Run `count` sequences on windows and `whole` on whole sets, from a seed on, and print a table of each."""
    sets = {name: read_set(GIVEN, name) for name, one in SETS.items() if (GIVEN / one.path).exists()}
    shares = {name: SETS[name].share for name in sets} | {DEMO: DEMO_SHARE}
    sets[DEMO] = demo_grids()
    shares[MADE] = 1 - sum(shares.values())
    tallies = {}
    for name, share in shares.items():
        tally = tallies[f"{name}, windows of at most {WINDOW} cells"] = Tally()
        for seed in range(first, first + round(count * share)):
            tally.add(_window(sets.get(name), seed), seed)
    for name, cells in sets.items():
        tally = tallies[f"{name}, all {len(cells.cells)}"] = Tally()
        for seed in range(first, first + round(whole / len(sets))):
            tally.add(cells, seed)
    _show(tallies)


def _window(cells: Tessellation | None, seed: int) -> Tessellation:
    rng = np.random.default_rng(seed)
    if cells is None:
        # near the origin, and where a Gauss–Krüger zone of Hefei lies, eight digits from it
        origin = (0.0, 0.0) if seed % 2 else (39528390.99, 3526367.7)
        cells = voronoi(seed, int(rng.integers(30, 60)), origin=origin)
        if seed % 3 == 0:  # as the store keeps cells
            cells = tessellate({code: MultiPolygon([cell]) for code, cell in cells.cells.items()})
    return window(cells, rng, WINDOW)


def _show(tallies: dict[str, Tally]) -> None:
    say("\n### Random sequences of 20 edits: all invariants after every edit, and exact undo\n")
    say("| cells | sequences | edits | refused | broken | CPU ms an edit with its checks |")
    say("|---|---:|---:|---:|---:|---:|")
    for name, tally in tallies.items():
        each = 1000 * tally.cpu_s / max(tally.edits, 1)
        refused = sum(tally.refused.values())
        say(f"| {name} | {tally.sequences} | {tally.edits} | {refused} | {len(tally.faults)} | {each:.0f} |")
    for name, tally in tallies.items():
        for fault in tally.faults[:10]:
            say(f"\n{name}: {fault}")
    tried, refused = Counter[str](), Counter[str]()
    for tally in tallies.values():
        tried += tally.tried
        refused += tally.refused
    parts = (f"{kind} {tried[kind] - refused[kind]} of {tried[kind]}" for kind in sorted(tried))
    say(f"\nTaken of those tried: {', '.join(parts)}.")
