"""A made-up city for measuring the plans page: two districts, three sub-districts, 600 grids, 60,200 buildings.

District 990201 has 500 grids: sub-district 001 with 200 grids and 10,000 buildings, 002 with 300 and 40,200. District
990202 has the other 100 grids and 10,000 buildings. Grids are squares of a raster, 250 m a side, ten to a
neighbourhood; every inner border has a vertex in the middle, moved aside so that nothing is a straight line.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

import numpy as np
import shapely
from psycopg2.extras import execute_values

SIDE: Final = 0.0025
CORNER: Final = (117.0, 31.5)
ROW: Final = 10
"""Grids of a neighbourhood: one row of the raster."""


@dataclass(frozen=True, slots=True)
class Part:
    """A sub-district: its code's nine digits, rows of ten grids, buildings of each grid, and its first row."""

    prefix: str
    rows: int
    buildings: int
    first: int


PARTS: Final = (
    Part("990201001", 20, 50, 0),
    Part("990201002", 30, 134, 20),
    Part("990202001", 10, 100, 50),
)


def build(cursor: Any) -> dict[str, int]:
    """Fill an empty database; returns how many rows of each kind."""
    cursor.execute(
        "SELECT set_config('wangge.actor', 'os:bench', true), set_config('wangge.areas', '{\"\"}', true)"
    )
    cursor.execute(
        "INSERT INTO change_set (kind, area, subject) VALUES ('import', '99', 'bench') RETURNING id"
    )
    change = cursor.fetchone()[0]
    regions, grids, groups, buildings = rows()
    insert(cursor, "region", ("code", "level", "parent", "name"), regions, change)
    insert(cursor, "grid", ("code", "name", "kind", "neighbourhood"), grids, change)
    insert(cursor, "building_group", ("code", "name", "neighbourhood"), groups, change)
    columns = ("code", "name", "building_group", "floors", "households", "residents")
    insert(cursor, "building", columns, buildings, change)
    return {"region": len(regions), "grid": len(grids), "building": len(buildings)}


def insert(
    cursor: Any, table: str, columns: tuple[str, ...], rows: list[tuple[Any, ...]], change: int
) -> None:
    """Write rows whose last value is a shape as WKB."""
    names = ", ".join(columns)
    shape = "ST_Multi(ST_ForcePolygonCCW(ST_GeomFromWKB(%s, 4490)))"
    template = f"({', '.join(['%s'] * len(columns))}, {shape}, {change}, daterange('2020-01-01', NULL))"
    # names are constants of this file
    statement = f"INSERT INTO {table} ({names}, geom, opened_by, valid) VALUES %s"
    execute_values(cursor, statement, rows, template=template, page_size=2000)


def rows() -> tuple[list[Any], list[Any], list[Any], list[Any]]:
    """Return the regions, grids, building groups and buildings of the city, each row ending in its shape as WKB."""
    regions: list[Any] = [("990200000000", "city", None, "测试市", _box(0, 60))]
    for district, (low, high) in {"990201": (0, 50), "990202": (50, 60)}.items():
        regions.append((f"{district}000000", "district", "990200000000", f"区{district}", _box(low, high)))
    grids, groups, buildings = [], [], []
    for part in PARTS:
        last = part.first + part.rows
        parent = f"{part.prefix[:6]}000000"
        regions.append(
            (f"{part.prefix}000", "subdistrict", parent, f"街{part.prefix}", _box(part.first, last))
        )
        for number in range(part.rows):
            code, row = f"{part.prefix}{number + 1:03}", part.first + number
            regions.append((code, "neighbourhood", f"{part.prefix}000", f"社区{code}", _box(row, row + 1)))
            for column in range(ROW):
                shape = shapely.to_wkb(_cell(row, column))
                grids.append((f"{code}{column + 1:03}", f"网格{column + 1}", "basic", code, shape))
                groups.append((f"{code}S{column + 1:03}", f"楼群{column + 1}", code, shape))
                buildings += _homes(f"{code}S{column + 1:03}", row, column, part.buildings)
    return regions, grids, groups, buildings


def _box(low: int, high: int) -> bytes:
    """Rows `low` to `high` of the raster, with the vertices that the grids have on its border."""
    cells = [_cell(row, column) for row in range(low, high) for column in range(ROW)]
    return bytes(shapely.to_wkb(shapely.coverage_union_all(np.array(cells, dtype=object))))


def _cell(row: int, column: int) -> shapely.Polygon:
    corners = [(column, row), (column + 1, row), (column + 1, row + 1), (column, row + 1), (column, row)]
    ring: list[tuple[float, float]] = []
    for (x0, y0), (x1, y1) in pairwise(corners):
        ring += [place(x0, y0), bend(x0, y0, x1, y1)]
    return shapely.Polygon(ring)


def bend(x0: int, y0: int, x1: int, y1: int) -> tuple[float, float]:
    """The middle of an edge, aside by a share that both its cells work out alike; the outer edge stays straight."""
    x, y = (x0 + x1) / 2, (y0 + y1) / 2
    outer = x in (0, ROW) or y in (0, 60)
    aside = 0 if outer else 0.08 * np.sin(12.9898 * x + 78.233 * y)
    return place(x + aside * (y0 != y1), y + aside * (x0 != x1))


def place(x: float, y: float) -> tuple[float, float]:
    """Return where a point of the raster lies, in degrees."""
    return CORNER[0] + x * SIDE, CORNER[1] + y * SIDE


def _homes(group: str, row: int, column: int, count: int) -> list[Any]:
    """Houses in a raster of their own inside a cell, clear of its borders."""
    across = int(np.ceil(np.sqrt(count)))
    step, found = 0.72 / across, []
    for number in range(count):
        x = column + 0.14 + step * (number % across)
        y = row + 0.14 + step * (number // across)
        west, south = place(x, y)
        east, north = place(x + 0.6 * step, y + 0.4 * step)
        shape = shapely.to_wkb(shapely.box(west, south, east, north))
        households = 2 + (7 * number + column) % 11
        found.append(
            (f"{group}{number + 1:03}", f"{number + 1}幢", group, 6, households, 3 * households, shape)
        )
    return found
