"""Exchanges next to a plan: one unit into a neighbouring package, what that saves, which rules it breaks."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from geo.bundling.forms.arrays import OUT
from geo.bundling.forms.model import EPS, Column, bounded_sums
from geo.bundling.plan import Solution
from geo.bundling.problem import BORDER, Link, Problem
from geo.bundling.reasons.cut_places import cut_places

Broken = tuple[str, str]
"""Kind of a broken rule and, for bounds, the activity: ("upper", "households"), ("within", "")."""
OPEN = "open"
_WAYS = (OPEN, "within", "barrier", "gap")
"""What may lie on a link, least first."""


@dataclass(frozen=True)
class Exchange:
    """``unit`` leaves package ``source`` (OUT: it was in none) for ``target`` over ``link``.

    ``saves``: distance saved at least (hubs unmoved); for a unit that was out, its load.
    """

    unit: int
    source: int
    target: int
    link: Link
    saves: float
    broken: tuple[Broken, ...]


@dataclass(frozen=True)
class Standing:
    """A plan laid out for looking around in it; units and packages by position."""

    problem: Problem
    solution: Solution

    @cached_property
    def index(self) -> dict[str, int]:
        """Unit id → position."""
        return {unit.id: place for place, unit in enumerate(self.problem.units)}

    @cached_property
    def members(self) -> list[list[int]]:
        """Per package."""
        return [[self.index[name] for name in package.members] for package in self.solution.packages]

    @cached_property
    def hub(self) -> list[int]:
        """Per package."""
        return [self.index[package.hub] for package in self.solution.packages]

    @cached_property
    def label(self) -> list[int]:
        """Per unit: its package, or OUT."""
        label = [OUT] * len(self.problem.units)
        for package, units in enumerate(self.members):
            for unit in units:
                label[unit] = package
        return label

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        """Every bounded sum."""
        return bounded_sums(self.problem)

    @cached_property
    def loads(self) -> list[list[float]]:
        """Per package, by column."""
        return [self.sums(units) for units in self.members]

    @cached_property
    def areas(self) -> list[Counter[str | None]]:
        """Per package: members by ``within`` area."""
        return [Counter(self.problem.units[unit].within for unit in units) for units in self.members]

    @cached_property
    def pull(self) -> list[float]:
        """Per unit: price of a metre."""
        return [self.problem.distance_weight(unit) for unit in self.problem.units]

    @cached_property
    def foes(self) -> dict[int, set[int]]:
        """Units that may not share a package with each."""
        found: dict[int, set[int]] = {}
        for group in self.problem.rules.apart:
            ids = {self.index[name] for name in group}
            for unit in ids:
                found.setdefault(unit, set()).update(ids - {unit})
        return found

    @cached_property
    def mates(self) -> dict[int, set[int]]:
        """Units that must share the package of each, by must-together groups."""
        found: dict[int, set[int]] = {}
        for group in self.problem.rules.together:
            ids = {self.index[name] for name in group}
            for unit in ids:
                found.setdefault(unit, set()).update(ids - {unit})
        return found

    @cached_property
    def touching(self) -> list[list[int]]:
        """Per unit: the units that a package may reach from it."""
        found: list[list[int]] = [[] for _ in self.problem.units]
        for link in self.problem.links:
            a, b = self.index[link.a], self.index[link.b]
            if self.way(link) == OPEN:
                found[a].append(b)
                found[b].append(a)
        return found

    @cached_property
    def holding(self) -> set[int]:
        """Units without which the rest of their package falls apart."""
        inside = [
            [other for other in near if self.label[other] == self.label[unit] != OUT]
            for unit, near in enumerate(self.touching)
        ]
        return cut_places(inside)

    def way(self, link: Link) -> str:
        """What lies on a link: ``open``, or what closes it (``within``, ``barrier``, ``gap``)."""
        if link.cut:
            return link.cut
        a, b = (self.problem.units[self.index[name]] for name in (link.a, link.b))
        return "within" if self.problem.rules.within and a.within != b.within else OPEN

    def sums(self, units: Sequence[int]) -> list[float]:
        """Exact column sums."""
        return [math.fsum(column.amounts[unit] for unit in units) for column in self.columns]

    def away(self, one: int, other: int) -> float:
        """Metres between two units."""
        a, b = self.problem.units[one], self.problem.units[other]
        return math.hypot(a.x - b.x, a.y - b.y)

    @cached_property
    def capacity(self) -> dict[str, float]:
        """What given centres can take, by unit."""
        given = self.problem.rules.centres
        return {centre.id: centre.capacity for centre in given if centre.capacity is not None}

    def room_left(self, package: int) -> float:
        """What the centre of a package can still take, up to the rounding hair; inf where nothing bounds it."""
        most = self.capacity.get(self.solution.packages[package].hub, math.inf)
        if most == math.inf:
            return most
        load = math.fsum(self.problem.load(self.problem.units[unit]) for unit in self.members[package])
        return most + EPS * max(1.0, abs(most)) - load

    def soft_price(self, units: Sequence[int]) -> float:
        """Priced rules that a package of these units breaks."""
        price = self.problem.rules.soft.get(BORDER, 0.0) if not self.problem.rules.within else 0.0
        found = price * (len({self.problem.units[unit].within for unit in units}) - 1)
        for column, load in zip(self.columns, self.sums(units), strict=True):
            found += (column.short(load) + column.over(load)) * (column.price or 0.0)
        return found


def exchanges(standing: Standing) -> Iterator[Exchange]:
    """Exchanges that would better the plan, were it not for exactly one rule (``broken`` names it)."""
    least = 1e-9 * standing.solution.parts.distance + 1e-6
    for (unit, target), link in sorted(_ways(standing).items()):
        source = standing.label[unit]
        if source == OUT:
            saves = standing.problem.load(standing.problem.units[unit])
        else:
            hub = standing.hub[source]
            saves = standing.pull[unit] * (
                standing.away(unit, hub) - standing.away(unit, standing.hub[target])
            )
            if saves <= least or unit == hub or unit in standing.holding:
                continue
        broken = _broken(standing, unit, target, link)
        if len(broken) == 1 and (source == OUT or _soft_change(standing, unit, target) <= 1e-9):
            yield Exchange(unit, source, target, link, saves, tuple(broken))


def _ways(standing: Standing) -> dict[tuple[int, int], Link]:
    """The least closed link from each unit to each other package beside it."""
    found: dict[tuple[int, int], Link] = {}
    rank = {way: place for place, way in enumerate(_WAYS)}
    for link in standing.problem.links:
        a, b = standing.index[link.a], standing.index[link.b]
        if standing.label[a] == standing.label[b]:
            continue
        for one, other in ((a, b), (b, a)):
            target = standing.label[other]
            if target == OUT:
                continue
            known = found.get((one, target))
            if known is None or _closer(standing, link, known, rank):
                found[one, target] = link
    return found


def _closer(standing: Standing, link: Link, known: Link, rank: dict[str, int]) -> bool:
    return (rank[standing.way(link)], link.gap) < (rank[standing.way(known)], known.gap)


def _broken(standing: Standing, unit: int, target: int, link: Link) -> list[Broken]:
    """Rules that the exchange breaks, each once; contiguity of the source is looked at before."""
    here = standing.problem.units[unit]
    source, way = standing.label[unit], standing.way(link)
    found: set[Broken] = {(way, "")} - {(OPEN, "")}
    if standing.problem.rules.within and set(standing.areas[target]) != {here.within}:
        found.add(("within", ""))
    found |= set(_bounds(standing, unit, target, 1.0))
    if standing.room_left(target) < standing.problem.load(here):
        found.add(("capacity", standing.solution.packages[target].hub))
    if source != OUT:
        found |= set(_bounds(standing, unit, source, -1.0))
        if here.lock is not None:
            found.add(("lock", here.lock))
    if any(standing.label[foe] == target for foe in standing.foes.get(unit, ())):
        found.add(("apart", ""))
    if any(standing.label[mate] != target for mate in standing.mates.get(unit, ())):
        found.add(("together", ""))
    return sorted(found)


def _bounds(standing: Standing, unit: int, package: int, sign: float) -> Iterator[Broken]:
    """Hard bounds that ``package`` breaks once ``unit`` joins (sign 1) or leaves (-1) it."""
    activities = len(standing.problem.rules.activities)
    for place, column in enumerate(standing.columns):
        if not column.hard or not column.amounts[unit]:
            continue
        load = standing.loads[package][place] + sign * column.amounts[unit]
        if column.over(load):
            yield ("upper", column.name) if place < activities else ("max_members", "")
        elif column.short(load):
            yield ("lower", column.name) if place < activities else ("anchors", "")


def _soft_change(standing: Standing, unit: int, target: int) -> float:
    """What the exchange adds to the priced soft rules."""
    if not standing.problem.rules.soft:
        return 0.0
    old, new = standing.members[standing.label[unit]], standing.members[target]
    rest = [each for each in old if each != unit]
    before = standing.soft_price(old) + standing.soft_price(new)
    return standing.soft_price(rest) + standing.soft_price([*new, unit]) - before


def connected(standing: Standing, units: Iterable[int]) -> bool:
    """Whether a package of these units lies in one piece."""
    left = set(units)
    todo = [left.pop()]
    while todo:
        near = left.intersection(standing.touching[todo.pop()])
        left -= near
        todo.extend(near)
    return not left
