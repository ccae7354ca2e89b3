"""From the database to a bundling problem: the pool, what lies between its units, and how each could be served."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import geopandas as gpd
import shapely
from sqlalchemy.orm import Session

from geo.boundaries.codes import region_prefix
from geo.bundling import Activity, Centre, Link, Problem, Reason, Rules, Unit, neighbours
from geo.bundling.problem import BORDER
from geo.crs import CGCS2000, plane_zone
from geo.errors import BadInput
from geo.store.sql import query
from geo.tender.candidates import Candidate
from geo.tender.modes import Outlook, Thresholds
from geo.tender.money import Books, Unknown, books
from geo.tender.outlook import outlooks
from geo.tender.rules import BundleRules
from geo.tender.settings import thresholds_of

MONEY = "money"
"""The activity that keeps income above cost: each unit weighs its balance in yuan a year."""
_BARRIERS = ("river", "railway")


@dataclass(frozen=True, slots=True)
class Ground:
    """A pool ready to be bundled: the problem, its candidates, and those that cannot be weighed or are not asked."""

    problem: Problem
    candidates: Mapping[str, Candidate]
    unweighed: Mapping[str, Reason]
    money: Mapping[str, Books | Unknown] = field(default_factory=dict)
    outlooks: Mapping[str, Outlook] = field(default_factory=dict)


def survey(
    db: Session,
    rules: BundleRules,
    as_of: date,
    ending_days: int,
    also: Sequence[str] = (),
    *,
    with_modes: bool = True,
    of_round: int = 0,
) -> Ground:
    """Read the pool of an area, the units asked for besides, and the barriers between them, as a bundling problem.

    `of_round`: the round that is looked at; what it holds itself is not taken.
    Raises BadInput naming the rule that speaks of a unit which is not in the pool.
    """
    rows = _pool(db, rules, as_of, ending_days, (*also, *rules.brought()), of_round)
    if not rows:
        _refuse_strangers(rules, {})
        return Ground(Problem((), (), solver_rules(rules)), {}, {})
    frame = _frame(rows)
    candidates = {row.code: _candidate(row, shape) for row, shape in zip(rows, frame.geometry, strict=True)}
    _refuse_strangers(rules, candidates)
    money = {code: weighed_books(each, rules) for code, each in candidates.items()} if rules.money else {}
    unweighed = {
        code: reason
        for code, each in candidates.items()
        if (reason := _unweighed(each, rules, money.get(code)))
    }
    kept = frame[~frame["id"].isin(list(unweighed))]
    found = neighbours(kept, rules.gap, _barriers(db, rules.barriers, as_of, frame.crs), with_cut=True)
    links = tuple(_by_hand(rules, found, kept))
    units = tuple(problem_unit(candidates[code], rules, money.get(code)) for code in kept["id"])
    modes = _outlooks(db, rules, frame, candidates, as_of) if with_modes else {}
    here = {unit.id for unit in units}
    problem = Problem(units, links, solver_rules(rules, here), measured=not rules.links_cut)
    return Ground(problem, candidates, unweighed, money, modes)


def _pool(
    db: Session, rules: BundleRules, as_of: date, ending_days: int, also: Sequence[str], of_round: int
) -> Sequence[Any]:
    values = {
        "as_of": as_of,
        "prefix": region_prefix(rules.area),
        "standalone": rules.standalone,
        "ending": rules.ending,
        "ending_days": ending_days,
        "also": list(also),
        "of_round": of_round,
    }
    return db.execute(query("geo.tender", "pool"), values).all()


def _frame(rows: Sequence[Any]) -> gpd.GeoDataFrame:
    """The footprints in the Gauss–Krüger zone of their middle, in metres."""
    frame = gpd.GeoDataFrame(
        {"id": [row.code for row in rows]},
        geometry=shapely.from_wkb([bytes(row.wkb) for row in rows]),
        crs=CGCS2000,
    )
    return frame.to_crs(plane_zone(float(frame.total_bounds[0] + frame.total_bounds[2]) / 2))


def _candidate(row: Any, shape: shapely.Geometry) -> Candidate:
    reason = "unserved" if row.served is False else "ending" if row.is_ending else "added"
    names = (
        "code", "name", "subdistrict", "households", "residents", "floor_area", "fee", "collection_rate",
        "built_year", "building_count", "willing", "anchor", "vote", "taken",
    )  # fmt: skip
    return Candidate(
        kind=row.unit_kind, reason=reason, shape=shape, **{name: getattr(row, name) for name in names}
    )


def _refuse_strangers(rules: BundleRules, candidates: Mapping[str, Candidate]) -> None:
    for rule, code in rules.mentioned():
        if code not in candidates:
            message = f"{rule}: {code} is not in the pool of this area; add it, or take it out of the rule"
            raise BadInput(message, field=rule, extra={"units": [code]})


def weighed_books(candidate: Candidate, rules: BundleRules) -> Books | Unknown:
    """Return a unit's year in yuan by the rules' prices; the rules must weigh money."""
    assert rules.money is not None
    return books(
        rules.money,
        floor_area=candidate.floor_area,
        households=candidate.households,
        fee=candidate.fee,
        collection_rate=candidate.collection_rate,
    )


def _unweighed(candidate: Candidate, rules: BundleRules, money: Books | Unknown | None) -> Reason | None:
    """Tell why a unit is not bundled at all: an unknown figure is not zero, and who refused is not asked."""
    for name in rules.weighed():
        if getattr(candidate, name) is None:
            return _unknown(name)
    if isinstance(money, Unknown):
        return _unknown(money.figure)
    if candidate.willing is False and rules.willing != "any":
        return Reason("refused", "its owners refused", {"rule": "willing"})
    if candidate.willing is None and rules.willing == "yes":
        return Reason(
            "willing_unknown", "its owners were not asked, and the rules want a yes", {"rule": "willing"}
        )
    if candidate.taken:
        return Reason("taken", "its services stand in a live round already", {"rule": "taken"})
    return None


def _unknown(figure: str) -> Reason:
    return Reason("unknown_figure", f"its {figure} is unknown, and the rules weigh it", {"rule": figure})


def problem_unit(candidate: Candidate, rules: BundleRules, money: Books | Unknown | None) -> Unit:
    """Return a unit as the engine knows it."""
    centre = candidate.shape.centroid
    weights = {name: float(getattr(candidate, name)) for name in rules.weighed()}
    if isinstance(money, Books):
        weights[MONEY] = money.balance
    return Unit(
        candidate.code,
        centre.x,
        centre.y,
        weights,
        within=candidate.subdistrict,
        anchor=is_anchor(candidate, rules),
        lock=rules.locks.get(candidate.code),
    )


def is_anchor(candidate: Candidate, rules: BundleRules) -> bool:
    """Whether a unit carries weak neighbours: by its own flag, else by the rule (large enough or new enough)."""
    if candidate.anchor is not None or rules.anchors is None:
        return bool(candidate.anchor)
    least, since = rules.anchors.households, rules.anchors.built_since
    large = least is not None and candidate.households is not None and candidate.households >= least
    new = since is not None and candidate.built_year is not None and candidate.built_year >= since
    return large or new


def solver_rules(rules: BundleRules, here: set[str] | None = None) -> Rules:
    """Return the rules as the engine speaks them; `here` are the units that are weighed."""
    soft: dict[str, float] = {}
    activities = [Activity(name, *getattr(rules, name)) for name in rules.weighed()]
    if rules.money is not None:
        activities.append(Activity(MONEY, 0.0, None))
        if rules.money.shortfall_price is not None:
            soft[MONEY] = rules.money.shortfall_price
    if rules.border_price is not None:
        soft[BORDER] = rules.border_price
    return Rules(
        activities=tuple(activities),
        packages=rules.packages,
        max_members=rules.max_members,
        within=rules.within_subdistrict,
        anchors=rules.anchors is not None,
        together=_only(rules.together, here),
        apart=_only(rules.apart, here),
        centres=tuple(Centre(each.unit, each.capacity, each.fixed_cost) for each in rules.centres),
        leave_out_price=rules.leave_out_price,
        soft=soft,
    )


def _only(groups: Sequence[tuple[str, ...]], here: set[str] | None) -> tuple[tuple[str, ...], ...]:
    """The groups without the units that cannot be weighed; those are told by themselves."""
    kept = (tuple(code for code in group if here is None or code in here) for group in groups)
    return tuple(group for group in kept if len(group) > 1)


def _by_hand(rules: BundleRules, found: Sequence[Link], frame: gpd.GeoDataFrame) -> Iterator[Link]:
    """The links with those that the officer cut taken out, and those added put in at their true distance."""
    cut = {frozenset(pair) for pair in rules.links_cut}
    shapes = dict(zip(frame["id"], frame.geometry, strict=True))
    added = {frozenset(pair): pair for pair in rules.links_added if pair[0] in shapes and pair[1] in shapes}
    yield from (link for link in found if frozenset((link.a, link.b)) not in cut | set(added))
    for a, b in added.values():
        yield Link(a, b, float(shapes[a].distance(shapes[b])))


def _barriers(db: Session, kinds: Sequence[str], as_of: date, crs: Any) -> gpd.GeoSeries | None:
    if not kinds:
        return None
    rows = db.execute(query("geo.tender", "barriers"), {"as_of": as_of, "kinds": list(kinds)}).all()
    if not rows:
        return None
    return gpd.GeoSeries(shapely.from_wkb([bytes(row.wkb) for row in rows]), crs=CGCS2000).to_crs(crs)


def _outlooks(
    db: Session, rules: BundleRules, frame: gpd.GeoDataFrame, candidates: Mapping[str, Candidate], as_of: date
) -> Mapping[str, Outlook]:
    limits: Thresholds = thresholds_of(db, rules.area)
    links = neighbours(frame, limits.gap, _barriers(db, _BARRIERS, as_of, frame.crs))
    values = {"as_of": as_of, "prefix": region_prefix(rules.area), "grades": list(limits.joint_grades)}
    firms = db.execute(query("geo.tender", "strong_firms"), values).all()
    shapes = gpd.GeoSeries(shapely.from_wkb([bytes(row.wkb) for row in firms]), crs=CGCS2000).to_crs(
        frame.crs
    )
    return outlooks(candidates, links, firms, shapes, limits)
