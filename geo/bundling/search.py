"""The search state and its moves: boundary shifts and swaps that keep every package connected.

Costs are kept incrementally: per package the column sums, and per member the summed distance of all
members to it, so that the moving hub (medoid) costs one minimum. Budgets are iterations, never the
clock; the same seed gives the same plan.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from random import Random

from geo.bundling.arrays import OUT
from geo.bundling.model import Model


class _Row(dict[int, float]):
    """Distance cost of one atom to any unit, worked out when first asked for."""

    def __init__(self, model: Model, atom: int) -> None:
        super().__init__()
        units = model.problem.units
        self._parts = [(units[u].x, units[u].y, model.pull[u]) for u in model.atoms[atom]]
        self._units = units

    def __missing__(self, unit: int) -> float:
        x, y = self._units[unit].x, self._units[unit].y
        cost = 0.0
        for other_x, other_y, pull in self._parts:
            cost += pull * math.hypot(other_x - x, other_y - y)
        self[unit] = cost
        return cost


class Weights:
    """What the parts weigh against each other while searching (the answer is compared part by part).

    ``hard`` per share of a package's usual load broken, ``out`` per weight left out, ``balance`` per
    squared share off the mean load; all in units of distance cost.
    """

    def __init__(self, model: Model, packages: int, balance: float = 0.0) -> None:
        served = max(packages, 1)
        units = model.problem.units
        width = max((u.x for u in units), default=0.0) - min((u.x for u in units), default=0.0)
        height = max((u.y for u in units), default=0.0) - min((u.y for u in units), default=0.0)
        radius = max(math.sqrt(max(width * height, width, height, 1.0) / served), 1.0)
        self.mean = max(sum(model.load) / served, 1e-9)
        usual = max(sum(model.pull) / served, 1e-9) * radius
        self.package_cost = usual
        self.unit_cost = usual * served / max(len(units), 1)
        self.hard = 4.0 * usual
        self.out = 20.0 * usual / self.mean
        self.out_one = 1e-3 * self.unit_cost
        self.soft = 4.0 * usual / self.mean
        self.balance = balance * usual
        self.scale = [max(sum(map(abs, c.amounts)) / served, 1e-9) for c in model.columns]


class State:
    """A plan under change: labels of atoms and the sums behind the objective."""

    def __init__(self, model: Model, labels: Iterable[int], packages: int, weights: Weights) -> None:
        self.model, self.weights = model, weights
        self.rows = [_Row(model, atom) for atom in range(len(model.atoms))]
        self.unit_loads = [model.atom_load(atom) for atom in range(len(model.atoms))]
        self.columns = [
            (place, c.lower, c.upper, c.price, weights.scale[place]) for place, c in enumerate(model.columns)
        ]
        self.bordered = model.border_price > 0
        self.reset(labels, packages)

    def reset(self, labels: Iterable[int], packages: int) -> None:
        """Take over a plan and work out every sum afresh."""
        self.label = list(labels)
        self.members: list[set[int]] = [set() for _ in range(packages)]
        for atom, package in enumerate(self.label):
            if package != OUT:
                self.members[package].add(atom)
        self.sums = [self._sums(package) for package in range(packages)]
        self.towards = [self._towards(package) for package in range(packages)]
        self.cost = [min(each.values(), default=0.0) for each in self.towards]
        self.broken = [
            self.broken_at(self.sums[p], self.members[p]) if self.members[p] else 0.0 for p in range(packages)
        ]

    def _sums(self, package: int) -> list[float]:
        rows = [self.model.amounts[a] for a in sorted(self.members[package])]
        return [math.fsum(row[place] for row in rows) for place in range(len(self.model.columns))]

    def _towards(self, package: int) -> dict[int, float]:
        atoms = sorted(self.members[package])
        return {u: sum(self.rows[b][u] for b in atoms) for a in atoms for u in self.model.atoms[a]}

    def broken_at(self, sums: list[float], members: Iterable[int]) -> float:
        """Penalty of a package with these column sums: hard rules, priced rules, borders, balance."""
        weights, total = self.weights, 0.0
        for place, lower, upper, price, scale in self.columns:
            load = sums[place]
            if load < lower:
                miss = lower - load
            elif load > upper:
                miss = load - upper
            else:
                continue
            # the constant share makes a bound missed by a hair dearer than one met exactly
            hard = weights.hard * (miss / scale + 0.02)
            total += hard if price is None else miss * price * weights.soft
        if self.bordered:
            units = (unit for atom in members for unit in self.model.atoms[atom])
            extra = len(self.model.areas(units)) - 1
            total += max(extra, 0) * self.model.border_price * weights.soft
        if weights.balance and sums:
            total += weights.balance * (sums[0] / weights.mean - 1.0) ** 2
        return total

    def out_cost(self, atom: int) -> float:
        """Price of leaving an atom out."""
        return self.unit_loads[atom] * self.weights.out + self.weights.out_one

    def energy(self) -> float:
        """The searched sum: distance + penalties + price of what stays out."""
        out = sum(self.out_cost(atom) for atom, package in enumerate(self.label) if package == OUT)
        return sum(self.cost) + sum(self.broken) + out

    def connected_without(self, atom: int, joined: int = OUT) -> bool:
        """Whether the package of ``atom`` stays connected and non-empty without it (with ``joined`` added)."""
        label, neighbours = self.label, self.model.neighbours
        package = label[atom]
        inside = self.members[package]
        ends = {b for b in neighbours[atom] if label[b] == package}
        if joined != OUT:
            near = [b for b in neighbours[joined] if label[b] == package and b != atom]
            if not near and len(inside) > 1:
                return False
            # joining may bridge the pieces that leaving makes
            inside, ends = inside | {joined}, ends | {joined}
        if len(ends) <= 1:
            return bool(ends)
        start = min(ends)
        seen, todo, missing = {start, atom}, [start], len(ends) - 1
        while todo:
            for b in neighbours[todo.pop()]:
                if b in inside and b not in seen:
                    if b in ends:
                        missing -= 1
                        if not missing:
                            return True
                    seen.add(b)
                    todo.append(b)
        return False

    def cost_without(self, package: int, atom: int) -> float:
        """Distance of ``package`` after ``atom`` has left."""
        row, gone = self.rows[atom], self.model.atoms[atom]
        return min((s - row[u] for u, s in self.towards[package].items() if u not in gone), default=0.0)

    def cost_with(self, package: int, atom: int, leaver: int = OUT) -> float:
        """Distance of ``package`` after ``atom`` has come and, in a swap, ``leaver`` has left."""
        rows, row, towards = self.rows, self.rows[atom], self.towards[package]
        if leaver == OUT:
            best = min([s + row[u] for u, s in towards.items()], default=math.inf)
        else:
            left, gone = rows[leaver], self.model.atoms[leaver]
            best = min([s + row[u] - left[u] for u, s in towards.items() if u not in gone], default=math.inf)
        for unit in self.model.atoms[atom]:
            own = row[unit]
            for b in self.members[package]:
                if b != leaver:
                    own += rows[b][unit]
            best = min(best, own)
        return best

    def may_join(self, atom: int, package: int, leaver: int = OUT) -> bool:
        """Whether the rules of apart units let ``atom`` into ``package``."""
        foes = self.model.apart[atom]
        return not foes or not (foes & self.members[package] - {leaver})

    def shift_gain(self, atom: int, package: int) -> float:
        """Change of energy when ``atom`` goes to ``package`` (or OUT); contiguity is not looked at."""
        here, amounts = self.label[atom], self.model.amounts[atom]
        change = 0.0
        if here == OUT:
            change -= self.out_cost(atom)
        else:
            sums = [x - y for x, y in zip(self.sums[here], amounts, strict=True)]
            rest = self.members[here] - {atom} if self.bordered else ()
            change += self.broken_at(sums, rest) - self.broken[here]
            change += self.cost_without(here, atom) - self.cost[here]
        if package == OUT:
            return change + self.out_cost(atom)
        sums = [x + y for x, y in zip(self.sums[package], amounts, strict=True)]
        grown = self.members[package] | {atom} if self.bordered else ()
        change += self.broken_at(sums, grown) - self.broken[package]
        return change + self.cost_with(package, atom) - self.cost[package]

    def swap_gain(self, one: int, other: int) -> float:
        """Change of energy when two atoms of different packages change places."""
        change = 0.0
        for leaver, comer in ((one, other), (other, one)):
            package = self.label[leaver]
            gone, come = self.model.amounts[leaver], self.model.amounts[comer]
            sums = [x - y + z for x, y, z in zip(self.sums[package], gone, come, strict=True)]
            group = self.members[package] - {leaver} | {comer} if self.bordered else ()
            change += self.broken_at(sums, group) - self.broken[package]
            change += self.cost_with(package, comer, leaver) - self.cost[package]
        return change

    def move(self, atom: int, package: int) -> None:
        """Put ``atom`` into ``package`` (or OUT) and mend every sum."""
        here, units = self.label[atom], self.model.atoms[atom]
        row, amounts = self.rows[atom], self.model.amounts[atom]
        self.label[atom] = package
        if here != OUT:
            self.members[here].remove(atom)
            towards = self.towards[here]
            for unit in units:
                del towards[unit]
            for unit in towards:
                towards[unit] -= row[unit]
            self.sums[here] = [x - y for x, y in zip(self.sums[here], amounts, strict=True)]
            self._settle(here)
        if package != OUT:
            towards = self.towards[package]
            for unit in towards:
                towards[unit] += row[unit]
            self.members[package].add(atom)
            for unit in units:
                towards[unit] = sum(self.rows[b][unit] for b in self.members[package])
            self.sums[package] = [x + y for x, y in zip(self.sums[package], amounts, strict=True)]
            self._settle(package)

    def _settle(self, package: int) -> None:
        self.cost[package] = min(self.towards[package].values(), default=0.0)
        members = self.members[package]
        self.broken[package] = self.broken_at(self.sums[package], members) if members else 0.0


class Watch:
    """The safety stops: a cancel signal and a time limit, looked at between small batches of moves."""

    def __init__(self, stop: Callable[[], str | None]) -> None:
        self._stop = stop
        self.struck: str | None = None

    def __call__(self) -> bool:
        """Whether to stop now; once struck, for good."""
        if self.struck is None:
            self.struck = self._stop()
        return self.struck is not None


def anneal(
    state: State, steps: int, heat: tuple[float, float], rng: Random, watch: Watch, swaps: float = 0.35
) -> None:
    """Simulated annealing over boundary shifts and swaps; leaves the best plan met in ``state``.

    ``heat``: first and last temperature in units of distance cost, falling geometrically. A kernel: one
    loop reads better whole than in pieces.
    """
    movable = [
        a for a in range(len(state.label)) if state.model.lock[a] is None and state.model.neighbours[a]
    ]
    if not movable or steps <= 0:
        return
    hot, cold = heat
    energy = state.energy()
    best, best_labels = energy, list(state.label)
    random, size, batch = rng.random, len(movable), 256
    for step in range(steps):
        if step % batch == 0:
            if watch():
                break
            temperature = hot * (cold / hot) ** (step / steps)
            if energy < best - 1e-9:
                best, best_labels = energy, list(state.label)
        atom = movable[int(random() * size)]
        near = state.model.neighbours[atom]
        touched = near[int(random() * len(near))]
        there, here = state.label[touched], state.label[atom]
        if there == here:
            if here == OUT or random() > 0.02:
                continue
            there = OUT
        if OUT not in (there, here) and random() < swaps:
            energy += _try_swap(state, atom, there, temperature, rng)
        else:
            energy += _try_shift(state, atom, there, temperature, rng)
    if state.energy() > best:
        state.reset(best_labels, len(state.members))


def _accepts(change: float, temperature: float, rng: Random) -> bool:
    return change <= 0 or rng.random() < math.exp(-change / temperature)


def _try_shift(state: State, atom: int, there: int, temperature: float, rng: Random) -> float:
    if there != OUT and not state.may_join(atom, there):
        return 0.0
    change = state.shift_gain(atom, there)
    if not _accepts(change, temperature, rng):
        return 0.0
    if state.label[atom] != OUT and not state.connected_without(atom):
        return 0.0
    state.move(atom, there)
    return change


def _try_swap(state: State, atom: int, there: int, temperature: float, rng: Random) -> float:
    model, here = state.model, state.label[atom]
    options = [
        b
        for b in sorted(state.members[there])
        if model.lock[b] is None and any(state.label[c] == here and c != atom for c in model.neighbours[b])
    ]
    if not options:
        return 0.0
    other = options[int(rng.random() * len(options))]
    if not (state.may_join(atom, there, other) and state.may_join(other, here, atom)):
        return 0.0
    change = state.swap_gain(atom, other)
    if not _accepts(change, temperature, rng):
        return 0.0
    if not (state.connected_without(atom, other) and state.connected_without(other, atom)):
        return 0.0
    state.move(atom, OUT)
    state.move(other, here)
    state.move(atom, there)
    return change
