"""Taking in what was published meanwhile (更新底图): a step like any other, so that it too is undone to the bit."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any, Literal

from sqlalchemy.orm import Session

from geo.boundaries.plans import cells as drafted
from geo.boundaries.plans import conflicts, figures, numbering, rows
from geo.boundaries.plans.cells import Cell, gone_row
from geo.boundaries.plans.drawing import settle
from geo.boundaries.plans.rows import Draft, published_now
from geo.boundaries.plans.steps import Edit
from geo.boundaries.tessellation.noding import into_edges
from geo.errors import Conflict

Keep = Literal["both", "mine", "theirs"]


def rebase(
    db: Session, plan: int, keep: Keep, *, as_of: date, version: int | None = None, preview: bool = False
) -> dict[str, Any]:
    """Bring a draft onto the ground as it is now.

    What only one side changed is kept of both. Where both changed the same cells, `mine` and `theirs` decide for the
    whole of each parent concerned, since its outline is the same on both sides; `both` raises Conflict and names the
    cells and the parents. A cell of the draft whose code was retired meanwhile goes on as a new one.
    """
    draft = rows.read(db, plan) if preview else rows.locked(db, plan, version)
    rows.expect(draft, rows.EDITABLE)
    here, there = conflicts.changed_ground(db, draft)
    if draft.fresh or not (here or there):
        raise Conflict("the ground has not changed since the draft was begun")
    torn = conflicts.in_conflict(db, draft, here, there)
    parents = {draft.layer.parent_of(code) for code in torn}
    if torn and keep == "both":
        raise Conflict(
            "the ground changed where this draft changes it too",
            extra={"conflicts": torn, "neighbourhoods": sorted(parents)},
        )
    before = drafted.load(db, draft)
    world = published_now(db, draft.layer, draft.prefix)
    ground = drafted.at_rows(db, draft, list(world))
    after = _merged(db, draft, before, ground, parents, keep)
    edit = _edit(before, _fitted(after), ground, drafted.ended(db, draft), keep)
    homes = figures.near(db, edit.before, edit.after, as_of)
    return settle(db, draft, edit, homes, preview=preview, world=list(world))


def _merged(
    db: Session,
    draft: Draft,
    before: dict[str, Cell],
    ground: dict[str, Cell],
    torn: set[str],
    keep: Keep,
) -> dict[str, Cell]:
    """Return every cell of the area as the draft shall have it."""
    mine = {code for code, cell in before.items() if cell.is_changed}
    settled = {code for code in mine if not before[code].is_new} | set(drafted.ended(db, draft))
    theirs = set(ground) - settled
    if keep == "theirs":
        mine = {code for code in mine if draft.layer.parent_of(code) not in torn}
        theirs |= {code for code in ground if draft.layer.parent_of(code) in torn}
    elif keep == "mine":
        mine |= {code for code in before if draft.layer.parent_of(code) in torn}
        theirs = {code for code in theirs if draft.layer.parent_of(code) not in torn}
    # a code that was retired meanwhile, or given to another cell, is not this cell's any more
    lost = [before[code] for code in mine if before[code].is_new == (code in ground)]
    kept = {
        code: replace(before[code], base=ground[code].base if code in ground else None)
        for code in mine - {cell.code for cell in lost}
    }
    return {**{code: ground[code] for code in theirs}, **kept, **_reborn(db, draft, lost)}


def _reborn(db: Session, draft: Draft, cells: list[Cell]) -> dict[str, Cell]:
    """Return cells of the draft that need other codes, as new ones."""
    found: dict[str, Cell] = {}
    for parent in sorted({draft.layer.parent_of(cell.code) for cell in cells}):
        mine = [cell for cell in cells if draft.layer.parent_of(cell.code) == parent]
        codes = numbering.proposed(db, draft, parent, [cell.shape for cell in mine])
        for code, cell in zip(codes, mine, strict=True):
            origins = cell.came_from if cell.is_new else (cell.code,)
            found[code] = replace(cell, code=code, base=None, came_from=origins)
    return found


def _fitted(cells: dict[str, Cell]) -> dict[str, Cell]:
    """Put vertices into the edges of both sides where the draft's border meets the ground's."""
    fitted = into_edges({code: cell.shape for code, cell in cells.items()})
    return {code: replace(cell, shape=fitted[code]) for code, cell in cells.items()}


def _edit(
    before: dict[str, Cell], after: dict[str, Cell], ground: dict[str, Cell], ended: list[str], keep: Keep
) -> Edit:
    """Return the step: every cell that differs, and every row that the draft keeps on this ground."""
    old: dict[str, Cell | None] = {}
    new: dict[str, Cell | None] = {}
    kept: dict[str, dict[str, Any] | None] = {}
    for code in sorted({*before, *after, *ground, *ended}):
        one, two = before.get(code), after.get(code)
        if one is not None and one == two and not one.is_changed:
            continue
        old[code], new[code] = one, two
        kept[code] = two.as_row() if two else gone_row(ground[code]) if code in ground else None
    return Edit("rebase", old, new, what={"keep": keep}, kept=kept)
