"""Rules that no plan can keep together, looked for before any search, cheapest proof first."""

from __future__ import annotations

import math
from collections.abc import Sequence

from geo.bundling.explain import component_reason, number
from geo.bundling.model import ANCHORS, Model
from geo.bundling.plan import Figure, Reason
from geo.bundling.starts import Room


def find_conflict(model: Model, rooms: Sequence[Room]) -> Reason | None:
    """The first proven conflict, or None.

    Order: a unit above its upper bound, a component below a lower bound or with no whole number of
    packages, too few anchors, locks, too many or too few packages asked for.
    """
    if not model.load:
        return _no_units(model)
    checks = (_unplaceable, _empty_handed, _no_whole_number, _too_few_anchors, _locks, _count)
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
            f"{fewest} packages are asked for, but the lower bounds leave room for {able} "
            f"(all units together hold {number(total)})"
        )
        return Reason("too_many_packages", text, {"packages": fewest, "most": able, "total": total})
    needed = sum(room.fewest for room in rooms)
    if _must_place(model) and needed > most:
        text = f"placing every unit takes at least {needed} packages, but at most {most:g} are allowed"
        return Reason("too_few_packages", text, {"packages": int(most), "fewest": needed})
    return None
