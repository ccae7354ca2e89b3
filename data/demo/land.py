"""Land use: which block holds large communities, which old ones, which stays free.

Old communities (老旧小区) stand in clusters, two to four to a block, so that bundling neighbours makes sense; a few
stand alone among new ones. What is left over is parks, schools, works and markets: no community at all.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.random import Generator
from shapely import Polygon

from .ground import Ground
from .streams import share_out

COMMERCIAL, RESETTLEMENT, OLD, STAND_ALONE = 210, 36, 314, 84
MODEL_SUBDISTRICT = 0  # the one with 48 communities, 28 of them old
MODEL = (18, 2, 28)
ISOLATED_OLD = 2  # per sub-district, far from the clusters
LARGE_MIN_HA = 4.0


@dataclass
class Quota:
    """Number of communities and stand-alone buildings that one sub-district gets."""

    commercial: int
    resettlement: int
    old: int
    stand_alone: int


@dataclass
class BlockUse:
    """What one block holds: numbers of large and old communities, or neither."""

    block: int
    large: int = 0
    old: int = 0


def quotas(areas: np.ndarray, blocks: np.ndarray, rng: Generator) -> list[Quota]:
    """Share the totals out over the sub-districts by land; exactly one gets 48 communities.

    `areas` is m² per sub-district, `blocks` its number of blocks (many small blocks mean an old quarter).
    """
    rest = np.arange(len(areas)) != MODEL_SUBDISTRICT
    density = blocks / areas
    old = share_out(OLD - MODEL[2], (blocks * density)[rest] * rng.uniform(0.85, 1.15, rest.sum()))
    commercial = share_out(COMMERCIAL - MODEL[0], blocks[rest] * rng.uniform(0.9, 1.1, rest.sum()))
    resettlement = share_out(RESETTLEMENT - MODEL[1], (areas / density)[rest])
    total = old + commercial + resettlement
    for i in np.flatnonzero(total == 48):  # the 48 of the model sub-district stay its own
        j = int(np.argmin(total))
        commercial[i] -= 1
        commercial[j] += 1
    stand = share_out(STAND_ALONE, np.insert(old, MODEL_SUBDISTRICT, MODEL[2]).astype(float))
    rows = [Quota(int(c), int(r), int(o), 0) for c, r, o in zip(commercial, resettlement, old, strict=True)]
    rows.insert(MODEL_SUBDISTRICT, Quota(*MODEL, 0))
    for row, count in zip(rows, stand, strict=True):
        row.stand_alone = int(count)
    return rows


def cluster_order(centres: np.ndarray, seeds: np.ndarray) -> np.ndarray:
    """Blocks by distance to the nearest cluster seed."""
    gap = np.linalg.norm(centres[:, None] - centres[seeds][None], axis=2).min(axis=1)
    return np.argsort(gap, kind="stable")


def old_uses(
    own: np.ndarray, land: np.ndarray, order: np.ndarray, wanted: int, rng: Generator
) -> dict[int, int]:
    """Fill blocks with 2-4 old communities each, cluster by cluster, until `wanted` are placed."""
    placed: dict[int, int] = {}
    left = wanted
    for position in order:
        if left == 0:
            break
        room = int(land[position] / 1.75)
        if room < 2:
            continue
        count = min(left, room, int(rng.choice([2, 3, 3, 4])))
        placed[int(own[position])] = count
        left -= count
    if left:
        raise ValueError(f"no room for {left} old communities")
    return placed


def large_uses(free: list[int], land: dict[int, float], wanted: int, rng: Generator) -> dict[int, int]:
    """Choose blocks for the large communities: one each, two in the biggest when blocks run short."""
    fit = [b for b in free if land[b] >= LARGE_MIN_HA]
    order = [
        fit[i] for i in np.argsort(-np.array([land[b] for b in fit]) * rng.uniform(0.75, 1.25, len(fit)))
    ]
    chosen = dict.fromkeys(order[:wanted], 1)
    for block in sorted(order, key=lambda b: -land[b]):
        if sum(chosen.values()) == wanted:
            return chosen
        if land[block] >= 2.2 * LARGE_MIN_HA:
            chosen[block] = 2
    if sum(chosen.values()) != wanted:
        raise ValueError(f"no room for {wanted - sum(chosen.values())} large communities")
    return chosen


def subdistrict_uses(
    own: np.ndarray, home: np.ndarray, pieces: list[Polygon], quota: Quota, rng: Generator
) -> list[BlockUse]:
    """Use of every block of one sub-district."""
    land = np.array([pieces[b].area / 10_000 for b in own])
    centres = np.array(
        [shapely.centroid(pieces[b]).coords[0] if land[i] else (0, 0) for i, b in enumerate(own)]
    )
    middling = np.flatnonzero((land > 3) & (land < np.quantile(land, 0.7)))
    seeds = rng.choice(middling, 3, replace=False)
    order = cluster_order(centres, seeds)
    old = old_uses(own, land, order, quota.old - ISOLATED_OLD, rng)
    by_block = dict(zip(own.tolist(), land.tolist(), strict=True))
    free = [int(b) for b in own if int(b) not in old]
    large = large_uses(free, by_block, quota.commercial + quota.resettlement, rng)
    old.update(isolated(own[order[::-1]], by_block, {*old, *large}, home))
    return [BlockUse(int(b), large.get(int(b), 0), old.get(int(b), 0)) for b in own]


def isolated(order: np.ndarray, land: dict[int, float], used: set[int], home: np.ndarray) -> dict[int, int]:
    """Blocks for old communities that stand alone: first in neighbourhoods that have none at all, then far away.

    `order` runs from the block farthest from the clusters to the nearest, `home` gives a block's neighbourhood.
    """
    lived_in = {int(home[b]) for b in used}
    spare = [int(b) for b in order if int(b) not in used and land[int(b)] > 1.6]
    spare.sort(key=lambda b: int(home[b]) in lived_in)
    if len(spare) < ISOLATED_OLD:
        raise ValueError("no room for isolated old communities")
    return dict.fromkeys(spare[:ISOLATED_OLD], 1)


def make_land(ground: Ground, pieces: list[Polygon], rng: Generator) -> tuple[list[BlockUse], list[Quota]]:
    """Use of every block of the district, sub-district by sub-district, and the quotas it fulfils."""
    subdistrict = ground.neighbourhood_subdistrict[ground.block_neighbourhood]
    areas = np.array([s.area for s in ground.subdistricts])
    wanted = quotas(areas, np.bincount(subdistrict).astype(float), rng)
    uses: list[BlockUse] = []
    for number, quota in enumerate(wanted):
        uses += subdistrict_uses(
            np.flatnonzero(subdistrict == number), ground.block_neighbourhood, pieces, quota, rng
        )
    return uses, wanted
