"""The assignment of atoms to sites as a whole-number programme in HiGHS: solve, cut, solve again.

x_ik = 1 when atom i is in site k's package, y_k = 1 when site k opens, z_i = 1 when atom i stays out.
HiGHS takes no cuts while it runs, so contiguity comes in two steps: an atom not beside its site needs a
neighbour in the package, and whatever whole-number answer still lies in pieces gets separators: an atom
of a piece needs one of the atoms round the piece. Limits count nodes, never seconds.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import highspy
import numpy as np

from geo.bundling.centres.sites import Sites
from geo.bundling.forms.arrays import OUT, Floats, Whole
from geo.bundling.programmes.master import quiet

ROUNDS = 60
"""Most times that cuts are added; a programme for which that is not enough gives no answer."""
Terms = dict[int, float]
_OPTIMAL = highspy.HighsModelStatus.kOptimal
_INFEASIBLE = highspy.HighsModelStatus.kInfeasible


@dataclass
class Programme:
    """Columns and rows of one programme, and what its columns mean."""

    sites: Sites
    pairs: np.ndarray
    """Atoms × sites: which assignments are looked at; atoms with none are not part of the programme."""
    chosen: Sequence[int]
    """The sites looked at."""
    choose: bool
    may_stay_out: np.ndarray
    elastic: float = 0.0
    """Price of each unit of load over a capacity; 0 = no such thing."""
    upper: list[float] = field(default_factory=list)
    whole: list[bool] = field(default_factory=list)
    rows: list[tuple[Terms, float, float]] = field(default_factory=list)
    x: dict[tuple[int, int], int] = field(default_factory=dict)
    y: dict[int, int] = field(default_factory=dict)
    z: dict[int, int] = field(default_factory=dict)
    over: dict[int, int] = field(default_factory=dict)
    soft: Terms = field(default_factory=dict)
    soft_base: float = 0.0

    def __post_init__(self) -> None:
        self.atoms = [int(atom) for atom in np.flatnonzero(self.pairs[:, list(self.chosen)].any(axis=1))]
        for atom in self.atoms:
            for site in self.chosen:
                if self.pairs[atom, site]:
                    self.x[atom, site] = self.column()
            if self.may_stay_out[atom]:
                self.z[atom] = self.column()
        for site in self.chosen:
            if self.choose:
                self.y[site] = self.column()
            if self.elastic:
                self.over[site] = self.column(math.inf, whole=False)
        self._places()
        self._openings()
        for site in self.chosen:
            self._capacity(site)
            self._bounds(site)
            self._company(site)
            self._neighbours(site)
        self._borders()

    def column(self, upper: float = 1.0, *, whole: bool = True) -> int:
        """A new column."""
        self.upper.append(upper)
        self.whole.append(whole)
        return len(self.upper) - 1

    def row(self, terms: Terms, low: float, high: float) -> None:
        """A new row: low ≤ Σ terms ≤ high."""
        self.rows.append((terms, low, high))

    def members(self, site: int) -> Iterable[tuple[int, int]]:
        """Atoms that may go to ``site``, with their columns."""
        return ((atom, self.x[atom, site]) for atom in self.atoms if (atom, site) in self.x)

    def _places(self) -> None:
        for atom in self.atoms:
            terms = {self.x[atom, site]: 1.0 for site in self.chosen if (atom, site) in self.x}
            if atom in self.z:
                terms[self.z[atom]] = 1.0
            self.row(terms, 1.0, 1.0)

    def _openings(self) -> None:
        sites = self.sites
        for site in self.chosen:
            own = self.x.get((int(sites.atom[site]), site))
            if not self.choose:
                self.row({} if own is None else {own: 1.0}, 1.0, 1.0)
                continue
            self.row({self.y[site]: 1.0} | ({} if own is None else {own: -1.0}), 0.0, 0.0)
            for _, column in self.members(site):
                if column != own:
                    self.row({self.y[site]: 1.0, column: -1.0}, 0.0, math.inf)
        if self.choose:
            self.row(dict.fromkeys(self.y.values(), 1.0), *map(float, sites.opened))

    def _sum_within(self, site: int, amounts: Mapping[int, float], low: float, high: float) -> None:
        """Σ amounts·x of a site within bounds where it opens, 0 where it does not."""
        for bound, sign in ((low, 1.0), (high, -1.0)):
            if math.isinf(bound):
                continue
            terms = {column: sign * amount for column, amount in amounts.items() if amount}
            if self.choose:
                self.row(terms | {self.y[site]: -sign * bound}, 0.0, math.inf)
            else:
                self.row(terms, sign * bound, math.inf)

    def _capacity(self, site: int) -> None:
        loads = {column: float(self.sites.arrays.atom_load[atom]) for atom, column in self.members(site)}
        if self.elastic:
            loads[self.over[site]] = -1.0
        self._sum_within(site, loads, -math.inf, float(self.sites.capacity[site]))

    def _bounds(self, site: int) -> None:
        arrays = self.sites.arrays
        for place in range(len(arrays.lower)):
            low, high, price = arrays.lower[place], arrays.upper[place], float(arrays.price[place])
            amounts = {column: float(arrays.amounts[atom, place]) for atom, column in self.members(site)}
            if math.isinf(price):
                self._sum_within(site, amounts, low, high)
                continue
            for bound, sign in ((low, 1.0), (high, -1.0)):
                if price > 0 and not math.isinf(bound):
                    miss = self.column(math.inf, whole=False)
                    self.soft[miss] = price
                    only = (low, math.inf) if sign > 0 else (-math.inf, high)
                    self._sum_within(site, amounts | {miss: sign}, *only)

    def _company(self, site: int) -> None:
        """At most one of two foes, and at most one lock."""
        arrays = self.sites.arrays
        inside = dict(self.members(site))
        for atom, column in inside.items():
            for foe in arrays.foes[arrays.foes_at[atom] : arrays.foes_at[atom + 1]].tolist():
                if atom < foe and foe in inside:
                    self.row({column: 1.0, inside[foe]: 1.0}, 0.0, 1.0)
        locked = {column: 1.0 for atom, column in inside.items() if arrays.lock[atom] >= 0}
        if len(locked) > 1:
            self.row(locked, 0.0, 1.0)

    def _neighbours(self, site: int) -> None:
        """An atom not beside its site needs a neighbour in the same package."""
        home = int(self.sites.atom[site])
        for atom, column in self.members(site):
            beside = self.sites.model.neighbours[atom]
            if atom != home and home not in beside and len(self.alone(atom)) > 1:
                self.row(self._one_of(beside, site) | {column: -1.0}, 0.0, math.inf)

    def alone(self, atom: int) -> list[int]:
        """Columns among which an atom chooses."""
        return [self.x[atom, site] for site in self.chosen if (atom, site) in self.x]

    def _one_of(self, atoms: Iterable[int], site: int) -> Terms:
        return {self.x[atom, site]: 1.0 for atom in atoms if (atom, site) in self.x}

    def _borders(self) -> None:
        """Each area that a package reaches into beyond the first costs."""
        arrays = self.sites.arrays
        if arrays.border_price <= 0:
            return
        price = float(arrays.border_price)
        for site in self.chosen:
            reached: dict[int, int] = {}
            for atom, column in self.members(site):
                for unit in self.sites.model.atoms[atom]:
                    area = int(arrays.area[unit])
                    if area not in reached:
                        reached[area] = self.column(whole=False)
                        self.soft[reached[area]] = price
                    self.row({reached[area]: 1.0, column: -1.0}, 0.0, math.inf)
            if self.choose:
                self.soft[self.y[site]] = -price
            else:
                self.soft_base -= price

    def costs(self) -> Terms:
        """Distance and fixed costs."""
        found = {column: float(self.sites.cost[pair]) for pair, column in self.x.items()}
        return found | {column: float(self.sites.fixed[site]) for site, column in self.y.items()}

    def separators(self, labels: Mapping[int, int]) -> list[tuple[Terms, float, float]]:
        """Rows that a whole-number answer breaks: pieces without their site, loads over by a hair."""
        found = []
        for site in self.chosen:
            inside = {atom for atom, at in labels.items() if at == site}
            home = int(self.sites.atom[site])
            rest = inside - self._piece(home, inside) if home in inside else set(inside)
            while rest:
                piece = self._piece(min(rest), rest)
                rest -= piece
                ring = {other for atom in piece for other in self.sites.model.neighbours[atom]} - piece
                needed = self._one_of(sorted(ring), site)
                found += [(needed | {self.x[atom, site]: -1.0}, 0.0, math.inf) for atom in sorted(piece)]
            if not self.elastic:
                load = math.fsum(self.sites.arrays.atom_load[atom] for atom in sorted(inside))
                if load > self.sites.capacity[site]:
                    found.append((self._one_of(sorted(inside), site), -math.inf, len(inside) - 1.0))
        return found

    def _piece(self, start: int, inside: set[int]) -> set[int]:
        seen, todo = {start}, [start]
        while todo:
            for other in self.sites.model.neighbours[todo.pop()]:
                if other in inside and other not in seen:
                    seen.add(other)
                    todo.append(other)
        return seen


@dataclass(frozen=True)
class Answered:
    """What a programme came to. ``labels``: site per atom of the programme, OUT where it stays out.

    ``bound``: proven lower bound of the last objective; ``proven``: every objective is at its optimum.
    ``infeasible``: the programme has no answer, proven.
    """

    labels: dict[int, int] | None
    bound: float
    proven: bool
    infeasible: bool = False
    looked: int = 0
    """How often the solver asked whether to stop: a measure of its work."""


class Solver:
    """A programme in HiGHS."""

    def __init__(
        self,
        programme: Programme,
        stop: Callable[[], bool],
        nodes: int,
        gap: float,
        looks: int,
    ) -> None:
        self.programme = programme
        self.looks, self.looked, self.asked = looks, 0, 0
        self.highs = quiet(self._halt)
        self.stop = stop
        for name, value in (("mip_max_nodes", nodes), ("mip_rel_gap", gap), ("mip_abs_gap", 0.0)):
            self.highs.setOptionValue(name, value)
        count = len(programme.upper)
        lp = highspy.HighsLp()
        lp.num_col_, lp.num_row_ = count, len(programme.rows)
        lp.col_cost_ = np.zeros(count)
        lp.col_lower_, lp.col_upper_ = np.zeros(count), np.array(programme.upper)
        lp.row_lower_ = np.array([low for _, low, _ in programme.rows])
        lp.row_upper_ = np.array([high for _, _, high in programme.rows])
        lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        lp.a_matrix_.start_ = np.concatenate(
            [[0], np.cumsum([len(terms) for terms, _, _ in programme.rows])]
        ).astype(np.int32)
        lp.a_matrix_.index_ = np.array([c for terms, _, _ in programme.rows for c in terms], dtype=np.int32)
        lp.a_matrix_.value_ = np.array([v for terms, _, _ in programme.rows for v in terms.values()])
        kinds = highspy.HighsVarType
        lp.integrality_ = [kinds.kInteger if each else kinds.kContinuous for each in programme.whole]
        self.highs.passModel(lp)

    def _halt(self) -> bool:
        """Asked at fixed places of the solver's work, so that counting the questions measures it."""
        self.looked += 1
        self.asked += 1
        return self.looked > self.looks or self.stop()

    def add(self, terms: Terms, low: float, high: float) -> None:
        """One more row."""
        index = np.array(list(terms), dtype=np.int32)
        self.highs.addRow(low, high, len(terms), index, np.array(list(terms.values()), dtype=float))

    def minimise(self, objective: Terms, start: Floats | None) -> tuple[Floats | None, Answered]:
        """Best answer to ``objective`` with every package in one piece."""
        count = len(self.programme.upper)
        cost = np.zeros(count)
        for column, value in objective.items():
            cost[column] = value
        # whatever the coordinates' unit, prices of about one keep the solver's tolerances meaningful
        scale = float(np.abs(cost).max()) or 1.0
        self.highs.changeColsCost(count, np.arange(count, dtype=np.int32), cost / scale)
        labels: dict[int, int] = {}
        self.looked, bound = 0, -math.inf
        for _ in range(ROUNDS):
            if start is not None:
                given = highspy.HighsSolution()
                given.col_value = start.tolist()
                self.highs.setSolution(given)
            self.highs.run()
            status, info = self.highs.getModelStatus(), self.highs.getInfo()
            if status == _INFEASIBLE:
                return None, Answered(None, math.inf, False, infeasible=True)
            # every row is one that all plans keep, so that what an earlier round proved still holds
            bound = max(bound, float(info.mip_dual_bound) * scale)
            if info.primal_solution_status != 2:
                return None, Answered(None, bound, False)
            values = np.array(self.highs.getSolution().col_value)
            labels = self.read(values)
            cuts = self.programme.separators(labels)
            if not cuts:
                proven = status == _OPTIMAL
                return values, Answered(labels, bound, proven)
            if self.stop():
                break
            for cut in cuts:
                self.add(*cut)
        return None, Answered(None, bound, False)

    def read(self, values: Floats) -> dict[int, int]:
        """Site of each atom of the programme."""
        labels = dict.fromkeys(self.programme.atoms, OUT)
        for (atom, site), column in self.programme.x.items():
            if values[column] > 0.5:
                labels[atom] = site
        return labels


def solve_programme(
    programme: Programme,
    stop: Callable[[], bool],
    *,
    nodes: int,
    looks: int,
    gap: float = 0.0,
    start: Mapping[int, int] | None = None,
) -> Answered:
    """The best assignment part by part: weight left out, number left out, soft rules, then distance.

    ``nodes`` and ``looks`` (of the solver, whether to stop) bound the work of each part, not the time, so that
    answers repeat.
    """
    solver = Solver(programme, stop, nodes, gap, looks)
    values = None if start is None else started(programme, start)
    answer = Answered(None, -math.inf, False)
    proven = True
    objectives = stages(programme)
    for place, objective in enumerate(objectives):
        values, answer = solver.minimise(objective, values)
        if values is None or answer.labels is None:
            return replace(answer, looked=solver.asked)
        proven = proven and answer.proven
        if place < len(objectives) - 1:
            reached = math.fsum(values[column] * value for column, value in objective.items())
            usual = max(abs(value) for value in objective.values())
            solver.add(objective, -math.inf, reached + 1e-7 * usual)
    return Answered(answer.labels, answer.bound, proven, looked=solver.asked)


def stages(programme: Programme) -> list[Terms]:
    """The objectives in their order; those that cannot be other than zero are dropped."""
    loads = programme.sites.arrays.atom_load
    found: list[Terms] = []
    if programme.z:
        weights = {column: float(loads[atom]) for atom, column in programme.z.items() if loads[atom] > 0}
        sizes = dict.fromkeys(programme.z.values(), 1.0)
        found += [weights, sizes] if weights else [sizes]
    if programme.soft:
        found.append(dict(programme.soft))
    last = programme.costs() | dict.fromkeys(programme.over.values(), programme.elastic)
    return [*found, last]


def started(programme: Programme, labels: Mapping[int, int] | Whole) -> Floats | None:
    """A plan as values of the columns; columns that follow from others stay 0, HiGHS completes them."""
    values = np.zeros(len(programme.upper))
    loads = dict.fromkeys(programme.chosen, 0.0)
    for atom in programme.atoms:
        site = int(labels[atom])
        column = programme.z.get(atom) if site == OUT else programme.x.get((atom, site))
        if column is None:
            return None
        values[column] = 1.0
        if site != OUT:
            loads[site] += float(programme.sites.arrays.atom_load[atom])
            if programme.choose:
                values[programme.y[site]] = 1.0
    if programme.soft:
        return None
    for site, column in programme.over.items():
        values[column] = max(0.0, loads[site] - float(programme.sites.capacity[site]))
    return values
