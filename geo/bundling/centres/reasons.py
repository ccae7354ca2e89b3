"""Why rules round given centres conflict, and why a unit stays out of every centre's package."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from geo.bundling.centres.plan import groups_by_site, overloads
from geo.bundling.centres.sites import Sites
from geo.bundling.forms.arrays import OUT, Whole
from geo.bundling.forms.model import Model
from geo.bundling.forms.scoring import faults
from geo.bundling.plan import Figure, Reason, number


def find_conflict(sites: Sites) -> Reason | None:
    """The first proven conflict, cheapest proof first, or None."""
    checks = (_too_few, _shared, _own_unit, _capacity, _unreached, _locks)
    return next((reason for check in checks if (reason := check(sites)) is not None), None)


def unsure(reason: Reason) -> Reason:
    """A conflict of the chains tried between the members of groups: others might lead to a plan."""
    tried = "units that must go together were tried with the lightest chain between them alone"
    if reason.code == "no_plan":
        return Reason("not_found", f"the search found no plan round the centres: {tried}", reason.figures)
    return Reason(reason.code, f"{reason.text} ({tried})", reason.figures)


def none_met(sites: Sites, labels: Whole, bound: float | None) -> Reason:
    """That no plan was met, and how near the nearest (``labels``) came; no plan costs less than ``bound``."""
    over = np.maximum(overloads(sites, labels), 0.0)
    figures: dict[str, Figure] = {"centres": len(sites.unit)}
    text = "the search found no plan round the centres that keeps every rule; one may exist"
    if bound is not None:
        text = f"{text}, which costs no less than {number(math.floor(bound))}"
        figures["least"] = bound
    if over.any() and not (labels == OUT).any():
        site = int(over.argmax())
        total, most = (round(float(each), 3) for each in (over.sum(), over[site]))
        centre = _centre(sites, site)
        text = f"{text}. The nearest holds {number(total)} beyond the capacities, {number(most)} of it at {centre}"
        figures |= {"over": total, "most": most, "centre": centre}
    return Reason("not_found", text, figures)


def _name(model: Model, atom: int) -> str:
    return model.problem.units[model.atoms[atom][0]].id


def _centre(sites: Sites, site: int) -> str:
    return sites.model.problem.units[int(sites.unit[site])].id


def _room(sites: Sites, site: int) -> float:
    """Capacity as asked, without the rounding hair."""
    rules = sites.model.problem.rules
    capacity = rules.centres[site].capacity
    bounds = [math.inf if capacity is None else capacity]
    if rules.activities and rules.is_hard(rules.activities[0]) and rules.activities[0].upper is not None:
        bounds.append(rules.activities[0].upper)
    return min(bounds)


def _what(sites: Sites) -> str:
    activities = sites.model.problem.rules.activities
    return activities[0].name if activities else "units"


def _too_few(sites: Sites) -> Reason | None:
    fewest, count = sites.opened[0], len(sites.unit)
    if fewest <= count:
        return None
    text = f"{fewest} packages are asked for, but only {count} centres are given"
    return Reason("too_few_centres", text, {"packages": fewest, "centres": count})


def _shared(sites: Sites) -> Reason | None:
    """Two centres that open but whose units must share a package."""
    atoms = sites.atom.tolist()
    if not sites.every:
        distinct = len(set(atoms))
        if sites.opened[0] <= distinct:
            return None
    for site, atom in enumerate(atoms):
        if atom in atoms[:site]:
            one, other = _centre(sites, atoms.index(atom)), _centre(sites, site)
            text = f"{one} and {other} are centres of two packages, but other rules put them together"
            return Reason("centres_together", text, {"units": f"{one}, {other}"})
    return None


def _own_unit(sites: Sites) -> Reason | None:
    """A centre that must open but cannot hold the unit where it stands."""
    if not sites.every:
        return None
    for site, atom in enumerate(sites.atom.tolist()):
        if atom in sites.model.barred:
            barred = sites.model.barred[atom]
            return Reason(barred.code, f"centre {_centre(sites, site)}: {barred.text}", barred.figures)
        load = math.fsum(sites.model.load[unit] for unit in sites.model.atoms[atom])
        if load > sites.capacity[site]:
            text = (
                f"centre {_centre(sites, site)} can take {number(_room(sites, site))} {_what(sites)}, but the "
                f"place where it stands holds {number(load)}"
            )
            figures: dict[str, Figure] = {
                "unit": _centre(sites, site),
                "rule": "capacity",
                "value": load,
                "limit": _room(sites, site),
            }
            return Reason("centre_too_small", text, figures)
    return None


def _unreached(sites: Sites) -> Reason | None:
    arrays, model = sites.arrays, sites.model
    lost = np.flatnonzero(~sites.may.any(axis=1) & (np.isinf(arrays.out_price) | (arrays.lock >= 0)))
    if not len(lost):
        return None
    atom = int(lost[0])
    reason = model.barred.get(atom) or beyond(sites, atom)
    unit = _name(model, atom)
    return Reason(reason.code, f"{unit}: {reason.text}", {**reason.figures, "unit": unit})


def beyond(sites: Sites, atom: int) -> Reason:
    """Why no centre can take an atom whatever the plan: no way to one, or none that leaves it room."""
    model, arrays = sites.model, sites.arrays
    component = arrays.component[atom]
    around = np.flatnonzero(arrays.component == component)
    within = [site for site in range(len(sites.unit)) if arrays.component[sites.atom[site]] == component]
    if not within:
        figures: dict[str, Figure] = {"units": sum(len(model.atoms[a]) for a in around.tolist())}
        text = f"no centre lies among the {figures['units']} connected units it belongs to"
        return Reason("no_centre", text, figures)
    near = min(within, key=lambda site: (float(sites.cost[atom, site]), site))
    text = (
        f"the lightest way to any of the {len(within)} centres of its {len(around)} connected places holds more "
        f"than the centre can take (the nearest, {_centre(sites, near)}, can take "
        f"{number(_room(sites, near))} {_what(sites)})"
    )
    return Reason(
        "beyond_centres",
        text,
        {"centre": _centre(sites, near), "limit": _room(sites, near), "rule": "capacity"},
    )


def _capacity(sites: Sites) -> Reason | None:
    """All that the largest centres may take, against all that must be placed."""
    must = np.isinf(sites.arrays.out_price) | (sites.arrays.lock >= 0)
    total = math.fsum(sites.arrays.atom_load[must].tolist())
    most = sites.opened[1]
    rooms = sorted((_room(sites, site) for site in range(len(sites.unit))), reverse=True)[:most]
    whole = math.fsum(rooms) if all(map(math.isfinite, rooms)) else math.inf
    if total <= math.fsum(sorted(sites.capacity.tolist(), reverse=True)[:most]):
        return None
    text = (
        f"the {len(rooms)} largest centres can take {number(whole)} {_what(sites)}, but {number(total)} must "
        "be placed"
    )
    figures: dict[str, Figure] = {
        "centres": len(rooms),
        "value": total,
        "limit": whole,
        "short": total - whole,
    }
    return Reason("capacity_below_total", text, figures)


def _locks(sites: Sites) -> Reason | None:
    locks = len(set(sites.arrays.lock[sites.arrays.lock >= 0].tolist()))
    if locks <= sites.opened[1]:
        return None
    text = f"units are locked to {locks} packages, but at most {sites.opened[1]} centres open"
    return Reason("locks_over_count", text, {"locks": locks, "packages": sites.opened[1]})


def left_out_reasons(sites: Sites, labels: Whole, names: Mapping[int, str]) -> dict[str, Reason]:
    """A reason for every unit out. ``names``: package id by site."""
    groups = groups_by_site(labels, len(sites.unit))
    found: dict[str, Reason] = {}
    for atom in np.flatnonzero(labels == OUT).tolist():
        if atom in sites.model.barred:
            reason = sites.model.barred[atom]
        elif not sites.may[atom].any():
            reason = beyond(sites, atom)
        else:
            reason = _no_room(sites, atom, labels, groups, names)
        for unit in sites.model.atoms[atom]:
            found[sites.model.problem.units[unit].id] = reason
    return found


def _no_room(
    sites: Sites, atom: int, labels: Whole, groups: list[list[int]], names: Mapping[int, str]
) -> Reason:
    beside = sorted({int(labels[b]) for b in sites.model.neighbours[atom]} - {OUT})
    if not beside:
        return Reason("next_to_no_package", "no package touches it", {})
    said = [_refusal(sites, atom, labels, site, groups[site], names[site]) for site in beside]
    text = "; ".join(text for text, _ in said)
    figures = min((each for _, each in said), key=lambda each: float(each.get("excess") or 0))
    return Reason("no_room", f"no package beside it can take it: {text}", figures)


def _refusal(
    sites: Sites, atom: int, labels: Whole, site: int, group: list[int], name: str
) -> tuple[str, dict[str, Figure]]:
    model = sites.model
    foes = [b for b in sorted(model.apart[atom]) if labels[b] == site]
    if foes:
        foe = _name(model, foes[0])
        figures: dict[str, Figure] = {"package": name, "rule": "apart", "from": foe}
        return f"{name} holds {foe}, from which it is kept apart", figures
    units = [unit for each in [*group, atom] for unit in model.atoms[each]]
    load = math.fsum(model.load[unit] for unit in units)
    if load > sites.capacity[site]:
        room = _room(sites, site)
        figures = {"package": name, "rule": "capacity", "value": load, "limit": room, "excess": load - room}
        text = (
            f"{name} would hold {number(load)} {_what(sites)}, its centre {_centre(sites, site)} can take "
            f"{number(room)}"
        )
        return text, figures
    for column, total, limit in faults(model, units):
        figures = {
            "package": name,
            "rule": column.name,
            "value": total,
            "limit": limit,
            "excess": abs(total - limit),
        }
        return f"{name} would hold {number(total)} {column.name}, the bound is {number(limit)}", figures
    return f"{name} could take it, but only with what the search did not find", {"package": name}
