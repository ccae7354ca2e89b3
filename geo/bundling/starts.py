"""First plans: how many packages each component gets, seeds, and balanced growth from them.

Seeds are spread by k-means++ (Arthur and Vassilvitskii 2007), balanced as a power diagram whose
multipliers follow the loads, and grown over the neighbour graph so that every package is connected.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

import numpy as np

from geo.bundling.arrays import OUT
from geo.bundling.model import Model


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


def share_out(rooms: Sequence[Room], model: Model, total: int) -> list[int] | None:
    """Split ``total`` packages over the components by load, within what each can hold; None if impossible."""
    loads = [sum(model.atom_load(a) for a in room.atoms) for room in rooms]
    whole = sum(load for load, room in zip(loads, rooms, strict=True) if room.most >= 1) or 1.0
    ideal = [total * load / whole if room.most >= 1 else 0.0 for load, room in zip(loads, rooms, strict=True)]
    counts = [
        min(room.most, max(room.locks, min(room.fewest, room.most), round(want)))
        for want, room in zip(ideal, rooms, strict=True)
    ]
    while sum(counts) != total:
        step = 1 if sum(counts) < total else -1
        able = [
            place
            for place, room in enumerate(rooms)
            if (counts[place] < room.most if step > 0 else counts[place] > room.locks)
        ]
        if not able:
            return None
        # step down: give up the lightest component last that still needs all it has
        chosen = max(able, key=lambda place: (_need(step, rooms[place], counts[place], ideal[place]), -place))
        counts[chosen] += step
    return counts


def _need(step: int, room: Room, count: int, ideal: float) -> tuple[bool, float]:
    if step > 0:
        return count < room.fewest, ideal - count
    return count > room.fewest, count - ideal


def free_counts(rooms: Sequence[Room], model: Model, fraction: float) -> list[int]:
    """Packages per component when their number is free.

    ``fraction`` 0 aims every package at its lower bound (most packages), 1 at its upper bound (fewest).
    """
    return [0 if room.most < 1 else max(room.locks, min(room.most, _aim(room, fraction))) for room in rooms]


def _aim(room: Room, fraction: float) -> int:
    # far fewer packages than possible only add distance, so a wide range is scanned at its upper end
    fewest = max(min(room.fewest, room.most), math.ceil(0.67 * room.most))
    if fraction <= 0:
        return room.most
    # between the two ends packages are equally spaced in load, not in number
    return round(1.0 / ((1.0 - fraction) / room.most + fraction / fewest))


def first_labels(model: Model, rooms: Sequence[Room], counts: Sequence[int], rng: Random) -> list[int]:
    """A connected plan with the given number of packages per component; some atoms may stay OUT."""
    labels = [OUT] * len(model.atoms)
    offset = 0
    for room, count in zip(rooms, counts, strict=True):
        if count:
            _grow_component(model, room.atoms, count, offset, labels, rng)
        offset += count
    return labels


def _grow_component(
    model: Model, atoms: tuple[int, ...], count: int, offset: int, labels: list[int], rng: Random
) -> None:
    points = np.array([_middle(model, atom) for atom in atoms])
    loads = np.array([max(model.atom_load(atom), 1e-9) for atom in atoms])
    held = _one_per_lock(model, atoms)
    seeds = _spread(points, loads, held, count, rng)
    power = _power(points, loads, seeds, len(held))
    # each package starts from its own best atom, so that none is empty
    starts = list(held)
    for package in range(len(held), count):
        order = np.argsort(power[:, package], kind="stable")
        starts.append(next(int(i) for i in order if int(i) not in starts))
    _flood(model, atoms, power, starts, offset, labels)


def _middle(model: Model, atom: int) -> tuple[float, float]:
    units = [model.problem.units[u] for u in model.atoms[atom]]
    return sum(u.x for u in units) / len(units), sum(u.y for u in units) / len(units)


def _one_per_lock(model: Model, atoms: tuple[int, ...]) -> list[int]:
    """Positions in ``atoms`` of the locked ones: each is the seed of its package (one atom per lock)."""
    return [place for place, atom in enumerate(atoms) if model.lock[atom] is not None]


def _spread(points: np.ndarray, loads: np.ndarray, held: list[int], count: int, rng: Random) -> np.ndarray:
    chosen = list(held) or [rng.choices(range(len(points)), weights=loads.tolist())[0]]
    nearest = np.min([((points - points[c]) ** 2).sum(axis=1) for c in chosen], axis=0)
    while len(chosen) < count:
        weights = loads * nearest + 1e-12
        weights[chosen] = 0.0
        pick = rng.choices(range(len(points)), weights=weights.tolist())[0]
        chosen.append(pick)
        nearest = np.minimum(nearest, ((points - points[pick]) ** 2).sum(axis=1))
    return points[chosen[:count]].astype(float)


def _power(
    points: np.ndarray, loads: np.ndarray, seeds: np.ndarray, held: int, rounds: int = 40
) -> np.ndarray:
    """Power distances atom × package after balancing: seeds move to their centroids, multipliers to the mean."""
    centres, price = seeds.copy(), np.zeros(len(seeds))
    target = loads.sum() / len(seeds)
    extent = max(
        float(np.ptp(points[:, 0]) * np.ptp(points[:, 1])), float(np.ptp(points).max() ** 2) * 1e-3, 1.0
    )
    step = 0.25 * extent / len(seeds)
    power = _squares(points, centres)
    for turn in range(rounds):
        power = _squares(points, centres) + price
        owner = power.argmin(axis=1)
        got = np.bincount(owner, weights=loads, minlength=len(seeds))
        for axis in (0, 1):
            sums = np.bincount(owner, weights=loads * points[:, axis], minlength=len(seeds))
            moved = np.divide(sums, got, out=centres[:, axis].copy(), where=got > 0)
            centres[held:, axis] = moved[held:]
        price += step * (1.0 - turn / rounds) * np.clip(got / target - 1.0, -1.0, 1.0)
    return power


def _squares(points: np.ndarray, centres: np.ndarray) -> np.ndarray:
    return np.asarray(
        (points[:, :1] - centres[:, 0]) ** 2 + (points[:, 1:] - centres[:, 1]) ** 2, dtype=float
    )


def _flood(
    model: Model,
    atoms: tuple[int, ...],
    power: np.ndarray,
    starts: list[int],
    offset: int,
    labels: list[int],
) -> None:
    """Grow the packages over the graph, cheapest power distance first; atoms barred everywhere stay OUT."""
    place = {atom: i for i, atom in enumerate(atoms)}
    heap: list[tuple[float, int, int]] = []
    held: list[set[int]] = [set() for _ in starts]
    rows = power.tolist()
    for package, start in enumerate(starts):
        _take(model, atoms[start], package, offset, labels, held)
    for package, start in enumerate(starts):
        for other in model.neighbours[atoms[start]]:
            if other in place:
                heapq.heappush(heap, (rows[place[other]][package], other, package))
    while heap:
        _, atom, package = heapq.heappop(heap)
        if labels[atom] != OUT or model.apart[atom] & held[package]:
            continue
        _take(model, atom, package, offset, labels, held)
        for other in model.neighbours[atom]:
            if labels[other] == OUT and other in place:
                heapq.heappush(heap, (rows[place[other]][package], other, package))


def _take(
    model: Model, atom: int, package: int, offset: int, labels: list[int], held: list[set[int]]
) -> None:
    labels[atom] = offset + package
    held[package].add(atom)
