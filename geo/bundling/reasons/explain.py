"""Why a unit stays out and why a problem has no plan: sentences whose every figure can be checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from geo.bundling.forms.arrays import OUT
from geo.bundling.forms.model import ANCHORS, Column, Model, compile_problem
from geo.bundling.forms.rooms import Room, room_of
from geo.bundling.forms.scoring import faults
from geo.bundling.plan import Figure, Reason, Solution, number
from geo.bundling.problem import Problem
from geo.bundling.reasons.let_in import Ground, bounding, joining

MOST_REMEDIES = 3000
"""Left-out units above which no way in is looked for: the rules as a whole are at fault then."""


def component_reason(model: Model, room: Room) -> Reason:
    """Why a component (连片) with ``room.most < 1`` holds no package at all."""
    units = [unit for atom in room.atoms for unit in model.atoms[atom]]
    column, reach = _unreachable(model, units)
    figures: dict[str, Figure] = {
        "rule": column.name,
        "value": reach,
        "limit": column.lower,
        "units": len(units),
    }
    if len(units) == 1:
        return _isolated(model, units[0], figures)
    if column.name == ANCHORS:
        text = f"none of the {len(units)} connected units it belongs to is an anchor"
        return Reason("no_anchor", text, figures)
    text = (
        f"the {len(units)} connected units it belongs to hold {number(reach)} {column.name} in all, "
        f"under the lower bound {number(column.lower)}"
    )
    return Reason("component_below", text, figures)


def _unreachable(model: Model, units: Sequence[int]) -> tuple[Column, float]:
    for column in model.columns:
        reach = column.reach(units)
        if column.hard and column.short(reach):
            return column, reach
    # room_of() says "none" only for a column that some component cannot reach
    raise AssertionError("a component without room breaks no lower bound")


def _isolated(model: Model, unit: int, figures: dict[str, Figure]) -> Reason:
    """A unit with no neighbour that is not enough by itself, with its nearest neighbour as known."""
    need = (
        "it is no anchor"
        if figures["rule"] == ANCHORS
        else f"alone it holds {number(float(figures['value'] or 0))} {figures['rule']}, under the lower bound "
        f"{number(float(figures['limit'] or 0))}"
    )
    where, more = _nearest(model, unit)
    return Reason("isolated", f"{where}; {need}", figures | more)


def _nearest(model: Model, unit: int) -> tuple[str, dict[str, Figure]]:
    me = model.problem.units[unit].id
    cuts = [link for link in model.problem.links if link.cut and me in (link.a, link.b)]
    if cuts:
        link = min(cuts, key=lambda each: (each.gap, each.a, each.b))
        other = link.b if link.a == me else link.a
        why = "a barrier lies between" if link.cut == "barrier" else "farther than the gap allowed"
        figures: dict[str, Figure] = {"nearest": other, "metres": link.gap, "cut": link.cut}
        return f"no neighbour: the nearest, {other}, is {link.gap:,.0f} m away ({why})", figures
    others = [other for other in range(len(model.load)) if other != unit]
    if not others:
        return "it is the only unit", {}
    near = min(others, key=lambda other: (model.distance(unit, other), other))
    name, metres = model.problem.units[near].id, model.distance(unit, near)
    text = f"no neighbour it may join: the nearest unit, {name}, is {metres:,.0f} m away point to point"
    return text, {"nearest": name, "metres": metres, "cut": None}


def left_out_reasons(
    model: Model, rooms: Sequence[Room], labels: Sequence[int], names: Mapping[int, str]
) -> dict[str, Reason]:
    """A reason for every unit out, and what would let it in. ``labels``: per atom; ``names``: package → id."""
    room_at = {atom: room for room in rooms for atom in room.atoms}
    packages: dict[int, list[int]] = {package: [] for package in names}
    for atom, package in enumerate(labels):
        if package in packages:
            packages[package] += model.atoms[atom]
    reasons: dict[str, Reason] = {}
    ground = Ground(model, labels, packages, names)
    out = [atom for atom, label in enumerate(labels) if label == OUT]
    for atom in out:
        if atom in model.barred:
            reason = model.barred[atom]
        elif room_at[atom].most < 1:
            reason = component_reason(model, room_at[atom])
        else:
            reason = _no_room(ground, atom)
        if len(out) <= MOST_REMEDIES:
            reason = _with_remedy(ground, atom, reason)
        for unit in model.atoms[atom]:
            reasons[model.problem.units[unit].id] = reason
    return reasons


_NO_REMEDY = frozenset({"apart_together", "group_not_connected", "group_not_placed"})
"""Neither one link nor one bound lets these in."""


def _with_remedy(ground: Ground, atom: int, reason: Reason) -> Reason:
    """The reason with what would let the atom in: a gap, a way over a border, or a bound."""
    if reason.code in _NO_REMEDY:
        return reason
    remedies = joining(ground, atom), bounding(ground, atom)
    text = "; ".join([reason.text, *(said for said, _ in remedies if said)])
    return Reason(reason.code, text, {**reason.figures, **remedies[0][1], **remedies[1][1]})


def _no_room(ground: Ground, atom: int) -> Reason:
    """Why none of the packages next to ``atom`` takes it, and what the left-out units around it hold."""
    model, labels, packages, names = ground.model, ground.labels, ground.packages, ground.names
    beside = sorted({labels[b] for b in model.neighbours[atom]} - {OUT})
    clump, text_of_clump = _clump(ground, atom)
    if not beside:
        return Reason("next_to_no_package", f"no package touches it; {text_of_clump}", clump)
    said = [_refusal(model, atom, labels, package, packages[package], names[package]) for package in beside]
    text = "; ".join(text for text, _ in said)
    figures = min((each for _, each in said), key=lambda each: float(each.get("excess") or 0))
    return Reason("no_room", f"no package beside it can take it: {text}; {text_of_clump}", figures | clump)


def _refusal(
    model: Model, atom: int, labels: Sequence[int], package: int, members: Sequence[int], name: str
) -> tuple[str, dict[str, Figure]]:
    foes = [b for b in sorted(model.apart[atom]) if labels[b] == package]
    if foes:
        foe = model.problem.units[model.atoms[foes[0]][0]].id
        return f"{name} holds {foe}, from which it is kept apart", {
            "package": name,
            "rule": "apart",
            "from": foe,
        }
    broken = faults(model, [*members, *model.atoms[atom]])
    if not broken:
        return f"{name} could take it, but only with what the search did not find", {"package": name}
    column, load, limit = broken[0]
    sign = ">" if load > limit else "<"
    figures: dict[str, Figure] = {
        "package": name,
        "rule": column.name,
        "value": load,
        "limit": limit,
        "excess": abs(load - limit),
    }
    return f"{name} would hold {number(load)} {column.name} {sign} {number(limit)}", figures


def _clump(ground: Ground, atom: int) -> tuple[dict[str, Figure], str]:
    """The left-out units connected to ``atom``, and why they are no package of their own."""
    model, count = ground.model, len(ground.names)
    units = ground.clump[atom]
    figures: dict[str, Figure] = {"clump_units": len(units)}
    it, hold = "it", "holds"
    if len(units) > 1:
        it, hold = f"it and the left-out units connected to it ({len(units)} in all)", "hold"
    for column in model.columns:
        reach = column.reach(units)
        if column.hard and column.short(reach):
            figures |= {"clump_rule": column.name, "clump_value": reach, "clump_limit": column.lower}
            return figures, f"{it} {hold} only {number(reach)} {column.name} < {number(column.lower)}"
    if count >= model.problem.rules.package_range()[1]:
        figures["packages"] = count
        return figures, f"all {count} packages asked for are in use"
    return figures, f"for {it} the search found no package of their own"


def explained_again(problem: Problem, plan: Solution) -> dict[str, Reason] | None:
    """The reasons of a plan by the rules of ``problem``, when it was made under others.

    None where these rules give no reason: a package beside a unit left out could take it, or units that
    must share a package here do not.
    """
    model = compile_problem(problem)
    number_of = {package.id: place for place, package in enumerate(plan.packages)}
    labels, placed = [], plan.labels()
    for atom in model.atoms:
        held = {placed.get(problem.units[unit].id) for unit in atom}
        if len(held) > 1:
            return None
        name = held.pop()
        labels.append(OUT if name is None else number_of[name])
    rooms = [room_of(model, atoms) for atoms in model.components]
    reasons = left_out_reasons(model, rooms, labels, {place: name for name, place in number_of.items()})
    unfounded = any(each.code == "no_room" and "rule" not in each.figures for each in reasons.values())
    return None if unfounded else reasons
