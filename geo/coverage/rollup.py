"""Coverage (覆盖率) rolled up to any level: served ÷ known, on a stated basis and date, unknown parts beside."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from sqlalchemy import Row
from sqlalchemy.orm import Session

from geo.boundaries.layers import Moment
from geo.errors import BadInput
from geo.store.sql import query


class Basis(StrEnum):
    """What is counted (口径)."""

    COUNT = "count"
    HOUSEHOLDS = "households"
    FLOOR_AREA = "floor_area"


class Level(StrEnum):
    """Where the counts are gathered (层级)."""

    CITY = "city"
    DISTRICT = "district"
    SUBDISTRICT = "subdistrict"
    NEIGHBOURHOOD = "neighbourhood"
    GRID = "grid"
    COMMUNITY = "community"


BASIS_TEXT = {
    (Basis.COUNT, False): ("按小区数", "by number of communities"),
    (Basis.COUNT, True): ("按小区与单体楼数", "by number of communities and stand-alone buildings"),
    (Basis.HOUSEHOLDS, False): ("按户数（小区）", "by households in communities"),
    (Basis.HOUSEHOLDS, True): (
        "按户数（小区与单体楼）",
        "by households in communities and stand-alone buildings",
    ),
    (Basis.FLOOR_AREA, False): ("按建筑面积（小区）", "by floor area (m²) of communities"),
    (Basis.FLOOR_AREA, True): (
        "按建筑面积（小区与单体楼）",
        "by floor area (m²) of communities and stand-alone buildings",
    ),
}
"""The basis spelled out, Chinese and English; every figure carries it."""


@dataclass(frozen=True, slots=True)
class Question:
    """What coverage is asked for: where (a region's prefix), on which basis, with stand-alone buildings or not."""

    prefix: str
    basis: Basis
    standalone: bool

    def bind(self) -> dict[str, object]:
        """Return the bound values."""
        return {"prefix": self.prefix, "basis": self.basis.value, "standalone": self.standalone}


@dataclass(frozen=True, slots=True)
class Figure:
    """One coverage figure.

    `denominator` holds what is known to be served or not; `unknown` counts the units beside it whose service or
    measure nobody knows. `share` = numerator ÷ denominator, None when the denominator is 0.
    """

    numerator: float
    denominator: float
    unknown: int

    @property
    def share(self) -> float | None:
        """The share served of what is known, recomputed from its parts."""
        return self.numerator / self.denominator if self.denominator else None

    def as_json(self) -> dict[str, object]:
        """Return the plain members, whole numbers without a fraction."""
        return {
            "numerator": _plain(self.numerator),
            "denominator": _plain(self.denominator),
            "unknown": self.unknown,
            "share": self.share,
        }


_STATEMENT = {Level.GRID: "rollup_grid", Level.COMMUNITY: "rollup_community"}


def coverage(db: Session, question: Question, level: Level, moment: Moment) -> dict[str, Any]:
    """Return `{rows: [{code, name, numerator, denominator, unknown, share}], total: {…}}`.

    At grid level a row with `code` null gathers what lies in no grid (a fault, listed by the grid checks).
    """
    name = _STATEMENT.get(level, "rollup")
    values = {**question.bind(), **moment.bind(), "level": level.value}
    if name != "rollup":
        values.pop("level")
    found: Sequence[Row[Any]] = db.execute(query("geo.coverage", name), values).all()
    rows = [{"code": r.code, "name": r.name, **_figure(r).as_json()} for r in found if not r.is_total]
    total = next(_figure(r) for r in found if r.is_total)
    return {"rows": rows, "total": total.as_json()}


_DIGITS = {Level.CITY: 4, Level.DISTRICT: 6, Level.SUBDISTRICT: 9, Level.NEIGHBOURHOOD: 12}


def monthly(
    db: Session, question: Question, first: date, last: date, moment: Moment, level: Level | None = None
) -> list[dict[str, Any]]:
    """Return coverage on the first of every month from `first` to `last`: of the whole area, or of a level's regions.

    Each row has its date and, with a level, the region's code. Raises BadInput for more than twenty years, for dates
    in the wrong order, and for a level below the neighbourhood.
    """
    if last < first:
        raise BadInput("the last date lies before the first", field="to")
    if (last.year - first.year) * 12 + last.month - first.month > 240:
        raise BadInput("at most twenty years at a time", field="from")
    if level is not None and level not in _DIGITS:
        raise BadInput("a series is given for regions, not for grids or communities", field="level")
    digits = _DIGITS[level] if level else 0
    values = {
        **question.bind(), "first": first, "last": last, "known_at": moment.bind()["known_at"], "digits": digits
    }  # fmt: skip
    found = db.execute(query("geo.coverage", "series"), values).all()
    return [
        {
            "date": r.date.isoformat(),
            **({"code": r.region.ljust(12, "0")} if level else {}),
            **_figure(r).as_json(),
        }
        for r in found
        if r.region or not level
    ]


def _figure(row: Row[Any]) -> Figure:
    return Figure(float(row.numerator), float(row.denominator), int(row.unknown))


def _plain(value: float) -> int | float:
    rounded = round(value, 6)
    return int(rounded) if rounded.is_integer() else rounded
