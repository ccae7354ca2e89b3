"""What a round lets (标包内容): its units with every figure, for the gate, the money and the papers alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from geo.store.sql import query
from geo.tender.schedule import UnitMoney, exact
from geo.tender.terms import Terms


@dataclass(frozen=True, slots=True)
class RoundUnit:
    """A service unit in a package of a round, as it is on a day; figures are None where unknown.

    `lon`, `lat`: a point on it in degrees; `wkb`: its footprint in EPSG:4490; `next_start`: the first day of a service
    that begins later; `taken_by`: another live round that holds one of its services.
    """

    package: int
    package_name: str
    code: str
    unit_kind: str
    name: str | None
    kind: str | None
    neighbourhood: str | None
    subdistrict: str
    subdistrict_name: str | None
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
    served: bool | None
    mode: str | None
    firm: str | None
    service_end: date | None
    next_start: date | None
    taken_by: int | None
    taken_name: str | None
    lon: float | None
    lat: float | None
    wkb: bytes | None

    def money(self, terms: Terms) -> UnitMoney:
        """Return its figures as the schedule takes them, the terms' assumptions where its own are unknown."""
        fee, rate = exact(self.fee), exact(self.collection_rate)
        return UnitMoney(
            self.code,
            exact(self.floor_area),
            self.households,
            fee if fee is not None else terms.assumed_fee,
            rate if rate is not None else terms.assumed_rate,
        )

    @property
    def is_succeeded(self) -> bool:
        """Whether another service is known to follow the present one without a gap."""
        return self.next_start is not None and self.next_start == self.service_end

    @property
    def place(self) -> tuple[float, float] | None:
        """A point on it, lon and lat."""
        return None if self.lon is None or self.lat is None else (self.lon, self.lat)


def units(db: Session, number: int, day: date | None = None) -> Sequence[RoundUnit]:
    """Return the units of a round by package and code, as on a day (None: the day of its data)."""
    rows = db.execute(query("geo.tender", "round_units"), {"round": number, "day": day}).mappings()
    return [_unit(dict(row)) for row in rows]


def _unit(row: dict[str, Any]) -> RoundUnit:
    wkb = row.pop("wkb")
    return RoundUnit(**row, wkb=None if wkb is None else bytes(wkb))


def by_package(found: Sequence[RoundUnit]) -> dict[int, list[RoundUnit]]:
    """Return package number → its units."""
    packages: dict[int, list[RoundUnit]] = {}
    for unit in found:
        packages.setdefault(unit.package, []).append(unit)
    return packages
