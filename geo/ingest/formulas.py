"""Formulas of a workbook (公式) whose values nobody worked out: programs that write workbooks leave them to Excel."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from geo.ingest import packed

_WITHOUT_VALUE: Final = re.compile(rb"(?:</f>|<f[^<>]*/>)\s*(?:<v\s*/>|<v>\s*</v>)?\s*</c>")
_END: Final = b"</c>"
_CHUNK: Final = 2**20


def without_value(path: Path) -> int:
    """How many cells of a workbook hold a formula and no value, and would be read as empty."""
    found = 0
    with packed.opened(path, "workbook") as book:
        for entry in book.infolist():
            if not entry.filename.startswith("xl/worksheets/"):
                continue
            rest = b""
            with book.open(entry) as part:
                while chunk := part.read(_CHUNK):
                    # up to the last whole cell; what comes after it is looked at with the next piece
                    window = rest + chunk
                    cut = window.rfind(_END) + len(_END) if _END in window else 0
                    found += len(_WITHOUT_VALUE.findall(window, 0, cut))
                    rest = window[cut:]
    return found
