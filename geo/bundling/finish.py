"""From a searched plan to one that keeps every hard rule: mend, dissolve, fill, build from what is left."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from random import Random

from geo.bundling.arrays import OUT
from geo.bundling.explain import faults
from geo.bundling.model import Model
from geo.bundling.search import State
from geo.bundling.starts import first_labels, room_of


def finish(state: State, counts: tuple[int, float], rng: Random) -> None:
    """Make the plan keep its hard rules as far as single moves can, and place what can be placed.

    ``counts``: fewest and most packages; a package is dissolved only while more than the fewest remain.
    """
    for package in range(len(state.members)):
        _mend(state, package)
    _dissolve(state, counts[0])
    _fill(state)
    _found_packages(state, counts[1], rng)
    _fill(state)


def missing(state: State, units: Iterable[int]) -> float:
    """How far a package is from keeping its hard columns, as a sum of shares of the usual load."""
    model = state.model
    total = 0.0
    for place, (column, load) in enumerate(zip(model.columns, model.sums(units), strict=True)):
        if column.hard:
            total += (column.short(load) + column.over(load)) / state.weights.scale[place]
    return total


def units_of(state: State, package: int, add: int = OUT, drop: int = OUT) -> list[int]:
    """Units of a package, after one atom has come or gone."""
    atoms = [atom for atom in state.members[package] if atom != drop]
    if add != OUT:
        atoms.append(add)
    return [unit for atom in sorted(atoms) for unit in state.model.atoms[atom]]


def broken(state: State) -> float:
    """Summed miss of every non-empty package."""
    return sum(missing(state, units_of(state, p)) for p, atoms in enumerate(state.members) if atoms)


def _mend(state: State, package: int) -> None:
    """Single moves in and out of one package, while each brings it nearer to its bounds."""
    for _ in range(len(state.label)):
        here = missing(state, units_of(state, package))
        if here <= 0 or not state.members[package]:
            return
        better = min(_mending_moves(state, package, here), default=None)
        if better is None:
            return
        _, _, atom, there = better
        state.move(atom, there)


def _mending_moves(state: State, package: int, here: float) -> Iterator[tuple[float, float, int, int]]:
    for atom in sorted(_ring(state.model, state.members[package])):
        source = state.label[atom]
        after = missing(state, units_of(state, package, add=atom))
        if after >= here or not state.may_join(atom, package) or not _may_leave(state, atom):
            continue
        if source == OUT or missing(state, units_of(state, source, drop=atom)) <= 0:
            yield after, state.shift_gain(atom, package), atom, package
    for atom in sorted(state.members[package]):
        after = missing(state, units_of(state, package, drop=atom))
        if after >= here or not _may_leave(state, atom):
            continue
        for there in sorted({state.label[b] for b in state.model.neighbours[atom]} - {package}):
            if there == OUT or fits(state, atom, there):
                yield after, state.shift_gain(atom, there), atom, there
        yield after, state.shift_gain(atom, OUT), atom, OUT


def _ring(model: Model, members: set[int]) -> set[int]:
    return {b for atom in members for b in model.neighbours[atom]} - members


def _may_leave(state: State, atom: int) -> bool:
    if state.model.lock[atom] is not None:
        return False
    return state.label[atom] == OUT or state.connected_without(atom)


def fits(state: State, atom: int, package: int) -> bool:
    """Whether ``package`` takes ``atom`` and keeps every hard rule (neighbourhood is the caller's)."""
    return state.may_join(atom, package) and not faults(state.model, units_of(state, package, add=atom))


def _dissolve(state: State, fewest: int) -> None:
    """Give up packages that break a hard rule, worst first; never one with locked members."""
    wrong = [(missing(state, units_of(state, p)), p) for p, atoms in enumerate(state.members) if atoms]
    standing = len(wrong)
    for miss, package in sorted(wrong, reverse=True):
        members = sorted(state.members[package])
        if miss <= 0 or standing <= fewest or any(state.model.lock[atom] is not None for atom in members):
            continue
        for atom in members:
            state.move(atom, OUT)
        standing -= 1


def _fill(state: State) -> None:
    """Put atoms that are out into packages beside them wherever that keeps the hard rules, heaviest first."""
    changed = True
    while changed:
        changed = False
        out = [a for a, package in enumerate(state.label) if package == OUT and a not in state.model.barred]
        for atom in sorted(out, key=lambda a: (-state.unit_loads[a], a)):
            beside = sorted({state.label[b] for b in state.model.neighbours[atom]} - {OUT})
            able = [package for package in beside if fits(state, atom, package)]
            if able:
                state.move(atom, min(able, key=lambda package: state.shift_gain(atom, package)))
                changed = True


def _found_packages(state: State, most: float, rng: Random) -> None:
    """Build new packages from connected clumps that are out, as many as the rules leave room for."""
    for clump in _clumps(state):
        standing = sum(1 for atoms in state.members if atoms)
        room = room_of(state.model, clump)
        count = int(min(room.most, most - standing, max(room.fewest, 1)))
        if count < 1:
            continue
        inner = first_labels(state.model, [room], [count], rng)
        offset = len(state.members)
        labels = [p if inner[atom] == OUT else inner[atom] + offset for atom, p in enumerate(state.label)]
        state.reset(labels, offset + count)
        for package in range(offset, offset + count):
            _mend(state, package)
        _dissolve_new(state, range(offset, offset + count))


def _dissolve_new(state: State, packages: Sequence[int]) -> None:
    for package in packages:
        if missing(state, units_of(state, package)) > 0:
            for atom in sorted(state.members[package]):
                state.move(atom, OUT)


def _clumps(state: State) -> list[tuple[int, ...]]:
    """Connected sets of atoms that are out, largest first."""
    model = state.model
    todo = {a for a, package in enumerate(state.label) if package == OUT and a not in model.barred}
    clumps = []
    while todo:
        start = min(todo)
        todo.discard(start)
        piece, edge = [start], [start]
        while edge:
            for other in model.neighbours[edge.pop()]:
                if other in todo:
                    todo.discard(other)
                    piece.append(other)
                    edge.append(other)
        clumps.append(tuple(sorted(piece)))
    return sorted(clumps, key=lambda clump: (-sum(state.unit_loads[a] for a in clump), clump))
