"""Packages made when prices ask for them (列生成): a bound over all connected packages, and those that matter.

One *stage* minimises one part of the objective. The linear programme over all packages that keep the rules has far
too many columns to write down; it is solved over some, and its prices tell which packages around which hub would
better it (:mod:`geo.bundling.proof.walk`). At any prices u of atoms, π of limits, the Lagrangian value

    Σ u + Σ π·most + Σ min(0, out - u) + least of so many packages, each around a hub of its own

is a proven lower bound; prices are drawn between those of the best bound and those of the programme (Wentges 1997),
without which they swing. Packages whose cost at the best prices is above the room between bound and best plan are in
no better plan; all others can be written down (route enumeration, Baldacci, Christofides and Mingozzi 2008).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from geo.bundling.forms.arrays import Floats, Whole
from geo.bundling.forms.columns import Columns, keeps_rules, measured
from geo.bundling.programmes.master import TOLERANCE, Duals, Limit, Master, Pool, Stop
from geo.bundling.programmes.partition import joined, some_columns
from geo.bundling.proof.grounds import Ground
from geo.bundling.proof.near_hub import look_around
from geo.bundling.proof.walk import DONE, FULL, Found, paper, price_hubs, set_out, walk_on

KEEP = 12
"""Packages looked for around each hub in one round; then only better ones."""
SLICE = 200_000
"""Steps of a walk between two looks at the stops, some 0.1 seconds."""
FIRST_STEPS = 20_000
"""Steps around a hub at first; more only when nothing else is left to find."""
_FURTHER = 1_000_000
"""Steps around a hub above which other prices are tried before walks go further."""
_HUBS = 16
"""Hubs between two looks at the stops."""
_PACKAGE, _ATOM_PAIR = 20, 0.12
"""What a package written down costs in steps, and each pair of its atoms, as its hub is sought."""
_LINEAR = 50
"""What an iteration of a linear programme costs in steps."""
_DRAWN = 0.8
"""How far prices are drawn towards those of the best bound."""
_ROUNDS = 600


class Cap(NamedTuple):
    """A part of the objective that may not pass what it reached: Σ outs·z + (soft prices) ≤ most."""

    outs: Floats
    soft: bool
    most: float


class Stage(NamedTuple):
    """What one stage minimises: α·distance + β·soft over packages, plus what leaving out costs per row."""

    alpha: float
    beta: float
    out_cost: Floats
    caps: tuple[Cap, ...] = ()
    short: float = math.inf
    """Price of each package fewer than asked for; inf where that is forbidden."""


class Point(NamedTuple):
    """Prices and what they prove. ``least``: per hub, no package around it costs less, atoms paid for."""

    duals: Duals
    bound: float
    least: Floats


@dataclass
class Budget:
    """Work left, in steps of walks (some 0.4 microseconds each); the clock has no say.

    All else is counted in such steps as well, by what it takes on average.
    """

    steps: int
    stop: Stop

    def spent(self) -> bool:
        """Whether no work is left, or a safety stop struck."""
        return self.steps <= 0 or self.stop()


class Store:
    """Packages known so far, none twice: each has a sign of 128 bits, summed from random ones of its atoms."""

    def __init__(self, ground: Ground) -> None:
        none = np.zeros(0, dtype=np.int64)
        self.arrays = ground.field.arrays
        self.columns = Columns(np.zeros(1, dtype=np.int64), none, np.zeros(0), np.zeros(0), none)
        draw = np.random.default_rng(1)
        self._signs = draw.integers(0, 2**64, (len(self.arrays.component), 2), dtype=np.uint64)
        self._number: dict[tuple[int, int], int] = {}

    def add(self, groups: Sequence[Whole]) -> Whole:
        """Measure and keep packages; returns the number of each, new or not."""
        sizes = np.array([len(group) for group in groups], dtype=np.int64)
        none = np.zeros(0, dtype=np.int64)
        return self.add_rows(np.append(0, np.cumsum(sizes)), np.concatenate([none, *groups]))

    def add_rows(self, at: Whole, atoms: Whole) -> Whole:
        """:meth:`add` of packages row by row, none empty."""
        if len(at) < 2:
            return np.zeros(0, dtype=np.int64)
        atoms = atoms[np.lexsort((atoms, np.repeat(np.arange(len(at) - 1), np.diff(at))))]
        signs = np.add.reduceat(self._signs[atoms], at[:-1], axis=0)
        before = len(self._number)
        numbers = np.array(
            [self._number.setdefault((a, b), len(self._number)) for a, b in signs.tolist()], dtype=np.int64
        )
        new, place = np.unique(numbers, return_index=True)
        place = place[new >= before]
        if len(place):
            sizes = np.diff(at)[place]
            fresh_at = np.append(0, np.cumsum(sizes))
            inner = np.arange(fresh_at[-1]) + np.repeat(at[:-1][place] - fresh_at[:-1], sizes)
            self.columns = joined(self.columns, measured(self.arrays, fresh_at, atoms[inner]))
        return numbers

    def allowed(self, ground: Ground) -> Whole:
        """Numbers of the packages that keep the rules of ``ground``."""
        columns, field = self.columns, ground.field
        if not len(columns.hub):
            return np.zeros(0, dtype=np.int64)
        fine = keeps_rules(field.arrays, columns)
        if len(field.kin_atoms):
            # of a group that goes together, a package holds all or none
            row = np.repeat(np.arange(len(columns.hub)), np.diff(columns.at))
            group = field.kin[columns.atoms]
            groups = len(field.kin_at) - 1
            held = np.bincount(
                (row * groups + group)[group >= 0], minlength=len(columns.hub) * groups
            ).reshape(-1, groups)
            fine &= ((held == 0) | (held == np.diff(field.kin_at))).all(axis=1)
        return np.flatnonzero(fine)


def rows_in(found: Found) -> tuple[Whole, Whole]:
    """The packages that walks wrote down, row by row."""
    return found.at[: found.size[0] + 1].copy(), found.atoms[: found.size[1]].copy()


def pool_of(ground: Ground, stage: Stage, columns: Columns) -> Pool:
    """Packages as the programme of a stage takes them."""
    row_of = np.full(len(ground.field.kin), -1, dtype=np.int64)
    row_of[ground.placeable] = np.arange(len(ground.placeable))
    limits = tuple(
        Limit(columns.soft if cap.soft else np.zeros(len(columns.soft)), cap.outs, cap.most)
        for cap in stage.caps
    )
    cost = stage.alpha * columns.distance + stage.beta * columns.soft
    return Pool(columns.at, row_of[columns.atoms], cost, stage.out_cost, ground.packages, limits)


def hubs_of(ground: Ground, stage: Stage) -> Whole:
    """Units around which packages are looked for: all, or one of each atom where distance costs nothing."""
    arrays = ground.field.arrays
    open_ = ground.placeable[arrays.component[ground.placeable] >= 0]
    if stage.alpha > 0:
        inside = np.zeros(len(arrays.component), dtype=bool)
        inside[open_] = True
        return np.flatnonzero(inside[arrays.atom_of])
    return arrays.units[arrays.units_at[open_]]


class Generator:
    """Column generation of one stage on one ground."""

    def __init__(self, ground: Ground, stage: Stage, store: Store, budget: Budget, scale: float) -> None:
        self.ground, self.stage, self.store, self.budget, self.scale = ground, stage, store, budget, scale
        self.hubs = hubs_of(ground, stage)
        arrays = ground.field.arrays
        self.pressed = np.zeros((len(arrays.x), len(arrays.lower)))
        self.paper = paper(20_000, 400_000)
        self.best: Point | None = None
        self.steps = FIRST_STEPS
        self.shares: tuple[Whole, Floats] = (np.zeros(0, dtype=np.int64), np.zeros(0))
        """Packages of the programme solved last, and how much of each it takes."""

    def run(self, known: float, centre: Duals | None) -> Point | None:
        """Solve the programme; the prices of the best bound. Ends early once the bound reaches ``known``.

        None when not even one bound was reached.
        """
        self.known = known
        numbers = self.store.allowed(self.ground)
        pool = pool_of(self.ground, self.stage, some_columns(self.store.columns, numbers))
        master = Master(pool, self.scale, self.budget.stop, big=10.0)
        master.add(np.arange(len(numbers)))
        inside = set(numbers.tolist())
        order = [numbers]
        self.centre = centre
        for _ in range(_ROUNDS):
            _, duals, x, broken = master.solve()
            self.shares = np.concatenate(order), x
            self.budget.steps -= _LINEAR * master.iterations
            fresh = self._round(duals, inside)
            if self.budget.spent() or self._closed():
                break
            if fresh is not None and len(fresh):
                inside.update(fresh.tolist())
                order.append(fresh)
                master.add_pool(pool_of(self.ground, self.stage, some_columns(self.store.columns, fresh)))
            elif not ((broken > 1e-6 and master.dearer()) or (fresh is None and self._dig_deeper())):
                break
        return self.best

    def _dig_deeper(self) -> bool:
        self.steps *= 8
        return self.steps <= 10**9

    def _closed(self) -> bool:
        return self.best is not None and self.known - self.best.bound <= TOLERANCE * self.scale

    def _round(self, duals: Duals, inside: set[int]) -> Whole | None:
        """Packages that the programme lacks, at prices ever nearer to its own; None when walks were cut short."""
        drawn = _DRAWN if self.centre is not None and not _equal(self.centre, duals) else 0.0
        while True:
            here = duals if self.centre is None else _between(self.centre, duals, drawn)
            point, tired = self.price(here)
            if self.best is None or point.bound > self.best.bound:
                self.best, self.centre = point, here
            numbers = np.unique(self._kept(self.paper))
            fresh = np.array([number for number in numbers.tolist() if number not in inside], dtype=np.int64)
            if len(fresh) or self._closed() or self.budget.spent():
                return fresh
            if tired and self.steps < _FURTHER:
                self.steps *= 8  # what walks cut short prove is little: rather once further than often
                continue
            if drawn <= 0:
                return None if tired else fresh
            drawn = drawn - 0.3 if drawn > 0.3 else 0.0

    def price(self, duals: Duals) -> tuple[Point, bool]:
        """Walk around every hub for packages that pay at these prices; the bound proven, whether walks were cut."""
        stage, size = self.stage, len(self.hubs)
        worth, beta = self.worth(duals)
        self.paper.size[:] = 0
        best, ended = np.empty(size), np.empty(size, dtype=np.int64)
        room = np.full(size, -0.2 * TOLERANCE * self.scale)
        for begin in range(0, size, _HUBS):
            part = slice(begin, begin + _HUBS)
            best[part], ended[part], steps = price_hubs(
                self.ground.field,
                self.hubs[part],
                stage.alpha,
                beta,
                worth,
                -duals.package,
                room[part],
                self.pressed,
                KEEP,
                min(self.steps, max(self.budget.steps // _HUBS, 1)),
                self.paper,
            )
            self.budget.steps -= steps
            if self.budget.stop():
                return Point(duals, -math.inf, np.full(size, -math.inf)), True
        least = best + duals.package
        return Point(duals, self.value(duals, least), least), bool((ended != DONE).any())

    def worth(self, duals: Duals) -> tuple[Floats, float]:
        """Worth per atom, and the price of soft rules, as walks take them."""
        worth = np.zeros(len(self.ground.field.kin))
        worth[self.ground.placeable] = duals.row
        beta = self.stage.beta
        for price, cap in zip(duals.limit, self.stage.caps, strict=True):
            beta -= float(price) if cap.soft else 0.0
        return worth, beta

    def value(self, duals: Duals, least: Floats) -> float:
        """The Lagrangian bound (see the head of this file)."""
        out = self.stage.out_cost - duals.row
        total = math.fsum(duals.row)
        for price, cap in zip(duals.limit, self.stage.caps, strict=True):
            out = out - price * cap.outs
            total += float(price) * cap.most
        total += math.fsum(np.minimum(out, 0.0))
        return total + self.cheapest(least)[0]

    def cheapest(self, least: Floats) -> tuple[float, int]:
        """The least that an allowed number of packages costs, each around a hub of its own, and how many."""
        fewest, most = self.ground.packages
        order = np.concatenate([[0.0], np.cumsum(np.sort(least))])[: most + 1]
        missing = np.maximum(fewest - np.arange(len(order)), 0)
        order = order + np.where(
            missing > 0, missing * self.stage.short if self.stage.short < math.inf else math.inf, 0
        )
        best = int(np.argmin(order))
        return float(order[best]), best

    def rooms(self, point: Point) -> Floats:
        """Per hub, the most that a package around it may cost, atoms paid for, in a plan better than ``known``."""
        _, count = self.cheapest(point.least)
        chosen = np.argsort(point.least, kind="stable")[:count]
        last = float(point.least[chosen[-1]]) if count else 0.0
        spare = last if count == self.ground.packages[1] else max(last, 0.0) if count else 0.0
        instead = np.full(len(self.hubs), spare)
        instead[chosen] = point.least[chosen]
        return self.known - point.bound + instead + TOLERANCE * self.scale

    def write_down(self, point: Point, most: int) -> Whole | None:
        """Every package that a plan better than ``known`` can hold; None when they are too many."""
        worth, beta = self.worth(point.duals)
        sheet, numbers, total = paper(50_000, 1_000_000), [], 0
        for hub, room in zip(self.hubs.tolist(), self.rooms(point).tolist(), strict=True):
            stage = self.stage
            near = look_around(self.ground.field, hub, stage.alpha, beta, worth, room, self.pressed[hub])
            walk, ended = set_out(self.ground.field, near, room), FULL
            while ended != DONE:
                before = int(walk.numbers[1])
                ended = walk_on(
                    self.ground.field, near, walk, sheet, hub, stage.alpha, beta, 0.0, 10**9, SLICE
                )
                self.budget.steps -= int(walk.numbers[1]) - before
                if ended == FULL:
                    numbers.append(self._flush(sheet))
                if self.budget.spent() or total + int(sheet.size[0]) > most:
                    return None
                total = sum(map(len, numbers))
        numbers.append(self._flush(sheet))
        return np.unique(np.concatenate([np.zeros(0, dtype=np.int64), *numbers]))

    def _flush(self, sheet: Found) -> Whole:
        numbers = self._kept(sheet)
        sheet.size[:] = 0
        return numbers

    def _kept(self, sheet: Found) -> Whole:
        at, atoms = rows_in(sheet)
        self.budget.steps -= round(_PACKAGE * (len(at) - 1) + _ATOM_PAIR * float((np.diff(at) ** 2).sum()))
        return self.store.add_rows(at, atoms)


def _equal(one: Duals, other: Duals) -> bool:
    """Whether two prices are the same, so that none lie between them."""
    rows = np.array_equal(one.row, other.row) and np.array_equal(one.limit, other.limit)
    return bool(rows) and one.package == other.package


def _between(one: Duals, other: Duals, share: float) -> Duals:
    """Prices drawn ``share`` of the way to ``one``."""
    return Duals(
        share * one.row + (1 - share) * other.row,
        share * one.package + (1 - share) * other.package,
        share * one.limit + (1 - share) * other.limit,
    )
