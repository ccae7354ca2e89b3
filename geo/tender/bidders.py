"""Who may bid (投标资格), by the district's settings: credit grade, bars, registration, interests, capacity.

Pure: plain values in, reasons out. Practice: Chizhou bars grade D for three years and gives A a bonus; bids of firms
under one control do not count for one package (招标投标法实施条例 34); a tender with fewer than three bidders who pass
fails (财政部令第87号 43). Asking for a local registration is against fair competition (公平竞争审查条例), so it is off
unless a district sets it. Money is whole fen, points are decimals.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from geo.tender.award_words import Reason, reason
from geo.tender.modes import Grade

Points = Annotated[Decimal, Field(ge=0, le=100, decimal_places=4)]
_PREFIX = {"city": 4, "district": 6}


class BidderRules(BaseModel):
    """What a district asks of bidders, and how it weighs their credit (区级设置)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    least_bidders: int = Field(3, ge=1, le=50)
    """Eligible bidders a package needs; under it the package fails (流标)."""
    barred_grades: Annotated[tuple[Grade, ...], Field(max_length=4)] = ("D",)
    barred_years: int = Field(3, ge=0, le=30)
    """For so long after its grading a firm of a barred grade may not bid."""
    bonus: dict[Grade, Points] = {"A": Decimal(2)}
    """Points added to every score of a firm of a grade (信用加分)."""
    grade_needed: bool = False
    """A firm without a grade may not bid."""
    max_packages: int | None = Field(None, ge=1, le=10_000)
    """Packages that one firm may win in a round."""
    registered_in: Literal["anywhere", "city", "district"] = "anywhere"
    related_excluded: bool = True
    """Bids of related firms for one package count for none of them."""


@dataclass(frozen=True, slots=True)
class Bidder:
    """A firm as it stands on the day of the award; None is unknown, or no limit where it is a limit."""

    code: str
    name: str
    grade: Grade | None = None
    graded_on: date | None = None
    barred_until: date | None = None
    """First day on which it may bid again."""
    region: str | None = None
    """Region code (12 digits) of its registration."""
    capacity: int | None = None
    """Households that it can serve in all."""
    serving: int = 0
    """Households that it serves already."""
    won: int = 0
    """Households that it has won and does not serve yet: no contract so far, or one that begins later."""
    max_packages: int | None = None
    """Packages that it says it can take in this round."""
    related: frozenset[str] = field(default=frozenset())
    """Codes of firms that it controls or is controlled with."""
    conflicts: frozenset[str] = field(default=frozenset())
    """Codes of packages or service units in which it has an interest."""

    @property
    def free(self) -> int | None:
        """Households that it can still take; None: no limit."""
        return None if self.capacity is None else max(0, self.capacity - self.serving - self.won)


@dataclass(frozen=True, slots=True)
class Let:
    """A package (标包) as it is let: households None is unknown, `ceiling` is the highest price in fen."""

    code: str
    name: str
    households: int | None
    units: tuple[str, ...] = ()
    ceiling: int | None = None


@dataclass(frozen=True, slots=True)
class Bid:
    """A bid for a package: price in fen, points as the committee gave them, before any bonus."""

    package: str
    firm: str
    price: int
    score: Decimal


def points(bid: Bid, bidder: Bidder, rules: BidderRules) -> Decimal:
    """Return the points that count: the committee's and the bonus of the firm's grade.

    >>> points(Bid("P01", "F1", 100, Decimal("88.5")), Bidder("F1", "甲", "A"), BidderRules())
    Decimal('90.5')
    """
    return bid.score + (rules.bonus.get(bidder.grade, Decimal(0)) if bidder.grade else Decimal(0))


def cap_of(bidder: Bidder, rules: BidderRules) -> int | None:
    """Return how many packages a firm may win: the district's cap or its own, the lower one; None: no cap."""
    caps = [cap for cap in (bidder.max_packages, rules.max_packages) if cap is not None]
    return min(caps, default=None)


def standing(bidder: Bidder, rules: BidderRules, area: str, day: date) -> tuple[Reason, ...]:
    """Return why a firm may bid for nothing in a region (12 digits) on a day; empty: it may.

    >>> barred = Bidder("F1", "甲", "D", graded_on=date(2024, 5, 1))
    >>> standing(barred, BidderRules(), "990101000000", date(2026, 11, 1))[0].figures["until"]
    '2027-05-01'
    >>> standing(barred, BidderRules(), "990101000000", date(2027, 5, 1))
    ()
    """
    return (*_by_grade(bidder, rules, day), *_by_bar(bidder, day), *_by_region(bidder, rules, area))


def objections(
    bid: Bid, bidder: Bidder, package: Let, rules: BidderRules, others: Sequence[Bid]
) -> tuple[Reason, ...]:
    """Return why a bid does not count for its package; `others` are all bids for that package."""
    found = [*_by_interest(bidder, package), *_by_capacity(bidder, package)]
    if rules.related_excluded and (
        kin := sorted({each.firm for each in others} & bidder.related - {bidder.code})
    ):
        found.append(reason("related", firms=tuple(kin)))
    if package.ceiling is not None and bid.price > package.ceiling:
        over = bid.price - package.ceiling
        found.append(reason("over_ceiling", price_fen=bid.price, ceiling_fen=package.ceiling, by_fen=over))
    return tuple(found)


def _by_grade(bidder: Bidder, rules: BidderRules, day: date) -> Iterator[Reason]:
    if bidder.grade is None:
        if rules.grade_needed:
            yield reason("grade_unknown")
    elif bidder.grade in rules.barred_grades:
        if bidder.graded_on is None:
            yield reason("grade_barred_undated", grade=bidder.grade)
        elif day < (until := _years_on(bidder.graded_on, rules.barred_years)):
            since = bidder.graded_on.isoformat()
            years = rules.barred_years
            yield reason(
                "grade_barred", grade=bidder.grade, since=since, years=years, until=until.isoformat()
            )


def _by_bar(bidder: Bidder, day: date) -> Iterator[Reason]:
    if bidder.barred_until is not None and day < bidder.barred_until:
        yield reason("barred", until=bidder.barred_until.isoformat())


def _by_region(bidder: Bidder, rules: BidderRules, area: str) -> Iterator[Reason]:
    if rules.registered_in == "anywhere":
        return
    within = area[: _PREFIX[rules.registered_in]]
    if bidder.region is None:
        yield reason("region_unknown", within=within)
    elif not bidder.region.startswith(within):
        yield reason("not_registered", region=bidder.region, within=within)


def _by_interest(bidder: Bidder, package: Let) -> Iterator[Reason]:
    if held := sorted(bidder.conflicts & {package.code, *package.units}):
        yield reason("conflict", with_=tuple(held))


def _by_capacity(bidder: Bidder, package: Let) -> Iterator[Reason]:
    free = bidder.free
    if free is None:
        return
    if package.households is None:
        yield reason("size_unknown", free=free)
    elif package.households > free:
        figures = {
            "households": package.households,
            "free": free,
            "serving": bidder.serving,
            "won": bidder.won,
        }
        yield reason("capacity_alone", capacity=bidder.capacity, **figures)


def _years_on(day: date, years: int) -> date:
    """The same day so many years later; 29 February becomes 1 March."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return date(day.year + years, 3, 1)
