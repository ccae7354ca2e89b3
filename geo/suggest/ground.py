"""What a suggestion stands on (底图): a neighbourhood's outline, its buildings with households, its lines.

Plain values in one plane coordinate system, metres. Nothing here reads a file or knows a database.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, TypeAlias

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import MultiPolygon, Polygon

from geo.errors import BadInput

Shapes: TypeAlias = NDArray[Any]
Floats: TypeAlias = NDArray[np.float64]
Whole: TypeAlias = NDArray[np.int64]
Flags: TypeAlias = NDArray[np.bool_]


class CannotSuggest(BadInput):
    """The ground of a suggestion (划分底图) cannot be taken; ``field`` names the part at fault."""

    type: ClassVar[str] = "bad-grid-ground"
    title: ClassVar[str] = "The ground of a grid suggestion cannot be taken"


def summed(place: Whole, values: Floats | Flags, count: int) -> Floats:
    """Values added up per place 0…count-1.

    >>> summed(np.array([0, 2, 2]), np.array([1.0, 2.0, 3.0]), 3).tolist()
    [1.0, 0.0, 5.0]
    """
    return np.bincount(place, weights=values, minlength=count).astype(float)


@dataclass(frozen=True, slots=True)
class Limits:
    """Households that a grid holds (户数规模), both included, and what it should hold (default: the middle).

    >>> Limits().target
    400.0
    """

    lower: float = 300.0
    upper: float = 500.0
    aim: float | None = None

    def __post_init__(self) -> None:
        if not (math.isfinite(self.lower) and math.isfinite(self.upper)) or self.lower < 0:
            raise CannotSuggest("the limits must be finite numbers of at least zero", field="limits")
        if self.upper < max(self.lower, 1.0):
            message = f"no grid holds at least {self.lower:g} and at most {self.upper:g} households"
            raise CannotSuggest(message, field="limits.upper")
        if self.aim is not None and not self.lower <= self.aim <= self.upper:
            raise CannotSuggest(f"the aim {self.aim:g} does not lie between the limits", field="limits.aim")

    @property
    def target(self) -> float:
        """Households that a grid should hold."""
        return (self.lower + self.upper) / 2 if self.aim is None else self.aim

    def keep(self, load: float) -> bool:
        """Whether a grid with so many households keeps the limits."""
        return self.lower <= load <= self.upper


@dataclass(frozen=True, slots=True)
class Ground:
    """A neighbourhood (社区) to be divided.

    ``within``: its outline. ``buildings``: footprints; ``households``: of each, at least 0. ``roads``: lines
    that borders should follow (道路). ``waters``: rivers and railways as lines or areas; borders on them are as
    good. ``lines``: borders there are already (old grids, blocks) that cut the ground where they run, but no
    border is better for lying on one.
    Buildings that do not stand in the neighbourhood are not looked at.
    """

    within: Polygon | MultiPolygon
    buildings: Shapes
    households: Floats
    roads: Shapes
    waters: Shapes
    lines: Shapes

    @property
    def guides(self) -> Shapes:
        """Lines that borders should follow: roads, and what divides as they do."""
        edges = [
            shapely.boundary(shape) if shapely.get_dimensions(shape) == 2 else shape for shape in self.waters
        ]
        return np.array([*self.roads, *edges], dtype=object)


def ground(
    within: Any,
    buildings: Sequence[Any] | Shapes,
    households: Sequence[float] | Floats,
    roads: Sequence[Any] | Shapes = (),
    waters: Sequence[Any] | Shapes = (),
    lines: Sequence[Any] | Shapes = (),
) -> Ground:
    """Check and gather the ground of a suggestion; shapes in metres of one plane system.

    Raises :class:`CannotSuggest` for an outline that is no valid area, for invalid footprints, and for households
    that are unknown (unknown is not zero), negative or infinite.

    >>> from shapely import box
    >>> len(ground(box(0, 0, 100, 100), [box(10, 10, 20, 20)], [12]).buildings)
    1
    """
    outline = within
    if not isinstance(outline, Polygon | MultiPolygon) or outline.is_empty or not outline.is_valid:
        raise CannotSuggest("the neighbourhood's outline is no valid area", field="within")
    shapes = shapely.force_2d(_array(buildings))
    amounts = np.asarray(households, dtype=float)
    if len(amounts) != len(shapes):
        raise CannotSuggest("there must be as many figures as buildings", field="households")
    _refuse(
        ~shapely.is_valid(shapes) | (shapely.get_dimensions(shapes) != 2),
        "has no valid footprint",
        "buildings",
    )
    inside = shapely.within(shapely.point_on_surface(shapes), outline) if len(shapes) else np.zeros(0, bool)
    wrong = ~(np.isfinite(amounts) & (amounts >= 0)) & inside
    _refuse(wrong, "has no number of households of at least zero", "households")
    return Ground(
        shapely.force_2d(outline),
        shapes[inside],
        amounts[inside],
        *(_lines(each, name) for each, name in ((roads, "roads"), (waters, "waters"), (lines, "lines"))),
    )


def _array(shapes: Sequence[Any] | Shapes) -> Shapes:
    found = np.empty(len(shapes), dtype=object)
    found[:] = list(shapes)
    return found


def _refuse(wrong: Flags, told: str, field: str) -> None:
    if wrong.any():
        raise CannotSuggest(f"building {int(np.flatnonzero(wrong)[0]) + 1} {told}", field=field)


def _lines(shapes: Sequence[Any] | Shapes, name: str) -> Shapes:
    found = shapely.force_2d(_array(shapes))
    found = found[~(shapely.is_missing(found) | shapely.is_empty(found))]
    if not shapely.is_valid(found).all() or (shapely.get_dimensions(found) == 0).any():
        raise CannotSuggest(f"the {name} hold a point or an invalid shape", field=name)
    kept: Shapes = found
    return kept
