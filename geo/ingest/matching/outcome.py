"""What a file's matching came to: every row that named a community, what it may mean, and what was decided."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from geo.ingest.matching.values import Candidate, Known, Limits, Place, Sentence

Class = Literal["certain", "doubtful", "none", "double"]
Choice = Literal["match", "none", "new"]


@dataclass(frozen=True, slots=True)
class Decision:
    """What a person decided about a row: it is the community of `code`, none that is there, or a new one."""

    choice: Choice
    code: str | None = None


@dataclass(frozen=True, slots=True)
class RowMatch:
    """One row by its number in the file. `code` is the community it was given, by itself or by a person."""

    number: int
    kind: Class
    name: str
    original: Mapping[str, str]
    place: Place | None
    candidates: Sequence[Mapping[str, Any]]
    reason: Sentence
    may_be_new: bool
    code: str | None = None
    decision: Decision | None = None


@dataclass
class Matching:
    """The matching of one file. `learned` are other names of communities by code, from decisions of people."""

    one_each: bool
    rows: list[RowMatch] = field(default_factory=list)
    learned: dict[str, list[str]] = field(default_factory=dict)
    limits: Limits = field(default_factory=Limits)
    """What it was matched with."""

    def counts(self) -> dict[str, int]:
        """Return rows by class (those that nobody decided), and how many people settled."""
        counts = dict.fromkeys(("certain", "doubtful", "none", "double", "settled"), 0)
        for row in self.rows:
            counts["settled" if row.decision else row.kind] += 1
        return counts

    def open_rows(self) -> list[RowMatch]:
        """Return the rows that a person may want to decide."""
        return [row for row in self.rows if row.kind != "certain" and row.decision is None]


def candidate_json(one: Candidate, there: Known) -> dict[str, Any]:
    """Return a candidate as plain JSON: who it is, its score, and each part with its reason."""
    return {
        "code": there.code,
        "name": there.name,
        "aliases": list(there.aliases),
        "address": there.address,
        "neighbourhood": there.neighbourhood,
        "subdistrict": there.subdistrict,
        "place": list(there.place) if there.place else None,
        "score": one.score,
        "parts": [
            {"about": part.about, "score": part.score, "zh": part.words[0], "en": part.words[1]}
            for part in one.parts
        ],
    }
