"""Why each bid lost (落标理由): by points, by price, by order of receipt, or because its firm was bound elsewhere.

A bid that stands behind the winner lost to it. One that stands before it could not take its place: the exchange would
break the firm's cap or capacity, or the budget (otherwise the award would not be the best). What that bid would have
cost the whole is found by solving again with it as a winner.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from geo.tender.award.programme import Candidate, Found, Programme, Worth
from geo.tender.award_words import Reason, joined, reason

SCALE = 10_000
"""A point is so many parts in the programme."""


@dataclass(frozen=True, slots=True)
class Names:
    """What the numbers of a programme stand for."""

    packages: Sequence[str]
    firms: Sequence[str]
    """Their codes."""
    called: Sequence[str]
    """The names of the firms."""


@dataclass(frozen=True)
class Explainer:
    """The programme, its best award, and names; `winners`: package → candidate that won it."""

    programme: Programme
    found: Found
    names: Names

    @property
    def winners(self) -> Mapping[int, int]:
        """Package → the candidate that won it."""
        return {self.programme.candidates[each].package: each for each in self.found.taken}

    def why_lost(self, at: int) -> Reason:
        """Return why a candidate lost."""
        mine = self.programme.candidates[at]
        place = self.winners.get(mine.package)
        if place is not None and _standing(self.programme.candidates[place]) < _standing(mine):
            return self._behind(mine, self.programme.candidates[place])
        return self._bound(at, place)

    def why_unlet(self, package: int) -> Reason:
        """Return why a package with enough bidders was let to nobody."""
        forced = self.programme.best_with(self.found.worth, package=package)
        if forced is None:
            return reason("nobody_can")
        loss = self._loss(forced)
        return reason("others_gain", (loss,), loss_zh=loss.zh, loss_en=loss.en)

    def _behind(self, mine: Candidate, winner: Candidate) -> Reason:
        won = {"winner": self.names.firms[winner.firm], "name": self.names.called[winner.firm]}
        own = as_points(mine.points)
        if mine.points < winner.points:
            theirs, by = as_points(winner.points), as_points(winner.points - mine.points)
            return reason("outscored", **won, own=own, theirs=theirs, by=by)
        if mine.price > winner.price:
            return reason("dearer", **won, own=own, by_fen=mine.price - winner.price)
        return reason("later", **won, own=own, order=mine.order, first=winner.order)

    def _bound(self, at: int, place: int | None) -> Reason:
        """A bid that stands before the winner, or that nobody stands before: what binds it, and what it would cost."""
        limits = tuple(self._limits(at, place))
        zh, en = joined(limits)
        forced = self.programme.best_with(self.found.worth, candidate=at)
        if forced is None:
            return reason("blocked_never", limits, limits_zh=zh, limits_en=en)
        loss = self._loss(forced)
        told = {"limits_zh": zh, "limits_en": en, "loss_zh": loss.zh, "loss_en": loss.en}
        return reason("blocked_forced", (*limits, loss), **told)

    def _limits(self, at: int, place: int | None) -> Iterator[Reason]:
        """Every limit that the exchange of the winner for a bid, all else as it is, would break."""
        mine = self.programme.candidates[at]
        rest = [self.programme.candidates[each] for each in self.found.taken if each != place]
        held = [each for each in rest if each.firm == mine.firm]
        lots = tuple(self.names.packages[each.package] for each in held)
        cap, free = self.programme.caps[mine.firm], self.programme.free[mine.firm]
        if cap is not None and len(held) >= cap:
            yield reason("cap", lots=lots, most=cap)
        taken = sum(self.programme.households[each.package] for each in held)
        load = self.programme.households[mine.package]
        if free is not None and taken + load > free:
            yield reason("capacity", lots=lots, taken=taken, households=load, free=free)
        total, budget = sum(each.price for each in rest) + mine.price, self.programme.budget
        if budget is not None and total > budget:
            yield reason("budget", total_fen=total, budget_fen=budget)

    def _loss(self, forced: Worth) -> Reason:
        """What the whole would lose against the best award."""
        best = self.found.worth
        if forced.points < best.points:
            return reason("loses_points", by=as_points(best.points - forced.points))
        if forced.packages < best.packages:
            return reason("loses_lots", by=best.packages - forced.packages)
        if forced.price > best.price:
            return reason("loses_money", by_fen=forced.price - best.price)
        return reason("loses_order")


def as_points(parts: int) -> Decimal:
    """Return points out of the programme's whole parts.

    >>> as_points(905_000)
    Decimal('90.5')
    """
    return _plain(Decimal(parts) / SCALE)


def _plain(value: Decimal) -> Decimal:
    return value.quantize(Decimal(1)) if value == value.to_integral_value() else value.normalize()


def _standing(each: Candidate) -> tuple[int, int, int]:
    """How a bid stands in its package alone: lower is better."""
    return -each.points, each.price, each.order
