"""From a searched plan to one that keeps every hard rule: mend, dissolve, fill, build from what is left."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from random import Random

import numpy as np

from geo.bundling.forms.arrays import OUT, Arrays, Whole
from geo.bundling.forms.columns import columns_of
from geo.bundling.forms.model import Model
from geo.bundling.forms.rooms import room_of
from geo.bundling.forms.scoring import faults
from geo.bundling.search.improve import put
from geo.bundling.search.starts import first_labels
from geo.bundling.search.state import State, Weights, new_state, weights_of


class Draft:
    """A plan with the model behind it, looked at package by package; for the few that need mending."""

    def __init__(self, model: Model, arrays: Arrays, state: State, weights: Weights) -> None:
        self.model, self.arrays, self.state, self.weights = model, arrays, state, weights

    def label(self, atom: int) -> int:
        """Package of an atom, or OUT."""
        return int(self.state.label[atom])

    def members(self, package: int) -> list[int]:
        """Atoms of a package, sorted."""
        found, unit = set(), int(self.state.first[package])
        while unit >= 0:
            found.add(int(self.arrays.atom_of[unit]))
            unit = int(self.state.after[unit])
        return sorted(found)

    def units(self, atoms: Iterable[int]) -> list[int]:
        """Units of some atoms."""
        return [unit for atom in atoms for unit in self.model.atoms[atom]]

    def standing(self) -> list[int]:
        """Packages that are not empty."""
        return [int(package) for package in np.flatnonzero(self.state.size > 0)]

    def broken(self) -> list[int]:
        """Packages that break a hard rule, by exact sums."""
        # the running sums are near enough to pass over those that are well inside
        near = np.flatnonzero((self.state.size > 0) & (self._slack() < 1e-6))
        return [int(p) for p in near if faults(self.model, self.units(self.members(int(p))))]

    def _slack(self) -> np.ndarray:
        hard = np.isinf(self.arrays.price)
        sums = self.state.sums[:, hard]
        if not sums.shape[1]:
            return np.ones(len(self.state.size))
        inside = np.minimum(sums - self.arrays.lower[hard], self.arrays.upper[hard] - sums)
        return np.asarray((inside / self.weights.scale[hard]).min(axis=1), dtype=float)

    def missing(self, atoms: Sequence[int]) -> float:
        """How far a package of these atoms is from its hard columns, in shares of the usual sums."""
        total = 0.0
        sums = self.model.sums(self.units(atoms))
        for place, (column, load) in enumerate(zip(self.model.columns, sums, strict=True)):
            if column.hard:
                total += (column.short(load) + column.over(load)) / float(self.weights.scale[place])
        return total

    def distance(self, atoms: Sequence[int]) -> float:
        """Distance part of a package of these atoms."""
        return float(columns_of(self.arrays, [atoms]).distance[0]) if atoms else 0.0

    def may_join(self, atom: int, package: int) -> bool:
        """Whether the rules of apart units let ``atom`` into ``package``."""
        return all(self.label(foe) != package for foe in self.model.apart[atom])

    def may_leave(self, atom: int) -> bool:
        """Whether the package of ``atom`` stays connected, and not empty, without it."""
        if self.model.lock[atom] is not None:
            return False
        package = self.label(atom)
        if package == OUT:
            return True
        rest = set(self.members(package)) - {atom}
        return bool(rest) and self._reach(min(rest), rest) == rest

    def _reach(self, start: int, allowed: set[int]) -> set[int]:
        seen, todo = {start}, [start]
        while todo:
            for other in self.model.neighbours[todo.pop()]:
                if other in allowed and other not in seen:
                    seen.add(other)
                    todo.append(other)
        return seen

    def fits(self, atom: int, package: int) -> bool:
        """Whether ``package`` takes ``atom`` and keeps every hard rule (neighbourhood is the caller's)."""
        if not self.may_join(atom, package):
            return False
        return not faults(self.model, self.units([*self.members(package), atom]))

    def beside(self, atom: int) -> list[int]:
        """Packages next to an atom, its own not."""
        return sorted({self.label(b) for b in self.model.neighbours[atom]} - {OUT, self.label(atom)})

    def move(self, atoms: Sequence[int], package: int) -> None:
        """Put atoms into a package, or OUT."""
        chosen = np.array(atoms, dtype=np.int64)
        put(self.arrays, self.state, self.weights, chosen, np.full(len(chosen), package, dtype=np.int64))

    def clumps(self) -> list[tuple[int, ...]]:
        """Connected sets of atoms that are out but need not be, largest first."""
        todo = {int(a) for a in np.flatnonzero(self.state.label == OUT)} - self.model.barred.keys()
        found = []
        while todo:
            piece = self._reach(min(todo), todo)
            todo -= piece
            found.append(tuple(sorted(piece)))
        return sorted(found, key=lambda clump: (-sum(map(self.model.atom_load, clump)), clump))


def finish(draft: Draft, counts: tuple[int, float], rng: Random) -> None:
    """Make the plan keep its hard rules as far as single moves can, and place what can be placed.

    ``counts``: fewest and most packages; a package is dissolved only while more than the fewest remain.
    """
    for package in draft.broken():
        _mend(draft, package)
    _dissolve(draft, counts[0])
    _fill(draft)
    _found_packages(draft, counts[1], rng)
    _fill(draft)


def filled(model: Model, arrays: Arrays, labels: Whole) -> Whole:
    """A plan that keeps its hard rules with atoms that are out put into packages that take them."""
    packages = int(labels.max(initial=OUT)) + 1
    if not packages or not (labels == OUT).any():
        return labels
    weights = weights_of(arrays, packages)
    draft = Draft(model, arrays, new_state(arrays, labels, packages, weights), weights)
    _fill(draft)
    return draft.state.label.copy()


def _mend(draft: Draft, package: int) -> None:
    """Single moves in and out of one package, while each brings it nearer to its bounds."""
    for _ in range(len(draft.state.label)):
        members = draft.members(package)
        here = draft.missing(members)
        if here <= 0 or not members:
            return
        better = min(_mending_moves(draft, package, members, here), default=None)
        if better is None:
            return
        _, _, atom, there = better
        draft.move([atom], there)


def _mending_moves(
    draft: Draft, package: int, members: list[int], here: float
) -> Iterator[tuple[float, float, int, int]]:
    inside = set(members)
    for atom in sorted({b for a in members for b in draft.model.neighbours[a]} - inside):
        after = draft.missing([*members, atom])
        if after >= here or not draft.may_join(atom, package) or not draft.may_leave(atom):
            continue
        source = draft.label(atom)
        rest = [] if source == OUT else [a for a in draft.members(source) if a != atom]
        if source == OUT or draft.missing(rest) <= 0:
            yield after, draft.distance([*members, atom]), atom, package
    for atom in members:
        rest = [a for a in members if a != atom]
        if not rest:
            continue
        after = draft.missing(rest)
        if after >= here or not draft.may_leave(atom):
            continue
        goals = [there for there in draft.beside(atom) if draft.fits(atom, there)]
        distance = draft.distance(rest)
        for there in goals:
            yield after, distance, atom, there
        if not goals:
            yield after, distance + draft.weights.usual, atom, OUT


def _dissolve(draft: Draft, fewest: int) -> None:
    """Give up packages that break a hard rule, worst first; never one with locked members."""
    wrong = [(draft.missing(draft.members(package)), package) for package in draft.broken()]
    standing = len(draft.standing())
    for _, package in sorted(wrong, reverse=True):
        members = draft.members(package)
        if standing <= fewest or any(draft.model.lock[atom] is not None for atom in members):
            continue
        draft.move(members, OUT)
        standing -= 1


def _fill(draft: Draft) -> None:
    """Put atoms that are out into packages beside them wherever that keeps the hard rules, heaviest first."""
    changed = True
    while changed:
        changed = False
        out = [int(a) for a in np.flatnonzero(draft.state.label == OUT) if int(a) not in draft.model.barred]
        for atom in sorted(out, key=lambda a: (-draft.model.atom_load(a), a)):
            able = [package for package in draft.beside(atom) if draft.fits(atom, package)]
            if able:
                draft.move([atom], min(able, key=lambda package: (_added(draft, atom, package), package)))
                changed = True


def _added(draft: Draft, atom: int, package: int) -> float:
    """Soft price and distance, in the measure of the search, that an atom adds to a package."""
    columns = columns_of(draft.arrays, [draft.members(package), [*draft.members(package), atom]])
    whole = columns.distance + draft.weights.soft * columns.soft
    return float(whole[1] - whole[0])


def _found_packages(draft: Draft, most: float, rng: Random) -> None:
    """Build new packages from connected clumps that are out, as many as the rules leave room for."""
    for clump in draft.clumps():
        empty = np.flatnonzero(draft.state.size == 0)
        room = room_of(draft.model, clump)
        count = int(min(room.most, most - len(draft.standing()), max(room.fewest, 1), len(empty)))
        if count < 1:
            continue
        inner = first_labels(draft.model, draft.arrays, [room], [count], rng)
        new = [int(package) for package in empty[:count]]
        for number, package in enumerate(new):
            draft.move([int(atom) for atom in np.flatnonzero(inner == number)], package)
        for package in new:
            _mend(draft, package)
        for package in new:
            if draft.missing(draft.members(package)) > 0:
                draft.move(draft.members(package), OUT)
