"""What waits for whom in the rounds (批次的待办): each step has the people who take the next one, or must know of it.

| happened | who hears of it |
|---|---|
| submitted | reviewers who may publish it |
| returned | who wrote it, worked on it or submitted it |
| published | the same; once the days of bidding are over every officer |
| opened, award taken back | every officer |
| award proposed | reviewers other than who proposed it |
| awarded, failed, every contract begun | every officer |
| voided | every officer, and who wrote, worked on or submitted it, for thirty days, while anything may be let again |
| a unit of a draft went into another round | who wrote or worked on the draft |
| a firm may not bid any more that has a bid or waits for a contract | every officer; reviewers while they can stop it |
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, Final

from sqlalchemy.orm import Session

from geo.store.sql import query
from geo.tender.bidders import standing
from geo.tender.firms import bidders
from geo.tender.inbox_items import Item, Reader
from geo.tender.inbox_words import said
from geo.tender.settings import bidding_of

_TOLD: Final = timedelta(days=30)
"""How long a voided round is told of."""
Barred = Mapping[str, Sequence[tuple[str, str]]]
"""Area → code and name of each firm that may not bid there today."""


def of_rounds(db: Session, reader: Reader, today: date) -> Iterator[Item]:
    """Yield what waits for somebody in the rounds of the areas on the business date."""
    rows = db.execute(query("geo.tender", "inbox_rounds")).all()
    out = _barred(db, rows, today)
    for row in rows:
        if _concerned(row, reader) or "officer" in reader.roles:
            yield from _for_workers(row, reader, today)
        if "officer" in reader.roles:
            yield from _for_officer(row, today)
        if "reviewer" in reader.roles:
            yield from _for_reviewer(row, reader)
        if "officer" in reader.roles or ("reviewer" in reader.roles and (row.proposed or row.winners)):
            yield from _of_firms(row, out)


def _worked(row: Any, reader: Reader) -> bool:
    """Whether somebody may not review a round, having brought it here."""
    return reader.name in {row.author, row.submitted_by, *row.workers}


def _concerned(row: Any, reader: Reader) -> bool:
    """The same, and whoever submitted it once, before it was returned."""
    return _worked(row, reader) or reader.name in row.submitters


def _for_workers(row: Any, reader: Reader, today: date) -> Iterator[Item]:
    """What those must know who brought a round here; of a voided one all officers."""
    if row.state == "voided" and row.stepped_on and row.stepped_on + _TOLD > today and row.relettable:
        yield _item("round_voided", row, count=row.relettable)
    if not _concerned(row, reader):
        return
    if row.state == "draft" and row.remark:
        yield _item("round_returned", row)
    if row.state == "draft" and row.taken:
        yield _item("draft_taken", row, count=row.taken)
    if row.state == "published" and row.bids_until > today:
        yield _item("round_published", row, due=row.bids_until)


def _for_officer(row: Any, today: date) -> Iterator[Item]:
    if row.state == "published" and row.bids_until <= today:
        yield _item("round_open", row, due=row.bids_until)
    elif row.state == "opened" and not row.proposed:
        yield _item("award_returned" if row.withdrawn_by else "round_bids", row, who=row.withdrawn_by)
    if row.state == "awarded" and row.to_contract:
        yield _item("round_contract", row, count=row.to_contract)
    if row.state == "contracted" and row.last_start <= today and (row.trial_until or today) <= today:
        yield _item("round_close", row)
    if row.state in ("awarded", "contracted", "closed") and row.failed:
        yield _item("packages_failed", row, count=row.failed)


def _for_reviewer(row: Any, reader: Reader) -> Iterator[Item]:
    if row.state == "submitted" and not _worked(row, reader):
        yield _item("round_publish", row)
    if row.state == "opened" and row.proposed and row.proposed_by != reader.name:
        yield _item("award_confirm", row)


def _of_firms(row: Any, out: Barred) -> Iterator[Item]:
    for kind, codes in (("firm_barred", row.firms), ("winner_barred", row.winners)):
        named = [name for code, name in out.get(row.area, ()) if code in codes]
        if named:
            yield _item(kind, row, count=len(named), firms="、".join(named))


def _barred(db: Session, rows: Sequence[Any], today: date) -> Barred:
    """The firms with a bid in an open round, or waiting for a contract, that may not bid today where the round is."""
    wanted = {code for row in rows for code in (*row.firms, *row.winners)}
    if not wanted:
        return {}
    known = bidders(db, today, sorted(wanted))
    areas = {row.area for row in rows if row.firms or row.winners}
    rules = {area: bidding_of(db, area) for area in areas}
    return {
        area: [(each.code, each.name) for each in known if standing(each, rules[area], area, today)]
        for area in areas
    }


def _item(kind: str, row: Any, count: int = 1, due: date | None = None, **words: object) -> Item:
    zh, en = said(kind, name=row.name, remark=row.remark or "", count=count, **words)
    return Item(kind, zh, en, f"/rounds/{row.id}", count, round=row.id, due=due, since=row.changed_at)
