"""A proposal (划分方案): grids as polygons with what they hold, figures, reasons, and what it is better at."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from shapely import MultiPolygon, Polygon

from geo.bundling import Reason
from geo.suggest.cells import Cells
from geo.suggest.ground import Ground, Limits, summed
from geo.suggest.grouping import Grouping
from geo.suggest.measures import Figures, measured
from geo.suggest.outlines import drawn


@dataclass(frozen=True, slots=True)
class Grid:
    """A proposed grid (网格): numbered from 1 west→east, then north→south, as codes are.

    ``buildings``: places in the ground's list. ``reason``: why it misses the limits, None where it keeps them.
    """

    number: int
    shape: Polygon | MultiPolygon
    households: float
    buildings: tuple[int, ...]
    reason: Reason | None


@dataclass(frozen=True, slots=True)
class Proposal:
    """A division of the whole neighbourhood that cuts no building.

    ``reasons``: what stands against the limits, where a grid misses them. ``better_at``: what this proposal is
    better at than the others given with it. ``cells``: the number of the grid of each cell, minus one.
    """

    grids: tuple[Grid, ...]
    figures: Figures
    reasons: tuple[Reason, ...]
    cells: tuple[int, ...]
    better_at: tuple[Reason, ...] = ()


def proposal(ground: Ground, cells: Cells, grouping: Grouping, limits: Limits) -> Proposal:
    """Draw a grouping and measure it."""
    labels = np.unique(grouping.labels, return_inverse=True)[1].astype(np.int64)
    shapes = drawn(ground, cells, labels)
    middle = shapely.get_coordinates(shapely.centroid(shapes))
    order = np.lexsort((-middle[:, 1], middle[:, 0]))
    labels, shapes = np.argsort(order)[labels], shapes[order]
    loads = summed(labels, cells.households, len(shapes))
    reasons = tuple(_in_words_of_grids(reason, ground, cells) for reason in grouping.reasons)
    of_building = labels[cells.of_building]
    grids = tuple(
        Grid(
            number + 1,
            shape,
            load,
            tuple(np.flatnonzero(of_building == number).tolist()),
            _missed(limits, load, shape, reasons),
        )
        for number, (shape, load) in enumerate(zip(shapes, loads.tolist(), strict=True))
    )
    return Proposal(grids, measured(cells, labels, shapes, limits), reasons, tuple(labels.tolist()))


def _missed(
    limits: Limits, load: float, shape: Polygon | MultiPolygon, reasons: Sequence[Reason]
) -> Reason | None:
    """Why a grid misses the limits; None where it keeps them."""
    if limits.keep(load):
        return None
    side, limit = ("below", limits.lower) if load < limits.lower else ("above", limits.upper)
    figures = {"households": load, "limit": limit}
    for reason in reasons:
        x, y = reason.figures.get("x"), reason.figures.get("y")
        here = isinstance(x, float) and isinstance(y, float) and shapely.intersects_xy(shape, x, y)
        if reason.code == "cell_above" and here:
            return Reason("holds_large_building", f"{load:g} households: {reason.text}", figures)
    why = reasons[0].text if reasons else "no division within the limits was found"
    return Reason(f"{side}_limit", f"{load:g} households are {side} the limit of {limit:g}: {why}", figures)


_WORDS = (
    (re.compile(r"\bpackages\b"), "grids"),
    (re.compile(r"\bpackage\b"), "grid"),
    (re.compile(r"\bunits\b"), "cells"),
    (re.compile(r"\bunit (\d+)\b"), r"the cell \1"),
    (re.compile(r"\bunit\b"), "cell"),
)


def _in_words_of_grids(reason: Reason, ground: Ground, cells: Cells) -> Reason:
    """A reason of the bundling engine in words of grids, with the place of the cell that it names."""
    text = reason.text
    for pattern, word in _WORDS:
        text = pattern.sub(word, text)
    figures = dict(reason.figures)
    unit = figures.pop("unit", None)
    if isinstance(unit, str) and unit.isdecimal() and int(unit) < len(cells):
        figures |= {"x": float(cells.x[int(unit)]), "y": float(cells.y[int(unit)])}
        held = np.flatnonzero(cells.of_building == int(unit))
        figures["building"] = int(held[0]) if len(held) and len(ground.buildings) else None
    return Reason(reason.code, text, figures)


# ---- several of them --------------------------------------------------------------------------------------

_BETTER: tuple[tuple[str, str, Callable[[Figures], float]], ...] = (
    ("roads", "more of its borders lie on roads ({0:.0%})", lambda f: f.on_roads or 0.0),
    ("even", "its grids are most alike in households (spread {0:.1%})", lambda f: -(f.spread or 0.0)),
    ("round", "its grids are most compact (Polsby–Popper {0:.2f})", lambda f: f.polsby_popper),
    ("near", "people are nearest to the middle of their grid ({0:.0f} m)", lambda f: -(f.way or 0.0)),
    ("fewer", "it has fewer grids ({0:.0f})", lambda f: -float(f.grids)),
    ("more", "it has more grids ({0:.0f})", lambda f: float(f.grids)),
)


def told_apart(found: Sequence[Proposal]) -> tuple[Proposal, ...]:
    """The proposals, each with what it is better at than all the others."""
    told = []
    for place, each in enumerate(found):
        others = [other.figures for rank, other in enumerate(found) if rank != place]
        points = []
        for code, text, worth in _BETTER:
            mine = worth(each.figures)
            if others and all(mine > worth(other) + 1e-9 for other in others):
                points.append(Reason(code, text.format(abs(mine)), {"value": abs(mine)}))
        told.append(dataclasses.replace(each, better_at=tuple(points)))
    return tuple(told)
