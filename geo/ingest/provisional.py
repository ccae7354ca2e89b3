"""Provisional codes (临时编码): for tables that carry none, on request, in the order of the file.

A region gets the next numbers under the region that was named. A grid, a community or a stand-alone building gets the
next ones of its neighbourhood: the one that was named, or else the one that its inner point lies in.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import shapely
from sqlalchemy import text
from sqlalchemy.orm import Session

from geo.coverage.mass import Mosaic
from geo.errors import BadInput
from geo.ingest.checks import region_prefix
from geo.ingest.report import ImportReport
from geo.ingest.tables import ParsedTable

BY_PLACE: Final = "place"
_INSIDE: Final = {
    "grids": ("grid", ""),
    "communities": ("community", "C"),
    "building-groups": ("building_group", "S"),
}
"""Per kind: the table whose codes were given before, and the letter between neighbourhood and number."""
KINDS: Final = ("regions", *_INSIDE)
_LEVELS: Final = {4: ("district", 2), 6: ("subdistrict", 3), 9: ("neighbourhood", 3)}
"""By digits of the region above: the level below it, and the digits of its number."""
_MOST: Final = 999

_REGION = text("SELECT level FROM region WHERE code = :code AND upper_inf(recorded)")
_NUMBERS = text("""
SELECT coalesce(max(substring(code FROM :start FOR :digits)::integer), 0) FROM region
 WHERE code ^@ :prefix AND length(code) = 12""")
_HIGHEST = text("SELECT highest_number(:kind, :stem)")
_NEIGHBOURHOODS = text("""
SELECT code, ST_AsBinary(geom) AS wkb FROM region
 WHERE level = 'neighbourhood' AND upper_inf(recorded) AND upper_inf(valid) AND geom IS NOT NULL AND code ^@ :prefix""")


def provide(session: Session, table: ParsedTable, under: str, report: ImportReport) -> None:
    """Give every row without a code one, below the region `under` (or `place`); the report says which.

    Raises BadInput where the region does not exist, is of the wrong level, or has no numbers left.
    """
    if table.kind.name not in KINDS:
        raise BadInput(f"{table.kind.title} get no provisional codes", field="provisional")
    codes = list(table.column("code"))
    bare = [p for p in table.kept() if codes[p] is None]
    give = _below if table.kind.name == "regions" else _in_neighbourhoods
    for position, code in give(session, table, bare, under).items():
        codes[position] = code
    table.values["code"] = codes
    given = sorted(str(codes[p]) for p in bare if codes[p] is not None)
    for position in bare:
        if codes[position] is None:
            table.note(position, "refused", "required", "code")
    if given:
        span = f"{given[0]} – {given[-1]}"
        report.notes.append((f"临时编码 {len(given)} 个：{span}", f"{len(given)} provisional codes: {span}"))


def _below(session: Session, table: ParsedTable, bare: list[int], under: str) -> dict[int, str]:
    """Return codes of regions right below one, and fill their level and parent."""
    prefix = _prefix(session, under)
    if len(prefix) not in _LEVELS:
        raise BadInput(f"below {under} there are no regions", field="provisional")
    level, digits = _LEVELS[len(prefix)]
    asked = {"prefix": prefix, "start": len(prefix) + 1, "digits": digits}
    first = int(session.execute(_NUMBERS, asked).scalar_one()) + 1
    if first + len(bare) > 10**digits:
        raise BadInput(f"{under} has no {len(bare)} numbers left", field="provisional")
    for name, value in (("level", level), ("parent", under)):
        table.values[name] = [value if p in set(bare) else old for p, old in enumerate(table.column(name))]
    return {p: f"{prefix}{first + n:0{digits}d}".ljust(12, "0") for n, p in enumerate(bare)}


def _in_neighbourhoods(session: Session, table: ParsedTable, bare: list[int], under: str) -> dict[int, str]:
    kind, letter = _INSIDE[table.kind.name]
    prefix = "" if under == BY_PLACE else _prefix(session, under)
    named = table.column("neighbourhood")
    placed = _places(session, table, bare, prefix)
    found: dict[int, str] = {}
    highest: dict[str, int] = {}
    for position in bare:
        home = named[position] or (prefix if len(prefix) == 12 else placed.get(position))
        if home is None:
            continue
        if home not in highest:
            stem = {"kind": kind, "stem": f"{home}{letter}"}
            highest[home] = int(session.execute(_HIGHEST, stem).scalar_one())
        highest[home] += 1
        if highest[home] > _MOST:
            raise BadInput(f"neighbourhood {home} has no numbers left", field="provisional")
        found[position] = f"{home}{letter}{highest[home]:03d}"
    return found


def _places(session: Session, table: ParsedTable, bare: list[int], prefix: str) -> dict[int, str]:
    """Return the neighbourhood that the inner point of each shape lies in."""
    if table.shapes is None or not bare:
        return {}
    rows: list[Any] = list(session.execute(_NEIGHBOURHOODS, {"prefix": prefix}))
    mosaic = Mosaic.of([row.code for row in rows], list(shapely.from_wkb([bytes(row.wkb) for row in rows])))
    table.places.find(bare)
    at = [table.places.get(position) or (np.nan, np.nan) for position in bare]
    x, y = np.array(at, dtype=np.float64).reshape(-1, 2).T
    owners = mosaic.locate(x, y).owner.tolist()
    return {p: str(mosaic.codes[owner]) for p, owner in zip(bare, owners, strict=True) if owner >= 0}


def _prefix(session: Session, under: str) -> str:
    if session.execute(_REGION, {"code": under}).first() is None:
        raise BadInput(f"no region {under!r} in your area to give codes under", field="provisional")
    return region_prefix(under)
