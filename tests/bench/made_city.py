"""A made-up city (测试市): 5 districts, 50 sub-districts, 500 neighbourhoods, 5,000 communities, 60,000 buildings.

Cells of some 250 m lie in a raster of bent lines, 100 by 50; a cell holds one community (小区) with its buildings, five
by two cells are a neighbourhood (社区) with two grids and one stand-alone building (单体楼), two by five of these a
sub-district (街道), two by five of those a district. Arterials run along neighbourhoods, streets along cells, a river
through all. Everything comes from numbers of the raster: two runs make the same city.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

import numpy as np
import shapely
from psycopg2.extras import execute_values
from shapely import affinity

CITY: Final = "990300000000"
CORNER: Final = (117.05, 31.74)
STEP: Final = (0.0026, 0.0023)
COLUMNS, ROWS = 100, 50
"""Cells of the whole raster."""
MODES: Final = ("market",) * 8 + (
    "backstop",
    "neighbourhood",
    "self",
    "shared",
    "mobile",
    "none",
    "none",
    "none",
    None,
)
"""How often which way of service is met; None: nobody knows."""
KINDS: Final = ("commercial", "commercial", "resettlement", "old")
NAMES: Final = ("和平", "建设", "长江", "青年", "文昌", "东风", "锦绣", "阳光", "翠园", "金桂")

Ring = list[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell: its place in the raster and the codes that follow from it."""

    column: int
    row: int

    @property
    def neighbourhood(self) -> str:
        return neighbourhood(self.column // 5, self.row // 2)

    @property
    def number(self) -> int:
        """Number inside the neighbourhood, from 1."""
        return (self.row % 2) * 5 + self.column % 5 + 1

    @property
    def dice(self) -> int:
        """A number that looks drawn by lot and is the same every time."""
        return (self.column * 7919 + self.row * 104729 + self.column * self.row * 31) % 9973


def neighbourhood(across: int, up: int) -> str:
    """Code of the neighbourhood at a place of their raster, 20 by 25."""
    inside = (up % 5) * 2 + across % 2 + 1
    subdistrict = (up // 5) * 2 + across // 2 % 2 + 1
    return f"9903{across // 4 + 1:02}{subdistrict:03}{inside:03}"


def build(cursor: Any, buildings: int = 12) -> dict[str, int]:
    """Fill a database, `buildings` in each community; returns how many rows of each kind."""
    cursor.execute(
        "SELECT set_config('wangge.actor', 'os:bench', true), set_config('wangge.areas', '{\"\"}', true)"
    )
    cursor.execute(
        "INSERT INTO change_set (kind, area, subject) VALUES ('import', '99', 'bench') RETURNING id"
    )
    change = cursor.fetchone()[0]
    cells = [Cell(column, row) for row in range(ROWS) for column in range(COLUMNS)]
    rows = {
        "region": _regions(),
        "grid": _grids(),
        "community": [_community(cell) for cell in cells],
        "building_group": _alone(),
        "building": [home for cell in cells for home in _homes(cell, buildings)],
        "base_feature": _base(),
    }
    for table, columns in COLUMNS_OF.items():
        _insert(cursor, table, columns, rows[table], change)
    periods = [_period(cell, change) for cell in cells if MODES[cell.dice % len(MODES)]]
    execute_values(
        cursor, "INSERT INTO service_period (unit_kind, unit, mode, opened_by, valid) VALUES %s",
        periods, template="(%s, %s, %s, %s, daterange('2022-01-01', NULL))", page_size=2000,
    )  # fmt: skip
    return {table: len(found) for table, found in rows.items()}


COLUMNS_OF: Final[dict[str, tuple[str, ...]]] = {
    "region": ("code", "level", "parent", "name"),
    "grid": ("code", "name", "kind", "neighbourhood"),
    "community": (
        "code", "name", "neighbourhood", "kind", "households", "residents", "floor_area", "built_year",
        "no_managing_unit", "no_property_service", "no_security",
    ),
    "building_group": ("code", "name", "neighbourhood", "households"),
    "building": ("code", "name", "community", "floors", "households", "residents"),
    "base_feature": ("code", "name", "kind"),
}  # fmt: skip


def _insert(
    cursor: Any, table: str, columns: tuple[str, ...], rows: list[tuple[Any, ...]], change: int
) -> None:
    shape = "ST_ForcePolygonCCW(ST_GeomFromWKB(%s, 4490))"
    if table != "base_feature":
        shape = f"ST_Multi({shape})"
    template = f"({', '.join(['%s'] * len(columns))}, {shape}, {change}, daterange('2020-01-01', NULL))"
    # names are constants of this file
    statement = f"INSERT INTO {table} ({', '.join(columns)}, geom, opened_by, valid) VALUES %s"
    execute_values(cursor, statement, rows, template=template, page_size=2000)


# ---------------------------------------------------------------- the raster


def place(column: float, row: float) -> tuple[float, float]:
    """Return where a point of the raster lies, in degrees: lines swing, and no two cells are alike."""
    x = column + 0.22 * np.sin(0.9 * row + 0.05 * column) * (0 < column < COLUMNS)
    y = row + 0.22 * np.sin(0.7 * column + 0.11 * row) * (0 < row < ROWS)
    return CORNER[0] + float(x) * STEP[0], CORNER[1] + float(y) * STEP[1]


def _block(column: int, row: int, across: int, up: int) -> shapely.Polygon:
    """Cells together, with every vertex that their neighbours have, and one more in the middle of each edge."""
    ring: Ring = []
    corners = [(column, row), (column + across, row), (column + across, row + up), (column, row + up)]
    for (x0, y0), (x1, y1) in pairwise([*corners, corners[0]]):
        steps = 2 * max(abs(x1 - x0), abs(y1 - y0))
        ring += [place(x0 + (x1 - x0) * i / steps, y0 + (y1 - y0) * i / steps) for i in range(steps)]
    return shapely.Polygon(ring)


def _wkb(shape: shapely.Geometry) -> bytes:
    return bytes(shapely.to_wkb(shape))


# ---------------------------------------------------------------- what lies in it


def _regions() -> list[tuple[Any, ...]]:
    rows: list[tuple[Any, ...]] = [(CITY, "city", None, "测试市", _wkb(_block(0, 0, COLUMNS, ROWS)))]
    rows += [
        (f"9903{d + 1:02}000000", "district", CITY, f"{name}城区", _wkb(_block(20 * d, 0, 20, ROWS)))
        for d, name in enumerate("东西南北中")
    ]
    for across in range(0, 20, 2):
        for up in range(0, 25, 5):
            code = neighbourhood(across, up)[:9]
            name = f"{NAMES[(across + up) % 10]}{'路湖山桥门'[up // 5]}街道"
            rows.append(
                (
                    f"{code}000",
                    "subdistrict",
                    f"{code[:6]}000000",
                    name,
                    _wkb(_block(5 * across, 2 * up, 10, 10)),
                )
            )
    for across in range(20):
        for up in range(25):
            code = neighbourhood(across, up)
            name = f"{NAMES[(3 * across + up) % 10]}{'一二三四五六七八九十'[(across + 7 * up) % 10]}社区"
            rows.append(
                (code, "neighbourhood", f"{code[:9]}000", name, _wkb(_block(5 * across, 2 * up, 5, 2)))
            )
    return rows


def _grids() -> list[tuple[Any, ...]]:
    return [
        (f"{neighbourhood(across, row // 2)}{row % 2 + 1:03}", f"第{row % 2 + 1}网格", "basic",
         neighbourhood(across, row // 2), _wkb(_block(5 * across, row, 5, 1)))
        for across in range(20) for row in range(ROWS)
    ]  # fmt: skip


def _compound(cell: Cell) -> shapely.Polygon:
    """A community's ground: its cell inside the streets, corners cut, without the corner where a building stands alone."""
    ground = _block(cell.column, cell.row, 1, 1).buffer(-0.00017, join_style="mitre")
    cut = affinity.scale(ground.minimum_rotated_rectangle, 0.93, 0.93).buffer(0.00006, quad_segs=2)
    inside = ground.intersection(cut)
    if cell.number == 1:
        west, south, _, _ = inside.bounds
        inside = inside.difference(shapely.box(west, south, west + 0.0006, south + 0.0005))
    return inside


def _community(cell: Cell) -> tuple[Any, ...]:
    dice = cell.dice
    old = KINDS[dice % 4] == "old"
    flags = (old and dice % 3 > 0, old and dice % 5 > 0, old and dice % 7 > 0)
    households = None if dice % 41 == 0 else 120 + dice % 900
    known = households or 400
    name = f"{NAMES[dice % 10]}{('花园', '新村', '家园', '小区', '苑')[dice % 5]}{cell.number}号院"
    return (f"{cell.neighbourhood}C{cell.number:03}", name, cell.neighbourhood, KINDS[dice % 4], households,
            None if households is None else 3 * known, 88.0 * known, 1985 + dice % 38, *flags, _wkb(_compound(cell)))  # fmt: skip


def _homes(cell: Cell, count: int) -> list[tuple[Any, ...]]:
    """Houses in rows of four inside a cell."""
    community, found = f"{cell.neighbourhood}C{cell.number:03}", []
    for number in range(count):
        x, y = cell.column + 0.2 + 0.17 * (number % 4), cell.row + 0.22 + 0.19 * (number // 4)
        (west, south), (east, north) = place(x, y), place(x + 0.13, y + 0.07)
        north = max(north, south + 0.00012)
        middle, high = (west + east) / 2, (south + north) / 2
        ring = [(west, south), (east, south), (east, high), (middle, high), (middle, north), (west, north)]
        households = 20 + (cell.dice + 7 * number) % 60
        found.append((f"{community}00{number + 1:03}", f"{number + 1}幢", community, 6 + number % 12,
                      households, 3 * households, _wkb(shapely.Polygon(ring))))  # fmt: skip
    return found


def _alone() -> list[tuple[Any, ...]]:
    """One stand-alone building in each neighbourhood, in the corner that its first community leaves."""
    found = []
    for across in range(20):
        for up in range(25):
            code = neighbourhood(across, up)
            west, south, _, _ = _block(5 * across, 2 * up, 1, 1).buffer(-0.00017, join_style="mitre").bounds
            shape = shapely.box(west + 0.0001, south + 0.0001, west + 0.0005, south + 0.0004)
            found.append(
                (f"{code}S001", f"{NAMES[(across + up) % 10]}路{across + 1}号楼", code, 40, _wkb(shape))
            )
    return found


def _base() -> list[tuple[Any, ...]]:
    lines = [("arterial", _line(column, None)) for column in range(0, COLUMNS + 1, 5)]
    lines += [("arterial", _line(None, row)) for row in range(0, ROWS + 1, 2)]
    lines += [("street", _line(column, None)) for column in range(COLUMNS) if column % 5]
    lines += [("street", _line(None, row)) for row in range(ROWS) if row % 2]
    bank = [place(column, 21 + 3 * np.sin(column / 9)) for column in range(COLUMNS + 1)]
    lines += [
        ("river", shapely.LineString(bank).buffer(0.0009)),
        ("railway", shapely.LineString([place(0, 3), place(60, 49)])),
    ]
    return [(f"990301B{number:04}", None, kind, _wkb(line)) for number, (kind, line) in enumerate(lines)]


def _line(column: int | None, row: int | None) -> shapely.LineString:
    if column is not None:
        return shapely.LineString([place(column, i / 2) for i in range(2 * ROWS + 1)])
    assert row is not None
    return shapely.LineString([place(i / 2, row) for i in range(2 * COLUMNS + 1)])


def _period(cell: Cell, change: int) -> tuple[Any, ...]:
    return "community", f"{cell.neighbourhood}C{cell.number:03}", MODES[cell.dice % len(MODES)], change
