"""Service periods (服务台账): who served which community from when to when, month by month for three years.

An end date is the first day without service (自该日起不再服务), so a renewal starts on the day the old contract ends.
Month 0 is 2023-11-01, month 36 is 2026-11-01.
A community is unserved by a period of mode none (无物业), or because its last contract lapsed and nothing followed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta

import numpy as np
import pandas as pd
from numpy.random import Generator

FIRST, LAST, MONTHS = date(2023, 11, 1), date(2026, 11, 1), 36
START_UNSERVED = {"old": 122, "resettlement": 12, "commercial": 6}
NEVER_SERVED = 44  # old ones that no firm took in three years
REBOUNDS = {"cleared": 16, "initial": 8}  # lost again after being cleared; lost after long service
RECOVERED = {"cleared": 8, "initial": 4}
STAND_ALONE_KNOWN, STAND_ALONE_SERVED = 77, (24, 39)
EXPIRING = {"old": 30, "commercial": 9, "resettlement": 3, "stand_alone": 4}
EXPIRING_AT_START = 30
MODES = (
    "market",
    "backstop",
    "neighbourhood",
    "benefit",
    "village",
    "mobile",
    "shared",
    "self",
    "custody",
    "trustee",
)
CHANCES = {
    "commercial": (0.9, 0.04, 0.0, 0.0, 0.0, 0.0, 0.0, 0.04, 0.0, 0.02),
    "resettlement": (0.5, 0.22, 0.08, 0.0, 0.08, 0.0, 0.0, 0.0, 0.06, 0.06),
    "old": (0.24, 0.2, 0.14, 0.08, 0.0, 0.07, 0.09, 0.06, 0.06, 0.06),
    "stand_alone": (0.15, 0.2, 0.15, 0.08, 0.0, 0.14, 0.12, 0.06, 0.06, 0.04),
}
NO_FIRM = ("self", "custody", "none")
NOTES = {
    "lapse": "合同到期，未续签",
    "left": "物业企业撤出",
    "cleared": "捆绑招标后进驻",
    "back": "街道协调后恢复服务",
}


@dataclass
class Spell:
    """Months [start, end) in which a unit is served or not; end None = goes on. Months may be negative."""

    start: int
    end: int | None
    served: bool
    note: str | None = None


@dataclass
class Story:
    """The spells of one unit; `quiet_lapse` = the last unserved spell has no row of its own."""

    code: str
    kind: str
    spells: list[Spell] = field(default_factory=list)
    quiet_lapse: bool = False


def month_start(month: int) -> date:
    """First day of a month counted from 2023-11."""
    years, rest = divmod(FIRST.month - 1 + month, 12)
    return date(FIRST.year + years, rest + 1, 1)


def pick(pool: list[Story], count: int, rng: Generator) -> list[Story]:
    """Take `count` stories out of the pool."""
    chosen = sorted(rng.choice(len(pool), count, replace=False).tolist(), reverse=True)
    return [pool.pop(i) for i in chosen]


def unserved_start(story: Story, gain: int | None, rng: Generator) -> None:
    """Not served at month 0, and served from month `gain` on (None = never)."""
    if rng.random() < 0.4:  # an older contract ran out before the books begin
        lapse = -int(rng.integers(2, 20))
        story.spells.append(Spell(lapse - 24, lapse, True, NOTES["lapse"]))
        story.spells.append(Spell(lapse, gain, False))
    else:
        story.spells.append(Spell(-int(rng.integers(10, 40)), gain, False))
    if gain is not None:
        story.spells.append(Spell(gain, None, True, NOTES["cleared"]))


def lose(story: Story, month: int, back: int | None, rng: Generator) -> None:
    """End the running service at `month`; served again from month `back` on (None = not yet)."""
    story.spells[-1].end = month
    story.spells[-1].note = NOTES["lapse" if rng.random() < 0.6 else "left"]
    story.spells.append(Spell(month, back, False))
    if back is not None:
        story.spells.append(Spell(back, None, True, NOTES["back"]))


def gain_months(count: int, rng: Generator) -> np.ndarray:
    """Months in which communities are cleared: a steady trend with pushes at the ends of the years."""
    months = np.arange(1, 36)
    weight = 1.0 + 1.5 * (np.isin(months % 12, [1, 2, 7]))
    return np.sort(rng.choice(months, count, p=weight / weight.sum()))


def tell_communities(kinds: dict[str, str], rng: Generator) -> list[Story]:
    """Stories of the communities, `kinds` by code: 420 served at month 0, 504 at month 36, 24 lost on the way."""
    pools = {kind: [Story(c, k) for c, k in sorted(kinds.items()) if k == kind] for kind in START_UNSERVED}
    dark = {kind: pick(pools[kind], count, rng) for kind, count in START_UNSERVED.items()}
    never = pick(dark["old"], NEVER_SERVED, rng)
    cleared = [*dark["old"], *dark["resettlement"], *dark["commercial"]]
    for story in never:
        unserved_start(story, None, rng)
    order = rng.permutation(len(cleared))
    months = gain_months(len(cleared), rng)
    for position, month in zip(order, months, strict=True):
        unserved_start(cleared[position], int(month), rng)
    for story in (s for pool in pools.values() for s in pool):
        story.spells.append(Spell(-int(rng.integers(3, 60)), None, True))
    early = [cleared[p] for p, m in zip(order, months, strict=True) if m <= 16 and cleared[p].kind == "old"]
    lost = pick(early, REBOUNDS["cleared"], rng)
    rebound(lost, RECOVERED["cleared"], rng)
    rebound(
        pick(list(pools["old"]), 6, rng) + pick(list(pools["commercial"]), 2, rng), RECOVERED["initial"], rng
    )
    return [*never, *cleared, *(s for pool in pools.values() for s in pool)]


def rebound(stories: list[Story], recovered: int, rng: Generator) -> None:
    """Let these lose their service between months 17 and 33; the first `recovered` find it again by month 36."""
    for n, story in enumerate(stories):
        month = int(rng.integers(max(17, story.spells[-1].start + 8), 31))
        back = min(36, month + int(rng.integers(3, 7))) if n < recovered else None
        lose(story, month, back, rng)
        story.quiet_lapse = n % 2 == 1


def tell_stand_alone(codes: list[str], rng: Generator) -> list[Story]:
    """Stories of the stand-alone buildings; seven have none at all, so their service is unknown."""
    stories = [Story(c, "stand_alone") for c in codes]
    known = pick(stories, STAND_ALONE_KNOWN, rng)
    bright = pick(known, STAND_ALONE_SERVED[0], rng)
    gained = pick(known, STAND_ALONE_SERVED[1] - STAND_ALONE_SERVED[0], rng)
    for story in bright:
        story.spells.append(Spell(-int(rng.integers(3, 40)), None, True))
    for story, month in zip(gained, gain_months(len(gained), rng), strict=True):
        unserved_start(story, int(month), rng)
    for story in known:
        unserved_start(story, None, rng)
    return [*bright, *gained, *known]


def contract_cuts(spell: Spell, final: int | None, rng: Generator) -> list[tuple[int, int | None]]:
    """Split a served spell into contracts of one to three years; the last one ends at `final` (None = open)."""
    cuts = [spell.start]
    stop = spell.end if spell.end is not None else MONTHS
    while (after := cuts[-1] + int(rng.choice([12, 24, 24, 36, 36]))) < stop - 2:
        cuts.append(after)
    return list(zip(cuts, [*cuts[1:], spell.end if spell.end is not None else final], strict=True))


def final_months(stories: list[Story], rng: Generator) -> dict[str, int | None]:
    """Month in which the running contract of each served unit ends; a set number falls within 90 days."""
    served = [s for s in stories if s.spells[-1].served and s.spells[-1].end is None]
    final: dict[str, int | None] = {}
    for kind, count in EXPIRING.items():
        own = [s for s in served if s.kind == kind]
        soon = set(rng.choice(len(own), count, replace=False).tolist())
        for i, story in enumerate(own):
            later = None if rng.random() < 0.12 else MONTHS + int(rng.integers(5, 30))
            final[story.code] = MONTHS + int(rng.choice([1, 2, 2])) if i in soon else later
    return final


def start_renewals(stories: list[Story], rng: Generator) -> set[str]:
    """Units whose contract is renewed in the two months after month 0, so that the first pool is not empty of them."""
    long = [
        s.code
        for s in stories
        if s.spells[0].served and s.spells[0].start < -3 and (s.spells[0].end or 99) > 15
    ]
    return {long[i] for i in rng.choice(len(long), EXPIRING_AT_START, replace=False)}


@dataclass
class Market:
    """Who takes which unit: a firm's pull, and its home sub-district."""

    firms: list[str]
    pull: np.ndarray
    home: np.ndarray
    rng: Generator

    def firm(self, code: str) -> str:
        """A firm for the unit; firms prefer the sub-district they are at home in."""
        weight = self.pull * np.where(self.home == int(code[6:9]), 8.0, 1.0)
        return self.firms[int(self.rng.choice(len(self.firms), p=weight / weight.sum()))]

    def offer(self, kind: str, code: str) -> tuple[str, str | None]:
        """Mode and firm of a new contract."""
        mode = str(self.rng.choice(MODES, p=CHANCES[kind]))
        return mode, None if mode in NO_FIRM else self.firm(code)


def make_market(firms: pd.DataFrame, rng: Generator) -> Market:
    """Good grades pull more; homes are spread over the 13 sub-districts."""
    grade = firms["grade"].map({"A": 1.8, "B": 1.2, "C": 0.7, "D": 0.3}).to_numpy(dtype=float)
    return Market(
        list(firms["code"]), grade * rng.lognormal(0, 0.5, len(firms)), rng.integers(1, 14, len(firms)), rng
    )


Row = tuple[str, str, str, str | None, date, date | None, str | None]


def dark_row(story: Story, spell: Spell, kind: str) -> Row:
    """The row of a spell without service (无物业)."""
    end = None if spell.end is None else month_start(spell.end)
    return (story.code, kind, "none", None, month_start(spell.start), end, None)


def contract_rows(
    story: Story, spell: Spell, kind: str, contracts: list[tuple[int, int | None]], market: Market
) -> list[Row]:
    """The rows of a served spell, a contract each; one renewal in four goes to another firm."""
    mode, firm = market.offer(story.kind, story.code)
    rows: list[Row] = []
    for i, (start, stop) in enumerate(contracts):
        if i and market.rng.random() < 0.25:
            mode, firm = market.offer(story.kind, story.code)
        ends_badly = i == len(contracts) - 1 and spell.end is not None
        begins_anew = i == 0 and spell.end is None
        end = None if stop is None else month_start(stop)
        rows.append(
            (
                story.code,
                kind,
                mode,
                firm,
                month_start(start),
                end,
                spell.note if ends_badly or begins_anew else None,
            )
        )
    return rows


def rows_of(story: Story, final: int | None, renewed: bool, market: Market) -> list[Row]:
    """Period rows of one unit."""
    kind = "building_group" if story.kind == "stand_alone" else "community"
    rows: list[Row] = []
    dark = [n for n, spell in enumerate(story.spells) if not spell.served]
    quiet = dark[-1] if story.quiet_lapse else None
    for n, spell in enumerate(story.spells):
        if not spell.served:
            if n != quiet:
                rows.append(dark_row(story, spell, kind))
            continue
        contracts = contract_cuts(spell, final, market.rng)
        if renewed and n == 0:
            cut = 1 + int(market.rng.integers(2))
            contracts = [(spell.start, cut), *contract_cuts(Spell(cut, spell.end, True), final, market.rng)]
        rows += contract_rows(story, spell, kind, contracts, market)
    return rows


def make_periods(
    kinds: dict[str, str], stand_alone: list[str], firms: pd.DataFrame, rng: Generator
) -> pd.DataFrame:
    """All periods with unit, unit_kind, mode, firm, start, end, note."""
    stories = [*tell_communities(kinds, rng), *tell_stand_alone(stand_alone, rng)]
    final = final_months(stories, rng)
    renewed = start_renewals(stories, rng)
    market = make_market(firms, rng)
    rows = [
        r
        for s in sorted(stories, key=lambda s: s.code)
        for r in rows_of(s, final.get(s.code), s.code in renewed, market)
    ]
    frame = pd.DataFrame(rows, columns=["unit", "unit_kind", "mode", "firm", "start", "end", "note"])
    return frame.sort_values(["unit", "start"], ignore_index=True)


def served(periods: pd.DataFrame, day: date) -> dict[str, bool]:
    """Served or not for every unit that has a period at or before `day`; units that are unknown are absent."""
    begun = periods[periods["start"] <= day]
    covers = begun["end"].isna() | (begun["end"].map(lambda e: date.max if pd.isna(e) else e) > day)
    now = covers & (begun["mode"] != "none")
    return {str(unit): bool(flag) for unit, flag in now.groupby(begun["unit"]).any().items()}


def expiring(periods: pd.DataFrame, day: date, days: int = 90) -> set[str]:
    """Units whose contract of the day ends within `days`."""
    ends = periods["end"].map(lambda e: date.max if pd.isna(e) else e)
    live = (
        (periods["start"] <= day)
        & (ends > day)
        & (ends <= day + timedelta(days=days))
        & (periods["mode"] != "none")
    )
    return set(periods.loc[live, "unit"])
