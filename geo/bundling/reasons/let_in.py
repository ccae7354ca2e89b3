"""What would let a left-out unit in: one link or one bound changed, all else kept, and the package that takes it.

Every change told was tried on the plan at hand: with it, the plan that takes the unit in keeps every hard rule.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from geo.bundling.forms.arrays import OUT
from geo.bundling.forms.model import ANCHORS, MEMBERS, Model
from geo.bundling.plan import Figure, number

_NEAREST = 12
"""Placed units tried by distance between points, where no link is known."""
_LONGEST_LIST = 200
"""Units of a would-be package that a reason names at most."""


@dataclass(frozen=True)
class Fault:
    """A rule that a package would break. ``to``: the bound at which it would not."""

    kind: str
    rule: str = ""
    now: float = 0.0
    to: float = 0.0

    @property
    def stretch(self) -> float:
        """How far the bound would have to move, as a share of it."""
        return abs(self.to - self.now) / max(1.0, abs(self.now))


@dataclass(frozen=True)
class Ground:
    """A plan and what is known about its surroundings. ``labels``: per atom; ``names``: package → id."""

    model: Model
    labels: Sequence[int]
    packages: Mapping[int, Sequence[int]]
    names: Mapping[int, str]

    @cached_property
    def at(self) -> list[int]:
        """Per unit: its package, or OUT."""
        return [self.labels[atom] for atom in self.model.atom_of]

    @cached_property
    def closed(self) -> dict[int, list[tuple[float, int, str]]]:
        """Per unit: links that may not be used, nearest first, as (metres, other unit, what closes them)."""
        found: dict[int, list[tuple[float, int, str]]] = {}
        index, units = self.model.index, self.model.problem.units
        for link in self.model.problem.links:
            a, b = index[link.a], index[link.b]
            border = self.model.problem.rules.within and units[a].within != units[b].within
            if link.cut and border:
                continue  # two changes would be needed
            if link.cut or border:
                found.setdefault(a, []).append((link.gap, b, link.cut or "within"))
                found.setdefault(b, []).append((link.gap, a, link.cut or "within"))
        return {unit: sorted(links) for unit, links in found.items()}

    @cached_property
    def barriers(self) -> bool:
        """Whether a barrier cuts any two units."""
        return any(link.cut == "barrier" for link in self.model.problem.links)

    @cached_property
    def placed(self) -> tuple[np.ndarray, np.ndarray]:
        """Units in packages, and their points."""
        units = [unit for unit, package in enumerate(self.at) if package != OUT]
        points = [(self.model.problem.units[u].x, self.model.problem.units[u].y) for u in units]
        return np.array(units, dtype=np.int64), np.array(points, dtype=float).reshape(-1, 2)

    @cached_property
    def clump(self) -> dict[int, list[int]]:
        """Per left-out atom: the left-out units that links among them connect to it, its own included."""
        found: dict[int, list[int]] = {}
        for start, label in enumerate(self.labels):
            if label != OUT or start in found:
                continue
            seen, todo = {start}, [start]
            while todo:
                for other in self.model.neighbours[todo.pop()]:
                    if self.labels[other] == OUT and other not in seen:
                        seen.add(other)
                        todo.append(other)
            units = [unit for atom in sorted(seen) for unit in self.model.atoms[atom]]
            found |= dict.fromkeys(seen, units)
        return found

    @cached_property
    def room_for_more(self) -> bool:
        """Whether one more package keeps their number."""
        return len(self.names) < self.model.problem.rules.package_range()[1]


def faults_of(ground: Ground, units: Sequence[int], extra: tuple[int, int] | None = None) -> list[Fault]:
    """Hard rules that a package of these units would break; ``extra``: one more link between two of them."""
    model, found = ground.model, []
    if not _connected(model, units, extra):
        found.append(Fault("contiguity"))
    if model.problem.rules.within and len(model.areas(units)) > 1:
        found.append(Fault("within"))
    inside = set(units)
    ids = {model.problem.units[unit].id for unit in inside}
    if any(len(ids.intersection(group)) > 1 for group in model.problem.rules.apart):
        found.append(Fault("apart"))
    if model.problem.rules.centres and not _centre_takes(model, units):
        found.append(Fault("centres"))
    for column, load in zip(model.columns, model.sums(units), strict=True):
        if column.hard and column.over(load):
            kind = "max_members" if column.name == MEMBERS else "upper"
            found.append(Fault(kind, column.name, column.upper, load))
        elif column.hard and column.short(load):
            kind = "anchors" if column.name == ANCHORS else "lower"
            found.append(Fault(kind, column.name, column.lower, load))
    return found


def _centre_takes(model: Model, units: Sequence[int]) -> bool:
    """Whether the units hold a given centre that can take them all."""
    ids = {model.problem.units[unit].id for unit in units}
    inside = [centre for centre in model.problem.rules.centres if centre.id in ids]
    load = math.fsum(model.load[unit] for unit in units)
    return any(centre.capacity is None or load <= centre.capacity for centre in inside)


def _connected(model: Model, units: Sequence[int], extra: tuple[int, int] | None) -> bool:
    left = set(units)
    todo = [left.pop()]
    while todo:
        unit = todo.pop()
        near = left & model.links[unit]
        if extra and unit in extra:
            near |= left.intersection(extra)
        left -= near
        todo.extend(near)
    return not left


def joining(ground: Ground, atom: int) -> tuple[str, dict[str, Figure]]:
    """The shortest closed link over which a package would take the atom, every other rule kept."""
    members = ground.model.atoms[atom]
    beside = {ground.at[b] for unit in members for b in ground.model.links[unit]} | {OUT}
    refused: set[int] = set()
    for metres, here, other, way, measured in _ways(ground, members):
        package = ground.at[other]
        if package in beside or package in refused:
            continue
        faults = faults_of(ground, [*ground.packages[package], *members], (here, other))
        if {fault.kind for fault in faults} <= ({"within"} if way == "within" else set()):
            return _said(ground, members, (metres, other, way, measured))
        refused.add(package)
    return "", {}


def _ways(ground: Ground, members: Sequence[int]) -> Iterator[tuple[float, int, int, str, str]]:
    """Closed links to placed units by length; then, without barriers, the nearest units by point."""
    known = [
        (metres, unit, other, way)
        for unit in members
        for metres, other, way in ground.closed.get(unit, ())
        if ground.at[other] != OUT
    ]
    for metres, unit, other, way in sorted(known):
        yield metres, unit, other, way, "footprints"
    if ground.barriers or not ground.model.problem.measured:
        return  # what stands between units farther off than those linked was never looked at
    barred = {other for _, _, other, _ in known}
    units, points = ground.placed
    if not len(units):
        return
    for unit in members[:_NEAREST]:
        here = ground.model.problem.units[unit]
        away = np.hypot(points[:, 0] - here.x, points[:, 1] - here.y)
        for place in _least(away, _NEAREST):
            other = int(units[place])
            if other not in barred:
                yield float(away[place]), unit, other, "gap", "points"


def _least(away: np.ndarray, count: int) -> np.ndarray:
    """Positions of the smallest values, in order; ties by position."""
    kept = np.arange(len(away))
    if len(away) > count:
        kept = np.flatnonzero(away <= np.partition(away, count - 1)[count - 1])
    return np.asarray(kept[np.argsort(away[kept], kind="stable")][:count])


def _said(
    ground: Ground, members: Sequence[int], way: tuple[float, int, str, str]
) -> tuple[str, dict[str, Figure]]:
    metres, other, cut, measured = way
    package = ground.names[ground.at[other]]
    neighbour = ground.model.problem.units[other].id
    step = 10 if metres > 100 else 1
    gap = math.ceil(round(metres / step, 9)) * step
    figures: dict[str, Figure] = {
        **_company(ground, "join_units", members),
        "join_package": package,
        "join_over": cut,
        "join_neighbour": neighbour,
        "join_metres": metres,
        "join_gap": gap if cut == "gap" else None,
        "join_measured": measured,
    }
    if cut == "within":
        return f"across the border of its area it would join {package} (by {neighbour})", figures
    if cut == "barrier":
        return f"over the barrier to {neighbour}, {metres:,.0f} m away, it would join {package}", figures
    between = "" if measured == "footprints" else " point to point"
    return f"at a gap of {gap:,} m it would join {package} ({neighbour}, {metres:,.0f} m{between})", figures


def _company(ground: Ground, key: str, units: Sequence[int]) -> dict[str, Figure]:
    if len(units) < 2:
        return {}
    return {key: ", ".join(ground.model.problem.units[unit].id for unit in sorted(units))}


def bounding(ground: Ground, atom: int) -> tuple[str, dict[str, Figure]]:
    """The one bound whose least change lets the atom into a package beside it, or be one with those around."""
    members, clump = ground.model.atoms[atom], ground.clump[atom]
    beside = sorted({ground.at[b] for unit in members for b in ground.model.links[unit]} - {OUT})
    tried: list[tuple[float, int, str | None, Fault, Sequence[int]]] = []
    for package in beside:
        faults = faults_of(ground, [*ground.packages[package], *members])
        tried += _bound_alone(faults, package, ground.names[package], members)
    own: tuple[Sequence[int], ...] = (members, clump) if ground.room_for_more else ()
    for units in own:
        if units and len(units) <= _LONGEST_LIST:
            tried += _bound_alone(faults_of(ground, units), len(ground.names), None, units)
    if not tried:
        return "", {}
    _, _, name, fault, units = min(tried, key=lambda each: each[:2])
    figures: dict[str, Figure] = {
        **_company(ground, "bound_units", units),
        "bound": fault.kind,
        "bound_rule": fault.rule,
        "bound_now": fault.now,
        "bound_to": fault.to,
        "bound_package": name,
    }
    article = "an" if fault.kind == "upper" else "a"
    limit = (
        f"a limit of {fault.to:,.0f} members instead of {fault.now:,.0f}"
        if fault.kind == "max_members"
        else f"{article} {fault.kind} bound of {number(fault.to)} {fault.rule} instead of {number(fault.now)}"
    )
    who = "it" if len(units) == len(members) else f"it and {len(units) - len(members)} units connected to it"
    where = f"{name} could take it" if name else f"{who} could be a package"
    return f"with {limit} {where}", figures


def _bound_alone(
    faults: Sequence[Fault], rank: int, name: str | None, units: Sequence[int]
) -> Iterable[tuple[float, int, str | None, Fault, Sequence[int]]]:
    if len(faults) == 1 and faults[0].kind in ("upper", "lower", "max_members"):
        yield faults[0].stretch, rank, name, faults[0], units
