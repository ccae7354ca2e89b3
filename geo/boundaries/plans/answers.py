"""What the page is told of an edit (编辑结果): changed cells with geometry and figures, what went, what is at fault."""

from __future__ import annotations

import json
from typing import Any

import shapely
from sqlalchemy.orm import Session

from geo.boundaries.homes import Homes
from geo.boundaries.plans import faults, figures
from geo.boundaries.plans.cells import Cell
from geo.boundaries.plans.figures import Figures
from geo.boundaries.plans.rows import Draft
from geo.boundaries.plans.steps import Edit
from geo.boundaries.tessellation.model import place_of

DIGITS = 8
"""Decimals of degrees that go out: a millimetre. The bits stay here."""


def feature(cell: Cell, parent: str, told: Figures) -> dict[str, Any]:
    """Return a cell as GeoJSON with its figures."""
    return {
        "type": "Feature", "id": cell.code, "geometry": geometry(cell.shape),
        "properties": {
            "code": cell.code, "name": cell.name, "kind": cell.kind, "neighbourhood": parent[:12], "parent": parent,
            "is_new": cell.is_new, "changed": cell.is_changed, "came_from": list(cell.came_from), **told,
        },
    }  # fmt: skip


def geometry(shape: Any) -> dict[str, Any] | None:
    """Return a shape as GeoJSON, rounded for showing."""
    if shape is None or shape.is_empty:
        return None
    found: dict[str, Any] = _rounded(json.loads(shapely.to_geojson(shape)))
    return found


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _rounded(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_rounded(each) for each in value]
    return round(value, DIGITS) if isinstance(value, float) else value


def described(db: Session, draft: Draft, edit: Edit, homes: Homes) -> dict[str, Any]:
    """Return what an edit does, without version and position; `homes` are the buildings of its cells' common box."""
    before = {code: cell for code, cell in edit.before.items() if cell is not None}
    after = {code: cell for code, cell in edit.after.items() if cell is not None}
    told, was = figures.counted(after, homes), figures.counted(before, homes)
    chosen = {code: cell for code, cell in after.items() if code not in edit.grown}
    found = faults.of_some(chosen, homes, told, draft.layer, faults.rules_of(db, draft))
    parent_of = draft.layer.parent_of
    return {
        "operation": edit.operation,
        "changed": [feature(cell, parent_of(code), told[code]) for code, cell in sorted(after.items())],
        "gone": sorted(code for code in before if code not in after),
        "grown": sorted(edit.grown),
        "before": {code: {"name": before[code].name, **was[code]} for code in sorted(before)},
        "line": geometry(edit.line),
        "left": [{"why": why, "place": place_of(at)} for why, at in edit.left],
        "faults": [one.as_json() for one in found],
    }
