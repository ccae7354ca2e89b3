"""The difference (摸底差异), three ways: what went out, what came back, what is there today. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from geo.survey.answers import equal

Kind = Literal["known", "changed", "unknown", "conflict", "elsewhere", "unreadable", "same", "settled"]
"""known: unknown before, known now; changed; unknown: known before, nobody can say now; conflict: somebody else
changed it meanwhile, to something else; elsewhere: the sheet kept the value, somebody else changed it; unreadable:
its text is no value, and a person is asked; same: today already says so; settled: confirmed."""

WRITES: Final[tuple[Kind, ...]] = ("known", "changed", "unknown", "conflict", "elsewhere")
"""Kinds that can be confirmed."""
TICKED: Final[tuple[Kind, ...]] = ("known", "changed")
"""Kinds that are ticked unless a doubt is with them: whoever overwrites another, or forgets, decides so by hand."""


@dataclass(frozen=True, slots=True)
class Item:
    """One field of one unit. Values are stored ones, None = unknown; `text` and `place` are the cell's own."""

    field: str
    kind: Kind
    sent: Any
    came: Any
    now: Any
    text: str = ""
    place: str = ""
    doubt: str | None = None
    change_set: int | None = None

    @property
    def ticked(self) -> bool:
        """Whether it is ticked until somebody says otherwise."""
        return self.kind in TICKED and self.doubt is None


def items(
    sent: Mapping[str, Any],
    answers: Mapping[str, Mapping[str, Any]],
    now: Mapping[str, Any],
    *,
    surveyed: bool,
) -> Iterator[Item]:
    """Yield what differs of one unit, each field once at most, in the order in which they went out.

    `answers` are the stored ones by field: text, came, reads, doubt, place, settled. Of a unit that was `surveyed`,
    a cell left as it was is an answer too.

    >>> [one.kind for one in items({"households": None}, {}, {"households": None}, surveyed=True)]
    []
    """
    for name, before in sent.items():
        told, today = answers.get(name), now.get(name)
        if told is None:
            if surveyed and not equal(before, today):
                yield Item(name, "elsewhere", before, before, today)
            continue
        came = told["came"]
        shared = {"text": told["text"], "place": told["place"], "doubt": told["doubt"]}
        if told["settled"] is not None:
            yield Item(name, "settled", before, came, today, **shared, change_set=told["settled"])
        elif not told["reads"]:
            yield Item(name, "unreadable", before, None, today, **shared)
        else:
            yield Item(name, kind(before, came, today), before, came, today, **shared)


def kind(sent: Any, came: Any, now: Any) -> Kind:
    """Return what an answer means.

    >>> kind(None, 12, None), kind(10, 12, 10), kind(10, 12, 11), kind(10, None, 10), kind(10, 12, 12), kind(10, 10, 11)
    ('known', 'changed', 'conflict', 'unknown', 'same', 'elsewhere')
    """
    if equal(came, now):
        return "same"
    if equal(sent, came):
        return "elsewhere"
    if not equal(sent, now):
        return "conflict"
    if came is None:
        return "unknown"
    return "known" if sent is None else "changed"
