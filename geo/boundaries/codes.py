"""The codes of regions and grids (编码): prefixes, and new numbers that were never given before."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from geo.errors import BadInput, Conflict

if TYPE_CHECKING:
    from shapely import Polygon

GRID_DIGITS = 3
"""Digits of a grid within its neighbourhood: 12 + 3 = 15 (DB11/T 2157-2023)."""


def region_prefix(code: str) -> str:
    """Return a region's code without its padding, which every code inside it begins with.

    Twelve digits = 2+2+2 (GB/T 2260) + 3 (GB/T 10114) + 3. Raises BadInput on anything else.

    >>> region_prefix("990101000000"), region_prefix("990101001000"), region_prefix("990101001002")
    ('990101', '990101001', '990101001002')
    """
    if len(code) != 12 or not code.isascii() or not code.isdigit():
        raise BadInput(f"{code!r} is no region code: twelve digits are needed", field="region")
    for length in (2, 4, 6, 9):
        if code[length:].strip("0") == "":
            return code[:length]
    return code


def next_grid_codes(neighbourhood: str, highest: int, cells: Sequence[Polygon]) -> list[str]:
    """Return a new code for each cell, numbered west→east, then north→south, after the highest number ever given.

    Raises Conflict when the neighbourhood's 999 numbers are used up.
    """
    if highest + len(cells) >= 10**GRID_DIGITS:
        raise Conflict(f"neighbourhood {neighbourhood} has no grid numbers left", field="code")
    order = sorted(range(len(cells)), key=lambda i: (cells[i].centroid.x, -cells[i].centroid.y))
    codes = [""] * len(cells)
    for rank, index in enumerate(order, start=1):
        codes[index] = f"{neighbourhood}{highest + rank:0{GRID_DIGITS}d}"
    return codes
