"""Random bundling problems, and a checker of plans and reasons that shares no code with the engine."""

from __future__ import annotations

import math
from collections import deque

from hypothesis import strategies as st

from geo.bundling import Activity, Link, Problem, Reason, Rules, Solution, Unit


def strip(count: int, households: float = 100.0, **rules: object) -> Problem:
    """Units in a row, each linked to the next."""
    units = tuple(Unit(f"u{i}", 100.0 * i, 0.0, {"households": households}) for i in range(count))
    links = tuple(Link(f"u{i}", f"u{i + 1}") for i in range(count - 1))
    return Problem(units, links, Rules(**rules))


def grid(side: int, households: float = 100.0, **rules: object) -> Problem:
    """A square of units with rook neighbours, 100 m apart; ids r<row>c<column>."""
    units = tuple(
        Unit(f"r{r}c{c}", 100.0 * c, -100.0 * r, {"households": households}, within=f"s{c * 2 // side}")
        for r in range(side)
        for c in range(side)
    )
    links = [Link(f"r{r}c{c}", f"r{r}c{c + 1}") for r in range(side) for c in range(side - 1)]
    links += [Link(f"r{r}c{c}", f"r{r + 1}c{c}") for r in range(side - 1) for c in range(side)]
    return Problem(units, tuple(links), Rules(**rules))


def reachable(start: str, allowed: set[str], links: list[tuple[str, str]]) -> set[str]:
    seen, queue = {start}, deque([start])
    while queue:
        here = queue.popleft()
        for a, b in links:
            for one, other in ((a, b), (b, a)):
                if one == here and other in allowed and other not in seen:
                    seen.add(other)
                    queue.append(other)
    return seen


def usable(problem: Problem) -> list[tuple[str, str]]:
    within = {unit.id: unit.within for unit in problem.units}
    return [
        (link.a, link.b)
        for link in problem.links
        if link.cut is None and (not problem.rules.within or within[link.a] == within[link.b])
    ]


def _close(load: float, bound: float) -> bool:
    return math.isclose(load, bound, rel_tol=1e-8, abs_tol=1e-8)


def _inside(load: float, activity: Activity) -> bool:
    low, high = activity.lower, activity.upper
    above = low is None or load >= low or _close(load, low)
    return above and (high is None or load <= high or _close(load, high))


def package_faults(problem: Problem, members: list[str]) -> set[str]:
    """Hard rules that a package of these members breaks, by name."""
    rules, by_id = problem.rules, {unit.id: unit for unit in problem.units}
    units = [by_id[name] for name in members]
    found = set()
    uncut = [(link.a, link.b) for link in problem.links if link.cut is None]
    if reachable(members[0], set(members), uncut) != set(members):
        found.add("contiguity")
    for activity in rules.activities:
        load = sum(unit.weights[activity.name] for unit in units)
        if activity.name not in rules.soft and not _inside(load, activity):
            found.add(activity.name)
    if rules.max_members is not None and len(units) > rules.max_members:
        found.add("max_members")
    if rules.within and len({unit.within for unit in units}) > 1:
        found.add("within")
    if rules.anchors and not any(unit.anchor for unit in units):
        found.add("anchors")
    for group in rules.apart:
        if len(set(group) & set(members)) > 1:
            found.add("apart")
    return found


def plan_faults(problem: Problem, labels: dict[str, str | None]) -> set[str]:
    """Hard rules that a plan breaks, by name."""
    packages: dict[str, list[str]] = {}
    for name, package in labels.items():
        if package is not None:
            packages.setdefault(package, []).append(name)
    found = set()
    for members in packages.values():
        found |= package_faults(problem, members)
    for group in problem.rules.together:
        if len({labels.get(name) for name in group}) > 1:
            found.add("together")
    for unit in problem.units:
        if unit.lock is not None and labels.get(unit.id) != unit.lock:
            found.add("lock")
    low, high = problem.rules.package_range()
    if not low <= len(packages) <= high:
        found.add("packages")
    if problem.rules.leave_out_price is None and any(labels.get(unit.id) is None for unit in problem.units):
        found.add("leave_out")
    return found


def reason_is_true(problem: Problem, solution: Solution, unit_id: str, reason: Reason) -> bool:
    """Whether what a reason claims holds, worked out from the problem alone."""
    checks = {
        "too_large": _too_large,
        "group_too_large": _group,
        "group_not_connected": _group,
        "group_not_placed": _group,
        "apart_together": _group,
        "isolated": _isolated,
        "component_below": _component,
        "no_anchor": _component,
        "no_room": _no_room,
        "next_to_no_package": _next_to_none,
    }
    return checks[reason.code](problem, solution, unit_id, reason)


def _amount(problem: Problem, unit_id: str, rule: object) -> float:
    unit = next(unit for unit in problem.units if unit.id == unit_id)
    if rule == "anchors":
        return float(unit.anchor)
    return 1.0 if rule == "members" else unit.weights[str(rule)]


def _too_large(problem: Problem, solution: Solution, unit_id: str, reason: Reason) -> bool:
    value, limit = reason.figures["value"], reason.figures["limit"]
    return value == _amount(problem, unit_id, reason.figures["rule"]) and value > limit


def _group(problem: Problem, solution: Solution, unit_id: str, reason: Reason) -> bool:
    return any(unit_id in group for group in problem.rules.together)


def _isolated(problem: Problem, solution: Solution, unit_id: str, reason: Reason) -> bool:
    barred = {name for name, why in solution.left_out.items() if why.code in BARRED}
    free = [link for link in usable(problem) if unit_id in link and not barred & set(link)]
    return not free and _amount(problem, unit_id, reason.figures["rule"]) < reason.figures["limit"]


BARRED = {"apart_together", "too_large", "group_too_large", "group_not_connected", "group_not_placed"}


def _component(problem: Problem, solution: Solution, unit_id: str, reason: Reason) -> bool:
    barred = {name for name, why in solution.left_out.items() if why.code in BARRED}
    allowed = {unit.id for unit in problem.units} - barred
    piece = reachable(unit_id, allowed, usable(problem))
    amounts = [_amount(problem, name, reason.figures["rule"]) for name in piece]
    reach = sum(amount for amount in amounts if amount > 0) if max(amounts) > 0 else max(amounts)
    return _close(reach, reason.figures["value"]) and reach < reason.figures["limit"]


def _beside(problem: Problem, labels: dict[str, str | None], unit_id: str) -> set[str]:
    around = {name for link in usable(problem) if unit_id in link for name in link} - {unit_id}
    return {labels[name] for name in around if labels[name] is not None}


def _company(problem: Problem, unit_id: str) -> list[str]:
    """The unit and those that must go with it (one level is enough for the cases here)."""
    return sorted({unit_id}.union(*(group for group in problem.rules.together if unit_id in group)))


def _no_room(problem: Problem, solution: Solution, unit_id: str, reason: Reason) -> bool:
    labels = solution.labels()
    company = _company(problem, unit_id)
    packages = {package.id: list(package.members) for package in solution.packages}
    for name in _beside(problem, labels, unit_id):
        faults = package_faults(problem, packages[name] + company)
        if not faults:
            return False
    load = reason.figures.get("value")
    if load is not None and len(company) == 1:
        members = packages[str(reason.figures["package"])] + company
        total = sum(_amount(problem, each, reason.figures["rule"]) for each in members)
        return _close(total, float(load))
    return True


def _next_to_none(problem: Problem, solution: Solution, unit_id: str, reason: Reason) -> bool:
    return all(not _beside(problem, solution.labels(), name) for name in _company(problem, unit_id))


@st.composite
def problems(draw: st.DrawFn, *, most: int = 18) -> Problem:
    """Random maps with islands, zero weights, giants, locks, groups, foes, and bounds fair or impossible."""
    count = draw(st.integers(0, most))
    places = draw(
        st.lists(st.tuples(st.integers(0, 6), st.integers(0, 4)), min_size=count, max_size=count, unique=True)
    )
    weight = st.sampled_from([0, 5000, *range(10, 200, 7)])
    money = st.integers(-50, 60)
    units = []
    for number, (x, y) in enumerate(places):
        amounts = {"households": draw(weight), "income": draw(money)}
        lock = draw(st.sampled_from([None] * 40 + ["P01", "L2"]))
        within = draw(st.sampled_from(["east", "west"]))
        anchor = draw(st.booleans())
        units.append(Unit(f"u{number}", 100.0 * x, 100.0 * y, amounts, within, anchor, lock))
    links = [
        Link(a.id, b.id, 1.0, draw(st.sampled_from([None] * 9 + ["barrier"])))
        for place, a in enumerate(units)
        for b in units[place + 1 :]
        if math.hypot(a.x - b.x, a.y - b.y) <= 150
    ]
    return Problem(tuple(units), tuple(links), draw(_rules([unit.id for unit in units])))


@st.composite
def _rules(draw: st.DrawFn, ids: list[str]) -> Rules:
    lower = draw(st.sampled_from([None, 0, 100, 200, 300, 5000]))
    upper = draw(st.sampled_from([None, 150, 300, 450, 10_000]))
    if lower is not None and upper is not None and lower > upper:
        lower, upper = upper, lower
    activities = [Activity("households", lower, upper)]
    if draw(st.integers(0, 4)) == 0:
        activities.append(Activity("income", 0, None))
    some = st.nothing()
    if len(ids) > 2:
        some = st.lists(st.sampled_from(ids), min_size=2, max_size=3, unique=True).map(tuple)
    groups = st.one_of(st.just(()), st.just(()), some.map(lambda group: (group,)))
    return Rules(
        tuple(activities),
        packages=draw(st.sampled_from([None, None, None, 1, 2, 4, (2, 5)])),
        max_members=draw(st.sampled_from([None, None, 3])),
        within=draw(st.booleans()),
        anchors=draw(st.sampled_from([False, False, True])),
        together=draw(groups),
        apart=draw(groups),
        leave_out_price=draw(st.sampled_from([1.0, 1.0, 1.0, None])),
        soft=draw(st.sampled_from([{}, {}, {"border": 5.0}, {"households": 2.0}])),
    )
