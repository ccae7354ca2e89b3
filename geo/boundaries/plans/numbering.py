"""Codes of new cells (编码): proposed while they are drafted, final at publication, never one that was ever given."""

from __future__ import annotations

from collections.abc import Sequence

from shapely.geometry.base import BaseGeometry
from sqlalchemy import text
from sqlalchemy.orm import Session

from geo.boundaries.plans.layers import Layer
from geo.boundaries.plans.rows import Draft

_HIGHEST = text("SELECT highest_given(:kind, :stem, :digits)")
_PROPOSED = text("""
SELECT coalesce(max(CAST(right(made.code, :digits) AS integer)), 0)
  FROM grid_plan_step s, unnest(s.codes) AS made (code)
 WHERE s.plan = :plan AND s.number <= :position AND made.code ^@ :stem
   AND length(made.code) = length(:stem) + :digits""")


def highest(db: Session, layer: Layer, parent: str) -> int:
    """Return the highest number ever given in a parent."""
    return int(db.scalar(_HIGHEST, _bound(layer, parent)) or 0)


def proposed(db: Session, draft: Draft, parent: str, shapes: Sequence[BaseGeometry]) -> list[str]:
    """Return codes for new cells of a draft: after every number given, and after those that it proposed itself."""
    values = _bound(draft.layer, parent) | {"plan": draft.id, "position": draft.row.position}
    before = max(highest(db, draft.layer, parent), int(db.scalar(_PROPOSED, values) or 0))
    return draft.layer.numbered(parent, before, shapes)


def _bound(layer: Layer, parent: str) -> dict[str, object]:
    return {"kind": layer.table.name, "stem": layer.stem(parent), "digits": layer.digits}
