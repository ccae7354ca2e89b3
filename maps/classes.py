"""Class breaks and palettes for choropleths (分级设色): fixed policy thresholds first, quantiles otherwise.

Everything here survives the data a district really has: all values equal, a single unit, nothing at all, NaN.
The palettes are ColorBrewer and viridis steps that stay apart for colour-blind readers and in grey print.
"""

import math
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

PALETTES: Final[dict[str, tuple[str, ...]]] = {
    "YlGn": ("#ffffcc", "#c2e699", "#78c679", "#31a354", "#006837"),
    "Oranges": ("#feedde", "#fdbe85", "#fd8d3c", "#e6550d", "#a63603"),
    "viridis": ("#fde725", "#5ec962", "#21918c", "#3b528b", "#440154"),
    "RdYlBu": ("#d7191c", "#fdae61", "#ffffbf", "#abd9e9", "#2c7bb6"),
}
"""Five steps each, from the lowest class to the highest; RdYlBu is for values around a target."""

NO_DATA: Final = "#d9d9d9"
"""The ground under the hatch of 无数据, apart from the colour of zero."""

POLICY_BREAKS: Final[dict[str, tuple[float, ...]]] = {"coverage": (0.6, 0.75, 0.85, 0.95)}
"""Thresholds that a supervisor reads the same way every month; they win over any statistics of the data."""


@dataclass(frozen=True, slots=True)
class Classes:
    """Inner limits of the classes, ascending; class i holds ``breaks[i-1] <= value < breaks[i]``."""

    breaks: tuple[float, ...]
    colours: tuple[str, ...]
    method: str

    def index(self, value: float | None) -> int | None:
        """The class of a value from 0, or None for 无数据 (None or NaN)."""
        if value is None or math.isnan(value):
            return None
        return bisect_right(self.breaks, value)

    def colour(self, value: float | None) -> str:
        """The fill of a value; NO_DATA for an unknown one."""
        index = self.index(value)
        return NO_DATA if index is None else self.colours[index]

    def counts(self, values: Iterable[float | None]) -> tuple[list[int], int]:
        """How many values fall into each class, and how many are unknown."""
        tally = [0] * len(self.colours)
        unknown = 0
        for index in map(self.index, values):
            if index is None:
                unknown += 1
            else:
                tally[index] += 1
        return tally, unknown


def policy(name: str, palette: str = "YlGn") -> Classes:
    """The fixed classes of an indicator; KeyError when it has none."""
    breaks = POLICY_BREAKS[name]
    return Classes(breaks, spread(PALETTES[palette], len(breaks) + 1), "policy")


def quantiles(values: Iterable[float | None], classes: int = 5, palette: str = "Oranges") -> Classes:
    """Classes of about equal size; fewer than asked when values repeat, one when all are equal or unknown.

    Limits are the linear-interpolated quantiles (type 7 of Hyndman & Fan 1996): the same answer every time.

    >>> quantiles([1, 2, 3, 4, 5, 6, 7, 8], 4).breaks
    (2.75, 4.5, 6.25)
    >>> quantiles([3, 3, 3]).breaks
    ()
    """
    known = sorted(value for value in values if value is not None and math.isfinite(value))
    inner = {_quantile(known, step / classes) for step in range(1, classes)} if known else set()
    breaks = tuple(sorted(limit for limit in inner if limit > known[0]))
    return Classes(breaks, spread(PALETTES[palette], len(breaks) + 1), "quantiles")


def spread(palette: Sequence[str], count: int) -> tuple[str, ...]:
    """``count`` colours taken evenly from a palette, the middle one for a single class.

    >>> spread(("a", "b", "c", "d", "e"), 3)
    ('a', 'c', 'e')
    """
    if count == 1:
        return (palette[len(palette) // 2],)
    last = len(palette) - 1
    return tuple(palette[round(step * last / (count - 1))] for step in range(count))


def _quantile(ordered: Sequence[float], share: float) -> float:
    """Linear interpolation between the two neighbours of position ``(n - 1) · share``."""
    position = (len(ordered) - 1) * share
    low = math.floor(position)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (position - low)
