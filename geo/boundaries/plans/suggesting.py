"""Suggestions for a draft (智能划分) as long work: new grids, the least change, or several layers made one."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated, Any, Literal, Self

import numpy as np
import shapely
from pydantic import BaseModel, ConfigDict, Field, model_validator
from shapely.geometry.base import BaseGeometry
from sqlalchemy.orm import Session

from geo.boundaries.homes import Homes, homes_in
from geo.boundaries.plans import cells as drafted
from geo.boundaries.plans import faults, rows, surroundings
from geo.boundaries.plans.cells import Cell, Shape
from geo.boundaries.plans.planes import Local, local
from geo.boundaries.plans.requests import Code
from geo.boundaries.plans.surroundings import Frame
from geo.errors import BadInput, Conflict
from geo.jobs import Handle, Handler, Job, enqueue
from geo.settings import Settings
from geo.store.engine import Scope, Store
from geo.suggest import (
    CannotSuggest,
    Ground,
    Layer,
    Limits,
    Proposal,
    ground,
    layer,
    merge_layers,
    partition,
    rebalance,
)
from geo.suggest import (
    Conflict as Disagreement,
)
from geo.suggest.rebalance import change_of

KIND = "plan-suggest"
DEDICATED = "dedicated"
EXACT = 1e-9
"""Share of a neighbourhood that its cells may leave free and still cover it."""
ROUNDED = 1e-10
"""Degrees: hairs along borders that differ by rounding alone are no land."""


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Sizes(_Model):
    """Households that a grid should hold, both included."""

    min: float = Field(ge=0, le=100_000)
    max: float = Field(ge=1, le=100_000)

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.min > self.max:
            raise ValueError("the fewest households are more than the most")
        return self


class Legacy(_Model):
    """A layer of grids of another office (多网合一): GeoJSON polygons in degrees."""

    name: str = Field(min_length=1, max_length=80)
    features: dict[str, Any]


class Wanted(_Model):
    """What to suggest, where, within which limits."""

    kind: Literal["partition", "rebalance", "merge_layers"]
    neighbourhoods: list[Code] | None = Field(default=None, max_length=200)
    limits: Sizes | None = None
    alternatives: Annotated[int, Field(ge=1, le=5)] = 1
    roads: bool = True
    layers: list[Legacy] = Field(default=[], max_length=8)


@dataclasses.dataclass(frozen=True, slots=True)
class _Given:
    """A neighbourhood in metres of a plane of its own; `assumed` counts the buildings that nobody counted.

    `frame` is the land to divide: without the cells `kept` as they are, which no limits of households hold for;
    `counts` are their buildings and households (NaN = unknown).
    """

    frame: Frame
    plane: Local
    ground: Ground
    cells: Mapping[str, Cell]
    kept: Mapping[str, Cell]
    counts: Mapping[str, tuple[int, float]]
    assumed: int


@dataclasses.dataclass(frozen=True, slots=True)
class _Found:
    """One division of a neighbourhood: shapes in the plane, codes that go on (None: new), and what is said of it."""

    given: _Given
    proposal: Proposal
    codes: tuple[str | None, ...]
    said: tuple[Any, ...] = ()
    moved: float | None = None
    conflicts: tuple[Disagreement, ...] = ()


def start(db: Session, scope: Scope, plan: int, wanted: Wanted, as_of: date) -> int:
    """Queue a suggestion; returns the job's number. Raises Conflict for what is no draft of grids."""
    draft = rows.read(db, plan)
    rows.expect(draft, rows.EDITABLE)
    if draft.layer.name != "grids":
        raise Conflict("suggestions are made for grids")
    if wanted.kind == "merge_layers" and not wanted.layers:
        raise BadInput("there is no layer to merge", field="layers")
    for each in wanted.layers:
        _polygons(each)
    return enqueue(db, scope, KIND, {"plan": plan, "wanted": wanted.model_dump(), "as_of": as_of.isoformat()})


def handlers(store: Store, settings: Settings) -> dict[str, Handler]:
    """Return the kinds of jobs of this folder, for `geo.jobs.Worker`."""
    del settings
    return {KIND: lambda job, handle: _suggest(store, job, handle)}


def _suggest(store: Store, job: Job, handle: Handle) -> Mapping[str, Any]:
    """Read the ground in the scope of who asked, then suggest without a connection. Stopped, it keeps what it has."""
    wanted = Wanted.model_validate(job.request["wanted"])
    handle.report(0.0, "reading")
    with store.begin(job.scope()) as db:
        given, limits = _read(db, int(job.request["plan"]), wanted, date.fromisoformat(job.request["as_of"]))
    found: list[list[_Found]] = []
    for number, each in enumerate(given):
        if handle.cancelled():
            break
        handle.report(number / len(given), each.frame.name, {"done": number, "of": len(given)})
        found.append(_divided(each, wanted, limits, handle))
    handle.cut_short = handle.cancelled()
    count = max((len(each) for each in found), default=0)
    assumed = sum(each.assumed for each in given)
    return {
        "plan": job.request["plan"], "kind": wanted.kind, "limits": dataclasses.asdict(limits), "assumed": assumed,
        "alternatives": [
            _told(number, [each[min(number - 1, len(each) - 1)] for each in found if each], limits)
            for number in range(1, count + 1)
        ],
    }  # fmt: skip


def _read(db: Session, plan: int, wanted: Wanted, as_of: date) -> tuple[list[_Given], Limits]:
    draft = rows.read(db, plan)
    frames = surroundings.frames(db, draft, as_of)
    chosen = [
        frame for frame in frames if wanted.neighbourhoods is None or frame.code in wanted.neighbourhoods
    ]
    if not chosen:
        raise BadInput("no neighbourhood of this plan is named", field="neighbourhoods")
    least, most = faults.rules_of(db, draft).households
    limits = Limits(wanted.limits.min, wanted.limits.max) if wanted.limits else Limits(least, most)
    cells = drafted.load(db, draft)
    homes = homes_in(db, [frame.shape for frame in chosen], as_of)
    lines = surroundings.guides(db, [frame.shape for frame in chosen], as_of)
    found = []
    for frame in chosen:
        mine = {code: cell for code, cell in cells.items() if draft.layer.parent_of(code) == frame.code}
        found.append(_given(frame, mine, homes, lines if wanted.roads else surroundings.Guides.none()))
    return [each for each in found if each is not None and len(each.ground.buildings)], limits


def _given(
    frame: Frame, cells: Mapping[str, Cell], homes: Homes, lines: surroundings.Guides
) -> _Given | None:
    kept = {code: cell for code, cell in cells.items() if cell.kind == DEDICATED}
    plane = local([frame.shape])
    frame = dataclasses.replace(frame, shape=_without(frame.shape, cells, kept))
    if frame.shape.is_empty:
        return None
    cells = {code: cell for code, cell in cells.items() if code not in kept}
    inside = shapely.intersects(frame.shape, homes.points)
    households = homes.households[inside]
    unknown = np.isnan(households)
    # nobody counted them: each as many as the others here have on average, and the answer says how many there are
    households = np.where(unknown, np.nanmean(households) if (~unknown).any() else 1.0, households)
    near = [_near(each, frame.shape) for each in (lines.roads, lines.waters)]
    made = ground(
        shapely.transform(frame.shape, plane.flat),
        [_simple(shape) for shape in shapely.transform(homes.footprints[inside], plane.flat)],
        households,
        *(shapely.transform(each, plane.flat) for each in near),
    )
    return _Given(frame, plane, made, cells, kept, _counts(kept, homes), int(unknown.sum()))


def _counts(cells: Mapping[str, Cell], homes: Homes) -> dict[str, tuple[int, float]]:
    inside = {code: shapely.intersects(cell.shape, homes.points) for code, cell in cells.items()}
    return {code: (int(mine.sum()), float(homes.households[mine].sum())) for code, mine in inside.items()}


def _without(land: Shape, cells: Mapping[str, Cell], kept: Mapping[str, Cell]) -> Shape:
    """Return the land that is not in cells which stay as they are (专属网格); empty where they have it all."""
    if not kept:
        return land
    others = [cell.shape for code, cell in cells.items() if code not in kept]
    rest = shapely.coverage_union_all(others)
    free = land.area - rest.area - sum(cell.shape.area for cell in kept.values())
    if free > EXACT * land.area:
        gone = shapely.union_all([cell.shape for cell in kept.values()])
        rest = shapely.difference(land, gone, grid_size=ROUNDED)
    parts = [part for part in shapely.get_parts(rest) if shapely.get_dimensions(part) == 2 and part.area > 0]
    return parts[0] if len(parts) == 1 else shapely.multipolygons(parts)


def _near(shapes: Any, frame: BaseGeometry) -> Any:
    return shapes[shapely.intersects(shapes, frame)] if len(shapes) else shapes


def _simple(shape: BaseGeometry) -> BaseGeometry:
    parts = shapely.get_parts(shape)
    return parts[0] if len(parts) == 1 else shape


def _divided(given: _Given, wanted: Wanted, limits: Limits, handle: Handle) -> list[_Found]:
    if wanted.kind == "rebalance" and given.cells:
        shapes = [shapely.transform(cell.shape, given.plane.flat) for cell in given.cells.values()]
        made = rebalance(given.ground, layer("today", list(given.cells), shapes), limits)
        return [_Found(given, made.proposal, made.codes, (change_of(made),), made.moved)]
    if wanted.kind == "merge_layers":
        merged = merge_layers(given.ground, _layers(given, wanted.layers), limits)
        codes = (None,) * len(merged.proposal.grids)
        return [_Found(given, merged.proposal, codes, conflicts=merged.conflicts)]
    proposals = partition(given.ground, limits, wanted.alternatives, cancel=handle.cancelled)
    return [_Found(given, one, (None,) * len(one.grids)) for one in proposals]


def _layers(given: _Given, legacy: Sequence[Legacy]) -> list[Layer]:
    found = []
    for each in legacy:
        shapes = {
            code: shape
            for code, shape in _polygons(each).items()
            if shapely.intersects(shape, given.frame.shape)
        }
        if shapes:
            flat = [shapely.transform(shape, given.plane.flat) for shape in shapes.values()]
            found.append(layer(each.name, list(shapes), flat))
    if not found:
        raise CannotSuggest(f"no layer reaches {given.frame.name}", field="layers")
    return found


def _polygons(legacy: Legacy) -> dict[str, Any]:
    """Return the areas of a layer by code or number. Raises BadInput for what is no collection of areas."""
    found: dict[str, Any] = {}
    try:
        for number, feature in enumerate(legacy.features["features"], start=1):
            properties = feature.get("properties") or {}
            code = str(feature.get("id") or properties.get("code") or properties.get("name") or number)
            shape = shapely.from_geojson(json.dumps(feature["geometry"]))
            if shape.geom_type not in ("Polygon", "MultiPolygon") or not shape.is_valid:
                raise BadInput(f"{legacy.name}: {code} is no valid area", field="layers")
            found[code if code not in found else f"{code}#{number}"] = shape
    except (KeyError, TypeError, AttributeError, shapely.errors.GEOSException):
        raise BadInput(f"{legacy.name} is no GeoJSON collection of areas", field="layers") from None
    return found


# ---- what is told ---------------------------------------------------------------------------------------------


def _told(number: int, found: Sequence[_Found], limits: Limits) -> dict[str, Any]:
    features = [feature for each in found for feature in _features(each)]
    loads = [feature["properties"]["households"] for feature in features]
    features += [feature for each in found for feature in _kept(each.given)]
    reasons = [reason for each in found for reason in (*each.said, *each.proposal.reasons)]
    return {
        "number": number,
        "cells": {"type": "FeatureCollection", "features": features},
        "figures": _figures(found, loads, limits),
        "reasons": [_reason(reason) for reason in reasons],
        "better_at": [_reason(reason) for each in found for reason in each.proposal.better_at]
        if len(found) == 1
        else [],
        "moved": None
        if any(each.moved is None for each in found)
        else sum(each.moved or 0 for each in found),
        "conflicts": [_conflict(each, one) for each in found for one in each.conflicts],
    }


def _figures(found: Sequence[_Found], loads: Sequence[float], limits: Limits) -> dict[str, Any]:
    """Figures of all neighbourhoods together: shares are of the lengths and counts that they are made of."""
    each = [one.proposal.figures for one in found]
    inner = sum(one.inner for one in each)
    on_roads = sum((one.on_roads or 0.0) * one.inner for one in each)
    return {
        "grids": len(loads), "least": min(loads), "most": max(loads),
        "outside": sum(not limits.keep(load) for load in loads),
        "spread": float(np.std(loads) / np.mean(loads)) if sum(loads) else None,
        "compactness": sum(one.polsby_popper * one.grids for one in each) / len(loads),
        "inner_m": round(inner, 1), "on_roads": on_roads / inner if inner else None,
    }  # fmt: skip


def _features(found: _Found) -> list[dict[str, Any]]:
    parent = found.given.frame
    return [
        {
            "type": "Feature", "id": f"{parent.code}-{grid.number}",
            "geometry": _geometry(found.given.plane, grid.shape),
            "properties": {
                "number": grid.number, "neighbourhood": parent.code, "code": code, "households": grid.households,
                "buildings": len(grid.buildings), "reason": grid.reason and _reason(grid.reason),
            },
        }
        for grid, code in zip(found.proposal.grids, found.codes, strict=True)
    ]  # fmt: skip


def _kept(given: _Given) -> list[dict[str, Any]]:
    """Return the cells that stay as they are: adopting takes a neighbourhood as a whole."""
    return [
        {
            "type": "Feature", "id": code, "geometry": json.loads(shapely.to_geojson(cell.shape)),
            "properties": {
                "number": None, "neighbourhood": given.frame.code, "code": code, "kind": cell.kind,
                "buildings": given.counts[code][0], "reason": None,
                "households": None if np.isnan(given.counts[code][1]) else given.counts[code][1],
            },
        }
        for code, cell in given.kept.items()
    ]  # fmt: skip


def _geometry(plane: Local, shape: BaseGeometry) -> dict[str, Any]:
    """Return a shape in degrees with every bit of its coordinates: it is adopted from here."""
    made: dict[str, Any] = json.loads(shapely.to_geojson(shapely.transform(shape, plane.back)))
    return made


def _reason(reason: Any) -> dict[str, Any]:
    return {"code": reason.code, "text": reason.text, "figures": dict(reason.figures)}


def _conflict(found: _Found, one: Disagreement) -> dict[str, Any]:
    place = shapely.transform(one.shape.representative_point(), found.given.plane.back)
    return {
        "kind": one.kind, "households": one.households, "buildings": len(one.buildings), "says": list(one.says),
        "against": list(one.against), "place": [place.x, place.y], "geometry": _geometry(found.given.plane, one.shape),
    }  # fmt: skip
