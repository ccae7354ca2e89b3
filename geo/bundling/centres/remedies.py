"""What would lead to a plan where none keeps every rule round given centres (出路): shown by a plan, never guessed.

Each thing told is a change of the problem together with a plan of the changed problem, so that it holds whoever
asks; what leads nowhere is not told. How little of a change is enough is as good as the search that tried it.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping

from geo.bundling.plan import Figure, Reason, Solution, number
from geo.bundling.problem import Problem
from geo.bundling.reasons.remedies import Trial

_HALVINGS, _SMALL = 4, 100
"""Tries at smaller capacities for problems of up to so many units; larger ones have one."""
_NAMED = 6


def centres_told(problem: Problem, trial: Trial) -> tuple[Reason, ...]:
    """The capacities that would have to be larger, and what would have to stay out, each with a plan behind it.

    The plan of larger capacities is another than that which leaves units out: either change alone is enough.
    """
    found = (_capacities(problem, trial), _left_out(problem, trial))
    return tuple(reason for reason in found if reason is not None)


def _widened(problem: Problem, share: float) -> Problem:
    """Every capacity larger by ``share``; inf: none."""
    usual = _usual(problem)
    room = {
        each.id: None if math.isinf(share) else each.capacity + share * (each.capacity or usual)
        for each in problem.rules.centres
        if each.capacity is not None
    }
    return _with(problem, room)


def _usual(problem: Problem) -> float:
    """What a capacity of nothing grows by a share of: the largest capacity, or all there is."""
    largest = max(each.capacity or 0.0 for each in problem.rules.centres)
    return largest or math.fsum(problem.load(unit) for unit in problem.units)


def _with(problem: Problem, room: Mapping[str, float | None]) -> Problem:
    """The problem with other capacities of some centres."""
    centres = tuple(
        dataclasses.replace(each, capacity=room.get(each.id, each.capacity)) for each in problem.rules.centres
    )
    return dataclasses.replace(problem, rules=dataclasses.replace(problem.rules, centres=centres))


def _needed(problem: Problem, plan: Solution) -> dict[str, tuple[float, float]]:
    """Per centre over its capacity in a plan: what it holds and its capacity."""
    load = {unit.id: problem.load(unit) for unit in problem.units}
    room = {centre.id: centre.capacity for centre in problem.rules.centres}
    found = {}
    for package in plan.packages:
        held, most = math.fsum(load[unit] for unit in package.members), room[package.hub]
        if most is not None and held > most * (1 + 1e-9):
            found[package.hub] = (held, most)
    return found


def _total(problem: Problem, plan: Solution) -> float:
    return math.fsum(held - most for held, most in _needed(problem, plan).values())


def _capacities(problem: Problem, trial: Trial) -> Reason | None:
    """The plan met that asks for least more capacity, all centres together."""
    if all(centre.capacity is None for centre in problem.rules.centres):
        return None
    best = trial.plan(_widened(problem, math.inf))
    if best is None or not _needed(problem, best):
        return None
    usual = _usual(problem)
    near, far = 0.0, max((held - most) / (most or usual) for held, most in _needed(problem, best).values())
    for _ in range(_HALVINGS if len(problem.units) <= _SMALL else 1):
        middle = (near + far) / 2 if far <= 1.0 else math.sqrt(max(near, 0.01) * far)
        plan = trial.plan(_widened(problem, middle))
        if trial.spent:
            break
        if plan is None:
            near = middle
            continue
        far = middle
        if _total(problem, plan) < _total(problem, best):
            best = plan
    return _capacities_said(problem, _spared(problem, best, trial))


def _spared(problem: Problem, best: Solution, trial: Trial) -> Solution:
    """A plan without more room at some of the centres that ``best`` has it at, those with most of it first."""
    needed = _needed(problem, best)
    for name in sorted(needed, key=lambda each: (needed[each][1] - needed[each][0], each))[:_NAMED]:
        now = _needed(problem, best)
        if len(now) < 2 or name not in now:
            continue
        plan = trial.plan(_with(problem, {other: held for other, (held, _) in now.items() if other != name}))
        if plan is not None and _total(problem, plan) < _total(problem, best):
            best = plan
    return best


def _capacities_said(problem: Problem, plan: Solution) -> Reason:
    needed = sorted(_needed(problem, plan).items(), key=lambda each: (each[1][1] - each[1][0], each[0]))
    more = _total(problem, plan)
    named = [f"{number(held)} instead of {number(most)} at {name}" for name, (held, most) in needed[:_NAMED]]
    others = f" and {len(needed) - _NAMED} more" if len(needed) > _NAMED else ""
    total = "" if len(needed) == 1 else f" ({number(round(more, 6))} more in all)"
    text = f"the capacities: with {', '.join(named)}{others} there is a plan{total}"
    first, (held, most) = needed[0]
    figures: dict[str, Figure] = {
        "rule": "capacity",
        "change": "move",
        "centres": ", ".join(name for name, _ in needed[:50]),
        "count": len(needed),
        "more": more,
        "centre": first,
        "limit": most,
        "to": held,
        "by": held - most,
    }
    return Reason("rule_capacity", text, figures)


def _left_out(problem: Problem, trial: Trial) -> Reason | None:
    """The plan that leaves out what it must, where nothing may be."""
    if problem.rules.leave_out_price is not None:
        return None
    plan = trial.plan(
        dataclasses.replace(problem, rules=dataclasses.replace(problem.rules, leave_out_price=1.0))
    )
    if plan is None or not plan.left_out:
        return None
    names = sorted(plan.left_out)
    load = math.fsum(problem.load(unit) for unit in problem.units if unit.id in plan.left_out)
    said = ", ".join(names[:_NAMED]) + (f" and {len(names) - _NAMED} more" if len(names) > _NAMED else "")
    text = f"every unit in a package: leaving out {said} ({number(load)} in all) there is a plan"
    figures: dict[str, Figure] = {
        "rule": "place_all",
        "change": "drop",
        "units": ", ".join(names[:50]),
        "count": len(names),
        "load": load,
    }
    return Reason("rule_place_all", text, figures)
