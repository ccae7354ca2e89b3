"""Checking cells (检查): every fault of a tessellation as a row and a shape, with its size and the fix on offer.

Pure: any file's polygons or a plan's. Topology is looked at in the coordinates as they are, since a reprojected border
no longer fits; sizes are measured in metres of a plane.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from geo.boundaries.check.codes import code_findings
from geo.boundaries.check.people import building_findings, households_of, size_findings
from geo.boundaries.check.report import FIXES, KINDS, CheckRules, Finding, Measure, Plane, Report, in_order
from geo.boundaries.check.shapes import Sound, fit_findings, parent_findings, part_findings, ring_findings

__all__ = ["FIXES", "KINDS", "CheckRules", "Checked", "Finding", "Report", "check"]


@dataclass(frozen=True, slots=True)
class Checked:
    """What is checked: shapes by row, and whatever else is known of them.

    `plane` brings coordinates into metres. `codes` are looked at only where given; `ids` name the rows in findings.
    `households` and `kinds` are by id; without `households` they are counted from the buildings' where these have any.
    """

    ids: Sequence[str]
    shapes: NDArray[np.object_]
    plane: Plane = field(default=lambda points: points)
    parent: BaseGeometry | None = None
    buildings: NDArray[np.object_] | None = None
    building_names: Sequence[str] = ()
    building_households: NDArray[np.float64] | None = None
    households: Mapping[str, float] | None = None
    kinds: Mapping[str, str] = field(default_factory=dict)
    codes: Sequence[str | None] | None = None
    prefix: str | None = None
    parents: Sequence[str | None] | None = None
    retired: AbstractSet[str] = frozenset()


def check(what: Checked, rules: CheckRules | None = None) -> Report:
    """Return every fault of some cells.

    >>> import shapely
    >>> cells = np.array([shapely.box(0, 0, 10, 10), shapely.box(9, 0, 20, 10)])
    >>> [(f.kind, f.cells, f.area_m2, f.fix) for f in check(Checked(["a", "b"], cells)).findings]
    [('overlap', ('a', 'b'), 10.0, 'decide')]
    """
    rules = rules or CheckRules()
    measure = Measure(what.plane)
    found = list(ring_findings(what.ids, what.shapes))
    sound = Sound.of(what.ids, what.shapes)
    if len(sound.ids):
        found += fit_findings(sound, rules, measure)
        found += part_findings(sound, rules, measure)
        if what.parent is not None:
            # a hole is told as uncovered land of the parent; where it is none of that, it is no fault
            gaps = [one.shape for one in found if one.kind == "gap"]
            found = [one for one in found if one.kind != "hole"]
            found += parent_findings(sound, what.parent, gaps, rules, measure)
        found += _content(what, sound, rules, measure)
    if what.codes is not None:
        found += code_findings(
            what.codes, what.shapes, rules, prefix=what.prefix, parents=what.parents, retired=what.retired
        )
    return Report(in_order(found), rules, len(what.ids))


def _content(what: Checked, sound: Sound, rules: CheckRules, measure: Measure) -> list[Finding]:
    found: list[Finding] = []
    households = None if what.households is None else dict(what.households)
    if what.buildings is not None:
        found += building_findings(sound, what.buildings, what.building_names, rules, measure)
        if households is None and what.building_households is not None:
            households = households_of(sound, what.buildings, what.building_households)
    if households is not None:
        found += size_findings(sound, households, dict(what.kinds), rules)
    return found
