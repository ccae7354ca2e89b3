"""Adopting a suggestion (采用方案): the cells of its neighbourhoods become those of the draft, in one step."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

import numpy as np
import shapely
from sqlalchemy.orm import Session

from geo.boundaries.plans import cells as drafted
from geo.boundaries.plans import figures, numbering, rows, surroundings
from geo.boundaries.plans.cells import Cell, Shape, redrawn
from geo.boundaries.plans.drawing import settle
from geo.boundaries.plans.refusals import told
from geo.boundaries.plans.rows import Draft
from geo.boundaries.plans.steps import Edit
from geo.boundaries.plans.suggesting import KIND
from geo.boundaries.tessellation import Refused, tessellate
from geo.boundaries.tessellation.noding import into_edges
from geo.boundaries.tessellation.segments import keys
from geo.errors import BadInput, Conflict
from geo.jobs import Job, read_job
from geo.store.engine import Scope

NEAR: Final = 1e-9
"""Degrees (a tenth of a millimetre): a vertex that near to one there is, is that one; planes and back cost less."""
SAME_LAND: Final = 1e-9
"""Share of its area that a cell may differ by and still be the old one, which then keeps its bits."""
GOES_ON: Final = 0.5
"""A new cell goes on with an old one's code where the two have over this share of their common land."""


def adopt(
    db: Session,
    scope: Scope,
    plan: int,
    job: int,
    alternative: int,
    *,
    as_of: date,
    preview: bool,
    version: int | None = None,
) -> dict[str, Any]:
    """Take a suggestion into a draft, or show what that would do.

    Raises NotFound for a job of another area, Conflict for one that is not done or of another plan, Refused where the
    suggestion does not fit the draft any more.
    """
    draft = rows.read(db, plan) if preview else rows.locked(db, plan, version)
    rows.expect(draft, rows.EDITABLE)
    chosen = _alternative(read_job(db, scope, job), draft, alternative)
    try:
        edit = _edit(db, draft, chosen["cells"]["features"], as_of)
    except Refused as refusal:
        raise told(refusal) from refusal
    edit = Edit("adopt", edit.before, edit.after, edit.grown, what={"job": job, "alternative": alternative})
    homes = figures.near(db, edit.before, edit.after, as_of)
    return settle(db, draft, edit, homes, preview=preview)


def _alternative(job: Job, draft: Draft, number: int) -> Mapping[str, Any]:
    if job.kind != KIND or job.request.get("plan") != draft.id:
        raise Conflict(f"job {job.id} is no suggestion for this plan", field="job")
    if not job.result or "alternatives" not in job.result:
        raise Conflict(f"this suggestion is {job.state}", field="job")
    for each in job.result["alternatives"]:
        if each["number"] == number:
            return dict(each)
    raise BadInput(f"the suggestion has {len(job.result['alternatives'])} alternatives", field="alternative")


def _edit(db: Session, draft: Draft, features: Sequence[Mapping[str, Any]], as_of: date) -> Edit:
    cells = drafted.load(db, draft)
    frames = {frame.code: frame for frame in surroundings.frames(db, draft, as_of)}
    parents = sorted({str(feature["properties"]["neighbourhood"]) for feature in features})
    after = {code: cell for code, cell in cells.items() if draft.layer.parent_of(code) not in parents}
    for parent in parents:
        old = {code: cell for code, cell in cells.items() if draft.layer.parent_of(code) == parent}
        mine = [feature for feature in features if feature["properties"]["neighbourhood"] == parent]
        if parent not in frames:
            raise Refused(f"{parent} is no longer there", field="job")
        after |= _adopted(db, draft, parent, old, mine)
    fitted = into_edges({code: cell.shape for code, cell in after.items()})
    after = {code: redrawn(cell, fitted[code]) for code, cell in after.items()}
    changed = [code for code in sorted({*cells, *after}) if cells.get(code) != after.get(code)]
    if not changed:
        raise Refused("nothing would change", field="alternative")
    others = frozenset(code for code in changed if draft.layer.parent_of(code) not in parents)
    return Edit(
        "adopt",
        {code: cells.get(code) for code in changed},
        {code: after.get(code) for code in changed},
        others,
    )


def _adopted(
    db: Session, draft: Draft, parent: str, old: Mapping[str, Cell], features: Sequence[Mapping[str, Any]]
) -> dict[str, Cell]:
    """Return the cells of a parent as suggested: of old ones that go on, and new."""
    shapes = [shapely.from_geojson(json.dumps(feature["geometry"])) for feature in features]
    fitted = _fitted(shapes, [cell.shape for cell in old.values()])
    said = [feature["properties"].get("code") for feature in features]
    codes = _going_on(old, fitted, said)
    fresh = [i for i, code in enumerate(codes) if code is None]
    numbers = dict(zip(fresh, numbering.proposed(db, draft, parent, [fitted[i] for i in fresh]), strict=True))
    found: dict[str, Cell] = {}
    for i, shape in enumerate(fitted):
        code = codes[i]
        if code is not None:
            kept = old[code]
            found[code] = kept if _same_land(kept.shape, shape) else redrawn(kept, shape)
        else:
            found[numbers[i]] = _new(draft, numbers[i], shape, old)
    return found


def _fitted(shapes: Sequence[Shape], known: Sequence[Shape]) -> list[Shape]:
    """Give vertices the bits of those that are there already, then see that the cells fit each other."""
    old = np.unique(keys(shapely.get_coordinates(known))).view(np.float64).reshape(-1, 2)
    tree = shapely.STRtree(shapely.points(old))
    vertices = shapely.get_coordinates(shapes)
    at, which = tree.query_nearest(shapely.points(vertices), max_distance=NEAR, all_matches=False)
    vertices[at] = old[which]
    # and new ones that differ by rounding alone are one: the first of them
    one, other = shapely.STRtree(shapely.points(vertices)).query(
        shapely.points(vertices), "dwithin", distance=NEAR
    )
    first = np.arange(len(vertices))
    np.minimum.at(first, one, other)
    fresh = np.setdiff1d(np.arange(len(vertices)), at)
    vertices[fresh] = vertices[first[fresh]]
    whole = shapely.set_coordinates(shapely.transform(np.array(shapes), lambda xy: xy), vertices)
    tidy = shapely.orient_polygons(shapely.remove_repeated_points(whole))
    made = {str(number): shape for number, shape in enumerate(tidy)}
    # grids that end at one which stays as it is put vertices into its edges
    return list(tessellate(into_edges(made)).cells.values())


def _going_on(
    old: Mapping[str, Cell], shapes: Sequence[Shape], said: Sequence[str | None]
) -> list[str | None]:
    """Return for each new cell the old one that it goes on from: as was said, else who it has most land with."""
    found: list[str | None] = [code if code in old else None for code in said]
    taken = {code for code in found if code is not None}
    pairs = []
    for number, shape in enumerate(shapes):
        for code, cell in old.items():
            common = shapely.intersection(shape, cell.shape).area
            share = common / (shape.area + cell.shape.area - common)
            if found[number] is None and code not in taken and share > GOES_ON:
                pairs.append((-share, number, code))
    for _, number, code in sorted(pairs):
        if found[number] is None and code not in taken:
            found[number] = code
            taken.add(code)
    return found


def _same_land(one: Shape, other: Shape) -> bool:
    return bool(shapely.symmetric_difference(one, other).area <= SAME_LAND * one.area)


def _new(draft: Draft, code: str, shape: Shape, old: Mapping[str, Cell]) -> Cell:
    shares = {each: shapely.intersection(cell.shape, shape).area for each, cell in old.items()}
    origins = sorted(
        (each for each, area in shares.items() if area > 0.05 * shape.area), key=lambda e: -shares[e]
    )
    roots = [root for each in origins for root in ([each] if not old[each].is_new else old[each].came_from)]
    kind = old[origins[0]].kind if origins else draft.layer.kinds[0]
    number = int(code[-draft.layer.digits :])
    return Cell(code, f"第{number}网格", kind, shape, None, tuple(dict.fromkeys(roots)))
