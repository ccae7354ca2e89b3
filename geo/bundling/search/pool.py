"""Packages met on the way (候选标包), each once and each keeping its hard bounds: what plans are recombined from."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from geo.bundling.compiling.compiled import bare
from geo.bundling.forms.arrays import Arrays, Whole
from geo.bundling.search.state import State


class Pool(NamedTuple):
    """Rows of atoms with room for more. ``used``: packages and atoms kept so far."""

    at: Whole
    atoms: np.ndarray
    table: np.ndarray
    """Signs of the packages kept, at the first free place from their remainder on; 0 = free."""
    used: Whole


def new_pool(packages: int, atoms: int) -> Pool:
    """An empty pool with room for so many packages and, in all, so many atoms; zero keeps nothing."""
    size = 1
    while size < 2 * packages + 2:
        size *= 2
    return Pool(
        at=np.zeros(packages + 1, dtype=np.int64),
        atoms=np.zeros(atoms, dtype=np.int32),
        table=np.zeros(size, dtype=np.uint64),
        used=np.zeros(2, dtype=np.int64),
    )


def packages_of(pool: Pool) -> tuple[Whole, Whole]:
    """Rows of sorted atoms of all packages kept."""
    count, atoms = int(pool.used[0]), int(pool.used[1])
    at = pool.at[: count + 1].copy()
    found = pool.atoms[:atoms].astype(np.int64)
    order = np.lexsort((found, np.repeat(np.arange(count), np.diff(at))))
    return at, found[order]


@bare
def keep(arrays: Arrays, state: State, pool: Pool, package: int) -> None:
    """Add a package that breaks no hard bound, unless it is there already or the pool is full."""
    room = len(pool.at) - 1
    if state.hard[package] > 0 or state.size[package] == 0 or pool.used[0] >= room:
        return
    if pool.used[1] + state.size[package] > len(pool.atoms):
        return
    mask = np.uint64(len(pool.table) - 1)
    sign = state.sign[package]
    place: Any = np.int64((sign ^ (sign >> np.uint64(32))) & mask)
    while pool.table[place] != np.uint64(0):
        if pool.table[place] == sign:
            return
        place += 1
        if place == len(pool.table):
            place = 0
    pool.table[place] = sign
    filled = pool.used[1]
    unit = state.first[package]
    while unit >= 0:
        atom = arrays.atom_of[unit]
        if arrays.units[arrays.units_at[atom]] == unit:
            pool.atoms[filled] = atom
            filled += 1
        unit = state.after[unit]
    pool.used[0] += 1
    pool.used[1] = filled
    pool.at[pool.used[0]] = filled
