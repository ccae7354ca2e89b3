"""One layer as the child reads it, before it is written to the folder."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any

import numpy as np

MAX_ROWS = 1_000_000
MAX_COLUMNS = 500


@dataclass
class Layer:
    """One layer: columns of plain values, row numbers of the source (1-based), shapes as WKB or None.

    `meta` holds name, crs, encoding, driver and preview; `cut`, the names of columns whose own name may be cut short;
    `notes`, sentences in both languages about what was left out.
    """

    columns: dict[str, list[Any]]
    rows: list[int]
    shapes: Sequence[bytes | None] | None = None
    meta: dict[str, Any] = field(default_factory=dict)


def plain_column(column: np.ndarray) -> list[Any]:
    """Return a column as plain JSON values."""
    cells: list[Any] = column.tolist()
    if column.dtype.kind in "iub" or set(map(type, cells)) <= {str, int, bool, type(None)}:
        return cells
    return [plain_value(value) for value in cells]


def plain_value(value: Any) -> Any:
    """Return a JSON value: days and times as ISO text, unknown and not-a-number as None, bytes as nothing."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat()
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, bytes):
        return None
    return value


def flat_cell(value: Any) -> Any:
    """Flatten a property: a list of texts stays readable, an object is its JSON."""
    if isinstance(value, list) and all(isinstance(part, str) for part in value):
        return "、".join(value)
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else value
