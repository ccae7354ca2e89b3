"""Coverage (覆盖率), the units behind it, and the totals of an area."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from api.answers import feature_collection
from api.deps import BUSINESS, AsOf, Db, KnownAt, Region, Settings, allow, parse_date
from geo.boundaries.codes import region_prefix
from geo.boundaries.layers import Moment
from geo.coverage.rollup import BASIS_TEXT, Basis, Level, Question, coverage, monthly
from geo.coverage.units import Which, list_units, summary

router = APIRouter(tags=["coverage"])


@router.get("/api/coverage", dependencies=[allow(*BUSINESS)])
def read_coverage(
    db: Db,
    as_of: AsOf,
    known_at: KnownAt,
    region: Region,
    level: Level | None = None,
    basis: Basis = Basis.COUNT,
    standalone: bool = False,
    first: Annotated[str | None, Query(alias="from", examples=["2023-11-01"])] = None,
    last: Annotated[str | None, Query(alias="to", examples=["2026-11-01"])] = None,
) -> dict[str, Any]:
    """Coverage by level (sub-district unless asked otherwise) on a date.

    With `from` and `to`: on the first of every month between them, of the whole area or, with a level, of its regions.
    """
    question = Question(region_prefix(region) if region else "", basis, standalone)
    moment = Moment(as_of, known_at)
    zh, en = BASIS_TEXT[basis, standalone]
    head = {"basis": basis, "basis_text": {"zh": zh, "en": en}, "standalone": standalone}
    if first or last:
        begin = parse_date(first, "from") if first else as_of
        end = parse_date(last, "to") if last else as_of
        return {"level": level, **head, "series": monthly(db, question, begin, end, moment, level)}
    level = level or Level.SUBDISTRICT
    return {"as_of": as_of, "level": level, **head, **coverage(db, question, level, moment)}


def _units(
    request: Request,
    db: Db,
    moment: Moment,
    region: str | None,
    which: Which,
    standalone: bool,
    settings: Settings,
) -> Response:
    prefix = region_prefix(region) if region else ""
    page = list_units(db, which, prefix, moment, standalone=standalone, ending_days=settings.ending_days)
    return feature_collection(request, page)


@router.get("/api/coverage/unserved", dependencies=[allow(*BUSINESS)])
def read_unserved(
    request: Request,
    db: Db,
    as_of: AsOf,
    known_at: KnownAt,
    region: Region,
    settings: Settings,
    standalone: bool = True,
) -> Response:
    """Units known to be unserved (未覆盖), as inner points with their households."""
    return _units(request, db, Moment(as_of, known_at), region, Which.UNSERVED, standalone, settings)


@router.get("/api/coverage/rebounds", dependencies=[allow(*BUSINESS)])
def read_rebounds(
    request: Request,
    db: Db,
    as_of: AsOf,
    known_at: KnownAt,
    region: Region,
    settings: Settings,
    standalone: bool = True,
) -> Response:
    """Units served once and unserved now (反弹)."""
    return _units(request, db, Moment(as_of, known_at), region, Which.REBOUNDS, standalone, settings)


@router.get("/api/coverage/pool", dependencies=[allow(*BUSINESS)])
def read_pool(
    request: Request,
    db: Db,
    as_of: AsOf,
    known_at: KnownAt,
    region: Region,
    settings: Settings,
    standalone: bool = False,
) -> Response:
    """The pool for tender (待招标池), with shapes; stand-alone buildings on request."""
    return _units(request, db, Moment(as_of, known_at), region, Which.POOL, standalone, settings)


@router.get("/api/summary", dependencies=[allow(*BUSINESS)])
def read_summary(
    db: Db, as_of: AsOf, known_at: KnownAt, region: Region, settings: Settings
) -> dict[str, Any]:
    """The totals of an area on a date."""
    prefix = region_prefix(region) if region else ""
    totals = summary(db, prefix, Moment(as_of, known_at), ending_days=settings.ending_days)
    return {"as_of": as_of, "ending_days": settings.ending_days, **totals}
