"""A made town for tests of plans: quadrilateral grids in a lattice, in neighbourhoods side by side, houses in rows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import shapely
from sqlalchemy import text
from sqlalchemy.orm import Session

from geo.boundaries.plans.cells import as_ewkb
from geo.boundaries.tessellation import Tessellation
from geo.store.engine import Scope, Store

TODAY = date(2026, 11, 1)
PLANNER = Scope("planner", ("990101",))
SUBDISTRICT = "990101001000"
_GEOM = "CAST(:geom AS geometry(MultiPolygon, 4490))"
_INSERT = {
    "region": "INSERT INTO region (code, level, parent, name, geom, valid, opened_by) VALUES"
    f" (:code, :level, :parent, :code, {_GEOM}, '[2020-01-01,)', :by)",
    "grid": "INSERT INTO grid (code, name, kind, neighbourhood, geom, valid, opened_by) VALUES"
    f" (:code, :code, 'basic', left(:code, 12), {_GEOM}, '[2020-01-01,)', :by)",
    "community": "INSERT INTO community (code, name, kind, neighbourhood, geom, valid, opened_by) VALUES"
    f" (:code, :code, 'old', left(:code, 12), {_GEOM}, '[2020-01-01,)', :by)",
    "building": "INSERT INTO building (code, name, community, households, residents, geom, valid, opened_by) VALUES"
    f" (:code, :code, left(:code, 16), 8, 20, {_GEOM}, '[2020-01-01,)', :by)",
}


@dataclass(frozen=True)
class Town:
    """Codes of what was built."""

    neighbourhoods: tuple[str, ...]
    grids: tuple[str, ...]
    buildings: tuple[str, ...]


def build(store: Store, *, blocks: int, columns: int, rows: int, houses: int, seed: int = 1) -> Town:
    """Fill an empty store: `blocks` neighbourhoods of columns × rows grids with `houses`² buildings each."""
    corners = _corners(blocks * columns, rows, seed)
    cells, homes = {}, {}
    for block in range(blocks):
        parent = f"990101001{block + 1:03d}"
        quads = [(block * columns + i, j) for i in range(columns) for j in range(rows)]
        for number, (i, j) in enumerate(quads, start=1):
            ring = corners[[i, i + 1, i + 1, i], [j, j, j + 1, j + 1]]
            cells[f"{parent}{number:03d}"] = shapely.Polygon(ring)
            for k, house in enumerate(_houses(ring, houses)):
                count = (number - 1) * houses**2 + k
                homes[f"{parent}C{1 + count // 900:03d}00{1 + count % 900:03d}"] = house
    with store.begin(PLANNER) as db:
        by = db.scalar(
            text(
                "INSERT INTO change_set (kind, area, subject) VALUES ('import', '990101', 'town') RETURNING id"
            )
        )
        _fill(db, int(by or 0), cells, homes)
    with store.begin(PLANNER) as db:
        for table in ("region", "grid", "building"):
            db.execute(text("SELECT refresh_statistics(:t)"), {"t": table})
    return Town(tuple(sorted({code[:12] for code in cells})), tuple(cells), tuple(homes))


def _corners(columns: int, rows: int, seed: int) -> np.ndarray:
    """A lattice of about 300 m, every inner corner moved by up to a fifth."""
    rng = np.random.default_rng(seed)
    i, j = np.meshgrid(np.arange(columns + 1), np.arange(rows + 1), indexing="ij")
    moved = rng.uniform(-0.2, 0.2, (*i.shape, 2))
    moved[[0, -1], :, 0] = 0
    moved[:, [0, -1], 1] = 0
    return np.array([117.3, 31.8]) + (np.stack([i, j], axis=-1) + moved) * 0.003


def _houses(ring: np.ndarray, count: int) -> list[shapely.Polygon]:
    """Rows of houses that keep off the borders."""
    a, b, c, d = ring
    steps = (np.arange(count) + 0.5) / count * 0.84 + 0.08
    found = []
    for u in steps:
        for v in steps:
            x, y = (1 - v) * ((1 - u) * a + u * b) + v * ((1 - u) * d + u * c)
            found.append(shapely.box(x - 4e-5, y - 3e-5, x + 4e-5, y + 3e-5))
    return found


def _fill(db: Session, by: int, cells: dict, homes: dict) -> None:
    outline = {SUBDISTRICT: Tessellation(cells).outline()[0]}
    for code in sorted({code[:12] for code in cells}):
        mine = {each: shape for each, shape in cells.items() if each[:12] == code}
        outline[code] = Tessellation(mine).outline()[0]
    regions = [("990101000000", "district", "990100000000", outline[SUBDISTRICT])]
    regions += [
        (
            code,
            "subdistrict" if code.endswith("000") else "neighbourhood",
            f"{code[:6]}000000" if code.endswith("000") else f"{code[:9]}000",
            shape,
        )
        for code, shape in outline.items()
    ]
    for code, level, parent, shape in regions:
        values = {"code": code, "level": level, "parent": parent, "geom": as_ewkb(shape), "by": by}
        db.execute(text(_INSERT["region"]), values)
    _many(db, "grid", cells, by)
    _many(db, "community", {code[:16]: outline[code[:12]] for code in homes}, by)
    _many(db, "building", homes, by)


def _many(db: Session, table: str, shapes: dict, by: int) -> None:
    if shapes:
        rows = [{"code": code, "geom": as_ewkb(shape), "by": by} for code, shape in shapes.items()]
        db.execute(text(_INSERT[table]), rows)
