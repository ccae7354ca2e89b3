"""The parts of a problem that share nothing (互不相连的片): pieces of the usable links, each a problem by itself."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from geo.bundling.forms.arrays import OUT, Whole, arrays_of
from geo.bundling.forms.columns import columns_of, keeps_rules
from geo.bundling.forms.model import compile_problem
from geo.bundling.forms.rooms import room_of
from geo.bundling.problem import Link, Problem
from geo.bundling.proof.exact import Proof
from geo.bundling.proof.grounds import groups_of, in_pieces

_HAIR = 1e-9

Worth = tuple[float, float, float, float]
"""Weight left out, units left out, soft prices, distance."""


class Part(NamedTuple):
    """Units (their numbers in the whole) that share nothing with others, as a problem with its packages free."""

    units: Whole
    problem: Problem


@dataclass(frozen=True)
class Settled:
    """The plan of a part and what is proven of it; labels None where there is none."""

    labels: Whole | None
    worth: Worth
    packages: int
    proven: bool
    bound: float | None
    """No plan of the part as good in what comes before distance has less of it; None where that is not proven."""


def parts_of(problem: Problem) -> tuple[list[Part], Whole]:
    """The parts, smallest first, and the units that no package can hold.

    Those are too large by themselves, or go together with units elsewhere. Raises :class:`Contradiction`.
    """
    groups = groups_of(problem)
    model = compile_problem(in_pieces(problem, groups))
    home = np.full(len(problem.units), -1, dtype=np.int64)
    for number, atoms in enumerate(model.components):
        for atom in atoms:
            home[list(model.atoms[atom])] = number
    for group in groups:
        if len({int(home[unit]) for unit in group}) > 1:
            home[group] = -1
    members: dict[int, list[int]] = {}
    for unit, number in enumerate(home.tolist()):
        if number >= 0:
            members.setdefault(number, []).append(unit)
    order = sorted(members.values(), key=lambda each: (len(each), each[0]))
    return _cut(problem, order), np.flatnonzero(home < 0)


def _cut(problem: Problem, members: Sequence[Sequence[int]]) -> list[Part]:
    """The problem of each set of units, with the links and groups inside it."""
    index = {unit.id: place for place, unit in enumerate(problem.units)}
    home = dict.fromkeys(range(len(problem.units)), -1)
    for number, units in enumerate(members):
        home |= dict.fromkeys(units, number)
    rules = problem.rules
    links: list[list[Link]] = [[] for _ in members]
    for link in problem.links:
        number = home[index[link.a]]
        if number >= 0 and number == home[index[link.b]]:
            links[number].append(link)
    together = _shared(rules.together, index, home, len(members))
    apart = _shared(rules.apart, index, home, len(members))
    return [
        Part(
            np.array(units, dtype=np.int64),
            Problem(
                tuple(problem.units[unit] for unit in units),
                tuple(links[number]),
                dataclasses.replace(
                    rules, packages=None, together=tuple(together[number]), apart=tuple(apart[number])
                ),
                problem.objective,
            ),
        )
        for number, units in enumerate(members)
    ]


def _shared(
    groups: Sequence[Sequence[str]], index: dict[str, int], home: dict[int, int], count: int
) -> list[list[tuple[str, ...]]]:
    """Per part, what of each group lies in it, where that is more than one unit."""
    found: list[list[tuple[str, ...]]] = [[] for _ in range(count)]
    for group in groups:
        for number in sorted({home[index[name]] for name in group} - {-1}):
            inside = tuple(name for name in group if home[index[name]] == number)
            if len(set(inside)) > 1:
                found[number].append(inside)
    return found


def settled(part: Part, proof: Proof) -> Settled:
    """A proof of a part with the worth of its plan."""
    if proof.labels is None:
        return Settled(None, (math.inf,) * 4, 0, proof.proven, None)
    problem, labels = part.problem, proof.labels
    model = compile_problem(in_pieces(problem, groups_of(problem)))
    arrays = arrays_of(model)
    groups = [
        np.unique(arrays.atom_of[labels == package]).tolist() for package in np.unique(labels[labels != OUT])
    ]
    columns = columns_of(arrays, groups)
    out = labels == OUT
    weight = (problem.rules.leave_out_price or 0.0) * math.fsum(arrays.load[out])
    worth = (weight, float(out.sum()), math.fsum(columns.soft), math.fsum(columns.distance))
    numbered = np.where(out, OUT, np.searchsorted(np.unique(labels[~out]), labels))
    return Settled(numbered, worth, len(groups), proof.proven, proof.bound)


def alone(part: Part) -> Settled:
    """The best plan of a part with a single unit: placed where it may be a package, as that leaves less out."""
    arrays = arrays_of(compile_problem(part.problem))
    if keeps_rules(arrays, columns_of(arrays, [[0]]))[0]:
        found = settled(part, Proof(np.zeros(1, dtype=np.int64), True, 0.0))
    elif math.isinf(arrays.out_price) or arrays.lock[0] >= 0:
        found = settled(part, Proof(None, True, None))
    else:
        found = settled(part, Proof(np.array([OUT]), True, 0.0))
    return found


def most_packages(part: Part) -> int:
    """No plan of the part has more packages."""
    model = compile_problem(in_pieces(part.problem, groups_of(part.problem)))
    return sum(room_of(model, atoms).most for atoms in model.components)


def worse(one: Sequence[float], other: Sequence[float]) -> bool:
    """Whether the first comes after the other, in the order in which plans compare, by more than rounding."""
    for mine, theirs in zip(one, other, strict=True):
        if not _near(mine, theirs):
            return mine > theirs
    return False


def same(one: Sequence[float], other: Sequence[float]) -> bool:
    """Whether two plans are worth the same, but for rounding."""
    return all(_near(mine, theirs) for mine, theirs in zip(one, other, strict=True))


def _near(one: float, other: float) -> bool:
    return one == other or math.isclose(one, other, rel_tol=_HAIR, abs_tol=1e-6)
