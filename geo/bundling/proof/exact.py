"""The proof (精确求解): the best plan there is, or that there is none, over all connected packages.

Part by part, in the order in which plans compare: weight left out, units left out, soft prices, distance; each part
is minimised with the parts before it held at their least. A part goes like this: a bound from column generation
(:mod:`geo.bundling.proof.generation`), every package written down that a better plan could hold, and a whole-number
programme over those. What cannot be finished within the budget of work is said: the best plan, an honest bound.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from geo.bundling.forms.arrays import OUT, Floats, Whole
from geo.bundling.forms.model import Contradiction
from geo.bundling.problem import Problem
from geo.bundling.programmes.cover import MOST_ROWS, cheapest_cover
from geo.bundling.programmes.cuts import sharpened
from geo.bundling.programmes.master import TOLERANCE, Duals, Pool, Stop, relax, usual_cost, whole
from geo.bundling.programmes.partition import best_of, plan_cost, some_columns
from geo.bundling.proof.generation import Budget, Cap, Generator, Stage, Store, pool_of
from geo.bundling.proof.grounds import Ground, ground_of, hardened, tightened

STEPS = 400_000_000
"""Steps of walks that a proof may take unless told otherwise: some minutes at worst."""
MOST_PACKAGES = 400_000
"""Packages that a proof writes down at most."""
COVER_NODES = 30_000
"""Nodes of a search for covers before whole-number programming takes over."""
NODES, ITERATIONS = 20_000, 2_000_000
"""Work of a whole-number programme that is to prove."""
_LOOKED = 1_000
"""Packages out of which a better plan is sought before a proof."""
_COLUMN, _NODE, _BRANCH = 150, 250, 5_000
"""What whole-number programmes cost in steps: each package, each node of a search for covers, each branching."""
_SHARPENED = 30
"""What a package costs in steps each time a programme with cuts looks at it."""
_FEW = 20_000
"""Packages written down at first, under a smaller room, to better the plan cheaply."""


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
        stages = self._parts()
        for place, (alpha, beta, outs) in enumerate(stages):
            found = self._solve(alpha, beta, outs, taken)
            taken = taken if found.taken is None else found.taken
            if not found.proven:
                bound = found.bound if place == len(stages) - 1 and math.isfinite(found.bound) else None
                return Proof(self._labels(taken), False, bound)
            self._hold(alpha, beta, outs, found.value)
        return Proof(self._labels(taken), True, found.value)

    def _parts(self) -> list[tuple[float, float, Floats]]:
        """Stages by price of distance, price of soft rules, price of leaving each atom out."""
        must = np.isinf(self.ground.out_weight)
        free = np.where(must, math.inf, 0.0)
        self.caps: list[Cap] = []
        self.closed = must.copy()
        return [
            (0.0, 0.0, self.ground.out_weight),
            (0.0, 0.0, self.ground.out_units),
            (0.0, 1.0, free),
            (1.0, 0.0, free),
        ]

    def _hold(self, alpha: float, beta: float, outs: Floats, value: float) -> None:
        """Hold a part at what it reached."""
        if alpha > 0:
            return
        priced = np.where(np.isinf(outs), 0.0, outs)
        if value > 0:
            self.caps.append(Cap(np.zeros_like(priced) if beta else priced, beta > 0, value * (1 + 1e-9)))
        elif beta > 0:
            self.ground = hardened(self.ground)
        else:
            self.closed |= priced > 0
        if beta == 0 and self.closed.all():
            self.ground = tightened(self.ground)

    def _solve(self, alpha: float, beta: float, outs: Floats, taken: Whole) -> _Outcome:
        """The least of one part."""
        out_cost = np.where(self.closed, math.inf, outs)
        stage = Stage(alpha, beta, out_cost, tuple(self.caps))
        known = plan_cost(pool_of(self.ground, stage, self.store.columns), taken)
        if known <= 0:
            return _Outcome(taken, 0.0, 0.0, True)
        return self._least(stage, taken, known)

    def _scale(self, value: float, packages: int) -> float:
        return max(value, 0.0) / max(packages, 1) or 1.0

    def _least(self, stage: Stage, taken: Whole, known: float) -> _Outcome:
        """Bound, packages that matter, whole numbers; in growing rooms."""
        scale = self._scale(known, len(taken))
        # a price may pass over as much as its tolerance around each hub of a plan
        hair = (10 + 2 * len(taken)) * TOLERANCE * scale
        generator = Generator(self.ground, stage, self.store, self.budget, scale)
        point = generator.run(known, self._centre(stage, taken, known))
        bound = 0.0 if point is None else max(point.bound, 0.0)
        if point is None:
            return _Outcome(taken, known, bound)
        before = known
        taken, known, _ = self._choose(stage, self.store.allowed(self.ground), taken, known, nodes=300)
        if known < 0.3 * before and known > 0:
            return self._least(stage, taken, known)  # once more, with tolerances to the measure of the answer
        for most in (_FEW, MOST_PACKAGES):
            generator.known = known
            if known - bound <= hair or self.budget.spent():
                break
            written = generator.write_down(point, most)
            if written is not None:
                taken, known, least = self._choose(stage, written, taken, known, nodes=NODES)
                bound = max(bound, least)
                break
        return _Outcome(taken, known, min(bound, known), known - bound <= hair)

    def _choose(
        self, stage: Stage, numbers: Whole, taken: Whole, known: float, nodes: int
    ) -> tuple[Whole, float, float]:
        """The best plan of some packages: packages, value, bound over plans of these packages."""
        numbers = np.union1d(numbers, taken)
        pool = pool_of(self.ground, stage, some_columns(self.store.columns, numbers))
        found = best_whole(pool, np.searchsorted(numbers, taken), known, nodes, self.budget)
        return numbers[found.taken], found.value, found.bound

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
            self.budget.steps -= _NODE * cover.nodes
            if cover.taken is not None:
                return _Outcome(numbers[cover.taken], 0.0, 0.0)
            if cover.done:
                return _Outcome(None, math.inf, math.inf)
        each = _iteration(len(pool.cost))
        most = min(100 * nodes, max(self.budget.steps // each, 1))
        found = whole(pool, 1.0, None, nodes, most, self.budget.stop)
        used = most if found is None else found.iterations
        self.budget.steps -= _COLUMN * len(pool.cost) + each * used
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


def _iteration(columns: int) -> int:
    """What an iteration of a whole-number programme over so many packages costs, in steps."""
    return 300 + columns // 4


def best_whole(pool: Pool, taken: Whole, known: float, nodes: int, budget: Budget) -> _Chosen:
    """The best plan of a pool and the bound proven for it: cheap packages first, then all that still matter."""
    stop, count = budget.stop, len(pool.cost)
    budget.steps -= 10 * count + _COLUMN * min(count, _LOOKED)
    iterations = min(100_000, max(budget.steps // (2 * _iteration(min(count, _LOOKED))), 1))
    first = best_of(pool, taken, nodes=min(nodes, 300), iterations=iterations, stop=stop, most=_LOOKED)
    if first is not None:
        taken, known = first, plan_cost(pool, first)
    relaxed = relax(pool, taken, stop)
    if relaxed.broken > 0 or stop():
        return _Chosen(taken, known, -math.inf)
    scale = usual_cost(pool)
    hair = TOLERANCE * scale * (1 + len(taken))
    if known <= relaxed.value + hair or nodes <= 300:
        return _Chosen(taken, known, min(relaxed.value, known))
    useful, relaxed, looked = sharpened(pool, taken, known, relaxed, hair, stop)
    budget.steps -= _SHARPENED * looked
    if known <= relaxed.value + hair:
        return _Chosen(taken, known, min(relaxed.value, known))
    if coverable(pool):
        part, room = pool.some(useful), known - relaxed.value + hair
        reduced = relaxed.reduced
        most = min(COVER_NODES, max(budget.steps // _NODE, 1))
        rows = len(pool.out_cost)
        cover = cheapest_cover(
            part.at,
            part.rows,
            reduced,
            rows,
            pool.packages,
            room,
            most,
            worth=lambda numbers: _above(part, numbers, relaxed.value),
        )
        budget.steps -= _NODE * cover.nodes
        if cover.taken is not None and plan_cost(part, cover.taken) < known:
            taken = useful[cover.taken]
            known = plan_cost(pool, taken)
        if cover.done:
            return _Chosen(taken, known, known)
    # before the first iteration, HiGHS looks for what packages imply of each other
    budget.steps -= min(len(useful) ** 2 // 10, 3_000 * len(useful))
    if budget.spent():
        return _Chosen(taken, known, relaxed.value)
    most = min(ITERATIONS, max(budget.steps // _iteration(len(useful)), 1))
    nodes = min(nodes, max(budget.steps // _BRANCH, 1))
    found = whole(pool.some(useful), scale, np.searchsorted(useful, taken), nodes, most, stop)
    budget.steps -= _iteration(len(useful)) * (most if found is None else found.iterations)
    budget.steps -= _BRANCH * (nodes if found is None else found.nodes)
    if found is None or math.isinf(found.value):
        return _Chosen(taken, known, relaxed.value)
    better = useful[found.taken]
    worth = plan_cost(pool, better)
    bound = min(max(found.bound, relaxed.value), worth, known)
    return _Chosen(better, worth, bound) if worth <= known else _Chosen(taken, known, bound)


def coverable(pool: Pool) -> bool:
    """Whether a plan of the pool is an exact cover of few atoms, with nothing left out."""
    few = len(pool.out_cost) <= MOST_ROWS and len(pool.cost) > 0
    return few and bool(np.isinf(pool.out_cost).all())


def _above(pool: Pool, taken: Whole, value: float) -> float:
    """How far a plan that leaves nothing out costs more than ``value``; inf where it passes a limit.

    The summed reduced costs alone would miss the price of slack in the number of packages and in limits.
    """
    if any(math.fsum(limit.columns[taken]) > limit.most for limit in pool.limits):
        return math.inf
    return plan_cost(pool, taken) - value


class _Chosen(NamedTuple):
    taken: Whole
    value: float
    bound: float
