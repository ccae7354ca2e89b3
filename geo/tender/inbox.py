"""The inbox (待办): what waits for a person, by roles and area, each with where to go."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, Final

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from geo.store.sql import query
from geo.store.tables import grid_plan
from geo.tender.ahead import expiring, trials

_TEXTS: Final = {
    "round_returned": ("批次“{name}”被退回：{remark}", "round {name} was returned: {remark}"),
    "round_publish": ("批次“{name}”待审核发布", "round {name} waits to be reviewed and published"),
    "round_open": ("批次“{name}”投标已截止，待开标", "bidding for round {name} is over; open the bids"),
    "round_bids": ("批次“{name}”已开标，待录入投标并拟定标", "round {name} is open: write down bids, propose an award"),
    "award_confirm": ("批次“{name}”的拟定标待确认", "the award proposed for round {name} waits to be confirmed"),
    "round_contract": ("批次“{name}”有 {count} 个标包待签约", "{count} packages of round {name} wait for a contract"),
    "round_close": ("批次“{name}”合同均已开始，可以办结", "every contract of round {name} has begun; close it"),
    "packages_failed": ("批次“{name}”有 {count} 个标包流标，待重新招标", "{count} packages of round {name} failed"),
    "expiring": (
        "{count} 份合同在 {days} 天内到期且没有后续，有反弹风险",
        "{count} contracts end within {days} days with nothing behind them: rebounds to come",
    ),
    "trials_due": ("{count} 个标包的试用期将满或已满，待转正", "{count} trials are about to end or over"),
    "plan_approve": ("网格方案“{name}”待审核", "grid plan {name} waits for review"),
    "plan_returned": ("网格方案“{name}”被退回：{remark}", "grid plan {name} was returned: {remark}"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that waits; `due`: the day by which, `since`: the day from which on."""

    kind: str
    zh: str
    en: str
    link: str
    count: int = 1
    round: int | None = None
    plan: int | None = None
    due: date | None = None
    since: Any = None


@dataclass(frozen=True, slots=True)
class Reader:
    """Who looks: name, roles, and the areas (prefixes) that he or she is responsible for."""

    name: str
    roles: Collection[str]
    areas: Sequence[str]


def inbox(db: Session, reader: Reader, today: date, *, ending_days: int) -> list[dict[str, Any]]:
    """Return what waits for somebody on the business date, what is due first."""
    items = [*_rounds(db, reader, today), *_plans(db, reader), *_ahead(db, reader, today, ending_days)]
    return [asdict(each) for each in sorted(items, key=lambda each: (each.due is None, each.due, each.kind))]


def _rounds(db: Session, reader: Reader, today: date) -> Iterator[Item]:
    for row in db.execute(query("geo.tender", "inbox_rounds")):
        if "officer" in reader.roles:
            yield from _for_officer(row, reader, today)
        if "reviewer" in reader.roles:
            yield from _for_reviewer(row, reader)


def _for_officer(row: Any, reader: Reader, today: date) -> Iterator[Item]:
    if row.state == "draft" and row.remark and reader.name in {row.author, *row.workers}:
        yield _of_round("round_returned", row)
    elif row.state == "published" and row.bids_until <= today:
        yield _of_round("round_open", row, due=row.bids_until)
    elif row.state == "opened" and not row.proposed:
        yield _of_round("round_bids", row)
    if row.state == "awarded" and row.to_contract:
        yield _of_round("round_contract", row, count=row.to_contract)
    if row.state == "contracted" and row.last_start <= today and (row.trial_until or today) <= today:
        yield _of_round("round_close", row)
    if row.state in ("awarded", "contracted", "closed") and row.failed:
        yield _of_round("packages_failed", row, count=row.failed)


def _for_reviewer(row: Any, reader: Reader) -> Iterator[Item]:
    if row.state == "submitted" and reader.name not in {row.author, row.submitted_by, *row.workers}:
        yield _of_round("round_publish", row)
    if row.state == "opened" and row.proposed and row.proposed_by != reader.name:
        yield _of_round("award_confirm", row)


def _of_round(kind: str, row: Any, count: int = 1, due: date | None = None) -> Item:
    zh, en = _said(kind, name=row.name, remark=row.remark, count=count)
    return Item(kind, zh, en, f"/rounds/{row.id}", count, round=row.id, due=due, since=row.changed_at)


def _plans(db: Session, reader: Reader) -> Iterator[Item]:
    mine = select(
        grid_plan.c.id, grid_plan.c.title, grid_plan.c.state, grid_plan.c.author, grid_plan.c.submitted_by,
        grid_plan.c.remark, grid_plan.c.created_at,
    ).where(or_(grid_plan.c.state == "submitted", grid_plan.c.state == "returned"))  # fmt: skip
    for row in db.execute(mine.order_by(grid_plan.c.id)):
        others = reader.name not in (row.author, row.submitted_by)
        kind = None
        if row.state == "submitted" and "reviewer" in reader.roles and others:
            kind = "plan_approve"
        elif row.state == "returned" and "planner" in reader.roles and row.author == reader.name:
            kind = "plan_returned"
        if kind is not None:
            zh, en = _said(kind, name=row.title, remark=row.remark or "")
            yield Item(kind, zh, en, f"/plans/{row.id}", plan=row.id, since=row.created_at)


def _ahead(db: Session, reader: Reader, today: date, days: int) -> Iterator[Item]:
    if not {"officer", "supervisor"} & set(reader.roles):
        return
    found = [each for area in reader.areas for each in expiring(db, area, today, days)["contracts"]]
    risks = [each for each in found if each["risk"]]
    if risks:
        zh, en = _said("expiring", count=len(risks), days=days)
        due = date.fromisoformat(min(each["end"] for each in risks))
        yield Item("expiring", zh, en, "/rounds?tab=expiring", len(risks), due=due)
    if "officer" in reader.roles:
        due_ones = [
            each
            for area in reader.areas
            for each in trials(db, area, today)
            if each["state"] in ("due", "lapsed")
        ]
        if due_ones:
            zh, en = _said("trials_due", count=len(due_ones))
            due = date.fromisoformat(min(each["end"] for each in due_ones))
            yield Item("trials_due", zh, en, "/rounds?tab=trials", len(due_ones), due=due)


def _said(kind: str, **words: object) -> tuple[str, str]:
    zh, en = _TEXTS[kind]
    return zh.format_map(words), en.format_map(words)
