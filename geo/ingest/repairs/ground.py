"""What the cells of a file are held against: their parents, and the known cells beside them, as of a date."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray
from sqlalchemy import text
from sqlalchemy.orm import Session

from geo.ingest.tables import ParsedTable

FITTING: Final = ("regions", "grids")
"""Kinds whose shapes of one level fill their parents."""

_KNOWN = {
    "grids": text("""
SELECT code, neighbourhood AS parent, ST_AsBinary(geom) AS wkb FROM grid
 WHERE neighbourhood = ANY (:parents) AND NOT code = ANY (:codes) AND upper_inf(recorded) AND valid @> :at"""),
    "regions": text("""
SELECT code, parent, ST_AsBinary(geom) AS wkb FROM region
 WHERE parent = ANY (:parents) AND NOT code = ANY (:codes) AND upper_inf(recorded) AND valid @> :at
   AND geom IS NOT NULL"""),
}
_OUTLINES = text("""
SELECT code, ST_AsBinary(geom) AS wkb FROM region
 WHERE code = ANY (:codes) AND upper_inf(recorded) AND valid @> :at AND geom IS NOT NULL""")


@dataclass(frozen=True)
class Ground:
    """Known cells and parents' outlines with their codes; `families` name both by number, and cells by position."""

    families: list[dict[str, Any]]
    codes: list[str]
    known: NDArray[np.object_]
    parents: list[str]
    outlines: NDArray[np.object_]


def ground_of(session: Session, table: ParsedTable, at: date) -> Ground:
    """Return cells by parent, with what is known there; a parent in the file goes before the one in the store."""
    if table.shapes is None or table.kind.name not in FITTING:
        return Ground([], [], _shapes([]), [], _shapes([]))
    parents = table.column("parent" if table.kind.name == "regions" else "neighbourhood")
    cells: dict[str, list[int]] = {}
    for position in table.kept():
        if parents[position] is not None and table.shapes[position] is not None:
            cells.setdefault(str(parents[position]), []).append(position)
    outlines = _outlines(session, table, list(cells), at)
    names = list(outlines)
    asked = {"parents": names, "codes": [table.code(position) for position in table.kept()], "at": at}
    there = list(session.execute(_KNOWN[table.kind.name], asked))
    beside: dict[str, list[int]] = {}
    for number, row in enumerate(there):
        beside.setdefault(row.parent, []).append(number)
    families = [
        {"cells": cells[code], "known": beside.get(code, []), "parent": number}
        for number, code in enumerate(names)
    ]
    outlined = np.array([*outlines.values(), None], dtype=object)[:-1]
    return Ground(families, [row.code for row in there], _shapes(row.wkb for row in there), names, outlined)


def _outlines(session: Session, table: ParsedTable, codes: list[str], at: date) -> dict[str, Any]:
    """Return the outlines of parents that have one, by code."""
    assert table.shapes is not None
    rows = list(session.execute(_OUTLINES, {"codes": codes, "at": at}))
    known = dict(zip([row.code for row in rows], _shapes(row.wkb for row in rows), strict=True))
    if table.kind.name != "regions":
        return known
    own = {table.code(position): table.shapes[position] for position in table.kept()}
    mine = {code: own[code] for code in codes if own.get(code) is not None}
    return {**known, **mine}


def _shapes(blobs: Iterable[Any]) -> NDArray[np.object_]:
    found = [*shapely.from_wkb([bytes(blob) for blob in blobs]), None]
    return np.array(found, dtype=object)[:-1]
