"""What was ticked becomes a change from a date (确认入库), in one transaction and one change set; undone as a whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from sqlalchemy import func, select, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session

from geo.errors import BadInput, Conflict, NotFound, Stale
from geo.ingest.undo import Undoing
from geo.store import history
from geo.store.survey_tables import survey_answer
from geo.store.tables import building_group, community
from geo.survey.answers import equal
from geo.survey.difference import Item
from geo.survey.progress import Answered, difference
from geo.survey.sending import find
from geo.survey.taking import shared
from geo.survey.writing import change_modes, change_units, contracts_cut

_LOCK: Final = text("SELECT pg_advisory_xact_lock(hashtext(one)) FROM unnest(CAST(:keys AS text[])) one")
_MOST_NAMED: Final = 3


@dataclass(frozen=True, slots=True)
class Tick:
    """One field that shall be written, with the values that the person was shown: of today, and the new one."""

    unit: str
    field: str
    old: Any
    new: Any


@dataclass(frozen=True, slots=True)
class Confirmed:
    """What was written."""

    change_set: int
    fields: int
    units: int


def confirm(
    db: Session,
    number: int,
    ticks: Sequence[Tick],
    *,
    day: date,
    from_date: date,
    reason: str | None = None,
    shorten: bool = False,
) -> Confirmed:
    """Write what was ticked, as a change from `from_date` on; `day` is the day whose values were shown.

    `reason` stays with the change set and goes into the audit. A new mode of service ends the contract that runs on
    `from_date`, also one that is over by `day`: only where `shorten` says to know that, Conflict names them otherwise.

    Raises Stale (naming what looks different by now) and then writes nothing, BadInput for what cannot be written or a
    date on which a unit is not there, NotFound for a survey outside the area.
    """
    if not ticks:
        raise BadInput("nothing is ticked", field="items")
    found = find(db, number)
    db.execute(select(func.pg_advisory_xact_lock(func.hashtext(f"survey {number}"))))
    tables = {one.unit: building_group if one.unit[12:13] == "S" else community for one in ticks}
    # As the form of one unit does, in one order, so that no two wait for each other.
    db.execute(_LOCK, {"keys": sorted({f"{table.name} {unit}" for unit, table in tables.items()})})
    by_unit = {one.unit: one for one in difference(db, number, day)}
    items = _checked(ticks, by_unit)
    _refuse_wrong_date([by_unit[unit] for unit in tables], day, from_date)
    modes = {tick.unit: item.came for tick, item in items if item.field == "mode"}
    if not shorten:
        _refuse_shortening(db, list(modes), from_date)
    area = shared(sorted(tables))
    if not area.startswith(db.info["scope"].areas):
        raise BadInput("what is ticked lies in several of your areas: confirm it area by area", field="items")
    source = _source(number, found["title"], [by_unit[unit] for unit in sorted(tables)])
    by = history.open_change_set(db, "change", area, f"survey {number}", source=source, reason=reason or None)
    stamp = db.execute(select(func.clock_timestamp())).scalar_one()
    for table in (community, building_group):
        picked: dict[str, dict[str, Any]] = {}
        for tick, item in items:
            if tables[tick.unit] is table and item.field != "mode":
                picked.setdefault(tick.unit, {})[item.field] = item.came
        if picked:
            change_units(db, table, picked, from_date, stamp, by)
    if modes:
        change_modes(db, modes, from_date, stamp, by, source, until=day)
    _settle(db, number, items, by)
    return Confirmed(by, len(items), len(tables))


def _checked(ticks: Sequence[Tick], by_unit: dict[str, Answered]) -> list[tuple[Tick, Item]]:
    found, stale = [], []
    for tick in ticks:
        unit = by_unit.get(tick.unit)
        item = next((one for one in unit.items if one.field == tick.field), None) if unit else None
        if unit is None or item is None or not equal(item.now, tick.old) or not equal(item.came, tick.new):
            stale.append(
                {"unit": tick.unit, "field": tick.field, "now": item and item.now, "came": item and item.came}
            )
        elif not unit.writable(item):
            raise BadInput(f"{tick.field} of {tick.unit} cannot be written: it is {item.kind}", field="items")
        else:
            found.append((tick, item))
    if stale:
        raise Stale(f"{len(stale)} values look different by now", extra={"items": stale[:100]})
    if len({(tick.unit, tick.field) for tick in ticks}) < len(ticks):
        raise BadInput("one field of one unit is ticked twice", field="items")
    return found


def _refuse_wrong_date(units: Sequence[Answered], day: date, from_date: date) -> None:
    if from_date > day:
        raise BadInput(f"a survey tells what was seen: nothing from after {day}", field="from_date")
    late = [one for one in units if one.since is not None and one.since > from_date]
    if late:
        first = late[0]
        message = f"{first.name} {first.unit} as shown begins on {first.since}: choose no earlier day"
        raise BadInput(message, field="from_date", extra={"units": [one.unit for one in late[:100]]})


def _refuse_shortening(db: Session, units: Sequence[str], at: date) -> None:
    """Name the contracts that would end, so that a person can say whether they did."""
    cut = contracts_cut(db, units, at) if units else []
    if not cut:
        return
    first = cut[0]
    until = first["ends"].isoformat() if first["ends"] else "—"
    raise Conflict(
        f"this would shorten contracts that run: {first['name']}, {first['unit']} with {first['firm']} until {until}"
        f" would end on {at}; confirm it with that in mind",
        extra={
            "contracts": [
                {**one, "begins": one["begins"] and str(one["begins"]), "ends": one["ends"] and str(one["ends"]),
                 "would_end": str(at)}
                for one in cut[:100]
            ],
            "count": len(cut),
        },
    )  # fmt: skip


def _source(number: int, title: str, units: Sequence[Answered]) -> str:
    """Return where the values come from, as every field's form will say."""
    names = list(dict.fromkeys(one.surveyor for one in units if one.surveyor))
    days = sorted({one.surveyed_on for one in units if one.surveyed_on})
    who = "、".join(names[:_MOST_NAMED]) + (f"等 {len(names)} 人" if len(names) > _MOST_NAMED else "")
    when = " 至 ".join(dict.fromkeys(day.isoformat() for day in (days[:1] + days[-1:])))
    return "，".join(part for part in (f"{title} 第 {number} 号", who, when) if part)


def _settle(db: Session, number: int, items: Sequence[tuple[Tick, Item]], by: int) -> None:
    """Note which answers stand in the records; a value that was left as it went out becomes an answer by it."""
    rows = [
        {"survey": number, "unit": tick.unit, "field": item.field, "text": item.text, "came": item.came, "reads": True,
         "doubt": item.doubt, "place": item.place, "settled": by}
        for tick, item in items
    ]  # fmt: skip
    made = postgresql.insert(survey_answer).values(rows)
    keys = [survey_answer.c.survey, survey_answer.c.unit, survey_answer.c.field]
    db.execute(made.on_conflict_do_update(index_elements=keys, set_={"settled": made.excluded.settled}))


_FIND: Final = text(
    "SELECT id, area, kind, subject, source, undone_by FROM change_set WHERE id = :id FOR UPDATE"
)
_TABLES: Final = ("community", "building_group", "service_period")


def undo(db: Session, number: int, confirmed: int) -> int:
    """Take a confirmation back as a whole; its answers are open again. Returns the undo's change set.

    Raises NotFound for a change set that is none of this survey's in the asker's area, Conflict where it is undone
    already or somebody changed one of its units since.
    """
    find(db, number)
    found = db.execute(_FIND, {"id": confirmed}).one_or_none()
    if found is None or (found.kind, found.subject) != ("change", f"survey {number}"):
        raise NotFound(f"no such confirmation of survey {number} in your area")
    if found.undone_by is not None:
        raise Conflict("this confirmation is undone already", extra={"undone_by": found.undone_by})
    parts = [Undoing(db, table, confirmed) for table in _TABLES]
    parts[0].lock(found.area)
    by = parts[0].open(found.area, found.subject, found.source)
    for part in parts:
        part.check()
        part.restore(by)
    parts[0].mark(by)
    return by
