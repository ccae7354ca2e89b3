"""How well a row and a community go together (评分): name, address, nearness and region, weighed into one score 0–1.

What is not given on either side has no say. A name whose marks contradict (一期, 二期) rules a candidate out
whatever else agrees; marks that one side leaves out keep a match from being taken without asking.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

import numpy as np

from geo.ingest.matching import addresses, candidates, words
from geo.ingest.matching.names import Name, bare, of_one_kind, parse, relation, unified, variants
from geo.ingest.matching.values import Candidate, Known, Limits, Part, Wanted

NAME, ADDRESS, NEAR, REGION = 0.6, 0.15, 0.25, 0.15
"""What each part weighs."""
_SOFT: Final = 0.93
"""Equal but for the generic ending (花园 for 花苑)."""
_TYPED: Final = 0.95
"""What a misspelt name is worth at most."""
_OLD: Final = 0.99
"""By a former name, a hair less than by the name itself."""
_STRIPPED: Final = 0.98
"""With the name of a region before it."""
_BARE: Final = 0.85
"""Without what stands in brackets, which may be another name's part: asked, unless a region is all that stood there."""
_OTHER_KIND: Final = 0.87
"""Of one core, but the endings say that they are of two kinds: 机床厂宿舍, 机床厂花园. Asked."""
_BY_GROUND: Final = 0.6
"""What an equal address, or a point inside, is worth where the names have nothing in common."""
_REGIONS: Final = (
    "社区居民委员会", "社区居委会", "居民委员会", "居委会", "街道办事处", "办事处", "村委会", "社区", "街道",
    "镇", "乡", "村",
)  # fmt: skip
_CHUNK: Final = 20_000


@dataclass(frozen=True, slots=True)
class _Text:
    """One name of a row or of a community: whose it is, taken apart, as it was written, and what it is worth."""

    owner: int
    name: Name
    text: str
    worth: float


@dataclass(frozen=True, slots=True)
class Scored:
    """Pairs in order of row, then falling score. `name` is the score of the names alone, `capped` as in Candidate."""

    row: np.ndarray
    known: np.ndarray
    score: np.ndarray
    name: np.ndarray
    capped: np.ndarray
    away: np.ndarray
    """Metres from the row's point to the community's; NaN where either has none."""
    parts: np.ndarray
    """(n, 4): name, address, nearness, region; NaN where it has no say."""
    texts: list[tuple[_Text, _Text] | None]


def score(rows: Sequence[Wanted], known: Sequence[Known], limits: Limits) -> Scored:
    """Return every pair worth looking at, scored."""
    lower, upper = _regions(known)
    regions = lower | upper
    rows = [_located(one, lower, upper) for one in rows]
    mine = [one for row, wanted in enumerate(rows) for one in _names_of(row, wanted, regions)]
    theirs = [one for position, there in enumerate(known) for one in _names_of_known(position, there)]
    pairs, texts = _best_names(mine, theirs, limits)
    for pair in _by_ground(rows, known, limits, pairs):
        pairs[pair] = (0.0, False)
    kept = [pair for pair, (found, _) in pairs.items() if found >= 0]
    row = np.array([pair[0] for pair in kept], dtype=np.int64)
    position = np.array([pair[1] for pair in kept], dtype=np.int64)
    names = np.array([pairs[pair][0] for pair in kept], dtype=np.float64)
    capped = np.array([pairs[pair][1] for pair in kept], dtype=bool)
    named = np.array([bool(one.name) for one in rows], dtype=bool)
    away = distances(rows, known, row, position)
    parts = np.column_stack(
        [
            np.where(named[row], names, np.nan),
            _address_parts(rows, known, kept),
            _near_parts(known, position, away, limits),
            [region(rows[one], known[other]) for one, other in kept],
        ]
    )
    total = _weighed(parts, limits, capped)
    order = np.lexsort((position, -total, row))
    return Scored(
        row[order], position[order], total[order], names[order], capped[order], away[order], parts[order],
        [texts.get(kept[i]) for i in order.tolist()],
    )  # fmt: skip


# ---------------------------------------------------------------- names


def _regions(known: Sequence[Known]) -> tuple[frozenset[str], frozenset[str]]:
    """Return the names of the neighbourhoods and of the sub-districts in which known communities lie."""
    lower = frozenset(unified(one.neighbourhood) for one in known if len(one.neighbourhood) > 2)
    return lower, frozenset(unified(one.subdistrict) for one in known if len(one.subdistrict) > 2)


def _located(row: Wanted, lower: frozenset[str], upper: frozenset[str]) -> Wanted:
    """Return a row with the region that its name tells, before it or in brackets, where no column says one."""
    if row.neighbourhood or row.subdistrict or not row.name:
        return row
    whole = unified(row.name)
    told = [*bare(row.name)[1], *(whole[:length] for length in range(3, min(9, len(whole) - 1)))]
    neighbourhood = next((one for one in told if one in lower), "")
    subdistrict = next((one for one in told if one in upper), "")
    return (
        replace(row, neighbourhood=neighbourhood, subdistrict=subdistrict)
        if neighbourhood or subdistrict
        else row
    )


def _names_of(row: int, wanted: Wanted, regions: frozenset[str]) -> Iterator[_Text]:
    for text in (wanted.name, *wanted.others):
        for one in variants(text) if text else ():
            worth = 1.0 if text == wanted.name else _OLD
            if not parse(one).base:
                continue
            yield _Text(row, parse(one), text, worth)
            short, inside = bare(one)
            if inside:
                placed = all(each in regions for each in inside)
                yield _Text(row, parse(short), text, worth * (_STRIPPED if placed else _BARE))
            for length in range(3, min(9, len(one) - 1)):
                if one[:length] in regions:
                    yield _Text(row, parse(one[length:]), text, worth * _STRIPPED)


def _names_of_known(position: int, there: Known) -> Iterator[_Text]:
    for text in (there.name, *there.aliases):
        for number, one in enumerate(variants(text)):
            if parse(one).base:
                yield _Text(position, parse(one), text, 1.0 if text == there.name and not number else _OLD)


def _best_names(
    mine: list[_Text], theirs: list[_Text], limits: Limits
) -> tuple[dict[tuple[int, int], tuple[float, bool]], dict[tuple[int, int], tuple[_Text, _Text]]]:
    """Return by (row, known) the best score of their names and whether it is capped, and which two names it was.

    A score below nought says that the names exclude each other.
    """
    index = candidates.NameIndex([one.name.base for one in theirs])
    asked, found, _ = index.look_up([one.name.base for one in mine], limits.most * 2)
    best: dict[tuple[int, int], tuple[float, bool]] = {}
    texts: dict[tuple[int, int], tuple[_Text, _Text]] = {}
    for start in range(0, len(asked), _CHUNK):
        ours = [mine[i] for i in asked[start : start + _CHUNK].tolist()]
        others = [theirs[i] for i in found[start : start + _CHUNK].tolist()]
        for one, other, alike in zip(ours, others, _likeness(ours, others), strict=True):
            agree = relation(one.name, other.name)
            value = -1.0 if agree == "apart" else alike * one.worth * other.worth
            value = value * (limits.certain - 0.01) if agree == "partly" else value
            pair = (one.owner, other.owner)
            unsure = agree == "partly" or not of_one_kind(one.name, other.name)
            if value > best.get(pair, (-2.0, False))[0]:
                best[pair] = (value, unsure)
                texts[pair] = (one, other)
    return best, texts


def _likeness(ours: list[_Text], others: list[_Text]) -> list[float]:
    """Return the likeness 0–1 of two bases each: equal, equal but for the ending, or by their edits."""
    distances = candidates.edits([one.name.base for one in ours], [one.name.base for one in others]).tolist()
    return [
        _alike(one.name, other.name, distance)
        for one, other, distance in zip(ours, others, distances, strict=True)
    ]


def _alike(one: Name, other: Name, distance: int) -> float:
    if one.base == other.base:
        return 1.0
    if one.core == other.core and len(one.core) > 1:
        return _SOFT if of_one_kind(one, other) else _OTHER_KIND
    typed = _TYPED * (1 - distance / max(len(one.base), len(other.base)))
    short, long = sorted((one.core, other.core), key=len)
    if len(short) > 2 and short in long:
        return max(typed, 0.8)
    short, long = sorted((one.base, other.base), key=len)
    return max(typed, 0.7) if len(short) > 3 and short in long else typed


# ---------------------------------------------------------------- the other parts


def _by_ground(
    rows: Sequence[Wanted],
    known: Sequence[Known],
    limits: Limits,
    named: dict[tuple[int, int], tuple[float, bool]],
) -> list[tuple[int, int]]:
    """Return further pairs that stand at the same address or near the row's point; names that contradict stay out."""
    near = candidates.by_place(rows, known, limits.most)
    pairs = {*candidates.by_address(rows, known), *near} - named.keys()
    return [
        (row, position)
        for row, position in pairs
        if not rows[row].name or relation(parse(rows[row].name), parse(known[position].name)) != "apart"
    ]


def _address_parts(
    rows: Sequence[Wanted], known: Sequence[Known], pairs: list[tuple[int, int]]
) -> list[float]:
    scores = []
    for row, position in pairs:
        one, other = rows[row].address, known[position].address
        told = addresses.compare(addresses.parse(one), addresses.parse(other)) if one and other else None
        scores.append(float("nan") if told is None else told[0])
    return scores


def _near_parts(known: Sequence[Known], position: np.ndarray, away: np.ndarray, limits: Limits) -> np.ndarray:
    reach = np.array([one.reach for one in known], dtype=np.float64)[position]
    return np.asarray(np.clip(1 - np.maximum(away - reach, 0) / limits.far, 0, 1))


def distances(
    rows: Sequence[Wanted], known: Sequence[Known], row: np.ndarray, position: np.ndarray
) -> np.ndarray:
    """Return how far in metres each row's point lies from the community's; NaN where either has none."""
    nowhere = (np.nan, np.nan)
    here = np.array([one.place or nowhere for one in rows], dtype=np.float64).reshape(-1, 2)
    there = np.array([one.place or nowhere for one in known], dtype=np.float64).reshape(-1, 2)
    return candidates.metres(here[row], there[position])


def region(wanted: Wanted, there: Known) -> float:
    """Return 1 where the region that the row names holds the community, 0.4 where only its sub-district does, else 0.

    NaN where the row names none.
    """
    lower = _in_region(wanted.neighbourhood, there.neighbourhood, there.code[:12])
    upper = _in_region(wanted.subdistrict, there.subdistrict, there.code[:9])
    if lower is None and upper is None:
        return float("nan")
    if lower or (lower is None and upper):
        return 1.0
    return 0.4 if upper or (upper is None and wanted.neighbourhood[:9] == there.code[:9]) else 0.0


def _in_region(named: str, name: str, code: str) -> bool | None:
    if not named:
        return None
    if named.isdecimal():
        return code.startswith(named.rstrip("0") or named) or named.startswith(code)
    return _short(named) == _short(name)


@lru_cache(maxsize=50_000)
def _short(region_name: str) -> str:
    """Return a region's name without what it is: 东社区居委会 → 东."""
    short = unified(region_name).replace(" ", "")
    for ending in _REGIONS:
        if short.endswith(ending) and len(short) > len(ending):
            return short.removesuffix(ending)
    return short


# ---------------------------------------------------------------- one score


def _weighed(parts: np.ndarray, limits: Limits, capped: np.ndarray) -> np.ndarray:
    """Return the weighed mean of what is told; where the names say nothing, what the ground says, never certain."""
    weights = np.array([NAME, ADDRESS, NEAR, REGION])
    told = ~np.isnan(parts)
    shares = np.where(told, weights, 0.0)
    total = np.where(told, parts, 0.0) @ weights / np.maximum(shares.sum(axis=1), 1e-9)
    below = limits.certain - 0.01
    name, address, near = (np.nan_to_num(parts[:, i]) for i in range(3))
    ground = np.maximum(
        np.where(address >= addresses.WITHIN, _BY_GROUND, 0), np.where(near >= 1, _BY_GROUND, 0)
    )
    ground = np.where((address >= addresses.WITHIN) & (near >= 1), 0.75, ground)
    blind = name < 0.5
    total = np.where(blind, np.minimum(np.maximum(total * (name > 0), ground), below), total)
    return np.asarray(np.where(capped, np.minimum(total, below), total))


def explained(scored: Scored, at: int, rows: Sequence[Wanted], known: Sequence[Known]) -> Candidate:
    """Return one pair with its parts in words."""
    row, position = int(scored.row[at]), int(scored.known[at])
    wanted, there = rows[row], known[position]
    name, address, near, place = (float(value) for value in scored.parts[at])
    parts: list[Part] = []
    pair = scored.texts[at]
    if not np.isnan(name):
        said = words.of_names(
            pair and (pair[0].text, pair[0].name), pair and (pair[1].text, pair[1].name), there.name
        )
        parts.append(Part("name", round(max(name, 0), 3), said))
    if scored.capped[at] and pair:
        parts.append(Part("marks", 0.5, words.of_marks(pair[0].name, pair[1].name)))
    if not np.isnan(address):
        parts.append(Part("address", address, words.of_addresses(wanted.address, there.address)))
    if not np.isnan(near):
        parts.append(Part("near", round(near, 3), words.of_distance(float(scored.away[at]), there.reach)))
    if not np.isnan(place):
        parts.append(Part("region", place, words.of_region(place, there)))
    return Candidate(position, round(float(scored.score[at]), 4), tuple(parts), bool(scored.capped[at]))
