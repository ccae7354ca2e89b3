"""What each rule of a plan costs (规则代价), in a tender officer's terms: metres, households left out, yuan."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from geo.bundling import Package, Parts, Reason, RulePrice, Solution, price_of_rules
from geo.errors import Conflict
from geo.tender.money import Books
from geo.tender.rules import BundleRules
from geo.tender.survey import Ground

Plan = Mapping[str, Any]
"""One plan as a proposal gives it."""


def priced(
    ground: Ground,
    rules: BundleRules,
    plan: Plan,
    *,
    time_limit: float | None = None,
    progress: Callable[[float, float | None], None] | None = None,
    cancel: Callable[[], bool] | None = None,
) -> dict[str, Any]:
    """Solve again without each rule and say what that changes for the plan, the dearest rule first.

    Each answer holds the plan's figures `now` and `without` the rule (null where nothing better was found).
    Raises Conflict where the pool is not the one that the plan was made of.
    """
    solution = _as_solution(ground, rules, plan)
    prices = price_of_rules(
        ground.problem,
        solution,
        effort=rules.effort,
        seed=rules.seed,
        time_limit=time_limit,
        progress=progress,
        cancel=cancel,
    )
    now = _figures(ground, rules, solution)
    return {"now": now, "prices": [_price(ground, rules, each) for each in prices]}


def _price(ground: Ground, rules: BundleRules, price: RulePrice) -> dict[str, Any]:
    reason = price.reason
    return {
        "rule": price.rule,
        "without": None if price.plan is None else _figures(ground, rules, price.plan),
        "why": {"code": reason.code, "text": reason.text, "figures": dict(reason.figures)},
    }


def _as_solution(ground: Ground, rules: BundleRules, plan: Plan) -> Solution:
    """The plan as the engine speaks of it, out of what a proposal told."""
    units = {unit.id for unit in ground.problem.units}
    placed = [code for each in plan["packages"] for code in each["members"]]
    told = {each["code"] for each in plan["left_out"]}
    known = {name for name in (field.name for field in dataclasses.fields(Parts)) if name in plan["parts"]}
    if not units <= told.union(placed) or not units.issuperset(placed):
        raise Conflict("the pool has changed since these packages were made; make them again")
    return Solution(
        packages=tuple(
            Package(each["id"], tuple(each["members"]), each["hub"], {}) for each in plan["packages"]
        ),
        left_out={code: Reason("left_out", "left out") for code in sorted(units & told)},
        parts=Parts(**{name: plan["parts"][name] for name in known}),
        bound=plan["bound"],
        gap=plan["gap"],
        proven=plan["proven"],
        stopped_by=plan["stopped_by"],
        seed=plan["seed"],
        seconds=plan["seconds"],
    )


def _figures(ground: Ground, rules: BundleRules, plan: Solution) -> dict[str, Any]:
    """What an officer compares: packages, metres a household, what stays out, what is short, borders crossed."""
    groups = [package.members for package in plan.packages]
    weight = {unit.id: ground.problem.load(unit) for unit in ground.problem.units}
    placed = sum(weight[code] for group in groups for code in group)
    out = [ground.candidates[code] for code in plan.left_out]
    return {
        "packages": len(groups),
        "way": plan.parts.distance / placed if placed else None,
        "units_out": len(out),
        "households_out": sum(each.households or 0 for each in out),
        "imbalance": plan.parts.imbalance,
        "borders": sum(len({ground.candidates[code].subdistrict for code in group}) - 1 for group in groups),
        "short": sum(_short(ground, group) for group in groups) if rules.money else None,
    }


def _short(ground: Ground, members: Sequence[str]) -> float:
    """Yuan a year by which a package's cost is above its income."""
    known = [each for code in members if isinstance(each := ground.money[code], Books)]
    return max(0.0, -sum(each.balance for each in known))
