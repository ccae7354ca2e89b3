"""The operations of the planner (编辑操作) on a draft: what each loads, what it does, what it calls what it makes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import numpy as np
import shapely
from shapely import Point, Polygon
from shapely.geometry.base import BaseGeometry
from sqlalchemy.orm import Session

from geo.boundaries import tessellation as ts
from geo.boundaries.plans import requests as ask
from geo.boundaries.plans import surroundings
from geo.boundaries.plans.cells import Cell
from geo.boundaries.plans.ground import NEW, Ground, Naming, around, edit_of, whole
from geo.boundaries.plans.rows import Draft
from geo.boundaries.plans.steps import Edit
from geo.boundaries.tessellation import Change, Refused
from geo.boundaries.tessellation.cells import transfer

LEAST_WIDTH = ask.TOLERANCE_M * ask.DEGREES_A_METRE
"""A side of a split that is nowhere wider is refused: a sliver."""


def edit(db: Session, draft: Draft, wanted: ask.Operation, as_of: date) -> Edit:
    """Return what an operation does. Raises Refused with the place where it cannot be done."""
    return _DONE[wanted.operation](db, draft, wanted, as_of)


def _split(db: Session, draft: Draft, wanted: ask.Split, _as_of: date) -> Edit:
    ground = around(db, draft, [wanted.cell])
    parent = ground.common_parent([wanted.cell])
    change = ts.split(
        ground.tessellation(parent), wanted.cell, wanted.line.shape(), (f"{NEW}1", f"{NEW}2"),
        tolerance=wanted.reach, least_width=LEAST_WIDTH,
    )  # fmt: skip
    naming = Naming((wanted.cell,), numbered=True)
    return edit_of(db, ground, parent, change, naming, {"cell": wanted.cell})


def _merge(db: Session, draft: Draft, wanted: ask.Merge, _as_of: date) -> Edit:
    codes = list(dict.fromkeys(wanted.cells))
    ground = around(db, draft, codes)
    parent = ground.common_parent(codes)
    if wanted.into is not None and wanted.into not in codes:
        raise Refused(f"{wanted.into} is none of the cells that are merged", field="into")
    change = ts.merge(ground.tessellation(parent), codes, wanted.into or f"{NEW}1")
    largest = sorted(codes, key=lambda code: -ground.cells[code].shape.area)
    return edit_of(db, ground, parent, change, Naming(tuple(largest)), {"cells": codes, "into": wanted.into})


def _reshape(db: Session, draft: Draft, wanted: ask.Reshape, _as_of: date) -> Edit:
    line = wanted.line.shape()
    named = list(wanted.cells or ())
    ground = around(db, draft, named, [line], max(wanted.reach, 1e-5))
    pairs = [wanted.cells] if wanted.cells else _pairs(ground, line, wanted.reach)
    refusal: Refused | None = None
    for pair in pairs:
        parent = ground.common_parent(pair)
        try:
            change = ts.reshape(ground.tessellation(parent), pair, line, tolerance=wanted.reach)
        except Refused as error:
            refusal = refusal or error
            continue
        return edit_of(db, ground, parent, change, Naming(), {"cells": list(pair)})
    raise refusal or Refused("the line meets the border of the two fewer than two times", line, field="line")


def _pairs(ground: Ground, line: BaseGeometry, reach: float) -> list[tuple[str, str]]:
    """Return the pairs of one parent whose border a line comes near, the longest stretch of it first."""
    close = line.buffer(max(reach, 1e-7))
    codes = [code for code, cell in ground.cells.items() if cell.shape.intersects(close)]
    found: list[tuple[float, tuple[str, str]]] = []
    for i, one in enumerate(codes):
        for two in codes[i + 1 :]:
            if ground.parent_of(one) != ground.parent_of(two):
                continue
            shared = shapely.intersection(ground.cells[one].shape, ground.cells[two].shape)
            meets = shapely.get_parts(shapely.intersection(shared, close))
            lineal = [part for part in meets if part.length > 0]
            if lineal:
                spread = max(line.project(Point(part.coords[0])) for part in lineal) - min(
                    line.project(Point(part.coords[0])) for part in lineal
                )
                found.append((-spread - 1e-3 * len(lineal) * reach, (one, two)))
    return [pair for _, pair in sorted(found)][:6]


def _move(db: Session, draft: Draft, wanted: ask.Move, _as_of: date) -> Edit:
    start, to = wanted.points()
    ground = around(db, draft, (), [start, to], max(wanted.reach, 1e-5))
    parent = ground.parent_of(_nearest(ground, start, wanted.reach))
    outer = not draft.layer.covers
    change = ts.move_vertex(ground.tessellation(parent), start, to, outer=outer, tolerance=wanted.reach)
    codes = sorted(change.after)
    return edit_of(db, ground, parent, change, Naming(), {"cells": codes})


def _nearest(ground: Ground, at: Point, reach: float) -> str:
    if not ground.cells:
        raise Refused("there is no border here", at, field="at")
    codes = list(ground.cells)
    away = shapely.distance(np.array([ground.cells[code].shape for code in codes], dtype=object), at)
    nearest = int(away.argmin())
    if away[nearest] > reach:
        raise Refused("there is no border here", at, field="at")
    return codes[nearest]


def _draw(db: Session, draft: Draft, wanted: ask.Draw, as_of: date) -> Edit:
    shape = wanted.polygon.shape()
    if not shape.is_valid:
        raise Refused("the new cell has no sound border", shape.boundary, field="polygon")
    frame = surroundings.parent_at(db, draft, shape.representative_point(), as_of)
    ground = around(db, draft, (), [shape])
    tess = ground.tessellation(frame.code)
    naming = Naming(_taken_from(ground, frame.code, shape), wanted.name, _kind(draft, wanted.kind))
    what = {"name": wanted.name}
    if not tess.cells:
        return edit_of(db, ground, frame.code, _first(frame.shape, shape), naming, what)
    outer = not draft.layer.covers
    inside = shapely.intersection(shape, frame.shape) if outer else shape
    if not isinstance(inside, Polygon):
        raise Refused(
            "the new cell would fall into several parts at its parent's border", shape, field="polygon"
        )
    change = ts.draw(tess, f"{NEW}1", inside, over=wanted.over, outer=outer, tolerance=wanted.reach)
    return edit_of(db, ground, frame.code, change, naming, what)


def _taken_from(ground: Ground, parent: str, shape: Polygon) -> tuple[str, ...]:
    """Return the cells that a shape takes land from, the most first."""
    shares = {
        code: shapely.intersection(cell.shape, shape).area
        for code, cell in ground.cells.items()
        if ground.parent_of(code) == parent
    }
    return tuple(sorted((code for code, area in shares.items() if area > 0), key=lambda code: -shares[code]))


def _first(frame: BaseGeometry, shape: Polygon) -> Change:
    """The first cell of a parent that has none: as much of it as was drawn."""
    inside = shapely.intersection(shape, frame)
    if not isinstance(inside, Polygon) or inside.is_empty:
        raise Refused("the new cell lies beyond its parent", shape, field="polygon")
    return Change("draw", {f"{NEW}1": None}, {f"{NEW}1": inside}, line=inside.boundary)


def _kind(draft: Draft, kind: str | None) -> str | None:
    if kind is not None and kind not in draft.layer.kinds:
        raise Refused(f"no such kind: {kind}", field="kind")
    return kind


def _give(db: Session, draft: Draft, wanted: ask.Give, _as_of: date) -> Edit:
    ground = around(db, draft, [code for code in (wanted.cell, wanted.to) if code])
    parent = ground.common_parent([code for code in (wanted.cell, wanted.to) if code])
    tess = ground.tessellation(parent)
    what = {"cell": wanted.cell, "to": wanted.to}
    if wanted.polygon is None:
        part = Point(wanted.part) if wanted.part else None
        change = ts.give(tess, wanted.cell, wanted.to, part=part)
    else:
        change = _land_given(tess, wanted)
    return edit_of(db, ground, parent, change, Naming(), what)


def _land_given(tess: ts.Tessellation, wanted: ask.Give) -> Change:
    assert wanted.polygon is not None
    shape = wanted.polygon.shape()
    if wanted.to is None or not shape.is_valid:
        raise Refused(
            "say which cell takes the land, and draw it without crossing", shape.boundary, field="to"
        )
    parts = shapely.get_parts(shapely.intersection(shape, tess.shape(wanted.cell)))
    land = [part for part in parts if part.geom_type == "Polygon"]
    if not land:
        raise Refused(f"{wanted.cell} has nothing of it", shape, field="polygon")
    keep = max(land, key=lambda part: part.area)
    return transfer(tess, "give", shape, (wanted.cell, wanted.to), keep=keep, tolerance=wanted.reach)


def _fill(db: Session, draft: Draft, wanted: ask.Fill, as_of: date) -> Edit:
    at = Point(wanted.at)
    frame = surroundings.parent_at(db, draft, at, as_of)
    # a hole may be as large as its parent
    ground = around(db, draft, (), [frame.shape])
    tess = ground.tessellation(frame.code)
    what = {"to": wanted.to}
    naming = Naming(name=None)
    if wanted.to is not None:
        ground.common_parent([wanted.to])
    try:
        change = ts.fill(tess, at, wanted.to or f"{NEW}1")
    except Refused:
        change = surroundings.filled_at_the_edge(tess, frame.shape, at, wanted.to, wanted.reach)
    return edit_of(db, ground, frame.code, change, naming, what)


def _rehome(db: Session, draft: Draft, wanted: ask.Rehome, as_of: date) -> Edit:
    footprint = surroundings.footprint(db, wanted.building, as_of)
    ground = around(db, draft, [wanted.to], [footprint])
    parent = ground.common_parent([wanted.to])
    here = footprint.representative_point()
    giver = next(
        (code for code, cell in ground.cells.items() if cell.shape.intersects(here) and code != wanted.to),
        None,
    )
    if giver is None:
        raise Refused(f"{wanted.building} is in that cell already, or in none", here, field="to")
    ground.common_parent([giver, wanted.to])
    change = ts.rehome(
        ground.tessellation(parent), footprint, (giver, wanted.to),
        clear=list(surroundings.footprints(db, footprint.buffer(100 * ask.DEGREES_A_METRE), as_of)),
        margin=wanted.margin * ask.DEGREES_A_METRE, tolerance=wanted.reach,
    )  # fmt: skip
    return edit_of(db, ground, parent, change, Naming(), {"building": wanted.building, "to": wanted.to})


def _snap(db: Session, draft: Draft, wanted: ask.Snap, as_of: date) -> Edit:
    ground = whole(db, draft) if wanted.cells is None else around(db, draft, wanted.cells)
    chosen = list(ground.cells) if wanted.cells is None else wanted.cells
    for code in chosen:
        ground.common_parent([code])
    targets = surroundings.targets(db, draft, wanted.to, [ground.cells[code].shape for code in chosen], as_of)
    parents = sorted({ground.parent_of(code) for code in chosen})
    edits, refusal = [], Refused("nothing lies within the tolerance that could move")
    for parent in parents:
        mine = None if wanted.cells is None else [code for code in chosen if ground.parent_of(code) == parent]
        try:
            change = ts.snap(ground.tessellation(parent), targets, wanted.reach, cells=mine)
        except Refused as error:
            refusal = error
            continue
        edits.append(edit_of(db, ground, parent, change, Naming(), {}))
    if not edits:
        raise refusal
    return _together(edits, {"to": list(wanted.to), "tolerance": wanted.tolerance})


def _together(edits: list[Edit], what: dict[str, Any]) -> Edit:
    """Several edits of different parents as one."""
    before: dict[str, Cell | None] = {}
    after: dict[str, Cell | None] = {}
    for one in edits:
        before |= one.before
        after |= one.after
    lines = [one.line for one in edits if one.line is not None]
    left = tuple(each for one in edits for each in one.left)
    grown = frozenset().union(*(one.grown for one in edits))
    return Edit(edits[0].operation, before, after, grown, shapely.union_all(lines), left, what)


def _rename(db: Session, draft: Draft, wanted: ask.Rename, _as_of: date) -> Edit:
    ground = around(db, draft, [wanted.cell])
    ground.common_parent([wanted.cell])
    old = ground.cells[wanted.cell]
    kind = _kind(draft, wanted.kind) or old.kind
    new = Cell(old.code, wanted.name or old.name, kind, old.shape, old.base, old.came_from)
    if new == old:
        raise Refused("nothing would change", field="name")
    what = {"cell": wanted.cell, "name": new.name, "kind": new.kind}
    return Edit("rename", {old.code: old}, {old.code: new}, what=what)


_DONE: dict[str, Callable[[Session, Draft, Any, date], Edit]] = {
    "split": _split, "merge": _merge, "reshape": _reshape, "move": _move, "draw": _draw, "give": _give, "fill": _fill,
    "rehome": _rehome, "snap": _snap, "rename": _rename,
}  # fmt: skip
