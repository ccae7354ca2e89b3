"""The solver with its proof (求解并证明): small problems are settled, larger ones on request as far as it goes."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from geo.bundling import solver
from geo.bundling.forms.arrays import OUT, Whole, arrays_of
from geo.bundling.forms.model import Contradiction, Model, compile_problem
from geo.bundling.forms.rooms import room_of
from geo.bundling.forms.scoring import plan_of
from geo.bundling.plan import Infeasible, Reason, Solution, StoppedBy
from geo.bundling.problem import Problem
from geo.bundling.proof.exact import Proof
from geo.bundling.proof.together import prove_by_parts
from geo.bundling.reasons.conflicts import LOOKED_THROUGH
from geo.bundling.search.finish import filled
from geo.bundling.search.improve import Watch
from geo.bundling.solution import Progress, Run, solution_of

SMALL = 40
"""Units up to which every connected part of a map is proven without being asked."""
STEPS, STEPS_SMALL, STEPS_ASKED = 8_000_000, 40_000_000, 600_000_000
"""Work of a proof that nobody asked for (of up to 200 units; of up to SMALL), and of one asked for, at effort 1."""
BOUND_EFFORT = 0.3
"""What the bound of a plan found by the proof may take."""


def solve(
    problem: Problem,
    *,
    effort: float = 1.0,
    seed: int = 1,
    time_limit: float | None = None,
    progress: Progress | None = None,
    cancel: Callable[[], bool] | None = None,
    exact: bool | None = None,
) -> Solution | Infeasible:
    """Bundle: a plan that keeps every hard rule, or what stands against one.

    ``effort`` multiplies the number of moves; ``time_limit`` (seconds) and ``cancel`` are safety stops
    after which the best plan so far is returned. ``exact``: prove the optimum as far as it goes; None = for
    connected parts of up to 40 units. Same problem, seed, effort and exact → same answer as long as no safety stop
    struck. Raises :class:`BundlingError` for rules this solver cannot keep.

    >>> from geo.bundling import Activity, Link, Problem, Rules, Unit, solve
    >>> units = tuple(Unit(name, 100.0 * i, 0.0, {"households": 100}) for i, name in enumerate("abcd"))
    >>> links = (Link("a", "b"), Link("b", "c"), Link("c", "d"))
    >>> answer = solve(Problem(units, links, Rules((Activity("households", 150, 250),))))
    >>> [package.members for package in answer.packages]
    [('a', 'b'), ('c', 'd')]
    >>> answer.parts.distance, answer.proven
    (20000.0, True)
    """
    began = time.monotonic()
    answer = solver.solve(
        problem, effort=effort, seed=seed, time_limit=time_limit, progress=progress, cancel=cancel
    )
    settled = answer.proven and isinstance(answer, Infeasible)
    if exact is False or settled or problem.rules.centres or answer.stopped_by in ("cancel", "time_limit"):
        return answer

    def stop() -> StoppedBy | None:
        if cancel is not None and cancel():
            return "cancel"
        over = time_limit is not None and time.monotonic() - began >= time_limit
        return "time_limit" if over else None

    watch = Watch(stop)
    steps = round((STEPS_ASKED if exact else _unasked(len(problem.units))) * effort)
    most = None if exact else SMALL
    proof = prove_by_parts(problem, _labels(problem, answer), most=most, steps=steps, stop=watch)
    if proof is None:
        return answer
    told = _with_proof(problem, answer, proof, watch, seed)
    struck = watch.struck
    if struck is not None and not told.proven:
        told = replace(told, stopped_by="cancel" if struck == "cancel" else "time_limit")
    return replace(told, seconds=time.monotonic() - began)


def _unasked(units: int) -> float:
    """Work of a proof that nobody asked for."""
    return STEPS_SMALL if units <= SMALL else STEPS * max(1.0, units / 200)


def _labels(problem: Problem, answer: Solution | Infeasible) -> Whole | None:
    if isinstance(answer, Infeasible):
        return None
    numbers = {package.id: number for number, package in enumerate(answer.packages)}
    labels = answer.labels()
    return np.array([numbers.get(labels[unit.id] or "", OUT) for unit in problem.units], dtype=np.int64)


def _with_proof(
    problem: Problem, answer: Solution | Infeasible, proof: Proof, watch: Watch, seed: int
) -> Solution | Infeasible:
    """The answer with what the proof knows: a better plan, a bound, or that there is none."""
    if proof.labels is None:
        none = isinstance(answer, Infeasible) and proof.proven
        return _impossible(answer) if none and isinstance(answer, Infeasible) else answer
    same = isinstance(answer, Solution) and _alike(_labels(problem, answer), proof.labels)
    settled = proof.proven or proof.bound is not None
    plan = answer if same else answer_of(problem, proof.labels, settled, watch, seed)
    if not isinstance(plan, Solution):
        return answer
    bounds = [plan.bound, proof.bound]
    if isinstance(answer, Solution):
        if not _better(plan, answer):
            plan = answer
        if plan.parts.left_out == answer.parts.left_out and plan.parts.soft <= answer.parts.soft:
            bounds.append(answer.bound)  # it holds for all plans that leave out as much and pay no more
    distance = plan.parts.distance
    if proof.proven:
        return replace(plan, bound=distance, gap=0.0, proven=True, stopped_by="proven")
    known = [bound for bound in bounds if bound is not None]
    if not known:
        return plan
    bound = min(max(known), distance)
    return replace(plan, bound=bound, gap=(distance - bound) / distance if distance else 0.0)


def _alike(one: Whole | None, other: Whole) -> bool:
    """Whether two plans have the same packages, whatever their numbers."""
    if one is None or not np.array_equal(one == OUT, other == OUT):
        return False
    pairs = {(int(a), int(b)) for a, b in zip(one, other, strict=True)}
    return len(pairs) == len({a for a, _ in pairs}) == len({b for _, b in pairs})


def _impossible(answer: Infeasible) -> Infeasible:
    """A refusal that is proven now; that merely none was found is no longer all that can be said."""
    conflict = tuple(LOOKED_THROUGH if each.code == "not_found" else each for each in answer.conflict)
    return replace(answer, conflict=conflict, proven=True)


def _better(one: Solution, other: Solution) -> bool:
    """Whether a plan comes before another by more than rounding."""
    for mine, theirs in (
        (one.parts.left_out, other.parts.left_out),
        (len(one.left_out), len(other.left_out)),
        (one.parts.soft, other.parts.soft),
        (one.parts.distance, other.parts.distance),
    ):
        if not math.isclose(mine, theirs, rel_tol=1e-9, abs_tol=1e-6):
            return mine < theirs
    return False


def answer_of(problem: Problem, labels: Whole, settled: bool, watch: Watch, seed: int) -> Solution | None:
    """A plan given by unit as an answer with names and reasons; None where it parts units that go together.

    ``settled``: nothing better is left out. Else some package may take a unit that is out, as a proof that ends
    early looks at the weight left out alone: units without weight are then put in here.
    """
    model = _model_of(problem, labels)
    atom_labels = np.array([labels[atom[0]] for atom in model.atoms], dtype=np.int64)
    if any(len({int(labels[unit]) for unit in atom}) > 1 for atom in model.atoms):
        return None
    arrays = arrays_of(model)
    rooms = [room_of(model, atoms) for atoms in model.components]
    if not settled:
        atom_labels = filled(model, arrays, atom_labels)
    quiet = Run(seed, watch, None, time.monotonic())
    plan = plan_of(model, arrays, atom_labels)
    return replace(solution_of(model, arrays, rooms, plan, BOUND_EFFORT, quiet), proven=False)


def _model_of(problem: Problem, labels: Whole) -> Model:
    """The problem compiled so that its atoms suit a plan: groups keep the chains that the plan gives them."""
    try:
        model = compile_problem(problem)
    except Contradiction:
        # the chains tried between locked units fit no package, those of the plan do
        problem = _locked_as_placed(problem, labels)
        model = compile_problem(problem)
    together, given_up = list(problem.rules.together), {}
    for group in model.groups:
        own = {int(labels[unit]) for unit in group}
        atom = model.atoms[model.atom_of[min(group)]]
        if len(atom) == len(group) and len({model.atom_of[unit] for unit in group}) == 1:
            continue
        if own == {OUT}:
            names = ", ".join(problem.units[unit].id for unit in sorted(group)[:6])
            text = f"{names} must go together, but no plan with them and a chain between them is better"
            given_up[frozenset(group)] = Reason("group_not_placed", text, {"units": names})
        else:
            package = np.flatnonzero(labels == min(own)).tolist()
            together.append(tuple(problem.units[unit].id for unit in package))
    if not given_up and len(together) == len(problem.rules.together):
        return model
    rules = replace(problem.rules, together=tuple(together))
    return compile_problem(replace(problem, rules=rules), given_up)


def _locked_as_placed(problem: Problem, labels: Whole) -> Problem:
    """The problem in which locked units go together with all that the plan gives their package."""
    locked = {int(labels[place]) for place, unit in enumerate(problem.units) if unit.lock is not None}
    packages = tuple(
        tuple(problem.units[place].id for place in np.flatnonzero(labels == package).tolist())
        for package in sorted(locked - {OUT})
    )
    return replace(problem, rules=replace(problem.rules, together=(*problem.rules.together, *packages)))
