"""The solver with its reasons: what binds a plan, or the smallest set of rules that conflict."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Concatenate, ParamSpec, TypeAlias

from geo.bundling.centres.remedies import centres_told
from geo.bundling.plan import Infeasible, Solution
from geo.bundling.problem import Problem
from geo.bundling.proof.together import prove_by_parts
from geo.bundling.reasons.binding import binding_rules
from geo.bundling.reasons.remedies import Trial
from geo.bundling.reasons.smallest import conflict_told
from geo.bundling.search.whole import Style
from geo.bundling.settle import STEPS
from geo.bundling.settle import solve as solve_and_prove
from geo.bundling.solver import solve_style

Answer: TypeAlias = Solution | Infeasible
How = ParamSpec("How")

_TRIES = ((60, 60, 0.3), (500, 30, 0.1), (3000, 10, 0.03), (10**9, 4, 0.01))
"""What is spent on explaining a conflict: up to so many units, so many solves at such an effort."""
_LOOKED_THROUGH = 16
"""Units up to which a change that the search makes nothing of is looked through plan by plan: that takes no time."""


def with_reasons(
    solver: Callable[Concatenate[Problem, How], Answer],
) -> Callable[Concatenate[Problem, How], Answer]:
    """A solver whose plans say which rules bind them, and whose refusals say what would lead to a plan."""

    @functools.wraps(solver)
    def solve(problem: Problem, /, *args: How.args, **how: How.kwargs) -> Answer:
        answer = solver(problem, *args, **how)
        if isinstance(answer, Solution):
            return replace(answer, binding=binding_rules(problem, answer))
        return _explained(problem, answer, dict(how)) if answer.stopped_by == "budget" else answer

    return solve


def _explained(problem: Problem, answer: Infeasible, how: dict[str, Any]) -> Answer:
    """A refusal with the rules that conflict, or the plan that turned up while looking for them."""
    began = time.monotonic()
    limit, cancel = how.get("time_limit"), how.get("cancel")
    cancel = cancel or (lambda: False)

    def left() -> float | None:
        return None if limit is None else max(0.0, limit - answer.seconds - (time.monotonic() - began))

    tries, effort = next((tries, effort) for size, tries, effort in _TRIES if len(problem.units) <= size)

    def plan(other: Problem) -> Solution | None:
        found: Answer = solve_style(other, Style(any_plan=True), effort, answer.seed, left(), None, cancel)
        if isinstance(found, Infeasible) and not found.proven and len(other.units) <= _LOOKED_THROUGH:
            found = solve_and_prove(other, effort=effort, seed=answer.seed, time_limit=left(), cancel=cancel)
        return found if isinstance(found, Solution) else None

    def stop() -> bool:
        return bool(cancel()) or left() == 0.0

    def possible(other: Problem) -> bool | None:
        if len(other.units) > _LOOKED_THROUGH or stop():
            return None
        found: Answer = solve_style(other, Style(any_plan=True), effort, answer.seed, left(), None, cancel)
        if isinstance(found, Solution) or found.proven:
            return isinstance(found, Solution)
        proof = prove_by_parts(other, steps=STEPS, stop=stop)
        if proof is None or (proof.labels is None and not proof.proven):
            return None
        return proof.labels is not None

    trial = Trial(problem, plan, tries, stop, possible)
    if problem.rules.centres:
        # what stands against a plan was told with figures where it was found
        conflict = (*answer.conflict, *centres_told(problem, trial))
    else:
        conflict = conflict_told(problem, answer, trial)
    seconds = answer.seconds + time.monotonic() - began
    if trial.rescue is not None and not answer.proven:
        return replace(
            trial.rescue,
            bound=None,
            gap=None,
            proven=False,
            stopped_by="budget",
            seed=answer.seed,
            seconds=seconds,
            binding=binding_rules(problem, trial.rescue),
        )
    return replace(answer, conflict=conflict, seconds=seconds)


solve = with_reasons(solve_and_prove)
