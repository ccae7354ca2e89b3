"""Tender rounds (招标批次): packages as somebody saved them, with the version that the next save starts from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, field_validator
from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.orm import Session

from geo.errors import BadInput, NotFound, Stale
from geo.store.sql import query
from geo.store.tables import package, package_unit, tender_round
from geo.tender.bundles import weigh
from geo.tender.lots import ServiceLot, check_lots, write_lots
from geo.tender.rules import BundleRules


class Lot(BaseModel):
    """One package as it is saved: a name, and the service units in it."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=80)
    units: list[str] = Field(min_length=1, max_length=500)
    hub: str | None = None
    lots: tuple[ServiceLot, ...] = Field((), max_length=4)
    """The services let apart; none: the package is let as a whole."""

    @field_validator("lots")
    @classmethod
    def _each_service_once(cls, lots: tuple[ServiceLot, ...]) -> tuple[ServiceLot, ...]:
        check_lots(lots)
        return lots


class Draft(BaseModel):
    """A round as it is saved."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=80)
    rules: BundleRules
    packages: list[Lot] = Field(max_length=500)

    @field_validator("packages")
    @classmethod
    def _names_differ(cls, lots: list[Lot]) -> list[Lot]:
        names = [lot.name for lot in lots]
        if len(set(names)) != len(names):
            raise ValueError("two packages have one name")
        return lots


def all_rounds(db: Session) -> list[dict[str, Any]]:
    """Return every round of the area, newest first."""
    found: list[dict[str, Any]] = db.execute(query("geo.tender", "round_list")).scalar_one()
    return found


def view(db: Session, number: int) -> dict[str, Any]:
    """Return one round with its packages and their figures; raises NotFound."""
    found = db.execute(query("geo.tender", "round_view"), {"round": number}).scalar_one_or_none()
    if found is None:
        raise NotFound(f"no round {number} in your area")
    return dict(found)


def save_new(db: Session, draft: Draft, as_of: date, *, ending_days: int) -> int:
    """Save packages as a new round and return its number. Broken rules are saved with it, not hidden."""
    weighed = _weighed(db, draft, as_of, ending_days)
    row = insert(tender_round).values(
        area=draft.rules.area,
        name=draft.name,
        as_of=as_of,
        rules=draft.rules.model_dump(mode="json"),
        outcome={"violations": weighed["violations"]},
    )
    number = int(db.execute(row.returning(tender_round.c.id)).scalar_one())
    _write_packages(db, number, draft, weighed)
    return number


def save(db: Session, number: int, draft: Draft, version: int, actor: str, *, ending_days: int) -> int:
    """Save a round again and return its new version; raises Stale (with the other version) when somebody was first."""
    row = db.execute(select(tender_round).where(tender_round.c.id == number).with_for_update()).first()
    if row is None:
        raise NotFound(f"no round {number} in your area")
    if row.version != version:
        raise Stale("somebody saved this round first", extra={"current": view(db, number)})
    if row.area != draft.rules.area:
        raise BadInput("a round stays in its area", field="rules.area")
    weighed = _weighed(db, draft, row.as_of, ending_days)
    db.execute(delete(package).where(package.c.round == number))
    _write_packages(db, number, draft, weighed)
    db.execute(
        update(tender_round)
        .where(tender_round.c.id == number)
        .values(
            name=draft.name,
            version=version + 1,
            rules=draft.rules.model_dump(mode="json"),
            outcome={"violations": weighed["violations"]},
            changed_at=func.now(),
            changed_by=actor,
        )
    )
    return version + 1


def discard(db: Session, number: int, version: int) -> None:
    """Throw a draft round away; raises NotFound or Stale."""
    mine = delete(tender_round).where(tender_round.c.id == number, tender_round.c.version == version)
    if db.execute(mine.returning(tender_round.c.id)).first() is None:
        raise Stale("somebody saved this round first", extra={"current": view(db, number)})


def _weighed(db: Session, draft: Draft, as_of: date, ending_days: int) -> dict[str, Any]:
    plan: Mapping[str, Sequence[str]] = {lot.name: lot.units for lot in draft.packages}
    return weigh(db, draft.rules, plan, as_of, ending_days=ending_days)


def _write_packages(db: Session, number: int, draft: Draft, weighed: Mapping[str, Any]) -> None:
    lots = list(zip(draft.packages, weighed["packages"], strict=True))
    if not lots:
        return
    rows = [
        {
            "round": number,
            "number": place,
            "name": lot.name,
            "hub": lot.hub if lot.hub in lot.units else found["hub"],
        }
        for place, (lot, found) in enumerate(lots, start=1)
    ]
    db.execute(insert(package), rows)
    members = [
        {"round": number, "unit_kind": unit["unit_kind"], "unit": unit["code"], "package": place}
        for place, (_, found) in enumerate(lots, start=1)
        for unit in found["units"]
    ]
    db.execute(insert(package_unit), members)
    write_lots(db, number, [(place, lot.name, lot.lots) for place, (lot, _) in enumerate(lots, start=1)])
