"""Communities, building groups and buildings as frames: codes, names, registers; what is unknown stays unknown."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
from numpy.random import Generator

from .codes import DISTRICT_NAME, numbered
from .ground import SOURCE_CRS, Ground
from .names import aliases, community_name, fresh
from .people import Building, Estate
from .regions import Coded
from .streets import addresses

UNKNOWN_FLOOR_AREA = 6
YEARS = {"commercial": (2001, 2022), "resettlement": (2005, 2019), "old": (1978, 2001)}
ALIVE = ("code", "name", "address")


@dataclass(frozen=True)
class Placed:
    """An estate with its code, name and address; `neighbourhood` is a code."""

    estate: Estate
    code: str
    name: str
    aliases: list[str]
    neighbourhood: str
    address: str


def place_names(
    estates: list[Estate],
    ground: Ground,
    coded: Coded,
    features: gpd.GeoDataFrame,
    bank: list[str],
    rng: Generator,
) -> list[Placed]:
    """Code and name every estate; names are unique within a sub-district. Sorted by code."""
    home = ground.block_neighbourhood[np.array([e.site.block for e in estates])]
    alone = np.array([e.site.kind == "stand_alone" for e in estates])
    number = numbered([e.land for e in estates], home * 2 + alone)
    street, house = addresses(features, [e.land for e in estates])
    taken: dict[str, set[str]] = {}
    placed = []
    for i, estate in enumerate(estates):
        neighbourhood = coded.neighbourhoods[home[i]]
        names = taken.setdefault(neighbourhood[:9], set())
        if alone[i]:
            name, others = fresh(f"{street[i]}{house[i]}号楼", names, ["甲", "乙", "丙"]), []
        else:
            base = community_name(estate.site.kind, bank[i], street[i], house[i], rng)
            name = fresh(base, names, ["东区", "西区", "二期", *bank[-9:]])
            others = aliases(estate.site.kind, name, street[i], house[i], rng)
        code = f"{neighbourhood}{'S' if alone[i] else 'C'}{number[i]:03d}"
        address = f"{DISTRICT_NAME}{street[i]}{house[i]}号"
        placed.append(Placed(estate, code, name, others, neighbourhood, address))
    return sorted(placed, key=lambda p: p.code)


def totals(buildings: list[Building], known: bool) -> dict[str, object]:
    """Sums over buildings; the floor area only when it is known."""
    area = round(sum(b.floor_area for b in buildings), 1) if known else None
    return {
        "building_count": len(buildings),
        "households": sum(b.households for b in buildings),
        "residents": sum(b.residents for b in buildings),
        "floor_area": area,
    }


def unknown_floors(placed: list[Placed], rng: Generator) -> set[str]:
    """Codes of the communities whose floor area nobody knows: five old, one resettlement."""
    old = [p.code for p in placed if p.estate.site.kind == "old"]
    resettlement = [p.code for p in placed if p.estate.site.kind == "resettlement"]
    chosen = [old[i] for i in rng.choice(len(old), UNKNOWN_FLOOR_AREA - 1, replace=False)]
    return {*chosen, resettlement[int(rng.integers(len(resettlement)))]}


def register_flags(kind: str, served_at_survey: bool, rng: Generator) -> dict[str, object]:
    """The three 三无 flags as the register of 2023-11-01 has them; None where the survey left the cell empty."""
    if kind != "old":
        return {"no_managing_unit": False, "no_property_service": not served_at_survey, "no_security": False}
    return {
        "no_managing_unit": None if rng.random() < 0.03 else bool(rng.random() < 0.86),
        "no_property_service": not served_at_survey,
        "no_security": None
        if rng.random() < 0.04
        else bool(rng.random() < (0.35 if served_at_survey else 0.93)),
    }


def money(kind: str, served_now: bool, rng: Generator) -> dict[str, object]:
    """Fee (yuan/m² and month) and share collected; unknown where nobody serves and so nobody charges."""
    if not served_now:
        return {"fee": None, "collection_rate": None}
    low, high = {"commercial": (1.2, 2.8), "resettlement": (0.5, 1.0)}.get(kind, (0.2, 0.6))
    rate = {"commercial": (0.78, 0.97), "resettlement": (0.6, 0.88)}.get(kind, (0.42, 0.85))
    return {
        "fee": round(float(rng.uniform(low, high)), 2),
        "collection_rate": round(float(rng.uniform(*rate)), 3),
    }


def make_communities(
    placed: list[Placed], survey: set[str], now: set[str], unknown: set[str], rng: Generator
) -> gpd.GeoDataFrame:
    """Communities (小区); `survey` and `now` are the codes served at the first and the last date."""
    rows = []
    for p in placed:
        kind = p.estate.site.kind
        if kind == "stand_alone":
            continue
        year = int(rng.integers(*YEARS[kind]))
        rows.append(
            {
                "code": p.code,
                "name": p.name,
                "aliases": "、".join(p.aliases) or None,
                "neighbourhood": p.neighbourhood,
                "address": p.address,
                "kind": kind,
                "built_year": year,
                **totals(p.estate.buildings, p.code not in unknown),
                **register_flags(kind, p.code in survey, rng),
                **money(kind, p.code in now, rng),
                "geometry": p.estate.land,
            }
        )
    return gpd.GeoDataFrame(rows, geometry="geometry", crs=SOURCE_CRS)


def make_groups(placed: list[Placed], unknown: set[str]) -> gpd.GeoDataFrame:
    """Building groups (楼栋群) of large communities, and stand-alone buildings (单体楼), which belong to none."""
    rows = []
    for p in placed:
        parts = p.estate.groups or ([(p.estate.land, [0])] if p.estate.site.kind == "stand_alone" else [])
        for n, (land, members) in enumerate(parts, 1):
            alone = p.estate.site.kind == "stand_alone"
            rows.append(
                {
                    "code": p.code if alone else f"{p.code}{n:02d}",
                    "name": p.name if alone else f"{p.name}{'一二三四五六'[n - 1]}组团",
                    "community": None if alone else p.code,
                    "neighbourhood": p.neighbourhood,
                    "address": p.address,
                    **totals([p.estate.buildings[i] for i in members], p.code not in unknown),
                    "geometry": land,
                }
            )
    return gpd.GeoDataFrame(rows, geometry="geometry", crs=SOURCE_CRS)


def make_buildings(placed: list[Placed], unknown: set[str]) -> gpd.GeoDataFrame:
    """Buildings (楼栋) with the code of their group, or of their community and 00 when it has no groups."""
    rows = []
    for p in placed:
        alone = p.estate.site.kind == "stand_alone"
        group = {i: f"{p.code}{n:02d}" for n, (_, members) in enumerate(p.estate.groups, 1) for i in members}
        serial: dict[str, int] = {}
        for i, b in enumerate(p.estate.buildings):
            own = p.code if alone else group.get(i)
            stem = own or f"{p.code}00"
            serial[stem] = serial.get(stem, 0) + 1
            rows.append(
                {
                    "code": f"{stem}{serial[stem]:03d}",
                    "name": p.name if alone else f"{i + 1}号楼",
                    "group": own,
                    "community": None if alone else p.code,
                    "floors": b.floors,
                    "units": b.units,
                    "households": b.households,
                    "residents": b.residents,
                    "floor_area": b.floor_area if p.code not in unknown else None,
                    "geometry": b.polygon,
                }
            )
    return gpd.GeoDataFrame(rows, geometry="geometry", crs=SOURCE_CRS).sort_values("code", ignore_index=True)
