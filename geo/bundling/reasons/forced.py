"""What must share a package, and what must part: conflicts seen from the shape of the graph (瓶颈、互斥)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from geo.bundling.forms.model import Column, Model
from geo.bundling.forms.rooms import Room
from geo.bundling.plan import Figure, Reason, number
from geo.bundling.reasons.cut_places import Walk, walk


@dataclass(frozen=True)
class _Side:
    """One piece of a component without its cut atom: column sums, sums of what adds, number of atoms."""

    sums: tuple[float, ...]
    reach: tuple[float, ...]
    size: int


def pocket(model: Model, rooms: Sequence[Room]) -> Reason | None:
    """A cut atom with pockets too light for packages of their own, which together are too heavy for one.

    Only proves something where every unit must be placed: then a pocket shares the cut atom's package.
    """
    for room in rooms:
        if room.most >= 1 and len(room.atoms) > 1:
            reason = _pocket_of(model, room)
            if reason is not None:
                return reason
    return None


def _pocket_of(model: Model, room: Room) -> Reason | None:
    index = {atom: i for i, atom in enumerate(room.atoms)}
    seen = walk([[index[b] for b in model.neighbours[atom]] for atom in room.atoms])
    amounts = [model.amounts[atom] for atom in room.atoms]
    own = [_Side(row, tuple(max(0.0, value) for value in row), 1) for row in amounts]
    for cut, sides in _sides(seen, _below(seen, own), own):
        light = [side for side in sides if _too_light(model, side) is not None]
        for place, column in enumerate(model.columns if light else ()):
            whole = amounts[cut][place] + sum(side.sums[place] for side in light)
            if column.hard and column.positive and column.over(whole):
                return _pocket(model, room.atoms[cut], light, column, whole)
    return None


def _below(seen: Walk, own: Sequence[_Side]) -> list[_Side]:
    """Per atom: its subtree in the walk."""
    sums, reach = [list(each.sums) for each in own], [list(each.reach) for each in own]
    size = [1] * len(own)
    for node in reversed(seen.order):
        above = seen.parent[node]
        if above >= 0:
            size[above] += size[node]
            for column, value in enumerate(sums[node]):
                sums[above][column] += value
                reach[above][column] += reach[node][column]
    return [_Side(tuple(s), tuple(r), n) for s, r, n in zip(sums, reach, size, strict=True)]


def _sides(seen: Walk, below: Sequence[_Side], own: Sequence[_Side]) -> Iterator[tuple[int, list[_Side]]]:
    """Each cut atom with the pieces that its component falls into without it."""
    hanging: dict[int, list[int]] = {}
    for node in seen.order:
        above = seen.parent[node]
        if above >= 0 and seen.severed(node):
            hanging.setdefault(above, []).append(node)
    root = seen.order[0]
    for cut, children in sorted(hanging.items()):
        sides = [below[child] for child in children]
        if cut != root:
            sides.append(_minus(below[root], [own[cut], *sides]))
        if len(sides) > 1:
            yield cut, sides


def _minus(whole: _Side, parts: Sequence[_Side]) -> _Side:
    sums, reach = (
        tuple(total - sum(each) for total, *each in zip(*rows, strict=True))
        for rows in (
            (whole.sums, *(part.sums for part in parts)),
            (whole.reach, *(part.reach for part in parts)),
        )
    )
    return _Side(sums, reach, whole.size - sum(part.size for part in parts))


def _too_light(model: Model, side: _Side) -> tuple[Column, float] | None:
    """The bound that keeps any part of a piece from being a package, with the most that one could hold."""
    for column, reach in zip(model.columns, side.reach, strict=True):
        if column.hard and reach > 0 and column.short(reach):
            return column, reach
        if column.hard and reach <= 0 < column.lower:
            return column, reach
    return None


def _pocket(model: Model, atom: int, light: Sequence[_Side], column: Column, whole: float) -> Reason:
    unit = model.problem.units[model.atoms[atom][0]].id
    first = next(found for side in light if (found := _too_light(model, side)))
    size = sum(side.size for side in light)
    figures: dict[str, Figure] = {
        "unit": unit,
        "pockets": len(light),
        "units": size,
        "lower_rule": first[0].name,
        "reach": first[1],
        "lower": first[0].lower,
        "rule": column.name,
        "value": whole,
        "limit": column.upper,
    }
    text = (
        f"only {unit} connects {size} units to the rest, too few for packages of their own "
        f"({number(first[1])} {first[0].name} < {number(first[0].lower)}), but with it they hold "
        f"{number(whole)} {column.name} > {number(column.upper)}"
    )
    return Reason("pocket", text, figures)


def crowd(model: Model, rooms: Sequence[Room], must_place: bool) -> Reason | None:
    """More units that must part, pair by pair, than there may be packages (a clique of the apart rules)."""
    most = model.problem.rules.package_range()[1]
    needed = 0
    for room in rooms:
        group = _clique(model, [a for a in room.atoms if must_place or model.lock[a] is not None])
        needed += max(len(group), room.fewest if must_place else room.locks)
        if len(group) > min(most, max(room.most, 0)):
            return _crowd(model, group, int(min(most, room.most)))
        if must_place and group and needed > most:
            text = f"keeping units apart takes at least {needed} packages, but at most {most:g} are allowed"
            return Reason("apart_crowd", text, {"needed": needed, "packages": int(most)})
    return None


def _clique(model: Model, atoms: Sequence[int]) -> list[int]:
    """Units that must all be in different packages: as many as a greedy choice finds."""
    allowed = {atom for atom in atoms if model.apart[atom]}
    best: list[int] = []
    for start in sorted(allowed):
        group, open_ = [start], model.apart[start] & allowed
        while open_:
            following = min(open_, key=lambda atom: (-len(model.apart[atom] & open_), atom))
            group.append(following)
            open_ = open_ & model.apart[following]
        best = max(best, group, key=len)
    return best


def _crowd(model: Model, group: Sequence[int], most: int) -> Reason:
    names = ", ".join(model.problem.units[model.atoms[atom][0]].id for atom in sorted(group)[:6])
    text = f"{names} must all be in different packages, {len(group)} of them, but there is room for {most} at most"
    return Reason("apart_crowd", text, {"units": names, "needed": len(group), "packages": most})
