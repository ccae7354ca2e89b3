"""Regions and grids as frames: codes, names, teams."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
from numpy.random import Generator

from .codes import CITY, CITY_NAME, DISTRICT, DISTRICT_NAME, numbered, subdistrict_code
from .ground import SOURCE_CRS, Ground
from .names import MARKETS, PARKS, SCHOOLS, fresh, person
from .plan import SUBDISTRICTS

DEDICATED = 84
TEAM = ("team_head", "team_enforcement", "team_police", "team_property", "team_information")


@dataclass(frozen=True)
class Coded:
    """Codes and names of neighbourhoods and grids, by position on the ground."""

    neighbourhoods: list[str]
    neighbourhood_names: list[str]
    grids: list[str]


def make_codes(ground: Ground, bank: list[str]) -> Coded:
    """Give every neighbourhood and grid its code; takes neighbourhood names off the front of `bank`."""
    number = numbered(ground.neighbourhoods, ground.neighbourhood_subdistrict)
    codes = [
        f"{subdistrict_code(int(s))[:9]}{n:03d}"
        for s, n in zip(ground.neighbourhood_subdistrict, number, strict=True)
    ]
    names = [bank.pop(0) + "社区" for _ in codes]
    owner = ground.block_neighbourhood[ground.grid_block]
    grids = [f"{codes[o]}{n:03d}" for o, n in zip(owner, numbered(ground.grids, owner), strict=True)]
    return Coded(codes, names, grids)


def make_regions(ground: Ground, coded: Coded) -> gpd.GeoDataFrame:
    """Regions of four levels; the city has no geometry. Columns code, name, level, parent, geometry (4527)."""
    rows = [
        (CITY, CITY_NAME, "city", None, None),
        (DISTRICT, DISTRICT_NAME, "district", CITY, ground.district),
    ]
    for i, polygon in enumerate(ground.subdistricts):
        rows.append((subdistrict_code(i), SUBDISTRICTS[i][0], "subdistrict", DISTRICT, polygon))
    own = zip(coded.neighbourhoods, coded.neighbourhood_names, ground.neighbourhoods, strict=True)
    rows += sorted((code, name, "neighbourhood", code[:9] + "000", polygon) for code, name, polygon in own)
    columns = list(zip(*rows, strict=True))
    return gpd.GeoDataFrame(
        dict(zip(("code", "name", "level", "parent"), columns[:4], strict=True)),
        geometry=list(columns[4]),
        crs=SOURCE_CRS,
    )


def make_grids(
    ground: Ground, coded: Coded, households: np.ndarray, bank: list[str], rng: Generator
) -> gpd.GeoDataFrame:
    """Grids with kind and team; dedicated ones (专属网格) are campuses, markets and works where nobody lives.

    `households` counts the homes in each grid, by position.
    """
    empty = np.flatnonzero(households == 0)
    dedicated = set(rng.choice(empty, min(DEDICATED, len(empty)), replace=False).tolist())
    owner = ground.block_neighbourhood[ground.grid_block]
    taken: set[str] = set()
    rows = []
    for i in sorted(range(len(coded.grids)), key=lambda g: coded.grids[g]):
        community = coded.neighbourhood_names[owner[i]]
        if i in dedicated:
            style, choices = [("校园", SCHOOLS), ("商圈", MARKETS), ("园区", PARKS)][int(rng.integers(3))]
            body = fresh(bank[i] + str(rng.choice(choices)), taken, ["二部"])
            name, responsible = f"{body}{style}网格", body
        else:
            name, responsible = f"{community}第{int(coded.grids[i][-3:])}网格", f"{community}居民委员会"
        team = [person(rng) for _ in TEAM]
        kind = "dedicated" if i in dedicated else "basic"
        rows.append([coded.grids[i], name, kind, coded.grids[i][:12], responsible, *team, ground.grids[i]])
    columns = list(zip(*rows, strict=True))
    names = ("code", "name", "kind", "neighbourhood", "responsible", *TEAM)
    return gpd.GeoDataFrame(
        dict(zip(names, columns[:-1], strict=True)), geometry=list(columns[-1]), crs=SOURCE_CRS
    )
