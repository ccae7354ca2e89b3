"""Contracts (合同): signing one opens the service periods of its package, so that coverage changes the same minute.

A trial (先尝后买) is a contract of its own kind; the regular contract that follows it is its conversion. Nothing that
is on record is overwritten: where a unit is still served, service begins when that ends; where another service is known
to begin, it stops there.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator
from sqlalchemy import insert, select, update
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from geo.boundaries.codes import region_prefix
from geo.errors import BadInput, Conflict
from geo.store import history
from geo.store.sql import query
from geo.store.tables import service_period
from geo.store.tender_tables import contract, package, tender_round
from geo.tender import rounds, steps
from geo.tender.award_words import worded
from geo.tender.firms import bidders
from geo.tender.settings import Bidding, bidding_of


class Signing(BaseModel):
    """A contract to be signed: for a package (its number), from a day to the first day without service."""

    model_config = ConfigDict(extra="forbid")

    package: int = Field(ge=1, le=10_000)
    kind: Literal["regular", "trial"] = "regular"
    start: date
    end: date

    @model_validator(mode="after")
    def _in_order(self) -> Signing:
        if not date(1990, 1, 1) <= self.start < self.end <= date(2200, 1, 1):
            raise ValueError("a contract ends after it starts")
        return self


def sign(db: Session, number: int, hand: steps.Hand, body: Signing) -> dict[str, Any]:
    """Sign the contract of a package that was awarded, or the one that follows its trial.

    Returns the round's version and, unit by unit, where service begins later or stops earlier than the contract.
    Raises Conflict where the package has no winner or is under contract already, or where no unit has a day left.
    """
    row = steps.held_for(db, number, "contract", hand.version, tender_round.c.awarded_on)
    lot = _lot(db, number, body.package)
    before = _last_contract(db, number, body.package)
    _check_state(lot, before, body)
    _check_days(body, bidding_of(db, row.area), row.awarded_on)
    plan = _plan(db, number, body)
    by = history.open_change_set(
        db, "contract", region_prefix(row.area), f"tender_round {number} package {body.package}"
    )
    _open_periods(db, plan, lot, body, by)
    db.execute(
        insert(contract).values(
            round=number, package=body.package, kind=body.kind, firm=lot.firm, price_fen=lot.price_fen,
            starts=body.start, ends=body.end, follows=before.id if before else None, change_set=by,
        )
    )  # fmt: skip
    told = {"package": body.package, "contract": body.kind, "start": str(body.start), "end": str(body.end)}
    version = _note(db, row, hand, told)
    if lot.state == "awarded":
        mine = update(package).where(package.c.round == number, package.c.number == body.package)
        db.execute(mine.values(state="contracted"))
        version = _settle_round(db, number, hand, version)
    return {"version": version, "units": len(plan), "other_days": _other_days(plan, body)}


def fail(db: Session, number: int, hand: steps.Hand, lot_number: int, remark: str) -> int:
    """Let an awarded package fail (流标) that its winner does not sign: a reviewer does it, with a reason."""
    row = steps.held_for(db, number, "fail", hand.version)
    steps.refuse_same_person(db, row, hand.actor)
    lot = _lot(db, number, lot_number)
    if lot.state != "awarded":
        raise Conflict(
            f"package {lot_number} is {lot.state}, not awarded", extra={"package_state": lot.state}
        )
    called = {each.code: each.name for each in bidders(db, hand.today, [lot.firm])}
    told = worded(
        _TEXTS, "not_signed", (), {"firm": called.get(lot.firm, lot.firm), "remark": remark}
    ).as_json()
    mine = update(package).where(package.c.round == number, package.c.number == lot_number)
    db.execute(mine.values(state="failed", failure=told))
    version = _note(db, row, hand, {"package": lot_number, "failed": remark})
    return _settle_round(db, number, hand, version)


_TEXTS = {"not_signed": ("中标人 {firm} 未签约：{remark}", "the winner {firm} did not sign: {remark}")}


def relet(db: Session, number: int, hand_actor: str, name: str, numbers: Sequence[int] | None, today: date,
          *, ending_days: int) -> int:  # fmt: skip
    """Let failed packages again (重新招标): a new draft of their units; returns its number.

    Raises Conflict where none failed, or one was let again already.
    """
    row = steps.held_for(db, number, "relet", None)
    seen = rounds.view(db, number)
    open_to = "planned" if row.state == "voided" else "failed"
    free = {each["number"] for each in seen["packages"] if each["state"] == open_to and not each["relet_in"]}
    wanted = sorted(free if numbers is None else set(numbers))
    if not wanted or not set(wanted) <= free:
        raise Conflict("only packages that failed are let again, and once", extra={"packages": sorted(free)})
    draft = rounds.draft_of(seen, name, wanted)
    fresh = rounds.save_new(db, draft, today, ending_days=ending_days, relet_of=number)
    mine = update(package).where(package.c.round == number, package.c.number.in_(wanted))
    db.execute(mine.values(relet_in=fresh))
    version = rounds.raise_version(db, number, row.version, hand_actor)
    rounds.note_change(db, number, version, "edit", {"relet": fresh, "packages": wanted})
    return fresh


def _lot(db: Session, number: int, lot: int) -> Any:
    columns = (package.c.state, package.c.name, package.c.firm, package.c.price_fen)
    row = db.execute(select(*columns).where(package.c.round == number, package.c.number == lot)).first()
    if row is None:
        raise BadInput(f"no package {lot} in this round", field="package")
    return row


def _last_contract(db: Session, number: int, lot: int) -> Any:
    mine = select(contract.c.id, contract.c.kind, contract.c.ends).where(
        contract.c.round == number, contract.c.package == lot
    )
    return db.execute(mine.order_by(contract.c.ends.desc()).limit(1)).first()


def _check_state(lot: Any, before: Any, body: Signing) -> None:
    if lot.state == "awarded":
        return
    follows = lot.state == "contracted" and before is not None and before.kind == "trial"
    if not follows or body.kind != "regular":
        raise Conflict(
            f"package {body.package} is {lot.state}; only an awarded one, or one on trial, is contracted",
            extra={"package_state": lot.state},
        )
    if before is not None and body.start < before.ends:
        raise BadInput(f"the trial runs until {before.ends}", field="start")


def _check_days(body: Signing, bidding: Bidding, awarded_on: date) -> None:
    if body.start < awarded_on:
        raise BadInput(f"a contract begins after its award ({awarded_on})", field="start")
    if body.kind == "trial":
        latest = body.start + timedelta(days=bidding.trial_days)
        limit = f"{bidding.trial_days} days"
    else:
        latest = _years_on(body.start, bidding.most_years)
        limit = f"{bidding.most_years} years"
    if body.end > latest:
        raise BadInput(f"a {body.kind} contract lasts {limit} at most, here until {latest}", field="end")


def _years_on(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return date(day.year + years, 3, 1)


def _plan(db: Session, number: int, body: Signing) -> Sequence[Any]:
    """From when to when each unit is served. Raises Conflict where another service leaves no day to any of them."""
    values = {"round": number, "package": body.package, "starts": body.start, "ends": body.end}
    plan = db.execute(query("geo.tender", "contract_plan"), values).all()
    if not any(_is_free(row) for row in plan):
        raise Conflict(
            "every unit of this package is served by another contract for all these days",
            extra={"units": [row.unit for row in plan], "field": "start"},
        )
    return plan


def _is_free(row: Any) -> bool:
    """Whether the contract serves a unit on any day: not where another service goes on without a gap."""
    return not row.running_is_open and bool(row.begins < row.stops)


def _open_periods(db: Session, plan: Sequence[Any], lot: Any, body: Signing, by: int) -> None:
    """End what said that nobody serves, and open service: set by set, one for each first day."""
    plan = [row for row in plan if _is_free(row)]
    for begins in sorted({row.begins for row in plan}):
        ids = [each for row in plan if row.begins == begins for each in row.none_ids]
        history.cut(db, service_period, ids, begins, by)
    note = f"{lot.name}（先尝后买）" if body.kind == "trial" else lot.name
    db.execute(
        insert(service_period),
        [
            {
                "unit_kind": row.unit_kind, "unit": row.unit, "mode": "market", "firm": lot.firm, "note": note,
                "kind": body.kind, "valid": Range(row.begins, row.stops), "opened_by": by,
            }
            for row in plan
        ],
    )  # fmt: skip


def _other_days(plan: Sequence[Any], body: Signing) -> list[dict[str, Any]]:
    """Units that the contract serves later, or not to its end; both days None: another service leaves it no day."""
    return [
        {
            "unit": row.unit,
            "start": row.begins if _is_free(row) else None,
            "end": row.stops if _is_free(row) else None,
        }
        for row in plan
        if not _is_free(row) or row.begins != body.start or row.stops != body.end
    ]


def _note(db: Session, row: Any, hand: steps.Hand, what: dict[str, Any]) -> int:
    version = rounds.raise_version(db, row.id, row.version, hand.actor)
    rounds.note_change(db, row.id, version, "step", {**what, "day": hand.today.isoformat()})
    return version


def _settle_round(db: Session, number: int, hand: steps.Hand, version: int) -> int:
    """The round is contracted once no package waits for its contract, and at least one has it."""
    states = list(db.scalars(select(package.c.state).where(package.c.round == number)))
    if "awarded" in states or "contracted" not in states:
        return version
    row = rounds.held(db, number, version)
    return steps.advance(db, row, "contracted", hand)
