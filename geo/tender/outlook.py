"""The facts behind a mode: what lies together in the pool, and which strong firm serves nearby."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from geo.bundling import Link
from geo.tender.candidates import Candidate
from geo.tender.modes import Cluster, Facts, NearFirm, Outlook, Thresholds, outlook


def outlooks(
    candidates: Mapping[str, Candidate],
    links: Sequence[Link],
    firms: Sequence[Any],
    shapes: gpd.GeoSeries,
    limits: Thresholds,
) -> dict[str, Outlook]:
    """Judge every unit of a pool.

    `links`: neighbours by the district's own gap. `firms`: rows of strong firms (firm, name, grade, unit), and the
    `shapes` of what they serve in the plane system of the candidates, in the same order.
    """
    together = _together(candidates, links)
    near = _near(candidates, firms, shapes, limits.joint_metres)
    return {
        code: outlook(_facts(each, together[code], near.get(code)), limits)
        for code, each in candidates.items()
    }


def _facts(candidate: Candidate, cluster: Cluster, firm: NearFirm | None) -> Facts:
    names = ("kind", "households", "floor_area", "fee", "building_count", "willing", "vote", "taken")
    return Facts(
        cluster=cluster,
        firm=firm,
        mid_contract=candidate.reason == "added",
        **{name: getattr(candidate, name) for name in names},
    )


def _together(candidates: Mapping[str, Candidate], links: Sequence[Link]) -> dict[str, Cluster]:
    """A unit with its own neighbours: chains of neighbours would make one heap of a whole city."""
    beside: dict[str, list[str]] = {code: [code] for code in candidates}
    for link in links:
        beside[link.a].append(link.b)
        beside[link.b].append(link.a)
    return {
        code: _cluster([candidates[other].households for other in group]) for code, group in beside.items()
    }


def _cluster(households: Sequence[int | None]) -> Cluster:
    known = [count for count in households if count is not None]
    return Cluster(len(households), sum(known), len(households) - len(known))


def _near(
    candidates: Mapping[str, Candidate], firms: Sequence[Any], shapes: gpd.GeoSeries, metres: float
) -> dict[str, NearFirm]:
    """The nearest unit that a strong firm serves, for each candidate that has one within reach; never itself."""
    if not len(shapes) or not candidates:
        return {}
    codes = list(candidates)
    served = np.asarray(shapes.array, dtype=object)
    mine = np.array([candidates[code].shape for code in codes], dtype=object)
    one, other = shapely.STRtree(served).query(mine, predicate="dwithin", distance=metres)
    distance = shapely.distance(mine[one], served[other])
    found: dict[str, NearFirm] = {}
    for place in np.lexsort((other, distance)):
        code, row = codes[one[place]], firms[other[place]]
        if code != row.unit and code not in found:
            found[code] = NearFirm(row.firm, row.name, row.grade, row.unit, float(distance[place]))
    return found
