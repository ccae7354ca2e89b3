"""Which hard rules a plan breaks (校核), told rule by rule: for plans drawn by hand as for solved ones."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from geo.bundling.errors import BundlingError
from geo.bundling.forms.model import EPS
from geo.bundling.problem import Activity, Problem, Unit


@dataclass(frozen=True, slots=True)
class Violation:
    """One broken rule. ``units``: those at fault; ``value`` and ``limit`` where the rule is a bound.

    For contiguity ``pieces`` holds the connected parts of the package, largest first.
    """

    rule: str
    package: str | None
    text: str
    units: tuple[str, ...] = ()
    value: float | None = None
    limit: float | None = None
    pieces: tuple[tuple[str, ...], ...] = ()


def check(problem: Problem, labels: Mapping[str, str | None]) -> list[Violation]:
    """Every hard rule that ``labels`` (unit id → package id, None or absent = left out) breaks.

    Raises :class:`BundlingError` for an id that is not in the problem.

    >>> from geo.bundling import Activity, Link, Problem, Rules, Unit, check
    >>> units = tuple(Unit(name, 0.0, 0.0, {"households": 100}) for name in "abc")
    >>> problem = Problem(units, (Link("a", "b"),), Rules((Activity("households", 150, 250),)))
    >>> [violation.rule for violation in check(problem, {"a": "P01", "c": "P01", "b": None})]
    ['contiguity']
    """
    known = {unit.id for unit in problem.units}
    for unit_id in labels:
        if unit_id not in known:
            raise BundlingError(f"labels: there is no unit {unit_id}", field="labels")
    packages: dict[str, list[Unit]] = {}
    for unit in problem.units:
        package = labels.get(unit.id)
        if package is not None:
            packages.setdefault(package, []).append(unit)
    touching = _touching(problem, labels)
    found: list[Violation] = []
    for name in sorted(packages):
        found += _package(problem, name, packages[name], touching)
    found += _company(problem, labels)
    found += _locks(problem, labels)
    found += _counts(problem, labels, len(packages))
    return found


def _package(
    problem: Problem, name: str, members: Sequence[Unit], touching: Mapping[str, Sequence[str]]
) -> Iterator[Violation]:
    ids = tuple(unit.id for unit in members)
    pieces = _pieces(ids, touching)
    if len(pieces) > 1:
        yield Violation("contiguity", name, f"{name} lies in {len(pieces)} pieces", ids, pieces=pieces)
    for activity in problem.rules.activities:
        if problem.rules.is_hard(activity):
            yield from _bounds(activity, name, members)
    most = problem.rules.max_members
    if most is not None and len(ids) > most:
        yield Violation("max_members", name, f"{name} has {len(ids)} members > {most}", ids, len(ids), most)
    areas = {unit.within for unit in members}
    if problem.rules.within and len(areas) > 1:
        yield Violation("within", name, f"{name} reaches into {len(areas)} areas", ids, len(areas), 1)
    if problem.rules.anchors and not any(unit.anchor for unit in members):
        yield Violation("anchors", name, f"{name} has no anchor", ids, 0, 1)
    if problem.rules.centres:
        yield from _centre(problem, name, members)


def _centre(problem: Problem, name: str, members: Sequence[Unit]) -> Iterator[Violation]:
    """A package holds a centre that can take it, and only one where every centre opens."""
    rules, ids = problem.rules, tuple(unit.id for unit in members)
    inside = [centre for centre in rules.centres if centre.id in set(ids)]
    if not inside:
        yield Violation("centres", name, f"{name} holds no centre", ids, 0, 1)
        return
    if len(inside) > 1 and rules.opened_range()[0] >= len(rules.centres):
        found = tuple(centre.id for centre in inside)
        yield Violation("centres", name, f"{name} holds {len(inside)} centres", found, len(inside), 1)
    load = math.fsum(problem.load(unit) for unit in members)
    most = max(math.inf if centre.capacity is None else centre.capacity for centre in inside)
    if load > most + EPS * max(1.0, abs(most)):
        what = rules.activities[0].name if rules.activities else "units"
        text = f"{name} holds {load:,.6g} {what}, its centre can take {most:,.6g}"
        yield Violation("capacity", name, text, ids, load, most)


def _bounds(activity: Activity, name: str, members: Sequence[Unit]) -> Iterator[Violation]:
    load = math.fsum(unit.weights[activity.name] for unit in members)
    ids = tuple(unit.id for unit in members)
    low, high = activity.lower, activity.upper
    if low is not None and load < low - EPS * max(1.0, abs(low)):
        text = f"{name} holds {load:,.6g} {activity.name} < {low:,.6g}"
        yield Violation(activity.name, name, text, ids, load, low)
    if high is not None and load > high + EPS * max(1.0, abs(high)):
        text = f"{name} holds {load:,.6g} {activity.name} > {high:,.6g}"
        yield Violation(activity.name, name, text, ids, load, high)


def _touching(problem: Problem, labels: Mapping[str, str | None]) -> dict[str, list[str]]:
    """Per unit: those of its own package that it touches."""
    touching: dict[str, list[str]] = {unit.id: [] for unit in problem.units}
    for link in problem.links:
        package = labels.get(link.a)
        if link.cut is None and package is not None and package == labels.get(link.b):
            touching[link.a].append(link.b)
            touching[link.b].append(link.a)
    return touching


def _pieces(ids: Sequence[str], touching: Mapping[str, Sequence[str]]) -> tuple[tuple[str, ...], ...]:
    todo, pieces = dict.fromkeys(ids), []
    while todo:
        start = next(iter(todo))
        del todo[start]
        piece, edge = [start], [start]
        while edge:
            for other in sorted(touching[edge.pop()]):
                if other in todo:
                    del todo[other]
                    piece.append(other)
                    edge.append(other)
        pieces.append(tuple(piece))
    return tuple(sorted(pieces, key=lambda piece: (-len(piece), piece)))


def _company(problem: Problem, labels: Mapping[str, str | None]) -> Iterator[Violation]:
    """Must-together groups share one package, or all stay out; apart units never share one."""
    for group in problem.rules.together:
        if len({labels.get(unit) for unit in group}) > 1:
            yield Violation("together", None, f"{', '.join(group)} must go together", tuple(group))
    for group in problem.rules.apart:
        by_package: dict[str, list[str]] = {}
        for unit in dict.fromkeys(group):
            package = labels.get(unit)
            if package is not None:
                by_package.setdefault(package, []).append(unit)
        for package, units in sorted(by_package.items()):
            if len(units) > 1:
                text = f"{', '.join(units)} share {package} but must stay apart"
                yield Violation("apart", package, text, tuple(units))


def _locks(problem: Problem, labels: Mapping[str, str | None]) -> Iterator[Violation]:
    for unit in problem.units:
        package = labels.get(unit.id)
        if unit.lock is not None and package != unit.lock:
            where = "is left out" if package is None else f"is in {package}"
            yield Violation("lock", package, f"{unit.id} is locked to {unit.lock} but {where}", (unit.id,))


def _counts(problem: Problem, labels: Mapping[str, str | None], count: int) -> Iterator[Violation]:
    fewest, most = problem.rules.opened_range()
    if not fewest <= count <= most:
        limit = fewest if count < fewest else most
        yield Violation("packages", None, f"{count} packages, but {limit:g} is the limit", (), count, limit)
    if problem.rules.leave_out_price is None:
        out = tuple(unit.id for unit in problem.units if labels.get(unit.id) is None)
        if out:
            yield Violation("leave_out", None, f"{len(out)} units are left out, but none may be", out)
