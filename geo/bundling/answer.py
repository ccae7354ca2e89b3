"""The solver with its reasons: what binds a plan, or the smallest set of rules that conflict."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Concatenate, ParamSpec, TypeAlias

from geo.bundling.centres.remedies import centres_told
from geo.bundling.plan import Infeasible, Solution
from geo.bundling.problem import Problem
from geo.bundling.proof.exact import Proof
from geo.bundling.proof.generation import Budget
from geo.bundling.proof.together import prove_by_parts
from geo.bundling.reasons.binding import binding_rules
from geo.bundling.reasons.remedies import Trial
from geo.bundling.reasons.smallest import conflict_told
from geo.bundling.search.improve import Watch
from geo.bundling.search.whole import Style
from geo.bundling.settle import STEPS, answer_of
from geo.bundling.settle import solve as solve_and_prove
from geo.bundling.solver import solve_style

Answer: TypeAlias = Solution | Infeasible
How = ParamSpec("How")

_TRIES = ((16, 60, 0.3), (500, 30, 0.1), (3000, 10, 0.03), (10**9, 4, 0.01))
"""What is spent on explaining a conflict: up to so many units, so many solves at such an effort."""
LOOKED_THROUGH = 16
"""Units up to which a change that the search makes nothing of is looked through plan by plan."""
_PROOFS, _PROOF = 2 * STEPS, 50_000
"""Work of all those looks together, and what one takes at least; each may take half of what is left."""


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

    def stop() -> bool:
        return bool(cancel()) or left() == 0.0

    tries, effort = next((tries, effort) for size, tries, effort in _TRIES if len(problem.units) <= size)
    proofs = Proofs(Budget(_PROOFS, stop))

    def met(other: Problem) -> Answer:
        return solve_style(other, Style(any_plan=True), effort, answer.seed, left(), None, cancel)

    def plan(other: Problem) -> Solution | None:
        found = met(other)
        if isinstance(found, Solution) or found.proven:
            return found if isinstance(found, Solution) else None
        proof = proofs.of(other)
        if proof is None or proof.labels is None:
            return None
        return answer_of(
            other, proof.labels, proof.proven, Watch(lambda: "cancel" if stop() else None), answer.seed
        )

    def possible(other: Problem) -> bool | None:
        if not proofs.reaches(other):
            return None
        found = met(other)
        if isinstance(found, Solution) or found.proven:
            return isinstance(found, Solution)
        proof = proofs.of(other)
        return None if proof is None else proof.labels is not None

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


@dataclass
class Proofs:
    """Looks through every plan of small problems, all out of one budget of work."""

    budget: Budget

    def reaches(self, problem: Problem) -> bool:
        """Whether a look at ``problem`` is worth its while."""
        small = len(problem.units) <= LOOKED_THROUGH and not problem.rules.centres
        return small and not self.budget.spent()

    def of(self, problem: Problem) -> Proof | None:
        """A plan, or that there is none; None where that is not settled."""
        if not self.reaches(problem):
            return None
        share = Budget(max(self.budget.steps // 2, 1), self.budget.stop)
        given = share.steps
        proof = prove_by_parts(problem, steps=share)
        self.budget.steps -= max(given - share.steps, _PROOF)
        return None if proof is None or (proof.labels is None and not proof.proven) else proof


solve = with_reasons(solve_and_prove)
