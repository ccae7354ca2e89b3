"""Checkers of what the engine says about a plan; they share no code with the engine."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator, Mapping

from geo.bundling import Link, Problem, Reason, Solution
from tests.geo.bundling.cases import package_faults, plan_faults

BROKEN_BY = {
    "binds_members": {"max_members"},
    "binds_within": {"within"},
    "binds_barrier": {"contiguity"},
    "binds_gap": {"contiguity"},
    "binds_anchors": {"anchors"},
    "binds_apart": {"apart"},
    "binds_together": {"together"},
    "binds_lock": {"lock"},
    "binds_packages": {"packages"},
}


def groups_of(labels: dict[str, str | None]) -> list[list[str]]:
    packages: dict[str, list[str]] = {}
    for name, package in labels.items():
        if package is not None:
            packages.setdefault(package, []).append(name)
    return list(packages.values())


def distance_of(problem: Problem, labels: dict[str, str | None]) -> float:
    """Distance part of a plan, every package with its best hub."""
    by_id = {unit.id: unit for unit in problem.units}
    total = 0.0
    for names in groups_of(labels):
        units = [by_id[name] for name in names]
        total += min(
            sum(problem.distance_weight(u) * math.hypot(u.x - hub.x, u.y - hub.y) for u in units)
            for hub in units
        )
    return total


def soft_of(problem: Problem, labels: dict[str, str | None]) -> float:
    """Price of the soft rules that a plan breaks."""
    rules, by_id = problem.rules, {unit.id: unit for unit in problem.units}
    total = 0.0
    for names in groups_of(labels):
        units = [by_id[name] for name in names]
        for activity in rules.activities:
            load = sum(unit.weights[activity.name] for unit in units)
            short = 0.0 if activity.lower is None else max(0.0, activity.lower - load)
            over = 0.0 if activity.upper is None else max(0.0, load - activity.upper)
            total += rules.soft.get(activity.name, 0.0) * (short + over)
        if not rules.within:
            total += rules.soft.get("border", 0.0) * (len({unit.within for unit in units}) - 1)
    return total


def opened(problem: Problem, gap: float | None = None, *, barriers: bool = False) -> Problem:
    """The problem with known cut links open: those up to a gap, and those that a barrier cuts."""

    def free(link: Link) -> Link:
        near = link.cut == "gap" and gap is not None and link.gap <= gap + 1e-6
        return dataclasses.replace(link, cut=None) if near or (barriers and link.cut == "barrier") else link

    return dataclasses.replace(problem, links=tuple(map(free, problem.links)))


def binding_is_true(problem: Problem, solution: Solution, reason: Reason) -> bool:
    """Whether the exchange quoted breaks just the rule named, and betters the plan by what is said."""
    labels, figures = dict(solution.labels()), reason.figures
    wanted = BROKEN_BY.get(reason.code) or {str(figures["rule"])}
    faults_before = plan_faults(problem, labels)
    assert not faults_before, faults_before
    moved = dict(labels)
    if reason.code == "binds_packages":
        part = set(str(figures["units"]).split(", "))
        rest = {name for name, package in labels.items() if package == figures["from"]} - part
        locked = {unit.id for unit in problem.units if unit.lock is not None}
        # the package keeps its name on the side that is locked to it
        moved |= dict.fromkeys(rest if part & locked else part, "a new one")
    else:
        moved[str(figures["unit"])] = str(figures["to"])
        assert labels[str(figures["unit"])] == figures["from"]
    found = plan_faults(problem, moved)
    if reason.code in ("binds_barrier", "binds_gap"):
        metres = float(figures["metres"] or 0)
        free = opened(problem, metres, barriers=reason.code == "binds_barrier")
        assert plan_faults(free, moved) == set()
    if reason.code in ("binds_upper", "binds_lower"):
        activity = next(a for a in problem.rules.activities if a.name == figures["rule"])
        value, limit = float(figures["value"] or 0), float(figures["limit"] or 0)
        assert limit == (activity.upper if reason.code == "binds_upper" else activity.lower)
        assert value > limit if reason.code == "binds_upper" else value < limit
    if figures.get("from") is None:
        return found == wanted
    saved = distance_of(problem, labels) - distance_of(problem, moved)
    dearer = soft_of(problem, moved) - soft_of(problem, labels)
    return found == wanted and saved >= float(figures["saves"] or 0) * (1 - 1e-9) - 1e-6 and dearer <= 1e-6


def _with_bound(problem: Problem, kind: str, rule: str, to: float) -> Problem:
    rules = problem.rules
    if kind == "max_members":
        return dataclasses.replace(problem, rules=dataclasses.replace(rules, max_members=round(to)))
    activities = tuple(
        dataclasses.replace(each, **{kind: to}) if each.name == rule else each for each in rules.activities
    )
    return dataclasses.replace(problem, rules=dataclasses.replace(rules, activities=activities))


def _joined(problem: Problem, figures: Mapping[str, object]) -> Problem:
    """The problem with the way in that a reason tells of open."""
    over, metres = figures["join_over"], float(str(figures["join_metres"]))
    if over == "within":
        return dataclasses.replace(problem, rules=dataclasses.replace(problem.rules, within=False))
    if over == "barrier":
        return opened(problem, barriers=True)
    gap = float(str(figures["join_gap"]))
    assert metres <= gap + 1e-6
    if figures["join_measured"] == "footprints":
        return opened(problem, gap)
    places = {unit.id: (unit.x, unit.y) for unit in problem.units}
    name = str(figures["join_neighbour"])
    near = [
        Link(name, other, 0.0) for other, point in places.items()
        if other != name and math.dist(point, places[name]) <= metres + 1e-6
    ]  # fmt: skip
    return dataclasses.replace(problem, links=problem.links + tuple(near))


def remedy_is_true(problem: Problem, solution: Solution, unit_id: str, reason: Reason) -> bool:
    """Whether what a reason says would let a unit in does: every rule kept with that one change."""
    figures, fine = reason.figures, True
    assert not plan_faults(problem, solution.labels())
    for key, package in (("join", figures.get("join_package")), ("bound", figures.get("bound_package"))):
        if (f"{key}_package") not in figures:
            continue
        labels = dict(solution.labels())
        units = str(figures.get(f"{key}_units", unit_id)).split(", ")
        assert unit_id in units
        assert all(labels[unit] is None for unit in units)
        labels |= dict.fromkeys(units, str(package or "a new one"))
        if key == "join":
            changed = _joined(problem, figures)
        else:
            assert plan_faults(problem, labels)
            changed = _with_bound(
                problem, str(figures["bound"]), str(figures["bound_rule"]), float(str(figures["bound_to"]))
            )
        fine = fine and plan_faults(changed, labels) - {"leave_out"} == set()
    return fine


def any_plan(problem: Problem) -> bool:
    """Whether some plan keeps every hard rule, by trying all of them: for a handful of units only."""
    names = [unit.id for unit in problem.units]
    low, high = problem.rules.package_range()
    fewest = max(low, 1) if high >= 1 and names else low
    locks = {unit.id: unit.lock for unit in problem.units}
    faulty: dict[tuple[str, ...], bool] = {}

    def fine(group: tuple[str, ...]) -> bool:
        if group not in faulty:
            held = {locks[name] for name in group} - {None}
            faulty[group] = len(held) > 1 or bool(package_faults(problem, list(group)))
        return not faulty[group]

    for labels in labellings(len(names)):
        count = max(labels, default=-1) + 1
        if not fewest <= count <= high:
            continue
        groups = [
            tuple(n for n, label in zip(names, labels, strict=True) if label == p) for p in range(count)
        ]
        if not all(fine(group) for group in groups):
            continue
        plan: dict[str, str | None] = dict.fromkeys(names)
        for place, group in enumerate(groups):
            lock = next((locks[name] for name in group if locks[name] is not None), None)
            plan |= dict.fromkeys(group, lock or f"package {place}")
        if not plan_faults(problem, plan):
            return True
    return False


def labellings(count: int) -> Iterator[list[int]]:
    """Every way to put units into packages or leave them out (-1)."""

    def extend(labels: list[int], used: int) -> Iterator[list[int]]:
        if len(labels) == count:
            yield labels
            return
        for label in range(-1, used + 1):
            yield from extend([*labels, label], max(used, label + 1))

    return extend([], 0)


def relaxed(problem: Problem, kind: str, figures: Mapping[str, object]) -> Problem:
    """The problem with the change that a conflict's reason tells of."""
    rules, to, rule = problem.rules, figures.get("to"), str(figures["rule"])
    if figures["change"] == "move":
        low, high = rules.package_range()
        if kind in ("lower", "upper", "max_members"):
            return _with_bound(problem, kind, rule, float(str(to)))
        if kind == "gap":
            return opened(problem, float(str(to)))
        span = (int(float(str(to))), high) if kind == "fewest" else (low, int(float(str(to))))
        most = len(problem.units) if span[1] == math.inf else int(span[1])
        return dataclasses.replace(
            problem, rules=dataclasses.replace(rules, packages=(min(span[0], most), most))
        )
    assert figures["change"] == "drop"
    if kind == "place_all":
        return dataclasses.replace(problem, rules=dataclasses.replace(rules, leave_out_price=1.0))
    if kind == "barrier":
        return opened(problem, barriers=True)
    if kind == "lock":
        gone = [unit for unit in problem.units if rule in ("lock", unit.lock)]
        units = tuple(dataclasses.replace(u, lock=None) if u in gone else u for u in problem.units)
        return dataclasses.replace(problem, units=units)
    if kind in ("together", "apart"):
        kept = tuple(g for place, g in enumerate(getattr(rules, kind)) if rule not in (kind, str(place)))
        return dataclasses.replace(problem, rules=dataclasses.replace(rules, **{kind: kept}))
    off = {"within": {"within": False}, "anchors": {"anchors": False}}
    return dataclasses.replace(problem, rules=dataclasses.replace(rules, **off[kind]))
