"""Rules that bind (起作用的规则): each by itself stops an exchange or a split that would better the plan.

A rule is told as binding only with an exchange that breaks this rule and no other: take the rule away and
the plan can be bettered at once. How much a rule costs in all takes another solve: see ``prices.py``.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from geo.bundling.forms.arrays import OUT
from geo.bundling.plan import Figure, Reason, Solution, number
from geo.bundling.problem import Problem
from geo.bundling.reasons.exchanges import Broken, Exchange, Standing, connected, exchanges

_SEEDS = 20
"""Members tried as the second hub of a package, from the farthest on."""


def binding_rules(problem: Problem, solution: Solution) -> tuple[Reason, ...]:
    """Every rule that alone stops an exchange next to the plan, the dearest of each kind first in line.

    >>> from geo.bundling import Activity, Link, Problem, Rules, Unit, solve
    >>> units = tuple(Unit(name, 100.0 * i, 0.0, {"households": 100}) for i, name in enumerate("abcd"))
    >>> links = (Link("a", "b"), Link("b", "c"), Link("c", "d", cut="barrier"))
    >>> answer = solve(Problem(units, links, Rules((Activity("households", 200, 400),))))
    >>> [(reason.code, reason.figures["unit"]) for reason in answer.binding]
    [('binds_barrier', 'd')]
    """
    if not solution.packages:
        return ()
    standing = Standing(problem, solution)
    by_rule: dict[Broken, list[Exchange]] = {}
    for each in exchanges(standing):
        by_rule.setdefault(each.broken[0], []).append(each)
    reasons = [_reason(standing, rule, found) for rule, found in sorted(by_rule.items())]
    split = _best_split(standing)
    if split is not None:
        reasons.append(_packages(standing, split))
    return tuple(reasons)


def _reason(standing: Standing, rule: Broken, found: Sequence[Exchange]) -> Reason:
    units, names = standing.problem.units, [package.id for package in standing.solution.packages]
    best = min(found, key=lambda each: (each.source != OUT, -each.saves, each.unit, each.target))
    kind, activity = rule
    at_source = kind == "lower" or kind in ("anchors", "lock")
    out = best.source == OUT
    figures: dict[str, Figure] = {
        **_limits(standing, rule, best),
        "rule": activity or kind,
        "exchanges": len(found),
        "packages": len({each.source if at_source else each.target for each in found} - {OUT}),
        "unit": units[best.unit].id,
        "from": None if out else names[best.source],
        "to": names[best.target],
        "saves": best.saves,
        "share": None if out else best.saves / standing.solution.parts.distance,
    }
    many = "one exchange" if len(found) == 1 else f"{len(found)} exchanges"
    gain = (
        f"{units[best.unit].id} would find a place in {names[best.target]}"
        if out
        else f"{units[best.unit].id} could move from {names[best.source]} to {names[best.target]}, "
        f"which saves at least {best.saves / standing.solution.parts.distance:.2%} of the distance"
    )
    text = f"{_subject(rule, figures)} alone stops {many} next to this plan: without it {gain}"
    return Reason(f"binds_{kind.removeprefix('max_')}", text, figures)


def _limits(standing: Standing, rule: Broken, best: Exchange) -> dict[str, Figure]:
    kind, activity = rule
    if kind in ("barrier", "gap"):
        return {"metres": best.link.gap}
    if kind == "capacity":
        room = standing.room_left(best.target)
        load = standing.problem.load(standing.problem.units[best.unit])
        most = standing.capacity[standing.solution.packages[best.target].hub]
        return {"limit": most, "over": round(load - room, 6)}
    if kind == "max_members":
        limit = standing.problem.rules.max_members
        return {"limit": limit, "value": len(standing.members[best.target]) + 1}
    if kind not in ("upper", "lower"):
        return {}
    place = next(i for i, a in enumerate(standing.problem.rules.activities) if a.name == activity)
    column = standing.columns[place]
    amount = column.amounts[best.unit]
    joined = standing.loads[best.target][place] + amount
    if column.over(joined) if kind == "upper" else column.short(joined):
        value = joined
    else:
        value = standing.loads[best.source][place] - amount
    return {"limit": column.upper if kind == "upper" else column.lower, "value": value}


def _subject(rule: Broken, figures: dict[str, Figure]) -> str:
    kind, activity = rule
    if kind in ("upper", "lower"):
        return (
            f"the {kind} bound {number(float(figures['limit'] or 0))} {activity} "
            f"(it would be {number(float(figures['value'] or 0))})"
        )
    if kind == "gap":
        return f"the gap allowed (its neighbour is {number(float(figures['metres'] or 0))} m away)"
    said = {
        "capacity": f"the capacity {figures.get('limit')} of the centre {activity}",
        "max_members": f"the limit of {figures.get('limit')} members",
        "within": "staying within one area",
        "barrier": "a barrier",
        "anchors": "an anchor in every package",
        "apart": "keeping units apart",
        "together": "keeping units together",
        "lock": f"the lock to {activity}",
    }
    return said[kind]


@dataclass(frozen=True)
class _Split:
    package: int
    seed: int
    part: tuple[int, ...]
    saves: float


def _best_split(standing: Standing) -> _Split | None:
    """The split that saves most, where only the number of packages stands against it."""
    rules = standing.problem.rules
    if rules.centres or len(standing.members) != rules.package_range()[1]:
        return None
    queue = [
        (-split.saves, package, split.seed, split)
        for package in range(len(standing.members))
        for split in _splits(standing, package)
    ]
    heapq.heapify(queue)
    while queue:
        split = heapq.heappop(queue)[-1]
        if _allowed(standing, split):
            return split
    return None


def _splits(standing: Standing, package: int) -> Iterator[_Split]:
    units, hub = standing.members[package], standing.hub[package]
    far = sorted(units, key=lambda unit: (-standing.pull[unit] * standing.away(unit, hub), unit))
    for seed in far[:_SEEDS]:
        gains = {u: standing.pull[u] * (standing.away(u, hub) - standing.away(u, seed)) for u in units}
        part = tuple(unit for unit in units if gains[unit] > 0)
        saves = sum(gains[unit] for unit in part)
        if hub not in part and saves > 1e-9 * standing.solution.parts.distance + 1e-6:
            yield _Split(package, seed, part, saves)


def _allowed(standing: Standing, split: _Split) -> bool:
    whole = standing.members[split.package]
    rest = [unit for unit in whole if unit not in set(split.part)]
    locked = {standing.problem.units[unit].lock for unit in whole} - {None}
    sides = (rest, list(split.part))
    if locked and all(any(standing.problem.units[u].lock is not None for u in side) for side in sides):
        return False
    if any(standing.mates.get(unit, set()) & set(rest) for unit in split.part):
        return False
    if any(
        column.hard and (column.short(load) or column.over(load))
        for side in sides
        for column, load in zip(standing.columns, standing.sums(side), strict=True)
    ):
        return False
    dearer = standing.soft_price(rest) + standing.soft_price(split.part) - standing.soft_price(whole)
    return dearer <= 1e-9 and all(connected(standing, side) for side in sides)


def _packages(standing: Standing, split: _Split) -> Reason:
    units, count = standing.problem.units, len(standing.members)
    name = standing.solution.packages[split.package].id
    share = split.saves / standing.solution.parts.distance
    part = [units[unit].id for unit in split.part]
    seed = units[split.seed].id
    who = f"{seed} and {len(part) - 1} more" if len(part) > 1 else seed
    own = "as a package of their own save" if len(part) > 1 else "as a package of its own saves"
    text = (
        f"the number of packages, {count} at most, alone stops {name} from being split: "
        f"{who} {own} at least {share:.2%} of the distance"
    )
    figures: dict[str, Figure] = {
        "rule": "packages",
        "limit": count,
        "from": name,
        "unit": seed,
        "units": ", ".join(part),
        "saves": split.saves,
        "share": share,
    }
    return Reason("binds_packages", text, figures)
