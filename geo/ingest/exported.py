"""What an export holds before it is written: columns of one kind under its own headers, and shapes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np

from geo.crs import CGCS2000
from geo.ingest.fields import Field, Kind, words_of
from geo.ingest.written import WRITTEN, as_text


@dataclass(frozen=True)
class Exported:
    """Columns by field in order, and shapes (None where the kind has none) in `epsg`; rows are in order of code.

    `written` says of each row what its file wrote where a value is not plainly that (None for most).
    """

    kind: Kind
    values: dict[str, list[Any]]
    shapes: np.ndarray | None
    epsg: int = CGCS2000
    written: Sequence[dict[str, str] | None] = ()

    def __len__(self) -> int:
        return len(next(iter(self.values.values())))

    def headed(self) -> list[tuple[Field, list[Any]]]:
        """Return (field, column) with stored values turned into the words of the offices.

        Where any row has something written beside its values, a last column holds it.
        """
        found = [(one, [word(one, value) for value in self.values[one.name]]) for one in self.kind.fields]
        if any(self.written):
            found.append((WRITTEN, [as_text(self.kind, told) if told else None for told in self.written]))
        return found

    def fields(self) -> tuple[Field, ...]:
        """Return the fields of the columns, in their order."""
        return (*self.kind.fields, WRITTEN) if any(self.written) else self.kind.fields


def typed(one: Field, cells: list[Any]) -> tuple[np.ndarray, np.ndarray | None]:
    """Return a column with its own type, and where it is unknown (None where its nulls say so themselves)."""
    if one.type not in ("integer", "number", "share"):
        column = np.empty(len(cells), dtype=object)
        column[:] = cells
        return column, None
    mask = np.array([cell is None for cell in cells], dtype=bool)
    dtype = np.int64 if one.type == "integer" else np.float64
    return np.array([0 if cell is None else cell for cell in cells], dtype=dtype), mask


def word(one: Field, value: Any) -> Any:
    """Return a stored value as the office writes it: 有/无, the word of a choice, 、 between names, an ISO day."""
    if value is None:
        return None
    if one.type == "choice":
        return words_of(one.choices).get(value, value)
    if one.type == "flag":
        return "无" if value == one.lacks else "有"
    if one.type == "list":
        return "、".join(value) or None
    return value.isoformat() if isinstance(value, date) else value
