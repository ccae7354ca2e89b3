"""The solver (求解): several seeded starts, annealing, repair, reasons and a bound; same seed, same answer."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from geo.bundling.bounds.lower_bound import model_bound
from geo.bundling.centres.solve import solve_centres
from geo.bundling.errors import BundlingError
from geo.bundling.forms.arrays import OUT, Whole, arrays_of
from geo.bundling.forms.model import Contradiction, Model, compile_problem
from geo.bundling.forms.rooms import Room, room_of
from geo.bundling.forms.scoring import Plan, hubs_of, parts_of, units_of
from geo.bundling.plan import Infeasible, Package, Parts, Reason, Solution, StoppedBy
from geo.bundling.problem import Problem
from geo.bundling.reasons.conflicts import find_conflict
from geo.bundling.reasons.explain import left_out_reasons
from geo.bundling.search.improve import Watch
from geo.bundling.search.whole import Search, Style, find_plan

Progress = Callable[[float, float | None], None]
"""Called with the share of work done (0–1) and the distance of the best plan so far."""

BOUND_ROUNDS = 250


def solve(
    problem: Problem,
    *,
    effort: float = 1.0,
    seed: int = 1,
    time_limit: float | None = None,
    progress: Progress | None = None,
    cancel: Callable[[], bool] | None = None,
) -> Solution | Infeasible:
    """Bundle: a plan that keeps every hard rule, or what stands against one.

    ``effort`` multiplies the number of moves; ``time_limit`` (seconds) and ``cancel`` are safety stops
    after which the best plan so far is returned. Same problem, seed and effort → same answer as long as
    no safety stop struck. Raises :class:`BundlingError` for rules this solver cannot keep.

    >>> from geo.bundling import Activity, Link, Problem, Rules, Unit, solve
    >>> units = tuple(Unit(name, 100.0 * i, 0.0, {"households": 100}) for i, name in enumerate("abcd"))
    >>> links = (Link("a", "b"), Link("b", "c"), Link("c", "d"))
    >>> answer = solve(Problem(units, links, Rules((Activity("households", 150, 250),))))
    >>> [package.members for package in answer.packages]
    [('a', 'b'), ('c', 'd')]
    >>> answer.parts.distance
    20000.0
    """
    return solve_style(problem, Style(), effort, seed, time_limit, progress, cancel)


def solve_style(
    problem: Problem,
    style: Style,
    effort: float,
    seed: int,
    time_limit: float | None,
    progress: Progress | None,
    cancel: Callable[[], bool] | None,
) -> Solution | Infeasible:
    """:func:`solve` leaning towards one of the trade-offs of the alternatives."""
    _refuse(problem, effort, time_limit)
    began = time.monotonic()

    def stop() -> StoppedBy | None:
        if cancel is not None and cancel():
            return "cancel"
        if time_limit is not None and time.monotonic() - began >= time_limit:
            return "time_limit"
        return None

    run = _Run(seed, Watch(stop), progress, began)
    if problem.rules.centres:
        return solve_centres(problem, effort, run)
    return _attempt(problem, style, effort, run, {})


def _attempt(
    problem: Problem, style: Style, effort: float, run: _Run, given_up: dict[frozenset[int], Reason]
) -> Solution | Infeasible:
    """One search; again without the groups that found no place, so that the chains in them are free."""
    try:
        model = compile_problem(problem, given_up)
    except Contradiction as found:
        return run.infeasible(found.reason, proven=found.proven)
    rooms = [room_of(model, atoms) for atoms in model.components]
    conflict = find_conflict(model, rooms)
    if conflict is not None:
        # that the chains tried between the members of a group do not fit proves nothing about other chains
        chained = conflict.code in ("group_too_large", "group_not_connected")
        return run.infeasible(conflict, proven=not given_up and not chained)
    search = Search(model, arrays_of(model), rooms, style, effort, run.seed, run.watch, run.tell)
    plan = find_plan(search)
    if plan is None:
        return run.infeasible(_not_found(problem), proven=False)
    homeless = _homeless_groups(model, plan)
    if homeless:
        return _attempt(problem, style, effort, run, given_up | homeless)
    return _answer(search, plan, run)


def _homeless_groups(model: Model, plan: Plan) -> dict[frozenset[int], Reason]:
    """Groups left out together with a chain of units that need not share their lot."""
    out = [atom for atom in model.chained if plan.labels[atom] == OUT]
    found = {}
    for group in model.groups:
        if any(group.issubset(model.atoms[atom]) for atom in out):
            names = ", ".join(model.problem.units[unit].id for unit in sorted(group)[:6])
            text = (
                f"{names} must go together, but the search found no place for them and a chain between them"
            )
            found[group] = Reason("group_not_placed", text, {"units": names})
    return found


def _refuse(problem: Problem, effort: float, time_limit: float | None) -> None:
    if not (math.isfinite(effort) and effort > 0):
        raise BundlingError(f"effort must be a number above zero, not {effort!r}", field="effort")
    if time_limit is not None and not time_limit >= 0:
        raise BundlingError(f"the time limit {time_limit!r} is no number of seconds", field="time_limit")


@dataclass
class _Run:
    """What one call carries along: seed, stops, progress and the clock."""

    seed: int
    watch: Watch
    progress: Progress | None
    began: float
    told: float = 0.0

    def tell(self, done: float, plan: Plan | None) -> None:
        self.told = max(self.told, done)
        if self.progress is not None:
            self.progress(self.told, plan.key.distance if plan and plan.key.broken <= 0 else None)

    def seconds(self) -> float:
        return time.monotonic() - self.began

    def stopped_by(self) -> StoppedBy:
        struck = self.watch.struck
        return "budget" if struck is None else "cancel" if struck == "cancel" else "time_limit"

    def infeasible(self, reason: Reason, *, proven: bool) -> Infeasible:
        return Infeasible((reason,), proven, self.stopped_by(), self.seed, self.seconds())


def _not_found(problem: Problem) -> Reason:
    fewest = problem.rules.package_range()[0]
    wanted = f"with at least {fewest} packages " if fewest else ""
    text = f"the search found no plan {wanted}that keeps every rule; one may exist"
    return Reason("not_found", text, {"packages": fewest})


def _names(model: Model, labels: Whole, packages: int) -> dict[int, str]:
    """Package ids: the name of its lock, else P01, P02 … from north-west by first member."""
    names: dict[int, str] = {}
    for atom, package in enumerate(labels):
        lock = model.lock[atom]
        if package != OUT and lock is not None:
            names[package] = lock
    used, number = set(names.values()), 0
    width = max(2, len(str(packages)))
    for package in range(packages):
        while package not in names:
            number += 1
            name = f"P{number:0{width}}"
            if name not in used:
                names[package] = name
    return names


def _answer(search: Search, plan: Plan, run: _Run) -> Solution:
    model, rooms, (labels, count) = search.model, search.rooms, _in_order(plan)
    groups, hubs = units_of(model, labels, count), hubs_of(search.arrays, labels, count)
    names = _names(model, labels, count)
    units = model.problem.units
    packages = tuple(
        Package(
            names[number],
            tuple(units[u].id for u in group),
            units[hubs[number]].id,
            {
                a.name: math.fsum(units[u].weights[a.name] for u in group)
                for a in model.problem.rules.activities
            },
        )
        for number, group in enumerate(groups)
    )
    parts = parts_of(model, search.arrays, labels, count)
    bound = _bound(model, rooms, groups, parts, search.effort, run)
    gap = None if bound is None else (parts.distance - bound) / parts.distance if parts.distance else 0.0
    proven = gap is not None and gap <= 1e-8 and plan.key.out == 0 and parts.soft == 0
    run.tell(1.0, plan)
    return Solution(
        packages=packages,
        left_out=left_out_reasons(model, rooms, labels.tolist(), names),
        parts=parts,
        bound=bound,
        gap=gap,
        proven=proven,
        stopped_by="proven" if proven and run.watch.struck is None else run.stopped_by(),
        seed=run.seed,
        seconds=run.seconds(),
    )


def _in_order(plan: Plan) -> tuple[Whole, int]:
    """Number packages by their first unit, so that names do not depend on the search."""
    order = {OUT: OUT}
    for package in plan.labels.tolist():
        order.setdefault(package, len(order) - 1)
    return np.array([order[package] for package in plan.labels.tolist()], dtype=np.int64), len(order) - 1


def _bound(
    model: Model,
    rooms: Sequence[Room],
    groups: Sequence[Sequence[int]],
    parts: Parts,
    effort: float,
    run: _Run,
) -> float | None:
    if parts.distance <= 0:
        return 0.0
    if run.watch():
        return None
    able = [room for room in rooms if room.most >= 1]
    pieces = [[unit for atom in room.atoms for unit in model.atoms[atom]] for room in able]
    placed = {unit for group in groups for unit in group}
    out = math.fsum(model.load[unit] for piece in pieces for unit in piece if unit not in placed)
    fewest, most = model.problem.rules.package_range()
    span = (max(int(fewest), 1), int(min(most, sum(room.most for room in able))))
    rounds = round(BOUND_ROUNDS * min(max(effort, 0.3), 5.0))
    return model_bound(model, pieces, span, out, parts.distance, rounds, run.watch, parts.soft)
