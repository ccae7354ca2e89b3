"""Tables of `wangge bundle` as columns: numbers, texts and flags, each fault told with its field and place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo.errors import BadInput
from geo.ingest.formats import csv_rows, decode, recognise

YES: Final = frozenset({"1", "true", "t", "yes", "y", "是", "有"})
NO: Final = frozenset({"0", "false", "f", "no", "n", "否", "无", ""})
MOST: Final = 1e15
"""Sums of larger figures would no longer be exact to a unit."""
_MOST_NAMED = 12


@dataclass(frozen=True)
class Table:
    """A file's columns by name, all of one length; ``lines`` numbers the rows of a text file."""

    name: str
    columns: Mapping[str, pd.Series[Any]]
    lines: tuple[int, ...] | None = None
    ids: tuple[str, ...] | None = None

    def __len__(self) -> int:
        """Number of rows."""
        return len(next(iter(self.columns.values()))) if self.columns else len(self.lines or ())

    def place(self, row: int) -> str:
        """Where a row stands, for people: `units.csv, line 4 (unit u2)`."""
        line = "" if self.lines is None else f", line {self.lines[row]}"
        unit = "" if self.ids is None else f"unit {self.ids[row]}"
        if line and unit:
            return f"{self.name}{line} ({unit})"
        return f"{self.name}{line or ', ' + (unit or f'row {row + 1}')}"

    def has(self, field: str) -> pd.Series[Any]:
        """The column of a field. Raises BadInput that names the fields there are."""
        if field not in self.columns:
            there = ", ".join(list(self.columns)[:_MOST_NAMED]) or "none"
            more = " …" if len(self.columns) > _MOST_NAMED else ""
            raise BadInput(f"{self.name} has no field {field}; it has {there}{more}", field=field)
        return self.columns[field]

    def numbers(self, field: str) -> NDArray[np.float64]:
        """A column as numbers, nan where a cell is empty. Raises BadInput at a text and at a number too large."""
        column = self.has(field)
        if not (pd.api.types.is_numeric_dtype(column) or _is_text(column)):
            raise BadInput(f"{self.place(0)}: {field} holds no numbers but {column.dtype}", field=field)
        bare = column.str.strip() if _is_text(column) else column
        found = np.array(pd.to_numeric(bare, errors="coerce"), dtype=float)
        empty = np.asarray(bare.isna() | (bare == ""), dtype=bool)
        wrong = np.flatnonzero((np.isnan(found) & ~empty) | (abs(found) > MOST))
        if len(wrong):
            row = int(wrong[0])
            large = f"number of at most {MOST:.0e}" if abs(found[row]) > MOST else "number"
            kind = "finite number" if np.isinf(found[row]) else large
            raise BadInput(f"{self.place(row)}: {field} {str(column.iloc[row])!r} is no {kind}", field=field)
        found[empty] = np.nan
        return found

    def known(self, field: str) -> NDArray[np.float64]:
        """A column of numbers without gaps. Raises BadInput at the first empty cell."""
        found = self.numbers(field)
        gaps = np.flatnonzero(np.isnan(found))
        if len(gaps):
            raise BadInput(f"{self.place(int(gaps[0]))} has no {field}", field=field)
        return found

    def texts(self, field: str) -> list[str | None]:
        """A column as text, None where a cell is empty; whole numbers of a column with gaps lose their `.0`."""
        return [_text(value) for value in self.has(field).tolist()]

    def flags(self, field: str) -> list[bool]:
        """A column as yes or no; empty is no. Raises BadInput at a value that is neither."""
        texts = [(text or "").lower() for text in self.texts(field)]
        for row, text in enumerate(texts):
            if text not in YES and text not in NO:
                raise BadInput(f"{self.place(row)}: {field} {text!r} is neither yes nor no", field=field)
        return [text in YES for text in texts]


def _is_text(column: pd.Series[Any]) -> bool:
    return pd.api.types.is_string_dtype(column) or column.dtype == object


def _text(value: Any) -> str | None:
    if value is None or value is pd.NA or (isinstance(value, float) and np.isnan(value)):
        return None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value).strip() or None


def read_csv(path: Path, wanted: Sequence[str]) -> Table:
    """Read a table of text (UTF-8 or GB18030; commas, semicolons or tabs). ``wanted`` are found in any case.

    Raises BadInput for what is no table, lacks a wanted column, names one twice or has cells outside all columns. A
    row longer than the others is refused, too: a comma within a number pushes what follows into the wrong columns.
    """
    if recognise(path) != "csv":
        raise BadInput(f"{path.name} is no .csv", field="file")
    rows = csv_rows(decode(path.read_bytes())[0])
    # blank lines are none, but count in the numbers of those that follow
    filled = [(line, row) for line, row in enumerate(rows, 1) if any(cell.strip() for cell in row)]
    if not filled:
        raise BadInput(f"{path.name} is empty", field="file")
    names = _names(path.name, filled[0][1], wanted)
    width = len(names)
    even = len({len(row) for _, row in filled[1:]}) == 1
    for line, row in filled[1:]:
        if any(cell.strip() for cell in row[width:]) or (len(row) > width and not even):
            raise BadInput(
                f"{path.name}, line {line} has {len(row)} cells, the first line {width}", field="file"
            )
    padded = [[*row[:width], *[""] * (width - len(row))] for _, row in filled[1:]]
    cells = zip(*padded, strict=True) if padded else ([] for _ in names)
    columns = {
        name: pd.Series(list(column), dtype=object) for name, column in zip(names, cells, strict=True) if name
    }
    return Table(path.name, columns, tuple(line for line, _ in filled[1:]))


def _names(file: str, header: Sequence[str], wanted: Sequence[str]) -> list[str]:
    names = [cell.strip() for cell in header]
    for name in wanted:
        places = [place for place, each in enumerate(names) if each.lower() == name]
        if name not in names and len(places) == 1:
            names[places[0]] = name
        if name not in names:
            needed = ", ".join(wanted)
            raise BadInput(
                f"{file} needs the columns {needed}; it has {', '.join(filter(None, names))}", field=name
            )
    doubled = next((name for name in names if name and names.count(name) > 1), None)
    if doubled:
        raise BadInput(f"{file} has two columns {doubled}", field=doubled)
    return names
