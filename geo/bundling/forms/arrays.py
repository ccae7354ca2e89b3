"""The compiled problem as flat arrays, which compiled loops take whole.

n units, a atoms (units that always share a package), c columns (bounded sums per package), e links.
Lists of lists are stored row after row: row ``i`` of ``next`` is ``next[next_at[i]:next_at[i + 1]]``.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from geo.bundling.forms.model import EPS, Model

Floats: TypeAlias = NDArray[np.float64]
Whole: TypeAlias = NDArray[np.int64]

OUT = -1
"""Label of an atom that stays out."""


class Arrays(NamedTuple):
    """A :class:`Model` for loops. Metres, loads of the first activity, prices in units of distance cost."""

    x: Floats
    """Per unit, with ``y``, ``pull`` (price of a metre to the hub) and ``load`` (first activity)."""
    y: Floats
    pull: Floats
    load: Floats
    atom_of: Whole
    """Per unit: its atom."""
    units_at: Whole
    units: Whole
    """Units of each atom."""
    next_at: Whole
    next: Whole
    """Neighbouring atoms of each atom, sorted; none for barred atoms."""
    amounts: Floats
    """Atoms × columns."""
    lower: Floats
    """Per column, widened by the rounding hair, so that sums are compared plainly; -inf = no bound."""
    upper: Floats
    price: Floats
    """Per column: price of each unit short or over; inf where the bounds are hard."""
    foes_at: Whole
    foes: Whole
    """Atoms that may not share a package with each atom."""
    lock: Whole
    """Per atom: number of the lock that names its package, -1 where it is free."""
    area: Whole
    """Per unit: number of its ``within`` area."""
    border_price: float
    """Price of each further area in a package; 0 when borders cost nothing or are closed."""
    atom_load: Floats
    out_price: float
    """Price per load left out; inf when every unit must be placed."""
    component: Whole
    """Per atom: its connected component, -1 for a barred atom, which no package can hold."""


def arrays_of(model: Model) -> Arrays:
    """Flatten a model; atoms, units and columns keep their numbers."""
    problem = model.problem
    units_at, units = rows(model.atoms)
    next_at, following = rows(model.neighbours)
    foes_at, foes = rows([sorted(each) for each in model.apart])
    lower = np.array([column.lower for column in model.columns], dtype=float)
    upper = np.array([column.upper for column in model.columns], dtype=float)
    load = np.array(model.load, dtype=float)
    atom_of = np.array(model.atom_of, dtype=np.int64)
    component = np.full(len(model.atoms), -1, dtype=np.int64)
    for number, atoms in enumerate(model.components):
        component[list(atoms)] = number
    price = problem.rules.leave_out_price
    return Arrays(
        x=np.array([unit.x for unit in problem.units], dtype=float),
        y=np.array([unit.y for unit in problem.units], dtype=float),
        pull=np.array(model.pull, dtype=float),
        load=load,
        atom_of=atom_of,
        units_at=units_at,
        units=units,
        next_at=next_at,
        next=following,
        amounts=np.array(model.amounts, dtype=float).reshape(len(model.atoms), len(model.columns)),
        lower=lower - EPS * np.maximum(1.0, np.abs(np.where(np.isinf(lower), 0.0, lower))),
        upper=upper + EPS * np.maximum(1.0, np.abs(np.where(np.isinf(upper), 0.0, upper))),
        price=np.array([math.inf if c.price is None else c.price for c in model.columns], dtype=float),
        foes_at=foes_at,
        foes=foes,
        lock=_numbered(model.lock),
        area=_numbered([unit.within for unit in problem.units], none=0),
        border_price=float(model.border_price),
        atom_load=np.bincount(atom_of, weights=load, minlength=len(model.atoms)).astype(float),
        out_price=math.inf if price is None else float(price),
        component=component,
    )


def rows(lists: Sequence[Sequence[int]]) -> tuple[Whole, Whole]:
    """Lists of lists as (start of each row and the end, all values).

    >>> [part.tolist() for part in rows([[4, 5], [], [6]])]
    [[0, 2, 2, 3], [4, 5, 6]]
    """
    sizes = np.fromiter((len(each) for each in lists), dtype=np.int64, count=len(lists))
    at = np.zeros(len(lists) + 1, dtype=np.int64)
    np.cumsum(sizes, out=at[1:])
    values = np.fromiter((value for each in lists for value in each), dtype=np.int64, count=int(at[-1]))
    return at, values


def _numbered(names: Iterable[str | None], none: int = -1) -> Whole:
    """Names as numbers in order of first appearance; with ``none`` 0, no name is a name like any other."""
    numbers: dict[str | None, int] = {}
    found = []
    for name in names:
        if name is None and none < 0:
            found.append(none)
        else:
            found.append(numbers.setdefault(name, len(numbers)))
    return np.array(found, dtype=np.int64)
