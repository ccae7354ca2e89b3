"""How much lies in few hands (供应商集中度): shares by firm and the Herfindahl–Hirschman index (HHI), in exact numbers.

HHI is the sum of the squared shares in per cent: 10,000 is one firm, and markets above 1,800 count as highly
concentrated (2023 merger guidelines; 2,500 before). Practice to look at: one firm of Changzhi took 60 of 127.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class Spread:
    """Shares by firm, 0 to 1 with four decimals, the largest first; hhi None: there is nothing to share."""

    total: int
    shares: Mapping[str, Decimal]
    hhi: int | None

    @property
    def largest(self) -> str | None:
        """Return the firm with the largest share; of equals the one first by code."""
        return next(iter(self.shares), None)


@dataclass(frozen=True, slots=True)
class Concentration:
    """By packages and by households; `unknown`: packages whose households nobody knows, counted beside."""

    packages: Spread
    households: Spread
    unknown: int


def concentration(won: Iterable[tuple[str, int | None]]) -> Concentration:
    """Return how what was won (firm, households of a package) spreads over firms.

    >>> found = concentration([("F1", 300), ("F1", 500), ("F2", None), ("F3", 200)])
    >>> found.packages.hhi, found.packages.largest, found.households.shares["F1"], found.unknown
    (3750, 'F1', Decimal('0.8000'), 1)
    """
    held = list(won)
    packages, households = Counter[str](), Counter[str]()
    for firm, size in held:
        packages[firm] += 1
        households[firm] += size or 0
    return Concentration(spread(packages), spread(households), sum(size is None for _, size in held))


def spread(amounts: Mapping[str, int]) -> Spread:
    """Return the shares of amounts from 0 on, and their HHI.

    >>> spread({"F1": 60, "F2": 67}).hhi
    5015
    """
    total = sum(amounts.values())
    if not total:
        return Spread(0, {}, None)
    ordered = sorted(
        ((firm, each) for firm, each in amounts.items() if each), key=lambda pair: (-pair[1], pair[0])
    )
    shares = {firm: _rounded(Fraction(each, total), Decimal("0.0001")) for firm, each in ordered}
    squares = sum(Fraction(each * 100, total) ** 2 for _, each in ordered)
    return Spread(total, shares, int(_rounded(Fraction(squares), Decimal(1))))


def _rounded(value: Fraction, step: Decimal) -> Decimal:
    return (Decimal(value.numerator) / Decimal(value.denominator)).quantize(step, ROUND_HALF_UP)
