"""From the pool for tender (待招标池) to packages (标包): a bundling problem, and its answer as plain values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from threading import BoundedSemaphore
from typing import Any, Literal

import geopandas as gpd
import numpy as np
import shapely
from pydantic import BaseModel, ConfigDict, Field, model_validator
from sqlalchemy.orm import Session

from geo.boundaries.codes import region_prefix
from geo.bundling import (
    Activity,
    Infeasible,
    Problem,
    Reason,
    Rules,
    Solution,
    Unit,
    check,
    neighbours,
    solve,
)
from geo.crs import CGCS2000, plane_zone
from geo.errors import BadInput, Busy, Conflict
from geo.store.sql import query

Barrier = Literal["river", "railway", "arterial", "street"]


class BundleRules(BaseModel):
    """What an officer asks of packages. Bounds are sums per package, both ends included."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    area: str = Field(pattern=r"^[0-9]{12}$")
    """Region (区, 街道 or 社区) whose pool is bundled."""
    households: tuple[float, float] | None = (300, 1500)
    floor_area: tuple[float, float] | None = None
    max_members: int | None = Field(None, ge=1)
    packages: int | tuple[int, int] | None = None
    gap: float = Field(300, ge=0, le=5000)
    """Metres between the footprints of neighbours, at most."""
    within_subdistrict: bool = True
    barriers: tuple[Barrier, ...] = ("river", "railway")
    standalone: bool = True
    """Stand-alone buildings (单体楼) may join packages."""
    ending: bool = True
    """Units whose contract ends within the settings' days join the pool."""
    locks: dict[str, str] = Field(default_factory=dict, max_length=2000)
    """Unit code → package it must stay in."""
    effort: float = Field(1.0, gt=0, le=20)
    seed: int = Field(1, ge=0, le=2**31)

    @model_validator(mode="after")
    def _bounds_in_order(self) -> BundleRules:
        for name in ("households", "floor_area"):
            bounds = getattr(self, name)
            if bounds and not 0 <= bounds[0] <= bounds[1]:
                raise ValueError(f"{name}: the lower bound lies above the upper bound, or below zero")
        if self.households is None and self.floor_area is None:
            raise ValueError("give bounds on households or on floor area")
        return self


@dataclass(frozen=True, slots=True)
class Candidate:
    """A service unit that may be let. `shape` in a plane CRS in metres; figures are None where unknown."""

    code: str
    kind: str
    name: str
    subdistrict: str
    households: int | None
    residents: int | None
    floor_area: float | None
    reason: str
    shape: shapely.Geometry


@dataclass(frozen=True, slots=True)
class Ground:
    """A pool ready to be bundled: the problem, the candidates in it, and those that cannot be weighed."""

    problem: Problem
    candidates: Mapping[str, Candidate]
    unweighed: Mapping[str, Reason]


_SOLVING = BoundedSemaphore(2)
"""At most two plans are solved at once: each takes a processor and a thread of the server while it lasts."""


def propose(ground: Ground, rules: BundleRules, as_of: date) -> dict[str, Any]:
    """Bundle a pool and return packages, what stays out and why, the objective in parts and its bound.

    Pure: what it needs was read by `survey`, so that no database connection waits for the solver. Raises Conflict with
    the rules that stand against each other when there is no plan, Busy when two plans are being solved already.
    """
    if not _SOLVING.acquire(timeout=5):
        raise Busy("two sets of packages are being made at this moment; try again shortly")
    try:
        answer = solve(ground.problem, effort=rules.effort, seed=rules.seed, time_limit=60)
    finally:
        _SOLVING.release()
    if isinstance(answer, Infeasible):
        raise Conflict(
            "no packages keep these rules: " + "; ".join(reason.text for reason in answer.conflict),
            extra={"conflict": [_reason(reason) for reason in answer.conflict], "proven": answer.proven},
        )
    plan = {package.id: list(package.members) for package in answer.packages}
    left_out = {**ground.unweighed, **answer.left_out}
    return {
        **_head(rules, as_of),
        "packages": _packages(ground, plan, {package.id: package.hub for package in answer.packages}),
        "left_out": _left_out(ground, left_out),
        **_score(answer),
    }


def weigh(
    db: Session, rules: BundleRules, plan: Mapping[str, Sequence[str]], as_of: date, *, ending_days: int
) -> dict[str, Any]:
    """Hold packages that somebody drew by hand against the rules: figures of each, and every rule it breaks.

    Raises BadInput for a unit that is in no pool, or in two packages.
    """
    members = [unit for units in plan.values() for unit in units]
    if len(set(members)) != len(members):
        raise BadInput("a unit stands in two packages", field="packages")
    ground = survey(db, rules, as_of, ending_days, also=members)
    foreign = [unit for unit in members if unit not in ground.candidates and unit not in ground.unweighed]
    if foreign:
        raise BadInput(
            f"{foreign[0]} is no service unit of this area", field="packages", extra={"units": foreign}
        )
    labels = {unit: name for name, units in plan.items() for unit in units if unit in ground.candidates}
    broken = check(ground.problem, labels)
    return {
        **_head(rules, as_of),
        "packages": _packages(ground, plan, {}),
        "violations": [
            {
                "rule": each.rule, "package": each.package, "text": each.text, "units": list(each.units),
                "value": each.value, "limit": each.limit, "pieces": [list(piece) for piece in each.pieces],
            }
            for each in broken
        ],
    }  # fmt: skip


def survey(
    db: Session, rules: BundleRules, as_of: date, ending_days: int, also: Sequence[str] = ()
) -> Ground:
    """Read the pool of an area, the units asked for besides, and the barriers between them, as a bundling problem."""
    values = {
        "as_of": as_of,
        "prefix": region_prefix(rules.area),
        "standalone": rules.standalone,
        "ending": rules.ending,
        "ending_days": ending_days,
        "also": [*also, *rules.locks],
    }
    rows = db.execute(query("geo.tender", "pool"), values).all()
    frame = gpd.GeoDataFrame(
        {"id": [row.code for row in rows]},
        geometry=shapely.from_wkb([bytes(row.wkb) for row in rows]),
        crs=CGCS2000,
    )
    if not rows:
        return Ground(Problem((), (), _solver_rules(rules)), {}, {})
    plane = frame.to_crs(plane_zone(float(frame.total_bounds[0] + frame.total_bounds[2]) / 2))
    candidates = {row.code: _candidate(row, shape) for row, shape in zip(rows, plane.geometry, strict=True)}
    unweighed = {code: reason for code, each in candidates.items() if (reason := _unweighed(each, rules))}
    kept = plane[~plane["id"].isin(list(unweighed))]
    links = neighbours(kept, rules.gap, _barriers(db, rules, as_of, plane.crs), with_cut=True)
    units = tuple(_unit(candidates[code], rules) for code in kept["id"])
    return Ground(Problem(units, tuple(links), _solver_rules(rules)), candidates, unweighed)


def _candidate(row: Any, shape: shapely.Geometry) -> Candidate:
    reason = "unserved" if row.served is False else "ending" if row.service_end else "added"
    return Candidate(
        row.code,
        row.unit_kind,
        row.name,
        row.subdistrict,
        row.households,
        row.residents,
        row.floor_area,
        reason,
        shape,
    )


def _unweighed(candidate: Candidate, rules: BundleRules) -> Reason | None:
    """Tell why a unit cannot be weighed: an unknown figure is not zero."""
    for name in ("households", "floor_area"):
        if getattr(rules, name) is not None and getattr(candidate, name) is None:
            return Reason("unknown_figure", f"its {name} is unknown, and the rules weigh it", {"rule": name})
    return None


def _unit(candidate: Candidate, rules: BundleRules) -> Unit:
    centre = candidate.shape.centroid
    weights = {
        name: float(getattr(candidate, name)) for name in ("households", "floor_area") if getattr(rules, name)
    }
    return Unit(
        candidate.code,
        centre.x,
        centre.y,
        weights,
        within=candidate.subdistrict,
        lock=rules.locks.get(candidate.code),
    )


def _solver_rules(rules: BundleRules) -> Rules:
    bounds = (("households", rules.households), ("floor_area", rules.floor_area))
    return Rules(
        activities=tuple(Activity(name, *limits) for name, limits in bounds if limits),
        packages=rules.packages,
        max_members=rules.max_members,
        within=rules.within_subdistrict,
    )


def _barriers(db: Session, rules: BundleRules, as_of: date, crs: Any) -> gpd.GeoSeries | None:
    if not rules.barriers:
        return None
    values = {"as_of": as_of, "kinds": list(rules.barriers)}
    rows = db.execute(query("geo.tender", "barriers"), values).all()
    if not rows:
        return None
    return gpd.GeoSeries(shapely.from_wkb([bytes(row.wkb) for row in rows]), crs=CGCS2000).to_crs(crs)


def _head(rules: BundleRules, as_of: date) -> dict[str, Any]:
    return {"as_of": as_of.isoformat(), "rules": rules.model_dump(mode="json")}


def _packages(
    ground: Ground, plan: Mapping[str, Sequence[str]], hubs: Mapping[str, str]
) -> list[dict[str, Any]]:
    return [
        _package(ground, name, [ground.candidates[unit] for unit in units], hubs)
        for name, units in plan.items()
    ]


def _package(
    ground: Ground, name: str, members: Sequence[Candidate], hubs: Mapping[str, str]
) -> dict[str, Any]:
    return {
        "id": name,
        "hub": hubs.get(name) or medoid(members),
        "members": [each.code for each in members],
        "units": [_plain(each) for each in members],
        **{figure: _total(members, figure) for figure in ("households", "residents", "floor_area")},
        "unknown": {
            figure: sum(getattr(each, figure) is None for each in members)
            for figure in ("households", "floor_area")
        },
    }


def medoid(members: Sequence[Candidate]) -> str | None:
    """Return the member with the least household-weighted distance to all (the hub); None of an empty package."""
    if not members:
        return None
    points = np.array([(each.shape.centroid.x, each.shape.centroid.y) for each in members])
    weight = np.array([each.households or 0 for each in members], dtype=float)
    apart = np.hypot(*(points[:, None] - points[None, :]).transpose(2, 0, 1))
    return members[int((apart * weight).sum(axis=1).argmin())].code


def _total(members: Sequence[Candidate], figure: str) -> float | int | None:
    """Return the sum of what is known, None where nothing is."""
    known = [getattr(each, figure) for each in members if getattr(each, figure) is not None]
    return sum(known) if known else None


def _plain(candidate: Candidate) -> dict[str, Any]:
    return {
        "code": candidate.code, "unit_kind": candidate.kind, "name": candidate.name,
        "households": candidate.households, "floor_area": candidate.floor_area, "reason": candidate.reason,
    }  # fmt: skip


def _left_out(ground: Ground, reasons: Mapping[str, Reason]) -> list[dict[str, Any]]:
    return [{**_plain(ground.candidates[code]), "why": _reason(reasons[code])} for code in sorted(reasons)]


def _reason(reason: Reason) -> dict[str, Any]:
    return {"code": reason.code, "text": reason.text, "figures": dict(reason.figures)}


def _score(answer: Solution) -> dict[str, Any]:
    parts = answer.parts
    return {
        "parts": {
            "left_out": parts.left_out, "soft": parts.soft, "distance": parts.distance, "imbalance": parts.imbalance,
        },
        "bound": answer.bound, "gap": answer.gap, "proven": answer.proven, "stopped_by": answer.stopped_by,
        "seed": answer.seed, "seconds": answer.seconds,
    }  # fmt: skip
