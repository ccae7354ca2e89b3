"""A plan of packages grown one by one round the given centres (逐包生长): for rules that ask for much in each package.

Moves of single units meet no plan where every package needs an anchor, so many households at least, or money, and
nothing is near to keeping all that. A package by itself is easily grown until it does; of many grown round each
centre, a programme takes those that fit together and leave least out.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from geo.bundling.centres.packages import Store
from geo.bundling.centres.plan import keeps_all
from geo.bundling.centres.sites import Sites
from geo.bundling.centres.windows import windows
from geo.bundling.forms.arrays import OUT, Floats, Whole
from geo.bundling.forms.columns import columns_of
from geo.bundling.programmes.partition import choose
from geo.bundling.search.improve import generator

GROWN = 1_500
"""Packages grown in all, with at least ``LEAST`` round each centre."""
LEAST = 8
ENOUGH = 1_500
"""Packages to choose from after which no more are grown: the programme would take too long."""
NODES, ITERATIONS = 40, 10_000
"""Work of the programme that chooses, for each part of the objective."""


def packed(sites: Sites, seed: int, work: int, stop: Callable[[], bool]) -> Whole | None:
    """A plan that keeps every rule of packages grown one by one, bettered by windows; None where none was met.

    Only where packages must hold something, or need not hold everything: elsewhere grown ones hardly fit together.
    ``work``: of the windows, in looks of the solver.
    """
    arrays = sites.arrays
    demanding = np.isfinite(arrays.lower[np.isinf(arrays.price)]).any() or not math.isinf(arrays.out_price)
    labels = gathered(sites, seed, stop) if demanding and not stop() else None
    if labels is None:
        return None
    return windows(sites, labels, np.zeros(len(sites.unit)), work, stop, lambda _: None)


def gathered(sites: Sites, seed: int, stop: Callable[[], bool]) -> Whole | None:
    """Site of each atom in a plan that keeps every rule, which leaves out little; None where none was put together."""
    store, count = Store(sites), len(sites.unit)
    draws = [np.random.default_rng(int(generator(seed, f"grown {site}")[0])) for site in range(count)]
    for _ in range(max(LEAST, GROWN // count)):
        for site, draw in enumerate(draws):
            store.add(site, _grown(sites, site, draw))
        if stop():
            return None
        if len(store.cost) >= ENOUGH:
            break
    if not store.cost:
        return None
    columns = columns_of(sites.arrays, [group.tolist() for group in store.atoms])
    dear = np.array(store.cost) + sites.fixed[store.site]
    labels = choose(
        sites.arrays,
        columns._replace(distance=dear),
        sites.opened,
        nodes=NODES,
        iterations=ITERATIONS,
        stop=stop,
    )
    return None if labels is None else _by_site(sites, store, labels)


def _by_site(sites: Sites, store: Store, labels: Whole) -> Whole | None:
    """The plan with the number of its site for each package's own."""
    grown = {(site, group.tobytes()) for group, site in zip(store.atoms, store.site, strict=True)}
    found = np.full(len(labels), OUT, dtype=np.int64)
    for package in range(int(labels.max(initial=-1)) + 1):
        group = np.flatnonzero(labels == package)
        around = np.flatnonzero(np.isin(sites.atom, group)).tolist()
        able = [site for site in around if (site, group.tobytes()) in grown]
        found[group] = min(able, key=lambda site: float(sites.cost[group, site].sum() + sites.fixed[site]))
    return found if keeps_all(sites, found) else None


def _grown(sites: Sites, site: int, draw: np.random.Generator) -> list[Whole]:
    """One package round a site from its own atom until nothing more fits, at each of its sizes."""
    arrays, home = sites.arrays, int(sites.atom[site])
    if arrays.component[home] < 0:
        return []
    inside, sums, load = [home], arrays.amounts[home].copy(), float(arrays.atom_load[home])
    shut, rim = _foes(sites, site, home), set[int]()
    lock, found = int(arrays.lock[home]), list[Whole]()
    hard, near = np.isinf(arrays.price), float(draw.uniform(0.0, 1.0))
    while load <= sites.capacity[site]:
        found.append(np.array(sorted(inside), dtype=np.int64))
        here = inside[-1]
        beside = arrays.next[arrays.next_at[here] : arrays.next_at[here + 1]].tolist()
        rim = {atom for atom in {*rim, *beside} if atom not in inside and atom not in shut}
        able = [atom for atom in sorted(rim) if _fits(sites, site, atom, load, sums, lock)]
        if not able:
            break
        atom = able[int(np.argmin(_dear(sites, site, able, sums, hard, near, draw)))]
        inside.append(atom)
        sums, load = sums + arrays.amounts[atom], load + float(arrays.atom_load[atom])
        lock, shut = max(lock, int(arrays.lock[atom])), shut | _foes(sites, site, atom)
    return found


def _foes(sites: Sites, site: int, atom: int) -> set[int]:
    """What may not join a package any more once it holds ``atom``; where every site opens, all their own atoms."""
    arrays = sites.arrays
    apart = set(arrays.foes[arrays.foes_at[atom] : arrays.foes_at[atom + 1]].tolist())
    return apart | (set(sites.atom.tolist()) - {int(sites.atom[site])} if sites.every else set())


def _fits(sites: Sites, site: int, atom: int, load: float, sums: Floats, lock: int) -> bool:
    """Whether an atom may join by what only adds up, its capacity and its lock."""
    arrays = sites.arrays
    if load + arrays.atom_load[atom] > sites.capacity[site] or (
        lock >= 0 and arrays.lock[atom] not in (OUT, lock)
    ):
        return False
    grows = np.isinf(arrays.price) & (arrays.amounts >= 0).all(axis=0)
    return not bool((grows & (sums + arrays.amounts[atom] > arrays.upper)).any())


def _dear(
    sites: Sites,
    site: int,
    able: list[int],
    sums: Floats,
    hard: np.ndarray,
    near: float,
    draw: np.random.Generator,
) -> Floats:
    """What speaks against each atom: its way, more or less, a draw, and that it does not bring what lacks."""
    arrays = sites.arrays
    lacks = hard & (sums < arrays.lower)
    far = np.hypot(
        arrays.x[arrays.units[arrays.units_at[able]]] - arrays.x[sites.unit[site]],
        arrays.y[arrays.units[arrays.units_at[able]]] - arrays.y[sites.unit[site]],
    )
    dear = near * far / max(float(far.max()), 1e-9) + draw.random(len(able))
    if lacks.any():
        missing = np.maximum(arrays.lower - sums, 0.0)[lacks]
        brought = np.clip(arrays.amounts[able][:, lacks] / missing, -1.0, 1.0).sum(axis=1)
        dear -= 2.0 * draw.random() * brought
    return np.asarray(dear, dtype=float)
