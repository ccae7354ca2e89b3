"""How much lies in an area (总数), for a map that is too large to hold every shape: what its legend and its list say.

Known by the same counted writes as the tiles, so an unchanged census is a 304 and a second one is not counted again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

from sqlalchemy.orm import Session

from geo.boundaries.layers import Moment
from geo.store.sql import query
from geo.tiles.drawing import DIGITS
from geo.tiles.layers import LAYERS, TileLayer
from geo.tiles.tile import Version, kept

COUNTED: Final[tuple[TileLayer, ...]] = tuple(
    LAYERS[name] for name in ("regions", "grids", "communities", "building-groups")
)
"""The layers whose writes change a census."""

RegionLevel = Literal["district", "subdistrict", "neighbourhood"]


def census(db: Session, moment: Moment, known_as: Version) -> str:
    """Return JSON: how many communities (of each service mode, three-no), groups, grids and regions the asker sees.

    `bounds` are west, south, east, north in degrees, null where there is nothing.
    """
    return _kept(db, "census", moment, known_as, {})


def regions(db: Session, level: RegionLevel, below: str, moment: Moment, known_as: Version) -> str:
    """Return JSON: the regions of a level whose codes begin with `below`, with the sums of their communities.

    `at` is a place inside the region, longitude and latitude in degrees, where its name can stand.
    """
    values = {"level": level, "below": below, "digits": DIGITS[level]}
    return _kept(db, "census-regions", moment, known_as, values)


def _kept(db: Session, name: str, moment: Moment, known_as: Version, values: Mapping[str, object]) -> str:
    statement, bound = query("geo.tiles", name), {**moment.bind(), **values}
    key = (known_as.tag, f"{name} {sorted(values.items())}")
    return kept(key, lambda: str(db.scalar(statement, bound)).encode()).decode()
