"""Given centres compiled for solving (既定中心): who may go to which centre, at what cost, under what capacity.

A *site* is a centre that a package may be built round; an atom goes to a site or stays out. Conventions of
the published service-area problems (Kong, Zhu and Wang 2019; Kong 2021; Kong 2022), followed to the letter:

SAP      every centre opens; minimise Σ weight · distance to the centre; the weight of an area is at most its
         centre's capacity; every area is connected and holds the unit where its centre stands.
CFLSAP   choose among candidates, each with a fixed cost: minimise fixed costs + Σ weight · distance.
CKFLSAP  the same with the number of open centres given.

A closed candidate's unit is a unit like any other. Distance is Euclidean in the unit of the coordinates, so
metres and kilometres both serve; a fixed cost is in weight × that unit.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from geo.bundling.compiling.compiled import compiled
from geo.bundling.forms.arrays import Arrays, Floats, Whole
from geo.bundling.forms.model import EPS, Model


@dataclass(frozen=True)
class Sites:
    """K centres over the atoms of a model; matrices are atoms × sites."""

    model: Model
    arrays: Arrays
    unit: Whole
    """Per site: the unit where it stands, with ``atom``, that unit's atom."""
    atom: Whole
    capacity: Floats
    """Most load of each site's package, widened by the rounding hair."""
    fixed: Floats
    opened: tuple[int, int]
    """Fewest and most sites that open."""
    cost: Floats
    may: np.ndarray
    """Whether an atom could be in a site's package at all: connected over units that leave it room."""

    @property
    def every(self) -> bool:
        """Whether every site opens."""
        return self.opened[0] >= len(self.unit)


def sites_of(model: Model, arrays: Arrays) -> Sites:
    """Compile the centres of a problem."""
    rules = model.problem.rules
    unit = np.array([model.index[centre.id] for centre in rules.centres], dtype=np.int64)
    upper = math.inf
    if rules.activities and rules.is_hard(rules.activities[0]) and rules.activities[0].upper is not None:
        upper = rules.activities[0].upper
    room = [min(upper, math.inf if c.capacity is None else c.capacity) for c in rules.centres]
    capacity = np.array([each + EPS * max(1.0, abs(each)) if each < math.inf else each for each in room])
    low, high = rules.opened_range()
    opened = (low, int(high))
    far = np.hypot(arrays.x[:, None] - arrays.x[unit], arrays.y[:, None] - arrays.y[unit])
    cost = np.zeros((len(model.atoms), len(unit)))
    np.add.at(cost, arrays.atom_of, far * arrays.pull[:, None])
    atom = arrays.atom_of[unit]
    blocked = opened[0] >= len(unit)
    return Sites(
        model=model,
        arrays=arrays,
        unit=unit,
        atom=atom,
        capacity=capacity,
        fixed=np.array([centre.fixed_cost for centre in rules.centres], dtype=float),
        opened=opened,
        cost=cost,
        may=reachable(arrays, atom, capacity, blocked),
    )


def usual_way(sites: Sites) -> float:
    """What an atom costs at its nearest site, in the mean."""
    placed = np.asarray(sites.may.any(axis=1))
    if not placed.any():
        return 1e-9
    return max(float(np.where(sites.may, sites.cost, math.inf)[placed].min(axis=1).mean()), 1e-9)


@compiled
def reachable(arrays: Arrays, atom: Whole, capacity: Floats, blocked: bool) -> np.ndarray:
    """Atoms × sites: whether the lightest way from a site to an atom fits the site's capacity.

    ``blocked``: no way leads over another site's atom. Shortest paths by load, by correcting labels.
    """
    count = len(arrays.component)
    found = np.zeros((count, len(atom)), dtype=np.bool_)
    closed = np.zeros(count, dtype=np.bool_)
    if blocked:
        for site in range(len(atom)):
            closed[atom[site]] = True
    way = np.empty(count)
    waits = np.zeros(count, dtype=np.bool_)
    queue = np.empty(count + 1, dtype=np.int64)
    for site in range(len(atom)):
        start = atom[site]
        if arrays.component[start] < 0 or arrays.atom_load[start] > capacity[site]:
            continue
        way[:] = np.inf
        way[start] = arrays.atom_load[start]
        queue[0] = start
        head, tail = 0, 1
        while head != tail:
            here = queue[head]
            head = (head + 1) % (count + 1)
            waits[here] = False
            for place in range(arrays.next_at[here], arrays.next_at[here + 1]):
                other = arrays.next[place]
                further = way[here] + arrays.atom_load[other]
                if closed[other] or further >= way[other] or further > capacity[site]:
                    continue
                way[other] = further
                if not waits[other]:
                    waits[other] = True
                    queue[tail] = other
                    tail = (tail + 1) % (count + 1)
        for other in range(count):
            found[other, site] = way[other] < np.inf
    return found
