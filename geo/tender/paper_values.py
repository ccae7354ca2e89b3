"""What the papers of a round say (招标文件的内容), as plain values: nothing here knows where they were read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from shapely.geometry.base import BaseGeometry

from geo.tender.rules import BundleRules
from geo.tender.terms import Terms


@dataclass(frozen=True, slots=True)
class Placed:
    """A service unit with its footprint in the plane system; None is unknown.

    `fee` and `rate`: its own, else what the terms assume.
    """

    code: str
    name: str
    kind: str
    subdistrict: str
    households: int | None
    residents: int | None
    floor_area: Decimal | None
    fee: Decimal | None
    rate: Decimal | None
    shape: BaseGeometry


@dataclass(frozen=True, slots=True)
class Beside:
    """A road, river, railway or border in the plane system."""

    kind: str
    name: str
    shape: BaseGeometry


@dataclass(frozen=True, slots=True)
class Paperwork:
    """What the papers of a round say. `start`: first day of the contracts; `epsg`: the plane system of all shapes."""

    name: str
    area_name: str
    state: str
    as_of: date
    start: date
    terms: Terms
    rules: BundleRules
    days: tuple[tuple[str, date], ...]
    """Days that were fixed so far: published, bids_until, opened, awarded."""
    packages: tuple[tuple[str, str, tuple[Placed, ...]], ...]
    """Code, name and units of each package that holds something."""
    around: tuple[Beside, ...]
    epsg: int
