"""Which of many candidates open (选址): the assignment may be shared, the openings may not."""

from __future__ import annotations

import math
from collections.abc import Callable

import highspy
import numpy as np

from geo.bundling.centres.sites import Sites
from geo.bundling.programmes.master import quiet

NEAREST = 8
"""Candidates that an atom looks at; and one that takes anything, dearly, so that there is always an answer."""
NODES = 60


def open_sites(sites: Sites, stop: Callable[[], bool]) -> np.ndarray:
    """The sites to open, by a programme that shares atoms out but opens sites wholly."""
    count, places = sites.cost.shape
    dear = np.where(sites.may, sites.cost, np.inf)
    near = np.argsort(dear, axis=1, kind="stable")[:, :NEAREST]
    pairs = np.zeros_like(sites.may)
    np.put_along_axis(pairs, near, True, axis=1)
    pairs &= sites.may
    atoms, at = np.nonzero(pairs)
    size = len(atoms)
    load = sites.arrays.atom_load
    scale = float(sites.cost[atoms, at].max(initial=0.0)) or 1.0
    total = float(load.sum()) or 1.0
    columns = size + count + places
    highs = quiet(stop)
    for name, value in (("mip_max_nodes", NODES), ("mip_rel_gap", 1e-3)):
        highs.setOptionValue(name, value)
    lp = highspy.HighsLp()
    lp.num_col_ = columns
    fixed = sites.fixed / scale
    lp.col_cost_ = np.concatenate([sites.cost[atoms, at] / scale, np.full(count, 100.0), fixed])
    lp.col_lower_, lp.col_upper_ = np.zeros(columns), np.ones(columns)
    kinds = highspy.HighsVarType
    lp.integrality_ = [kinds.kContinuous] * (size + count) + [kinds.kInteger] * places
    rows: list[tuple[list[int], list[float], float, float]] = []
    by_atom: list[list[int]] = [[] for _ in range(count)]
    by_site: list[list[int]] = [[] for _ in range(places)]
    for column, (atom, site) in enumerate(zip(atoms.tolist(), at.tolist(), strict=True)):
        by_atom[atom].append(column)
        by_site[site].append(column)
        # strong where it decides, weak rows (the capacity) do elsewhere: an own unit opens its site
        if atom == sites.atom[site]:
            rows.append(([column, size + count + site], [1.0, -1.0], 0.0, 0.0))
        else:
            rows.append(([column, size + count + site], [1.0, -1.0], -math.inf, 0.0))
    rows += [([*own, size + atom], [1.0] * (len(own) + 1), 1.0, 1.0) for atom, own in enumerate(by_atom)]
    for site in range(places):
        room = float(min(sites.capacity[site], total)) / total
        weights = [float(load[atoms[column]]) / total for column in by_site[site]]
        rows.append(([*by_site[site], size + count + site], [*weights, -room], -math.inf, 0.0))
    low, high = sites.opened
    rows.append((list(range(size + count, columns)), [1.0] * places, float(max(low, 1)), float(high)))
    lp.num_row_ = len(rows)
    lp.row_lower_ = np.array([row[2] for row in rows])
    lp.row_upper_ = np.array([row[3] for row in rows])
    lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    lp.a_matrix_.start_ = np.concatenate([[0], np.cumsum([len(row[0]) for row in rows])]).astype(np.int32)
    lp.a_matrix_.index_ = np.array([index for row in rows for index in row[0]], dtype=np.int32)
    lp.a_matrix_.value_ = np.array([value for row in rows for value in row[1]])
    highs.passModel(lp)
    highs.run()
    if highs.getInfo().primal_solution_status != 2:
        return _widest(sites)
    return np.array(highs.getSolution().col_value)[size + count :] > 0.5


def _widest(sites: Sites) -> np.ndarray:
    """The largest sites, as many as may open."""
    used = np.zeros(len(sites.unit), dtype=np.bool_)
    used[np.argsort(-sites.capacity, kind="stable")[: sites.opened[1]]] = True
    return used
