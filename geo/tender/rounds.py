"""Tender rounds (招标批次): packages as somebody saved them, with the version that the next save starts from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, field_validator
from sqlalchemy import Row, delete, func, insert, select, update
from sqlalchemy.orm import Session

from geo.errors import BadInput, Conflict, NotFound, Stale
from geo.store.sql import query
from geo.store.tender_tables import package, package_unit, round_change, tender_round
from geo.tender.bundles import members_of, weigh_on
from geo.tender.ground import kept
from geo.tender.lots import ServiceLot, check_lots, write_lots
from geo.tender.rules import BundleRules
from geo.tender.survey import Ground, survey
from geo.tender.terms import Fen, Terms

_HEAD = (
    tender_round.c.id, tender_round.c.area, tender_round.c.state, tender_round.c.version, tender_round.c.as_of,
)  # fmt: skip


class Lot(BaseModel):
    """One package as it is saved: a name, and the service units in it."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=80)
    units: list[str] = Field(min_length=1, max_length=500)
    hub: str | None = None
    lots: tuple[ServiceLot, ...] = Field((), max_length=4)
    """The services let apart; none: the package is let as a whole."""
    ceiling_fen: Fen | None = None
    """The highest price that counts (最高限价)."""

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
    terms: Terms = Terms()

    @field_validator("packages")
    @classmethod
    def _names_differ(cls, lots: list[Lot]) -> list[Lot]:
        names = [lot.name for lot in lots]
        if len(set(names)) != len(names):
            raise ValueError("two packages have one name")
        return lots

    def plan(self) -> dict[str, list[str]]:
        """Return name → units."""
        return {lot.name: lot.units for lot in self.packages}


def all_rounds(db: Session) -> list[dict[str, Any]]:
    """Return every round of the area, newest first."""
    found: list[dict[str, Any]] = db.execute(query("geo.tender", "round_list")).scalar_one()
    return found


def view(db: Session, number: int, today: date | None = None) -> dict[str, Any]:
    """Return one round with its packages and their figures; raises NotFound.

    `today`: the business date, which says whether a contracted package is served by now.
    """
    values = {"round": number, "today": today}
    found = db.execute(query("geo.tender", "round_view"), values).scalar_one_or_none()
    if found is None:
        raise NotFound(f"no round {number} in your area")
    return dict(found)


def changes_since(db: Session, number: int, version: int) -> dict[str, Any]:
    """Return what happened to a round after a version: saves, edits, steps, with who and when."""
    found = db.execute(query("geo.tender", "round_changes"), {"round": number, "since": version}).scalar()
    if found is None:
        raise NotFound(f"no round {number} in your area")
    return dict(found)


def held(db: Session, number: int, version: int | None, *columns: Any) -> Row[Any]:
    """Lock a round for a write and return its head, and further columns.

    Raises NotFound, or Stale with the other version and what changed since, when somebody was first.
    """
    mine = select(*_HEAD, *columns).where(tender_round.c.id == number).with_for_update()
    row = db.execute(mine).first()
    if row is None:
        raise NotFound(f"no round {number} in your area")
    if version is not None and row.version != version:
        told = {"current": view(db, number), "changes": changes_since(db, number, version)["changes"]}
        raise Stale("somebody saved this round first", extra=told)
    return row


def held_draft(db: Session, number: int, version: int, *columns: Any) -> Row[Any]:
    """The same for a draft. Raises Conflict for a round that is none any more."""
    row = held(db, number, version, *columns)
    if row.state != "draft":
        raise Conflict("only a draft is changed", extra={"state": row.state})
    return row


def save_new(db: Session, draft: Draft, as_of: date, *, ending_days: int, relet_of: int | None = None) -> int:
    """Save packages as a new round and return its number. Broken rules are saved with it, not hidden."""
    ground, weighed = _weighed(db, draft, as_of, ending_days)
    values = {
        **_content(draft, ground, weighed),
        "area": draft.rules.area,
        "as_of": as_of,
        "relet_of": relet_of,
    }
    row = insert(tender_round).values(values)
    number = int(db.execute(row.returning(tender_round.c.id)).scalar_one())
    _write_packages(db, number, draft, weighed)
    note_change(db, number, 1, "save", {"moves": _moves({}, draft.plan())})
    return number


def save(db: Session, number: int, draft: Draft, version: int, actor: str, *, ending_days: int) -> int:
    """Save a draft again and return its new version; raises Stale (with the other version) when somebody was first."""
    row = held_draft(db, number, version)
    if row.area != draft.rules.area:
        raise BadInput("a round stays in its area", field="rules.area")
    ground, weighed = _weighed(db, draft, row.as_of, ending_days)
    before = assignment(db, number)
    db.execute(delete(package).where(package.c.round == number))
    _write_packages(db, number, draft, weighed)
    raise_version(db, number, version, actor, **_content(draft, ground, weighed))
    note_change(db, number, version + 1, "save", {"moves": _moves(before, draft.plan())})
    return version + 1


def copy(db: Session, number: int, name: str, as_of: date, *, ending_days: int) -> int:
    """Save a round's packages, rules and terms under another name as a new draft; returns its number."""
    return save_new(db, draft_of(view(db, number), name), as_of, ending_days=ending_days)


def draft_of(seen: Mapping[str, Any], name: str, numbers: Sequence[int] | None = None) -> Draft:
    """Return what a round (as `view` shows it) would be saved as; `numbers`: only these packages."""
    wanted = [
        each
        for each in seen["packages"]
        if each["members"] and (numbers is None or each["number"] in numbers)
    ]
    lots = [
        Lot(
            name=each["name"],
            units=each["members"],
            hub=each["hub"],
            lots=tuple(ServiceLot.model_validate(lot) for lot in each["lots"] or ()),
            ceiling_fen=each["ceiling_fen"],
        )
        for each in wanted
    ]
    rules = BundleRules.model_validate(seen["rules"])
    return Draft(name=name, rules=rules, packages=lots, terms=Terms.model_validate(seen["terms"]))


def discard(db: Session, number: int, version: int) -> None:
    """Throw a draft round away; raises NotFound, Stale, or Conflict for what is no draft."""
    held_draft(db, number, version)
    db.execute(delete(tender_round).where(tender_round.c.id == number))


def assignment(db: Session, number: int) -> dict[str, str]:
    """Return unit → name of the package that it is in."""
    rows = db.execute(
        select(package_unit.c.unit, package.c.name)
        .join(
            package, (package.c.round == package_unit.c.round) & (package.c.number == package_unit.c.package)
        )
        .where(package_unit.c.round == number)
    )
    return {row.unit: row.name for row in rows}


def raise_version(db: Session, number: int, version: int, actor: str, **values: Any) -> int:
    """Write into a round that is held, and return its new version."""
    told = {"version": version + 1, "changed_at": func.now(), "changed_by": actor}
    db.execute(update(tender_round).where(tender_round.c.id == number).values(**told, **values))
    return version + 1


def note_change(db: Session, number: int, version: int, kind: str, what: Mapping[str, Any]) -> None:
    """Keep what made a version, so that who works on the round as well sees it."""
    db.execute(insert(round_change).values(round=number, version=version, kind=kind, what=dict(what)))


def _weighed(db: Session, draft: Draft, as_of: date, ending_days: int) -> tuple[Ground, dict[str, Any]]:
    members = members_of(draft.plan())
    ground = survey(db, draft.rules, as_of, ending_days, also=members, with_modes=False)
    return ground, weigh_on(ground, draft.rules, draft.plan(), as_of)


def _content(draft: Draft, ground: Ground, weighed: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "name": draft.name,
        "rules": draft.rules.model_dump(mode="json"),
        "terms": draft.terms.model_dump(mode="json"),
        "outcome": {"violations": weighed["violations"]},
        "ground": kept(ground),
    }


def _moves(before: Mapping[str, str], plan: Mapping[str, Sequence[str]]) -> list[dict[str, str | None]]:
    after = {unit: name for name, units in plan.items() for unit in units}
    changed = [unit for unit in sorted({*before, *after}) if before.get(unit) != after.get(unit)]
    return [{"unit": unit, "from": before.get(unit), "to": after.get(unit)} for unit in changed]


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
            "ceiling_fen": lot.ceiling_fen,
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
