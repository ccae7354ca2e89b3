"""Layers of grids there are already (现有网格图层): what grid each cell lies in today."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely

from geo.suggest.cells import Cells
from geo.suggest.ground import CannotSuggest, Flags, Ground, Shapes, Whole, summed

NOWHERE = -1


@dataclass(frozen=True, slots=True)
class Layer:
    """A layer of grids: its name, the grids' codes or names, and their areas in the plane of the ground."""

    name: str
    codes: tuple[str, ...]
    shapes: Shapes


def layer(name: str, codes: Sequence[str], shapes: Sequence[Any] | Shapes) -> Layer:
    """Check and gather a layer. Raises :class:`CannotSuggest` for doubled codes and for what is no valid area.

    >>> layer("party", ["a"], [shapely.box(0, 0, 1, 1)]).codes
    ('a',)
    """
    areas = np.empty(len(shapes), dtype=object)
    areas[:] = list(shapes)
    areas = shapely.force_2d(areas)
    if len(codes) != len(areas) or not len(areas):
        raise CannotSuggest(f"the layer {name} holds no grids, or not one code for each", field=name)
    doubled = next((code for code in codes if list(codes).count(code) > 1), None)
    if doubled is not None:
        raise CannotSuggest(f"the layer {name} holds the code {doubled} twice", field=name)
    wrong = ~shapely.is_valid(areas) | (shapely.get_dimensions(areas) != 2)
    if wrong.any():
        code = codes[int(np.flatnonzero(wrong)[0])]
        raise CannotSuggest(f"{name}: the grid {code} is no valid area", field=name)
    return Layer(name, tuple(codes), areas)


def with_lines(ground: Ground, layers: Sequence[Layer]) -> Ground:
    """The ground cut by the borders of layers too, so that cells lie on one side of each."""
    borders = [shape for each in layers for shape in shapely.boundary(each.shapes)]
    lines = np.empty(len(ground.lines) + len(borders), dtype=object)
    lines[:] = [*ground.lines, *borders]
    return dataclasses.replace(ground, lines=lines)


@dataclass(frozen=True, slots=True)
class Places:
    """Per cell: the grid of a layer that holds most of its people (of its ground, where nobody lives).

    ``of``: place in the layer's list, or ``NOWHERE``. ``doubled``: whether grids of the layer overlap there.
    """

    of: Whole
    doubled: Flags


def places_of(ground: Ground, cells: Cells, among: Layer) -> Places:
    """Where cells lie in a layer."""
    count = len(cells)
    votes = np.zeros((count, len(among.shapes)))
    tree = shapely.STRtree(among.shapes)
    face, grid = tree.query(shapely.point_on_surface(cells.faces.shapes), predicate="intersects")
    size = shapely.area(cells.faces.shapes)
    np.add.at(votes, (cells.of_face[face], grid), size[face] / max(float(size.sum()), 1e-9))
    covered = summed(cells.of_face[np.unique(face)], size[np.unique(face)], count)
    several = np.bincount(face, minlength=len(size)) > 1
    twice = summed(cells.of_face[several], size[several], count)
    building, home = tree.query(shapely.point_on_surface(ground.buildings), predicate="intersects")
    np.add.at(votes, (cells.of_building[building], home), ground.households[building])
    of = np.where(votes.max(axis=1) > 0, votes.argmax(axis=1), NOWHERE)
    of[(covered < cells.area / 2) & (votes.max(axis=1) < 1)] = NOWHERE
    return Places(of.astype(np.int64), twice > cells.area / 2)
