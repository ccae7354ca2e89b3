"""A survey begun (发出摸底): which units are asked, what of each, and the values that go out, kept as the base."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, Final, Literal, get_args

from sqlalchemy import delete, exists, func, insert, select
from sqlalchemy.orm import Session

from geo.boundaries.codes import region_prefix
from geo.errors import BadInput, Conflict, NotFound
from geo.people import trail
from geo.store.sql import query
from geo.store.survey_tables import survey, survey_return
from geo.survey.fields import DEFAULT, chosen

Chosen = Literal["all", "old", "three_no", "gaps", "never"]
"""Which communities: all, old (老旧), three-no (三无), those with something unknown, those never surveyed."""
Layout = Literal["one", "each"]
"""One sheet of all, or one per neighbourhood."""
CHOSEN: Final[tuple[str, ...]] = get_args(Chosen)
LAYOUTS: Final[tuple[str, ...]] = get_args(Layout)
MOST_UNITS: Final = 5_000
"""Units of one survey: a sheet that people can still fill in, and one answer that a page can still show."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a survey shall be: `area` a region's code; `as_of` the date whose values go out."""

    area: str
    as_of: date
    title: str = ""
    chosen: Chosen = "all"
    standalone: bool = False
    fields: tuple[str, ...] = DEFAULT
    layout: Layout = "each"
    due: date | None = None
    """Until when it should come back; after that day it is overdue."""


def send(db: Session, wanted: Wanted) -> int:
    """Begin a survey; returns its number.

    Raises BadInput where it would ask nothing, nobody, or more than MOST_UNITS, or of a district that is not
    wholly the asker's.
    """
    names = [one.name for one in chosen(wanted.fields)]
    if wanted.due is not None and wanted.due < wanted.as_of:
        raise BadInput(f"a survey as of {wanted.as_of} cannot come back before it", field="due")
    row = insert(survey).values(
        area=wanted.area, title=wanted.title.strip() or "三防摸底", as_of=wanted.as_of, chosen=wanted.chosen,
        standalone=wanted.standalone, fields=names, layout=wanted.layout, due=wanted.due,
    )  # fmt: skip
    number = int(db.execute(row.returning(survey.c.id)).scalar_one())
    asked = {"survey": number, "as_of": wanted.as_of, "prefix": region_prefix(wanted.area), "fields": names}
    how = {"chosen": wanted.chosen, "standalone": wanted.standalone}
    units = len(db.execute(query("geo.survey", "send"), {**asked, **how}).all())
    if not units:
        raise BadInput("no community here is of that choice", field="chosen")
    if units > MOST_UNITS:
        raise BadInput(
            f"{units} units; a survey asks at most {MOST_UNITS}: send it area by area", field="area"
        )
    detail = {"units": units, "fields": names, "as_of": wanted.as_of.isoformat()}
    trail.record(db, "survey.sent", f"survey {number}", area=region_prefix(wanted.area), detail=detail)
    return number


def surveys(db: Session) -> list[dict[str, Any]]:
    """Return the surveys of the asker's area, newest first."""
    return [dict(row._mapping) for row in db.execute(query("geo.survey", "surveys"), {"number": None})]


def find(db: Session, number: int) -> dict[str, Any]:
    """Return one survey. Raises NotFound."""
    row = db.execute(query("geo.survey", "surveys"), {"number": number}).one_or_none()
    if row is None:
        raise NotFound(f"no survey {number} in your area", field="survey")
    return dict(row._mapping)


def key_of(db: Session, number: int) -> str | None:
    """Return what its own sheets carry beside its number; None for a survey that is not in the asker's area."""
    return db.scalar(select(survey.c.key).where(survey.c.id == number))


def withdraw(db: Session, number: int) -> None:
    """Take a survey back that nobody has answered. Raises NotFound, Conflict."""
    found = find(db, number)
    db.execute(select(func.pg_advisory_xact_lock(func.hashtext(f"survey {number}"))))
    if db.scalar(select(exists().where(survey_return.c.survey == number))):
        raise Conflict("somebody has answered this survey: it stays")
    if not db.execute(delete(survey).where(survey.c.id == number).returning(survey.c.id)).all():
        raise Conflict("this survey goes beyond your area: it is not yours to withdraw")
    trail.record(db, "survey.withdrawn", f"survey {number}", area=region_prefix(found["area"]))
