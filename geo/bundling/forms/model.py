"""A problem compiled for searching: atoms, columns and components instead of ids and rules.

An *atom* is a set of units that always share a package (must-together groups and units of one lock,
with the units of the lightest path that connects them); every other unit is an atom by itself.
A *column* is anything with a lower and an upper bound per package: each activity, the number of
members, and the number of anchors (an activity with lower bound 1).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from geo.bundling.forms.chains import connected_whole
from geo.bundling.plan import Figure, Reason
from geo.bundling.problem import BORDER, Problem

MEMBERS, ANCHORS = "members", "anchors"
EPS = 1e-9
"""Relative slack on bounds: sums of decimals such as 0.1 + 0.2 must not break a bound of 0.3."""


@dataclass(frozen=True)
class Column:
    """Bounds on one sum per package. ``price`` is None for a hard rule, else the price per unit broken."""

    name: str
    lower: float
    upper: float
    price: float | None
    amounts: tuple[float, ...]
    """Per unit."""

    def short(self, load: float) -> float:
        """How far ``load`` is under the lower bound, 0 when it keeps it."""
        return max(0.0, self.lower - load) if load < self.lower - EPS * max(1.0, abs(self.lower)) else 0.0

    def over(self, load: float) -> float:
        """How far ``load`` is over the upper bound, 0 when it keeps it."""
        return max(0.0, load - self.upper) if load > self.upper + EPS * max(1.0, abs(self.upper)) else 0.0

    def reach(self, units: Sequence[int]) -> float:
        """The most that a non-empty choice of ``units`` can hold."""
        gains = [self.amounts[unit] for unit in units if self.amounts[unit] > 0]
        return math.fsum(gains) if gains else max(self.amounts[unit] for unit in units)

    @property
    def hard(self) -> bool:
        """Whether the bounds may not be broken."""
        return self.price is None

    @cached_property
    def positive(self) -> bool:
        """Whether no unit takes away from the sum; only then do subsets weigh less than wholes."""
        return all(amount >= 0 for amount in self.amounts)


@dataclass(frozen=True)
class Model:
    """The compiled problem; indices of units, atoms and columns are positions in these tuples."""

    problem: Problem
    index: Mapping[str, int]
    columns: tuple[Column, ...]
    load: tuple[float, ...]
    pull: tuple[float, ...]
    """Per unit: price of a metre to the hub."""
    links: tuple[frozenset[int], ...]
    """Per unit: the units it may touch inside a package."""
    atoms: tuple[tuple[int, ...], ...]
    atom_of: tuple[int, ...]
    neighbours: tuple[tuple[int, ...], ...]
    """Per atom, sorted."""
    amounts: tuple[tuple[float, ...], ...]
    """Per atom, by column."""
    lock: tuple[str | None, ...]
    apart: tuple[frozenset[int], ...]
    groups: tuple[frozenset[int], ...]
    """Units that must share a package: locks and must-together groups, merged where they meet."""
    chained: frozenset[int]
    """Atoms that hold units merely as a chain between the members of a group."""
    barred: Mapping[int, Reason]
    """Atoms that no package can hold, and why; they touch nothing in ``neighbours``."""
    components: tuple[tuple[int, ...], ...]
    """Atoms that links connect, each sorted, largest load first; barred atoms are in none."""

    def atom_load(self, atom: int) -> float:
        """First activity's weight of an atom."""
        return sum(self.load[unit] for unit in self.atoms[atom])

    def sums(self, units: Iterable[int]) -> tuple[float, ...]:
        """Exact column sums of a set of units."""
        chosen = sorted(units)
        return tuple(math.fsum(column.amounts[u] for u in chosen) for column in self.columns)

    def distance(self, one: int, other: int) -> float:
        """Metres between two units' points."""
        a, b = self.problem.units[one], self.problem.units[other]
        return math.hypot(a.x - b.x, a.y - b.y)

    def areas(self, units: Iterable[int]) -> set[str | None]:
        """The ``within`` areas a set of units reaches into."""
        return {self.problem.units[unit].within for unit in units}

    @cached_property
    def guessed(self) -> bool:
        """Whether what is proven of this model may fail for other chains between the members of a group."""
        return bool(self.chained) or any(
            len(self.atoms[atom]) > 1
            and reason.code != "apart_together"
            and _too_large(self.problem, set(self.atoms[atom]), self.columns, chain=False) is None
            for atom, reason in self.barred.items()
        )

    @property
    def border_price(self) -> float:
        """Price of each further area in a package, 0 when borders cost nothing."""
        return 0.0 if self.problem.rules.within else self.problem.rules.soft.get(BORDER, 0.0)


class Contradiction(Exception):
    """Rules that no plan can keep together, found while compiling."""

    def __init__(self, reason: Reason, *, proven: bool = True) -> None:
        super().__init__(reason.text)
        self.reason = reason
        self.proven = proven


def compile_problem(problem: Problem, given_up: Mapping[frozenset[int], Reason] | None = None) -> Model:
    """Compile; raises :class:`Contradiction` when locks, together and apart stand against each other.

    ``given_up``: must-together groups (:attr:`Model.groups`) that stay out, so that the chains between
    their members are free again.
    """
    index = {unit.id: place for place, unit in enumerate(problem.units)}
    columns = bounded_sums(problem)
    links = _links(problem, index)
    groups = _groups(problem, index)
    atoms, barred = _atoms(problem, index, groups, links, columns, given_up or {})
    atom_of = [0] * len(problem.units)
    for number, atom in enumerate(atoms):
        for unit in atom:
            atom_of[unit] = number
    neighbours = tuple(
        ()
        if number in barred
        else tuple(sorted({atom_of[b] for unit in atom for b in links[unit]} - {number} - barred.keys()))
        for number, atom in enumerate(atoms)
    )
    load = tuple(problem.load(unit) for unit in problem.units)
    return Model(
        problem=problem,
        index=index,
        columns=columns,
        load=load,
        pull=tuple(problem.distance_weight(unit) for unit in problem.units),
        links=links,
        atoms=atoms,
        atom_of=tuple(atom_of),
        neighbours=neighbours,
        amounts=tuple(tuple(sum(c.amounts[u] for u in atom) for c in columns) for atom in atoms),
        lock=tuple(next((lock for u in atom if (lock := problem.units[u].lock)), None) for atom in atoms),
        apart=_apart(problem, index, atom_of, len(atoms)),
        groups=tuple(frozenset(group) for group in groups),
        chained=frozenset(
            atom_of[min(group)] for group in groups if not group.issuperset(atoms[atom_of[min(group)]])
        ),
        barred=barred,
        components=_components(neighbours, [sum(load[u] for u in atom) for atom in atoms], barred),
    )


def homeless_groups(model: Model, atoms: Iterable[int] | None = None) -> dict[frozenset[int], Reason]:
    """Groups in chained ``atoms`` (None: all) that may stay out, to be given up, so that their chains are free."""
    out = [atom for atom in (model.chained if atoms is None else atoms) if model.lock[atom] is None]
    found = {}
    for group in model.groups:
        if any(group.issubset(model.atoms[atom]) for atom in out):
            names = ", ".join(model.problem.units[unit].id for unit in sorted(group)[:6])
            text = (
                f"{names} must go together, but the search found no place for them and a chain between them"
            )
            found[group] = Reason("group_not_placed", text, {"units": names})
    return found


def bounded_sums(problem: Problem) -> tuple[Column, ...]:
    """The columns of a problem: its activities in their order, then members and anchors where ruled."""
    rules, units = problem.rules, problem.units
    columns = [
        Column(
            activity.name,
            -math.inf if activity.lower is None else activity.lower,
            math.inf if activity.upper is None else activity.upper,
            rules.soft.get(activity.name),
            tuple(unit.weights[activity.name] for unit in units),
        )
        for activity in rules.activities
    ]
    if rules.max_members is not None:
        columns.append(Column(MEMBERS, -math.inf, rules.max_members, None, (1.0,) * len(units)))
    if rules.anchors:
        columns.append(Column(ANCHORS, 1, math.inf, None, tuple(float(unit.anchor) for unit in units)))
    return tuple(columns)


def _links(problem: Problem, index: Mapping[str, int]) -> tuple[frozenset[int], ...]:
    touching: list[set[int]] = [set() for _ in problem.units]
    for link in problem.links:
        a, b = index[link.a], index[link.b]
        if link.cut or (problem.rules.within and problem.units[a].within != problem.units[b].within):
            continue
        touching[a].add(b)
        touching[b].add(a)
    return tuple(frozenset(each) for each in touching)


def _atoms(
    problem: Problem,
    index: Mapping[str, int],
    groups: list[set[int]],
    links: tuple[frozenset[int], ...],
    columns: tuple[Column, ...],
    given_up: Mapping[frozenset[int], Reason],
) -> tuple[tuple[tuple[int, ...], ...], dict[int, Reason]]:
    """All atoms in order of their first unit, and the reasons of those that fit no package."""
    taken = {unit for group in groups for unit in group}
    reasons: dict[tuple[int, ...], Reason] = {}
    atoms: list[tuple[int, ...]] = []
    for group in groups:
        whole, reason = _whole(problem, index, group, links, taken - group, columns)
        reason = given_up.get(frozenset(group), reason)
        atom = tuple(sorted(group if reason else whole))
        if reason:
            reasons[atom] = reason
        taken.update(atom)
        atoms.append(atom)
    for unit in range(len(problem.units)):
        if unit not in taken:
            atoms.append((unit,))
            reason = _too_large(problem, {unit}, columns, chain=False)
            if reason:
                reasons[unit,] = reason
    atoms.sort()
    return tuple(atoms), {place: reasons[atom] for place, atom in enumerate(atoms) if atom in reasons}


def _whole(
    problem: Problem,
    index: Mapping[str, int],
    group: set[int],
    links: tuple[frozenset[int], ...],
    closed: set[int],
    columns: tuple[Column, ...],
) -> tuple[set[int], Reason | None]:
    """A group with the chains between its members, and why no package can hold it."""
    foes = _foes(problem, group, index)
    whole = connected_whole(group, problem, links, closed | (foes - group))
    chain = whole is not None and whole != group
    if foes & group:
        reason: Reason | None = _apart_group(problem, foes & group)
    elif whole is None:
        reason = _split_group(problem, group)
    else:
        reason = _too_large(problem, whole, columns, chain)
    if reason and any(problem.units[unit].lock is not None for unit in group):
        # locked units may not stay out; but that the chains tried do not fit proves nothing about others
        proven = bool(foes & group) or (not chain if whole is not None else not (closed or foes))
        raise Contradiction(reason, proven=proven)
    return whole or group, reason


def _foes(problem: Problem, group: set[int], index: Mapping[str, int]) -> set[int]:
    """Units that a rule keeps apart from some other unit of ``group``."""
    ids = {problem.units[unit].id for unit in group}
    named: set[str] = set()
    for rule in problem.rules.apart:
        for one in ids.intersection(rule):
            named |= set(rule) - {one}
    return {index[name] for name in named}


def _apart_group(problem: Problem, foes: set[int]) -> Reason:
    names = ", ".join(problem.units[unit].id for unit in sorted(foes)[:6])
    text = f"{names} must stay apart, but other rules put them together"
    return Reason("apart_together", text, {"units": names})


def _split_group(problem: Problem, group: set[int]) -> Reason:
    names = ", ".join(problem.units[unit].id for unit in sorted(group)[:6])
    text = f"{names} must go together, but no free chain of neighbours connects them"
    return Reason("group_not_connected", text, {"units": names})


def _too_large(problem: Problem, units: set[int], columns: tuple[Column, ...], chain: bool) -> Reason | None:
    """Why ``units`` alone are already over an upper bound; sums with negative parts may still sink."""
    for column in columns:
        if not (column.hard and column.positive):
            continue
        total = math.fsum(column.amounts[unit] for unit in units)
        if not column.over(total):
            continue
        figures: dict[str, Figure] = {"rule": column.name, "value": total, "limit": column.upper}
        if len(units) == 1:
            text = f"alone it holds {total:,.6g} {column.name}, over the upper bound {column.upper:,.6g}"
            return Reason("too_large", text, figures)
        names = ", ".join(problem.units[unit].id for unit in sorted(units)[:6])
        kind = "with the lightest chain of neighbours between them" if chain else "together"
        text = (
            f"{names} must share a package; {kind} they hold {total:,.6g} {column.name} > {column.upper:,.6g}"
        )
        return Reason("group_too_large", text, figures)
    return None


def _groups(problem: Problem, index: Mapping[str, int]) -> list[set[int]]:
    """Sets of two or more units that must share a package, and single locked units; merged where they meet."""
    wanted = [{index[unit] for unit in group} for group in problem.rules.together]
    by_lock: dict[str, set[int]] = {}
    for place, unit in enumerate(problem.units):
        if unit.lock is not None:
            by_lock.setdefault(unit.lock, set()).add(place)
    groups = _merged([*by_lock.values(), *wanted])
    for group in groups:
        locks = sorted({lock for unit in group if (lock := problem.units[unit].lock) is not None})
        if len(locks) > 1:
            names = " and ".join(locks)
            text = f"units that must go together are locked to {names}"
            raise Contradiction(Reason("locks", text, {"locks": names}))
    return sorted(groups, key=min)


def _merged(sets: Iterable[set[int]]) -> list[set[int]]:
    """The sets, joined where they meet; empty ones are dropped."""
    home: dict[int, set[int]] = {}
    for each in sets:
        whole = set(each)
        for other in {id(home[unit]): home[unit] for unit in each if unit in home}.values():
            whole |= other
        home |= dict.fromkeys(whole, whole)
    return list({id(whole): whole for whole in home.values()}.values())


def _apart(
    problem: Problem, index: Mapping[str, int], atom_of: list[int], count: int
) -> tuple[frozenset[int], ...]:
    foes: list[set[int]] = [set() for _ in range(count)]
    for group in problem.rules.apart:
        ids = sorted({index[unit] for unit in group})
        for place, one in enumerate(ids):
            for other in ids[place + 1 :]:
                if atom_of[one] == atom_of[other]:
                    continue  # such a group is barred, or its chain goes round its foes
                foes[atom_of[one]].add(atom_of[other])
                foes[atom_of[other]].add(atom_of[one])
    return tuple(frozenset(each) for each in foes)


def _components(
    neighbours: tuple[tuple[int, ...], ...], loads: list[float], barred: Mapping[int, Reason]
) -> tuple[tuple[int, ...], ...]:
    seen: set[int] = set(barred)
    found: list[tuple[int, ...]] = []
    for start in range(len(neighbours)):
        if start in seen:
            continue
        seen.add(start)
        todo, piece = [start], [start]
        while todo:
            for other in neighbours[todo.pop()]:
                if other not in seen:
                    seen.add(other)
                    todo.append(other)
                    piece.append(other)
        found.append(tuple(sorted(piece)))
    return tuple(sorted(found, key=lambda piece: (-sum(loads[a] for a in piece), piece)))
