"""Live editing of a draft (现场调整): units moved between packages, answered at once from the ground that was kept.

Each edit is a version of the round, on record with who and what, so that two officers see each other's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.orm import Session

from geo.errors import BadInput
from geo.store.sql import query
from geo.store.tender_tables import package, package_unit, service_lot, tender_round
from geo.tender import rounds
from geo.tender.bundles import packages_of, violations_of
from geo.tender.ground import found_again
from geo.tender.lots import SERVICES
from geo.tender.rules import BundleRules, Code

Name = Annotated[str, Field(min_length=1, max_length=80)]


class Move(BaseModel):
    """A unit and the package (its name) that it goes to; None: out of all."""

    model_config = ConfigDict(extra="forbid")

    unit: Code
    to: Name | None


class Edit(BaseModel):
    """What an officer changes at once. A package whose name is new is made."""

    model_config = ConfigDict(extra="forbid")

    moves: list[Move] = Field(default_factory=list, max_length=2000)
    renames: dict[Name, Name] = Field(default_factory=dict, max_length=500)
    locks: dict[Code, Name | None] = Field(default_factory=dict, max_length=2000)
    """Unit → the package it must stay in; None: it is free again."""
    drop: list[Name] = Field(default_factory=list, max_length=500)
    """Empty packages to be taken out."""


def edit(db: Session, number: int, version: int, actor: str, body: Edit) -> dict[str, Any]:
    """Change a draft and return the figures of what was touched, every broken rule, and the edit that undoes it.

    Raises Stale (with the other version and what changed since), Conflict for what is no draft, BadInput for a unit
    outside the pool or a package that is not there.
    """
    row = rounds.held_draft(db, number, version, tender_round.c.rules, tender_round.c.ground)
    rules, old_locks = _locked(BundleRules.model_validate(row.rules), body.locks)
    ground = found_again(row.ground or {"units": [], "links": [], "unweighed": {}}, rules)
    lots = _lots(db, number)
    before = rounds.assignment(db, number)
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
    told = packages_of(ground, rules, {name: plan[name] for name in sorted(touched) if name in plan}, {})
    violations = violations_of(ground, plan)
    _write_hubs(db, number, lots, told)
    fresh = rounds.raise_version(
        db, number, version, actor, rules=rules.model_dump(mode="json"), outcome={"violations": violations}
    )
    undo = _undo(before, body, old_locks)
    what = {
        "moves": [{"unit": code, "from": before.get(code), "to": after.get(code)} for code in _units(body)]
    }
    rounds.note_change(
        db,
        number,
        fresh,
        "edit",
        {**what, "renames": body.renames, "locks": dict(body.locks), "drop": body.drop},
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


def _locked(rules: BundleRules, locks: Mapping[str, str | None]) -> tuple[BundleRules, dict[str, str | None]]:
    """The rules with other locks, and how those were before."""
    merged = {**rules.locks, **locks}
    kept = {code: name for code, name in sorted(merged.items()) if name is not None}
    return rules.model_copy(update={"locks": kept}), {code: rules.locks.get(code) for code in locks}


def _lots(db: Session, number: int) -> dict[str, int]:
    """Name → number of each package."""
    rows = db.execute(select(package.c.name, package.c.number).where(package.c.round == number))
    return {row.name: row.number for row in rows}


def _moved(before: Mapping[str, str], body: Edit, lots: dict[str, int]) -> tuple[dict[str, str], set[str]]:
    """Unit → package after the edit, and the packages that it touches. New packages get a number; `lots` follows."""
    after, touched = dict(before), set()
    for move in body.moves:
        touched |= {name for name in (after.get(move.unit), move.to) if name}
        if move.to is None:
            after.pop(move.unit, None)
        else:
            lots.setdefault(move.to, max(lots.values(), default=0) + 1)
            after[move.unit] = move.to
    renames = _renames(body.renames, lots)
    for name in body.drop:
        if name not in lots or name in after.values():
            raise BadInput(f"{name} is no empty package", field="drop")
    fresh = {renames.get(name, name): place for name, place in lots.items() if name not in body.drop}
    if len(fresh) != len(lots) - len(set(body.drop)):
        raise BadInput("two packages would have one name", field="renames")
    lots.clear()
    lots.update(fresh)
    touched = {renames.get(name, name) for name in touched - set(body.drop)} | set(renames.values())
    return {unit: renames.get(name, name) for unit, name in after.items()}, touched


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
    _write_packages(db, number, lots, known)
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


def _write_packages(db: Session, number: int, lots: Mapping[str, int], known: Mapping[int, str]) -> None:
    fresh = [(place, name) for name, place in lots.items() if place not in known]
    if fresh:
        db.execute(
            insert(package), [{"round": number, "number": place, "name": name} for place, name in fresh]
        )
        db.execute(
            insert(service_lot),
            [
                {"round": number, "package": place, "number": 1, "name": name, "services": list(SERVICES)}
                for place, name in fresh
            ],
        )
    for name, place in lots.items():
        if place in known and known[place] != name:
            mine = update(package).where(package.c.round == number, package.c.number == place)
            db.execute(mine.values(name=name))


def _write_hubs(db: Session, number: int, lots: Mapping[str, int], told: Iterable[Mapping[str, Any]]) -> None:
    for each in told:
        mine = update(package).where(package.c.round == number, package.c.number == lots[each["id"]])
        db.execute(
            mine.where(func.coalesce(package.c.hub, "") != (each["hub"] or "")).values(hub=each["hub"])
        )


def _undo(before: Mapping[str, str], body: Edit, locks: Mapping[str, str | None]) -> dict[str, Any]:
    """The edit that takes this one back: a package that was made stays empty, one that was dropped is made again."""
    back = {new: old for old, new in body.renames.items()}
    moves = [{"unit": unit, "to": before.get(unit)} for unit in _units(body)]
    renamed = [{**move, "to": body.renames.get(move["to"] or "", move["to"])} for move in moves]
    return {"moves": renamed, "renames": back, "locks": dict(locks)}
