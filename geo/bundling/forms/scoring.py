"""What a plan is worth, part by part and exactly: how plans compare, and the hub of a package."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from geo.bundling.forms.arrays import OUT, Arrays, Whole
from geo.bundling.forms.columns import groups_of, medoids
from geo.bundling.forms.model import Column, Model
from geo.bundling.plan import Parts


@dataclass(frozen=True, order=True)
class Key:
    """Plans compare in this order; the number left out only breaks ties of weight."""

    broken: float
    left_out: float
    out: int
    soft: float
    distance: float
    imbalance: float


@dataclass
class Plan:
    """A plan with its worth: labels per atom, packages numbered from 0 without a gap."""

    key: Key
    labels: Whole
    packages: int


def plan_of(model: Model, arrays: Arrays, labels: Whole) -> Plan:
    """The plan of some labels with empty packages dropped and its exact key."""
    kept, numbers = np.unique(labels[labels != OUT], return_inverse=True)
    own = np.full(len(labels), OUT, dtype=np.int64)
    own[labels != OUT] = numbers
    groups = units_of(model, own, len(kept))
    fewest, most = model.problem.rules.package_range()
    miss = broken(model, groups) + max(0.0, fewest - len(kept), len(kept) - most)
    out = int(np.count_nonzero(own == OUT))
    nothing = not len(kept) and most >= 1 and len(labels) > 0
    if nothing or (model.problem.rules.leave_out_price is None and out):
        miss += 1.0
    parts = parts_of(model, arrays, own, len(kept))
    key = Key(miss, parts.left_out, out, parts.soft, parts.distance, parts.imbalance)
    return Plan(key, own, len(kept))


def units_of(model: Model, labels: Sequence[int] | Whole, packages: int) -> list[list[int]]:
    """Units of each package, sorted."""
    groups: list[list[int]] = [[] for _ in range(packages)]
    for atom, package in enumerate(labels):
        if package != OUT:
            groups[package].extend(model.atoms[atom])
    return [sorted(group) for group in groups]


def broken(model: Model, groups: Sequence[Sequence[int]]) -> float:
    """Summed miss of hard columns, in shares of the columns' usual sums."""
    total = 0.0
    usual = [max(math.fsum(map(abs, c.amounts)) / max(len(groups), 1), 1e-9) for c in model.columns]
    for group in groups:
        for column, load, scale in zip(model.columns, model.sums(group), usual, strict=True):
            if column.hard:
                total += (column.short(load) + column.over(load)) / scale
    return total


def hubs_of(arrays: Arrays, labels: Whole, packages: int) -> list[int]:
    """The hub (medoid) of each package: the member to which all others cost least."""
    hubs = medoids(arrays, *groups_of(labels, packages))[1]
    return [int(hub) for hub in hubs]


def parts_of(model: Model, arrays: Arrays, labels: Whole, packages: int) -> Parts:
    """The exact objective of a plan, by part."""
    groups = units_of(model, labels, packages)
    placed = {unit for group in groups for unit in group}
    price = model.problem.rules.leave_out_price or 0.0
    left = math.fsum(load for unit, load in enumerate(model.load) if unit not in placed)
    soft = distance = 0.0
    for group, hub in zip(groups, hubs_of(arrays, labels, packages), strict=True):
        for column, load in zip(model.columns, model.sums(group), strict=True):
            soft += (column.short(load) + column.over(load)) * (column.price or 0.0)
        soft += model.border_price * (len(model.areas(group)) - 1)
        distance += math.fsum(model.pull[unit] * model.distance(unit, hub) for unit in group)
    loads = [math.fsum(model.load[unit] for unit in group) for group in groups]
    mean = math.fsum(loads) / len(loads) if loads else 0.0
    imbalance = math.fsum(abs(load - mean) for load in loads) / len(loads) if loads else 0.0
    return Parts(price * left, soft, distance, imbalance)


def faults(model: Model, units: Iterable[int]) -> list[tuple[Column, float, float]]:
    """Hard columns that a package of these units would break: (column, its sum, the bound broken)."""
    found = []
    for column, load in zip(model.columns, model.sums(units), strict=True):
        if column.hard and column.short(load):
            found.append((column, load, column.lower))
        elif column.hard and column.over(load):
            found.append((column, load, column.upper))
    return found
