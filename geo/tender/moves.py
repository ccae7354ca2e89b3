"""Live editing of a draft (现场调整): units moved between packages, answered at once from the ground that was kept.

Each edit is a version of the round, on record with who and what, so that two officers see each other's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, field_validator
from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.orm import Session

from geo.errors import BadInput
from geo.store.sql import query
from geo.store.tender_tables import package, package_unit, service_lot, tender_round
from geo.tender import rounds
from geo.tender.bundles import packages_of, violations_of
from geo.tender.ground import found_again
from geo.tender.lots import SERVICES, ServiceLot, check_lots
from geo.tender.rules import BundleRules, Code
from geo.tender.terms import Fen

Name = Annotated[str, Field(min_length=1, max_length=80)]


class Move(BaseModel):
    """A unit and the package (its name) that it goes to; None: out of all."""

    model_config = ConfigDict(extra="forbid")

    unit: Code
    to: Name | None


class Kept(BaseModel):
    """What a package is beside its name and its units: what a package that is made again had before."""

    model_config = ConfigDict(extra="forbid")

    number: int | None = Field(None, ge=1, le=10_000)
    """Its place in the round, where that is free; else it comes last."""
    hub: Code | None = None
    ceiling_fen: Fen | None = None
    lots: tuple[ServiceLot, ...] = Field((), max_length=4)

    @field_validator("lots")
    @classmethod
    def _each_service_once(cls, lots: tuple[ServiceLot, ...]) -> tuple[ServiceLot, ...]:
        check_lots(lots)
        return lots


class Edit(BaseModel):
    """What an officer changes at once. A package whose name is new is made."""

    model_config = ConfigDict(extra="forbid")

    moves: list[Move] = Field(default_factory=list, max_length=2000)
    renames: dict[Name, Name] = Field(default_factory=dict, max_length=500)
    locks: dict[Code, Name | None] = Field(default_factory=dict, max_length=2000)
    """Unit → the package it must stay in; None: it is free again."""
    drop: list[Name] = Field(default_factory=list, max_length=500)
    """Empty packages to be taken out."""
    made: dict[Name, Kept] = Field(default_factory=dict, max_length=500)
    """Packages to be made, also empty ones, with what they had before."""
    hubs: dict[Name, Code] = Field(default_factory=dict, max_length=500)
    """The hub that a package (its name after the edit) had before; it counts while it is a member."""


def edit(db: Session, number: int, version: int, actor: str, body: Edit) -> dict[str, Any]:
    """Change a draft and return the figures of what was touched, every broken rule, and the edit that undoes it.

    Raises Stale (with the other version and what changed since), Conflict for what is no draft, BadInput for a unit
    outside the pool or a package that is not there.
    """
    row = rounds.held_draft(db, number, version, tender_round.c.rules, tender_round.c.ground)
    old_rules = BundleRules.model_validate(row.rules)
    rules = _locked(old_rules, body)
    ground = found_again(row.ground or {"units": [], "links": [], "unweighed": {}}, rules)
    lots, kept = _lots(db, number), _kept(db, number)
    was, before = dict(lots), rounds.assignment(db, number)
    strangers = [move.unit for move in body.moves if move.unit not in ground.candidates]
    if strangers:
        raise BadInput(
            f"{strangers[0]} is not in the pool of this round; add it to the rules first",
            field="moves", extra={"units": strangers},
        )  # fmt: skip
    after, touched = _moved(before, body, lots)
    _write(db, number, body, lots, {each.unit: (before.get(each.unit), after.get(each.unit)) for each in body.moves},
           {code: each.kind for code, each in ground.candidates.items()})  # fmt: skip
    plan = _plan(lots, after)
    shown = {name: plan[name] for name in sorted(touched) if name in plan}
    told = packages_of(ground, rules, shown, _hubs(body, shown, lots, kept, _by_number(before, was)))
    violations = violations_of(ground, plan)
    _write_hubs(db, number, lots, told)
    fresh = rounds.raise_version(
        db, number, version, actor, rules=rules.model_dump(mode="json"), outcome={"violations": violations}
    )
    undo = _undo(before, body, was, kept)
    undo["locks"] = _locks_back(old_rules.locks, rules.locks, undo["renames"])
    what = {
        "moves": [{"unit": code, "from": before.get(code), "to": after.get(code)} for code in _units(body)]
    }
    rounds.note_change(
        db,
        number,
        fresh,
        "edit",
        {
            **what,
            "renames": body.renames,
            "locks": dict(body.locks),
            "drop": body.drop,
            "made": sorted(body.made),
        },
    )
    return {
        "version": fresh,
        "packages": [
            {**each, "id": f"P{lots[each['id']]:02d}", "number": lots[each["id"]], "name": each["id"],
             "violations": [one for one in violations if one["package"] == each["id"]]}
            for each in told
        ],
        "dropped": body.drop, "violations": violations, "left_out": len(ground.candidates) - len(after), "undo": undo,
    }  # fmt: skip


def _units(body: Edit) -> list[str]:
    return list(dict.fromkeys(move.unit for move in body.moves))


def _locked(rules: BundleRules, body: Edit) -> BundleRules:
    """The rules with other locks; a package that is renamed stays locked."""
    merged = {code: body.renames.get(name, name) for code, name in rules.locks.items()} | body.locks
    return rules.model_copy(
        update={"locks": {code: name for code, name in sorted(merged.items()) if name is not None}}
    )


def _locks_back(
    before: Mapping[str, str], after: Mapping[str, str], back: Mapping[str, str]
) -> dict[str, str | None]:
    """The locks that an undo must say beside its renames."""
    codes = sorted({*before, *after})
    now = {code: back.get(after.get(code, ""), after.get(code)) for code in codes}
    return {code: before.get(code) for code in codes if now[code] != before.get(code)}


def _lots(db: Session, number: int) -> dict[str, int]:
    """Name → number of each package."""
    rows = db.execute(select(package.c.name, package.c.number).where(package.c.round == number))
    return {row.name: row.number for row in rows}


def _kept(db: Session, number: int) -> dict[int, dict[str, Any]]:
    """Number of each package → what it is beside its name and its units, as an edit takes it."""
    mine = select(service_lot).where(service_lot.c.round == number).order_by(service_lot.c.number)
    lots: dict[int, list[dict[str, Any]]] = {}
    for row in db.execute(mine):
        lots.setdefault(row.package, []).append({"name": row.name, "services": row.services})
    columns = (package.c.number, package.c.hub, package.c.ceiling_fen)
    rows = db.execute(select(*columns).where(package.c.round == number))
    return {row.number: {**row._asdict(), "lots": lots.get(row.number, [])} for row in rows}


def _moved(before: Mapping[str, str], body: Edit, lots: dict[str, int]) -> tuple[dict[str, str], set[str]]:
    """Unit → package after the edit, and the packages that it touches. New packages get a number; `lots` follows."""
    after, touched = dict(before), {*body.made}
    for name, known in body.made.items():
        _make(lots, name, known.number)
    for move in body.moves:
        touched |= {name for name in (after.get(move.unit), move.to) if name}
        if move.to is None:
            after.pop(move.unit, None)
        else:
            if move.to not in lots:
                _make(lots, move.to, None)
            after[move.unit] = move.to
    renames = _renames(body.renames, lots)
    for name in body.drop:
        if name not in lots or name in after.values():
            raise BadInput(f"{name} is no empty package", field="drop")
    fresh = {renames.get(name, name): place for name, place in lots.items() if name not in body.drop}
    if not set(body.drop).isdisjoint(renames.values()):
        raise BadInput("take a package out before another gets its name", field="renames")
    if len(fresh) != len(lots) - len(set(body.drop)):
        raise BadInput("two packages would have one name", field="renames")
    lots.clear()
    lots.update(fresh)
    touched = {renames.get(name, name) for name in touched - set(body.drop)} | {*renames.values(), *body.hubs}
    return {unit: renames.get(name, name) for unit, name in after.items()}, touched


def _make(lots: dict[str, int], name: str, number: int | None) -> None:
    """Give a new package its number: the one it had, or the next. Raises BadInput for a name that is taken."""
    if name in lots:
        raise BadInput(f"there is a package {name} already", field="made")
    free = number is not None and number not in lots.values()
    lots[name] = number if free and number is not None else max(lots.values(), default=0) + 1


def _renames(renames: Mapping[str, str], lots: Mapping[str, int]) -> Mapping[str, str]:
    unknown = next((name for name in renames if name not in lots), None)
    if unknown is not None:
        raise BadInput(f"no package {unknown} in this round", field="renames")
    return renames


def _plan(lots: Mapping[str, int], after: Mapping[str, str]) -> dict[str, list[str]]:
    plan: dict[str, list[str]] = {name: [] for name in sorted(lots, key=lambda each: lots[each])}
    for unit in sorted(after):
        plan[after[unit]].append(unit)
    return plan


def _write(
    db: Session, number: int, body: Edit, lots: Mapping[str, int], moved: Mapping[str, tuple[str | None, str | None]],
    kinds: Mapping[str, str],
) -> None:  # fmt: skip
    """Bring the tables to what the edit says: packages first, then the units that moved with their services."""
    known = {row.number: row.name for row in db.execute(_numbers(number))}
    _write_packages(
        db, number, lots, known, {body.renames.get(name, name): each for name, each in body.made.items()}
    )
    gone = list(moved)
    if gone:
        db.execute(delete(package_unit).where(package_unit.c.round == number, package_unit.c.unit.in_(gone)))
    placed = [
        {"round": number, "unit_kind": kinds[unit], "unit": unit, "package": lots[name]}
        for unit, (_, name) in moved.items()
        if name is not None
    ]
    if placed:
        db.execute(insert(package_unit), placed)
        units = [each["unit"] for each in placed]
        db.execute(query("geo.tender", "moved_services"), {"round": number, "units": units})
    stale = [place for place in known if place not in lots.values()]
    if stale:
        db.execute(delete(package).where(package.c.round == number, package.c.number.in_(stale)))


def _numbers(number: int) -> Any:
    return select(package.c.number, package.c.name).where(package.c.round == number)


def _write_packages(
    db: Session, number: int, lots: Mapping[str, int], known: Mapping[int, str], made: Mapping[str, Kept]
) -> None:
    fresh = [(place, name, made.get(name, Kept())) for name, place in lots.items() if place not in known]
    if fresh:
        db.execute(
            insert(package),
            [
                {
                    "round": number,
                    "number": place,
                    "name": name,
                    "hub": each.hub,
                    "ceiling_fen": each.ceiling_fen,
                }
                for place, name, each in fresh
            ],
        )
        db.execute(insert(service_lot), [row for one in fresh for row in _lot_rows(number, *one)])
    for name, place in lots.items():
        if place in known and known[place] != name:
            mine = update(package).where(package.c.round == number, package.c.number == place)
            db.execute(mine.values(name=name))


def _lot_rows(number: int, place: int, name: str, kept: Kept) -> list[dict[str, Any]]:
    """The services of a package: as it had them, else let as a whole."""
    split = kept.lots or (ServiceLot(name=name, services=SERVICES),)
    return [
        {"round": number, "package": place, "number": n, "name": lot.name, "services": list(lot.services)}
        for n, lot in enumerate(split, start=1)
    ]


def _by_number(assigned: Mapping[str, str], lots: Mapping[str, int]) -> dict[int, set[str]]:
    """Number of each package → its units."""
    found: dict[int, set[str]] = {}
    for unit, name in assigned.items():
        found.setdefault(lots[name], set()).add(unit)
    return found


def _hubs(
    body: Edit,
    shown: Mapping[str, Sequence[str]],
    lots: Mapping[str, int],
    kept: Mapping[int, Mapping[str, Any]],
    before: Mapping[int, set[str]],
) -> dict[str, str]:
    """Hubs that stand: of packages whose units are the same, and those that the edit names and that are members."""
    same = {
        name: kept[lots[name]]["hub"]
        for name, units in shown.items()
        if lots[name] in kept and before.get(lots[name], set()) == set(units)
    }
    said = {name: hub for name, hub in body.hubs.items() if hub in shown.get(name, ())}
    return {name: hub for name, hub in {**same, **said}.items() if hub is not None}


def _write_hubs(db: Session, number: int, lots: Mapping[str, int], told: Iterable[Mapping[str, Any]]) -> None:
    for each in told:
        mine = update(package).where(package.c.round == number, package.c.number == lots[each["id"]])
        db.execute(
            mine.where(func.coalesce(package.c.hub, "") != (each["hub"] or "")).values(hub=each["hub"])
        )


def _undo(
    before: Mapping[str, str], body: Edit, was: Mapping[str, int], kept: Mapping[int, Mapping[str, Any]]
) -> dict[str, Any]:
    """The edit that takes this one back: what it made goes, what it dropped comes back with all that it had."""
    now = {name: body.renames.get(name, name) for name in was if name not in body.drop}
    made = {*body.made, *(move.to for move in body.moves if move.to)} - set(was)
    moves = [{"unit": unit, "to": before.get(unit)} for unit in _units(body)]
    touched = (
        {before.get(move.unit) for move in body.moves} | {move.to for move in body.moves} | set(body.hubs)
    )
    hubs = {name: kept[was[name]]["hub"] for name in was if name in touched or now.get(name) in touched}
    return {
        "moves": [{**move, "to": now.get(move["to"] or "", move["to"])} for move in moves],
        "renames": {new: old for old, new in body.renames.items() if old in now},
        "drop": sorted(body.renames.get(name, name) for name in made - set(body.drop)),
        "made": {name: dict(kept[was[name]]) for name in body.drop if name in was},
        "hubs": {name: hub for name, hub in hubs.items() if hub is not None},
    }
