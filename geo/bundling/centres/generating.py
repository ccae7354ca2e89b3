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
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from geo.bundling.centres.closing import HAIR, Closed, fits, reduced_costs, weightless
from geo.bundling.centres.sites import Sites
from geo.bundling.centres.walk import Around, Paper, forced, paper, walk
from geo.bundling.forms.arrays import OUT, Floats, Whole
from geo.bundling.forms.columns import columns_of, keeps_rules
from geo.bundling.programmes.master import Pool, quiet, relax, usual_cost, whole

BOX = 0.3
"""Half the width of the box of prices, in usual costs of an atom."""
NEAR = 2e-4
"""Bound and programme nearer than this share: enough."""
FEW = 12
"""Packages taken from a walk into the linear programme."""


class Limits(NamedTuple):
    """How much work the choice among packages may be."""

    turns: int
    """Of pricing and linear programme."""
    nodes: int
    """Of a walk round one centre, with ``last`` of the last one."""
    last: int
    work: int
    """Nodes of all walks but the last, and of all the last ones."""
    stored: int
    """Packages written down at the end, with ``chosen`` of them that the programme chooses from."""
    chosen: int
    steps: int
    """Steps of the simplex times rows in choosing."""
    ahead: float
    """How far above the bound packages are of interest while no plan says so, as a share."""

    def times(self, effort: float) -> Limits:
        """The same with more or less effort."""
        return self._replace(work=round(self.work * effort), steps=round(self.steps * effort))


ALL = Limits(
    turns=60,
    nodes=10_000,
    last=50_000,
    work=1_200_000,
    stored=14_000,
    chosen=4_000,
    steps=12_000_000,
    ahead=0.012,
)
"""For a whole map at effort 1."""


@dataclass
class _Store:
    """Packages met, by their site; each once."""

    sites: Sites
    at: list[int] = field(default_factory=lambda: [0])
    atoms: list[Whole] = field(default_factory=list)
    cost: list[float] = field(default_factory=list)
    site: list[int] = field(default_factory=list)
    seen: set[tuple[int, bytes]] = field(default_factory=set)

    def add(self, site: int, groups: list[Whole]) -> int:
        """Take in packages of a site that keep every rule; how many were new."""
        fresh = [group for group in groups if (site, group.tobytes()) not in self.seen]
        if not fresh:
            return 0
        arrays = self.sites.arrays
        fine = keeps_rules(arrays, columns_of(arrays, [group.tolist() for group in fresh]))
        for group, keeps in zip(fresh, fine.tolist(), strict=True):
            self.seen.add((site, group.tobytes()))
            if keeps:
                self.atoms.append(group)
                self.at.append(self.at[-1] + len(group))
                self.cost.append(math.fsum(self.sites.cost[group, site].tolist()))
                self.site.append(site)
        return int(fine.sum())

    def reduced(self, prices: Floats) -> Floats:
        """What each package costs at these prices of atoms."""
        if not self.cost:
            return np.zeros(0)
        brought = np.add.reduceat(prices[np.concatenate(self.atoms)], np.array(self.at[:-1]))
        return np.array(self.cost) - brought

    def cheapest(self, prices: Floats) -> Floats:
        """Per site, over the packages met; inf where there is none."""
        found = np.full(len(self.sites.unit), np.inf)
        if self.cost:
            np.minimum.at(found, np.array(self.site), self.reduced(prices))
        return found

    def pool(self, rows: Whole) -> Pool:
        """The packages over rows; ``rows``: number of each atom's row."""
        count = int((rows >= 0).sum())
        return Pool(
            np.array(self.at),
            rows[np.concatenate(self.atoms)],
            np.array(self.cost),
            np.full(count, math.inf),
            (0, len(self.sites.unit)),
        )


class _Boxed:
    """The linear programme over the packages with the price of each row within a box."""

    def __init__(self, rows: int, scale: float, stop: Callable[[], bool]) -> None:
        self.rows, self.scale = rows, scale
        self.highs: Any = quiet(stop)
        self.highs.setOptionValue("presolve", "off")
        none = np.zeros(0, dtype=np.int32)
        ones = np.ones(rows)
        self.highs.addRows(rows, ones, ones, 0, np.zeros(rows, dtype=np.int32), none, np.zeros(0))
        each = np.arange(rows, dtype=np.int32)
        for sign in (1.0, -1.0):
            self.highs.addCols(
                rows, np.zeros(rows), np.zeros(rows), np.full(rows, math.inf), rows, each, each, sign * ones
            )
        self.held = 0

    def add(self, store: _Store, row_of: Whole) -> None:
        """Take in the packages that came since the last time."""
        groups = store.atoms[self.held :]
        if groups:
            at = np.array(store.at[self.held : -1], dtype=np.int64) - store.at[self.held]
            index = row_of[np.concatenate(groups)].astype(np.int32)
            cost = np.array(store.cost[self.held :]) / self.scale
            count = len(groups)
            self.highs.addCols(
                count,
                cost,
                np.zeros(count),
                np.full(count, math.inf),
                len(index),
                at.astype(np.int32),
                index,
                np.ones(len(index)),
            )
            self.held = len(store.atoms)

    def solve(self, centre: Floats, width: Floats) -> tuple[float, Floats, float]:
        """Value, prices of rows, and how much the box bends the rows."""
        costs = np.concatenate([centre + width, width - centre]) / self.scale
        self.highs.changeColsCost(2 * self.rows, np.arange(2 * self.rows, dtype=np.int32), costs)
        self.highs.run()
        solution = self.highs.getSolution()
        prices = np.array(solution.row_dual) * self.scale
        bent = float(np.array(solution.col_value)[: 2 * self.rows].sum())
        return self.highs.getInfo().objective_function_value * self.scale, prices, bent


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
    least, extra = reduced_costs(sites, *duals)
    given = min(value, (1 + limits.ahead) * max(known[0], least))
    mask = np.asarray(extra <= given - least)
    search = _Search(sites, mask, known[1], given, known[0], limits, stop)
    if plan is not None:
        for site in range(len(sites.unit)):
            search.store.add(site, [np.flatnonzero(plan == site)])
    search.approach()
    labels = search.choose(plan, value)
    bound = min(search.best, search.given)
    proven = math.isfinite(bound) and not sites.model.chained and not weightless(sites)
    return Closed(labels, max(0.0, bound - HAIR * abs(bound)) if proven else None)


class _Search:
    """Packages, prices and the bound so far."""

    def __init__(
        self,
        sites: Sites,
        mask: np.ndarray,
        multipliers: Floats,
        given: float,
        rough: float,
        limits: Limits,
        stop: Callable[[], bool],
    ) -> None:
        self.sites, self.given, self.limits, self.stop = sites, given, limits, stop
        self.placed = np.flatnonzero(sites.may.any(axis=1))
        self.row_of = np.full(len(sites.arrays.component), -1, dtype=np.int64)
        self.row_of[self.placed] = np.arange(len(self.placed))
        self.store = _Store(sites)
        self.prices = np.where(sites.may.any(axis=1), multipliers, 0.0)
        self.best, self.rough = -math.inf, rough
        self.around = [_around(sites, site, mask) for site in range(len(sites.unit))]
        self.nodes = 0

    def narrow(self) -> None:
        """Drop the atoms that no package of a site can hold in a better plan."""
        fixed = float(self.sites.fixed.sum())
        # packages beyond this are in plans that cost as much, which is what the bound then says
        self.given = min(self.given, (1 + self.limits.ahead) * max(self.best, self.rough))
        forced_costs = [forced(around, self.prices[around.atoms]) for around in self.around]
        bound = float(self.prices.sum()) + fixed + sum(float(each[0]) for each in forced_costs)
        room = self.given - bound
        for site, costs in enumerate(forced_costs):
            kept = costs <= costs[0] + room
            kept[0] = True
            if not kept.all():
                mask = np.zeros_like(self.sites.may)
                mask[self.around[site].atoms[kept], site] = True
                self.around[site] = _around(self.sites, site, mask)

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
            new += self.store.add(site, _written(around, sheet, found, FEW))
        return float(level.sum()) + float(self.sites.fixed.sum()), level, new

    def approach(self) -> None:
        """Better prices, turn by turn."""
        sheet = paper(2_000, 2_000 * 60)
        load = self.sites.arrays.atom_load[self.placed]
        usual = self.given / max(len(self.placed), 1)
        shape = usual * (0.3 + 0.7 * load / max(float(load.mean()), 1e-9))
        shape[self.row_of[self.sites.atom]] = 1e3 * self.given / max(len(self.sites.unit), 1)
        programme = _Boxed(len(self.placed), max(usual, 1e-9), self.stop)
        width, prices = BOX, self.prices
        self.narrow()
        for turn in range(self.limits.turns):
            bound, level, new = self.price(prices, sheet)
            if bound > self.best:
                self.best, self.prices = bound, level
            if turn % 6 == 5:
                self.narrow()
            programme.add(self.store, self.row_of)
            centre = self.prices[self.placed]
            value, duals, bent = programme.solve(centre, width * shape)
            value += float(self.sites.fixed.sum())
            if self.stop() or self.nodes > self.limits.work or len(duals) != len(centre):
                break
            if bent < 1e-7 and value - self.best <= NEAR * abs(value):
                break
            if new == 0:
                if bent < 1e-7:
                    break
                width *= 2.0
            prices = np.zeros_like(self.prices)
            prices[self.placed] = duals

    def choose(self, plan: Whole | None, value: float) -> Whole | None:
        """A plan of the packages that the room allows, where it costs less than ``value``."""
        self._write_down()
        if not self.store.cost:
            return None
        pool = self.store.pool(self.row_of)
        first = None if plan is None else np.arange(len(self.sites.unit))
        relaxed = relax(pool, np.zeros(0, dtype=np.int64) if first is None else first, self.stop)
        order = np.argsort(relaxed.reduced, kind="stable")[: self.limits.chosen]
        portion = np.sort(order) if first is None else np.union1d(order, first)
        some = pool.some(portion)
        steps = self.limits.steps // max(len(self.placed), 1)
        place = None if first is None else np.searchsorted(portion, first)
        found = whole(some, usual_cost(pool), place, nodes=400, iterations=steps, stop=self.stop)
        if found is None or not len(found.taken) or not math.isfinite(found.value):
            return None
        taken = portion[found.taken]
        cost = math.fsum(pool.cost[taken].tolist()) + float(self.sites.fixed.sum())
        return self._labels(taken) if cost < value else None

    def _write_down(self) -> None:
        """All packages within the room between bound and plan, as far as there is paper; betters the bound."""
        sheet = paper(30_000, 30_000 * 40)
        met = self.store.cheapest(self.prices)
        bound = float(self.prices.sum()) + float(self.sites.fixed.sum())
        count = len(self.around)
        limit, most_stored = min(self.limits.last, self.limits.work // count), self.limits.stored // count
        for site, around in enumerate(self.around):
            room = max(self.given - self.best, 0.0)
            most = float(met[site]) + room
            found, best, cut, _ = walk(around, self.prices[around.atoms], most, False, limit, sheet)
            bound += min(float(met[site]), best, cut)
            self.store.add(site, _written(around, sheet, found, most_stored))
            if self.stop():
                return
        self.best = max(self.best, bound)

    def _labels(self, taken: Whole) -> Whole:
        labels = np.full(len(self.row_of), OUT, dtype=np.int64)
        for package in taken.tolist():
            labels[self.store.atoms[package]] = self.store.site[package]
        return labels


def _written(around: Around, sheet: Paper, found: int, most: int) -> list[Whole]:
    """The cheapest packages of a sheet as sorted atoms."""
    order = np.argsort(sheet.cost[:found], kind="stable")[:most]
    return [np.sort(around.atoms[sheet.members[sheet.at[row] : sheet.at[row + 1]]]) for row in order.tolist()]


def _around(sites: Sites, site: int, mask: np.ndarray) -> Around:
    """The neighbourhood of a site over the atoms that ``mask`` gives it."""
    arrays, home = sites.arrays, int(sites.atom[site])
    atoms = [home, *(int(atom) for atom in np.flatnonzero(mask[:, site]) if atom != home)]
    place = {atom: number for number, atom in enumerate(atoms)}
    at, following = [0], []
    for atom in atoms:
        beside = arrays.next[arrays.next_at[atom] : arrays.next_at[atom + 1]].tolist()
        following += [place[other] for other in beside if other in place]
        at.append(len(following))
    rows = np.array(atoms, dtype=np.int64)
    load = arrays.atom_load[rows]
    room = float(min(sites.capacity[site], arrays.atom_load.sum()))
    distance = sites.cost[rows, site]
    return Around(
        rows, distance, load, room, np.array(at, dtype=np.int64), np.array(following, dtype=np.int64)
    )
