"""One sentence for each of several plans: what it is better at, and what that costs."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from geo.bundling.difference import changed_share
from geo.bundling.plan import Figure, Reason, Solution, number

_MARKS = ("left_out", "soft", "distance", "imbalance", "packages")
_SAID = {
    "left_out": "leaves least out",
    "soft": "breaks least of the priced rules",
    "distance": "has the shortest distance",
    "imbalance": "has the evenest packages",
    "packages": "has the fewest packages",
}


def told_apart(plans: Sequence[Solution]) -> tuple[Solution, ...]:
    """The plans, each with a sentence before its terms: at what it is best, compared with the first."""
    if len(plans) < 2:
        return tuple(plans)
    return tuple(
        dataclasses.replace(plan, better_at=(_better(plans, place), *plan.better_at))
        for place, plan in enumerate(plans)
    )


def marks_of(plan: Solution) -> dict[str, float]:
    """What plans are compared by; smaller is better."""
    parts = plan.parts
    values = (parts.left_out, parts.soft, parts.distance, parts.imbalance, float(len(plan.packages)))
    return dict(zip(_MARKS, values, strict=True))


def _better(plans: Sequence[Solution], place: int) -> Reason:
    mine, first = marks_of(plans[place]), marks_of(plans[0])
    others = [marks_of(plan) for number_, plan in enumerate(plans) if number_ != place]
    best = [mark for mark in _MARKS if all(mine[mark] < other[mark] for other in others)]
    gains = [mark for mark in _MARKS if mine[mark] < first[mark]]
    figures: dict[str, Figure] = {
        **mine,
        "best": ", ".join(best),
        "distance_change": mine["distance"] / first["distance"] - 1.0 if first["distance"] else None,
        "imbalance_change": mine["imbalance"] - first["imbalance"],
        "packages_change": int(mine["packages"] - first["packages"]),
        "left_out_change": mine["left_out"] - first["left_out"],
        "soft_change": mine["soft"] - first["soft"],
        "changed": changed_share(plans[0].labels(), plans[place].labels()),
    }
    if place == 0:
        said = _listed([_SAID[mark] for mark in best]) or "is as good as any by the order of the objective"
        return Reason("better_first", f"first by the order of the objective: {said}", figures)
    chosen = best or gains
    if not chosen:
        share = f"{float(figures['changed'] or 0):.0%}"
        return Reason("better_other", f"as good, with {share} of the units elsewhere", figures)
    said = _listed([_SAID[mark] if mark in best else _than_first(mark) for mark in chosen])
    return Reason(f"better_{chosen[0]}", f"{said} ({_price(figures, first, mine)})", figures)


def _than_first(mark: str) -> str:
    said = {
        "left_out": "leaves less out",
        "soft": "breaks less of the priced rules",
        "distance": "has a shorter distance",
        "imbalance": "has evener packages",
        "packages": "has fewer packages",
    }
    return f"{said[mark]} than the first"


def _price(figures: dict[str, Figure], first: dict[str, float], mine: dict[str, float]) -> str:
    """How the plan compares with the first, part by part."""
    parts = []
    if figures["distance_change"] is not None:
        parts.append(f"distance {float(figures['distance_change']):+.1%}")
    parts.append(
        f"mean deviation {number(round(mine['imbalance'], 1))} instead of {number(round(first['imbalance'], 1))}"
    )
    if mine["packages"] != first["packages"]:
        parts.append(f"{mine['packages']:.0f} packages instead of {first['packages']:.0f}")
    for mark, said in (("left_out", "left out"), ("soft", "priced rules")):
        if mine[mark] != first[mark]:
            parts.append(f"{said} {number(round(mine[mark], 2))} instead of {number(round(first[mark], 2))}")
    return ", ".join(parts)


def _listed(said: Sequence[str]) -> str:
    return " and ".join([", ".join(said[:-1]), said[-1]] if len(said) > 1 else said)
