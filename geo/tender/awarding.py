"""Awarding a round (定标): the best lawful award is computed and proposed by one person, confirmed by another."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import func, null, select, update
from sqlalchemy.orm import Session

from geo.errors import BadInput, Conflict, NotFound
from geo.people.trail import record
from geo.store.tender_tables import bid, package, tender_round
from geo.tender import rounds, steps
from geo.tender.award import Award, award
from geo.tender.bidders import Bid, Let, standing
from geo.tender.contents import by_package, units
from geo.tender.firms import bidders
from geo.tender.settings import bidding_of
from geo.tender.terms import Terms


def shown(db: Session, number: int, today: date) -> dict[str, Any]:
    """Return the award of a round: a preview while bids are open, what was proposed or confirmed after that.

    Raises Conflict where bids were not opened yet.
    """
    head = (tender_round.c.id, tender_round.c.area, tender_round.c.state)
    row = db.execute(select(*head, *_COLUMNS).where(tender_round.c.id == number)).first()
    if row is None:
        raise NotFound(f"no round {number} in your area")
    if row.proposal is not None:
        told = {"by": row.proposed_by, "at": row.proposed_at, "hash": row.proposal["hash"]}
        return {"proposed": told, "award": row.proposal["award"], "hash": row.proposal["hash"]}
    if row.state != "opened":
        raise Conflict("no bids were opened", extra={"state": row.state})
    made = computed(db, row, today)
    return {"proposed": None, **made}


_COLUMNS = (
    tender_round.c.terms, tender_round.c.proposal, tender_round.c.proposed_by, tender_round.c.proposed_at,
)  # fmt: skip


def propose(db: Session, number: int, hand: steps.Hand) -> int:
    """Propose the best lawful award of the bids written down; returns the round's new version."""
    row = steps.held_for(db, number, "propose", hand.version)
    steps.refuse_proposed(row)
    made = computed(db, row, hand.today)
    record(db, "round.propose", f"tender_round {number}", area=row.area, detail={"hash": made["hash"]})
    fresh = rounds.raise_version(
        db, number, row.version, hand.actor,
        proposal={**made, "day": hand.today.isoformat()}, proposed_by=hand.actor, proposed_at=func.now(),
    )  # fmt: skip
    rounds.note_change(db, number, fresh, "edit", {"proposed": made["hash"]})
    return fresh


def withdraw(db: Session, number: int, hand: steps.Hand) -> int:
    """Take a proposed award back, so that bids can be mended."""
    row = steps.held_for(db, number, "propose", hand.version)
    if row.proposal is None:
        raise Conflict("no award is proposed")
    record(
        db, "round.withdraw", f"tender_round {number}", area=row.area, detail={"hash": row.proposal["hash"]}
    )
    fresh = rounds.raise_version(
        db, number, row.version, hand.actor, proposal=null(), proposed_by=None, proposed_at=None
    )
    rounds.note_change(db, number, fresh, "edit", {"withdrawn": row.proposal["hash"]})
    return fresh


def confirm(db: Session, number: int, hand: steps.Hand, told: str, *, unproven: bool = False) -> int:
    """Confirm the award that was proposed, as a second person who saw it (`told`: its hash).

    It is computed again: raises Conflict where bids, firms or settings changed since, so that it would be another one,
    where a winner may not bid today, and where it is not proven to be the best unless the reviewer says to know that
    (`unproven`), which goes on record.
    """
    row = steps.held_for(db, number, "confirm", hand.version)
    if row.proposal is None:
        raise Conflict("no award is proposed")
    if row.proposed_by == hand.actor:
        raise Conflict("a second person confirms an award: you proposed it", extra={"second": True})
    _refuse_barred(db, row, hand.today)
    again = computed(db, row, date.fromisoformat(row.proposal["day"]))
    if told != row.proposal["hash"] or again["hash"] != told:
        raise Conflict(
            "this award is not the one that the bids and firms of now lead to; propose it anew",
            extra={"hash": again["hash"]},
        )
    _check_proven(db, row, unproven)
    _write(db, number, row.proposal["award"])
    return steps.advance(db, row, "awarded", hand, awarded_by=hand.actor, awarded_on=hand.today)


def _refuse_barred(db: Session, row: Any, today: date) -> None:
    """Refuse to award to a firm that may not bid on the day of the award, whatever it was when it was proposed."""
    winners = sorted({each["firm"] for each in row.proposal["award"]["wins"]})
    rules = bidding_of(db, row.area)
    found = {each: standing(each, rules, row.area, today) for each in bidders(db, today, winners)}
    barred = {each: reasons for each, reasons in found.items() if reasons}
    if not barred:
        return
    firm, (why, *_) = next(iter(barred.items()))
    raise Conflict(
        f"{firm.name} may not bid any more ({why.en}): lift its bar, or take the proposal back and propose anew",
        extra={
            "zh": f"{firm.name}已不能投标（{why.zh}）：请先解除对它的限制，或撤回拟定标后重新拟定",
            "firms": [{"code": each.code, "name": each.name, "standing": [one.as_json() for one in reasons]}
                      for each, reasons in barred.items()],
        },
    )  # fmt: skip


def _check_proven(db: Session, row: Any, known: bool) -> None:
    made = row.proposal["award"]
    if made["proven"]:
        return
    told = {"points": made["points"], "bound": made["bound"]}
    if not known:
        raise Conflict(
            "this award is not proven to be the best; confirm it with that in mind, or propose anew",
            extra={"proven": False, **told},
        )
    record(db, "round.unproven", f"tender_round {row.id}", area=row.area, detail=told)


def computed(db: Session, row: Any, day: date) -> dict[str, Any]:
    """Return the best lawful award of the bids of a round, and the hash of what it rests on and comes to."""
    lots = _lots(db, row.id)
    numbers = {each.code: number for number, each in lots.items()}
    received = db.execute(select(bid).where(bid.c.round == row.id).order_by(bid.c.number)).all()
    bids = [Bid(lots[each.package].code, each.firm, each.price_fen, Decimal(each.score)) for each in received]
    firms = bidders(db, day, sorted({each.firm for each in bids}))
    rules, terms = bidding_of(db, row.area), Terms.model_validate(row.terms)
    made = award(
        list(lots.values()), firms, bids, rules, area=row.area, day=day, budget=terms.price_budget_fen
    )
    plain = as_json(made, numbers, {each.code: each.name for each in firms})
    rests_on = {
        "bids": [[each.package, each.firm, each.price, str(each.score)] for each in bids],
        "rules": rules.model_dump(mode="json"), "day": day.isoformat(), "award": plain,
    }  # fmt: skip
    text = json.dumps(rests_on, sort_keys=True, ensure_ascii=False)
    return {"award": plain, "hash": hashlib.sha256(text.encode()).hexdigest()}


def _lots(db: Session, number: int) -> dict[int, Let]:
    members = by_package(units(db, number))
    rows = db.execute(
        select(package.c.number, package.c.name, package.c.ceiling_fen)
        .where(package.c.round == number)
        .order_by(package.c.number)
    )
    return {
        row.number: Let(
            row.name, row.name, _households(members.get(row.number, [])),
            tuple(each.code for each in members.get(row.number, [])), row.ceiling_fen,
        )
        for row in rows
    }  # fmt: skip


def _households(members: list[Any]) -> int | None:
    """A package whose households are partly unknown is of unknown size."""
    known = [each.households for each in members if each.households is not None]
    return sum(known) if members and len(known) == len(members) else None


def as_json(made: Award, numbers: Mapping[str, int], called: Mapping[str, str]) -> dict[str, Any]:
    """Return an award as plain values; points as decimal text, prices in fen."""
    spread = made.concentration
    return {
        "wins": [
            {"package": numbers[each.package], "package_name": each.package, "firm": each.firm,
             "firm_name": called[each.firm], "price_fen": each.price, "points": str(each.points)}
            for each in made.wins
        ],
        "failed": [
            {"package": numbers[each.package], "package_name": each.package, "reason": each.reason.as_json()}
            for each in made.failed
        ],
        "lost": [
            {"package": numbers[each.package], "package_name": each.package, "firm": each.firm,
             "firm_name": called[each.firm], "eligible": each.eligible,
             "reasons": [why.as_json() for why in each.reasons]}
            for each in made.lost
        ],
        "points": str(made.points), "price_fen": made.price, "bound": str(made.bound), "proven": made.proven,
        "concentration": {name: _plain(getattr(spread, name)) for name in spread.__slots__},
    }  # fmt: skip


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, Mapping):
        return {key: _plain(each) for key, each in value.items()}
    slots = getattr(type(value), "__slots__", None)
    return {name: _plain(getattr(value, name)) for name in slots} if slots else value


def _write(db: Session, number: int, made: Mapping[str, Any]) -> None:
    """Write winners and failures into the packages."""
    for each in made["wins"]:
        _settle(db, number, each["package"], state="awarded", firm=each["firm"], price_fen=each["price_fen"],
                points=Decimal(each["points"]))  # fmt: skip
    for each in made["failed"]:
        _settle(db, number, each["package"], state="failed", failure=each["reason"])


def _settle(db: Session, number: int, lot: int, **values: Any) -> None:
    mine = update(package).where(package.c.round == number, package.c.number == lot)
    if db.execute(mine.values(**values).returning(package.c.number)).first() is None:
        raise BadInput(f"no package {lot} in this round", field="package")
