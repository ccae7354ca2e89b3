"""What a pool (待招标池) is made of: units that may be let, as the database knows them."""

from __future__ import annotations

from dataclasses import dataclass

import shapely


@dataclass(frozen=True, slots=True)
class Candidate:
    """A service unit that may be let. `shape` in a plane CRS in metres; figures are None where unknown."""

    code: str
    kind: str
    name: str
    subdistrict: str
    households: int | None
    residents: int | None
    floor_area: float | None
    fee: float | None
    collection_rate: float | None
    built_year: int | None
    building_count: int | None
    willing: bool | None
    anchor: bool | None
    vote: str | None
    reason: str
    taken: bool
    shape: shapely.Geometry
