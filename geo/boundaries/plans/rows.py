"""The row of a plan (方案): read, locked, brought to its next version."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from geo.boundaries.codes import region_prefix
from geo.boundaries.plans.layers import Layer, layer_of
from geo.errors import Conflict, NotFound, Stale
from geo.store.tables import grid_plan

EDITABLE: Final = ("draft", "returned")


@dataclass(frozen=True, slots=True)
class Draft:
    """A plan and the rows of published cells that it stands on; `fresh`: it has no step yet, so these are today's."""

    row: Any
    layer: Layer
    world: tuple[int, ...]
    fresh: bool

    @property
    def id(self) -> int:
        """The plan's number."""
        return int(self.row.id)

    @property
    def prefix(self) -> str:
        """What every code of its area begins with."""
        return region_prefix(self.row.area)


def read(db: Session, plan: int) -> Draft:
    """Return a plan without locking it: for looking and for previews. Raises NotFound."""
    return _draft(db, db.execute(select(grid_plan).where(grid_plan.c.id == plan)).first(), plan)


def locked(db: Session, plan: int, version: int | None, states: Sequence[str] = EDITABLE) -> Draft:
    """Return a plan that this transaction alone changes.

    Raises NotFound, Stale when it moved on since `version`, and Conflict when it is in none of the states.
    """
    statement = select(grid_plan).where(grid_plan.c.id == plan).with_for_update()
    draft = _draft(db, db.execute(statement).first(), plan)
    if version is not None and version != draft.row.version:
        raise Stale("somebody changed this plan meanwhile", extra={"current": {"version": draft.row.version}})
    expect(draft, states)
    return draft


def expect(draft: Draft, states: Sequence[str]) -> None:
    """Raise Conflict when a plan is in none of the states."""
    if draft.row.state not in states:
        raise Conflict(f"the plan is {draft.row.state}; this needs {' or '.join(states)}", field="state")


def advance(db: Session, draft: Draft, **values: Any) -> int:
    """Write values and the next version; returns it."""
    version = int(draft.row.version) + 1
    db.execute(
        update(grid_plan)
        .where(grid_plan.c.id == draft.id)
        .values(version=version, changed_at=func.now(), **values)
    )
    return version


def published_now(db: Session, layer: Layer, prefix: str) -> tuple[int, ...]:
    """Return the rows of the last published cells of an area, also those that begin only later, by code."""
    c = layer.table.c
    ids = db.scalars(
        select(c.id)
        .where(c.code.op("^@")(prefix), func.upper_inf(c.recorded), func.upper_inf(c.valid))
        .order_by(c.code)
    )
    return tuple(ids)


def _draft(db: Session, row: Any, plan: int) -> Draft:
    if row is None:
        raise NotFound(f"no plan {plan} in your area")
    layer = layer_of(row.layer)
    if row.world is not None:
        return Draft(row, layer, tuple(row.world), False)
    return Draft(row, layer, published_now(db, layer, region_prefix(row.area)), True)
