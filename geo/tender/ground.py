"""The ground of a round (底图): what was surveyed when it was saved, kept with it so that a move is answered at once.

Surveying reads footprints and looks for what lies between them; a moved unit changes nothing of that. The gate surveys
anew before anything binds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, Final

import shapely

from geo.bundling import Link, Problem, Reason
from geo.tender.candidates import Candidate
from geo.tender.rules import BundleRules
from geo.tender.survey import Ground, problem_unit, solver_rules, weighed_books

_FIGURES: Final = tuple(each.name for each in fields(Candidate) if each.name != "shape")


def kept(ground: Ground) -> dict[str, Any]:
    """Return a ground as plain JSON: a unit is a row of figures and the middle of its footprint, in metres."""
    place = {code: number for number, code in enumerate(ground.candidates)}
    return {
        "units": [_row(each) for each in ground.candidates.values()],
        "links": [
            [place[link.a], place[link.b], round(link.gap, 2)]
            for link in ground.problem.links
            if link.cut is None
        ],
        "unweighed": {
            code: [reason.code, reason.text, dict(reason.figures)]
            for code, reason in ground.unweighed.items()
        },
    }


def _row(candidate: Candidate) -> list[Any]:
    middle = candidate.shape.centroid
    return [*(getattr(candidate, name) for name in _FIGURES), round(middle.x, 2), round(middle.y, 2)]


def found_again(stored: Mapping[str, Any], rules: BundleRules) -> Ground:
    """Return the ground that `kept` wrote down, under rules that may have other locks by now."""
    rows = stored["units"]
    points = shapely.points([row[-2:] for row in rows]) if rows else []
    candidates = {
        row[0]: Candidate(**dict(zip(_FIGURES, row[:-2], strict=True)), shape=point)
        for row, point in zip(rows, points, strict=True)
    }
    unweighed = {code: Reason(*told) for code, told in stored["unweighed"].items()}
    money = {code: weighed_books(each, rules) for code, each in candidates.items()} if rules.money else {}
    kept_codes = [code for code in candidates if code not in unweighed]
    units = tuple(problem_unit(candidates[code], rules, money.get(code)) for code in kept_codes)
    codes = list(candidates)
    links = tuple(Link(codes[a], codes[b], gap) for a, b, gap in stored["links"])
    # of the links that may not be used none was written down
    problem = Problem(units, links, solver_rules(rules, set(kept_codes)), measured=False)
    return Ground(problem, candidates, unweighed, money)
