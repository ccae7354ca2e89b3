"""Rules that no plan can keep together, looked for before any search, cheapest proof first."""

from __future__ import annotations

import math
from collections.abc import Sequence

from geo.bundling.forms.model import ANCHORS, EPS, Column, Contradiction, Model, compile_problem
from geo.bundling.forms.rooms import Room, room_of
from geo.bundling.plan import Figure, Reason, number
from geo.bundling.problem import Problem
from geo.bundling.reasons.explain import component_reason
from geo.bundling.reasons.forced import crowd, pocket

CHAINED = frozenset({"group_too_large", "group_not_connected"})
"""That the chains tried between the members of a group do not fit proves nothing about other chains."""

LOOKED_THROUGH = Reason(
    "looked_through", "no plan keeps every rule: every package that one could hold was looked at"
)
"""The conflict of a problem of which only a proof shows that it has no plan."""


def proven_conflict(problem: Problem) -> Reason | None:
    """The first conflict that can be proven without any search, or None."""
    try:
        model = compile_problem(problem)
    except Contradiction as found:
        return found.reason if found.proven else None
    conflict = find_conflict(model, [room_of(model, atoms) for atoms in model.components])
    return None if conflict is None or conflict.code in CHAINED else conflict


def find_conflict(model: Model, rooms: Sequence[Room]) -> Reason | None:
    """The first proven conflict, or None.

    Order: a unit above its upper bound, a component below a lower bound or with no whole number of packages
    (money that does not reach included), pockets behind a cut unit, too few anchors, locks, too many or
    too few packages asked for, more units to be kept apart than packages.
    """
    if not model.load:
        return _no_units(model)
    checks = (
        _unplaceable,
        _empty_handed,
        _no_whole_number,
        _sum_short,
        _pocket,
        _too_few_anchors,
        _locks,
        _count,
        _crowd,
    )
    return next((reason for check in checks if (reason := check(model, rooms))), None)


def _must_place(model: Model) -> bool:
    return model.problem.rules.leave_out_price is None


def _no_units(model: Model) -> Reason | None:
    fewest = model.problem.rules.package_range()[0]
    if fewest < 1:
        return None
    return Reason(
        "no_units", f"{fewest} packages are asked for, but there are no units", {"packages": fewest}
    )


def _named(model: Model, atom: int, reason: Reason) -> Reason:
    unit = model.problem.units[model.atoms[atom][0]].id
    return Reason(reason.code, f"{unit}: {reason.text}", {**reason.figures, "unit": unit})


def _unplaceable(model: Model, rooms: Sequence[Room]) -> Reason | None:
    if _must_place(model) and model.barred:
        atom = min(model.barred)
        return _named(model, atom, model.barred[atom])
    for room in rooms:
        if room.most < 1 and (_must_place(model) or room.locks):
            return _named(model, room.atoms[0], component_reason(model, room))
    return None


def _empty_handed(model: Model, rooms: Sequence[Room]) -> Reason | None:
    """Nowhere is there room for a single package."""
    if model.problem.rules.package_range()[1] < 1 or any(room.most >= 1 for room in rooms):
        return None
    if rooms:
        return _named(model, rooms[0].atoms[0], component_reason(model, rooms[0]))
    atom = min(model.barred)
    return _named(model, atom, model.barred[atom])


def _no_whole_number(model: Model, rooms: Sequence[Room]) -> Reason | None:
    if not _must_place(model):
        return None
    for room in rooms:
        if room.fewest > room.most:
            unit = model.problem.units[model.atoms[room.atoms[0]][0]].id
            text = (
                f"the {len(room.atoms)} connected units around {unit} need at least {room.fewest} packages by the "
                f"upper bounds, but fill at most {room.most} by the lower bounds"
            )
            figures: dict[str, Figure] = {"unit": unit, "fewest": room.fewest, "most": room.most}
            return Reason("no_whole_number", text, figures)
    return None


def _sum_short(model: Model, rooms: Sequence[Room]) -> Reason | None:
    """Amounts that also take away (money): placing all, their sum is what the packages share."""
    if not _must_place(model):
        return None
    fewest, most = model.problem.rules.package_range()
    for room in rooms:
        at_least = max(room.fewest, fewest) if len(rooms) == 1 else room.fewest
        units = [unit for atom in room.atoms for unit in model.atoms[atom]]
        for column, total in zip(model.columns, model.sums(units), strict=True):
            if not column.hard or column.positive:
                continue
            # K packages share at least K times the lower bound; with a bound below zero, more packages need less
            packages = at_least if column.lower >= 0 else min(most, len(room.atoms))
            hair = packages * EPS * max(1.0, abs(column.lower))
            if column.lower > -math.inf and total < packages * column.lower - hair:
                return _short_of(model, room, column, packages, total)
    return None


def _short_of(model: Model, room: Room, column: Column, packages: float, total: float) -> Reason:
    unit = model.problem.units[model.atoms[room.atoms[0]][0]].id
    count = int(packages)
    text = (
        f"the {len(room.atoms)} connected units around {unit} bring {number(total)} {column.name} in all; "
        f"{count} packages at {number(column.lower)} or more each need {number(count * column.lower)}"
    )
    figures: dict[str, Figure] = {
        "unit": unit,
        "rule": column.name,
        "value": total,
        "limit": column.lower,
        "packages": count,
        "need": count * column.lower,
    }
    return Reason("sum_short", text, figures)


def _pocket(model: Model, rooms: Sequence[Room]) -> Reason | None:
    return pocket(model, rooms) if _must_place(model) else None


def _crowd(model: Model, rooms: Sequence[Room]) -> Reason | None:
    return crowd(model, rooms, _must_place(model))


def _too_few_anchors(model: Model, rooms: Sequence[Room]) -> Reason | None:
    fewest = model.problem.rules.package_range()[0]
    column = next((c for c in model.columns if c.name == ANCHORS), None)
    if column is None or not model.problem.rules.anchors:
        return None
    have = round(math.fsum(column.amounts))
    if have >= fewest:
        return None
    text = f"{fewest} packages need an anchor each, but there are {have}"
    return Reason("too_few_anchors", text, {"packages": fewest, "anchors": have})


def _locks(model: Model, rooms: Sequence[Room]) -> Reason | None:
    most = model.problem.rules.package_range()[1]
    locks = sum(room.locks for room in rooms)
    if locks > most:
        text = f"units are locked to {locks} packages, but at most {most:g} are allowed"
        return Reason("locks_over_count", text, {"locks": locks, "packages": int(most)})
    for room in rooms:
        if room.locks > room.most:
            unit = model.problem.units[model.atoms[room.atoms[0]][0]].id
            text = (
                f"the connected units around {unit} are locked to {room.locks} packages, but fill only "
                f"{room.most} by the lower bounds"
            )
            return Reason("locks", text, {"locks": room.locks, "most": room.most, "unit": unit})
    return None


def _count(model: Model, rooms: Sequence[Room]) -> Reason | None:
    fewest, most = model.problem.rules.package_range()
    able = sum(room.most for room in rooms)
    if fewest > able:
        total = math.fsum(model.load)
        text = (
            f"{fewest} packages are asked for, but units and lower bounds leave room for {able} "
            f"(all units together hold {number(total)})"
        )
        return Reason("too_many_packages", text, {"packages": fewest, "most": able, "total": total})
    needed = sum(room.fewest for room in rooms)
    if _must_place(model) and needed > most:
        text = f"placing every unit takes at least {needed} packages, but at most {most:g} are allowed"
        return Reason("too_few_packages", text, {"packages": int(most), "fewest": needed})
    return None
