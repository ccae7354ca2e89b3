"""What a plan round given centres is worth, and whether it keeps every rule: exact, part by part."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from geo.bundling.centres.sites import Sites
from geo.bundling.forms.arrays import OUT, Floats, Whole
from geo.bundling.forms.columns import columns_of, keeps_rules
from geo.bundling.plan import Parts, numbered


class Worth(NamedTuple):
    """Plans compare in this order; the number out only breaks ties of weight."""

    left_out: float
    out: int
    soft: float
    distance: float
    """With the fixed costs of open sites."""


def groups_by_site(labels: Whole, places: int) -> list[list[int]]:
    """Atoms of each site's package, empty where it is closed."""
    groups: list[list[int]] = [[] for _ in range(places)]
    for atom, site in enumerate(labels.tolist()):
        if site != OUT:
            groups[site].append(atom)
    return groups


def keeps_all(sites: Sites, labels: Whole) -> bool:
    """Whether a plan (site or OUT per atom) keeps every hard rule."""
    arrays, fewest_most = sites.arrays, sites.opened
    groups = groups_by_site(labels, len(sites.unit))
    opened = [site for site, group in enumerate(groups) if group]
    if not fewest_most[0] <= len(opened) <= fewest_most[1]:
        return False
    if (labels == OUT).any() and (
        np.isinf(arrays.out_price) or (arrays.lock[labels == OUT] >= 0).any() or not opened
    ):
        return False
    for site in opened:
        load = math.fsum(arrays.atom_load[atom] for atom in groups[site])
        if load > sites.capacity[site] or labels[sites.atom[site]] != site:
            return False
    return bool(keeps_rules(arrays, columns_of(arrays, [groups[site] for site in opened])).all())


def overloads(sites: Sites, labels: Whole) -> Floats:
    """Load over the capacity per site; below zero where there is room."""
    inside = labels != OUT
    weights = sites.arrays.atom_load[inside]
    loads = np.bincount(labels[inside], weights=weights, minlength=len(sites.unit))
    return np.asarray(loads - sites.capacity, dtype=float)


def over_capacity(sites: Sites, labels: Whole) -> float:
    """Summed load over the capacities."""
    return float(np.maximum(overloads(sites, labels), 0.0).sum())


def worth_of(sites: Sites, labels: Whole) -> Worth:
    """The worth of a plan that keeps every hard rule."""
    parts = parts_of(sites, labels)
    return Worth(parts.left_out, int((labels == OUT).sum()), parts.soft, parts.distance + parts.fixed)


def parts_of(sites: Sites, labels: Whole) -> Parts:
    """The exact objective of a plan, by part."""
    model = sites.model
    price = model.problem.rules.leave_out_price or 0.0
    groups = groups_by_site(labels, len(sites.unit))
    left = math.fsum(
        model.load[unit] for atom in np.flatnonzero(labels == OUT).tolist() for unit in model.atoms[atom]
    )
    soft = distance = fixed = 0.0
    loads = []
    for site, group in enumerate(groups):
        if not group:
            continue
        units = sorted(unit for atom in group for unit in model.atoms[atom])
        for column, load in zip(model.columns, model.sums(units), strict=True):
            soft += (column.short(load) + column.over(load)) * (column.price or 0.0)
        soft += model.border_price * (len(model.areas(units)) - 1)
        hub = int(sites.unit[site])
        distance += math.fsum(model.pull[unit] * model.distance(unit, hub) for unit in units)
        fixed += float(sites.fixed[site])
        loads.append(math.fsum(model.load[unit] for unit in units))
    mean = math.fsum(loads) / len(loads) if loads else 0.0
    imbalance = math.fsum(abs(load - mean) for load in loads) / len(loads) if loads else 0.0
    return Parts(price * left, soft, distance, imbalance, fixed)


def names_of(sites: Sites, groups: list[list[int]]) -> dict[int, str]:
    """Package ids by site: the name of its lock, else P01, P02 … in order of the first member."""
    names: dict[int, str] = {}
    for site, group in enumerate(groups):
        lock = next((lock for atom in group if (lock := sites.model.lock[atom]) is not None), None)
        if lock is not None:
            names[site] = lock
    opened = [site for site, group in enumerate(groups) if group]
    order = sorted(opened, key=lambda site: min(u for atom in groups[site] for u in sites.model.atoms[atom]))
    return numbered(names, order)
