"""First plans: how many packages each component gets, and a connected plan of that many.

Two ways: *halving* splits a component again and again across its longer side, in proportion to the packages
each half gets; *growing* spreads seeds by k-means++ (Arthur and Vassilvitskii 2007) and balances them as a
power diagram whose multipliers follow the loads. Both end with a walk over the neighbour graph, so that
every package is connected.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Sequence
from random import Random

import numpy as np

from geo.bundling.forms.arrays import OUT, Arrays, Floats, Whole
from geo.bundling.forms.model import Model
from geo.bundling.forms.rooms import Room

LARGEST_POWER = 3_000_000
"""Atoms × packages above which no table of power distances is made."""


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


def first_labels(
    model: Model,
    arrays: Arrays,
    rooms: Sequence[Room],
    counts: Sequence[int],
    rng: Random,
    *,
    halving: bool = False,
) -> Whole:
    """A connected plan with the given number of packages per component; some atoms may stay OUT."""
    labels = np.full(len(model.atoms), OUT, dtype=np.int64)
    offset = 0
    for room, count in zip(rooms, counts, strict=True):
        if count:
            atoms = np.array(room.atoms, dtype=np.int64)
            points, loads = _middles(arrays)[atoms], np.maximum(arrays.atom_load[atoms], 1e-9)
            if not room.locks and (halving or len(atoms) * count > LARGEST_POWER):
                _halve_component(model, arrays, atoms, points, count, offset, labels)
            else:
                _grow_component(model, room.atoms, points, loads, count, offset, labels, rng)
        offset += count
    return labels


def _middles(arrays: Arrays) -> Floats:
    """Mean point of each atom's units."""
    units = np.diff(arrays.units_at).astype(float)
    atoms = len(units)
    x = np.bincount(arrays.atom_of, weights=arrays.x, minlength=atoms) / units
    return np.column_stack([x, np.bincount(arrays.atom_of, weights=arrays.y, minlength=atoms) / units])


def _halve_component(
    model: Model, arrays: Arrays, atoms: Whole, points: Floats, count: int, offset: int, labels: Whole
) -> None:
    """Parts of equal share, the largest connected piece of each; then what is left joins beside it."""
    share = _shares(arrays, atoms, points, count)
    part = np.zeros(len(atoms), dtype=np.int64)
    todo = [(np.arange(len(atoms)), 0, count)]
    while todo:
        inside, first, packages = todo.pop()
        if packages == 1:
            part[inside] = first
            continue
        one, other, few = _halves(points[inside], share[inside], packages)
        todo += [(inside[one], first, few), (inside[other], first + few, packages - few)]
    starts = _pieces(model, atoms, part, offset, labels)
    seeds = np.array([points[part == number].mean(axis=0) for number in range(count)])
    _flood(model, atoms.tolist(), points, seeds, starts, offset, labels)


def _halves(points: Floats, share: Floats, packages: int) -> tuple[Whole, Whole, int]:
    """Two sides along the longer axis, and the packages of the first; each has an atom a package at least."""
    axis = int(np.argmax(np.ptp(points, axis=0)))
    order = np.lexsort((points[:, 1 - axis], points[:, axis]))
    few = packages // 2
    filled = np.cumsum(share[order])
    cut = int(np.searchsorted(filled - 0.5 * share[order], filled[-1] * few / packages))
    cut = min(max(cut, few), len(order) - (packages - few))
    return order[:cut], order[cut:], few


def _shares(arrays: Arrays, atoms: Whole, points: Floats, count: int) -> Floats:
    """Share of a package that each atom fills when packages of thin country are let be light.

    Distance per package grows with load to 1.5 and falls with the root of density, so that at the best
    split of a given number of packages the load goes with the third root of density, within its bounds.
    """
    loads = np.maximum(arrays.atom_load[atoms], 1e-9)
    mean = float(loads.sum()) / count
    low, high = _load_range(arrays, mean)
    density = _density(arrays, atoms, points, loads)
    least, most = 1e-6, 1e6
    target = np.full(len(atoms), mean)
    for _ in range(60):
        level = math.sqrt(least * most)
        target = np.clip(mean * level * density, low, high)
        least, most = (level, most) if float((loads / target).sum()) > count else (least, level)
    return np.asarray(loads / target, dtype=float)


def _load_range(arrays: Arrays, mean: float) -> tuple[float, float]:
    """Loads that leave a little room to both bounds of the first activity."""
    if not len(arrays.lower) or not np.isfinite(arrays.lower[0]) or not np.isfinite(arrays.upper[0]):
        return mean, mean
    margin = 0.1 * (arrays.upper[0] - arrays.lower[0])
    low, high = float(arrays.lower[0] + margin), float(arrays.upper[0] - margin)
    return (low, high) if low < mean < high else (mean, mean)


def _density(arrays: Arrays, atoms: Whole, points: Floats, loads: Floats) -> Floats:
    """Third root of the load per area around each atom, from links; its mean is 1."""
    place = np.full(len(arrays.component), -1, dtype=np.int64)
    place[atoms] = np.arange(len(atoms))
    one = np.repeat(np.arange(len(atoms)), np.diff(arrays.next_at)[atoms])
    other = np.concatenate(
        [place[arrays.next[arrays.next_at[a] : arrays.next_at[a + 1]]] for a in atoms.tolist()] or [one]
    )
    inside = other >= 0
    one, other = one[inside], other[inside]
    degree = np.maximum(np.bincount(one, minlength=len(atoms)), 1)
    area, load = np.zeros(len(atoms)), loads
    squares = ((points[one] - points[other]) ** 2).sum(axis=1)
    area = np.bincount(one, weights=squares, minlength=len(atoms)) / degree + 1.0
    for _ in range(3):
        area = (area + np.bincount(one, weights=area[other], minlength=len(atoms)) / degree) / 2
        load = (load + np.bincount(one, weights=load[other], minlength=len(atoms)) / degree) / 2
    root = np.cbrt(load / area)
    return np.asarray(root / root.mean(), dtype=float)


def _pieces(model: Model, atoms: Whole, part: Whole, offset: int, labels: Whole) -> list[int]:
    """Label the heaviest connected piece of each part; returns the position of one of its atoms per part."""
    where = dict(zip(atoms.tolist(), part.tolist(), strict=True))
    best: dict[int, tuple[float, list[int]]] = {}
    seen: set[int] = set()
    for start, number in where.items():
        if start in seen:
            continue
        seen.add(start)
        piece = [start]
        for atom in piece:
            for other in model.neighbours[atom]:
                if other not in seen and where.get(other) == number:
                    seen.add(other)
                    piece.append(other)
        weight = sum(model.atom_load(atom) for atom in piece)
        if number not in best or weight > best[number][0]:
            best[number] = (weight, piece)
    position = {atom: i for i, atom in enumerate(atoms.tolist())}
    for number, (_, piece) in best.items():
        inside: set[int] = set()
        for atom in piece:
            # foes may not share even a first plan; what that cuts off is mended by the walk
            if not model.apart[atom] & inside:
                inside.add(atom)
        for atom in _reached(model, piece[0], inside):
            labels[atom] = offset + number
    return [position[best[number][1][0]] for number in range(len(best))]


def _reached(model: Model, start: int, inside: set[int]) -> list[int]:
    seen, found = {start}, [start]
    for atom in found:
        for other in model.neighbours[atom]:
            if other in inside and other not in seen:
                seen.add(other)
                found.append(other)
    return found


def _grow_component(
    model: Model,
    atoms: tuple[int, ...],
    points: Floats,
    loads: Floats,
    count: int,
    offset: int,
    labels: Whole,
    rng: Random,
) -> None:
    held = _one_per_lock(model, atoms)
    seeds = _spread(points, loads, held, count, rng)
    if len(atoms) * count <= LARGEST_POWER:
        seeds, price = _power(points, loads, seeds, len(held))
    else:
        price = np.zeros(count)
    # each package starts from its own best atom, so that none is empty
    starts, taken = list(held), set(held)
    for package in range(len(held), count):
        order = np.argsort(((points - seeds[package]) ** 2).sum(axis=1), kind="stable")
        start = next(int(i) for i in order if int(i) not in taken)
        starts.append(start)
        taken.add(start)
    for package, start in enumerate(starts):
        labels[atoms[start]] = offset + package
    _flood(model, list(atoms), points, seeds, starts, offset, labels, price)


def _one_per_lock(model: Model, atoms: tuple[int, ...]) -> list[int]:
    """Positions in ``atoms`` of the locked ones: each is the seed of its package (one atom per lock)."""
    return [place for place, atom in enumerate(atoms) if model.lock[atom] is not None]


def _spread(points: Floats, loads: Floats, held: list[int], count: int, rng: Random) -> Floats:
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
    points: Floats, loads: Floats, seeds: Floats, held: int, rounds: int = 40
) -> tuple[Floats, Floats]:
    """Centres and multipliers after balancing: centres move to their centroids, multipliers to even loads."""
    centres, price = seeds.copy(), np.zeros(len(seeds))
    target = loads.sum() / len(seeds)
    extent = max(
        float(np.ptp(points[:, 0]) * np.ptp(points[:, 1])), float(np.ptp(points).max() ** 2) * 1e-3, 1.0
    )
    step = 0.25 * extent / len(seeds)
    for turn in range(rounds):
        power = _squares(points, centres) + price
        owner = power.argmin(axis=1)
        got = np.bincount(owner, weights=loads, minlength=len(seeds))
        for axis in (0, 1):
            sums = np.bincount(owner, weights=loads * points[:, axis], minlength=len(seeds))
            moved = np.divide(sums, got, out=centres[:, axis].copy(), where=got > 0)
            centres[held:, axis] = moved[held:]
        price += step * (1.0 - turn / rounds) * np.clip(got / target - 1.0, -1.0, 1.0)
    return centres, price


def _squares(points: Floats, centres: Floats) -> Floats:
    return np.asarray(
        (points[:, :1] - centres[:, 0]) ** 2 + (points[:, 1:] - centres[:, 1]) ** 2, dtype=float
    )


def _flood(
    model: Model,
    atoms: list[int],
    points: Floats,
    seeds: Floats,
    starts: list[int],
    offset: int,
    labels: Whole,
    price: Floats | None = None,
) -> None:
    """Grow labelled packages over the graph, cheapest power distance first; atoms barred everywhere stay OUT."""
    place = {atom: i for i, atom in enumerate(atoms)}
    label, inside = labels.tolist(), [{atoms[start]} for start in starts]
    at, to, extra = points.tolist(), seeds.tolist(), np.zeros(len(seeds)) if price is None else price

    def far(i: int, package: int) -> float:
        return float((at[i][0] - to[package][0]) ** 2 + (at[i][1] - to[package][1]) ** 2 + extra[package])

    heap: list[tuple[float, int, int]] = []
    for atom in atoms:
        if label[atom] != OUT:
            package = label[atom] - offset
            inside[package].add(atom)
            near = [b for b in model.neighbours[atom] if label[b] == OUT and b in place]
            heap += [(far(place[b], package), b, package) for b in near]
    heapq.heapify(heap)
    while heap:
        _, atom, package = heapq.heappop(heap)
        if label[atom] != OUT or model.apart[atom] & inside[package]:
            continue
        label[atom] = offset + package
        inside[package].add(atom)
        for other in model.neighbours[atom]:
            if label[other] == OUT and other in place:
                heapq.heappush(heap, (far(place[other], package), other, package))
    labels[:] = label
