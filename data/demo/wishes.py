"""What owners think (业主意愿与表决): asked in the pools of both ends of the books, and not everywhere yet.

A pool is asked because it is to be let: who agreed may have voted (民法典 278), who refused is not asked to vote.
Elsewhere, and where nobody went yet, will and vote are unknown.
"""

from __future__ import annotations

from datetime import date

import geopandas as gpd
import pandas as pd
from numpy.random import Generator

from .service import FIRST, LAST, expiring, served

ASKED = {"old": 0.75, "resettlement": 0.6, "commercial": 0.6, "stand_alone": 0.5}
"""Share of each kind that was asked, where it is in a pool."""
AGREED = 0.87
VOTED, PASSED = 0.8, 0.85
"""Of those who agreed: who voted already, and of these whose vote passed."""


def to_be_let(periods: pd.DataFrame, old: set[str], alone: set[str], day: date) -> set[str]:
    """The pool for tender (待招标池) of a day, stand-alone buildings included."""
    dark = {unit for unit, yes in served(periods, day).items() if not yes}
    return (dark & (old | alone)) | expiring(periods, day)


Wish = tuple[bool | None, str | None]
"""Will and vote; None where unknown."""


def make_wishes(
    periods: pd.DataFrame, kinds: dict[str, str], alone: list[str], rng: Generator
) -> dict[str, Wish]:
    """What owners think by code; `kinds` of the communities by code, `alone` are the stand-alone buildings."""
    old = {code for code, kind in kinds.items() if kind == "old"}
    pools = (to_be_let(periods, old, set(alone), day) for day in (FIRST, LAST))
    return {code: _answer(ASKED[kinds.get(code, "stand_alone")], rng) for code in sorted(set().union(*pools))}


def _answer(asked: float, rng: Generator) -> Wish:
    """Four draws a unit, whatever they decide: one answer more does not shift all that follow."""
    was_asked, agreed, voted, passed = rng.random(4) < (asked, AGREED, VOTED, PASSED)
    if not was_asked:
        return None, None
    if not agreed or not voted:
        return bool(agreed), None
    return True, "passed" if passed else "failed"


def with_wishes(frame: gpd.GeoDataFrame, wishes: dict[str, Wish]) -> gpd.GeoDataFrame:
    """The register with the will and the vote of each of its units."""
    own = [wishes.get(code, (None, None)) for code in frame["code"]]
    columns = zip(*own, strict=True)
    named = zip(("willing", "vote"), columns, strict=True)
    with_them = frame.assign(**{name: pd.Series(column, frame.index, object) for name, column in named})
    return with_them[[*with_them.columns.drop("geometry"), "geometry"]]
