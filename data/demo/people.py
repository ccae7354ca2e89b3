"""Buildings, households, residents and floor area.

Calibration of old communities, from notices of renovation plans (counts only, no geometry):

- Harbin Shuangcheng 2020, ten tender sections of one community each: 1.07-2.16 ha of floor, one of 3.9
  (hlj.sina.com.cn, 2020-07-04);
- Shandong 2022: 3,889 communities, 20,014 buildings, 671,300 households, 62.0459 M m²: 5.1 buildings, 173 households
  and 1.6 ha each, 33.5 households a building, 92 m² a household (m.360kss.com/jingyan/5610749266);
- Dezhou Decheng 2022: 67, 337, 10,797, 1.0487 M m²: 161 households and 1.57 ha each, 32 a building, 97 m²
  (www.duohuanbao.com/archives/508206);
- Jinan 2023, Lixia: 226, 1,276, 56,525, 4.0259 M m²: 250 households each, 44 a building, 71 m²; Zhangqiu: 10, 17, 536,
  39,900 m²: 74 m²; an unnamed district of 20 communities 2022: 46 buildings, 1,585 households, 136,600 m²: 34 a
  building, 86 m² (www.3dmxku.com/daquan/zonghe/6752511).

Here: 3-6 buildings, 126-250 households, 1-2 ha, 26-48 households a building, 60-80 m² a household.
Residents a household: 2.3-2.8, so that 1,050,000 people live here.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.random import Generator
from shapely import LineString, Polygon

from .layout import (
    NEW_MARGIN_M,
    OLD_MARGIN_M,
    ORDINARY_OLD,
    Box,
    Local,
    Pattern,
    footprint,
    group_shape,
    groups,
    place,
    turn,
)
from .sites import Site
from .streams import share_out

RESIDENTS = 1_050_000
PER_HOUSEHOLD = (2.3, 2.8)
MEAN_PER_HOUSEHOLD = 2.52


@dataclass
class Building:
    """One building (楼栋): `doors` is the number of homes on a floor, `home` the floor area of one in m²."""

    polygon: Polygon
    doors: int
    units: int
    home: float
    floors: int = 0
    households: int = 0
    residents: int = 0
    floor_area: float = 0.0


@dataclass
class Estate:
    """A community or a stand-alone building with what stands on it; `groups` holds (land, positions of buildings)."""

    site: Site
    land: Polygon
    buildings: list[Building]
    groups: list[tuple[shapely.Geometry, list[int]]]
    target: float  # households that the land would carry, before scaling
    ratio: float  # residents a household, before scaling
    steps: np.ndarray  # how much higher or lower than the rest each building is

    def total(self, name: str) -> float:
        """Sum of a building attribute."""
        return float(sum(getattr(b, name) for b in self.buildings))


def pattern_of(kind: str, rng: Generator) -> Pattern:
    """Draw the building type of a community."""
    if kind == "commercial":
        size = float(rng.uniform(0.92, 1.1))
        if rng.random() < 0.3:
            return Pattern((28 * size, 28 * size, 36 * size), 18.0, 34.0, 20.0)
        return Pattern((34 * size, 34 * size, 51 * size), 14.0, 34.0, 15.0)
    if kind == "resettlement":
        return Pattern((41.4, 55.2), 12.6, 26.0, 13.0)
    unit = float(rng.uniform(12.4, 14.0))
    return Pattern((unit * 3, unit * 3, unit * 4), float(rng.uniform(11.2, 12.2)), 15.0, 7.0)


def wanted_buildings(site: Site, rng: Generator) -> int:
    """How many buildings the land asks for."""
    hectares = site.polygon.area / 10_000
    if site.kind == "stand_alone":
        return 1
    if site.kind == "old":
        return int(np.clip(round(hectares * 4.6 + rng.normal(0, 0.6)), 3, 6))
    per_hectare = rng.uniform(1.5, 2.2) if site.kind == "commercial" else rng.uniform(2.0, 2.7)
    return int(np.clip(round(hectares * per_hectare), 8, 24))


def erect(kind: str, pattern: Pattern, box: Box, local: Local) -> Building:
    """The building on one slab: units (单元) by length, homes of 2 a unit and floor (4 in a tower)."""
    shape = footprint(local, box)
    if pattern.depth == 18.0:
        units, doors = 1, 4 if box.length < 33 else 6
    else:
        unit = {"commercial": 17.0, "resettlement": 13.8}.get(kind, 13.2)
        units = max(1, round(box.length / unit))
        doors = 2 * units
    usable = 0.92 if kind in ("commercial", "resettlement") else 0.88
    return Building(shape, doors, units, shape.area * usable / doors)


def lay_out(site: Site, grid_lines: list[LineString], rng: Generator) -> tuple[Local, Pattern, list[Box]]:
    """Place the slabs of one site; old ones that come out too few are laid out again in the ordinary pattern."""
    pattern, wanted = pattern_of(site.kind, rng), wanted_buildings(site, rng)
    small = site.kind in ("old", "stand_alone")
    local = turn(site.polygon, site.angle, grid_lines, OLD_MARGIN_M if small else NEW_MARGIN_M)
    boxes = place(local, pattern, wanted, rng)
    if small and len(boxes) < min(wanted, 3):
        pattern, boxes = ORDINARY_OLD, place(local, ORDINARY_OLD, wanted, rng)
    return local, pattern, boxes


def build(site: Site, grid_lines: list[LineString], rng: Generator) -> Estate:
    """Lay out one site; floors and households come later. Raises ValueError when too little fits on it."""
    local, pattern, boxes = lay_out(site, grid_lines, rng)
    if len(boxes) < {"old": 3, "stand_alone": 1}.get(site.kind, 7):
        raise ValueError(f"{site.kind} site of {site.polygon.area:.0f} m² carries {len(boxes)} buildings")
    buildings = [erect(site.kind, pattern, box, local) for box in boxes]
    parts: list[tuple[shapely.Geometry, list[int]]] = []
    if len(boxes) > 6:
        count = int(np.clip(round(len(boxes) / 4.2), 2, 6))
        parts = [(group_shape(local, part, site.polygon), part.members) for part in groups(boxes, count)]
    land = buildings[0].polygon.buffer(5, join_style="mitre") if site.kind == "stand_alone" else site.polygon
    north = np.array([b.south for b in boxes])
    rise = (north - north.mean()) / (np.ptp(north) + 1.0)
    steps = 1 + 0.3 * rise + rng.normal(0, 0.05, len(boxes))
    density = {"commercial": rng.uniform(150, 270), "resettlement": rng.uniform(190, 270)}.get(site.kind, 0.0)
    target = float(np.clip(site.polygon.area / 10_000 * density, 850, 2400))
    return Estate(site, land, buildings, parts, target, float(rng.uniform(2.4, 2.66)), steps)


def set_old_floors(estate: Estate, rng: Generator) -> None:
    """Old houses have five or six floors, and a few homes on the ground floor are shops."""
    base = int(rng.choice([5, 6, 6]))
    for building in estate.buildings:
        building.floors = base if rng.random() < 0.8 else 11 - base
        shops = int(rng.integers(0, 3)) if len(estate.buildings) > 3 else 0
        building.households = building.doors * building.floors - shops
    if estate.site.kind == "old":
        while (homes := estate.total("households")) < 126 or homes > 250:
            step = 1 if homes < 126 else -1
            building = min(estate.buildings, key=lambda b: step * b.floors)
            building.floors += step
            building.households += step * building.doors
        home = float(rng.uniform(max(61.0, 10_050 / homes), min(80.0, 19_800 / homes)))
        for building in estate.buildings:
            building.home = home


def set_high_floors(estate: Estate, factor: float) -> None:
    """Floors of new houses so that the community carries `factor` × its target, between 11 (6) and 33 (18) floors."""
    low, high = (11, 33) if estate.site.kind == "commercial" else (6, 18)
    doors = np.array([b.doors for b in estate.buildings])
    least = 1.12 * 100_000 / estate.buildings[0].home if estate.site.kind == "commercial" else 830.0
    mean = max(factor * estate.target, least) / float((doors * estate.steps).sum())
    floors = np.clip(np.round(mean * estate.steps), low, high).astype(int)
    for building, count in zip(estate.buildings, floors, strict=True):
        building.floors = int(count)
        building.households = building.doors * int(count)


def people(estates: list[Estate], rng: Generator) -> None:
    """Set floors, households, residents and floor area of every building; the residents add up to the total."""
    high = [e for e in estates if e.site.kind in ("commercial", "resettlement")]
    low = [e for e in estates if e.site.kind in ("old", "stand_alone")]
    for estate in low:
        set_old_floors(estate, rng)
    goal = RESIDENTS / MEAN_PER_HOUSEHOLD - sum(e.total("households") for e in low)
    near, far = 0.3, 3.0
    for _ in range(30):
        middle = (near + far) / 2
        for estate in high:
            set_high_floors(estate, middle)
        near, far = (middle, far) if sum(e.total("households") for e in high) < goal else (near, middle)
    buildings = [b for e in estates for b in e.buildings]
    weights = np.array([b.households * e.ratio for e in estates for b in e.buildings])
    for building, count in zip(buildings, share_out(RESIDENTS, weights), strict=True):
        building.residents = int(count)
        building.floor_area = round(building.households * building.home, 1)
