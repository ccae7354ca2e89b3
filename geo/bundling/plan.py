"""Answers of the bundling engine: packages, their price in parts, reasons, or a conflict."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

StoppedBy = Literal["budget", "proven", "time_limit", "cancel"]
Figure = float | int | str | None


@dataclass(frozen=True, slots=True)
class Package:
    """A package (标包). ``hub``: the member with the least total distance (medoid); ``loads``: by activity."""

    id: str
    members: tuple[str, ...]
    hub: str
    loads: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Parts:
    """The objective by part, in the order in which plans are compared (smaller is better).

    ``left_out``: priced weight left out. ``soft``: priced soft rules. ``distance``: Σ weight · metres to
    the hub. ``imbalance``: mean absolute deviation of the packages' first activity from their mean.
    ``fixed``: fixed costs of the given centres that open; it counts together with ``distance``.
    """

    left_out: float
    soft: float
    distance: float
    imbalance: float
    fixed: float = 0.0


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a unit stays out, a rule binds, or rules conflict: a stable ``code`` and the figures behind it.

    ``text`` is the English sentence; pages in other languages write their own from code and figures.
    """

    code: str
    text: str
    figures: Mapping[str, Figure] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Solution:
    """A plan that keeps every hard rule.

    ``left_out``: unit id → reason. ``bound``: proven lower bound on ``parts.distance`` among plans that
    leave out the same weight and break no more of the priced rules; with given centres on ``parts.distance``
    plus ``parts.fixed``; None where none was computed. ``gap``: the plan is at most this share of its own cost
    above the best, (cost - bound) / cost with the cost that the bound is of. ``proven``: weight left out, priced
    rules and that cost are proven optimal.
    ``stopped_by``: ``budget`` (all work asked for was done), ``proven``, or a safety stop.
    ``binding``: rules that each by itself stop a better plan next to this one, with what they stop.
    ``better_at``: only for alternatives: what this plan is better at than the others given, and
    under which terms of its own (its number of packages, narrower bounds) bound and gap hold.
    """

    packages: tuple[Package, ...]
    left_out: Mapping[str, Reason]
    parts: Parts
    bound: float | None
    gap: float | None
    proven: bool
    stopped_by: StoppedBy
    seed: int
    seconds: float
    binding: tuple[Reason, ...] = ()
    better_at: tuple[Reason, ...] = ()

    def labels(self) -> dict[str, str | None]:
        """Unit id → package id, None for a unit left out."""
        placed: dict[str, str | None] = {unit: p.id for p in self.packages for unit in p.members}
        return placed | dict.fromkeys(self.left_out)


@dataclass(frozen=True, slots=True)
class Infeasible:
    """No plan. ``conflict``: first what stands against what, then each rule of a smallest set that conflicts.

    A rule's reason says which change of it, all else kept, leads to a plan (``change``), as a plan was found.
    ``proven`` is False when the search merely found no plan: one may exist.
    """

    conflict: tuple[Reason, ...]
    proven: bool
    stopped_by: StoppedBy
    seed: int
    seconds: float


def number(value: float) -> str:
    """A figure as people read it: 1,180 or 0.25."""
    return f"{value:,.0f}" if value == round(value) else f"{value:,.6g}"


def numbered(names: Mapping[int, str], order: Sequence[int]) -> dict[int, str]:
    """Names of all packages in this order: those that have one keep it, the others become P01, P02 and so on."""
    used, width = set(names.values()), max(2, len(str(len(order))))
    free = (name for count in itertools.count(1) if (name := f"P{count:0{width}}") not in used)
    return dict(names) | {package: next(free) for package in order if package not in names}
