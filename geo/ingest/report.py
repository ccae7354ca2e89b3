"""What an import says about itself: all that was detected, with its evidence, and every row not taken as it was."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from geo.crs import Identified, Sentence, label
from geo.ingest.columns import ColumnMap
from geo.ingest.matching.outcome import Matching
from geo.ingest.reasons import Finding

MAX_FINDINGS = 5_000
"""Findings kept in a report; the counts go on beyond."""


@dataclass(frozen=True, slots=True)
class Question:
    """Something that the file does not tell and that changes the outcome: nothing is loaded until it is answered."""

    about: str
    text: Sentence
    choices: tuple[str, ...] = ()
    evidence: tuple[Sentence, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return the question as plain JSON values."""
        return {
            "about": self.about,
            "text": _both(self.text),
            "choices": list(self.choices),
            "evidence": [_both(sentence) for sentence in self.evidence],
        }


@dataclass
class ImportReport:
    """The outcome of one file. `change_set` is None where nothing was written (a trial, questions, no difference)."""

    file: str
    kind: str | None = None
    driver: str | None = None
    layer: str | None = None
    encoding: str | None = None
    layers: list[str] = field(default_factory=list)
    encodings: list[dict[str, Any]] = field(default_factory=list)
    preview: list[list[str]] = field(default_factory=list)
    first_rows: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    rates: dict[str, Any] | None = None
    fit: dict[str, Any] | None = None
    crs: Identified | None = None
    mapping: ColumnMap | None = None
    questions: list[Question] = field(default_factory=list)
    notes: list[Sentence] = field(default_factory=list)
    counts: dict[str, int] = field(
        default_factory=lambda: dict.fromkeys(
            ("read", "new", "changed", "unchanged", "refused", "repaired", "suspicious"), 0
        )
    )
    findings: list[Finding] = field(default_factory=list)
    change_set: int | None = None
    dry_run: bool = False
    checks: dict[str, Any] | None = None
    matching: Matching | None = None

    @property
    def loadable(self) -> int:
        """How many rows are (or would be) in the store after this import."""
        return sum(self.counts[name] for name in ("new", "changed", "unchanged"))

    def as_json(self) -> dict[str, Any]:
        """Return the report as plain JSON values, with at most `MAX_FINDINGS` findings, refusals first."""
        order = {"refused": 0, "repaired": 1, "suspicious": 2}
        findings = sorted(self.findings, key=lambda one: (order[one.severity], one.row))
        return {
            "file": self.file,
            "kind": self.kind,
            "driver": self.driver,
            "layer": self.layer,
            "encoding": self.encoding,
            "layers": self.layers,
            "encodings": self.encodings,
            "preview": self.preview,
            "first_rows": self.first_rows,
            "rates": self.rates,
            "fit": self.fit,
            "crs": _crs(self.crs),
            "columns": _columns(self.mapping),
            "notes": [_both(note) for note in self.notes],
            "questions": [question.as_json() for question in self.questions],
            "counts": dict(self.counts),
            "findings": [finding.as_json() for finding in findings[:MAX_FINDINGS]],
            "findings_left_out": max(len(findings) - MAX_FINDINGS, 0),
            "change_set": self.change_set,
            "dry_run": self.dry_run,
            "checks": self.checks,
            "matching": self.matching.counts() if self.matching else None,
        }


def _both(sentence: Sentence) -> dict[str, str]:
    return {"zh": sentence[0], "en": sentence[1]}


def _crs(crs: Identified | None) -> dict[str, Any] | None:
    if crs is None:
        return None
    return {
        "epsg": crs.epsg,
        "name": label(crs.epsg) if crs.epsg else None,
        "evidence": [_both(sentence) for sentence in crs.evidence],
    }


def _columns(mapping: ColumnMap | None) -> list[dict[str, Any]]:
    if mapping is None:
        return []
    return [{"column": match.column, "field": match.field, "score": match.score} for match in mapping.matches]
