"""The solver (求解): several seeded starts, annealing, repair, reasons and a bound; same seed, same answer."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from numbers import Integral, Real

from geo.bundling.centres.solve import solve_centres
from geo.bundling.errors import BundlingError
from geo.bundling.forms.arrays import OUT, arrays_of
from geo.bundling.forms.model import Contradiction, compile_problem, homeless_groups
from geo.bundling.forms.rooms import room_of
from geo.bundling.plan import Infeasible, Reason, Solution, StoppedBy
from geo.bundling.problem import Problem
from geo.bundling.reasons.conflicts import find_conflict
from geo.bundling.search.improve import Watch
from geo.bundling.search.whole import Search, Style, find_plan
from geo.bundling.solution import Progress, Run, solution_of

FOR_BOUND = 0.2
"""Share of a time limit that is kept for the bound of the plan."""


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
    _refuse(effort, seed, time_limit)
    began = time.monotonic()

    def stop() -> StoppedBy | None:
        if cancel is not None and cancel():
            return "cancel"
        if time_limit is not None and time.monotonic() - began >= time_limit:
            return "time_limit"
        return None

    def left() -> float:
        return math.inf if time_limit is None else began + time_limit - time.monotonic()

    run = Run(seed, Watch(stop, left), progress, began)
    if problem.rules.centres:
        return solve_centres(problem, effort, run, any_plan=style.any_plan)
    return _attempt(problem, style, effort, run, {})


def _attempt(
    problem: Problem, style: Style, effort: float, run: Run, given_up: dict[frozenset[int], Reason]
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
    watch = run.watch.keeping(FOR_BOUND)
    search = Search(model, arrays_of(model), rooms, style, effort, run.seed, watch, run.tell)
    plan = find_plan(search)
    if plan is None:
        return run.infeasible(_not_found(problem), proven=False)
    homeless = homeless_groups(model, [atom for atom in model.chained if plan.labels[atom] == OUT])
    if homeless:
        return _attempt(problem, style, effort, run, given_up | homeless)
    return solution_of(model, search.arrays, rooms, plan, effort, run, bare=style.any_plan)


def _refuse(effort: float, seed: int, time_limit: float | None) -> None:
    if not (isinstance(effort, Real) and math.isfinite(effort) and effort > 0):
        raise BundlingError(f"effort must be a number above zero, not {effort!r}", field="effort")
    if not isinstance(seed, Integral) or seed < 0:
        raise BundlingError(f"the seed must be a whole number from 0, not {seed!r}", field="seed")
    if time_limit is not None and not (isinstance(time_limit, Real) and time_limit >= 0):
        raise BundlingError(f"the time limit {time_limit!r} is no number of seconds", field="time_limit")


def _not_found(problem: Problem) -> Reason:
    fewest = problem.rules.package_range()[0]
    wanted = f"with at least {fewest} packages " if fewest else ""
    text = f"the search found no plan {wanted}that keeps every rule; one may exist"
    return Reason("not_found", text, {"packages": fewest})
