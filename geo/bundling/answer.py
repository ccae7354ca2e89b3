"""The solver with its reasons: what binds a plan, or the smallest set of rules that conflict."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import replace
from typing import Concatenate, ParamSpec, TypeAlias

from geo.bundling.binding import binding_rules
from geo.bundling.plan import Infeasible, Solution
from geo.bundling.problem import Problem
from geo.bundling.solver import solve as solve_plainly

Answer: TypeAlias = Solution | Infeasible
How = ParamSpec("How")


def with_reasons(
    solver: Callable[Concatenate[Problem, How], Answer],
) -> Callable[Concatenate[Problem, How], Answer]:
    """A solver whose plans say which rules bind them."""

    @functools.wraps(solver)
    def solve(problem: Problem, /, *args: How.args, **how: How.kwargs) -> Answer:
        answer = solver(problem, *args, **how)
        if isinstance(answer, Infeasible):
            return answer
        return replace(answer, binding=binding_rules(problem, answer))

    return solve


solve = with_reasons(solve_plainly)
