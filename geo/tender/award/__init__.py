"""The award (授标): given bids, the best lawful one, with a true reason for each bid that lost or package that failed.

Best is the most points in all; among those the most packages let, then the lowest prices, then the bid received first.
Lawful is: bids of firms in good standing only, enough of them for a package, caps and capacities of firms, the budget.
The points of an award are its proven optimum (`proven`); otherwise `bound` says what no award can pass.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from geo.errors import BadInput
from geo.tender.award.concentration import Concentration, concentration
from geo.tender.award.programme import NODES, Candidate, Programme
from geo.tender.award.reasons import SCALE, Explainer, Names, as_points
from geo.tender.award_words import Reason, reason
from geo.tender.bidders import Bid, Bidder, BidderRules, Let, cap_of, objections, points, standing

__all__ = ["Award", "Concentration", "Failed", "Lost", "Reason", "Win", "award", "concentration", "reason"]


@dataclass(frozen=True, slots=True)
class Win:
    """A package, the firm it goes to, the price in fen and the points with the credit bonus."""

    package: str
    firm: str
    price: int
    points: Decimal


@dataclass(frozen=True, slots=True)
class Lost:
    """A bid that did not win, with every reason. `eligible`: it counted as one of the package's bidders."""

    package: str
    firm: str
    eligible: bool
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Failed:
    """A package that is let to nobody (流标), and why."""

    package: str
    reason: Reason


@dataclass(frozen=True, slots=True)
class Award:
    """The award: packages in their order, bids in the order of receipt; price in fen."""

    wins: tuple[Win, ...]
    failed: tuple[Failed, ...]
    lost: tuple[Lost, ...]
    points: Decimal
    price: int
    bound: Decimal
    proven: bool
    concentration: Concentration


def award(
    packages: Sequence[Let],
    bidders: Sequence[Bidder],
    bids: Sequence[Bid],
    rules: BidderRules,
    *,
    area: str,
    day: date,
    budget: int | None = None,
    nodes: int = NODES,
) -> Award:
    """Award the packages of a round on a day; `area` is its region (12 digits), `bids` are in the order of receipt.

    `budget`: fen that the prices may come to in all. Raises BadInput for a bid of an unknown firm or package, two bids
    of a firm for one package, a price or score below zero, or more than four decimals of a point.

    >>> bids = [Bid("P01", firm, 900_000, Decimal(score)) for firm, score in (("F1", 90), ("F2", 85), ("F3", 80))]
    >>> firms = [Bidder(code, code) for code in ("F1", "F2", "F3")]
    >>> made = award([Let("P01", "一包", 500)], firms, bids, BidderRules(), area="990101000000", day=date(2026, 11, 1))
    >>> [(win.firm, win.points) for win in made.wins], made.lost[0].reasons[0].code
    ([('F1', Decimal('90'))], 'outscored')
    """
    _check(packages, bidders, bids)
    sorted_out = _sort_out(packages, {each.code: each for each in bidders}, bids, rules, area, day)
    names = Names(
        [each.code for each in packages], [each.code for each in bidders], [each.name for each in bidders]
    )
    programme, numbers = _programme(packages, bidders, bids, sorted_out, rules, budget, nodes)
    found = programme.best()
    if found is None:
        raise BadInput("no award keeps these limits", field="budget")
    explainer = Explainer(programme, found, names)
    failed = {**sorted_out.failed, **_unlet(explainer, packages, sorted_out)}
    won = {numbers[each] for each in found.taken}
    wins = tuple(
        _win(bids[each], programme, numbers.index(each)) for each in sorted(won, key=_by_package(names, bids))
    )
    return Award(
        wins=wins,
        failed=tuple(Failed(each.code, failed[each.code]) for each in packages if each.code in failed),
        lost=tuple(_lost(bids, won, sorted_out, explainer, numbers)),
        points=as_points(found.worth.points),
        price=found.worth.price,
        bound=as_points(found.bound),
        proven=found.proven,
        concentration=concentration(
            [(win.firm, each.households) for win in wins for each in packages if each.code == win.package]
        ),
    )


@dataclass(frozen=True)
class _SortedOut:
    """Why bids do not count (by their place), the points of those that do, packages with too few of them."""

    barred: Mapping[int, tuple[Reason, ...]]
    points: Mapping[int, int]
    failed: Mapping[str, Reason]


def _check(packages: Sequence[Let], bidders: Sequence[Bidder], bids: Sequence[Bid]) -> None:
    lots, firms = [each.code for each in packages], [each.code for each in bidders]
    for words, codes in (("package", lots), ("firm", firms)):
        if len(set(codes)) != len(codes):
            raise BadInput(f"a {words} stands twice", field=f"{words}s")
    seen: set[tuple[str, str]] = set()
    for bid in bids:
        if bid.package not in lots or bid.firm not in firms:
            raise BadInput(f"a bid of {bid.firm} for {bid.package}: no such firm or package", field="bids")
        if (bid.package, bid.firm) in seen:
            raise BadInput(f"{bid.firm} bids twice for {bid.package}", field="bids")
        if bid.price < 0 or not bid.score.is_finite() or bid.score < 0 or (bid.score * SCALE) % 1:
            raise BadInput(
                f"bid of {bid.firm} for {bid.package}: a price and points from 0 on, four decimals at most",
                field="bids",
            )
        seen.add((bid.package, bid.firm))


def _sort_out(
    packages: Sequence[Let],
    bidders: Mapping[str, Bidder],
    bids: Sequence[Bid],
    rules: BidderRules,
    area: str,
    day: date,
) -> _SortedOut:
    barred: dict[int, tuple[Reason, ...]] = {}
    failed: dict[str, Reason] = {}
    counted: dict[int, int] = {}
    general = {code: standing(each, rules, area, day) for code, each in bidders.items()}
    for package in packages:
        mine = [(place, bid) for place, bid in enumerate(bids) if bid.package == package.code]
        others = [bid for _, bid in mine]
        for place, bid in mine:
            firm = bidders[bid.firm]
            if why := general[bid.firm] + objections(bid, firm, package, rules, others):
                barred[place] = why
            else:
                counted[place] = int(points(bid, firm, rules) * SCALE)
        eligible = sum(place in counted for place, _ in mine)
        if not mine:
            failed[package.code] = reason("no_bids")
        elif eligible < rules.least_bidders:
            failed[package.code] = reason(
                "too_few", eligible=eligible, received=len(mine), least=rules.least_bidders
            )
    return _SortedOut(barred, counted, failed)


def _programme(
    packages: Sequence[Let],
    bidders: Sequence[Bidder],
    bids: Sequence[Bid],
    sorted_out: _SortedOut,
    rules: BidderRules,
    budget: int | None,
    nodes: int,
) -> tuple[Programme, list[int]]:
    """The programme over the bids that count in packages that do not fail; and each candidate's place in the bids."""
    lot = {each.code: number for number, each in enumerate(packages)}
    firm = {each.code: number for number, each in enumerate(bidders)}
    numbers = [place for place in sorted(sorted_out.points) if bids[place].package not in sorted_out.failed]
    candidates = tuple(
        Candidate(
            lot[bids[place].package],
            firm[bids[place].firm],
            sorted_out.points[place],
            bids[place].price,
            place + 1,
        )
        for place in numbers
    )
    households = tuple(each.households or 0 for each in packages)
    caps, free = tuple(cap_of(each, rules) for each in bidders), tuple(each.free for each in bidders)
    return Programme(candidates, households, caps, free, budget, nodes), numbers


def _unlet(explainer: Explainer, packages: Sequence[Let], sorted_out: _SortedOut) -> dict[str, Reason]:
    """Packages with enough bidders that the best award lets to nobody."""
    return {
        each.code: explainer.why_unlet(number)
        for number, each in enumerate(packages)
        if number not in explainer.winners and each.code not in sorted_out.failed
    }


def _by_package(names: Names, bids: Sequence[Bid]) -> Callable[[int], int]:
    order = {code: number for number, code in enumerate(names.packages)}
    return lambda place: order[bids[place].package]


def _win(bid: Bid, programme: Programme, number: int) -> Win:
    return Win(bid.package, bid.firm, bid.price, as_points(programme.candidates[number].points))


def _lost(
    bids: Sequence[Bid], won: set[int], sorted_out: _SortedOut, explainer: Explainer, numbers: Sequence[int]
) -> Iterator[Lost]:
    number = {place: each for each, place in enumerate(numbers)}
    for place, bid in enumerate(bids):
        if place in won:
            continue
        why = sorted_out.barred.get(place, ())
        if bid.package in sorted_out.failed:
            failure = sorted_out.failed[bid.package]
            why += (reason("failed_package", (failure,), why_zh=failure.zh, why_en=failure.en),)
        elif not why:
            why = (explainer.why_lost(number[place]),)
        yield Lost(bid.package, bid.firm, place not in sorted_out.barred, why)
