"""The demo district: all stages in order, and its totals."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, fields
from datetime import date

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from . import names
from .branches import make_branches
from .communities import make_buildings, make_communities, make_groups, place_names, unknown_floors
from .firms import make_firms
from .ground import Ground, geodesic_area, make_ground
from .land import make_land
from .lanes import make_lanes
from .people import Estate, build, people
from .plan import SUBDISTRICTS, make_plan
from .regions import make_codes, make_grids, make_regions
from .service import FIRST, LAST, expiring, make_periods, served
from .sites import Site, make_sites
from .skeleton import ARTERIALS, make_skeleton, make_warp
from .streams import stream
from .streets import make_base_features
from .water import buildable
from .wishes import make_wishes, with_wishes

SEED = 20261101


@dataclass(frozen=True)
class District:
    """Frames with the field names of the importer; geometry in EPSG:4527 (easting, northing), metres."""

    regions: gpd.GeoDataFrame
    grids: gpd.GeoDataFrame
    communities: gpd.GeoDataFrame
    building_groups: gpd.GeoDataFrame
    buildings: gpd.GeoDataFrame
    firms: pd.DataFrame
    service_periods: pd.DataFrame
    branches: pd.DataFrame
    base_features: gpd.GeoDataFrame


def make_estates(ground: Ground, sites: list[Site], seed: int) -> list[Estate]:
    """Build on every site and let people move in."""
    rng = stream(seed, "layout")
    tree = shapely.STRtree(ground.parcel_lines)
    estates = []
    for site in sites:
        near = [ground.parcel_lines[i] for i in tree.query(site.polygon, predicate="intersects")]
        estates.append(build(site, near, rng))
    people(estates, stream(seed, "people"))
    return estates


def building_grid(buildings: gpd.GeoDataFrame, grids: list[shapely.Polygon]) -> np.ndarray:
    """Position of the grid that holds each building. Raises ValueError for a building in none or in two."""
    building, grid = shapely.STRtree(grids).query(np.asarray(buildings.geometry), predicate="within")
    if len(building) != len(buildings) or len(np.unique(building)) != len(buildings):
        raise ValueError("a building lies in no grid or in two")
    found = np.empty(len(buildings), dtype=int)
    found[building] = grid
    return found


def main_grids(buildings: gpd.GeoDataFrame, codes: np.ndarray) -> dict[str, str]:
    """Grid that holds most households of each community."""
    frame = pd.DataFrame(
        {"unit": buildings["community"], "grid": codes, "homes": buildings["households"]}
    ).dropna()
    homes = frame.groupby(["unit", "grid"])["homes"].sum().sort_values(kind="stable").reset_index()
    return dict(homes.groupby("unit")["grid"].last())


def make_district(seed: int = SEED) -> District:
    """Make the whole district; the same seed gives the same district. Raises ValueError when a seed finds no room."""
    rng = stream(seed, "skeleton")
    skeleton = make_skeleton(rng)
    warp = make_warp(rng)
    ground = make_ground(make_plan(skeleton, stream(seed, "cuts")), skeleton, warp)
    pieces = buildable(ground)
    uses, quotas = make_land(ground, pieces, stream(seed, "land"))
    sites = make_sites(ground, pieces, uses, quotas, stream(seed, "sites"))
    lanes = make_lanes(ground, sites, stream(seed, "lanes"))
    return register(ground, make_estates(ground, sites, seed), lanes, seed)


def register(ground: Ground, estates: list[Estate], lanes: list[shapely.LineString], seed: int) -> District:
    """Write what stands on the ground into the registers: codes, names, service, branches."""
    rng = stream(seed, "names")
    used = {name[:2] for name, _ in SUBDISTRICTS} | {name[:2] for name in ARTERIALS}
    bank = names.words(rng, used)
    coded = make_codes(ground, bank)
    features = make_base_features(ground, lanes, bank, rng)
    placed = place_names(estates, ground, coded, features, bank, rng)
    unknown = unknown_floors(placed, rng)
    firms = make_firms(bank[800:], stream(seed, "firms"))
    kinds = {p.code: p.estate.site.kind for p in placed if p.estate.site.kind != "stand_alone"}
    alone = [p.code for p in placed if p.estate.site.kind == "stand_alone"]
    periods = make_periods(kinds, alone, firms, stream(seed, "service"))
    survey, now = ({u for u, yes in served(periods, day).items() if yes} for day in (FIRST, LAST))
    wishes = make_wishes(periods, kinds, alone, stream(seed, "wishes"))
    buildings = make_buildings(placed, unknown)
    where = building_grid(buildings, ground.grids)
    homes = np.bincount(where, weights=buildings["households"], minlength=len(ground.grids))
    teams = stream(seed, "teams")
    grids = make_grids(ground, coded, homes, bank[900:], teams)
    communities = make_communities(placed, survey, now, unknown, rng)
    mains = main_grids(buildings, np.asarray(coded.grids)[where])
    return District(
        regions=make_regions(ground, coded),
        grids=grids,
        communities=with_wishes(communities, wishes),
        building_groups=with_wishes(make_groups(placed, unknown), wishes),
        buildings=buildings,
        firms=firms,
        service_periods=periods,
        branches=make_branches(grids, communities, mains, stream(seed, "branches")),
        base_features=features,
    )


def pool(district: District, day: date) -> dict[str, int]:
    """The pool for tender (待招标池) of a day and its parts: old and unserved, or contract ending within 90 days."""
    state = served(district.service_periods, day)
    old = set(district.communities.loc[district.communities["kind"] == "old", "code"])
    dark = {unit for unit, yes in state.items() if not yes}
    ending = expiring(district.service_periods, day)
    members = (dark & old) | ending
    return {
        "pool": len(members),
        "old_unserved": len(dark & old),
        "ending_within_90_days": len(ending),
        "unserved_communities": len(dark & set(district.communities["code"])),
        "unserved_stand_alone": len(dark - set(district.communities["code"])),
    }


def totals(district: District) -> dict[str, int | float]:
    """The totals that the district is made to have, counted from its frames."""
    alone = district.building_groups[district.building_groups["community"].isna()]
    kinds = district.communities["kind"].value_counts()
    first, last = (served(district.service_periods, day) for day in (FIRST, LAST))
    codes = set(district.communities["code"])
    outline = district.regions.loc[district.regions["level"] == "district", "geometry"].iloc[0]
    return {
        "area_km2": round(geodesic_area(outline) / 1e6, 4),
        "subdistricts": int((district.regions["level"] == "subdistrict").sum()),
        "neighbourhoods": int((district.regions["level"] == "neighbourhood").sum()),
        "residents": int(district.communities["residents"].sum() + alone["residents"].sum()),
        "households": int(district.communities["households"].sum() + alone["households"].sum()),
        "communities": len(district.communities),
        "commercial": int(kinds["commercial"]),
        "resettlement": int(kinds["resettlement"]),
        "old": int(kinds["old"]),
        "stand_alone": len(alone),
        "building_groups": len(district.building_groups),
        "buildings": len(district.buildings),
        "grids": len(district.grids),
        "dedicated_grids": int((district.grids["kind"] == "dedicated").sum()),
        "branches": len(district.branches),
        "community_branches": int((district.branches["kind"] == "community").sum()),
        "grids_with_branch": int(district.branches["grid"].nunique()),
        "firms": len(district.firms),
        "served_2023_11_01": sum(yes for unit, yes in first.items() if unit in codes),
        "served_2026_11_01": sum(yes for unit, yes in last.items() if unit in codes),
    }


def digest(district: District) -> str:
    """SHA-256 over all frames, geometry to a decimetre: tells when the district changes.

    Coarser than the data on purpose: sines differ in their last bit between processors.
    """
    total = hashlib.sha256()
    for part in fields(district):
        frame = getattr(district, part.name)
        total.update(part.name.encode())
        plain = frame.drop(columns="geometry", errors="ignore")
        total.update(plain.to_csv(index=False, lineterminator="\n").encode())
        if "geometry" in frame:
            total.update(np.round(shapely.get_coordinates(np.asarray(frame.geometry)), 1).tobytes())
    return total.hexdigest()
