"""Decisions about rows as a CSV (确认表): written with what each row may mean, filled in by hand, read again."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

from geo.errors import BadInput
from geo.ingest.formats import decode
from geo.ingest.matching.outcome import Decision, RowMatch

HEADERS: Final = ("row", "name", "decision", "candidate", "score", "evidence", "reason")
_NONE: Final = frozenset({"none", "无", "都不是"})
_NEW: Final = frozenset({"new", "新", "新小区"})
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


def write_decisions(path: Path, rows: Iterable[RowMatch]) -> int:
    """Write a line per candidate of every row that is open; returns how many rows. A mark goes into `decision`."""
    count = 0
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        out = csv.writer(file)
        out.writerow(HEADERS)
        for row in rows:
            count += 1
            first = (str(row.number), _plain(row.name), "")
            for one in row.candidates or ({},):
                evidence = "; ".join(f"{part['zh']} / {part['en']}" for part in one.get("parts", ()))
                named = _plain(f"{one['code']} {one['name']}") if one else ""
                out.writerow((*first, named, one.get("score", ""), _plain(evidence), row.reason[0]))
    return count


def _plain(text: str) -> str:
    """Keep a spreadsheet from taking a name for a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def read_decisions(path: Path) -> dict[int, Decision]:
    """Return decisions by row: a code, `none` (无) or `new` (新) in the column `decision`.

    Lines without one are passed over. Raises BadInput naming the line that cannot be read, or that contradicts an
    earlier one.
    """
    text, _ = decode(path.read_bytes())
    lines = list(csv.DictReader(io.StringIO(text, newline="")))
    if lines and not {"row", "decision"} <= set(lines[0]):
        raise BadInput(f"{path.name} needs the columns row and decision", field="decisions")
    found: dict[int, Decision] = {}
    for at, line in enumerate(lines, 2):
        told = _told(line, at)
        if told is None:
            continue
        row, decision = told
        if found.setdefault(row, decision) != decision:
            raise BadInput(f"line {at}: row {row} is decided twice, differently", field="decisions")
    return found


def _told(line: Mapping[str, str | None], at: int) -> tuple[int, Decision] | None:
    text, row = (line.get("decision") or "").strip(), (line.get("row") or "").strip()
    if not text:
        return None
    if not row.isdecimal():
        raise BadInput(f"line {at}: {row!r} is no row number", field="decisions")
    return int(row), _decision(text, at)


def _decision(text: str, at: int) -> Decision:
    if text.lower() in _NONE:
        return Decision("none")
    if text.lower() in _NEW:
        return Decision("new")
    code: Sequence[str] = text.split()
    if len(code[0]) == 16 and code[0][12] in "CS":
        return Decision("match", code[0])
    raise BadInput(f"line {at}: {text!r} is neither a code, nor none, nor new", field="decisions")
