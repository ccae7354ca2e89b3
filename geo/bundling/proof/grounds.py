"""The problem as a proof needs it: no chain guessed between units that must go together, every rule as it stands.

The search contracts a group that goes together into one atom with the lightest chain between its members. A proof
may not guess that chain: here each connected piece of a group is an atom, and packages hold all pieces or none.
"""

from __future__ import annotations

import dataclasses
import math
from typing import NamedTuple

import numpy as np

from geo.bundling.forms.arrays import OUT, Arrays, Floats, Whole, arrays_of, rows
from geo.bundling.forms.model import Contradiction, Model, compile_problem
from geo.bundling.forms.rooms import room_of
from geo.bundling.plan import Reason
from geo.bundling.problem import Problem
from geo.bundling.proof.grain import common
from geo.bundling.proof.near_hub import Field, far_table


class Ground(NamedTuple):
    """A problem to be proven. ``packages``: fewest and most; at least one where there is anything to place."""

    field: Field
    packages: tuple[int, int]
    placeable: Whole
    """Atoms that some package may hold."""
    out_weight: Floats
    """Per placeable atom: price of leaving it out; inf where that is forbidden."""
    out_units: Floats
    """Per placeable atom: number of its units; inf likewise."""
    lost: bool
    """Whether an atom that must be placed can be in no package: there is no plan."""
    room: int
    """Most packages by what the lower bounds take, whatever the rules say of their number."""


def ground_of(problem: Problem) -> Ground:
    """Compile without chains. Raises :class:`Contradiction` (proven) when locks and groups stand against each other."""
    groups = groups_of(problem)
    split = in_pieces(problem, groups)
    model = compile_problem(split)
    arrays = arrays_of(model)
    kin, members = _kin(model.atom_of, groups, len(model.atoms))
    locks = [unit.lock for unit in problem.units]
    arrays = arrays._replace(lock=_locks(locks, groups, model.atom_of, len(model.atoms)))
    barred = arrays.component < 0
    for group in members:
        if barred[group].any():
            barred[group] = True
    arrays = in_whole_steps(arrays._replace(component=np.where(barred, -1, arrays.component)))
    kin_at, kin_atoms = rows(members)
    fewest, most = problem.rules.package_range()
    placeable = np.flatnonzero(~barred)
    # prices alone would pay for parts of packages: half a package more than there is room for bounds nothing
    room = min(_room(model, arrays), len(placeable))
    most = int(min(most, room))
    must = (arrays.lock >= 0) | (problem.rules.leave_out_price is None)
    price = problem.rules.leave_out_price or 0.0
    units = np.diff(arrays.units_at).astype(float)
    return Ground(
        Field(arrays, far_table(arrays), kin, kin_at, kin_atoms),
        (max(int(min(fewest, 10**9)), 1 if placeable.size and most else 0), most),
        placeable,
        np.where(must, math.inf, price * arrays.atom_load)[placeable],
        np.where(must, math.inf, units)[placeable],
        bool(np.any(must & barred)),
        room,
    )


def _room(model: Model, arrays: Arrays) -> int:
    """Most packages by what the lower bounds take, in whole steps of their sums."""
    most = 0
    for atoms in model.components:
        fits = room_of(model, atoms).most
        for column in np.flatnonzero(np.isinf(arrays.price) & (arrays.lower > 0)).tolist():
            amounts = arrays.amounts[list(atoms), column]
            if amounts.min(initial=0.0) >= 0:
                fits = min(fits, math.floor(math.fsum(amounts) * (1 + 1e-9) / float(arrays.lower[column])))
        most += fits
    return most


def in_whole_steps(arrays: Arrays) -> Arrays:
    """Hard bounds moved to sums that there can be: of households in whole numbers no package holds 601.75."""
    lower, upper = arrays.lower.copy(), arrays.upper.copy()
    for column in np.flatnonzero(np.isinf(arrays.price)).tolist():
        step = common(arrays.amounts[:, column])
        if step <= 0:
            continue
        low, high = np.ceil(lower[column] / step) * step, np.floor(upper[column] / step) * step
        hair = 1e-9 * max(1.0, abs(low) if np.isfinite(low) else 0.0, abs(high) if np.isfinite(high) else 0.0)
        lower[column], upper[column] = max(lower[column], low - hair), min(upper[column], high + hair)
    return arrays._replace(lower=lower, upper=upper)


def groups_of(problem: Problem) -> list[list[int]]:
    """Units that must share a package, merged where groups and locks meet."""
    index = {unit.id: place for place, unit in enumerate(problem.units)}
    wanted = [{index[name] for name in group} for group in problem.rules.together]
    locks: dict[str, set[int]] = {}
    for place, unit in enumerate(problem.units):
        if unit.lock is not None:
            locks.setdefault(unit.lock, set()).add(place)
    found: list[set[int]] = []
    for group in [*locks.values(), *wanted]:
        meeting = [other for other in found if other & group]
        found = [other for other in found if not other & group]
        found.append(group.union(*meeting))
    for group in found:
        names = sorted({lock for unit in group if (lock := problem.units[unit].lock) is not None})
        if len(names) > 1:
            text = f"units that must go together are locked to {' and '.join(names)}"
            raise Contradiction(Reason("locks", text, {"locks": " and ".join(names)}))
    return [sorted(group) for group in sorted(filter(None, found), key=min)]


def in_pieces(problem: Problem, groups: list[list[int]]) -> Problem:
    """The problem with each connected piece of a group as a group, and a lock of its own for each locked piece."""
    near: dict[str, set[str]] = {unit.id: set() for unit in problem.units}
    area = {unit.id: unit.within for unit in problem.units}
    for link in problem.links:
        if link.cut is None and not (problem.rules.within and area[link.a] != area[link.b]):
            near[link.a].add(link.b)
            near[link.b].add(link.a)
    units = [dataclasses.replace(unit, lock=None) for unit in problem.units]
    together = []
    for group in groups:
        left = {problem.units[place].id for place in group}
        locked = any(problem.units[place].lock is not None for place in group)
        while left:
            piece, todo = set[str](), [min(left)]
            while todo:
                name = todo.pop()
                if name in left:
                    left.discard(name)
                    piece.add(name)
                    todo += near[name]
            together.append(tuple(sorted(piece)))
            if locked:
                place = next(p for p in group if problem.units[p].id in piece)
                units[place] = dataclasses.replace(units[place], lock=f"piece {len(together)}")
    rules = dataclasses.replace(problem.rules, together=tuple(group for group in together if len(group) > 1))
    return dataclasses.replace(problem, units=tuple(units), rules=rules)


def _kin(atom_of: tuple[int, ...], groups: list[list[int]], count: int) -> tuple[Whole, list[list[int]]]:
    kin = np.full(count, -1, dtype=np.int64)
    members: list[list[int]] = []
    for group in groups:
        atoms = sorted({atom_of[unit] for unit in group})
        if len(atoms) > 1:
            kin[atoms] = len(members)
            members.append(atoms)
    return kin, members


def _locks(locks: list[str | None], groups: list[list[int]], atom_of: tuple[int, ...], count: int) -> Whole:
    """Per atom the number of its lock, the same for all pieces of a group that one lock holds."""
    found = np.full(count, OUT, dtype=np.int64)
    for number, group in enumerate(groups):
        if any(locks[unit] is not None for unit in group):
            found[sorted({atom_of[unit] for unit in group})] = number
    return found


def hardened(ground: Ground) -> Ground:
    """The ground on which nothing priced may be broken: soft bounds and borders as hard rules.

    What may be broken for nothing stays so: a plan that breaks it pays as little as one that keeps it.
    """
    arrays = ground.field.arrays
    hard = arrays._replace(price=np.where(arrays.price > 0, math.inf, arrays.price))
    if arrays.border_price > 0:
        area, split = _areas(arrays)
        keep = np.repeat(area, np.diff(arrays.next_at)) == area[arrays.next]
        ends = np.concatenate([[0], np.cumsum(keep)])[arrays.next_at]
        component = np.where(split, -1, arrays.component)
        hard = hard._replace(next_at=ends, next=arrays.next[keep], component=component, border_price=0.0)
    return ground._replace(field=ground.field._replace(arrays=hard))


def _areas(arrays: Arrays) -> tuple[Whole, np.ndarray]:
    """Area of each atom's first unit, and whether its units lie in several."""
    inner = arrays.area[arrays.units]
    first = inner[arrays.units_at[:-1]]
    return first, np.maximum.reduceat(inner, arrays.units_at[:-1]) != np.minimum.reduceat(
        inner, arrays.units_at[:-1]
    )


def tightened(ground: Ground, left: Floats | None = None) -> Ground:
    """Bounds that follow when every placeable atom is placed: what the other packages can and must hold.

    ``left``: per column, at most so much of it stays out; None where nothing does.
    """
    arrays, (fewest, most) = ground.field.arrays, ground.packages
    lower, upper = arrays.lower.copy(), arrays.upper.copy()
    for column in range(len(lower)):
        spare = 0.0 if left is None else float(left[column])
        if not math.isinf(arrays.price[column]) or math.isinf(spare):
            continue
        amounts = arrays.amounts[ground.placeable, column]
        total, hair = math.fsum(amounts), 1e-9 * max(1.0, float(np.abs(amounts).sum()))
        low, high = lower[column], upper[column]
        if math.isfinite(high) and most >= 1:
            lower[column] = max(low, total - spare - (most - 1) * max(high, 0.0) - hair)
            if total - spare - hair > 0:
                fewest = max(fewest, math.ceil((total - spare - hair) / high)) if high > 0 else most + 1
        if most == 1:
            lower[column] = max(lower[column], total - spare - hair)
        if amounts.min(initial=0.0) >= 0 and math.isfinite(max(low, 0.0)):
            others = max(fewest - 1, 0) * max(low, 0.0)
            upper[column] = min(upper[column], total - others + hair)
        elif spare == 0 and math.isfinite(low) and fewest == most:
            upper[column] = min(upper[column], total - (most - 1) * low + hair)
        if most == 1 and spare == 0:
            upper[column] = min(high, total + hair)
    arrays = arrays._replace(lower=lower, upper=upper)
    if most == 1 and left is None:
        arrays = _all_in_one(arrays, ground.placeable)
    return ground._replace(field=ground.field._replace(arrays=arrays), packages=(fewest, most))


def left_out(ground: Ground, outs: Floats, most: float) -> Floats:
    """Per column, the most of it that can stay out for a price of ``most`` in all.

    ``outs``: price of leaving out each placeable atom, inf where that is forbidden. An atom left out in part counts.
    """
    amounts = np.maximum(ground.field.arrays.amounts[ground.placeable], 0.0)
    amounts = np.where(np.isinf(outs)[:, None], 0.0, amounts)
    dear = np.where(np.isfinite(outs) & (outs > 0), outs, 0.0)
    found = amounts[dear == 0].sum(axis=0)
    for column in range(amounts.shape[1]):
        rate = np.divide(amounts[:, column], dear, out=np.zeros(len(dear)), where=dear > 0)
        order = np.argsort(-rate, kind="stable")
        room = most - np.concatenate([[0.0], np.cumsum(dear[order])[:-1]])
        part = np.clip(np.divide(room, dear[order], out=np.zeros(len(dear)), where=dear[order] > 0), 0.0, 1.0)
        found[column] += float((part * amounts[order, column]).sum())
    return np.asarray(found * (1 + 1e-9))


def _all_in_one(arrays: Arrays, placeable: Whole) -> Arrays:
    """A further column that counts atoms: a package holds all or is none."""
    count = float(len(placeable))
    if len(arrays.lower) and arrays.lower[-1] == count - 0.5:
        return arrays  # it is there already
    return arrays._replace(
        amounts=np.column_stack([arrays.amounts, np.ones(len(arrays.amounts))]),
        lower=np.append(arrays.lower, count - 0.5),
        upper=np.append(arrays.upper, count + 0.5),
        price=np.append(arrays.price, math.inf),
    )
