"""Rows to communities (匹配): certain, doubtful or none; within one file no community is given to two rows.

Pure: plain values in, plain values out; the same input gives the same answer.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import pairwise

from geo.ingest.matching import words
from geo.ingest.matching.scoring import Scored, explained, score
from geo.ingest.matching.values import Candidate, Class, Known, Limits, Match, Sentence, Wanted


def match(
    rows: Sequence[Wanted],
    known: Sequence[Known],
    limits: Limits | None = None,
    *,
    one_each: bool = True,
    taken: Mapping[int, int] | None = None,
    numbers: Sequence[int] | None = None,
) -> list[Match]:
    """Return a Match for every row, in order.

    `one_each` gives a community to one row at most; `taken` are communities that rows of the same file have by their
    code already (position among the known → number of the row). `numbers` are the rows' own numbers in their file, as
    reasons and rivals name them (from 1 unless said).
    """
    limits = limits or Limits()
    numbers = range(1, len(rows) + 1) if numbers is None else numbers
    scored = score(rows, known, limits)
    spans = _spans(scored, len(rows))
    found = [_judged(scored, span, limits) for span in spans]
    if one_each:
        _one_each(found, taken or {}, numbers, limits)
    return [_told(one, scored, rows, known, limits) for one in found]


class _Judged:
    """One row while it is decided: the places of its pairs in `Scored`, best first."""

    def __init__(
        self, pairs: list[int], scores: list[float], known: list[int], sure: bool, reason: Sentence
    ) -> None:
        self.pairs, self.scores, self.known = pairs, scores, known
        self.sure, self.reason = sure, reason
        self.rivals: tuple[int, ...] = ()

    def doubt(self, reason: Sentence, rivals: Sequence[int] = ()) -> None:
        """Let a person decide."""
        self.sure, self.reason, self.rivals = False, reason, tuple(rivals)


def _spans(scored: Scored, count: int) -> list[range]:
    bounds = scored.row.searchsorted(range(count + 1)).tolist() if len(scored.row) else [0] * (count + 1)
    return [range(a, b) for a, b in pairwise(bounds)]


def _judged(scored: Scored, span: range, limits: Limits) -> _Judged:
    pairs = [at for at in span if scored.score[at] >= limits.doubtful][: limits.most]
    scores = [float(scored.score[at]) for at in pairs]
    known = [int(scored.known[at]) for at in pairs]
    if not pairs:
        return _Judged([], [], [], False, words.NOBODY)
    if scores[0] < limits.certain:
        reason = words.CAPPED if scored.capped[pairs[0]] else words.UNSURE
        return _Judged(pairs, scores, known, False, reason)
    if len(scores) > 1 and scores[0] - scores[1] < limits.lead:
        return _Judged(pairs, scores, known, False, words.SEVERAL)
    return _Judged(pairs, scores, known, True, ("", ""))


def _one_each(found: list[_Judged], taken: Mapping[int, int], numbers: Sequence[int], limits: Limits) -> None:
    """Where several rows are sure of one community, the one that leads clearly has it; otherwise a person decides."""
    wanted: dict[int, list[int]] = defaultdict(list)
    for row, one in enumerate(found):
        if one.sure:
            wanted[one.known[0]].append(row)
    for known, rows in wanted.items():
        if known in taken:
            for row in rows:
                found[row].doubt(words.taken(taken[known]), (taken[known],))
            continue
        rows.sort(key=lambda row: (-found[row].scores[0], row))
        first, *rest = rows
        leads = not rest or found[first].scores[0] - found[rest[0]].scores[0] >= limits.lead
        for row in rest if leads else rows:
            others = sorted(numbers[other] for other in rows if other != row)
            found[row].doubt(words.taken(numbers[first]) if leads else words.rivals(others), others)


def _told(
    one: _Judged, scored: Scored, rows: Sequence[Wanted], known: Sequence[Known], limits: Limits
) -> Match:
    pairs = one.pairs[:1] if one.sure else one.pairs
    candidates: tuple[Candidate, ...] = tuple(explained(scored, at, rows, known) for at in pairs)
    kind: Class = "certain" if one.sure else "doubtful" if pairs else "none"
    return Match(kind, one.known[0] if one.sure else None, candidates, one.reason, one.rivals)
