"""Packages round given centres as columns: those met so far, and the linear programme over them (列)."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from geo.bundling.centres.sites import Sites
from geo.bundling.centres.walk import Around, Paper
from geo.bundling.forms.arrays import Floats, Whole
from geo.bundling.forms.columns import columns_of, keeps_rules
from geo.bundling.programmes.master import Pool, quiet


@dataclass
class Store:
    """Packages met, by their site; each once."""

    sites: Sites
    at: list[int] = field(default_factory=lambda: [0])
    atoms: list[Whole] = field(default_factory=list)
    cost: list[float] = field(default_factory=list)
    site: list[int] = field(default_factory=list)
    number: dict[tuple[int, bytes], int] = field(default_factory=dict)
    """Of each package met by its site and atoms; -1 where it keeps not every rule."""

    def add(self, site: int, groups: list[Whole]) -> int:
        """Take in packages of a site that keep every rule; how many were new."""
        fresh = [group for group in groups if (site, group.tobytes()) not in self.number]
        if not fresh:
            return 0
        arrays = self.sites.arrays
        fine = keeps_rules(arrays, columns_of(arrays, [group.tolist() for group in fresh]))
        for group, keeps in zip(fresh, fine.tolist(), strict=True):
            self.number[site, group.tobytes()] = len(self.cost) if keeps else -1
            if keeps:
                self.atoms.append(group)
                self.at.append(self.at[-1] + len(group))
                self.cost.append(math.fsum(self.sites.cost[group, site].tolist()))
                self.site.append(site)
        return int(fine.sum())

    def reduced(self, prices: Floats) -> Floats:
        """What each package costs at these prices of atoms."""
        if not self.cost:
            return np.zeros(0)
        brought = np.add.reduceat(prices[np.concatenate(self.atoms)], np.array(self.at[:-1]))
        return np.array(self.cost) - brought

    def cheapest(self, prices: Floats) -> Floats:
        """Per site, over the packages met; inf where there is none."""
        found = np.full(len(self.sites.unit), np.inf)
        if self.cost:
            np.minimum.at(found, np.array(self.site), self.reduced(prices))
        return found

    def rest(self, free: np.ndarray, opened: np.ndarray, most: int) -> Store:
        """Of the first ``most`` packages those of the sites ``opened`` whose atoms are all ``free``."""
        found = Store(self.sites)
        first = zip(self.atoms[:most], self.site[:most], self.cost[:most], strict=True)
        for group, site, cost in first:
            if opened[site] and free[group].all():
                found.number[site, group.tobytes()] = len(found.cost)
                found.atoms.append(group)
                found.at.append(found.at[-1] + len(group))
                found.cost.append(cost)
                found.site.append(site)
        return found

    def plan(self, labels: Whole) -> Whole | None:
        """Numbers of a plan's packages, taken in where they are new; None where one keeps not every rule."""
        groups = [np.flatnonzero(labels == site) for site in range(len(self.sites.unit))]
        for site, group in enumerate(groups):
            self.add(site, [group])
        found = np.array([self.number[site, group.tobytes()] for site, group in enumerate(groups)])
        return None if (found < 0).any() else found

    def pool(self, rows: Whole) -> Pool:
        """The packages over rows; ``rows``: number of each atom's row."""
        count = int((rows >= 0).sum())
        return Pool(
            np.array(self.at),
            rows[np.concatenate(self.atoms)],
            np.array(self.cost),
            np.full(count, math.inf),
            (0, len(self.sites.unit)),
        )


class Boxed:
    """The linear programme over the packages with the price of each row within a box."""

    def __init__(self, rows: int, scale: float, stop: Callable[[], bool]) -> None:
        self.rows, self.scale = rows, scale
        self.highs: Any = quiet(stop)
        self.highs.setOptionValue("presolve", "off")
        none = np.zeros(0, dtype=np.int32)
        ones = np.ones(rows)
        self.highs.addRows(rows, ones, ones, 0, np.zeros(rows, dtype=np.int32), none, np.zeros(0))
        each = np.arange(rows, dtype=np.int32)
        for sign in (1.0, -1.0):
            self.highs.addCols(
                rows, np.zeros(rows), np.zeros(rows), np.full(rows, math.inf), rows, each, each, sign * ones
            )
        self.held = self.pivots = 0

    def add(self, store: Store, row_of: Whole) -> None:
        """Take in the packages that came since the last time."""
        groups = store.atoms[self.held :]
        if groups:
            at = np.array(store.at[self.held : -1], dtype=np.int64) - store.at[self.held]
            index = row_of[np.concatenate(groups)].astype(np.int32)
            cost = np.array(store.cost[self.held :]) / self.scale
            count = len(groups)
            self.highs.addCols(
                count,
                cost,
                np.zeros(count),
                np.full(count, math.inf),
                len(index),
                at.astype(np.int32),
                index,
                np.ones(len(index)),
            )
            self.held = len(store.atoms)

    def solve(self, centre: Floats, width: Floats) -> tuple[float, Floats, float]:
        """Value, prices of rows, and how much the box bends the rows."""
        costs = np.concatenate([centre + width, width - centre]) / self.scale
        self.highs.changeColsCost(2 * self.rows, np.arange(2 * self.rows, dtype=np.int32), costs)
        self.highs.run()
        self.pivots += max(int(self.highs.getInfo().simplex_iteration_count), 0)
        solution = self.highs.getSolution()
        prices = np.array(solution.row_dual) * self.scale
        bent = float(np.array(solution.col_value)[: 2 * self.rows].sum())
        return self.highs.getInfo().objective_function_value * self.scale, prices, bent

    def shares(self) -> Floats:
        """How much of each package the last solution takes."""
        return np.array(self.highs.getSolution().col_value)[2 * self.rows :]


def written(around: Around, sheet: Paper, found: int, most: int) -> list[Whole]:
    """The cheapest packages of a sheet as sorted atoms."""
    order = np.argsort(sheet.cost[:found], kind="stable")[:most]
    return [np.sort(around.atoms[sheet.members[sheet.at[row] : sheet.at[row + 1]]]) for row in order.tolist()]


def around_of(sites: Sites, site: int, mask: np.ndarray) -> Around:
    """The neighbourhood of a site over the atoms that ``mask`` gives it."""
    arrays, home = sites.arrays, int(sites.atom[site])
    atoms = [home, *(int(atom) for atom in np.flatnonzero(mask[:, site]) if atom != home)]
    place = {atom: number for number, atom in enumerate(atoms)}
    at, following = [0], []
    for atom in atoms:
        beside = arrays.next[arrays.next_at[atom] : arrays.next_at[atom + 1]].tolist()
        following += [place[other] for other in beside if other in place]
        at.append(len(following))
    rows = np.array(atoms, dtype=np.int64)
    load = arrays.atom_load[rows]
    room = float(min(sites.capacity[site], arrays.atom_load.sum()))
    distance = sites.cost[rows, site]
    return Around(
        rows, distance, load, room, np.array(at, dtype=np.int64), np.array(following, dtype=np.int64)
    )
