"""Packages as columns: what a plan is put together from, with the cost that each has by itself.

All rules but three are local to a package: connected, bounds, members, anchors, apart, locks, borders.
What remains between packages is that each atom is in one of them, how many there are, and what stays out.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from geo.bundling.compiling.compiled import compiled
from geo.bundling.forms.arrays import OUT, Arrays, Floats, Whole, rows


class Columns(NamedTuple):
    """Package candidates, row by row: atoms (sorted) of candidate ``p`` are ``atoms[at[p]:at[p + 1]]``.

    ``distance``: Σ pull · metres to the hub. ``soft``: priced rules broken. ``hub``: the unit in the middle.
    """

    at: Whole
    atoms: Whole
    distance: Floats
    soft: Floats
    hub: Whole


def columns_of(arrays: Arrays, groups: Iterable[Sequence[int]]) -> Columns:
    """Measure packages given as lists of atoms; each is sorted. No package may be empty."""
    at, atoms = rows([sorted(group) for group in groups])
    return measured(arrays, at, atoms)


def measured(arrays: Arrays, at: Whole, atoms: Whole) -> Columns:
    """Work out distance, hub and soft price of packages given as sorted rows of atoms."""
    distance, hub = medoids(arrays, at, atoms)
    return Columns(at, atoms, distance, soft_prices(arrays, at, atoms), hub)


def groups_of(labels: Whole, packages: int) -> tuple[Whole, Whole]:
    """The atoms of each package of a plan, row by row, sorted; atoms that are OUT are in none."""
    placed = np.flatnonzero(labels != OUT)
    order = placed[np.argsort(labels[placed], kind="stable")]
    at = np.zeros(packages + 1, dtype=np.int64)
    np.cumsum(np.bincount(labels[placed], minlength=packages), out=at[1:])
    return at, order.astype(np.int64)


def keeps_rules(arrays: Arrays, columns: Columns) -> np.ndarray:
    """Per column: whether it keeps every hard rule of a package by itself."""
    return local_rules(arrays, columns.at, columns.atoms)


@compiled
def medoids(arrays: Arrays, at: Whole, atoms: Whole) -> tuple[Floats, Whole]:
    """Distance part and hub of each package; of two hubs that cost the same, the lower number."""
    count = len(at) - 1
    best = np.zeros(count)
    hub = np.full(count, -1, dtype=np.int64)
    inside = np.empty(len(arrays.x), dtype=np.int64)
    for package in range(count):
        size = 0
        for place in range(at[package], at[package + 1]):
            atom = atoms[place]
            for which in range(arrays.units_at[atom], arrays.units_at[atom + 1]):
                inside[size] = arrays.units[which]
                size += 1
        for one in range(size):
            centre = inside[one]
            total = 0.0
            for other in range(size):
                unit = inside[other]
                total += arrays.pull[unit] * np.hypot(
                    arrays.x[unit] - arrays.x[centre], arrays.y[unit] - arrays.y[centre]
                )
            if (
                hub[package] < 0
                or total < best[package]
                or (total == best[package] and centre < hub[package])
            ):
                best[package], hub[package] = total, centre
    return best, hub


@compiled
def soft_prices(arrays: Arrays, at: Whole, atoms: Whole) -> Floats:
    """Price of what each package breaks of the priced bounds, and of the borders it crosses."""
    count = len(at) - 1
    found = np.zeros(count)
    bounds = len(arrays.lower)
    seen = np.full(len(arrays.x), -1, dtype=np.int64)
    for package in range(count):
        for column in range(bounds):
            if np.isinf(arrays.price[column]):
                continue
            total = 0.0
            for place in range(at[package], at[package + 1]):
                total += arrays.amounts[atoms[place], column]
            if total < arrays.lower[column]:
                found[package] += arrays.price[column] * (arrays.lower[column] - total)
            elif total > arrays.upper[column]:
                found[package] += arrays.price[column] * (total - arrays.upper[column])
        if arrays.border_price > 0:
            areas = 0
            for place in range(at[package], at[package + 1]):
                atom = atoms[place]
                for which in range(arrays.units_at[atom], arrays.units_at[atom + 1]):
                    area = arrays.area[arrays.units[which]]
                    if seen[area] != package:
                        seen[area] = package
                        areas += 1
            found[package] += arrays.border_price * (areas - 1)
    return found


@compiled
def local_rules(arrays: Arrays, at: Whole, atoms: Whole) -> np.ndarray:
    """Per package: not empty, connected, hard bounds kept, no foes together, at most one lock, none barred."""
    count = len(at) - 1
    found = np.zeros(count, dtype=np.bool_)
    mark = np.full(len(arrays.component), -1, dtype=np.int64)
    todo = np.empty(len(arrays.component), dtype=np.int64)
    for package in range(count):
        start, end = at[package], at[package + 1]
        if start == end:
            continue
        fine = True
        lock = -1
        for place in range(start, end):
            atom = atoms[place]
            mark[atom] = package
            fine = fine and arrays.component[atom] >= 0
            if arrays.lock[atom] >= 0:
                fine = fine and lock in (-1, arrays.lock[atom])
                lock = arrays.lock[atom]
        for place in range(start, end):
            atom = atoms[place]
            for which in range(arrays.foes_at[atom], arrays.foes_at[atom + 1]):
                fine = fine and mark[arrays.foes[which]] != package
        for column in range(len(arrays.lower)):
            if np.isinf(arrays.price[column]):
                total = 0.0
                for place in range(start, end):
                    total += arrays.amounts[atoms[place], column]
                fine = fine and arrays.lower[column] <= total <= arrays.upper[column]
        # connected: a walk from the first atom meets all; met atoms lose their mark
        reached, left = 1, 1
        todo[0] = atoms[start]
        mark[atoms[start]] = -1
        while left > 0:
            left -= 1
            atom = todo[left]
            for which in range(arrays.next_at[atom], arrays.next_at[atom + 1]):
                other = arrays.next[which]
                if mark[other] == package:
                    mark[other] = -1
                    todo[left] = other
                    left += 1
                    reached += 1
        found[package] = fine and reached == end - start
    return found
