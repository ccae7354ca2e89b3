"""The first rows of a file as its cells stand there, each beside what becomes of it (预览)."""

from __future__ import annotations

from typing import Any, Final

from geo.ingest.cells import Unreadable, parse, told
from geo.ingest.columns import ColumnMap
from geo.ingest.exported import word
from geo.ingest.fields import Field
from geo.ingest.reading import RawTable
from geo.ingest.tables import as_named

ROWS: Final = 5
_LENGTH: Final = 60


def first_rows(raw: RawTable, mapping: ColumnMap | None) -> dict[str, list[dict[str, Any]]]:
    """Return the first cells of every column: `text` as it stands there, `value` as it is understood.

    `value` is None for a column that is left out (all, while the kind is not known), and for a cell that is unknown;
    `wrong` marks one that cannot be read. A value is written as an export would write it.
    """
    fields = (
        {}
        if mapping is None
        else {
            column: as_named(mapping.kind.field(name), column) for name, column in mapping.columns().items()
        }
    )
    return {
        column: [_sample(cell, fields.get(column)) for cell in cells[:ROWS]]
        for column, cells in raw.columns.items()
    }


def _sample(cell: Any, one: Field | None) -> dict[str, Any]:
    text = told(cell)[:_LENGTH]
    if one is None:
        return {"text": text, "value": None, "wrong": False}
    try:
        value = word(one, parse(cell, one).value)
    except Unreadable:
        return {"text": text, "value": None, "wrong": True}
    return {"text": text, "value": None if value is None else str(value)[:_LENGTH], "wrong": False}
