"""How many packages a component (连片) can hold, by all that only adds up."""

from __future__ import annotations

import math
from dataclasses import dataclass

from geo.bundling.forms.model import Model


@dataclass(frozen=True)
class Room:
    """How many packages a component can hold: ``fewest`` to place everything, ``most`` by lower bounds."""

    atoms: tuple[int, ...]
    fewest: int
    most: int
    locks: int


def room_of(model: Model, atoms: tuple[int, ...]) -> Room:
    """Fewest and most packages of one component, by every hard column that only adds up."""
    units = [unit for atom in atoms for unit in model.atoms[atom]]
    fewest, most = 1, len(atoms)
    for column, total in zip(model.columns, model.sums(units), strict=True):
        if not column.hard:
            continue
        reach = column.reach(units)
        if column.short(reach):
            most = 0
        elif column.lower > 0:
            most = min(most, max(1, math.floor(min(reach / column.lower + 1e-9, len(atoms)))))
        if column.positive and column.upper > 0 and column.over(total):
            fewest = max(fewest, math.ceil(min(total / column.upper - 1e-9, 1e9)))
    locks = len({model.lock[atom] for atom in atoms} - {None})
    return Room(atoms, fewest, most, locks)
