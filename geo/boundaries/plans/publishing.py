"""Publication (发布): old versions close, new ones open, with codes and lineage, in the caller's one transaction."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

import numpy as np
import shapely
from geoalchemy2 import WKBElement
from sqlalchemy import func, select, text, update
from sqlalchemy.orm import Session

from geo.boundaries.plans import cells as drafted
from geo.boundaries.plans import dependents, lineage, numbering, rows
from geo.boundaries.plans.borders import only_grew
from geo.boundaries.plans.cells import Cell, as_ewkb, at_rows
from geo.boundaries.plans.lineage import Descent
from geo.boundaries.plans.review import refuse_conflicts, refuse_errors, refuse_same_person
from geo.boundaries.plans.rows import Draft
from geo.boundaries.tessellation import Cell as Shape
from geo.boundaries.tessellation.noding import into_edges
from geo.errors import BadInput, Conflict
from geo.store import history
from geo.store.sql import query
from geo.store.tables import branch, grid_plan_cell

FARTHEST: Final = timedelta(days=731)
"""How far ahead a plan may be published; until then nobody else can change its grids."""


@dataclass(frozen=True, slots=True)
class Release:
    """What publication opens and changes: final shapes by code (of neighbours that only gain a vertex too)."""

    fresh: Mapping[str, Cell]
    changed: Mapping[str, Shape]
    gone: tuple[str, ...]
    rows: Mapping[str, int]
    """The row of each published cell that changes or ends."""

    def moved(self, heirs: Mapping[str, Sequence[str]]) -> dependents.Moved:
        """Return what dependents must know."""
        shapes = {code: cell.shape for code, cell in self.fresh.items()} | dict(self.changed)
        return dependents.Moved(shapes, self.gone, heirs)


def publish(
    db: Session, plan: int, actor: str, valid_from: date, *, today: date, version: int | None = None
) -> dict[str, Any]:
    """Publish a plan from a date on; a submitted one is approved with it.

    The author and the submitter may not publish. Raises Conflict, naming the cells, when the ground changed that the
    plan changes too, and with the faults that came up since it was submitted: buildings come in meanwhile. Returns
    codes opened, ended and reshaped, what new cells were called in the draft, and branches carried over or left to be
    settled.
    """
    draft = rows.locked(db, plan, version, ("submitted", "approved"))
    refuse_same_person(draft, actor)
    if not today <= valid_from <= today + FARTHEST:
        raise BadInput("a plan is published for today or later, two years ahead at most", field="valid_from")
    one_at_a_time(db, draft)
    refuse_conflicts(db, draft)
    refuse_errors(db, draft, today)
    codes = _numbered(db, draft)
    draft = rows.read(db, plan)
    found = lineage.descent(db, draft, today)
    release = _release(db, draft)
    _refuse_early(db, draft, release, valid_from)
    dependents.refuse_let(db, draft, release.gone)
    by = history.open_change_set(db, "publish", draft.prefix, f"grid plan {plan}", reason=draft.row.title)
    heirs = found.heirs()
    seats = lineage.branches(db, draft, heirs, valid_from)
    _write(db, draft, release, found, by, valid_from)
    carried = _carry(db, seats, valid_from, by)
    settled = dependents.settle(db, draft, release.moved(heirs), by, valid_from)
    outcome = {
        "opened": sorted(release.fresh), "ended": list(release.gone), "reshaped": sorted(release.changed),
        "renumbered": codes, **settled.as_json(),
        "carried_branches": [*carried, *settled.branches],
        "unsettled_branches": [*(seat["code"] for seat in seats if seat["to"] is None), *settled.branches_left],
        "unsettled_teams": [post["grid"] for post in lineage.teams(db, draft, found, heirs) if not post["to"]],
        "valid_from": valid_from.isoformat(),
    }  # fmt: skip
    rows.advance(
        db,
        draft,
        state="published",
        reviewed_by=actor,
        valid_from=valid_from,
        published_in=by,
        outcome=outcome,
    )
    return outcome


def one_at_a_time(db: Session, draft: Draft) -> None:
    """Wait for other publications of the district: they share borders and numbers. Drafts are not held up by it."""
    db.execute(select(func.pg_advisory_xact_lock(func.hashtext(f"publication {draft.row.area[:6]}"))))


def _numbered(db: Session, draft: Draft) -> dict[str, str]:
    """Give new cells their final codes: a plan published meanwhile may have taken those of the draft.

    Returns final codes by the draft's.
    """
    c = grid_plan_cell.c
    fresh = list(db.scalars(select(c.code).where(c.plan == draft.id, c.is_new).order_by(c.code)))
    found = drafted.load(db, draft, codes=fresh)
    final: dict[str, str] = {}
    for parent in sorted({draft.layer.parent_of(code) for code in fresh}):
        mine = [code for code in fresh if draft.layer.parent_of(code) == parent]
        before = numbering.highest(db, draft.layer, parent)
        codes = draft.layer.numbered(parent, before, [found[code].shape for code in mine])
        final |= dict(zip(mine, codes, strict=True))
    # By way of a name that no code has, so that no two cells share one in between.
    for mark in ("=", ""):
        for old, new in final.items():
            here, there = (old, f"={new}") if mark else (f"={new}", new)
            db.execute(update(grid_plan_cell).where(c.plan == draft.id, c.code == here).values(code=there))
    said = {final.get(new, new): old for new, old in draft.row.lineage.items()}
    settled = {name: final.get(cell, cell) for name, cell in draft.row.settled.items()}
    db.execute(
        text(
            "UPDATE grid_plan SET lineage = CAST(:lineage AS jsonb), settled = CAST(:settled AS jsonb) WHERE id = :plan"
        ),
        {"plan": draft.id, "lineage": _json(said), "settled": _json(settled)},
    )
    return final


def _json(value: Mapping[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False)


def _release(db: Session, draft: Draft) -> Release:
    """Fit the draft's cells to the ground as it is now: vertices go into the edges on both sides of every border."""
    c = grid_plan_cell.c
    mine = list(db.scalars(select(c.code).where(c.plan == draft.id, ~c.gone)))
    gone = tuple(drafted.ended(db, draft))
    made = drafted.load(db, draft, codes=mine)
    now = _ground(db, draft, made, gone)
    others = {code: cell.shape for code, cell in now.items() if code not in made and code not in gone}
    fitted = into_edges({**{code: cell.shape for code, cell in made.items()}, **others})
    _refuse_unfit(fitted)
    grown = {
        code: shape for code, shape in fitted.items()
        if code in others and shape is not others[code] and only_grew(others[code], shape)
    }  # fmt: skip
    fresh = {code: drafted.redrawn(cell, fitted[code]) for code, cell in made.items() if cell.is_new}
    changed = {code: fitted[code] for code, cell in made.items() if not cell.is_new} | grown
    bases = {code: now[code].base for code in (*changed, *gone)}
    ids = {code: base.row for code, base in bases.items() if base is not None}
    return Release(fresh, changed, gone, ids)


def _ground(db: Session, draft: Draft, made: Mapping[str, Cell], gone: Sequence[str]) -> dict[str, Cell]:
    """Return the published cells that touch what the draft makes, of neighbouring areas too, and those it ends."""
    t = draft.layer.table.c
    shapes = [cell.shape for cell in made.values()]
    wanted: Any = t.code.in_([*made, *gone])
    if shapes:
        near = shapely.multipolygons(shapely.get_parts(shapes))
        touching = func.ST_GeomFromWKB(shapely.to_wkb(near), 4490)
        wanted = wanted | (t.geom.op("&&")(touching) & func.ST_DWithin(t.geom, touching, 1e-9))
    ids = db.scalars(select(t.id).where(func.upper_inf(t.recorded), func.upper_inf(t.valid), wanted))
    return at_rows(db, draft, list(ids))


def _refuse_unfit(fitted: Mapping[str, Shape]) -> None:
    """Two cells that overlap or miss each other are nobody's wish: the ground is not what the draft stood on."""
    shapes = np.array([*fitted.values(), None], dtype=object)[:-1]
    wrong = shapely.coverage_invalid_edges(shapes)
    bad = [code for code, edges in zip(fitted, wrong, strict=True) if not edges.is_empty]
    if bad:
        raise Conflict(
            "the cells do not fit the ground as it is now; take the changes in first",
            extra={"stale": True, "cells": bad},
        )


def _refuse_early(db: Session, draft: Draft, release: Release, valid_from: date) -> None:
    t = draft.layer.table.c
    named = [row for code, row in release.rows.items()]
    begins = db.scalar(select(func.max(func.lower(t.valid))).where(t.id.in_(named)))
    if begins is not None and begins > valid_from:
        raise BadInput(
            f"grids of this plan begin on {begins}; publish it for that day or later", field="valid_from"
        )


def _write(db: Session, draft: Draft, release: Release, found: Descent, by: int, day: date) -> None:
    table = draft.layer.table
    for code, cell in release.fresh.items():
        opening = {
            "code": code, "name": cell.name, "kind": cell.kind, "parent": draft.layer.parent_of(code),
            "came_from": list(found.came_from.get(code, ())), "geom": as_ewkb(cell.shape), "by": by, "valid_from": day,
        }  # fmt: skip
        db.execute(query("geo.boundaries", draft.layer.opening), opening)
    made = drafted.load(db, draft, codes=list(release.changed))
    for code, shape in release.changed.items():
        values: dict[str, Any] = {"geom": WKBElement(as_ewkb(shape))}
        kept = made.get(code)
        if kept is not None and kept.base is not None:
            values |= _words(draft, kept)
            origins = found.came_from.get(code, ())
            if "came_from" in table.c and set(origins) - {code}:
                values["came_from"] = list(origins)
        history.change(db, table, [release.rows[code]], day, values, by)
    history.end(db, table, [release.rows[code] for code in release.gone], day, by)
    db.execute(
        text("SELECT retire_codes(:kind, :codes, :day)"),
        {"kind": table.name, "codes": list(release.gone), "day": day},
    )


def _words(draft: Draft, cell: Cell) -> dict[str, Any]:
    """Return name and kind where the draft changed them."""
    assert cell.base is not None
    words = {"name": (cell.name, cell.base.name), "kind": (cell.kind, cell.base.kind)}
    return {name: new for name, (new, old) in words.items() if new != old and name in draft.layer.table.c}


def _carry(db: Session, seats: Sequence[Mapping[str, Any]], day: date, by: int) -> list[dict[str, str]]:
    """Bring branches to the grid that goes on from theirs."""
    carried = []
    for seat in seats:
        if seat["to"] is not None:
            history.change(db, branch, [seat["id"]], day, {"grid": seat["to"]}, by)
            carried.append({"branch": seat["code"], "from": seat["grid"], "to": seat["to"]})
    return carried
