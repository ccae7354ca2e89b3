"""The ground of an operation (底图): the cells near it as a tessellation, and the names of what it makes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shapely.geometry.base import BaseGeometry
from sqlalchemy.orm import Session

from geo.boundaries.plans import cells as drafted
from geo.boundaries.plans import numbering
from geo.boundaries.plans.borders import grown_beyond
from geo.boundaries.plans.cells import Cell, redrawn, shapes_of
from geo.boundaries.plans.rows import Draft
from geo.boundaries.plans.steps import Edit
from geo.boundaries.tessellation import Cell as Shape
from geo.boundaries.tessellation import Change, Refused, Tessellation

MARGIN = 1e-5
"""Degrees (about a metre) round what an operation names: cells that touch it are loaded with it."""
NEW = "+"
"""A new cell's name until it gets its code."""


@dataclass(frozen=True)
class Ground:
    """Cells near an operation, those of every parent."""

    draft: Draft
    cells: Mapping[str, Cell]

    def tessellation(self, parent: str) -> Tessellation:
        """Return the cells of one parent: its outer border, which the operations keep, is the parent's."""
        mine = {code: cell for code, cell in self.cells.items() if self.parent_of(code) == parent}
        return Tessellation(shapes_of(mine))

    def parent_of(self, code: str) -> str:
        """Return the code of a cell's parent."""
        return self.draft.layer.parent_of(code)

    def common_parent(self, codes: Sequence[str]) -> str:
        """Return the parent of cells; raises Refused where they have several or one is not there."""
        for code in codes:
            if code not in self.cells:
                raise Refused(f"there is no cell {code}", field="cell")
        parents = {self.parent_of(code) for code in codes}
        if len(parents) > 1:
            at = self.cells[codes[-1]].shape
            raise Refused(
                "these cells have different parents, and the parents' border stays", at, field="cells"
            )
        return parents.pop()


def around(
    db: Session,
    draft: Draft,
    codes: Sequence[str],
    shapes: Sequence[BaseGeometry] = (),
    margin: float = MARGIN,
) -> Ground:
    """Load the cells that touch the box of some cells and shapes."""
    boxes = [drafted.box_of(db, draft, codes) if codes else None, *(shape.bounds for shape in shapes)]
    box = drafted.joined(boxes, margin)
    return Ground(draft, {} if box is None else drafted.load(db, draft, box=box))


def whole(db: Session, draft: Draft) -> Ground:
    """Load every cell."""
    return Ground(draft, drafted.load(db, draft))


@dataclass(frozen=True, slots=True)
class Naming:
    """What new cells are called: a name and a kind, where the request gives them, and where they come from."""

    came_from: tuple[str, ...] = ()
    name: str | None = None
    kind: str | None = None
    numbered: bool = False
    """Several of one name are told apart by -1, -2."""


def edit_of(
    db: Session, ground: Ground, parent: str, change: Change, naming: Naming, what: Mapping[str, Any]
) -> Edit:
    """Return a change of shapes as a change of cells: new ones named and coded, neighbours beyond the parent grown."""
    fresh = [code for code in change.after if code.startswith(NEW)]
    shapes = [change.after[code] for code in fresh]
    codes = (
        dict(zip(fresh, numbering.proposed(db, ground.draft, parent, shapes), strict=True)) if fresh else {}
    )
    before: dict[str, Cell | None] = {}
    after: dict[str, Cell | None] = {}
    for code, shape in change.after.items():
        final = codes.get(code, code)
        before[final] = ground.cells.get(final)
        after[final] = None if shape is None else _cell(ground, final, shape, naming, sorted(codes.values()))
    others = {code: cell.shape for code, cell in ground.cells.items() if ground.parent_of(code) != parent}
    beyond = grown_beyond(change.before, change.after, others)
    before |= {code: ground.cells[code] for code in beyond}
    after |= {code: redrawn(ground.cells[code], shape) for code, shape in beyond.items()}
    grown = frozenset({codes.get(code, code) for code in change.grown} | set(beyond))
    return Edit(change.operation, before, after, grown, change.line, change.left, what)


def _cell(ground: Ground, code: str, shape: Shape, naming: Naming, fresh: Sequence[str]) -> Cell:
    """Return a cell with its new shape; a new one is named after the cells that it comes from."""
    old = ground.cells.get(code)
    if old is not None:
        return redrawn(old, shape)
    origins = [ground.cells[origin] for origin in naming.came_from]
    kinds = (naming.kind, *(origin.kind for origin in origins), *ground.draft.layer.kinds, "")
    kind = next(kind for kind in kinds if kind is not None)
    name = naming.name or (origins[0].name if origins else code)
    if naming.numbered:
        name = f"{name}-{fresh.index(code) + 1}"
    roots = tuple(dict.fromkeys(root for origin in origins for root in _roots(origin)))
    return Cell(code, name, kind, shape, None, roots)


def _roots(cell: Cell) -> tuple[str, ...]:
    """Return the published cells that a cell comes from."""
    return (cell.code,) if cell.base is not None else cell.came_from
