"""Coordinate systems (坐标系): which one a file is in, with the evidence, and from it to EPSG:4490.

CGCS2000 in 3° zones 25–45 is EPSG:4513–4533 with the zone number before the easting (8 digits), and the same zones by
central meridian 75–135° E are EPSG:4534–4554 without it (6 digits); 6° zones 13–23 are 4491–4501 and 4502–4512.
EPSG's axes are X = north, Y = east; files mostly hold east, north, and so does everything here: x = east or longitude.
Source: EPSG registry, as in PROJ 9.5; Hefei 117.3 E 31.86 N → 4527: E 39528390.990, 4548: E 528390.990, N 3526367.686.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError

from geo.crs_shifted import bd_to_wgs, gcj_to_wgs
from geo.errors import BadInput

CGCS2000 = 4490
"""Stored geometry is in this geographic system, lon/lat order."""
WGS84 = 4326

GCJ02, BD09, FITTED = 990_202, 990_209, 990_300
"""Our own numbers for systems that have none: the two that are shifted on purpose, and one fitted by control points."""
OWN = {GCJ02: "GCJ-02", BD09: "BD-09", FITTED: "control points"}

Bounds = tuple[float, float, float, float]
Sentence = tuple[str, str]
"""The same sentence in Chinese and in English."""


@dataclass(frozen=True, slots=True)
class Zone:
    """One Gauss–Krüger zone of CGCS2000: `number` is None where the easting has none; `meridian` in degrees."""

    epsg: int
    width: int
    number: int | None
    meridian: float

    def eastings(self) -> tuple[float, float]:
        """Return the least and greatest easting in metres: 450 km on both sides of the meridian (6°: 700 km)."""
        base = (self.number or 0) * 1_000_000 + 500_000
        half = 450_000 if self.width == 3 else 700_000
        return base - half, base + half


@cache
def zones() -> dict[int, Zone]:
    """Return every CGCS2000 zone by EPSG code."""
    three = [(4488 + n, 4534 + n - 25, 3, n, 3.0 * n) for n in range(25, 46)]
    six = [(4478 + n, 4502 + n - 13, 6, n, 6.0 * n - 3) for n in range(13, 24)]
    return {
        epsg: Zone(epsg, width, number if epsg == carrying else None, meridian)
        for carrying, bare, width, number, meridian in three + six
        for epsg in (carrying, bare)
    }


@dataclass(frozen=True, slots=True)
class Identified:
    """The source system, or None with what it could be; `evidence` says what that rests on.

    `how` it is known: declared by the file, stated by a person, identified by where the shapes lie, or fitted.
    """

    epsg: int | None
    evidence: tuple[Sentence, ...]
    candidates: tuple[int, ...] = ()
    how: str = "declared"

    def named(self) -> str | None:
        """Return the system and how it is known: `EPSG:4527 (declared)`; None where it is not known."""
        return None if self.epsg is None else f"{label(self.epsg)} ({self.how})"


_REFUSED: tuple[tuple[str, Sentence], ...] = (
    (r"xian|西安|2349|236\d|237\d|238\d|2390|4610", (
        "西安 80 坐标系到 CGCS2000 没有公开的精确参数，请给出至少三个控制点",
        "Xi'an 1980 has no public exact shift to CGCS2000: give at least three control points")),
    (r"beijing|北京|24[0-4]\d|4214", (
        "北京 54 坐标系到 CGCS2000 没有公开的精确参数，请给出至少三个控制点",
        "Beijing 1954 has no public exact shift to CGCS2000: give at least three control points")),
)  # fmt: skip


def accepted(epsg: int) -> bool:
    """Whether files in this system are taken."""
    return epsg in (CGCS2000, WGS84, GCJ02, BD09) or epsg in zones()


def label(epsg: int) -> str:
    """Return the name of a system: `EPSG:4527`, `GCJ-02`."""
    return OWN.get(epsg) or f"EPSG:{epsg}"


def parse_crs(text: str) -> int:
    """Return the code of what a person typed (`EPSG:4527`, `4527`, `GCJ-02`, `BD-09`).

    Raises BadInput where it is not taken.
    """
    for pattern, own in ((r"gcj[-_ ]?0?2|火星坐标", GCJ02), (r"bd[-_ ]?0?9(ll)?|百度坐标", BD09)):
        if re.fullmatch(rf"\s*({pattern})\s*", text, re.IGNORECASE):
            return own
    match = re.fullmatch(r"\s*(?:EPSG:{1,2})?(\d{4,6})\s*", text, re.IGNORECASE)
    if match is None:
        raise BadInput(f"{text!r} is no coordinate system: write it like EPSG:4527", field="crs")
    epsg = int(match[1])
    if not accepted(epsg):
        raise refused(f"EPSG:{epsg}")
    return epsg


def refused(name: str) -> BadInput:
    """Return the error that says why a coordinate system is not taken."""
    for pattern, (chinese, english) in _REFUSED:
        if re.search(pattern, name, re.IGNORECASE):
            return BadInput(f"{english} ({name})", field="crs", extra={"zh": f"{chinese}（{name}）"})
    return BadInput(
        f"{name} is not taken: give the file in CGCS2000 (EPSG:4490, or a zone of 4491–4554) or in WGS 84 (EPSG:4326)",
        field="crs",
        extra={"zh": f"不接受 {name}：请使用 CGCS2000（EPSG:4490 或 4491–4554 各带）或 WGS 84（EPSG:4326）"},
    )


def declared_epsg(wkt: str | None) -> int | None:
    """Return the EPSG code of a declared system (WKT or `EPSG:n`), None where nothing is declared.

    Raises BadInput for one that is not taken.
    """
    if not wkt or "Undefined" in wkt or "Unknown" in wkt.partition(",")[0]:
        return None
    try:
        crs = CRS.from_user_input(wkt)
    except CRSError as error:
        raise BadInput("the declared coordinate system cannot be read", field="crs") from error
    if crs.is_geographic and "CRS84" in wkt:
        return WGS84
    # A 3° and a 6° zone of one meridian are the same numbers (4548 and 4509): what the file names goes first.
    named = crs.to_json_dict().get("id", {}).get("code")
    epsg = named or _by_parameters(crs) or crs.to_epsg() or crs.to_epsg(min_confidence=25)
    if epsg is None or not accepted(epsg):
        raise refused(f"EPSG:{epsg} {crs.name}" if epsg else crs.name)
    return epsg


def _by_parameters(crs: CRS) -> int | None:
    """Find the zone of a CGCS2000 transverse Mercator that names no code (ESRI's WKT)."""
    datum = (crs.datum.name if crs.datum else "") + crs.name
    if crs.coordinate_operation is None or not re.search(
        r"CGCS|China[_ ]?2000|China Geodetic", datum, re.IGNORECASE
    ):
        return None
    values: dict[str, Any] = {one.name: one.value for one in crs.coordinate_operation.params}
    meridian = values.get("Longitude of natural origin")
    easting = values.get("False easting")
    for zone in zones().values():
        if zone.width == 3 and zone.meridian == meridian and easting == (zone.number or 0) * 1e6 + 500_000:
            return zone.epsg
    return None


def identify(declared: int | None, bounds: Bounds, chosen: int | None = None) -> Identified:
    """Return the system of coordinates within `bounds` (x = east): what was declared or chosen, held against them.

    A declaration that the numbers contradict is not believed: the answer is None with candidates, to be asked.
    Raises BadInput where a chosen system is impossible.
    """
    believed = chosen or declared
    evidence: list[Sentence] = []
    if believed is not None:
        who = ("用户指定", "chosen by the user") if chosen else ("文件声明", "declared by the file")
        evidence.append((f"{who[0]} {label(believed)}", f"{who[1]}: {label(believed)}"))
    reading, fits = _what_numbers_say(bounds)
    evidence.append(reading)
    if believed is None:
        return Identified(
            None, (*evidence, ("文件没有声明坐标系", "the file declares no coordinate system")), fits
        )
    if fits_system(believed, np.array([bounds]))[0]:
        evidence.append(("数值与之相符", "the numbers agree"))
        return Identified(believed, tuple(evidence), how="stated" if chosen else "declared")
    if chosen:
        raise BadInput(f"{label(chosen)} cannot be: {reading[1]}", field="crs", extra={"zh": reading[0]})
    evidence.append(("数值与声明不符", "the numbers contradict the declaration"))
    return Identified(None, tuple(evidence), fits)


def fits_system(epsg: int, boxes: np.ndarray) -> np.ndarray:
    """Return, for each of (n, 4) boxes in source coordinates, whether it can lie in the system at all."""
    west, south, east, north = boxes.T
    zone = zones().get(epsg)
    if zone is None:
        return np.asarray((west >= -180) & (east <= 180) & (south >= -90) & (north <= 90))
    low, high = zone.eastings()
    return np.asarray((west >= low) & (east <= high) & (south > 0) & (north < 6_500_000))


def _what_numbers_say(bounds: Bounds) -> tuple[Sentence, tuple[int, ...]]:
    """Say what the eastings look like, and which systems that leaves."""
    west, south, east, north = bounds
    if 3 <= west <= east <= 54 and 73 <= south <= north <= 136:
        return ("像是纬度在前、经度在后", "these look like latitude first, longitude second"), ()
    if max(abs(west), abs(east)) <= 180 and max(abs(south), abs(north)) <= 90:
        return (
            (
                f"横坐标 {west:.4f}–{east:.4f} 是经度（度）",
                f"x {west:.4f}–{east:.4f} are longitudes in degrees",
            ),
            (CGCS2000, WGS84),
        )
    number = int(west // 1_000_000)
    span = f"{west:.0f}–{east:.0f}"
    if number == int(east // 1_000_000) and 13 <= number <= 45:
        found = tuple(zone.epsg for zone in zones().values() if zone.number == number)
        return (f"横坐标 {span} 带有带号 {number}", f"eastings {span} carry zone {number}"), found
    if 0 < west <= east < 1_000_000:
        fits = tuple(
            sorted(zone.epsg for zone in zones().values() if zone.number is None and zone.width == 3)
        )
        return (
            f"横坐标 {span} 不带带号，中央经线未知",
            f"eastings {span} carry no zone; the meridian is unknown",
        ), fits
    return (f"横坐标 {span} 不像任何 CGCS2000 坐标", f"eastings {span} fit no CGCS2000 system"), ()


_SHIFTED = {GCJ02: gcj_to_wgs, BD09: bd_to_wgs}


def to_stored(epsg: int) -> Callable[[np.ndarray], np.ndarray] | None:
    """Return the map of (n, 2) source coordinates to (n, 2) lon/lat in EPSG:4490; None where none is needed.

    One and the same vertex always gives one and the same result, so shared edges of a tessellation stay shared.
    WGS 84 is taken as CGCS2000: the two differ by centimetres at most, and PROJ has no other shift.
    """
    if epsg in (CGCS2000, WGS84):
        return None
    if epsg in _SHIFTED:
        return _SHIFTED[epsg]
    transformer = _transformer(epsg)

    def transform(points: np.ndarray) -> np.ndarray:
        lon, lat = transformer.transform(points[:, 0], points[:, 1])
        return np.column_stack([lon, lat])

    return transform


@cache
def _transformer(epsg: int) -> Transformer:
    return Transformer.from_crs(epsg, CGCS2000, always_xy=True)


def plane_zone(longitude: float) -> int:
    """Return the EPSG code of the 3° Gauss–Krüger zone (no prefix, metres) whose meridian is nearest to a longitude.

    >>> plane_zone(117.3)
    4548
    """
    number = min(max(round(longitude / 3), 25), 45)
    return 4534 + number - 25
