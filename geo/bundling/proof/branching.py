"""One part of the objective, branch by branch (分支定价): where too many packages could still be in a better plan.

A node is the problem with some questions answered: at most so many packages or more; a unit out or placed; two units
in one package or in two (Ryan and Foster 1981). All of these the walks understand, so that each node has a bound of
its own from column generation, and one whose packages are few is settled by writing them down.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from geo.bundling.forms.arrays import Floats, Whole, rows
from geo.bundling.programmes.master import Duals
from geo.bundling.programmes.partition import plan_cost, some_columns
from geo.bundling.proof.choosing import best_whole
from geo.bundling.proof.generation import Budget, Generator, Point, Stage, Store, pool_of
from geo.bundling.proof.grounds import Ground

FEW, FEW_BELOW = (20_000, 150_000), (2_000,)
"""Packages that are few enough to be written down, at the root and below it."""
WRITING, WRITING_BELOW = 10_000_000, 1_500_000
"""Steps that writing down may take."""
NODES, NODES_BELOW = 20_000, 300
"""Branchings of whole-number programmes."""
_SPLIT = 0.05
"""How far a share must be from whole to be asked about before pairs are."""


@dataclass
class Goal:
    """The best plan known, by numbers of packages, and how much another must better it."""

    taken: Whole
    value: float
    scale: float
    hair: float
    grain: float

    def reached(self, bound: float) -> bool:
        """Whether no plan above this bound is better."""
        return self.value - self.grain - bound <= self.hair

    def better(self, taken: Whole, value: float) -> None:
        """Keep a plan that is better."""
        if value < self.value:
            self.taken, self.value = taken, value


class Node(NamedTuple):
    """A question answered: the ground and the stage that are left, a bound and prices to begin with."""

    bound: float
    depth: int
    ground: Ground
    stage: Stage
    centre: Duals | None


@dataclass
class Tree:
    """Branch and bound over one stage. ``tighten``: what follows for a ground from its number of packages."""

    ground: Ground
    stage: Stage
    store: Store
    budget: Budget
    goal: Goal
    tighten: Callable[[Ground], Ground]

    def grow(self, centre: Duals | None) -> tuple[Whole, float, float, bool]:
        """The best plan, its value, a bound, and whether it is proven: the nearest bound first."""
        self.count = 0
        self.waiting: list[tuple[float, int, int, Node]] = []
        self._push(Node(0.0, 0, self.tighten(self.ground), self.stage, centre))
        while self.waiting and not self.goal.reached(self.waiting[0][0]) and not self.budget.spent():
            node = heapq.heappop(self.waiting)[-1]
            for child in self._look(node):
                self._push(child)
        least = self.waiting[0][0] if self.waiting else math.inf
        done = self.goal.reached(least)
        value = self.goal.value
        return self.goal.taken, value, value if done else min(max(least, 0.0), value), done

    def _push(self, node: Node) -> None:
        self.count += 1
        fewest, most = node.ground.packages
        if fewest <= most and not self.goal.reached(node.bound):
            heapq.heappush(self.waiting, (node.bound, -node.depth, self.count, node))

    def _look(self, node: Node) -> Iterator[Node]:
        """Bound a node, settle it where its packages are few, else split it."""
        goal, root = self.goal, node.depth == 0
        generator = Generator(node.ground, node.stage, self.store, self.budget, goal.scale)
        point = generator.run(goal.value - goal.grain, node.centre)
        bound = node.bound if point is None else max(point.bound, node.bound)
        if point is None or self.budget.spent():
            yield node._replace(bound=bound)
            return
        if goal.reached(bound):
            return
        before = goal.value
        if root:
            self._choose(node, self.store.allowed(node.ground), NODES_BELOW)
            if 0 < goal.value < 0.3 * before:
                # once more, with tolerances to the measure of the answer
                share = goal.value / before
                goal.scale, goal.hair = goal.scale * share, goal.hair * share
                yield node._replace(bound=bound)
                return
        numbers, x = generator.shares
        taken = numbers[x > 0.5]
        if not root and bool(np.all((x < 1e-6) | (x > 1 - 1e-6))):
            self._take(node, taken)
        if goal.reached(bound):
            return
        least = self._settle(node, generator, point)
        bound = max(bound, least)
        if goal.reached(bound):
            return
        yield from self._split(node._replace(bound=bound, centre=point.duals), numbers, x)

    def _take(self, node: Node, taken: Whole) -> None:
        """A plan that the linear programme found."""
        pool = pool_of(node.ground, node.stage, some_columns(self.store.columns, taken))
        value = plan_cost(pool, np.arange(len(taken)))
        held = all(
            math.fsum(limit.columns) + math.fsum(limit.outs[_free(pool.rows, len(limit.outs))]) <= limit.most
            for limit in pool.limits
        )
        if held and pool.packages[0] <= len(taken) <= pool.packages[1]:
            self.goal.better(taken, value)

    def _settle(self, node: Node, generator: Generator, point: Point) -> float:
        """Write down all packages of better plans where they are few; a bound, -inf where they are not."""
        goal, root = self.goal, node.depth == 0
        generator.known = goal.value - goal.grain
        for most in FEW if root else FEW_BELOW:
            steps = min(WRITING if root else WRITING_BELOW, self.budget.steps)
            generator.budget = Budget(steps, self.budget.stop)
            written = generator.write_down(point, most)
            self.budget.steps -= steps - generator.budget.steps
            if written is not None:
                return self._choose(node, written, NODES if root else NODES_BELOW)
            if generator.budget.spent():
                break
        return -math.inf

    def _choose(self, node: Node, numbers: Whole, nodes: int) -> float:
        """The best plan of some packages; what no better plan of them undercuts."""
        goal = self.goal
        numbers = np.union1d(numbers, goal.taken)
        pool = pool_of(node.ground, node.stage, some_columns(self.store.columns, numbers))
        found = best_whole(
            pool, np.searchsorted(numbers, goal.taken), goal.value, nodes, self.budget, goal.grain
        )
        goal.better(numbers[found.taken], found.value)
        return found.bound

    # ---- questions -----------------------------------------------------------------------------------------

    def _split(self, node: Node, numbers: Whole, x: Floats) -> Iterator[Node]:
        ground, stage = node.ground, node.stage
        pool = pool_of(ground, stage, some_columns(self.store.columns, numbers))
        inside = np.zeros((len(stage.out_cost), len(numbers)))
        inside[pool.rows, np.repeat(np.arange(len(numbers)), np.diff(pool.at))] = 1.0
        fewest, most = ground.packages
        down = node._replace(depth=node.depth + 1)
        if fewest < most:
            below = min(max(math.floor(float(x.sum()) + _SPLIT), fewest), most - 1)
            for span in ((fewest, below), (below + 1, most)):
                yield down._replace(ground=self.tighten(ground._replace(packages=span)))
            return
        out = np.where(np.isfinite(stage.out_cost), 1.0 - inside @ x, 0.0)
        row = int(np.argmin(np.abs(out - 0.5)))
        if min(out[row], 1 - out[row]) > _SPLIT:
            cost = stage.out_cost.copy()
            cost[row] = math.inf
            yield down._replace(stage=stage._replace(out_cost=cost))
            yield down._replace(ground=_shut(ground, int(ground.placeable[row])))
            return
        shares = (inside * x) @ inside.T
        off = np.abs(shares - 0.5)
        off[np.tril_indices(len(off))] = 1.0
        one, other = (int(each) for each in np.unravel_index(int(np.argmin(off)), off.shape))
        if off[one, other] >= 0.5 - 1e-6:
            yield node._replace(bound=node.bound)  # nothing is in parts: there is nothing left to ask
            return
        pair = int(ground.placeable[one]), int(ground.placeable[other])
        yield down._replace(ground=_together(ground, *pair))
        yield down._replace(ground=_apart(ground, *pair))


def _free(held: Whole, count: int) -> np.ndarray:
    free = np.ones(count, dtype=bool)
    free[held] = False
    return free


def _shut(ground: Ground, atom: int) -> Ground:
    """The ground on which no package holds an atom."""
    arrays = ground.field.arrays
    component = arrays.component.copy()
    component[atom] = -1
    return ground._replace(field=ground.field._replace(arrays=arrays._replace(component=component)))


def _apart(ground: Ground, one: int, other: int) -> Ground:
    """The ground on which two atoms share no package."""
    arrays = ground.field.arrays
    foes = _lists(arrays.foes_at, arrays.foes)
    foes[one].append(other)
    foes[other].append(one)
    at, values = rows([sorted(set(each)) for each in foes])
    return ground._replace(field=ground.field._replace(arrays=arrays._replace(foes_at=at, foes=values)))


def _together(ground: Ground, one: int, other: int) -> Ground:
    """The ground on which two atoms share a package or are both out."""
    field = ground.field
    groups = _lists(field.kin_at, field.kin_atoms)
    joined = {one, other}
    rest = []
    for group in groups:
        if joined & set(group):
            joined |= set(group)
        else:
            rest.append(group)
    rest.append(sorted(joined))
    kin = np.full(len(field.kin), -1, dtype=np.int64)
    for number, group in enumerate(rest):
        kin[group] = number
    at, atoms = rows(rest)
    return ground._replace(field=field._replace(kin=kin, kin_at=at, kin_atoms=atoms))


def _lists(at: Whole, values: Whole) -> list[list[int]]:
    return [values[at[place] : at[place + 1]].tolist() for place in range(len(at) - 1)]
