"""Several different plans of one problem (备选方案) along the trade-offs: distance, balance, fewer packages."""

from __future__ import annotations

from collections.abc import Callable

from geo.bundling.errors import BundlingError
from geo.bundling.plan import Infeasible, Solution
from geo.bundling.problem import Problem
from geo.bundling.solver import Progress, Style, solve_style

_STYLES = (Style(), Style(balance=3.0), Style(lean=0.25), Style(balance=0.5), Style(lean=-0.25))
_TRIES = 3
"""Runs per plan asked for, before giving up on finding another different one."""


def alternatives(
    problem: Problem,
    n: int = 3,
    *,
    effort: float = 1.0,
    seed: int = 1,
    time_limit: float | None = None,
    progress: Progress | None = None,
    cancel: Callable[[], bool] | None = None,
) -> tuple[Solution, ...] | Infeasible:
    """Up to ``n`` plans that differ in at least one package, best by the objective first.

    Fewer come back when the search meets no further plan; :class:`Infeasible` when it meets none.
    ``time_limit`` holds for each run. Raises :class:`BundlingError` when ``n`` is below 1.

    >>> from geo.bundling import Activity, Link, Problem, Rules, Unit, alternatives
    >>> units = tuple(Unit(name, 100.0 * i, 0.0, {"households": 100}) for i, name in enumerate("abc"))
    >>> links = (Link("a", "b"), Link("b", "c"))
    >>> plans = alternatives(Problem(units, links, Rules(packages=2)), 2)
    >>> len(plans), plans[0].parts.distance <= plans[1].parts.distance
    (2, True)
    """
    if n < 1:
        raise BundlingError(f"{n} alternatives cannot be made", field="n")
    found: dict[frozenset[tuple[str, ...]], Solution] = {}
    tries = _TRIES * n if n > 1 else 1
    for number in range(tries):
        style = _STYLES[number % len(_STYLES)]
        answer = solve_style(problem, style, effort, seed + number, time_limit, None, cancel)
        if isinstance(answer, Infeasible):
            if answer.proven or number == tries - 1:
                return _ranked(found, n) if found else answer
            continue
        found.setdefault(frozenset(package.members for package in answer.packages), answer)
        if progress is not None:
            progress(max((number + 1) / tries, len(found) / n), answer.parts.distance)
        if len(found) >= n or answer.stopped_by == "cancel":
            break
    return _ranked(found, n)


def _ranked(found: dict[frozenset[tuple[str, ...]], Solution], n: int) -> tuple[Solution, ...]:
    def key(plan: Solution) -> tuple[float, int, float, float, float]:
        parts = plan.parts
        return parts.left_out, len(plan.left_out), parts.soft, parts.distance, parts.imbalance

    return tuple(sorted(found.values(), key=key)[:n])
