"""A proven lower bound on the distance part (下界), by relaxing who is served by whom.

Lagrangian relaxation of the capacitated p-median problem (Ceselli and Righini 2005): every atom's "in one
package" is priced by a multiplier; what remains falls apart into one knapsack of whole atoms per possible
hub, whose own atom is forced in, and the choice of the cheapest hubs (:mod:`geo.bundling.bounds.relaxation` says
what is kept). The multipliers rise along deflected subgradients (Camerini, Fratta, Maffioli 1975). At any
prices the value is below every plan: read it as "at most x % from ideal".
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from geo.bundling.bounds.knapsack import new_bag
from geo.bundling.bounds.pricing import look
from geo.bundling.bounds.relaxation import Relaxation, able_atoms, relax, wider
from geo.bundling.forms.arrays import OUT, Arrays, Floats, Whole, arrays_of
from geo.bundling.forms.model import Model

ROUNDS = 300
"""Rounds at effort 1: about 1 s at 300 units, 3 s at 2,000, 50 s at 20,000."""
_UNIT_ROUNDS, _FEW_ROUNDS = 600_000, 200
_NODES, _FEW_NODES, _FULL = 60_000, 6_000, 0.9
"""Nodes of a knapsack times its items; fewer where several sums are bounded, up to this share of the rounds."""
_SEVERAL = 0.6
"""Share of the rounds where several sums are bounded: each takes longer, and the last ones gain little."""
_FIRST, _LAST = 1.0, 0.02
"""Share of Polyak's step in the first and the last round."""
_PATIENCE, _BRAKE = 10, 0.7
"""Rounds without gain after which steps are shortened, and by what."""
_MEMORY = 0.7
"""Share of the last direction in the next."""
_HAIR = 2e-4
"""Gain, in shares of a package's cost, that the search of a knapsack may pass over."""
_WIDEN = 12
"""Rounds after which too short lists are made longer."""
_SAFE = 1e-9
_DIGITS = 1e-13
"""Rounding of a sum of prices, in shares of their size."""


@dataclass(frozen=True)
class Bound:
    """A lower bound on distance, and what led to it.

    ``value``: no plan that leaves out the same weight (and pays no more for soft rules) costs less distance.
    ``multipliers``: per atom, what it is worth to serve it.
    """

    value: float
    multipliers: Floats
    rounds: int


def lower_bound(
    arrays: Arrays,
    *,
    packages: tuple[int, float],
    left_out: float = 0.0,
    value: float = math.inf,
    rounds: int = ROUNDS,
    stop: Callable[[], Any] = lambda: None,
    soft: float = math.inf,
    prices: Floats | None = None,
    left: Callable[[], float] = lambda: math.inf,
) -> Bound | None:
    """The best bound after so many rounds; None where the relaxation has no plan.

    ``packages``: fewest and most. ``left_out``: load that plans leave out, see :func:`left_out_of`.
    ``value``: distance of the best plan at hand (inf: none), which sets the steps; the bound is never above
    it. ``soft``: what that plan pays for priced rules. ``prices``: multipliers to start from.
    ``stop``: looked at after every round; ``left``: seconds that there are, for which rounds may be cut.

    >>> from geo.bundling import Activity, Link, Problem, Rules, Unit
    >>> from geo.bundling.forms.model import compile_problem
    >>> units = tuple(Unit(name, 100.0 * i, 0.0, {"households": 100}) for i, name in enumerate("abcd"))
    >>> links = (Link("a", "b"), Link("b", "c"), Link("c", "d"))
    >>> problem = Problem(units, links, Rules((Activity("households", 150, 250),), packages=2))
    >>> bound = lower_bound(arrays_of(compile_problem(problem)), packages=(2, 2), value=20_000.0)
    >>> round(bound.value)
    20000
    """
    most = int(min(packages[1], len(arrays.x)))
    span = (max(packages[0], 1), most)
    relaxation = relax(arrays, span, left_out, soft) if most >= 1 else None
    if relaxation is None:
        return None
    ascent = _Ascent(relaxation, value, prices)
    done, whole, began = 0, max(rounds, 1), time.monotonic()
    while done < whole:
        done, share = done + 1, done / whole
        if share < 0.5 and done % _WIDEN == 0:
            radius = wider(arrays, ascent.relaxation, ascent.prices)
            again = None if radius is None else relax(arrays, span, left_out, soft, radius)
            if again is not None:
                ascent.onto(again)
        if not ascent.step(share) or stop():
            break
        if math.isfinite(left()):
            each = max((time.monotonic() - began) / done, 1e-6)
            whole = min(max(rounds, 1), done + math.floor(max(left(), 0.0) / each))
    return None if ascent.best == -math.inf else ascent.bound(done)


def left_out_of(arrays: Arrays, labels: Whole, soft: float = math.inf) -> float:
    """Load that a plan leaves out of the atoms that could be in a package at all."""
    able = able_atoms(arrays, soft)
    return float(math.fsum(arrays.atom_load[able & (labels == OUT)].tolist()))


class _Ascent:
    """Multipliers on their way up, and the best value met."""

    def __init__(self, relaxation: Relaxation, value: float, prices: Floats | None) -> None:
        self.target = value
        self.scale = relaxation.scale
        start = 1.2 * self.scale if prices is None else prices
        self.prices = np.minimum(start, relaxation.ceiling).astype(float)
        self.best, self.best_prices = -math.inf, self.prices.copy()
        hubs = len(relaxation.own)
        self.every = np.arange(hubs, dtype=np.int64)
        self.value = np.empty(hubs)
        self.since, self.brake = 0, 1.0
        self.onto(relaxation)
        self.slope = np.empty(len(self.prices))
        self.direction = np.zeros(len(self.prices))
        usual = value if math.isfinite(value) else float(self.scale.sum())
        self.hair = _HAIR * max(usual, 0.0) / max(int(relaxation.packages[0]), 1)

    def onto(self, relaxation: Relaxation) -> None:
        """Go on with longer lists of the same problem: prices that were allowed still are."""
        self.relaxation = relaxation
        self.taken = np.zeros(len(relaxation.item))
        self.several = relaxation.amounts.shape[1] > 1
        widest = int(np.diff(relaxation.at).max()) + 1
        self.bag, self.rate = new_bag(widest, relaxation.amounts.shape[1]), np.empty(widest)

    def step(self, done: float) -> bool:
        """Price once and move the multipliers; False when nothing is left to gain."""
        relaxation = self.relaxation
        reached, _chosen = look(
            relaxation,
            self.prices,
            self.every,
            self.hair,
            _FEW_NODES if self.several and done < _FULL else _NODES,
            self.value,
            self.taken,
            self.bag,
            self.rate,
            self.slope,
        )
        if _sure(reached, self.prices) > self.best:
            self.best, self.best_prices, self.since = _sure(reached, self.prices), self.prices, 0
        self.since += 1
        if reached == -math.inf:
            return False
        # the last rounds count, and the later the more
        steep = self.scale * self.slope
        size = float(np.sum(steep * steep))
        self.direction = _MEMORY * self.direction + (1 - _MEMORY) * steep if self.direction.any() else steep
        target = self.target if math.isfinite(self.target) else self.best + 0.05 * abs(self.best) + 1e-9
        away = target - reached
        if size <= 0.0 or away <= _SAFE * abs(target):
            return False
        if self.since > _PATIENCE:
            # too long steps: back to the best prices, with shorter ones
            self.since, self.brake, self.prices = 0, self.brake * _BRAKE, self.best_prices
            self.direction = np.zeros_like(steep)
            return True
        pace = self.brake * _FIRST * (_LAST / _FIRST) ** done * away / size
        moved = self.prices + pace * self.scale * self.direction
        self.prices = np.clip(moved, -self.relaxation.ceiling, self.relaxation.ceiling)
        return True

    def bound(self, rounds: int) -> Bound:
        """The bound at the best multipliers met."""
        relaxation = self.relaxation
        arguments = (self.hair, _NODES, self.value, self.taken, self.bag, self.rate)
        reached, _chosen = look(relaxation, self.best_prices, self.every, *arguments, self.slope)
        return Bound(
            value=max(min(_sure(reached, self.best_prices), self.target), 0.0),
            multipliers=self.best_prices,
            rounds=rounds,
        )


def _sure(reached: float, prices: Floats) -> float:
    """A value less what rounding may have added to it: prices far above the costs leave few digits for them."""
    return reached - _SAFE * abs(reached) - _DIGITS * float(np.abs(prices).sum())


def loosened(model: Model) -> Model:
    """The model without the chains that were put between the members of a group: another chain may do."""
    if not model.chained:
        return model
    atoms: list[tuple[int, ...]] = []
    for number, atom in enumerate(model.atoms):
        group = next((g for g in model.groups if g.issubset(atom)), None) if number in model.chained else None
        if group is None:
            atoms.append(atom)
        else:
            atoms.append(tuple(sorted(group)))
            atoms.extend((unit,) for unit in sorted(set(atom) - group))
    return _regrouped(model, sorted(atoms))


def _regrouped(model: Model, atoms: Sequence[tuple[int, ...]]) -> Model:
    """The model with other atoms, each inside one of the old; only what the relaxation reads is kept right."""
    atom_of = [0] * len(model.atom_of)
    for number, atom in enumerate(atoms):
        for unit in atom:
            atom_of[unit] = number
    old = [model.atom_of[atom[0]] for atom in atoms]
    barred = {
        number: model.barred[old[number]] for number in range(len(atoms)) if old[number] in model.barred
    }
    neighbours = tuple(
        ()
        if number in barred
        else tuple(
            sorted({atom_of[b] for unit in atom for b in model.links[unit]} - {number} - barred.keys())
        )
        for number, atom in enumerate(atoms)
    )
    piece_of = {atom: place for place, piece in enumerate(model.components) for atom in piece}
    pieces: list[list[int]] = [[] for _ in model.components]
    for number in range(len(atoms)):
        if number not in barred:
            pieces[piece_of[old[number]]].append(number)
    return replace(
        model,
        atoms=tuple(atoms),
        atom_of=tuple(atom_of),
        neighbours=neighbours,
        amounts=tuple(tuple(sum(c.amounts[u] for u in atom) for c in model.columns) for atom in atoms),
        lock=tuple(model.lock[number] for number in old),
        apart=tuple(frozenset() for _ in atoms),
        groups=model.groups,
        chained=frozenset(),
        barred=barred,
        components=tuple(tuple(piece) for piece in pieces),
    )


def model_bound(
    model: Model,
    components: Sequence[Sequence[int]],
    packages: tuple[int, int],
    left_out: float,
    value: float,
    rounds: int,
    stop: Callable[[], Any],
    soft: float = math.inf,
    left: Callable[[], float] = lambda: math.inf,
) -> float | None:
    """:func:`lower_bound` of a model, as a number; ``components`` are the units that can be in packages.

    Large maps get fewer rounds than asked for: each takes as long as many of a small one.
    """
    if not any(components) or packages[1] < 1 or rounds < 1:
        return None
    several = sum(column.hard and column.upper < math.inf for column in model.columns) > 1
    found = lower_bound(
        arrays_of(loosened(model)),
        packages=packages,
        left_out=left_out,
        value=value,
        rounds=round(
            min(rounds, max(_FEW_ROUNDS, _UNIT_ROUNDS // len(model.problem.units)))
            * (_SEVERAL if several else 1.0)
        ),
        stop=stop,
        soft=soft,
        left=left,
    )
    return None if found is None else found.value
