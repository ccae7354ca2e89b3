"""The steps of a round (批次流程): who takes them, from where to where, and what is checked before.

draft → submitted → published → opened → awarded → contracted → closed; back from submitted to draft; from submitted,
published and opened to voided. The database holds the same order by itself, and puts every step on record.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from geo.errors import Conflict
from geo.store.tender_tables import contract, package, round_change, tender_round
from geo.tender import gate, rounds
from geo.tender.gate.findings import Where, found
from geo.tender.settings import bidding_of

_CONTENT = (
    tender_round.c.rules, tender_round.c.terms, tender_round.c.author, tender_round.c.submitted_by,
    tender_round.c.bids_until, tender_round.c.proposal, tender_round.c.proposed_by,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a round. `second`: a person takes it who did not bring the round here."""

    name: str
    role: str
    begins: tuple[str, ...]
    ends: str
    second: bool = False


STEPS: Final = {
    each.name: each
    for each in (
        Step("submit", "officer", ("draft",), "submitted"),
        Step("return", "reviewer", ("submitted",), "draft", second=True),
        Step("publish", "reviewer", ("submitted",), "published", second=True),
        Step("open", "officer", ("published",), "opened"),
        Step("bids", "officer", ("opened",), "opened"),
        Step("propose", "officer", ("opened",), "opened"),
        Step("confirm", "reviewer", ("opened",), "awarded", second=True),
        Step("contract", "officer", ("awarded", "contracted"), "contracted"),
        Step("fail", "reviewer", ("awarded",), "awarded", second=True),
        Step("close", "officer", ("awarded", "contracted"), "closed"),
        Step("void", "reviewer", ("submitted", "published", "opened"), "voided", second=True),
        Step("relet", "officer", ("awarded", "contracted", "closed", "voided"), "draft"),
    )
}


@dataclass(frozen=True, slots=True)
class Hand:
    """Who takes a step, on which business date, from which version."""

    actor: str
    today: date
    version: int


def allowed(state: str) -> list[dict[str, str]]:
    """Return the steps that a state allows, and whose they are.

    >>> [each["step"] for each in allowed("draft")], allowed("voided")
    (['submit'], [{'step': 'relet', 'role': 'officer'}])
    """
    return [{"step": each.name, "role": each.role} for each in STEPS.values() if state in each.begins]


def held_for(db: Session, number: int, step: str, version: int | None, *columns: Any) -> Any:
    """Lock a round for a step. Raises NotFound, Stale, or Conflict where its state does not allow the step."""
    row = rounds.held(db, number, version, *_CONTENT, *columns)
    if row.state not in STEPS[step].begins:
        raise Conflict(
            f"a round that is {row.state} allows no {step}",
            extra={"state": row.state, "step": step, "allowed": allowed(row.state)},
        )
    return row


def submit(db: Session, number: int, hand: Hand, remark: str | None, *, ending_days: int) -> int:
    """Hand a draft in (送审). Raises Conflict with what the gate found where anything blocks."""
    row = held_for(db, number, "submit", hand.version)
    report = gate.look(db, row, hand.today, ending_days=ending_days)
    _refuse(report)
    return _go(db, row, "submitted", hand, remark=remark, submitted_by=hand.actor)


def give_back(db: Session, number: int, hand: Hand, remark: str) -> int:
    """Give a round back to its officer (退回), with a reason."""
    row = held_for(db, number, "return", hand.version)
    refuse_same_person(db, row, hand.actor)
    return _go(db, row, "draft", hand, remark=remark)


def publish(db: Session, number: int, hand: Hand, bids_until: date | None, *, ending_days: int) -> int:
    """Publish a round (发布): a second person does it, the gate looks again, bidders get their days."""
    row = held_for(db, number, "publish", hand.version)
    refuse_same_person(db, row, hand.actor)
    least = bidding_of(db, row.area).least_days
    until = bids_until or hand.today + timedelta(days=least)
    days = (until - hand.today).days
    if days < least:
        finding = found(
            "days_short", "block", Where(),
            until=until.isoformat(), day=hand.today.isoformat(), days=days, least=least,
        )  # fmt: skip
        raise Conflict(finding.en, extra={"field": "bids_until", "gate": [finding.as_json()]})
    _refuse(gate.look(db, row, hand.today, ending_days=ending_days))
    return _go(
        db, row, "published", hand, remark=None,
        published_by=hand.actor, published_on=hand.today, bids_until=until,
    )  # fmt: skip


def open_bids(db: Session, number: int, hand: Hand) -> int:
    """Open the bids (开标) once the days of bidding are over."""
    row = held_for(db, number, "open", hand.version)
    if hand.today < row.bids_until:
        raise Conflict(
            f"bids are taken until {row.bids_until}; today is {hand.today}",
            extra={"bids_until": row.bids_until, "today": hand.today},
        )
    return _go(db, row, "opened", hand, remark=None, opened_on=hand.today)


def close(db: Session, number: int, hand: Hand, remark: str | None) -> int:
    """Close a round (办结): every contract has begun, or every package failed."""
    row = held_for(db, number, "close", hand.version)
    waiting = db.scalar(
        select(func.min(contract.c.starts)).where(contract.c.round == number, contract.c.starts > hand.today)
    )
    if waiting is not None:
        raise Conflict(f"a contract begins on {waiting} only", extra={"begins": waiting})
    open_ones = db.scalar(
        select(func.count()).where(package.c.round == number, package.c.state.in_(("planned", "awarded")))
    )
    if open_ones:
        raise Conflict(f"{open_ones} packages have no contract yet", extra={"packages": open_ones})
    _refuse_running_trial(db, number, hand.today)
    return _go(db, row, "closed", hand, remark=remark)


def _refuse_running_trial(db: Session, number: int, today: date) -> None:
    """A round that is closed signs nothing any more: a trial is converted, or over, before."""
    later = contract.alias()
    until = db.scalar(
        select(func.max(contract.c.ends))
        .outerjoin(later, later.c.follows == contract.c.id)
        .where(
            contract.c.round == number,
            contract.c.kind == "trial",
            contract.c.ends > today,
            later.c.id.is_(None),
        )
    )
    if until is not None:
        raise Conflict(
            f"a trial runs until {until}; convert it first, or let it end", extra={"trial_until": until}
        )


def void(db: Session, number: int, hand: Hand, remark: str) -> int:
    """Void a round (废标): its units are free again. A second person does it, with a reason."""
    row = held_for(db, number, "void", hand.version)
    refuse_same_person(db, row, hand.actor)
    return _go(db, row, "voided", hand, remark=remark)


def advance(db: Session, row: Any, state: str, hand: Hand, **values: Any) -> int:
    """Write a step that was checked elsewhere; the database refuses one that is out of order."""
    return _go(db, row, state, hand, remark=None, **values)


def _go(db: Session, row: Any, state: str, hand: Hand, *, remark: str | None, **values: Any) -> int:
    return rounds.raise_version(
        db, row.id, row.version, hand.actor, state=state, stepped_on=hand.today, remark=remark, **values
    )


def _refuse(report: gate.Report) -> None:
    if not report.ready:
        told = report.as_json()
        first = told["findings"][0]
        raise Conflict(
            f"{told['blocks']} findings block this round; the first: {first['en']}",
            extra={"gate": told["findings"], "blocks": told["blocks"]},
        )


def refuse_same_person(db: Session, row: Any, actor: str) -> None:
    """Raise Conflict for who wrote, changed or submitted a round: such a person does not review it."""
    worked = select(round_change.c.actor).where(
        round_change.c.round == row.id,
        round_change.c.kind != "step",
        ~round_change.c.what.has_key("withdrawn"),  # to send an award back is a review, not work on the round
    )
    if actor in {row.author, row.submitted_by, *db.scalars(worked)}:
        raise Conflict("a second person does this: you worked on this round yourself", extra={"second": True})


def refuse_proposed(row: Any) -> None:
    """Raise Conflict while an award is proposed: what it rests on stands still."""
    if row.proposal is not None:
        raise Conflict("an award is proposed; withdraw it first", extra={"proposed_by": row.proposed_by})
