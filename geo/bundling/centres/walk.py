"""Every connected package round a given centre that costs at most so much (枚举), none twice.

Depth first: of the atoms that touch the package the one that brings most per load is first taken (and walked on
from), then shut out, with all that it cuts off. A branch ends where even parts of the atoms left, best first up
to the capacity (Dantzig 1957), cannot make a package cheap enough. Cost: distance less the prices of the atoms.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from geo.bundling.compiling.compiled import compiled
from geo.bundling.forms.arrays import Floats, Whole

FREE, TAKEN, SHUT = 0, 1, 2
HAIR = 1e-9


class Around(NamedTuple):
    """The atoms that may join a centre's package, the centre's own first, and which of them touch."""

    atoms: Whole
    distance: Floats
    load: Floats
    room: float
    """Capacity."""
    next_at: Whole
    next: Whole


class Paper(NamedTuple):
    """Room for packages: row ``i`` of ``members`` (places in Around) is ``members[at[i]:at[i + 1]]``."""

    at: Whole
    members: Whole
    cost: Floats


def paper(packages: int, members: int) -> Paper:
    """Room for so many packages with so many members in all."""
    return Paper(
        np.zeros(packages + 1, dtype=np.int64), np.zeros(members, dtype=np.int64), np.zeros(packages)
    )


@compiled
def _cheapest_first(price: Floats, load: Floats) -> Whole:
    """Atoms by their price for each unit of load; of those without load the welcome ones first, the others last."""
    rate = np.empty(len(price))
    for atom in range(len(price)):
        if load[atom] > 0:
            rate[atom] = price[atom] / load[atom]
        else:
            rate[atom] = -np.inf if price[atom] < 0 else np.inf
    return np.argsort(rate, kind="mergesort")


@compiled
def _promise(order: Whole, status: Whole, price: Floats, load: Floats, cost: float, room: float) -> float:
    """Least that a package can cost which goes on from here."""
    for place in range(len(order)):
        atom = order[place]
        if status[atom] != FREE:
            continue
        if price[atom] >= 0:
            break
        if load[atom] > room:
            return float(cost + price[atom] * room / load[atom])
        cost += price[atom]
        room -= load[atom]
    return cost


@compiled
def walk(
    around: Around, worth: Floats, most: float, narrow: bool, limit: int, out: Paper
) -> tuple[int, float, float, int]:
    """Kernel: write down the packages that cost at most ``most`` at the prices ``worth`` of the atoms.

    ``narrow``: after each, only cheaper ones. Returns how many there are, the cost of the cheapest (inf: none),
    a bound on the cost of every package that was not written down (inf where all up to ``most`` were, and
    ``narrow`` is not asked), and the nodes looked at; after ``limit`` of them the walk ends.
    """
    size = len(around.atoms)
    price, load = around.distance - worth, around.load
    order = _cheapest_first(price, load)
    status = np.zeros(size, dtype=np.int64)
    touch = np.zeros(size, dtype=np.int64)
    step_atom = np.zeros(2 * size + 2, dtype=np.int64)
    step_shut = np.zeros(2 * size + 2, dtype=np.int64)
    is_shut = np.zeros(2 * size + 2, dtype=np.bool_)
    shut = np.zeros(2 * size + 2, dtype=np.int64)
    todo = np.zeros(size, dtype=np.int64)
    seen = np.zeros(size, dtype=np.int64)
    status[0] = TAKEN
    cost, room = price[0], around.room - load[0]
    for place in range(around.next_at[0], around.next_at[1]):
        touch[around.next[place]] += 1
    step = nodes = closed = stamp = found = written = 0
    best = cut = np.inf
    fresh, enter, tired = True, True, False
    while True:
        if enter and cost <= most:
            best = min(best, cost)
            if found + 1 >= len(out.cost) or written + size > len(out.members):
                tired, cut = True, min(cut, cost)
            else:
                for atom in range(size):
                    if status[atom] == TAKEN:
                        out.members[written] = atom
                        written += 1
                out.cost[found] = cost
                found += 1
                out.at[found] = written
            if narrow:
                most = min(most, cost - HAIR * abs(cost))
        enter = False
        taken = -1
        if fresh:
            nodes += 1
            promise = _promise(order, status, price, load, cost, room)
            tired = tired or nodes >= limit
            if tired and promise <= most:
                cut = min(cut, promise)
            elif promise <= most:
                for place in range(size):
                    atom = order[place]
                    if status[atom] == FREE and touch[atom] > 0 and load[atom] <= room:
                        taken = atom
                        break
        if taken >= 0:
            step += 1
            step_atom[step], step_shut[step], is_shut[step] = taken, closed, False
            status[taken] = TAKEN
            cost += price[taken]
            room -= load[taken]
            for place in range(around.next_at[taken], around.next_at[taken + 1]):
                touch[around.next[place]] += 1
            enter = True
            continue
        while step > 0 and is_shut[step]:
            while closed > step_shut[step]:
                closed -= 1
                status[shut[closed]] = FREE
            step -= 1
        if step == 0:
            return found, best, cut, nodes
        gone = step_atom[step]
        for place in range(around.next_at[gone], around.next_at[gone + 1]):
            touch[around.next[place]] -= 1
        cost -= price[gone]
        room += load[gone]
        is_shut[step] = True
        status[gone] = SHUT
        shut[closed] = gone
        closed += 1
        # what only it led to is shut with it
        stamp += 1
        head = tail = 0
        for atom in range(size):
            if status[atom] == TAKEN:
                seen[atom] = stamp
                todo[tail] = atom
                tail += 1
        while head < tail:
            here = todo[head]
            head += 1
            for place in range(around.next_at[here], around.next_at[here + 1]):
                other = around.next[place]
                if seen[other] != stamp and status[other] == FREE:
                    seen[other] = stamp
                    todo[tail] = other
                    tail += 1
        for atom in range(size):
            if status[atom] == FREE and seen[atom] != stamp:
                status[atom] = SHUT
                shut[closed] = atom
                closed += 1
        fresh = True


@compiled
def forced(around: Around, worth: Floats) -> Floats:
    """Per atom a bound on the cost of packages that hold it, by parts of atoms; the first: of all packages."""
    size = len(around.atoms)
    price, load = around.distance - worth, around.load
    order = _cheapest_first(price, load)
    status = np.zeros(size, dtype=np.int64)
    status[0] = TAKEN
    found = np.empty(size)
    room = around.room - load[0]
    for atom in range(size):
        if atom == 0:
            found[atom] = _promise(order, status, price, load, price[0], room)
        elif load[atom] > room:
            found[atom] = np.inf
        else:
            status[atom] = TAKEN
            found[atom] = _promise(order, status, price, load, price[0] + price[atom], room - load[atom])
            status[atom] = FREE
    return found
