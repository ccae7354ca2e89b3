"""Reading a round (查看批次): as it stands with what it allows, its steps, its gate, its money, its units."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import shapely
from sqlalchemy import select
from sqlalchemy.orm import Session

from geo.errors import NotFound
from geo.store.sql import query
from geo.store.tender_tables import package, tender_round
from geo.tender import funds, gate, rounds, steps
from geo.tender.contents import RoundUnit, units
from geo.tender.funds import planned_start
from geo.tender.gate.checks import remedies
from geo.tender.settings import bidding_of
from geo.tender.terms import Terms

_UNSHOWN = ("wkb", "lon", "lat")


def shown(db: Session, number: int, today: date) -> dict[str, Any]:
    """Return one round with its packages and the steps that its state allows; raises NotFound."""
    found = rounds.view(db, number, today)
    return {**found, "allowed": steps.allowed(found["state"])}


def history(db: Session, number: int) -> list[dict[str, Any]]:
    """Return every step of a round, oldest first."""
    rounds.view(db, number)
    told: list[dict[str, Any]] = db.execute(
        query("geo.tender", "round_history"), {"round": number}
    ).scalar_one()
    return told


def gate_report(db: Session, number: int, today: date, *, ending_days: int) -> dict[str, Any]:
    """Return what the gate finds on the business date."""
    return gate.look(db, _head(db, number), today, ending_days=ending_days).as_json()


def money(db: Session, number: int, today: date) -> dict[str, Any]:
    """Return the money of a round, with figures as of the day of its data."""
    row = _head(db, number)
    terms = Terms.model_validate(row.terms)
    start = planned_start(terms, today, bidding_of(db, row.area).least_days)
    names = {
        each.number: each.name
        for each in db.execute(
            select(package.c.number, package.c.name)
            .where(package.c.round == number)
            .order_by(package.c.number)
        )
    }
    found = gate.money_of(names, units(db, number), terms, start)
    told = funds.as_json(found)
    for plain, each in zip(told["packages"], found.packages, strict=True):
        if each.short is not None:
            plain["short"]["zh"], plain["short"]["en"] = remedies(each.short[1])
    return told


def unit_features(db: Session, number: int) -> dict[str, Any]:
    """Return the units of a round as a GeoJSON FeatureCollection."""
    rounds.view(db, number)
    return {"type": "FeatureCollection", "features": [_feature(each) for each in units(db, number)]}


def _feature(unit: RoundUnit) -> dict[str, Any]:
    shape = None if unit.wkb is None else json.loads(shapely.to_geojson(shapely.from_wkb(unit.wkb)))
    told = {name: getattr(unit, name) for name in unit.__slots__ if name not in _UNSHOWN}
    return {"type": "Feature", "id": unit.code, "geometry": shape, "properties": told}


def _head(db: Session, number: int) -> Any:
    columns = (tender_round.c.id, tender_round.c.area, tender_round.c.rules, tender_round.c.terms)
    row = db.execute(select(*columns).where(tender_round.c.id == number)).first()
    if row is None:
        raise NotFound(f"no round {number} in your area")
    return row
