"""Several different plans of one problem (备选方案), none better than another in everything."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from geo.bundling.answer import solve
from geo.bundling.check import check
from geo.bundling.difference import changed_share
from geo.bundling.errors import BundlingError
from geo.bundling.plan import Infeasible, Parts, Reason, Solution
from geo.bundling.problem import Problem
from geo.bundling.reasons.binding import binding_rules
from geo.bundling.reasons.exchanges import Standing
from geo.bundling.reasons.explain import explained_again
from geo.bundling.solution import Progress
from geo.bundling.solver import solve_style
from geo.bundling.told import told_apart
from geo.bundling.variants import Variant, variants

DIFFERENT = 0.05
"""Share of units that must be elsewhere for a plan with as many packages to count as another plan."""
_TRIES = 4
"""Runs per plan asked for, before giving up on finding another different one."""
_HAIR = 1e-9


def alternatives(
    problem: Problem,
    n: int = 3,
    *,
    effort: float = 1.0,
    seed: int = 1,
    time_limit: float | None = None,
    progress: Progress | None = None,
    cancel: Callable[[], bool] | None = None,
    exact: bool | None = None,
) -> tuple[Solution, ...] | Infeasible:
    """Up to ``n`` different plans along the trade-offs, best by the objective first.

    Two plans are different when their number of packages is, or at least 5 % of the units are elsewhere
    (see :func:`changed_share`). None is dominated by another: as good in left out, priced rules, distance,
    imbalance and number of packages, and better in one. ``better_at`` of each says what it is better at,
    and under which terms of its own its bound and gap hold. Fewer come back when the search meets no
    further plan; :class:`Infeasible` when it meets none. ``time_limit`` holds for the whole call.
    ``exact`` is for the first plan, as in :func:`solve`; the others are searched for.
    Raises :class:`BundlingError` when ``n`` is below 1.

    >>> from geo.bundling import Activity, Link, Problem, Rules, Unit, alternatives
    >>> units = tuple(Unit(name, 100.0 * i, 0.0, {"households": 100}) for i, name in enumerate("abc"))
    >>> links = (Link("a", "b"), Link("b", "c"))
    >>> [len(plan.packages) for plan in alternatives(Problem(units, links, Rules()), 3, seed=2)]
    [3, 2, 1]
    """
    if n < 1:
        raise BundlingError(f"{n} alternatives cannot be made", field="n")
    began = time.monotonic()

    def left() -> float | None:
        return None if time_limit is None else max(0.0, time_limit - (time.monotonic() - began))

    def tell(share: float, distance: float | None) -> None:
        if progress is not None:
            progress(share / (n if n > 1 else 1), distance)

    first = solve(
        problem, effort=effort, seed=seed, time_limit=time_limit, progress=tell, cancel=cancel, exact=exact
    )
    if isinstance(first, Infeasible) or n == 1:
        return first if isinstance(first, Infeasible) else (first,)
    found = [Found(first, None)]
    for number, variant in enumerate(variants(problem, first)):
        if number >= _TRIES * n or len(found) >= n or left() == 0.0 or (cancel is not None and cancel()):
            break
        answer = solve_style(variant.problem, variant.style, effort, seed + number, left(), None, cancel)
        if isinstance(answer, Solution) and not check(problem, answer.labels()):
            new = _measured(problem, answer, variant)
            found = found if new is None else _joined(found, new)
        tell(1.0 + (n - 1) * (number + 1) / (_TRIES * n), found[0].plan.parts.distance)
    if progress is not None:
        progress(1.0, found[0].plan.parts.distance)
    return _told(problem, found, first)


@dataclass(frozen=True)
class Found:
    """A plan measured by the problem asked, and the terms that it was found under."""

    plan: Solution
    terms: Reason | None

    @property
    def key(self) -> tuple[float, int, float, float, float]:
        """The objective, in its order."""
        parts = self.plan.parts
        return parts.left_out, len(self.plan.left_out), parts.soft, parts.distance, parts.imbalance

    @property
    def marks(self) -> tuple[float, ...]:
        """What plans are weighed by against each other; smaller is better."""
        return (*self.key, len(self.plan.packages))


def _measured(problem: Problem, answer: Solution, variant: Variant) -> Found | None:
    """The plan with its parts and reasons by the problem asked; None where a unit is out for the demand alone."""
    left_out = answer.left_out
    if left_out and variant.terms is not None:
        again = explained_again(problem, answer)
        if again is None:
            return None
        left_out = again
    standing = Standing(problem, answer)
    price = problem.rules.leave_out_price or 0.0
    load = sum(problem.load(unit) for unit in problem.units if unit.id in answer.left_out)
    parts: Parts = dataclasses.replace(
        answer.parts,
        left_out=price * load,
        soft=sum(standing.soft_price(units) for units in standing.members),
    )
    return Found(dataclasses.replace(answer, parts=parts, left_out=left_out), variant.terms)


def _joined(found: Sequence[Found], new: Found) -> list[Found]:
    """The plans with one more, best first, without those that are dominated or too like a better one."""
    kept: list[Found] = []
    every = sorted([*found, new], key=lambda each: each.key)
    for each in every:
        if any(dominates(other.marks, each.marks) for other in every):
            continue
        if all(different(each.plan, other.plan) for other in kept):
            kept.append(each)
    return kept


def dominates(one: Sequence[float], other: Sequence[float]) -> bool:
    """Whether ``one`` is as good in everything and better in something, beyond rounding.

    >>> dominates((0, 5), (0, 6)), dominates((0, 5), (1, 4)), dominates((0, 5), (0, 5))
    (True, False, False)
    """
    pairs = [(a, b, _HAIR * max(1.0, abs(a), abs(b))) for a, b in zip(one, other, strict=True)]
    return all(a <= b + hair for a, b, hair in pairs) and any(a < b - hair for a, b, hair in pairs)


def different(one: Solution, other: Solution) -> bool:
    """Another number of packages, or at least 5 % of the units elsewhere."""
    if len(one.packages) != len(other.packages):
        return True
    return changed_share(one.labels(), other.labels()) >= max(DIFFERENT, 1e-9)


def _told(problem: Problem, found: Sequence[Found], first: Solution) -> tuple[Solution, ...]:
    plans = []
    for place, each in enumerate(found):
        plan = each.plan
        terms = (each.terms,) if each.terms is not None else ()
        if place == 0 and terms and each.key[:3] == Found(first, None).key[:3] and first.bound is not None:
            # the bound of the problem asked holds for the better plan that a demand led to as well
            gap = (plan.parts.distance - first.bound) / plan.parts.distance if plan.parts.distance else 0.0
            plan, terms = dataclasses.replace(plan, bound=first.bound, gap=gap, proven=False), ()
        if plan is not first:
            plan = dataclasses.replace(plan, binding=binding_rules(problem, plan))
        plans.append(dataclasses.replace(plan, better_at=terms))
    return told_apart(plans)
