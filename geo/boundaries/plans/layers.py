"""Layers that are planned (规划图层): grids, communities, building groups; their table, their codes, their parents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from shapely.geometry.base import BaseGeometry
from sqlalchemy import Table

from geo.errors import BadInput, Conflict
from geo.store.tables import building_group, community, grid


@dataclass(frozen=True, slots=True)
class Layer:
    """What a layer's cells are.

    A code is the parent's (`parent_digits` of it), `mark`, and a number of `digits`. `covers`: the cells of a parent
    cover it exactly, so its border never moves; without it they may leave gaps. `exempt`: kinds without
    size limits. `opening`: the query that opens a new cell at publication.
    """

    name: str
    table: Table
    parent_digits: int
    mark: str
    digits: int
    covers: bool
    kinds: tuple[str, ...]
    opening: str
    exempt: tuple[str, ...] = ()

    @property
    def most(self) -> int:
        """The highest number that a code can say."""
        return int(10**self.digits) - 1

    def parent_of(self, code: str) -> str:
        """Return the code of a cell's parent."""
        return code[: self.parent_digits]

    def stem(self, parent: str) -> str:
        """Return what every code of a parent's cells begins with."""
        return f"{parent}{self.mark}"

    def numbered(self, parent: str, highest: int, shapes: Sequence[BaseGeometry]) -> list[str]:
        """Return a new code for each shape, numbered west→east, then north→south, after the highest ever given.

        Raises Conflict when the parent's numbers are used up.
        """
        if highest + len(shapes) > self.most:
            raise Conflict(f"{parent} has no numbers left", field="code")
        middles = [shape.centroid for shape in shapes]
        order = sorted(range(len(shapes)), key=lambda i: (middles[i].x, -middles[i].y))
        codes = [""] * len(shapes)
        for rank, index in enumerate(order, start=1):
            codes[index] = f"{self.stem(parent)}{highest + rank:0{self.digits}d}"
        return codes


GRIDS: Final = Layer(
    "grids", grid, 12, "", 3, True, ("basic", "dedicated"), "plan_open_grids", ("dedicated",)
)
"""Fifteen digits: those of the neighbourhood, and three (DB11/T 2157-2023)."""
COMMUNITIES: Final = Layer(
    "communities",
    community,
    12,
    "C",
    3,
    False,
    ("commercial", "resettlement", "old"),
    "plan_open_communities",
)
BUILDING_GROUPS: Final = Layer(
    "building_groups", building_group, 16, "", 2, False, (), "plan_open_building_groups"
)
LAYERS: Final = {layer.name: layer for layer in (GRIDS, COMMUNITIES, BUILDING_GROUPS)}


def layer_of(name: str) -> Layer:
    """Return a layer by name; raises BadInput."""
    if name not in LAYERS:
        raise BadInput(f"unknown layer {name!r}: {', '.join(LAYERS)}", field="layer")
    return LAYERS[name]
