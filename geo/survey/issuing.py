"""The sheets of a survey (下发摸底表), written from what went out: today's or next year's copy is the same."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from sqlalchemy.orm import Session

from geo.boundaries.codes import region_prefix
from geo.errors import NotFound
from geo.people import trail
from geo.store.sql import query
from geo.survey.sending import find, key_of
from geo.survey.sheet import Survey, Unit, write_book, write_books

Parcel = Literal["xlsx", "zip"]
"""One workbook, or a zip of one for each neighbourhood."""


def write_sheets(
    db: Session, number: int, path: Path, *, neighbourhood: str | None = None, parcel: Parcel = "xlsx"
) -> str:
    """Write the sheets of a survey, of one neighbourhood where it is named, and one row into the audit.

    Returns a name for the file, without its ending. Raises NotFound for a survey or a neighbourhood of it that is not
    in the asker's area, OSError where the file cannot be written.
    """
    found = find(db, number)
    units = _units(db, number, neighbourhood)
    if not units:
        raise NotFound(f"survey {number} asks nobody there", field="neighbourhood")
    survey = Survey(
        number, found["title"], found["area_name"] or found["area"], found["as_of"], found["known_at"],
        key_of(db, number) or "", tuple(found["fields"]),
    )  # fmt: skip
    detail: dict[str, Any] = {"rows": len(units), "format": parcel, "neighbourhood": neighbourhood}
    trail.record(db, "export", f"survey {number}", area=_area(found, neighbourhood), detail=detail)
    path.open("wb").close()
    if parcel == "zip":
        write_books(survey, units, path)
    else:
        write_book(survey, units, path, each=found["layout"] == "each")
    place = units[0].about.get("neighbourhood") if neighbourhood else survey.area_name
    return f"{survey.title}-{number}-{place or neighbourhood}"


def _area(found: dict[str, Any], neighbourhood: str | None) -> str:
    return neighbourhood or region_prefix(found["area"])


def _units(db: Session, number: int, neighbourhood: str | None) -> list[Unit]:
    rows = db.execute(query("geo.survey", "units"), {"survey": number, "neighbourhood": neighbourhood})
    return [Unit(row.unit, row.unit_kind, row.neighbourhood, row.name, row.about, row.sent) for row in rows]
