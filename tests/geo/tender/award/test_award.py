"""The award is the best lawful one, and what it says of every bid that lost is true: held against all awards there are."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.errors import BadInput
from geo.tender.award import Award, Lost, award
from geo.tender.bidders import Bid, Bidder, BidderRules, Let

AREA, DAY = "990101000000", date(2026, 11, 1)


@dataclass(frozen=True)
class Case:
    packages: tuple[Let, ...]
    bidders: tuple[Bidder, ...]
    bids: tuple[Bid, ...]
    rules: BidderRules
    budget: int | None

    def award(self) -> Award:
        return award(
            self.packages, self.bidders, self.bids, self.rules, area=AREA, day=DAY, budget=self.budget
        )


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Up to four packages and four firms; few different points and prices, so that ties are many."""
    grain = draw(st.sampled_from((1, 7, 10_000_019, 20_000_000_033)))
    packages = tuple(
        Let(f"P{n}", f"标包{n}", draw(st.one_of(st.none(), st.integers(1, 9).map(lambda k: k * 100))), (f"U{n}",),
            draw(st.one_of(st.none(), st.just(4 * grain))))
        for n in range(draw(st.integers(1, 4)))
    )  # fmt: skip
    firms = tuple(
        Bidder(
            f"F{n}", f"企业{n}",
            grade=draw(st.sampled_from((None, "A", "B", "B", "C", "D"))),
            graded_on=draw(st.sampled_from((None, date(2022, 1, 1), date(2025, 1, 1)))),
            barred_until=draw(st.sampled_from((None, None, None, date(2026, 11, 1), date(2026, 11, 2)))),
            region=draw(st.sampled_from((None, "990101001000", "990102000000"))),
            capacity=draw(st.one_of(st.none(), st.integers(2, 20).map(lambda k: k * 100))),
            serving=draw(st.sampled_from((0, 0, 300))),
            max_packages=draw(st.sampled_from((None, None, 1, 2))),
            related=frozenset(draw(st.sampled_from(((), (), (), ("F0",), ("F9",))))),
            conflicts=frozenset(draw(st.sampled_from(((), (), (), ("P0",), ("U1",))))),
        )
        for n in range(draw(st.integers(1, 4)))
    )  # fmt: skip
    pairs = draw(st.permutations(list(itertools.product(packages, firms))))
    bids = tuple(
        Bid(lot.code, firm.code, draw(st.integers(0, 5)) * grain + draw(st.integers(0, 1)),
            Decimal(draw(st.sampled_from(("0", "80", "80.5", "81", "82", "90.0001")))))
        for lot, firm in pairs if draw(st.integers(0, 9))
    )  # fmt: skip
    rules = BidderRules(
        least_bidders=draw(st.sampled_from((1, 1, 2, 3))),
        bonus=draw(st.sampled_from(({}, {"A": Decimal(1)}, {"A": Decimal("0.5"), "B": Decimal("0.25")}))),
        max_packages=draw(st.sampled_from((None, 1, 2))),
        registered_in=draw(st.sampled_from(("anywhere", "anywhere", "district", "city"))),
        grade_needed=draw(st.booleans()),
    )
    budget = draw(st.one_of(st.none(), st.integers(0, 12).map(lambda k: k * grain)))
    return Case(packages, firms, bids, rules, budget)


class Oracle:
    """Every award there is, judged by rules written a second time, in the plainest way."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self.firms = {each.code: each for each in case.bidders}
        self.lots = {each.code: each for each in case.packages}
        self.good = {n for n, bid in enumerate(case.bids) if self.counts(bid)}
        open_ = Counter(case.bids[n].package for n in self.good)
        self.failing = {code for code in self.lots if open_[code] < case.rules.least_bidders}
        self.awards = [
            tuple(n for n in chosen if n is not None) for chosen in itertools.product(*self.choices())
        ]
        self.awards = [taken for taken in self.awards if self.lawful(taken)]
        self.best = min(self.awards, key=self.key)

    def choices(self) -> Iterator[list[int | None]]:
        for code in self.lots:
            mine = [n for n in sorted(self.good) if self.case.bids[n].package == code]
            yield [None, *mine] if code not in self.failing else [None]

    def counts(self, bid: Bid) -> bool:
        firm, lot, rules = self.firms[bid.firm], self.lots[bid.package], self.case.rules
        rivals = {each.firm for each in self.case.bids if each.package == bid.package}
        if firm.grade is None and rules.grade_needed:
            return False
        if firm.grade == "D" and (firm.graded_on is None or firm.graded_on.year + 3 > 2026):
            return False
        if firm.barred_until and firm.barred_until > DAY:
            return False
        width = {"anywhere": 0, "city": 4, "district": 6}[rules.registered_in]
        if width and (firm.region or "")[:width] != AREA[:width]:
            return False
        if firm.conflicts & {lot.code, *lot.units} or (firm.related - {firm.code}) & rivals:
            return False
        if firm.capacity is not None and (
            lot.households is None or lot.households > firm.capacity - firm.serving
        ):
            return False
        return lot.ceiling is None or bid.price <= lot.ceiling

    def lawful(self, taken: tuple[int, ...]) -> bool:
        bids = [self.case.bids[n] for n in taken]
        for firm in self.firms.values():
            mine = [bid for bid in bids if bid.firm == firm.code]
            caps = [c for c in (firm.max_packages, self.case.rules.max_packages) if c is not None]
            if any(len(mine) > cap for cap in caps):
                return False
            if firm.capacity is not None:
                load = sum(self.lots[bid.package].households or 0 for bid in mine)
                if load > max(0, firm.capacity - firm.serving):
                    return False
        return self.case.budget is None or sum(bid.price for bid in bids) <= self.case.budget

    def points(self, n: int) -> Decimal:
        bid = self.case.bids[n]
        grade = self.firms[bid.firm].grade
        return bid.score + (self.case.rules.bonus.get(grade, 0) if grade else 0)

    def worth(self, taken: tuple[int, ...]) -> tuple[Decimal, int, int]:
        return (
            -sum(map(self.points, taken), Decimal(0)),
            -len(taken),
            sum(self.case.bids[n].price for n in taken),
        )

    def key(self, taken: tuple[int, ...]) -> tuple[object, ...]:
        place = {self.case.bids[n].package: n for n in taken}
        return (*self.worth(taken), *(place.get(code, 10**6) for code in self.lots))


@settings(max_examples=250, deadline=None)
@given(cases())
def test_the_award_is_the_best_of_all_awards_and_its_reasons_are_true(case: Case) -> None:
    oracle, made = Oracle(case), case.award()
    assert made.proven
    assert [(win.package, win.firm) for win in made.wins] == [
        (case.bids[n].package, case.bids[n].firm) for n in oracle.best
    ]
    points, _, price = oracle.worth(oracle.best)
    assert (made.points, made.bound, made.price) == (-points, -points, price)
    won = {
        win.package: oracle.case.bids.index(
            next(b for b in case.bids if (b.package, b.firm) == (win.package, win.firm))
        )
        for win in made.wins
    }
    _check_failures(oracle, made)
    assert {(each.package, each.firm) for each in made.lost} == {
        (bid.package, bid.firm) for n, bid in enumerate(case.bids) if n not in won.values()
    }
    for lost in made.lost:
        _check_lost(oracle, lost, won)


def _check_failures(oracle: Oracle, made: Award) -> None:
    failed = {each.package: each.reason for each in made.failed}
    assert set(failed) == set(oracle.lots) - {win.package for win in made.wins}
    for code, why in failed.items():
        mine = [n for n, bid in enumerate(oracle.case.bids) if bid.package == code]
        eligible = sum(n in oracle.good for n in mine)
        can = [taken for taken in oracle.awards if any(oracle.case.bids[n].package == code for n in taken)]
        if why.code == "no_bids":
            assert not mine
        elif why.code == "too_few":
            assert why.figures == {
                "eligible": eligible,
                "received": len(mine),
                "least": oracle.case.rules.least_bidders,
            }
            assert eligible < oracle.case.rules.least_bidders
        elif why.code == "nobody_can":
            assert eligible >= oracle.case.rules.least_bidders
            assert not can
        else:
            assert why.code == "others_gain"
            _check_loss(oracle, why.parts[-1].code, why.parts[-1].figures, can)


def _check_lost(oracle: Oracle, lost: Lost, won: Mapping[str, int]) -> None:
    at = next(n for n, b in enumerate(oracle.case.bids) if (b.package, b.firm) == (lost.package, lost.firm))
    assert lost.eligible == (at in oracle.good)
    assert all(each.zh and each.en and "{" not in each.zh + each.en for each in lost.reasons)
    codes = [each.code for each in lost.reasons]
    if not lost.eligible or lost.package in oracle.failing:
        assert ("failed_package" in codes) == (lost.package in oracle.failing)
        assert set(codes) - {"failed_package"} or lost.eligible
        return
    (why,) = lost.reasons
    mine, place = oracle.case.bids[at], won.get(lost.package)
    if why.code in ("outscored", "dearer", "later"):
        assert place is not None
        winner, by = oracle.case.bids[place], oracle.points(place) - oracle.points(at)
        expected = {"outscored": by > 0, "dearer": by == 0 and mine.price > winner.price,
                    "later": by == 0 and mine.price == winner.price and at > place}  # fmt: skip
        assert expected[why.code]
        assert why.figures.get("by", by) == by
        assert why.figures.get("by_fen", mine.price - winner.price) == mine.price - winner.price
        return
    swapped = (*(n for n in oracle.best if n != place), at)
    assert not oracle.lawful(swapped)
    limits = [part for part in why.parts if part.code in ("cap", "capacity", "budget")]
    _check_limits(oracle, at, swapped, limits)
    can = [taken for taken in oracle.awards if at in taken]
    if why.code == "blocked_never":
        assert not can
    else:
        assert why.code == "blocked_forced"
        _check_loss(oracle, why.parts[-1].code, why.parts[-1].figures, can)


def _check_limits(oracle: Oracle, at: int, swapped: tuple[int, ...], limits: list[object]) -> None:
    """Each limit that is named is broken by the exchange, and lifting those named makes it lawful."""
    firm = oracle.firms[oracle.case.bids[at].firm]
    mine = [oracle.case.bids[n] for n in swapped if oracle.case.bids[n].firm == firm.code]
    load = sum(oracle.lots[bid.package].households or 0 for bid in mine)
    total = sum(oracle.case.bids[n].price for n in swapped)
    caps = [c for c in (firm.max_packages, oracle.case.rules.max_packages) if c is not None]
    broken = {
        "cap": bool(caps) and len(mine) > min(caps),
        "capacity": firm.capacity is not None and load > max(0, firm.capacity - firm.serving),
        "budget": oracle.case.budget is not None and total > oracle.case.budget,
    }
    assert {each.code for each in limits} == {name for name, is_broken in broken.items() if is_broken}  # type: ignore[attr-defined]  # parts of a reason


def _check_loss(oracle: Oracle, code: str, figures: Mapping[str, object], can: list[tuple[int, ...]]) -> None:
    """What the whole loses by an exchange is the best of all awards that make it, against the best."""
    assert can
    forced, best = min(map(oracle.worth, can)), oracle.worth(oracle.best)
    loss = [after - before for after, before in zip(forced, best, strict=True)]
    first = next((n for n, each in enumerate(loss) if each), None)
    assert code == {0: "loses_points", 1: "loses_lots", 2: "loses_money", None: "loses_order"}[first]
    if first is not None:
        assert loss[first] > 0
        assert figures == {"by_fen" if first == 2 else "by": loss[first]}


def _three(package: str, scores: str, price: int = 100) -> list[Bid]:
    return [
        Bid(package, firm, price, Decimal(each))
        for firm, each in zip(("F1", "F2", "F3"), scores.split(), strict=True)
    ]


FIRMS = tuple(Bidder(code, name) for code, name in (("F1", "甲物业"), ("F2", "乙物业"), ("F3", "丙物业")))
LOTS = (Let("P01", "一号标包", 500), Let("P02", "二号标包", 800))


def _award(bids: list[Bid], **asked: object) -> Award:
    rules = BidderRules.model_validate(asked)
    return award(LOTS, FIRMS, bids, rules, area=AREA, day=DAY)


def test_a_firm_at_its_cap_wins_where_it_is_worth_most_and_is_told_what_the_other_package_would_cost() -> (
    None
):
    made = _award([*_three("P01", "95 90 80"), *_three("P02", "94 80 70")], max_packages=1)
    assert [(win.package, win.firm) for win in made.wins] == [("P01", "F2"), ("P02", "F1")]
    (why,) = next(each for each in made.lost if (each.package, each.firm) == ("P01", "F1")).reasons
    assert why.zh == "企业已中标 P02，达到每家 1 个标包的上限；若改由其中标本标包，总分减少 9 分"
    assert (
        why.en
        == "it won P02, which is the cap of 1 packages a firm; were this package its, the total would fall by 9 points"
    )


def test_without_a_cap_the_best_bid_of_each_package_wins_and_the_difference_in_points_is_told() -> None:
    made = _award([*_three("P01", "95 90 80"), *_three("P02", "94 80 70")])
    assert [win.firm for win in made.wins] == ["F1", "F1"]
    assert made.lost[0].reasons[0].zh == "得分 90，低于中标人 甲物业 的 95，相差 5 分"
    assert made.concentration.packages.hhi == 10_000


def test_two_bids_fail_a_package_and_everybody_who_bid_is_told() -> None:
    made = _award([*_three("P01", "95 90 80"), *_three("P02", "94 80 70")[:2]])
    assert [(each.package, each.reason.code) for each in made.failed] == [("P02", "too_few")]
    assert [each.reasons[-1].code for each in made.lost if each.package == "P02"] == ["failed_package"] * 2


def test_prices_apart_by_one_fen_in_a_thousand_million_yuan_are_told_apart() -> None:
    bids = [bid for lot in ("P01", "P02") for bid in _three(lot, "90 90 90")]
    bids = [Bid(b.package, b.firm, 10**11 + (5 - n), b.score) for n, b in enumerate(bids)]
    assert [win.firm for win in _award(bids).wins] == ["F3", "F3"]


def test_equal_bids_go_to_the_one_received_first() -> None:
    bids = _three("P01", "90 90 90")
    assert [win.firm for win in _award([bids[2], bids[0], bids[1]]).wins] == ["F3"]


def test_the_same_question_gets_the_same_answer() -> None:
    bids = [*_three("P01", "90 90 90"), *_three("P02", "90 90 90")]
    assert _award(bids, max_packages=1) == _award(bids, max_packages=1)


@pytest.mark.parametrize(
    "bid",
    [
        Bid("P09", "F1", 1, Decimal(1)),
        Bid("P01", "F9", 1, Decimal(1)),
        Bid("P01", "F1", -1, Decimal(1)),
        Bid("P01", "F1", 1, Decimal(-1)),
        Bid("P01", "F1", 1, Decimal("NaN")),
        Bid("P01", "F1", 1, Decimal("1.00001")),
        Bid("P01", "F1", 2**60, Decimal(1)),
    ],
)
def test_bids_that_cannot_be(bid: Bid) -> None:
    with pytest.raises(BadInput):
        _award([bid], least_bidders=1)


def test_a_firm_bids_once_for_a_package() -> None:
    with pytest.raises(BadInput, match="twice"):
        _award(_three("P01", "90 80 70") * 2)


def test_sixteen_packages_and_nine_firms_under_caps_are_settled_with_proof() -> None:
    lots = [Let(f"P{n:02}", f"标包{n}", 300 + (n * 37) % 900) for n in range(16)]
    firms = [Bidder(f"F{n:02}", f"企业{n}", "AB"[n % 2], capacity=2400 + 200 * n) for n in range(9)]  # type: ignore[arg-type]  # grades
    bids = [
        Bid(lot.code, firm.code, 10_000_000 + (i * 7919 + j * 104_729) % 900_000, Decimal(70 + (i * 13 + j * 29) % 30))
        for i, lot in enumerate(lots) for j, firm in enumerate(firms) if (i + j) % 3
    ]  # fmt: skip
    made = award(lots, firms, bids, BidderRules(max_packages=4), area=AREA, day=DAY, budget=170_000_000)
    assert made.proven
    assert made.price <= 170_000_000
    assert len(made.wins) + len(made.lost) == len(bids)
