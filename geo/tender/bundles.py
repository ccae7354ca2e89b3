"""From the pool for tender (待招标池) to packages (标包): the engine's answer as plain values."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from threading import BoundedSemaphore
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from geo.bundling import Infeasible, Reason, Solution, alternatives, check
from geo.errors import BadInput, Busy, Conflict
from geo.tender.candidates import Candidate
from geo.tender.money import Books
from geo.tender.rules import BundleRules
from geo.tender.survey import Ground, is_anchor, survey

Progress = Callable[[float, float | None], None]
"""Called with the share of the work done (0–1) and the distance of the best plan so far."""

MOST_SECONDS = 60
"""The safety stop of an answer that somebody waits for."""
_SOLVING = BoundedSemaphore(2)
"""At most two plans are solved at once for who waits: each takes a processor and a thread of the server."""


@contextmanager
def one_of_few() -> Iterator[None]:
    """Hold one of the few places for solving while somebody waits. Raises Busy when none gets free."""
    if not _SOLVING.acquire(timeout=5):
        raise Busy("two sets of packages are being made at this moment; try again shortly")
    try:
        yield
    finally:
        _SOLVING.release()


def propose(
    ground: Ground,
    rules: BundleRules,
    as_of: date,
    *,
    time_limit: float | None = MOST_SECONDS,
    progress: Progress | None = None,
    cancel: Callable[[], bool] | None = None,
) -> dict[str, Any]:
    """Bundle a pool and return packages, what stays out and why, the objective in parts and its bound.

    The best plan stands on top, other plans where asked for under `alternatives`. Pure: what it needs was read by
    `survey`, so that no database connection waits for the solver. Raises Conflict with the rules that stand against
    each other when there is no plan.
    """
    answer = alternatives(
        ground.problem,
        rules.alternatives,
        effort=rules.effort,
        seed=rules.seed,
        time_limit=time_limit,
        progress=progress,
        cancel=cancel,
        exact=rules.exact or None,
    )
    if isinstance(answer, Infeasible):
        raise _refusal(answer)
    best, *others = [_plan(ground, rules, solution) for solution in answer]
    return {**_head(rules, as_of), **best, "alternatives": others}


def _refusal(answer: Infeasible) -> Conflict:
    conflict = [_reason(reason) for reason in answer.conflict]
    if answer.stopped_by in ("cancel", "time_limit"):
        return Conflict(
            "stopped before a first plan was found",
            extra={"conflict": conflict, "proven": False, "stopped_by": answer.stopped_by},
        )
    text = "; ".join(reason.text for reason in answer.conflict)
    return Conflict(
        f"no packages keep these rules: {text}", extra={"conflict": conflict, "proven": answer.proven}
    )


def _plan(ground: Ground, rules: BundleRules, answer: Solution) -> dict[str, Any]:
    plan = {package.id: list(package.members) for package in answer.packages}
    hubs = {package.id: package.hub for package in answer.packages}
    return {
        "packages": packages_of(ground, rules, plan, hubs),
        "left_out": _left_out(ground, {**ground.unweighed, **answer.left_out}),
        **_score(answer),
    }


def weigh(
    db: Session, rules: BundleRules, plan: Mapping[str, Sequence[str]], as_of: date, *, ending_days: int
) -> dict[str, Any]:
    """Hold packages that somebody drew by hand against the rules: figures of each, and every rule it breaks.

    Raises BadInput for a unit that is in no pool, or in two packages.
    """
    members = members_of(plan)
    ground = survey(db, rules, as_of, ending_days, also=members, with_modes=False)
    return weigh_on(ground, rules, plan, as_of)


def members_of(plan: Mapping[str, Sequence[str]]) -> list[str]:
    """Return the units of all packages. Raises BadInput for one that stands in two."""
    members = [unit for units in plan.values() for unit in units]
    if len(set(members)) != len(members):
        raise BadInput("a unit stands in two packages", field="packages")
    return members


def weigh_on(
    ground: Ground, rules: BundleRules, plan: Mapping[str, Sequence[str]], as_of: date
) -> dict[str, Any]:
    """The same on a ground that was surveyed before."""
    foreign = [unit for units in plan.values() for unit in units if unit not in ground.candidates]
    if foreign:
        raise BadInput(
            f"{foreign[0]} is no service unit of this area", field="packages", extra={"units": foreign}
        )
    return {
        **_head(rules, as_of),
        "packages": packages_of(ground, rules, plan, {}),
        "violations": violations_of(ground, plan),
    }


def violations_of(ground: Ground, plan: Mapping[str, Sequence[str]]) -> list[dict[str, Any]]:
    """Return every rule that packages break, and members that the rules would not have taken."""
    weighed = {unit.id for unit in ground.problem.units}
    labels = {unit: name for name, units in plan.items() for unit in units if unit in weighed}
    return [
        {
            "rule": each.rule, "package": each.package, "text": each.text, "units": list(each.units),
            "value": each.value, "limit": each.limit, "pieces": [list(piece) for piece in each.pieces],
        }
        for each in check(ground.problem, labels)
    ] + _not_asked(ground, plan)  # fmt: skip


def _not_asked(ground: Ground, plan: Mapping[str, Sequence[str]]) -> list[dict[str, Any]]:
    """Members that the rules would not have taken: unknown figures, owners who refused."""
    return [
        {
            "rule": reason.code, "package": name, "text": f"{unit}: {reason.text}", "units": [unit],
            "value": None, "limit": None, "pieces": [],
        }
        for name, units in plan.items()
        for unit in units
        if (reason := ground.unweighed.get(unit))
    ]  # fmt: skip


def _head(rules: BundleRules, as_of: date) -> dict[str, Any]:
    return {"as_of": as_of.isoformat(), "rules": rules.model_dump(mode="json")}


def packages_of(
    ground: Ground, rules: BundleRules, plan: Mapping[str, Sequence[str]], hubs: Mapping[str, str]
) -> list[dict[str, Any]]:
    """Return packages (name → units) with their figures."""
    return [
        _package(ground, rules, name, [ground.candidates[unit] for unit in units], hubs)
        for name, units in plan.items()
    ]


def _package(
    ground: Ground, rules: BundleRules, name: str, members: Sequence[Candidate], hubs: Mapping[str, str]
) -> dict[str, Any]:
    hub = hubs.get(name) or medoid(members)
    return {
        "id": name,
        "hub": hub,
        "way": _way(members, hub),
        "members": [each.code for each in members],
        "units": [_plain(ground, each) for each in members],
        **{figure: _total(members, figure) for figure in ("households", "residents", "floor_area")},
        "unknown": {
            figure: sum(getattr(each, figure) is None for each in members)
            for figure in ("households", "floor_area")
        },
        "anchors": [each.code for each in members if is_anchor(each, rules)],
        "money": _money(ground, members),
    }


def _money(ground: Ground, members: Sequence[Candidate]) -> dict[str, float | int] | None:
    """Sum a package's year in yuan; None where the rules do not weigh money."""
    if not ground.money:
        return None
    known = [each for member in members if isinstance(each := ground.money[member.code], Books)]
    return {
        **{
            name: sum(getattr(each, name) for each in known)
            for name in ("income", "subsidy", "cost", "balance")
        },
        "assumed": sum(each.assumed for each in known),
        "unknown": len(members) - len(known),
    }


def medoid(members: Sequence[Candidate]) -> str | None:
    """Return the member with the least household-weighted distance to all (the hub); None of an empty package."""
    if not members:
        return None
    apart, weight = _apart(members), _homes(members)
    return members[int((apart * weight).sum(axis=1).argmin())].code


def _way(members: Sequence[Candidate], hub: str | None) -> float | None:
    """Return the metres from a household to the hub, on average; None where no household is known."""
    weight = _homes(members)
    place = next((place for place, each in enumerate(members) if each.code == hub), None)
    if place is None or not weight.sum():
        return None
    return float(_apart(members)[place] @ weight / weight.sum())


def _apart(members: Sequence[Candidate]) -> NDArray[np.float64]:
    """Metres between the middles of footprints, each to each."""
    points = np.array([(each.shape.centroid.x, each.shape.centroid.y) for each in members])
    apart: NDArray[np.float64] = np.hypot(*(points[:, None] - points[None, :]).transpose(2, 0, 1))
    return apart


def _homes(members: Sequence[Candidate]) -> NDArray[np.float64]:
    return np.array([each.households or 0 for each in members], dtype=float)


def _total(members: Sequence[Candidate], figure: str) -> float | int | None:
    """Return the sum of what is known, None where nothing is."""
    known = [getattr(each, figure) for each in members if getattr(each, figure) is not None]
    return sum(known) if known else None


def _plain(ground: Ground, candidate: Candidate) -> dict[str, Any]:
    judged = ground.outlooks.get(candidate.code)
    return {
        "code": candidate.code, "unit_kind": candidate.kind, "name": candidate.name,
        "households": candidate.households, "floor_area": candidate.floor_area, "reason": candidate.reason,
        **({"outlook": judged.as_json()} if judged else {}),
    }  # fmt: skip


def _left_out(ground: Ground, reasons: Mapping[str, Reason]) -> list[dict[str, Any]]:
    return [
        {**_plain(ground, ground.candidates[code]), "why": _reason(reasons[code])} for code in sorted(reasons)
    ]


def _reason(reason: Reason) -> dict[str, Any]:
    return {"code": reason.code, "text": reason.text, "figures": dict(reason.figures)}


def _score(answer: Solution) -> dict[str, Any]:
    parts = answer.parts
    return {
        "parts": {
            "left_out": parts.left_out, "soft": parts.soft, "distance": parts.distance, "fixed": parts.fixed,
            "imbalance": parts.imbalance,
        },
        "bound": answer.bound, "gap": answer.gap, "proven": answer.proven, "stopped_by": answer.stopped_by,
        "seed": answer.seed, "seconds": answer.seconds,
        "binding": [_reason(reason) for reason in answer.binding],
        "better_at": [_reason(reason) for reason in answer.better_at],
    }  # fmt: skip
