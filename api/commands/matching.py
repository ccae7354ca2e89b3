"""`wangge import --match`: rows without a code; what is in doubt goes out and comes back as a CSV."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from geo.errors import BadInput
from geo.ingest.matching.decisions import read_decisions, write_decisions
from geo.ingest.matching.outcome import Decision
from geo.ingest.matching.values import limits_of
from geo.ingest.report import ImportReport


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of matching to `import`."""
    parser.add_argument("--match", action="store_true",
                        help="find the communities of rows without a code by name, address and place")  # fmt: skip
    parser.add_argument("--certain", type=_score, metavar="SCORE",
                        help="match by itself from this score on, 0.6-1 (default 0.88)")  # fmt: skip
    parser.add_argument("--doubtful", type=Path, metavar="CSV",
                        help="write the rows in doubt, with their candidates, to this file")  # fmt: skip
    parser.add_argument("--decisions", type=_decisions, metavar="CSV",
                        help="that file with its column decision filled in: a code, none, or new")  # fmt: skip


def _decisions(text: str) -> dict[int, Decision]:
    try:
        return read_decisions(Path(text))
    except (OSError, ValueError, BadInput) as error:
        raise argparse.ArgumentTypeError(f"{text}: {getattr(error, 'message', error)}") from None


def _score(text: str) -> float:
    try:
        score = float(text)
        limits_of(score, None)
        return score
    except (ValueError, BadInput) as error:
        raise argparse.ArgumentTypeError(f"{text!r}: {getattr(error, 'message', 'no number')}") from None


def chosen(arguments: argparse.Namespace) -> dict[str, Any]:
    """Return what the command line says of matching, as import options."""
    return {
        "match": arguments.match or arguments.decisions is not None or arguments.doubtful is not None,
        "limits": limits_of(arguments.certain, None),
        "decisions": arguments.decisions or {},
    }


def tell(report: ImportReport, arguments: argparse.Namespace) -> None:
    """Print how many rows were matched, and write those in doubt to their file."""
    if report.matching is None:
        return
    counts = ", ".join(f"{name} {count}" for name, count in report.matching.counts().items() if count)
    sys.stdout.write(f"  matched by name: {counts or 'nothing to match'}\n")
    if arguments.doubtful is not None:
        count = write_decisions(arguments.doubtful, report.matching.open_rows())
        sys.stdout.write(f"  {count} rows to decide written to {arguments.doubtful}\n")
