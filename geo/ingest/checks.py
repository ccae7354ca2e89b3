"""What can be said about a ParsedTable by itself: codes, prefixes, duplicates, and numbers that look wrong.

The rules of codes are the ones that the database holds as constraints; here they take out the one bad row with its
reason, where the constraint would refuse the whole file.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from geo.ingest.tables import ParsedTable

_PATTERNS = {
    "regions": r"\d{12}",
    "grids": r"\d{15}",
    "communities": r"\d{12}C\d{3}",
    "building-groups": r"\d{12}(C\d{5}|S\d{3})",
    "buildings": r"\d{12}(C\d{8}|S\d{6})",
    "firms": r"[0-9A-Z]{18}",
    "service-periods": r"\d{12}[CS]\d{3}",
    "branches": r"\d{12}[0-9A-Z]{1,8}",
    "base-features": r"\d{6}[0-9A-Z-]{1,20}",
}
_REGION_CODE = re.compile(r"\d{12}")
_PREFIX_LENGTH = {"city": 4, "district": 6, "subdistrict": 9, "neighbourhood": 12}


def region_prefix(code: str) -> str:
    """Return a region's code without its padding: 990101000000 → 990101, 990101001000 → 990101001.

    >>> region_prefix("990101000000"), region_prefix("990100000000"), region_prefix("990101001002")
    ('990101', '9901', '990101001002')
    """
    for length in (2, 4, 6, 9):
        if set(code[length:]) <= {"0"}:
            return code[:length]
    return code


def check_table(table: ParsedTable, areas: Sequence[str], today: date) -> None:
    """Note every finding that needs no store. `areas` are the region prefixes that the asker may write."""
    if table.kind.name == "regions":
        _pad_codes(table)
    _check_patterns(table)
    _RULES.get(table.kind.name, _nothing)(table)
    _check_areas(table, areas)
    _check_duplicates(table)
    _check_numbers(table, today)


def grounds(table: ParsedTable) -> list[str]:
    """Return for every row the code prefix that decides in whose area it lies (as the store's policies do)."""
    if table.kind.name == "regions":
        return [region_prefix(code or "") for code in table.codes()]
    if table.kind.name == "firms":
        return [region_prefix(str(region or "")) for region in table.column("region")]
    return [code or "" for code in table.codes()]


def _nothing(_table: ParsedTable) -> None:
    """Kinds without a rule of their own."""


def _check_patterns(table: ParsedTable) -> None:
    pattern, codes = re.compile(_PATTERNS[table.kind.name]), table.codes()
    for position in table.kept():
        if not pattern.fullmatch(codes[position] or ""):
            table.note(position, "refused", "code", "unit" if table.kind.name == "service-periods" else "code",
                       table.code(position) or "")  # fmt: skip


def _check_areas(table: ParsedTable, areas: Sequence[str]) -> None:
    prefixes, lying = tuple(areas), grounds(table)
    for position in table.kept():
        if not lying[position].startswith(prefixes):
            table.note(position, "refused", "area")


def _check_duplicates(table: ParsedTable) -> None:
    """Of equal rows the first is taken; of rows that differ none, since nobody can know which is meant."""
    first: dict[object, int] = {}
    codes: list[Any] = table.codes()
    if table.kind.name == "service-periods":
        codes = list(zip(codes, table.column("start"), strict=True))
    for position in table.kept():
        key = codes[position]
        earlier = first.setdefault(key, position)
        if earlier == position:
            continue
        table.note(position, "refused", "duplicate", text=table.rows[earlier])
        if not _same(table, earlier, position) and table.keep[earlier]:
            table.note(earlier, "refused", "duplicate", text=table.rows[position])


def _same(table: ParsedTable, one: int, other: int) -> bool:
    if any(values[one] != values[other] for values in table.values.values()):
        return False
    return table.shapes is None or bool(table.shapes[one] == table.shapes[other])


# ---------------------------------------------------------------- parents, by the code alone


def _derive(table: ParsedTable, name: str, from_code: Callable[[str], str | None]) -> None:
    """Fill an empty parent from the code, which begins with it by rule."""
    filled = [
        value if value is not None else from_code(code or "")
        for value, code in zip(table.column(name), table.codes(), strict=True)
    ]
    table.values[name] = filled


def _check_prefix(table: ParsedTable, name: str, prefix: Callable[[str], str] = lambda code: code) -> None:
    values, codes = table.column(name), table.codes()
    for position in table.kept():
        parent = values[position]
        if parent is not None and not (codes[position] or "").startswith(prefix(parent)):
            table.note(position, "refused", "prefix", name, parent)


def _check_region_codes(table: ParsedTable, name: str) -> None:
    values = table.column(name)
    for position in table.kept():
        if values[position] is None or not _REGION_CODE.fullmatch(values[position]):
            table.note(position, "refused", "code", name, values[position] or "")


def _pad_codes(table: ParsedTable) -> None:
    """Write short codes of regions (GB/T 2260: 110101) with all their digits."""
    for name in ("code", "parent"):
        table.values[name] = [
            code.ljust(12, "0")
            if code is not None and code.isdecimal() and len(code) in (2, 4, 6, 9)
            else code
            for code in table.column(name)
        ]


def _regions(table: ParsedTable) -> None:
    by_length = {length: level for level, length in _PREFIX_LENGTH.items()}
    _derive(table, "level", lambda code: by_length.get(len(region_prefix(code))))
    levels = table.column("level")
    _derive(table, "parent", lambda code: _parent_region(code) if len(region_prefix(code)) > 4 else None)
    for position in table.kept():
        code, level, parent = table.code(position) or "", levels[position], table.column("parent")[position]
        if level is None or len(region_prefix(code)) != _PREFIX_LENGTH[level]:
            table.note(position, "refused", "code", "code", code)
        elif (parent is None) != (level == "city"):
            table.note(position, "refused", "level_parent", "parent")
    _check_prefix(table, "parent", region_prefix)


def _parent_region(code: str) -> str:
    """Return the code of the region above: 990101001002 → 990101001000."""
    length = {6: 4, 9: 6, 12: 9}[len(region_prefix(code))]
    return code[:length].ljust(12, "0")


def _in_neighbourhood(table: ParsedTable) -> None:
    _derive(table, "neighbourhood", lambda code: code[:12])
    _check_region_codes(table, "neighbourhood")
    _check_prefix(table, "neighbourhood")


def _building_groups(table: ParsedTable) -> None:
    _in_neighbourhood(table)
    _derive(table, "community", lambda code: code[:16] if code[12:13] == "C" else None)
    _check_prefix(table, "community")


def _buildings(table: ParsedTable) -> None:
    rows = zip(table.column("group"), table.column("community"), table.codes(), strict=True)
    table.values["group"] = [
        group if group is not None or community is not None else _group_of(code or "")
        for group, community, code in rows
    ]
    _derive(table, "community", lambda code: code[:16] if code[12:13] == "C" else None)
    _check_prefix(table, "group")
    _check_prefix(table, "community")
    groups, communities = table.values["group"], table.values["community"]
    for position in table.kept():
        if groups[position] is None and communities[position] is None:
            table.note(position, "refused", "building_parent", "group")


def _group_of(code: str) -> str | None:
    """Return the building group that a building's code names; `00` means that the community has no groups."""
    if code[12:13] == "S":
        return code[:16]
    return None if code[16:18] == "00" else code[:18]


def _firms(table: ParsedTable) -> None:
    _check_region_codes(table, "region")


def _service_periods(table: ParsedTable) -> None:
    kinds, modes, firms = table.column("unit_kind"), table.column("mode"), table.column("firm")
    starts, ends = table.column("start"), table.column("end")
    for position in table.kept():
        letter = {"community": "C", "building_group": "S"}[kinds[position]]
        if (table.code(position) or "")[12:13] != letter:
            table.note(position, "refused", "code", "unit", table.code(position))
        elif ends[position] is not None and ends[position] <= starts[position]:
            table.note(position, "refused", "order", "end", ends[position])
        elif modes[position] == "none" and firms[position] is not None:
            table.note(position, "refused", "nobody", "firm", firms[position])
    _check_overlaps(table, starts, ends)


def _check_overlaps(table: ParsedTable, starts: list[Any], ends: list[Any]) -> None:
    """Refuse a period that begins while an earlier one of the same unit in the file still runs."""
    running: dict[str, tuple[date, date | None]] = {}
    for position in sorted(table.kept(), key=lambda p: (table.code(p) or "", starts[p])):
        unit, start, end = table.code(position) or "", starts[position], ends[position]
        earlier = running.get(unit)
        if earlier and earlier[0] != start and (earlier[1] is None or earlier[1] > start):
            table.note(position, "refused", "overlap", "start", f"{earlier[0]} – {earlier[1] or ''}")
        else:
            running[unit] = (start, end)


def _branches(table: ParsedTable) -> None:
    kinds = table.column("kind")
    for position in table.kept():
        seat = "grid" if kinds[position] == "grid" else "community"
        if table.column(seat)[position] is None:
            table.note(position, "refused", "seat", seat)


_RULES: dict[str, Callable[[ParsedTable], None]] = {
    "regions": _regions,
    "grids": _in_neighbourhood,
    "communities": _in_neighbourhood,
    "building-groups": _building_groups,
    "buildings": _buildings,
    "firms": _firms,
    "service-periods": _service_periods,
    "branches": _branches,
}


# ---------------------------------------------------------------- numbers

_RATIOS = (
    ("residents", "households", 0.3, 10.0, "per_household"),
    ("floor_area", "households", 12.0, 600.0, "per_floor_area"),
    ("households", "building_count", 1.0, 1500.0, "per_building"),
)
"""(part, whole, least, most, finding): bounds far outside what a real community shows: a finding is a mistake."""
_YEARS = 1900


def _check_numbers(table: ParsedTable, today: date) -> None:
    for part, whole, least, most, key in _RATIOS:
        if part in table.values and whole in table.values:
            _check_ratio(table, (part, whole), (least, most), key)
    if "built_year" in table.values:
        _check_years(table, today)
    floors = table.column("floors") if "floors" in table.values else []
    for position in table.kept() if floors else []:
        if floors[position] is not None and not 1 <= floors[position] <= 150:
            table.note(position, "suspicious", "floors", "floors", floors[position])


def _check_years(table: ParsedTable, today: date) -> None:
    years = table.values["built_year"]
    for position in table.kept():
        year: Any = years[position]
        if year is not None and not _YEARS <= year <= today.year + 3:
            table.kept_fields.setdefault(position, set()).add("built_year")
            table.values["built_year"][position] = None
            table.tell(position, "built_year", year)
            table.note(position, "suspicious", "year", "built_year", year)


def _check_ratio(table: ParsedTable, names: tuple[str, str], bounds: tuple[float, float], key: str) -> None:
    parts, wholes = table.values[names[0]], table.values[names[1]]
    for position in table.kept():
        part, whole = parts[position], wholes[position]
        if isinstance(part, int | float) and isinstance(whole, int | float) and whole > 0:
            ratio = part / whole
            if not bounds[0] <= ratio <= bounds[1]:
                table.note(position, "suspicious", key, names[0], f"{ratio:.1f}")
