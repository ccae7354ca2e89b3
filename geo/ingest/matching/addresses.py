"""Addresses in one form (地址归一): a road and a number, which is all that two offices write alike.

>>> one = parse("合肥市蜀山区长江西路１２８号（近大润发）")
>>> one.road, one.number
('长江西路', '128')
>>> compare(one, parse("长江西路一百二十八号"))[0]
1.0
>>> parse("淮河路12号-20号").last, compare(parse("淮河路12-20号"), parse("淮河路16号"))[1]
('20', 'within')
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from geo.ingest.matching.names import number, unified

_ABOVE: Final = re.compile(
    r"^(?:中国|.{1,7}?(?:省|自治区)|.{1,5}?市|.{1,5}?(?:区|县)|.{1,6}?(?:街道|镇|乡)|.{1,8}?(?:社区|居委会|村委会))"
)
_ROAD: Final = re.compile(r"([^\d、,，;；()\[\]]{1,10}?(?:大街|大道|街道|路|街|巷|弄|道|胡同|里|条|里弄))")
_NUMBER: Final = re.compile(
    r"^(?:[东西南北中]?段)?([甲乙丙丁附]?(?:\d+|[零〇一二两三四五六七八九十百]+)(?:[-~至之]\d+)?)(?:号|#|弄|$)(?:[-~至](\d+)(?:号|#|弄))?"
)
_BRACKET: Final = re.compile(r"[(\[【〔].*?[)\]】〕]")
_BLANK: Final = re.compile(r"[\s·.。]")
SAME, WITHIN, SAME_ROAD, OTHER = 1.0, 0.95, 0.6, 0.25
_LONGEST: Final = 400
"""Numbers that a community takes up on one road, at most: 18-1号 is no range, and 12-2026号 is none either."""


@dataclass(frozen=True, slots=True)
class Address:
    """A road, and a number on it; both empty where the text tells none. `last`: the end of a range of numbers."""

    road: str = ""
    number: str = ""
    last: str = ""

    def numbers(self) -> range:
        """Return the numbers of a range, or the one; empty where there is none."""
        first = self.number if self.number.isdecimal() else ""
        return range(int(first), int(self.last or first) + 1) if first else range(0)


@lru_cache(maxsize=200_000)
def parse(text: str) -> Address:
    """Take an address apart; of several the first that names a road counts."""
    rest = _BLANK.sub("", _BRACKET.sub("", unified(text)))
    for _ in range(6):
        above = _ABOVE.match(rest)
        if above is None or not _ROAD.search(rest[above.end() :]):
            break
        rest = rest[above.end() :]
    for road in _ROAD.finditer(rest):
        found = _NUMBER.match(rest[road.end() :])
        if found:
            begins, ends = _digits(found.group(1)), found.group(2) or re.split(r"[-~至]", found.group(1))[-1]
            ranged = begins.isdecimal() and ends.isdecimal() and 0 < int(ends) - int(begins) <= _LONGEST
            return Address(road.group(1), begins, str(int(ends)) if ranged else "")
    first = _ROAD.search(rest)
    return Address(first.group(1)) if first else Address()


def _digits(text: str) -> str:
    lead = text[0] if text[0] in "甲乙丙丁附" else ""
    return lead + number(re.split(r"[-~至之]", text[len(lead) :])[0])


def compare(one: Address, other: Address) -> tuple[float, str] | None:
    """Return a score 0–1 and what it rests on (`same`, `within`, `road`, `other`); None where either tells no road."""
    if not one.road or not other.road:
        return None
    if one.road != other.road:
        return OTHER, "other"
    if one.number and one.number == other.number:
        return SAME, "same"
    mine, theirs = one.numbers(), other.numbers()
    if mine and theirs and mine[0] <= theirs[-1] and theirs[0] <= mine[-1]:
        return WITHIN, "within"
    return SAME_ROAD, "road"
