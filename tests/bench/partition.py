"""Grids proposed for 20 neighbourhoods of the demo district and for a town, beside recursive bisection and k-means.

The town (2,219 buildings, their households estimated from kind and area) is read where the folder named by
WANGGE_MAPS holds it. `--out FOLDER` of `python -m tests.bench.partition` draws a PNG of each.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import time
import warnings
from collections.abc import Iterator
from pathlib import Path

import geopandas as gpd
import numpy as np
import pyogrio
import shapely

from data.demo import make_district
from geo.suggest import Ground, Limits, ground, partition
from geo.suggest.cells import Cells, cells_of
from geo.suggest.ground import Shapes
from tests.bench.bundling_maps import COLOURS
from tests.bench.measure import machine, say
from tests.bench.partition_peers import Score, bisected, clustered, on_cells, score

TOWN = Path(os.environ.get("WANGGE_MAPS", "/nowhere")) / "osm_finland_town" / "finland_town_test.osm.pbf"
NEIGHBOURHOODS = 20
FIELDS = (
    "within",
    "spread",
    "polsby_popper",
    "reock",
    "way",
    "on_roads",
    "allowed",
    "cut",
    "pieces",
    "uncovered",
)
HEADS = (
    "within limits",
    "spread",
    "Polsby–Popper",
    "Reock",
    "way m",
    "on roads",
    "of roads there are",
    "buildings cut",
    "further pieces",
    "not covered m²",
)
"""``spread``: standard deviation of households ÷ mean."""


def demo(count: int = NEIGHBOURHOODS) -> Iterator[tuple[str, Ground]]:
    """Every sixth neighbourhood of the demo district that has people for two grids or more."""
    district = make_district()
    areas = district.regions[district.regions["level"] == "neighbourhood"]
    features, made = district.base_features, 0
    for code, area in zip(areas["code"].iloc[::6], areas.geometry.iloc[::6], strict=True):
        outline = area.geoms[0] if area.geom_type == "MultiPolygon" and len(area.geoms) == 1 else area
        near = features[features.intersects(outline)]
        road = near["kind"].isin(["arterial", "street"])
        stands = district.buildings[district.buildings.intersects(outline)]
        found = ground(
            outline,
            list(stands.geometry),
            stands["households"].to_numpy(float),
            list(near.geometry[road]),
            list(near.geometry[~road]),
        )
        if found.households.sum() >= 600 and made < count:
            made += 1
            yield str(code), found


def town() -> Ground:
    """A small town of OpenStreetMap: its drivable roads, and a household for each dwelling's usual area."""
    roads_of = (
        "residential",
        "tertiary",
        "secondary",
        "motorway",
        "motorway_link",
        "unclassified",
        "living_street",
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        meta, _, shapes, columns = pyogrio.raw.read(TOWN, layer="multipolygons")
        lines = pyogrio.read_dataframe(TOWN, layer="lines").to_crs(32635)
        areas = shapely.from_wkb(shapes, on_invalid="ignore")
    kind = columns[list(meta["fields"]).index("building")]
    there = np.array([each is not None for each in kind]) & ~shapely.is_missing(areas)
    plane = gpd.GeoSeries(shapely.make_valid(areas[there]), crs=4326).to_crs(32635)
    homes = shapely.make_valid(
        np.asarray(plane.array, dtype=object), method="structure", keep_collapsed=False
    )
    kind, usable = kind[there], shapely.area(homes) > 1
    area = shapely.area(homes)
    people = np.where(kind == "residential", np.maximum(1, np.round(area / 180)), 0.0)
    people = np.where(np.isin(kind, ["terrace", "apartments"]), np.round(area / 60), people)
    outline = shapely.concave_hull(shapely.multipoints(shapely.get_coordinates(homes)), 0.3)
    outline = shapely.simplify(shapely.buffer(outline, 30), 5)
    water = lines[lines["waterway"].notna() | lines["railway"].notna()]
    roads = lines[lines["highway"].isin(roads_of)]
    return ground(
        max(shapely.get_parts(outline), key=lambda part: part.area),
        homes[usable], people[usable], list(roads.geometry), list(water.geometry),
    )  # fmt: skip


def measured(area: Ground, cells: Cells, limits: Limits) -> tuple[dict[str, Score], float, Shapes]:
    """Ours and the peers' with as many grids, the CPU seconds of ours, and its polygons."""
    began = time.process_time()
    made = partition(area, limits)[0]
    spent = time.process_time() - began
    shapes = np.array([grid.shape for grid in made.grids], dtype=object)
    for grid in made.grids:
        if grid.reason:
            say(f"- grid {grid.number}: {grid.reason.text}")
    rivals = {"bisection": bisected(area, len(shapes)), "k-means": clustered(area, len(shapes))}
    all_shapes = {"ours": shapes}
    all_shapes |= {f"{name} on cells": on_cells(area, cells, each) for name, each in rivals.items()}
    all_shapes |= {f"{name} as drawn": each for name, each in rivals.items()}
    return {name: score(area, cells, each, limits) for name, each in all_shapes.items()}, spent, shapes


def table(title: str, scores: list[dict[str, Score]]) -> None:
    """Means over places; sums of what is cut, in pieces or uncovered."""
    say(f"\n### {title}\n")
    say("| | grids | " + " | ".join(HEADS) + " |")
    say("|---|" + "---:|" * (len(HEADS) + 1))
    for name in scores[0]:
        mine = [each[name] for each in scores]
        cells = [f"{sum(s.grids for s in mine)}"]
        for field in FIELDS:
            values = [getattr(s, field) for s in mine]
            whole = field in ("cut", "pieces", "uncovered")
            cells.append(f"{sum(values):.3g}" if whole else f"{np.mean(values):.3f}")
        say(f"| {name} | " + " | ".join(cells) + " |")


def run(out: Path | None = None) -> None:
    """Print the tables; draw the maps where a folder is given."""
    limits = Limits()
    scores, spent, drawings = [], 0.0, {}
    for name, area in demo():
        found, seconds, shapes = measured(area, cells_of(area), limits)
        scores.append(found)
        spent += seconds
        drawings[name] = area, shapes
        mine = found["ours"]
        say(
            f"{name}: {mine.grids} grids, {mine.on_roads:.0%} on roads ({mine.allowed:.0%} of those there are), {seconds:.1f} CPU s"
        )
    table(f"{len(scores)} neighbourhoods of the demo, 300–500 households, {spent:.0f} CPU s", scores)
    if TOWN.exists():
        area = town()
        for wanted in (limits, Limits(100, 300)):
            found, seconds, shapes = measured(area, cells_of(area), wanted)
            title = f"A town of {len(area.buildings)} buildings, {wanted.lower:g}–{wanted.upper:g} households"
            table(f"{title}, {seconds:.0f} CPU s", [found])
            drawings[f"town-{wanted.upper:g}"] = area, shapes
    if out is not None:
        for name, (area, shapes) in drawings.items():
            draw(out / f"{name}.png", area, shapes)


def picture(area: Ground, shapes: Shapes, wide: int = 900) -> str:
    """An SVG of grids, buildings and roads."""
    west, south, east, north = area.within.bounds
    scale = wide / (east - west)

    def path(shape: shapely.Geometry) -> str:
        lines = shapely.get_parts(shapely.boundary(shape) if shapely.get_dimensions(shape) == 2 else shape)
        dots = [(shapely.get_coordinates(line) - (west, north)) * (scale, -scale) for line in lines]
        return "".join("M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in each) for each in dots)

    one, other = shapely.STRtree(shapes).query(shapes, predicate="dwithin", distance=1)
    colour: list[int] = []
    for number in range(len(shapes)):
        taken = {colour[b] for a, b in zip(one, other, strict=True) if a == number and b < number}
        colour.append(next(c for c in range(len(COLOURS) + 1) if c not in taken) % len(COLOURS))
    parts = [
        f'<path d="{path(s)}" fill="{COLOURS[c]}" fill-rule="evenodd" stroke="#222" stroke-width="2"/>'
        for s, c in zip(shapes, colour, strict=True)
    ]
    parts += [f'<path d="{path(b)}" fill="#555"/>' for b in area.buildings]
    inside = shapely.intersection(area.guides, area.within)
    parts += [f'<path d="{path(r)}" fill="none" stroke="#c00"/>' for r in inside if not r.is_empty]
    high = (north - south) * scale
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{wide}" height="{high:.0f}">{"".join(parts)}</svg>'
    )


def draw(path: Path, area: Ground, shapes: Shapes) -> None:
    """A PNG by Chromium."""
    from playwright.sync_api import sync_playwright

    from tests.browser.conftest import FLAGS

    with sync_playwright() as playwright:
        chromium = shutil.which("chromium") or shutil.which("chromium-browser")
        browser = playwright.chromium.launch(executable_path=chromium, args=list(FLAGS))
        page = browser.new_page(viewport={"width": 920, "height": 700})
        page.set_content(f'<body style="margin:8px">{picture(area, shapes)}')
        page.screenshot(path=str(path), full_page=True)
        browser.close()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, metavar="FOLDER", help="draw a PNG of each place there")
    args = parser.parse_args()
    say(machine())
    run(args.out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
