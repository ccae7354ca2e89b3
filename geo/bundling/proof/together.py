"""A problem whose pieces share nothing, proven piece by piece (分片求证).

No package spans two components of the usable links, so of all rules only the number of packages couples them. Plans
compare by (weight left out, units left out, soft prices, distance) in that order, each a sum over the *parts*: sums
keep such an order, so without the coupling the best plan is the best plan of each part, and what proves the parts
proves the whole. Where that plan has a number of packages that is not allowed, the whole is proven in one go, or the
best plan of each part with each number of packages is put together by a dynamic programme over the numbers.

What may be summed when some part is not proven: bounds on distance hold among plans that are as good in the parts
of the objective before it. Let every part's plan be proven the least in those (for a part in which nothing is left
out and nothing soft is paid that is plain), and let the whole plan consist of such plans. A plan as good as the
whole one in the sums can then be better in no part, so it is equal in each, and each part's bound holds for what it
does there: the bounds add up. If one part's plan might leave out less, this fails, as leaving out more elsewhere
could save distance there; then no sum is given at all.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence

import numpy as np

from geo.bundling.bounds.lower_bound import model_bound
from geo.bundling.forms.arrays import OUT, Whole
from geo.bundling.forms.model import Contradiction, Model, compile_problem
from geo.bundling.problem import Problem
from geo.bundling.programmes.master import Stop
from geo.bundling.proof.exact import Proof, prove, prove_part
from geo.bundling.proof.generation import Budget
from geo.bundling.proof.parts import (
    Part,
    Settled,
    Worth,
    alone,
    most_packages,
    parts_of,
    same,
    settled,
    worse,
)

WHOLE = 200
"""Units up to which parts that a number of packages couples are first tried in one proof."""
AT_ONCE = 60
"""Units up to which parts at the end of the number of packages are tried in one proof first."""
MOST_PROOFS = 2_000
"""Proofs of parts at given numbers of packages that a dynamic programme may ask for."""
OVERHEAD = 25_000
"""What a proof costs at least, in steps."""
BOUND_ROUNDS = 250
WORTH = 0.02
"""Share of the distance that must lie in proven parts for the others to be bounded anew."""


def prove_by_parts(
    problem: Problem,
    labels: Whole | None = None,
    *,
    most: int | None = None,
    steps: int | Budget,
    stop: Stop = lambda: False,
    whole: int = WHOLE,
) -> Proof | None:
    """:func:`geo.bundling.proof.exact.prove`, part by part; None where there is nothing small enough to prove.

    ``most``: units of the largest part that is worth proving; None = any. Parts above it keep their plan and get a
    bound by relaxation. ``whole``: units up to which coupled parts are tried in one proof. ``steps``: work, or a
    budget of it that several proofs share; ``stop`` goes with the former.
    """
    budget = steps if isinstance(steps, Budget) else Budget(steps, stop)
    fewest, top = problem.rules.package_range()
    most = len(problem.units) if most is None else most
    try:
        parts, lost = parts_of(problem)
    except Contradiction:
        return Proof(None, True, None)
    must = problem.rules.leave_out_price is None
    if any(must or problem.units[unit].lock is not None for unit in lost.tolist()):
        return Proof(None, True, None)
    if len(parts) < 2 or top == 0:
        small = not parts or len(parts[-1].units) <= most
        return prove(problem, labels, steps=budget) if small else None
    if len(parts[0].units) > most:
        return None
    span = (max(int(fewest), 1), int(min(top, len(problem.units))))
    return _Together(problem, parts, labels, span, most, budget).prove(whole)


class _Together:
    """One proof over parts."""

    def __init__(
        self,
        problem: Problem,
        parts: Sequence[Part],
        labels: Whole | None,
        span: tuple[int, int],
        most: int,
        budget: Budget,
    ) -> None:
        self.problem, self.parts, self.labels, self.span = problem, parts, labels, span
        self.most, self.budget = most, budget

    def prove(self, whole: int) -> Proof:
        if self._at_its_end():
            proof = self._in_one()
            if proof.proven:
                return proof
        free = [self._settle(number) for number in range(len(self.parts))]
        if any(each.labels is None and each.proven for each in free):
            return Proof(None, True, None)
        proven = all(each.proven for each in free)
        if all(each.labels is not None for each in free):
            low, high = self.span
            if low <= sum(each.packages for each in free) <= high:
                return Proof(self._joined(free), proven, self._bound(free, free))
        if proven:
            coupled = self._coupled(whole)
            if coupled is not None:
                return coupled
        kept = self._kept(free)
        return (
            Proof(None, False, None)
            if kept is None
            else Proof(self._joined(kept), False, self._bound(free, kept))
        )

    # ---- one part ------------------------------------------------------------------------------------------

    def _settle(self, number: int) -> Settled:
        """The best plan of a part with any number of packages, as far as its share of the work goes."""
        part = self.parts[number]
        if len(part.units) == 1:
            return alone(part)
        given = self._given(part)
        if len(part.units) > self.most or self.budget.spent():
            return given
        # work by the square of the size: what small parts leave goes to the large ones
        rest = sum(len(each.units) ** 2 for each in self.parts[number:] if len(each.units) <= self.most)
        share = round(self.budget.steps * len(part.units) ** 2 / rest)
        return self._proven(part, (0, len(part.units)), given, share)

    def _proven(self, part: Part, span: tuple[int, int], given: Settled, steps: int) -> Settled:
        budget = Budget(steps, self.budget.stop)
        start = given.labels if span[0] <= given.packages <= span[1] else None
        proof = prove_part(part.problem, span, start, budget)
        self.budget.steps -= steps - budget.steps + OVERHEAD
        found = settled(part, proof)
        if found.labels is None or start is None or worse(given.worth, found.worth):
            return found
        # no better than the plan at hand, which then is the proven one
        return dataclasses.replace(given, proven=found.proven, bound=found.bound)

    def _given(self, part: Part) -> Settled:
        """What the plan at hand does in a part; without such a plan, one that leaves all out, where that may be."""
        rules = part.problem.rules
        if self.labels is not None:
            inside = self.labels[part.units]
        elif rules.leave_out_price is None or any(unit.lock is not None for unit in part.problem.units):
            return Settled(None, (math.inf,) * 4, 0, False, None)
        else:
            inside = np.full(len(part.units), OUT)
        return settled(part, Proof(inside, False, None))

    # ---- all parts -----------------------------------------------------------------------------------------

    def _joined(self, plans: Sequence[Settled]) -> Whole:
        """Labels of the whole, packages numbered by their first unit."""
        labels, count = np.full(len(self.problem.units), OUT, dtype=np.int64), 0
        for part, plan in zip(self.parts, plans, strict=True):
            if plan.labels is not None:
                labels[part.units] = np.where(plan.labels == OUT, OUT, plan.labels + count)
                count += plan.packages
        names, first = np.unique(labels[labels != OUT], return_index=True)
        rank = np.empty(count, dtype=np.int64)
        rank[names[np.argsort(first)]] = np.arange(len(names))
        return np.where(labels == OUT, OUT, rank[labels]) if count else labels

    def _bound(self, free: Sequence[Settled], kept: Sequence[Settled]) -> float | None:
        """The sum of the parts' bounds, where they may be summed (see the head of this file)."""
        held = [each.worth[3] for each in free if each.proven]
        worth_it = math.fsum(held) >= WORTH * math.fsum(each.worth[3] for each in kept)
        bounds = []
        for part, best, plan in zip(self.parts, free, kept, strict=True):
            plain = max(plan.worth[:3]) <= 0
            if not (plain or (best.bound is not None and same(best.worth[:3], plan.worth[:3]))):
                return None
            bound = best.bound
            if not best.proven and plain and worth_it and not self.budget.stop():
                relaxed = self._relaxed(part, plan)
                bound = relaxed if bound is None else max(bound, relaxed or 0.0)
            if bound is None:
                return None
            bounds.append(bound)
        return math.fsum(bounds)

    def _relaxed(self, part: Part, plan: Settled) -> float | None:
        """The bound of a part that leaves nothing out and pays for nothing soft."""
        if plan.worth[3] <= 0:
            return 0.0
        model = compile_problem(part.problem)
        span, pieces = (1, len(part.units)), [_units(model, atoms) for atoms in model.components]
        return model_bound(model, pieces, span, 0.0, plan.worth[3], BOUND_ROUNDS, self.budget.stop, 0.0)

    def _kept(self, free: Sequence[Settled]) -> list[Settled] | None:
        """The plan at hand with each part bettered that keeps its number of packages; None without a plan."""
        if self.labels is None:
            return None
        return [self._as_many(part, best) for part, best in zip(self.parts, free, strict=True)]

    def _as_many(self, part: Part, best: Settled) -> Settled:
        """The best plan known of a part with as many packages as the plan at hand has there."""
        given = self._given(part)
        if best.packages != given.packages and best.proven:
            steps = round(self.budget.steps * len(part.units) / len(self.problem.units))
            best = self._proven(part, (given.packages, given.packages), given, max(steps, 1))
        return best if best.labels is not None and best.packages == given.packages else given

    def _coupled(self, whole: int) -> Proof | None:
        """All parts are proven, but together they have too few packages or too many."""
        if len(self.problem.units) <= whole and not self._at_its_end():
            proof = self._in_one()
            if proof.proven:
                return proof
        return self._by_numbers()

    def _at_its_end(self) -> bool:
        """Whether a small plan at hand has as few packages as may be, or as many: then parts are mostly coupled."""
        if len(self.problem.units) > AT_ONCE or len(self.parts[-1].units) > self.most:
            return False
        count = 0 if self.labels is None else len(np.unique(self.labels[self.labels != OUT]))
        return count in self.span and count < len(self.problem.units)

    def _in_one(self) -> Proof:
        """All parts in one proof, for half of the work."""
        steps = self.budget.steps // 2
        budget = Budget(steps, self.budget.stop)
        proof = prove_part(self.problem, self.span, self.labels, budget)
        self.budget.steps -= steps - budget.steps
        return proof

    def _known(self) -> Worth | None:
        """What the plan at hand is worth, where there is one."""
        given = [self._given(part) for part in self.parts]
        fits = self.span[0] <= sum(each.packages for each in given) <= self.span[1]
        if not fits or any(each.labels is None for each in given):
            return None
        a, b, c, d = (math.fsum(worth) for worth in zip(*(each.worth for each in given), strict=True))
        return a, b, c, d

    def _by_numbers(self) -> Proof | None:
        """The best plan by a dynamic programme over parts and numbers of packages; None where work ran out."""
        most = [most_packages(part) for part in self.parts]
        if sum(most) + len(most) > MOST_PROOFS:
            return None
        table: dict[int, tuple[Worth, tuple[Settled, ...]]] = {0: ((0.0,) * 4, ())}
        proofs = sum(most) + len(most)
        known = self._known()
        for part, top in zip(self.parts, most, strict=True):
            given, choices = self._given(part), []
            proofs -= max(top - (self.span[1] - min(table)), 0)
            for packages in range(min(top, self.span[1] - min(table)) + 1):
                if self.budget.spent():
                    return None
                steps = max(4 * self.budget.steps // max(proofs, 4), 1)
                found = self._proven(part, (packages, packages), given, steps)
                proofs -= 1
                if not found.proven:
                    return None
                if found.labels is not None:
                    choices.append(found)
            table = _further(table, choices, self.span[1], known)
            if not table:
                return Proof(None, True, None) if known is None else None
        allowed = [plan for count, plan in table.items() if count >= self.span[0]]
        if not allowed:
            return Proof(None, True, None)
        best = allowed[0]
        for other in allowed[1:]:
            best = other if worse(best[0], other[0]) else best
        return Proof(self._joined(best[1]), True, best[0][3])


def _further(
    table: dict[int, tuple[Worth, tuple[Settled, ...]]],
    choices: Sequence[Settled],
    most: int,
    known: Worth | None,
) -> dict[int, tuple[Worth, tuple[Settled, ...]]]:
    """The best plans by number of packages with one more part in each way that it has, none worse than ``known``."""
    found: dict[int, tuple[Worth, tuple[Settled, ...]]] = {}
    for count, (worth, plans) in table.items():
        for choice in choices:
            total = count + choice.packages
            if total > most:
                continue
            a, b = worth, choice.worth
            both = (a[0] + b[0], a[1] + b[1], a[2] + b[2], a[3] + b[3])
            if known is not None and worse(both, known):
                continue
            if total not in found or worse(found[total][0], both):
                found[total] = (both, (*plans, choice))
    return found


def _units(model: Model, atoms: Sequence[int]) -> list[int]:
    return [unit for atom in atoms for unit in model.atoms[atom]]
