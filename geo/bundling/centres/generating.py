"""A plan put together from packages (列生成): which of all packages round each centre divide the map best.

Every centre's package holds the centre's own atom, so that "each atom in one package" also says "one package a
centre". The prices of atoms come from the linear programme over the packages met so far, held within a box round
the prices of the best bound (du Merle and others 1999), for far-off prices ask for useless packages. At any prices
the cheapest package of each centre, found by :mod:`geo.bundling.centres.walk`, gives a bound that knows of
contiguity and of whole units. At the last prices all packages are written down that the room between bound and
plan allows, and HiGHS chooses among them. For packages of few members: their number is what it costs.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from geo.bundling.centres.closing import HAIR, Closed, fits, reduced_costs, weightless
from geo.bundling.centres.packages import Boxed, Store, around_of, written
from geo.bundling.centres.sites import Sites
from geo.bundling.centres.walk import Around, Paper, forced, paper, walk
from geo.bundling.forms.arrays import OUT, Floats, Whole
from geo.bundling.programmes.cuts import sharpened
from geo.bundling.programmes.master import Pool, relax, usual_cost, whole

BOX = 0.3
"""Half the width of the box of prices, in usual costs of an atom."""
NEAR = 2e-4
"""Bound and programme nearer than this share: enough."""
FEW = 12
"""Packages taken from a walk into the linear programme."""
WALKS = 6
"""Tries to write down all packages round a site, each time up to a lower cost."""
ENOUGH = 300
"""Packages that need no cuts to choose from."""


class Limits(NamedTuple):
    """How much work the choice among packages may be."""

    turns: int
    """Of pricing and linear programme, with ``pivots`` of the simplex times rows."""
    pivots: int
    nodes: int
    """Of a walk round one centre, with ``last`` of the last one."""
    last: int
    work: int
    """Nodes of all walks but the last, and of all the last ones."""
    stored: int
    """Packages written down, with ``chosen`` of them that the programme chooses from."""
    chosen: int
    steps: int
    """Steps of the simplex times rows in choosing."""
    ahead: float
    """How far above the bound packages are of interest while no plan says so, as a share."""
    reach: float
    """How far above the cheapest of their site, in usual costs of an atom."""
    cuts: int
    """Rounds of cuts."""

    def times(self, effort: float) -> Limits:
        """The same with more or less effort."""
        return self._replace(work=round(self.work * effort), steps=round(self.steps * effort))


ALL = Limits(
    turns=80,
    pivots=40_000_000,
    nodes=10_000,
    last=50_000,
    work=1_800_000,
    stored=20_000,
    chosen=4_000,
    steps=12_000_000,
    ahead=0.02,
    reach=0.5,
    cuts=6,
)
"""For a whole map at effort 1."""


def generate(
    sites: Sites,
    plan: Whole | None,
    value: float,
    duals: tuple[Floats, Floats],
    known: tuple[float, Floats],
    limits: Limits,
    stop: Callable[[], bool],
) -> Closed:
    """Better ``plan`` (cost ``value``; None, inf: none yet) by choosing among packages. Every centre opens.

    ``duals``: prices of atoms and of capacity from the linear programme; ``known``: a bound and the prices of
    atoms that lead to it.
    """
    if not fits(sites, plan):
        return Closed(None, None)
    search = Search(sites, value, duals, known, limits, stop)
    if plan is not None:
        search.store.plan(plan)
    search.approach()
    search.write_down()
    labels = search.choose(plan)
    return Closed(labels, search.proven())


class Search:
    """Packages, prices and the bound so far."""

    def __init__(
        self,
        sites: Sites,
        value: float,
        duals: tuple[Floats, Floats],
        known: tuple[float, Floats],
        limits: Limits,
        stop: Callable[[], bool],
    ) -> None:
        self.sites, self.value, self.limits, self.stop = sites, value, limits, stop
        self.least, self.extra = reduced_costs(sites, *duals)
        self.rough = max(known[0], self.least)
        self.placed = np.flatnonzero(sites.may.any(axis=1))
        self.row_of = np.full(len(sites.arrays.component), -1, dtype=np.int64)
        self.row_of[self.placed] = np.arange(len(self.placed))
        self.store = Store(sites)
        self.prices = np.where(sites.may.any(axis=1), known[1], 0.0)
        self.best, self.given = -math.inf, -math.inf
        self.priced = 0
        """Packages met on the way to the prices, the first of the store."""
        self.complete = -math.inf
        """What a plan costs at least that holds a package not written down."""
        self.level = -math.inf
        """What no package costs less than at ``prices``: nothing, once they are those of a bound."""
        self.around: list[Around] = []
        self.nodes = 0

    def proven(self) -> float | None:
        """The bound so far, where it is one on every plan."""
        holds = math.isfinite(self.best) and not self.sites.model.chained and not weightless(self.sites)
        return max(0.0, self.best - HAIR * abs(self.best)) if holds else None

    def narrow(self) -> None:
        """Drop the atoms that no package of a site can hold in a better plan."""
        fixed = float(self.sites.fixed.sum())
        # packages beyond this are in plans that cost as much, which is what the bound then says
        given = min(self.value, (1 + self.limits.ahead) * max(self.best, self.rough))
        if given > self.given:
            mask = np.asarray(self.extra <= given - self.least)
            self.around = [around_of(self.sites, site, mask) for site in range(len(self.sites.unit))]
            self.given, self.level = given, -math.inf
        forced_costs = [forced(around, self.prices[around.atoms]) for around in self.around]
        least = [max(float(each[0]), self.level) for each in forced_costs]
        room = self.given - float(self.prices.sum()) - fixed - sum(least)
        for site, costs in enumerate(forced_costs):
            kept = costs <= least[site] + room
            kept[0] = True
            if not kept.all():
                mask = np.zeros_like(self.sites.may)
                mask[self.around[site].atoms[kept], site] = True
                self.around[site] = around_of(self.sites, site, mask)

    def price(self, prices: Floats, sheet: Paper) -> tuple[float, Floats, int]:
        """The bound at these prices, the prices at which no package costs less than nothing, new packages met."""
        met = self.store.cheapest(prices)
        level, new = prices.copy(), 0
        for site, around in enumerate(self.around):
            known = float(met[site])
            found, best, cut, nodes = walk(
                around, prices[around.atoms], known, True, self.limits.nodes, sheet
            )
            self.nodes += nodes
            level[self.sites.atom[site]] += min(known, best, cut)
            new += self.store.add(site, written(around, sheet, found, FEW))
        return float(level.sum()) + float(self.sites.fixed.sum()), level, new

    def approach(self) -> None:
        """Better prices, turn by turn."""
        sheet = paper(2_000, 2_000 * 60)
        load = self.sites.arrays.atom_load[self.placed]
        self.narrow()
        usual = self.given / max(len(self.placed), 1)
        shape = usual * (0.3 + 0.7 * load / max(float(load.mean()), 1e-9))
        shape[self.row_of[self.sites.atom]] = 1e3 * self.given / max(len(self.sites.unit), 1)
        programme = Boxed(len(self.placed), max(usual, 1e-9), self.stop)
        width, prices = BOX, self.prices
        for turn in range(self.limits.turns):
            bound, level, new = self.price(prices, sheet)
            bound = min(bound, self.given)
            if bound > self.best:
                self.best, self.prices, self.level = bound, level, 0.0
            if turn % 6 == 5:
                self.narrow()
            programme.add(self.store, self.row_of)
            centre = self.prices[self.placed]
            value, duals, bent = programme.solve(centre, width * shape)
            value += float(self.sites.fixed.sum())
            spent = programme.pivots * len(centre) > self.limits.pivots or self.nodes > self.limits.work
            if self.stop() or spent or len(duals) != len(centre):
                break
            if bent < 1e-7 and value - self.best <= NEAR * abs(value):
                break
            if new == 0:
                if bent < 1e-7:
                    break
                width *= 2.0
            prices = np.zeros_like(self.prices)
            prices[self.placed] = duals

    def choose(self, plan: Whole | None) -> Whole | None:
        """A plan of the packages written down, where it costs less than ``plan``, which costs ``value``."""
        if not self.store.cost or self.stop():
            return None
        first = None if plan is None else self.store.plan(plan)
        taken = np.zeros(0, dtype=np.int64) if first is None else np.sort(first)
        pool = self.store.pool(self.row_of)
        kept, reduced = self._sharpened(pool, taken)
        portion = np.union1d(kept[np.argsort(reduced, kind="stable")[: self.limits.chosen]], taken)
        steps = self.limits.steps // max(len(self.placed), 1)
        place = None if first is None else np.searchsorted(portion, taken)
        some = pool.some(portion)
        found = whole(some, usual_cost(pool), place, nodes=400, iterations=steps, stop=self.stop)
        if found is None or not len(found.taken) or not math.isfinite(found.value):
            return None
        chosen = portion[found.taken]
        cost = math.fsum(pool.cost[chosen].tolist()) + float(self.sites.fixed.sum())
        return self._labels(chosen) if cost < self.value else None

    def _sharpened(self, pool: Pool, taken: Whole) -> tuple[Whole, Floats]:
        """The packages that a cheaper plan can hold, and what each costs it; cuts better the bound on the way."""
        fixed, limits = float(self.sites.fixed.sum()), self.limits
        known = min(self.value, self.complete) - fixed
        every, reduced = np.arange(len(pool.cost)), self.store.reduced(self.prices)
        relaxed = relax(pool, taken, self.stop)
        if self.stop() or relaxed.broken > 0:
            return every, reduced
        if relaxed.value > known:
            self.best = max(self.best, known + fixed)
            return every, relaxed.reduced
        hair, rows = HAIR * abs(known), len(pool.out_cost)
        kept, cut, _ = sharpened(pool, taken, known, relaxed, hair, self.stop, ENOUGH, limits.cuts, rows)
        if self.stop():
            return every, relaxed.reduced
        self.best = max(self.best, min(cut.value, known) + fixed)
        lifted = relaxed.reduced + max(cut.value - relaxed.value, 0.0)
        lifted[kept] = cut.reduced
        return every, lifted

    def write_down(self) -> None:
        """The packages that cost least above the cheapest of their site, so many in all; betters the bound."""
        self.narrow()
        self.priced = len(self.store.cost)
        sheet = paper(30_000, 30_000 * 40)
        met, count = self.store.cheapest(self.prices), len(self.around)
        usual = self.given / max(len(self.placed), 1)
        room = min(max(self.given - self.best, 0.0), self.limits.reach * usual)
        limit = min(self.limits.last, self.limits.work // count)
        least, reach, found = np.array(met), room, list[tuple[list[Whole], Floats]]()
        for site, around in enumerate(self.around):
            wide = room
            for _ in range(WALKS):
                rows, best, cut, _ = walk(
                    around, self.prices[around.atoms], met[site] + wide, False, limit, sheet
                )
                if cut == math.inf:
                    break
                wide *= 0.6
            least[site] = min(met[site], best, cut)
            reach = min(reach, cut - least[site], met[site] + wide - least[site])
            groups = written(around, sheet, rows, self.limits.stored // 4)
            found.append((groups, np.sort(sheet.cost[:rows])[: len(groups)] - least[site]))
            if len(groups) < rows:
                reach = min(reach, float(found[-1][1][-1]))
            if self.stop():
                return
        every = np.concatenate([extra for _, extra in found])
        if len(every) > self.limits.stored:
            most = float(np.partition(every, self.limits.stored)[self.limits.stored])
            reach = min(reach, most)
        else:
            most = math.inf
        for site, (groups, extra) in enumerate(found):
            self.store.add(site, groups[: int(np.searchsorted(extra, most))])
        self.best = max(
            self.best, min(float(self.prices.sum() + self.sites.fixed.sum() + least.sum()), self.given)
        )
        self.complete = min(self.given, self.best + max(reach, 0.0))

    def _labels(self, taken: Whole) -> Whole:
        labels = np.full(len(self.row_of), OUT, dtype=np.int64)
        for package in taken.tolist():
            labels[self.store.atoms[package]] = self.store.site[package]
        return labels
