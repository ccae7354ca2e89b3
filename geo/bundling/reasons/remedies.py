"""The smallest change of one rule, all others kept, at which there is a plan: found by solving, not by guessing."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from geo.bundling.check import check
from geo.bundling.plan import Figure, Solution, number
from geo.bundling.problem import Link, Problem
from geo.bundling.reasons.relax import Rule, bound_of, loosened, without

BOUNDS = frozenset({"lower", "upper", "max_members", "fewest", "most"})
_STEPS = (0.02, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4)
"""Shares of a bound by which it is moved; between the last without a plan and the first with one it is halved."""
_HALVINGS = 4


@dataclass
class Trial:
    """Solves loosened forms of a problem, as long as the budget of solves lasts and nobody stops it.

    ``possible``: whether there is a plan at all, None where that is not settled. ``rescue``: a plan met on the way
    that keeps every rule of ``problem`` itself: the search had missed it.
    """

    problem: Problem
    solve: Callable[[Problem], Solution | None]
    left: int
    stop: Callable[[], bool]
    possible: Callable[[Problem], bool | None] = field(default=lambda problem: None)
    spent: bool = field(default=False)
    rescue: Solution | None = field(default=None)

    def plan(self, problem: Problem) -> Solution | None:
        """A plan, or None: there is none, none was found, or the budget is spent (then ``spent`` is True)."""
        if self.left <= 0 or self.stop():
            self.spent = True
            return None
        self.left -= 1
        found = self.solve(problem)
        if found is None or check(self.problem, found.labels()):
            return found
        # it says nothing about the rule loosened; with units left out its reasons would be those of another problem
        self.rescue = self.rescue or (None if found.left_out else found)
        return None


@dataclass(frozen=True)
class Change:
    """A loosened rule with a plan that proves it enough. ``to``: the moved bound, None where it was dropped."""

    to: float | None
    said: str
    plan: Solution
    figures: dict[str, Figure]


def smallest_change(problem: Problem, rule: Rule, trial: Trial) -> Change | None:
    """How little this rule has to give for a plan; None when the trial found none even without it."""
    bare = without(problem, [rule])
    plan = trial.plan(bare)
    if plan is None:
        return None
    if rule.kind in BOUNDS:
        return _moved(problem, rule, plan, trial)
    if rule.kind == "gap":
        return _gap(problem, plan)
    said, figures = _given_up(problem, rule, plan)
    return Change(None, said, plan, {**figures, "change": "drop"})


def _moved(problem: Problem, rule: Rule, plan: Solution, trial: Trial) -> Change:
    """Halve the steps away from the bound until there is a plan, then the last of them."""
    now, whole = bound_of(problem, rule), rule.kind in ("max_members", "fewest", "most")
    best, near, far = plan, now, _reached(problem, rule, plan)
    rungs, halvings = _rungs(now, far, whole), _HALVINGS
    while rungs or halvings:
        if rungs:
            middle = rungs[len(rungs) // 2]
        else:
            middle, halvings = (near + far) / 2, halvings - 1
            middle = float(round(middle)) if whole else middle
            if middle in (near, far) or abs(far - near) <= 0.002 * abs(far):
                break
        found = trial.plan(loosened(problem, rule, middle))
        if trial.spent:
            break
        if found is None:
            near = middle
        else:
            best, far = found, _reached(problem, rule, found)
        rungs = [to for to in rungs if abs(near - now) < abs(to - now) < abs(far - now)]
    return _bound_change(rule, now, far, best, near)


def _rungs(now: float, reached: float, whole: bool) -> list[float]:
    """Where a bound is tried between where it stands and where a plan is known, nearest first."""
    unit = max(abs(now), abs(reached - now) / _STEPS[-1], 1e-6)
    away = [max(step * unit, 1.0) if whole else step * unit for step in _STEPS]
    tried = [now + math.copysign(each, reached - now) for each in away]
    places = dict.fromkeys(float(round(to)) if whole else to for to in tried)
    return [to for to in places if abs(to - now) < abs(reached - now)]


def _reached(problem: Problem, rule: Rule, plan: Solution) -> float:
    """The bound that this plan would just keep."""
    if rule.kind in ("fewest", "most"):
        return float(len(plan.packages))
    if rule.kind == "max_members":
        return float(max((len(package.members) for package in plan.packages), default=0))
    loads = [package.loads[rule.name] for package in plan.packages]
    now = bound_of(problem, rule)
    return (min if rule.kind == "lower" else max)(loads, default=now)


def _bound_change(rule: Rule, now: float, to: float, plan: Solution, none_at: float) -> Change:
    tight = [p.id for p in plan.packages if rule.kind in ("lower", "upper") and p.loads[rule.name] == to]
    figures: dict[str, Figure] = {"change": "move", "to": to, "by": abs(to - now)}
    if none_at != now:
        figures["none_found_at"] = none_at
    if tight:
        figures["package"] = tight[0]
    return Change(to, f"at {number(to)} instead of {number(now)} there is a plan", plan, figures)


def _gap(problem: Problem, plan: Solution) -> Change:
    """The longest of the too long links that the plan cannot do without."""
    label = plan.labels()
    inside = [x for x in problem.links if label.get(x.a) is not None and label.get(x.a) == label.get(x.b)]
    inside.sort(key=lambda link: (link.cut == "gap", link.gap if link.cut == "gap" else 0.0, link.a, link.b))
    needed = [link for link in _tree(inside) if link.cut == "gap"]
    longest = max(needed, key=lambda link: link.gap, default=None)
    if longest is None:
        return Change(None, "without it there is a plan", plan, {"change": "drop"})
    figures: dict[str, Figure] = {
        "change": "move",
        "to": longest.gap,
        "unit": longest.a,
        "nearest": longest.b,
        "package": label[longest.a],
    }
    said = f"at a gap of {number(round(longest.gap, 2))} m ({longest.a} to {longest.b}) there is a plan"
    return Change(longest.gap, said, plan, figures)


def _tree(links: Sequence[Link]) -> list[Link]:
    """The links, first come first, that join what was not joined yet (Kruskal)."""
    root: dict[str, str] = {}

    def find(name: str) -> str:
        while root.get(name, name) != name:
            name = root[name]
        return name

    kept = []
    for link in links:
        if link.cut == "barrier":
            continue
        a, b = find(link.a), find(link.b)
        if a != b:
            root[a] = b
            kept.append(link)
    return kept


def _given_up(problem: Problem, rule: Rule, plan: Solution) -> tuple[str, dict[str, Figure]]:
    """What the plan without the rule breaks of it."""
    if rule.kind == "place_all":
        names = sorted(plan.left_out)
        out = set(names)
        load = sum(problem.load(unit) for unit in problem.units if unit.id in out)
        said = f"leaving out {_some(names)} ({number(load)} in all) there is a plan"
        return said, {"units": ", ".join(names[:50]), "count": len(names), "load": load}
    broken = [each for each in check(problem, plan.labels()) if each.rule in (rule.kind, _CHECKED[rule.kind])]
    packages = sorted({each.package for each in broken if each.package is not None})
    if not packages:
        return "without it there is a plan", {}
    figures: dict[str, Figure] = {"packages": ", ".join(packages[:50]), "count": len(packages)}
    return f"without it there is a plan that breaks it in {_some(packages)}", figures


_CHECKED = {
    "anchors": "anchors", "within": "within", "barrier": "contiguity", "together": "together",
    "apart": "apart", "lock": "lock",
}  # fmt: skip
"""The name of each rule where a plan is checked."""


def _some(names: Sequence[str]) -> str:
    """Up to six names, and how many more."""
    more = f" and {len(names) - 6} more" if len(names) > 6 else ""
    return ", ".join(names[:6]) + more
