"""Hard rules as things that can be named, taken away or loosened one by one (规则放宽)."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Collection
from dataclasses import dataclass

from geo.bundling.problem import Activity, Problem, Rules


@dataclass(frozen=True, slots=True, order=True)
class Rule:
    """One hard rule of a problem; ``name``: the activity, the lock, or the place of the group.

    Kinds: ``place_all``, ``fewest`` and ``most`` packages, ``lower`` and ``upper`` (of the activity
    ``name``), ``max_members``, ``anchors``, ``within``, ``barrier``, ``gap`` (known links that are too
    long), ``together``, ``apart``, ``lock``.
    """

    kind: str
    name: str = ""


def rules_of(problem: Problem) -> list[Rule]:
    """Every hard rule that could stand in a conflict; connected packages are what a package is.

    >>> from geo.bundling import Activity, Problem, Rules, Unit
    >>> units = (Unit("a", 0, 0, {"households": 9}, lock="P01"),)
    >>> [rule.kind for rule in rules_of(Problem(units, (), Rules((Activity("households", 5),), packages=2)))]
    ['lower', 'fewest', 'most', 'lock']
    """
    rules, found = problem.rules, []
    for activity in rules.activities:
        if rules.is_hard(activity):
            found += [Rule("lower", activity.name)] if activity.lower is not None else []
            found += [Rule("upper", activity.name)] if activity.upper is not None else []
    low, high = rules.package_range()
    flags = {
        "max_members": rules.max_members is not None,
        "anchors": rules.anchors,
        "within": rules.within,
        "barrier": any(link.cut == "barrier" for link in problem.links),
        "gap": any(link.cut == "gap" for link in problem.links),
        "place_all": rules.leave_out_price is None,
        "fewest": low > 0,
        "most": high < math.inf,
    }
    found += [Rule(kind) for kind, there in flags.items() if there]
    found += [Rule("together", str(place)) for place in range(len(rules.together))]
    found += [Rule("apart", str(place)) for place in range(len(rules.apart))]
    found += [
        Rule("lock", lock) for lock in sorted({unit.lock for unit in problem.units if unit.lock is not None})
    ]
    return found


def without(problem: Problem, gone: Collection[Rule]) -> Problem:
    """The problem without some of its rules."""
    if not gone:
        return problem
    kinds = {rule.kind for rule in gone if not rule.name}
    locks = {rule.name for rule in gone if rule.kind == "lock"}
    units = problem.units
    if locks:
        units = tuple(dataclasses.replace(u, lock=None) if u.lock in locks else u for u in units)
    links = problem.links
    if kinds & {"barrier", "gap"}:
        links = tuple(dataclasses.replace(x, cut=None) if x.cut in kinds else x for x in links)
    return dataclasses.replace(
        problem, units=units, links=links, rules=_rules_without(problem, set(gone), kinds)
    )


def _rules_without(problem: Problem, gone: set[Rule], kinds: set[str]) -> Rules:
    rules = problem.rules
    return dataclasses.replace(
        rules,
        activities=tuple(
            Activity(
                each.name,
                None if Rule("lower", each.name) in gone else each.lower,
                None if Rule("upper", each.name) in gone else each.upper,
            )
            for each in rules.activities
        ),
        packages=_packages(problem, kinds),
        max_members=None if "max_members" in kinds else rules.max_members,
        within=rules.within and "within" not in kinds,
        anchors=rules.anchors and "anchors" not in kinds,
        together=tuple(g for i, g in enumerate(rules.together) if Rule("together", str(i)) not in gone),
        apart=tuple(g for i, g in enumerate(rules.apart) if Rule("apart", str(i)) not in gone),
        leave_out_price=1.0 if "place_all" in kinds else rules.leave_out_price,
    )


def _packages(problem: Problem, kinds: set[str]) -> int | tuple[int, int] | None:
    if not kinds & {"fewest", "most"}:
        return problem.rules.packages
    low, high = problem.rules.package_range()
    low = 0 if "fewest" in kinds else low
    if "most" in kinds or high == math.inf:
        return None if low == 0 else (low, max(low, len(problem.units)))
    return low, int(high)


def loosened(problem: Problem, rule: Rule, to: float) -> Problem:
    """The problem with one bound moved: ``lower``, ``upper``, ``max_members``, ``fewest`` or ``most``."""
    rules = problem.rules
    if rule.kind == "max_members":
        return dataclasses.replace(problem, rules=dataclasses.replace(rules, max_members=int(to)))
    if rule.kind in ("fewest", "most"):
        low, high = rules.package_range()
        high = len(problem.units) if high == math.inf else int(high)
        span = (int(to), max(int(to), high)) if rule.kind == "fewest" else (min(low, int(to)), int(to))
        return dataclasses.replace(problem, rules=dataclasses.replace(rules, packages=span))
    activities = tuple(
        each
        if each.name != rule.name
        else Activity(each.name, to, each.upper)
        if rule.kind == "lower"
        else Activity(each.name, each.lower, to)
        for each in rules.activities
    )
    return dataclasses.replace(problem, rules=dataclasses.replace(rules, activities=activities))


def bound_of(problem: Problem, rule: Rule) -> float:
    """Where a bound stands now, nan where there is none; raises KeyError for a rule that is no bound."""
    low, high = problem.rules.package_range()
    plain = {"fewest": float(low), "most": float(high), "max_members": float(problem.rules.max_members or 0)}
    if rule.kind in plain:
        return plain[rule.kind]
    bounds = {
        (kind, each.name): bound
        for each in problem.rules.activities
        for kind, bound in (("lower", each.lower), ("upper", each.upper))
    }
    bound = bounds[rule.kind, rule.name]
    return math.nan if bound is None else float(bound)
