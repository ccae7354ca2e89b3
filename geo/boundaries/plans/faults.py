"""What is wrong with a draft (问题): of the cells that an edit touched at once, of all of them when asked."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np
import shapely
from sqlalchemy.orm import Session

from geo.boundaries.check import FIXES, KINDS, Checked, CheckRules, Finding, check
from geo.boundaries.homes import Homes, homes_in
from geo.boundaries.plans import cells as drafted
from geo.boundaries.plans import surroundings
from geo.boundaries.plans.cells import Cell
from geo.boundaries.plans.figures import counted
from geo.boundaries.plans.layers import Layer
from geo.boundaries.plans.limits import limits_of
from geo.boundaries.plans.planes import plane_of
from geo.boundaries.plans.rows import Draft
from geo.boundaries.plans.surroundings import Frame

_BUILDING = {"building_cut": "building ", "building_out": "building "}


@dataclass(frozen=True, slots=True)
class Fault:
    """A finding with its id, which stays as long as the fault does."""

    id: str
    finding: Finding

    @property
    def building(self) -> str | None:
        """The code of the building at fault."""
        if self.finding.kind not in _BUILDING:
            return None
        return self.finding.text.removeprefix("building ").split(":")[0]

    def as_json(self) -> dict[str, Any]:
        """Return plain JSON members."""
        row = self.finding.row()
        place = [round(row.pop("x"), 8), round(row.pop("y"), 8)] if row["x"] is not None else None
        for name in ("x", "y"):
            row.pop(name, None)
        shape = self.finding.shape
        return {
            "id": self.id, **row, "place": place, "building": self.building, "fix": _fix(self.finding),
            "geometry": None if shape is None else json.loads(shapely.to_geojson(shape)),
        }  # fmt: skip


def _fix(finding: Finding) -> dict[str, Any] | None:
    action = finding.fix
    if action is None or finding.kind.startswith("code_"):
        return None  # codes of new cells are given at publication, others are for ever
    needs = {"decide": "to", "split": "line"}.get(action)
    if action == "decide" and finding.kind not in ("hole", "uncovered", "overlap", "inside"):
        return None
    zh, en = FIXES[action]
    return {"action": action, "label": {"zh": zh, "en": en}, "needs": needs, "safe": finding.safe}


def identified(finding: Finding) -> Fault:
    """Return a finding with an id of its kind, cells and place."""
    row = finding.row()
    place = "" if row["x"] is None else f"{row['x']:.7f} {row['y']:.7f}"
    named = f"{finding.kind} {' '.join(sorted(finding.cells))} {place}"
    return Fault(hashlib.sha256(named.encode()).hexdigest()[:16], finding)


def rules_of(db: Session, draft: Draft) -> CheckRules:
    """Return what the cells of a plan are held against: the district's size limits, else the standard profile."""
    limits = limits_of(db, draft.row.area)
    return CheckRules(households=limits, profiles=dict.fromkeys(draft.layer.exempt))


def of_some(
    cells: Mapping[str, Cell], homes: Homes, figures: Mapping[str, Any], layer: Layer, rules: CheckRules
) -> list[Fault]:
    """Return the faults of cells that an edit touched: of each for itself and with each other."""
    if not cells:
        return []
    report = check(_checked(cells, homes, figures, layer), rules)
    # who is in no cell, what a cell's neighbours lack, cannot be said from some cells
    mine = [one for one in report.findings if one.kind not in ("building_out", "hole", "gap", "mismatch")]
    return [identified(one) for one in mine]


def _checked(cells: Mapping[str, Cell], homes: Homes, figures: Mapping[str, Any], layer: Layer) -> Checked:
    codes = list(cells)
    shapes = np.array([*(cells[code].shape for code in codes), None], dtype=object)[:-1]
    sized = layer.name == "grids"
    # of a cell where somebody is not counted, too few cannot be said; too many can
    known = {
        code: float(figures[code]["households"])
        for code in codes
        if sized and figures[code]["households"] is not None and not figures[code]["unknown"]
    }
    return Checked(
        codes, shapes, plane_of(shapes), buildings=homes.footprints,
        building_names=[str(code) for code in homes.codes], households=known,
        kinds={code: cells[code].kind for code in codes},
    )  # fmt: skip


def of_all(db: Session, draft: Draft, as_of: date) -> tuple[list[Fault], CheckRules]:
    """Return every fault of a draft, parent by parent, errors first."""
    rules = rules_of(db, draft)
    cells = drafted.load(db, draft)
    frames = surroundings.frames(db, draft, as_of)
    shapes = [*(cell.shape for cell in cells.values()), *(frame.shape for frame in frames)]
    homes = homes_in(db, shapes, as_of)
    figures = counted(cells, homes)
    found: list[Finding] = []
    for frame in frames:
        mine = {code: cell for code, cell in cells.items() if draft.layer.parent_of(code) == frame.code}
        found += _of_parent(frame, mine, homes, figures, draft.layer, rules)
    return [identified(one) for one in sorted(found, key=_order)], rules


def _order(finding: Finding) -> tuple[Any, ...]:
    return finding.severity, list(KINDS).index(finding.kind), finding.cells


def _of_parent(
    frame: Frame,
    cells: Mapping[str, Cell],
    homes: Homes,
    figures: Mapping[str, Any],
    layer: Layer,
    rules: CheckRules,
) -> Sequence[Finding]:
    if not cells:
        return (
            [Finding("uncovered", (), frame.shape, fix=None, text="no cell at all")] if layer.covers else []
        )
    inside = shapely.intersects(frame.shape, homes.points)
    here = Homes(*(getattr(homes, name)[inside] for name in Homes.__slots__))
    what = _checked(cells, here, figures, layer)
    report = check(replace(what, parent=frame.shape), rules)
    left = set() if layer.covers else {"hole", "gap", "uncovered", "building_out"}
    return [one for one in report.findings if one.kind not in left]


def summary(found: Sequence[Fault]) -> dict[str, Any]:
    """Return counts of faults."""
    counts: dict[str, int] = {}
    for one in found:
        counts[one.finding.kind] = counts.get(one.finding.kind, 0) + 1
    errors = sum(one.finding.severity == "error" for one in found)
    return {"counts": counts, "errors": errors, "warnings": len(found) - errors}
