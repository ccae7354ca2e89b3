"""A round to be put on paper: awkward names, unknown figures, shapes in a zone of CGCS2000."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
import shapely

from geo.tender.schedule import MoneyPlan
from maps.documents import Ground, PaperPackage, PaperUnit, RoundPaper

NAMES = (
    "和平苑",
    "=1+1小区",
    "@银屏<b>花园</b>",
    "+铁路\u202e新村\x00",
    "-机床厂&宿舍",
    "𠮷祥里",
    "{{7*7}}苑",
)
START = (528_000, 3_526_000)


def unit(place: int) -> PaperUnit:
    x, y = START[0] + place % 4 * 260, START[1] + place // 4 * 300
    shape = shapely.box(x, y, x + 150, y + 180).difference(shapely.box(x + 40, y + 40, x + 70, y + 70))
    return PaperUnit(
        f"990101001001C{place:03}", NAMES[place % len(NAMES)], "old" if place % 3 else "building_group", shape,
        "和平路街道" if place < 5 else "胜利路街道",
        households=None if place == 4 else 100 + 17 * place, residents=300 + place,
        floor_area=None if place == 6 else Decimal("8000.35") + 1000 * place,
        fee=Decimal("0.45"), collection_rate=Decimal("0.62") if place != 2 else None,
    )  # fmt: skip


@pytest.fixture
def paper() -> RoundPaper:
    """Three packages of one, three and six units."""
    units = [unit(place) for place in range(10)]
    packages = tuple(
        PaperPackage(code, name, tuple(units[first:last]))
        for code, name, first, last in (
            ("P01", "一号标包", 0, 1),
            ("P02", "=二号", 1, 4),
            ("P03", "三号标包", 4, 10),
        )
    )
    ground = (
        Ground(
            "river", shapely.LineString([(527_000, 3_525_800), (530_000, 3_526_900)]).buffer(20), "南淝河"
        ),
        Ground("arterial", shapely.LineString([(527_000, 3_526_250), (530_000, 3_526_260)])),
        Ground("border", shapely.box(527_900, 3_525_900, 528_500, 3_527_000)),
        Ground("railway", shapely.MultiLineString([[(527_000, 3_527_000), (530_000, 3_525_500)]])),
    )
    return RoundPaper(
        "2026年第一批招标", "示例市演示区", packages,
        MoneyPlan(subsidy=(Decimal("0.3"), Decimal("0.2"), Decimal("0.1")), cost_per_m2=Decimal("0.6")),
        date(2027, 1, 1), date(2026, 11, 1), date(2026, 11, 22), "示例区住房&城乡建设局", 4548, ground,
        rules=(("户数范围", "=300–1500 户"),), dates=(("投标截止", date(2026, 12, 16)),),
    )  # fmt: skip
