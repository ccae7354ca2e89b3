"""What the papers of a round say, as plain values, and the words and numbers that all of them write the same way."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Final, Literal

from shapely.geometry.base import BaseGeometry

from geo.crs import zones
from geo.tender.schedule import MoneyPlan, UnitMoney, Year, schedule

UNKNOWN: Final = "—"
KINDS: Final = {
    "commercial": "商品房",
    "resettlement": "安置房",
    "old": "老旧小区",
    "building_group": "单体楼",
}
GroundKind = Literal["river", "railway", "arterial", "street", "border"]
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff\u202a-\u202e\u2066-\u2069]")


Step = Callable[[float], None]
"""Hears the share of a paper that is made (0–1) before each part of it; what it raises ends the making."""


def unwatched(_share: float) -> None:
    """Nobody waits for this paper: the step that hears nothing."""


@dataclass(frozen=True, slots=True)
class PaperUnit:
    """A service unit (服务对象). `shape`: its polygons in the plane system of the paper, metres; None is unknown."""

    code: str
    name: str
    kind: str
    shape: BaseGeometry
    subdistrict: str = ""
    households: int | None = None
    residents: int | None = None
    floor_area: Decimal | None = None
    fee: Decimal | None = None
    collection_rate: Decimal | None = None

    def money(self) -> UnitMoney:
        """Return its figures as the schedule takes them."""
        return UnitMoney(self.code, self.floor_area, self.households, self.fee, self.collection_rate)


@dataclass(frozen=True, slots=True)
class PaperPackage:
    """A package (标包) with its units, in the order of the tables."""

    code: str
    name: str
    units: tuple[PaperUnit, ...]

    @property
    def subdistricts(self) -> str:
        """Return the names of the sub-districts that it lies in."""
        return "、".join(dict.fromkeys(unit.subdistrict for unit in self.units if unit.subdistrict))

    def years(self, paper: RoundPaper) -> tuple[Year, ...]:
        """Return its money by contract year."""
        return schedule(paper.money, [unit.money() for unit in self.units], paper.start)


@dataclass(frozen=True, slots=True)
class Ground:
    """What lies around: a river, a road, a border (of a neighbourhood or sub-district) in the plane system, metres."""

    kind: GroundKind
    shape: BaseGeometry
    name: str = ""


@dataclass(frozen=True, slots=True)
class RoundPaper:
    """A round as its papers tell it. `review`: the number of the map review (审图号); None: for internal use only."""

    title: str
    area: str
    packages: tuple[PaperPackage, ...]
    money: MoneyPlan
    start: date
    """First day of the contracts, as planned."""
    as_of: date
    """The day that the data stand for."""
    made_on: date
    maker: str
    epsg: int
    """The plane system of all shapes."""
    ground: tuple[Ground, ...] = ()
    rules: tuple[tuple[str, str], ...] = ()
    """What was asked of the packages: label and text, in Chinese."""
    dates: tuple[tuple[str, date], ...] = ()
    review: str | None = None

    def review_text(self) -> str:
        """Return what stands on every map about its review."""
        return review_text(self.review)


@dataclass(frozen=True, slots=True)
class Sum:
    """The sum of what is known, and of how many it is not."""

    known: Decimal
    unknown: int = field(default=0)

    def text(self, decimals: int = 0, unit: str = "") -> str:
        """Return the sum as the papers write it, with what is unknown beside it."""
        beside = f"（另有 {self.unknown} 处不明）" if self.unknown else ""
        return f"{number(self.known, decimals)}{unit}{beside}"

    def short(self, decimals: int = 0) -> str:
        """Return the sum for a narrow column: at least so much, where some is unknown."""
        return f"{'≥ ' if self.unknown else ''}{number(self.known, decimals)}"


def total(figures: Iterable[Decimal | int | None]) -> Sum:
    """Add what is known and count what is not.

    >>> total([100, None, 250]).text()
    '350（另有 1 处不明）'
    """
    parts = list(figures)
    known = [Decimal(each) for each in parts if each is not None]
    return Sum(sum(known, Decimal(0)), len(parts) - len(known))


def number(figure: Decimal | int | None, decimals: int = 0) -> str:
    """Write a number with separators; an unknown one is a dash.

    >>> number(Decimal("12345.6"), 2), number(None)
    ('12,345.60', '—')
    """
    return UNKNOWN if figure is None else f"{figure:,.{decimals}f}"


def day(when: date) -> str:
    """Write a day.

    >>> day(date(2026, 11, 1))
    '2026年11月1日'
    """
    return f"{when.year}年{when.month}月{when.day}日"


def clean(text: str) -> str:
    """Return text without characters that no file format takes, or that turn the direction of what follows.

    >>> clean("和平" + chr(0) + "苑" + chr(0x202E) + chr(10) + "一期")
    '和平苑 一期'
    """
    return re.sub(r"[^\S\u3000]+", " ", _CONTROL.sub("", text)).strip()


def review_text(review: str | None) -> str:
    """Return what stands on a map about its review: the number, or that there was none.

    >>> review_text(None)
    '内部使用，未经审图不得公开'
    """
    return f"审图号：{clean(review)}" if review else "内部使用，未经审图不得公开"


def system_name(epsg: int) -> str:
    """Return the name of a plane system of CGCS2000 as maps state it; raises KeyError for no such zone.

    >>> system_name(4548)
    '2000国家大地坐标系（CGCS2000），高斯-克吕格3°带，中央经线117°E'
    """
    zone = zones()[epsg]
    return f"2000国家大地坐标系（CGCS2000），高斯-克吕格{zone.width}°带，中央经线{zone.meridian:g}°E"


def every_unit(packages: Sequence[PaperPackage]) -> list[PaperUnit]:
    """Return the units of all packages."""
    return [unit for package in packages for unit in package.units]
