"""Plans as sums of packages (集合划分): the linear and the whole-number programme, in HiGHS.

Variables: x_p = 1 when package p is taken, z_a = 1 when atom a stays out. Every atom is in one package or
out: Σ x_p + z_a = 1; the number of packages lies in a range; further rows hold a priced sum down to what an
earlier stage reached. One thread, a fixed seed, limits by nodes and iterations: same question, same answer.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import highspy
import numpy as np

from geo.bundling.forms.arrays import Floats, Whole

TOLERANCE = 1e-7
"""Reduced costs and sums nearer to zero than this share of a package's usual cost count as zero."""
_BIG = 1e4
"""Price of breaking a row, in usual costs of a package; raised while a solution still pays it."""
STEPS_A_LOOK = 50
"""Steps of the simplex that lie between two questions of HiGHS whether to stop, more or less."""

_FEW = 1_000
"""Packages that cost alike and yet are worth a look before the first step: half a second."""

Stop = Callable[[], bool]
_new: Callable[[], Any] = highspy.Highs


class Limit(NamedTuple):
    """A priced sum that may not pass ``most``: Σ columns·x + Σ outs·z ≤ most."""

    columns: Floats
    outs: Floats
    most: float


class Pool(NamedTuple):
    """Packages over rows 0…n-1 and what they cost in the stage at hand."""

    at: Whole
    rows: Whole
    cost: Floats
    out_cost: Floats
    """Per row: cost of leaving it out; inf where it must be placed."""
    packages: tuple[int, int]
    limits: tuple[Limit, ...] = ()

    def some(self, which: np.ndarray) -> Pool:
        """The pool with the packages ``which`` (numbers) only."""
        sizes = (self.at[1:] - self.at[:-1])[which]
        at = np.zeros(len(which) + 1, dtype=np.int64)
        np.cumsum(sizes, out=at[1:])
        inner = np.arange(at[-1]) - np.repeat(at[:-1], sizes) + np.repeat(self.at[:-1][which], sizes)
        limits = tuple(Limit(each.columns[which], each.outs, each.most) for each in self.limits)
        return self._replace(at=at, rows=self.rows[inner], cost=self.cost[which], limits=limits)


class Duals(NamedTuple):
    """Prices of a linear programme: ``row`` per atom, ``package`` of one more package, ``limit`` per limit (≤ 0)."""

    row: Floats
    package: float
    limit: Floats

    def reduced(self, pool: Pool) -> Floats:
        """Cost of each package of the pool less what its atoms bring in."""
        brought = np.add.reduceat(self.row[pool.rows], pool.at[:-1]) if len(pool.cost) else np.zeros(0)
        found = pool.cost - brought - self.package
        for price, limit in zip(self.limit, pool.limits, strict=True):
            found = found - price * limit.columns
        return found


@dataclass(frozen=True)
class Relaxed:
    """Optimum of a linear programme over a pool. ``broken``: how far its rows stay broken (0 = feasible)."""

    value: float
    duals: Duals
    x: Floats
    reduced: Floats
    broken: float


def quiet(stop: Stop | None = None) -> Any:
    """A HiGHS that prints nothing, uses one thread and asks ``stop`` now and then."""
    highs = _new()
    highs.silent()
    for name, value in (("threads", 1), ("random_seed", 1), ("parallel", "off")):
        highs.setOptionValue(name, value)
    if stop is not None:

        def look(event: Any) -> None:
            event.interrupt(stop())

        highs.cbSimplexInterrupt += look
        highs.cbMipInterrupt += look
    return highs


class Master:
    """The linear programme, to which packages are added; it goes on from where it stood.

    Columns 0…n-1 leave a row out (or break it, dearly, where it must be placed), the next two break the
    number of packages, the rest are packages. ``iterations``: of the last solve.
    """

    def __init__(self, pool: Pool, scale: float, stop: Stop | None = None, big: float = _BIG) -> None:
        self.pool, self.scale, self.big = pool, scale, big
        self.rows = len(pool.out_cost)
        self.highs = quiet(stop)
        self.highs.setOptionValue("presolve", "off")
        self.chosen = np.zeros(0, dtype=np.int64)
        self.iterations = 0
        count = self.rows + 1 + len(pool.limits)
        lower, upper = np.ones(count), np.ones(count)
        lower[self.rows], upper[self.rows] = pool.packages
        lower[self.rows + 1 :] = -math.inf
        upper[self.rows + 1 :] = [limit.most for limit in pool.limits]
        none = np.zeros(0, dtype=np.int32)
        self.highs.addRows(count, lower, upper, 0, np.zeros(count, dtype=np.int32), none, np.zeros(0))
        self._add_slack()

    def _must(self) -> np.ndarray:
        return np.isinf(self.pool.out_cost)

    def _add_slack(self) -> None:
        at, index, value = [0], [], []
        for row in range(self.rows):
            index.append(row)
            value.append(1.0)
            for place, limit in enumerate(self.pool.limits):
                if limit.outs[row]:
                    index.append(self.rows + 1 + place)
                    value.append(float(limit.outs[row]))
            at.append(len(index))
        for sign in (1.0, -1.0):
            index.append(self.rows)
            value.append(sign)
            at.append(len(index))
        cost = np.append(np.where(self._must(), self.big, self.pool.out_cost / self.scale), [self.big] * 2)
        self._columns(cost, at, index, value)

    def _columns(self, cost: Floats, at: Any, index: Any, value: Any) -> None:
        count = len(cost)
        self.highs.addCols(
            count,
            np.asarray(cost, dtype=float),
            np.zeros(count),
            np.full(count, math.inf),
            len(index),
            np.asarray(at[:-1], dtype=np.int32),
            np.asarray(index, dtype=np.int32),
            np.asarray(value, dtype=float),
        )

    def add(self, which: np.ndarray) -> None:
        """Take packages ``which`` of the pool into the programme."""
        part = self.pool.some(which)
        self.add_pool(part)
        self.chosen = np.concatenate([self.chosen, which])

    def add_pool(self, part: Pool) -> None:
        """Take packages over the same rows into the programme."""
        at, index, value = entries(part, self.rows)
        self._columns(part.cost / self.scale, at, index, value)

    def solve(self) -> tuple[float, Duals, Floats, float]:
        """Value, duals, x of the packages added, and how far rows stay broken."""
        self.highs.run()
        self.iterations = int(self.highs.getInfo().simplex_iteration_count)
        solution = self.highs.getSolution()
        value, dual = np.array(solution.col_value), np.array(solution.row_dual) * self.scale
        duals = Duals(dual[: self.rows], float(dual[self.rows]), np.minimum(dual[self.rows + 1 :], 0.0))
        slack, x = value[: self.rows + 2], value[self.rows + 2 :]
        broken = float(slack[: self.rows][self._must()].sum() + slack[self.rows :].sum())
        return self.highs.getInfo().objective_function_value * self.scale, duals, x, broken

    def dearer(self) -> bool:
        """Raise the price of broken rows; False when it is high already."""
        if self.big >= _BIG * 1e3:
            return False
        self.big *= 30
        for row in [*np.flatnonzero(self._must()).tolist(), self.rows, self.rows + 1]:
            self.highs.changeColCost(row, self.big)
        return True


def entries(part: Pool, rows: int) -> tuple[Whole, Whole, Floats]:
    """The packages of a pool as columns of the programme: starts, row numbers, coefficients."""
    count, sizes = len(part.cost), part.at[1:] - part.at[:-1]
    extra = 1 + len(part.limits)
    at = np.zeros(count + 1, dtype=np.int64)
    np.cumsum(sizes + extra, out=at[1:])
    index = np.empty(int(at[-1]), dtype=np.int64)
    value = np.ones(int(at[-1]))
    inner = np.arange(len(part.rows)) + np.repeat(np.arange(count) * extra, sizes)
    index[inner] = part.rows
    for place in range(extra):
        index[at[1:] - extra + place] = rows + place
        if place:
            value[at[1:] - extra + place] = part.limits[place - 1].columns
    return at, index, value


def usual_cost(pool: Pool) -> float:
    """What a package usually costs in this stage: the measure of tolerances."""
    held = pool.cost[pool.cost > 0]
    if len(held):
        return float(np.median(held))
    outs = pool.out_cost[np.isfinite(pool.out_cost) & (pool.out_cost > 0)]
    return float(np.median(outs)) if len(outs) else 1.0


def relax(pool: Pool, first: np.ndarray, stop: Stop | None = None, portion: int = 3000) -> Relaxed:
    """The linear programme over a whole pool, taking in only the packages that its prices ask for.

    ``first``: packages to begin with, such as those of the best plan known.
    """
    scale = usual_cost(pool)
    master = Master(pool, scale, stop)
    count = len(pool.cost)
    waiting = np.ones(count, dtype=bool)
    sizes = np.maximum(pool.at[1:] - pool.at[:-1], 1)
    cheap = np.argsort(pool.cost / sizes, kind="stable")[:portion]
    begin = np.union1d(np.asarray(first, dtype=np.int64), cheap) if count > portion else np.arange(count)
    waiting[begin] = False
    master.add(begin)
    while True:
        value, duals, inner, broken = master.solve()
        reduced = duals.reduced(pool)
        wanted = np.flatnonzero(waiting & (reduced < -TOLERANCE * scale))
        stopped = stop is not None and stop()
        if len(wanted) == 0 or stopped:
            if broken > 1e-6 and not stopped and master.dearer():
                continue
            break
        wanted = wanted[np.argsort(reduced[wanted], kind="stable")[: max(portion // 3, 200)]]
        waiting[wanted] = False
        master.add(wanted)
    x = np.zeros(count)
    x[master.chosen] = inner
    return Relaxed(value, duals, x, reduced, broken if broken > 1e-6 else 0.0)


@dataclass(frozen=True)
class Choice:
    """A whole-number answer: packages taken, its value, the proven bound of the programme, and its work."""

    taken: Whole
    value: float
    bound: float
    iterations: int
    nodes: int


def whole(
    pool: Pool,
    scale: float,
    start: np.ndarray | None = None,
    nodes: int = 1000,
    iterations: int = 200_000,
    stop: Stop | None = None,
    grain: float = 0.0,
) -> Choice | None:
    """The best plan put together from a pool, within limits of work; None when none was found.

    ``start``: numbers of packages that form a plan. ``grain``: better plans are better by as much. ``bound`` equals
    ``value`` when it was proven, and is inf when it was proven that there is no plan.
    """
    rows, count = len(pool.out_cost), len(pool.cost)
    highs = quiet()
    # packages that cost nothing HiGHS 1.15 would first lay each beside each other, for hours, and ask nobody to stop
    alike = count > _FEW and not pool.cost.any()
    for name, value in (
        ("presolve", "off" if alike else "choose"),
        ("mip_rel_gap", 0.0),
        ("mip_abs_gap", max(1e-7, 0.99 * grain / scale)),
        ("mip_max_nodes", nodes),
        ("mip_feasibility_tolerance", 1e-7),
        ("mip_heuristic_run_feasibility_jump", False),
    ):
        highs.setOptionValue(name, value)

    # HiGHS 1.15 asks at fixed places of its work, but tells no steps of the simplex there
    looked, looks = 0, 100 + iterations // STEPS_A_LOOK

    def look(event: Any) -> None:
        nonlocal looked
        looked += 1
        event.interrupt(looked > looks or (stop is not None and stop()))

    highs.cbMipInterrupt += look
    able = np.isfinite(pool.out_cost)
    lp = _programme(pool, scale, able)
    highs.passModel(lp)
    if start is not None:
        _hint(highs, pool, start, able)
    highs.run()
    info, status = highs.getInfo(), highs.getModelStatus()
    work = int(info.simplex_iteration_count), max(int(info.mip_node_count), 0)
    if status == highspy.HighsModelStatus.kInfeasible:
        return Choice(np.zeros(0, dtype=np.int64), math.inf, math.inf, *work)
    if info.primal_solution_status != int(highspy.SolutionStatus.kSolutionStatusFeasible):
        return None
    x = np.array(highs.getSolution().col_value)[rows : rows + count]
    proven = status == highspy.HighsModelStatus.kOptimal
    worth = info.objective_function_value * scale
    bound = worth if proven else info.mip_dual_bound * scale
    return Choice(np.flatnonzero(x > 0.5), worth, bound, *work)


def _programme(pool: Pool, scale: float, able: np.ndarray) -> Any:
    rows, count = len(pool.out_cost), len(pool.cost)
    at, index, value = entries(pool, rows)
    out_rows: list[list[int]] = [[row] for row in range(rows)]
    out_values: list[list[float]] = [[1.0] for _ in range(rows)]
    for place, limit in enumerate(pool.limits):
        for row in np.flatnonzero(limit.outs).tolist():
            out_rows[row].append(rows + 1 + place)
            out_values[row].append(float(limit.outs[row]))
    starts = np.cumsum([0, *(len(each) for each in out_rows)])
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = rows + count, rows + 1 + len(pool.limits)
    lp.col_cost_ = np.append(np.where(able, pool.out_cost, 0.0), pool.cost) / scale
    lp.col_lower_ = np.zeros(rows + count)
    lp.col_upper_ = np.append(able.astype(float), np.ones(count))
    lp.row_lower_ = np.concatenate([np.ones(rows), [pool.packages[0]], np.full(len(pool.limits), -math.inf)])
    lp.row_upper_ = np.concatenate([np.ones(rows), [pool.packages[1]], [each.most for each in pool.limits]])
    lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    lp.a_matrix_.start_ = np.append(starts, at[1:] + starts[-1]).astype(np.int32)
    lp.a_matrix_.index_ = np.append([row for each in out_rows for row in each], index).astype(np.int32)
    lp.a_matrix_.value_ = np.append([each for some in out_values for each in some], value)
    lp.integrality_ = [highspy.HighsVarType.kInteger] * (rows + count)
    return lp


def _hint(highs: Any, pool: Pool, start: np.ndarray, able: np.ndarray) -> None:
    """Tell HiGHS a plan to begin with, when it is one."""
    rows = len(pool.out_cost)
    x = np.zeros(rows + len(pool.cost))
    x[rows + start] = 1.0
    x[:rows][able] = 1.0
    for package in start:
        x[pool.rows[pool.at[package] : pool.at[package + 1]]] = 0.0
    solution = highspy.HighsSolution()
    solution.col_value = x.tolist()
    highs.setSolution(solution)
