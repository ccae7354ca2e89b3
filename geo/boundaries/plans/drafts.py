"""Drafts (草稿): begun for an area, copied, renamed, thrown away, listed, looked at."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, Final

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from geo.boundaries.codes import region_prefix
from geo.boundaries.homes import homes_in
from geo.boundaries.plans import answers, cells, conflicts, faults, figures, rows, steps, surroundings
from geo.boundaries.plans.cells import Cell
from geo.boundaries.plans.layers import layer_of
from geo.boundaries.plans.rows import Draft
from geo.errors import BadInput, Conflict, NotFound, TooLarge
from geo.store import history
from geo.store.sql import query
from geo.store.tables import grid_plan, region

MOST_CELLS: Final = 500
"""Cells that one plan may hold: what a browser draws and a person oversees."""
_LEVELS = ("neighbourhood", "subdistrict", "district")


def create(
    db: Session, area: str, title: str, as_of: date, *, layer: str = "grids", copy: int | None = None
) -> int:
    """Begin a draft for a neighbourhood, sub-district or district (社区、街道、区); `copy` is a plan to begin from.

    Raises NotFound where there is no such region in the area, TooLarge where it has over 500 cells.
    """
    here = select(region.c.id).where(
        region.c.code == area, region.c.level.in_(_LEVELS), history.holds_on(region, as_of)
    )
    if db.execute(here).first() is None:
        raise NotFound(f"no neighbourhood, sub-district or district {area} in your area", field="area")
    _refuse_many(len(rows.published_now(db, layer_of(layer), region_prefix(area))), area)
    row = insert(grid_plan).values(area=area, title=title, layer=layer).returning(grid_plan.c.id)
    plan = int(db.execute(row).scalar_one())
    if copy is not None:
        _copy(db, plan, rows.read(db, copy), area, layer)
    return plan


def _refuse_many(count: int, area: str) -> None:
    if count > MOST_CELLS:
        message = f"{area} has {count} cells; a plan holds at most {MOST_CELLS}: choose a smaller area"
        raise TooLarge(message, field="area", extra={"cells": count, "most": MOST_CELLS})


def _copy(db: Session, plan: int, of: Draft, area: str, layer: str) -> None:
    if of.row.area != area or of.row.layer != layer:
        raise BadInput("a copy is of the same area and layer", field="from")
    if of.row.state == "published":
        raise Conflict("what is published is the ground of every new draft")
    steps.copy_of(db, plan, of)


def rename(db: Session, plan: int, title: str, version: int | None) -> int:
    """Give a plan another title; returns its version."""
    draft = rows.locked(db, plan, version, (*rows.EDITABLE, "submitted", "approved"))
    return rows.advance(db, draft, title=title)


def discard(db: Session, plan: int, actor: str) -> None:
    """Throw a draft away; only its author may, and never one that was approved."""
    draft = rows.locked(db, plan, None, (*rows.EDITABLE, "submitted", "approved", "published", "withdrawn"))
    if draft.row.state not in rows.EDITABLE or draft.row.author != actor:
        raise Conflict("only its author discards a plan, and only while it is a draft")
    db.execute(delete(grid_plan).where(grid_plan.c.id == plan))


def all_plans(
    db: Session, as_of: date, *, area: str | None = None, layer: str | None = None, state: str | None = None
) -> list[dict[str, Any]]:
    """Return the plans of the scope, newest first; of an area, those of what lies inside it too."""
    values = {"as_of": as_of, "prefix": region_prefix(area) if area else "", "layer": layer, "state": state}
    found: list[dict[str, Any]] = db.execute(query("geo.boundaries", "plan_list"), values).scalar_one()
    return found


def drafted(db: Session, plan: int) -> tuple[Draft, dict[str, Cell]]:
    """Return a plan and every cell of its area as drafted. Raises NotFound."""
    draft = rows.read(db, plan)
    return draft, cells.load(db, draft)


def view(
    db: Session, plan: int, as_of: date, *, actor: str = "", roles: Sequence[str] = ()
) -> dict[str, Any]:
    """Return one plan with every cell of its area and who lives there; raises NotFound."""
    draft, found = drafted(db, plan)
    frames = surroundings.frames(db, draft, as_of)
    shapes = [*(cell.shape for cell in found.values()), *(frame.shape for frame in frames)]
    homes = homes_in(db, shapes, as_of) if shapes else None
    told = figures.counted(found, homes) if homes else {}
    base = cells.published(db, draft)
    rules = faults.rules_of(db, draft)
    parent_of = draft.layer.parent_of
    return {
        **_head(db, draft, as_of),
        "position": draft.row.position,
        "steps": steps.listed(db, draft),
        "may": may(draft, actor, roles, steps.count(db, draft.id)),
        "limits": {
            "min": rules.households[0],
            "max": rules.households[1],
            "exempt": list(draft.layer.exempt),
        },
        "cells": _collection(
            [answers.feature(cell, parent_of(code), told[code]) for code, cell in found.items()]
        ),
        "ended": cells.ended(db, draft),
        "base": figures.counted(base, homes) if homes else {},
        "frame": _collection([_outline(frame) for frame in frames]),
        "stale": conflicts.stale(db, draft),
        "outcome": draft.row.outcome,
    }


def _head(db: Session, draft: Draft, as_of: date) -> dict[str, Any]:
    values = {"plan": draft.id, "as_of": as_of}
    head: dict[str, Any] = db.execute(query("geo.boundaries", "plan_head"), values).scalar_one()
    return head


def _collection(features: list[dict[str, Any]]) -> dict[str, Any]:
    return {"type": "FeatureCollection", "features": features}


def _outline(frame: surroundings.Frame) -> dict[str, Any]:
    properties = {"code": frame.code, "name": frame.name, "level": frame.level}
    geometry = answers.geometry(frame.shape)
    return {"type": "Feature", "id": frame.code, "geometry": geometry, "properties": properties}


def may(draft: Draft, actor: str, roles: Sequence[str], last: int) -> list[str]:
    """Return what somebody may do with a plan as it is."""
    row, planner, reviewer = draft.row, "planner" in roles, "reviewer" in roles
    open_, second = row.state in rows.EDITABLE, actor not in (row.author, row.submitted_by)
    rights = {
        "edit": planner and open_,
        "undo": planner and open_ and row.position > 0,
        "redo": planner and open_ and row.position < last,
        "submit": planner and open_ and row.position > 0,
        "approve": reviewer and second and row.state == "submitted",
        "return": reviewer and row.state in ("submitted", "approved"),
        "publish": reviewer and second and row.state in ("submitted", "approved"),
        "withdraw": reviewer and second and row.state == "published",
        "delete": planner and open_ and row.author == actor,
        "comment": planner or reviewer,
    }
    return [name for name, allowed in rights.items() if allowed]
