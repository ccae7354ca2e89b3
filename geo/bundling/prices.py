"""What each rule costs (规则代价): the problem solved again without it, from the same seed at the same effort.

Without a rule the best plan is at least as good, so a search that finds a worse one has merely found less:
the plan at hand then counts, and the rule is said to cost nothing that was found. A price is what was found,
no more: "without anchors a plan was found whose distance is 0.5 % shorter".
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from geo.bundling.check import check
from geo.bundling.plan import Figure, Parts, Reason, Solution, number
from geo.bundling.problem import BORDER, Problem
from geo.bundling.reasons.exchanges import Standing
from geo.bundling.reasons.relax import Rule, rules_of, without
from geo.bundling.solution import Progress
from geo.bundling.solver import solve
from geo.bundling.variants import with_rules

EFFORT = 0.3
_TOGETHER = {
    "anchors": ("anchors",),
    "barrier": ("barrier",),
    "within": ("within",),
    "max_members": ("max_members",),
    "packages": ("fewest", "most"),
    "lock": ("lock",),
    "together": ("together",),
    "apart": ("apart",),
}
"""Rules that are taken away at once, by the name under which their price is told.

That every unit is placed costs nothing in the order of the objective: leaving out less comes first in it.
"""
_PRICE_OF = "price of "


@dataclass(frozen=True, slots=True)
class RulePrice:
    """What a rule, or a kind of rules, costs. ``rule``: as in the reason's figures; an activity by its name.

    ``change``: the parts without the rule less those with it, part by part (below zero: better without);
    all zero where nothing better was found. ``plan``: the better plan, None where there is none.
    """

    rule: str
    change: Parts
    plan: Solution | None
    reason: Reason


def price_of_rules(
    problem: Problem,
    solution: Solution,
    *,
    effort: float = EFFORT,
    seed: int = 1,
    time_limit: float | None = None,
    progress: Progress | None = None,
    cancel: Callable[[], bool] | None = None,
) -> tuple[RulePrice, ...]:
    """Solve again without each rule; the dearest first. Rules that were not reached in time are missing.

    ``solution``: a plan of ``problem``, against which the others are held. ``effort``, ``seed``, ``time_limit``
    (for the whole call), ``progress`` and ``cancel`` as in :func:`solve`.

    >>> from geo.bundling import Activity, Link, Problem, Rules, Unit, solve
    >>> units = tuple(Unit(name, 100.0 * i, 0.0, anchor=name == "a") for i, name in enumerate("abc"))
    >>> problem = Problem(units, (Link("a", "b"), Link("b", "c")), Rules(anchors=True))
    >>> [(price.rule, price.change.distance) for price in price_of_rules(problem, solve(problem))]
    [('anchors', -200.0)]
    """
    began = time.monotonic()
    without_each = _without_each(problem)
    found = []
    for place, (rule, freed) in enumerate(without_each):
        left = None if time_limit is None else time_limit - (time.monotonic() - began)
        if (left is not None and left <= 0) or (cancel is not None and cancel()):
            break
        answer = solve(freed, effort=effort, seed=seed, time_limit=left, cancel=cancel)
        if answer.stopped_by in ("cancel", "time_limit"):
            break
        found.append(_price(problem, solution, rule, answer if isinstance(answer, Solution) else None))
        if progress is not None:
            progress((place + 1) / len(without_each), solution.parts.distance)
    order = {price.rule: place for place, price in enumerate(found)}
    return tuple(sorted(found, key=lambda price: (*_key(price.change), order[price.rule])))


def _without_each(problem: Problem) -> list[tuple[str, Problem]]:
    """The problem without each rule or kind of rules, priced ones included."""
    rules = rules_of(problem)
    found = []
    for activity in problem.rules.activities[1:]:
        if problem.rules.is_hard(activity):
            gone = [rule for rule in rules if rule.name == activity.name and rule.kind in ("lower", "upper")]
            found += [(activity.name, without(problem, gone))] if gone else []
    for name, kinds in _TOGETHER.items():
        gone = [rule for rule in rules if rule.kind in kinds]
        if gone:
            found.append((name, _freed(problem, name, gone)))
    for name, price in problem.rules.soft.items():
        if price > 0 and not (name == BORDER and problem.rules.within):
            found.append((f"{_PRICE_OF}{name}", with_rules(problem, soft={**problem.rules.soft, name: 0.0})))
    return found


def _freed(problem: Problem, name: str, gone: Sequence[Rule]) -> Problem:
    freed = without(problem, gone)
    if name != "within" or not problem.rules.soft.get(BORDER):
        return freed
    # a closed border costs nothing; opened, it must not begin to
    return with_rules(freed, soft={**freed.rules.soft, BORDER: 0.0})


def _price(problem: Problem, solution: Solution, rule: str, answer: Solution | None) -> RulePrice:
    plan = answer if answer is not None and _better(rule, answer, solution) else None
    change = _change(problem, plan or solution, solution)
    count = len((plan or solution).packages)
    figures: dict[str, Figure] = {
        "rule": rule,
        "left_out": change.left_out,
        "soft": change.soft,
        "distance": change.distance,
        "distance_change": change.distance / solution.parts.distance if solution.parts.distance else None,
        "imbalance": change.imbalance,
        "packages": count,
        "packages_change": count - len(solution.packages),
    }
    if plan is None:
        text = f"without {_named(rule)} no better plan was found"
        return RulePrice(rule, change, None, Reason("price_none", text, figures))
    if not rule.startswith(_PRICE_OF) and not check(problem, plan.labels()):
        # the rule held nothing back: the search merely did better this time
        text = f"without {_named(rule)} a better plan was found ({_told(figures)}); it keeps the rule all the same"
        return RulePrice(rule, change, plan, Reason("price_chance", text, figures))
    text = f"without {_named(rule)} a better plan was found: {_told(figures)}"
    return RulePrice(rule, change, plan, Reason("price_of_rule", text, figures))


def _better(rule: str, one: Solution, other: Solution) -> bool:
    """Whether ``one`` comes first by the objective beyond rounding; priced rules do not count where taken away."""
    parts = zip(_marks(rule, one), _marks(rule, other), strict=True)
    for mine, theirs in parts:
        if abs(mine - theirs) > 1e-9 * max(1.0, abs(mine), abs(theirs)):
            return mine < theirs
    return False


def _marks(rule: str, plan: Solution) -> tuple[float, ...]:
    parts = plan.parts
    soft = 0.0 if rule.startswith(_PRICE_OF) else parts.soft
    return parts.left_out, float(len(plan.left_out)), soft, parts.fixed + parts.distance, parts.imbalance


def _change(problem: Problem, plan: Solution, solution: Solution) -> Parts:
    """Part by part, by the prices of the problem asked."""
    standing = Standing(problem, plan)
    soft = sum(standing.soft_price(units) for units in standing.members)
    theirs = dataclasses.replace(plan.parts, soft=soft)
    each = (field.name for field in dataclasses.fields(Parts))
    return Parts(**{name: getattr(theirs, name) - getattr(solution.parts, name) for name in each})


def _key(change: Parts) -> tuple[float, float, float, float]:
    return change.left_out, change.soft, change.distance, change.imbalance


def _named(rule: str) -> str:
    said = {
        "anchors": "an anchor in every package",
        "barrier": "barriers",
        "within": "closed borders",
        "max_members": "the limit of members",
        "packages": "the number of packages asked for",
        "lock": "locks",
        "together": "units kept together",
        "apart": "units kept apart",
    }
    return said.get(rule, rule if rule.startswith(_PRICE_OF) else f"bounds on {rule}")


def _told(figures: dict[str, Figure]) -> str:
    parts = []
    for key, said in (("left_out", "priced weight left out"), ("soft", "priced rules")):
        if figures[key]:
            parts.append(f"{said} {_signed(float(figures[key] or 0))}")
    if figures["distance_change"] is not None:
        parts.append(f"distance {float(figures['distance_change']):+.2%}")
    if figures["packages_change"]:
        parts.append(f"{figures['packages']} packages")
    return ", ".join(parts) or "evener packages"


def _signed(value: float) -> str:
    return f"{'-' if value < 0 else '+'}{number(round(abs(value), 2))}"
