"""Every connected package round a given centre that costs at most so much (枚举), none twice.

Depth first: of the atoms that touch the package the one that brings most per load is first taken (and walked on
from), then shut out, with all that it cuts off. A branch ends where even parts of the atoms left, best first up
to the capacity (Dantzig 1957), cannot make a package cheap enough. Cost: distance less the prices of the atoms.

Load has its price, too: at what the last part that fits brings per load, an atom is worth its while or not, and
the package, its capacity filled for that price and all worth their while taken, costs no less. An atom beyond others
that are not worth it comes with the cheapest way there over such atoms: where that way costs more than there is
to spare, the atom is shut out. At good prices this ends nearly all branches.
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
def _price_of_load(order: Whole, price: Floats, load: Floats, room: float) -> float:
    """What the last part that fits in ``room`` brings per load (≥ 0), the centre's own aside."""
    for place in range(len(order)):
        atom = order[place]
        if atom != 0:
            if price[atom] >= 0:
                break
            if load[atom] > room:
                return float(-price[atom] / load[atom])
            room -= load[atom]
    return 0.0


@compiled
def _ways(around: Around, status: Whole, pay: Floats, way: Floats, todo: Whole, waits: np.ndarray) -> None:
    """Into ``way``: what the cheapest way from the package to each free atom costs, the atom too; inf: none."""
    size = len(status)
    head = count = 0
    for atom in range(size):
        way[atom] = np.inf
        waits[atom] = False
        if status[atom] == TAKEN:
            way[atom] = 0.0
            todo[count] = atom
            count += 1
    tail = count % size
    while count > 0:
        here = todo[head]
        head = (head + 1) % size
        count -= 1
        waits[here] = False
        for place in range(around.next_at[here], around.next_at[here + 1]):
            other = around.next[place]
            if status[other] == FREE and way[here] + pay[other] < way[other]:
                way[other] = way[here] + pay[other]
                if not waits[other]:
                    waits[other] = True
                    todo[tail] = other
                    tail = (tail + 1) % size
                    count += 1


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
    step_atom = np.zeros(size + 1, dtype=np.int64)
    step_shut = np.zeros(size + 1, dtype=np.int64)
    is_shut = np.zeros(size + 1, dtype=np.bool_)
    shut = np.zeros(size, dtype=np.int64)
    way, todo, waits = np.empty(size), np.zeros(size, dtype=np.int64), np.zeros(size, dtype=np.bool_)
    status[0] = TAKEN
    cost, room = price[0], around.room - load[0]
    # with load priced: what an atom costs the package that takes it, or brings
    filled = _price_of_load(order, price, load, room)
    pay, gain = np.maximum(price + filled * load, 0.0), np.minimum(price + filled * load, 0.0)
    gain[0] = 0.0
    least = price[0] - filled * room + gain.sum()
    hair = HAIR * (abs(least) + pay.sum() - gain.sum())
    for place in range(around.next_at[0], around.next_at[1]):
        touch[around.next[place]] += 1
    step = nodes = closed = found = written = 0
    best = cut = np.inf
    enter, tired = True, False
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
        nodes += 1
        _ways(around, status, pay, way, todo, waits)
        again = True
        while again:
            again = False
            spare = most - least + hair
            for atom in range(size):
                if status[atom] == FREE and (way[atom] > spare or way[atom] == np.inf or load[atom] > room):
                    status[atom] = SHUT
                    shut[closed] = atom
                    closed += 1
                    least -= gain[atom]
                    again = again or gain[atom] < 0
        promise = max(_promise(order, status, price, load, cost, room), least - hair)
        tired = tired or nodes >= limit
        taken = -1
        if tired and promise <= most:
            cut = min(cut, promise)
        elif promise <= most:
            for place in range(size):
                atom = order[place]
                if status[atom] == FREE and touch[atom] > 0:
                    taken = atom
                    break
        enter = taken >= 0
        if enter:
            step += 1
            step_atom[step], step_shut[step], is_shut[step] = taken, closed, False
            status[taken] = TAKEN
            cost += price[taken]
            room -= load[taken]
            least += pay[taken]
            for place in range(around.next_at[taken], around.next_at[taken + 1]):
                touch[around.next[place]] += 1
            continue
        while True:
            while closed > step_shut[step]:
                closed -= 1
                status[shut[closed]] = FREE
                least += gain[shut[closed]]
            if not is_shut[step]:
                break
            step -= 1
        if step == 0:
            return found, best, cut, nodes
        gone = step_atom[step]
        for place in range(around.next_at[gone], around.next_at[gone + 1]):
            touch[around.next[place]] -= 1
        cost -= price[gone]
        room += load[gone]
        least -= pay[gone] + gain[gone]
        is_shut[step] = True
        status[gone] = SHUT
        shut[closed] = gone
        closed += 1


@compiled
def forced(around: Around, worth: Floats) -> Floats:
    """Per atom a bound on the cost of packages that hold it; the first: of all packages.

    The dearer of two: parts of atoms, best first up to the capacity, and the cheapest way there with load priced.
    """
    size = len(around.atoms)
    price, load = around.distance - worth, around.load
    order = _cheapest_first(price, load)
    status = np.zeros(size, dtype=np.int64)
    status[0] = TAKEN
    room = around.room - load[0]
    filled = _price_of_load(order, price, load, room)
    pay, gain = np.maximum(price + filled * load, 0.0), np.minimum(price + filled * load, 0.0)
    found, todo, waits = np.empty(size), np.zeros(size, dtype=np.int64), np.zeros(size, dtype=np.bool_)
    _ways(around, status, pay, found, todo, waits)
    gain[0] = 0.0
    least = price[0] - filled * room + gain.sum()
    found += least - HAIR * (abs(least) + pay.sum() - gain.sum())
    for atom in range(size):
        if atom == 0:
            by_parts = _promise(order, status, price, load, price[0], room)
        elif load[atom] > room:
            by_parts = np.inf
        else:
            status[atom] = TAKEN
            by_parts = _promise(order, status, price, load, price[0] + price[atom], room - load[atom])
            status[atom] = FREE
        found[atom] = max(found[atom], by_parts)
    return found
