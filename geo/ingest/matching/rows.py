"""Which columns of a table name a community (小区), and its rows as the matcher wants them."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from geo.ingest.cells import UNKNOWN, unified
from geo.ingest.columns import ColumnMap, map_columns
from geo.ingest.fields import KINDS, Kind
from geo.ingest.matching.values import Place, Wanted
from geo.ingest.reading import RawTable
from geo.ingest.tables import ParsedTable

TARGETS: Final[Mapping[str, str]] = {
    "communities": "code",
    "service-periods": "unit",
    "branches": "community",
}
"""Per kind that can be matched: the field that holds the code of a community."""
FILLED: Final[Mapping[str, frozenset[str]]] = {
    "communities": frozenset({"code"}),
    "service-periods": frozenset({"unit", "unit_kind"}),
    "branches": frozenset(),
}
"""Required fields that a match fills in."""
ONE_EACH: Final = frozenset({"communities"})
"""Kinds of which a community has one row; it may have several service periods."""
CODE: Final = re.compile(r"\d{12}C\d{3}")
"""The code of a community."""
UNIT: Final = re.compile(r"\d{12}[CS]\d{3}")
"""The code of a community or a stand-alone building."""

_HEADERS: Final[Mapping[str, tuple[str, ...]]] = {
    "name": (
        "小区名称", "小区名", "小区", "项目名称", "物业项目", "物业项目名称", "楼盘名称", "楼盘", "服务对象",
        "服务对象名称", "对象名称", "所属小区", "所属小区名称", "小区(项目)名称", "community name", "community",
    ),
    "address": ("地址", "详细地址", "坐落", "小区地址", "位置", "项目地址", "address"),
    "neighbourhood": (
        "所属社区", "社区", "社区名称", "所属社区名称", "社区(村)", "居委会", "所属居委会", "所属社区编码", "社区编码",
        "neighbourhood",
    ),
    "subdistrict": (
        "街道", "所属街道", "街道名称", "街道(乡镇)", "所属街道(乡镇)", "乡镇", "街镇", "所属街镇", "镇街", "镇(街道)",
        "subdistrict",
    ),
    "others": ("曾用名", "别名", "俗称", "小区别名", "原名", "又名", "aliases"),
    "lon": ("经度", "lon", "lng", "longitude", "东经"),
    "lat": ("纬度", "lat", "latitude", "北纬"),
}  # fmt: skip
_FIELDS: Final[Mapping[str, str]] = {
    "name": "name", "address": "address", "neighbourhood": "neighbourhood", "aliases": "others",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Columns:
    """Header by what it tells of the community: name, address, neighbourhood, subdistrict, others, lon, lat."""

    by: Mapping[str, str] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return "name" in self.by

    def cells(self, raw: RawTable, about: str) -> Sequence[Any]:
        """Return a column's cells; all None where the file has no such column."""
        header = self.by.get(about)
        return raw.columns[header] if header is not None else [None] * len(raw)


def find_columns(headers: Sequence[str], kind: Kind, mapping: ColumnMap | None = None) -> Columns:
    """Return which columns name a community: what the mapping says first, then known headers."""
    found: dict[str, str] = {}
    if mapping is not None and kind.name == "communities":
        for name, column in mapping.columns().items():
            if name in _FIELDS:
                found[_FIELDS[name]] = column
    plain = {_folded(header): header for header in reversed(headers)}
    for about, known in _HEADERS.items():
        for header in known:
            if about not in found and _folded(header) in plain:
                found[about] = plain[_folded(header)]
    return Columns(found)


def kind_without_code(headers: Sequence[str]) -> Kind | None:
    """Return the one kind that a table is but for the codes of its communities; None where it could be several or none.

    >>> kind = kind_without_code(["小区名称", "户数", "地址"])
    >>> kind.name if kind else None
    'communities'
    """
    scores: list[tuple[float, str]] = []
    for name in TARGETS:
        mapping = map_columns(headers, KINDS[name])
        lacks = {one.name for one in mapping.missing()}
        if lacks <= FILLED[name] and lacks and find_columns(headers, KINDS[name], mapping):
            used = sum(match.score for match in mapping.matches if match.field)
            scores.append((used / len(mapping.matches), name))
    scores.sort(reverse=True)
    if not scores or (len(scores) > 1 and scores[0][0] - scores[1][0] < 0.08):
        return None
    return KINDS[scores[0][1]]


def wanted(raw: RawTable, table: ParsedTable, columns: Columns, positions: Sequence[int]) -> list[Wanted]:
    """Return the rows at these positions as the matcher wants them."""
    cells = {about: columns.cells(raw, about) for about in _HEADERS}
    return [
        Wanted(
            _text(cells["name"][p]),
            _text(cells["address"][p]),
            _text(cells["neighbourhood"][p]),
            _text(cells["subdistrict"][p]),
            tuple(one for one in _parts(_text(cells["others"][p])) if one),
            table.places.get(p) or _place(cells["lon"][p], cells["lat"][p]),
        )
        for p in positions
    ]


def original(raw: RawTable, position: int) -> dict[str, str]:
    """Return a row as it stands in the file, without its empty cells."""
    texts = ((header, _text(cells[position])) for header, cells in raw.columns.items())
    return {header: text[:200] for header, text in texts if text}


def _folded(header: str) -> str:
    return re.sub(r"[\s_*]+", "", unified(header)).lower()


def _text(cell: Any) -> str:
    if cell is None or (isinstance(cell, float) and math.isnan(cell)):
        return ""
    text = str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell)
    text = text.replace("\x00", "").strip()
    return "" if text.lower() in UNKNOWN else text[:300]


def _parts(text: str) -> list[str]:
    for mark in "，,;；|":
        text = text.replace(mark, "、")
    return [one.strip() for one in text.split("、")]


def _place(lon: Any, lat: Any) -> Place | None:
    try:
        x, y = float(lon), float(lat)
    except (TypeError, ValueError):
        return None
    return (x, y) if -180 <= x <= 180 and -90 <= y <= 90 and (x, y) != (0.0, 0.0) else None
