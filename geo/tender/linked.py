"""Who is whose neighbour in a pool (邻接): the pairs that a package may use, and why others may not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

from geo.bundling import Link
from geo.tender.rules import BundleRules
from geo.tender.survey import Ground

Kind = Literal["open", "added", "cut", "barrier", "gap", "border"]
"""Usable as measured, or added by hand; not usable: cut by hand, a barrier between, too far, another sub-district."""


def linked(ground: Ground, rules: BundleRules) -> list[dict[str, Any]]:
    """Return every pair of neighbours of a pool: both codes, metres between the footprints (null: not measured), kind.

    Of pairs that lie too far apart only the nearest of each group of neighbours is told.
    """
    added = {frozenset(pair) for pair in rules.links_added}
    here = {unit.id for unit in ground.problem.units}
    told = [
        _told(link.a, link.b, link.gap, _kind(ground, rules, link, added)) for link in ground.problem.links
    ]
    return sorted([*told, *_cut_by_hand(rules, here)], key=lambda each: (each["a"], each["b"]))


def _kind(ground: Ground, rules: BundleRules, link: Link, added: set[frozenset[str]]) -> Kind:
    one, other = (ground.candidates[code].subdistrict for code in (link.a, link.b))
    if rules.within_subdistrict and one != other:
        return "border"  # whatever else lies between: joining them by hand would not help
    if link.cut is not None:
        return link.cut
    return "added" if frozenset((link.a, link.b)) in added else "open"


def _cut_by_hand(rules: BundleRules, here: set[str]) -> Iterator[dict[str, Any]]:
    for a, b in rules.links_cut:
        if a in here and b in here:
            yield _told(a, b, None, "cut")


def _told(a: str, b: str, gap: float | None, kind: Kind) -> dict[str, Any]:
    first, second = sorted((a, b))
    return {"a": first, "b": second, "gap": gap and round(gap, 1), "kind": kind}
