"""The solver (求解): several seeded starts, annealing, repair, reasons and a bound; same seed, same answer."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random

from geo.bundling.arrays import OUT
from geo.bundling.bound import lower_bound
from geo.bundling.conflicts import find_conflict
from geo.bundling.errors import BundlingError
from geo.bundling.explain import left_out_reasons
from geo.bundling.finish import broken, finish
from geo.bundling.model import Contradiction, Model, compile_problem
from geo.bundling.plan import Infeasible, Package, Parts, Reason, Solution, StoppedBy
from geo.bundling.problem import Problem
from geo.bundling.search import State, Watch, Weights, anneal
from geo.bundling.starts import Room, first_labels, free_counts, room_of, share_out

Progress = Callable[[float, float | None], None]
"""Called with the share of work done (0–1) and the distance of the best plan so far."""

STARTS, FEW_STARTS = 3, 1
SHORT, LONG = 100, 300
"""Moves per unit in each start and on the best of them; measured: see tests/bench/bundling.py."""
BOUND_ROUNDS = 90
SMALLEST = 2000
"""Moves that even the smallest problem gets."""


@dataclass(frozen=True)
class Style:
    """How one alternative leans: ``balance`` weighs even loads, ``lean`` shifts the number of packages."""

    balance: float = 0.0
    lean: float = 0.0


@dataclass(frozen=True, order=True)
class Key:
    """Plans compare in this order; the number left out only breaks ties of weight."""

    broken: float
    left_out: float
    out: int
    soft: float
    distance: float
    imbalance: float


@dataclass
class Plan:
    """The best plan so far: labels per atom."""

    key: Key
    labels: list[int]
    packages: int


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

    return _attempt(problem, style, effort, _Run(seed, Watch(stop), progress, began), {})


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
    plan = _search(model, rooms, style, effort, run)
    if plan is None:
        return run.infeasible(_not_found(problem), proven=False)
    homeless = _homeless_groups(model, plan)
    if homeless:
        return _attempt(problem, style, effort, run, given_up | homeless)
    return _answer(model, rooms, plan, effort, run)


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
    if problem.rules.centres:
        raise BundlingError("given centres are not supported by this solver", field="rules.centres")
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

    def tell(self, done: float, plan: Plan | None) -> None:
        if self.progress is not None:
            self.progress(done, plan.key.distance if plan and plan.key.broken <= 0 else None)

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


def _search(model: Model, rooms: Sequence[Room], style: Style, effort: float, run: _Run) -> Plan | None:
    """Short runs from several starts, a long one from the best; None when no plan keeps the rules."""
    size = len(model.atoms)
    starts = STARTS if size <= 1500 else FEW_STARTS
    best: Plan | None = None
    for number, counts in enumerate(_package_counts(model, rooms, style, starts)):
        rng = Random(f"{run.seed}/{number}")  # noqa: S311 -- a search, not a secret
        labels = first_labels(model, rooms, counts, rng)
        moves = max(SMALLEST, round(SHORT * effort * size))
        best = _better(best, _improve(model, labels, sum(counts), style, moves, (0.4, 0.03), rng, run))
        run.tell(0.6 * (number + 1) / (starts + 1), best)
        if run.watch():
            break
    if best is not None and not run.watch():
        rng = Random(f"{run.seed}/long")  # noqa: S311 -- a search, not a secret
        moves = max(SMALLEST, round(LONG * effort * size))
        best = _better(
            best, _improve(model, best.labels, best.packages, style, moves, (0.25, 0.02), rng, run)
        )
    run.tell(0.9, best)
    if best is None or best.key.broken > 0:
        return None
    return best


def _better(one: Plan | None, other: Plan) -> Plan:
    return other if one is None or other.key < one.key else one


def _package_counts(model: Model, rooms: Sequence[Room], style: Style, starts: int) -> list[list[int]]:
    """How many packages each component gets in each start; a free number is scanned."""
    fewest, most = model.problem.rules.package_range()
    # where nothing holds packages up to a size, more of them are always nearer
    held_up = any(column.lower > 0 for column in model.columns)
    found: list[list[int]] = []
    for number in range(starts):
        fraction = (0.5, 0.25, 0.75)[number % 3] + style.lean if held_up else style.lean
        wanted = sum(free_counts(rooms, model, min(max(fraction, 0.0), 1.0)))
        total = int(min(max(wanted, fewest), most))
        counts = share_out(rooms, model, total)
        # the conflicts were looked for before: every total between the bounds can be shared out
        found.append(counts if counts is not None else free_counts(rooms, model, 0.0))
    return found


def _improve(
    model: Model,
    labels: list[int],
    packages: int,
    style: Style,
    moves: int,
    heat: tuple[float, float],
    rng: Random,
    run: _Run,
) -> Plan:
    weights = Weights(model, packages, style.balance)
    state = State(model, labels, packages, weights)
    unit = weights.unit_cost
    anneal(state, moves, (heat[0] * unit, heat[1] * unit), rng, run.watch)
    finish(state, model.problem.rules.package_range(), rng)
    return _plan(state)


def _plan(state: State) -> Plan:
    """The plan of a state with empty packages dropped and its exact key."""
    kept = [package for package, atoms in enumerate(state.members) if atoms]
    place = {package: number for number, package in enumerate(kept)}
    labels = [OUT if package == OUT else place[package] for package in state.label]
    miss = broken(state)
    fewest, most = state.model.problem.rules.package_range()
    miss += max(0.0, fewest - len(kept), len(kept) - most)
    out = labels.count(OUT)
    if (state.model.problem.rules.leave_out_price is None and out) or not _any_package(state, kept, most):
        miss += 1.0
    parts = parts_of(state.model, _groups(state.model, labels, len(kept)))
    key = Key(miss, parts.left_out, out, parts.soft, parts.distance, parts.imbalance)
    return Plan(key, labels, len(kept))


def _any_package(state: State, kept: Sequence[int], most: float) -> bool:
    return bool(kept) or most < 1 or not state.label


def _groups(model: Model, labels: Sequence[int], packages: int) -> list[list[int]]:
    groups: list[list[int]] = [[] for _ in range(packages)]
    for atom, package in enumerate(labels):
        if package != OUT:
            groups[package].extend(model.atoms[atom])
    return [sorted(group) for group in groups]


def hub_of(model: Model, units: Sequence[int]) -> tuple[float, int]:
    """Distance part and hub (medoid) of a package: the member to which all others cost least."""
    return min((math.fsum(model.pull[u] * model.distance(u, hub) for u in units), hub) for hub in units)


def parts_of(model: Model, groups: Sequence[Sequence[int]]) -> Parts:
    """The exact objective of a plan, by part."""
    placed = {unit for group in groups for unit in group}
    price = model.problem.rules.leave_out_price or 0.0
    left = math.fsum(load for unit, load in enumerate(model.load) if unit not in placed)
    soft = 0.0
    for group in groups:
        for column, load in zip(model.columns, model.sums(group), strict=True):
            soft += (column.short(load) + column.over(load)) * (column.price or 0.0)
        soft += model.border_price * (len(model.areas(group)) - 1)
    loads = [math.fsum(model.load[unit] for unit in group) for group in groups]
    mean = math.fsum(loads) / len(loads) if loads else 0.0
    imbalance = math.fsum(abs(load - mean) for load in loads) / len(loads) if loads else 0.0
    return Parts(price * left, soft, math.fsum(hub_of(model, group)[0] for group in groups), imbalance)


def _names(model: Model, labels: Sequence[int], packages: int) -> dict[int, str]:
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


def _answer(model: Model, rooms: Sequence[Room], plan: Plan, effort: float, run: _Run) -> Solution:
    labels, count = _in_order(model, plan)
    groups = _groups(model, labels, count)
    names = _names(model, labels, count)
    units = model.problem.units
    packages = tuple(
        Package(
            names[number],
            tuple(units[u].id for u in group),
            units[hub_of(model, group)[1]].id,
            {
                a.name: math.fsum(units[u].weights[a.name] for u in group)
                for a in model.problem.rules.activities
            },
        )
        for number, group in enumerate(groups)
    )
    parts = parts_of(model, groups)
    bound = _bound(model, rooms, groups, parts, effort, run)
    gap = None if bound is None else (parts.distance - bound) / parts.distance if parts.distance else 0.0
    proven = gap is not None and gap <= 1e-8 and plan.key.out == 0 and parts.soft == 0
    run.tell(1.0, plan)
    return Solution(
        packages=packages,
        left_out=left_out_reasons(model, rooms, labels, names),
        parts=parts,
        bound=bound,
        gap=gap,
        proven=proven,
        stopped_by="proven" if proven and run.watch.struck is None else run.stopped_by(),
        seed=run.seed,
        seconds=run.seconds(),
    )


def _in_order(model: Model, plan: Plan) -> tuple[list[int], int]:
    """Number packages by their first unit, so that names do not depend on the search."""
    order: dict[int, int] = {}
    for package in plan.labels:
        if package != OUT:
            order.setdefault(package, len(order))
    return [OUT if package == OUT else order[package] for package in plan.labels], len(order)


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
    return lower_bound(model, pieces, span, out, parts.distance, rounds, run.watch)
