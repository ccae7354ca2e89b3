"""Cells as a draft sees them (草稿单元): the published ones, with what the draft makes of them in their stead."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np
import shapely
from shapely import MultiPolygon, Polygon
from sqlalchemy import Row, Select, func, literal, or_, select
from sqlalchemy.orm import Session

from geo.boundaries.plans.layers import Layer
from geo.boundaries.plans.rows import Draft
from geo.boundaries.tessellation import same
from geo.store.tables import grid_plan_cell

Shape: TypeAlias = Polygon | MultiPolygon
"""Of one part a polygon, so that a cell is the same value wherever it comes from."""
Box = tuple[float, float, float, float]
"""West, south, east, north in degrees."""


@dataclass(frozen=True, slots=True)
class Published:
    """The version of a cell that the draft stands on: its row, and what it said."""

    row: int
    name: str
    kind: str
    shape: Shape


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of a draft; `shape` in degrees, EPSG:4490. `base` is None where it is new."""

    code: str
    name: str
    kind: str
    shape: Shape
    base: Published | None = None
    came_from: tuple[str, ...] = ()

    @property
    def is_new(self) -> bool:
        """Whether nothing of this code is published."""
        return self.base is None

    @property
    def is_changed(self) -> bool:
        """Whether it differs from what is published, by a bit."""
        base = self.base
        return (
            base is None
            or (self.name, self.kind) != (base.name, base.kind)
            or not same(self.shape, base.shape)
        )

    def as_row(self) -> dict[str, Any] | None:
        """Return what is kept of it; None where it is as published, so that nothing need be kept."""
        if not self.is_changed:
            return None
        return {
            "name": self.name, "kind": self.kind, "is_new": self.is_new, "came_from": list(self.came_from),
            "base": self.base and self.base.row, "gone": False, "geom": as_ewkb(self.shape),
        }  # fmt: skip


def gone_row(cell: Cell) -> dict[str, Any] | None:
    """Return what is kept of a cell that the draft ends: nothing of a new one."""
    if cell.base is None:
        return None
    return {
        "name": cell.base.name, "kind": cell.base.kind, "is_new": False, "came_from": [], "base": cell.base.row,
        "gone": True, "geom": None,
    }  # fmt: skip


def as_ewkb(shape: Shape) -> str:
    """Return a shape as the database keeps it: hexadecimal EWKB of a MultiPolygon, rings as RFC 7946 turns them."""
    whole = shape if isinstance(shape, MultiPolygon) else MultiPolygon([shape])
    turned = shapely.set_srid(shapely.orient_polygons(whole), 4490)
    return str(shapely.to_wkb(turned, hex=True, include_srid=True))


def load(
    db: Session, draft: Draft, *, box: Box | None = None, codes: Sequence[str] | None = None
) -> dict[str, Cell]:
    """Return the cells of a draft by code: all, or those that touch a box, or those of some codes."""
    rows = [*db.execute(_drafted(draft, box, codes)), *db.execute(_untouched(draft, box, codes))]
    shapes = _shapes([row.wkb for row in rows])
    bases = _shapes([row.base_wkb for row in rows])
    found = {row.code: _cell(row, *pair) for row, *pair in zip(rows, shapes, bases, strict=True)}
    return dict(sorted(found.items()))


def ended(db: Session, draft: Draft) -> list[str]:
    """Return the codes of published cells that a draft ends."""
    c = grid_plan_cell.c
    return list(db.scalars(select(c.code).where(c.plan == draft.id, c.gone).order_by(c.code)))


def box_of(db: Session, draft: Draft, codes: Sequence[str]) -> Box | None:
    """Return the common box of some cells; None where none of them is there."""
    c, t = grid_plan_cell.c, draft.layer.table.c
    mine = select(c.geom).where(c.plan == draft.id, c.code.in_(codes), ~c.gone)
    others = select(t.geom).where(t.id == _any(draft.world), t.code.in_(codes))
    both = mine.union_all(others).subquery()
    extent = func.ST_Extent(both.c.geom)
    sides = (func.ST_XMin(extent), func.ST_YMin(extent), func.ST_XMax(extent), func.ST_YMax(extent))
    found = db.execute(select(*sides)).one()
    return None if found[0] is None else tuple(found)


def joined(boxes: Iterable[Box | None], margin: float) -> Box | None:
    """Return the box round several, wider by a margin; None where there is none."""
    there = np.array([box for box in boxes if box is not None])
    if not len(there):
        return None
    west, south = there[:, :2].min(axis=0) - margin
    east, north = there[:, 2:].max(axis=0) + margin
    return float(west), float(south), float(east), float(north)


def _drafted(draft: Draft, box: Box | None, codes: Sequence[str] | None) -> Select[Any]:
    c, base = grid_plan_cell.c, draft.layer.table.alias("base")
    statement = (
        select(
            c.code, c.name, c.kind, c.came_from, c.base.label("base_row"), base.c.name.label("base_name"),
            _kind(draft.layer, base.c).label("base_kind"), func.ST_AsBinary(c.geom).label("wkb"),
            func.ST_AsBinary(base.c.geom).label("base_wkb"),
        )
        .select_from(grid_plan_cell.outerjoin(base, base.c.id == c.base))
        .where(c.plan == draft.id, ~c.gone)
    )  # fmt: skip
    return _within(statement, c, box, codes)


def _untouched(draft: Draft, box: Box | None, codes: Sequence[str] | None) -> Select[Any]:
    c, t = grid_plan_cell.c, draft.layer.table.c
    drafted = select(c.code).where(c.plan == draft.id)
    came_from = t.came_from if "came_from" in t else literal(None)
    statement = select(
        t.code, t.name, _kind(draft.layer, t).label("kind"), came_from.label("came_from"), t.id.label("base_row"),
        t.name.label("base_name"), _kind(draft.layer, t).label("base_kind"), func.ST_AsBinary(t.geom).label("wkb"),
        literal(None).label("base_wkb"),
    ).where(t.id == _any(draft.world), t.code.not_in(drafted))  # fmt: skip
    return _within(statement, t, box, codes)


def _within(statement: Select[Any], c: Any, box: Box | None, codes: Sequence[str] | None) -> Select[Any]:
    conditions = []
    if box is not None:
        conditions.append(c.geom.op("&&")(func.ST_MakeEnvelope(*box, 4490)))
    if codes is not None:
        conditions.append(c.code.in_(codes))
    return statement.where(or_(*conditions)) if conditions else statement


def _any(ids: Sequence[int]) -> Any:
    return func.any(list(ids))


def _kind(layer: Layer, columns: Any) -> Any:
    return func.coalesce(columns.kind, "") if "kind" in layer.table.c else literal("")


def _shapes(values: Sequence[Any]) -> list[Any]:
    """Return shapes; one part is a polygon, so that a cell is the same value wherever it comes from."""
    found = shapely.from_wkb([None if value is None else bytes(value) for value in values])
    return [shape.geoms[0] if shape is not None and len(shape.geoms) == 1 else shape for shape in found]


def _cell(row: Row[Any], shape: Shape, base: Shape | None) -> Cell:
    was = None
    if row.base_row is not None:
        was = Published(row.base_row, row.base_name, row.base_kind, shape if base is None else base)
    return Cell(row.code, row.name, row.kind, shape, was, tuple(row.came_from or ()))


def shapes_of(cells: Mapping[str, Cell]) -> dict[str, Shape]:
    """Return the shapes by code."""
    return {code: cell.shape for code, cell in cells.items()}


def redrawn(cell: Cell, shape: Shape) -> Cell:
    """Return a cell with another shape."""
    return replace(cell, shape=shape)


def published(db: Session, draft: Draft) -> dict[str, Cell]:
    """Return what the draft changes and ends as it is published: the versions that it stands on."""
    c = grid_plan_cell.c
    ids = db.scalars(select(c.base).where(c.plan == draft.id, c.base.is_not(None)))
    return at_rows(db, draft, [row for row in ids if row is not None])


def at_rows(db: Session, draft: Draft, ids: Sequence[int]) -> dict[str, Cell]:
    """Return published cells by the rows that hold them."""
    t = draft.layer.table.c
    kind = _kind(draft.layer, t).label("kind")
    statement = select(t.id, t.code, t.name, kind, func.ST_AsBinary(t.geom).label("wkb")).where(
        t.id == _any(ids)
    )
    rows = db.execute(statement.order_by(t.code)).all()
    shapes = _shapes([row.wkb for row in rows])
    return {
        row.code: Cell(row.code, row.name, row.kind, shape, Published(row.id, row.name, row.kind, shape))
        for row, shape in zip(rows, shapes, strict=True)
    }
