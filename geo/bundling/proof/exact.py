"""The proof (精确求解): the best plan there is, or that there is none, over all connected packages.

Part by part, in the order in which plans compare: weight left out, units left out, soft prices, distance; each part
is minimised with the parts before it held at their least. A part goes like this: a bound from column generation
(:mod:`geo.bundling.proof.generation`), every package written down that a better plan could hold, and a whole-number
programme over those; where they are too many, branch by branch (:mod:`geo.bundling.proof.branching`). What cannot be
finished within the budget of work is said: the best plan, an honest bound.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from geo.bundling.forms.arrays import OUT, Floats, Whole
from geo.bundling.forms.model import Contradiction
from geo.bundling.problem import Problem
from geo.bundling.programmes.cover import cheapest_cover
from geo.bundling.programmes.master import TOLERANCE, Duals, Stop, whole
from geo.bundling.programmes.partition import plan_cost, some_columns
from geo.bundling.proof.branching import NODES, Goal, Tree
from geo.bundling.proof.choosing import COLUMN, COVER_NODES, NODE, coverable, iteration
from geo.bundling.proof.generation import Budget, Cap, Generator, Stage, Store, pool_of
from geo.bundling.proof.grain import grain_of
from geo.bundling.proof.grounds import Ground, ground_of, hardened, left_out, tightened

STEPS = 400_000_000
"""Steps of walks that a proof may take unless told otherwise: some minutes at worst."""
MOST_PACKAGES = 400_000
"""Packages that the search for any plan writes down at most."""


class Proof(NamedTuple):
    """What was proven of a problem.

    ``labels``: per unit its package 0…K-1 or OUT; None where no plan is known. ``proven``: no plan is better in
    weight left out, units left out, soft prices and distance, compared in this order; without labels: there is no
    plan. ``bound``: no plan that is as good in the parts before has less distance; None when those are not proven.
    """

    labels: Whole | None
    proven: bool
    bound: float | None


class _Outcome(NamedTuple):
    taken: Whole | None
    """Numbers of packages in the store."""
    value: float
    bound: float
    proven: bool = False


def prove(
    problem: Problem,
    labels: Sequence[int] | Whole | None = None,
    *,
    packages: Sequence[Sequence[int]] = (),
    steps: int | Budget = STEPS,
    stop: Stop = lambda: False,
) -> Proof:
    """The best plan of a problem and the proof of it, as far as ``steps`` of work go.

    ``labels``: per unit its package or OUT, a plan that keeps the rules, to begin with. ``packages``: further
    packages worth a look, as lists of units. ``stop`` is a safety stop. Same problem, plan and steps → same answer.
    ``steps`` may be a budget that several proofs share, with a stop of its own.
    """
    budget = steps if isinstance(steps, Budget) else Budget(steps, stop)
    fewest, most = problem.rules.package_range()
    # with packages allowed and units to place, a plan without any package is none
    fewest = max(fewest, 1 if problem.units and most >= 1 else 0)
    return prove_part(problem, (fewest, most), labels, budget, packages=packages)


def prove_part(
    problem: Problem,
    span: tuple[int, float],
    labels: Sequence[int] | Whole | None,
    budget: Budget,
    *,
    packages: Sequence[Sequence[int]] = (),
) -> Proof:
    """:func:`prove` with the fewest and most packages given by ``span``, whatever the rules say; none may do."""
    try:
        ground = ground_of(problem)
    except Contradiction:
        return Proof(None, True, None)
    fewest, most = int(min(span[0], 10**9)), int(min(span[1], ground.room))
    if ground.lost or fewest > most:
        return Proof(None, True, None)
    if most == 0:
        nothing = bool(np.isfinite(ground.out_weight).all())
        return Proof(np.full(len(problem.units), OUT) if nothing else None, True, 0.0 if nothing else None)
    return _Prover(ground._replace(packages=(fewest, most)), budget).prove(labels, packages)


@dataclass
class _Prover:
    """Stage after stage of one proof."""

    ground: Ground
    budget: Budget

    def prove(self, labels: Sequence[int] | Whole | None, packages: Sequence[Sequence[int]]) -> Proof:
        self.store = Store(self.ground)
        self._take_in(packages)
        taken = self._start(labels)
        if taken is None:
            found = self._first_plan()
            if found.taken is None:
                return Proof(None, found.bound > 0, None)
            taken = found.taken
        stages = self._parts(taken)
        for place, (alpha, beta, outs) in enumerate(stages):
            found = self._solve(alpha, beta, outs, taken)
            taken = taken if found.taken is None else found.taken
            if not found.proven:
                bound = found.bound if place == len(stages) - 1 and math.isfinite(found.bound) else None
                return Proof(self._labels(taken), False, bound)
            self._hold(alpha, beta, outs, found.value)
        return Proof(self._labels(taken), True, found.value)

    def _parts(self, taken: Whole) -> list[tuple[float, float, Floats]]:
        """Stages by price of distance, price of soft rules, price of leaving each atom out."""
        weight, units = self.ground.out_weight, self.ground.out_units
        must = np.isinf(weight)
        free = np.where(must, math.inf, 0.0)
        self.caps: list[Cap] = []
        self.closed = must.copy()
        self.grain = 0.0
        rest: list[tuple[float, float, Floats]] = [(0.0, 1.0, free), (1.0, 0.0, free)]
        grain = grain_of(self.ground.field.arrays, weight, 0.0) / (1.0 + float(units[~must].sum()))
        known = float(plan_cost(pool_of(self.ground, Stage(0.0, 0.0, weight), self.store.columns), taken))
        if grain > 400 * TOLERANCE * known:
            # all units left out weigh less than the least weight that two plans can differ by: two parts in one
            self.grain = grain
            return [(0.0, 0.0, weight + grain * np.where(must, 0.0, units)), *rest]
        return [(0.0, 0.0, weight), (0.0, 0.0, units), *rest]

    def _hold(self, alpha: float, beta: float, outs: Floats, value: float) -> None:
        """Hold a part at what it reached."""
        self.grain = 0.0
        if alpha > 0:
            return
        priced = np.where(np.isinf(outs), 0.0, outs)
        if value > 0:
            self.caps.append(Cap(np.zeros_like(priced) if beta else priced, beta > 0, value * (1 + 1e-9)))
        elif beta > 0:
            self.ground = hardened(self.ground)
        else:
            self.closed |= priced > 0

    def _solve(self, alpha: float, beta: float, outs: Floats, taken: Whole) -> _Outcome:
        """The least of one part."""
        out_cost = np.where(self.closed, math.inf, outs)
        stage = Stage(alpha, beta, out_cost, tuple(self.caps))
        known = plan_cost(pool_of(self.ground, stage, self.store.columns), taken)
        if known <= 0:
            return _Outcome(taken, 0.0, 0.0, True)
        return self._least(stage, taken, known)

    def _room(self, stage: Stage, known: float) -> Callable[[Ground], Ground]:
        """What follows for packages from how much may stay out at most in a plan of this stage."""
        if self.closed.all():
            return tightened
        caps = [(cap.outs, cap.most) for cap in stage.caps if not cap.soft]
        if stage.alpha == 0 and stage.beta == 0:
            caps.append((stage.out_cost, known))
        if not caps:
            return lambda ground: ground
        left = [left_out(self.ground, np.where(self.closed, math.inf, outs), most) for outs, most in caps]
        return lambda ground: tightened(ground, np.minimum.reduce(left))

    def _scale(self, value: float, packages: int) -> float:
        return max(value, 0.0) / max(packages, 1) or 1.0

    def _least(self, stage: Stage, taken: Whole, known: float) -> _Outcome:
        """Bound, packages that matter, whole numbers; then branch by branch."""
        scale = self._scale(known, len(taken))
        # a price may pass over as much as its tolerance around each hub of a plan
        hair = (10 + 2 * len(taken)) * TOLERANCE * scale
        grain = 0.0
        if stage.alpha == 0:
            grain = self.grain or grain_of(self.ground.field.arrays, stage.out_cost, stage.beta)
        # nine tenths: a bound at the value of the next better plan must not count as above it
        goal = Goal(taken, known, scale, hair, 0.9 * grain if grain > 30 * hair else 0.0)
        tree = Tree(self.ground, stage, self.store, self.budget, goal, self._room(stage, known))
        return _Outcome(*tree.grow(self._centre(stage, taken, known)))

    def _centre(self, stage: Stage, taken: Whole | None, known: float) -> Duals | None:
        """Prices to begin with: half of what each atom costs in the plan, half by its pull."""
        if taken is None or stage.alpha <= 0:
            return None
        arrays, far = self.ground.field.arrays, self.ground.field.far
        columns = some_columns(self.store.columns, taken)
        pull = np.bincount(arrays.atom_of, weights=arrays.pull, minlength=len(arrays.component))
        hub_of = np.repeat(columns.hub, np.diff(columns.at))
        worth: Floats = np.asarray(known / max(float(pull.sum()), 1e-9) * pull, dtype=np.float64)
        worth[columns.atoms] += 0.5 * far[columns.atoms, hub_of]
        return Duals(worth[self.ground.placeable], 0.0, np.zeros(len(stage.caps)))

    # ---- plans in and out --------------------------------------------------------------------------------

    def _take_in(self, packages: Sequence[Sequence[int]]) -> None:
        """Keep packages of units that are packages of atoms and keep the rules."""
        groups = [self._atoms(units) for units in packages]
        self.store.add([group for group in groups if group is not None])

    def _atoms(self, units: Sequence[int] | Whole) -> Whole | None:
        arrays, kin = self.ground.field.arrays, self.ground.field.kin
        atoms = np.unique(arrays.atom_of[np.asarray(units, dtype=np.int64)])
        size = int(np.diff(arrays.units_at)[atoms].sum())
        groups = np.unique(kin[atoms][kin[atoms] >= 0])
        kin_at = self.ground.field.kin_at
        complete = all(int((kin[atoms] == g).sum()) == kin_at[g + 1] - kin_at[g] for g in groups.tolist())
        return atoms if size == len(units) and complete and len(units) else None

    def _start(self, labels: Sequence[int] | Whole | None) -> Whole | None:
        """The packages of a plan given, or None where it is none."""
        if labels is None:
            return None
        given = np.asarray(labels, dtype=np.int64)
        groups = [
            self._atoms(np.flatnonzero(given == p).astype(np.int64))
            for p in np.unique(given[given != OUT]).tolist()
        ]
        fewest, most = self.ground.packages
        whole_groups = [group for group in groups if group is not None]
        if len(whole_groups) < len(groups) or not fewest <= len(groups) <= most:
            return None
        taken = self.store.add(whole_groups)
        allowed = np.isin(taken, self.store.allowed(self.ground)).all()
        held = np.isin(self.ground.placeable, np.concatenate([np.zeros(0, dtype=np.int64), *whole_groups]))
        fine = bool(allowed) and not bool(np.any(~held & np.isinf(self.ground.out_weight)))
        return taken if fine else None

    def _first_plan(self) -> _Outcome:
        """A plan, or the proof that there is none: ``bound`` above 0."""
        must = np.where(np.isinf(self.ground.out_weight), 1.0, 0.0)
        stage = Stage(0.0, 0.0, must, (), 1.0)
        ground = self.ground
        if must.all() and must.size:
            self.ground = tightened(ground)
        generator = Generator(self.ground, stage, self.store, self.budget, 1.0)
        point = generator.run(0.0, None)
        if point is None or point.bound > 1e-6:
            self.ground = ground
            return _Outcome(None, math.inf, 0.0 if point is None else point.bound)
        found = self._plan_of(stage, self.store.allowed(self.ground), nodes=200)
        if found.taken is None:
            generator.known = 0.0
            written = generator.write_down(point, MOST_PACKAGES)
            # every package that a plan can hold is there: without a plan among them there is none
            found = _Outcome(None, math.inf, 0.0) if written is None else self._plan_of(stage, written, NODES)
        self.ground = ground
        return found

    def _plan_of(self, stage: Stage, numbers: Whole, nodes: int) -> _Outcome:
        """Any plan made of some packages that places what must be placed; bound inf where there is none."""
        outs = np.where(stage.out_cost > 0, math.inf, 0.0)
        pool = pool_of(self.ground, Stage(0.0, 0.0, outs), some_columns(self.store.columns, numbers))
        if coverable(pool):
            cover = cheapest_cover(
                pool.at, pool.rows, pool.cost, len(outs), pool.packages, 1.0, COVER_NODES, first=True
            )
            self.budget.steps -= NODE * cover.nodes
            if cover.taken is not None:
                return _Outcome(numbers[cover.taken], 0.0, 0.0)
            if cover.done:
                return _Outcome(None, math.inf, math.inf)
        each = iteration(len(pool.cost))
        most = min(100 * nodes, max(self.budget.steps // each, 1))
        found = whole(pool, 1.0, None, nodes, most, self.budget.stop)
        used = most if found is None else found.iterations
        self.budget.steps -= COLUMN * len(pool.cost) + each * used
        if found is None:
            return _Outcome(None, math.inf, 0.0)
        if math.isinf(found.value):
            return _Outcome(None, math.inf, math.inf)
        return _Outcome(numbers[found.taken], 0.0, 0.0)

    def _labels(self, taken: Whole) -> Whole:
        """Labels per unit, packages numbered by their first unit."""
        arrays, columns = self.ground.field.arrays, self.store.columns
        found = np.full(len(arrays.x), OUT, dtype=np.int64)
        groups = [
            np.flatnonzero(np.isin(arrays.atom_of, columns.atoms[columns.at[p] : columns.at[p + 1]]))
            for p in taken.tolist()
        ]
        for number, units in enumerate(sorted(groups, key=lambda each: int(each[0]))):
            found[units] = number
        return found
