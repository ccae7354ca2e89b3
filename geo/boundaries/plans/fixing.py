"""Fixes on offer (修复): a fault of a draft mended as a step like any other, after a look at what it does."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

import numpy as np
import shapely
from sqlalchemy.orm import Session

from geo.boundaries import tessellation as ts
from geo.boundaries.check import Checked, CheckRules
from geo.boundaries.plans import faults, figures, rows, surroundings
from geo.boundaries.plans.drawing import settle
from geo.boundaries.plans.faults import Fault
from geo.boundaries.plans.ground import Ground, Naming, edit_of, whole
from geo.boundaries.plans.planes import plane_of
from geo.boundaries.plans.refusals import told
from geo.boundaries.plans.requests import DEGREES_A_METRE, TOLERANCE_M
from geo.boundaries.plans.rows import Draft
from geo.boundaries.plans.steps import Edit
from geo.boundaries.repair import repair
from geo.boundaries.tessellation import Change, Refused, same
from geo.errors import Conflict

REACH = TOLERANCE_M * DEGREES_A_METRE


def report(db: Session, plan: int, as_of: date) -> dict[str, Any]:
    """Return every fault of a plan with the rules it was held against. Raises NotFound."""
    found, rules = faults.of_all(db, rows.read(db, plan), as_of)
    told_ = [one.as_json() for one in found]
    return {"rules": rules.model_dump(mode="json"), **faults.summary(found), "faults": told_}


def fix(
    db: Session, plan: int, fault: str, *, as_of: date, to: str | None, preview: bool, version: int | None
) -> dict[str, Any]:
    """Mend one fault of a draft, or show what that would do. `to` is the cell that takes land nobody has.

    Raises Conflict when the fault is no longer there or has no fix, Refused with the place where it cannot be done.
    """
    draft = rows.read(db, plan) if preview else rows.locked(db, plan, version)
    rows.expect(draft, rows.EDITABLE)
    found, rules = faults.of_all(db, draft, as_of)
    one = next((each for each in found if each.id == fault), None)
    if one is None:
        raise Conflict("this fault is no longer there", field="fault")
    try:
        edit = _mended(db, draft, one, rules, to, as_of)
    except Refused as refusal:
        raise told(refusal) from refusal
    homes = figures.near(db, edit.before, edit.after, as_of)
    return settle(db, draft, edit, homes, preview=preview)


def _mended(db: Session, draft: Draft, fault: Fault, rules: CheckRules, to: str | None, as_of: date) -> Edit:
    ground = whole(db, draft)
    parent = _parent(db, draft, ground, fault, as_of)
    do = _FIXES.get(fault.finding.fix or "")
    if do is None:
        raise Conflict("this fault has no fix that could be made by itself", field="fault")
    change = do(_Job(db, draft, ground, parent, fault, rules, to, as_of))
    what = {
        "kind": fault.finding.kind,
        "fix": fault.finding.fix,
        "cells": list(fault.finding.cells),
        "to": to,
    }
    edit = edit_of(db, ground, parent, change, Naming(tuple(_origins(change, ground))), what)
    return Edit("fix", edit.before, edit.after, edit.grown, edit.line, edit.left, edit.what)


def _origins(change: Change, ground: Ground) -> list[str]:
    return [code for code, shape in change.after.items() if shape is None and code in ground.cells]


def _parent(db: Session, draft: Draft, ground: Ground, fault: Fault, as_of: date) -> str:
    if fault.finding.cells:
        return ground.common_parent([code for code in fault.finding.cells if code in ground.cells])
    assert fault.finding.shape is not None
    return surroundings.parent_at(db, draft, fault.finding.shape.representative_point(), as_of).code


class _Job:
    """What a fix has at hand."""

    def __init__(
        self, db: Session, draft: Draft, ground: Ground, parent: str, fault: Fault, rules: CheckRules,
        to: str | None, as_of: date,
    ) -> None:  # fmt: skip
        self.db, self.draft, self.ground, self.parent = db, draft, ground, parent
        self.finding, self.building, self.rules, self.to, self.as_of = (
            fault.finding, fault.building, rules, to, as_of,
        )  # fmt: skip
        self.tess = ground.tessellation(parent)

    def frame(self) -> Any:
        """The parent's outline."""
        frames = surroundings.frames(self.db, self.draft, self.as_of)
        return next(frame.shape for frame in frames if frame.code == self.parent)

    def taker(self) -> str:
        """Who takes land that nobody has: who was said, else who has the longest border with it."""
        if self.to is not None:
            return self.to
        shape = self.finding.shape
        assert shape is not None
        near = self.tess.near(shape)
        lengths = {
            code: shapely.intersection(self.tess.cells[code], shape.buffer(REACH)).area for code in near
        }
        if not lengths:
            raise Refused("no cell has border with it", shape, field="to")
        return max(lengths, key=lambda code: lengths[code])


def _give(job: _Job) -> Change:
    """A sliver goes to a neighbour: free land is filled, a part of a cell is given, an overlap is handed out."""
    kind, shape = job.finding.kind, job.finding.shape
    assert shape is not None
    if kind in ("overlap", "inside"):
        return _repaired(job)
    if kind in ("multi_part", "sliver"):
        part = shape.representative_point()
        several = shapely.get_num_geometries(job.tess.shape(job.finding.cells[0])) > 1
        return ts.give(job.tess, job.finding.cells[0], job.to, part=part if several else None)
    return _filled(job, job.taker())


def _decide(job: _Job) -> Change:
    """A person said whose it is: land goes to the cell `to`; free land without it becomes a cell of its own."""
    kind = job.finding.kind
    if kind in ("hole", "gap", "uncovered"):
        return _filled(job, job.to)
    if job.to is None or job.to not in job.finding.cells:
        raise Refused("say which of the cells has it", job.finding.shape, field="to")
    return _overlap_decided(job, job.to)


def _filled(job: _Job, to: str | None) -> Change:
    shape = job.finding.shape
    assert shape is not None
    at = shape.representative_point()
    try:
        return ts.fill(job.tess, at, to or surroundings.NEW)
    except Refused:
        return surroundings.filled_at_the_edge(job.tess, job.frame(), at, to, REACH)


def _overlap_decided(job: _Job, winner: str) -> Change:
    """The others lose what they have in common with the winner, and follow its border."""
    won = job.tess.shape(winner)
    cells = {code: shape for code, shape in job.tess.cells.items() if code in job.tess.near(won)}
    for code in job.finding.cells:
        if code != winner:
            rest = shapely.difference(job.tess.shape(code), won)
            if rest.is_empty or rest.geom_type not in ("Polygon", "MultiPolygon"):
                raise Refused(f"nothing would be left of {code}", job.finding.shape, field="to")
            cells[code] = rest
    return _difference(job, ts.tessellate(cells).cells)


def _repaired(job: _Job) -> Change:
    """The safe fixes of `repair`, on the cells at fault and those round them."""
    finding = job.finding
    named = [code for code in finding.cells if code in job.tess.cells]
    around = job.tess.near([job.tess.cells[code] for code in named])
    shapes = np.array([*(job.tess.cells[code] for code in around), None], dtype=object)[:-1]
    made = repair(Checked(around, shapes, plane_of(shapes)), job.rules)
    return _difference(job, dict(zip(around, made.shapes, strict=True)))


def _difference(job: _Job, fresh: Mapping[str, Any]) -> Change:
    after = {code: shape for code, shape in fresh.items() if not same(job.tess.cells[code], shape)}
    if not after:
        raise Refused("nothing would change", job.finding.shape)
    return Change("fix", {code: job.tess.cells[code] for code in after}, after)


def _clip(job: _Job) -> Change:
    """Cut a cell off at its parent's border."""
    code = job.finding.cells[0]
    rest = shapely.intersection(job.tess.shape(code), job.frame())
    parts = [part for part in shapely.get_parts(rest) if part.geom_type == "Polygon"]
    if not parts:
        raise Refused(f"nothing would be left of {code}", job.finding.shape)
    shape = parts[0] if len(parts) == 1 else shapely.multipolygons(parts)
    return _difference(job, {code: shapely.orient_polygons(shape)})


def _rehome(job: _Job) -> Change:
    """Lead the border round a building, so that it lies in one cell: in `to`, else in the one that has most of it."""
    footprint = surroundings.footprint(job.db, job.building or "", job.as_of)
    shares = {code: shapely.intersection(job.tess.shape(code), footprint).area for code in job.finding.cells}
    taker = job.to or max(shares, key=lambda code: shares[code])
    givers = [code for code in sorted(shares, key=lambda code: -shares[code]) if code != taker]
    clear = list(surroundings.footprints(job.db, footprint.buffer(100 * DEGREES_A_METRE), job.as_of))
    return ts.rehome(job.tess, footprint, (givers[0], taker), clear=clear, tolerance=REACH)


def _merge(job: _Job) -> Change:
    """Join a cell with too few households to the neighbour that comes out nearest to the middle of the limits."""
    code = job.finding.cells[0]
    homes = figures.near(job.db, {code: job.ground.cells[code]}, job.ground.cells, job.as_of)
    told_ = figures.counted(job.ground.cells, homes)
    aim = sum(job.rules.households) / 2
    cell = job.tess.shape(code)
    others = [job.to] if job.to else [
        other for other in job.tess.near(cell)
        if other != code and shapely.relate_pattern(cell, job.tess.cells[other], "****1****")
    ]  # fmt: skip
    if not others:
        raise Refused(f"{code} has no neighbour that it shares border with", cell)
    mine = float(told_[code]["households"] or 0)
    best = min(others, key=lambda other: abs(mine + float(told_[other]["households"] or 0) - aim))
    return ts.merge(job.tess, [code, best], f"{surroundings.NEW}")


_FIXES: dict[str, Callable[[_Job], Change]] = {
    "give": _give, "decide": _decide, "stitch": _repaired, "make_valid": _repaired, "clip": _clip, "rehome": _rehome,
    "merge": _merge,
}  # fmt: skip
