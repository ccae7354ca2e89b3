"""The bundling problem (划片打包) as plain values: units, links, rules.

Everything is frozen and checked when it is made, so that a solver never meets a half-stated problem.
Lengths are metres in one plane coordinate system; weights are in whatever unit the activity counts
(households, m², yuan). Formulation and words: territory design with several activities (districting).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from numbers import Integral, Real
from typing import Literal

from geo.bundling.errors import BundlingError

Objective = Literal["wdist", "dist"]
Cut = Literal["gap", "barrier"]
BORDER = "border"
"""Key of :attr:`Rules.soft` that prices each further ``within`` area that a package reaches into."""


_LARGEST = 1e15
"""Sums of larger figures would no longer be exact to a unit in double precision."""


def _finite(value: float | None, name: str, most: float = _LARGEST) -> None:
    if not isinstance(value, Real) or isinstance(value, bool) or not math.isfinite(value):
        raise BundlingError(f"{name} must be a finite number, not {value!r}", field=name)
    if abs(value) > most:
        raise BundlingError(f"{name} is out of range: {value:g}", field=name)


def _whole(value: object, name: str) -> None:
    if not isinstance(value, Integral) or isinstance(value, bool):
        raise BundlingError(f"{name} must be a whole number, not {value!r}", field=name)


def _text(value: object, what: str, name: str) -> None:
    if not isinstance(value, str) or not value:
        raise BundlingError(f"{what} must be a text that is not empty, not {value!r}", field=name)


@dataclass(frozen=True, slots=True)
class Unit:
    """One thing to bundle (服务对象): a community, a stand-alone building, or a building of a grid.

    ``x, y``: metres, a point on the unit. ``weights``: activity name → amount. ``within``: the area
    (sub-district 街道) it belongs to. ``anchor``: strong enough to carry weak neighbours (大带小).
    ``lock``: name of the package it must stay in; two units with one lock stay together.

    >>> Unit("a", 0.0, 10.0, {"households": 120}).weights["households"]
    120
    """

    id: str
    x: float
    y: float
    weights: Mapping[str, float] = field(default_factory=dict)
    within: str | None = None
    anchor: bool = False
    lock: str | None = None

    def __post_init__(self) -> None:
        _text(self.id, "a unit's id", "unit.id")
        if self.lock is not None:
            _text(self.lock, "a lock", f"unit[{self.id}].lock")
        for name, value in (("x", self.x), ("y", self.y)):
            _finite(value, f"unit[{self.id}].{name}", 1e9)
        for name, value in self.weights.items():
            _finite(value, f"unit[{self.id}].weights[{name}]")


@dataclass(frozen=True, slots=True)
class Link:
    """Two neighbouring units, by id. ``gap``: metres between the footprints (0 where they touch).

    ``cut`` is None for a link that packages may use; ``"gap"`` (too far) or ``"barrier"`` (river,
    railway, arterial road between) for one they may not: kept only so that reasons can quote it.

    >>> Link("a", "b", 12.5).cut is None
    True
    """

    a: str
    b: str
    gap: float = 0.0
    cut: Cut | None = None

    def __post_init__(self) -> None:
        if self.a == self.b:
            raise BundlingError(f"unit {self.a} is linked to itself", field="link")
        _finite(self.gap, "link.gap")
        if self.gap < 0:
            raise BundlingError(f"the gap {self.gap} is negative", field="link.gap")
        if self.cut not in (None, "gap", "barrier"):
            raise BundlingError(f"a link is cut by a gap or a barrier, not {self.cut!r}", field="link.cut")


@dataclass(frozen=True, slots=True)
class Activity:
    """A weight that packages must keep between two bounds, both included; None = no bound.

    The first activity of the rules weighs distance, left-out units and balance.

    >>> Activity("households", 900, 1100).upper
    1100
    """

    name: str
    lower: float | None = None
    upper: float | None = None

    def __post_init__(self) -> None:
        if not self.name:
            raise BundlingError("an activity needs a name", field="activity.name")
        for name, value in (("lower", self.lower), ("upper", self.upper)):
            if value is not None:
                _finite(value, f"activity[{self.name}].{name}")
        if self.lower is not None and self.upper is not None and self.lower > self.upper:
            message = f"{self.name}: the lower bound {self.lower:g} is above the upper bound {self.upper:g}"
            raise BundlingError(message, field=f"activity[{self.name}].lower")


@dataclass(frozen=True, slots=True)
class Centre:
    """A given hub (既定中心, a firm's site): the unit where it stands and the load its package may hold.

    ``capacity``: most of the first activity (of units, where there is none), its own unit's included; None =
    no bound of its own. ``fixed_cost``: what opening it costs, in weight times metres like the distance.

    >>> Centre("a", 1200).fixed_cost
    0.0
    """

    id: str
    capacity: float | None = None
    fixed_cost: float = 0.0

    def __post_init__(self) -> None:
        if not self.id:
            raise BundlingError("a centre needs a unit's id", field="centre.id")
        _finite(self.fixed_cost, f"centre[{self.id}].fixed_cost")
        if self.capacity is not None:
            _finite(self.capacity, f"centre[{self.id}].capacity")
            if self.capacity < 0:
                raise BundlingError("a capacity is not negative", field=f"centre[{self.id}].capacity")


@dataclass(frozen=True, slots=True)
class Rules:
    """What every plan must keep, and what it may break at a price.

    ``packages``: None (free), a number, or a range (lo, hi), both included. ``max_members``: most units
    in a package. ``within``: a package stays inside one ``Unit.within``. ``anchors``: every package
    holds an anchor. ``together`` / ``apart``: groups of ids that must / must not share a package.
    ``centres``: given hubs; every package then has one of them as its hub and keeps its capacity. Each opens,
    unless ``packages`` says how many or fixed costs make it a choice (service-area problem, with location).
    ``leave_out_price``: price per unit of the first activity's weight left out; None = all must be
    placed. ``soft``: prices of rules that may bend: the name of an activity (per unit of weight short
    of or over its bounds) or ``"border"`` (per further ``within`` area in a package).

    >>> Rules((Activity("households", 900, 1100),), packages=(2, 4)).packages
    (2, 4)
    """

    activities: tuple[Activity, ...] = ()
    packages: int | tuple[int, int] | None = None
    max_members: int | None = None
    within: bool = False
    anchors: bool = False
    together: tuple[tuple[str, ...], ...] = ()
    apart: tuple[tuple[str, ...], ...] = ()
    centres: tuple[Centre, ...] = ()
    leave_out_price: float | None = 1.0
    soft: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        names = [activity.name for activity in self.activities]
        if len(set(names)) != len(names):
            raise BundlingError("two activities have one name", field="rules.activities")
        self._check_numbers()
        self._check_prices(names)

    def _check_numbers(self) -> None:
        given = self.packages if isinstance(self.packages, tuple | list) else (self.packages,) * 2
        if len(given) != 2:
            raise BundlingError(f"packages are a number or two, not {given!r}", field="rules.packages")
        for value in given if self.packages is not None else ():
            if value != math.inf:
                _whole(value, "rules.packages")
        low, high = self.package_range()
        if low < 0 or high < low or low == math.inf:
            raise BundlingError(f"no number lies between {low} and {high}", field="rules.packages")
        if self.centres and high < 1:
            raise BundlingError("given centres ask for at least one package", field="rules.packages")
        if self.max_members is not None:
            _whole(self.max_members, "rules.max_members")
            if self.max_members < 1:
                raise BundlingError("a package has at least one member", field="rules.max_members")

    def _check_prices(self, names: list[str]) -> None:
        if self.leave_out_price is not None:
            _finite(self.leave_out_price, "rules.leave_out_price")
            if self.leave_out_price <= 0:
                raise BundlingError("the price must be above zero", field="rules.leave_out_price")
        for key, price in self.soft.items():
            if key != BORDER and key not in names:
                raise BundlingError(f"{key!r} is neither an activity nor 'border'", field="rules.soft")
            _finite(price, f"rules.soft[{key}]")
            if price < 0:
                raise BundlingError(f"the price of {key} is negative", field=f"rules.soft[{key}]")

    def package_range(self) -> tuple[int, float]:
        """Fewest and most packages allowed; the most is ``inf`` when free."""
        if self.packages is None:
            return 0, math.inf
        if isinstance(self.packages, tuple | list):
            low, high = self.packages
            return low, high
        return int(self.packages), int(self.packages)

    def opened_range(self) -> tuple[int, float]:
        """Fewest and most packages, given centres counted in.

        Left open, every centre opens (service-area problem), unless fixed costs say that there is something
        to choose (capacitated facility location with service areas).
        """
        if not self.centres:
            return self.package_range()
        count = len(self.centres)
        if self.packages is None:
            return (0 if any(centre.fixed_cost for centre in self.centres) else count), count
        low, high = self.package_range()
        return low, min(high, count)

    def is_hard(self, activity: Activity) -> bool:
        """Whether the bounds of ``activity`` may not be broken at any price."""
        return activity.name not in self.soft


@dataclass(frozen=True, slots=True)
class Problem:
    """Units, links and rules that fit together.

    ``objective``: ``"wdist"`` weighs each unit's distance to its hub by the first activity,
    ``"dist"`` counts each unit once. ``measured``: the links are what a gap made, so that a wider one would make
    more; a list of neighbours, or one with some taken out by hand, says nothing of units farther off.
    Raises :class:`BundlingError` for unknown ids, doubles, unknown weights (an unknown weight is not zero) and a
    negative first activity.

    >>> Problem((Unit("a", 0, 0),), (), Rules(packages=1)).objective
    'wdist'
    """

    units: tuple[Unit, ...]
    links: tuple[Link, ...]
    rules: Rules
    objective: Objective = "wdist"
    measured: bool = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "units", tuple(self.units))
        object.__setattr__(self, "links", tuple(self.links))
        known = {unit.id for unit in self.units}
        if len(known) != len(self.units):
            raise BundlingError(f"the id {_first_double(self.units)} occurs twice", field="units")
        if self.objective not in ("wdist", "dist"):
            raise BundlingError(f"{self.objective!r} is no objective", field="objective")
        _known_ids(((link.a, link.b) for link in self.links), known, "links")
        _known_ids(self.rules.together, known, "rules.together")
        _known_ids(self.rules.apart, known, "rules.apart")
        centres = [centre.id for centre in self.rules.centres]
        _known_ids([centres], known, "rules.centres")
        if len(set(centres)) != len(centres):
            raise BundlingError("two centres stand in one unit", field="rules.centres")
        for unit in self.units:
            self._check_weights(unit)

    def _check_weights(self, unit: Unit) -> None:
        for place, activity in enumerate(self.rules.activities):
            name = f"unit[{unit.id}].weights[{activity.name}]"
            if activity.name not in unit.weights:
                raise BundlingError(f"unit {unit.id} has no {activity.name}", field=name)
            if place == 0 and unit.weights[activity.name] < 0:
                raise BundlingError(f"unit {unit.id}: {activity.name} is negative", field=name)

    def load(self, unit: Unit) -> float:
        """Weight of ``unit`` in the first activity, 1 when the rules have none."""
        return unit.weights[self.rules.activities[0].name] if self.rules.activities else 1.0

    def distance_weight(self, unit: Unit) -> float:
        """What a metre to the hub costs for ``unit`` under the objective."""
        return self.load(unit) if self.objective == "wdist" else 1.0


def _first_double(units: Iterable[Unit]) -> str:
    seen: set[str] = set()
    for unit in units:
        if unit.id in seen:
            return unit.id
        seen.add(unit.id)
    return ""


def _known_ids(groups: Iterable[Iterable[str]], known: set[str], name: str) -> None:
    for group in groups:
        for unit_id in group:
            if unit_id not in known:
                raise BundlingError(f"{name}: there is no unit {unit_id}", field=name)
