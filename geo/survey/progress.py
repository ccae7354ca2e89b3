"""How far a survey is (摸底进度): its difference to confirm, who has answered, what was confirmed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from geo.errors import NotFound
from geo.store.sql import query
from geo.survey.difference import WRITES, Item, items
from geo.survey.fields import ASKED
from geo.survey.sending import find


@dataclass(frozen=True, slots=True)
class Answered:
    """A unit that came back: its place, who surveyed it, and every field that differs."""

    unit: str
    unit_kind: str
    name: str
    neighbourhood: str
    place: str | None
    outcome: str | None
    surveyor: str | None
    surveyed_on: date | None
    note: str | None
    gone: bool
    since: date | None
    under_contract: str | None
    contradiction: bool
    changed: Mapping[str, Any]
    items: Sequence[Item]

    def as_json(self) -> dict[str, Any]:
        """Return it as a plain JSON value, every item with whether it is ticked."""
        made = asdict(self)
        made["items"] = [
            {**asdict(one), "ticked": self.ticked(one), "writable": self.writable(one)} for one in self.items
        ]
        return made

    def writable(self, item: Item) -> bool:
        """Whether an item can be confirmed; that nobody knows who serves is no service, and no record says it."""
        return item.kind in WRITES and not self.gone and not (item.field == "mode" and item.came is None)

    def ticked(self, item: Item) -> bool:
        """Whether an item is ticked until somebody says otherwise: a contract that runs is not ended by the way."""
        let = item.field == "mode" and self.under_contract is not None
        return item.ticked and self.writable(item) and not let and not self.contradicts(item)

    def contradicts(self, item: Item) -> bool:
        """Whether an item is one of two answers that do not go together."""
        return self.contradiction and item.field in ("mode", "no_property_service")


def difference(db: Session, number: int, day: date, *, neighbourhood: str | None = None) -> list[Answered]:
    """Return what came back and differs, by unit in order of code, against what holds on a day. Raises NotFound."""
    find(db, number)
    values = {"survey": number, "day": day, "neighbourhood": neighbourhood}
    return [_answered(row) for row in db.execute(query("geo.survey", "difference"), values)]


def _answered(row: Any) -> Answered:
    gone = row.version is None
    # The store keeps the members of an object in an order of its own.
    sent = {name: row.sent[name] for name in ASKED if name in row.sent}
    found = list(items(sent, row.answers, row.facts or {}, surveyed=row.outcome == "done" and not gone))
    changed = {"by": row.changed_by, "at": row.changed_at, "source": row.changed_source}
    ends = row.service_end.isoformat() if row.service_end and row.firm else None
    return Answered(
        row.unit, row.unit_kind, row.name, row.neighbourhood, row.place, row.outcome, row.surveyor, row.surveyed_on,
        row.note, gone, row.since, ends, _contradicts(row.sent, row.answers, row.facts or {}), changed, found,
    )  # fmt: skip


def _contradicts(sent: Mapping[str, Any], answers: Mapping[str, Any], now: Mapping[str, Any]) -> bool:
    """Whether somebody answered both that there is a service and how, and the two do not go together."""
    if not {"mode", "no_property_service"} & answers.keys():
        return False

    def told(name: str) -> Any:
        return answers[name]["came"] if name in answers else now.get(name, sent.get(name))

    mode, lacks = told("mode"), told("no_property_service")
    return mode is not None and lacks is not None and (mode == "none") != lacks


def counts(answered: Sequence[Answered]) -> dict[str, int]:
    """Return how many items there are of each kind."""
    return dict(Counter(item.kind for one in answered for item in one.items))


def progress(db: Session, number: int, answered: Sequence[Answered]) -> list[dict[str, Any]]:
    """Return how far each neighbourhood is: units sent, surveyed, outstanding; fields confirmed and open."""
    by_place: dict[str, Counter[str]] = {}
    for one in answered:
        tally = by_place.setdefault(one.neighbourhood, Counter())
        tally["confirmed"] += sum(item.kind == "settled" for item in one.items)
        tally["open"] += sum(item.kind not in ("settled", "same") for item in one.items)
    rows = db.execute(query("geo.survey", "progress"), {"survey": number})
    return [
        {**row._mapping, **{name: by_place.get(row.code, Counter())[name] for name in ("confirmed", "open")}}
        for row in rows
    ]


def returns(db: Session, number: int) -> list[dict[str, Any]]:
    """Return the files that came back, newest first, each with its report."""
    return [dict(row._mapping) for row in db.execute(query("geo.survey", "returns"), {"survey": number})]


def confirmations(db: Session, number: int) -> list[dict[str, Any]]:
    """Return the change sets that this survey made, newest first."""
    return [
        dict(row._mapping) for row in db.execute(query("geo.survey", "confirmations"), {"survey": number})
    ]


def last_surveys(db: Session, unit: str) -> list[dict[str, Any]]:
    """Return when a unit was surveyed, newest first, five at most. Raises NotFound."""
    if not db.scalar(query("geo.survey", "known"), {"unit": unit}):
        raise NotFound(f"no community or stand-alone building {unit} in your area", field="code")
    return [dict(row._mapping) for row in db.execute(query("geo.survey", "last"), {"unit": unit})]
