"""Real maps bundled and drawn: would a tender officer sign these packages?

Leeds (299 census areas, neighbours as given), Taipei (11,490 statistical zones within 12 districts), Wuhan (974
communities on both banks of two rivers) where their files lie in the folder named by WANGGE_MAPS, and the pool of
the demo district. One PNG each (SVG in Chromium), and figures of shape: how far members lie from the hub, how long a
package is for its width, how much of its hull it fills. `python -m tests.bench.bundling_maps --out FOLDER`
"""

from __future__ import annotations

import argparse
import ast
import os
import shutil
import sys
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely
from playwright.sync_api import sync_playwright

from data.demo import make_district
from data.demo.service import expiring, served
from geo.bundling import Activity, Infeasible, Link, Problem, Rules, Solution, Unit, neighbours, solve
from geo.bundling.graph import touching
from tests.bench.measure import machine, say
from tests.browser.conftest import FLAGS

GIVEN = Path(os.environ.get("WANGGE_MAPS", "/nowhere"))
COLOURS = (
    "#8dd3c7",
    "#fdb462",
    "#bebada",
    "#fb8072",
    "#80b1d3",
    "#b3de69",
    "#fccde5",
    "#ffed6f",
    "#bc80bd",
    "#ccebc5",
)
INK, LEFT_OUT, WATER = "#222", "#e8e8e8", "#2b7bba"
WIDE = 1500


@dataclass
class Place:
    """A map to bundle: ``frame`` in metres with id and geometry, in the order of the problem's units."""

    name: str
    frame: gpd.GeoDataFrame
    problem: Problem
    water: list[shapely.Geometry] = field(default_factory=list)


def leeds() -> Place:
    """Census areas with the neighbours that come with them; ten a package, population within ±10 %."""
    frame = gpd.read_file(GIVEN / "uk_msoa_leeds" / "Leeds.geojson").to_crs(27700)
    frame["id"] = frame["ID"].astype(str)
    pairs = {
        tuple(sorted((int(row.ID), int(other))))
        for row in frame.itertuples()
        for other in _listed(row.LIST_ADJACENT)
    }
    links = [Link(str(a), str(b)) for a, b in sorted(pairs)]
    return _place("Leeds", frame, frame["POPULATION"].to_numpy(float), links, 30)


def _listed(value: object) -> Sequence[int]:
    return ast.literal_eval(value) if isinstance(value, str) else [int(each) for each in value]  # type: ignore[attr-defined, no-any-return]  # as the reader gave it


def taipei() -> Place:
    """Statistical zones, each counted once; twenty a package within ±15 %, never across a district's border."""
    frame = gpd.read_file(GIVEN / "tw_taipei_nested_zones" / "taipei_stat_zones.gpkg", layer="codebase")
    frame = (
        frame.set_geometry(shapely.force_2d(frame.geometry.array))
        .set_crs(4326, allow_override=True)
        .to_crs(3826)
    )
    frame["id"] = frame["CODEBASE"].astype(str)
    frame = frame.drop_duplicates("id").reset_index(drop=True)
    frame = frame.set_geometry(shapely.make_valid(frame.geometry.array))
    ones = np.ones(len(frame))
    return _place("Taipei", frame, ones, touching(frame), None, (17.0, 23.0), frame["TOWN_NAME"].to_list())


def wuhan() -> Place:
    """Communities on both banks of the Yangtze and the Han; ten a package, population within ±10 %."""
    frame = gpd.read_file(GIVEN / "cn_wuhan_communities" / "wuhan_communities.gpkg")
    frame["id"] = [str(number) for number in range(len(frame))]
    frame = frame.set_geometry(shapely.make_valid(frame.geometry.array))
    return _place(
        "Wuhan", frame, frame["Avg_Pop"].to_numpy(float), neighbours(frame, 60), None, (40_000.0, 65_000.0)
    )


def demo_pool() -> Place:
    """The demo's pool for tender: 300 m between neighbours, not across rivers and the railway."""
    district, day = make_district(), date(2026, 11, 1)
    state = served(district.service_periods, day)
    communities, groups = district.communities, district.building_groups
    old = set(communities.loc[communities["kind"] == "old", "code"])
    alone = groups[groups["community"].isna()]
    dark = {unit for unit, yes in state.items() if not yes}
    wanted = (dark & (old | set(alone["code"]))) | expiring(district.service_periods, day)
    both = [part[["code", "households", "neighbourhood", "geometry"]] for part in (communities, alone)]
    frame = gpd.GeoDataFrame(gpd.pd.concat(both, ignore_index=True), crs=communities.crs)
    frame = frame[frame["code"].isin(wanted) & frame["households"].notna()].reset_index(drop=True)
    frame["id"] = frame["code"]
    water = district.base_features[district.base_features["kind"].isin(["river", "railway"])]
    links = neighbours(frame, 300, water, with_cut=True)
    loads = frame["households"].to_numpy(float)
    areas = [code[:9] for code in frame["neighbourhood"]]
    return _place("Demo", frame, loads, links, None, (300.0, 1500.0), areas, list(water.geometry))


PLACES: dict[str, Callable[[], Place]] = {"leeds": leeds, "taipei": taipei, "wuhan": wuhan, "demo": demo_pool}


def _place(
    name: str,
    frame: gpd.GeoDataFrame,
    loads: np.ndarray,
    links: Sequence[Link],
    packages: int | None,
    bounds: tuple[float, float] | None = None,
    within: Sequence[str] | None = None,
    water: Sequence[shapely.Geometry] = (),
) -> Place:
    inside = shapely.point_on_surface(frame.geometry.array)
    units = tuple(
        Unit(unit, float(point.x), float(point.y), {"load": float(load)}, within[number] if within else None)
        for number, (unit, point, load) in enumerate(zip(frame["id"], inside, loads, strict=True))
    )
    mean = float(loads.sum()) / (packages or 1)
    low, high = bounds or (0.9 * mean, 1.1 * mean)
    rules = Rules((Activity("load", low, high),), packages=packages, within=within is not None)
    return Place(name, frame, Problem(units, tuple(links), rules), list(water))


def shapes(place: Place, answer: Solution) -> str:
    """Figures of shape over all packages, in one line."""
    index = {unit.id: number for number, unit in enumerate(place.problem.units)}
    solid, long, reach = [], [], []
    for package in answer.packages:
        rows = [index[name] for name in package.members]
        points = np.array([(place.problem.units[row].x, place.problem.units[row].y) for row in rows])
        hub = place.problem.units[index[package.hub]]
        reach.append(float(np.hypot(points[:, 0] - hub.x, points[:, 1] - hub.y).max()))
        whole = shapely.union_all(place.frame.geometry.array[rows])
        hull = shapely.convex_hull(whole)
        solid.append(float(shapely.area(whole) / shapely.area(hull)))
        corners = shapely.get_coordinates(shapely.oriented_envelope(hull))
        sides = sorted(np.hypot(*(corners[1:3] - corners[:2]).T))
        long.append(float(sides[1] / max(sides[0], 1.0)))
    return (
        f"farthest member median {np.median(reach):,.0f} m, worst {max(reach):,.0f} m; "
        f"length to width median {np.median(long):.2f}, worst twentieth over {np.quantile(long, 0.95):.2f}; "
        f"share of its hull filled: median {100 * np.median(solid):.0f} %, worst twentieth under {100 * np.quantile(solid, 0.05):.0f} %"
    )


def draw(place: Place, answer: Solution, target: Path) -> None:
    """One PNG: packages in colours that differ from their neighbours', thick borders, hubs, water, left out grey."""
    placed = answer.labels()
    colour = _colours(place, placed)
    shapes_ = shapely.simplify(place.frame.geometry.array, _width(place) / 4000)
    left, low, right, high = place.frame.total_bounds
    scale = WIDE / (right - left)

    def path(shape: shapely.Geometry) -> str:
        rings = []
        for part in shapely.get_parts(shape):
            for ring in (part.exterior, *part.interiors) if part.geom_type == "Polygon" else (part,):
                steps = [f"{(x - left) * scale:.1f},{(high - y) * scale:.1f}" for x, y in ring.coords]
                rings.append("M" + "L".join(steps) + ("Z" if part.geom_type == "Polygon" else ""))
        return "".join(rings)

    ids = place.frame["id"].to_list()
    parts = [
        f'<path d="{path(shape)}" fill="{colour.get(placed[unit], LEFT_OUT)}" stroke="#777" stroke-width="0.3"/>'
        for unit, shape in zip(ids, shapes_, strict=True)
    ]
    owner = np.array([placed[unit] or "" for unit in ids])
    for package in answer.packages:
        whole = shapely.union_all(shapely.buffer(shapes_[owner == package.id], 1.0))
        parts.append(f'<path d="{path(whole)}" fill="none" stroke="{INK}" stroke-width="1.4"/>')
    parts += [
        f'<path d="{path(line)}" fill="none" stroke="{WATER}" stroke-width="3"/>' for line in place.water
    ]
    where = {unit.id: (unit.x, unit.y) for unit in place.problem.units}
    for package in answer.packages:
        hub = where[package.hub]
        spokes = "".join(
            f"M{(hub[0] - left) * scale:.1f},{(high - hub[1]) * scale:.1f}"
            f"L{(where[unit][0] - left) * scale:.1f},{(high - where[unit][1]) * scale:.1f}"
            for unit in package.members
        )
        parts.append(f'<path d="{spokes}" stroke="{INK}" stroke-width="0.5" fill="none"/>')
    tall = round((high - low) * scale)
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDE}" height="{tall}">{"".join(parts)}</svg>'
    _photograph(f'<body style="margin:0;background:#fff">{svg}</body>', (WIDE, tall), target)


def _width(place: Place) -> float:
    left, _, right, _ = place.frame.total_bounds
    return float(right - left)


def _colours(place: Place, placed: dict[str, str | None]) -> dict[str | None, str]:
    """Colours one after the other, each the first that no neighbouring package has."""
    beside: dict[str, set[str]] = {}
    for link in place.problem.links:
        a, b = placed[link.a], placed[link.b]
        if a is not None and b is not None and a != b:
            beside.setdefault(a, set()).add(b)
            beside.setdefault(b, set()).add(a)
    found: dict[str | None, str] = {}
    for number, package in enumerate(sorted({each for each in placed.values() if each is not None})):
        taken = {found.get(other) for other in beside.get(package, ())}
        turned = [COLOURS[(number + step) % len(COLOURS)] for step in range(len(COLOURS))]
        found[package] = next((each for each in turned if each not in taken), turned[0])
    return found


def _photograph(html: str, size: tuple[int, int], target: Path) -> None:
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=list(FLAGS))
        page = browser.new_page(viewport={"width": size[0], "height": size[1]})
        page.set_content(html)
        page.screenshot(path=str(target))
        browser.close()


def run(names: Sequence[str] = tuple(PLACES), out: Path | None = None, effort: float = 1.0) -> None:
    """Bundle and describe each place; draw it where a folder is given."""
    say("\n### Real maps\n")
    for name in names:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # what readers say of the files is not measured here
                place = PLACES[name]()
        except Exception as missing:
            if name == "demo" or GIVEN.is_dir():
                raise
            say(
                f"{name}: skipped, its file is not here ({type(missing).__name__}); WANGGE_MAPS names the folder"
            )
            continue
        wall, cpu = time.perf_counter(), time.process_time()
        answer = solve(place.problem, effort=effort)
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        if isinstance(answer, Infeasible):
            say(f"{place.name}: no plan: {answer.conflict[0].text}")
            continue
        gap = "no gap" if answer.gap is None else f"gap {100 * answer.gap:.1f} %"
        say(
            f"{place.name}: {len(place.problem.units):,} units, {len(answer.packages):,} packages, "
            f"{len(answer.left_out)} left out, {gap}, {cpu:.1f} CPU s, {wall:.1f} s; {shapes(place, answer)}"
        )
        if out is not None:
            out.mkdir(parents=True, exist_ok=True)
            draw(place, answer, out / f"{name}.png")


def main(words: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", default=list(PLACES))
    parser.add_argument("--out", type=Path)
    parser.add_argument("--effort", type=float, default=1.0)
    args = parser.parse_args(words)
    say(machine())
    run(args.names, args.out, args.effort)
    return 0


if __name__ == "__main__":
    sys.exit(main())
