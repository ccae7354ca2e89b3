"""One finding of the gate (送审检查): a rule, whether it blocks, where, and the sentence in both languages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from geo.tender.award_words import Figure, worded
from geo.tender.gate.words import TEXTS

Severity = Literal["block", "warn"]


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong, or should be known. `place`: lon and lat of what is at fault; `pieces`: of a broken package."""

    rule: str
    severity: Severity
    zh: str
    en: str
    figures: Mapping[str, Any] = field(default_factory=dict)
    package: int | None = None
    package_name: str | None = None
    units: tuple[str, ...] = ()
    place: tuple[float, float] | None = None
    pieces: tuple[tuple[str, ...], ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return plain values."""
        return {
            "rule": self.rule, "severity": self.severity, "package": self.package, "package_name": self.package_name,
            "units": list(self.units), "figures": dict(self.figures), "pieces": [list(each) for each in self.pieces],
            "place": list(self.place) if self.place else None, "zh": self.zh, "en": self.en,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Where:
    """Where a finding lies."""

    package: int | None = None
    package_name: str | None = None
    units: tuple[str, ...] = ()
    place: tuple[float, float] | None = None
    pieces: tuple[tuple[str, ...], ...] = ()


def found(
    rule: str, severity: Severity, where: Where, /, text: str | None = None, **figures: Figure
) -> Finding:
    """Put a finding into words; `text`: the sentence, where it is not the one that is named like the rule."""
    told = worded(TEXTS, text or rule, (), figures)
    return Finding(
        rule,
        severity,
        told.zh,
        told.en,
        told.as_json()["figures"],  # type: ignore[arg-type]  # a mapping, by its maker
        where.package,
        where.package_name,
        where.units,
        where.place,
        where.pieces,
    )


def blocks(findings: Sequence[Finding]) -> int:
    """Return how many of them block."""
    return sum(each.severity == "block" for each in findings)
