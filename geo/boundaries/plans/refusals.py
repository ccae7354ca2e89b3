"""Why an operation was refused, as one stable word that pages translate (拒绝原因)."""

from __future__ import annotations

import json
import re
from typing import Any, Final

import shapely

from geo.boundaries.tessellation import Refused

REASONS: Final[tuple[tuple[str, str], ...]] = (
    ("no-cell", r"^there is no cell "),
    ("cell-exists", r"there is a cell .* already|two cells cannot have one id"),
    ("line-empty", r"the line is (empty|no longer than the tolerance)"),
    ("line-crosses-itself", r"the line crosses itself"),
    ("line-not-fitted", r"the line cannot be fitted"),
    ("ends-inside", r"the line ends inside the cell"),
    ("no-cut", r"the line does not cut the cell"),
    ("too-many-parts", r"the line makes \d+ parts"),
    ("sliver", r"no more than a sliver"),
    ("several-parts", r"has several parts"),
    ("building-cut", r"building.* (is|are) cut|cut a building"),
    ("parents-border", r"different parents|reach beyond the outer|on the outer boundary|lies beyond its parent"),
    ("beyond-area", r"beyond the plan's area"),
    ("gives-up-land", r"give up land and leave it"),
    ("no-shared-border", r"share no border|shares no border|no neighbour that it shares|does not border"),
    ("no-border-here", r"there is no border here|lies nowhere near"),
    ("meets-border-once", r"meets the border of the two fewer|begins and ends on different borders"),
    ("third-cell", r"runs out of the two|neither's|does not part the two"),
    ("falls-apart", r"would fall into"),
    ("nothing-left", r"nothing would be left"),
    ("nothing-changes", r"nothing would change|nothing lies within the tolerance"),
    ("fold", r"would fold over|no sound border|another there|would meet another"),
    ("touches-itself", r"touch itself at a point"),
    ("no-hole", r"there is no hole here|no free land"),
    ("nothing-to-snap", r"nothing to snap"),
    ("edge-too-short", r"edge is too short"),
    ("same-cell", r"in that cell already|given to itself"),
    ("no-building", r"there is no building"),
)  # fmt: skip
"""Word and what the message says; the first that fits is taken. Anything else is `other`."""


def told(refusal: Refused) -> Refused:
    """Return a refusal with its word, and its geometry where it has one."""
    extra: dict[str, Any] = {"reason": word(refusal.message)}
    if refusal.at is not None and not refusal.at.is_empty:
        extra["at"] = json.loads(shapely.to_geojson(refusal.at))
    refusal.extra = {**extra, **refusal.extra}
    return refusal


def word(message: str) -> str:
    """Return the word for a message.

    >>> word("the line makes 3 parts, not two"), word("there is no cell 5")
    ('too-many-parts', 'no-cell')
    """
    return next((word for word, pattern in REASONS if re.search(pattern, message)), "other")
