"""A sheet that came back (收回摸底表), into the store: who surveyed, and what differs from what went out."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from geo.boundaries.codes import region_prefix
from geo.errors import BadInput, NotFound
from geo.ingest.formats import inspect
from geo.ingest.reading import own_folder, run_child
from geo.people import trail
from geo.store.engine import Scope
from geo.store.sql import query
from geo.store.survey_tables import survey_return, survey_unit
from geo.survey.answers import answer, equal, said
from geo.survey.fields import ASKED, applies, chosen
from geo.survey.rows import Filled, Known, Row, marks_of, rows_of
from geo.survey.sending import find, key_of
from geo.survey.sheet import OUTCOMES

MOST_FILES: Final = 60
MOST_STRAYS: Final = 500
"""Rows of a report that are listed one by one; the rest is counted."""


@dataclass(frozen=True, slots=True)
class Book:
    """A workbook as read: its file's name, its SHA-256, its sheets."""

    name: str
    sha256: str
    content: Mapping[str, Any]

    @property
    def survey(self) -> int | None:
        """The number of the survey that it says it belongs to."""
        marks = marks_of(self.content)
        return marks.survey if marks else None


def read_books(files: Sequence[tuple[Path, str]]) -> list[Book]:
    """Read workbooks (path, name) in one child. Raises BadInput naming the file, TooLarge."""
    if not 1 <= len(files) <= MOST_FILES:
        raise BadInput(f"send one file at least and {MOST_FILES} at most", field="file")
    wanted = []
    for path, name in files:
        format_ = inspect(path, name)
        if format_ not in ("xlsx", "csv"):
            raise BadInput(f"{name}: a survey comes back as .xlsx (or .csv), not {format_}", field="file")
        wanted.append({"path": str(path.resolve()), "name": name, "format": format_})
    with own_folder() as folder:
        run_child("survey", folder, {"files": wanted}, only=None)
        contents = json.loads((folder / "books.json").read_text("utf-8"))
    return [Book(name, _sha256(path), content) for (path, name), content in zip(files, contents, strict=True)]


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def take(db: Session, number: int, books: Sequence[Book], *, day: date) -> list[dict[str, Any]]:
    """Take workbooks into a survey; returns a report for each. Nothing of the records changes.

    `day` is when a row was surveyed whose sheet names no day: the business date.

    A file that was taken before changes nothing. Raises NotFound for a survey outside the area, BadInput for a file
    of another survey.
    """
    found = find(db, number)
    db.execute(select(func.pg_advisory_xact_lock(func.hashtext(f"survey {number}"))))
    return [_take_one(db, found, book, day) for book in books]


def _take_one(db: Session, found: Mapping[str, Any], book: Book, day: date) -> dict[str, Any]:
    number = found["id"]
    _refuse_foreign(db, number, book)
    before = select(survey_return.c.id, survey_return.c.report).where(
        survey_return.c.survey == number, survey_return.c.sha256 == book.sha256
    )
    units = _units(db, number)
    filled = rows_of(
        book.content, chosen(found["fields"]), {code: known for code, (known, _) in units.items()}
    )
    for again in db.execute(before.order_by(survey_return.c.id.desc())):
        # Whoever answers for less ground took fewer of its rows: the rest is still to be taken.
        if again.report["rows"] >= len(filled.rows):
            return {**again.report, "id": again.id, "name": book.name, "again": True, "new": 0}
    taken = _store(db, number, filled, {code: sent for code, (_, sent) in units.items()}, day)
    report = {
        "rows": len(filled.rows), **taken, "strays": [asdict(one) for one in filled.strays[:MOST_STRAYS]],
        "left_out": max(0, len(filled.strays) - MOST_STRAYS), "marked": book.survey is not None,
    }  # fmt: skip
    area = _area(db, found, filled.rows)
    row = {"survey": number, "area": area, "name": book.name, "sha256": book.sha256, "report": report}
    made = db.execute(insert(survey_return).values(row).returning(survey_return.c.id)).scalar_one()
    detail = {"file": book.name, "rows": len(filled.rows), "sha256": book.sha256}
    trail.record(db, "survey.returned", f"survey {number}", area=area, detail=detail)
    return {**report, "id": made, "name": book.name, "again": False}


def _refuse_foreign(db: Session, number: int, book: Book) -> None:
    marks = marks_of(book.content)
    if marks is None:
        return  # saved without its hidden sheet: the base is in the store all the same
    if marks.survey != number:
        raise BadInput(
            f"{book.name} belongs to survey {marks.survey}", field="file", extra={"survey": marks.survey}
        )
    if marks.key != key_of(db, number):
        raise BadInput(f"{book.name} was sent out by another installation", field="file")


def _units(db: Session, number: int) -> dict[str, tuple[Known, dict[str, Any]]]:
    one = survey_unit.c
    rows = db.execute(select(one.unit, one.name, one.unit_kind, one.sent).where(one.survey == number))
    return {row.unit: (Known(row.name, row.unit_kind), row.sent) for row in rows}


def _store(
    db: Session, number: int, filled: Filled, sent: Mapping[str, Mapping[str, Any]], day: date
) -> dict[str, int]:
    answers = [one for row in filled.rows for one in _answers(row, sent[row.unit])]
    differing = {one["unit"] for one in answers if one["differs"]}
    rows = [_unit(row, row.unit in differing, day) for row in filled.rows]
    db.execute(query("geo.survey", "take_units"), {"survey": number, "rows": json.dumps(rows)})
    told = {"survey": number, "answers": json.dumps(answers)}
    db.execute(query("geo.survey", "forget_answers"), told)
    new = db.execute(query("geo.survey", "take_answers"), told).all()
    return {
        "done": sum(row["outcome"] == "done" for row in rows),
        "unreachable": sum(row["outcome"] == "unreachable" for row in rows),
        "answers": sum(one["differs"] for one in answers),
        "unreadable": sum(not one["reads"] for one in answers),
        "new": len(new),
    }


def _answers(row: Row, sent: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What differs; of a row that says it was looked at also what does not: only that takes an earlier answer back."""
    looked_at = OUTCOMES.get(row.outcome or "") == "done"
    made = [
        {
            "unit": row.unit, "field": name, "text": one.text, "came": one.came, "reads": one.reads,
            "doubt": one.doubt, "place": row.places[name],
            "differs": not one.reads or not equal(one.came, sent[name]),
        }
        for name, one in row.answers.items() if name in sent
    ]  # fmt: skip
    return [one for one in made if looked_at or one["differs"]]


def _unit(row: Row, differs: bool, day: date) -> dict[str, Any]:
    """A row counts as surveyed where it says so, or where something was filled in."""
    told = OUTCOMES.get(row.outcome or "", None)
    outcome = told if told is not None else "done" if differs else ""
    signed = bool(outcome or row.note)
    return {
        "unit": row.unit, "outcome": outcome or None, "surveyor": row.surveyor if signed else None,
        "surveyed_on": row.day.isoformat() if row.day and signed else None,
        "otherwise": day.isoformat() if signed else None, "contact": row.contact, "phone": row.phone,
        "note": row.note,
    }  # fmt: skip


def _area(db: Session, found: Mapping[str, Any], rows: Sequence[Row]) -> str:
    """Return what the rows share, the asker's part of it where they share more; without rows, of the survey's area."""
    scope: Scope = db.info["scope"]
    whole = shared([row.unit for row in rows]) if rows else region_prefix(found["area"])
    own = next((one for one in scope.areas if one.startswith(whole) or whole.startswith(one)), whole)
    return max(own, whole, key=len)


def shared(codes: Sequence[str]) -> str:
    """Return the longest region prefix of codes: of sorted texts, the first and the last decide.

    >>> shared(["990101001001C001", "990101001002C001"])
    '990101001'
    """
    first, last = min(codes)[:12], max(codes)[:12]
    return next((first[:length] for length in (12, 9, 6, 4, 2) if first[:length] == last[:length]), "")


def settle(db: Session, number: int, unit: str, field: str, text: str) -> None:
    """Say what an answer means, as a person typed it. Raises NotFound, BadInput where it is no value."""
    row = db.execute(
        select(survey_unit.c.sent, survey_unit.c.unit_kind).where(
            survey_unit.c.survey == number, survey_unit.c.unit == unit
        )
    ).one_or_none()
    if row is None or field not in row.sent or not applies(ASKED[field], row.unit_kind):
        raise NotFound(f"survey {number} asks no {field} of {unit}", field="field")
    told = answer(ASKED[field], text)
    if not told.reads:
        raise BadInput(f"{said(text)!r} is no value of {ASKED[field].field.header}", field="text")
    one = {
        "unit": unit, "field": field, "text": told.text, "came": told.came, "reads": True, "doubt": None, "place": "",
        "differs": not equal(told.came, row.sent[field]),
    }  # fmt: skip
    values = {"survey": number, "answers": json.dumps([one])}
    db.execute(query("geo.survey", "forget_answers"), values)
    db.execute(query("geo.survey", "take_answers"), values)
