"""The checks that need the store: no code is retired, parents exist and hold their children, periods keep apart."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

import numpy as np
import shapely
from psycopg2.sql import SQL, Identifier
from sqlalchemy import text
from sqlalchemy.orm import Session

from geo.ingest.checks import region_prefix
from geo.ingest.queries import run
from geo.ingest.tables import ParsedTable

_REFERENCES: dict[str, tuple[tuple[str, str], ...]] = {
    "grids": (("neighbourhood", "neighbourhood"),),
    "communities": (("neighbourhood", "neighbourhood"),),
    "building-groups": (("community", "community"), ("neighbourhood", "neighbourhood")),
    "buildings": (("group", "building_group"), ("community", "community")),
    "service-periods": (("unit", "unit"), ("firm", "firm")),
    "branches": (("grid", "grid"), ("community", "community")),
}
"""Per kind: (field, what it refers to); the first one with a shape is the parent that a child must lie inside."""

_PARENTS = {
    "region": text(
        "SELECT code, level, ST_AsBinary(geom) FROM region WHERE code = ANY (:codes) AND upper_inf(recorded)"
    ),
    "neighbourhood": text(
        "SELECT code, level, ST_AsBinary(geom) FROM region"
        " WHERE code = ANY (:codes) AND level = 'neighbourhood' AND upper_inf(recorded)"
    ),
    "community": text(
        "SELECT code, NULL, ST_AsBinary(geom) FROM community WHERE code = ANY (:codes) AND upper_inf(recorded)"
    ),
    "building_group": text(
        "SELECT code, NULL, ST_AsBinary(geom) FROM building_group WHERE code = ANY (:codes) AND upper_inf(recorded)"
    ),
    "unit": text(
        "SELECT code, NULL, NULL FROM community WHERE code = ANY (:codes) AND upper_inf(recorded) UNION ALL"
        " SELECT code, NULL, NULL FROM building_group"
        "  WHERE code = ANY (:codes) AND community IS NULL AND upper_inf(recorded)"
    ),
    "firm": text("SELECT code, NULL, NULL FROM firm WHERE code = ANY (:codes) AND upper_inf(recorded)"),
    "grid": text("SELECT code, NULL, NULL FROM grid WHERE code = ANY (:codes) AND upper_inf(recorded)"),
}
_KNOWN = {
    "regions": text("SELECT code FROM region WHERE code = ANY (:codes) AND upper_inf(recorded)"),
    "grids": text("SELECT code FROM grid WHERE code = ANY (:codes) AND upper_inf(recorded)"),
    "communities": text("SELECT code FROM community WHERE code = ANY (:codes) AND upper_inf(recorded)"),
    "building-groups": text(
        "SELECT code FROM building_group WHERE code = ANY (:codes) AND upper_inf(recorded)"
    ),
    "buildings": text("SELECT code FROM building WHERE code = ANY (:codes) AND upper_inf(recorded)"),
    "base-features": text("SELECT code FROM base_feature WHERE code = ANY (:codes) AND upper_inf(recorded)"),
}
_PERIODS = text(
    "SELECT p.unit, lower(p.valid), upper(p.valid), p.firm, coalesce(f.name, p.firm) FROM service_period p"
    " LEFT JOIN firm_at(:at) f ON f.code = p.firm WHERE p.unit = ANY (:units) AND upper_inf(p.recorded)"
)
_RETIRED = SQL("""
SELECT gone.code, gone.retired_on FROM retired_codes(%(kind)s, %(codes)s) gone
 WHERE NOT EXISTS (SELECT 1 FROM {table} known WHERE known.code = gone.code AND upper_inf(known.recorded)
                     AND coalesce(upper(known.valid), 'infinity') > %(at)s)""")
OUTSIDE_SHARE, OUTSIDE_M2 = 0.01, 2.0
"""A child with more than 1 % and 2 m² of its area outside its parent is listed."""
_M2 = 111_320.0**2
"""Square metres of one square degree at the equator: an upper bound, good enough to leave specks out."""

_ABOVE = {"district": "city", "subdistrict": "district", "neighbourhood": "subdistrict"}
_DEPTH = {"city": 0, "district": 1, "subdistrict": 2, "neighbourhood": 3}


def check_against_store(session: Session, table: ParsedTable, areas: Sequence[str], at: date) -> None:
    """Note every finding that needs the store. The session's scope decides what can be seen.

    `at` is the date from which new rows and differences hold.
    """
    if table.kind.name != "service-periods":
        _check_retired(session, table, at)
    if table.kind.shape != "none":
        _check_shapes_there(session, table)
    if table.kind.name == "regions":
        _check_region_parents(session, table, areas)
    inside: dict[int, Any] = {}
    for name, target in _REFERENCES.get(table.kind.name, ()):
        for position, parent in _check_reference(session, table, name, target).items():
            inside.setdefault(position, parent)
    _check_inside(table, inside)
    if table.kind.name == "service-periods":
        _check_known_periods(session, table, at)


def _check_retired(session: Session, table: ParsedTable, at: date) -> None:
    """Refuse rows that would use a retired code again; one that was in use at the date may still be corrected."""
    values = {"kind": table.kind.table, "codes": _codes(table), "at": at}
    found = run(session, _RETIRED.format(table=Identifier(table.kind.table)), **values)
    retired = {row.code: row.retired_on for row in found}
    codes = table.codes()
    for position in table.kept() if retired else []:
        day = retired.get(codes[position] or "")
        if day is not None:
            table.note(position, "refused", "retired", "code", day)


def _codes(table: ParsedTable) -> list[str | None]:
    codes = table.codes()
    return [codes[position] for position in table.kept()]


def _check_shapes_there(session: Session, table: ParsedTable) -> None:
    """A row without a shape keeps the one in the store; a new code needs one (a city does not)."""
    shapes = table.shapes if table.shapes is not None else np.full(len(table), None)
    levels, missing = table.column("level"), shapely.is_missing(shapes)
    bare = [p for p in np.flatnonzero(table.keep & missing).tolist() if levels[p] != "city"]
    known = (
        set(session.scalars(_KNOWN[table.kind.name], {"codes": [table.code(p) for p in bare]}))
        if bare
        else set()
    )
    for position in bare:
        if table.code(position) not in known:
            table.note(position, "refused", "no_shape")


def _fetch(session: Session, target: str, codes: Iterable[Any]) -> dict[str, tuple[Any, Any]]:
    """Return (level, shape) by code of the parents that exist."""
    wanted = sorted({code for code in codes if code is not None})
    rows = session.execute(_PARENTS[target], {"codes": wanted}).all() if wanted else []
    shapes = shapely.from_wkb([None if blob is None else bytes(blob) for _, _, blob in rows])
    return {row[0]: (row[1], shape) for row, shape in zip(rows, shapes, strict=True)}


def _check_reference(session: Session, table: ParsedTable, name: str, target: str) -> dict[int, Any]:
    """Refuse rows whose parent does not exist; returns the parents' shapes by position, where they have one."""
    values = table.column(name)
    parents = _fetch(session, target, (values[p] for p in table.kept()))
    for position in table.kept():
        if values[position] is not None and values[position] not in parents:
            table.note(position, "refused", "parent", name, values[position])
    held = {p: parents[values[p]][1] for p in table.kept() if values[p] in parents}
    return {position: shape for position, shape in held.items() if shape is not None}


def _check_inside(table: ParsedTable, parents: dict[int, Any]) -> None:
    """Note children that lie partly outside their parent, with the share of their area that does."""
    if table.shapes is None:
        return
    kept = (p for p, parent in parents.items() if parent is not None and table.keep[p])
    positions = [p for p in kept if table.shapes[p] is not None]
    if not positions:
        return
    children = table.shapes[positions]
    around = np.array([parents[p] for p in positions], dtype=object)
    shapely.prepare(around)
    doubtful = np.flatnonzero(~shapely.covers(around, children))
    outside = shapely.area(shapely.difference(children[doubtful], around[doubtful]))
    shares = outside / np.maximum(shapely.area(children[doubtful]), 1e-30)
    for index, share, area in zip(doubtful, shares, outside, strict=True):
        if share > OUTSIDE_SHARE and area * _M2 > OUTSIDE_M2:
            table.note(positions[index], "suspicious", "outside", text=f"{share * 100:.1f}")


def _check_region_parents(session: Session, table: ParsedTable, areas: Sequence[str]) -> None:
    """A region's parent is in the file or the store, one level above; one outside the asker's areas is not asked."""
    levels, parents = table.column("level"), table.column("parent")
    stored = _fetch(session, "region", (parents[p] for p in table.kept()))
    there = {code: (level, shape) for code, (level, shape) in stored.items()}
    shapes = table.shapes if table.shapes is not None else np.full(len(table), None)
    inside: dict[int, Any] = {}
    for position in sorted(table.kept(), key=lambda p: _DEPTH[levels[p]]):
        parent, level = parents[position], levels[position]
        if parent is not None and region_prefix(parent).startswith(tuple(areas)):
            above = there.get(parent)
            if above is None or above[0] != _ABOVE[level]:
                table.note(position, "refused", "parent", "parent", parent)
                continue
            inside[position] = above[1]
        there[table.code(position) or ""] = (level, shapes[position])
    _check_inside(table, inside)


def _check_known_periods(session: Session, table: ParsedTable, at: date) -> None:
    """Refuse a period that overlaps a known one of its unit that begins on another day (the same day replaces it).

    A contract that is replaced by a shorter one, or by another firm's, is named.
    """
    starts, ends, firms = table.column("start"), table.column("end"), table.column("firm")
    known: dict[str, list[tuple[Any, Any]]] = {}
    units = sorted({table.code(p) or "" for p in table.kept()})
    replaced = {(table.code(p), starts[p]): p for p in table.kept()}
    named = "firm" in table.values
    for unit, start, end, firm, name in session.execute(_PERIODS, {"units": units, "at": at}):
        position = replaced.get((unit, start))
        if position is None:
            known.setdefault(unit, []).append((start, end))
            continue
        same = not named or firms[position] == firm
        shorter = ends[position] is not None and (end is None or ends[position] < end)
        if firm is not None and (shorter or not same):
            fresh = ends[position] if same else "×"
            table.note(
                position, "suspicious", "contract_cut", "end", f"{name} {start or ''} – {end or ''} → {fresh}"
            )
    for position in table.kept():
        for start, end in known.get(table.code(position) or "", []):
            mine = (starts[position], ends[position])
            if (end is None or end > mine[0]) and (mine[1] is None or start is None or start < mine[1]):
                table.note(position, "refused", "overlap", "start", f"{start or ''} – {end or ''}")
                break
