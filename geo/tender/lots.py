"""Service lots (按服务分标): a package let as a whole, or its services apart: order, cleaning, green, convenience."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import insert
from sqlalchemy.orm import Session

from geo.store.sql import query
from geo.store.tender_tables import service_lot

Service = Literal["order", "cleaning", "green", "convenience"]
"""秩序、保洁、绿化、便民."""
SERVICES: Final[tuple[Service, ...]] = ("order", "cleaning", "green", "convenience")


class ServiceLot(BaseModel):
    """Services of a package that are let together."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(min_length=1, max_length=80)
    services: Annotated[tuple[Service, ...], Field(min_length=1, max_length=4)]


def check_lots(lots: Sequence[ServiceLot]) -> None:
    """Raise ValueError where two lots of a package have one name, or one service stands twice."""
    names = [lot.name for lot in lots]
    if len(set(names)) != len(names):
        raise ValueError("two lots of a package have one name")
    services = [service for lot in lots for service in lot.services]
    twice = next((service for service in services if services.count(service) > 1), None)
    if twice:
        raise ValueError(f"the service {twice} stands in two lots of a package")


def write_lots(db: Session, number: int, packages: Sequence[tuple[int, str, Sequence[ServiceLot]]]) -> None:
    """Write the lots of a round's packages (place, name, lots), and each unit's service under its lot.

    A package without lots is let as a whole. Raises Conflict where a live round holds one of the services already.
    """
    rows: list[dict[str, Any]] = []
    for place, name, lots in packages:
        split = lots or (ServiceLot(name=name, services=SERVICES),)
        rows += [
            {"round": number, "package": place, "number": n, "name": lot.name, "services": list(lot.services)}
            for n, lot in enumerate(split, start=1)
        ]
    if rows:
        db.execute(insert(service_lot), rows)
        db.execute(query("geo.tender", "unit_services"), {"round": number})
