"""What one call of the solver carries along, and its plan as the answer (作答): names, hubs, reasons, bound."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from geo.bundling.bounds.lower_bound import model_bound
from geo.bundling.forms.arrays import OUT, Arrays, Whole
from geo.bundling.forms.model import Model
from geo.bundling.forms.rooms import Room
from geo.bundling.forms.scoring import Plan, hubs_of, parts_of, units_of
from geo.bundling.plan import Infeasible, Package, Parts, Reason, Solution, StoppedBy, numbered
from geo.bundling.reasons.explain import left_out_reasons
from geo.bundling.search.improve import Watch

Progress = Callable[[float, float | None], None]
"""Called with the share of work done (0–1) and the distance of the best plan so far."""

BOUND_ROUNDS = 250


@dataclass
class Run:
    """What one call carries along: seed, stops, progress and the clock."""

    seed: int
    watch: Watch
    progress: Progress | None
    began: float
    told: float = 0.0

    def tell(self, done: float, plan: Plan | None) -> None:
        """Tell how far the work is; never less than before."""
        self.told = max(self.told, done)
        if self.progress is not None:
            self.progress(self.told, plan.key.distance if plan and plan.key.broken <= 0 else None)

    def seconds(self) -> float:
        """Since the call began."""
        return time.monotonic() - self.began

    def stopped_by(self) -> StoppedBy:
        """Why work ended, where nothing was proven."""
        struck = self.watch.struck or ("time_limit" if self.watch.hurried else None)
        return "budget" if struck is None else "cancel" if struck == "cancel" else "time_limit"

    def infeasible(self, reason: Reason, *, proven: bool) -> Infeasible:
        """No plan, and why."""
        return Infeasible((reason,), proven, self.stopped_by(), self.seed, self.seconds())


def solution_of(
    model: Model,
    arrays: Arrays,
    rooms: Sequence[Room],
    plan: Plan,
    effort: float,
    run: Run,
    *,
    bare: bool = False,
) -> Solution:
    """The plan by names, with its parts, its bound and a reason for every unit left out.

    ``bare``: without a bound, and with no more than the names of what is left out.
    """
    labels, count = _in_order(plan)
    groups, hubs = units_of(model, labels, count), hubs_of(arrays, labels, count)
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
    parts = parts_of(model, arrays, labels, count)
    bound = None if bare else _bound(model, rooms, groups, parts, effort, run)
    gap = None if bound is None else (parts.distance - bound) / parts.distance if parts.distance else 0.0
    proven = gap is not None and gap <= 1e-8 and plan.key.out == 0 and parts.soft == 0
    run.tell(1.0, plan)
    return Solution(
        packages=packages,
        left_out=_left_out(model, labels) if bare else left_out_reasons(model, rooms, labels.tolist(), names),
        parts=parts,
        bound=bound,
        gap=gap,
        proven=proven,
        stopped_by="proven" if proven and run.watch.struck is None else run.stopped_by(),
        seed=run.seed,
        seconds=run.seconds(),
    )


def _left_out(model: Model, labels: Whole) -> dict[str, Reason]:
    """What is left out, for those who ask for no reasons."""
    out = [unit for atom in np.flatnonzero(labels == OUT).tolist() for unit in model.atoms[atom]]
    return {model.problem.units[unit].id: Reason("left_out", "it is left out", {}) for unit in out}


def _names(model: Model, labels: Whole, packages: int) -> dict[int, str]:
    """Package ids: the name of its lock, else P01, P02 … from north-west by first member."""
    names: dict[int, str] = {}
    for atom, package in enumerate(labels):
        lock = model.lock[atom]
        if package != OUT and lock is not None:
            names[package] = lock
    return numbered(names, range(packages))


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
    run: Run,
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
    return model_bound(
        model, pieces, span, out, parts.distance, rounds, run.watch, parts.soft, run.watch.left
    )
