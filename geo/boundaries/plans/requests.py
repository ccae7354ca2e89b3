"""What a planner may ask of a draft (编辑请求): one model for each operation; places and lines in degrees."""

from __future__ import annotations

from typing import Annotated, Literal

import shapely
from pydantic import BaseModel, ConfigDict, Field
from shapely import LineString, Point, Polygon

DEGREES_A_METRE = 1 / 111_320
"""Degrees of latitude; of longitude a metre is more, so a tolerance in metres is nowhere exceeded."""
TOLERANCE_M = 0.05
"""How near a drawn line comes to a vertex or an edge to go through it: the width tolerance of the grid rules."""
FARTHEST_M = 50.0

Place = tuple[Annotated[float, Field(ge=-180, le=180)], Annotated[float, Field(ge=-90, le=90)]]
Code = Annotated[str, Field(pattern=r"^[0-9A-Z]{12,24}$")]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class Line(_Model):
    """A GeoJSON LineString."""

    type: Literal["LineString"] = "LineString"
    coordinates: list[Place] = Field(min_length=2, max_length=2000)

    def shape(self) -> LineString:
        """Return the line."""
        return LineString(self.coordinates)


class Area(_Model):
    """A GeoJSON Polygon without holes."""

    type: Literal["Polygon"] = "Polygon"
    coordinates: list[Annotated[list[Place], Field(min_length=4, max_length=2000)]] = Field(
        min_length=1, max_length=1
    )

    def shape(self) -> Polygon:
        """Return the polygon, whichever way its ring was drawn."""
        return shapely.orient_polygons(Polygon(self.coordinates[0]))


class _Edit(_Model):
    tolerance: float = Field(default=TOLERANCE_M, gt=0, le=FARTHEST_M)
    preview: bool = False

    @property
    def reach(self) -> float:
        """The tolerance in degrees."""
        return self.tolerance * DEGREES_A_METRE


class Split(_Edit):
    """Cut a cell in two by a line."""

    operation: Literal["split"]
    cell: Code
    line: Line


class Merge(_Edit):
    """Join cells; `into` goes on with its code, without it the result is new."""

    operation: Literal["merge"]
    cells: list[Code] = Field(min_length=2, max_length=50)
    into: Code | None = None


class Reshape(_Edit):
    """Lead a stretch of the border of two cells along a line."""

    operation: Literal["reshape"]
    line: Line
    cells: tuple[Code, Code] | None = None


class Move(_Edit):
    """Move a vertex of a border; all cells that have it follow."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    operation: Literal["move"]
    start: Place = Field(alias="from")
    to: Place

    def points(self) -> tuple[Point, Point]:
        """Return from where to where."""
        return Point(self.start), Point(self.to)


class Draw(_Edit):
    """Draw a new cell over others, or only into free land."""

    operation: Literal["draw"]
    polygon: Area
    name: str | None = Field(default=None, min_length=1, max_length=80)
    kind: str | None = Field(default=None, max_length=20)
    over: bool = True


class Give(_Edit):
    """Give a cell, a part of one, or what of it lies in a polygon, to a neighbour."""

    operation: Literal["give"]
    cell: Code
    to: Code | None = None
    part: Place | None = None
    polygon: Area | None = None


class Fill(_Edit):
    """Fill the hole at a place."""

    operation: Literal["fill"]
    at: Place
    to: Code | None = None


class Rehome(_Edit):
    """Lead a border round a building, so that it is the other cell's."""

    operation: Literal["rehome"]
    building: Code
    to: Code
    margin: float = Field(default=0.0, ge=0, le=20)


class Snap(_Edit):
    """Draw borders onto roads, buildings or the parents' borders."""

    operation: Literal["snap"]
    to: list[Literal["roads", "buildings", "parent"]] = Field(min_length=1, max_length=3)
    cells: list[Code] | None = Field(default=None, max_length=500)


class Rename(_Edit):
    """Name a cell anew, or say its kind."""

    operation: Literal["rename"]
    cell: Code
    name: str | None = Field(default=None, min_length=1, max_length=80)
    kind: str | None = Field(default=None, max_length=20)


Operation = Annotated[
    Split | Merge | Reshape | Move | Draw | Give | Fill | Rehome | Snap | Rename,
    Field(discriminator="operation"),
]
